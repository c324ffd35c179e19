"""The states of a message on its way: pauses, channels at rest, faults of the shop's own, fates that stay unknown."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base import clock, db
from core.base.clock import DAY, MINUTE, Millis
from core.base.errors import NotAllowed
from core.books import outbox
from core.books.outbox import Letter
from core.outreach import batches, delivery, letters, unsettled
from core.outreach.delivery import Answer
from tests.shops import Shop, at


@db.atomic
def put(*letters: Letter, now: Millis) -> list[int]:
    return [id for letter in letters if (id := outbox.put(letter, now=now)) is not None]


def note(number: int, shop: Shop, **given: object) -> Letter:
    """A service message to a number, each with words of its own."""
    facts: dict[str, str | int] = {"shop": "店", "stored": f"¥{number}.00", "bonus": "¥0.00"}
    made = Letter(f"n:{number}", "wallet_balance", "service", "zh", facts, Millis(shop.now + 2 * DAY),
                  address=f"+86138{number:08d}")  # fmt: skip
    return replace(made, **given)  # type: ignore[arg-type]


def claimed(shop: Shop, count: int = 1, **given: object) -> list[int]:
    put(*(note(number, shop, **given) for number in range(count)), now=shop.now)
    return [one.id for one in batches.claim_some("sms", owner="a", now=shop.now).claimed]


def row(outbox_id: int, columns: str = "state, reason") -> tuple[object, ...]:
    found = db.one(f"SELECT {columns} FROM outbox WHERE id = ?", (outbox_id,))
    assert found is not None
    return tuple(found)


def test_a_batch_is_claimed_in_one_go_codes_first(shop: Shop) -> None:
    code = Letter("c", "code", "service", "zh", {"shop": "店", "code": "1"}, Millis(shop.now + DAY), address="+8613")
    ids = put(*(note(number, shop) for number in range(3)), code, now=shop.now)
    batch = batches.claim_some("sms", owner="a", now=shop.now, limit=2)
    assert (batch.seen, [one.id for one in batch.claimed]) == (2, [ids[3], ids[0]])
    rest = batches.claim_some("sms", owner="b", now=shop.now)
    assert [one.id for one in rest.claimed] == ids[1:3]


def test_codes_and_all_else_are_claimed_apart(shop: Shop) -> None:
    code = Letter("c", "code", "service", "zh", {"shop": "店", "code": "1"}, Millis(shop.now + DAY), address="+8613")
    letter, urgent = put(note(1, shop), code, now=shop.now)
    assert [one.id for one in batches.claim_some("sms", urgent=True, owner="a", now=shop.now).claimed] == [urgent]
    assert [one.id for one in batches.claim_some("sms", urgent=False, owner="a", now=shop.now).claimed] == [letter]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [({"template": "of another version"}, "cannot be made: KeyError"),
     ({"variables": {"shop": "店", "link": "http://192.168.1.20/me"}}, "cannot be made: link_invalid")],
)  # fmt: skip
def test_a_message_that_cannot_be_made_is_given_up_and_keeps_no_other_waiting(
    shop: Shop, wrong: dict[str, object], reason: str
) -> None:
    before, bad, after = put(note(1, shop), replace(note(2, shop), **wrong), note(3, shop), now=shop.now)  # type: ignore[arg-type]
    batch = batches.claim_some("sms", owner="a", now=shop.now)
    assert [one.id for one in batch.claimed] == [before, after]
    assert row(bad) == ("dead", reason)
    assert db.value("SELECT kind FROM alert") == "unmade"


def test_so_many_that_cannot_be_made_are_given_up_a_batch_at_a_time(one_shop: Shop) -> None:
    good = put(*(note(number, one_shop, template="gone") for number in range(5)), note(9, one_shop), now=one_shop.now)[
        5
    ]
    for seen, claimed in ((3, []), (1, [good])):
        batch = batches.claim_some("sms", owner="a", now=one_shop.now, limit=3)
        assert (batch.seen, [one.id for one in batch.claimed]) == (seen, claimed)
    assert db.one("SELECT count(*), max(again) FROM alert") == (1, 4)


def test_a_fault_of_the_disk_is_no_messages_fault(one_shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    one, *_ = put(note(1, one_shop), now=one_shop.now)

    def stuck(*_given: object, **_named: object) -> None:
        raise db.WriterStuck(seconds=10, holder="another")

    monkeypatch.setattr(letters, "make", stuck)
    with pytest.raises(db.WriterStuck):
        batches.claim_some("sms", owner="a", now=one_shop.now)
    assert row(one) == ("queued", None)


def test_what_did_not_begin_to_leave_is_queued_as_if_nothing_had_been(shop: Shop) -> None:
    (one,) = claimed(shop)
    assert batches.put_back([one], owner="b", now=shop.now) == 0
    assert batches.put_back([one], owner="a", now=shop.now) == 1
    assert row(one, "state, attempts, owner") == ("queued", 0, None)


def test_a_wrong_password_rests_the_channel_until_a_person_wakes_it(shop: Shop) -> None:
    first, second = claimed(shop, 2)
    delivery.record([Answer(first, "not_accepted", reason="http-401", rests=True)], now=shop.now)
    delivery.record([Answer(second, "not_accepted", reason="http-401", rests=True)], now=shop.now)
    assert [(one.channel, one.reason) for one in delivery.resting()] == [("sms", "http-401")]
    assert row(first, "state, failures") == ("queued", 0)
    assert db.one("SELECT kind, about, again FROM alert") == ("channel_rests", "sms", 1)
    assert batches.claim_some("sms", owner="a", now=shop.now).seen == 0
    with pytest.raises(NotAllowed):
        delivery.wake_channel("sms", by=shop.owner_with(frozenset()), now=shop.now)
    assert delivery.wake_channel("sms", by=shop.owner, now=shop.now)
    assert not delivery.wake_channel("sms", by=shop.owner, now=shop.now)
    assert batches.claim_some("sms", owner="a", now=shop.now).seen == 2
    assert db.value("SELECT count(*) FROM audit WHERE action = 'channel.woken'") == 1


def test_a_fault_of_the_shops_own_number_is_told_to_staff_and_blames_no_address(shop: Shop) -> None:
    (one,) = claimed(shop, campaign_id=7)
    delivery.record([Answer(one, "refused", reason="21606", about="sender")], now=shop.now)
    assert row(one) == ("refused", "21606")
    assert db.one("SELECT kind, about, facts FROM alert") == ("sender", "sms", '{"code": "21606", "campaign": 7}')
    assert db.value("SELECT count(*) FROM suppression") == 0


def test_pauses_grow_and_the_fifth_failure_is_the_last(shop: Shop) -> None:
    (one,), now = claimed(shop), shop.now
    for count in range(1, 5):
        delivery.not_accepted(one, reason="http-429", after_s=None, now=now)
        assert row(one, "state, failures") == ("queued", count)
        now = Millis(row(one, "not_before")[0])  # type: ignore[arg-type]
        assert batches.claim_some("sms", owner="a", now=Millis(now - 1)).seen == 0
        assert batches.claim_some("sms", owner="a", now=now).seen == 1
    delivery.not_accepted(one, reason="http-429", after_s=None, now=now)
    assert row(one) == ("dead", "http-429")


def test_the_wish_of_a_provider_is_kept_where_it_is_longer(shop: Shop) -> None:
    (one,) = claimed(shop)
    delivery.not_accepted(one, reason="http-429", after_s=3600, now=shop.now)
    assert row(one, "not_before") == (shop.now + 3_600_000,)


@given(st.integers(1, 5), st.integers(0, 1000))
def test_a_pause_is_half_to_one_and_a_half_of_twice_the_one_before(failures: int, dice: int) -> None:
    usual = 30 * 2 ** (failures - 1)
    assert usual // 2 <= delivery.pause_seconds(failures, dice) <= usual * 3 // 2


def test_an_offer_that_was_not_accepted_is_not_held_back_by_its_own_gap(shop: Shop) -> None:
    member = shop.member("13800138000", purposes=("membership", "service", "marketing"))
    offer = note(1, shop, member_id=member, address=None, category="marketing", dedupe_key="m:1")
    other = replace(offer, dedupe_key="m:2")
    put(offer, other, now=shop.now)
    (one,) = [one.id for one in batches.claim_some("sms", urgent=False, owner="a", now=shop.now).claimed
              if one.category == "marketing"]  # fmt: skip
    delivery.not_accepted(one, reason="refused", after_s=None, now=shop.now)
    later = Millis(shop.now + MINUTE)
    assert delivery.claim(one, owner="a", now=later) is not None


def test_a_provider_may_hold_a_message_until_quiet_hours_begin(shop: Shop) -> None:
    put(note(1, shop, expires_at=at(2026, 6, 1)), now=shop.now)
    put(note(2, shop, expires_at=Millis(shop.now + 5 * MINUTE)), now=shop.now)
    valid = [one.valid_s for one in batches.claim_some("sms", owner="a", now=shop.now).claimed]
    assert valid == [9 * 3600, 300]  # services may be written to until nine in the evening
    assert delivery.valid_seconds(shop.now + 11 * clock.HOUR, shop.now) == 36_000
    assert delivery.valid_seconds(shop.now, shop.now) == 1


def test_an_unknown_fate_is_tried_once_more_however_often_it_was_surely_refused_before(shop: Shop) -> None:
    (one,), now = claimed(shop), shop.now
    for _ in range(3):
        delivery.not_accepted(one, reason="http-429", after_s=None, now=now)
        now = Millis(row(one, "not_before")[0])  # type: ignore[arg-type]
        delivery.claim(one, owner="a", now=now)
    delivery.unknown(one, reason="read-timeout", now=now)
    assert unsettled.give_up(one, surely_not=True, now=now) == "queued"
    delivery.claim(one, owner="a", now=now)
    delivery.unknown(one, reason="read-timeout", now=now)
    assert unsettled.give_up(one, surely_not=True, now=now) == "review"


def test_a_message_too_old_to_be_tried_again_expires(shop: Shop) -> None:
    (one,) = claimed(shop)
    delivery.unknown(one, reason="read-timeout", now=shop.now)
    assert unsettled.give_up(one, surely_not=True, now=Millis(shop.now + 3 * DAY)) == "expired"
    assert unsettled.give_up(one, surely_not=True, now=Millis(shop.now + 3 * DAY)) == ""


def test_a_report_for_a_message_already_queued_again_wins(shop: Shop) -> None:
    (one,) = claimed(shop)
    delivery.unknown(one, reason="read-timeout", now=shop.now)
    unsettled.give_up(one, surely_not=True, now=shop.now)
    assert delivery.note_status(sid="SM1", status="sent", outbox_id=one, attempt=1, now=shop.now)
    assert row(one, "state, sid") == ("sent", "SM1")
    assert batches.claim_some("sms", owner="a", now=shop.now).seen == 0


def test_a_report_that_came_before_the_answer_counts(shop: Shop) -> None:
    (one,) = claimed(shop)
    assert not delivery.note_status(sid="SM1", status="sent", outbox_id=None, attempt=None, now=shop.now)
    assert not delivery.note_status(sid="SM1", status="delivered", outbox_id=None, attempt=None, now=shop.now)
    delivery.accepted(one, sid="SM1", now=shop.now)
    assert db.value("SELECT state FROM outbox WHERE id = ?", (one,)) == "delivered"


def test_what_was_delivered_after_all_keeps_its_gap(shop: Shop) -> None:
    member = shop.member("13800138003", purposes=("membership", "marketing"))
    words = {"shop": "店", "name": "王"}
    until = Millis(shop.now + 20 * DAY)
    put(Letter("campaign:1:1", "winback", "marketing", "zh", words, until, member_id=member), now=shop.now)
    (one,) = [one.id for one in batches.claim_some("sms", owner="a", now=shop.now).claimed]
    db.atomic(lambda: db.run("UPDATE outbox SET failures = 4 WHERE id = ?", (one,)))()
    delivery.note_status(sid="SM1", status="delivered", outbox_id=one, attempt=1, now=shop.now)
    delivery.not_accepted(one, reason="http-429", after_s=None, now=shop.now)
    assert db.value("SELECT state FROM outbox WHERE id = ?", (one,)) == "delivered"
    assert db.value("SELECT count(*) FROM contact_gap") == 1


def test_a_bad_number_is_known_even_where_the_message_was_cancelled_on_its_way(shop: Shop) -> None:
    (one,) = claimed(shop)
    db.atomic(lambda: db.run("UPDATE outbox SET state = 'cancelled' WHERE id = ?", (one,)))()
    delivery.refused(one, code="21211", about="address", now=shop.now)
    assert db.value("SELECT state FROM outbox WHERE id = ?", (one,)) == "cancelled"
    assert db.value("SELECT count(*) FROM suppression") == 1


def test_a_sid_belongs_to_one_message(shop: Shop) -> None:
    first, second = claimed(shop, 2)
    delivery.record([Answer(first, "accepted", sid="SM1"), Answer(second, "accepted", sid="SM1")], now=shop.now)
    assert row(first, "state, sid, reason") == ("accepted", "SM1", None)
    assert row(second, "state, sid, reason") == ("accepted", None, f"sid of {first}")


def test_many_letters_are_put_in_one_go_and_each_occasion_once(shop: Shop) -> None:
    letters = [note(number, shop) for number in range(5)]
    assert put_many([*letters[:3], letters[0]], shop.now) == 3
    assert put_many(letters, shop.now) == 2
    assert db.value("SELECT count(*) FROM outbox") == 5
    assert put_many([], shop.now) == 0


@db.atomic
def put_many(letters: list[Letter], now: Millis) -> int:
    return outbox.put_many(letters, now=now)
