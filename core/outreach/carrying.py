"""Carrying messages: what is queued for a member who goes into another, and when they were last written to."""

from core.base import db
from core.books import merges
from core.books.merges import Merge


def carry(merge: Merge) -> None:
    """Carry everything; the gap counts from the later of the two. Inside the caller's transaction."""
    merges.repoint(merge, "outbox")
    pair = (merge.kept_id, merge.gone_id)
    found = db.rows("SELECT member_id, last_at, outbox_id FROM contact_gap WHERE member_id IN (?, ?)", pair)
    for member_id, last_at, outbox_id in found:
        merges.note(merge, "contact_gap", member_id, {"last_at": last_at, "outbox_id": outbox_id})
    latest = max(found, key=lambda row: row[1], default=None)
    if latest is not None:
        _put(merge.kept_id, latest[1], latest[2])
    db.run("DELETE FROM contact_gap WHERE member_id = ?", (merge.gone_id,))


def carry_back(merge: Merge) -> None:
    """Bring it back; who was written to since counts for both. Inside the caller's transaction."""
    merges.point_back(merge, "outbox")
    before = merges.noted(merge, "contact_gap")
    sql = "SELECT last_at, outbox_id FROM contact_gap WHERE member_id = ? AND last_at >= ?"
    since = db.one(sql, (merge.kept_id, merge.at))
    db.run("DELETE FROM contact_gap WHERE member_id = ?", (merge.kept_id,))
    for member_id in (merge.kept_id, merge.gone_id):
        was = before.get(member_id)
        if since is not None:
            _put(member_id, since[0], since[1])
        elif was is not None:
            _put(member_id, was["last_at"], was["outbox_id"])


def _put(member_id: int, last_at: int, outbox_id: int) -> None:
    db.run(
        "INSERT INTO contact_gap (member_id, last_at, outbox_id) VALUES (?, ?, ?) ON CONFLICT (member_id)"
        " DO UPDATE SET last_at = excluded.last_at, outbox_id = excluded.outbox_id, before_at = NULL",
        (member_id, last_at, outbox_id),
    )
