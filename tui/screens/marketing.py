"""Marketing 营销: promotions, coupon kinds, what a top-up brings, rewards, plans, lotteries, punch cards."""

from collections.abc import Callable
from functools import partial
from typing import Any

from textual import on

from core.base import clock
from core.base.i18n import N_, T, Text
from core.giving import lottery, punch, rewards
from core.giving.lottery import Lottery
from core.giving.punch import PunchCard
from core.giving.rewards import Reward
from core.loyalty import coupons, plans, topups
from core.loyalty.coupons import CouponKind, Terms
from core.loyalty.topups import TopUpRule
from core.selling import promotions
from core.selling.promotions import Promotion, PromotionTerms
from tui.keymap import Action
from tui.screens import lotteries, offers, rulefields, terms
from tui.screens.campaignspage import CampaignsPage
from tui.screens.lists import cents, days, whole
from tui.screens.printed import PrintedPage
from tui.screens.ruleeditor import CouponKindPage, PromotionPage
from tui.screens.segmentspage import SegmentsPage
from tui.screens.tabbed import Tab, TabbedPage
from tui.widgets.columns import Column
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.pagetable import Fetch, PageTable, Row

TABS = (
    Tab(
        "promotions",
        "1",
        N_("promotions"),
        N_("Show the promotions that run."),
        (
            Column("name", N_("name"), 22, min_width=10, important=True),
            Column("what", N_("what"), 30, min_width=16, stretch=True),
            Column("when", N_("when"), 34, min_width=16),
            Column("state", N_("state"), 8, min_width=6),
        ),
        N_("No promotion runs. n makes one."),
    ),
    Tab(
        "coupons",
        "2",
        N_("coupons"),
        N_("Show the coupon kinds."),
        (
            Column("name", N_("name"), 22, min_width=10, important=True),
            Column("what", N_("what"), 36, min_width=18, stretch=True),
            Column("valid", N_("valid for"), 10, min_width=10, right=True),
        ),
        N_("No coupon kinds. n makes one."),
    ),
    Tab(
        "top_ups",
        "3",
        N_("top-ups"),
        N_("Show what a top-up brings."),
        (
            Column("pay", N_("pays in"), 13, min_width=13, important=True, right=True),
            Column("bonus", N_("bonus"), 13, min_width=13, right=True),
            Column("days", N_("bonus lasts"), 18, right=True),
        ),
        N_("No top-up rules: a top-up brings no bonus. n makes one."),
    ),
    Tab(
        "rewards",
        "4",
        N_("rewards"),
        N_("Show what points buy."),
        (
            Column("name", N_("reward"), 24, min_width=10, important=True, stretch=True),
            Column("points", N_("points"), 9, min_width=7, right=True),
            Column("kind", N_("what"), 12, min_width=8),
            Column("left", N_("in stock"), 8, min_width=6, right=True),
            Column("given", N_("given"), 8, min_width=6, right=True),
        ),
        N_("No rewards: points only take money off. n makes one."),
    ),
    Tab(
        "plans",
        "5",
        N_("plans"),
        N_("Show the memberships that are sold."),
        (
            Column("name", N_("plan"), 20, min_width=10, important=True),
            Column("days", N_("runs for"), 11, min_width=9, right=True),
            Column("gives", N_("gives"), 36, min_width=16, stretch=True),
            Column("held", N_("held by"), 9, min_width=7, right=True),
        ),
        N_("No plans: nobody can buy a membership. n makes one."),
    ),
    Tab(
        "lotteries",
        "6",
        N_("lotteries"),
        N_("Show the lotteries."),
        (
            Column("name", N_("lottery"), 18, min_width=10, important=True),
            Column("cost", N_("points"), 8, min_width=6, right=True),
            Column("days", N_("when"), 22, min_width=12),
            Column("prizes", N_("prizes"), 24, min_width=12, stretch=True),
            Column("won", N_("won"), 6, min_width=5, right=True),
        ),
        N_("No lottery. n makes one that anybody can check."),
    ),
    Tab(
        "punch",
        "7",
        N_("punch cards"),
        N_("Show what every n-th visit brings."),
        (
            Column("name", N_("name"), 22, min_width=10, important=True, stretch=True),
            Column("every", N_("every n-th visit"), 18, min_width=8, right=True),
            Column("gives", N_("gives"), 24, min_width=10),
        ),
        N_("No punch card: visits alone bring nothing. n makes one."),
    ),
)
STATES: tuple[tuple[str, Text], ...] = (
    ("running", T("running")), ("coming", T("coming")), ("ended", T("ended")), ("all", T("all")),
)  # fmt: skip


