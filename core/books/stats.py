"""What a member has done so far, kept beside the sales so that tiers and warnings need no scan.

`member_day` has one row a member and local day: net spend (money and principal paid for goods and
services, less refunds), sales and points earned. Days are proleptic ordinals (date.toordinal()).
A visit is a day whose net spend is above 0.
"""

from dataclasses import dataclass
from datetime import date

from core.base import db
from core.base.clock import Millis


@dataclass(frozen=True)
class MemberStats:
    """Totals of one member; days are None before the first visit."""

    visits: int
    net_spend_cents: int
    first_day: date | None
    last_day: date | None


NOTHING = MemberStats(0, 0, None, None)


def open_for(member_id: int) -> None:
    """Start the counts of a new member."""
    db.add("member_stats", member_id=member_id)


def of(member_id: int) -> MemberStats:
    """The counts of one member."""
    found = db.one(
        "SELECT visits, net_spend_cents, first_day, last_day FROM member_stats WHERE member_id = ?",
        (member_id,),
    )
    if found is None:
        return NOTHING
    visits, net, first, last = found
    return MemberStats(
        visits, net, date.fromordinal(first) if first else None, date.fromordinal(last) if last else None
    )


def count_sale(member_id: int, *, day: date, net_cents: int, points: int, at: Millis) -> None:
    """Add one sale to its local day and to the totals."""
    _move(member_id, day.toordinal(), net_cents, 1, points)
    _total_up(member_id, at)


def count_refund(member_id: int, *, day: date, net_cents: int, points: int) -> None:
    """Take a refund back from the day of its sale."""
    _move(member_id, day.toordinal(), -net_cents, 0, -points)
    _total_up(member_id, None)


def _move(member_id: int, day: int, net_cents: int, sales: int, points: int) -> None:
    db.run(
        "INSERT INTO member_day (member_id, day, net_cents, sales, points) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (member_id, day) DO UPDATE SET net_cents = member_day.net_cents + excluded.net_cents,"
        " sales = member_day.sales + excluded.sales, points = member_day.points + excluded.points",
        (member_id, day, net_cents, sales, points),
    )


def _total_up(member_id: int, at: Millis | None) -> None:
    db.run(
        "UPDATE member_stats SET"
        " visits = (SELECT count(*) FROM member_day d WHERE d.member_id = ? AND d.net_cents > 0),"
        " net_spend_cents = (SELECT coalesce(CAST(sum(net_cents) AS BIGINT), 0) FROM member_day d"
        " WHERE d.member_id = ?),"
        " first_day = (SELECT min(day) FROM member_day d WHERE d.member_id = ? AND d.net_cents > 0),"
        " last_day = (SELECT max(day) FROM member_day d WHERE d.member_id = ? AND d.net_cents > 0),"
        " last_at = coalesce(?, last_at) WHERE member_id = ?",
        (member_id, member_id, member_id, member_id, at, member_id),
    )


def window(member_id: int, *, first: date, last: date) -> tuple[int, int]:
    """Net spend in cents and visits of a member from one day to another, both included."""
    found = db.one(
        "SELECT coalesce(CAST(sum(net_cents) AS BIGINT), 0),"
        " coalesce(CAST(sum(CASE WHEN net_cents > 0 THEN 1 ELSE 0 END) AS BIGINT), 0)"
        " FROM member_day WHERE member_id = ? AND day BETWEEN ? AND ?",
        (member_id, first.toordinal(), last.toordinal()),
    )
    return (found[0], found[1]) if found else (0, 0)
