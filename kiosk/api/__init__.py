"""The API for tills and online shops: its routes in one blueprint, and its way of refusing."""

from kiosk.api import days, exchanges, members, parked, plans, promotions, quotes, refunds, sales, vouchers
from kiosk.api.door import pages, problem

__all__ = [
    "days",
    "exchanges",
    "members",
    "pages",
    "parked",
    "plans",
    "problem",
    "promotions",
    "quotes",
    "refunds",
    "sales",
    "vouchers",
]
