"""Products by hour and weekday 时段与商品: how often each is bought when, and where that differs from the shop."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from core.base import clock, db
from core.base.access import Actor, require
from core.base.clock import HOUR
from core.insight import slots
from core.insight.recommend import KEPT
from core.insight.slots import MONDAY_HOURS, WEEK_HOURS, Slot

WEEK = WEEK_HOURS * HOUR
DAYS = 90
"""How far back the page looks."""


@dataclass(frozen=True)
class ProductTimes:
    """One product: purchases in all, by hour of the store's clock and by weekday from Monday."""

    product_id: int
    name: str
    count: int
    hours: tuple[Slot, ...]
    weekdays: tuple[Slot, ...]


def of(since: date, until: date, *, store_id: int | None = None, by: Actor) -> list[ProductTimes]:
    """Products bought on some business days, the most bought first; lines wholly returned are left out.

    Raises: NotAllowed.
    """
    require(by, "reports", store_id=store_id)
    names: dict[int, str] = {}
    week: dict[int, list[int]] = {}
    for product_id, name, hour, found in _counted(since, until, store_id, by):
        names[product_id] = name
        week.setdefault(product_id, [0] * WEEK_HOURS)[hour] += found
    hours = slots.compared({id: [sum(row[hour::24]) for hour in range(24)] for id, row in week.items()})
    weekdays = slots.compared(
        {id: [sum(row[day * 24 : day * 24 + 24]) for day in range(7)] for id, row in week.items()}
    )
    found_all = [ProductTimes(id, names[id], sum(row), hours[id], weekdays[id]) for id, row in week.items()]
    return sorted(found_all, key=lambda one: (-one.count, one.product_id))


def _counted(since: date, until: date, store_id: int | None, by: Actor) -> Iterator[tuple[int, str, int, int]]:
    """Product, name, hour of the week and lines, for each store and each span with one distance from UTC."""
    sql = "SELECT id, zone FROM store ORDER BY id"
    wanted = [(id, zone) for id, zone in db.rows(sql) if store_id in (None, id) and (not by.stores or id in by.stores)]
    for store, zone in wanted:
        first, last = clock.start_of(since, zone), clock.start_of(until + timedelta(days=2), zone)
        for start, end, offset in slots.offsets(zone, first, last):
            # Written into the statement, for a group by a placeholder is another one to PostgreSQL; % is its sign too.
            since_monday = f"(s.at + ({offset + MONDAY_HOURS * HOUR}))"
            counting = (
                f"SELECT l.product_id, p.name, ({since_monday} - {since_monday} / {WEEK} * {WEEK}) / {HOUR}, count(*)"
                " FROM sale s JOIN sale_line l ON l.sale_id = s.id JOIN product p ON p.id = l.product_id"
                " WHERE s.day >= ? AND s.day <= ? AND s.store_id = ? AND s.at >= ? AND s.at < ?"
                f" AND p.kind IN ('goods', 'service') AND {KEPT} GROUP BY 1, 2, 3"
            )
            yield from db.rows(counting, (since.toordinal(), until.toordinal(), store, start, end))
