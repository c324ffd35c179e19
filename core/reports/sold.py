"""Sales found 销售查询: a list by day, store, member, seller and way of paying, its sum, and its charts.

All three read the same sales, so that every chart adds up to the sum of the list.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from core.base import clock, db, text
from core.base.access import Actor, refusal, require
from core.selling import receipts
from core.selling.receipts import SaleHead

QUARTER = 15 * clock.MINUTE
"""Hours begin at a quarter of some UTC hour in every zone."""
EDGES = (10_00, 20_00, 50_00, 100_00, 200_00, 500_00, 1000_00)
"""Where the columns of the histogram begin, after the first one from nothing."""


@dataclass(frozen=True)
class Sought:
    """Which sales; what is None or empty does not count. `number` is a receipt's, or the end of one.

    `seller` is who stands on a line or, where nobody does, who rang the sale up. Days are business days.
    """

    since: date | None = None
    until: date | None = None
    store_id: int | None = None
    member_id: int | None = None
    seller: int | None = None
    tender: str = ""
    number: str = ""


@dataclass(frozen=True)
class Sum:
    """How many sales were found, what they came to and what of it was paid back since."""

    sales: int
    total_cents: int
    refunded_cents: int


@dataclass(frozen=True)
class Charts:
    """The sales found, added up in four ways; amounts in cents.

    `days` are business days with takings, in order; `hours` has a row for each weekday from Monday and a column
    for each hour of the store's clock; `baskets` counts sales from each edge of `EDGES` up to the next.
    """

    sum: Sum
    days: tuple[tuple[date, int], ...]
    hours: tuple[tuple[int, ...], ...]
    tenders: tuple[tuple[str, int], ...]
    baskets: tuple[int, ...]


def page(sought: Sought, *, by: Actor, before_id: int | None = None, limit: int = 100) -> list[SaleHead]:
    """Sales found, the newest first, a keyset page at a time. Raises: NotAllowed."""
    where, given = _where(sought, by)
    return receipts.heads(where, given, before_id=before_id, limit=limit)


def total(sought: Sought, *, by: Actor) -> Sum:
    """What the sales found come to. Raises: NotAllowed."""
    where, given = _where(sought, by)
    sql = f"SELECT count(*), coalesce(CAST(sum(s.total_cents) AS BIGINT), 0) FROM sale s WHERE {where}"
    back = (
        "SELECT coalesce(CAST(sum(r.total_cents) AS BIGINT), 0) FROM refund r JOIN sale s ON s.id = r.sale_id"
        f" WHERE {where}"
    )
    with db.read():
        found, cents = db.one(sql, given) or (0, 0)
        return Sum(found, cents, int(db.value(back, given)))


def charts(sought: Sought, *, by: Actor) -> Charts:
    """The sales found by day, by weekday and hour, by way of paying and by size. Raises: NotAllowed."""
    where, given = _where(sought, by)
    by_tender = (
        "SELECT t.kind, CAST(sum(t.cents) AS BIGINT) FROM sale s JOIN tender t ON t.sale_id = s.id"
        f" WHERE {where} GROUP BY t.kind ORDER BY 2 DESC, 1"
    )
    by_day = f"SELECT s.day, CAST(sum(s.total_cents) AS BIGINT) FROM sale s WHERE {where} GROUP BY s.day ORDER BY s.day"
    with db.read():
        days = tuple((date.fromordinal(day), cents) for day, cents in db.rows(by_day, given))
        tenders = tuple((kind, cents) for kind, cents in db.rows(by_tender, given))
        return Charts(total(sought, by=by), days, _hours(where, given), tenders, _baskets(where, given))


def _hours(where: str, given: tuple[object, ...]) -> tuple[tuple[int, ...], ...]:
    sql = (
        f"SELECT s.at / {QUARTER}, p.zone, CAST(sum(s.total_cents) AS BIGINT) FROM sale s"
        f" JOIN store p ON p.id = s.store_id WHERE {where} GROUP BY 1, 2"
    )
    grid = [[0] * 24 for _ in range(7)]
    for quarter, zone, cents in db.rows(sql, given):
        then = clock.local(quarter * QUARTER, zone)
        grid[then.weekday()][then.hour] += cents
    return tuple(tuple(row) for row in grid)


def _baskets(where: str, given: tuple[object, ...]) -> tuple[int, ...]:
    step = EDGES[0]
    sql = f"SELECT s.total_cents / {step}, count(*) FROM sale s WHERE {where} GROUP BY 1"
    counts = Counter[int]()
    for steps, found in db.rows(sql, given):
        counts[sum(edge <= steps * step for edge in EDGES)] += found
    return tuple(counts[column] for column in range(len(EDGES) + 1))


def _where(sought: Sought, by: Actor) -> tuple[str, tuple[object, ...]]:
    """The test for the sales found, and its values; only of stores the asker works in. Raises: NotAllowed."""
    require(by, "reports")
    if sought.store_id is not None and by.stores and sought.store_id not in by.stores:
        raise refusal("reports")
    number = text.number_read(sought.number)
    loose = sought.number.strip().lstrip("0")
    tests: dict[str, tuple[object, ...]] = {
        "s.day >= ?": (sought.since.toordinal(),) if sought.since else (),
        "s.day <= ?": (sought.until.toordinal(),) if sought.until else (),
        "s.store_id = ?": (sought.store_id,) if sought.store_id is not None else (),
        f"s.store_id IN ({', '.join('?' * len(by.stores))})": tuple(sorted(by.stores)),
        "s.member_id = ?": (sought.member_id,) if sought.member_id is not None else (),
        "(EXISTS (SELECT 1 FROM sale_line l WHERE l.sale_id = s.id AND l.staff_id = ?) OR (s.actor = ? AND NOT EXISTS"
        " (SELECT 1 FROM sale_line l WHERE l.sale_id = s.id AND l.staff_id IS NOT NULL)))":
            (sought.seller, f"staff:{sought.seller}") if sought.seller is not None else (),
        "EXISTS (SELECT 1 FROM tender t WHERE t.sale_id = s.id AND t.kind = ?)":
            (sought.tender,) if sought.tender else (),
        "(s.day, s.receipt_no) = (?, ?)": number or (),
        "s.receipt_no = ?": (int(loose) if loose.isascii() and loose.isdigit() and len(loose) < 10 else -1,)
            if sought.number.strip() and number is None else (),
    }  # fmt: skip
    wanted = {test: values for test, values in tests.items() if values}
    return " AND ".join(wanted) or "1 = 1", tuple(value for values in wanted.values() for value in values)
