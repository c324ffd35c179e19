"""The doctor 体检: replays every ledger and says what does not add up."""

from collections.abc import Sequence

from core.base import clock
from core.base.i18n import N_, T
from core.keeping import doctor
from core.keeping.doctor import CHECKS
from core.keeping.findings import Finding
from tui.keymap import Action
from tui.screens.lists import ListPage, moment, whole
from tui.widgets.columns import Column
from tui.widgets.pagetable import Row
from tui.widgets.row import Words


class DoctorPage(ListPage):
    """What was found; what to do about it stands below."""

    NAME = N_("Doctor")
    HELP = N_("Adds up every ledger again and compares. It changes nothing.")
    EMPTY = N_("All is well: every ledger adds up.")
    EXPORTED = False
    KEYS = (Action("again", ("r",), N_("check again"), N_("Examine everything once more.")),)
    COLUMNS = (
        Column("check", N_("check"), 18, min_width=10),
        Column("what", N_("what was found"), 56, min_width=30, important=True, stretch=True),
    )

    async def load(self) -> None:
        """Examine everything, then show what was found."""
        self.select(T("adding up …"))
        now = clock.now()
        found = await self.gateway.read(doctor.examine, now=now)

        async def kept() -> Sequence[Finding]:
            return found

        await self.table.set_source(whole(kept, _row), total=len(found))
        if not found:
            self.note.say()
        self.select(T("{checks} ledger checks at {time}", checks=len(CHECKS), time=moment(now)))

    def about(self, row: Row) -> Sequence[Words]:
        """What to do."""
        return (row.key.what, row.key.next_step) if isinstance(row.key, Finding) else ()

    def do_again(self) -> None:
        """Examine again."""
        self.reading(self.load)


def _row(one: Finding) -> Row:
    return Row(one, (one.check, one.what), tone="bad")
