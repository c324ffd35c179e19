"""Progress 进度: a sheet over the page while long work runs, with how far it is; Esc stops it."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, suppress
from typing import ClassVar, TypeVar

from rich.text import Text as RichText
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widget import Widget

from core.base.i18n import N_, _
from tui.widgets.charts import SLICES
from tui.widgets.row import KeyItem, KeyRow, Line, Row, Words

T_ = TypeVar("T_")
REDRAW_S = 0.2
"""Between two drawings of the bar: a slow line carries no more."""

Steps = AsyncGenerator[tuple[int, int], None]
"""How much is done, and of how much; 0 where nobody knows yet."""


class Stopped(Exception):
    """Raised inside a verb that reports its progress, to end it."""


async def followed(work: Callable[[Callable[[int, int], None]], Awaitable[T_]], keep: Callable[[T_], None]) -> Steps:
    """The steps of a verb that reports its progress from another thread; `keep` gets its result.

    Closed on the way, the verb is ended at its next report.
    """
    loop, steps = asyncio.get_running_loop(), asyncio.Queue[tuple[int, int] | None]()
    wanted = True

    def report(done: int, total: int) -> None:
        if not wanted:
            raise Stopped
        loop.call_soon_threadsafe(steps.put_nowait, (done, total))

    running = asyncio.ensure_future(work(report))
    running.add_done_callback(lambda _: steps.put_nowait(None))
    try:
        while (step := await steps.get()) is not None:
            yield step
        keep(running.result())
    finally:
        wanted = False
        if not running.done():
            with suppress(Stopped, Exception):
                await running


class Bar(Row):
    """'████████▌        43 %   430 of 1,000'."""

    def __init__(self) -> None:
        super().__init__()
        self.done, self.total = 0, 0

    def line(self, cells: int) -> RichText:
        """The bar takes the room that the figures leave."""
        said = _said(self.done, self.total)
        room = max(0, cells - len(said) - 3)
        eighths = min(room * 8, self.done * room * 8 // self.total) if self.total else 0
        bar = "█" * (eighths // 8) + (SLICES[eighths % 8] if eighths % 8 else "")
        line = RichText(" ", end="", no_wrap=True)
        line.append(bar.ljust(room), "accent")
        return line.append(" " + said)


def _said(done: int, total: int) -> str:
    if not total:
        return _("{done} done", done=f"{done:,}")
    share = f"{done * 100 // total:3d} %"
    return share + "  " + _("{done} of {total}", done=f"{done:,}", total=f"{total:,}")


class StopRow(KeyRow):
    """The key of the sheet."""

    can_focus = True


class WorkSheet(Vertical):
    """Shows work until it is done or stopped."""

    DEFAULT_CSS = """
    WorkSheet { layer: overlay; width: 64; max-width: 100%; height: auto; padding: 1 2; background: $sheet; }
    WorkSheet .sheet-title { text-style: bold; margin: 0 0 1 0; }
    WorkSheet StopRow { margin: 1 0 0 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(key, "hold", show=False) for key in ("tab", "shift+tab", "enter", "up", "down")
    ]

    def __init__(self) -> None:
        super().__init__()
        self.display = False
        self._title, self._bar = Line(classes="sheet-title"), Bar()
        self._stop = StopRow(lambda: [KeyItem("back", "Esc", N_("stop"), off=self._stopping)])
        self._stopping = False
        self._drawn_at = 0.0
        self._before: Widget | None = None

    def compose(self) -> ComposeResult:
        """Title, bar, the key that stops."""
        yield self._title
        yield self._bar
        yield self._stop

    @property
    def is_open(self) -> bool:
        """Whether work is shown."""
        return bool(self.display)

    async def show(self, title: Words, steps: Steps) -> bool:
        """Show steps until they end; False if they were stopped on the way."""
        self._before, self._stopping = self.screen.focused, False
        self._bar.done = self._bar.total = 0
        self._title.say(title)
        self.display = True
        self._stop.focus()
        try:
            async with aclosing(steps):
                async for done, total in steps:
                    self._move(done, total)
                    if self._stopping:
                        break
        finally:
            self.display = False
            if self._before is not None and self._before.is_attached:
                self._before.focus()
        return not self._stopping

    def stop(self) -> None:
        """Stop after the step that runs."""
        self._stopping = True
        self._stop.refresh()

    def keep_focus(self, focused: Widget) -> None:
        """Bring the focus back when the mouse took it to the page below."""
        if self.is_open and self not in focused.ancestors_with_self:
            self._stop.focus()

    def action_hold(self) -> None:
        """Nothing but Esc does anything here."""

    def on_key_row_chosen(self, event: KeyRow.Chosen) -> None:
        """A click on the key."""
        event.stop()
        self.stop()

    def _move(self, done: int, total: int) -> None:
        self._bar.done, self._bar.total = done, total
        now = time.monotonic()
        if now - self._drawn_at >= REDRAW_S or done == total:
            self._drawn_at = now
            self._bar.refresh()
