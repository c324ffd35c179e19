"""Own cards 员工会员卡: which member card is a staff member's own, so that buying from oneself can be seen."""

from core.base import db
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Refused
from core.base.i18n import N_
from core.books import audit


class CardOfAnother(Refused):
    """The card is another staff member's."""

    code = "card_of_another"
    text = N_("This card is noted as {name}'s own already. Take it off there first.")


@db.atomic
def set_own(staff_id: int, member_id: int | None, *, by: Actor, now: Millis) -> None:
    """Note which member a staff member is, or that they are none. Raises: NotAllowed, CardOfAnother."""
    require(by, "staff")
    other = db.value(
        "SELECT s.name FROM staff_card c JOIN staff s ON s.id = c.staff_id WHERE c.member_id = ? AND c.staff_id <> ?",
        (member_id or 0, staff_id),
    )
    if other is not None:
        raise CardOfAnother(name=other)
    db.run("DELETE FROM staff_card WHERE staff_id = ?", (staff_id,))
    if member_id is not None:
        db.add("staff_card", staff_id=staff_id, member_id=member_id, at=now, actor=by.tag)
    audit.record("staff.own_card", "staff", staff_id, by=by, now=now, after={"member": member_id or 0})


def of(staff_id: int) -> int | None:
    """The member a staff member is."""
    found: int | None = db.value("SELECT member_id FROM staff_card WHERE staff_id = ?", (staff_id,))
    return found
