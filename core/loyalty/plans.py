"""Plans 付费会员: a membership bought for a period, with its own benefits beside the tier.

A plan is a product that is sold. Of tier and plan the better of the two holds for each benefit.
"""

from dataclasses import dataclass

from core.base import db, ids
from core.base.access import Actor, require
from core.base.clock import DAY, Millis
from core.base.errors import Invalid
from core.base.i18n import N_, T
from core.books import audit, revisions
from core.books.posting import Cause


@dataclass(frozen=True)
class Plan:
    """What a plan gives, and for how many days. Rates in basis points."""

    id: int
    product_id: int
    name: str
    days: int
    discount_bp: int
    multiplier_bp: int


class PlanInvalid(Invalid):
    """A plan's terms cannot be right."""

    code = "plan_invalid"
    text = N_("Plan “{name}”: {field} does not fit. {wanted}")


def _load() -> list[Plan]:
    return [Plan(*row) for row in db.rows("SELECT id, product_id, name, days, discount_bp, multiplier_bp FROM plan")]


_kept = revisions.Remembered("plans", _load)


def all_plans() -> list[Plan]:
    """All plans."""
    return _kept()


@db.atomic
def create(
    name: str, product_id: int, *, days: int, discount_bp: int, multiplier_bp: int, by: Actor, now: Millis
) -> int:
    """Add a plan that a product of kind 'plan' sells. Raises: NotAllowed, PlanInvalid."""
    require(by, "settings")
    wrong = None
    if days < 1:
        wrong = "days", T("At least one day.")
    elif not 0 <= discount_bp <= 10_000:
        wrong = "discount_bp", T("A discount lies between 0 % and 100 %.")
    elif multiplier_bp < 0:
        wrong = "multiplier_bp", T("Amounts are 0 or more.")
    elif db.value("SELECT kind FROM product WHERE id = ?", (product_id,)) != "plan":
        wrong = "product_id", T("A product of the kind “plan” is needed.")
    if wrong is not None:
        raise PlanInvalid(name=name, field=wrong[0], wanted=wrong[1])
    plan_id = ids.new()
    db.add(
        "plan",
        id=plan_id,
        product_id=product_id,
        name=name,
        days=days,
        discount_bp=discount_bp,
        multiplier_bp=multiplier_bp,
    )
    revisions.bump("plans")
    audit.record("plan.created", "plan", plan_id, by=by, now=now, after={"name": name, "days": days})
    return plan_id


def running(member_id: int, *, now: Millis) -> Plan | None:
    """The plan a member has now; of several the one with the higher discount."""
    if not all_plans():
        return None
    sql = "SELECT plan_id FROM member_plan WHERE member_id = ? AND from_at <= ? AND until_at > ? AND ended_at IS NULL"
    held = {row[0] for row in db.rows(sql, (member_id, now, now))}
    return max((one for one in all_plans() if one.id in held), key=lambda one: one.discount_bp, default=None)


def begin(member_id: int, product_id: int, times: int, cause: Cause) -> None:
    """Start the plan a product sells, or go on after the one that runs; inside the caller's transaction."""
    plan = next((one for one in all_plans() if one.product_id == product_id), None)
    if plan is None:
        return
    sql = "SELECT max(until_at) FROM member_plan WHERE member_id = ? AND plan_id = ? AND ended_at IS NULL"
    start = max(cause.now, db.value(sql, (member_id, plan.id)) or 0)
    db.add(
        "member_plan",
        id=ids.new(),
        member_id=member_id,
        plan_id=plan.id,
        sale_id=cause.ref_id,
        from_at=start,
        until_at=start + plan.days * times * DAY,
    )


def end_of_sale(sale_id: int, *, now: Millis) -> None:
    """End the plans a sale began; inside the caller's transaction."""
    db.run("UPDATE member_plan SET ended_at = ? WHERE sale_id = ? AND ended_at IS NULL", (now, sale_id))
