"""The question after a ticket, answered by the link in its message: whoever holds the link answers for the member."""

from core.base.clock import Millis
from core.base.errors import NotFound
from core.base.i18n import N_
from core.people import members
from core.service import ratinglinks, ticketlists, tickets
from core.service.ticketlists import Ticket


class RatingLinkUnknown(NotFound):
    """The code is not one of ours, or its ticket is not there."""

    code = "rating_link_unknown"
    text = N_("This link is not complete. Open it from the message once more.")


def look(code: str, *, now: Millis) -> Ticket:
    """The ticket that is asked about; nothing is written. Raises: RatingLinkUnknown."""
    ticket_id = ratinglinks.ticket_of(code)
    member_id = ticketlists.member_of(ticket_id) if ticket_id is not None else None
    if ticket_id is None or member_id is None:
        raise RatingLinkUnknown(what=code[:24])
    return ticketlists.get(ticket_id, by=members.themselves(member_id), now=now)


def answer(code: str, satisfaction: int, *, now: Millis) -> Ticket:
    """Note the answer, once; the ticket as it is then. Raises: RatingLinkUnknown, TicketInvalid, TicketRated."""
    one = look(code, now=now)
    tickets.rate(one.id, satisfaction, by=members.themselves(one.member_id or 0), now=now)
    return look(code, now=now)
