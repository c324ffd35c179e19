"""The fields of a rule 促销与券的条件: which there are for each kind, what stands in them, and what they mean."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from core.base import clock
from core.base.clock import Millis
from core.base.errors import Invalid
from core.base.i18n import N_, WEEKDAYS, T, scope
from core.goods import catalogue, naming
from core.keeping import opening
from core.loyalty import coupons, tiers
from core.loyalty.limits import DAY_MINUTES, Limits, clock_time
from core.selling.promotions import Promotion, PromotionTerms
from tui.screens.lists import NO_YES
from tui.screens.terms import NOT_WITH, WHO
from tui.widgets.dates import read_day
from tui.widgets.overlay import Answer, Field
from tui.widgets.row import Words

Choices = tuple[tuple[str, Words], ...]
Group = tuple[str, tuple[Field, ...]]
"""A heading (a msgid) and the fields below it."""

PROMOTION_KINDS: Choices = (
    ("percent", T("percent off products")),
    ("amount", T("an amount off each piece")),
    ("fixed_price", T("a fixed price")),
    ("nth", T("every n-th piece cheaper: 第二件半价")),
    ("buy_get", T("buy some, get some free")),
    ("bundle", T("several together for one price")),
    ("reduction", T("an amount off from a total: 满100减20")),
    ("order_percent", T("percent off the whole bill")),
    ("gift", T("a gift from a total on")),
    ("points", T("more points")),
    ("points_each", T("points for each piece")),
)
COUPON_KINDS: Choices = (
    ("amount", T("an amount off")),
    ("percent", T("percent off")),
    ("product", T("products for free")),
    ("gift", T("a gift when the rest reaches a total")),
    ("service", T("a service for free")),
)
BESIDE: Choices = tuple((id, NOT_WITH[id]) for id in ("coupon", "tier", "plan"))
COUPON_BESIDE: Choices = tuple((id, NOT_WITH[id]) for id in ("promotion", "tier"))


@dataclass(frozen=True)
class Known:
    """What a rule can name, and the products it names as they are typed."""

    categories: Choices
    tiers: Choices
    stores: Choices
    products: str = ""
    bundle: str = ""


def known(terms: Limits) -> Known:
    """Read what the fields of a rule offer."""
    named = getattr(terms, "bundle", ())
    return Known(
        tuple((str(id), name) for id, name in catalogue.categories()),
        tuple((str(one.id), one.name) for one in tiers.all_tiers()),
        tuple((str(id), name) for id, name in opening.stores()),
        naming.said((id, 1) for id in terms.product_ids),
        naming.said(named),
    )


# --- which fields --------------------------------------------------------------------------------


def promotion_groups(terms: PromotionTerms, have: Known, one: Promotion | None = None) -> tuple[Group, ...]:
    """The fields of a promotion; of `one` that is there the name and the first day stand already."""
    what = tuple(_promotion_field(id, terms, have) for id in BY_EFFECT[terms.effect])
    named = (Field("name", N_("name")),) if one is None else ()
    last = last_day(one.until_at) if one is not None else None
    until = Field("until_on", N_("last day"), "day", value=last.isoformat() if last else "", required=False,
                  hint=N_("2026-12-31, or empty"))  # fmt: skip
    from_at = (Field("from_on", N_("from"), "day", required=False, hint=N_("2026-12-31, or empty: now")),)
    return (
        (N_("What it does"), (*named, *what)),
        (N_("For which products"), _goods(terms, have, needed=terms.effect == "gift")
         if terms.effect != "bundle" else ()),
        (N_("For whom and where"), _people(terms, have)),
        (N_("When"), (*_times(terms), *(from_at if one is None else ()),
                      until)),
        (N_("Beside others"), _beside(terms.not_with, terms.group, terms.exclusive, BESIDE)),
    )  # fmt: skip


def coupon_groups(terms: coupons.Terms, have: Known) -> tuple[Group, ...]:
    """The fields of a coupon kind."""
    what = [Field("name", N_("name"))]
    if terms.effect == "amount":
        what.append(_money("off_cents", N_("takes off"), 0))
    elif terms.effect == "percent":
        what += [_percent("off_bp", N_("percent off"), 0), _money("cap_cents", N_("at most"), 0, required=False)]
    else:
        what.append(Field("pieces", N_("pieces free"), "number", value=1))
    what.append(_money("threshold_cents", N_("from a total of"), 0, required=terms.effect == "gift"))
    lasting = (
        Field("valid_days", N_("valid for days"), "number", value=30),
        Field("starts_after_days", N_("starts after days"), "number", value=0, required=False),
        Field("uses", N_("times it can be used"), "number", value=1),
        Field("transferable", N_("may be passed on"), "choice", choices=NO_YES),
    )
    return (
        (N_("What it does"), tuple(what)),
        (N_("How long"), lasting),
        (N_("For which products"), _goods(terms, have, needed=terms.effect in ("product", "gift"))),
        (N_("For whom and where"), _people(terms, have)),
        (N_("When"), _times(terms)),
        (N_("Beside others"), _beside(terms.not_with, terms.group, terms.exclusive, COUPON_BESIDE)),
    )


BY_EFFECT: Mapping[str, tuple[str, ...]] = {
    "percent": ("off_bp",),
    "amount": ("off_cents",),
    "fixed_price": ("price_cents",),
    "nth": ("every", "off_bp", "mixed", "most_times"),
    "buy_get": ("buy", "get", "mixed", "most_times"),
    "bundle": ("bundle", "price_cents", "most_times"),
    "reduction": ("threshold_cents", "threshold_pieces", "off_cents", "per_step", "cap_cents"),
    "order_percent": ("off_bp", "threshold_cents", "threshold_pieces", "cap_cents"),
    "gift": ("threshold_cents",),
    "points": ("points_bp",),
    "points_each": ("points_each",),
}


def _promotion_field(id: str, terms: PromotionTerms, have: Known) -> Field:
    fields = {
        "off_bp": _percent("off_bp", N_("percent off"), terms.off_bp),
        "off_cents": _money("off_cents", N_("takes off"), terms.off_cents),
        "price_cents": _money("price_cents", N_("price"), terms.price_cents),
        "threshold_cents": _money("threshold_cents", N_("from a total of"), terms.threshold_cents,
                                  required=terms.effect == "gift"),
        "threshold_pieces": _count("threshold_pieces", N_("or from pieces"), terms.threshold_pieces),
        "cap_cents": _money("cap_cents", N_("at most"), terms.cap_cents, required=False),
        "per_step": Field("per_step", N_("how often"), "choice", _yes(terms.per_step),
                          choices=(("no", T("once")), ("yes", T("for every full amount")))),
        "every": Field("every", N_("every n-th piece"), "number", value=terms.every or 2),
        "buy": Field("buy", N_("pieces paid"), "number", value=terms.buy or 1),
        "get": Field("get", N_("pieces free"), "number", value=terms.get or 1),
        "mixed": Field("mixed", N_("pieces counted"), "choice", _yes(terms.mixed),
                       choices=(("no", T("each product alone")), ("yes", T("all together")))),
        "most_times": _count("most_times", N_("times a bill"), terms.most_times),
        "bundle": Field("bundle", N_("products"), value=have.bundle or None, hint=N_("tea*2, cake")),
        "points_bp": Field("points_bp", N_("points in %"), "number", value=terms.points_bp // 100,
                           hint=N_("200 gives twice the points")),
        "points_each": Field("points_each", N_("points a piece"), "number", value=terms.points_each or None),
    }  # fmt: skip
    return fields[id]


def _money(id: str, label: str, cents: int, *, required: bool = True) -> Field:
    return Field(id, label, "money", value=cents or None, required=required)


def _percent(id: str, label: str, bp: int) -> Field:
    return Field(id, label, "percent", value=bp or None, hint=N_("12 takes 12 % off"))


def _count(id: str, label: str, count: int) -> Field:
    return Field(id, label, "number", value=count or None, required=False, hint=N_("empty: any number"))


def _yes(given: bool) -> str:
    return "yes" if given else "no"


def _ids(given: Sequence[int]) -> str:
    return " ".join(map(str, given))


def _goods(terms: Limits, have: Known, *, needed: bool) -> tuple[Field, ...]:
    products = Field("products", N_("products"), value=have.products, required=False,
                     hint=N_("names with commas; empty: one of the categories") if needed
                     else N_("names with commas; empty: all"))  # fmt: skip
    if not have.categories:
        return (products,)
    return products, Field("categories", N_("categories"), "several", _ids(terms.category_ids),
                           choices=have.categories, required=False)  # fmt: skip


def _people(terms: Limits, have: Known) -> tuple[Field, ...]:
    who = " ".join(id for id, _ in WHO if getattr(terms, id))
    fields = [
        Field("tiers", N_("tiers"), "several", _ids(terms.tier_ids), choices=have.tiers, required=False),
        Field("who", N_("only for"), "several", who, choices=WHO, required=False),
    ]
    if len(have.stores) > 1:
        fields.append(Field("stores", N_("stores"), "several", _ids(terms.store_ids), choices=have.stores,
                            required=False))  # fmt: skip
    return tuple(fields)


def _times(terms: Limits) -> tuple[Field, ...]:
    names = WEEKDAYS[scope().language]
    hours = ""
    if (terms.from_minute, terms.to_minute) != (0, DAY_MINUTES):
        hours = f"{clock_time(terms.from_minute)}-{clock_time(terms.to_minute)}"
    days = tuple((str(day), names[day]) for day in range(7))
    return (
        Field("weekdays", N_("weekdays"), "several", _ids(terms.weekdays), choices=days, required=False),
        Field("days_of_month", N_("days of the month"), value=", ".join(map(str, terms.days_of_month)), required=False,
              hint=N_("8, 18, 28; empty: every day")),
        Field("hours", N_("hours"), value=hours, required=False, hint=N_("14:00-18:00; empty: all day")),
    )  # fmt: skip


def _beside(not_with: Sequence[str], group: str, exclusive: bool, others: Choices) -> tuple[Field, ...]:
    known = {id for id, _ in others}
    return (
        Field("not_with", N_("not with"), "several", " ".join(one for one in not_with if one in known),
              choices=others, required=False),
        Field("exclusive", N_("with nothing else"), "choice", _yes(exclusive), choices=NO_YES),
        Field("group", N_("stacking group"), value=group, required=False, hint=N_("of one group only the best counts")),
    )  # fmt: skip


# --- what they mean ------------------------------------------------------------------------------


class HoursUnreadable(Invalid):
    """What was typed is no time of the day from one to another."""

    code = "hours_unreadable"
    text = N_("“{typed}” are no hours. Type them like 14:00-18:00.")


class DaysUnreadable(Invalid):
    """What was typed are no days of the month."""

    code = "days_unreadable"
    text = N_("“{typed}” are no days of the month. Type them like 8, 18, 28.")


def promotion_terms(terms: PromotionTerms, answer: Answer) -> PromotionTerms:
    """The terms that filled-in fields mean. Reads products by name.

    Raises: HoursUnreadable, DaysUnreadable, ProductNotFound, ProductSeveral.
    """
    asked: dict[str, Any] = {id: _amount(id, answer) for id in BY_EFFECT[terms.effect] if id != "bundle"}
    if terms.effect == "bundle":
        found = naming.products(answer.text("bundle"), field="bundle")
        asked["bundle"] = tuple((product.id, pieces) for product, pieces in found)
    return replace(terms, **asked, **_limits(terms, answer))


def coupon_terms(terms: coupons.Terms, answer: Answer) -> coupons.Terms:
    """The same for a coupon kind."""
    amounts = ("off_cents", "off_bp", "cap_cents", "threshold_cents", "pieces", "starts_after_days", "uses")
    asked: dict[str, Any] = {id: answer.number(id) or 0 for id in amounts if id in answer.values}
    return replace(terms, **asked, transferable=answer.text("transferable") == "yes", **_limits(terms, answer))


def _amount(id: str, answer: Answer) -> Any:
    if id in ("per_step", "mixed"):
        return answer.text(id) == "yes"
    number = answer.number(id) or 0
    return number * 100 if id == "points_bp" else number


def _limits(terms: PromotionTerms | coupons.Terms, answer: Answer) -> dict[str, Any]:
    have = answer.values
    others = {id for id, _ in (*BESIDE, *COUPON_BESIDE)}
    found: dict[str, Any] = {id: id in answer.text("who").split() for id, _ in WHO}
    if "products" in have:
        named = naming.products(answer.text("products"), field="products")
        found["product_ids"] = tuple(product.id for product, _ in named)
    for id in ("categories", "tiers", "stores"):
        if id in have:
            found[_LISTS[id]] = tuple(map(int, answer.text(id).split()))
    found["weekdays"] = tuple(map(int, answer.text("weekdays").split()))
    found["days_of_month"] = read_days(answer.text("days_of_month"))
    found["from_minute"], found["to_minute"] = read_hours(answer.text("hours"))
    kept = tuple(one for one in terms.not_with if one not in others)
    found["not_with"] = (*answer.text("not_with").split(), *kept)
    found["exclusive"], found["group"] = answer.text("exclusive") == "yes", answer.text("group")
    return found


_LISTS = {"categories": "category_ids", "tiers": "tier_ids", "stores": "store_ids"}


def read_hours(typed: str) -> tuple[int, int]:
    """Minutes from midnight: '14:00-18:00' is (840, 1080); nothing is the whole day. Raises: HoursUnreadable."""
    if not typed.strip():
        return 0, DAY_MINUTES
    match = re.fullmatch(r"(\d{1,2})(?::(\d{2}))?\s*[-–—~]\s*(\d{1,2})(?::(\d{2}))?", typed.replace("：", ":").strip())
    if match is None or max(int(match[2] or 0), int(match[4] or 0)) > 59:
        raise HoursUnreadable(field="hours", typed=typed[:24])
    return int(match[1]) * 60 + int(match[2] or 0), int(match[3]) * 60 + int(match[4] or 0)


def read_days(typed: str) -> tuple[int, ...]:
    """Days of the month: '8, 18 28' is (8, 18, 28). Raises: DaysUnreadable."""
    words = [word for word in re.split(r"[\s,，、]+", typed.strip()) if word]
    if not all(word.isdecimal() for word in words):
        raise DaysUnreadable(field="days_of_month", typed=typed[:24])
    return tuple(sorted({int(word) for word in words}))


def moments(answer: Answer) -> tuple[Millis | None, Millis | None]:
    """From when until when a rule is to hold. Raises: DayUnreadable."""
    first, last = answer.values.get("from_on"), answer.values.get("until_on")
    zone = scope().zone
    return (
        clock.start_of(read_day(str(first), field="from_on"), zone) if first else None,
        clock.end_of(read_day(str(last), field="until_on"), zone) if last else None,
    )


def last_day(until_at: Millis | None) -> date | None:
    """The last day of what ends at a moment."""
    return None if until_at is None else clock.day_of(Millis(until_at - 1), scope().zone)
