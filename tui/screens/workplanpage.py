"""Working hours 排班 and the times of services: the weekly plan, days that differ, and what can be booked by whom."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual import on

from core.base import clock
from core.base.clock import Millis
from core.base.i18n import N_, T, Text, _
from core.keeping import opening
from core.service import bookinghours, bookinglists
from core.service.bookinghours import Planned, Service, ServiceTerms, hours_shown, read_hours
from tui.keymap import OPEN, Action
from tui.screens.lists import YES_NO, cents, day
from tui.screens.tabbed import Tab, TabbedPage
from tui.widgets.columns import Column
from tui.widgets.dates import read_day
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.pagetable import PageTable, Row, Wanted
from tui.widgets.row import Words

WEEKDAYS = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))
LATE = N_("{count} coming bookings now lie outside of these hours: call them, or move them.")


@dataclass(frozen=True)
class _Unset:
    """A service that is sold and cannot be booked yet."""

    product_id: int
    name: str


class WorkPlanPage(TabbedPage):
    """Who works when at a store; and which services take how long, by whom."""

    NAME = N_("Working hours")
    HELP = N_(
        "The plan by which times are offered. Enter changes a person's week, or how a service is booked; d sets other"
        " hours on one day, or a day off. Hours are written as 10:00-13:00 14:00-19:30; empty is off."
    )
    RIGHT = "service"
    TABS = (
        Tab("hours", "h", N_("work plan"), N_("Who works when."), (
            Column("name", N_("name"), 10, min_width=8, important=True),
            *(Column(f"day{at}", name, 11, min_width=5) for at, name in enumerate(WEEKDAYS)),
        ), N_("Nobody works here yet. Add an account under Settings, staff.")),
        Tab("services", "s", N_("services"), N_("What can be booked, how long it takes and who does it."), (
            Column("name", N_("service"), 16, min_width=8, important=True, stretch=True),
            Column("minutes", N_("minutes"), 9, right=True, min_width=5),
            Column("buffer", N_("tidying up"), 11, right=True, min_width=5),
            Column("phone", N_("on the phone"), 13, min_width=4),
            Column("staff", N_("staff"), 24, min_width=8),
            Column("price", N_("price"), 10, right=True, min_width=7),
        ), N_("No service is sold yet. Add one under Goods, of the kind service.")),
    )  # fmt: skip
    KEYS = (
        OPEN,
        Action("one_day", ("d",), N_("one day"), N_("Other hours on one day, or a day off."), right="settings"),
        Action("weekly", ("u",), N_("as weekly"), N_("Let the weekly plan hold on a day again."), right="settings"),
        Action("stop", ("x",), N_("not booked"), N_("Let a service be booked no more."), right="settings"),
        Action("store", ("t",), N_("store"), N_("Show the next store.")),
    )

    def __init__(self) -> None:
        super().__init__()
        self._stores: list[tuple[int, str]] = []
        self._at = 0

    async def load(self) -> None:
        """The stores somebody works in, and the list that is shown."""
        if not self._stores:
            self._stores = await self.gateway.read(opening.stores_of, self.actor)
        self.select(self._stores[self._at][1] if self._stores else "")
        await super().load()

    async def fetch(self, wanted: Wanted) -> Sequence[Row]:
        """People with their week, or services."""
        if not self._stores:
            return ()
        if self.shown == "hours":
            found = await self.gateway.read(_plan, self._stores[self._at][0], clock.now())
            rows = [Row(one, (one.name, *(_hours(hours) for hours in one.week))) for one in found]
        else:
            services, unset = await self.gateway.read(_services)
            rows = [Row(one, _cells(one)) for one in services]
            rows += [Row(one, (one.name, "—", "—", "—", "—", "—"), tone="quiet") for one in unset]
        return rows[wanted.start : wanted.start + wanted.limit]

    def about(self, row: Row) -> Sequence[Words]:
        """Days with a pause in full, those that differ; how a service begins to be booked."""
        if isinstance(row.key, Planned):
            return [
                *_paused(row.key),
                *(
                    T("{day}: {hours}", day=day(on), hours=hours_shown(hours) or _("off"))
                    for on, hours in row.key.changes[:4]
                ),
            ]
        if isinstance(row.key, _Unset):
            return (T("Cannot be booked yet: enter sets its time and who does it."),)
        return ()

    def refusal(self, action: Action) -> Text | None:
        """Days belong to people, stopping to services."""
        row = self.table.row
        if action.id in ("one_day", "weekly") and (row is None or not isinstance(row.key, Planned)):
            return T("Choose a person first: h shows them.")
        if action.id == "stop" and (row is None or not isinstance(row.key, Service)):
            return T("Choose a service that can be booked: s shows them.")
        if action.id == "store" and len(self._stores) < 2:
            return T("There is one store only.")
        return super().refusal(action)

    @on(PageTable.RowOpened)
    async def _opened(self, message: PageTable.RowOpened) -> None:
        key = message.row.key
        if isinstance(key, Planned):
            await self._ask_week(key)
        elif isinstance(key, Service | _Unset):
            await self._ask_service(key)

    @property
    def _person(self) -> Planned | None:
        return self.chosen(Planned)

    async def _ask_week(self, one: Planned) -> None:
        async def write(answer: Answer) -> None:
            week = [read_hours(answer.text(f"day{at}")) for at in range(7)]
            store_id = self._stores[self._at][0]
            await self._said(
                await self.gateway.write(
                    bookinghours.set_week, one.staff_id, store_id, week, by=self.actor, now=clock.now()
                )
            )

        fields = tuple(
            Field(f"day{at}", name, value=hours_shown(one.week[at]), required=False) for at, name in enumerate(WEEKDAYS)
        )
        await self.ask(Form("week", T("The week of {name}", name=one.name), (), fields), write)

    async def _said(self, outside: int) -> None:
        if outside:
            self.office.tell(T(LATE, count=outside))
        self.changed()

    async def _ask_service(self, one: Service | _Unset) -> None:
        people = await self.gateway.read(_people)
        known = one if isinstance(one, Service) else None
        doing = " ".join(str(id) for id, _name in known.staff) if known else " ".join(id for id, _name in people)

        async def write(answer: Answer) -> None:
            terms = ServiceTerms(
                answer.number("minutes") or 0,
                answer.number("buffer") or 0,
                answer.text("phone") == "yes",
                tuple(int(id) for id in answer.text("staff").split()),
            )
            await self.gateway.write(bookinghours.set_service, one.product_id, terms, by=self.actor, now=clock.now())
            self.changed()

        fields = (
            Field("minutes", N_("minutes"), "number", value=known.minutes if known else 60),
            Field("buffer", N_("tidying up"), "number", value=known.buffer_minutes if known else 0, required=False,
                  hint=N_("minutes to tidy up")),
            Field("phone", N_("on the phone"), "choice", value="no" if known and not known.on_phone else "yes",
                  choices=YES_NO),
            Field("staff", N_("staff"), "several", value=doing, choices=people, required=False),
        )  # fmt: skip
        await self.ask(Form("service", T("How is {service} booked?", service=one.name), (), fields), write)

    async def do_one_day(self) -> None:
        """Ask for the day and its hours."""
        if (one := self._person) is None:
            return

        async def write(answer: Answer) -> None:
            on, hours = read_day(answer.text("day"), field="day"), read_hours(answer.text("hours"))
            store_id = self._stores[self._at][0]
            await self._said(await self.gateway.write(
                bookinghours.set_day, one.staff_id, on, hours, store_id=store_id, by=self.actor, now=clock.now()
            ))  # fmt: skip

        fields = (
            Field("day", N_("day"), "day"),
            Field("hours", N_("hours"), required=False, hint=N_("empty: off")),
        )
        await self.ask(Form("one_day", T("Which hours has {name} on one day?", name=one.name), (), fields), write)

    async def do_weekly(self) -> None:
        """Ask for the day."""
        if (one := self._person) is None:
            return

        async def write(answer: Answer) -> None:
            on = read_day(answer.text("day"), field="day")
            await self._said(
                await self.gateway.write(bookinghours.clear_day, one.staff_id, on, by=self.actor, now=clock.now())
            )

        value = f"{one.changes[0][0]:%Y-%m-%d}" if one.changes else ""
        fields = (Field("day", N_("day"), "day", value=value),)
        await self.ask(
            Form("weekly", T("On which day does the week of {name} hold again?", name=one.name), (), fields), write
        )

    async def do_stop(self) -> None:
        """Ask before it is booked no more."""
        row = self.table.row
        if row is not None and isinstance(row.key, Service):
            title = T("Let {service} be booked no more?", service=row.key.name)
            await self.sure(title, (T("Bookings that were made stay."),), bookinghours.end_service, row.key.product_id,
                            done=N_("end it"))  # fmt: skip

    def do_store(self) -> None:
        """The next store."""
        self._at = (self._at + 1) % len(self._stores)
        self.reading(self.load)


def _plan(store_id: int, now: Millis) -> list[Planned]:
    return bookinghours.plan(store_id, today=clock.day_of(now, bookinglists.zone_of(store_id)))


def _services() -> tuple[list[Service], list[_Unset]]:
    return bookinghours.services(), [_Unset(id, name) for id, name in bookinghours.unset()]


def _people() -> tuple[tuple[str, Words], ...]:
    return tuple((str(id), name) for id, name in bookinghours.workers())


def _hours(hours: Sequence[tuple[int, int]]) -> str:
    """Hours as short as they can be said: '10-13 14-19:30'."""
    return hours_shown(hours).replace(":00", "") if hours else "—"


def _paused(one: Planned) -> list[Words]:
    """Weekdays with a pause, whose hours may not fit their column: 'Mon Tue: 10-13 14-18'."""
    days: dict[str, list[str]] = {}
    for name, hours in zip(WEEKDAYS, one.week, strict=True):
        if len(hours) > 1:
            days.setdefault(_hours(hours), []).append(_(name))
    return [T("{day}: {hours}", day=" ".join(names), hours=hours) for hours, names in days.items()]


def _cells(one: Service) -> tuple[Words, ...]:
    who = _(", ").join(name for _id, name in one.staff)
    on_phone = T("yes") if one.on_phone else T("no")
    return (one.name, str(one.minutes), str(one.buffer_minutes or "—"), on_phone, who or "—", cents(one.price_cents))
