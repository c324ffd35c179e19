"""Events on the phone: what comes, signing up and cancelling, and the file for the calendar."""

from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient

from core.base import clock, db
from core.base.clock import DAY, HOUR, Millis
from core.service import gatherings
from core.service.gatheringrules import Opening
from kiosk.gatherings import ics
from tests.core.service.gathered import opened, sign_up
from tests.kiosk.conftest import OURS
from tests.kiosk.test_own_pages import phone as phone
from tests.shops import Shop


@pytest.fixture
def me(one_shop: Shop, phone: FlaskClient) -> int:
    found = db.value("SELECT member_id FROM web_session WHERE member_id IS NOT NULL")
    return int(found)


def soon(shop: Shop, **given: object) -> int:
    from_at = Millis(clock.now() + 7 * DAY)
    return opened(shop, from_at=from_at, until_at=Millis(from_at + HOUR), **given)


def test_a_member_signs_up_and_cancels_on_the_phone(phone: FlaskClient, me: int, one_shop: Shop) -> None:
    tea = soon(one_shop)
    assert "2 places left" in phone.get("/me/events", headers=OURS).text
    assert phone.post(f"/me/events/{tea}", data={"places": "2"}, headers=OURS).headers["Location"] == "/me/events"
    assert "You are signed up: 2" in phone.get("/me/events", headers=OURS).text
    assert gatherings.get(tea).booked == 2
    signup = db.value("SELECT id FROM gathering_signup WHERE member_id = ?", (me,))
    phone.post(f"/me/events/cancel/{signup}", headers=OURS)
    assert gatherings.get(tea).booked == 0


def test_what_cannot_be_is_said_on_the_page(phone: FlaskClient, me: int, one_shop: Shop) -> None:
    tea = soon(one_shop, places=1, waiting_places=0)
    sign_up(one_shop, tea, one_shop.member(), now=clock.now())
    refused = phone.post(f"/me/events/{tea}", data={"places": "1"}, headers=OURS)
    assert (refused.status_code, "0 places left and 0 on the waiting list" in refused.text) == (409, True)
    stranger = db.value("SELECT id FROM gathering_signup")
    assert phone.post(f"/me/events/cancel/{stranger}", headers=OURS).status_code == 403


def test_who_may_sign_up_later_reads_from_when(phone: FlaskClient, me: int, one_shop: Shop) -> None:
    soon(one_shop, openings=(Opening(0, Millis(clock.now() + DAY)),))
    soon(one_shop, openings=(Opening(9, Millis(0)),), name_en="Diamonds only")
    page = phone.get("/me/events", headers=OURS).text
    assert ("Sign-up opens to you at" in page, "Diamonds only" in page) == (True, False)


def test_an_event_goes_into_the_calendar(phone: FlaskClient, me: int, one_shop: Shop) -> None:
    tea = soon(one_shop)
    got = phone.get(f"/me/events/{tea}.ics", headers=OURS)
    assert (got.mimetype, "SUMMARY:Tea tasting\r\n" in got.text) == ("text/calendar", True)
    assert phone.get("/me/events/1.ics", headers=OURS).status_code == 404


def test_the_file_escapes_and_folds(one_shop: Shop) -> None:
    from_at = Millis(int(datetime(2026, 6, 5, 6, tzinfo=UTC).timestamp() * 1000))
    tea = opened(one_shop, from_at=from_at, until_at=Millis(from_at + HOUR), venue="Hall 1, left; " + "茶" * 40)
    text = ics(gatherings.get(tea), host="https://tea.example", now=from_at)
    assert f"UID:event-{tea}@tea.example\r\n" in text
    assert "DTSTART:20260605T060000Z\r\nDTEND:20260605T070000Z\r\n" in text
    assert "LOCATION:Hall 1\\, left\\; " in text
    assert max(len(line.encode()) for line in text.split("\r\n")) <= 75
