"""Bookings at the doors: step by step on the phone, noted as here at the kiosk, made and cancelled by the API."""

import re
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core.base import db
from core.people import credentials
from core.service import bookinghours, bookinglists, bookings
from tests import shops
from tests.core.service.test_bookings import Salon
from tests.kiosk.conftest import OURS, Screen
from tests.kiosk.counter import header
from tests.kiosk.test_account_pages import phone as phone
from tests.kiosk.test_account_pages import wang


@pytest.fixture
def salon(one_shop: shops.Shop) -> Salon:
    salon = Salon(one_shop, "13700137001")
    bookinghours.set_day(salon.li, date(2026, 5, 29), [(600, 1200)], store_id=one_shop.store, by=one_shop.owner,
                         now=one_shop.now)  # fmt: skip
    return salon


def mine(salon: Salon, member_id: int) -> list[tuple[str, str, str]]:
    found = bookinglists.of_member(member_id, by=salon.shop.owner, now=salon.now)
    return [(str(one.on), one.time, one.staff) for one in found]


def button(page: str, said: str) -> tuple[str, str]:
    """Name and value of the button that says so."""
    match = re.search(rf'<button name="(\w+)" value="([^"]*)"[^>]*>{re.escape(said)}', page)
    assert match, page
    return match[1], match[2]


def walk(phone: FlaskClient, first: str, *said: str) -> str:
    """Press one button after the other as a browser would; the page before the last one is sent."""
    page = phone.get(first, headers=OURS).text
    for words in said:
        name, value = button(page, words)
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.split("<h2>")[1]))
        way, action = re.findall(r'<form method="(\w+)" action="([^"]+)"', page.split("<h2>")[1])[0]
        send = phone.post if way == "post" else phone.get
        given = hidden | {name: value}
        answer = (
            send(action, data=given, headers=OURS) if way == "post" else send(action, query_string=given, headers=OURS)
        )
        page = answer.text
    return page


def test_a_member_books_moves_and_cancels_on_the_phone(salon: Salon, phone: FlaskClient) -> None:
    assert "/me/bookings" in phone.get("/me", headers=OURS).text
    walk(phone, "/me/bookings/new", "足部按摩", "李娜", "05-30", "10:15")
    assert mine(salon, wang()) == [("2026-05-30", "10:15", "李娜")]
    page = phone.get("/me/bookings", headers=OURS).text
    assert "李娜" in page and "10:15" in page
    move = re.search(r'href="(/me/bookings/new\?move=\d+)"', page)
    assert move
    walk(phone, move[1], "王强", "05-31", "11:00")
    assert mine(salon, wang()) == [("2026-05-31", "11:00", "王强")]
    page = phone.get("/me/bookings", headers=OURS).text
    cancel = re.search(r'action="(/me/bookings/\d+/cancel)"', page)
    assert cancel
    assert phone.post(cancel[1], headers=OURS).status_code == 303
    assert mine(salon, wang()) == []


def test_a_time_that_went_meanwhile_is_said_with_the_others(salon: Salon, phone: FlaskClient) -> None:
    page = phone.get(f"/me/bookings/new?service={salon.massage}&who={salon.li}&day=2026-05-30", headers=OURS).text
    _name, value = button(page, "10:00")
    salon.book(shops.at(2026, 5, 30, 10), salon.li)
    given = {"service": str(salon.massage), "store": str(salon.shop.store), "who": str(salon.li), "from_at": value,
             "day": "2026-05-30"}  # fmt: skip
    answer = phone.post("/me/bookings", data=given, headers=OURS)
    assert answer.status_code == 409
    assert button(answer.text, "11:15")
    assert mine(salon, wang()) == []


def test_a_wrong_choice_is_refused_and_another_members_booking_unknown(salon: Salon, phone: FlaskClient) -> None:
    booking_id = salon.book(shops.at(2026, 5, 30, 10))
    assert phone.get("/me/bookings/new?service=tea", headers=OURS).status_code == 422  # choice_unread
    assert phone.get(f"/me/bookings/new?service={salon.massage}&who=0&day=x", headers=OURS).status_code == 422
    assert phone.post(f"/me/bookings/{booking_id}/cancel", headers=OURS).status_code == 404


def test_the_kiosk_knows_who_is_booked_and_notes_that_they_are_here(salon: Salon, screen: Screen) -> None:
    booking_id = bookings.book(
        salon.wanted(shops.at(2026, 5, 29, 14), salon.li), by=salon.shop.owner, now=salon.now
    )  # fmt: skip
    face = screen.event("scan", credentials.rotating_code(salon.member, now=salon.now))
    assert "14:00" in face["html"] and "李娜" in face["html"] and f'data-value="{booking_id}"' in face["html"]
    face = screen.event("here", str(booking_id))
    assert salon.get(booking_id).state == "arrived"
    assert 'data-event="here"' not in face["html"]


def test_an_online_shop_books_once_and_cancels(app: Flask, salon: Salon) -> None:
    client, key = app.test_client(), header(salon.shop, "sales")
    free = client.get(f"/api/v1/services/{salon.massage}/free?day=2026-05-30", headers=key).json
    assert free and free["times"][0] == {
        "from_at": "2026-05-30T02:00:00.000+00:00",
        "staff": [{"id": str(salon.li), "name": "李娜"}, {"id": str(salon.wang), "name": "王强"}],
    }
    body = {"service_id": str(salon.massage), "from_at": free["times"][0]["from_at"], "name": "Mr Zhang"}
    once = key | {"Idempotency-Key": "web-1"}
    made = client.post("/api/v1/bookings", json=body, headers=once)
    again = client.post("/api/v1/bookings", json=body, headers=once)
    assert (made.status_code, again.json) == (201, made.json)
    assert made.json and (made.json["state"], made.json["staff"]) == ("booked", "李娜")
    gone = client.post(f"/api/v1/bookings/{made.json['id']}/cancel", headers=key)
    assert gone.json and gone.json["state"] == "cancelled"
    assert client.post(f"/api/v1/bookings/{made.json['id']}/cancel", headers=key).json["code"] == "booking_over"  # type: ignore[index]
    other = header(salon.shop, "members")
    assert client.get(f"/api/v1/services/{salon.massage}/free", headers=other).status_code == 403
    salon.book(shops.at(2026, 5, 30, 12))
    held = client.get(f"/api/v1/members/{salon.member}/bookings", headers=key).json
    assert held and [one["service"] for one in held["bookings"]] == ["足部按摩"]
    assert db.value("SELECT count(*) FROM booking") == 2
