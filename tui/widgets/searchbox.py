"""Boxes to type into: one line, nothing blinks; and the one that searches while one types."""

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.reactive import Reactive
from textual.timer import Timer
from textual.widgets import Input

from core.base.i18n import say
from tui.look import in_ascii
from tui.widgets.pagetable import PageTable

PAUSE_S = 0.08
"""Between two searches of one box; the first key searches at once."""


class QuietInput(Input):
    """A compact input whose cursor stands still; `?` typed first asks for help."""

    virtual_size: Reactive[Size] = Reactive(Size(0, 0), layout=False)
    """What is typed moves nothing around the box, so no key asks for a layout."""

    def __init__(
        self, value: str = "", *, hint: str = "", id: str | None = None, password: bool = False, replaced: bool = False
    ) -> None:
        """`hint` is a msgid shown while the box is empty; what stands in a `replaced` one goes with the first key."""
        super().__init__(value, id=id, compact=True, password=password, select_on_focus=replaced)
        self.cursor_blink = False
        self._hint = hint

    def on_mount(self) -> None:
        """The hint is said in the language of the session."""
        self.resay()

    def resay(self) -> None:
        """Say the hint again."""
        said = say(self._hint) if self._hint else ""
        self.placeholder = in_ascii(said) if getattr(self.app, "draws_ascii", False) else said

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Everything that prints is typed, except a question mark in an empty box."""
        asks = key == "question_mark" and not self.value
        return not asks and super().check_consume_key(key, character)

    async def _on_key(self, event: events.Key) -> None:
        if event.key == "question_mark" and not self.value:
            event.prevent_default()
            return
        await super()._on_key(event)


class SearchBox(QuietInput):
    """Posts `Searched` while one types; the arrow keys and Enter work on the list beside it.

    Enter opens only a row that answers what is typed: a scanner types faster than a search runs, so
    the list remembers the wish until its answer is in.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(key, f"move('{key}')", show=False) for key in ("up", "down", "pageup", "pagedown")
    ]

    class Searched(Message):
        """The text to search for changed; `value` is as typed."""

        def __init__(self, box: "SearchBox", value: str) -> None:
            super().__init__()
            self.box = box
            self.value = value

        @property
        def control(self) -> "SearchBox":
            """The box, for selectors."""
            return self.box

    def __init__(
        self, *, hint: str = "", table: str | None = None, id: str | None = None, beside: str | None = None
    ) -> None:
        """`table` is the selector of the list that answers; without one, Enter posts `Submitted`.

        The arrow keys go over the list `beside` while the one that answers is hidden.
        """
        super().__init__(hint=hint, id=id)
        self._table = table
        self._beside = beside
        self._pause: Timer | None = None
        self._said = ""

    def on_input_changed(self, event: Input.Changed) -> None:
        """Search now, or at the end of the pause that is running."""
        event.stop()
        if (table := self._answering()) is not None:
            table.open_when(None)
        if self._pause is None:
            self._search()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Search for what is typed, then open what answers it."""
        self._search()
        if (table := self._answering()) is not None:
            event.stop()
            table.open_when(self.value)

    def action_move(self, key: str) -> None:
        """Move the cursor of the list without leaving the box."""
        table = self._answering()
        if self._beside is not None and (table is None or not table.display):
            table = self.screen.query_one(self._beside, PageTable)
        if table is not None:
            table.move(key)

    def _answering(self) -> PageTable | None:
        return self.screen.query_one(self._table, PageTable) if self._table else None

    def _search(self) -> None:
        if self.value == self._said:
            return
        self._said = self.value
        self.post_message(self.Searched(self, self.value))
        self._pause = self.set_timer(PAUSE_S, self._rest)

    def _rest(self) -> None:
        self._pause = None
        self._search()
