"""Conduct at the till 操作核查: what each of the staff did that is worth a look, against their peers.

A figure that stands out is a question, no answer: the rows of the audit log behind it say what happened.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from core.base import db, money
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.i18n import N_
from core.books.audit import Sought
from core.reports import asked as cut
from core.reports import outlying
from core.reports.asked import Asked

What = Literal["refunds", "voids", "points", "overrides", "approvals", "lookups", "own_card", "drawer", "coupons"]
WHATS: dict[What, str] = {
    "refunds": N_("refunds"), "voids": N_("sales voided"), "points": N_("points by hand"),
    "overrides": N_("prices lowered"), "approvals": N_("approvals given"),
    "lookups": N_("cards opened without a sale"), "own_card": N_("own card at own till"),
    "drawer": N_("cash moved by hand"), "coupons": N_("coupons given by hand"),
}  # fmt: skip
PER_DAY = frozenset({"lookups"})
"""Counted for each day with sales; everything else for a hundred sales."""
ENOUGH_SALES = 20
"""Who rang up fewer is not compared and nobody's peer."""
ENOUGH = 3
"""Fewer of a thing are never flagged."""


@dataclass(frozen=True)
class Line:
    """One thing of one person: how often, the rate in hundredths, the peers' median and the distance from it."""

    staff_id: int
    name: str
    what: What
    count: int
    rate: int | None
    median: int | None
    distance: int | None

    @property
    def flagged(self) -> bool:
        """Whether it stands out upwards."""
        return self.count >= ENOUGH and self.distance is not None and self.distance >= outlying.FAR


Counts = dict[int, int]


def lines(asked: Asked, *, by: Actor) -> list[Line]:
    """Everything that was done at all, what stands out first. Raises: NotAllowed."""
    require(by, "reports")
    with db.read():
        sales, days = _sales(asked)
        people: dict[int, str] = dict(db.rows("SELECT id, name FROM staff ORDER BY id"))
        counts: dict[What, Counts] = {what: count(asked) for what, count in _COUNTS.items()}
    found: list[Line] = []
    for what in WHATS:
        count = counts[what]
        known = sorted({*sales, *(count if asked.every else ())} & people.keys())
        rates = {one: _rate(count.get(one, 0), sales.get(one, 0), days.get(one, 0), what) for one in known}
        for one in known:
            peers = [rate for other, rate in rates.items() if rate is not None and other != one]
            if count.get(one, 0):
                found.append(_line(one, people[one], what, count[one], rates[one], peers))
    return sorted(found, key=lambda one: (not one.flagged, -(one.distance or 0), one.name, list(WHATS).index(one.what)))


def _rate(count: int, sales: int, days: int, what: What) -> int | None:
    if sales < ENOUGH_SALES:
        return None
    return money.half_up(count * 100, days) if what in PER_DAY else money.half_up(count * 10_000, sales)


def _line(staff_id: int, name: str, what: What, count: int, rate: int | None, peers: Sequence[int]) -> Line:
    median = outlying.median(peers) if peers else None
    distance = None if rate is None else outlying.distance(rate, peers)
    return Line(staff_id, name, what, count, rate, median, distance)


# --- what is counted -----------------------------------------------------------------------------


def _of_staff(rows: Sequence[db.Row]) -> Counts:
    """Counts by who did it, where it was one of the staff."""
    return {int(actor[6:]): count for actor, count in rows if actor and actor.startswith("staff:")}


def _sales(asked: Asked) -> tuple[Counts, Counts]:
    test, ids = cut.within(asked, "store_id")
    rows = db.rows(
        f"SELECT actor, count(*), count(DISTINCT day) FROM sale WHERE day BETWEEN ? AND ? AND {test} GROUP BY actor",
        (*asked.days, *ids),
    )
    return _of_staff([(row[0], row[1]) for row in rows]), _of_staff([(row[0], row[2]) for row in rows])


def _refunds(kinds: str) -> Callable[[Asked], Counts]:
    def count(asked: Asked) -> Counts:
        test, ids = cut.within(asked, "store_id")
        sql = f"SELECT actor, count(*) FROM refund WHERE kind {kinds} AND day BETWEEN ? AND ? AND {test} GROUP BY actor"
        return _of_staff(db.rows(sql, (*asked.days, *ids)))

    return count


def _audited(action: str) -> Callable[[Asked], Counts]:
    def count(asked: Asked) -> Counts:
        sql = "SELECT actor, count(*) FROM audit WHERE at >= ? AND at < ? AND action = ? GROUP BY actor"
        return _of_staff(db.rows(sql, (asked.from_at, asked.until_at, action)))

    return count


