"""Ledgers of points, principal and bonus: rows are only added, lots are spent first-expiring-first.

The cached balance of an account is the sum of its rows, which are numbered 1, 2, 3 …; every lot's
remainder is its amount less what its uses consumed; balance = remainders − debt. A correction is a row
that names the row it reverses. All functions stand inside the caller's transaction, with the member
already locked.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from core.base import db
from core.base.clock import Millis
from core.books import accounts, holds
from core.books.accounts import ASSETS as ASSETS
from core.books.accounts import Account as Account
from core.books.accounts import Asset as Asset
from core.books.accounts import Cause as Cause
from core.books.accounts import Lot as Lot
from core.books.accounts import NotEnoughPoints as NotEnoughPoints
from core.books.accounts import NotEnoughStored as NotEnoughStored
from core.books.accounts import account as account
from core.books.accounts import check_free as check_free
from core.books.accounts import free as free
from core.books.accounts import lots as lots
from core.books.accounts import open_accounts as open_accounts
from core.books.accounts import usable as usable
from core.books.rows import New as _New
from core.books.rows import add_lot as _lot
from core.books.rows import consume as _consume
from core.books.rows import entry as _entry
from core.books.rows import moved as _moved
from core.books.rows import repay_debt as _repay_debt
from core.books.rows import use as _use

EXPIRING: tuple[Asset, ...] = ("points", "bonus")
"""What expires; principal never does."""


def credit(
    state: Account,
    amount: int,
    cause: Cause,
    *,
    expires_at: Millis | None,
    available_at: Millis | None = None,
) -> int:
    """Add an amount as a new lot; a debt is repaid from it first. Returns the entry's id."""
    entry_id, debt = _moved(state, amount, cause)
    starts = cause.now if available_at is None else available_at
    _lot(state.id, entry_id, _New(amount, starts, expires_at, cause.store_id), cause)
    _repay_debt(state.id, entry_id, debt, now=cause.now)
    return entry_id


def spend(state: Account, amount: int, cause: Cause) -> int:
    """Take an amount from usable lots, by expiry, then age. Returns the entry's id.

    Raises: NotEnoughPoints, NotEnoughStored.
    """
    check_free(state, amount, now=cause.now)
    entry_id = _entry(state, -amount, cause)
    _consume(accounts.lots_for(state.id, amount, now=cause.now), amount, entry_id, "spend")
    return entry_id


def capture(hold_id: int, cause: Cause) -> int:
    """Spend what a hold set aside, from its very lots, expired meanwhile or not. Returns the entry's id.

    Raises: HoldUnknown, HoldOver.
    """
    held = holds.still_open(hold_id, now=cause.now)
    entry_id = _entry(account(held.member_id, held.asset), -held.amount, cause)
    holds.close(held, "captured", now=cause.now, entry_id=entry_id)
    for lot_id, part in held.parts:
        _use(lot_id, entry_id, part, "spend")
    return entry_id


def move(giver: Account, taker: Account, amount: int, out: Cause, into: Cause) -> int:
    """Move an amount to another member: lots keep their dates and the store that issued them.

    A debt of the taker is repaid from it first. Returns the taker's entry. Raises: NotEnoughPoints …
    """
    check_free(giver, amount, now=out.now)
    open_lots = accounts.lots_for(giver.id, amount, now=out.now)
    spent_id = _entry(giver, -amount, out)
    entry_id, debt = _moved(taker, amount, into)
    for lot, part in accounts.parts(open_lots, amount):
        _use(lot.id, spent_id, part, "spend")
        _lot(taker.id, entry_id, _New(part, lot.available_at, lot.expires_at, lot.store_id, lot.id), into)
    _repay_debt(taker.id, entry_id, debt, now=into.now)
    return entry_id


# --- taking back ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Claw:
    """What a refund takes: from the lot its sale made, from others, as debt."""

    own: int
    others: int
    debt: int

    @property
    def taken(self) -> int:
        return self.own + self.others + self.debt


def _claw(due: int, own: Sequence[Lot], others: Sequence[Lot], *, lapsed: int, now: Millis) -> _Claw:
    """How much of what is due is there; `lapsed` is what expired of the sale's lot and is not taken."""
    from_own = min(due, sum(lot.free for lot in own if not lot.is_past(now)))
    owed = due - from_own - min(due - from_own, lapsed)
    from_others = min(owed, sum(lot.free for lot in others if not lot.is_past(now)))
    return _Claw(from_own, from_others, owed - from_others)


def take_back(
    state: Account, due: int, cause: Cause, *, sale_id: int, excused: int = 0, ref_kind: str = "sale"
) -> tuple[int, int]:
    """Take earned points back: from the lot the sale made, then other lots by expiry, then as debt.

    What has expired of that lot is not taken; `excused` is how much of that was left out by earlier
    refunds. What is set aside is there to be taken: such a hold ends. Returns (taken, entry id or 0).
    """
    while True:
        own = accounts.lots_of_ref(state.id, ref_kind, sale_id)
        own_ids = [lot.id for lot in own]
        others = [lot for lot in lots(state.id, now=cause.now, all_open=True) if lot.id not in own_ids]
        before = _lapsed_before_merge(state, ref_kind, sale_id)
        lapsed = max(before + _expired_part(own, now=cause.now) - excused, 0)
        claw = _claw(due, own, others, lapsed=lapsed, now=cause.now)
        if claw.own < due and holds.break_newest(state.id, cause, lot_ids=own_ids):
            continue
        if not claw.debt or not holds.break_newest(state.id, cause):
            break
    if claw.taken <= 0:
        return 0, 0
    entry_id = _entry(state, -claw.taken, cause, new_debt=claw.debt)
    for source, amount in ((own, claw.own), (others, claw.others)):
        _consume([lot for lot in source if not lot.is_past(cause.now)], amount, entry_id, "clawback")
    return claw.taken, entry_id


