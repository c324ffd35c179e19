"""Cards made ahead 空白会员卡: numbers printed before they have a member, and their sheets."""

from functools import partial

from core.base import clock
from core.base.i18n import N_, T, Text
from core.people import blanks
from core.people.blanks import Batch
from tui.keymap import Action
from tui.screens import papers
from tui.screens.lists import ListPage, moment, whole
from tui.widgets.columns import Column
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.pagetable import Fetch, Row


class BlankCardsPage(ListPage):
    """Every batch that was made."""

    NAME = N_("Cards made ahead")
    HELP = N_(
        "Cards that are printed before they have a member: one gets its member when it is handed out at the screen or"
        " the till. p writes the sheet to print, ten cards on a page."
    )
    RIGHT = "member.edit"
    ORDERED = True
    NOTED = False
    EMPTY = N_("No cards were made ahead. n makes some.")
    KEYS = (
        Action("new", ("n",), N_("new"), N_("Make a batch of cards."), right="member.edit"),
        Action("print", ("p",), N_("PDF"), N_("Write the blank cards of the batch as a sheet to print."),
               right="member.edit"),
        Action("void", ("x",), N_("void"), N_("Declare the blank cards of the batch void."), right="member.edit",
               danger=True),
    )  # fmt: skip
    COLUMNS = (
        Column("made", N_("made"), 16, min_width=16, important=True),
        Column("blank", N_("blank"), 8, min_width=6, right=True),
        Column("used", N_("handed out"), 10, min_width=8, right=True),
        Column("void", N_("void"), 8, min_width=6, right=True),
        Column("batch", N_("batch"), 16, min_width=8, stretch=True),
    )

    def source(self) -> Fetch:
        """The batches, the newest first."""
        return whole(lambda: self.gateway.read(blanks.batches, by=self.actor), _row)

    def refusal(self, action: Action) -> Text | None:
        """Only blank cards are printed or declared void."""
        one = self._selected()
        if action.id in ("print", "void") and (one is None or not one.blank):
            return T("Select a batch with blank cards.")
        return super().refusal(action)

    def _selected(self) -> Batch | None:
        return self.chosen(Batch)

    async def do_new(self) -> None:
        """Ask how many."""

        async def make(answer: Answer) -> None:
            await self.gateway.write(blanks.make, answer.number("count") or 0, by=self.actor, now=clock.now())
            self.changed()

        fields = (Field("count", N_("how many"), "number", value=100),)
        lines = (T("Ten stand on a page of A4, with marks to cut along."),)
        await self.ask(Form("cards", T("Make cards ahead"), lines, fields, done=N_("make")), make)

    async def do_print(self) -> None:
        """Write the sheet."""
        if (one := self._selected()) is not None:
            await papers.ask(self, f"cards-{one.id}.pdf", partial(papers.cards, one.id))

    async def do_void(self) -> None:
        """Ask before cards are declared void."""
        if (one := self._selected()) is None:
            return
        lines = (T("For a sheet that was lost. Cards that were handed out stay good."),)
        await self.sure(
            T("Declare {count} blank cards void?", count=one.blank), lines, blanks.void, one.id, done=N_("void")
        )


def _row(one: Batch) -> Row:
    cells = (moment(one.made_at), f"{one.blank:,}", f"{one.used:,}", f"{one.void:,}", str(one.id))
    return Row(one, cells, tone="" if one.blank else "quiet")
