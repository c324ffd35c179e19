"""Marketing 营销: promotions that run, coupon kinds, and what a top-up brings."""

from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult

from core.base import clock
from core.base.i18n import N_, T, Text
from core.loyalty import coupons, topups
from core.loyalty.coupons import CouponKind
from core.loyalty.topups import TopUpRule
from core.selling import promotions
from core.selling.promotions import Promotion
from tui.keymap import Action
from tui.screens import offers, terms
from tui.screens.lists import ListPage, cents, days, whole
from tui.widgets.columns import Column
from tui.widgets.overlay import Answer, Form
from tui.widgets.pagetable import Fetch, PageTable, Row
from tui.widgets.row import KeyItem
from tui.widgets.tabs import TabLine


@dataclass(frozen=True)
class _List:
    """One of the three lists; `empty` says how to begin."""

    columns: tuple[Column, ...]
    empty: str


LISTS = {
    "promotions": _List(
        (
            Column("name", N_("name"), 22, min_width=10, important=True),
            Column("what", N_("what"), 30, min_width=16, stretch=True),
            Column("when", N_("when"), 34, min_width=16),
        ),
        N_("No promotion runs. n makes one."),
    ),
    "coupons": _List(
        (
            Column("name", N_("name"), 22, min_width=10, important=True),
            Column("what", N_("what"), 36, min_width=18, stretch=True),
            Column("valid", N_("valid for"), 10, min_width=10, right=True),
        ),
        N_("No coupon kinds. n makes one."),
    ),
    "top_ups": _List(
        (
            Column("pay", N_("pays in"), 13, min_width=13, important=True, right=True),
            Column("bonus", N_("bonus"), 13, min_width=13, right=True),
            Column("days", N_("bonus lasts"), 18, right=True),
        ),
        N_("No top-up rules: a top-up brings no bonus. n makes one."),
    ),
}


class MarketingPage(ListPage):
    """Three lists in one place; 1, 2 and 3 go from one to another."""

    NAME = N_("Marketing")
    HELP = N_("What brings customers back: promotions, coupons and top-up bonuses. 1, 2, 3 change the list.")
    RIGHT = "marketing"
    NOTED = False
    KEYS = (
        Action("new", ("n",), N_("new"), N_("Add to the list that is shown."), right="marketing"),
        Action("end", ("e",), N_("end"), N_("End the selected promotion now."), right="marketing", danger=True),
        Action("promotions", ("1",), N_("promotions"), N_("Show the promotions that run.")),
        Action("coupons", ("2",), N_("coupons"), N_("Show the coupon kinds.")),
        Action("top_ups", ("3",), N_("top-ups"), N_("Show what a top-up brings.")),
    )
    TABS: ClassVar[tuple[KeyItem, ...]] = tuple(KeyItem(action.id, action.keys[0], action.label) for action in KEYS[2:])

    def __init__(self) -> None:
        super().__init__()
        self._shown = "promotions"

    def lists(self) -> ComposeResult:
        """The names of the lists, and the lists, of which one is shown."""
        yield TabLine(lambda: self.TABS, lambda: self._shown, id="tabs")
        for id, one in LISTS.items():
            table = PageTable(one.columns, empty=one.empty, id=id)
            table.display = id == self._shown
            yield table

    @property
    def table(self) -> PageTable:
        """The list that is shown."""
        return self.query_one(f"#{self._shown}", PageTable)

    def source(self) -> Fetch:
        """What the shown list holds."""
        if self._shown == "promotions":
            return whole(lambda: self.gateway.read(promotions.running, now=clock.now()), _promotion)
        if self._shown == "coupons":
            return whole(lambda: self.gateway.read(coupons.kinds), _coupon)
        return whole(lambda: self.gateway.read(topups.running, now=clock.now()), _top_up)

    def refusal(self, action: Action) -> Text | None:
        """Only a promotion can be ended."""
        if action.id == "end" and (self._shown != "promotions" or self.table.row is None):
            return T("Only a promotion that runs can be ended. Select one in the first list.")
        return super().refusal(action)

    def do_promotions(self) -> None:
        """Show the promotions."""
        self._show("promotions")

    def do_coupons(self) -> None:
        """Show the coupon kinds."""
        self._show("coupons")

    def do_top_ups(self) -> None:
        """Show the top-up rules."""
        self._show("top_ups")

    def _show(self, id: str) -> None:
        if not self.actor.may(self.RIGHT):
            return
        with self.app.batch_update():
            self.table.display = False
            self._shown = id
            self.table.display = True
            self.query_one(TabLine).refresh()
        self.table.focus()
        self.refresh_keys()
        self.reading(self.load)

    async def do_new(self) -> None:
        """Ask what is to be added to the shown list."""
        if self._shown == "promotions":
            await self.ask(offers.kind_form(), self._new_promotion)
        else:
            await self.ask(offers.COUPON_FORM if self._shown == "coupons" else offers.TOP_UP_FORM, self._add)

    async def _new_promotion(self, chosen: Answer) -> None:
        kind = chosen.text("kind")

        async def write(answer: Answer) -> None:
            await self.gateway.write(offers.create_promotion, kind, answer, self.actor, clock.now())
            self.changed()

        await self.ask(offers.PROMOTION_FORMS[kind], write)

    async def _add(self, answer: Answer) -> None:
        verb = offers.create_coupon_kind if self._shown == "coupons" else offers.set_top_up_rule
        await self.gateway.write(verb, answer, self.actor, clock.now())
        self.changed()

    async def do_end(self) -> None:
        """Ask before ending a promotion."""
        if (row := self.table.row) is None or not isinstance(row.key, Promotion):
            return
        chosen = row.key

        async def write(answer: Answer) -> None:
            await self.gateway.write(promotions.end, chosen.promotion_id, by=self.actor, now=clock.now())
            self.changed()

        title = T("End “{name}” now?", name=chosen.name)
        lines = (T("Sales made until now keep what they got."),)
        await self.ask(Form("end", title, lines, done=N_("end"), danger=True), write)


def _promotion(one: Promotion) -> Row:
    return Row(one, (one.name, terms.promotion_said(one.terms), terms.when_said(one)))


def _coupon(one: CouponKind) -> Row:
    return Row(one, (one.name, terms.coupon_said(one.terms), days(one.valid_days)))


def _top_up(one: TopUpRule) -> Row:
    return Row(one, (cents(one.pay_cents), cents(one.bonus_cents), terms.bonus_said(one)))
