"""Events at the screen and over the API: who has arrived checks in, who wants to come signs up where it is free."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from core.base import db
from core.base.clock import DAY, HOUR, Millis
from core.loyalty import points
from core.people import credentials
from core.service import gatheringguests, gatherings
from core.service.gatheringrules import Opening
from tests.core.service.gathered import opened, sign_up
from tests.kiosk.conftest import Screen, rotating
from tests.kiosk.counter import header
from tests.shops import Shop


def soon(shop: Shop, hours: int = 1, **given: object) -> int:
    from_at = Millis(shop.now + hours * HOUR)
    return opened(shop, from_at=from_at, until_at=Millis(from_at + HOUR), **given)


def states(member_id: int) -> list[str]:
    found = db.rows("SELECT state FROM gathering_signup WHERE member_id = ? ORDER BY id", (member_id,))
    return [state for (state,) in found]


# --- the screen -----------------------------------------------------------------------------------


def test_a_guest_who_arrived_checks_in_with_one_touch(screen: Screen, one_shop: Shop) -> None:
    tea, ann = soon(one_shop), one_shop.member()
    sign_up(one_shop, tea, ann)
    card = screen.event("scan", rotating(ann))["html"]
    assert ("Check in to Tea tasting" in card, 'data-value="events"' in card) == (True, False)
    face = screen.event("event_in", str(tea))
    assert (face["screen"], "You are checked in to Tea tasting" in face["html"]) == ("card", True)
    assert (states(ann), 'data-event="event_in"' in face["html"]) == (["attended"], False)


@pytest.mark.parametrize(("hours", "state"), [(4, "booked"), (1, "waiting")])
def test_nobody_is_asked_in_too_early_or_without_a_place(
    screen: Screen, one_shop: Shop, hours: int, state: str
) -> None:
    tea, ann = soon(one_shop, hours, places=1), one_shop.member()
    if state == "waiting":
        sign_up(one_shop, tea, one_shop.member())
    assert sign_up(one_shop, tea, ann).state == state
    assert 'data-event="event_in"' not in screen.event("scan", rotating(ann))["html"]
    assert (screen.event("event_in", str(tea))["screen"], states(ann)) == ("problem", [state])


def test_a_member_signs_up_for_what_is_free(screen: Screen, one_shop: Shop) -> None:
    tea, ann = soon(one_shop, 50), one_shop.member()
    soon(one_shop, 60, name_en="Paid", product_id=one_shop.product("fee", 500, kind="service"))
    soon(one_shop, 70, name_en="Gold first", openings=(Opening(0, Millis(one_shop.now + DAY)),))
    assert 'data-value="events"' in screen.event("scan", rotating(ann))["html"]
    page = screen.event("go", "events")["html"]
    assert (page.count('data-event="event_join"'), "Places left: 2" in page) == (1, True)
    assert ("Sign up at the till." in page, "Sign-up opens to you at" in page) == (True, True)
    after = screen.event("event_join", str(tea))
    assert (after["screen"], "You are signed up: 1." in after["html"], states(ann)) == ("events", True, ["booked"])
    refused = screen.event("event_join", str(tea))["html"]
    assert "on the list of “Tea tasting” already" in refused


def test_a_place_for_points_takes_the_code_on_the_phone_once_more(screen: Screen, one_shop: Shop) -> None:
    tea, ann = soon(one_shop, 50, fee_points=100), one_shop.member()
    screen.event("scan", rotating(ann))
    poor = screen.event("go", "events")["html"]
    assert ("You have 0 points." in poor, 'data-event="place"' in poor) == (True, False)
    one_shop.give_points(ann, 250)
    assert 'data-event="place"' in screen.event("go", "events")["html"]
    asked = screen.event("place", str(tea))
    assert (asked["screen"], "100 points will be used." in asked["html"], states(ann)) == ("confirm", True, [])
    refused = screen.event("scan", str(credentials.card_of(ann)))["html"]
    assert ("A printed card cannot spend points." in refused, states(ann)) == (True, [])
    done = screen.event("scan", rotating(ann))
    assert (done["screen"], "You are signed up: 1." in done["html"]) == ("events", True)
    assert (states(ann), points.state(ann, now=one_shop.now).balance) == (["booked"], 150)


def test_waiting_for_a_place_that_costs_points_takes_none(screen: Screen, one_shop: Shop) -> None:
    tea, ann = soon(one_shop, 50, fee_points=100, places=1), one_shop.member()
    bob = one_shop.member()
    for member in (ann, bob):
        one_shop.give_points(member, 100)
    sign_up(one_shop, tea, bob)
    screen.event("scan", rotating(ann))
    assert "will be used when a place is free" in screen.event("place", str(tea))["html"]
    assert "You are number 1 on the waiting list." in screen.event("scan", rotating(ann))["html"]
    assert points.state(ann, now=one_shop.now).balance == 100


def test_somebody_elses_code_takes_nothing(screen: Screen, one_shop: Shop) -> None:
    tea, ann, bob = soon(one_shop, 50, fee_points=100), one_shop.member(), one_shop.member()
    for member in (ann, bob):
        one_shop.give_points(member, 100)
    screen.event("scan", rotating(ann))
    screen.event("place", str(tea))
    assert (screen.event("scan", rotating(bob))["screen"], states(ann), states(bob)) == ("card", [], [])


def test_where_all_is_taken_the_list_is_offered(screen: Screen, one_shop: Shop) -> None:
    tea, ann = soon(one_shop, 50, places=1), one_shop.member()
    sign_up(one_shop, tea, one_shop.member())
    screen.event("scan", rotating(ann))
    assert "Waiting list" in screen.event("go", "events")["html"]
    assert "You are number 1 on the waiting list." in screen.event("event_join", str(tea))["html"]


@pytest.mark.parametrize(("name", "value"), [("event_in", "x"), ("event_in", "1"), ("event_join", "1")])
def test_touches_on_no_event_are_refused(screen: Screen, one_shop: Shop, name: str, value: str) -> None:
    assert screen.event(name, value)["screen"] == "problem"  # event_touch_unknown: nobody's card is shown
    screen.event("scan", rotating(one_shop.member()))
    assert screen.event(name, value)["screen"] == "problem"


# --- the API --------------------------------------------------------------------------------------


def ask(client: FlaskClient, key: dict[str, str], path: str, body: object = None, once: str = "1") -> tuple[int, Any]:
    headers = key | {"Idempotency-Key": once}
    answer = client.post(f"/api/v1{path}", json=body or {}, headers=headers)
    return answer.status_code, answer.json


def test_an_online_shop_lists_events_signs_up_once_and_cancels(client: FlaskClient, one_shop: Shop) -> None:
    tea, ann = soon(one_shop, 50), one_shop.member()
    key, body = header(one_shop, "service", "members"), {"member_id": str(ann), "places": 2}
    status, made = ask(client, key, f"/events/{tea}/signups", body)
    assert (status, made["state"], made["places"]) == (201, "booked", 2)
    assert ask(client, key, f"/events/{tea}/signups", body) == (201, made)
    listed = client.get(f"/api/v1/events?member_id={ann}", headers=key).json
    assert listed and [(one["places_left"], one["signup"]) for one in listed["events"]] == [(0, made)]
    path = f"/events/{tea}/signups/{made['id']}/cancel"
    assert ask(client, key, path.replace(str(tea), "1", 1))[1]["code"] == "signup_unknown"
    assert ask(client, key, path, once="2")[1]["state"] == "cancelled"
    assert ask(client, key, path, once="3")[1]["code"] == "signup_over"
    plain = client.get("/api/v1/events", headers=key).json
    assert plain and [(one["places_left"], one["signup"]) for one in plain["events"]] == [(2, None)]


def test_places_for_points_need_the_code_on_the_phone(client: FlaskClient, one_shop: Shop) -> None:
    tea, ann = soon(one_shop, 50, fee_points=100), one_shop.member()
    one_shop.give_points(ann, 300)
    key, body = header(one_shop, "service"), {"member_id": str(ann), "places": 2}
    assert ask(client, key, f"/events/{tea}/signups", body)[1]["code"] == "spend_proof_needed"
    proved = body | {"proof_code": rotating(ann)}
    status, made = ask(client, key, f"/events/{tea}/signups", proved, once="2")
    assert (status, made["points"]) == (201, 200)
    assert ask(client, key, f"/events/{tea}/signups", proved, once="2") == (201, made)


def test_who_came_is_noted_and_other_scopes_may_not(client: FlaskClient, one_shop: Shop) -> None:
    tea, ann = soon(one_shop), one_shop.member()
    sign_up(one_shop, tea, ann)
    path, body = f"/events/{tea}/check-ins", {"member_id": str(ann)}
    assert ask(client, header(one_shop, "members"), path, body)[0] == 403
    assert client.get("/api/v1/events", headers=header(one_shop, "members")).status_code == 403
    status, came = ask(client, header(one_shop, "service"), path, body)
    assert (status, came["state"], gatherings.get(tea).came) == (200, "attended", 1)
    assert gatheringguests.get(int(came["id"])).member_id == ann
