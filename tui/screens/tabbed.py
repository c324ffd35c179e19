"""A page of several lists of which one is shown; each has a key of its own and a name in the line above."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partialmethod
from typing import Any, ClassVar

from textual.app import ComposeResult

from tui.keymap import Action
from tui.screens.lists import ListPage
from tui.widgets.columns import Column
from tui.widgets.pagetable import PageTable
from tui.widgets.row import KeyItem
from tui.widgets.tabs import TabLine


@dataclass(frozen=True)
class Tab:
    """One of the lists; `label`, `help` and `empty`, which says how to begin, are msgids.

    `own` are keys of the page that are about this list; its footer begins with them and has none of another's.
    """

    id: str
    key: str
    label: str
    help: str
    columns: tuple[Column, ...]
    empty: str
    right: str | None = None
    own: tuple[str, ...] = ()

    @property
    def action(self) -> Action:
        """The record of the key that shows it."""
        return Action(self.id, (self.key,), self.label, self.help, right=self.right)


class TabbedPage(ListPage):
    """Base of such pages. `TABS` are the lists; the first one is shown first."""

    TABS: ClassVar[tuple[Tab, ...]] = ()

    def __init_subclass__(cls, **options: Any) -> None:
        for tab in cls.TABS:
            setattr(cls, f"do_{tab.id}", partialmethod(cls.show, tab.id))
        cls.KEYS = (*cls.KEYS, *(tab.action for tab in cls.TABS))
        super().__init_subclass__(**options)

    def __init__(self) -> None:
        super().__init__()
        self.shown = self.TABS[0].id

    def lists(self) -> ComposeResult:
        """The names of the lists, and the lists, of which one is shown."""
        yield TabLine(lambda: [KeyItem(one.id, one.key, one.label) for one in self.TABS], lambda: self.shown, id="tabs")
        for tab in self.TABS:
            table = PageTable(tab.columns, empty=tab.empty, id=tab.id)
            table.display = tab.id == self.shown
            yield table

    @property
    def table(self) -> PageTable:
        """The list that is shown."""
        return self.query_one(f"#{self.shown}", PageTable)

    def footer_keys(self) -> Sequence[Action]:
        """What is done in the list that is shown, then what is done anywhere on the page."""
        own = next(tab.own for tab in self.TABS if tab.id == self.shown)
        elsewhere = {id for tab in self.TABS for id in tab.own}.difference(own)
        known = {action.id: action for action in self.KEYS}
        return [*(known[id] for id in own), *(one for one in self.KEYS if one.id not in elsewhere.union(own))]

    def show(self, id: str) -> None:
        """Show another list, for who may see the page."""
        if self.RIGHT is not None and not self.actor.may(self.RIGHT):
            return
        with self.app.batch_update():
            self.table.display = False
            self.shown = id
            self.table.display = True
            self.query_one(TabLine).refresh()
        self.table.focus()
        self.refresh_keys()
        self.reading(self.load)
