"""The pages every section has: all keys of a page, and the list of commands."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text as RichText
from textual import on
from textual.app import ComposeResult

from core.base.i18n import N_, Text, _
from tui.keymap import Action, shown_keys
from tui.page import Page
from tui.widgets.charts import Drawing
from tui.widgets.columns import Column
from tui.widgets.note import wrapped
from tui.widgets.pagetable import PageTable, Row, Wanted
from tui.widgets.row import fitted
from tui.widgets.searchbox import SearchBox


@dataclass(frozen=True)
class Command:
    """An action as it stands on a page now; `reason` says why it cannot be done."""

    action: Action
    reason: Text | None = None


class HelpPage(Page):
    """What a page does and every key that works there."""

    NAME = N_("Help")
    HELP = N_("Every key of the page before this one. Esc goes back to it.")

    def __init__(self, about: Page, here: Sequence[Command], around: Sequence[Command]) -> None:
        super().__init__()
        self._about, self._here, self._around = about, here, around

    def body(self) -> ComposeResult:
        """One drawing that scrolls."""
        yield Drawing(self._lines, id="help", focusable=True)

    def _lines(self, cells: int) -> list[RichText]:
        lines = wrapped(_(self._about.HELP), cells, "quiet") if self._about.HELP else []
        for title, commands in ((_("On this page"), self._here), (_("Everywhere"), self._around)):
            if commands:
                lines += [RichText(end=""), RichText(title, "bold", end="")]
                for command in commands:
                    lines += _explained(command, cells)
        return lines


def _explained(command: Command, cells: int) -> list[RichText]:
    action, off = command.action, command.reason is not None
    help = _(action.help) + (f" {command.reason}" if off else "")
    told = wrapped(help, max(10, cells - 32), "quiet")
    keys, label = shown_keys(action) or "ctrl+p", fitted(Text(action.label), 16)
    label.stylize("off" if off else "bad" if action.danger else "text")
    head = fitted(keys, 12)
    head.stylize("off" if off else "key")
    lines = [RichText(" ", end="") + head + RichText(" ") + label + RichText("  ") + told[0]]
    return lines + [RichText(" " * 32, end="") + line for line in told[1:]]


class CommandPage(Page):
    """All commands, found by a part of their name; Enter does the one under the cursor."""

    NAME = N_("Commands")
    HELP = N_("Type a part of a command's name. Enter does the one under the cursor.")
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("label", N_("command"), 22, important=True),
        Column("key", N_("key"), 8),
        Column("help", N_("what it does"), 40, min_width=10, stretch=True),
    )

    def __init__(self, commands: Sequence[Command]) -> None:
        super().__init__()
        self._commands = commands

    def body(self) -> ComposeResult:
        """A search box over a list."""
        yield SearchBox(hint=N_("command …"), table="#commands", id="search")
        yield PageTable(self.COLUMNS, empty=N_("No command is called that."), id="commands")

    async def on_mount(self) -> None:
        """Start with all of them."""
        await self._show("")

    @on(SearchBox.Searched)
    async def _searched(self, message: SearchBox.Searched) -> None:
        await self._show(message.value)

    async def _show(self, typed: str) -> None:
        words = typed.casefold().split()
        found = [c for c in self._commands if all(word in _searchable(c.action) for word in words)]

        async def rows(wanted: Wanted) -> list[Row]:
            return [_row(c) for c in found[wanted.start : wanted.start + wanted.limit]]

        await self.query_one(PageTable).set_source(rows, total=len(found), answers=typed)

    @on(PageTable.RowOpened)
    def _chosen(self, message: PageTable.RowOpened) -> None:
        self.dismiss(message.row.key)


def _searchable(action: Action) -> str:
    """Both languages find a command."""
    return " ".join((action.label, _(action.label), action.help, _(action.help))).casefold()


def _row(command: Command) -> Row:
    off = command.reason is not None
    told = command.reason if command.reason is not None else Text(command.action.help)
    cells = (Text(command.action.label), shown_keys(command.action), told)
    return Row(command.action.id, cells, tone="off" if off else "")
