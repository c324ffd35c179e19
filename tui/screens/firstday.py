"""First day 开业清单: what a new shop has still to do; each line ticks itself, Enter opens where it is done."""

from collections.abc import Callable, Sequence
from pathlib import Path

from textual import on

from core.base import clock, settings
from core.base.i18n import N_, T, Text
from core.keeping import firstday, launchkit, opening
from core.keeping.golive import Step, open_steps
from tui.keymap import Action
from tui.page import Page
from tui.screens import tillcard
from tui.screens.lists import LANGUAGES, ListPage, whole
from tui.sections import lazy
from tui.widgets.columns import Column
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.pagetable import Fetch, PageTable, Row
from tui.widgets.row import Words

PAGES: dict[str, Callable[[], Page]] = {
    "shop": lazy("tui.screens.shop:RulesPage"),
    "stores": lazy("tui.screens.shop:StoresPage"),
    "points": lazy("tui.screens.shop:RulesPage"),
    "tiers": lazy("tui.screens.shop:TiersPage"),
    "staff": lazy("tui.screens.staff:StaffPage"),
    "scheduler": lazy("tui.screens.jobs:JobsPage"),
    "kiosk": lazy("tui.screens.kiosks:KiosksPage"),
    "doctor": lazy("tui.screens.doctor:DoctorPage"),
}
"""The page on which a step is done; it opens above this one."""
PLACES = {
    "products": "section_goods", "value": "section_marketing", "till": "section_till", "messages": "section_care",
    "phones": "section_members", "sales": "section_till", "pin": "pin",
}  # fmt: skip
"""What works everywhere and does a step: a section, or the PIN."""


class FirstDayPage(ListPage):
    """Every step; how the one under the cursor is done stands below."""

    NAME = N_("First day")
    HELP = N_("What a shop has to do before it sells, in order. Each line ticks itself when it is done.")
    RIGHT = "settings"
    EXPORTED = False
    KEYS = (
        Action("go", ("enter",), N_("do it"), N_("Open the page on which the selected step is done.")),
        Action("confirm", ("c",), N_("leave as it is"), N_("Say that a step is fine as it is, or take that back."),
               right="settings"),
        Action("kit", ("l",), N_("launch kit"), N_("Write what is printed and said on the first day into files."),
               right="marketing"),
        Action("again", ("r",), N_("look again"), N_("Look again at what is done.")),
    )  # fmt: skip
    COLUMNS = (
        Column("done", "", 1, min_width=1),
        Column("step", N_("step"), 34, min_width=22, important=True),
        Column("detail", N_("so far"), 36, min_width=20, stretch=True),
    )

    def source(self) -> Fetch:
        """The steps in their order."""
        return whole(self._read, _row)

    async def _read(self) -> Sequence[Step]:
        found = await self.gateway.read(firstday.checklist, by=self.actor, now=clock.now())
        self.select(T("{done} of {count} done", done=len(found) - len(open_steps(found)), count=len(found)))
        return found

    def about(self, row: Row) -> Sequence[Words]:
        """How a step is done."""
        if not isinstance(row.key, Step):
            return ()
        return (row.key.title, row.key.detail) if row.key.done else (row.key.title, row.key.next_step)

    def refusal(self, action: Action) -> Text | None:
        """Some steps are done elsewhere, and only some can be left as they are."""
        step = self._chosen
        if action.id == "go" and (step is None or step.id not in {*PAGES, *PLACES}):
            return T("This step is not done in the back-office; how stands below.")
        if action.id == "confirm" and (step is None or step.confirm is None or (step.done and not step.confirmed)):
            return T("This step ticks itself when it is done.")
        return super().refusal(action)

    @property
    def _chosen(self) -> Step | None:
        return self.chosen(Step)

    @on(PageTable.RowOpened)
    async def _opened(self) -> None:
        await self.act("go")

    async def do_go(self) -> None:
        """Open where the step is done."""
        if (step := self._chosen) is None:
            return
        if step.id in PAGES:
            self.app.push_screen(PAGES[step.id]())
        else:
            await self.office.act(PLACES[step.id])

    def do_confirm(self) -> None:
        """Leave the step as it is, or take that back; nothing is lost, so nothing is asked."""
        if (step := self._chosen) is not None:
            self.writing(self._confirm, step)

    async def _confirm(self, step: Step) -> None:
        verb = firstday.withdraw if step.confirmed else firstday.confirm
        await self.gateway.write(verb, step.id, by=self.actor, now=clock.now())
        self.changed()

    async def do_kit(self) -> None:
        """Ask for which store and in which language, then write the files."""
        stores = await self.gateway.read(opening.stores_of, self.actor)
        fields = (
            Field("store", N_("store"), "choice", choices=tuple((str(id), name) for id, name in stores)),
            Field("language", N_("language"), "choice", value=self.office.language, choices=LANGUAGES),
        )
        lines = (T("A card for the counter, a poster for the door, a card for the till, and first messages."),)
        await self.ask(Form("kit", T("Launch kit"), lines, fields, done=N_("write")), self._write_kit)

    async def _write_kit(self, answer: Answer) -> None:
        made = await self.gateway.write(
            launchkit.write, Path(settings.current().exports) / "launch-kit", language=answer.text("language"),
            store_id=int(answer.text("store")), keys=tillcard.till_keys(), by=self.actor, now=clock.now(),
        )  # fmt: skip
        self.office.tell(
            T("Written: {folder}: {files}", folder=str(made.folder), files=", ".join(made.files)), long=True
        )

    def do_again(self) -> None:
        """Look again."""
        self.changed()


def _row(one: Step) -> Row:
    return Row(one, ("✓" if one.done else "·", one.title, one.detail), tone="quiet" if one.done else "")
