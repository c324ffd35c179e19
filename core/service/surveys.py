"""Surveys 问卷: questions in both languages, drafted, running between two days, ended.

Only a draft changes: what was asked stays what the answers are about. Who is asked stands in `surveyasking`, what is
answered in `surveyanswers`, what it comes to in `surveyscores`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal, get_args

from core.base import clock, db, ids, text
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Invalid, NotFound, Refused
from core.base.i18n import N_, T, Text
from core.books import audit, merges, rules

Kind = Literal["nps", "csat", "choice", "free"]
KINDS: tuple[Kind, ...] = get_args(Kind)
KIND_WORDS: dict[str, str] = {
    "nps": N_("recommend 0–10"), "csat": N_("satisfied 1–5"), "choice": N_("choice"), "free": N_("own words"),
}  # fmt: skip
STATES: dict[str, str] = {"draft": N_("draft"), "running": N_("running"), "ended": N_("ended")}
RANGES: dict[str, range] = {"nps": range(11), "csat": range(1, 6)}
"""The numbers a question takes; a choice takes those of its choices, from 1."""
MOST_QUESTIONS, MOST_CHOICES, LONGEST, MOST_DAYS, MOST_POINTS = 20, 12, 200, 366, 100_000


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question; choices are pairs of English and Chinese words."""

    kind: Kind
    words_en: str
    words_zh: str
    choices: tuple[tuple[str, str], ...] = ()
    required: bool = True
    id: int = 0

    def words(self, language: str) -> str:
        """How it is asked."""
        return self.words_zh if language == "zh" else self.words_en

    def numbers(self, language: str) -> list[tuple[int, str]]:
        """The answers that can be chosen, with their words; none for own words."""
        if self.kind == "choice":
            return [(at, pair[language == "zh"]) for at, pair in enumerate(self.choices, 1)]
        return [(number, str(number)) for number in RANGES.get(self.kind, ())]


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What a survey is. It runs from first to last day, both included, in one store or (None) in all.

    `anonymous`: a kiosk asks guests without a card too. `as_service`: the invitation counts as a notice, not as an
    offer; not where points are given. `after_days`: so many days after a sale members are asked by themselves, once
    in `pause_days` days whatever the survey; 0 asks nobody by itself.
    """

    name: str
    intro_en: str
    intro_zh: str
    first_on: date
    last_on: date
    points: int = 0
    store_id: int | None = None
    anonymous: bool = False
    as_service: bool = False
    after_days: int = 0
    pause_days: int = 90


@dataclass(frozen=True)
class Survey:
    """A survey as it stands."""

    id: int
    terms: Terms
    state: str
    questions: tuple[Question, ...]
    replies: int

    def intro(self, language: str) -> str:
        """What stands above the questions."""
        return self.terms.intro_zh if language == "zh" else self.terms.intro_en

    @property
    def is_tappable(self) -> bool:
        """Whether it can be answered by touch alone: something is to be chosen, and no own words are a must."""
        must_write = any(one.kind == "free" and one.required for one in self.questions)
        return not must_write and any(one.kind != "free" for one in self.questions)

    def is_open(self, day: date) -> bool:
        """Whether it takes answers on a day."""
        return self.state == "running" and self.terms.first_on <= day <= self.terms.last_on


class SurveyInvalid(Invalid):
    """A survey cannot be right."""

    code = "survey_invalid"
    text = N_("Survey “{name}”: {wanted}")


class SurveyUnknown(NotFound):
    """No survey has this id."""

    code = "survey_unknown"
    text = N_("There is no survey {what}. Look at the list again.")


class SurveyFixed(Refused):
    """It is not a draft, or not running, any more."""

    code = "survey_fixed"
    text = N_("“{name}” is in the state “{state}”. Drafts can be changed and started, running surveys ended.")


def today_of(now: Millis) -> date:
    """The shop's day."""
    return clock.day_of(now, rules.current(now=now).zone)


# --- what cannot be right --------------------------------------------------------------------------


