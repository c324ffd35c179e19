"""Refusals of the kiosk, the phone pages and the API: what cannot be meant is told, and changes nothing."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from kiosk import phone, scan
from kiosk.account import BirthdayUnread
from kiosk.api.door import BodyInvalid
from kiosk.phone import AgeMissing, ConsentMissing
from kiosk.scan import FrameInvalid
from kiosk.screen import EventUnknown, MembershipStopped
from tests import shops
from tests.kiosk.conftest import Screen, rotating


def test_a_frame_that_is_no_grey_picture_is_refused() -> None:
    with pytest.raises(FrameInvalid):
        scan.read(b"123", width=480, height=360)


def test_an_event_that_does_not_exist_shows_a_problem_and_no_member(screen: Screen) -> None:
    assert EventUnknown.text
    assert "problem" in str(screen.event("fly"))


def test_a_blocked_member_sees_nothing_at_the_kiosk(screen: Screen, one_shop: shops.Shop) -> None:
    from core.people import members

    member = one_shop.member("13800138000", name="王伟")
    members.set_state(member, "blocked", by=one_shop.owner, now=shops.NOON)
    shown = str(screen.event("scan", rotating(member)))
    assert "王" not in shown
    assert MembershipStopped.code == "membership_stopped"


def test_a_body_with_an_unknown_field_is_refused_with_its_name(
    client: FlaskClient, key: Callable[..., dict[str, str]]
) -> None:
    answer = client.post("/api/v1/members", json={"phon": "13800138000"}, headers=key("members"))
    assert (answer.status_code, answer.json["code"], answer.json["field"]) == (422, BodyInvalid.code, "phon")  # type: ignore[index]


@pytest.mark.parametrize("refusal", [AgeMissing, ConsentMissing, BirthdayUnread])
def test_the_phone_pages_say_what_is_missing_in_a_sentence(refusal: type[phone.Invalid]) -> None:
    assert refusal().sentence().endswith(".")
