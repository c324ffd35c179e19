"""What comes back of a sale, worked out from what the sale recorded. Pure functions.

Each part of a line (discounts, redeemed and earned points) is cumulative, half up, and money is the
difference, so any sequence of parts adds up to the sale. Money is shared over what is left of each
tender by the largest remainder.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.base import money
from core.base.errors import Invalid, Refused
from core.base.i18n import N_, T
from core.goods.catalogue import MONEY_ONLY


@dataclass(frozen=True)
class SoldLine:
    """A line as the sale recorded it and how much of it came back so far."""

    id: int
    product_id: int
    name: str
    kind: str
    quantity: int
    amount_cents: int
    discounts: tuple[int, ...]
    redeemed_points: int
    redeemed_cents: int
    earned_points: int
    returned: int = 0
    refunded_cents: int = 0
    tax_cents: int = 0
    tax_added: bool = False

    @property
    def left(self) -> int:
        """How much of it can still come back; nothing of what is reversed as a whole."""
        return 0 if self.kind in MONEY_ONLY else self.quantity - self.returned

    @property
    def reversible(self) -> bool:
        """Whether it is a top-up that was not reversed yet."""
        return self.kind == "top_up" and self.returned < self.quantity


@dataclass(frozen=True)
class ReturnLine:
    """So much of a line comes back; `sellable` goods go to stock."""

    line_id: int
    quantity: int
    sellable: bool = True


@dataclass(frozen=True)
class LinePart:
    """What the returned part of a line carries."""

    line: SoldLine
    quantity: int
    cents: int
    returned_points: int
    due_points: int
    sellable: bool
    tax_cents: int = 0

    @property
    def restocks(self) -> bool:
        """Whether it goes back to the shelf."""
        return self.sellable and self.line.kind == "goods"

    @property
    def spend_cents(self) -> int:
        """What it takes off what its member spent on goods and services."""
        return 0 if self.line.kind in MONEY_ONLY else self.cents


@dataclass(frozen=True)
class RefundPlan:
    """What a refund would pay back and move; nothing is written yet. Tenders as (kind, cents)."""

    sale_id: int
    total_cents: int
    parts: tuple[LinePart, ...]
    tenders: tuple[tuple[int, str, int], ...]
    returned_points: int
    due_points: int
    whole: bool


class TooMuchReturned(Refused):
    """More comes back than was sold and not returned yet."""

    code = "too_much_returned"
    text = N_("{name}: {left_milli} can still come back, not {asked_milli}.")


class RefundInvalid(Invalid):
    """The lines to return cannot be read."""

    code = "refund_invalid"
    text = N_("{field}: {problem}")


def part_of(line: SoldLine, quantity: int, *, sellable: bool = True) -> LinePart:
    """What so much more of a line carries, after what was returned already."""
    before, after, whole = line.returned, line.returned + quantity, line.quantity

    def part(total: int) -> int:
        return money.cumulative_part(total, before, after, whole)

    cents = max(_paid_for(line, after) - line.refunded_cents, 0)
    tax = part(line.tax_cents)
    return LinePart(line, quantity, cents, part(line.redeemed_points), part(line.earned_points), sellable, tax)


def _paid_for(line: SoldLine, quantity: int) -> int:
    """What so much of a line cost: amount and added tax less reductions, each half up; within 0 and the whole.

    Several reductions rounded up together may pass a small amount; the bounds even that out later.
    """
    reductions = (*line.discounts, line.redeemed_cents)

    def part(total: int) -> int:
        return money.half_up(total * quantity, line.quantity)

    added = line.tax_cents if line.tax_added else 0
    whole = line.amount_cents + added - sum(reductions)
    return min(max(part(line.amount_cents) + part(added) - sum(part(off) for off in reductions), 0), whole)


def plan(
    sale_id: int,
    lines: Sequence[SoldLine],
    tenders: Sequence[tuple[int, str, int]],
    back: Sequence[ReturnLine],
    *,
    undo: bool = False,
) -> RefundPlan:
    """Work out a refund. `tenders` are (id, kind, what is left of it).

    To `undo` a sale takes back what is else reversed only as a whole: top-ups, plans, cards.

    Raises: RefundInvalid, TooMuchReturned.
    """
    by_id = {line.id: line for line in lines}
    if not back or len({one.line_id for one in back}) != len(back):
        raise RefundInvalid(field="lines", problem=T("name each line that comes back once"))
    parts = [_checked(by_id, one, at, undo) for at, one in enumerate(back, 1)]
    total = sum(part.cents for part in parts)
    by_tender = money.shares(total, [left for _, _, left in tenders])
    returned = {part.line.id: part.quantity for part in parts}
    return RefundPlan(
        sale_id=sale_id,
        total_cents=total,
        parts=tuple(parts),
        tenders=tuple((t[0], t[1], cents) for t, cents in zip(tenders, by_tender, strict=True) if cents),
        returned_points=sum(part.returned_points for part in parts),
        due_points=sum(part.due_points for part in parts),
        whole=all(line.returned + returned.get(line.id, 0) == line.quantity for line in lines),
    )


def _checked(by_id: Mapping[int, SoldLine], one: ReturnLine, at: int, undo: bool) -> LinePart:
    line = by_id.get(one.line_id)
    if line is None:
        raise RefundInvalid(field=f"lines[{at}].line_id", problem=T("this line is not of that sale"))
    if one.quantity <= 0:
        raise RefundInvalid(field=f"lines[{at}].quantity", problem=T("a quantity above 0 is needed"))
    if line.kind in MONEY_ONLY and not undo:
        raise RefundInvalid(field=f"lines[{at}]", problem=T("stored value is reversed as a whole, not returned"))
    if one.quantity > line.quantity - line.returned:
        raise TooMuchReturned(
            field=f"lines[{at}].quantity", name=line.name, left_milli=line.left, asked_milli=one.quantity
        )
    return part_of(line, one.quantity, sellable=one.sellable)