def wrong(terms: Terms, questions: Sequence[Question]) -> tuple[str, Text] | None:
    """The first thing that does not fit: which field and what is wanted; None where all is well."""
    checks: tuple[tuple[bool, str, Text], ...] = (
        (not 0 < len(terms.name) <= 80, "name", T("a name has 1 to 80 characters.")),
        (max(len(terms.intro_en), len(terms.intro_zh)) > 2 * LONGEST, "intro_en",
         T("the text above the questions has at most {most} characters.", most=2 * LONGEST)),
        (not terms.intro_en or not terms.intro_zh, "intro_zh", T("write the text above in both languages.")),
        (not 0 <= (terms.last_on - terms.first_on).days < MOST_DAYS, "last_on",
         T("it runs for 1 to {days} days.", days=MOST_DAYS)),
        (not 0 <= terms.points <= MOST_POINTS, "points", T("points lie between 0 and {most}.", most=MOST_POINTS)),
        (terms.as_service and terms.points > 0, "as_service",
         T("an invitation that promises points is an offer, so it cannot go out as a notice.")),
        (not 0 <= terms.after_days <= 60, "after_days", T("ask 1 to 60 days after a sale, or 0 for nobody.")),
        (not 1 <= terms.pause_days <= MOST_DAYS, "pause_days", T("ask a member once in 1 to {days} days.",
         days=MOST_DAYS)),
        (not 0 < len(questions) <= MOST_QUESTIONS, "questions", T("ask 1 to {most} questions.", most=MOST_QUESTIONS)),
        (sum(one.kind == "nps" for one in questions) > 1, "questions",
         T("ask only once how likely they recommend the shop.")),
    )  # fmt: skip
    found = next(((field, wanted) for fails, field, wanted in checks if fails), None)
    return found or next((bad for bad in map(_wrong_question, questions) if bad), None)


def _wrong_question(one: Question) -> tuple[str, Text] | None:
    if one.kind not in KINDS:
        return "kind", T("a question is one of: {known}.", known=", ".join(KINDS))
    words = (one.words_en, one.words_zh, *(side for pair in one.choices for side in pair))
    if any(not 0 < len(said) <= LONGEST or "\n" in said for said in words):
        return "words", T("write each question and choice in both languages, at most {most} characters.", most=LONGEST)
    if (one.kind == "choice") != (2 <= len(one.choices) <= MOST_CHOICES):
        return "choices", T("a choice has 2 to {most} choices, any other question none.", most=MOST_CHOICES)
    return None


def _clean(terms: Terms, questions: Sequence[Question]) -> tuple[Terms, tuple[Question, ...]]:
    """Both as they are kept. Raises: SurveyInvalid."""
    cleaned = replace(terms, name=text.clean(terms.name), intro_en=text.clean(terms.intro_en),
                      intro_zh=text.clean(terms.intro_zh))  # fmt: skip
    asked = tuple(
        replace(one, words_en=text.clean(one.words_en), words_zh=text.clean(one.words_zh),
                choices=tuple((text.clean(en), text.clean(zh)) for en, zh in one.choices))
        for one in questions
    )  # fmt: skip
    found = wrong(cleaned, asked)
    if found is not None:
        raise SurveyInvalid(field=found[0], name=cleaned.name, wanted=found[1])
    if terms.store_id is not None and db.value("SELECT 1 FROM store WHERE id = ?", (terms.store_id,)) is None:
        raise SurveyInvalid(field="store_id", name=cleaned.name, wanted=T("choose a store that is there."))
    return cleaned, asked


# --- verbs -----------------------------------------------------------------------------------------


@db.atomic
def draft(terms: Terms, questions: Sequence[Question], *, by: Actor, now: Millis) -> int:
    """Write a survey down; its id. Nobody sees it before it is started. Raises: NotAllowed, SurveyInvalid."""
    require(by, "marketing", store_id=terms.store_id)
    terms, questions = _clean(terms, questions)
    survey_id = ids.new()
    db.add("survey", id=survey_id, state="draft", created_at=now, **_row(terms))
    _put_questions(survey_id, questions)
    audit.record("survey.drafted", "survey", survey_id, by=by, now=now, after={"name": terms.name})
    return survey_id


