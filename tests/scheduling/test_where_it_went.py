"""Where a message went is kept with it: its fate is asked for there, whatever became of the member's number since."""

from pathlib import Path

import pytest

import sending
from core.base import clock, db
from core.base.clock import DAY, MINUTE, Millis
from core.books import outbox
from core.books.outbox import Letter
from core.keeping import erasure
from core.outreach import batches, delivery, suppressions
from core.outreach.delivery import Answer, Claimed
from core.people import profile
from core.people.profile import Changes
from notify.file import FileChannel
from tests.shops import Shop

OLD, NEW = "13800138001", "13800138002"


@pytest.fixture
def member(shop: Shop) -> int:
    return shop.member(OLD, purposes=("membership", "service"))


@db.atomic
def put(member: int, now: Millis) -> int | None:
    facts = {"shop": "店", "stored": "¥1.00", "bonus": "¥0.00"}
    letter = Letter("n:1", "wallet_balance", "service", "zh", facts, Millis(now + 2 * DAY), member_id=member)
    return outbox.put(letter, now=now)


def claimed(member: int, shop: Shop) -> Claimed:
    """The member's own message, begun by a process that is gone."""
    number = put(member, shop.now)
    found = batches.claim_some("sms", owner="dead", now=shop.now).claimed
    batches.begin(found, owner="dead")
    return next(one for one in found if one.id == number)


def state(one: Claimed) -> tuple[object, ...]:
    return tuple(db.one("SELECT state, sent_to FROM outbox WHERE id = ?", (one.id,)) or ())


def test_a_message_that_left_is_found_after_the_member_has_another_number(
    shop: Shop, member: int, tmp_path: Path
) -> None:
    channel, one = FileChannel(tmp_path / "out", "sms"), claimed(member, shop)
    channel.send(sending._out(one))
    profile.change(member, Changes(phone=NEW), by=shop.owner, now=shop.now)
    later = Millis(shop.now + 16 * MINUTE)
    with clock.set_to(later):
        sending.settle({"sms": channel}, "new", now=later)
    assert state(one) == ("accepted", f"+86{OLD}")


def test_one_that_surely_did_not_leave_goes_to_the_number_of_now(shop: Shop, member: int, tmp_path: Path) -> None:
    channel, one = FileChannel(tmp_path / "out", "sms"), claimed(member, shop)
    profile.change(member, Changes(phone=NEW), by=shop.owner, now=shop.now)
    later = Millis(shop.now + 16 * MINUTE)
    with clock.set_to(later):
        sending.settle({"sms": channel}, "new", now=later)
        again = delivery.claim(one.id, owner="new", now=later)
    assert again is not None
    assert (again.address, state(one)) == (f"+86{NEW}", ("sending", f"+86{NEW}"))


def test_where_the_address_is_not_kept_a_person_must_look(shop: Shop, member: int, tmp_path: Path) -> None:
    channel, one = FileChannel(tmp_path / "out", "sms"), claimed(member, shop)
    channel.send(sending._out(one))
    erasure.erase(member, mark=erasure.preview(member, now=shop.now).mark, by=shop.owner, now=shop.now)
    for minutes, expected in ((16, "sending"), (24 * 60 + 1, "review")):
        sending.settle({"sms": channel}, "new", now=Millis(shop.now + minutes * MINUTE))
        assert state(one) == (expected, None)


def test_what_is_refused_closes_the_number_it_was_sent_to(shop: Shop, member: int) -> None:
    one = claimed(member, shop)
    profile.change(member, Changes(phone=NEW), by=shop.owner, now=shop.now)
    delivery.record([Answer(one.id, "refused", reason="21610", about="opted_out")], now=shop.now)
    assert suppressions.scopes(f"+86{OLD}", "sms") == {"all"}
    assert suppressions.scopes(f"+86{NEW}", "sms") == frozenset()


def test_it_is_emptied_with_the_message(shop: Shop, member: int) -> None:
    one = claimed(member, shop)
    delivery.record([Answer(one.id, "refused", reason="x", about="message")], now=shop.now)
    assert outbox.empty_before(Millis(shop.now + DAY)) >= 1
    assert state(one) == ("refused", None)


def test_it_is_forgotten_with_a_number_that_was_the_members(shop: Shop, member: int) -> None:
    one = claimed(member, shop)
    db.atomic(outbox.forget)(0, f"+86{OLD}")
    assert state(one) == ("sending", None)
