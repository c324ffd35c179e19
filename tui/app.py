"""The back-office: who is signed in, in which language and look, and which section is open."""

import inspect
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

from rich.text import Text as RichText
from textual.app import App
from textual.binding import Binding, BindingType
from textual.events import Event, InputEvent, Key, Paste
from textual.screen import Screen
from textual.worker import WorkerFailed

from core.base import access, i18n, settings
from core.base.access import Actor
from core.base.errors import RegularsError
from core.base.i18n import N_, T, Text, _
from tui import crash, hangup, keymap, speech
from tui.gateway import Gateway, Stale
from tui.help import Command, CommandPage, HelpPage
from tui.idle import IdleWatch
from tui.keymap import Action
from tui.look import LOOKS, in_ascii
from tui.page import Page
from tui.sections import SECTIONS, Section, SignIn, loaded
from tui.typeahead import Typeahead
from tui.widgets.crumbs import banner
from tui.widgets.row import Words

Tone = Literal["information", "warning", "error"]
ENDED_ALONE = N_("Nobody touched a key for a quarter of an hour, so this session ended. Nothing was half done.")
NO_SECTION = "none"
"""The mode to be in while the pages of a session are taken away."""


class BackOffice(App[int], inherit_bindings=False):
    """The program of one session. Pages belong to sections; each section keeps its own stack."""

    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+c", "help_quit", show=False)]
    NOTIFICATION_TIMEOUT = 6

    def __init__(
        self,
        actor: Actor | None,
        gateway: Gateway,
        *,
        log: Path,
        sign_in: SignIn | None = None,
        sections: Sequence[Section] = SECTIONS,
        look: str = "",
    ) -> None:
        """`log` takes the details of a crash; `sign_in` asks who is there when `actor` is None or idle."""
        super().__init__()
        self.gateway = gateway
        self.shop_name = ""
        self.post: Words = ""
        self.sections = {section.id: section for section in sections}
        self.keys = {action.id: action for action in (*(s.action for s in sections), *keymap.OFFICE)}
        self._actor = actor
        self._log_file = log
        self._sign_in = sign_in
        self._idle = IdleWatch(self, self._left_alone)
        self._typeahead = Typeahead(self, super().on_event)
        self._scope = speech.session(i18n.scope().language if actor is None else actor.language)
        self._may_stay = False
        self._look = next((one for one in LOOKS if one.id == look), LOOKS[0])
        for one in LOOKS:
            self.register_theme(one.theme())
        self.add_mode(NO_SECTION, lambda: Screen())
        for section in sections:
            self.add_mode(section.id, section.page)
        for action in self.keys.values():
            if action.keys:
                self.bind(",".join(action.keys), f"office('{action.id}')", show=False)

    # --- session -----------------------------------------------------------------------------------

    @property
    def actor(self) -> Actor:
        """Who is signed in; pages exist only after someone is."""
        if self._actor is None:
            raise RuntimeError("nobody is signed in")
        return self._actor

    @property
    def language(self) -> str:
        """The language of the session: 'zh' or 'en'."""
        return self._scope.language

    @property
    def look(self) -> str:
        """The look in use: 'dark', 'light', 'contrast' or 'ascii'."""
        return self._look.id

    @property
    def draws_ascii(self) -> bool:
        """Whether nothing of ambiguous width is drawn."""
        return self._look.ascii

    @property
    def section(self) -> str:
        """The id of the open section; '' before the first one."""
        return self.current_mode if self.current_mode in self.sections else ""

    @property
    def page(self) -> Page | None:
        """The page on top, unless it is the sign-in."""
        return self.screen if isinstance(self.screen, Page) else None

    @property
    def section_items(self) -> list[tuple[str, str, str]]:
        """Key, id and label of the sections in the section line (those on F-keys)."""
        shown = [s for s in self.sections.values() if s.key.startswith("f")]
        return [(keymap.shown(section.key), section.id, section.label) for section in shown]

    def title_parts(self) -> tuple[Words, Words]:
        """What stands at the left and right of the title line."""
        name: Words = _("Regulars") + (f" · {self.shop_name}" if self.shop_name else "")
        if settings.practising():
            name = banner().append(f" {self.shop_name}")
        return name, self.post or (self._actor.name if self._actor is not None else "")

    def on_load(self) -> None:
        """Before anything is drawn: language for every task started from here, and colours."""
        self.speak_here()
        self.console.push_theme(self._look.names())
        self.theme = self._look.id

    async def on_mount(self) -> None:
        """The first section, or the sign-in."""
        if not self.is_headless:
            hangup.watch()
        if self._actor is None:
            self.lock()
        else:
            await self._enter()

    async def _enter(self) -> None:
        if not self.section:
            await self.switch_mode(next(iter(self.sections)))
        self._idle.watch(self._sign_in.idle_s if self._sign_in is not None else None)

    # --- doing -------------------------------------------------------------------------------------

    async def action_office(self, id: str) -> None:
        """The action behind every key that works everywhere."""
        await self.act(id)

    async def act(self, id: str) -> None:
        """Do what works everywhere, or say why not; nothing but leaving works before the sign-in."""
        page = self.page
        if id == "quit":
            self.exit(0)
        elif page is None:
            return
        elif id == "back":
            page.step_back()
        elif (reason := self._refusal(self.keys[id])) is not None:
            self.tell(reason, tone="warning")
        elif id.startswith("section_"):
            await self.open_section(id.removeprefix("section_"))
        elif not page.is_covered:
            done = getattr(self, f"do_{id}")()
            if inspect.isawaitable(done):
                await done

    async def open_section(self, id: str) -> None:
        """Go to a section, to the page it was left on; help and commands do not stay behind.

        The key of the section one is in leads to its first page.
        """
        if isinstance(self.screen, HelpPage | CommandPage):
            await self.pop_screen()
        if id != self.section:
            await self.switch_mode(id)
        else:
            self._to_first_page()

    def _to_first_page(self) -> None:
        """Step back as Esc does; a sheet that is open, and a page that asks before it is left, stay."""
        while len(self.screen_stack) > 1 and (page := self.page) is not None and not page.is_covered:
            page.step_back()
            if self.page is page:
                return

    def do_help(self) -> None:
        """Show every key of the page."""
        if (page := self.page) is not None and not isinstance(page, HelpPage):
            self.push_screen(HelpPage(page, self._of_page(page), self._everywhere()))

    def do_palette(self) -> None:
        """List every command and do the chosen one."""
        if (page := self.page) is not None and not isinstance(page, HelpPage | CommandPage):
            commands = [*self._of_page(page), *self._everywhere()]

            async def chosen(id: object) -> None:
                if id is not None:
                    await page.act(str(id))

            self.push_screen(CommandPage(commands), chosen)

    def do_language(self) -> None:
        """The next language."""
        at = i18n.LANGUAGES.index(self.language)
        self.set_language(i18n.LANGUAGES[(at + 1) % len(i18n.LANGUAGES)])

    def do_look(self) -> None:
        """The next look."""
        self.set_look(LOOKS[(LOOKS.index(self._look) + 1) % len(LOOKS)].id)

    def do_clock(self) -> None:
        """Come or go."""
        if (page := self.page) is not None:
            page.writing(loaded("tui.screens.clocking:clock_me"), page)

    async def do_pin(self) -> None:
        """Ask for a PIN of one's own."""
        if (page := self.page) is not None:
            await loaded("tui.screens.staffforms:ask_pin")(page)

    async def do_till_card(self) -> None:
        """Write the card that lies beside the till."""
        if (page := self.page) is not None:
            await loaded("tui.screens.tillcard:ask")(page)

    def do_switch(self) -> None:
        """Ask who comes now; leaving the sign-in goes back, as long as someone is there."""
        self._may_stay = True
        self.lock()

    def do_lock(self) -> None:
        """Ask who is there."""
        self.lock()

    def speak_here(self) -> None:
        """Be the scope of the calling task too, and of all that start from it."""
        self._scope.begin()

    def set_language(self, language: str) -> None:
        """Speak another language from here on; every open page is said again."""
        self._scope.speak(language)
        self._resay()

    def set_look(self, id: str) -> None:
        """Change the colours."""
        self._look = next(look for look in LOOKS if look.id == id)
        self.console.pop_theme()
        self.console.push_theme(self._look.names())
        self.theme = id
        self._resay()

    def tell(self, words: Words, *, tone: Tone = "information", long: bool = False) -> None:
        """Show a notice for a few seconds; a `long` one can be copied down."""
        said = words.plain if isinstance(words, RichText) else str(words)
        said = in_ascii(said) if self.draws_ascii else said
        self.notify(said, severity=tone, markup=False, timeout=30 if long else None)

    async def guarded(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do work of a page: what core refuses becomes a notice, what is stale is forgotten."""
        try:
            await work()
        except Stale:
            return
        except RegularsError as error:
            self.tell(error.sentence(), tone="warning")

    def _refusal(self, action: Action) -> Text | None:
        if action.right is not None and not self.actor.may(action.right):
            return access.refusal(action.right).as_text()
        if action.id in ("lock", "switch") and (self._sign_in is None or self._sign_in.screen is None):
            return T("This session has no sign-in. End it with ctrl+q.")
        return None

    def _of_page(self, page: Page) -> list[Command]:
        return [Command(action, page.refusal(action)) for action in page.KEYS]

    def _everywhere(self) -> list[Command]:
        return [Command(action, self._refusal(action)) for action in self.keys.values()]

    def _resay(self) -> None:
        for stack in self._screen_stacks.values():
            for screen in stack:
                if isinstance(screen, Page):
                    screen.resay()

    # --- lock --------------------------------------------------------------------------------------

    def lock(self) -> None:
        """Cover everything with the sign-in until it names an actor; leaving it ends the session."""
        if self._sign_in is not None and self._sign_in.screen is not None and not self.screen.is_modal:
            self.push_screen(self._sign_in.screen(), self._signed_in)

    def _left_alone(self) -> None:
        """Nobody touched a key for long: ask who is there, or end where nothing could answer that."""
        if self._sign_in is not None and self._sign_in.screen is None:
            self._exit_renderables.append(RichText(crash.both(ENDED_ALONE)))
            self.exit(0)
        else:
            self._may_stay = False
            self.lock()

    async def _signed_in(self, actor: Actor | None) -> None:
        may_stay, self._may_stay = self._may_stay, False
        if actor is None:
            if not may_stay:
                self.exit(0)
            return
        before, self._actor = self._actor, actor
        if before is None or before.id != actor.id:
            self.set_language(actor.language)
            await self._forget_pages()
        await self._enter()

    async def _forget_pages(self) -> None:
        """What one person had open is nothing for the next."""
        await self.switch_mode(NO_SECTION)
        for section in self.sections.values():
            await self.remove_mode(section.id)
            self.add_mode(section.id, section.page)

    async def on_event(self, event: Event) -> None:
        """Every key and click says that someone is there; keys come one after the other."""
        if isinstance(event, InputEvent):
            self._idle.touch()
        if isinstance(event, Key | Paste) and not event.is_forwarded:
            await self._typeahead.take(event)
        else:
            await super().on_event(event)

    # --- what Textual brings and a shop must not have ----------------------------------------------

    def get_system_commands(self, screen: Screen[Any]) -> Any:
        """None: one of them writes the screen, with personal data, to the server's disk."""
        return ()

    def action_suspend_process(self) -> None:
        """Nothing: there is no shell behind this program."""

    def action_help_quit(self) -> None:
        """Ctrl+C is pressed by habit."""
        self.tell(T("Ctrl+Q ends this session."))

    def _handle_exception(self, error: Exception) -> None:
        """End with a sentence in both languages; Textual's own printer shows local variables."""
        self._return_code = 1
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
        if not self._exit_renderables:
            cause = error.error if isinstance(error, WorkerFailed) else error
            id = crash.keep(cause, self._log_file)
            self._exit_renderables.append(RichText(crash.both(crash.SENTENCE, id=id)))
        self._close_messages_no_wait()
