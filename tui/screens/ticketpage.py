"""A ticket 服务单: its history, and everything that is done with it."""

from collections.abc import Sequence

from rich.text import Text as RichText
from textual.app import ComposeResult

from core.base import clock
from core.base.i18n import N_, T, Text
from core.service import followups, ticketlists, tickets
from core.service.ticketlists import Line, Ticket
from core.service.ticketrules import OUTCOMES
from tui import routes
from tui.keymap import Action
from tui.screens.lists import ListPage, moment
from tui.screens.ticketwords import FATES, LINES, head, line_said
from tui.widgets.charts import Drawing
from tui.widgets.columns import Column
from tui.widgets.dates import read_day
from tui.widgets.note import wrapped
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.pagetable import Row, Wanted
from tui.widgets.row import Words

SATISFACTION: tuple[tuple[str, Words], ...] = (
    ("1", T("1 very dissatisfied")),
    ("2", T("2 dissatisfied")),
    ("3", T("3 neither")),
    ("4", T("4 satisfied")),
    ("5", T("5 very satisfied")),
)


class TicketPage(ListPage):
    """What it is about above, what happened below, the newest last."""

    NAME = N_("Ticket")
    HELP = N_(
        "One ticket: what it is about, and everything that was said and done. A reply goes to the member as a message,"
        " and the ticket then waits for them; a note stays with the staff. Closing asks the member once how satisfied"
        " they are."
    )
    RIGHT = "service"
    PERSONAL = True
    EXPORTED = False
    EMPTY = N_("Nothing happened yet.")
    KEYS = (
        Action("reply", ("r",), N_("reply"), N_("Write to the member; the ticket waits for them then.")),
        Action("jot", ("n",), N_("note"), N_("Put a note on the ticket, for staff alone.")),
        Action("assign", ("a",), N_("give to"), N_("Give the ticket to somebody.")),
        Action("promise", ("p",), N_("promise"), N_("Promise a day; the member is told.")),
        Action("close", ("x",), N_("dealt with"), N_("Note how it ended; the member is asked how satisfied they are.")),
        Action("reopen", ("u",), N_("take up again"), N_("Take up again what was dealt with.")),
        Action("rate", ("s",), N_("satisfaction"), N_("Note how satisfied the member says they are.")),
        Action("member", ("m",), N_("member"), N_("Open the member's card."), right="member.find"),
        Action("receipt", ("v",), N_("receipt"), N_("Open the receipt it is about.")),
    )
    COLUMNS = (
        Column("when", N_("when"), 16, min_width=16),
        Column("who", N_("who"), 10, min_width=6),
        Column("what", N_("happened"), 14, min_width=6),
        Column("words", N_("words"), 30, min_width=20, important=True, stretch=True),
    )

    def __init__(self, ticket_id: int) -> None:
        super().__init__()
        self._ticket_id = ticket_id
        self._shown: Ticket | None = None
        self._workers: dict[int, str] = {}

    def lists(self) -> ComposeResult:
        """What it is about above its history."""
        yield Drawing(self._head, id="card")
        yield from super().lists()

    def _head(self, width: int) -> list[RichText]:
        if self._shown is None:
            return []
        return [line for words in head(self._shown) for line in wrapped(words, width)] + [RichText("")]

    async def fetch(self, wanted: Wanted) -> Sequence[Row]:
        """The history, all of it."""
        self._shown = await self.gateway.read(ticketlists.get, self._ticket_id, by=self.actor, now=clock.now())
        self._workers = dict(await self.gateway.read(followups.workers))
        self.crumb = T("Ticket {number}", number=str(self._ticket_id))
        self.query_one("#where").refresh()
        self.query_one("#card", Drawing).draw(self._head)
        self.refresh_keys()
        lines = await self.gateway.read(ticketlists.history, self._ticket_id, by=self.actor, now=clock.now())
        rows = [Row(one, self._cells(one), tone="quiet" if one.change else "") for one in lines]
        return rows[wanted.start : wanted.start + wanted.limit]

    def _cells(self, one: Line) -> tuple[Words, ...]:
        return moment(one.at), one.who or "—", Text(LINES[one.kind]), line_said(one, self._workers)

    def about(self, row: Row) -> Sequence[Words]:
        """All of the words, and how far a reply came."""
        if not isinstance(one := row.key, Line):
            return ()
        fate = [Text(FATES.get(one.fate, N_("did not arrive")))] if one.fate else []
        return (line_said(one, self._workers), *fate)

    def refusal(self, action: Action) -> Text | None:
        """What fits the state it is in."""
        one = self._shown
        if one is None:
            return super().refusal(action)
        if action.id in ("reply", "assign", "promise", "close") and one.state == "closed":
            return T("This ticket is dealt with. u opens it again.")
        if action.id in ("reopen", "rate") and one.state != "closed":
            return T("This ticket is not dealt with yet.")
        if action.id == "rate" and one.satisfaction is not None:
            return T("The member answered already.")
        if action.id in ("reply", "member") and one.member_id is None:
            return T("This ticket has no member.")
        if action.id == "receipt" and one.sale_id is None:
            return T("This ticket is about no receipt.")
        return super().refusal(action)

    def do_member(self) -> None:
        """Open the card."""
        if self._shown is not None and self._shown.member_id is not None:
            self.app.push_screen(routes.member(self._shown.member_id))

    def do_receipt(self) -> None:
        """Open the receipt."""
        if self._shown is not None and self._shown.sale_id is not None:
            self.app.push_screen(routes.receipt(self._shown.sale_id))

    async def do_reply(self) -> None:
        """Ask for the words of a message."""

        async def write(answer: Answer) -> None:
            words = answer.text("words")
            await self.gateway.write(tickets.reply, self._ticket_id, words, by=self.actor, now=clock.now())
            self.changed()

        lines = (T("It leaves as a message in your own words; the ticket then waits for the member."),)
        form = Form(
            "reply", T("What is written to the member?"), lines, (Field("words", N_("message")),), N_("send it")
        )
        await self.ask(form, write)

    async def do_jot(self) -> None:
        """Ask for a note."""

        async def write(answer: Answer) -> None:
            await self.gateway.write(
                tickets.note, self._ticket_id, answer.text("words"), by=self.actor, now=clock.now()
            )
            self.changed()

        await self.ask(Form("note", T("Note for staff"), fields=(Field("words", N_("note")),)), write)

    async def do_assign(self) -> None:
        """Ask who."""
        workers = await self.gateway.read(followups.workers)
        choices: tuple[tuple[str, Words], ...] = (("", T("nobody")), *((str(id), name) for id, name in workers))
        owner = str(self._shown.owner_id or "") if self._shown is not None else ""

        async def write(answer: Answer) -> None:
            who = int(answer.text("who")) if answer.text("who") else None
            await self.gateway.write(tickets.assign, self._ticket_id, who, by=self.actor, now=clock.now())
            self.changed()

        field = Field("who", N_("given to"), "menu", value=owner, choices=choices, required=False)
        await self.ask(Form("assign", T("Who deals with it?"), fields=(field,)), write)

    async def do_promise(self) -> None:
        """Ask for the day."""

        async def write(answer: Answer) -> None:
            on = read_day(answer.text("promised"), field="promised")
            await self.gateway.write(tickets.promise, self._ticket_id, on, by=self.actor, now=clock.now())
            self.changed()

        lines = (T("The member is told. Until the end of that day the ticket is not late."),)
        field = Field("promised", N_("promised for"), "day")
        await self.ask(Form("promise", T("For which day is it promised?"), lines, (field,)), write)

    async def do_close(self) -> None:
        """Ask how it ended."""
        choices = tuple((id, Text(words)) for id, words in OUTCOMES.items())

        async def write(answer: Answer) -> None:
            await self.gateway.write(
                tickets.close, self._ticket_id, answer.text("outcome"), by=self.actor, now=clock.now()
            )
            self.changed()

        field = Field("outcome", N_("how it ended"), "menu", value="solved", choices=choices)
        await self.ask(Form("close", T("How did it end?"), fields=(field,), done=N_("dealt with")), write)

    def do_reopen(self) -> None:
        """Open it again; no question."""
        self.writing(self._reopen)

    async def _reopen(self) -> None:
        await self.gateway.write(tickets.reopen, self._ticket_id, by=self.actor, now=clock.now())
        self.changed()

    async def do_rate(self) -> None:
        """Ask how satisfied they are."""

        async def write(answer: Answer) -> None:
            said = int(answer.text("satisfaction"))
            await self.gateway.write(tickets.rate, self._ticket_id, said, by=self.actor, now=clock.now())
            self.changed()

        field = Field("satisfaction", N_("satisfaction"), "menu", value="4", choices=SATISFACTION)
        await self.ask(Form("rate", T("How satisfied is the member?"), fields=(field,)), write)
