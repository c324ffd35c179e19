"""Look-ups 查看: how often each of the staff opened a member's card, a count a day and no more."""

from core.base import clock, db
from core.base.access import Actor
from core.base.clock import Millis
from core.books import rules


@db.atomic
def opened(*, by: Actor, now: Millis) -> None:
    """One of the staff opened a member's card; one row a day for each of them, and no line in the audit log."""
    if by.kind != "staff":
        return
    day = clock.day_of(now, rules.current(now=now).zone).toordinal()
    db.run(
        "INSERT INTO card_open_day (staff_id, day, times) VALUES (?, ?, 1)"
        " ON CONFLICT (staff_id, day) DO UPDATE SET times = card_open_day.times + 1",
        (by.id, day),
    )
