"""Printed links 推广码: what hangs in windows and lies on counters, and what each of them brought."""

from collections.abc import Sequence
from functools import partial

from textual import on

from core.base import clock, settings
from core.base.access import Actor
from core.base.clock import Millis
from core.base.i18n import N_, T, Text
from core.books import rules
from core.keeping import opening
from core.people import sources, staff
from core.people.sources import KINDS, SourceCounts, SourceTerms
from tui.keymap import Action
from tui.screens import papers
from tui.screens.blankcards import BlankCardsPage
from tui.screens.lists import ListPage, cents, whole
from tui.screens.offers import UNTIL
from tui.widgets.columns import Column
from tui.widgets.dates import read_day
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.pagetable import Fetch, PageTable, Row
from tui.widgets.row import Words

NAMES = {"poster": N_("poster"), "advert": N_("advert"), "partner": N_("partner"), "staff": N_("staff")}
STATES = {"running": N_("running"), "coming": N_("coming"), "ended": N_("ended")}


class PrintedPage(ListPage):
    """Every link that was ever made."""

    NAME = N_("Printed links")
    HELP = N_(
        "Codes for posters, adverts, partners and staff: whoever scans one joins on their own phone. Each sends only so"
        " many codes by text a day. p writes the poster; c goes to the cards that are made ahead."
    )
    RIGHT = "marketing"
    ORDERED = True
    NOTED = False
    EMPTY = N_("No printed link yet. n makes one.")
    KEYS = (
        Action("new", ("n",), N_("new"), N_("Make a link with a code of its own."), right="marketing"),
        Action("address", ("enter",), N_("address"), N_("Show the address of the selected link and copy it."),
               right="marketing"),
        Action("budget", ("e",), N_("change"), N_("Change how many codes by text the selected link sends a day."),
               right="marketing"),
        Action("print", ("p",), N_("PDF"), N_("Write the poster of the selected link."), right="marketing"),
        Action("cards", ("c",), N_("cards"), N_("Show the cards that are made ahead."), right="member.edit"),
        Action("end", ("x",), N_("end"), N_("End the selected link; its members stay."), right="marketing",
               danger=True),
    )  # fmt: skip
    COLUMNS = (
        Column("name", N_("name"), 18, min_width=8, important=True, stretch=True),
        Column("kind", N_("kind"), 8, min_width=7),
        Column("store", N_("store"), 14, min_width=6),
        Column("opened", N_("opened"), 7, min_width=6, right=True),
        Column("joined", N_("joined"), 7, min_width=6, right=True),
        Column("bought", N_("bought"), 7, min_width=6, right=True),
        Column("spent", N_("spent"), 13, min_width=10, right=True),
        Column("budget", N_("codes a day"), 11, min_width=5, right=True),
        Column("state", N_("state"), 8, min_width=6),
    )

    def source(self) -> Fetch:
        """The links, those in use first."""
        return whole(lambda: self.gateway.read(sources.listing, by=self.actor), _row)

    def refusal(self, action: Action) -> Text | None:
        """Only what is selected, and has not ended, can be changed."""
        one = self._selected()
        over = one is None or one.link.ended_at is not None
        if over and action.id in ("address", "budget", "print", "end"):
            return T("Select a link that is in use.")
        return super().refusal(action)

    def _selected(self) -> SourceCounts | None:
        return self.chosen(SourceCounts)

    async def do_new(self) -> None:
        """Ask what carries it, and in which store."""
        stores = await self.gateway.read(opening.stores_of, self.actor)
        people = await self.gateway.read(_people, stores)

        async def make(answer: Answer) -> None:
            await self.gateway.write(_create, answer, self.actor, clock.now())
            self.changed()

        carried: tuple[tuple[str, Words], ...] = tuple((kind, Text(NAMES[kind])) for kind in KINDS if kind != "staff")
        carried += tuple((str(id), name) for id, name in people)
        fields = (
            Field("name", N_("name"), hint=N_("where it hangs")),
            Field("kind", N_("carried by"), "choice", choices=carried),
            Field("store", N_("store"), "choice", choices=tuple((str(id), name) for id, name in stores)),
            Field("budget", N_("codes a day"), "number", value=sources.BUDGET),
            UNTIL,
        )
        lines = (T("Who joins by it belongs to the store; a staff member who carries it is credited."),)
        await self.ask(Form("source", T("New printed link"), lines, fields, done=N_("make")), make)

    async def do_address(self) -> None:
        """Show where the link leads."""
        if (one := self._selected()) is None:
            return
        url = sources.url(one.link, settings.current().base_url)

        async def copy(answer: Answer) -> None:
            self.app.copy_to_clipboard(url)
            self.office.tell(T("The address is in this terminal's clipboard."))

        lines: tuple[Words, ...] = (
            url,
            T("{codes} codes by text until now; Enter copies the address.", codes=one.codes),
        )
        await self.ask(Form("address", one.link.name, lines, done=N_("copy")), copy)

    @on(PageTable.RowOpened)
    async def _opened(self, message: PageTable.RowOpened) -> None:
        message.stop()
        await self.act("address")

    async def do_budget(self) -> None:
        """Ask how many."""
        if (one := self._selected()) is None:
            return

        async def write(answer: Answer) -> None:
            budget = answer.number("budget") or 0
            await self.gateway.write(sources.set_budget, one.link.id, budget, by=self.actor, now=clock.now())
            self.changed()

        field = Field("budget", N_("codes a day"), "number", value=one.link.daily_budget)
        lines = (T("When they are used up, the page offers a card without a number until midnight."),)
        await self.ask(Form("budget", one.link.name, lines, (field,)), write)

    async def do_print(self) -> None:
        """Write the poster."""
        if (one := self._selected()) is None:
            return
        headline = Field("headline", N_("headline"), required=False, hint=N_("Become a regular"))
        await papers.ask(self, f"poster-{one.link.code}.pdf", partial(papers.poster, one.link.id), headline)

    def do_cards(self) -> None:
        """Go to the cards."""
        self.app.push_screen(BlankCardsPage())

    async def do_end(self) -> None:
        """Ask before a link ends."""
        if (one := self._selected()) is None:
            return
        lines = (T("What is printed cannot be called back: whoever scans it is told that it ended."),)
        end = partial(sources.end, one.link.id)
        await self.sure(T("End “{name}” now?", name=one.link.name), lines, end, done=N_("end"))


