"""Forgetting a person: whatever names them goes; the member stays as a number that the books refer to."""

from core.base import db
from core.base.clock import Millis
from core.books import merges
from core.people import members

PERSONAL = (
    "name", "phone", "email", "gender", "birth_calendar", "birth_year", "birth_month", "birth_day", "address",
    "region", "occupation", "interests", "tags", "note", "alert",
)  # fmt: skip


def forget(member_id: int, *, now: Millis) -> None:
    """Empty profile, credentials, sessions and codes of a member; inside the caller's transaction, member locked.

    Whoever was merged into them is the same person and is forgotten with them.
    """
    for (merged_id,) in db.rows("SELECT id FROM member WHERE merged_into = ? ORDER BY id", (member_id,)):
        _forget(merged_id, now)
    merges.forget(member_id)
    _forget(member_id, now)


def _forget(member_id: int, now: Millis) -> None:
    for (number,) in db.rows("SELECT value FROM credential WHERE member_id = ? AND kind = 'phone'", (member_id,)):
        db.run("DELETE FROM challenge WHERE address = ?", (number,))
    members.unindex(member_id)
    for table in ("member_tag", "own_value", "web_session", "staff_card"):
        db.run(f"DELETE FROM {table} WHERE member_id = ?", (member_id,))
    db.run(
        "UPDATE credential SET state = 'revoked', value = 'erased ' || id, ended_at = coalesce(ended_at, ?)"
        " WHERE member_id = ?",
        (now, member_id),
    )
    names = ", ".join(f"{name} = NULL" for name in PERSONAL)
    db.run(f"UPDATE member_person SET {names}, birth_leap = 0, search_keys = '' WHERE member_id = ?", (member_id,))
    db.run("UPDATE member SET state = 'erased', version = version + 1 WHERE id = ?", (member_id,))
