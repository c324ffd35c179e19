"""Service 服务: the way to every department that looks after members, with what waits in each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from textual import on

from core.base import clock
from core.base.access import Actor
from core.base.clock import Millis
from core.base.i18n import N_, T, Text
from core.people import attendance, corrections
from core.service import followups
from tui.keymap import OPEN
from tui.page import Page
from tui.screens.attendancepage import AttendancePage
from tui.screens.lists import ListPage
from tui.screens.taskspage import TasksPage
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


def _attendance(by: Actor, now: Millis) -> tuple[Text, bool]:
    there, waiting = len(attendance.present(by=by, now=now)), len(corrections.waiting(by=by))
    return T("{there} in · {waiting} to approve", there=there, waiting=waiting), waiting > 0


DEPARTMENTS = (
    Department(N_("Tasks"), N_("members to be called or visited"), _tasks, TasksPage),
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
