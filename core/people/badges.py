"""Badges 工牌: a code to hold to the kiosk when one comes and goes; it opens nothing else.

A person has one at most: a new one ends the one before, so a lost badge is replaced by printing another.
"""

from core.base import codes, db, ids
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import NotFound
from core.base.i18n import N_
from core.books import audit


class BadgeUnknown(NotFound):
    """The scanned badge is nobody's, was ended, or its owner's account is closed."""

    code = "badge_unknown"
    text = N_("This badge is not in use. A new one is printed under Settings, staff.")


@db.atomic
def make(staff_id: int, *, by: Actor, now: Millis) -> str:
    """Give somebody a new badge; the one before ends. Its code. Raises: NotAllowed, BadgeUnknown."""
    require(by, "staff")
    if db.value("SELECT active FROM staff WHERE id = ?", (staff_id,)) != 1:
        raise BadgeUnknown()
    db.run("UPDATE staff_badge SET ended_at = ? WHERE staff_id = ? AND ended_at IS NULL", (now, staff_id))
    code = codes.new_badge()
    db.add("staff_badge", id=ids.new(), staff_id=staff_id, code=code, made_at=now, actor=by.tag)
    audit.record("staff.badge_made", "staff", staff_id, by=by, now=now)
    return code


@db.atomic
def end(staff_id: int, *, by: Actor, now: Millis) -> None:
    """Somebody's badge opens nothing any more. Raises: NotAllowed, BadgeUnknown."""
    require(by, "staff")
    if not db.change("UPDATE staff_badge SET ended_at = ? WHERE staff_id = ? AND ended_at IS NULL", (now, staff_id)):
        raise BadgeUnknown()
    audit.record("staff.badge_ended", "staff", staff_id, by=by, now=now)


def of(staff_id: int) -> str | None:
    """The code of somebody's badge in use."""
    found: str | None = db.value("SELECT code FROM staff_badge WHERE staff_id = ? AND ended_at IS NULL", (staff_id,))
    return found


def whose(scanned: str) -> int:
    """The staff member a scanned badge belongs to. Raises: BadgeUnknown."""
    code = codes.parse(scanned)
    found: int | None = db.value(
        "SELECT b.staff_id FROM staff_badge b JOIN staff s ON s.id = b.staff_id AND s.active = 1"
        " WHERE b.code = ? AND b.ended_at IS NULL",
        (code.body if code is not None and code.kind == "badge" else "",),
    )
    if found is None:
        raise BadgeUnknown()
    return found


def is_badge(scanned: str) -> bool:
    """Whether a scanned code has the form of a badge."""
    code = codes.parse(scanned)
    return code is not None and code.kind == "badge"