def _expired_part(own: Sequence[Lot], *, now: Millis) -> int:
    """What of these lots lapsed unused; what came back to them late went on in a lot of grace."""
    total = 0
    for lot in own:
        written_off = db.value(
            "SELECT coalesce(CAST(sum(u.amount) AS BIGINT), 0) FROM lot_use u"
            " JOIN entry e ON e.id = u.entry_id"
            " WHERE u.lot_id = ? AND u.why = 'expire' AND e.reverses_id IS NULL",
            (lot.id,),
        )
        total += int(written_off) + (lot.free if lot.is_past(now) else 0)
    return total


def _lapsed_before_merge(state: Account, ref_kind: str, ref_id: int) -> int:
    """What lapsed of a document's lots in the account of a member who was merged, or was unmerged, with this one."""
    sql = (
        "SELECT coalesce(CAST(sum(u.amount) AS BIGINT), 0) FROM lot l JOIN account a ON a.id = l.account_id"
        " JOIN lot_use u ON u.lot_id = l.id AND u.why = 'expire' JOIN entry e ON e.id = u.entry_id"
        " WHERE e.reverses_id IS NULL AND l.ref_kind = ? AND l.ref_id = ? AND a.asset = ? AND a.member_id IN"
        " (SELECT gone_id FROM member_merge WHERE kept_id = ? UNION SELECT kept_id FROM member_merge WHERE gone_id = ?)"
    )
    return int(db.value(sql, (ref_kind, ref_id, state.asset, state.member_id, state.member_id)))


# --- giving back ---------------------------------------------------------------------------------


def give_back(spend_entry: int, amount: int, cause: Cause, *, grace_until: Millis) -> int:
    """Return part of a spend to the lots it came from, the last taken first, with their old expiry.

    A lot that has expired meanwhile gets a new one that lives until the grace ends. Returns the entry's id.
    """
    found = db.one("SELECT account_id, member_id, asset FROM entry WHERE id = ?", (spend_entry,))
    if found is None:
        raise LookupError(f"no entry {spend_entry}")
    state = account(found[1], found[2])
    entry_id, debt = _moved(state, amount, cause, reverses_id=spend_entry)
    left = amount
    for lot_id, used, expires_at, store_id in _still_used(spend_entry):
        part = min(left, used)
        if not part:
            break
        _use(lot_id, entry_id, -part, "return")
        if expires_at is not None and expires_at <= cause.now:
            _use(lot_id, entry_id, part, "expire")
            _lot(state.id, entry_id, _New(part, cause.now, grace_until, store_id, lot_id), cause)
        left -= part
    if left:
        raise AssertionError(f"{left} more returned than entry {spend_entry} spent")
    _repay_debt(state.id, entry_id, debt, now=cause.now)
    return entry_id


def _still_used(spend_entry: int) -> list[tuple[int, int, Millis | None, int | None]]:
    """Lots a spend took from, last first, with what has not been returned of each."""
    found = db.rows(
        "SELECT l.id, CAST(sum(u.amount) AS BIGINT), l.expires_at, l.store_id FROM lot l"
        " JOIN lot_use u ON u.lot_id = l.id JOIN entry e ON e.id = u.entry_id"
        " WHERE l.id IN (SELECT lot_id FROM lot_use WHERE entry_id = ? AND why = 'spend')"
        " AND ((e.id = ? AND u.why = 'spend') OR (e.reverses_id = ? AND u.why = 'return'))"
        " GROUP BY l.id, l.expires_at, l.store_id, l.available_at HAVING sum(u.amount) > 0"
        " ORDER BY l.expires_at IS NULL DESC, l.expires_at DESC, l.available_at DESC, l.id DESC",
        (spend_entry, spend_entry, spend_entry),
    )
    return [(lot_id, used, expires_at, store_id) for lot_id, used, expires_at, store_id in found]


def expire(state: Account, cause: Cause) -> int:
    """Write off what has expired by now and is not set aside; the amount."""
    gone = [lot for lot in lots(state.id, now=cause.now, all_open=True) if lot.is_past(cause.now)]
    amount = sum(lot.free for lot in gone)
    if amount:
        _consume(gone, amount, _entry(state, -amount, cause), "expire")
    return amount


def take_all(state: Account, cause: Cause) -> int:
    """Take whatever is left of an account, expired or not: what came in by mistake. Nothing may be set aside."""
    left = lots(state.id, now=cause.now, all_open=True)
    amount = sum(lot.free for lot in left)
    if amount:
        _consume(left, amount, _entry(state, -amount, cause), "clawback")
    return amount
