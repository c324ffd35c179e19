"""What becomes of bookings when a member merges or is forgotten, and of the words of those that are over."""

from core.base import db
from core.base.access import Actor
from core.base.clock import Millis
from core.books import merges
from core.books.merges import Merge
from core.people import credentials
from core.service import bookinglists, bookings
from core.service.bookinglists import OPEN


def carry(merge: Merge) -> None:
    """Bookings follow the person; inside the caller's transaction."""
    merges.repoint(merge, "booking")


def carry_back(merge: Merge) -> None:
    """Let them go back; inside the caller's transaction."""
    merges.point_back(merge, "booking")


def forget(member_id: int, *, by: Actor, now: Millis) -> None:
    """Free the time somebody had booked and empty what was written about them; inside the caller's transaction.

    That a service was booked and kept stays, as the sales do. What they booked by their number goes too.
    """
    for (booking_id,) in db.rows(f"SELECT id FROM booking WHERE member_id = ? AND state IN {OPEN}", (member_id,)):
        bookings.end(bookinglists.get(booking_id, by=by), "cancelled", ("booked", "arrived"), by=by, now=now)
    db.run("UPDATE booking SET note = NULL WHERE member_id = ?", (member_id,))
    for number in credentials.all_numbers(member_id):
        db.run("UPDATE booking SET name = NULL, phone = NULL, note = NULL WHERE phone = ?", (number,))


@db.atomic
def forget_words(moment: Millis) -> int:
    """Empty name, number and note of bookings that ended before a moment; how many."""
    return db.change(
        "UPDATE booking SET name = NULL, phone = NULL, note = NULL WHERE ended_at < ?"
        " AND (name IS NOT NULL OR phone IS NOT NULL OR note IS NOT NULL)",
        (moment,),
    )
