"""What a tier asks for and what it gives. Values and rules, nothing is read or written.

A tier without any condition is given by hand, but for the lowest, which everyone has.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any, Literal, get_args

from core.base import clock
from core.base.clock import DAY, Millis
from core.base.i18n import T, Text
from core.books.stats import Totals

Period = Literal["month", "year"]


@dataclass(frozen=True)
class Tier:
    """A rank and what it gives. Rates in basis points; conditions None mean 'not by this'.

    Conditions are net spend, visits, points from purchases and events attended, `match`ed any or all,
    within `window_days` or, `window` 'year', the calendar year. Who holds it has `early_days` at what
    opens later for others, coupons of the `welcome` kinds once, one of `each_kind_id` every month or year.
    """

    id: int
    rank: int
    name: str
    mark: str
    discount_bp: int
    multiplier_bp: int
    spend_cents: int | None
    visits: int | None
    window_days: int
    hold_months: int
    birthday_coupon_kind_id: int | None = None
    points: int | None = None
    events: int | None = None
    match: Literal["any", "all"] = "any"
    window: Literal["rolling", "year"] = "rolling"
    welcome: tuple[int, ...] = ()
    each_kind_id: int | None = None
    each: Period = "month"
    early_days: int = 0
    adviser: bool = False

    @property
    def conditions(self) -> Totals[int | None]:
        """What it asks for, None where it does not ask."""
        return Totals(self.spend_cents, self.visits, self.points, self.events)

    @property
    def by_hand(self) -> bool:
        """Whether nothing that is counted leads to it."""
        return self.conditions == (None, None, None, None)

    def met_by(self, totals: Totals[int]) -> bool:
        """Whether its conditions hold; never for a tier that is given by hand."""
        reached = [had >= asked for asked, had in zip(self.conditions, totals, strict=True) if asked is not None]
        return bool(reached) and (all(reached) if self.match == "all" else any(reached))

    def missing_in(self, totals: Totals[int]) -> Totals[int | None]:
        """What each condition still needs, 0 for one that is met, None for one that is not asked."""
        pairs = zip(self.conditions, totals, strict=True)
        return Totals(*(None if asked is None else max(asked - had, 0) for asked, had in pairs))

    def least_missing(self, *totals: Totals[int]) -> Totals[int | None]:
        """What is missing by the most favourable of several totals, condition by condition."""
        columns = zip(*(self.missing_in(one) for one in totals), strict=True)
        return Totals(*(min((one for one in column if one is not None), default=None) for column in columns))

    def first_day(self, last: date) -> date:
        """The first day of the window that ends on a day."""
        return date(last.year, 1, 1) if self.window == "year" else last - timedelta(days=self.window_days - 1)


TERMS = tuple(one for one in fields(Tier) if one.name not in ("id", "rank", "name", "mark"))
"""What a version of a tier may change."""


def stored(tier: Tier) -> str:
    """The terms of a tier as they stand in the database; what is as usual is left out."""
    values = {one.name: getattr(tier, one.name) for one in TERMS if getattr(tier, one.name) != one.default}
    return json.dumps(values)


def read(tier_id: int, rank: int, name: str, mark: str, terms: str) -> Tier:
    """A tier from its row and the terms of a version."""
    given: dict[str, Any] = json.loads(terms)
    return Tier(tier_id, rank, name, mark, **given | {"welcome": tuple(given.get("welcome", ()))})


# --- rules ---------------------------------------------------------------------------------------


def wrong(tier: Tier) -> tuple[str, object, Text] | None:
    """What is wrong with a tier's terms: the field, what was given, what is wanted."""
    if not 0 <= tier.discount_bp <= 10_000:
        return "discount_bp", tier.discount_bp, T("A discount lies between 0 % and 100 %.")
    if not 0 <= tier.multiplier_bp <= 1_000_000:
        return "multiplier_bp", tier.multiplier_bp, T("A multiplier lies from 0 to 100.")
    if tier.window_days < 1 or tier.hold_months < 1:
        field = "window_days" if tier.window_days < 1 else "hold_months"
        return field, getattr(tier, field), T("At least one.")
    for name, asked in zip(("spend_cents", "visits", "points", "events"), tier.conditions, strict=True):
        if asked is not None and asked < 1:
            return name, asked, T("At least one.")
    if not 0 <= tier.early_days <= 365:
        return "early_days", tier.early_days, T("From 0 to 365 days.")
    for name, known in (("match", ("any", "all")), ("window", ("rolling", "year")), ("each", get_args(Period))):
        if getattr(tier, name) not in known:
            return name, getattr(tier, name), T("Choose one of {known}.", known=", ".join(known))
    return None


def qualified(tiers: Sequence[Tier], *totals: Callable[[Tier], Totals[int]]) -> Tier:
    """The highest tier whose conditions are met by any of the totals given for it; else the lowest."""
    met = (tier for tier in tiers if any(tier.met_by(one(tier)) for one in totals))
    return max(met, key=lambda one: one.rank, default=tiers[0])


def reviewed(tiers: Sequence[Tier], held: Tier, earned: Tier, mode: str) -> Tier:
    """The tier after a review: never below what was earned, by the shop's mode above it."""
    if earned.rank >= held.rank or mode == "never":
        return held if earned.rank < held.rank else earned
    if mode == "step":
        below = [tier for tier in tiers if tier.rank < held.rank and not (tier.by_hand and tier.rank > tiers[0].rank)]
        return max(below[-1], earned, key=lambda tier: tier.rank)
    return earned


def held_until(since: date, tier: Tier, zone: str) -> Millis | None:
    """The first moment after the holding period; None for a tier that no review takes away."""
    return None if tier.by_hand else clock.start_of(clock.add_months(since, tier.hold_months), zone)


def opens_for(opens_at: Millis, early_days: int) -> Millis:
    """When what opens at a moment opens for someone who may come so many days early."""
    return Millis(opens_at - early_days * DAY)


def outlasts(until: Millis | None, other: Millis | None) -> bool:
    """Whether a holding period ends later than another; one without an end outlasts all others."""
    return other is not None and (until is None or until > other)
