"""What members are told about events: signed up, on the waiting list, moved up, changed, called off, tomorrow."""

from datetime import date

from core.base import clock, db, i18n
from core.base.access import Actor
from core.base.clock import DAY, Millis
from core.base.i18n import date_shown
from core.books import audit, outbox
from core.service import gatherings
from core.service.gatherings import Gathering

REMINDER = DAY
"""So long before it begins guests are reminded."""


def tell(found: Gathering, member_id: int, template: str, occasion: str, *, now: Millis) -> bool:
    """Queue a service message about an event; inside the caller's transaction. False if it was told before.

    `occasion` tells this one apart from others about the same event.
    """
    with outbox.in_language_of(member_id, now=now):
        facts: dict[str, str | int] = {"event": found.name, "when": when(found.plan.from_at), "where": found.where}
    key, ends = f"{template}:{member_id}:{occasion}", found.plan.until_at
    return outbox.tell(member_id, key, template, facts, expires_at=Millis(max(ends, now + DAY)), now=now)


def when(moment: Millis) -> str:
    """A day with its time in the reader's words: '11-21 Sat 14:00'."""
    then = clock.local(moment, i18n.scope().zone)
    day: date = then.date()
    return f"{date_shown(day)} {then:%H:%M}"


def remind(*, by: Actor, now: Millis) -> int:
    """Remind everyone who has places in an event that begins within a day, each once; how many."""
    sql = (
        "SELECT id FROM gathering WHERE state IN ('open', 'closed') AND from_at > ? AND from_at <= ?"
        " ORDER BY from_at, id"
    )
    return sum(_remind(id, by=by, now=now) for (id,) in db.rows(sql, (now, now + REMINDER)))


@db.atomic
def _remind(gathering_id: int, *, by: Actor, now: Millis) -> int:
    """Who signed up within this very day was told the time just now, and is not reminded of it."""
    found = gatherings.get(gathering_id)
    sql = (
        "SELECT id, member_id FROM gathering_signup WHERE gathering_id = ? AND state = 'booked' AND at <= ? ORDER BY id"
    )
    told = sum(
        tell(found, member_id, "event_reminder", f"{id}:{found.plan.from_at}", now=now)
        for id, member_id in db.rows(sql, (gathering_id, found.plan.from_at - REMINDER))
    )
    if told:
        audit.record("gathering.reminded", "gathering", gathering_id, by=by, now=now, after={"count": told})
    return told
