"""Forms for top-up rules, rewards, plans and tiers, and the writes behind them."""

from collections.abc import Sequence
from dataclasses import replace

from core.base import clock
from core.base.access import Actor
from core.base.clock import Millis
from core.base.i18n import N_, T, scope
from core.giving import rewards
from core.giving.rewards import RewardTerms
from core.loyalty import plans, tiers, topups
from core.loyalty.coupons import CouponKind
from core.loyalty.plans import Plan
from core.loyalty.tiers import Tier
from core.loyalty.topups import TopUpTerms
from tui.screens import lotteries
from tui.widgets.dates import read_day
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.row import Words

NAME = Field("name", N_("name"))
UNTIL = Field("until", N_("last day"), "day", required=False, hint=N_("2026-12-31, or empty"))
TOP_UP_FORM = Form(
    "top_up_rule",
    T("Top-up rule"),
    (T("Who pays in so much gets the bonus. The same amount again changes its rule."),),
    (
        Field("pay", N_("pays in"), "money"),
        Field("bonus", N_("gets as bonus"), "money"),
        Field("days", N_("bonus for days"), "number", required=False, hint=N_("empty: does not expire")),
    ),
)


def set_top_up_rule(answer: Answer, by: Actor, now: Millis) -> int:
    """Set a top-up rule from a filled-in form. Raises: NotAllowed."""
    terms = TopUpTerms(bonus_cents=answer.number("bonus") or 0, bonus_days=answer.number("days"))
    return topups.set_rule(answer.number("pay") or 0, terms, by=by, now=now)


REWARD_KINDS = (("product", T("something to fetch")), ("service", T("a service")))


def reward_form(kinds: Sequence[CouponKind]) -> Form:
    """A reward: something to fetch, or one of the shop's coupons."""
    known: tuple[tuple[str, Words], ...] = (*REWARD_KINDS, *((str(kind.id), kind.name) for kind in kinds))
    return Form(
        "reward",
        T("New reward"),
        (T("What is to be fetched has a code that works once; a coupon is on the card at once."),),
        (
            NAME,
            Field("points", N_("points"), "number"),
            Field("kind", N_("what"), "choice", choices=known),
            Field("stock", N_("how many"), "number", required=False, hint=N_("empty: any number")),
            Field("each", N_("for each member"), "number", required=False, hint=N_("empty: any number")),
        ),
    )


def create_reward(answer: Answer, by: Actor, now: Millis) -> int:
    """Add a reward from a filled-in form. Raises: what `rewards.create` raises."""
    kind = answer.text("kind")
    coupon = int(kind) if kind.isdigit() else None
    terms = RewardTerms(
        kind="coupon" if coupon else "service" if kind == "service" else "product",
        points=answer.number("points") or 0,
        coupon_kind_id=coupon,
        each=answer.number("each") or 0,
    )
    return rewards.create(answer.text("name"), terms, stock=answer.number("stock"), by=by, now=now)


PLAN_FORM = Form(
    "plan",
    T("New plan"),
    (T("It is sold at the till under its name. Who buys it again goes on after the days left."),),
    (
        NAME,
        Field("price", N_("costs"), "money"),
        Field("days", N_("runs for days"), "number", value=365),
        Field("discount_bp", N_("percent off"), "number", required=False, hint=N_("12 takes 12 % off")),
        Field("multiplier_bp", N_("points in %"), "number", value=100, hint=N_("200 gives twice the points")),
        Field("early_days", N_("days early"), "number", required=False, hint=N_("at what opens later for others")),
    ),
)


def create_plan(answer: Answer, by: Actor, now: Millis) -> int:
    """Add a plan and its product from a filled-in form. Raises: what `plans.create_with_product` raises."""
    plan = Plan(
        0,
        0,
        answer.text("name"),
        answer.number("days") or 0,
        (answer.number("discount_bp") or 0) * 100,
        (answer.number("multiplier_bp") or 0) * 100,
        early_days=answer.number("early_days") or 0,
    )
    return plans.create_with_product(plan, answer.number("price") or 0, by=by, now=now)


FORMS = {"top_ups": TOP_UP_FORM, "plans": PLAN_FORM}
VERBS = {
    "top_ups": set_top_up_rule, "rewards": create_reward, "plans": create_plan, "punch": lotteries.create_punch,
}  # fmt: skip
"""What is asked, and what is written, to add to each list."""


# --- tiers ---------------------------------------------------------------------------------------

KEEPING = (("keep", T("keep it to its end")), ("judge", T("are judged that day")))


def tier_form(tier: Tier | None) -> Form:
    """A new tier, or other terms of one from a day on."""
    one = tier or Tier(0, 0, "", "○", 0, 10_000, None, None, 365, 12)
    fields = (
        Field("name", N_("name"), value=one.name or None),
        Field("mark", N_("mark"), value=one.mark, hint=N_("one sign, like ◆")),
        Field(
            "spend_cents", N_("spends"), "money", value=one.spend_cents, required=False, hint=N_("empty: not by this")
        ),
        Field("visits", N_("or visits"), "number", value=one.visits, required=False, hint=N_("empty: not by this")),
        Field("discount_bp", N_("percent off"), "number", value=one.discount_bp // 100),
        Field("multiplier_bp", N_("points in %"), "number", value=one.multiplier_bp // 100),
        Field("hold_months", N_("months held"), "number", value=one.hold_months),
        Field("early_days", N_("days early"), "number", value=one.early_days),
    )
    if tier is None:
        return Form(
            "tier", T("New tier"), (T("Above the highest. Without spending or visits it is given by hand."),), fields
        )
    since = Field("from_at", N_("from"), "day", required=False, hint=N_("2026-12-31, or empty: now"))
    keep = Field("keep", N_("who holds it"), "choice", choices=KEEPING)
    return Form("tier", T("Terms of “{name}”", name=tier.name), fields=(*fields, since, keep))


def create_tier(answer: Answer, by: Actor, now: Millis) -> int:
    """Add a tier above the highest. Raises: what `tiers.create` raises."""
    rank = tiers.all_tiers(now=now)[-1].rank + 1
    return tiers.create(_tier(Tier(0, rank, "", "", 0, 0, None, None, 365, 12), answer), by=by, now=now)


def change_tier(tier: Tier, answer: Answer, by: Actor, now: Millis) -> int:
    """Give a tier the terms of a filled-in form. Raises: DayUnreadable, and what `tiers.change` raises."""
    typed = answer.text("from_at")
    since = clock.start_of(read_day(typed, field="from_at"), scope().zone) if typed else now
    keep = answer.text("keep") == "keep"
    return tiers.change(_tier(tier, answer), from_at=since, keep_holders=keep, by=by, now=now)


def _tier(tier: Tier, answer: Answer) -> Tier:
    return replace(
        tier,
        name=answer.text("name"),
        mark=answer.text("mark"),
        spend_cents=answer.number("spend_cents"),
        visits=answer.number("visits"),
        discount_bp=(answer.number("discount_bp") or 0) * 100,
        multiplier_bp=(answer.number("multiplier_bp") or 0) * 100,
        hold_months=answer.number("hold_months") or 0,
        early_days=answer.number("early_days") or 0,
    )
