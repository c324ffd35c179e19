"""Events on the phone: what comes, signing up and cancelling, and the file for the calendar."""

import re
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient

from core.base import clock, db
from core.base.clock import DAY, HOUR, Millis
from core.loyalty import points
from core.service import gatherings, gatheringsignups
from core.service.gatheringrules import Opening
from kiosk.gatherings import PlaceCostChanged, ics
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


def confirmed(phone: FlaskClient, event: int, places: str = "2", **given: str) -> dict[str, str]:
    """The fields of the page that asks for points, as sent."""
    page = phone.get(f"/me/events/{event}/points?places={places}", headers=OURS).text
    fields = dict(re.findall(r'type="hidden" name="(places|points|key)" value="([^"]*)"', page))
    return fields | given


def test_points_are_named_before_they_leave_and_come_back(phone: FlaskClient, me: int, one_shop: Shop) -> None:
    tea, path = soon(one_shop, fee_points=100), "/me/events/{}/points"
    one_shop.give_points(me, 340)
    asked = phone.post(f"/me/events/{tea}", data={"places": "2"}, headers=OURS)
    assert asked.headers["Location"] == f"/me/events/{tea}/points?places=2"
    page = phone.get(asked.headers["Location"], headers=OURS).text
    assert re.findall(r"<dd>([^<]*)</dd>", page) == ["2", "200", "340", "140"]
    assert (gatherings.get(tea).booked, points.state(me, now=clock.now()).balance) == (0, 340)
    fields = confirmed(phone, tea)
    for _twice in range(2):
        assert phone.post(path.format(tea), data=fields, headers=OURS).headers["Location"] == "/me/events"
    assert (gatherings.get(tea).booked, points.state(me, now=clock.now()).balance) == (2, 140)
    assert "You gave 200 points. Cancel until" in phone.get("/me/events", headers=OURS).text
    phone.post(f"/me/events/cancel/{db.value('SELECT id FROM gathering_signup')}", headers=OURS)
    assert points.state(me, now=clock.now()).balance == 340


def test_other_points_than_were_shown_do_not_leave(phone: FlaskClient, me: int, one_shop: Shop) -> None:
    tea = soon(one_shop, fee_points=100)
    one_shop.give_points(me, 340)
    sent = confirmed(phone, tea, points="100")
    refused = phone.post(f"/me/events/{tea}/points", data=sent, headers=OURS)
    assert (
        refused.status_code,
        PlaceCostChanged(points=200).sentence() in refused.text,
        "<dd>200</dd>" in refused.text,
    ) == (
        409,
        True,
        True,
    )
    assert (gatherings.get(tea).booked, points.state(me, now=clock.now()).balance) == (0, 340)
    phone.post("/sign-out", headers=OURS)
    assert phone.post(f"/me/events/{tea}/points", data=sent | {"points": "200"}, headers=OURS).status_code == 409
    assert gatherings.get(tea).booked == 0


def test_too_few_points_are_told_and_not_asked_for(phone: FlaskClient, me: int, one_shop: Shop) -> None:
    tea = soon(one_shop, fee_points=100)
    one_shop.give_points(me, 150)
    page = phone.get(f"/me/events/{tea}/points?places=2", headers=OURS).text
    assert ("50 points are missing." in page, "<form method=" in page.split("<main>")[1]) == (True, False)
    fields = {"places": "2", "points": "200", "key": "k"}
    assert phone.post(f"/me/events/{tea}/points", data=fields, headers=OURS).status_code == 409


def test_who_waits_for_a_place_keeps_their_points_until_there_is_one(
    phone: FlaskClient, me: int, one_shop: Shop
) -> None:  # fmt: skip
    tea, bob = soon(one_shop, fee_points=100, places=1), one_shop.member()
    for member in (me, bob):
        one_shop.give_points(member, 100)
    taken = sign_up(one_shop, tea, bob, now=clock.now())
    assert "so you wait for it" in phone.get(f"/me/events/{tea}/points?places=1", headers=OURS).text
    phone.post(f"/me/events/{tea}/points", data=confirmed(phone, tea, "1"), headers=OURS)
    assert (gatherings.get(tea).waiting, points.state(me, now=clock.now()).balance) == (1, 100)
    gatheringsignups.cancel_signup(taken.id, by=one_shop.owner, now=clock.now())
    assert (gatherings.get(tea).booked, points.state(me, now=clock.now()).balance) == (1, 0)


def test_after_the_last_moment_points_are_said_to_stay(phone: FlaskClient, me: int, one_shop: Shop) -> None:
    tea = soon(one_shop, fee_points=100, cancel_until_at=Millis(clock.now() - HOUR))
    one_shop.give_points(me, 100)
    phone.post(f"/me/events/{tea}/points", data=confirmed(phone, tea, "1"), headers=OURS)
    assert "They do not come back any more if you cancel." in phone.get("/me/events", headers=OURS).text


def test_an_invitation_leads_to_its_event(phone: FlaskClient, me: int, one_shop: Shop) -> None:
    tea, other = soon(one_shop), soon(one_shop, name_en="Another")
    page = phone.get(f"/me/events/{tea}", headers=OURS).text
    assert ("Tea tasting" in page, "Another" in page, "How many come?" in page) == (True, False, True)
    assert phone.get("/me/events/1", headers=OURS).status_code == 404
    back = phone.post("/language", data={"language": "zh", "back": f"/me/events/{tea}"}, headers=OURS)
    assert back.headers["Location"] == f"/me/events/{tea}"
    phone.post("/sign-out", headers=OURS)
    out = phone.get(f"/me/events/{other}", headers={**OURS, "Accept-Language": "en"}).text
    assert ("Another" in out or "品茶会" in out, "How many come?" in out) == (True, False)
    gatheringsignups.call_off(other, by=one_shop.owner, now=clock.now())
    assert phone.get(f"/me/events/{other}", headers=OURS).status_code == 404


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
