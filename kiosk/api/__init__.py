"""The API for tills and online shops: its routes in one blueprint, and its way of refusing."""

from kiosk.api import members, quotes, refunds, sales
from kiosk.api.door import pages, problem

__all__ = ["members", "pages", "problem", "quotes", "refunds", "sales"]
