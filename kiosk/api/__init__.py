"""The API for tills and online shops: its routes in one blueprint, and its way of refusing."""

from kiosk.api import (
    days,
    exchanges,
    giving,
    lotteries,
    members,
    parked,
    plans,
    points,
    prepaid,
    promotions,
    quotes,
    refunds,
    sales,
    tiers,
    vouchers,
    webhooks,
)
from kiosk.api.door import PREFIX, document_only, pages, problem

__all__ = [
    "PREFIX",
    "days",
    "document_only",
    "exchanges",
    "giving",
    "lotteries",
    "members",
    "pages",
    "parked",
    "plans",
    "points",
    "prepaid",
    "problem",
    "promotions",
    "quotes",
    "refunds",
    "sales",
    "tiers",
    "vouchers",
    "webhooks",
]
