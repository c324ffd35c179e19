"""What members write to the shop on their phone, and the question after a ticket, by the link or on the page."""

import re

import pytest
from flask.testing import FlaskClient

from core.base import clock, db
from core.people.members import themselves
from core.service import ratinglinks, ratings, ticketlists, tickets
from core.service.ratings import RatingLinkUnknown
from tests.kiosk.conftest import OURS
from tests.kiosk.test_own_pages import member_of
from tests.kiosk.test_own_pages import phone as phone
from tests.shops import Shop


def written(phone: FlaskClient, words: str = "The cup leaks\nSince Monday") -> int:
    answer = phone.post("/me/tickets", data={"kind": "complaint", "words": words}, headers=OURS)
    assert answer.status_code == 303
    return int(answer.headers["Location"].rpartition("/")[2])


def test_a_member_writes_sees_the_answer_and_writes_again(phone: FlaskClient, one_shop: Shop) -> None:
    ticket = written(phone)
    tickets.reply(ticket, "Bring it along", by=one_shop.owner, now=clock.now())
    tickets.note(ticket, "An old cup", by=one_shop.owner, now=clock.now())
    page = phone.get(f"/me/tickets/{ticket}", headers=OURS).text
    assert "Bring it along" in page and "Since Monday" in page and "An old cup" not in page
    listed = phone.get("/me/tickets", headers=OURS).text
    assert "The cup leaks" in listed and "waits for you" in listed
    phone.post(f"/me/tickets/{ticket}", data={"words": "I come on Friday"}, headers=OURS)
    assert ticketlists.get(ticket, by=one_shop.owner, now=clock.now()).state == "open"


def test_nothing_written_is_refused_on_the_page(phone: FlaskClient) -> None:
    answer = phone.post("/me/tickets", data={"kind": "complaint", "words": " "}, headers=OURS)
    assert "Write 1 to" in answer.text and db.value("SELECT count(*) FROM ticket") == 0


def test_a_ticket_of_somebody_else_is_not_shown(phone: FlaskClient, one_shop: Shop) -> None:
    terms = tickets.Terms("praise", "Good tea", member_id=one_shop.member("13800138000"))
    ticket = tickets.open_ticket(terms, by=one_shop.owner, now=clock.now())
    answer = phone.get(f"/me/tickets/{ticket}", headers=OURS)
    assert answer.status_code == 404 and "Good tea" not in answer.text


def test_one_tap_answers_on_the_page(phone: FlaskClient, one_shop: Shop) -> None:
    ticket = written(phone)
    tickets.close(ticket, "solved", by=one_shop.owner, now=clock.now())
    assert "How satisfied are you?" in phone.get(f"/me/tickets/{ticket}", headers=OURS).text
    phone.post(f"/me/tickets/{ticket}/rating", data={"satisfaction": "5"}, headers=OURS)
    assert "Your answer: 5 of 5" in phone.get(f"/me/tickets/{ticket}", headers=OURS).text


def test_one_tap_answers_by_the_link_without_signing_in(phone: FlaskClient, one_shop: Shop) -> None:
    ticket, member = written(phone), member_of()
    tickets.close(ticket, "solved", by=one_shop.owner, now=clock.now())
    stranger = phone.application.test_client()
    page = stranger.get(ratinglinks.path(ticket), headers=OURS).text
    assert "The cup leaks" not in page and re.search('name="satisfaction" value="2"', page)
    assert ticketlists.get(ticket, by=themselves(member), now=clock.now()).satisfaction is None
    answer = stranger.post(ratinglinks.path(ticket), data={"satisfaction": "2"}, headers=OURS)
    assert "Your answer: 2 of 5" in answer.text
    again = stranger.post(ratinglinks.path(ticket), data={"satisfaction": "5"}, headers=OURS)
    assert "answered already, with 2 of 5" in again.text


def test_a_link_that_is_not_ours_is_refused(one_shop: Shop) -> None:
    with pytest.raises(RatingLinkUnknown):
        ratings.look("T1.ABC.ABCDEFGHJK", now=one_shop.now)
