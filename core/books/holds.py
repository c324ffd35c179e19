"""Holds: an amount set aside for one purpose, lot by lot, until it is captured, released or lapses.

What is set aside cannot be spent otherwise, and a lot that expires meanwhile keeps it: the hold can be
captured to the last unit until its own time is over. A refund that finds nothing else ends it (broken).
All functions stand inside the caller's transaction, with the member already locked.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from core.base import db, ids
from core.base.clock import Millis
from core.base.errors import NotFound, Refused
from core.base.i18n import N_, T
from core.books import accounts, audit
from core.books.accounts import BY_EXPIRY, Account, Asset, Cause

ENDS = {
    "held": N_("still set aside"),
    "captured": N_("used"),
    "released": N_("given free"),
    "lapsed": N_("given free because its time was over"),
    "broken": N_("taken back by a refund"),
}
"""What became of a hold, in words."""


class HoldUnknown(NotFound):
    """No hold has this id."""

    code = "hold_unknown"
    text = N_("Nothing is set aside under number {hold}. Look in the member's statement.")


class HoldOver(Refused):
    """The hold was captured, released or broken, or its time is over."""

    code = "hold_over"
    text = N_("What was set aside is no longer held: it was {state} ({ended_at}). Set it aside again.")


@dataclass(frozen=True)
class Hold:
    """An amount of one account that is, or was, set aside; `parts` are (lot, amount) as they are taken."""

    id: int
    account_id: int
    member_id: int
    asset: Asset
    amount: int
    state: str
    lapses_at: Millis
    ended_at: Millis | None
    ref_kind: str
    ref_id: int
    parts: tuple[tuple[int, int], ...]


def place(state: Account, amount: int, cause: Cause, *, lapses_at: Millis) -> int:
    """Set an amount aside from the lots that would be spent now. Returns the hold's id.

    Raises: NotEnoughPoints, NotEnoughStored.
    """
    accounts.check_free(state, amount, now=cause.now)
    hold_id = ids.new()
    db.add(
        "hold",
        id=hold_id,
        account_id=state.id,
        amount=amount,
        state="held",
        lapses_at=lapses_at,
        ref_kind=cause.ref_kind,
        ref_id=cause.ref_id,
        at=cause.now,
        actor=cause.by.tag,
    )
    for lot, part in accounts.parts(accounts.lots_for(state.id, amount, now=cause.now), amount):
        db.add("hold_lot", hold_id=hold_id, lot_id=lot.id, amount=part)
        db.run("UPDATE lot SET held = held + ? WHERE id = ?", (part, lot.id))
    db.run("UPDATE account SET held = held + ? WHERE id = ?", (amount, state.id))
    return hold_id


def of(hold_id: int) -> Hold:
    """A hold as it stands; inside a writing verb on PostgreSQL its row is locked. Raises: HoldUnknown."""
    lock = " FOR UPDATE OF h" if db.in_transaction() and not db.is_sqlite() else ""
    found = db.one(
        "SELECT h.id, h.account_id, a.member_id, a.asset, h.amount, h.state, h.lapses_at, h.ended_at, h.ref_kind,"
        f" h.ref_id FROM hold h JOIN account a ON a.id = h.account_id WHERE h.id = ?{lock}",
        (hold_id,),
    )
    if found is None:
        raise HoldUnknown(hold=str(hold_id))
    parts = db.rows(
        f"SELECT l.id, p.amount FROM hold_lot p JOIN lot l ON l.id = p.lot_id WHERE p.hold_id = ? ORDER BY {BY_EXPIRY}",
        (hold_id,),
    )
    return Hold(*(*found, tuple((lot_id, amount) for lot_id, amount in parts)))


def owner(hold_id: int) -> int:
    """The member of whose account something is set aside, so that they can be locked first. Raises: HoldUnknown."""
    sql = "SELECT a.member_id FROM hold h JOIN account a ON a.id = h.account_id WHERE h.id = ?"
    found: int | None = db.value(sql, (hold_id,))
    if found is None:
        raise HoldUnknown(hold=str(hold_id))
    return found


def still_open(hold_id: int, *, now: Millis) -> Hold:
    """A hold that can be captured now. Raises: HoldUnknown, HoldOver."""
    found = of(hold_id)
    check_open(found.state, found.ended_at, found.lapses_at, now=now)
    return found


def check_open(state: str, ended_at: Millis | None, lapses_at: Millis, *, now: Millis) -> None:
    """Refuse what can no longer be used, be it that its time is over. Raises: HoldOver."""
    check_held(state, ended_at)
    if lapses_at <= now:
        check_held("lapsed", lapses_at)


def check_held(state: str, ended_at: Millis | None) -> None:
    """Refuse what is no longer set aside, with what became of it. Raises: HoldOver."""
    if state != "held":
        raise HoldOver(state=T(ENDS[state]), ended_at=ended_at)


def end(hold_id: int, state: str, *, now: Millis) -> Hold:
    """End a hold as 'released' or 'lapsed'; what it held is free again, unless it has expired meanwhile.

    Raises: HoldUnknown, HoldOver.
    """
    found = of(hold_id)
    check_held(found.state, found.ended_at)
    close(found, state, now=now)
    return found


def close(found: Hold, state: str, *, now: Millis, entry_id: int | None = None) -> None:
    """Write how an open hold ended, and take its mark off the lots."""
    sql = "UPDATE hold SET state = ?, ended_at = ?, entry_id = ? WHERE id = ?"
    db.run(sql, (state, now, entry_id, found.id))
    for lot_id, part in found.parts:
        db.run("UPDATE lot SET held = held - ? WHERE id = ?", (part, lot_id))
    db.run("UPDATE account SET held = held - ? WHERE id = ?", (found.amount, found.account_id))


def break_newest(account_id: int, cause: Cause, *, lot_ids: Sequence[int] | None = None) -> bool:
    """End the newest hold of an account, or of some of its lots, because a refund needs it; False if none is open."""
    where = ""
    if lot_ids is not None and not lot_ids:
        return False
    if lot_ids is not None:
        marks = ", ".join("?" * len(lot_ids))
        where = f" AND EXISTS (SELECT 1 FROM hold_lot p WHERE p.hold_id = h.id AND p.lot_id IN ({marks}))"
    hold_id = db.value(
        f"SELECT h.id FROM hold h WHERE h.account_id = ? AND h.state = 'held'{where} ORDER BY h.at DESC, h.id DESC",
        (account_id, *(lot_ids or ())),
    )
    if hold_id is None:
        return False
    found = of(hold_id)
    close(found, "broken", now=cause.now)
    facts = {found.asset: found.amount, "for": f"{cause.ref_kind} {cause.ref_id}"}
    audit.record("value.broken", "hold", hold_id, by=cause.by, now=cause.now, store_id=cause.store_id, after=facts)
    return True


def due(*, now: Millis, limit: int) -> list[tuple[int, int]]:
    """Open holds whose time is over, the oldest first: (hold, member)."""
    sql = (
        "SELECT h.id, a.member_id FROM hold h JOIN account a ON a.id = h.account_id"
        " WHERE h.state = 'held' AND h.lapses_at <= ? ORDER BY h.lapses_at, h.id LIMIT ?"
    )
    return [(hold_id, member_id) for hold_id, member_id in db.rows(sql, (now, limit))]
