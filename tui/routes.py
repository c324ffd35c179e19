"""Pages that open one another, by name: a member's card opens receipts, a receipt opens the member's card."""

from tui.page import Page
from tui.sections import loaded


def member(member_id: int) -> Page:
    """A member's card."""
    page: Page = loaded("tui.screens.member:MemberPage")(member_id)
    return page


def receipt(sale_id: int, *, fresh: bool = False, change_cents: int = 0, given_cents: int = 0) -> Page:
    """A sale; a `fresh` one was made just now, with so much change of so much cash."""
    made = loaded("tui.screens.receipt:ReceiptPage")
    page: Page = made(sale_id, fresh=fresh, change_cents=change_cents, given_cents=given_cents)
    return page


def ticket(ticket_id: int) -> Page:
    """A ticket."""
    page: Page = loaded("tui.screens.ticketpage:TicketPage")(ticket_id)
    return page
