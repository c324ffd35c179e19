"""What surveys come to: scores with their intervals, how often each answer was given, groups, and own words.

A score needs five answers, in every group: fewer would be chance, and would tell who said what.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from core.base import clock, db
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.i18n import N_, Text
from core.books import rules
from core.insight import satisfaction
from core.insight.satisfaction import FEW, Score
from core.service import surveys
from core.service.surveys import Question, Survey

Cut = Literal["store", "tier", "staff", "month"]
CUTS: tuple[Cut, ...] = get_args(Cut)
CUT_WORDS: dict[str, str] = {"store": N_("store"), "tier": N_("tier"), "staff": N_("staff"), "month": N_("month")}
SCORED = ("nps", "csat")
_ANSWERED = (
    " FROM survey_reply r JOIN survey_answer a ON a.reply_id = r.id JOIN survey_question q ON q.id = a.question_id"
    " WHERE r.survey_id = ?"
)
Counts = dict[int, int]


@dataclass(frozen=True)
class Asked:
    """One question and its answers: how many, the score, and how often each was given (of five or more)."""

    question: Question
    answers: int
    score: Score | None
    counts: tuple[int, ...]


@dataclass(frozen=True)
class Result:
    """What a survey came to so far; `invited` were written to, `came` of them answered."""

    survey: Survey
    replies: int
    invited: int
    came: int
    asked: tuple[Asked, ...]


@dataclass(frozen=True)
class Group:
    """The answers of one store, tier, person or month."""

    name: str | Text | date
    replies: int
    nps: Score | None
    csat: Score | None


@dataclass(frozen=True)
class Said:
    """Own words; member and name are there for who may find members only."""

    id: int
    at: Millis
    question: Question
    words: str
    member_id: int | None
    name: str


def result(survey_id: int, *, by: Actor) -> Result:
    """What a survey came to, in the stores of who asks. Raises: NotAllowed, SurveyUnknown."""
    require(by, "service")
    here, store_ids = surveys.mine(by, "r.store_id")
    with db.read():
        survey = surveys.get(survey_id)
        asked = asked_of(survey, here, store_ids)
        replies = db.value(f"SELECT count(*) FROM survey_reply r WHERE r.survey_id = ? AND {here}",
                           (survey_id, *store_ids))  # fmt: skip
        invited, came = db.one(
            "SELECT count(*), count(r.id) FROM survey_invite i LEFT JOIN survey_reply r ON r.survey_id = i.survey_id"
            " AND r.member_id = i.member_id WHERE i.survey_id = ?",
            (survey_id,),
        ) or (0, 0)  # fmt: skip
    return Result(survey, replies, invited, came, asked)


def asked_of(survey: Survey, condition: str, values: Sequence[object]) -> tuple[Asked, ...]:
    """Every question with the answers of some replies `r`, in its own SQL, for who was judged before."""
    found = db.rows(
        f"SELECT a.question_id, coalesce(a.number, 0), count(*){_ANSWERED} AND {condition} GROUP BY 1, 2",
        (survey.id, *values),
    )
    counts: dict[int, Counts] = {}
    for question_id, number, count in found:
        counts.setdefault(question_id, {})[number] = count
    return tuple(_asked(one, counts.get(one.id, {})) for one in survey.questions)


def _asked(one: Question, counts: Counts) -> Asked:
    total = sum(counts.values())
    score = satisfaction.score(one.kind, counts) if one.kind in SCORED else None
    shown = tuple(counts.get(number, 0) for number, _ in one.numbers("en")) if total >= FEW else ()
    return Asked(one, total, score, shown)


# --- groups ----------------------------------------------------------------------------------------


def groups(survey_id: int, cut: Cut, *, by: Actor, now: Millis) -> list[Group]:
    """The scores of each store, tier, person or month, those with most answers first, months in their order.

    Raises: NotAllowed, SurveyUnknown.
    """
    require(by, "service")
    with db.read():
        survey = surveys.get(survey_id)
        return _months(survey, by=by, now=now) if cut == "month" else _named(survey_id, cut, by=by)


def _named(survey_id: int, cut: str, *, by: Actor) -> list[Group]:
    here, store_ids = surveys.mine(by, "r.store_id")
    key, given = f"r.{cut}_id", (survey_id, *store_ids)
    names: dict[int | None, str] = dict(db.rows(f"SELECT id, name FROM {cut}"))
    sql = f"SELECT {key}, count(*) FROM survey_reply r WHERE r.survey_id = ? AND {here} GROUP BY 1 ORDER BY 2 DESC, 1"
    replies = db.rows(sql, given)
    counts: dict[tuple[int | None, str], Counts] = {}
    scored = f"SELECT {key}, q.kind, a.number, count(*){_ANSWERED} AND q.kind IN ('nps', 'csat') AND {here}"
    for id, kind, number, count in db.rows(f"{scored} GROUP BY 1, 2, 3", given):
        counts.setdefault((id, kind), {})[number] = count
    return [_group(names.get(id, Text(N_("not known"))), count, id, counts) for id, count in replies]


def _group(
    name: str | Text | date, replies: int, id: int | None, counts: Mapping[tuple[int | None, str], Counts]
) -> Group:
    nps, csat = (satisfaction.score(kind, counts.get((id, kind), {})) for kind in SCORED)
    return Group(name, replies, nps, csat)


def _months(survey: Survey, *, by: Actor, now: Millis) -> list[Group]:
    zone, found = rules.current(now=now).zone, []
    here, store_ids = surveys.mine(by, "r.store_id")
    month, last = survey.terms.first_on.replace(day=1), survey.terms.last_on
    while month <= last:
        after = clock.add_months(month, 1)
        given = (survey.id, *store_ids, clock.start_of(month, zone), clock.start_of(after, zone))
        span = f"AND {here} AND r.at >= ? AND r.at < ?"
        replies = int(db.value(f"SELECT count(*) FROM survey_reply r WHERE r.survey_id = ? {span}", given))
        counts: dict[tuple[int | None, str], Counts] = {}
        scored = f"SELECT q.kind, a.number, count(*){_ANSWERED} AND q.kind IN ('nps', 'csat') {span} GROUP BY 1, 2"
        for kind, number, count in db.rows(scored, given):
            counts.setdefault((None, kind), {})[number] = count
        if replies:
            found.append(_group(month, replies, None, counts))
        month = after
    return found


# --- own words -------------------------------------------------------------------------------------


def words(survey_id: int, *, by: Actor, after: tuple[int, int] | None = None, limit: int = 100) -> Sequence[Said]:
    """What was written in own words, the newest first, a page at a time (`after`: the ids of reply and question).

    Whose it is stands there for who may find members. Raises: NotAllowed, SurveyUnknown.
    """
    require(by, "service")
    here, store_ids = surveys.mine(by, "r.store_id")
    reply_id, question_id = after or (2**53, 0)
    with db.read():
        asked = {one.id: one for one in surveys.get(survey_id).questions}
        found = db.rows(
            "SELECT r.id, r.at, a.question_id, a.words, r.member_id, coalesce(p.name, '') FROM survey_reply r"
            " JOIN survey_answer a ON a.reply_id = r.id LEFT JOIN member_person p ON p.member_id = r.member_id"
            f" WHERE r.survey_id = ? AND a.words IS NOT NULL AND {here}"
            " AND (r.id < ? OR (r.id = ? AND a.question_id > ?)) ORDER BY r.id DESC, a.question_id LIMIT ?",
            (survey_id, *store_ids, reply_id, reply_id, question_id, limit),
        )
    named = by.may("member.find")
    return [
        Said(id, at, asked[question_id], said, member_id if named else None, name if named else "")
        for id, at, question_id, said, member_id, name in found
    ]