def _sold(sql: str) -> Callable[[Asked], Counts]:
    """Sales by who stands in the first column; the statement gives (actor, sale)."""

    def count(asked: Asked) -> Counts:
        test, ids = cut.within(asked, "s.store_id")
        rows = db.rows(f"{sql} AND s.day BETWEEN ? AND ? AND {test}", (*asked.days, *ids))
        found: dict[str, set[int]] = defaultdict(set)
        for actor, sale in rows:
            found[actor].add(sale)
        return _of_staff([(actor, len(found[actor])) for actor in found])

    return count


OVERRIDES = "SELECT s.actor, s.id FROM sale s JOIN sale_line l ON l.sale_id = s.id AND l.list_cents > l.unit_cents" \
    " WHERE 1 = 1"  # fmt: skip
OWN_CARD = (
    "SELECT s.actor, s.id FROM staff_card c JOIN member m ON m.id = c.member_id"
    " JOIN sale s ON s.member_id IN (m.id, m.merged_into) AND s.actor = 'staff:' || c.staff_id WHERE 1 = 1"
)
APPROVED_SALES = "SELECT s.approved_by, s.id FROM sale s WHERE s.approved_by IS NOT NULL"
APPROVED_REFUNDS = "SELECT s.approved_by, s.sale_id FROM refund s WHERE s.approved_by IS NOT NULL"


def _approvals(asked: Asked) -> Counts:
    found: dict[int, int] = defaultdict(int)
    for sql in (APPROVED_SALES, APPROVED_REFUNDS):
        for staff_id, count in _sold(sql)(asked).items():
            found[staff_id] += count
    return found


def _drawer(asked: Asked) -> Counts:
    test, ids = cut.within(asked, "store_id")
    sql = f"SELECT actor, count(*) FROM cash_move WHERE day BETWEEN ? AND ? AND {test} GROUP BY actor"
    return _of_staff(db.rows(sql, (*asked.days, *ids)))


def _lookups(asked: Asked) -> Counts:
    """Cards opened less sales to members on that day, never below nothing."""
    rows = db.rows(
        "SELECT actor, local_day, count(*) FROM sale WHERE member_id IS NOT NULL AND local_day BETWEEN ? AND ?"
        " AND day BETWEEN ? AND ? GROUP BY actor, local_day",
        (*asked.days, asked.days[0] - 1, asked.days[1] + 1),
    )
    bought = {(actor, day): count for actor, day, count in rows}
    found: dict[int, int] = defaultdict(int)
    sql = "SELECT staff_id, day, times FROM card_open_day WHERE day BETWEEN ? AND ?"
    for staff_id, day, times in db.rows(sql, asked.days):
        found[staff_id] += max(0, times - bought.get((f"staff:{staff_id}", day), 0))
    return {one: count for one, count in found.items() if count}


_COUNTS: dict[What, Callable[[Asked], Counts]] = {
    "refunds": _refunds("<> 'void'"), "voids": _refunds("= 'void'"), "points": _audited("points.adjusted"),
    "overrides": _sold(OVERRIDES), "approvals": _approvals, "lookups": _lookups, "own_card": _sold(OWN_CARD),
    "drawer": _drawer, "coupons": _audited("coupon.given"),
}  # fmt: skip


# --- what stands behind --------------------------------------------------------------------------

ACTIONS: dict[What, tuple[str, ...]] = {
    "refunds": ("sale.refunded",), "voids": ("sale.voided",), "points": ("points.adjusted",),
    "overrides": ("sale.posted",), "approvals": ("sale.posted", "sale.refunded", "sale.voided"),
    "own_card": ("sale.posted",), "drawer": ("shift.cash",), "coupons": ("coupon.given",),
}  # fmt: skip


def behind(line: Line, asked: Asked, *, by: Actor) -> Sought | None:
    """Which rows of the audit log a line stands for; None of look-ups, which are counted only. Raises: NotAllowed."""
    require(by, "audit")
    if line.what not in ACTIONS:
        return None
    sqls = {
        "overrides": (OVERRIDES,), "own_card": (OWN_CARD,), "approvals": (APPROVED_SALES, APPROVED_REFUNDS),
    }.get(line.what)  # fmt: skip
    actor = "" if line.what == "approvals" else f"staff:{line.staff_id}"
    return Sought(
        actor, since=Millis(asked.from_at), until=Millis(asked.until_at), actions=ACTIONS[line.what],
        entity_ids=None if sqls is None else _ids(sqls, line.staff_id, asked),
    )  # fmt: skip


MOST = 500
"""Sales shown behind one line."""


def _ids(sqls: Sequence[str], staff_id: int, asked: Asked) -> tuple[int, ...]:
    test, ids = cut.within(asked, "s.store_id")
    with db.read():
        rows = [row for sql in sqls
                for row in db.rows(f"{sql} AND s.day BETWEEN ? AND ? AND {test}", (*asked.days, *ids))]  # fmt: skip
    return tuple(sorted({sale for actor, sale in rows if actor == f"staff:{staff_id}"}, reverse=True))[:MOST]
