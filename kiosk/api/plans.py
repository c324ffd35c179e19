"""Plans over the API: the memberships that are sold."""

from flask import Response

from core.base import access, clock
from core.base.i18n import T
from core.loyalty import plans
from core.loyalty.plans import Plan
from kiosk.api import door as api
from kiosk.api.schemas import Days, Id, Name, Shape, Whole


class PlanIn(Shape):
    """A plan to be added; a product of the kind plan sells it. 10 000 basis points earn points as usual."""

    name: Name
    product_id: Id
    days: Days
    discount_bp: Whole = 0
    multiplier_bp: Whole = 10_000


class PlanOut(Shape):
    """What a plan gives, and for how many days."""

    id: str
    product_id: str
    name: str
    days: int
    discount_bp: int
    multiplier_bp: int


class PlansOut(Shape):
    """All plans."""

    plans: list[PlanOut]


@api.pages.get("/plans")
@api.operation(200, PlansOut, refusals=(401, 403, 500, 503))
def all_plans() -> Response:
    """List plans, with the products that sell them.

    Needs the scope sales.
    """
    access.require(api.actor(), "sell")
    return api.answer(PlansOut(plans=[_shown(one) for one in plans.all_plans()]))


@api.pages.post("/plans")
@api.operation(201, PlanOut, body=PlanIn)
def new_plan() -> Response:
    """Add a plan.

    Needs the scope settings.
    """
    given, by = api.body_of(PlanIn), api.actor()
    access.require(by, "settings")
    product_id = int(given.product_id)
    if any(one.product_id == product_id for one in plans.all_plans()):
        raise api.BodyInvalid(field="product_id", problem=T("another plan is sold with this product already"))
    plan_id = plans.create(
        given.name,
        product_id,
        days=given.days,
        discount_bp=given.discount_bp,
        multiplier_bp=given.multiplier_bp,
        by=by,
        now=clock.now(),
    )
    return api.answer(_shown(next(one for one in plans.all_plans() if one.id == plan_id)), 201)


def _shown(one: Plan) -> PlanOut:
    facts = one.__dict__ | {"id": str(one.id), "product_id": str(one.product_id)}
    return PlanOut(**facts)
