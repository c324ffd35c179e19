"""Events for tests: one plan with what a test changes of it, signed up for by public verbs."""

from core.base.clock import DAY, HOUR, Millis
from core.service import gatherings, gatheringsignups
from core.service.gatheringguests import SignUp
from core.service.gatherings import Plan
from tests.shops import Shop


def plan(shop: Shop, **given: object) -> Plan:
    """A tea tasting in a week, with two places and two on the waiting list."""
    from_at = shop.now + 7 * DAY
    terms = {"name_en": "Tea tasting", "name_zh": "品茶会", "from_at": Millis(from_at),
             "until_at": Millis(from_at + 2 * HOUR), "places": 2, "waiting_places": 2,
             "store_id": shop.store}  # fmt: skip
    return Plan(**(terms | given))  # type: ignore[arg-type]


def opened(shop: Shop, **given: object) -> int:
    """An event that takes sign-ups."""
    gathering_id = gatherings.draft(plan(shop, **given), by=shop.owner, now=shop.now)
    gatherings.open_signup(gathering_id, by=shop.owner, now=shop.now)
    return gathering_id


def sign_up(shop: Shop, gathering_id: int, member_id: int, places: int = 1, *, now: Millis | None = None) -> SignUp:
    """Sign up at the till, with the member's proof."""
    return gatheringsignups.sign_up(
        gathering_id, member_id, places, proved=True, by=shop.owner, now=now or shop.now
    )  # fmt: skip
