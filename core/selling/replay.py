"""Replay 试运行: what past sales would have cost under a draft rule, before it is switched on.

Each sale is priced again as it was: its lines at their prices, the tier and the coupons it had, the
promotions then in force; once without and once with the draft. Both come from today's program and the
benefits of today's tiers, so the difference is the draft's alone. Amounts are to pay before points as
money. What people would have bought instead is not guessed.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from core.base import clock, db, lunar
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Invalid
from core.base.i18n import N_
from core.base.money import Milli
from core.books import rules
from core.goods import catalogue
from core.goods.catalogue import Product
from core.loyalty import coupons, limits, plans, tiers
from core.loyalty.coupons import Coupon
from core.loyalty.limits import Moment
from core.selling import promotions, quotes
from core.selling.pricing import quote as pricing
from core.selling.pricing.quote import Terms
from core.selling.pricing.values import Quote, Rule
from core.selling.promotions import Promotion, PromotionTerms

CHUNK = 200
MOST_NAMED = 10
"""So many winners and so many losers are named."""

Progress = Callable[[int, int], None]
"""Told how many sales are done, of how many."""


@dataclass(frozen=True)
class Change:
    """What a draft would have changed for one member: above 0 they would have paid less by so much."""

    member_id: int
    sales: int
    cents: int


@dataclass(frozen=True)
class Replayed:
    """A draft played over past sales.

    `used` sales would have had the draft applied; `cheaper` and `dearer` ones would have cost something
    else. `off_cents` is what the draft itself takes off, `unsure` sales had too many rules to weigh all.
    """

    sales: int
    used: int
    cheaper: int
    dearer: int
    before_cents: int
    after_cents: int
    off_cents: int
    points_before: int
    points_after: int
    members_better: int
    members_worse: int
    winners: tuple[Change, ...]
    losers: tuple[Change, ...]
    unsure: int

    @property
    def cost_cents(self) -> int:
        """What the shop would have taken less."""
        return self.before_cents - self.after_cents


class ReplayEmpty(Invalid):
    """The days named hold no sale."""

    code = "replay_empty"
    text = N_("{field}: there are no sales in these days to play the rule over.")


def over(
    name: str,
    terms: PromotionTerms,
    *,
    first_at: Millis,
    until_at: Millis,
    by: Actor,
    instead_of: int | None = None,
    progress: Progress | None = None,
) -> Replayed:
    """Play a draft over the sales of a time, beside the promotions of then or instead of one of them.

    Undone sales are left out. Raises: NotAllowed, PromotionInvalid, PromotionUnknown, ReplayEmpty.
    """
    require(by, "marketing")
    promotions.check(name, terms)
    if instead_of is not None:
        promotions.get(instead_of)
    draft = Promotion(0, instead_of or 2**53, 0, name, terms, first_at, None)
    total = int(db.value(f"SELECT count(*) FROM sale s WHERE {_WHERE}", (first_at, until_at)))
    if not total:
        raise ReplayEmpty(field="first_day")
    found = _Sums()
    for chunk in _chunks(first_at, until_at):
        for sale in chunk:
            _play(found, sale, draft, instead_of)
        if progress is not None:
            progress(found.sales, total)
    return found.result()


# --- pure ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Line:
    """A past line: its product as it is today, quantity and price as they were."""

    product: Product
    quantity: Milli
    unit_cents: int


@dataclass(frozen=True)
class _Sale:
    """A past sale with what pricing needs to know of it."""

    member_id: int | None
    moment: Moment
    lines: tuple[_Line, ...]
    others: tuple[Rule, ...]
    terms: Terms


@dataclass
class _Sums:
    """What was counted so far."""

    sales: int = 0
    used: int = 0
    cheaper: int = 0
    dearer: int = 0
    before: int = 0
    after: int = 0
    off: int = 0
    points_before: int = 0
    points_after: int = 0
    unsure: int = 0
    by_member: dict[int, tuple[int, int]] = field(default_factory=dict)

    def add(self, member_id: int | None, before: Quote, after: Quote) -> None:
        """Count one sale."""
        off = sum(off.cents for line in after.lines for off in line.offs if _is_draft(off.rule))
        less = before.total_cents - after.total_cents
        self.sales, self.used = self.sales + 1, self.used + bool(off)
        self.cheaper, self.dearer = self.cheaper + (less > 0), self.dearer + (less < 0)
        self.before, self.after = self.before + before.total_cents, self.after + after.total_cents
        self.off, self.unsure = self.off + off, self.unsure + (not (before.exact and after.exact))
        self.points_before += before.earned_points
        self.points_after += after.earned_points
        if less and member_id is not None:
            count, cents = self.by_member.get(member_id, (0, 0))
            self.by_member[member_id] = count + 1, cents + less

    def result(self) -> Replayed:
        """The sums, with the members who would have gained or lost most."""
        changes = [Change(member, count, cents) for member, (count, cents) in self.by_member.items()]
        better = sorted((one for one in changes if one.cents > 0), key=lambda one: (-one.cents, one.member_id))
        worse = sorted((one for one in changes if one.cents < 0), key=lambda one: (one.cents, one.member_id))
        return Replayed(
            sales=self.sales,
            used=self.used,
            cheaper=self.cheaper,
            dearer=self.dearer,
            before_cents=self.before,
            after_cents=self.after,
            off_cents=self.off,
            points_before=self.points_before,
            points_after=self.points_after,
            members_better=len(better),
            members_worse=len(worse),
            winners=tuple(better[:MOST_NAMED]),
            losers=tuple(worse[:MOST_NAMED]),
            unsure=self.unsure,
        )


def _is_draft(rule: Rule) -> bool:
    return rule.kind == "promotion" and rule.id == 0


def _play(found: _Sums, sale: _Sale, draft: Promotion, instead_of: int | None) -> None:
    products = {line.product.id: line.product for line in sale.lines}
    for_products = promotions.book(now=sale.moment.now).for_products(products.values())
    running = [one for one in for_products if limits.unmet(one.terms, sale.moment) is None]
    with_draft = [one for one in running if one.promotion_id != instead_of]
    if limits.unmet(draft.terms, sale.moment) is None:
        with_draft.append(draft)
    found.add(sale.member_id, _priced(sale, running), _priced(sale, with_draft))


def _priced(sale: _Sale, running: Sequence[Promotion]) -> Quote:
    on_points = [one for one in running if one.terms.effect in promotions.ON_POINTS]
    on_prices = [one.rule for one in running if one.terms.effect not in promotions.ON_POINTS]
    items = [quotes.item_of(line.product, line.quantity, line.unit_cents, on_points) for line in sale.lines]
    return pricing.price(items, [*on_prices, *sale.others], sale.terms)


# --- reading past sales, a few hundred at a time ---------------------------------------------------

_WHERE = "s.at >= ? AND s.at < ? AND NOT EXISTS (SELECT 1 FROM refund r WHERE r.sale_id = s.id AND r.kind = 'void')"
_HEADS = (
    "SELECT s.id, s.at, s.store_id, s.member_id, s.tier_id, p.birth_calendar, p.birth_month, p.birth_day,"
    " (SELECT count(*) FROM sale e WHERE e.member_id = s.member_id AND e.at < s.at AND e.total_cents > 0),"
    " (SELECT max(m.plan_id) FROM member_plan m WHERE m.member_id = s.member_id AND m.from_at <= s.at"
    " AND m.until_at > s.at AND coalesce(m.ended_at, m.until_at) > s.at)"
    f" FROM sale s LEFT JOIN member_person p ON p.member_id = s.member_id WHERE {_WHERE}"
    " AND (s.at, s.id) > (?, ?) ORDER BY s.at, s.id LIMIT ?"
)


def _chunks(first_at: Millis, until_at: Millis) -> Iterator[list[_Sale]]:
    at, last = first_at, 0
    while True:
        with db.read():
            heads = db.rows(_HEADS, (first_at, until_at, at, last, CHUNK))
            chunk = _sales(heads)
        if not heads:
            return
        yield chunk
        last, at = heads[-1][0], heads[-1][1]


def _sales(heads: Sequence[db.Row]) -> list[_Sale]:
    sale_ids = [row[0] for row in heads]
    if not sale_ids:
        return []
    lines, held = _lines(sale_ids), _coupons(sale_ids)
    return [_sale(row, tuple(lines.get(row[0], ())), held.get(row[0], [])) for row in heads]


def _sale(row: db.Row, lines: tuple[_Line, ...], held: list[Coupon]) -> _Sale:
    _, at, store_id, member_id, tier_id, calendar, month, day, earlier, plan_id = row
    local = clock.local(at, quotes.any_store(store_id).zone)
    shop, member = rules.current(now=at), member_id is not None
    kept = lunar.kept_in_month(local.year, local.month, shop.leap_day)
    moment = Moment(at, local, store_id, member, tier_id, member and not earlier, (calendar, month, day) in kept)
    known = tiers.all_tiers(now=at)
    tier = next((one for one in known if one.id == tier_id), known[0]) if member else None
    plan = next((one for one in plans.all_plans() if one.id == plan_id), None)
    others = [*quotes.standing_rules(tier, plan), *[quotes.coupon_rule(one) for one in held]]
    return _Sale(member_id, moment, lines, tuple(others), quotes.terms_of(shop, tier, plan))


def _lines(sale_ids: Sequence[int]) -> dict[int, list[_Line]]:
    marks = ", ".join("?" * len(sale_ids))
    found = db.rows(
        "SELECT sale_id, product_id, quantity_milli, unit_cents FROM sale_line"
        f" WHERE sale_id IN ({marks}) ORDER BY sale_id, position",
        sale_ids,
    )
    products = catalogue.many(row[1] for row in found)
    lines: dict[int, list[_Line]] = {}
    for sale_id, product_id, quantity, unit_cents in found:
        lines.setdefault(sale_id, []).append(_Line(products[product_id], Milli(quantity), unit_cents))
    return lines


def _coupons(sale_ids: Sequence[int]) -> dict[int, list[Coupon]]:
    marks = ", ".join("?" * len(sale_ids))
    used = db.rows(f"SELECT sale_id, coupon_id FROM coupon_use WHERE sale_id IN ({marks})", sale_ids)
    held = coupons.many(coupon_id for _, coupon_id in used)
    found: dict[int, list[Coupon]] = {}
    for sale_id, coupon_id in used:
        found.setdefault(sale_id, []).append(held[coupon_id])
    return found
