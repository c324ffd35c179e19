"""What a sold line earns those who served it, and what a return takes back; pure.

A rule says what the whole line earns; each who served gets the part of their share (largest remainder), so that the
parts add up. A return takes the cumulative part, half up, so that returns in any order come back to nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from core.base import money

WHOLE_BP = 10_000
BY_MONEY = frozenset({"top_up", "plan", "pass", "gift_card"})
"""Kinds of which money may come back in part while the whole line does."""
KINDS = ("goods", "service", "top_up", "plan", "pass", "gift_card")


@dataclass(frozen=True)
class CommissionTerms:
    """What a rule is about, and what it gives: a rate on what a line brought, or an amount for each piece.

    No kinds are all of them. A product or a category narrows it, a person or a role too.
    """

    kinds: tuple[str, ...] = ()
    category_id: int | None = None
    product_id: int | None = None
    role: str = ""
    staff_id: int | None = None
    rate_bp: int = 0
    each_cents: int = 0


@dataclass(frozen=True)
class Version:
    """A rule as it stands from a day on, to a last day if it has one."""

    id: int
    rule_id: int
    number: int
    name: str
    terms: CommissionTerms
    from_day: date
    until_day: date | None


@dataclass(frozen=True)
class Sold:
    """A line as the sale recorded it: who served it with their shares, and what they were on that day."""

    line_id: int
    day: date
    kind: str
    product_id: int
    category_id: int | None
    quantity: int
    net_cents: int
    servers: tuple[tuple[int, int], ...]


def standing(versions: Sequence[Version], day: date) -> list[Version]:
    """Of each rule the version in force on a day: what was said last counts from its day on."""
    last: dict[int, Version] = {}
    for one in sorted(versions, key=lambda one: (one.rule_id, one.number)):
        if one.from_day <= day:
            last[one.rule_id] = one
    return [one for one in last.values() if one.until_day is None or day <= one.until_day]


def fits(terms: CommissionTerms, sold: Sold, staff_id: int, role: str) -> bool:
    """Whether a rule is about a line and a person."""
    return (
        (not terms.kinds or sold.kind in terms.kinds)
        and terms.product_id in (None, sold.product_id)
        and terms.category_id in (None, sold.category_id)
        and terms.staff_id in (None, staff_id)
        and terms.role in ("", role)
    )


def choose(rules: Sequence[Version], sold: Sold, staff_id: int, role: str) -> Version | None:
    """The one rule for a line and a person: the narrowest, of several the one made last.

    A product is narrower than a category, that than kinds, that than everything; of two alike a person is narrower
    than a role, that than everybody.
    """
    fitting = [one for one in rules if fits(one.terms, sold, staff_id, role)]
    return max(fitting, key=_narrow, default=None)


def _narrow(one: Version) -> tuple[int, int, int]:
    terms = one.terms
    what = 3 if terms.product_id else 2 if terms.category_id else int(bool(terms.kinds))
    who = 2 if terms.staff_id else int(bool(terms.role))
    return what, who, one.rule_id


def of_line(terms: CommissionTerms, sold: Sold) -> int:
    """What a whole line earns by a rule, in cents, half up."""
    if terms.each_cents:
        return money.half_up(terms.each_cents * sold.quantity, money.PIECE)
    return money.half_up(sold.net_cents * terms.rate_bp, WHOLE_BP)


def part_of(total: int, servers: Sequence[tuple[int, int]], staff_id: int) -> int:
    """Somebody's part of an amount, by the shares of those who served."""
    parts = money.shares(total, [share for _, share in servers])
    return next(part for (who, _), part in zip(servers, parts, strict=True) if who == staff_id)


def taken_back(earned: int, sold: Sold, before: tuple[int, int], back: tuple[int, int]) -> int:
    """What a return takes of an amount earned. `before` came back earlier, `back` now: thousandths and cents."""
    if sold.kind in BY_MONEY and sold.net_cents:
        whole, first, more = sold.net_cents, before[1], back[1]
    else:
        whole, first, more = sold.quantity, before[0], back[0]
    return money.cumulative_part(earned, min(first, whole), min(first + more, whole), whole)


def even(staff_ids: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Equal shares of those who served together, adding up to the whole."""
    return tuple(zip(staff_ids, money.shares(WHOLE_BP, [1] * len(staff_ids)), strict=True))
