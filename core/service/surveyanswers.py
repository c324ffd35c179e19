"""Answers 答卷: each member once, with points once; a guest at a kiosk where the survey allows it, without.

Own words are personal: they go with the member. Numbers stay, about nobody.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from core.base import clock, db, ids, limits, text
from core.base.access import Actor, refusal, require
from core.base.clock import DAY, HOUR, Millis
from core.base.errors import Invalid, Refused
from core.base.i18n import N_, scope
from core.base.limits import Limit
from core.books import audit, locks, merges, requests
from core.giving import once
from core.insight import satisfaction
from core.service import surveys, ticketrules, tickets
from core.service.surveys import RANGES, Question, Survey

MOST_WORDS = 1_000
SALE_DAYS = 30
"""An answer is about a member's last sale of so many days, unless the invitation named one."""
BY_SCREEN = Limit("survey answers by screen", 40, HOUR)
"""Answers of guests without a card from one screen."""


@dataclass(frozen=True)
class Reply:
    """What was kept: its number and the points it brought."""

    id: int
    points: int


@dataclass(frozen=True)
class Answer:
    """One answer: a number (of a choice its place, from 1), or own words."""

    number: int | None = None
    words: str | None = None


@dataclass(frozen=True)
class Place:
    """Where answers came in: the store of a screen or program, and the key that makes its request happen once."""

    store_id: int | None = None
    key: str | None = None


NOWHERE = Place()


class SurveyOver(Refused):
    """It takes no answers today."""

    code = "survey_over"
    text = N_("“{name}” takes answers from {first} to {last}, and only while it runs. Thank you all the same.")


class SurveyAnswered(Refused):
    """Each member answers once."""

    code = "survey_answered"
    text = N_("You answered this on {answered_at} already, thank you. Once is enough.")


class CardNeeded(Refused):
    """A guest without a card may not answer this one."""

    code = "survey_card_needed"
    text = N_("“{name}” is for members. Hold your card to the reader first, or ask our staff.")


class AnswerMissing(Invalid):
    """A question that must be answered was left out."""

    code = "survey_answer_missing"
    text = N_("One answer is missing: “{question}”.")


class AnswerUnread(Invalid):
    """An answer that is not one of those the question takes."""

    code = "answer_unread"
    text = N_("“{given}” does not answer “{question}”. Choose {wanted}.")


class QuestionUnknown(Invalid):
    """An answer to a question the survey does not ask."""

    code = "question_unknown"
    text = N_("The survey asks no question {given}. Open it once more.")


def read(one: Question, given: str, *, language: str = "en") -> Answer | None:
    """An answer as it was typed or chosen; None for none. Raises: AnswerUnread."""
    typed = text.clean(given)
    if not typed:
        return None
    question = one.words(language)
    if one.kind == "free":
        if len(typed) > MOST_WORDS:
            wanted = f"≤ {MOST_WORDS}"
            raise AnswerUnread(field=str(one.id), given=f"{typed[:20]}…", question=question, wanted=wanted)
        return Answer(words=typed)
    numbers = RANGES.get(one.kind, range(1, len(one.choices) + 1))
    if not (typed.isascii() and typed.isdecimal() and len(typed) <= 3 and int(typed) in numbers):
        wanted = f"{numbers[0]} – {numbers[-1]}"
        raise AnswerUnread(field=str(one.id), given=typed[:20], question=question, wanted=wanted)
    return Answer(number=int(typed))


def read_all(survey: Survey, given: Mapping[int, str], *, language: str = "en") -> dict[int, Answer]:
    """Every answer by its question. Raises: AnswerUnread, AnswerMissing, QuestionUnknown."""
    strangers = sorted(set(given) - {one.id for one in survey.questions})
    if strangers:
        raise QuestionUnknown(given=str(strangers[0]))
    found = {one.id: read(one, given.get(one.id, ""), language=language) for one in survey.questions}
    for one in survey.questions:
        if one.required and found[one.id] is None:
            raise AnswerMissing(field=str(one.id), question=one.words(language))
    return {question_id: answer for question_id, answer in found.items() if answer is not None}


