"""Plans 付费会员: a membership bought for a period, with its own benefits beside the tier.

A plan is a product that is sold. Of tier and plan the better of the two holds for each benefit. Who
bought a plan keeps its terms: other terms are a new plan, sold with the same product.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from core.base import clock, db, ids
from core.base.access import Actor, require
from core.base.clock import DAY, Millis
from core.base.errors import Invalid, NotFound, Refused
from core.base.i18n import N_, T, Text
from core.books import audit, revisions, rules
from core.books.posting import Cause
from core.goods import catalogue
from core.loyalty import benefits, coupons


@dataclass(frozen=True)
class Plan:
    """What a plan gives, and for how many days. Rates in basis points.

    Who has it gets one coupon of the kind `each_kind_id` every month, and may buy what opens later
    `early_days` before.
    """

    id: int
    product_id: int
    name: str
    days: int
    discount_bp: int
    multiplier_bp: int
    each_kind_id: int | None = None
    early_days: int = 0
    retired_at: Millis | None = None


@dataclass(frozen=True)
class Bought:
    """A plan as one member bought it: what was paid, from when until when."""

    id: int
    plan: Plan
    member_id: int
    sale_id: int
    paid_cents: int
    from_at: Millis
    until_at: Millis
    ended_at: Millis | None

    def left_cents(self, now: Millis, *, free_days: int, bought_at: Millis, used: bool) -> int:
        """What is paid back if it ends now: all of it soon and unused, else price × full days left / days, down."""
        if not used and now < bought_at + free_days * DAY:
            return self.paid_cents
        days = (self.until_at - self.from_at) // DAY
        full_left = max(self.until_at - max(now, self.from_at), 0) // DAY
        return self.paid_cents * full_left // days


class PlanInvalid(Invalid):
    """A plan's terms cannot be right."""

    code = "plan_invalid"
    text = N_("Plan “{name}”: {field} does not fit. {wanted}")


class PlanUnknown(NotFound):
    """No plan has this id."""

    code = "plan_unknown"
    text = N_("There is no plan {what}. Open the list and choose one.")


class PlanNotSold(Refused):
    """The product sells no plan now."""

    code = "plan_not_sold"
    text = N_("“{product}” sells no plan now. Set up its plan first, or take it out of the basket.")


_COLUMNS = (
    "p.id, p.product_id, p.name, p.days, p.discount_bp, p.multiplier_bp, p.each_kind_id, p.early_days, p.retired_at"
)


def _load() -> list[Plan]:
    return [Plan(*row) for row in db.rows(f"SELECT {_COLUMNS} FROM plan p ORDER BY p.id")]


_kept = revisions.Remembered("plans", _load)


def all_plans(*, only_sold: bool = False) -> list[Plan]:
    """All plans, or those that are sold now."""
    return [one for one in _kept() if one.retired_at is None or not only_sold]


def get(plan_id: int) -> Plan:
    """One plan. Raises: PlanUnknown."""
    for plan in _kept():
        if plan.id == plan_id:
            return plan
    raise PlanUnknown(what=str(plan_id))


@dataclass(frozen=True)
class Sold:
    """A plan that is sold, and how many members have it now."""

    plan: Plan
    holders: int


def sold_now(*, now: Millis) -> list[Sold]:
    """The plans that are sold, with how many members have each."""
    held: dict[int, int] = dict(
        db.rows(
            "SELECT plan_id, count(DISTINCT member_id) FROM member_plan WHERE from_at <= ? AND until_at > ?"
            " AND ended_at IS NULL GROUP BY plan_id",
            (now, now),
        )
    )
    return [Sold(plan, held.get(plan.id, 0)) for plan in all_plans(only_sold=True)]


# --- setting up ----------------------------------------------------------------------------------


@db.atomic
def create(plan: Plan, *, by: Actor, now: Millis) -> int:
    """Add a plan that a product of kind 'plan' sells; its id is given here. Raises: NotAllowed, PlanInvalid."""
    require(by, "settings")
    plan_id = _add(plan)
    audit.record("plan.created", "plan", plan_id, by=by, now=now, after={"name": plan.name, "days": plan.days})
    return plan_id


@db.atomic
def create_with_product(plan: Plan, price_cents: int, *, by: Actor, now: Millis) -> int:
    """Add a plan together with the product that sells it, of the same name; the plan's id.

    Raises: NotAllowed, PlanInvalid, ProductInvalid, ProductTaken.
    """
    require(by, "settings")
    product_id = catalogue.create(plan.name, price_cents, kind="plan", by=by, now=now)
    return create(replace(plan, product_id=product_id), by=by, now=now)


