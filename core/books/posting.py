"""Ledgers of points, principal and bonus: rows are only added, lots are spent first-expiring-first.

The cached balance of an account is the sum of its rows; every lot's remainder is its amount less
what its uses consumed; balance = remainders − debt. A correction is a row that names the row it
reverses. All functions stand inside the caller's transaction, with the member already locked.
"""

from dataclasses import dataclass
from typing import Literal

from core.base import db, ids
from core.base.access import Actor
from core.base.clock import DAY, Millis
from core.base.errors import Refused
from core.base.i18n import N_

Asset = Literal["points", "principal", "bonus"]
ASSETS: tuple[Asset, ...] = ("points", "principal", "bonus")


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
    """One earning or top-up and what is left of it."""

    id: int
    original: int
    remaining: int
    available_at: Millis
    expires_at: Millis | None
    ref_kind: str
    ref_id: int


_LOT = "id, original, remaining, available_at, expires_at, ref_kind, ref_id"


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


_USABLE = " AND available_at <= ? AND (expires_at IS NULL OR expires_at > ?)"


def lots(account_id: int, *, now: Millis, all_open: bool = False, limit: int = -1) -> list[Lot]:
    """Lots that can be spent now, first-expiring first; `all_open` adds pending and expired ones."""
    most = "" if limit < 0 else " LIMIT ?"
    found = db.rows(
        f"SELECT {_LOT} FROM lot WHERE account_id = ? AND remaining > 0{'' if all_open else _USABLE}"
        f" ORDER BY expires_at IS NULL, expires_at, available_at, id{most}",
        (account_id, *(() if all_open else (now, now)), *((limit,) if most else ())),
    )
    return [Lot(*row) for row in found]


def _lots_for(account_id: int, amount: int, *, now: Millis) -> list[Lot]:
    """The first usable lots that hold an amount; a member of many years has hundreds."""
    limit = 16
    while True:
        found = lots(account_id, now=now, limit=limit)
        if len(found) < limit or sum(lot.remaining for lot in found) >= amount:
            return found
        limit *= 4


def usable(member_id: int, asset: Asset, *, now: Millis) -> int:
    """What can be spent now: open lots less what is held."""
    return free(account(member_id, asset), now=now)


def free(state: Account, *, now: Millis) -> int:
    """What of an account can be spent now."""
    sql = f"SELECT coalesce(CAST(sum(remaining) AS BIGINT), 0) FROM lot WHERE account_id = ? AND remaining > 0{_USABLE}"
    return int(db.value(sql, (state.id, now, now))) - state.held


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
    _lot(state.id, entry_id, amount, cause, expires_at=expires_at, available_at=available_at)
    _repay_debt(state.id, entry_id, debt, cause.now)
    return entry_id


def spend(state: Account, amount: int, cause: Cause) -> int:
    """Take an amount from usable lots, by expiry, then age. Returns the entry's id.

    Raises: NotEnoughPoints, NotEnoughStored.
    """
    check_free(state, amount, now=cause.now)
    entry_id = _entry(state, -amount, cause)
    _consume(_lots_for(state.id, amount, now=cause.now), amount, entry_id, "spend")
    return entry_id


def check_free(state: Account, amount: int, *, now: Millis) -> None:
    """Raise unless so much can be spent now. Raises: NotEnoughPoints, NotEnoughStored."""
    there = free(state, now=now)
    if amount <= there:
        return
    if state.asset == "points":
        raise NotEnoughPoints(field="points", wanted=amount, usable=there, missing=amount - there)
    raise NotEnoughStored(field="stored", wanted_cents=amount, usable_cents=there)


