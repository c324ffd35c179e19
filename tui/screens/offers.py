"""Forms for promotions, coupon kinds and top-up rules, and the writes behind them."""

import re
import unicodedata
from datetime import date

from core.base import clock
from core.base.access import Actor
from core.base.clock import Millis
from core.base.errors import Invalid
from core.base.i18n import N_, T, scope
from core.loyalty import coupons, topups
from core.loyalty.coupons import Terms
from core.loyalty.topups import TopUpTerms
from core.selling import promotions
from core.selling.promotions import PromotionTerms
from tui.widgets.overlay import Answer, Field, Form

_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")


class DayUnreadable(Invalid):
    """What was typed is no date."""

    code = "day_unreadable"
    text = N_("“{typed}” is no date. Type it like 2026-12-31.")


def read_day(typed: str, *, field: str) -> date:
    """The date typed, as year, month and day.

    Raises: DayUnreadable.
    """
    if match := _DAY.fullmatch(unicodedata.normalize("NFKC", typed).strip()):
        try:
            return date(int(match[1]), int(match[2]), int(match[3]))
        except ValueError as error:
            raise DayUnreadable(field=field, typed=typed[:24]) from error
    raise DayUnreadable(field=field, typed=typed[:24])


NAME = Field("name", N_("name"))
UNTIL = Field("until", N_("last day"), required=False, hint=N_("2026-12-31, or empty"))
STEPS = (("once", T("once")), ("step", T("for every full amount")))

PROMOTIONS = (
    ("percent", T("percent off")),
    ("reduction", T("amount off from a total")),
    ("points", T("more points")),
)
"""The common kinds a form can make."""

PROMOTION_FORMS = {
    "percent": Form(
        "promotion_percent",
        T("Percent off every product"),
        fields=(NAME, Field("off_bp", N_("percent off"), "number", hint=N_("12 takes 12 % off")), UNTIL),
    ),
    "reduction": Form(
        "promotion_reduction",
        T("Amount off from a total"),
        fields=(
            NAME,
            Field("threshold_cents", N_("from"), "money"),
            Field("off_cents", N_("takes off"), "money"),
            Field("steps", N_("how often"), "choice", choices=STEPS),
            UNTIL,
        ),
    ),
    "points": Form(
        "promotion_points",
        T("More points"),
        fields=(NAME, Field("times", N_("percent of points"), "number", hint=N_("200 gives twice the points")), UNTIL),
    ),
}


def kind_form() -> Form:
    """Which kind of promotion?"""
    field = Field("kind", N_("kind"), "choice", choices=PROMOTIONS)
    return Form("promotion_kind", T("New promotion"), fields=(field,), done=N_("next"))


def create_promotion(kind: str, answer: Answer, by: Actor, now: Millis) -> int:
    """Add a promotion from a filled-in form.

    Raises: DayUnreadable, and what `promotions.create` raises.
    """
    last = answer.text("until")
    until = clock.end_of(read_day(last, field="until"), scope().zone) if last else None
    return promotions.create(answer.text("name"), _terms(kind, answer), by=by, now=now, until_at=until)


def _terms(kind: str, answer: Answer) -> PromotionTerms:
    if kind == "percent":
        return PromotionTerms(effect="percent", off_bp=(answer.number("off_bp") or 0) * 100)
    if kind == "points":
        return PromotionTerms(effect="points", points_bp=(answer.number("times") or 0) * 100)
    return PromotionTerms(
        effect="reduction",
        threshold_cents=answer.number("threshold_cents") or 0,
        off_cents=answer.number("off_cents") or 0,
        per_step=answer.text("steps") == "step",
    )


COUPON_FORM = Form(
    "coupon_kind",
    T("New coupon kind"),
    (T("An amount or a percentage, not both."),),
    (
        NAME,
        Field("off", N_("takes off"), "money", required=False),
        Field("percent", N_("or percent"), "number", required=False),
        Field("threshold", N_("from a total of"), "money", required=False),
        Field("days", N_("valid for days"), "number", value=30),
    ),
)


def create_coupon_kind(answer: Answer, by: Actor, now: Millis) -> int:
    """Add a coupon kind from a filled-in form. Raises: what `coupons.create_kind` raises."""
    off, percent = answer.number("off") or 0, answer.number("percent") or 0
    terms = Terms(
        effect="percent" if percent else "amount",
        off_cents=off,
        off_bp=percent * 100,
        threshold_cents=answer.number("threshold") or 0,
    )
    return coupons.create_kind(answer.text("name"), terms, valid_days=answer.number("days") or 0, by=by, now=now)


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
