"""Service 服务: the way to every department that looks after members, with what waits in each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from textual import on

from core.base import clock
from core.base.access import Actor
from core.base.clock import Millis
from core.base.i18n import N_, T, Text
from core.people import attendance, corrections
from core.service import bookinglists, followups, gatherings, surveys, ticketlists
from tui.keymap import OPEN
from tui.page import Page
from tui.screens.attendancepage import AttendancePage
from tui.screens.bookingspage import BookingsPage
from tui.screens.eventspage import EventsPage
from tui.screens.lists import ListPage
from tui.screens.surveyspage import SurveysPage
from tui.screens.taskspage import TasksPage
from tui.screens.ticketspage import TicketsPage
from tui.widgets.columns import Column
from tui.widgets.pagetable import PageTable, Row, Wanted


@dataclass(frozen=True)
class Department:
    """One line; `label` and `about` are msgids, `waiting` says what waits there and whether some of it is late."""

    label: str
    about: str
    waiting: Callable[[Actor, Millis], tuple[Text, bool]]
    page: Callable[[], Page]


def _tasks(by: Actor, now: Millis) -> tuple[Text, bool]:
    due, late = followups.due(by=by, now=now)
    return T("{due} due · {late} late", due=due, late=late), late > 0


def _surveys(by: Actor, now: Millis) -> tuple[Text, bool]:
    running, answers = surveys.lately(by=by, now=now)
    return T("{running} running · {answers} in 7 days", running=running, answers=answers), False


def _bookings(by: Actor, now: Millis) -> tuple[Text, bool]:
    left = bookinglists.coming(by=by, now=now)
    if left.next is None:
        return T("{count} today", count=left.booked), False
    said = T("{count} today · next {time} {staff}", count=left.booked, time=left.next.time,
             staff=left.next.staff)  # fmt: skip
    return said, left.next.from_at < now


def _events(by: Actor, now: Millis) -> tuple[Text, bool]:
    found = gatherings.coming(now=now, limit=1)
    if not found:
        return T("none planned"), False
    return T("{event} · {left} left", event=found[0].name, left=found[0].left), False


def _tickets(by: Actor, now: Millis) -> tuple[Text, bool]:
    count, late = ticketlists.waiting(by=by, now=now)
    return T("{count} open · {late} late", count=count, late=late), late > 0


def _attendance(by: Actor, now: Millis) -> tuple[Text, bool]:
    there, waiting = len(attendance.present(by=by, now=now)), len(corrections.waiting(by=by))
    return T("{there} in · {waiting} to approve", there=there, waiting=waiting), waiting > 0


DEPARTMENTS = (
    Department(N_("Tasks"), N_("members to be called or visited"), _tasks, TasksPage),
    Department(N_("Tickets"), N_("what customers ask, complain of or bring"), _tickets, TicketsPage),
    Department(N_("Surveys"), N_("questions to members, and what they answered"), _surveys, SurveysPage),
    Department(N_("Bookings"), N_("who comes when, to whom"), _bookings, BookingsPage),
    Department(N_("Events"), N_("what is planned for members, sign-ups and check-in"), _events, EventsPage),
    Department(N_("Attendance"), N_("who is in now, hours worked, corrections"), _attendance, AttendancePage),
)


class ServicePage(ListPage):
    """Where a day of looking after members begins."""

    NAME = N_("Service")
    HELP = N_("What looks after members, and what waits in each. Enter opens a line.")
    RIGHT = "service"
    EXPORTED = False
    NOTED = False
    KEYS = (OPEN,)
    COLUMNS = (
        Column("label", N_("department"), 16, min_width=10, important=True),
        Column("waiting", N_("to do"), 28, min_width=18),
        Column("about", N_("what it is"), 40, min_width=16, stretch=True),
    )

    async def fetch(self, wanted: Wanted) -> Sequence[Row]:
        """The departments, with what waits now."""
        shown = DEPARTMENTS[wanted.start : wanted.start + wanted.limit]
        waiting = await self.gateway.read(_waiting, shown, self.actor, clock.now())
        return [
            Row(one, (Text(one.label), said, Text(one.about)), tone="warn" if late else "")
            for one, (said, late) in zip(shown, waiting, strict=True)
        ]

    @on(PageTable.RowOpened)
    def _opened(self, message: PageTable.RowOpened) -> None:
        if isinstance(message.row.key, Department):
            self.app.push_screen(message.row.key.page())


def _waiting(shown: Sequence[Department], by: Actor, now: Millis) -> list[tuple[Text, bool]]:
    return [one.waiting(by, now) for one in shown]
