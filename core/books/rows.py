"""How ledgers are written, row by row: an entry with its balance, a lot, a use of a lot, a debt repaid.

Only the ledgers' own verbs (posting, carrying) write by these. All stand inside the caller's transaction, with
the member already locked.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from core.base import db, ids
from core.base.clock import Millis
from core.books import accounts, events
from core.books.accounts import Account, Cause, Lot


def entry(state: Account, amount: int, cause: Cause, *, new_debt: int = 0) -> int:
    """Add one ledger row; its id."""
    return moved(state, amount, cause, new_debt=new_debt)[0]


def moved(
    state: Account, amount: int, cause: Cause, *, new_debt: int = 0, reverses_id: int | None = None
) -> tuple[int, int]:
    """Add one ledger row and move the cached balance by one guarded UPDATE; the entry's id and the debt."""
    after, debt, number = db.rows(
        "UPDATE account SET balance = balance + ?, debt = debt + ?, version = version + 1 WHERE id = ?"
        " RETURNING balance, debt, version",
        (amount, new_debt, state.id),
    )[0]
    entry_id = ids.new()
    db.add(
        "entry",
        id=entry_id,
        account_id=state.id,
        number=number,
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
    events.tell(
        "points.changed" if state.asset == "points" else "wallet.changed",
        store_id=cause.store_id,
        member_id=state.member_id,
        now=cause.now,
        entry_id=entry_id,
        asset=state.asset,
        kind=cause.kind,
        amount=amount,
        balance_after=after,
        ref_kind=cause.ref_kind,
        ref_id=cause.ref_id,
    )
    return entry_id, int(debt)


@dataclass(frozen=True)
class New:
    """A lot to be written: from when and until when it can be spent, who issued it, which lot it goes on."""

    amount: int
    available_at: Millis
    expires_at: Millis | None
    store_id: int | None
    from_lot_id: int | None = None


def add_lot(account_id: int, entry_id: int, new: New, cause: Cause, *, of: tuple[str, int] | None = None) -> None:
    """Write a lot; it is of the document behind the cause, or `of` an earlier one it goes on from."""
    db.add(
        "lot",
        id=ids.new(),
        account_id=account_id,
        entry_id=entry_id,
        original=new.amount,
        remaining=new.amount,
        available_at=new.available_at,
        expires_at=new.expires_at,
        ref_kind=of[0] if of else cause.ref_kind,
        ref_id=of[1] if of else cause.ref_id,
        store_id=new.store_id,
        from_lot_id=new.from_lot_id,
    )


def use(lot_id: int, entry_id: int, amount: int, why: str) -> None:
    """Take an amount from a lot, or with a negative one give it back."""
    db.add("lot_use", id=ids.new(), lot_id=lot_id, entry_id=entry_id, amount=amount, why=why)
    db.run("UPDATE lot SET remaining = remaining - ? WHERE id = ?", (amount, lot_id))


def consume(open_lots: Iterable[Lot], amount: int, entry_id: int, why: str) -> None:
    """Take an amount from what is free of lots, in their order."""
    for lot, part in accounts.parts(open_lots, amount):
        use(lot.id, entry_id, part, why)


def repay_debt(account_id: int, entry_id: int, debt: int, *, now: Millis) -> None:
    """Points that came in pay a debt before they can be spent; what has expired pays nothing."""
    if not debt:
        return
    fresh = db.rows(
        "SELECT l.id, l.remaining - l.held FROM lot l WHERE l.account_id = ? AND l.remaining > l.held"
        " AND (l.expires_at IS NULL OR l.expires_at > ?)"
        " AND (l.entry_id = ? OR l.id IN (SELECT lot_id FROM lot_use WHERE entry_id = ?))"
        f" ORDER BY {accounts.BY_EXPIRY}",
        (account_id, now, entry_id, entry_id),
    )
    paid = 0
    for lot_id, there in fresh:
        part = min(debt - paid, there)
        if part > 0:
            use(lot_id, entry_id, part, "debt")
            paid += part
    if paid:
        db.run("UPDATE account SET debt = debt - ? WHERE id = ?", (paid, account_id))
