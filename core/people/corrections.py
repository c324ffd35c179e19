"""Corrections 补卡: a punch forgotten, at the wrong time, or not wanted, asked for and agreed to."""

from dataclasses import dataclass
from typing import Literal

from core.base import db, ids, text
from core.base.access import Actor, require
from core.base.clock import MINUTE, Millis
from core.base.errors import Invalid, NotAllowed, NotFound, Refused
from core.base.i18n import N_
from core.books import audit
from core.people import attendance, worktime
from core.people.attendance import NoSuchPunch, NotOfStore
from core.people.worktime import LONGEST, Punch, Way

Kind = Literal["add", "move", "drop"]
LATER = 2 * MINUTE
"""By so much a clock may be fast."""


@dataclass(frozen=True)
class Correction:
    """One that waits: whose, where, what is to be, what it was, why, and who asked."""

    id: int
    staff_id: int
    name: str
    store_id: int
    store: str
    kind: Kind
    way: Way
    moment: Millis
    before: Millis | None
    reason: str
    asked_at: Millis
    asked_by: str


class ReasonMissing(Invalid):
    """A correction without a word why."""

    code = "correction_reason"
    text = N_("Say in a few words why the time is put right.")


class PunchAhead(Refused):
    """Nobody has come or gone tomorrow."""

    code = "punch_ahead"
    text = N_("{given_at} is still to come. Put in when it really was.")


class PunchOverlaps(Refused):
    """A person works once at a time."""

    code = "punch_overlaps"
    text = N_("{given_at} lies in time that is counted already, from {from_at} to {until_at}. Put that right first.")


class PunchLoose(Refused):
    """At its new time a punch would have no other end any more."""

    code = "punch_loose"
    text = N_("At {given_at} this punch would belong to no other one. Put the punches between right first.")


class OwnCorrection(NotAllowed):
    """Nobody agrees to their own hours, but for an owner."""

    code = "own_correction"
    text = N_("This is about your own hours. Another manager of the store, or the owner, decides.")


class CorrectionDone(NotFound):
    """Somebody decided already, or it never was."""

    code = "correction_done"
    text = N_("Somebody decided about this correction already. Refresh the list.")


# --- asking --------------------------------------------------------------------------------------


@db.atomic
def ask_add(staff_id: int, store_id: int, way: Way, moment: Millis, *, reason: str, by: Actor, now: Millis) -> int:
    """Ask that a forgotten punch be added; its id.

    Raises: NotAllowed, ReasonMissing, PunchAhead, PunchOverlaps, PunchLoose.
    """
    return _ask("add", Punch(0, way, moment, store_id), staff_id, reason, by, now)


@db.atomic
def ask_move(punch_id: int, moment: Millis, *, reason: str, by: Actor, now: Millis) -> int:
    """Ask that a punch have another time. Raises: NoSuchPunch, and as `ask_add`."""
    staff_id, old = _punch(punch_id)
    return _ask("move", Punch(old.id, old.way, moment, old.store_id), staff_id, reason, by, now)


@db.atomic
def ask_drop(punch_id: int, *, reason: str, by: Actor, now: Millis) -> int:
    """Ask that a punch not count. Raises: NoSuchPunch, and as `ask_add`."""
    staff_id, old = _punch(punch_id)
    return _ask("drop", old, staff_id, reason, by, now)


def _punch(punch_id: int) -> tuple[int, Punch]:
    """A punch that stands. Raises: NoSuchPunch."""
    found = db.one(
        "SELECT p.staff_id, p.id, p.way, p.punched_at, p.store_id FROM punch p"
        f" WHERE p.id = ? AND {attendance.STANDING}",
        (punch_id,),
    )
    if found is None:
        raise NoSuchPunch()
    return found[0], Punch(*found[1:])


def _ask(kind: Kind, wanted: Punch, staff_id: int, reason: str, by: Actor, now: Millis) -> int:
    if by.kind != "staff" or by.id != staff_id:
        require(by, "approve", store_id=wanted.store_id)
    elif by.stores and wanted.store_id not in by.stores:
        raise NotOfStore(right="sell")
    why = text.clean(reason)[:200]
    if not why:
        raise ReasonMissing(field="reason")
    _check(kind, wanted, staff_id, now)
    correction_id = ids.new()
    db.add(
        "punch_correction", id=correction_id, staff_id=staff_id, store_id=wanted.store_id, kind=kind,
        punch_id=wanted.id or None, way=wanted.way, punched_at=wanted.at, reason=why, at=now, actor=by.tag,
    )  # fmt: skip
    after = {"kind": kind, "way": wanted.way, "moment_at": wanted.at}
    audit.record(
        "staff.correction_asked", "staff", staff_id, by=by, now=now, store_id=wanted.store_id, after=after
    )  # fmt: skip
    return correction_id


