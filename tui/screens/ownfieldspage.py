"""Own fields 自定义字段: what the shop wants to know of its members beside what every shop does."""

import re

from core.base import clock
from core.base.i18n import N_, T, Text
from core.people import ownfields
from core.people.ownfields import OwnField
from tui.keymap import Action
from tui.screens.lists import ListPage, whole
from tui.widgets.columns import Column
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.pagetable import Fetch, Row
from tui.widgets.row import Words

KINDS = {"text": N_("text"), "number": N_("number"), "day": N_("day"), "choice": N_("one of a few")}


class OwnFieldsPage(ListPage):
    """The fields in use."""

    NAME = N_("Own fields")
    HELP = N_("Fields of the shop's own on every member's card, filled in under Members with e. Ask only what is used.")
    RIGHT = "settings"
    ORDERED = True
    NOTED = False
    EMPTY = N_("No own field yet. n adds one: size, pet, favourite table …")
    KEYS = (
        Action("new", ("n",), N_("new"), N_("Add a field."), right="settings"),
        Action("retire", ("x",), N_("retire"), N_("Show the field no more; what members have in it is kept."),
               right="settings", danger=True),
    )  # fmt: skip
    COLUMNS = (
        Column("name", N_("field"), 24, min_width=10, important=True),
        Column("kind", N_("kind"), 14, min_width=8),
        Column("choices", N_("to choose from"), 40, min_width=12, stretch=True),
    )

    def source(self) -> Fetch:
        """The fields, oldest first."""
        return whole(lambda: self.gateway.read(ownfields.all_fields), _field)

    def refusal(self, action: Action) -> Text | None:
        """There must be a field to retire."""
        if action.id == "retire" and self.table.row is None:
            return T("The list is empty.")
        return super().refusal(action)

    async def do_new(self) -> None:
        """Ask for a new field."""

        async def write(answer: Answer) -> None:
            choices = re.split(r"[,，、;；]", answer.text("choices")) if answer.text("choices") else []
            await self.gateway.write(
                ownfields.create, answer.text("name"), answer.text("kind"), choices, by=self.actor, now=clock.now()
            )
            self.changed()

        kinds: tuple[tuple[str, Words], ...] = tuple((id, Text(words)) for id, words in KINDS.items())
        fields = (
            Field("name", N_("name")),
            Field("kind", N_("kind"), "choice", choices=kinds),
            Field("choices", N_("to choose from"), required=False, hint=N_("with commas; only for one of a few")),
        )
        await self.ask(Form("own_field", T("New field"), fields=fields, done=N_("add")), write)

    async def do_retire(self) -> None:
        """Ask before a field is shown no more."""
        if (row := self.table.row) is None or not isinstance(row.key, OwnField):
            return
        one = row.key
        title = T("Show “{name}” no more?", name=one.name)
        lines = (T("What members have in it is kept, and shown nowhere. A new field of this name begins empty."),)
        await self.sure(title, lines, ownfields.retire, one.id, done=N_("retire"))


def _field(one: OwnField) -> Row:
    return Row(one, (one.name, Text(KINDS[one.kind]), " · ".join(one.choices)))
