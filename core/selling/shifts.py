"""Shifts 班次: one till from its opening count to its closing count (交班)."""

from dataclasses import dataclass
from datetime import date

from core.base import clock, db, ids
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Invalid, NotFound, Refused
from core.base.i18n import N_
from core.base.text import clean
from core.books import audit, requests
from core.selling import quotes
from core.selling.tenders import COUNTED


@dataclass(frozen=True)
class Shift:
    """An open till."""

    id: int
    store_id: int
    till: str
    opened_by: int
    opened_at: Millis
    opening_cents: int


@dataclass(frozen=True)
class ShiftEnd:
    """A closed till: counted against expected; the difference may be negative."""

    shift_id: int
    expected_cents: int
    counted_cents: int

    @property
    def difference_cents(self) -> int:
        """Counted less expected."""
        return self.counted_cents - self.expected_cents


class ShiftOpen(Refused):
    """This till has an open shift."""

    code = "shift_open"
    text = N_("Till {till} is open already, since {opened_at}. Close that shift first.")


class ShiftUnknown(NotFound):
    """No open shift has this id."""

    code = "shift_unknown"
    text = N_("There is no open shift {what}. Open one before selling for cash.")


class CountInvalid(Invalid):
    """A counted amount cannot be right."""

    code = "count_invalid"
    text = N_("{field}: count the cash in the drawer; the amount is 0.00 or more.")


class TenderCountInvalid(Invalid):
    """A count names no way of paying that can be counted, or is below 0."""

    code = "tender_count_invalid"
    text = N_("{field}: count one of {kinds}; the amount is 0.00 or more.")


class CashMoveInvalid(Invalid):
    """Cash is moved by an amount and for a reason."""

    code = "cash_move_invalid"
    text = N_("Cash that is put in or taken out needs an amount above 0.00 and a reason.")


def open_of(store_id: int, till: str) -> Shift | None:
    """The open shift of a till, if there is one."""
    row = db.one(
        "SELECT id, store_id, till, opened_by, opened_at, opening_cents FROM shift"
        " WHERE store_id = ? AND till = ? AND closed_at IS NULL",
        (store_id, till),
    )
    return None if row is None else Shift(*row)


@db.atomic
def open_shift(store_id: int, till: str, *, opening_cents: int, by: Actor, now: Millis) -> int:
    """Open a till with its counted float. Raises: NotAllowed, ShiftOpen, CountInvalid."""
    require(by, "sell", store_id=store_id)
    if opening_cents < 0:
        raise CountInvalid(field="opening")
    already = open_of(store_id, till)
    if already is not None:
        raise ShiftOpen(till=till, opened_at=already.opened_at)
    shift_id = ids.new()
    db.add(
        "shift",
        id=shift_id,
        store_id=store_id,
        till=till,
        opened_by=by.id,
        opened_at=now,
        opening_cents=opening_cents,
    )
    audit.record("shift.opened", "shift", shift_id, by=by, now=now, store_id=store_id)
    return shift_id


def expected_cash(shift_id: int) -> int:
    """What the drawer should hold: the float, cash taken, less cash given back, and what was moved by hand.

    Raises: ShiftUnknown.
    """
    opening = db.value("SELECT opening_cents FROM shift WHERE id = ?", (shift_id,))
    if opening is None:
        raise ShiftUnknown(what=str(shift_id))
    taken = db.value(
        "SELECT coalesce(CAST(sum(t.cents) AS BIGINT), 0) FROM tender t JOIN sale s ON s.id = t.sale_id"
        " WHERE s.shift_id = ? AND t.kind = 'cash'",
        (shift_id,),
    )
    back = db.value(
        "SELECT coalesce(CAST(sum(r.cents) AS BIGINT), 0) FROM refund_tender r"
        " JOIN refund f ON f.id = r.refund_id JOIN tender t ON t.id = r.tender_id"
        " WHERE f.shift_id = ? AND t.kind = 'cash'",
        (shift_id,),
    )
    moved = db.value("SELECT coalesce(CAST(sum(cents) AS BIGINT), 0) FROM cash_move WHERE shift_id = ?", (shift_id,))
    return int(opening + taken - back + moved)


