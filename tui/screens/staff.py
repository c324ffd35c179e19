"""Staff 员工: who may sign in, as what and where."""

from core.base import clock
from core.base.i18n import N_, T, Text
from core.keeping import opening
from core.people import staff
from core.people.staff import StaffRow
from tui.keymap import Action
from tui.screens.lists import ListPage, whole
from tui.widgets.columns import Column
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.pagetable import Fetch, Row
from tui.widgets.row import Words

ROLES = {"owner": N_("owner"), "manager": N_("manager"), "clerk": N_("clerk")}
LANGUAGES: tuple[tuple[str, Words], ...] = (("zh", "中文"), ("en", "English"))


class StaffPage(ListPage):
    """Every account; closed ones come last."""

    NAME = N_("Staff")
    HELP = N_("Accounts for the back-office. A closed account can write nothing from that moment on.")
    RIGHT = "staff"
    ORDERED = True
    NOTED = False
    KEYS = (
        Action("new", ("n",), N_("new"), N_("Add an account."), right="staff"),
        Action("close", ("x",), N_("close"), N_("Close the selected account at once."), right="staff", danger=True),
    )
    COLUMNS = (
        Column("login", N_("sign-in name"), 16, min_width=10),
        Column("name", N_("name"), 18, min_width=8, important=True),
        Column("role", N_("role"), 10, min_width=7),
        Column("stores", N_("stores"), 30, min_width=10, stretch=True),
        Column("state", N_("state"), 8, min_width=6),
    )

    def source(self) -> Fetch:
        """The accounts."""
        return whole(lambda: self.gateway.read(staff.listing, by=self.actor), _account)

    def refusal(self, action: Action) -> Text | None:
        """A closed account cannot be closed again."""
        row = self.table.row
        if action.id == "close" and (row is None or not isinstance(row.key, StaffRow) or not row.key.active):
            return T("Select an account that is in use.")
        return super().refusal(action)

    async def do_new(self) -> None:
        """Ask for a new account."""
        found = await self.gateway.read(opening.stores)

        async def write(answer: Answer) -> None:
            store_id = int(answer.text("store"))
            await self.gateway.write(
                staff.create,
                answer.text("login"),
                answer.text("name"),
                answer.text("role"),
                password=answer.text("password"),
                stores=(store_id,) if store_id else (),
                language=answer.text("language"),
                by=self.actor,
                now=clock.now(),
            )
            self.changed()

        roles: tuple[tuple[str, Words], ...] = tuple((id, Text(ROLES[id])) for id in ("clerk", "manager", "owner"))
        stores: tuple[tuple[str, Words], ...] = tuple((str(id), name) for id, name in found)
        fields = (
            Field("login", N_("sign-in name"), hint=N_("small letters and digits")),
            Field("name", N_("name")),
            Field("role", N_("role"), "choice", choices=roles),
            Field("store", N_("store"), "choice", choices=(("0", T("all stores")), *stores)),
            Field("language", N_("language"), "choice", value=self.office.language, choices=LANGUAGES),
            Field("password", N_("password"), "secret", hint=N_("8 characters or more")),
        )
        await self.ask(Form("staff", T("New account"), fields=fields), write)

    async def do_close(self) -> None:
        """Ask before an account is closed."""
        if (row := self.table.row) is None or not isinstance(row.key, StaffRow):
            return
        chosen = row.key

        async def write(answer: Answer) -> None:
            await self.gateway.write(staff.close, chosen.id, by=self.actor, now=clock.now())
            self.changed()

        title = T("Close the account of {name}?", name=chosen.name)
        lines = (T("Their open sessions can write nothing more. What they did stays."),)
        await self.ask(Form("close", title, lines, done=N_("close"), danger=True), write)


def _account(one: StaffRow) -> Row:
    stores: Words = " · ".join(one.stores) or T("all stores")
    state = T("in use") if one.active else T("closed")
    cells = (one.login, one.name, Text(ROLES[one.role]), stores, state)
    return Row(one, cells, tone="" if one.active else "quiet")