@db.atomic
def change(plan_id: int, plan: Plan, *, by: Actor, now: Millis) -> int:
    """Sell a product's plan with other terms from now on; the id of the new plan. Who bought the old keeps it.

    Raises: NotAllowed, PlanUnknown (or not sold any more), PlanInvalid.
    """
    require(by, "settings")
    before = _retired(plan_id, now)
    new_id = _add(replace(plan, product_id=before.product_id))
    was, will = {"name": before.name, "days": before.days}, {"name": plan.name, "days": plan.days}
    audit.record("plan.changed", "plan", new_id, by=by, now=now, before=was, after=will)
    return new_id


@db.atomic
def retire(plan_id: int, *, by: Actor, now: Millis) -> None:
    """Sell a plan no more; those bought run to their end. Raises: NotAllowed, PlanUnknown."""
    require(by, "settings")
    before = _retired(plan_id, now)
    audit.record("plan.retired", "plan", plan_id, by=by, now=now, before={"name": before.name})


def _retired(plan_id: int, now: Millis) -> Plan:
    if not db.change("UPDATE plan SET retired_at = ? WHERE id = ? AND retired_at IS NULL", (now, plan_id)):
        raise PlanUnknown(what=str(plan_id))
    revisions.bump("plans")
    return get(plan_id)


def _add(plan: Plan) -> int:
    wrong = _wrong(plan)
    if wrong is not None:
        raise PlanInvalid(name=plan.name[:40], field=wrong[0], wanted=wrong[1])
    fresh = replace(plan, id=ids.new(), retired_at=None)
    db.add("plan", **fresh.__dict__)
    revisions.bump("plans")
    return fresh.id


def _wrong(plan: Plan) -> tuple[str, Text] | None:
    if not 1 <= len(plan.name) <= 80:
        return "name", T("A name has 1 to 80 characters.")
    if not 1 <= plan.days <= 36_500:
        return "days", T("From 1 to 36,500 days.")
    if not 0 <= plan.discount_bp <= 10_000:
        return "discount_bp", T("A discount lies between 0 % and 100 %.")
    if not 0 <= plan.multiplier_bp <= 1_000_000:
        return "multiplier_bp", T("A multiplier lies from 0 to 100.")
    if not 0 <= plan.early_days <= 365:
        return "early_days", T("From 0 to 365 days.")
    if plan.each_kind_id is not None and all(kind.id != plan.each_kind_id for kind in coupons.kinds()):
        return "each_kind_id", T("Choose a kind of coupon that is still given.")
    if db.value("SELECT kind FROM product WHERE id = ?", (plan.product_id,)) != "plan":
        return "product_id", T("A product of the kind “plan” is needed.")
    if any(one.product_id == plan.product_id for one in all_plans(only_sold=True)):
        return "product_id", T("Another plan is sold with this product already.")
    return None


# --- reads ---------------------------------------------------------------------------------------


def running(member_id: int, *, now: Millis) -> Plan | None:
    """The plan a member has now; of several the one with the higher discount."""
    if not all_plans():
        return None
    sql = "SELECT plan_id FROM member_plan WHERE member_id = ? AND from_at <= ? AND until_at > ? AND ended_at IS NULL"
    held = {row[0] for row in db.rows(sql, (member_id, now, now))}
    return max((one for one in all_plans() if one.id in held), key=lambda one: one.discount_bp, default=None)


_BOUGHT = (
    f"SELECT {_COLUMNS}, b.id, b.member_id, b.sale_id, b.paid_cents, b.from_at, b.until_at, b.ended_at"
    " FROM member_plan b JOIN plan p ON p.id = b.plan_id WHERE "
)


def _bought(row: Sequence[object]) -> Bought:
    plan = Plan(*row[:9])  # type: ignore[arg-type]
    return Bought(row[9], plan, *row[10:])  # type: ignore[arg-type]


def held_by(member_id: int, *, now: Millis) -> list[Bought]:
    """Plans of a member that run now or begin later, the first to end first."""
    where = "b.member_id = ? AND b.until_at > ? AND b.ended_at IS NULL ORDER BY b.until_at, b.id"
    return [_bought(row) for row in db.rows(_BOUGHT + where, (member_id, now))]


def of_sale(sale_id: int) -> list[Bought]:
    """Plans a sale began that were not ended."""
    found = db.rows(_BOUGHT + "b.sale_id = ? AND b.ended_at IS NULL ORDER BY b.id", (sale_id,))
    return [_bought(row) for row in found]


