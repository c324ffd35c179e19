"""Plans over the API: the memberships that are sold."""

from flask import Response

from core.base import access, clock
from core.loyalty import plans
from core.loyalty.plans import Plan
from kiosk.api import door as api
from kiosk.api.schemas import Days, Id, Name, PageAsked, Shape, Whole

ONE = "/plans/<int:plan_id>"


class PlanIn(Shape):
    """A plan; a product of the kind plan sells it. 10 000 basis points earn points as usual.

    A coupon of the kind is given every month; early_days before the others its members buy what opens later.
    """

    name: Name
    product_id: Id
    days: Days
    discount_bp: Whole = 0
    multiplier_bp: Whole = 10_000
    each_kind_id: Id | None = None
    early_days: Whole = 0


class PlanOut(Shape):
    """What a plan gives, and for how many days."""

    id: str
    product_id: str
    name: str
    days: int
    discount_bp: int
    multiplier_bp: int
    each_kind_id: str | None
    early_days: int
    sold: bool


class PlansOut(Shape):
    """All plans."""

    plans: list[PlanOut]
    next_cursor: str | None


@api.pages.get("/plans")
@api.operation(200, PlansOut, query=PageAsked, refusals=(401, 403, 422, 500, 503))
def all_plans() -> Response:
    """List plans, with the products that sell them.

    Needs the scope sales. `cursor` is the last answer's `next_cursor`, `limit` at most 200.
    """
    access.require(api.actor(), "sell")
    found, cursor = api.page_of(plans.all_plans(), api.query_of(PageAsked))
    return api.answer(PlansOut(plans=[_shown(one) for one in found], next_cursor=cursor))


@api.pages.post("/plans")
@api.operation(201, PlanOut, body=PlanIn)
def new_plan() -> Response:
    """Add a plan.

    Needs the scope settings.
    """
    plan_id = plans.create(_given(api.body_of(PlanIn)), by=api.actor(), now=clock.now())
    return api.answer(_shown(plans.get(plan_id)), 201)


@api.pages.put(ONE)
@api.operation(200, PlanOut, body=PlanIn, refusals=(401, 403, 404, 422, 500, 503))
def change_plan(plan_id: int) -> Response:
    """Sell a plan with other terms from now on; who bought the old terms keeps them. The answer has a new id.

    Needs the scope settings.
    """
    new_id = plans.change(plan_id, _given(api.body_of(PlanIn)), by=api.actor(), now=clock.now())
    return api.answer(_shown(plans.get(new_id)))


@api.pages.post(f"{ONE}/retire")
@api.operation(200, PlanOut, refusals=(401, 403, 404, 500, 503))
def retire_plan(plan_id: int) -> Response:
    """Sell a plan no more; those bought run to their end.

    Needs the scope settings.
    """
    plans.retire(plan_id, by=api.actor(), now=clock.now())
    return api.answer(_shown(plans.get(plan_id)))


def _given(asked: PlanIn) -> Plan:
    each = int(asked.each_kind_id) if asked.each_kind_id is not None else None
    facts = asked.model_dump() | {"product_id": int(asked.product_id), "each_kind_id": each}
    return Plan(id=0, **facts)


def _shown(one: Plan) -> PlanOut:
    each = str(one.each_kind_id) if one.each_kind_id is not None else None
    facts = one.__dict__ | {"id": str(one.id), "product_id": str(one.product_id), "each_kind_id": each}
    sold = facts.pop("retired_at") is None
    return PlanOut(**facts, sold=sold)
