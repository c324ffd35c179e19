"""Tickets over the API: what an online shop hears from its customers comes to the desk; notes are added to it."""

from typing import Annotated

from flask import Response
from pydantic import Field, StringConstraints

from core.base import clock
from core.base.clock import iso
from core.service import ticketlists, ticketrules, tickets
from core.service.ticketlists import Ticket
from core.service.ticketrules import Kind
from core.service.tickets import Terms
from kiosk.api import door as api
from kiosk.api.offers import DoneOut
from kiosk.api.schemas import Id, Name, PageAsked, Shape, Str

MOST = 1000
Words = Annotated[
    str, StringConstraints(strict=True, strip_whitespace=True, min_length=1, max_length=ticketrules.LONGEST_WORDS,
                           pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]*$"),
]  # fmt: skip


class TicketIn(Shape):
    """A ticket: what it is about in a few words, and what was written. `line_no` counts the lines of a sale from 1."""

    kind: Kind
    subject: Annotated[Name, Field(max_length=ticketrules.LONGEST_SUBJECT)]
    words: Words | None = None
    member_id: Id | None = None
    sale_id: Id | None = None
    line_no: Annotated[int, Field(strict=True, ge=1, le=10_000)] | None = None
    promised_day: Str | None = None


class TicketsAsked(PageAsked):
    """Whose tickets; without a member those that are not dealt with."""

    member_id: Id | None = None


class TicketOut(Shape):
    """A ticket; `late` if it should have been dealt with by now."""

    id: str
    kind: str
    subject: str
    state: str
    member_id: str | None
    owner: str
    due_at: str
    late: bool
    promised_day: str | None
    sale_id: str | None
    line_no: int | None
    opened_at: str
    closed_at: str | None
    outcome: str | None
    satisfaction: int | None


class TicketsOut(Shape):
    """Tickets, the newest first."""

    tickets: list[TicketOut]
    next_cursor: str | None


class NoteIn(Shape):
    """Words for staff; the member does not see them."""

    words: Words


@api.pages.post("/tickets")
@api.operation(201, TicketOut, body=TicketIn)
def open_ticket() -> Response:
    """Open a ticket in the key's store.

    Needs the scope service. Without a member nothing can be written back; of a sale its member is taken.
    """
    given, now, by = api.body_of(TicketIn), clock.now(), api.actor()
    promised = api.day_of(given.promised_day, "promised_day") if given.promised_day else None
    terms = Terms(
        given.kind,
        given.subject,
        words=given.words or "",
        member_id=int(given.member_id) if given.member_id else None,
        store_id=api.store_id(),
        promised_on=promised,
        sale_id=int(given.sale_id) if given.sale_id else None,
        line_no=given.line_no,
    )
    ticket_id = tickets.open_ticket(terms, by=by, now=now)
    return api.answer(_shown(ticketlists.get(ticket_id, by=by, now=now)), 201)


@api.pages.get("/tickets")
@api.operation(200, TicketsOut, query=TicketsAsked, refusals=(401, 403, 422, 500, 503))
def all_tickets() -> Response:
    """The tickets of a member in the key's store, or all there that are not dealt with, the newest first.

    Needs the scope service. `cursor` is the last answer's `next_cursor`, `limit` at most 200.
    """
    asked = api.query_of(TicketsAsked)
    by, now = api.actor(), clock.now()
    if asked.member_id is None:
        known = ticketlists.queue(by=by, now=now, limit=MOST)
    else:
        known = ticketlists.tickets_of(int(asked.member_id), by=by, now=now, limit=MOST)
    found, cursor = api.page_of(known, asked, newest=True)
    return api.answer(TicketsOut(tickets=[_shown(one) for one in found], next_cursor=cursor))


@api.pages.post("/tickets/<int:ticket_id>/notes")
@api.operation(200, DoneOut, body=NoteIn)
def add_note(ticket_id: int) -> Response:
    """Put a note for staff on a ticket of the key's store.

    Needs the scope service.
    """
    tickets.note(ticket_id, api.body_of(NoteIn).words, by=api.actor(), now=clock.now())
    return api.answer(DoneOut())


def _shown(one: Ticket) -> TicketOut:
    return TicketOut(
        id=str(one.id),
        kind=one.kind,
        subject=one.subject,
        state=one.state,
        member_id=None if one.member_id is None else str(one.member_id),
        owner=one.owner,
        due_at=iso(one.due_at),
        late=one.overdue,
        promised_day=None if one.promised_on is None else one.promised_on.isoformat(),
        sale_id=None if one.sale_id is None else str(one.sale_id),
        line_no=one.line_no,
        opened_at=iso(one.opened_at),
        closed_at=None if one.closed_at is None else iso(one.closed_at),
        outcome=one.outcome,
        satisfaction=one.satisfaction,
    )
