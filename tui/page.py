"""A page of the back-office: the frame around it, its keys, and its way to core."""

import inspect
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, ParamSpec, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.events import DescendantFocus
from textual.messages import Prune
from textual.reactive import Reactive
from textual.screen import Screen
from textual.widget import Widget
from textual.worker import Worker

from core.base import access
from core.base.access import Actor
from core.base.errors import RegularsError
from core.base.i18n import N_, Text
from tui import keymap
from tui.gateway import Gateway
from tui.keymap import Action
from tui.widgets.crumbs import SectionLine, TitleLine, WhereLine
from tui.widgets.overlay import Answer, Form, Overlay
from tui.widgets.pagetable import PageTable
from tui.widgets.progress import WorkSheet
from tui.widgets.row import KeyItem, KeyRow, Rule, Words
from tui.widgets.searchbox import SearchBox

if TYPE_CHECKING:
    from tui.app import BackOffice

BEING_WRITTEN = Text(N_("This is being written and will be done in a moment."))
Doer = Callable[[], object]
P = ParamSpec("P")


class Page(Screen[Any]):
    """Base of all pages. A page names itself (`NAME`, `HELP`: msgids), lists its `KEYS`, yields a `body`.

    For each record a method `do_<id>` does it; `refusal` says why it cannot be done now.
    """

    VERTICAL_BREAKPOINTS = [(0, "-short"), (28, "-tall")]  # noqa: RUF012 (typed by Textual)

    # Textual repaints the whole screen when the focus moves; the two widgets do that themselves.
    focused: Reactive[Widget | None] = Reactive(None, repaint=False)

    NAME: ClassVar[str] = ""
    HELP: ClassVar[str] = ""
    KEYS: ClassVar[tuple[Action, ...]] = ()

    def __init_subclass__(cls, **options: Any) -> None:
        # With ctrl they come before the box one types in, which has editing keys of its own there.
        cls.BINDINGS = [
            Binding(key, f"act('{action.id}')", show=False, priority=key.startswith("ctrl+"))
            for action in cls.KEYS
            for key in action.keys
            if hasattr(cls, f"do_{action.id}")
        ]
        super().__init_subclass__(**options)

    def __init__(self, *, name_of: Words | None = None) -> None:
        """`name_of` replaces `NAME` in the line that says where one is (a member's name)."""
        super().__init__()
        self.crumb: Words = Text(self.NAME) if name_of is None else name_of
        self.overlay = Overlay()
        self.work_sheet = WorkSheet()
        self._then: Callable[[Answer], Awaitable[None]] | None = None
        self._goes = False

    # --- the frame ---------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """Title, sections, where one is, the body, the keys; and the sheet above all."""
        office = self.office
        yield TitleLine(office.title_parts)
        yield SectionLine(office.section_items, lambda: office.section)
        yield Rule()
        yield WhereLine(self._crumbs, id="where")
        with Vertical(id="body"):
            yield from self.body()
        yield Rule()
        yield KeyRow(self.footer_items, id="footer")
        yield self.overlay
        yield self.work_sheet

    def body(self) -> ComposeResult:
        """The widgets of the page."""
        return iter(())

    @property
    def office(self) -> "BackOffice":
        """The program."""
        return cast("BackOffice", self.app)

    @property
    def actor(self) -> Actor:
        """Who is signed in."""
        return self.office.actor

    @property
    def is_there(self) -> bool:
        """Whether the page has its widgets, so that something can be shown in them."""
        return self.is_attached and not self._goes

    async def on_prune(self, event: Prune) -> None:
        """The page goes, its widgets first: what is being read to be shown in them is given up before that."""
        self._goes = True
        self.workers.cancel_node(self)

    @property
    def gateway(self) -> Gateway:
        """The way to core."""
        return self.office.gateway

    def select(self, words: Words) -> None:
        """Name what is selected, in the line under the sections."""
        self.query_one(WhereLine).select(words)

    def refresh_keys(self) -> None:
        """Show the keys again, after what may be done here has changed."""
        self.query_one("#footer", KeyRow).again()

    def _crumbs(self) -> Sequence[Words]:
        stack = [page for page in self.app.screen_stack if isinstance(page, Page)]
        return [page.crumb for page in (stack if self in stack else [self])]

    # --- keys --------------------------------------------------------------------------------------

    def refusal(self, action: Action) -> Text | None:
        """Why an action cannot be done now; pages add reasons of their own."""
        if action.right is not None and not self.actor.may(action.right):
            return access.refusal(action.right).as_text()
        return None

    def footer_keys(self) -> Sequence[Action]:
        """The records the footer begins with; pages leave out what does nothing where they are."""
        return self.KEYS

    def footer_items(self) -> list[KeyItem]:
        """The first records of the page, and the key for help."""
        own = [action for action in self.footer_keys() if action.keys][: keymap.FOOTER - 1]
        items = [KeyItem(a.id, keymap.shown(a.keys[0]), a.label, off=self.refusal(a) is not None) for a in own]
        return [*items, KeyItem("help", "?", N_("all keys"))]

    async def act(self, id: str) -> None:
        """Do what a record names, or say why not. A sheet over the page keeps its keys from acting."""
        action = next((action for action in self.KEYS if action.id == id), None)
        if action is None:
            await self.office.act(id)
            return
        if self.is_covered:
            return
        if (reason := self.refusal(action)) is not None:
            self.office.tell(reason, tone="warning")
            return
        doer: Doer | None = getattr(self, f"do_{id}", None)
        if doer is None:
            self.app.simulate_key(action.keys[0])
        else:
            await self.office.guarded(partial(self._do, doer))

    async def _do(self, doer: Doer) -> None:
        if inspect.isawaitable(done := doer()):
            await done

    async def action_act(self, id: str) -> None:
        """The action behind every key of the page."""
        await self.act(id)

    @property
    def is_covered(self) -> bool:
        """Whether a sheet lies over the page; its keys rest then."""
        return self.overlay.is_open or self.work_sheet.is_open

    def do_find(self) -> None:
        """Go to the search box."""
        self.query(SearchBox).first().focus()

    def step_back(self) -> None:
        """Esc: close the sheet, or go to the page before."""
        if self.work_sheet.is_open:
            self.work_sheet.stop()
        elif self.overlay.is_open:
            if not self.overlay.cancel():
                self.office.tell(BEING_WRITTEN)
        elif len(self.app.screen_stack) > 1:
            self.dismiss(None)

    # --- asking and doing --------------------------------------------------------------------------

    def reading(self, work: Callable[P, Awaitable[None]], *args: P.args, **kwargs: P.kwargs) -> Worker[None]:
        """Run reads beside the page; given up when the page is left. Refusals become a notice."""
        return self.run_worker(self._guarded(work, *args, **kwargs), group="reads")

    def writing(self, work: Callable[P, Awaitable[None]], *args: P.args, **kwargs: P.kwargs) -> Worker[None]:
        """Run a write that goes on even if the page is left. Refusals become a notice."""
        return self.office.run_worker(self._guarded(work, *args, **kwargs), group="writes")

    def _guarded(
        self, work: Callable[P, Awaitable[None]], *args: P.args, **kwargs: P.kwargs
    ) -> Callable[[], Coroutine[None, None, None]]:
        async def guarded() -> None:
            await self.office.guarded(partial(work, *args, **kwargs))

        return guarded

    async def ask(self, form: Form, then: Callable[[Answer], Awaitable[None]] | None = None) -> None:
        """Open a form; what is filled in goes to `then`, which writes.

        A refusal is shown at its field and the form stays; otherwise it closes, unless `then` asked the
        next thing. Without `then` the page handles `Overlay.Submitted` itself.
        """
        self._then = then
        await self.overlay.open(form)

    @on(Overlay.Submitted)
    def _submitted(self, message: Overlay.Submitted) -> None:
        if self._then is not None:
            message.stop()
            self.writing(self._finish, self._then, message.answer)

    async def _finish(self, then: Callable[[Answer], Awaitable[None]], answer: Answer) -> None:
        try:
            await then(answer)
        except RegularsError as error:
            if not self.is_there or not self.overlay.is_open:  # nowhere to stand: told as a notice
                raise
            self.overlay.refuse(error)
            return
        if self.is_there:
            if self.overlay.is_answered(answer):
                self.overlay.close()
            self.refresh_keys()

    @on(DescendantFocus)
    def _focus_stays(self, event: DescendantFocus) -> None:
        self.overlay.keep_focus(event.widget)
        self.work_sheet.keep_focus(event.widget)

    @on(PageTable.Failed)
    def _list_failed(self, message: PageTable.Failed) -> None:
        self.office.tell(message.error.as_text(), tone="warning")

    @on(KeyRow.Chosen)
    async def _key_clicked(self, message: KeyRow.Chosen) -> None:
        await self.act(message.id)

    @on(SectionLine.Chosen)
    async def _section_clicked(self, message: SectionLine.Chosen) -> None:
        await self.office.act(f"section_{message.id}")

    def resay(self) -> None:
        """Say everything again, in the language and colours of now."""
        for widget in self.walk_children():
            again = getattr(widget, "resay", None)
            again() if again is not None else widget.refresh()


class Blank(Page):
    """A section without a page."""

    NAME = N_("Empty")
    HELP = N_("There is nothing here.")
