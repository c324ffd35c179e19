"""What a person does to messages: send again, take back, mark, wake a channel; and what they see of it."""

import pytest

from core.base import db
from core.base.clock import DAY, HOUR, MINUTE, Millis
from core.base.errors import NotAllowed
from core.books import outbox
from core.books.outbox import Letter
from core.outreach import alerting, delivery, deskwork, inbound
from core.outreach.deskwork import Sought
from tests.shops import Shop


@pytest.fixture
def member(shop: Shop) -> int:
    return shop.member("13800138000", name="王伟", purposes=("membership", "service", "marketing"))


def put(shop: Shop, member: int, key: str, *, state: str = "queued", category: str = "service") -> int:
    letter = Letter(key, "welcome", category, "zh", {"shop": "店"}, Millis(shop.now + DAY), member_id=member)  # type: ignore[arg-type]

    @db.atomic
    def write() -> int:
        outbox_id = outbox.put(letter, now=shop.now)
        assert outbox_id is not None
        db.run("UPDATE outbox SET state = ? WHERE id = ?", (state, outbox_id))
        return outbox_id

    return write()


def state(outbox_id: int) -> tuple[str, str | None]:
    found = db.one("SELECT state, reason FROM outbox WHERE id = ?", (outbox_id,))
    assert found is not None
    return found[0], found[1]


def test_what_is_sent_again_may_fail_as_often_as_a_new_message(shop: Shop, member: int) -> None:
    one = put(shop, member, "a", state="dead")
    db.atomic(lambda: db.run("UPDATE outbox SET failures = 5 WHERE id = ?", (one,)))()
    deskwork.retry(one, by=shop.owner, now=shop.now)
    delivery.claim(one, owner="a", now=shop.now)
    delivery.not_accepted(one, reason="http-429", after_s=None, now=shop.now)
    assert state(one) == ("queued", "http-429")


@pytest.mark.parametrize("how", ["withdrawn", "marked as not sent", "stopped"])
def test_an_offer_that_never_left_starts_no_gap(shop: Shop, member: int, how: str) -> None:
    one = put(shop, member, f"campaign:1:{member}", category="marketing")
    assert delivery.claim(one, owner="a", now=shop.now) is not None
    if how == "marked as not sent":
        db.atomic(lambda: db.run("UPDATE outbox SET state = 'review' WHERE id = ?", (one,)))()
        deskwork.mark_unsent(one, by=shop.owner, now=shop.now)
    else:
        delivery.not_accepted(one, reason="http-429", after_s=None, now=shop.now)
        assert db.value("SELECT count(*) FROM contact_gap") == 1
        if how == "withdrawn":
            deskwork.withdraw(one, by=shop.owner, now=shop.now)
        else:
            inbound.receive(sid="SM1", from_="+8613800138000", body="STOP", opt_out_type=None, now=shop.now)
    assert (state(one)[0] in ("cancelled", "dead"), db.value("SELECT count(*) FROM contact_gap")) == (True, 0)


@pytest.mark.parametrize("ended", ["dead", "refused", "review"])
def test_a_message_that_ended_untaken_is_queued_again_and_leaves_once(shop: Shop, member: int, ended: str) -> None:
    one = put(shop, member, "a", state=ended)
    deskwork.retry(one, by=shop.owner, now=shop.now)
    assert state(one) == ("queued", None)
    with pytest.raises(deskwork.MessageNotAgain):
        deskwork.retry(one, by=shop.owner, now=shop.now)
    assert delivery.claim(one, owner="a", now=shop.now) is not None


@pytest.mark.parametrize("ended", ["queued", "sending", "unknown", "accepted", "delivered", "cancelled", "expired"])
def test_what_waits_left_or_was_ended_by_a_rule_is_not_sent_again(shop: Shop, member: int, ended: str) -> None:
    one = put(shop, member, "a", state=ended)
    with pytest.raises(deskwork.MessageNotAgain):
        deskwork.retry(one, by=shop.owner, now=shop.now)
    assert state(one)[0] == ended


def test_a_message_whose_time_is_over_is_not_sent_again(shop: Shop, member: int) -> None:
    one = put(shop, member, "a", state="dead")
    with pytest.raises(deskwork.MessageTooLate, match=r"good until 2026-05-30 12:00"):
        deskwork.retry(one, by=shop.owner, now=Millis(shop.now + DAY))