@db.atomic
def change(survey_id: int, terms: Terms, questions: Sequence[Question], *, by: Actor, now: Millis) -> None:
    """Write a draft anew. Raises: NotAllowed, SurveyUnknown, SurveyFixed, SurveyInvalid."""
    require(by, "marketing", store_id=terms.store_id)
    _hold(survey_id, "draft", by=by)
    terms, questions = _clean(terms, questions)
    row = _row(terms)
    db.run(f"UPDATE survey SET {', '.join(f'{name} = ?' for name in row)} WHERE id = ?", (*row.values(), survey_id))
    db.run("DELETE FROM survey_question WHERE survey_id = ?", (survey_id,))
    _put_questions(survey_id, questions)
    audit.record("survey.changed", "survey", survey_id, by=by, now=now, after={"name": terms.name})


@db.atomic
def start(survey_id: int, *, by: Actor, now: Millis) -> None:
    """Let it be answered from its first day on; its questions are fixed.

    Raises: NotAllowed, SurveyUnknown, SurveyFixed, SurveyInvalid where its last day is over.
    """
    one = _hold(survey_id, "draft", by=by)
    if one.terms.last_on < today_of(now):
        raise SurveyInvalid(field="last_on", name=one.terms.name, wanted=T("its last day is over; choose a later one."))
    db.run("UPDATE survey SET state = 'running', started_at = ? WHERE id = ?", (now, survey_id))
    audit.record("survey.started", "survey", survey_id, by=by, now=now, after={"name": one.terms.name})


@db.atomic
def end(survey_id: int, *, by: Actor, now: Millis) -> None:
    """Take no more answers; what was answered stays. Raises: NotAllowed, SurveyUnknown, SurveyFixed."""
    one = _hold(survey_id, "running", by=by)
    _end(one, by=by, now=now)


@db.atomic
def end_due(*, by: Actor, now: Millis) -> int:
    """End those whose last day is over; how many. Raises: NotAllowed."""
    require(by, "care")
    sql = "SELECT id FROM survey WHERE state = 'running' AND last_day < ? ORDER BY id"
    due = db.rows(sql, (today_of(now).toordinal(),))
    for (survey_id,) in due:
        _end(get(survey_id), by=by, now=now)
    return len(due)


def _end(one: Survey, *, by: Actor, now: Millis) -> None:
    db.run("UPDATE survey SET state = 'ended', ended_at = ? WHERE id = ?", (now, one.id))
    audit.record("survey.ended", "survey", one.id, by=by, now=now, after={"name": one.terms.name})


def _hold(survey_id: int, state: str, *, by: Actor) -> Survey:
    """The survey, locked, if it is in a state. Raises: NotAllowed, SurveyUnknown, SurveyFixed."""
    lock = "" if db.is_sqlite() else " FOR UPDATE"
    db.one(f"SELECT 1 FROM survey WHERE id = ?{lock}", (survey_id,))
    one = get(survey_id)
    require(by, "marketing", store_id=one.terms.store_id)
    if one.state != state:
        raise SurveyFixed(name=one.terms.name, state=Text(STATES[one.state]))
    return one


def _row(terms: Terms) -> dict[str, Any]:
    return {
        "name": terms.name, "intro_en": terms.intro_en, "intro_zh": terms.intro_zh, "points": terms.points,
        "store_id": terms.store_id, "first_day": terms.first_on.toordinal(), "last_day": terms.last_on.toordinal(),
        "anonymous": int(terms.anonymous), "as_service": int(terms.as_service), "after_days": terms.after_days,
        "pause_days": terms.pause_days,
    }  # fmt: skip


def _put_questions(survey_id: int, questions: Sequence[Question]) -> None:
    db.add_many("survey_question", [
        {"id": ids.new(), "survey_id": survey_id, "position": at, "kind": one.kind, "words_en": one.words_en,
         "words_zh": one.words_zh, "choices_en": "\n".join(en for en, _zh in one.choices),
         "choices_zh": "\n".join(zh for _en, zh in one.choices), "required": int(one.required)}
        for at, one in enumerate(questions, 1)
    ])  # fmt: skip


# --- reads -----------------------------------------------------------------------------------------

_SELECT = (
    "SELECT s.id, s.state, s.name, s.intro_en, s.intro_zh, s.first_day, s.last_day, s.points, s.store_id, s.anonymous,"
    " s.as_service, s.after_days, s.pause_days, (SELECT count(*) FROM survey_reply r WHERE r.survey_id = s.id)"
    " FROM survey s"
)


