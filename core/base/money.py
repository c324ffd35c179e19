"""Whole numbers for money and points: rounding, shares and the way they are written.

Every amount is an integer in the currency's minor unit; every rate is an integer in percent or
basis points. Rounding is half up, shares use the largest remainder, caps are rounded down.
"""

from collections.abc import Sequence
from typing import NewType

Cents = NewType("Cents", int)
"""An amount in the currency's minor unit (1234 is 12.34)."""
Points = NewType("Points", int)
"""A number of points."""
Milli = NewType("Milli", int)
"""A quantity in thousandths (2000 is two pieces, 350 is 0.35 kg)."""

PIECE = Milli(1000)


def half_up(numerator: int, denominator: int) -> int:
    """Round a fraction half up (away from minus infinity at .5); the denominator is above 0."""
    return (2 * numerator + denominator) // (2 * denominator)


def line_amount(price_cents: int, quantity: Milli) -> Cents:
    """Price of a quantity in thousandths, rounded half up once."""
    return Cents(half_up(price_cents * quantity, 1000))


def part_bp(amount: int, rate_bp: int) -> int:
    """A rate in basis points of an amount, half up: 10 % (1000) of 3600 is 360."""
    return half_up(amount * rate_bp, 10_000)


def shares(total: int, weights: Sequence[int]) -> list[int]:
    """Split a total over weights so that the parts add up exactly.

    Largest remainder method, ties to the earlier weight. Weights are 0 or above; all of them 0
    gives the whole to the first. Source: the rules of the shop, section 2.
    """
    if not weights:
        return []
    whole = sum(weights)
    if whole == 0:
        return [total] + [0] * (len(weights) - 1)
    parts = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: -(total * weights[i] % whole))
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts


def cumulative_part(total: int, before: int, after: int, whole: int) -> int:
    """What the units from `before` to `after` of `whole` carry of a total, half up and cumulative.

    Any sequence of parts that reaches the whole adds up to the total exactly.
    """
    return half_up(total * after, whole) - half_up(total * before, whole)


def plain(cents: int) -> str:
    """An amount without sign or separators, for files and inputs: 123450 is '1234.50'."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def shown(cents: int, symbol: str) -> str:
    """An amount for people: '¥1,234.50', '−¥3.00'."""
    sign = "−" if cents < 0 else ""
    return f"{sign}{symbol}{abs(cents) // 100:,}.{abs(cents) % 100:02d}"


def quantity_shown(quantity: int) -> str:
    """A quantity in thousandths for people: 2000 is '2', 350 is '0.35'."""
    whole, rest = divmod(abs(quantity), 1000)
    text = str(whole) if not rest else f"{whole}.{rest:03d}".rstrip("0")
    return f"−{text}" if quantity < 0 else text
