"""What becomes of cases, contacts, answers, bookings and sign-ups when a member merges, is forgotten, or with time."""

from core.base import db
from core.base.access import Actor
from core.base.clock import Millis
from core.books import merges
from core.books.merges import Merge
from core.service import bookingcarrying, followups, gatheringguests, gatheringsignups, surveyanswers, winback


def carry(merge: Merge) -> None:
    """Cases and contacts follow the person; of two cases in work that of who is kept goes on.

    Inside the caller's transaction.
    """
    sql = (
        f"SELECT id, state FROM winback_case WHERE member_id = ? AND state IN {winback.OPEN} AND EXISTS"
        f" (SELECT 1 FROM winback_case k WHERE k.member_id = ? AND k.state IN {winback.OPEN})"
    )
    for case_id, state in db.rows(sql, (merge.gone_id, merge.kept_id)):
        merges.note(merge, "winback_case", case_id, {"state": state})
        db.run("UPDATE winback_case SET state = 'closed', closed_at = ? WHERE id = ?", (merge.now, case_id))
    merges.repoint(merge, "winback_case")
    gatheringguests.carry(merge)
    followups.carry(merge)
    bookingcarrying.carry(merge)


def carry_back(merge: Merge) -> None:
    """Let them go back, and open again what the merge ended; inside the caller's transaction."""
    bookingcarrying.carry_back(merge)
    followups.carry_back(merge)
    merges.point_back(merge, "winback_case")
    gatheringguests.carry_back(merge)
    for case_id, was in merges.noted(merge, "winback_case").items():
        sql = "UPDATE winback_case SET state = ?, closed_at = NULL WHERE id = ? AND judged_at IS NULL"
        db.run(sql, (was["state"], case_id))


def close_all(member_id: int, *, by: Actor, now: Millis) -> None:
    """End what is in work about a member; inside the caller's transaction."""
    sql = f"SELECT id FROM winback_case WHERE member_id = ? AND state IN {winback.OPEN}"
    winback.end_all([id for (id,) in db.rows(sql, (member_id,))], "closed", by=by, now=now)


def forget(member_id: int, *, by: Actor, now: Millis) -> None:
    """End what is in work about a member and forget what they told; inside the caller's transaction.

    What came of the offers stays, as the sales do.
    """
    close_all(member_id, by=by, now=now)
    db.run("UPDATE winback_case SET leaving_reason = NULL, satisfaction = NULL WHERE member_id = ?", (member_id,))
    followups.forget(member_id)
    surveyanswers.forget(member_id)
    bookingcarrying.forget(member_id, by=by, now=now)
    gatheringsignups.release(member_id, by=by, now=now)


@db.atomic
def forget_closed(moment: Millis) -> int:
    """Drop cases that ended before a moment; how many."""
    judged = "(judged_at IS NOT NULL OR started_day IS NULL)"
    return db.change(
        f"DELETE FROM winback_case WHERE state NOT IN {winback.OPEN} AND closed_at < ? AND {judged}", (moment,)
    )