def _survey(row: db.Row) -> Survey:
    first, last = (date.fromordinal(day) for day in row[5:7])
    terms = Terms(name=row[2], intro_en=row[3], intro_zh=row[4], first_on=first, last_on=last, points=row[7],
                  store_id=row[8], anonymous=bool(row[9]), as_service=bool(row[10]), after_days=row[11],
                  pause_days=row[12])  # fmt: skip
    found = db.rows(
        "SELECT id, kind, words_en, words_zh, choices_en, choices_zh, required FROM survey_question"
        " WHERE survey_id = ? ORDER BY position",
        (row[0],),
    )
    return Survey(row[0], terms, row[1], tuple(_question(one) for one in found), row[13])


def _question(row: db.Row) -> Question:
    pairs = zip(row[4].split("\n"), row[5].split("\n"), strict=True) if row[4] else ()
    return Question(id=row[0], kind=row[1], words_en=row[2], words_zh=row[3], choices=tuple(pairs),
                    required=bool(row[6]))  # fmt: skip


def get(survey_id: int) -> Survey:
    """One survey. Raises: SurveyUnknown."""
    row = db.one(f"{_SELECT} WHERE s.id = ?", (survey_id,))
    if row is None:
        raise SurveyUnknown(what=str(survey_id))
    return _survey(row)


def listing(*, by: Actor) -> list[Survey]:
    """Every survey of their stores: running ones first, then drafts, then the ended, the newest first.

    Raises: NotAllowed.
    """
    require(by, "service")
    with db.read():
        rows = db.rows(
            f"{_SELECT} ORDER BY CASE s.state WHEN 'running' THEN 0 WHEN 'draft' THEN 1 ELSE 2 END, s.id DESC"
        )
        return [_survey(row) for row in rows if row[8] is None or not by.stores or row[8] in by.stores]


def running(*, store_id: int | None, now: Millis) -> list[Survey]:
    """Surveys that take answers today in a store (None: only those of all stores), the earliest first."""
    today = today_of(now).toordinal()
    sql = (
        f"{_SELECT} WHERE s.state = 'running' AND ? BETWEEN s.first_day AND s.last_day"
        " AND (s.store_id IS NULL OR s.store_id = ?) ORDER BY s.id"
    )
    with db.read():
        return [_survey(row) for row in db.rows(sql, (today, store_id))]


def open_for(member_id: int, *, store_id: int | None = None, now: Millis) -> list[Survey]:
    """Surveys a member can answer and has not yet, in a store or (None) in their home store."""
    home = store_id or db.value("SELECT home_store_id FROM member WHERE id = ?", (member_id,))
    return [one for one in running(store_id=home, now=now) if answered_at(one.id, member_id) is None]


def answered_at(survey_id: int, member_id: int) -> Millis | None:
    """When a member, or one merged into them, answered; None if they have not."""
    sql = f"SELECT min(at) FROM survey_reply WHERE survey_id = ? AND member_id IN {merges.OVER_BOTH}"
    found: Millis | None = db.value(sql, (survey_id, member_id, member_id))
    return found


def lately(*, by: Actor, now: Millis) -> tuple[int, int]:
    """How many surveys run today, and how many answers came in the last seven days, of their stores."""
    require(by, "service")
    today, here, ids_ = today_of(now).toordinal(), *mine(by, "store_id")
    runs = db.value(
        f"SELECT count(*) FROM survey WHERE state = 'running' AND ? BETWEEN first_day AND last_day"
        f" AND (store_id IS NULL OR {here})",
        (today, *ids_),
    )
    came = db.value(f"SELECT count(*) FROM survey_reply WHERE at >= ? AND {here}", (now - 7 * clock.DAY, *ids_))
    return int(runs), int(came)


def mine(by: Actor, column: str) -> tuple[str, tuple[int, ...]]:
    """A condition for what lies in somebody's stores, and its values."""
    if not by.stores:
        return "1 = 1", ()
    return f"{column} IN ({', '.join('?' * len(by.stores))})", tuple(sorted(by.stores))