def _people(stores: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
    """Who of the staff may carry a link: everyone who sells in one of these stores, each once."""
    return list({id: name for store_id, _name in stores for id, name in staff.sellers(store_id)}.items())


def _create(answer: Answer, by: Actor, now: Millis) -> int:
    """Make a link from a filled-in form. Raises: what `sources.create` raises."""
    kind, until = answer.text("kind"), answer.text("until")
    zone = rules.current(now=now).zone
    terms = SourceTerms(
        "staff" if kind.isdigit() else next(one for one in KINDS if one == kind),
        int(answer.text("store")),
        staff_id=int(kind) if kind.isdigit() else None,
        daily_budget=answer.number("budget") or 0,
        until_at=clock.end_of(read_day(until, field="until"), zone) if until else None,
    )
    return sources.create(answer.text("name"), terms, by=by, now=now).id


def _row(one: SourceCounts) -> Row:
    state = one.link.state(clock.now())
    cells: tuple[Words, ...] = (
        one.link.name,
        one.staff or Text(NAMES[one.link.kind]),
        one.store,
        f"{one.opened:,}",
        f"{one.joined:,}",
        f"{one.bought:,}",
        cents(one.spent_cents),
        f"{one.link.daily_budget:,}",
        Text(STATES[state]),
    )
    return Row(one, cells, tone="quiet" if state == "ended" else "")
