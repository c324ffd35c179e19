"""One order of locking for every verb: members by id, then accounts, then stock, then the shift."""

from collections.abc import Iterable

from core.base import db
from core.base.errors import NotFound, Refused
from core.base.i18n import N_


class MemberUnknown(NotFound):
    """No member has this id."""

    code = "member_unknown"
    text = N_("There is no member {member}. Search again by phone, card or name.")


class MemberBlocked(Refused):
    """The member may not collect or spend."""

    code = "member_blocked"
    text = N_("This membership is blocked. A manager can open it again in the member's card.")


class MemberMerged(Refused):
    """The member was merged into another."""

    code = "member_merged"
    text = N_("This membership was merged into {into}. Use that one.")


class MemberErased(Refused):
    """The member asked to be forgotten."""

    code = "member_erased"
    text = N_("This person asked to be forgotten; the membership has ended.")


def hold(*member_ids: int, beside: Iterable[int] = ()) -> None:
    """Lock members until the transaction ends, in id order, and refuse those who may not act.

    Those `beside` are locked too, whatever their state (who brought the one that acts). On SQLite
    the write transaction already stands alone; the check is made all the same.
    Raises: MemberUnknown, MemberBlocked, MemberMerged, MemberErased.
    """
    lock = "" if db.is_sqlite() else " FOR UPDATE"
    for member_id in sorted({*member_ids, *beside}):
        found = db.one(f"SELECT state, merged_into FROM member WHERE id = ?{lock}", (member_id,))
        if found is None:
            raise MemberUnknown(member=str(member_id))
        if member_id in member_ids:
            _refuse(*found)


def check(member_id: int) -> None:
    """Refuse a member who may not act, for a look beforehand. Raises: as hold."""
    found = db.one("SELECT state, merged_into FROM member WHERE id = ?", (member_id,))
    if found is None:
        raise MemberUnknown(member=str(member_id))
    _refuse(*found)


def _refuse(state: str, merged_into: int | None) -> None:
    if state == "blocked":
        raise MemberBlocked()
    if state == "merged":
        raise MemberMerged(into=str(merged_into))
    if state == "erased":
        raise MemberErased()
