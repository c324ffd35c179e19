"""Kiosks 自助屏: screens for customers; pair one with a code, shut one out at once."""

from collections.abc import Sequence

from rich.text import Text as RichText
from textual.app import ComposeResult

from core.base import clock
from core.base.i18n import N_, T, Text
from core.keeping import opening
from core.people import devices
from core.people.devices import Device
from tui.keymap import Action
from tui.page import Page
from tui.screens.lists import ListPage, moment, whole
from tui.widgets.big import big_lines
from tui.widgets.charts import Drawing
from tui.widgets.columns import Column
from tui.widgets.note import wrapped
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.pagetable import Fetch, Row
from tui.widgets.row import Words


class KiosksPage(ListPage):
    """Every screen that was ever paired."""

    NAME = N_("Kiosks")
    HELP = N_("Screens where customers join and see their card. Each is paired once with a code from here.")
    RIGHT = "devices"
    ORDERED = True
    EMPTY = N_("No kiosk yet. p makes a code to pair one with.")
    NOTED = False
    KEYS = (
        Action("pair", ("p",), N_("pair"), N_("Make a code that pairs one screen."), right="devices"),
        Action("revoke", ("x",), N_("shut out"), N_("Shut the selected screen out at once."), right="devices",
               danger=True),
    )  # fmt: skip
    COLUMNS = (
        Column("name", N_("kiosk"), 20, min_width=10, important=True, stretch=True),
        Column("store", N_("store"), 18, min_width=8),
        Column("paired", N_("paired"), 16, min_width=16),
        Column("seen", N_("last seen"), 16, min_width=16),
        Column("state", N_("state"), 8, min_width=6),
    )

    def source(self) -> Fetch:
        """The screens, oldest first."""
        return whole(lambda: self.gateway.read(devices.all_devices, by=self.actor), _device)

    def refusal(self, action: Action) -> Text | None:
        """A screen can be shut out once."""
        row = self.table.row
        gone = row is None or not isinstance(row.key, Device) or row.key.revoked_at is not None
        if action.id == "revoke" and gone:
            return T("Select a kiosk that is in use.")
        return super().refusal(action)

    async def do_pair(self) -> None:
        """Ask where the screen stands, then show its code."""
        found = await self.gateway.read(opening.stores_of, self.actor)

        async def make(answer: Answer) -> None:
            store_id, name = int(answer.text("store")), answer.text("name")
            code = await self.gateway.write(devices.new_pairing, store_id, name, by=self.actor, now=clock.now())
            self.app.push_screen(PairingPage(name, code))

        stores: tuple[tuple[str, Words], ...] = tuple((str(id), name) for id, name in found)
        fields = (
            Field("name", N_("name"), hint=N_("at the door")),
            Field("store", N_("store"), "choice", choices=stores),
        )
        await self.ask(Form("pair", T("Pair a kiosk"), fields=fields, done=N_("make a code")), make)

    async def do_revoke(self) -> None:
        """Ask before a screen is shut out."""
        if (row := self.table.row) is None or not isinstance(row.key, Device):
            return
        chosen = row.key
        title = T("Shut “{name}” out?", name=chosen.name)
        lines = (T("It shows customers nothing from now on. A new code pairs it again."),)
        await self.sure(title, lines, devices.revoke, chosen.id, done=N_("shut out"))


class PairingPage(Page):
    """A pairing code, to be read from where the screen stands."""

    NAME = N_("Pairing code")
    HELP = N_("Type this code on the kiosk. It works once, for ten minutes.")

    def __init__(self, name: str, code: str) -> None:
        super().__init__(name_of=name)
        self._code = code

    def body(self) -> ComposeResult:
        """The code, large and as text."""
        yield Drawing(self._lines, id="code")

    def _lines(self, cells: int) -> Sequence[RichText]:
        half = len(self._code) // 2
        spaced = f"{self._code[:half]}-{self._code[half:]}"
        blank = RichText(end="")
        big = [RichText("  ", end="") + line for line in big_lines(self._code)]
        told = T("Type {code} on the kiosk. It works once, for ten minutes; after that make a new one.", code=spaced)
        return [blank, *big, blank, *wrapped(told, cells - 2)]


def _device(one: Device) -> Row:
    seen = moment(one.seen_at) if one.seen_at is not None else ""
    state = T("in use") if one.revoked_at is None else T("shut out")
    cells = (one.name, one.store, moment(one.paired_at), seen, state)
    return Row(one, cells, tone="" if one.revoked_at is None else "quiet")
