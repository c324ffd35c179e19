"""Surveys over the API: those that run in the key's store, and the answers of a member or a guest."""

from typing import Annotated

from flask import Response
from pydantic import Field

from core.base import access, clock
from core.service import surveyanswers
from core.service import surveys as asked
from core.service.surveys import Question, Survey
from kiosk.api import door as api
from kiosk.api.schemas import Id, Shape, Str, Whole


class ChoiceOut(Shape):
    """One answer that can be chosen: its number and its words."""

    number: int
    en: str
    zh: str


class QuestionOut(Shape):
    """A question; `numbers` are the answers it takes, empty for own words."""

    id: str
    kind: str
    en: str
    zh: str
    required: bool
    numbers: list[ChoiceOut]


class SurveyOut(Shape):
    """A survey that takes answers today."""

    id: str
    name: str
    intro_en: str
    intro_zh: str
    points: int
    last_day: str
    anonymous: bool
    questions: list[QuestionOut]


class SurveysOut(Shape):
    """Surveys that take answers today, the earliest first."""

    surveys: list[SurveyOut]


class AnswerIn(Shape):
    """The answer to a question: a number, or own words."""

    question_id: Id
    number: Whole | None = None
    words: Str | None = None


class ReplyIn(Shape):
    """Answers of a member; without `member_id` those of a guest, where the survey allows it."""

    member_id: Id | None = None
    answers: Annotated[list[AnswerIn], Field(max_length=asked.MOST_QUESTIONS)]


class ReplyOut(Shape):
    """What was kept, and the points it brought."""

    id: str
    points: int


@api.pages.get("/surveys/running")
@api.operation(200, SurveysOut, refusals=(401, 403, 500, 503))
def running_surveys() -> Response:
    """List the surveys that run in the key's store.

    Needs the scope members.
    """
    access.require(api.actor(), "member.find")
    found = asked.running(store_id=api.store_id(), now=clock.now())
    return api.answer(SurveysOut(surveys=[_survey(one) for one in found]))


@api.pages.post("/surveys/<int:survey_id>/replies")
@api.operation(201, ReplyOut, body=ReplyIn)
def reply(survey_id: int) -> Response:
    """Keep the answers of a member, once; asking again is refused with the day of the first.

    Needs the scope members and a header Idempotency-Key: a guest's answers sent twice count once.
    """
    given, (key, replayed) = api.body_of(ReplyIn), api.once("survey")
    said = {
        int(one.question_id): str(one.number) if one.number is not None else one.words or "" for one in given.answers
    }
    member_id = None if given.member_id is None else int(given.member_id)
    place = surveyanswers.Place(api.store_id(), key)
    kept = surveyanswers.answer(survey_id, member_id, said, place=place, by=api.actor(), now=clock.now())
    return api.answer(ReplyOut(id=str(kept.id), points=kept.points), 201, replayed=replayed)


def _survey(one: Survey) -> SurveyOut:
    terms = one.terms
    return SurveyOut(
        id=str(one.id),
        name=terms.name,
        intro_en=terms.intro_en,
        intro_zh=terms.intro_zh,
        points=terms.points,
        last_day=terms.last_on.isoformat(),
        anonymous=terms.anonymous,
        questions=[_question(each) for each in one.questions],
    )


def _question(one: Question) -> QuestionOut:
    sides = zip(one.numbers("en"), one.numbers("zh"), strict=True)
    numbers = [ChoiceOut(number=number, en=en, zh=zh) for (number, en), (_, zh) in sides]
    return QuestionOut(id=str(one.id), kind=one.kind, en=one.words_en, zh=one.words_zh, required=one.required,
                       numbers=numbers)  # fmt: skip
