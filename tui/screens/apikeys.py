"""API keys 接口密钥: what lets other programs in, with which scopes; made here, shown once."""

from core.base import clock
from core.base.i18n import N_, T, Text, scope
from core.keeping import opening
from core.people import devices
from core.people.devices import ApiKey
from tui.keymap import Action
from tui.screens.lists import ListPage, day, moment, whole
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
    "goods": (N_("change goods and take them in"), "office"),
    "marketing": (N_("marketing"), "office"),
    "service": (N_("service"), "office"),
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
        Action(
            "rotate", ("r",), N_("rotate"), N_("Make the key that follows; the old one ends in 7 days."), right="keys"
        ),
        Action("end", ("x",), N_("end"), N_("End the selected key at once."), right="keys", danger=True),
    )
    COLUMNS = (
        Column("name", N_("name"), 20, min_width=8, important=True),
        Column("key", N_("API key"), 13, min_width=13),
        Column("store", N_("store"), 16, min_width=6),
        Column("scopes", N_("may"), 30, min_width=10, stretch=True),
        Column("state", N_("state"), 17, min_width=6),
        Column("used", N_("last used"), 16, min_width=11),
        Column("made", N_("made"), 11, min_width=11),
    )

    def source(self) -> Fetch:
        """The keys, those in use first."""
        return whole(lambda: self.gateway.read(devices.all_keys, by=self.actor), _key)

    def refusal(self, action: Action) -> Text | None:
        """A key ends once, and only one in use is followed by another."""
        row = self.table.row
        one = row.key if row is not None and isinstance(row.key, ApiKey) else None
        if action.id in ("end", "rotate") and (one is None or not one.living(now=clock.now())):
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

    async def do_rotate(self) -> None:
        """Make the key that follows, and show it."""
        if (row := self.table.row) is None or not isinstance(row.key, ApiKey):
            return
        one = row.key

        async def make(answer: Answer) -> None:
            key = await self.gateway.write(devices.rotate_key, one.key_id, by=self.actor, now=clock.now())
            self.changed()
            await self._show(one.name, key)

        title = T("Make the next key of {name}?", name=one.name)
        lines = (T("Both are good until the old one ends, in {days} days.", days=devices.ROTATION_DAYS),)
        await self.ask(Form("rotate", title, lines, done=N_("make")), make)

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
    zone = scope().zone
    living, made = one.living(now=clock.now()), day(clock.day_of(one.created_at, zone))
    state: Words = T("in use") if living else T("ended")
    if living and one.expires_at is not None:
        state = T("until {last}", last=day(clock.day_of(one.expires_at - 1, zone)))
    used = moment(one.last_used_at) if one.last_used_at else "–"
    cells = (one.name, f"sk_{one.key_id}", one.store, scopes, state, used, made)
    return Row(one, cells, tone="" if living else "quiet")
