"""The sign-in: who is at this terminal; it covers everything until it is answered."""

from typing import ClassVar

from rich.text import Text as RichText
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from core.base import clock, settings
from core.base.access import Actor
from core.base.errors import RegularsError
from core.base.i18n import N_, T
from core.base.text import wrap
from core.people import staff
from tui.gateway import Gateway
from tui.sections import SignIn
from tui.widgets.charts import Drawing
from tui.widgets.crumbs import banner
from tui.widgets.row import KeyItem, KeyRow, Line
from tui.widgets.searchbox import QuietInput

IDLE_S = 900


class SignInScreen(ModalScreen[Actor | None]):
    """Name and password; Esc leaves."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,ctrl+q", "leave", show=False)]
    CSS = """
    SignInScreen { align: center middle; background: $paper; }
    SignInScreen > Vertical { width: 52; height: auto; padding: 1 2; background: $sheet; }
    SignInScreen QuietInput { background: $paper; margin: 0 0 1 0; }
    """

    def compose(self) -> ComposeResult:
        """The two fields."""
        with Vertical():
            yield Line(T("Regulars · sign in"), classes="sheet-title")
            if settings.practising():
                yield Line(banner())
            yield Line(T("sign-in name"))
            yield QuietInput(id="login")
            yield Line(T("password"))
            yield QuietInput(id="password", password=True)
            yield Drawing(lambda cells: [], id="problem")
            yield KeyRow(lambda: [KeyItem("enter", "Enter", N_("sign in")), KeyItem("leave", "Esc", N_("leave"))])

    def on_mount(self) -> None:
        """Begin with the name."""
        self.query_one("#login").focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter goes to the password, then signs in."""
        event.stop()
        if event.input.id == "login":
            self.query_one("#password").focus()
        else:
            self.sign_in()

    @work(exclusive=True)
    async def sign_in(self) -> None:
        """Ask core whether name and password fit."""
        login, password = (self.query_one(f"#{id}", QuietInput) for id in ("login", "password"))
        gateway: Gateway = self.app.gateway  # type: ignore[attr-defined]
        try:
            actor = await gateway.write(staff.sign_in, login.value, password.value, now=clock.now())
        except RegularsError as error:
            said = error.sentence()
            self.query_one("#problem", Drawing).draw(
                lambda cells: [RichText(" " + part, "bad", end="") for part in wrap(said, cells - 2)]
            )
            password.value = ""
            password.focus()
            return
        self.dismiss(actor)

    def action_leave(self) -> None:
        """Leave without signing in."""
        self.dismiss(None)

    def on_key_row_chosen(self, message: KeyRow.Chosen) -> None:
        """A click on a key."""
        self.sign_in() if message.id == "enter" else self.action_leave()


def key_session() -> SignIn:
    """The session of an SSH key: nothing to sign in with; it ends after a quarter of an hour without a key."""
    return SignIn(None, IDLE_S)


def sign_in() -> SignIn:
    """The sign-in of a real shop: it comes back after a quarter of an hour without a key."""
    return SignIn(SignInScreen, IDLE_S)
