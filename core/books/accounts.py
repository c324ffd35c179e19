"""Accounts and lots as they stand, and why an entry is written.

An account has one asset of one member. A lot is one earning or top-up: what is left of it, how much of
that is set aside by holds, from when and until when it can be spent, and which store issued it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from core.base import db, ids
from core.base.access import Actor
from core.base.clock import Millis
from core.base.errors import Invalid, Refused
from core.base.i18n import N_

Asset = Literal["points", "principal", "bonus"]
ASSETS: tuple[Asset, ...] = ("points", "principal", "bonus")
ASSET_WORDS: dict[str, str] = {"points": N_("points"), "principal": N_("principal"), "bonus": N_("bonus")}
"""What each is called."""


class AmountInvalid(Invalid):
    """Nothing, or less than nothing, cannot be moved."""

    code = "amount_invalid"
    text = N_("At least 1 is needed, not {given}. Type how much.")


class NotEnoughPoints(Refused):
    """More points were asked for than can be used now."""

    code = "not_enough_points"
    text = N_("{wanted} points are needed, {usable} can be used now. {missing} more, or use fewer.")


class NotEnoughStored(Refused):
    """More stored value was asked for than there is."""

    code = "not_enough_stored"
    text = N_("{wanted_cents} is needed, {usable_cents} is stored. Top up, or pay the rest another way.")


@dataclass(frozen=True)
class Cause:
    """Why an entry is written: its kind, the document behind it, who, where and when."""

    kind: str
    ref_kind: str
    ref_id: int
    by: Actor
    now: Millis
    store_id: int | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Account:
    """The state of one account as read under the lock."""

    id: int
    member_id: int
    asset: Asset
    balance: int
    debt: int
    held: int


@dataclass(frozen=True)
class Lot:
    """One earning or top-up, what is left of it, and how much of that is set aside."""

    id: int
    original: int
    remaining: int
    available_at: Millis
    expires_at: Millis | None
    ref_kind: str
    ref_id: int
    held: int
    store_id: int | None

    @property
    def free(self) -> int:
        """What is left and not set aside."""
        return self.remaining - self.held

    def is_past(self, now: Millis) -> bool:
        """Whether it has expired."""
        return self.expires_at is not None and self.expires_at <= now


_LOT = "l.id, l.original, l.remaining, l.available_at, l.expires_at, l.ref_kind, l.ref_id, l.held, l.store_id"
BY_EXPIRY = "l.expires_at IS NULL, l.expires_at, l.available_at, l.id"
"""The order in which lots are taken."""


def open_accounts(member_id: int) -> None:
    """Open the accounts of a new member."""
    db.add_many("account", [{"id": ids.new(), "member_id": member_id, "asset": asset} for asset in ASSETS])


def account(member_id: int, asset: Asset) -> Account:
    """One account; inside a writing verb on PostgreSQL its row is locked."""
    lock = " FOR UPDATE" if db.in_transaction() and not db.is_sqlite() else ""
    found = db.one(
        f"SELECT id, balance, debt, held FROM account WHERE member_id = ? AND asset = ?{lock}",
        (member_id, asset),
    )
    if found is None:
        raise LookupError(f"member {member_id} has no {asset} account")
    account_id, balance, debt, held = found
    return Account(account_id, member_id, asset, balance, debt, held)


_USABLE = " AND l.remaining > l.held AND l.available_at <= ? AND (l.expires_at IS NULL OR l.expires_at > ?)"


def lots(account_id: int, *, now: Millis, all_open: bool = False, limit: int = -1) -> list[Lot]:
    """Lots of which something can be spent now, first-expiring first.

    `all_open` adds those that are pending, expired or wholly set aside.
    """
    most = "" if limit < 0 else " LIMIT ?"
    found = db.rows(
        f"SELECT {_LOT} FROM lot l WHERE l.account_id = ? AND l.remaining > 0{'' if all_open else _USABLE}"
        f" ORDER BY {BY_EXPIRY}{most}",
        (account_id, *(() if all_open else (now, now)), *((limit,) if most else ())),
    )
    return [Lot(*row) for row in found]


def purse(member_id: int, *, now: Millis) -> dict[Asset, tuple[Account, list[Lot]]]:
    """Every account of a member with what can be spent of it now, first-expiring first, in one statement."""
    found = db.rows(
        f"SELECT a.asset, a.id, a.balance, a.debt, a.held, {_LOT} FROM account a"
        f" LEFT JOIN lot l ON l.account_id = a.id AND l.remaining > 0{_USABLE}"
        f" WHERE a.member_id = ? ORDER BY {BY_EXPIRY}",
        (now, now, member_id),
    )
    accounts: dict[Asset, tuple[Account, list[Lot]]] = {}
    for asset, account_id, balance, debt, held, *lot in found:
        if asset not in accounts:
            accounts[asset] = Account(account_id, member_id, asset, balance, debt, held), []
        if lot[0] is not None:
            accounts[asset][1].append(Lot(*lot))
    return accounts


def lots_for(account_id: int, amount: int, *, now: Millis) -> list[Lot]:
    """The first usable lots that hold an amount; a member of many years has hundreds."""
    limit = 16
    while True:
        found = lots(account_id, now=now, limit=limit)
        if len(found) < limit or sum(lot.free for lot in found) >= amount:
            return found
        limit *= 4


def lots_of_ref(account_id: int, ref_kind: str, ref_id: int) -> list[Lot]:
    """The lots a document made and those of grace they went on in, whatever is left, in the order they are taken."""
    found = db.rows(
        "WITH RECURSIVE own (id) AS (SELECT id FROM lot WHERE account_id = ? AND ref_kind = ? AND ref_id = ?"
        " UNION SELECT g.id FROM lot g JOIN own ON g.from_lot_id = own.id WHERE g.account_id = ?)"
        f" SELECT {_LOT} FROM lot l JOIN own ON own.id = l.id ORDER BY {BY_EXPIRY}",
        (account_id, ref_kind, ref_id, account_id),
    )
    return [Lot(*row) for row in found]


def usable(member_id: int, asset: Asset, *, now: Millis) -> int:
    """What can be spent now and is not set aside."""
    return free(account(member_id, asset), now=now)


def free(state: Account, *, now: Millis) -> int:
    """What of an account can be spent now and is not set aside."""
    sql = "SELECT coalesce(CAST(sum(l.remaining - l.held) AS BIGINT), 0) FROM lot l WHERE l.account_id = ?"
    return int(db.value(f"{sql} AND l.remaining > 0{_USABLE}", (state.id, now, now)))


def check_free(state: Account, amount: int, *, now: Millis) -> None:
    """Raise unless so much can be spent now. Raises: NotEnoughPoints, NotEnoughStored."""
    there = free(state, now=now)
    if amount <= there:
        return
    if state.asset == "points":
        raise NotEnoughPoints(field="points", wanted=amount, usable=there, missing=amount - there)
    raise NotEnoughStored(field="stored", wanted_cents=amount, usable_cents=there)


def check_amount(amount: int, field: str) -> None:
    """Raise unless it is at least 1. Raises: AmountInvalid."""
    if amount < 1:
        raise AmountInvalid(field=field, given=amount)


def parts(open_lots: Iterable[Lot], amount: int) -> list[tuple[Lot, int]]:
    """How an amount is taken from what is free of lots, in their order; less if they hold less."""
    taken, left = [], amount
    for lot in open_lots:
        part = min(left, lot.free)
        if part > 0:
            taken.append((lot, part))
            left -= part
    return taken