def hold_open(shift_id: int, *, store_id: int) -> None:
    """Keep a shift of a store from being closed until the transaction ends. Raises: ShiftUnknown."""
    if _open_store(shift_id, "FOR SHARE") != store_id:
        raise ShiftUnknown(what=str(shift_id))


def _open_store(shift_id: int, lock: str) -> int:
    suffix = "" if db.is_sqlite() else f" {lock}"
    sql = f"SELECT store_id FROM shift WHERE id = ? AND closed_at IS NULL{suffix}"
    store_id = db.value(sql, (shift_id,))
    if store_id is None:
        raise ShiftUnknown(what=str(shift_id))
    return int(store_id)


@db.atomic
def move_cash(shift_id: int, cents: int, *, reason: str, by: Actor, now: Millis, key: str | None = None) -> int:
    """Put cash into the drawer of an open shift, or (below 0) take some out; its id. The same key moves it once.

    Whether so much is in the drawer is not checked: a refusal would tell what the blind count is to find.
    Raises: NotAllowed, ShiftUnknown, CashMoveInvalid, KeyReused.
    """

    def do() -> int:
        store_id = _open_store(shift_id, "FOR UPDATE")
        require(by, "sell", store_id=store_id)
        if not cents or not reason.strip():
            raise CashMoveInvalid(field="reason" if cents else "cents")
        move_id, where = ids.new(), quotes.any_store(store_id)
        day = clock.business_day(now, where.zone, where.day_ends_hour).toordinal()
        said = clean(reason)[:80]
        db.add("cash_move", id=move_id, shift_id=shift_id, store_id=store_id, day=day, cents=cents, reason=said,
               at=now, actor=by.tag)  # fmt: skip
        after = {"cents": cents, "reason": said}
        audit.record("shift.cash", "shift", shift_id, by=by, now=now, store_id=store_id, after=after)
        return move_id

    request = {"shift": shift_id, "cents": cents, "reason": reason}
    return requests.once(key, do, scope=f"{by.tag}/cash", request=request, now=now)


@db.atomic
def close_shift(shift_id: int, *, counted_cents: int, by: Actor, now: Millis) -> ShiftEnd:
    """Close a till with a blind count. Raises: NotAllowed, ShiftUnknown, CountInvalid."""
    store_id = _open_store(shift_id, "FOR UPDATE")
    require(by, "sell", store_id=store_id)
    if counted_cents < 0:
        raise CountInvalid(field="counted")
    expected = expected_cash(shift_id)
    db.run(
        "UPDATE shift SET closed_by = ?, closed_at = ?, counted_cents = ?, expected_cents = ? WHERE id = ?",
        (by.id, now, counted_cents, expected, shift_id),
    )
    after = {"expected_cents": expected, "counted_cents": counted_cents}
    audit.record("shift.closed", "shift", shift_id, by=by, now=now, store_id=store_id, after=after)
    return ShiftEnd(shift_id, expected, counted_cents)


@db.atomic
def count_tender(store_id: int, day: date, kind: str, counted_cents: int, *, by: Actor, now: Millis) -> None:
    """Note what was counted of one way of paying; a later count stands for an earlier one.

    Raises: NotAllowed, TenderCountInvalid.
    """
    require(by, "sell", store_id=store_id)
    if kind not in COUNTED or counted_cents < 0:
        raise TenderCountInvalid(field="kind" if kind not in COUNTED else "counted_cents", kinds=", ".join(COUNTED))
    count_id, ordinal = ids.new(), day.toordinal()
    db.add(
        "tender_count",
        id=count_id,
        store_id=store_id,
        day=ordinal,
        kind=kind,
        counted_cents=counted_cents,
        at=now,
        actor=by.tag,
    )
    after = {"kind": kind, "counted_cents": counted_cents}
    audit.record("day.counted", "store", store_id, by=by, now=now, store_id=store_id, after=after)
