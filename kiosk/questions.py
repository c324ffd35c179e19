"""Surveys at the screen: one question a face, answered by a touch; letters are never typed there.

What was touched stays in the session until the last question; who walks away leaves nothing.
"""

from collections.abc import Callable
from typing import Any

from core.base import clock
from core.base.clock import Millis
from core.base.errors import NotFound
from core.base.i18n import N_, scope
from core.people import devices
from core.people.devices import Device
from core.service import surveyanswers, surveys
from core.service.surveys import Question, Survey
from kiosk import turns
from kiosk.turns import Turn

EVENTS = frozenset({"survey", "answer", "skip"})
TELLING = frozenset({surveyanswers.SurveyAnswered.code, surveyanswers.SurveyOver.code, surveyanswers.CardNeeded.code})
"""Refusals whose figures are the member's own business."""


class TouchUnknown(NotFound):
    """The page sent an answer to nothing that is asked."""

    code = "touch_unknown"
    text = N_("This question is not asked any more. Begin again from the card.")


def for_member(member_id: int, device: Device, *, now: Millis) -> Survey | None:
    """The survey a member is offered after their card."""
    found = surveys.open_for(member_id, store_id=device.store_id, now=now)
    return next((one for one in found if one.is_tappable), None)


def for_guest(device: Device, *, now: Millis) -> Survey | None:
    """The survey a guest without a card is offered."""
    found = surveys.running(store_id=device.store_id, now=now)
    return next((one for one in found if one.is_tappable and one.terms.anonymous), None)


def _asked(survey: Survey) -> list[Question]:
    return [one for one in survey.questions if one.kind != "free"]


def after(turn: Turn, name: str, value: str) -> Turn:
    """The turn after a touch. Raises: TouchUnknown, SurveyUnknown, SurveyOver, SurveyAnswered, CardNeeded …"""
    if name == "survey":
        return _begun(turn, int(value) if value.isascii() and value.isdecimal() and len(value) < 16 else 0)
    if turn.screen != "asked":
        raise TouchUnknown(what=name)
    survey = surveys.get(turn.number("survey"))
    one, place = _asked(survey)[turn.number("place")], turn.number("place") + 1
    said = str(turn.visit.session.data.get("said") or "")
    if name == "answer":
        surveyanswers.read(one, value, language=scope().language)
        said = f"{said} {one.id}:{int(value)}"
    elif one.required:
        return turns.show(turn, "card") if turn.member_id else turns.fresh(turn.device, "attract", lang=turn.language)
    if place < len(_asked(survey)):
        return turns.show(turn, "asked", place=place, said=said)
    given = {int(id): number for id, number in (pair.split(":") for pair in said.split())}
    by, store_id = devices.actor_of(turn.device), turn.device.store_id
    reply = surveyanswers.answer(
        survey.id, turn.member_id, given, place=surveyanswers.Place(store_id), by=by, now=clock.now()
    )
    return turns.show(turn, "thanked", given=reply.points)


def _begun(turn: Turn, survey_id: int) -> Turn:
    survey = surveys.get(survey_id)
    surveyanswers.check_open(survey, turn.member_id, now=clock.now())
    if turn.member_id is None and not survey.terms.anonymous:
        raise surveyanswers.CardNeeded(name=survey.terms.name)
    if not survey.is_tappable:
        raise TouchUnknown(what=str(survey_id))
    return turns.show(turn, "asked", survey=survey_id, place=0, said="")


def _question(turn: Turn) -> dict[str, Any]:
    survey = surveys.get(turn.number("survey"))
    asked, place = _asked(survey), turn.number("place")
    return {"one": asked[place], "place": place + 1, "places": len(asked), "points": survey.terms.points,
            "own": turn.member_id is not None}  # fmt: skip


def _thanks(turn: Turn) -> dict[str, Any]:
    return {"given": turn.number("given"), "own": turn.member_id is not None}


FACES: dict[str, Callable[[Turn], dict[str, Any]]] = {"asked": _question, "thanked": _thanks}
"""The faces of a survey, and the facts of each."""
