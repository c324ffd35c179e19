"""Tickets read: what is to be done, the history of one, and all the shop did for a member in one line of time."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from core.base import clock, db
from core.base.access import Actor, refusal
from core.base.clock import Millis
from core.books import rules
from core.service import ticketrules, tickets
from core.service.ticketrules import Kind, State
from core.service.tickets import TicketUnknown

FIRST = (0, 0)


@dataclass(frozen=True)
class Ticket:
    """A ticket as it is shown. Without a subject, as a message opens it, its first words stand there."""

    id: int
    kind: Kind
    store_id: int
    store: str
    member_id: int | None
    name: str
    subject: str
    state: State
    owner_id: int | None
    owner: str
    due_at: Millis
    promised_on: date | None
    sale_id: int | None
    line_no: int | None
    opened_at: Millis
    door: str
    closed_at: Millis | None
    outcome: str | None
    satisfaction: int | None
    line: str
    overdue: bool

    @property
    def may_rate(self) -> bool:
        """Whether the question how satisfied the member is waits for an answer."""
        return self.state == "closed" and self.satisfaction is None and self.outcome in ticketrules.ASKED


@dataclass(frozen=True)
class Line:
    """One line of a ticket's history. `change` says what changed ('closed:solved'); `fate` how far a reply came."""

    id: int
    at: Millis
    kind: Literal["note", "reply", "message", "change"]
    who: str
    body: str
    change: str | None
    fate: str | None


@dataclass(frozen=True)
class Served:
    """Something the shop did for a member: a ticket, a contact or a return."""

    at: Millis
    what: Literal["ticket", "contact", "return"]
    id: int
    kind: str
    state: str
    about: str
    cents: int = 0


SUBJECT = (
    "CASE WHEN t.subject <> '' THEN t.subject ELSE coalesce((SELECT i.body FROM ticket_note n"
    " JOIN inbound i ON i.sid = n.inbound_sid WHERE n.ticket_id = t.id ORDER BY n.at, n.id LIMIT 1), '') END"
)
"""What ticket `t` is about: its subject, or the first words of the message that opened it."""
_SELECT = (
    "SELECT t.id, t.kind, t.store_id, coalesce(o.name, ''), t.member_id, coalesce(p.name, ''),"
    f" {SUBJECT}, t.state, t.owner_id, coalesce(s.name, ''), t.due_at, t.promised_day, t.sale_id, t.line_no,"
    " t.opened_at, t.door, t.closed_at, t.outcome, t.satisfaction, coalesce(l.name, '') FROM ticket t"
    " JOIN store o ON o.id = t.store_id"
    " LEFT JOIN sale_line l ON l.sale_id = t.sale_id AND l.position = t.line_no"
    " LEFT JOIN member_person p ON p.member_id = t.member_id LEFT JOIN staff s ON s.id = t.owner_id"
)


def _ticket(row: db.Row, now: Millis) -> Ticket:
    promised = None if row[11] is None else date.fromordinal(row[11])
    overdue = ticketrules.is_overdue(row[7], row[10], now=now)
    subject = row[6][: ticketrules.LONGEST_SUBJECT]
    cells: tuple[Any, ...] = (*row[:6], subject, *row[7:11], promised, *row[12:], overdue)
    return Ticket(*cells)


def _seen(by: Actor) -> tuple[str, tuple[int, ...]]:
    """A condition for what somebody may see: their stores, and what is given to them. Raises: NotAllowed."""
    if not by.may("service"):
        raise refusal("service")
    if not by.stores:
        return "1 = 1", ()
    marks, stores = ", ".join("?" * len(by.stores)), tuple(sorted(by.stores))
    return f"(t.store_id IN ({marks}) OR t.owner_id = ?)", (*stores, by.id if by.kind == "staff" else 0)


def queue(
    *, by: Actor, now: Millis, mine: bool = False, after: tuple[int, int] = FIRST, limit: int = 100
) -> list[Ticket]:
    """Tickets that are not dealt with, the one due first before all others: overdue ones come first.

    A keyset page at a time (`after`: due moment and id); `mine` are those given to who asks. Raises: NotAllowed.
    """
    test, values = _seen(by)
    own = " AND t.owner_id = ?" if mine else ""
    sql = f"{_SELECT} WHERE t.state <> 'closed' AND (t.due_at, t.id) > (?, ?) AND {test}{own}"
    given = (*after, *values, *((by.id,) if mine else ()), limit)
    return [_ticket(row, now) for row in db.rows(f"{sql} ORDER BY t.due_at, t.id LIMIT ?", given)]


