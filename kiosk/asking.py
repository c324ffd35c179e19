"""Surveys on the phone: by the link of an invitation, without signing in, or from the member's card."""

from collections.abc import Mapping

from flask import Blueprint, render_template, request

from core.base import clock
from core.base.errors import Invalid, RegularsError
from core.people import members
from core.service import surveyanswers, surveyasking, surveys
from kiosk import phone

pages = Blueprint("asking", __name__)
LONGEST = surveyanswers.MOST_WORDS


@pages.get("/survey/<token>")
def by_link(token: str) -> str:
    """The questions behind the link of an invitation; nothing of the member is shown."""
    return _page(*_invited(token))


@pages.post("/survey/<token>")
def answer_by_link(token: str) -> str:
    """Keep the answers of whom the link was sent to. Raises: SurveyLinkUnknown, SurveyAnswered …"""
    return _answered(*_invited(token), own=False)


@pages.get("/me/survey/<int:survey_id>")
def by_card(survey_id: int) -> str:
    """The questions, for who is signed in."""
    _visit, member_id = phone.signed_in()
    return _page(survey_id, member_id)


@pages.post("/me/survey/<int:survey_id>")
def answer_by_card(survey_id: int) -> str:
    """Keep the answers of who is signed in. Raises: SurveyAnswered …"""
    _visit, member_id = phone.signed_in()
    return _answered(survey_id, member_id, own=True)


def _invited(token: str) -> tuple[int, int]:
    found = surveyasking.invited(token[:60])
    return found.survey_id, found.member_id


def _page(survey_id: int, member_id: int) -> str:
    """The form, if it can be answered now. Raises: SurveyOver, SurveyAnswered."""
    survey = surveys.get(survey_id)
    surveyanswers.check_open(survey, member_id, now=clock.now())
    return render_template("phone_survey.html", survey=survey, error=None, given={}, longest=LONGEST)


def _answered(survey_id: int, member_id: int, *, own: bool) -> str:
    by, given = members.themselves(member_id), _given(surveys.get(survey_id))
    reply = surveyanswers.answer(survey_id, member_id, given, by=by, now=clock.now())
    return render_template("phone_thanks.html", points=reply.points, own=own)


def _given(survey: surveys.Survey) -> Mapping[int, str]:
    return {one.id: request.form.get(f"q{one.id}", "")[: LONGEST + 1] for one in survey.questions}


def _again(error: RegularsError) -> str:
    """The form with what was filled in; a sentence alone where it takes no answers."""
    if not isinstance(error, Invalid):
        thanks = isinstance(error, surveyanswers.SurveyAnswered)
        return render_template("phone_problem.html", sentence=error.sentence(), thanks=thanks)
    seen: Mapping[str, int | str] = request.view_args or {}
    survey_id = int(seen["survey_id"]) if "survey_id" in seen else _invited(str(seen["token"]))[0]
    survey = surveys.get(survey_id)
    return render_template("phone_survey.html", survey=survey, error=error, given=_given(survey), longest=LONGEST)


SHOWN = ("by_link", "answer_by_link", "by_card", "answer_by_card")
phone.AGAIN.update({f"asking.{name}": _again for name in SHOWN})