def take_back(
    state: Account, due: int, cause: Cause, *, sale_id: int, excused: int = 0, ref_kind: str = "sale"
) -> tuple[int, int]:
    """Take earned points back: from the lot the sale made, then other lots by expiry, then as debt.

    What has expired of that lot is not taken; `excused` is how much of that was left out by earlier
    refunds. Returns (taken, entry id or 0).
    """
    own = _lots_of_ref(state.id, ref_kind, sale_id)
    live = [lot for lot in own if lot.remaining and not _is_past(lot, cause.now)]
    from_own = min(due, sum(lot.remaining for lot in live))
    left_out = min(due - from_own, max(_expired_part(own, now=cause.now) - excused, 0))
    taken = due - left_out
    if taken <= 0:
        return 0, 0
    own_ids = {lot.id for lot in own}
    others = [
        lot
        for lot in lots(state.id, now=cause.now, all_open=True)
        if lot.id not in own_ids and not _is_past(lot, cause.now)
    ]
    from_others = min(taken - from_own, sum(lot.remaining for lot in others))
    entry_id = _entry(state, -taken, cause, new_debt=taken - from_own - from_others)
    _consume(live, from_own, entry_id, "clawback")
    _consume(others, from_others, entry_id, "clawback")
    return taken, entry_id


def give_back(spend_entry: int, amount: int, cause: Cause, *, grace_days: int) -> int:
    """Return part of a spend to the lots it came from, the last taken first, with their old expiry.

    A lot that has expired meanwhile gets a new one that lives for the days of grace. Returns the
    entry's id.
    """
    found = db.one("SELECT account_id, member_id, asset FROM entry WHERE id = ?", (spend_entry,))
    if found is None:
        raise LookupError(f"no entry {spend_entry}")
    state = account(found[1], found[2])
    entry_id, debt = _moved(state, amount, cause, reverses_id=spend_entry)
    left = amount
    for lot_id, used, expires_at in _still_used(spend_entry):
        part = min(left, used)
        if not part:
            break
        _use(lot_id, entry_id, -part, "return")
        if expires_at is not None and expires_at <= cause.now:
            _use(lot_id, entry_id, part, "expire")
            _lot(state.id, entry_id, part, cause, expires_at=Millis(cause.now + grace_days * DAY))
        left -= part
    if left:
        raise AssertionError(f"{left} more returned than entry {spend_entry} spent")
    _repay_debt(state.id, entry_id, debt, cause.now)
    return entry_id


def _still_used(spend_entry: int) -> list[tuple[int, int, Millis | None]]:
    """Lots a spend took from, last first, with what has not been returned of each."""
    found = db.rows(
        "SELECT l.id, CAST(sum(u.amount) AS BIGINT), l.expires_at FROM lot l"
        " JOIN lot_use u ON u.lot_id = l.id JOIN entry e ON e.id = u.entry_id"
        " WHERE l.id IN (SELECT lot_id FROM lot_use WHERE entry_id = ? AND why = 'spend')"
        " AND ((e.id = ? AND u.why = 'spend') OR (e.reverses_id = ? AND u.why = 'return'))"
        " GROUP BY l.id, l.expires_at, l.available_at HAVING sum(u.amount) > 0"
        " ORDER BY l.expires_at IS NULL DESC, l.expires_at DESC, l.available_at DESC, l.id DESC",
        (spend_entry, spend_entry, spend_entry),
    )
    return [(lot_id, used, expires_at) for lot_id, used, expires_at in found]


def expire(state: Account, cause: Cause) -> int:
    """Write off what has expired by now; the amount."""
    gone = [lot for lot in lots(state.id, now=cause.now, all_open=True) if _is_past(lot, cause.now)]
    amount = sum(lot.remaining for lot in gone)
    if amount:
        _consume(gone, amount, _entry(state, -amount, cause), "expire")
    return amount


def _is_past(lot: Lot, now: Millis) -> bool:
    return lot.expires_at is not None and lot.expires_at <= now


def _lots_of_ref(account_id: int, ref_kind: str, ref_id: int) -> list[Lot]:
    found = db.rows(
        f"SELECT {_LOT} FROM lot WHERE account_id = ? AND ref_kind = ? AND ref_id = ? ORDER BY id",
        (account_id, ref_kind, ref_id),
    )
    return [Lot(*row) for row in found]


