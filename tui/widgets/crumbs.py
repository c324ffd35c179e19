"""The lines around a page: shop and post, sections, and where one is."""

from collections.abc import Callable, Sequence

from rich.text import Text as RichText
from textual import events
from textual.message import Message

from core.base.i18n import Text, _
from core.base.text import fit, width
from tui.widgets.row import Row, Words, fitted, rich


def banner() -> RichText:
    """What stands first on every page of a copy to practise on."""
    text = RichText(" " + _("练习 PRACTICE · nothing here counts") + " ", "warn", end="", no_wrap=True)
    text.stylize("reverse")
    return text


class TitleLine(Row):
    """The program and shop at the left; post (till, person, shift) and the help key at the right."""

    def __init__(self, parts: Callable[[], tuple[Words, Words]]) -> None:
        super().__init__()
        self._parts = parts

    def line(self, cells: int) -> RichText:
        """The left part gives way, with an ellipsis, before the post does."""
        left, post = self._parts()
        help = RichText("F1 ", "key", end="") + RichText(_("help"), "quiet")
        right = rich(post).copy()
        right.stylize("quiet")
        if right.cell_len + help.cell_len + 24 <= cells:
            right.append("          " if cells > 100 else "   ")
            right.append_text(help)
        right = fitted(right, min(right.cell_len, max(0, cells - 16)))
        room = max(0, cells - right.cell_len - 3)
        title = fitted(left, room)
        title.stylize("bold")
        return RichText(" ", end="") + title + RichText(" ") + right + RichText(" ")


class SectionLine(Row):
    """The sections with their keys, the present one marked; a click goes there."""

    class Chosen(Message):
        """A section was clicked."""

        def __init__(self, id: str) -> None:
            super().__init__()
            self.id = id

    def __init__(
        self, sections: Sequence[tuple[str, str, str]], current: Callable[[], str], *, id: str | None = None
    ) -> None:
        """`sections` are key as shown, id and label (a msgid)."""
        super().__init__(id=id)
        self._sections = sections
        self._current = current

    def placed(self, cells: int) -> list[tuple[int, str, str, str]]:
        """First cell, id, key and label of each; the widest labels are cut until all fit."""
        said = {id: str(Text(label)) for _, id, label in self._sections}
        room = {id: width(words) for id, words in said.items()}
        keys = sum(width(key) + 1 for key, _, _ in self._sections)
        gap = 2 if keys + sum(room.values()) + 2 * len(room) <= cells else 1
        while keys + sum(room.values()) + gap * len(room) > cells:
            # What is open keeps its name as long as another can give way.
            widest = max(room, key=lambda id: (room[id] > 3, id != self._current(), room[id]))
            if not room[widest]:
                break
            room[widest] = room[widest] - 1 if room[widest] > 2 else 0
        places, at = [], 1
        for key, id, _label in self._sections:
            words = fit(said[id], room[id]) if room[id] else ""
            places.append((at, id, key, words.rstrip()))
            at += width(key) + 1 + room[id] + gap
        return places

    def line(self, cells: int) -> RichText:
        """' F2 Today  F3 Till  F4 Members'."""
        text, current = RichText(end="", no_wrap=True), self._current()
        for at, id, key, said in self.placed(cells):
            text.append(" " * (at - text.cell_len))
            here = id == current
            text.append(key, "key" if here else "quiet")
            if said:
                text.append(" " + said, "here" if here else "text")
        return text

    def on_click(self, event: events.Click) -> None:
        """Find the section under the mouse."""
        for at, id, _key, _said in reversed(self.placed(self.size.width)):
            if event.x >= at:
                event.stop()
                self.post_message(self.Chosen(id))
                return


class WhereLine(Row):
    """Where one is ('Members › 王伟芳') and what is selected."""

    def __init__(self, crumbs: Callable[[], Sequence[Words]], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._crumbs = crumbs
        self._selected: Words = ""

    def select(self, words: Words) -> None:
        """Name what is selected; an empty text names nothing."""
        if words != self._selected:
            self._selected = words
            self.refresh()

    def line(self, cells: int) -> RichText:
        """The last crumb is where one is; earlier ones are quiet."""
        crumbs = [rich(words) for words in self._crumbs()]
        text = RichText(" ", end="", no_wrap=True)
        for number, crumb in enumerate(crumbs):
            last = number == len(crumbs) - 1
            text.append(crumb.plain, "accent" if last else "quiet")
            if not last:
                text.append(" › ", "quiet")
        selected = rich(self._selected)
        if selected.plain:
            text.append(" · ", "quiet")
            text.append_text(selected)
        return fitted(text, max(0, cells - 1))
