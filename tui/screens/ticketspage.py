"""Tickets 服务单: what customers asked, complained of or brought, the one due first on top; and opening a new one."""

from collections.abc import Sequence

from textual import on

from core.base import clock
from core.base.i18n import N_, T, Text
from core.service import ticketlists, tickets
from core.service.ticketlists import FIRST, Ticket
from core.service.ticketrules import KIND_WORDS, KINDS
from core.service.tickets import Terms
from tui import routes
from tui.keymap import OPEN, Action
from tui.page import Page
from tui.screens.lists import CountedPage
from tui.screens.ticketpage import TicketPage
from tui.screens.ticketwords import due_said, named, state_said
from tui.widgets.columns import Column
from tui.widgets.dates import read_day
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.pagetable import PageTable, Row, Wanted
from tui.widgets.row import Words

LAST = (2**53, 0)


class TicketsPage(CountedPage):
    """Tickets that are not dealt with, or those that are."""

    NAME = N_("Tickets")
    HELP = N_(
        "What customers asked, complained of or brought, the one due first on top, so what is late comes first. A"
        " ticket that waits for the member comes back by itself. You see those of your stores and those given to you."
    )
    RIGHT = "service"
    PERSONAL = True
    EMPTY = N_("No ticket is open. n opens one, and so does a message from a customer.")
    KEYS = (
        OPEN,
        Action("new", ("n",), N_("new"), N_("Open a ticket of nobody known; of a member, open it from their card.")),
        Action("mine", ("w",), N_("mine / all"), N_("Show those given to you, or all.")),
        Action("over", ("e",), N_("dealt with / to do"), N_("Show what was dealt with, or what is to be done.")),
        Action("member", ("m",), N_("member"), N_("Open the member's card."), right="member.find"),
    )
    COLUMNS = (
        Column("due", N_("due"), 18, min_width=18),
        Column("kind", N_("kind"), 12, min_width=8),
        Column("subject", N_("subject"), 20, min_width=10, important=True, stretch=True),
        Column("name", N_("member"), 10, min_width=8),
        Column("state", N_("state"), 14, min_width=10),
        Column("owner", N_("given to"), 8, min_width=4),
    )

    def __init__(self) -> None:
        super().__init__()
        self._over = self._mine = False

    async def fetch(self, wanted: Wanted) -> Sequence[Row]:
        """Tickets by when they are due, or were closed."""
        last = wanted.after if isinstance(wanted.after, Ticket) else None
        now = clock.now()
        if self._over:
            before = (last.closed_at or 0, last.id) if last else LAST
            found = await self.gateway.read(
                ticketlists.dealt_with, by=self.actor, now=now, before=before, limit=wanted.limit
            )
        else:
            after = (last.due_at, last.id) if last else FIRST
            found = await self.gateway.read(
                ticketlists.queue, by=self.actor, now=now, mine=self._mine, after=after, limit=wanted.limit
            )
        return [Row(one, _cells(one), tone="warn" if one.overdue else "") for one in found]

    def about(self, row: Row) -> Sequence[Words]:
        """The whole subject, and the store."""
        one = row.key
        return (T("{store} · {subject}", store=one.store, subject=one.subject),) if isinstance(one, Ticket) else ()

    async def count(self) -> Words:
        """How much of it waits."""
        if self._over:
            return T("dealt with")
        count, late = await self.gateway.read(ticketlists.waiting, by=self.actor, now=clock.now())
        return T("{count} open · {late} late", count=count, late=late)

    def refusal(self, action: Action) -> Text | None:
        """There must be one, and for its card a member."""
        one = self._ticket
        if action.id == "member" and one is None:
            return T("The list is empty.")
        if action.id == "member" and one is not None and one.member_id is None:
            return T("This ticket has no member.")
        return super().refusal(action)

    @property
    def _ticket(self) -> Ticket | None:
        return self.chosen(Ticket)

    @on(PageTable.RowOpened)
    def _opened(self, message: PageTable.RowOpened) -> None:
        if isinstance(message.row.key, Ticket):
            self.app.push_screen(TicketPage(message.row.key.id))

    def do_over(self) -> None:
        """The other half."""
        self._over = not self._over
        self.reading(self.load)

    def do_mine(self) -> None:
        """One's own, or all."""
        self._mine = not self._mine
        self.reading(self.load)

    def do_member(self) -> None:
        """Open the card."""
        if (one := self._ticket) is not None and one.member_id is not None:
            self.app.push_screen(routes.member(one.member_id))

    async def do_new(self) -> None:
        """Ask what it is about."""
        await ask_new(self)


async def ask_new(
    page: Page, *, member_id: int | None = None, sale_id: int | None = None, sold: Sequence[tuple[int, str]] = ()
) -> None:
    """Ask for a new ticket, of a member or a receipt with its lines (position and name); then show it."""
    kinds = tuple((one, Text(KIND_WORDS[one])) for one in KINDS)
    lines: tuple[tuple[str, Words], ...] = (("", T("the whole receipt")), *((str(at), name) for at, name in sold))
    fields = [
        Field("kind", N_("kind"), "menu", value="return" if sold else "enquiry", choices=kinds),
        Field("subject", N_("subject")),
        Field("words", N_("note"), required=False),
        Field("promised", N_("promised for"), "day", required=False),
    ]
    if sold:
        fields.insert(1, Field("line", N_("which line"), "menu", value="", choices=lines, required=False))

    async def write(answer: Answer) -> None:
        promised = answer.text("promised")
        terms = Terms(
            answer.text("kind"),
            answer.text("subject"),
            words=answer.text("words"),
            member_id=member_id,
            store_id=None if sale_id is not None or member_id is not None else _store_of(page),
            promised_on=read_day(promised, field="promised") if promised else None,
            sale_id=sale_id,
            line_no=int(answer.text("line")) if sold and answer.text("line") else None,
        )
        ticket_id = await page.gateway.write(tickets.open_ticket, terms, by=page.actor, now=clock.now())
        page.call_after_refresh(page.app.push_screen, TicketPage(ticket_id))

    await page.ask(Form("ticket", T("What is it about?"), fields=tuple(fields), done=N_("open the ticket")), write)


def _store_of(page: Page) -> int | None:
    """The store of who works in one; else the first of theirs is taken."""
    return next(iter(page.actor.stores)) if len(page.actor.stores) == 1 else None


def _cells(one: Ticket) -> tuple[Words, ...]:
    return due_said(one), Text(KIND_WORDS[one.kind]), one.subject or "—", named(one), state_said(one), one.owner or "—"
