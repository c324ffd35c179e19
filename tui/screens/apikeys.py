"""API keys 接口密钥: what lets other programs in, with which scopes; made here, shown once."""

from core.base import clock
from core.base.i18n import N_, T, Text
from core.keeping import opening
from core.people import devices
from core.people.devices import ApiKey
from tui.keymap import Action
from tui.screens.lists import ListPage, moment, whole
from tui.widgets.columns import Column
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.pagetable import Fetch, Row
from tui.widgets.row import Words

SCOPES: dict[str, tuple[str, str]] = {
    "members": (N_("find and join members"), "people"),
    "members.phone": (N_("see phone numbers"), "people"),
    "members.edit": (N_("edit members"), "people"),
    "sales": (N_("sell"), "till"),
    "refunds": (N_("refund"), "till"),
    "adjust": (N_("adjust points"), "till"),
    "marketing": (N_("marketing"), "office"),
    "reports": (N_("reports"), "office"),
    "settings": (N_("settings"), "office"),
}
"""What each scope lets a program do, and the line of the form it stands in."""
GROUPS = {"people": N_("with members"), "till": N_("at the till"), "office": N_("in the office")}


class ApiKeysPage(ListPage):
    """Every key that was ever made."""

    NAME = N_("API keys")
    HELP = N_(
        "Keys of tills, online shops and other programs, each for one store and only for what it was made for. A key is"
        " shown once, when it is made; one that was lost is ended and made anew."
    )
    RIGHT = "keys"
    ORDERED = True
    NOTED = False
    EMPTY = N_("No API key yet. n makes one.")
    KEYS = (
        Action("new", ("n",), N_("new"), N_("Make a key and show it once."), right="keys"),
        Action("end", ("x",), N_("end"), N_("End the selected key at once."), right="keys", danger=True),
    )
    COLUMNS = (
        Column("name", N_("name"), 20, min_width=8, important=True),
        Column("key", N_("API key"), 13, min_width=13),
        Column("store", N_("store"), 16, min_width=6),
        Column("scopes", N_("may"), 30, min_width=10, stretch=True),
        Column("made", N_("made"), 16, min_width=11),
        Column("state", N_("state"), 8, min_width=6),
    )

    def source(self) -> Fetch:
        """The keys, those in use first."""
        return whole(lambda: self.gateway.read(devices.all_keys, by=self.actor), _key)

    def refusal(self, action: Action) -> Text | None:
        """A key ends once."""
        row = self.table.row
        if action.id == "end" and (row is None or not isinstance(row.key, ApiKey) or row.key.revoked_at is not None):
            return T("Select a key that is in use.")
        return super().refusal(action)

    async def do_new(self) -> None:
        """Ask what for, then show the key."""
        found = await self.gateway.read(opening.stores_of, self.actor)

        async def make(answer: Answer) -> None:
            scopes = tuple(one for group in GROUPS for one in answer.text(group).split())
            key = await self.gateway.write(
                devices.new_key, answer.text("name"), int(answer.text("store")), scopes, by=self.actor, now=clock.now()
            )
            self.changed()
            await self._show(answer.text("name"), key)

        stores: tuple[tuple[str, Words], ...] = tuple((str(id), name) for id, name in found)
        fields = (
            Field("name", N_("name"), hint=N_("which program")),
            Field("store", N_("store"), "choice", choices=stores),
            *(Field(id, label, "several", choices=_of_group(id), required=False) for id, label in GROUPS.items()),
        )
        lines = (T("Mark only what the program needs."),)
        await self.ask(Form("api_key", T("New API key"), lines, fields, done=N_("make")), make)

    async def _show(self, name: str, key: str) -> None:
        async def copy(answer: Answer) -> None:
            self.app.copy_to_clipboard(key)
            self.office.tell(T("The key is in this terminal's clipboard."))

        lines: tuple[Words, ...] = (key, T("It is shown this once. Give it to the program now; Enter copies it."))
        await self.ask(Form("made", T("Key for {name}", name=name), lines, done=N_("copy")), copy)

    async def do_end(self) -> None:
        """Ask before a key ends."""
        if (row := self.table.row) is None or not isinstance(row.key, ApiKey):
            return
        one = row.key
        title = T("End the key of {name}?", name=one.name)
        lines = (T("The program that uses it is refused from now on."),)
        await self.sure(title, lines, devices.revoke_key, one.key_id, done=N_("end"))


def _of_group(group: str) -> tuple[tuple[str, Words], ...]:
    return tuple((id, Text(words)) for id, (words, where) in SCOPES.items() if where == group)


def _key(one: ApiKey) -> Row:
    scopes = " · ".join(str(Text(SCOPES[scope][0])) for scope in one.scopes if scope in SCOPES)
    state = T("in use") if one.revoked_at is None else T("ended")
    cells = (one.name, f"sk_{one.key_id}", one.store, scopes, moment(one.created_at), state)
    return Row(one, cells, tone="" if one.revoked_at is None else "quiet")