# --- answering -------------------------------------------------------------------------------------


@db.atomic
def answer(
    survey_id: int, member_id: int | None, given: Mapping[int, str], *, place: Place = NOWHERE, by: Actor, now: Millis
) -> Reply:
    """Keep the answers of a member, or of a guest without a card (None); by question, as typed.

    Tier, and store and staff of the last sale, are kept as they are now; a low answer is passed on. A request with
    the same key is answered as the first time. Raises: NotAllowed, SurveyUnknown, SurveyOver, SurveyAnswered,
    CardNeeded, AnswerUnread, AnswerMissing, QuestionUnknown, TooOften, MemberBlocked, KeyReused …
    """
    _check_may(member_id, by)
    asked = (survey_id, member_id, sorted(given.items()), place.store_id)
    reply_id = requests.once(
        place.key, lambda: _answer(survey_id, member_id, given, place.store_id, by, now),
        scope=f"{by.tag}/survey", request=asked, now=now,
    )  # fmt: skip
    return Reply(reply_id, int(db.value("SELECT points FROM survey_reply WHERE id = ?", (reply_id,))))


def _answer(
    survey_id: int, member_id: int | None, given: Mapping[int, str], store_id: int | None, by: Actor, now: Millis
) -> int:
    survey = surveys.get(survey_id)
    if member_id is None:
        if not survey.terms.anonymous:
            raise CardNeeded(name=survey.terms.name)
        limits.take((BY_SCREEN, by.tag), now=now)
    else:
        locks.hold(member_id)
    check_open(survey, member_id, now=now)
    answers = read_all(survey, given, language=scope().language)
    reply = _put(survey, member_id, answers, store_id=store_id, by=by, now=now)
    low = _low(survey, answers)
    if low and member_id is not None:
        words = "\n".join(one.words for one in answers.values() if one.words)
        on_low(member_id, f"{survey.terms.name} · {', '.join(low)}", words, by=by, now=now)
    return reply.id


def _low(survey: Survey, answers: Mapping[int, Answer]) -> list[str]:
    """The low answers as "3/10"."""
    kinds = {one.id: one.kind for one in survey.questions}
    found = [(kinds[id], one.number) for id, one in answers.items() if one.number is not None]
    return [f"{number}/{10 if kind == 'nps' else 5}" for kind, number in found if satisfaction.is_low(kind, number)]


def _check_may(member_id: int | None, by: Actor) -> None:
    """A member answers for themselves; a screen, a till or staff for who stands there. Raises: NotAllowed."""
    if by.kind != "member":
        require(by, "member.find")
    elif by.id != member_id:
        raise refusal("member.find")


def check_open(survey: Survey, member_id: int | None, *, now: Millis) -> None:
    """Raise unless it can be answered now, by this member. Raises: SurveyOver, SurveyAnswered."""
    terms = survey.terms
    if not survey.is_open(surveys.today_of(now)):
        raise SurveyOver(name=terms.name, first=str(terms.first_on), last=str(terms.last_on))
    before = None if member_id is None else surveys.answered_at(survey.id, member_id)
    if before is not None:
        raise SurveyAnswered(answered_at=before)


