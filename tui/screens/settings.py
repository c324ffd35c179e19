"""Settings 设置: the way to everything an owner sets up, with how much of it there is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from textual import on

from core.base.i18n import N_, Text
from tui.keymap import OPEN, Action
from tui.page import Page
from tui.screens.apikeys import ApiKeysPage
from tui.screens.auditlog import AuditPage
from tui.screens.backupspage import BackupsPage
from tui.screens.commissionpage import CommissionPage
from tui.screens.doctor import DoctorPage
from tui.screens.firstday import FirstDayPage
from tui.screens.jobs import JobsPage
from tui.screens.kiosks import KiosksPage
from tui.screens.lists import ListPage
from tui.screens.movein import MoveInPage
from tui.screens.ownfieldspage import OwnFieldsPage
from tui.screens.shop import RulesPage, StoresPage, TiersPage
from tui.screens.staff import StaffPage
from tui.screens.staffkeys import StaffKeysPage
from tui.screens.webhookspage import WebhooksPage
from tui.widgets.columns import Column
from tui.widgets.pagetable import PageTable, Row, Wanted


@dataclass(frozen=True)
class Entry:
    """One line of the menu; `label` and `about` are msgids."""

    label: str
    about: str
    page: Callable[[], Page]


ENTRIES = (
    Entry(N_("First day"), N_("what is left to do before the shop sells"), FirstDayPage),
    Entry(N_("Shop rules"), N_("points, stored value, tiers, messages: every figure the shop can set"), RulesPage),
    Entry(N_("Stores"), N_("the shop's stores and their time zones"), StoresPage),
    Entry(N_("Tiers"), N_("what it takes to reach a tier, and what it gives"), TiersPage),
    Entry(N_("Staff"), N_("who may sign in, as what and where"), StaffPage),
    Entry(N_("Commission"), N_("what selling earns, and what each person earned"), CommissionPage),
    Entry(N_("SSH keys"), N_("which key comes in as whom"), StaffKeysPage),
    Entry(N_("API keys"), N_("what lets other programs in"), ApiKeysPage),
    Entry(N_("Webhooks"), N_("online shops that are told what happens here"), WebhooksPage),
    Entry(N_("Own fields"), N_("what the shop wants to know of its members beside the usual"), OwnFieldsPage),
    Entry(N_("Kiosks"), N_("screens for customers: pair one, shut one out"), KiosksPage),
    Entry(N_("Moving in"), N_("members, products and past sales from the old system"), MoveInPage),
    Entry(N_("Jobs"), N_("what runs by itself at night, and how it went"), JobsPage),
    Entry(N_("Backups"), N_("copies of the whole shop: make one, examine it, try it"), BackupsPage),
    Entry(N_("Audit log"), N_("who did what, the newest first"), AuditPage),
    Entry(N_("Doctor"), N_("check that every ledger adds up"), DoctorPage),
)


class SettingsPage(ListPage):
    """A menu."""

    NAME = N_("Settings")
    HELP = N_("What an owner sets up. Enter opens a line; p gives yourself a PIN for approvals.")
    RIGHT = "settings"
    EXPORTED = False
    NOTED = False
    KEYS = (OPEN, Action("own_pin", ("p",), N_("your PIN"), N_("Give yourself the PIN with which you approve.")))
    COLUMNS = (
        Column("label", N_("setting"), 16, min_width=10, important=True),
        Column("about", N_("what it is"), 50, min_width=20, stretch=True),
    )

    async def fetch(self, wanted: Wanted) -> Sequence[Row]:
        """The lines of the menu."""
        shown = ENTRIES[wanted.start : wanted.start + wanted.limit]
        return [Row(entry, (Text(entry.label), Text(entry.about))) for entry in shown]

    async def do_own_pin(self) -> None:
        """Ask for a PIN."""
        await self.office.act("pin")

    @on(PageTable.RowOpened)
    def _opened(self, message: PageTable.RowOpened) -> None:
        if isinstance(message.row.key, Entry):
            self.app.push_screen(message.row.key.page())
