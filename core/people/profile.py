"""The profile 资料: what staff change of a member in one go, whole or not at all."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.base import db
from core.base.access import Actor, require
from core.base.clock import Millis
from core.books import audit, locks
from core.people import members, ownfields, reissue
from core.people.birthdays import Birthday


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What is to be another; None stays as it is. `own` has what is typed by the id of the shop's own field."""

    name: str | None = None
    phone: str | None = None
    birthday: Birthday | None = None
    language: str | None = None
    note: str | None = None
    alert: str | None = None
    own: Mapping[int, str] = field(default_factory=dict)


@db.atomic
def change(member_id: int, changes: Changes, *, by: Actor, now: Millis) -> None:
    """Change a profile. Raises: NotAllowed, and what the verb behind each part raises; nothing is changed then."""
    require(by, "member.edit")
    if changes.name is not None:
        members.rename(member_id, changes.name, by=by, now=now)
    if changes.phone is not None:
        reissue.phone(member_id, changes.phone, by=by, now=now)
    if changes.birthday is not None:
        members.set_birthday(member_id, changes.birthday, by=by, now=now)
    if changes.language is not None:
        reissue.language(member_id, changes.language, by=by, now=now)
    if changes.note is not None and changes.alert is not None:
        members.set_note(member_id, note=changes.note, alert=changes.alert, by=by, now=now)
    if changes.own:
        ownfields.set_values(member_id, changes.own, by=by, now=now)


@db.atomic
def clear_birthday(member_id: int, *, by: Actor, now: Millis) -> None:
    """Forget a birthday that cannot be right; the member may tell it anew. Raises: NotAllowed, MemberUnknown …"""
    require(by, "member.edit")
    locks.hold(member_id)
    sql = (
        "UPDATE member_person SET birth_calendar = NULL, birth_month = NULL, birth_day = NULL, birth_year = NULL,"
        " birth_leap = 0 WHERE member_id = ? AND birth_calendar IS NOT NULL"
    )
    if db.change(sql, (member_id,)):
        audit.record("member.birthday_cleared", "member", member_id, by=by, now=now, before={"field": "birthday"})
