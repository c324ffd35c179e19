"""Segments 客群: members chosen by a rule, written as text, said in words, counted as one types."""

from collections.abc import Sequence

from textual import on

from core.base import clock
from core.base.i18n import N_, T, Text
from core.outreach.segments import reading, saved, typed, words
from core.outreach.segments.saved import Segment
from core.outreach.segments.tree import FACTS, Rule
from tui.keymap import Action
from tui.screens.lists import ListPage, moment
from tui.widgets.columns import Column
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.pagetable import PageTable, Row, Wanted
from tui.widgets.row import Words

EXAMPLE = "tier:gold and spend(90) >= 500"


class SegmentsPage(ListPage):
    """Segments in use, by name; rule and number of members of the selected one below."""

    NAME = N_("Segments")
    HELP = N_(
        "Members chosen by a rule. Conditions are joined by and, or, not and brackets: tier:gold and spend(90) >= 500"
        " and not bought:茶饮. Saving under the same name makes a new version; campaigns keep the one they were for."
    )
    RIGHT = "marketing"
    EMPTY = N_("No segment yet. n writes the first one.")
    KEYS = (
        Action("change", ("enter", "e"), N_("change"), N_("Change the rule of the selected segment."),
               right="marketing"),
        Action("new", ("n",), N_("new"), N_("Write a rule and save it under a name."), right="marketing"),
        Action("retire", ("x",), N_("take off"), N_("Take a segment off the list; campaigns keep it."),
               right="marketing", danger=True),
    )  # fmt: skip
    COLUMNS = (
        Column("name", N_("name"), 18, min_width=10, important=True),
        Column("words", N_("rule"), 40, min_width=20, stretch=True),
        Column("number", N_("version"), 7, min_width=7, right=True),
    )

    async def fetch(self, wanted: Wanted) -> Sequence[Row]:
        """The segments, few enough to be read as a whole."""
        found = await self.gateway.read(saved.listing, by=self.actor)
        return [Row(one, _cells(one)) for one in found[wanted.start : wanted.start + wanted.limit]]

    def about(self, row: Row) -> Sequence[Words]:
        """Its rule; how many it finds is read beside and said when it is known."""
        return _about(row.key) if isinstance(row.key, Segment) else ()

    @on(PageTable.CursorMoved)
    def _count_soon(self, message: PageTable.CursorMoved) -> None:
        if isinstance(message.row.key, Segment):
            self.reading(self._count, message.row.key)

    async def _count(self, one: Segment) -> None:
        found = await self.gateway.latest("segment", reading.count, one.rule, by=self.actor, now=clock.now())
        if self.is_there and self.table.row is not None and self.table.row.key == one:
            self.note.say(_members(found), *_about(one))

    def refusal(self, action: Action) -> Text | None:
        """There must be one."""
        if action.id in ("change", "retire") and self.table.row is None:
            return T("The list is empty.")
        return super().refusal(action)

    @on(PageTable.RowOpened)
    async def _opened(self) -> None:
        await self.act("change")

    async def do_new(self) -> None:
        """Write a new one."""
        await self._edit("", "")

    async def do_change(self) -> None:
        """Change the selected one."""
        if (row := self.table.row) is not None and isinstance(row.key, Segment):
            await self._edit(row.key.name, typed.write(row.key.rule))

    async def _edit(self, name: str, rule: str) -> None:
        async def say(answer: Answer) -> Sequence[Words]:
            if not answer.text("rule"):
                return (T("Facts: {facts}", facts=" ".join(FACTS)),)
            read = _read(answer)
            found = await self.gateway.latest("segment", reading.count, read, by=self.actor, now=clock.now())
            return (words.say(read), _members(found))

        async def write(answer: Answer) -> None:
            done = await self.gateway.write(
                saved.save, answer.text("name"), _read(answer), by=self.actor, now=clock.now()
            )
            self.office.tell(T("“{name}” is saved as version {number}.", name=done.name, number=done.number))
            self.changed()

        fields = (Field("name", N_("name"), value=name), Field("rule", N_("rule"), value=rule, hint=EXAMPLE))
        await self.ask(Form("segment", T("Who belongs to it?"), (), fields, preview=say), write)

    async def do_retire(self) -> None:
        """Ask before it is taken off."""
        if (row := self.table.row) is not None and isinstance(row.key, Segment):
            title = T("Take “{name}” off the list?", name=row.key.name)
            lines = (T("Campaigns that were for it keep it."),)
            await self.sure(title, lines, saved.retire, row.key.id, done=N_("take off"))


def _read(answer: Answer) -> Rule:
    """The rule as it is typed. Raises: SegmentUnreadable."""
    return typed.read(answer.text("rule"))


def _members(found: int) -> Words:
    return T("Members now: {count}", count=found)


def _about(one: Segment) -> list[Words]:
    return [words.say(one.rule), typed.write(one.rule), T("version of {moment}", moment=moment(one.at))]


def _cells(one: Segment) -> tuple[Words, ...]:
    return (one.name, words.say(one.rule), str(one.number))
