"""What messages say 文案: each in both languages, changed with a look at the result first."""

from collections.abc import Sequence

from textual import on

from core.base import clock, sms
from core.base.i18n import N_, T, Text
from core.books import rules
from core.outreach import templates
from core.outreach.templates import Wording
from tui.keymap import Action
from tui.screens.fates import TEMPLATES, label
from tui.screens.lists import LANGUAGES, ListPage
from tui.widgets.columns import Column
from tui.widgets.note import wrapped
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.pagetable import PageTable, Row, Wanted
from tui.widgets.row import Words

SPOKEN = dict(LANGUAGES)
SHEET = 56
"""Cells of a line on a sheet."""


class WordingsPage(ListPage):
    """All wordings; how the selected one reads stands below."""

    NAME = N_("Wordings")
    HELP = N_("What each message says. Fields in braces are filled in for the member it goes to.")
    RIGHT = "care"
    KEYS = (
        Action("edit", ("enter", "e"), N_("change"), N_("Change a wording; it is shown filled in before it counts.")),
    )
    COLUMNS = (
        Column("what", N_("message"), 22, min_width=12),
        Column("language", N_("language"), 8, min_width=7),
        Column("own", N_("whose"), 12, min_width=6),
        Column("body", N_("wording"), 30, min_width=16, important=True, stretch=True),
    )

    async def fetch(self, wanted: Wanted) -> Sequence[Row]:
        """Every wording in force."""
        found = await self.gateway.read(templates.all_wordings)
        return [Row(one, _cells(one)) for one in found[wanted.start : wanted.start + wanted.limit]]

    async def load(self) -> None:
        """Read the shop's name too: it stands in every message."""
        self._shop = (await self.gateway.read(rules.current, now=clock.now())).shop_name
        await super().load()

    def about(self, row: Row) -> Sequence[Words]:
        """The wording filled in, its length, and its fields."""
        if not isinstance(row.key, Wording):
            return ()
        one = row.key
        said = templates.preview(one.template, one.language, one.body, shop_name=self._shop)
        known = templates.known_fields(one.template) - templates.EVERYWHERE
        fields = " ".join(f"{{{name}}}" for name in sorted(known))
        return (said, length(said, one.language), T("Fields: {fields}", fields=fields))

    @on(PageTable.RowOpened)
    async def _opened(self) -> None:
        await self.act("edit")

    async def do_edit(self) -> None:
        """Ask for the new wording."""
        if (row := self.table.row) is None or not isinstance(row.key, Wording):
            return
        one = row.key

        async def look(answer: Answer) -> None:
            await self._look(one, answer.text("body"))

        field = Field("body", N_("wording"), value=one.body)
        await self.ask(Form("wording", _title(one), fields=(field,), done=N_("look at it")), look)

    async def _look(self, one: Wording, body: str) -> None:
        """Show how it would read; only then is it written."""
        said = templates.preview(one.template, one.language, body, shop_name=self._shop)

        async def write(answer: Answer) -> None:
            await self.gateway.write(templates.reword, one.template, one.language, body, by=self.actor, now=clock.now())
            self.changed()

        lines: tuple[Words, ...] = (*wrapped(said, SHEET), "", length(said, one.language))
        await self.ask(Form("wording", _title(one), lines), write)


def _title(one: Wording) -> Text:
    return T("{message}, in {language}", message=label(TEMPLATES, one.template), language=SPOKEN[one.language])


def length(said: str, language: str) -> Text:
    """How long a message is and how many text messages it costs; in English also which sign makes it long."""
    counted = sms.count(said)
    if language == "zh" or not counted.culprits:
        return T("{units} characters · text messages: {parts}", units=counted.units, parts=counted.parts)
    return T(
        "{units} characters · text messages: {parts}, because of “{sign}”",
        units=counted.units,
        parts=counted.parts,
        sign=counted.culprits[0],
    )


def _cells(one: Wording) -> tuple[Words, ...]:
    own = T("own") if one.own else T("as delivered")
    return (label(TEMPLATES, one.template), SPOKEN[one.language], own, one.body)