def _put(
    survey: Survey, member_id: int | None, answers: Mapping[int, Answer], *, store_id: int | None, by: Actor,
    now: Millis,
) -> Reply:  # fmt: skip
    reply_id, given = ids.new(), 0
    sale_id, sale_store, staff_id = (None, None, None) if member_id is None else _sale(survey.id, member_id, now)
    home = db.one(
        "SELECT t.tier_id, m.home_store_id FROM member m LEFT JOIN member_tier t ON t.member_id = m.id WHERE m.id = ?",
        (member_id or 0,),
    ) or (None, None)  # fmt: skip
    if member_id is not None and survey.terms.points:
        entry_id = once.award_once(member_id, survey.terms.points, "survey", survey.id, by=by, now=now)
        given = survey.terms.points if entry_id is not None else 0
    store = survey.terms.store_id or store_id or sale_store or home[1]
    db.add("survey_reply", id=reply_id, survey_id=survey.id, member_id=member_id, store_id=store, tier_id=home[0],
           staff_id=staff_id, sale_id=sale_id, door=by.door, points=given, at=now, actor=by.tag)  # fmt: skip
    db.add_many("survey_answer", [
        {"reply_id": reply_id, "question_id": question_id, "number": one.number, "words": one.words}
        for question_id, one in answers.items()
    ])  # fmt: skip
    after = {"points": given, "count": len(answers)}
    audit.record("survey.answered", "survey_reply", reply_id, by=by, now=now, after=after)
    return Reply(reply_id, given)


def _sale(survey_id: int, member_id: int, now: Millis) -> tuple[int | None, int | None, int | None]:
    """The sale an answer is about, its store and who served it: what the invitation named, else the last one."""
    found = db.one(
        "SELECT s.id, s.store_id, s.actor FROM survey_invite i JOIN sale s ON s.id = i.sale_id"
        f" WHERE i.survey_id = ? AND i.member_id IN {merges.OVER_BOTH} ORDER BY i.at DESC LIMIT 1",
        (survey_id, member_id, member_id),
    ) or db.one(
        "SELECT id, store_id, actor FROM sale WHERE member_id = ? AND at >= ? ORDER BY at DESC, id DESC LIMIT 1",
        (member_id, now - SALE_DAYS * DAY),
    )  # fmt: skip
    if found is None:
        return None, None, None
    kind, _, number = found[2].partition(":")
    return found[0], found[1], int(number) if kind == "staff" else None


def on_low(member_id: int, subject: str, words: str, *, by: Actor, now: Millis) -> None:
    """Somebody is unhappy: a complaint is opened, with what they wrote; inside the caller's transaction."""
    longest = ticketrules.LONGEST_SUBJECT
    terms = tickets.Terms("complaint", subject[:longest], member_id=member_id, words=words[: ticketrules.LONGEST_WORDS])
    tickets.put(terms, store_id=tickets.store_for(member_id, by), by=by, now=now)


# --- members who are forgotten, and time -----------------------------------------------------------


def forget(member_id: int) -> None:
    """Empty what a member, or one merged into them, wrote in their own words; inside the caller's transaction."""
    db.run(
        "UPDATE survey_answer SET words = NULL WHERE words IS NOT NULL AND reply_id IN"
        f" (SELECT id FROM survey_reply WHERE member_id IN {merges.OVER_BOTH})",
        (member_id, member_id),
    )


@db.atomic
def empty_before(moment: Millis) -> int:
    """Empty own words written before a moment; how many."""
    return db.change(
        "UPDATE survey_answer SET words = NULL WHERE words IS NOT NULL AND reply_id IN"
        " (SELECT id FROM survey_reply WHERE at < ?)",
        (moment,),
    )


def of_member(member_id: int) -> list[dict[str, object]]:
    """What a member answered, for the copy of all that is kept about them."""
    found = db.rows(
        "SELECT r.at, s.name, q.words_en, q.words_zh, a.number, a.words FROM survey_reply r"
        " JOIN survey s ON s.id = r.survey_id JOIN survey_answer a ON a.reply_id = r.id"
        f" JOIN survey_question q ON q.id = a.question_id WHERE r.member_id IN {merges.OVER_BOTH}"
        " ORDER BY r.at, q.position",
        (member_id, member_id),
    )
    names = ("survey", "question_en", "question_zh", "number", "words")
    return [{"at": clock.iso(row[0]), **dict(zip(names, row[1:], strict=True))} for row in found]
