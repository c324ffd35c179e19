"""Care 关怀: every message the shop wrote or wants to write, what became of it, and the way to what writes them."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult

from core.base import phones
from core.base.i18n import N_, T, Text
from core.outreach import delivery, deskwork
from core.outreach.delivery import Rest
from core.outreach.deskwork import OutboxRow, Sought
from core.people import picking
from tui.keymap import OPEN, Action
from tui.screens.alertspage import AlertsPage
from tui.screens.carecalendarpage import CareCalendarPage
from tui.screens.carerulespage import CareRulesPage
from tui.screens.fates import CATEGORIES, CHANNELS, STATES, TEMPLATES, TONES, fate, label, unsaid
from tui.screens.jobs import JobsPage
from tui.screens.lists import moment
from tui.screens.messagedeeds import AGAIN, MARK, WITHDRAW, MessageDeeds
from tui.screens.messagepage import MessagePage
from tui.screens.repliespage import RepliesPage
from tui.screens.suppressionspage import SuppressionsPage
from tui.screens.wordings import WordingsPage
from tui.widgets.columns import Column
from tui.widgets.note import Paragraph
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.pagetable import PageTable, Row, Wanted
from tui.widgets.row import KeyItem, Words
from tui.widgets.tabs import TabLine

PLACES = (
    Action("wordings", ("w",), N_("wordings"), N_("Read and change what messages say."), right="care"),
    Action(
        "rules",
        ("b",),
        N_("rules"),
        N_("For which occasions the shop writes, when, to whom, with which gift."),
        right="care",
    ),
    Action("calendar", ("c",), N_("calendar"), N_("What will go out on each day of a month."), right="care"),
    Action("replies", ("i",), N_("replies"), N_("What customers wrote back, for staff to answer."), right="care"),
    Action("nothing", ("s",), N_("gets nothing"), N_("Addresses that must not be written to."), right="care"),
    Action("alerts", ("a",), N_("alerts"), N_("What staff had to be told, and what still waits."), right="care"),
    Action("jobs", ("j",), N_("jobs"), N_("What runs by itself, when, and how it went.")),
)
"""The pages of the section, in the line above the list."""


@dataclass(frozen=True)
class Asked:
    """What the filter is set to; the member as typed."""

    state: str = ""
    category: str = ""
    member: str = ""
    member_id: int | None = None

    def said(self) -> list[Words]:
        """The same in a few words."""
        found: list[Words] = [Text(STATES[self.state])] if self.state else []
        found += [Text(CATEGORIES[self.category])] if self.category else []
        return [*found, self.member] if self.member else found


class CarePage(MessageDeeds):
    """The outbox, newest first; the text of the selected message and its fate stand below."""

    NAME = N_("Care")
    HELP = N_(
        "Every message with what became of it and why. Only the scheduler sends. Enter shows every step of one; the"
        " line above the list names the other pages of this section."
    )
    RIGHT = "care"
    PERSONAL = True
    EMPTY = N_("No messages. Codes, notices and greetings appear here as they are written.")
    KEYS = (
        OPEN,
        Action("filter", ("f",), N_("filter"), N_("Show only one state, one kind, or one member's."), right="care"),
        AGAIN,
        WITHDRAW,
        MARK,
        Action("wake", ("u",), N_("wake"), N_("Let a channel that rests send again."), right="settings"),
        *PLACES,
    )
    COLUMNS = (
        Column("time", N_("time"), 16, min_width=16),
        Column("to", N_("to"), 14, min_width=8, important=True, stretch=True),
        Column("what", N_("message"), 20, min_width=10),
        Column("category", N_("kind"), 8, min_width=6),
        Column("state", N_("state"), 14, min_width=13),
    )

    def __init__(self) -> None:
        super().__init__()
        self._asked = Asked()
        self._resting: list[Rest] = []

    def lists(self) -> ComposeResult:
        """The pages of the section, channels that rest, and the outbox."""
        yield TabLine(lambda: [KeyItem(one.id, one.keys[0], one.label) for one in PLACES], lambda: "", id="tabs")
        resting = Paragraph(id="resting", classes="resting")
        resting.display = False
        yield resting
        yield from super().lists()

    def message(self) -> OutboxRow | None:
        """The message under the cursor."""
        return self.chosen(OutboxRow)

    async def load(self) -> None:
        """The newest messages, and what rests."""
        await self._rests()
        self.select(" · ".join(map(str, self._asked.said())))
        await super().load()

    async def again(self) -> None:
        """What rests, and what is on the screen."""
        await self._rests()
        await super().again()

    async def _rests(self) -> None:
        self._resting = await self.gateway.read(delivery.resting) if self.actor.may("care") else []
        said = self.query_one("#resting", Paragraph)
        said.say("\n".join(str(_rest(one)) for one in self._resting))
        said.display = bool(self._resting)

    async def fetch(self, wanted: Wanted) -> Sequence[Row]:
        """Messages as they are asked for."""
        last, asked = wanted.after, self._asked
        found = await self.gateway.read(
            deskwork.listing,
            Sought(asked.state, asked.category, asked.member_id),
            by=self.actor,
            before_id=last.id if isinstance(last, OutboxRow) else None,
            limit=wanted.limit,
        )
        return [Row(one, _cells(one), tone=TONES.get(one.state, "")) for one in found]

    def about(self, row: Row) -> Sequence[Words]:
        """What it says and what became of it."""
        if not isinstance(row.key, OutboxRow):
            return ()
        return (row.key.body or unsaid(row.key.template), *fate(row.key.state, row.key.reason))

    def refusal(self, action: Action) -> Text | None:
        """Only what rests can be woken."""
        if action.id == "wake" and not self._resting:
            return T("No channel rests.")
        return super().refusal(action)

    @on(PageTable.RowOpened)
    def _opened(self, message: PageTable.RowOpened) -> None:
        if isinstance(message.row.key, OutboxRow):
            self.app.push_screen(MessagePage(message.row.key))

    async def do_filter(self) -> None:
        """Ask which messages to show."""

        async def show(answer: Answer) -> None:
            typed, member_id = answer.text("member"), None
            if typed:
                hit = await self.gateway.read(picking.one, typed, field="member", by=self.actor)
                typed, member_id = hit.name or typed, hit.id
            self._asked = Asked(answer.text("state"), answer.text("category"), typed, member_id)
            await self.load()

        await self.ask(_form(self._asked), show)

    async def do_wake(self) -> None:
        """Ask before a channel sends again."""
        one = self._resting[0]
        channel = label(CHANNELS, one.channel)
        lines = (_rest(one), T("Look first whether its account and password are right: what waits leaves at once."))
        await self.sure(
            T("Wake “{channel}”?", channel=channel), lines, delivery.wake_channel, one.channel, done=N_("wake")
        )

    def changed(self) -> None:
        """Read again what rests as well."""
        if self.is_there:
            self.reading(self.again)

    def do_wordings(self) -> None:
        """Open the wordings."""
        self.app.push_screen(WordingsPage())

    def do_rules(self) -> None:
        """Open the care rules."""
        self.app.push_screen(CareRulesPage())

    def do_calendar(self) -> None:
        """Open the calendar."""
        self.app.push_screen(CareCalendarPage())

    def do_replies(self) -> None:
        """Open what customers wrote back."""
        self.app.push_screen(RepliesPage())

    def do_nothing(self) -> None:
        """Open the list of those who get nothing."""
        self.app.push_screen(SuppressionsPage())

    def do_alerts(self) -> None:
        """Open what staff had to be told."""
        self.app.push_screen(AlertsPage())

    def do_jobs(self) -> None:
        """Open the jobs."""
        self.app.push_screen(JobsPage())


def _form(asked: Asked) -> Form:
    every: tuple[tuple[str, Words], ...] = (("", T("all")),)
    states = (*every, *((id, Text(words)) for id, words in STATES.items()))
    kinds = (*every, *((id, Text(words)) for id, words in CATEGORIES.items()))
    fields = (
        Field("state", N_("state"), "choice", value=asked.state, choices=states, required=False),
        Field("category", N_("kind"), "choice", value=asked.category, choices=kinds, required=False),
        Field("member", N_("member"), value=asked.member, required=False, hint=N_("phone, card or name")),
    )
    return Form("filter", T("Which messages?"), fields=fields, done=N_("show"), quick=True)


def _rest(one: Rest) -> Text:
    return T("Nothing leaves as “{channel}” since {moment}: {reason}. u wakes it.",
             channel=label(CHANNELS, one.channel), moment=moment(one.at), reason=one.reason)  # fmt: skip


def _cells(one: OutboxRow) -> tuple[Words, ...]:
    to = one.name or phones.national(one.to) or T("no number")
    kind, what = label(CATEGORIES, one.category), label(TEMPLATES, one.template)
    return (moment(one.created_at), to, what, kind, label(STATES, one.state))
