"""Points and stored value set aside by public verbs: who may, once a key, and given free by the job in the end."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from core.base import access, db
from core.base.access import Actor
from core.base.clock import HOUR, Millis
from core.books import accounts, holds, posting, requests
from core.books.posting import Cause
from core.loyalty import reserves, wallet
from core.loyalty.points import SpendProofNeeded
from core.people import staff
from tests import ledgers
from tests.shops import Shop


@pytest.fixture
def member(shop: Shop) -> Iterator[int]:
    """A member with 100 points and 50.00 stored."""
    member_id = shop.member()
    shop.give_points(member_id, 100)
    shop.top_up(member_id, 5000)
    yield member_id
    assert ledgers.broken() == {}


def reserve(shop: Shop, member: int, amount: int = 70, **given: object) -> int:
    facts = {"lapses_at": Millis(shop.now + HOUR), "ref": ("reward", 7), "by": shop.owner, "now": shop.now} | given
    return reserves.reserve(member, amount, **facts)  # type: ignore[arg-type]


def capture(shop: Shop, hold: int, *, by: Actor | None = None, key: str | None = None) -> int:
    return reserves.capture(hold, Cause("reward", "reward", 7, by or shop.owner, shop.now, shop.store), key=key)


def actions() -> list[str]:
    return [row[0] for row in db.rows("SELECT action FROM audit WHERE entity = 'hold' ORDER BY at, id")]


def test_points_set_aside_are_used_to_the_last_one(shop: Shop, member: int) -> None:
    hold = reserve(shop, member)
    assert [one.amount for one in reserves.held_by(member)] == [70]
    entry = capture(shop, hold)
    assert db.one("SELECT amount, kind, balance_after FROM entry WHERE id = ?", (entry,)) == (-70, "reward", 30)
    assert actions() == ["value.reserved", "value.captured"]


def test_stored_value_is_set_aside_in_the_same_way(shop: Shop, member: int) -> None:
    hold = reserve(shop, member, 3000, asset="principal")
    assert wallet.state(member, now=shop.now).principal_cents == 2000
    with pytest.raises(posting.NotEnoughStored) as refused:
        reserve(shop, member, 2001, asset="principal")
    assert refused.value.facts["usable_cents"] == 2000
    capture(shop, hold)
    assert posting.account(member, "principal").balance == 2000
    told = db.rows("SELECT variables FROM outbox WHERE template = 'wallet_balance' ORDER BY id")
    assert ['"¥20.00"' in row[0] for row in told] == [False, True]


def test_the_same_key_sets_aside_and_uses_once(shop: Shop, member: int) -> None:
    first = reserve(shop, member, key="r")
    assert reserve(shop, member, key="r") == first
    assert capture(shop, first, key="c") == capture(shop, first, key="c")
    assert posting.account(member, "points").balance == 30
    with pytest.raises(requests.KeyReused):
        reserve(shop, member, 71, key="r")


def test_what_was_released_is_free_and_cannot_be_used(shop: Shop, member: int) -> None:
    hold = reserve(shop, member)
    reserves.release(hold, by=shop.owner, now=shop.now)
    assert posting.usable(member, "points", now=shop.now) == 100
    with pytest.raises(holds.HoldOver) as refused:
        capture(shop, hold)
    assert "given free" in refused.value.sentence()
    assert actions()[-1] == "value.released"


def test_the_job_gives_free_what_nobody_came_for(shop: Shop, member: int) -> None:
    for number in range(3):
        reserve(shop, member, 20, ref=("reward", number))
    job, later = access.scheduler("reserves-lapse"), Millis(shop.now + HOUR)
    assert [reserves.lapse_due(by=job, now=now, limit=2) for now in (shop.now, later, later)] == [0, 3, 0]
    assert posting.usable(member, "points", now=later) == 100
    assert actions()[-3:] == ["value.lapsed"] * 3


def test_a_member_sets_their_own_aside_and_nobody_elses(shop: Shop, member: int) -> None:
    def actor(member_id: int) -> Actor:
        return Actor(kind="member", id=member_id, name="", door="phone", rights=access.SELF)

    hold = reserve(shop, member, by=actor(member))
    with pytest.raises(access.NotAllowed):
        reserve(shop, member, 10, by=actor(member + 1))
    with pytest.raises(access.NotAllowed):
        capture(shop, hold, by=actor(member + 1))
    with pytest.raises(access.NotAllowed):
        reserves.release(hold, by=actor(member + 1), now=shop.now)


def test_a_clerk_sets_aside_with_the_members_proof_and_uses_it(shop: Shop, member: int) -> None:
    clerk = staff.actor_of(staff.create("wu", "吴", "clerk", password="long enough", by=shop.owner, now=shop.now))
    with pytest.raises(SpendProofNeeded):
        reserve(shop, member, by=clerk)
    capture(shop, reserve(shop, member, by=clerk, proved=True), by=clerk)
    stranger = replace(clerk, rights=frozenset({"member.find"}))
    with pytest.raises(access.NotAllowed):
        reserve(shop, member, by=stranger, proved=True)


def test_a_reserve_lasts_beyond_now_and_holds_something(shop: Shop, member: int) -> None:
    with pytest.raises(reserves.ReserveTooShort):
        reserve(shop, member, lapses_at=shop.now)
    with pytest.raises(accounts.AmountInvalid):
        reserve(shop, member, 0)
    assert [one.amount for one in (holds.of(reserve(shop, member, 1)),)] == [1]


def test_an_unknown_reserve_is_named(shop: Shop, member: int) -> None:
    with pytest.raises(holds.HoldUnknown):
        reserves.release(7, by=shop.owner, now=shop.now)