def _expired_part(own: list[Lot], *, now: Millis) -> int:
    """What of these lots lapsed unused; what came back to them late went on in a lot of grace."""
    total = 0
    for lot in own:
        written_off = db.value(
            "SELECT coalesce(CAST(sum(u.amount) AS BIGINT), 0) FROM lot_use u"
            " JOIN entry e ON e.id = u.entry_id"
            " WHERE u.lot_id = ? AND u.why = 'expire' AND e.reverses_id IS NULL",
            (lot.id,),
        )
        total += int(written_off) + (lot.remaining if _is_past(lot, now) else 0)
    return total


def _entry(state: Account, amount: int, cause: Cause, *, new_debt: int = 0, reverses_id: int | None = None) -> int:
    return _moved(state, amount, cause, new_debt=new_debt, reverses_id=reverses_id)[0]


def _moved(
    state: Account, amount: int, cause: Cause, *, new_debt: int = 0, reverses_id: int | None = None
) -> tuple[int, int]:
    """Add one ledger row and move the cached balance by one guarded UPDATE; the entry's id and the debt."""
    after, debt = db.one(
        "UPDATE account SET balance = balance + ?, debt = debt + ?, version = version + 1 WHERE id = ?"
        " RETURNING balance, debt",
        (amount, new_debt, state.id),
    ) or (0, 0)
    entry_id = ids.new()
    db.add(
        "entry",
        id=entry_id,
        account_id=state.id,
        member_id=state.member_id,
        asset=state.asset,
        kind=cause.kind,
        amount=amount,
        balance_after=after,
        ref_kind=cause.ref_kind,
        ref_id=cause.ref_id,
        reverses_id=reverses_id,
        store_id=cause.store_id,
        reason=cause.reason,
        at=cause.now,
        actor=cause.by.tag,
    )
    return entry_id, int(debt)


def _lot(
    account_id: int,
    entry_id: int,
    amount: int,
    cause: Cause,
    *,
    expires_at: Millis | None,
    available_at: Millis | None = None,
) -> None:
    db.add(
        "lot",
        id=ids.new(),
        account_id=account_id,
        entry_id=entry_id,
        original=amount,
        remaining=amount,
        available_at=available_at or cause.now,
        expires_at=expires_at,
        ref_kind=cause.ref_kind,
        ref_id=cause.ref_id,
    )


def _use(lot_id: int, entry_id: int, amount: int, why: str) -> None:
    db.add("lot_use", id=ids.new(), lot_id=lot_id, entry_id=entry_id, amount=amount, why=why)
    db.run("UPDATE lot SET remaining = remaining - ? WHERE id = ?", (amount, lot_id))


def _consume(open_lots: list[Lot], amount: int, entry_id: int, why: str) -> None:
    left = amount
    for lot in open_lots:
        part = min(left, lot.remaining)
        if part <= 0:
            break
        _use(lot.id, entry_id, part, why)
        left -= part


def _repay_debt(account_id: int, entry_id: int, debt: int, now: Millis) -> None:
    """Points that came in pay a debt before they can be spent; what has expired of their lots pays nothing."""
    if not debt:
        return
    fresh = db.rows(
        "SELECT l.id, l.remaining FROM lot l WHERE l.account_id = ? AND l.remaining > 0"
        " AND (l.expires_at IS NULL OR l.expires_at > ?)"
        " AND (l.entry_id = ? OR l.id IN (SELECT lot_id FROM lot_use WHERE entry_id = ?))"
        " ORDER BY l.expires_at IS NULL, l.expires_at, l.available_at, l.id",
        (account_id, now, entry_id, entry_id),
    )
    paid = 0
    for lot_id, remaining in fresh:
        part = min(debt - paid, remaining)
        if part > 0:
            _use(lot_id, entry_id, part, "debt")
            paid += part
    if paid:
        db.run("UPDATE account SET debt = debt - ? WHERE id = ?", (paid, account_id))