def _check(kind: Kind, wanted: Punch, staff_id: int, now: Millis) -> None:
    """Raise for a time still to come, or inside of what is counted. Raises: PunchAhead, PunchOverlaps, PunchLoose."""
    if kind == "drop":
        return
    if wanted.at > now + LATER:
        raise PunchAhead(field="moment", given_at=wanted.at)
    near = attendance.standing(staff_id, Millis(wanted.at - 3 * LONGEST), Millis(wanted.at + 3 * LONGEST))
    others = [one for one in near if one.id != wanted.id]
    lies_in = worktime.inside(others, wanted.at)
    if lies_in is not None:
        began, ended = lies_in.began or lies_in.first, lies_in.ended or lies_in.first
        raise PunchOverlaps(field="moment", given_at=wanted.at, from_at=began.at, until_at=ended.at)
    if worktime.whole_count([*others, wanted]) < worktime.whole_count(near):
        raise PunchLoose(field="moment", given_at=wanted.at)


# --- deciding ------------------------------------------------------------------------------------


@db.atomic
def approve(correction_id: int, *, by: Actor, now: Millis) -> None:
    """Agree to a correction: the ledger gets the punch as it should have been.

    Raises: NotAllowed, OwnCorrection, CorrectionDone, NoSuchPunch, PunchAhead, PunchOverlaps, PunchLoose.
    """
    one = _open(correction_id, by)
    wanted = Punch(one.punch_id or 0, one.way, one.moment, one.store_id)
    if one.punch_id:
        _punch(one.punch_id)
    _check(one.kind, wanted, one.staff_id, now)
    _decide(one, "approved", by, now)
    if one.kind != "drop":
        attendance.write(
            one.staff_id, one.store_id, one.way, one.moment, by=by, now=now, correction_id=correction_id
        )  # fmt: skip


@db.atomic
def decline(correction_id: int, *, by: Actor, now: Millis) -> None:
    """Leave the ledger as it is; who asked may take it back like this too. Raises: NotAllowed, CorrectionDone."""
    _decide(_open(correction_id, by, own=True), "declined", by, now)


@dataclass(frozen=True)
class _Asked:
    id: int
    staff_id: int
    store_id: int
    kind: Kind
    punch_id: int | None
    way: Way
    moment: Millis


def _open(correction_id: int, by: Actor, *, own: bool = False) -> _Asked:
    """A correction that waits, locked with its person, for who may decide. Raises: see `approve`."""
    found = db.one(
        "SELECT c.id, c.staff_id, c.store_id, c.kind, c.punch_id, c.way, c.punched_at FROM punch_correction c"
        " WHERE c.id = ?",
        (correction_id,),
    )
    if found is None:
        raise CorrectionDone()
    one = _Asked(*found)
    attendance.hold(one.staff_id)
    if db.value("SELECT 1 FROM punch_decision WHERE correction_id = ?", (correction_id,)):
        raise CorrectionDone()
    is_own = by.kind == "staff" and by.id == one.staff_id
    if not (own and is_own):
        require(by, "approve", store_id=one.store_id)
        if is_own and by.role != "owner":
            raise OwnCorrection(right="approve")
    return one


def _decide(one: _Asked, verdict: Literal["approved", "declined"], by: Actor, now: Millis) -> None:
    db.add("punch_decision", correction_id=one.id, verdict=verdict, at=now, actor=by.tag)
    after = {"kind": one.kind, "way": one.way, "moment_at": one.moment}
    audit.record(
        f"staff.correction_{verdict}", "staff", one.staff_id, by=by, now=now, store_id=one.store_id, after=after
    )  # fmt: skip


def waiting(*, by: Actor) -> list[Correction]:
    """Corrections nobody decided about, the oldest first: those one may decide about, and one's own."""
    rows = db.rows(
        "SELECT c.id, c.staff_id, s.name, c.store_id, t.name, c.kind, c.way, c.punched_at, p.punched_at, c.reason,"
        " c.at, coalesce(a.name, '') FROM punch_correction c JOIN staff s ON s.id = c.staff_id"
        " JOIN store t ON t.id = c.store_id LEFT JOIN punch p ON p.id = c.punch_id"
        " LEFT JOIN staff a ON 'staff:' || a.id = c.actor"
        " WHERE NOT EXISTS (SELECT 1 FROM punch_decision d WHERE d.correction_id = c.id) ORDER BY c.at, c.id"
    )
    found = [Correction(*row) for row in rows]
    return [one for one in found if one.staff_id == by.id or by.may("approve", store_id=one.store_id)]