def dealt_with(*, by: Actor, now: Millis, before: tuple[int, int] = (2**53, 0), limit: int = 100) -> list[Ticket]:
    """Tickets that are closed, the last one first (`before`: moment of closing and id). Raises: NotAllowed."""
    test, values = _seen(by)
    sql = f"{_SELECT} WHERE t.state = 'closed' AND (t.closed_at, t.id) < (?, ?) AND {test}"
    found = db.rows(f"{sql} ORDER BY t.closed_at DESC, t.id DESC LIMIT ?", (*before, *values, limit))
    return [_ticket(row, now) for row in found]


def waiting(*, by: Actor, now: Millis) -> tuple[int, int]:
    """How many tickets are not dealt with, and how many of them are overdue; 0 for who may see none."""
    if not by.may("service"):
        return 0, 0
    test, values = _seen(by)
    row = db.one(
        "SELECT count(*), coalesce(CAST(sum(CASE WHEN t.due_at < ? THEN 1 ELSE 0 END) AS BIGINT), 0) FROM ticket t"
        f" WHERE t.state <> 'closed' AND {test}",
        (now, *values),
    )
    return (row[0], row[1]) if row else (0, 0)


def get(ticket_id: int, *, by: Actor, now: Millis) -> Ticket:
    """One ticket, for who may work on it or wrote it. Raises: TicketUnknown, NotAllowed."""
    row = db.one(f"{_SELECT} WHERE t.id = ?", (ticket_id,))
    if row is None or (by.kind == "member" and row[4] != by.id):
        raise TicketUnknown(ticket=str(ticket_id))
    if by.kind != "member" and not tickets.may_work(by, row[2], row[8]):
        raise refusal("service")
    return _ticket(row, now)


def member_of(ticket_id: int) -> int | None:
    """Whose ticket it is; None for nobody's, or none."""
    found = db.value("SELECT member_id FROM ticket WHERE id = ?", (ticket_id,))
    return None if found is None else int(found)


def tickets_of(member_id: int, *, by: Actor, now: Millis, limit: int = 20) -> list[Ticket]:
    """A member's tickets, the newest first: all of them for the member, else those somebody may see.

    Raises: NotAllowed.
    """
    test, values = ("1 = 1", ()) if by.kind == "member" and by.id == member_id else _seen(by)
    sql = f"{_SELECT} WHERE t.member_id = ? AND {test} ORDER BY t.opened_at DESC, t.id DESC LIMIT ?"
    return [_ticket(row, now) for row in db.rows(sql, (member_id, *values, limit))]


def history(ticket_id: int, *, by: Actor, now: Millis) -> list[Line]:
    """What happened on a ticket, the oldest first; notes of staff are not for the member.

    Raises: TicketUnknown, NotAllowed.
    """
    with db.read():
        get(ticket_id, by=by, now=now)
        shown = " AND n.kind <> 'note'" if by.kind == "member" else ""
        found = db.rows(
            "SELECT n.id, n.at, n.kind, coalesce(s.name, ''), coalesce(n.body, i.body, ''), n.change, o.state"
            " FROM ticket_note n LEFT JOIN staff s ON 'staff:' || s.id = n.actor"
            " LEFT JOIN inbound i ON i.sid = n.inbound_sid LEFT JOIN outbox o ON o.id = n.outbox_id"
            f" WHERE n.ticket_id = ?{shown} ORDER BY n.at, n.id",
            (ticket_id,),
        )
    return [Line(*row) for row in found]


def of_member(member_id: int, *, by: Actor, now: Millis, limit: int = 50) -> list[Served]:
    """What the shop did for a member: tickets, contacts and returns, the newest first. Raises: NotAllowed."""
    with db.read():
        seen = tickets_of(member_id, by=by, now=now, limit=limit)
        found = [Served(one.opened_at, "ticket", one.id, one.kind, one.state, one.subject) for one in seen]
        zone = rules.current(now=now).zone
        contacts = db.rows(
            "SELECT id, way, state, due_day, done_at, coalesce(outcome, '') FROM follow_up WHERE member_id = ?"
            " ORDER BY due_day DESC, id DESC LIMIT ?",
            (member_id, limit),
        )
        for task_id, way, state, due_day, done_at, outcome in contacts:
            at = done_at if done_at is not None else clock.start_of(date.fromordinal(due_day), zone)
            found.append(Served(at, "contact", task_id, way, state, outcome))
        returns = db.rows(
            "SELECT f.at, f.sale_id, f.kind, coalesce(f.reason, ''), f.total_cents FROM refund f"
            " JOIN sale s ON s.id = f.sale_id WHERE s.member_id = ? ORDER BY f.at DESC, f.id DESC LIMIT ?",
            (member_id, limit),
        )
        found += [Served(at, "return", sale, kind, "done", reason, cents) for at, sale, kind, reason, cents in returns]
    return sorted(found, key=lambda one: (-one.at, one.what, -one.id))[:limit]
