"""Debts: what came back repays them, and what has expired repays nothing."""

import pytest

from core.base import db
from core.base.clock import Millis
from core.books import posting
from core.books.posting import Cause
from core.loyalty import points
from tests import ledgers
from tests.counter import DAY
from tests.shops import Shop


@pytest.mark.parametrize("swept", [False, True])
def test_what_expired_before_repays_no_debt_whether_it_was_swept_or_not(shop: Shop, swept: bool) -> None:
    """Of a lot of 100 fifty were spent and fifty expired; a debt of 60; the fifty spent come back: 10 are owed."""
    member, late = shop.member(), Millis(shop.now + 11 * DAY)

    def cause(kind: str, now: int) -> Cause:
        return Cause(kind, "sale", 7 if kind == "earn" else 8, shop.owner, Millis(now), shop.store)

    @db.atomic
    def early() -> int:
        account = posting.account(member, "points")
        posting.credit(account, 100, cause("give", shop.now), expires_at=Millis(shop.now + 10 * DAY))
        entry = posting.spend(account, 50, cause("redeem", shop.now))
        posting.credit(account, 60, cause("earn", shop.now), expires_at=None)
        return entry

    @db.atomic
    def afterwards(entry: int) -> None:
        account = posting.account(member, "points")
        posting.spend(account, 60, cause("redeem", late))
        posting.take_back(account, 60, cause("clawback", late), sale_id=7)
        posting.give_back(entry, 50, cause("return", late), grace_until=Millis(late + 30 * DAY))

    entry = early()
    if swept:
        points.expire(member, by=shop.owner, now=late)
    afterwards(entry)
    found = points.state(member, now=late)
    assert (found.debt, found.usable, ledgers.broken()) == (10, 0, {})
