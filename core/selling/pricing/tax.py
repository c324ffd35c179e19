"""Tax 税: contained in prices or added to them, worked out once a rate and shared over its lines. Pure.

Half up once a rate, as on the receipt of a shop that states one amount a rate; shares by the largest
remainder. What comes on top never earns points and never counts as spending.
"""

from collections.abc import Sequence

from core.base import money
from core.selling.pricing.values import TaxMode


def of_lines(mode: TaxMode, rates_bp: Sequence[int], amounts: Sequence[int]) -> list[int]:
    """The tax of each line, contained in its amount ('inclusive') or to be added ('exclusive')."""
    parts = [0] * len(amounts)
    if mode == "none" or not any(rates_bp):
        return parts
    for rate in sorted(set(rates_bp) - {0}):
        lines = [at for at, one in enumerate(rates_bp) if one == rate]
        weights = [amounts[at] for at in lines]
        whole = 10_000 + rate if mode == "inclusive" else 10_000
        due = money.half_up(sum(weights) * rate, whole)
        for at, part in zip(lines, money.shares(due, weights), strict=True):
            parts[at] = part
    return parts
