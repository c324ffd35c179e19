"""Service 服务: the way to every department that looks after members, with what waits in each."""

from core.base.access import Actor
from core.base.clock import Millis
from core.base.i18n import N_, T
from core.people import attendance, corrections
from core.service import bookinglists, followups, gatherings, surveys, ticketlists
from tui.screens.attendancepage import AttendancePage
from tui.screens.bookingspage import BookingsPage
from tui.screens.eventspage import EventsPage
from tui.screens.hub import HubPage, Place, Waiting
from tui.screens.surveyspage import SurveysPage
from tui.screens.taskspage import TasksPage
from tui.screens.ticketspage import TicketsPage
from tui.widgets.columns import Column


def _tasks(by: Actor, now: Millis) -> Waiting:
    due, late = followups.due(by=by, now=now)
    return T("{due} due · {late} late", due=due, late=late), late > 0


def _surveys(by: Actor, now: Millis) -> Waiting:
    running, answers = surveys.lately(by=by, now=now)
    return T("{running} running · {answers} in 7 days", running=running, answers=answers), False


def _bookings(by: Actor, now: Millis) -> Waiting:
    left = bookinglists.coming(by=by, now=now)
    if left.next is None:
        return T("{count} today", count=left.booked), False
    said = T("{count} today · next {time} {staff}", count=left.booked, time=left.next.time,
             staff=left.next.staff)  # fmt: skip
    return said, left.next.from_at < now


def _events(by: Actor, now: Millis) -> Waiting:
    found = gatherings.coming(now=now, limit=1)
    if not found:
        return T("none planned"), False
    return T("{left} left · {event}", event=found[0].name, left=found[0].left), False


def _tickets(by: Actor, now: Millis) -> Waiting:
    count, late = ticketlists.waiting(by=by, now=now)
    return T("{count} open · {late} late", count=count, late=late), late > 0


def _attendance(by: Actor, now: Millis) -> Waiting:
    there, waiting = len(attendance.present(by=by, now=now)), len(corrections.waiting(by=by))
    return T("{there} in · {waiting} to approve", there=there, waiting=waiting), waiting > 0


DEPARTMENTS = (
    Place(N_("Tasks"), N_("members to be called or visited"), _tasks, TasksPage),
    Place(N_("Tickets"), N_("what customers ask, complain of or bring"), _tickets, TicketsPage),
    Place(N_("Surveys"), N_("questions to members, and what they answered"), _surveys, SurveysPage),
    Place(N_("Bookings"), N_("who comes when, to whom"), _bookings, BookingsPage),
    Place(N_("Events"), N_("what is planned for members, sign-ups and check-in"), _events, EventsPage),
    Place(N_("Attendance"), N_("who is in now, hours worked, corrections"), _attendance, AttendancePage),
)


class ServicePage(HubPage):
    """Where a day of looking after members begins."""

    NAME = N_("Service")
    HELP = N_("What looks after members, and what waits in each. Enter opens a line.")
    RIGHT = "service"
    PLACES = DEPARTMENTS
    COLUMNS = (
        Column("label", N_("department"), 16, min_width=10, important=True),
        Column("waiting", N_("to do"), 28, min_width=18),
        Column("about", N_("what it is"), 40, min_width=16, stretch=True),
    )
