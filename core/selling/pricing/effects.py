"""What one rule takes off a basket as it stands. Pure functions; cents, basis points, whole pieces.

Rounding is half up, once per rule and line; what a rule takes off several lines together is shared by
the largest remainder. Every effect takes less, or as much, when amounts are lower (up to `slack`):
the search for the best combination rests on that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from core.base import money
from core.selling.pricing.values import LINE, TIER, Item, Rule


@dataclass(frozen=True, slots=True)
class Fit:
    """A rule, the lines of a basket it may touch and their pieces.

    What counts towards its thresholds: `towards` are lines, `counted` pieces; a weighed line is one.
    """

    rule: Rule
    lines: tuple[int, ...]
    items: tuple[Item, ...]
    pieces: tuple[int, ...]
    towards: tuple[int, ...]
    counted: int

    @property
    def slack(self) -> int:
        """By how many cents rounding may let the rule take more from lower amounts."""
        return len(self.lines) if self.rule.effect in ("nth", "free", "bundle") else 0


def fit(rule: Rule, items: Sequence[Item], amounts: Sequence[int]) -> Fit | None:
    """The rule on this basket, or None where it cannot take anything off, whatever else applies."""
    found = on_basket(rule, items, amounts)
    if not found.lines or missing_pieces(found) > 0 or missing_cents(found, amounts) > 0:
        return None
    if rule.effect == "nth" and not any(_reduced_pieces(found, amounts)):
        return None
    if rule.effect == "bundle" and not taken(found, amounts):
        return None
    return found


def on_basket(rule: Rule, items: Sequence[Item], amounts: Sequence[int]) -> Fit:
    """The rule with the lines it is for; what costs nothing from the start takes no part."""
    covers = rule.covers
    lines = tuple([at for at, item in enumerate(items) if amounts[at] and covers(item)])
    of_rule = tuple([items[at] for at in lines])
    pieces = tuple([item.pieces for item in of_rule])
    towards, free = lines, 0
    if rule.threshold_on_rest:
        towards = tuple([at for at, one in enumerate(items) if amounts[at] and one.discountable and one.priced])
        free = min(rule.last, sum(pieces))
    counted = sum([items[at].pieces or 1 for at in towards]) - free
    return Fit(rule, lines, of_rule, pieces, towards, counted)


def missing_pieces(found: Fit) -> int:
    """Pieces that lack to the number asked for; 0 or below where it is reached."""
    return found.rule.threshold_pieces - found.counted


def missing_cents(found: Fit, amounts: Sequence[int]) -> int:
    """What lacks to the threshold; 0 or below where it is reached."""
    threshold = found.rule.threshold_cents
    if not threshold:
        return 0
    there = sum([amounts[at] for at in found.towards])
    return threshold - there + (sum(_free_values(found, amounts)) if found.rule.threshold_on_rest else 0)


def taken(found: Fit, amounts: Sequence[int]) -> Sequence[int]:
    """Cents off each line of the fit, from amounts as they stand; empty where the rule takes nothing."""
    rule = found.rule
    if rule.effect in ("nth", "bundle", "free"):
        return _by_pieces(found, amounts)
    if rule.step in (LINE, TIER):
        if missing_cents(found, amounts) > 0:
            return ()
        return _off_lines(found, amounts)
    covered = [amounts[at] for at in found.lines]
    off = _order_off(rule, sum(covered))
    return money.shares(off, covered) if off else ()


def total(found: Fit, amounts: Sequence[int]) -> int:
    """Cents off all lines together; the sum of `taken`."""
    if found.rule.effect in ("nth", "bundle", "free") or found.rule.step in (LINE, TIER):
        return sum(taken(found, amounts))
    return _order_off(found.rule, sum([amounts[at] for at in found.lines]))


def _off_lines(found: Fit, amounts: Sequence[int]) -> list[int]:
    rule = found.rule
    if rule.effect == "percent":
        bp = rule.off_bp
        return [(2 * amounts[at] * bp + 10_000) // 20_000 for at in found.lines]
    offs = []
    for at, item in zip(found.lines, found.items, strict=True):
        if rule.effect == "fixed_price":
            offs.append(max(amounts[at] - money.line_amount(rule.price_cents, item.quantity), 0))
        else:
            offs.append(min(money.line_amount(rule.off_cents, item.quantity), amounts[at]))
    return offs


def _order_off(rule: Rule, base: int) -> int:
    if base == 0 or base < rule.threshold_cents:
        return 0
    if rule.effect == "percent":
        off = money.part_bp(base, rule.off_bp)
    else:
        times = base // rule.threshold_cents if rule.per_step and rule.threshold_cents else 1
        off = rule.off_cents * times
    return min(off, base, rule.cap_cents or off)


# --- by pieces -----------------------------------------------------------------------------------


def _by_pieces(found: Fit, amounts: Sequence[int]) -> Sequence[int]:
    rule = found.rule
    if missing_cents(found, amounts) > 0:
        return ()
    if rule.effect == "nth":
        return _nth(found, amounts)
    if rule.effect == "bundle":
        values, times = _bundled(found, amounts)
        off = sum(values) - rule.price_cents * times
    else:
        values = _free_values(found, amounts)
        off = min(sum(values), rule.cap_cents or sum(values))
    return money.shares(off, values) if off > 0 else ()


def _dearest_first(found: Fit, amounts: Sequence[int]) -> list[int]:
    """Lines of the fit that have pieces, by what a piece now costs, the dearest first."""
    with_pieces = [at for at, pieces in enumerate(found.pieces) if pieces]
    return sorted(with_pieces, key=lambda at: (-Fraction(amounts[found.lines[at]], found.pieces[at]), at))


def _nth(found: Fit, amounts: Sequence[int]) -> list[int]:
    bp = found.rule.off_bp
    return [
        money.half_up(amounts[at] * count * bp, pieces * 10_000) if count else 0
        for at, pieces, count in zip(found.lines, found.pieces, _reduced_pieces(found, amounts), strict=True)
    ]


def _reduced_pieces(found: Fit, amounts: Sequence[int]) -> list[int]:
    """How many pieces of each line of the fit the rule reduces."""
    rule, counts = found.rule, [0] * len(found.lines)
    ordered = _dearest_first(found, amounts)
    products = [0] if rule.mixed else sorted({found.items[at].product_id for at in ordered})
    for product in products:
        group = [at for at in ordered if rule.mixed or found.items[at].product_id == product]
        full = sum(found.pieces[at] for at in group) // rule.every
        if rule.most_times:
            full = min(full, rule.most_times)
        position = 0
        for at in group:
            end = position + found.pieces[at]
            counts[at] = _reduced(rule, end, full) - _reduced(rule, position, full)
            position = end
    return counts


def _reduced(rule: Rule, position: int, full: int) -> int:
    """How many of the first so many pieces are reduced, within so many full groups."""
    groups, begun = divmod(min(position, full * rule.every), rule.every)
    return groups * rule.last + max(begun - (rule.every - rule.last), 0)


def _bundled(found: Fit, amounts: Sequence[int]) -> tuple[list[int], int]:
    """What the pieces in full bundles now cost, line by line, and the number of bundles."""
    rule, values = found.rule, [0] * len(found.lines)
    there: dict[int, int] = {}
    for item, pieces in zip(found.items, found.pieces, strict=True):
        there[item.product_id] = there.get(item.product_id, 0) + pieces
    times = min(there.get(product, 0) // pieces for product, pieces in rule.parts)
    times = min(times, rule.most_times or times)
    wanted = {product: pieces * times for product, pieces in rule.parts}
    for at, (item, pieces) in enumerate(zip(found.items, found.pieces, strict=True)):
        count = min(pieces, wanted.get(item.product_id, 0))
        if count:
            wanted[item.product_id] -= count
            values[at] = money.half_up(amounts[found.lines[at]] * count, pieces)
    return values, times


def _free_values(found: Fit, amounts: Sequence[int]) -> list[int]:
    """What the pieces that may become free now cost, line by line."""
    left, values = found.rule.last, [0] * len(found.lines)
    for at in _dearest_first(found, amounts):
        count = min(left, found.pieces[at])
        if not count:
            break
        values[at] = money.half_up(amounts[found.lines[at]] * count, found.pieces[at])
        left -= count
    return values
