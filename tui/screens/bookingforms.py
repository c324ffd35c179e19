"""Forms of bookings: for whom, what, by whom and on which day; then one of the times that are free."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date

from core.base import clock
from core.base.access import Actor
from core.base.clock import Millis
from core.base.errors import Refused
from core.base.i18n import N_, T, _
from core.people import picking
from core.service import bookinghours, bookings
from core.service.bookinghours import Service
from core.service.bookinglists import Booking, time_shown
from core.service.bookings import Free, Wanted
from tui.screens.lists import ListPage, day
from tui.widgets.dates import read_day
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.row import Words

Chosen = Callable[[Millis, int | None, str], Awaitable[None]]
"""What is done with a time, who does it, and the key of the form."""


class DayFull(Refused):
    """Nothing is free on the day asked for."""

    code = "day_full"
    text = N_("Nothing is free on {day}. Choose another day, or another person.")


class NoServices(Refused):
    """Nothing can be booked yet."""

    code = "no_services_booked"
    text = N_("No service can be booked yet. Press w, then s, and set the time of one.")


@dataclass(frozen=True)
class Place:
    """The store whose day is shown, with its zone, and the day."""

    store_id: int
    zone: str
    on: date


async def ask_new(page: ListPage, place: Place) -> None:
    """Ask for a booking, then for its time."""
    services = await page.gateway.read(bookinghours.services)
    if not services:
        raise NoServices()

    async def asked(answer: Answer) -> None:
        wanted = await page.gateway.read(_wanted, answer, place, page.actor)

        async def book(from_at: Millis, staff_id: int | None, key: str) -> None:
            given = Wanted(**{**vars(wanted), "from_at": from_at, "staff_id": staff_id})
            await page.gateway.write(bookings.book, given, by=page.actor, now=clock.now(), key=key)
            page.changed()

        on = read_day(answer.text("day"), field="day")
        await _ask_time(page, (wanted.product_id, wanted.staff_id, 0), Place(place.store_id, place.zone, on), book)

    fields = (
        Field("service", N_("service"), "choice", choices=tuple((str(one.product_id), one.name) for one in services)),
        Field("member", N_("member"), required=False, hint=N_("phone, card or name")),
        Field("name", N_("or name"), required=False, hint=N_("of who is no member")),
        Field("phone", N_("phone"), required=False),
        Field("who", N_("staff"), "choice", choices=_people(services), required=False),
        Field("day", N_("day"), "day", value=f"{place.on:%Y-%m-%d}"),
        Field("note", N_("note"), required=False),
    )
    await page.ask(Form("booking", T("New booking"), (), fields, done=N_("next"), quick=True), asked)


def _people(services: Sequence[Service]) -> tuple[tuple[str, Words], ...]:
    people = dict.fromkeys(one for service in services for one in service.staff)
    return (("", T("anyone")), *((str(id), name) for id, name in people))


def _wanted(answer: Answer, place: Place, by: Actor) -> Wanted:
    typed = answer.text("member")
    member_id = picking.one(typed, field="member", by=by).id if typed else None
    return Wanted(
        place.store_id,
        int(answer.text("service")),
        Millis(0),
        int(answer.text("who")) if answer.text("who") else None,
        member_id,
        answer.text("name"),
        answer.text("phone"),
        answer.text("note"),
    )


async def ask_move(page: ListPage, one: Booking) -> None:
    """Ask for another day and person, then for the time."""
    service = await page.gateway.read(bookinghours.service, one.product_id)

    async def asked(answer: Answer) -> None:
        async def move(from_at: Millis, staff_id: int | None, key: str) -> None:
            await page.gateway.write(
                bookings.move, one.id, from_at, staff_id=staff_id, by=page.actor, now=clock.now()
            )  # fmt: skip
            page.changed()

        on, who = read_day(answer.text("day"), field="day"), answer.text("who")
        sought = (one.product_id, int(who) if who else None, one.id)
        await _ask_time(page, sought, Place(one.store_id, one.zone, on), move)

    fields = (
        Field("day", N_("day"), "day", value=f"{one.on:%Y-%m-%d}"),
        Field("who", N_("staff"), "choice", value=str(one.staff_id), choices=_people([service]), required=False),
    )
    title = T("Move {name}, {time} {service}", name=one.name or _("without a name"), time=one.time, service=one.service)
    await page.ask(Form("move", title, (), fields, done=N_("next"), quick=True), asked)


async def _ask_time(page: ListPage, sought: tuple[int, int | None, int], place: Place, then: Chosen) -> None:
    """Offer what is free for a service and person, leaving out one booking. Raises: DayFull."""
    product_id, staff_id, besides = sought
    found: list[Free] = await page.gateway.read(
        bookings.free, product_id, place.store_id, place.on, staff_id=staff_id, besides=besides, by=page.actor,
        now=clock.now(),
    )  # fmt: skip
    if not found:
        raise DayFull(field="day", day=day(place.on))

    async def chosen(answer: Answer) -> None:
        await then(Millis(int(answer.text("time"))), staff_id, answer.key)

    times = tuple((str(one.from_at), _said(one, place.zone)) for one in found)
    title = T("When, on {day}?", day=day(place.on))
    await page.ask(
        Form("time", title, (), (Field("time", N_("time"), "choice", choices=times),), done=N_("book"), quick=True),
        chosen,
    )


def _said(one: Free, zone: str) -> str:
    return f"{time_shown(one.from_at, zone)} {_(', ').join(name for _id, name in one.staff)}"
