"""Marketing 营销: promotions that run, coupon kinds, what a top-up brings, rewards and plans."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult

from core.base import clock
from core.base.i18n import N_, T, Text
from core.giving import rewards
from core.giving.rewards import Reward
from core.loyalty import coupons, plans, topups
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
    """One of the lists; `empty` says how to begin."""

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
    "rewards": _List(
        (
            Column("name", N_("reward"), 24, min_width=10, important=True, stretch=True),
            Column("points", N_("points"), 9, min_width=7, right=True),
            Column("kind", N_("what"), 12, min_width=8),
            Column("left", N_("in stock"), 8, min_width=6, right=True),
            Column("given", N_("given"), 8, min_width=6, right=True),
        ),
        N_("No rewards: points only take money off. n makes one."),
    ),
    "plans": _List(
        (
            Column("name", N_("plan"), 20, min_width=10, important=True),
            Column("days", N_("runs for"), 11, min_width=9, right=True),
            Column("gives", N_("gives"), 36, min_width=16, stretch=True),
            Column("held", N_("held by"), 9, min_width=7, right=True),
        ),
        N_("No plans: nobody can buy a membership. n makes one."),
    ),
}


class MarketingPage(ListPage):
    """Five lists in one place; 1 to 5 go from one to another."""

    NAME = N_("Marketing")
    HELP = N_(
        "What brings customers back: promotions, coupons, top-up bonuses, rewards, plans. 1 to 5 change the list."
    )
    RIGHT = "marketing"
    ORDERED = True
    NOTED = False
    KEYS = (
        Action("new", ("n",), N_("new"), N_("Add to the list that is shown."), right="marketing"),
        Action(
            "end",
            ("e",),
            N_("end"),
            N_("End what is selected: nobody gets it any more."),
            right="marketing",
            danger=True,
        ),
        Action("promotions", ("1",), N_("promotions"), N_("Show the promotions that run.")),
        Action("coupons", ("2",), N_("coupons"), N_("Show the coupon kinds.")),
        Action("top_ups", ("3",), N_("top-ups"), N_("Show what a top-up brings.")),
        Action("rewards", ("4",), N_("rewards"), N_("Show what points buy.")),
        Action("plans", ("5",), N_("plans"), N_("Show the memberships that are sold.")),
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
        if self._shown == "rewards":
            return whole(lambda: self.gateway.read(rewards.all_rewards), _reward)
        if self._shown == "plans":
            return whole(lambda: self.gateway.read(plans.sold_now, now=clock.now()), _plan)
        return whole(lambda: self.gateway.read(topups.running, now=clock.now()), _top_up)

    def refusal(self, action: Action) -> Text | None:
        """Only what is there can be ended."""
        if action.id == "end" and self.table.row is None:
            return T("Nothing is selected. n adds to this list.")
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

    def do_rewards(self) -> None:
        """Show the rewards."""
        self._show("rewards")

    def do_plans(self) -> None:
        """Show the plans."""
        self._show("plans")

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
        elif self._shown == "rewards":
            await self.ask(offers.reward_form(await self.gateway.read(coupons.kinds)), self._add)
        else:
            await self.ask(offers.FORMS[self._shown], self._add)

    async def _new_promotion(self, chosen: Answer) -> None:
        kind = chosen.text("kind")

        async def write(answer: Answer) -> None:
            await self.gateway.write(offers.create_promotion, kind, answer, self.actor, clock.now())
            self.changed()

        await self.ask(offers.PROMOTION_FORMS[kind], write)

    async def _add(self, answer: Answer) -> None:
        await self.gateway.write(offers.VERBS[self._shown], answer, self.actor, clock.now())
        self.changed()

    async def do_end(self) -> None:
        """Ask before ending what is selected."""
        if (row := self.table.row) is None:
            return
        name, kept, end = _ending(row.key)

        async def write(answer: Answer) -> None:
            await self.gateway.write(end, by=self.actor, now=clock.now())
            self.changed()

        await self.ask(Form("end", T("End “{name}” now?", name=name), (kept,), done=N_("end"), danger=True), write)


def _ending(key: object) -> tuple[str, Text, Callable[..., None]]:
    """What is ended: its name, what stays as it is, and the verb."""
    if isinstance(key, Promotion):
        kept = T("Sales made until now keep what they got.")
        return key.name, kept, partial(promotions.end, key.promotion_id)
    if isinstance(key, CouponKind):
        return key.name, T("Coupons given until now stay good."), partial(coupons.retire_kind, key.id)
    if isinstance(key, TopUpRule):
        kept = T("Bonuses given until now stay as they are.")
        return cents(key.pay_cents), kept, partial(topups.retire, key.id)
    if isinstance(key, Reward):
        return key.name, T("What was redeemed until now is still handed over."), partial(rewards.retire, key.id)
    if not isinstance(key, plans.Sold):
        raise TypeError(type(key).__name__)
    return key.plan.name, T("Who bought it keeps it to its end."), partial(plans.retire, key.plan.id)


def _promotion(one: Promotion) -> Row:
    return Row(one, (one.name, terms.promotion_said(one.terms), terms.when_said(one)))


def _coupon(one: CouponKind) -> Row:
    return Row(one, (one.name, terms.coupon_said(one.terms), days(one.valid_days)))


def _top_up(one: TopUpRule) -> Row:
    return Row(one, (cents(one.pay_cents), cents(one.bonus_cents), terms.bonus_said(one)))


def _reward(one: Reward) -> Row:
    left = "—" if one.stock is None else f"{one.stock - one.given:,}"
    kind = Text(REWARD_KINDS[one.terms.kind])
    return Row(one, (one.name, f"{one.terms.points:,}", kind, left, f"{one.given:,}"))


def _plan(one: plans.Sold) -> Row:
    return Row(one, (one.plan.name, days(one.plan.days), terms.plan_gives(one.plan), f"{one.holders:,}"))


REWARD_KINDS = {"product": N_("goods"), "service": N_("service"), "coupon": N_("coupon")}
