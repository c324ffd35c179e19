"""Sales by product 单品销售: takings and units of each product."""

from core.base.access import Actor
from core.reports.asked import Asked
from core.reports.library import categories
from core.reports.report import Report


def make(asked: Asked, *, by: Actor) -> Report:
    """What each product brought."""
    return categories.broken_down(asked, "product", "p.id")