def used(bought: Bought) -> bool:
    """Whether its member bought anything since it began: its benefits counted there."""
    sql = "SELECT 1 FROM sale WHERE member_id = ? AND at >= ? AND id <> ? LIMIT 1"
    return db.value(sql, (bought.member_id, bought.from_at, bought.sale_id)) is not None


def ending(*, now: Millis) -> list[Bought]:
    """Plans that end within the shop's days, that nothing of the same product follows, not told of yet."""
    shop = rules.current(now=now)
    last = clock.start_of(clock.day_of(now, shop.zone) + timedelta(days=shop.plan_notice_days + 1), shop.zone)
    where = (
        "b.until_at > ? AND b.until_at < ? AND b.ended_at IS NULL"
        " AND EXISTS (SELECT 1 FROM member m WHERE m.id = b.member_id AND m.state = 'active')"
        " AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.dedupe_key = 'plan-ending:' || b.id)"
        " AND NOT EXISTS (SELECT 1 FROM member_plan n JOIN plan q ON q.id = n.plan_id WHERE n.member_id = b.member_id"
        " AND q.product_id = p.product_id AND n.until_at > b.until_at AND n.ended_at IS NULL) ORDER BY b.id"
    )
    return [_bought(row) for row in db.rows(_BOUGHT + where, (now, last))]


# --- doing (inside the caller's transaction) -----------------------------------------------------


def begin(member_id: int, product_id: int, times: int, *, paid_cents: int, cause: Cause) -> None:
    """Start the plan a product sells, or go on after the one that runs. Raises: PlanNotSold."""
    plan = next((one for one in all_plans(only_sold=True) if one.product_id == product_id), None)
    if plan is None:
        raise PlanNotSold(product=db.value("SELECT name FROM product WHERE id = ?", (product_id,)))
    sql = (
        "SELECT max(b.until_at) FROM member_plan b JOIN plan p ON p.id = b.plan_id"
        " WHERE b.member_id = ? AND p.product_id = ? AND b.ended_at IS NULL"
    )
    start = max(cause.now, db.value(sql, (member_id, product_id)) or 0)
    db.add(
        "member_plan",
        id=ids.new(),
        member_id=member_id,
        plan_id=plan.id,
        sale_id=cause.ref_id,
        paid_cents=paid_cents,
        from_at=start,
        until_at=start + plan.days * times * DAY,
    )
    each_month(member_id, plan, now=cause.now)


def each_month(member_id: int, plan: Plan, *, now: Millis) -> bool:
    """Give this month's coupon of a plan; False if it gives none or gave it already."""
    return benefits.each_of(member_id, plan.each_kind_id, "plan", "month", now=now)


@db.atomic
def give_month(*, by: Actor, now: Millis) -> int:
    """Give this month's coupon of every plan to the active members who have it and lack it; how many."""
    given = 0
    for plan in all_plans():
        found = _without_coupon(plan, now) if plan.each_kind_id is not None else []
        made = sum(each_month(member_id, plan, now=now) for member_id in found)
        if made:
            audit.record("plan.coupons_given", "plan", plan.id, by=by, now=now, after={"members": made})
        given += made
    return given


def _without_coupon(plan: Plan, now: Millis) -> list[int]:
    """Active members with a running plan that lack this month's coupon."""
    found = db.rows(
        "SELECT DISTINCT b.member_id FROM member_plan b JOIN member m ON m.id = b.member_id WHERE b.plan_id = ?"
        " AND b.from_at <= ? AND b.until_at > ? AND b.ended_at IS NULL AND m.state = 'active' AND NOT EXISTS"
        " (SELECT 1 FROM coupon c WHERE c.member_id = b.member_id AND c.ref_kind = 'plan-month' AND c.ref_id = ?"
        " AND c.state <> 'cancelled') ORDER BY b.member_id",
        (plan.id, now, now, benefits.period_of("month", now)[0]),
    )
    return [member_id for (member_id,) in found]


def end(bought: Bought, *, now: Millis) -> None:
    """End a plan at once; what follows it of the same product moves forward to now."""
    db.run("UPDATE member_plan SET ended_at = ? WHERE id = ?", (now, bought.id))
    free_from = max(now, bought.from_at)
    gap = bought.until_at - free_from
    db.run(
        "UPDATE member_plan SET from_at = from_at - ?, until_at = until_at - ? WHERE member_id = ? AND ended_at IS NULL"
        " AND from_at >= ? AND plan_id IN (SELECT id FROM plan WHERE product_id = ?)",
        (gap, gap, bought.member_id, bought.until_at, bought.plan.product_id),
    )


def end_of_sale(sale_id: int, *, now: Millis) -> None:
    """End the plans a sale began."""
    for bought in of_sale(sale_id):
        end(bought, now=now)
