"""What somebody wrote to the departments of service: all of it in their copy, none of it in the database afterwards."""

import json

import pytest

from core.base import db
from core.base.clock import DAY, Millis
from core.keeping import erasure, owncopy, retention
from core.people import members
from core.people.credentials import Proof
from core.service import bookings, surveyanswers, tickets
from core.service.bookings import Wanted
from tests.core.service import gathered
from tests.core.service.test_bookings import Salon, ten
from tests.core.service.test_surveys import running, say
from tests.shops import Shop

WORDS = ("杯子漏了水", "她说很着急", "我们换一个", "靠窗的位子", "茶有点凉")
"""Of a ticket its subject, a note and an answer; of a booking its note; of a survey an answer in own words."""


@pytest.fixture
def member(shop: Shop) -> int:
    """Somebody who wrote everywhere, and signed up for an event."""
    salon = Salon(shop)
    member_id = shop.member("13812042046", name="王伟芳")
    ticket = tickets.open_ticket(tickets.Terms("complaint", WORDS[0], member_id=member_id), by=shop.owner, now=shop.now)
    tickets.note(ticket, WORDS[1], by=shop.owner, now=shop.now)
    tickets.reply(ticket, WORDS[2], by=shop.owner, now=shop.now)
    tickets.close(ticket, "solved", by=shop.owner, now=shop.now)
    wanted = Wanted(shop.store, salon.massage, ten(10), member_id=member_id, note=WORDS[3])
    bookings.book(wanted, by=shop.owner, now=shop.now)
    gathered.sign_up(shop, gathered.opened(shop), member_id)
    survey = running(shop)
    by = members.themselves(member_id)
    surveyanswers.answer(survey.id, member_id, say(survey, "9", "5", "1", WORDS[4]), by=by, now=shop.now)
    return member_id


def found() -> list[str]:
    """Those of the words that stand anywhere in the database."""
    sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    if not db.is_sqlite():
        sql = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
    held = [str(row) for (table,) in db.rows(sql) for row in db.rows(f'SELECT * FROM "{table}"')]
    return [one for one in WORDS if any(one in row for row in held)]


def test_the_copy_gives_tickets_bookings_events_and_answers(shop: Shop, member: int) -> None:
    copy = owncopy.of_member(member, proof=Proof(member, "fresh_code", shop.now), now=shop.now)
    said = json.dumps(copy, ensure_ascii=False)
    assert [one for one in WORDS if one not in said] == []
    assert [len(copy[part]) for part in ("tickets", "bookings", "events", "answers")] == [1, 1, 1, 4]
    assert copy["events"][0]["event_zh"] == "品茶会"
    assert copy["bookings"][0]["service"] == "足部按摩"


def test_a_copy_gives_what_was_booked_by_the_number_and_nothing_of_others(shop: Shop, member: int) -> None:
    (massage,) = db.one("SELECT product_id FROM booking") or (0,)
    for phone, hour in (("13812042046", 12), ("13900139000", 12)):
        wanted = Wanted(shop.store, massage, ten(hour), name="伟芳", phone=phone)
        bookings.book(wanted, by=shop.owner, now=shop.now)
    copy = owncopy.of_member(member, proof=Proof(member, "fresh_code", shop.now), now=shop.now)
    assert [one["phone"] for one in copy["bookings"]] == [None, "+8613812042046"]


def test_no_word_is_left_when_somebody_goes(shop: Shop, member: int) -> None:
    assert found() == list(WORDS)
    mark = erasure.preview(member, now=shop.now).mark
    erasure.erase(member, mark=mark, give_up=True, by=shop.owner, now=shop.now)
    assert found() == []


def test_no_word_is_left_when_it_was_kept_long_enough(shop: Shop, member: int) -> None:
    bookings.cancel(db.value("SELECT id FROM booking"), by=shop.owner, now=shop.now)
    db.atomic(lambda: db.run("UPDATE outbox SET state = 'delivered'"))()
    retention.sweep(by=shop.owner, now=Millis(shop.now + 20 * DAY))
    assert found() == list(WORDS)
    retention.sweep(by=shop.owner, now=Millis(shop.now + 800 * DAY))
    assert found() == []
