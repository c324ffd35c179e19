"""A menu of pages with what waits in each: where the work of a section begins."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on

from core.base import clock
from core.base.access import Actor
from core.base.clock import Millis
from core.base.i18n import Text
from tui.keymap import OPEN
from tui.page import Page
from tui.screens.lists import ListPage
from tui.widgets.pagetable import PageTable, Row, Wanted
from tui.widgets.row import Words

Waiting = tuple[Words, bool]
"""What waits, and whether some of it presses."""


def nothing(by: Actor, now: Millis) -> Waiting:
    """Nothing ever waits there."""
    return "", False


@dataclass(frozen=True)
class Place:
    """One line; `label` and `about` are msgids."""

    label: str
    about: str
    waiting: Callable[[Actor, Millis], Waiting]
    page: Callable[[], Page]


class HubPage(ListPage):
    """The lines of `PLACES`; `COLUMNS` hold label, what waits, and what it is."""

    PLACES: ClassVar[tuple[Place, ...]] = ()
    EXPORTED = False
    NOTED = False
    KEYS = (OPEN,)

    async def fetch(self, wanted: Wanted) -> Sequence[Row]:
        """The lines, with what waits now."""
        shown = self.PLACES[wanted.start : wanted.start + wanted.limit]
        waiting = await self.gateway.read(_waiting, shown, self.actor, clock.now())
        return [
            Row(one, (Text(one.label), said, Text(one.about)), tone="warn" if presses else "")
            for one, (said, presses) in zip(shown, waiting, strict=True)
        ]

    @on(PageTable.RowOpened)
    def _opened(self, message: PageTable.RowOpened) -> None:
        if isinstance(message.row.key, Place):
            self.app.push_screen(message.row.key.page())


def _waiting(shown: Sequence[Place], by: Actor, now: Millis) -> list[Waiting]:
    return [one.waiting(by, now) for one in shown]
