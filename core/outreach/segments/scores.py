"""Where the shop's own lines lie: the cuts of recency, frequency and money, and those between the four groups.

They move as the shop sells, so they are worked out when members are counted, from one pass over the totals.
"""

from dataclasses import dataclass
from datetime import timedelta

from core.base import clock, db
from core.base.clock import Millis
from core.books import rules

CHUNK = 50_000


@dataclass(frozen=True)
class Cuts:
    """The four cuts of each score, and the lines between the groups; `new_since` is a day."""

    recency: tuple[int, ...]
    frequency: tuple[int, ...]
    money: tuple[int, ...]
    visits_line: int
    basket_line: object
    new_since: int


def cuts(*, now: Millis) -> Cuts | None:
    """The lines over all active members who came at least once; None where nobody did.

    “New” is who came once, within the shop's days of churn (`churn_horizon_days`).
    """
    import numpy as np  # 100 ms, and only rules that ask for a score need it

    from core.insight import rfm

    parts = list(_totals())
    if not parts:
        return None
    last_day, visits, money = (np.array([row[at] for part in parts for row in part]) for at in (1, 2, 3))
    shop = rules.current(now=now)
    lines = rfm.shop_lines(visits, money, rfm.Lines(shop.group_visits, shop.group_basket_cents))
    new_since = (clock.day_of(now, shop.zone) - timedelta(days=shop.churn_horizon_days)).toordinal()
    recency, frequency, spent = (tuple(map(int, rfm.quintile_cuts(one))) for one in (last_day, visits, money))
    # Visits are whole, so "at least 2.5" is "at least 3".
    return Cuts(recency, frequency, spent, int(np.ceil(lines.visits)), lines.basket, new_since)


def _totals() -> list[list[db.Row]]:
    sql = (
        "SELECT s.member_id, s.last_day, s.visits, s.net_spend_cents FROM member_stats s"
        " JOIN member m ON m.id = s.member_id WHERE m.state = 'active' AND s.visits > 0 AND s.member_id > ?"
        " ORDER BY s.member_id LIMIT ?"
    )
    found: list[list[db.Row]] = []
    after = 0
    while part := db.rows(sql, (after, CHUNK)):
        found.append(part)
        after = part[-1][0]
    return found
