"""The sign-in: who is at this terminal; it covers everything until it is answered."""

from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from core.base import clock
from core.base.access import Actor
from core.base.errors import RegularsError
from core.base.i18n import N_, T
from core.people import staff
from tui.gateway import Gateway
from tui.sections import SignIn
from tui.widgets.row import KeyItem, KeyRow, Line
from tui.widgets.searchbox import QuietInput

IDLE_S = 900


class SignInScreen(ModalScreen[Actor | None]):
    """Name and password; Esc leaves."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", show=False)]
    CSS = """
    SignInScreen { align: center middle; background: $paper; }
    SignInScreen > Vertical { width: 52; height: auto; padding: 1 2; background: $sheet; }
    SignInScreen QuietInput { background: $paper; margin: 0 0 1 0; }
    SignInScreen .problem { color: $bad; height: auto; }
    """

    def compose(self) -> ComposeResult:
        """The two fields."""
        with Vertical():
            yield Line(T("Regulars · sign in"), classes="sheet-title")
            yield Line(T("Name"))
            yield QuietInput(id="login")
            yield Line(T("Password"))
            yield QuietInput(id="password", password=True)
            yield Line("", classes="problem", id="problem")
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
            self.query_one("#problem", Line).say(error.as_text())
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


def sign_in() -> SignIn:
    """The sign-in of a real shop: it comes back after a quarter of an hour without a key."""
    return SignIn(SignInScreen, IDLE_S)
