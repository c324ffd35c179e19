"""Today 今日: the figures a manager looks at first; Enter on a line opens the list behind it."""

from collections.abc import Sequence

from textual import events
from textual.app import ComposeResult

from core.base import clock
from core.base.i18n import N_, T, _, date_shown, scope, written
from core.books import audit
from core.keeping import firstday
from core.keeping.golive import Step, open_steps
from core.reports import today
from core.reports.today import Today
from tui.keymap import Action
from tui.page import Page
from tui.sections import lazy
from tui.widgets.charts import Drawing, hbars, sparkline
from tui.widgets.row import Words, rich
from tui.widgets.tile import Tile

LOOK_S = 5
"""Between two looks whether anything was written."""
BEHIND = {
    "takings": "reports",
    "sales": "reports",
    "joined": "members",
    "points": "members",
    "wallet": "members",
    "messages": "care",
    "leaving": "churn",
    "birthdays": "care",
}


SOMETIMES = ("bookings", "low", "first_day")
"""Lines that show while there is something to say."""
PAGES = {
    "first_day": "tui.screens.firstday:FirstDayPage",
    "tasks": "tui.screens.taskspage:TasksPage",
    "tickets": "tui.screens.ticketspage:TicketsPage",
    "bookings": "tui.screens.bookingspage:BookingsPage",
    "low": "tui.screens.stockroom:LowPage",
}
"""Lists that are no section of their own."""


def cents(amount: int) -> str:
    """An amount with the shop's sign."""
    return written("amount_cents", amount)


