"""Messages become tickets: what somebody wrote back, and was no STOP, START or HELP, opens a ticket or joins theirs.

A job takes what waits, each message once. What may mean STOP stays on the list of replies too: that is judged there.
"""

from core.base import db
from core.base.access import Actor
from core.base.clock import DAY, Millis
from core.outreach import inbound
from core.service import tickets
from core.service.tickets import Terms

LOOKS_BACK_DAYS = 7
"""Older messages were dealt with where they stood before."""
BATCH = 200


def take_in(*, by: Actor, now: Millis) -> int:
    """Make tickets of the messages that wait; how many were taken."""
    found = db.rows(
        "SELECT i.sid FROM inbound i WHERE i.body IS NOT NULL AND i.handled_at IS NULL AND i.at >= ?"
        " AND NOT EXISTS (SELECT 1 FROM ticket_note n WHERE n.inbound_sid = i.sid) ORDER BY i.at, i.sid LIMIT ?",
        (now - LOOKS_BACK_DAYS * DAY, BATCH),
    )
    return sum(_take(sid, by=by, now=now) for (sid,) in found)


@db.atomic
def _take(sid: str, *, by: Actor, now: Millis) -> int:
    """Take one message, unless somebody was quicker."""
    row = db.one(
        "SELECT i.member_id, i.word, i.address_hash FROM inbound i WHERE i.sid = ? AND i.handled_at IS NULL"
        " AND i.body IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ticket_note n WHERE n.inbound_sid = i.sid)",
        (sid,),
    )
    if row is None:
        return 0
    member_id, word, address_hash = row
    member_id = _living(member_id)
    ticket_id = _open_one(member_id, address_hash)
    if ticket_id is None:
        terms = Terms("enquiry", "", member_id=member_id)
        ticket_id = tickets.put(terms, store_id=tickets.store_for(member_id, by), by=by, now=now)
    tickets.join(tickets.locked(ticket_id), by=by, now=now, inbound_sid=sid)
    if word == "other":
        inbound.hand_over(sid, by=by, now=now)
    return 1


def _living(member_id: int | None) -> int | None:
    """The member who wrote, or whom they went into; nobody who was forgotten meanwhile."""
    found = db.one("SELECT id, state, merged_into FROM member WHERE id = ?", (member_id or 0,))
    if found is None or found[1] == "erased":
        return None
    return int(found[2] or found[0])


def _open_one(member_id: int | None, address_hash: str) -> int | None:
    """The newest ticket not dealt with of who wrote: of the member, or of the same number where nobody is known."""
    if member_id is not None:
        sql = "SELECT id FROM ticket WHERE member_id = ? AND state <> 'closed' ORDER BY opened_at DESC, id DESC LIMIT 1"
        found = db.value(sql, (member_id,))
    else:
        found = db.value(
            "SELECT t.id FROM ticket t JOIN ticket_note n ON n.ticket_id = t.id JOIN inbound i ON i.sid = n.inbound_sid"
            " WHERE t.member_id IS NULL AND t.state <> 'closed' AND i.address_hash = ?"
            " ORDER BY t.opened_at DESC, t.id DESC LIMIT 1",
            (address_hash,),
        )
    return None if found is None else int(found)
