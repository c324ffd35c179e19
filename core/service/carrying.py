"""What becomes of cases, contacts, answers, bookings, sign-ups and tickets when a member merges or is forgotten."""

from core.base import db
from core.base.access import Actor
from core.base.clock import Millis
from core.books import merges
from core.books.merges import Merge
from core.service import bookingcarrying, followups, gatheringguests, gatheringsignups, surveyanswers, tickets, winback


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
    merges.repoint(merge, "ticket")


def carry_back(merge: Merge) -> None:
    """Let them go back, and open again what the merge ended; inside the caller's transaction."""
    bookingcarrying.carry_back(merge)
    merges.point_back(merge, "ticket")
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
    _forget_tickets(member_id, by=by, now=now)


@db.atomic
def forget_closed(moment: Millis) -> int:
    """Drop cases that ended before a moment; how many."""
    judged = "(judged_at IS NOT NULL OR started_day IS NULL)"
    return db.change(
        f"DELETE FROM winback_case WHERE state NOT IN {winback.OPEN} AND closed_at < ? AND {judged}", (moment,)
    )


def _forget_tickets(member_id: int, *, by: Actor, now: Millis) -> None:
    """Empty the words about and by a member and end what is not dealt with; inside the caller's transaction."""
    found = db.rows("SELECT id, state FROM ticket WHERE member_id = ? ORDER BY id", (member_id,))
    db.run("UPDATE ticket SET subject = '' WHERE member_id = ?", (member_id,))
    for ticket_id, state in found:
        db.run("UPDATE ticket_note SET body = NULL WHERE ticket_id = ?", (ticket_id,))
        if state != "closed":
            sql = "UPDATE ticket SET state = 'closed', closed_at = ?, closed_by = ?, outcome = 'no_answer' WHERE id = ?"
            db.run(sql, (now, by.tag, ticket_id))
            tickets.write_line(ticket_id, by=by, now=now, kind="change", change="closed:no_answer")


@db.atomic
def forget_tickets(moment: Millis) -> int:
    """Empty the words of tickets dealt with before a moment; how many. The bare rows stay, for they count."""
    old = "SELECT id FROM ticket WHERE state = 'closed' AND closed_at < ?"
    db.run(f"UPDATE ticket_note SET body = NULL WHERE body IS NOT NULL AND ticket_id IN ({old})", (moment,))
    return db.change(f"UPDATE ticket SET subject = '' WHERE subject <> '' AND id IN ({old})", (moment,))
