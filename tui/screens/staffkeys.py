"""SSH keys 员工密钥: which public key opens the back-office as whom."""

from collections.abc import Sequence

from core.base import clock
from core.base.i18n import N_, T, Text
from core.people import sshkeys, staff
from core.people.sshkeys import StaffKey
from tui.keymap import Action
from tui.screens.lists import ListPage, moment, whole
from tui.widgets.columns import Column
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.pagetable import Fetch, Row
from tui.widgets.row import Words


class StaffKeysPage(ListPage):
    """Every key in use."""

    NAME = N_("SSH keys")
    HELP = N_(
        "Keys with which staff come in over SSH, each for one account. Compare a fingerprint with what `ssh-keygen -lf`"
        " shows on their machine. A removed key opens nothing from that moment on."
    )
    RIGHT = "staff"
    ORDERED = True
    EMPTY = N_("No SSH key yet. n adds one: have the line of the .pub file at hand.")
    KEYS = (
        Action("new", ("n",), N_("new"), N_("Let a public key open an account."), right="staff"),
        Action("remove", ("x",), N_("remove"), N_("Remove the selected key at once."), right="staff", danger=True),
    )
    COLUMNS = (
        Column("login", N_("account"), 14, min_width=8),
        Column("fingerprint", N_("fingerprint"), 51, min_width=20, important=True, stretch=True),
        Column("label", N_("label"), 18, min_width=6),
        Column("used", N_("last used"), 16, min_width=11),
    )

    def source(self) -> Fetch:
        """The keys, by account."""
        return whole(lambda: self.gateway.read(sshkeys.listing, by=self.actor), _key)

    def about(self, row: Row) -> Sequence[Words]:
        """The whole fingerprint, and since when."""
        if not isinstance(row.key, StaffKey):
            return ()
        one = row.key
        return [
            f"{one.fingerprint} · {one.kind}",
            T("{name} · added {added}", name=one.name, added=moment(one.created_at)),
        ]

    def refusal(self, action: Action) -> Text | None:
        """There must be a key to remove."""
        if action.id == "remove" and self.table.row is None:
            return T("The list is empty.")
        return super().refusal(action)

    async def do_new(self) -> None:
        """Ask whose key, and for its line."""
        found = [one for one in await self.gateway.read(staff.listing, by=self.actor) if one.active]

        async def write(answer: Answer) -> None:
            await self.gateway.write(
                sshkeys.add, answer.text("login"), answer.text("key"), by=self.actor, now=clock.now()
            )
            self.changed()

        logins: tuple[tuple[str, Words], ...] = tuple((one.login, f"{one.login} · {one.name}") for one in found)
        fields = (
            Field("login", N_("account"), "choice", choices=logins),
            Field("key", N_("public key"), hint=N_("paste the line of the .pub file")),
        )
        lines = (T("Only the public half. Whoever holds the other half comes in as this account."),)
        await self.ask(Form("ssh_key", T("New SSH key"), lines, fields, done=N_("add")), write)

    async def do_remove(self) -> None:
        """Ask before a key opens nothing any more."""
        if (row := self.table.row) is None or not isinstance(row.key, StaffKey):
            return
        one = row.key
        title = T("Remove this key of {name}?", name=one.name)
        lines: tuple[Words, ...] = (
            one.fingerprint,
            T("It opens nothing any more, and open sessions of the account end."),
        )
        await self.sure(title, lines, sshkeys.remove, one.id, done=N_("remove"))


def _key(one: StaffKey) -> Row:
    used: Words = moment(one.used_at) if one.used_at is not None else T("never")
    return Row(one, (one.login, one.fingerprint, one.label, used))