def test_a_message_that_was_emptied_is_not_sent_again(shop: Shop, member: int) -> None:
    one = put(shop, member, "a", state="dead")

    @db.atomic
    def empty() -> None:
        outbox.forget(member, None)

    empty()
    with pytest.raises(deskwork.MessageEmptied):
        deskwork.retry(one, by=shop.owner, now=shop.now)


def test_only_what_waits_is_taken_back(shop: Shop, member: int) -> None:
    waits, gone = put(shop, member, "a"), put(shop, member, "b", state="sending")
    deskwork.withdraw(waits, by=shop.owner, now=shop.now)
    assert state(waits) == ("cancelled", "staff")
    with pytest.raises(deskwork.MessageGone):
        deskwork.withdraw(gone, by=shop.owner, now=shop.now)
    assert delivery.claim(waits, owner="a", now=shop.now) is None


def test_an_unclear_message_is_marked_once(shop: Shop, member: int) -> None:
    left, never = (put(shop, member, key, state="review") for key in "ab")
    deskwork.mark_sent(left, by=shop.owner, now=shop.now)
    deskwork.mark_unsent(never, by=shop.owner, now=shop.now)
    assert (state(left), state(never)) == (("sent", "looked up"), ("dead", "looked up"))
    for verb in (deskwork.mark_sent, deskwork.mark_unsent):
        with pytest.raises(deskwork.MessageSettled):
            verb(left, by=shop.owner, now=shop.now)


def test_a_message_shows_every_step_and_who_did_it(shop: Shop, member: int) -> None:
    one = put(shop, member, "a")
    delivery.claim(one, owner="x", now=Millis(shop.now + MINUTE))
    delivery.accepted(one, sid="SM1", now=Millis(shop.now + MINUTE))
    for status, minutes in (("sent", 2), ("undelivered", 3)):
        at = Millis(shop.now + minutes * MINUTE)
        delivery.note_status(sid="SM1", status=status, outbox_id=None, attempt=None, now=at)
    seen = deskwork.look(one, by=shop.owner)
    assert [(step.at - shop.now, step.kind, step.word) for step in seen.steps] == [
        (0, "written", ""),
        (MINUTE, "tried", ""),
        (2 * MINUTE, "reported", "sent"),
        (3 * MINUTE, "reported", "undelivered"),
    ]
    assert (seen.row.state, seen.attempts, seen.wording_at) == ("undelivered", 1, None)


def test_what_staff_did_stands_among_the_steps(shop: Shop, member: int) -> None:
    one = put(shop, member, "a", state="review")
    deskwork.mark_unsent(one, by=shop.owner, now=Millis(shop.now + HOUR))
    deskwork.retry(one, by=shop.owner, now=Millis(shop.now + 2 * HOUR))
    did = [(step.word, step.who) for step in deskwork.look(one, by=shop.owner).steps if step.kind == "desk"]
    assert did == [("message.was_not_sent", "周丽"), ("message.again", "周丽")]


def test_a_message_that_is_not_there_is_refused(shop: Shop) -> None:
    with pytest.raises(deskwork.MessageNotFound):
        deskwork.look(1, by=shop.owner)
    with pytest.raises(deskwork.MessageNotFound):
        deskwork.retry(1, by=shop.owner, now=shop.now)


def test_the_outbox_is_found_by_state_kind_and_member(shop: Shop, member: int) -> None:
    other = shop.member("13900139000", name="李雷")
    put(shop, member, "a", state="dead", category="greeting")
    wanted = put(shop, member, "b", state="dead")
    put(shop, other, "c", state="dead")
    found = deskwork.listing(Sought("dead", "service", member), by=shop.owner)
    assert [one.id for one in found] == [wanted]
    shy = deskwork.listing(Sought("dead"), by=shop.owner_with(frozenset({"care"})))
    assert {one.to for one in shy} == {"138****8000", "139****9000"}


def test_messages_are_not_for_those_without_the_right(shop: Shop, member: int) -> None:
    nobody, one = shop.owner_with(frozenset()), put(shop, member, "a", state="dead")
    for verb in (deskwork.retry, deskwork.withdraw, deskwork.mark_sent, deskwork.mark_unsent):
        with pytest.raises(NotAllowed):
            verb(one, by=nobody, now=shop.now)
    for read in (deskwork.listing, alerting.recent):
        with pytest.raises(NotAllowed):
            read(by=nobody)