class MarketingPage(TabbedPage):
    """Seven lists in one place; 1 to 7 go from one to another."""

    NAME = N_("Marketing")
    HELP = N_(
        "What brings customers back: promotions, coupons, top-up bonuses, rewards, plans, lotteries, punch cards."
        " 1 to 7 change the list. Enter opens a promotion, where it can be changed and tried over past sales."
        " c goes to the campaigns, s to the segments, l to what is printed."
    )
    RIGHT = "marketing"
    ORDERED = True
    NOTED = False
    KEYS = (
        Action("new", ("n",), N_("new"), N_("Add to the list that is shown."), right="marketing"),
        Action("edit", ("enter", "e"), N_("change"), N_("Open the promotion under the cursor."), right="marketing"),
        Action("end", ("x",), N_("end"), N_("End what is selected: nobody gets it any more."), right="marketing",
               danger=True),
        Action("result", ("r",), N_("result"), N_("What the selected promotion brought so far."), right="reports"),
        Action("filter", ("f",), N_("filter"), N_("Show promotions that run, come or have ended.")),
        Action("campaigns", ("c",), N_("campaigns"), N_("One message to one segment, and what it brought."),
               right="marketing"),
        Action("segments", ("s",), N_("segments"), N_("Members chosen by a rule, with how many there are now."),
               right="marketing"),
        Action("links", ("l",), N_("printed links"), N_("Show the codes of posters, adverts, partners and staff."),
               right="marketing"),
    )  # fmt: skip
    TABS = TABS

    def __init__(self) -> None:
        super().__init__()
        self._state = "running"

    def source(self) -> Fetch:
        """What the shown list holds."""
        if self.shown == "promotions":
            return whole(lambda: self.gateway.read(_promotions, self._state), _promotion)
        if self.shown == "lotteries":
            return whole(lambda: self.gateway.read(lottery.all_lotteries), lotteries.lottery_row)
        if self.shown == "punch":
            return whole(lambda: self.gateway.read(_punch_cards), lambda one: lotteries.punch_row(*one))
        if self.shown == "coupons":
            return whole(lambda: self.gateway.read(coupons.kinds), _coupon)
        if self.shown == "rewards":
            return whole(lambda: self.gateway.read(rewards.all_rewards), _reward)
        if self.shown == "plans":
            return whole(lambda: self.gateway.read(plans.sold_now, now=clock.now()), _plan)
        return whole(lambda: self.gateway.read(topups.running, now=clock.now()), _top_up)

    def refusal(self, action: Action) -> Text | None:
        """Only what is there can be ended."""
        key = self.table.row.key if self.table.row is not None else None
        if action.id in ("end", "edit", "result") and key is None:
            return T("Nothing is selected. n adds to this list.")
        if action.id in ("edit", "result") and not isinstance(key, Promotion):
            return T("This can only be ended and made anew: what was given under it keeps its terms.")
        if action.id == "filter" and self.shown != "promotions":
            return T("Only promotions are filtered.")
        return super().refusal(action)

    async def do_new(self) -> None:
        """Ask what is to be added to the shown list."""
        if self.shown in ("promotions", "coupons"):
            await self._ask_kind()
        elif self.shown == "rewards":
            await self.ask(offers.reward_form(await self.gateway.read(coupons.kinds)), self._add)
        elif self.shown == "lotteries":
            await lotteries.ask(self)
        elif self.shown == "punch":
            await self.ask(lotteries.punch_form(await self.gateway.read(coupons.kinds)), self._add)
        else:
            await self.ask(offers.FORMS[self.shown], self._add)

    async def _ask_kind(self) -> None:
        promotion = self.shown == "promotions"
        kinds = rulefields.PROMOTION_KINDS if promotion else rulefields.COUPON_KINDS

        async def chosen(answer: Answer) -> None:
            kind: Any = answer.text("kind")
            begun = PromotionTerms(effect=kind) if promotion else Terms(effect=kind)
            have = await self.gateway.read(rulefields.known, begun)
            self.overlay.close()
            page = PromotionPage if promotion else CouponKindPage
            self.app.push_screen(page(begun, have))  # type: ignore[arg-type]

        title = T("New promotion") if promotion else T("New coupon kind")
        field = Field("kind", N_("kind"), "menu", choices=kinds)
        await self.ask(Form("kind", title, fields=(field,), done=N_("next")), chosen)

    async def do_edit(self) -> None:
        """Open the selected promotion."""
        if (row := self.table.row) is not None and isinstance(row.key, Promotion):
            have = await self.gateway.read(rulefields.known, row.key.terms)
            self.app.push_screen(PromotionPage(row.key.terms, have, row.key))

    @on(PageTable.RowOpened)
    async def _opened(self, message: PageTable.RowOpened) -> None:
        message.stop()
        await self.act("edit")

    async def do_result(self) -> None:
        """Say what a promotion brought."""
        if (row := self.table.row) is None or not isinstance(row.key, Promotion):
            return
        found = await self.gateway.read(promotions.result, row.key.promotion_id, by=self.actor)
        lines = (
            T("{sales} sales by {members} members", sales=found.sales, members=found.members),
            T("{off_cents} taken off, {paid_cents} paid", off_cents=found.off_cents, paid_cents=found.paid_cents),
        )
        await self.ask(Form("result", row.key.name, lines, done=N_("close")), _nothing)

    async def do_filter(self) -> None:
        """Ask which promotions are shown."""

        async def show(answer: Answer) -> None:
            self._state = answer.text("state")
            self.select("" if self._state == "running" else dict(STATES)[self._state])
            await self.load()

        field = Field("state", N_("state"), "choice", value=self._state, choices=STATES)
        await self.ask(Form("filter", T("Which promotions?"), fields=(field,), done=N_("show")), show)

    def do_campaigns(self) -> None:
        """Go to the campaigns."""
        self.app.push_screen(CampaignsPage())

    def do_segments(self) -> None:
        """Go to the segments."""
        self.app.push_screen(SegmentsPage())

    async def do_links(self) -> None:
        """Go to what is printed."""
        self.app.push_screen(PrintedPage())

    async def _add(self, answer: Answer) -> None:
        await self.gateway.write(offers.VERBS[self.shown], answer, self.actor, clock.now())
        self.changed()

    async def do_end(self) -> None:
        """Ask before ending what is selected."""
        if (row := self.table.row) is None:
            return
        name, kept, end = _ending(row.key)
        await self.sure(T("End “{name}” now?", name=name), (kept,), end, done=N_("end"))


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
    if isinstance(key, Lottery):
        return key.name, T("Draws made until now stay as they are."), partial(lottery.end, key.id)
    if isinstance(key, PunchCard):
        return key.name, T("What was given until now stays."), partial(punch.retire, key.id)
    if isinstance(key, Reward):
        return key.name, T("What was redeemed until now is still handed over."), partial(rewards.retire, key.id)
    if not isinstance(key, plans.Sold):
        raise TypeError(type(key).__name__)
    return key.plan.name, T("Who bought it keeps it to its end."), partial(plans.retire, key.plan.id)


def _promotions(state: str) -> list[Promotion]:
    """Promotions that run, come, have ended, or all; the newest first."""
    now = clock.now()
    return [one for one in promotions.everything() if state in ("all", _state_of(one, now))]


def _state_of(one: Promotion, now: clock.Millis) -> str:
    if one.until_at is not None and one.until_at <= now:
        return "ended"
    return "coming" if one.from_at > now else "running"


def _punch_cards() -> list[tuple[PunchCard, dict[int, str]]]:
    names = {kind.id: kind.name for kind in coupons.kinds(only_active=False)}
    return [(card, names) for card in punch.cards()]


async def _nothing(answer: Answer) -> None:
    """A sheet that only tells."""


def _promotion(one: Promotion) -> Row:
    state = _state_of(one, clock.now())
    cells = (one.name, terms.promotion_said(one.terms), terms.when_said(one), dict(STATES)[state])
    return Row(one, cells, tone="quiet" if state == "ended" else "")


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
