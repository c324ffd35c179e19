"""Staff 员工: who may sign in, as what and where."""

from datetime import date
from functools import partial

from core.base import clock
from core.base.i18n import N_, T, Text
from core.keeping import opening
from core.people import accounts, badges, owncards, picking, staff
from core.people.staff import StaffRow
from core.reports import goals
from tui.keymap import Action
from tui.screens import papers
from tui.screens import staffforms as forms
from tui.screens.commissionpage import StatementPage
from tui.screens.lists import ListPage, whole
from tui.widgets.columns import Column
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.pagetable import Fetch, PageTable, Row
from tui.widgets.row import Words

OF_ONE = frozenset({"edit", "rights", "password", "close", "badge", "badge_end", "goal", "own_card", "statement"})


class StaffPage(ListPage):
    """Every account; closed ones come last."""

    NAME = N_("Staff")
    HELP = N_(
        "Accounts for the back-office. A closed account can write nothing from that moment on; one whose role, stores"
        " or rights change has to sign in again."
    )
    RIGHT = "staff"
    ORDERED = True
    NOTED = False
    KEYS = (
        Action("new", ("n",), N_("new"), N_("Add an account."), right="staff"),
        Action("edit", ("enter", "e"), N_("edit"), N_("Change name, role, stores and language."), right="staff"),
        Action("rights", ("r",), N_("rights"), N_("Give rights beside the role, or take some away."), right="staff"),
        Action("close", ("x",), N_("close"), N_("Close the selected account at once, or open it again."),
               right="staff", danger=True),
        Action("password", ("p",), N_("password"), N_("Give the selected account another password."), right="staff"),
        Action("badge", ("b",), N_("badge"), N_("Print a badge for coming and going; the one before ends."),
               right="staff"),
        Action("badge_end", (), N_("end the badge"), N_("Let the badge open nothing any more."), right="staff"),
        Action("goal", ("g",), N_("goal"), N_("Set what a month is meant to bring of this person."), right="settings"),
        Action("statement", ("s",), N_("statement"), N_("Show what this person earned by selling."), right="reports"),
        Action("own_card", ("m",), N_("own card"), N_("Note which member this person is."), right="staff"),
    )  # fmt: skip
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

    @property
    def _selected(self) -> StaffRow | None:
        return self.chosen(StaffRow)

    def refusal(self, action: Action) -> Text | None:
        """There must be an account under the cursor; a closed one is opened before it is changed."""
        one = self._selected
        if action.id in OF_ONE and one is None:
            return T("Select an account first.")
        if action.id in OF_ONE - {"close"} and one is not None and not one.active:
            return T("Select an account that is in use.")
        return super().refusal(action)

    async def on_page_table_row_opened(self, message: PageTable.RowOpened) -> None:
        """Enter changes the account."""
        message.stop()
        await self.act("edit")

    async def do_new(self) -> None:
        """Ask for a new account."""
        found = await self.gateway.read(opening.stores)

        async def write(answer: Answer) -> None:
            await self.gateway.write(
                staff.create,
                answer.text("login"),
                answer.text("name"),
                answer.text("role"),
                password=answer.text("password"),
                stores=forms.stores(answer),
                language=answer.text("language"),
                by=self.actor,
                now=clock.now(),
            )
            self.changed()

        await self.ask(forms.new_form(found, self.office.language), write)

    async def do_edit(self) -> None:
        """Ask for what may be changed."""
        if (one := self._selected) is None:
            return
        found = await self.gateway.read(opening.stores)
        account = await self.gateway.read(accounts.account_of, one.id)

        async def write(answer: Answer) -> None:
            await self.gateway.write(accounts.change, one.id, forms.account(answer), by=self.actor, now=clock.now())
            self.changed()

        await self.ask(forms.edit_form(one.login, account, found), write)

    async def do_rights(self) -> None:
        """Ask what the account may do."""
        if (one := self._selected) is None:
            return
        rights = await self.gateway.read(accounts.rights_of, one.id)

        async def write(answer: Answer) -> None:
            chosen = forms.rights(answer)
            await self.gateway.write(accounts.set_rights, one.id, chosen, by=self.actor, now=clock.now())
            self.office.tell(T("{name} may do so from the next sign-in on.", name=one.name))

        await self.ask(forms.rights_form(one.name, rights), write)

    async def do_password(self) -> None:
        """Ask for another password; one's own ends this session too."""
        if (one := self._selected) is None:
            return

        async def write(answer: Answer) -> None:
            password = forms.twice(answer, "password")
            await self.gateway.write(accounts.reset_password, one.id, password, by=self.actor, now=clock.now())
            if one.id == self.actor.id:
                self.overlay.close()
                self.office.lock()
            else:
                self.office.tell(T("{name} signs in with the new password from now on.", name=one.name))

        await self.ask(forms.password_form(one.name), write)

    async def do_badge(self) -> None:
        """Ask for the language of the badge, and write it."""
        if (one := self._selected) is not None:
            await papers.ask(self, f"badge-{one.login}.pdf", partial(papers.badge, one.id))

    async def do_badge_end(self) -> None:
        """Ask before it opens nothing."""
        if (one := self._selected) is not None:
            title = T("End the badge of {name}?", name=one.name)
            lines = (T("It opens nothing any more. b prints a new one."),)
            await self.sure(title, lines, badges.end, one.id, done=N_("end"))

    async def do_goal(self) -> None:
        """Ask what a month is meant to bring."""
        if (one := self._selected) is None:
            return

        async def write(answer: Answer) -> None:
            what, target = answer.text("what"), answer.number("target") or 0
            await self.gateway.write(
                goals.set_personal, one.id, what, target * 100 if what == "takings" else target,
                month=date.fromisoformat(answer.text("month")), by=self.actor, now=clock.now(),
            )  # fmt: skip
            self.office.tell(T("The goal is set."))

        await self.ask(forms.goal_form(one.name), write)

    def do_statement(self) -> None:
        """What this person earned."""
        if (one := self._selected) is not None:
            self.app.push_screen(StatementPage(one.id))

    async def do_own_card(self) -> None:
        """Ask for the number or card of who this person is as a member."""
        if (one := self._selected) is None:
            return

        async def write(answer: Answer) -> None:
            typed = answer.text("who")
            found = await self.gateway.read(picking.one, typed, field="who", by=self.actor) if typed else None
            member_id = found.id if found is not None else None
            await self.gateway.write(owncards.set_own, one.id, member_id, by=self.actor, now=clock.now())
            self.office.tell(T("Noted."))

        lines = (T("So that buying from oneself can be seen. Empty: they are no member."),)
        field = Field("who", N_("phone or card"), required=False)
        await self.ask(Form("own_card", T("Which member is {name}?", name=one.name), lines, (field,)), write)

    async def do_close(self) -> None:
        """Ask before an account is closed, or opened again."""
        if (one := self._selected) is None:
            return
        verb = staff.close if one.active else accounts.reopen

        async def write(answer: Answer) -> None:
            await self.gateway.write(verb, one.id, by=self.actor, now=clock.now())
            self.changed()

        if one.active:
            title = T("Close the account of {name}?", name=one.name)
            lines = (T("Their open sessions can write nothing more. What they did stays."),)
            await self.ask(Form("close", title, lines, done=N_("close"), danger=True), write)
            return
        title = T("Open the account of {name} again?", name=one.name)
        lines = (T("The password and the SSH keys it had open it again."),)
        await self.ask(Form("reopen", title, lines, done=N_("let in again")), write)


def _account(one: StaffRow) -> Row:
    stores: Words = " · ".join(one.stores) or T("all stores")
    state = T("in use") if one.active else T("closed")
    cells = (one.login, one.name, Text(forms.ROLES[one.role]), stores, state)
    return Row(one, cells, tone="" if one.active else "quiet")
