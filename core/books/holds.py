"""Holds: an amount set aside for one purpose until it is captured, released or lapses."""

from core.base import db, ids
from core.base.clock import Millis
from core.base.errors import Refused
from core.base.i18n import N_
from core.books import posting
from core.books.posting import Account, Cause


class HoldOver(Refused):
    """The hold was captured, released or has lapsed."""

    code = "hold_over"
    text = N_("What was set aside is no longer held ({state}). Set it aside again.")


def place(state: Account, amount: int, cause: Cause, *, lapses_at: Millis) -> int:
    """Set an amount aside; it cannot be spent otherwise. Returns the hold's id.

    Raises: NotEnoughPoints, NotEnoughStored.
    """
    posting.check_free(state, amount, now=cause.now)
    db.run("UPDATE account SET held = held + ? WHERE id = ?", (amount, state.id))
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
    return hold_id


def end(hold_id: int, state: str, *, now: Millis) -> int:
    """End a hold as 'captured', 'released' or 'lapsed' and free its amount; the amount.

    Raises: HoldOver.
    """
    lock = "" if db.is_sqlite() else " FOR UPDATE"
    sql = f"SELECT account_id, amount, state, lapses_at FROM hold WHERE id = ?{lock}"
    found = db.one(sql, (hold_id,))
    if found is None or found[2] != "held" or (state == "captured" and found[3] <= now):
        raise HoldOver(state=found[2] if found else "?")
    db.run("UPDATE hold SET state = ? WHERE id = ?", (state, hold_id))
    db.run("UPDATE account SET held = held - ? WHERE id = ?", (found[1], found[0]))
    return int(found[1])