class TodayPage(Page):
    """Takings against the same weekday, members, points, stored value, messages, warnings, what is to do, birthdays."""

    NAME = N_("Today")
    HELP = N_("The figures of the business day. Enter opens the list behind a line.")
    KEYS = (
        Action("open", ("enter",), N_("open"), N_("Open the list behind this line.")),
        Action("refresh", ("r",), N_("refresh"), N_("Read the figures again.")),
    )

    def body(self) -> ComposeResult:
        """A line for each figure, and takings by hour."""
        for id, label in (
            ("takings", T("takings")),
            ("sales", T("sales")),
            ("joined", T("new members")),
            ("points", T("points")),
            ("wallet", T("stored value")),
            ("messages", T("messages")),
            ("leaving", T("leaving")),
            ("tasks", T("tasks")),
            ("tickets", T("tickets")),
            ("birthdays", T("birthdays")),
            ("bookings", T("bookings today")),
            ("low", T("running low")),
            ("first_day", T("first day")),
        ):
            tile = Tile(label, id=id, label_cells=14, figure_cells=13)
            tile.display = id not in SOMETIMES
            yield tile
        yield Drawing(lambda cells: [], id="hours")

    def __init__(self, *, look_s: float = LOOK_S) -> None:
        super().__init__()
        self._look_s = look_s
        self._day: Today | None = None
        self._mark: tuple[int, int, int] = (0, 0, 0)
        self._read_at = clock.now()

    def on_mount(self) -> None:
        """Read the figures, and look now and then whether anything was written since."""
        self.query(Tile).first().focus()
        self.reading(self._read)
        self.set_interval(self._look_s, self._look)

    def on_screen_resume(self) -> None:
        """Coming back, read again."""
        self.reading(self._read)

    def do_refresh(self) -> None:
        """Read again."""
        self.reading(self._read)

    def resay(self) -> None:
        """The figures are said again in the language of now."""
        super().resay()
        if self._day is not None:
            self._show(self._day)

    def _look(self) -> None:
        if self.is_current:
            self.reading(self._read_if_changed)

    async def _read_if_changed(self) -> None:
        """Nothing is drawn, and nothing added up, while nobody writes."""
        if await self._marked() != self._mark:
            await self._read()

    async def _marked(self) -> tuple[int, int, int]:
        """What the figures stand on: the newest line of the log, and the hour for those against last week."""
        return (*await self.gateway.read(audit.mark), clock.now() // clock.HOUR)

    async def _read(self) -> None:
        self._mark = await self._marked()
        day = await self.gateway.read(today.today, by=self.actor, now=clock.now())
        self._show_steps(await self.gateway.read(firstday.waiting, by=self.actor, now=clock.now()))
        if day != self._day:
            self._day, self._read_at = day, clock.now()
            self._show(day)

    def _show(self, day: Today) -> None:
        stores = day.stores[0][1] if len(day.stores) == 1 else _("{count} stores", count=len(day.stores))
        at = f"{clock.local(self._read_at, scope().zone):%H:%M}"
        self.select(f"{date_shown(day.day)} · {stores} · " + _("as of {time}", time=at))
        figures: dict[str, tuple[Words, Words]] = {
            "takings": (cents(day.takings_cents), _against(day)),
            "sales": (f"{day.sales:,}", T("{share_bp} with a member", share_bp=day.member_share_bp // 100 * 100)),
            "joined": (f"{day.new_members:,}", T("{count} at the kiosk", count=day.new_at_kiosk)),
            "points": (f"+{day.points_given:,}", T("−{used} used", used=day.points_used)),
            "wallet": (
                f"+{cents(day.wallet_in_cents)}",
                T("{out_cents} used · {owed_cents} owed in all", out_cents=day.wallet_out_cents,
                  owed_cents=day.wallet_owed_cents),
            ),
            "messages": (
                f"{day.messages_sent:,}",
                T(
                    "sent · {failed} failed · {waiting} waiting",
                    failed=day.messages_failed,
                    waiting=day.messages_waiting,
                ),
            ),
            "leaving": (f"{day.warnings:,}", T("worth {loss_cents} a month", loss_cents=day.warnings_loss_cents)),
            "tasks": (f"{day.tasks_due:,}", T("due · {late} late", late=day.tasks_late)),
            "tickets": (f"{day.tickets_open:,}", T("open · {late} late", late=day.tickets_late)),
            "birthdays": (f"{day.birthdays:,}", T("greeted today")),
        }  # fmt: skip
        for id, (figure, note) in figures.items():
            self.query_one(f"#{id}", Tile).show(figure, note)
        self._show_sometimes(day)
        self.query_one("#hours", Drawing).draw(lambda width: _hours(day, width))

    def _show_sometimes(self, day: Today) -> None:
        """Bookings where services are booked, goods where some run low."""
        tile, left = self.query_one("#bookings", Tile), day.bookings
        tile.display = left is not None
        if left is not None:
            said = T("to come · {here} here", here=left.arrived)
            if left.next is not None:
                said = T("to come · {here} here · next {time} {staff}", here=left.arrived, time=left.next.time,
                         staff=left.next.staff)  # fmt: skip
            tile.show(f"{left.booked:,}", said)
        low = self.query_one("#low", Tile)
        low.display = day.goods_low > 0
        low.show(f"{day.goods_low:,}", T("goods of which a store has less than it should"))

    def _show_steps(self, steps: tuple[Step, ...] | None) -> None:
        """One line while a new shop has something left to do."""
        tile, left = self.query_one("#first_day", Tile), open_steps(steps or ())
        tile.display = bool(left)
        if steps and left:
            done = _("{done} of {count}", done=len(steps) - len(left), count=len(steps))
            tile.show(done, T("done · next: {step}", step=left[0].title))

    async def on_tile_opened(self, message: Tile.Opened) -> None:
        """Go to the section behind a figure."""
        message.stop()
        id = message.tile.id or ""
        if id in PAGES:
            self.app.push_screen(lazy(PAGES[id])())
        else:
            await self.office.act(f"section_{BEHIND[id]}")

    def on_key(self, event: events.Key) -> None:
        """Arrow keys go from line to line."""
        if event.key in ("up", "down"):
            self.focus_next(Tile) if event.key == "down" else self.focus_previous(Tile)
            event.stop()


def _open_hours(by_hour: Sequence[int]) -> Sequence[int]:
    """From seven to ten in the evening, and every hour outside in which something was sold."""
    sold = [hour for hour, amount in enumerate(by_hour) if amount]
    return by_hour[min([7, *sold]) : max([22, *sold]) + 1]


def _against(day: Today) -> Words:
    spark = sparkline(_open_hours(day.by_hour_cents))
    change = day.against_last_week_bp
    spark.append("  ")
    if change is None:
        spark.append(_("nothing a week ago"), "quiet")
        return spark
    spark.append(_("a week ago by now {then_cents}", then_cents=day.last_week_cents), "quiet")
    spark.append(f"  {change / 100:+.1f} %", "good" if change >= 0 else "warn")
    return spark


def _hours(day: Today, width: int) -> list:  # type: ignore[type-arg]
    open_hours = [(hour, amount) for hour, amount in enumerate(day.by_hour_cents) if amount]
    if not open_hours:
        return []
    lines = [rich(""), rich(_("takings by hour"))]
    lines[1].stylize("quiet")
    return lines + hbars([(f"{hour:02d}:00", amount, cents(amount)) for hour, amount in open_hours], min(width, 76))
