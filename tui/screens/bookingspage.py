"""Bookings 预约: a day at a store: a list of who comes when, and on a wide screen its picture by person and hour."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from rich.text import Text as RichText
from textual import on
from textual.app import ComposeResult

from core.base import clock, phones
from core.base.access import Actor
from core.base.clock import Millis
from core.base.i18n import N_, T, Text, _
from core.keeping import opening
from core.service import bookingends, bookinglists, bookings
from core.service.bookinglists import STATES, Booking, Person
from tui import routes
from tui.keymap import OPEN, Action
from tui.screens import bookingforms
from tui.screens.bookingforms import Place
from tui.screens.bookinggrid import TONES, grid
from tui.screens.lists import ListPage, day
from tui.screens.workplanpage import WorkPlanPage
from tui.widgets.charts import Drawing
from tui.widgets.columns import Column
from tui.widgets.dates import read_day
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.pagetable import PageTable, Row, Wanted
from tui.widgets.row import Words

WIDE, HIGH = 100, 34
"""From this size on the picture stands above the list."""
LIST_ROWS = 16
"""So many rows the list and what is around it keep."""
ONE = {"arrive", "no_show", "move", "cancel", "done"}


class BookingsPage(ListPage):
    """The bookings of one day at one store."""

    NAME = N_("Bookings")
    HELP = N_(
        "Who comes when, to whom and for what. n books: the member is found by typing, and times that are free are"
        " offered. Who is here is noted with a; their service goes on the till with ctrl+x there. Nobody here by the"
        " end of their time counts as not come."
    )
    RIGHT = "service"
    PERSONAL = True
    EMPTY = N_("Nothing is booked on this day. Press n to book.")
    KEYS = (
        OPEN,
        Action("new", ("n",), N_("new"), N_("Book a service for a member, or for a name.")),
        Action("arrive", ("a",), N_("here"), N_("Note that they are here.")),
        Action("move", ("m",), N_("move"), N_("Move the booking to another time or person.")),
        Action("done", ("d",), N_("done"), N_("Note that the service was done, where no sale says so.")),
        Action("no_show", ("x",), N_("not come"), N_("Note that nobody came.")),
        Action("cancel", ("c",), N_("cancel"), N_("Cancel the booking.")),
        Action("earlier", ("left",), N_("day before"), N_("Show the day before.")),
        Action("later", ("right",), N_("day after"), N_("Show the day after.")),
        Action("today", ("t",), N_("day"), N_("Show another day, or today.")),
        Action("store", ("s",), N_("store"), N_("Show the next store.")),
        Action("plan", ("w",), N_("work plan"), N_("Working hours, days off, and the times of services.")),
    )
    COLUMNS = (
        Column("time", N_("time"), 11, min_width=11),
        Column("name", N_("name"), 12, min_width=8, important=True, stretch=True),
        Column("service", N_("service"), 14, min_width=10),
        Column("staff", N_("staff"), 10, min_width=8),
        Column("state", N_("state"), 12, min_width=12),
        Column("phone", N_("phone"), 12, min_width=11),
    )

    def __init__(self) -> None:
        super().__init__()
        self._stores: list[tuple[int, str]] = []
        self._at = 0
        self._on: date | None = None
        self._zone = "UTC"
        self._booked: list[Booking] = []
        self._people: list[Person] = []

    def lists(self) -> ComposeResult:
        """The picture, where there is room, and the list."""
        drawing = Drawing(self._picture, id="grid")
        drawing.display = False
        yield drawing
        yield from super().lists()

    def on_resize(self) -> None:
        """Room for the picture came or went."""
        self._draw()

    async def load(self) -> None:
        """The stores somebody works in, today, and the bookings."""
        if self.actor.may("service") and not self._stores:
            self._stores = await self.gateway.read(opening.stores_of, self.actor)
        await self._read()
        await super().load()
        self._draw()

    async def again(self) -> None:
        """The same after something changed."""
        await self._reread()

    async def _reread(self) -> None:
        await self._read()
        await super()._reread()
        self._draw()

    async def _read(self) -> None:
        if not self._stores:
            return
        found = await self.gateway.read(_read, self.store_id, self._on, self.actor, clock.now())
        self._zone, self._on, self._booked, self._people = found
        self.select(f"{self._stores[self._at][1]} · {day(self._on)}")

    @property
    def store_id(self) -> int:
        """The store that is shown."""
        return self._stores[self._at][0]

    @property
    def place(self) -> Place:
        """Store and day that are shown."""
        return Place(self.store_id, self._zone, self._on or clock.day_of(clock.now(), self._zone))

    async def fetch(self, wanted: Wanted) -> Sequence[Row]:
        """The bookings of the day."""
        rows = [Row(one, _cells(one), tone=TONES[one.state].replace("text", "")) for one in self._booked]
        return rows[wanted.start : wanted.start + wanted.limit]

    def _draw(self) -> None:
        drawing = self.query_one("#grid", Drawing)
        drawing.display = self.size.width >= WIDE and self.size.height >= HIGH and self.table.display
        drawing.draw(self._picture)

    def _picture(self, cells: int) -> list[RichText]:
        one = self._selected
        size = (cells, self.size.height - LIST_ROWS)
        return grid(self._people, self._booked, self._zone, size, one.id if one else 0)

    def about(self, row: Row) -> Sequence[Words]:
        """Until when, and what was noted; the picture marks it too."""
        one = row.key
        if not isinstance(one, Booking):
            return ()
        self._draw()
        until = T("until {until}, booked {made_at}", until=one.until, made_at=one.made_at)
        return (until, *([one.note] if one.note else ()))

    @property
    def _selected(self) -> Booking | None:
        row = self.table.row if self.is_mounted else None
        return row.key if row is not None and isinstance(row.key, Booking) else None

    def refusal(self, action: Action) -> Text | None:
        """What is done with a booking needs one, and one that is not over."""
        one = self._selected
        if action.id in ONE or action.id == "open":
            if one is None:
                return T("The list is empty.")
            if action.id == "open" and one.member_id is None:
                return T("This booking is for somebody who is no member.")
        if action.id == "store" and len(self._stores) < 2:
            return T("There is one store only.")
        return super().refusal(action)

    @on(PageTable.RowOpened)
    def _opened(self, message: PageTable.RowOpened) -> None:
        one = message.row.key
        if isinstance(one, Booking) and one.member_id is not None:
            self.app.push_screen(routes.member(one.member_id))

    # --- keys ------------------------------------------------------------------------------------------

    def do_new(self) -> None:
        """Book."""
        if self._stores:
            self.reading(bookingforms.ask_new, self, self.place)

    def do_arrive(self) -> None:
        """They are here."""
        self._note(bookingends.arrive)

    def do_done(self) -> None:
        """The service was done."""
        self._note(bookingends.finish)

    def _note(self, verb: Callable[..., None]) -> None:
        if (one := self._selected) is not None:
            self.writing(self._write, verb, one.id)

    async def _write(self, verb: Callable[..., None], booking_id: int) -> None:
        await self.gateway.write(verb, booking_id, by=self.actor, now=clock.now())
        self.changed()

    def do_move(self) -> None:
        """Another time."""
        if (one := self._selected) is not None:
            self.reading(bookingforms.ask_move, self, one)

    async def do_no_show(self) -> None:
        """Ask before it counts."""
        if (one := self._selected) is not None:
            title = T("Did {name} not come at {time}?", name=_named(one), time=one.time)
            await self.sure(title, (T("It counts for whether they may book alone."),), bookingends.no_show, one.id,
                            done=N_("not come"))  # fmt: skip

    async def do_cancel(self) -> None:
        """Ask before it is free again."""
        if (one := self._selected) is not None:
            title = T("Cancel {name} at {time}?", name=_named(one), time=one.time)
            await self.sure(title, (T("The member is told; the time is free again."),), bookings.cancel, one.id,
                            done=N_("cancel it"))  # fmt: skip

    def do_earlier(self) -> None:
        """The day before."""
        self._go(-1)

    def do_later(self) -> None:
        """The day after."""
        self._go(1)

    def _go(self, days: int) -> None:
        if self._stores:
            self._on = self.place.on + timedelta(days=days)
            self.reading(self.load)

    async def do_today(self) -> None:
        """Ask for a day; nothing typed is today."""

        async def show(answer: Answer) -> None:
            self._on = read_day(answer.text("day"), field="day") if answer.text("day") else None
            self.reading(self.load)

        fields = (Field("day", N_("day"), "day", required=False, hint=N_("empty: today")),)
        await self.ask(Form("day", T("Which day?"), (), fields, done=N_("show"), quick=True), show)

    def do_store(self) -> None:
        """The next store."""
        self._at = (self._at + 1) % len(self._stores)
        self.reading(self.load)

    def do_plan(self) -> None:
        """Hours and services."""
        self.app.push_screen(WorkPlanPage())


def _read(
    store_id: int, on: date | None, by: Actor, now: Millis
) -> tuple[str, date, list[Booking], list[Person]]:  # fmt: skip
    zone = bookinglists.zone_of(store_id)
    on = on or clock.day_of(now, zone)
    return zone, on, bookinglists.day(store_id, on, by=by), bookinglists.people(store_id, on)


def _named(one: Booking) -> str:
    return one.name or phones.national(one.phone) or _("without a name")


def _cells(one: Booking) -> tuple[Words, ...]:
    return (
        f"{one.time}-{one.until}",
        _named(one),
        one.service,
        one.staff,
        Text(STATES[one.state]),
        phones.national(one.phone),
    )
