"""What a member has done so far, kept beside the sales so that tiers and warnings need no scan.

`member_day` has one row a member and local day: net spend (money and principal paid for goods and
services, less refunds), sales, points earned and events attended. Days are proleptic ordinals
(date.toordinal()). A visit is a day whose net spend is above 0.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Generic, NamedTuple, TypeVar

from core.base import db
from core.base.clock import Millis
from core.books import merges
from core.books.merges import Merge


@dataclass(frozen=True)
class MemberStats:
    """Totals of one member; days are None before the first visit."""

    visits: int
    net_spend_cents: int
    first_day: date | None
    last_day: date | None


Number = TypeVar("Number", int, int | None)


class Totals(NamedTuple, Generic[Number]):
    """What counts towards a tier in some days: net spend in cents, visits, points from purchases, events."""

    spend_cents: Number
    visits: Number
    points: Number
    events: Number


NOTHING = MemberStats(0, 0, None, None)


def open_for(member_id: int) -> None:
    """Start the counts of a new member."""
    db.add("member_stats", member_id=member_id)


def open_for_many(member_ids: Sequence[int]) -> None:
    """Start the counts of new members."""
    db.run_many("INSERT INTO member_stats (member_id) VALUES (?)", [(member_id,) for member_id in member_ids])


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


def count_sale(member_id: int, *, day: date, net_cents: int, points: int, at: Millis) -> int:
    """Add one sale to its local day and to the totals; which visit it begins, 0 if none."""
    return _move(member_id, day.toordinal(), net_cents, 1, points, at)


def count_refund(member_id: int, *, day: date, net_cents: int, points: int) -> None:
    """Take a refund back from the day of its sale."""
    _move(member_id, day.toordinal(), -net_cents, 0, -points, Millis(0))


def _move(member_id: int, day: int, net_cents: int, sales: int, points: int, at: Millis) -> int:
    """Move one day, and the totals by what that day changed; which visit this begins, 0 if none."""
    after = db.value(
        "INSERT INTO member_day (member_id, day, net_cents, sales, points) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (member_id, day) DO UPDATE SET net_cents = member_day.net_cents + excluded.net_cents,"
        " sales = member_day.sales + excluded.sales, points = member_day.points + excluded.points"
        " RETURNING net_cents",
        (member_id, day, net_cents, sales, points),
    )
    visit, visit_before = int(after > 0), int(after - net_cents > 0)
    first, last = (day, day) if visit else (None, None)
    visits = db.value(
        "UPDATE member_stats SET visits = visits + ?, net_spend_cents = net_spend_cents + ?,"
        " first_day = CASE WHEN first_day IS NULL OR first_day > ? THEN coalesce(?, first_day) ELSE first_day END,"
        " last_day = CASE WHEN last_day IS NULL OR last_day < ? THEN coalesce(?, last_day) ELSE last_day END,"
        " last_at = CASE WHEN ? > coalesce(last_at, 0) THEN ? ELSE last_at END WHERE member_id = ?"
        " RETURNING visits",
        (visit - visit_before, net_cents, first, first, last, last, at, at, member_id),
    )
    if visit_before and not visit:
        _find_ends(member_id)
    return int(visits) if visit and not visit_before else 0


def _find_ends(member_id: int) -> None:
    """A day of a visit fell away: look for the first and the last one again."""
    db.run(
        "UPDATE member_stats SET"
        " first_day = (SELECT min(day) FROM member_day d WHERE d.member_id = ? AND d.net_cents > 0),"
        " last_day = (SELECT max(day) FROM member_day d WHERE d.member_id = ? AND d.net_cents > 0)"
        " WHERE member_id = ?",
        (member_id, member_id, member_id),
    )


def count_event(member_id: int, *, day: date, events: int = 1) -> None:
    """Count an event attended on its day; a negative number takes it back."""
    db.run(
        "INSERT INTO member_day (member_id, day, events) VALUES (?, ?, ?)"
        " ON CONFLICT (member_id, day) DO UPDATE SET events = member_day.events + excluded.events",
        (member_id, day.toordinal(), events),
    )


# --- two members who are one ---------------------------------------------------------------------


def carry(merge: Merge) -> None:
    """Add the days of who is gone to those of who is kept; inside the caller's transaction."""
    gone, kept = merge.gone_id, merge.kept_id
    for member_id in (gone, kept):
        last_at = db.value("SELECT last_at FROM member_stats WHERE member_id = ?", (member_id,))
        merges.note(merge, "member_stats", member_id, {"last_at": last_at})
    for day, *counts in db.rows(f"SELECT day, {', '.join(_DAY)} FROM member_day WHERE member_id = ?", (gone,)):
        merges.note(merge, "member_day", day, dict(zip(_DAY, counts, strict=True)))
        _add(kept, day, counts)
    db.run("DELETE FROM member_day WHERE member_id = ?", (gone,))
    latest = max((one["last_at"] or 0 for one in merges.noted(merge, "member_stats").values()), default=0)
    _recount(kept, latest or None)
    _recount(gone, None)


def carry_back(merge: Merge, returned: Mapping[int, tuple[int, int]]) -> None:
    """Bring those days back, less what was `returned` of their sales since: by day net spend and points."""
    for day, was in merges.noted(merge, "member_day").items():
        net_cents, points = returned.get(day, (0, 0))
        counts = [was["net_cents"] - net_cents, was["sales"], was["points"] - points, was["events"]]
        _add(merge.gone_id, day, counts)
        _add(merge.kept_id, day, [-count for count in counts])
    empty = " AND ".join(f"{name} = 0" for name in _DAY)
    db.run(f"DELETE FROM member_day WHERE member_id = ? AND {empty}", (merge.kept_id,))
    before = merges.noted(merge, "member_stats")
    since = db.value("SELECT max(at) FROM sale WHERE member_id = ? AND at >= ?", (merge.kept_id, merge.at))
    _recount(merge.kept_id, since or before[merge.kept_id]["last_at"])
    _recount(merge.gone_id, before[merge.gone_id]["last_at"])


_DAY = ("net_cents", "sales", "points", "events")


def _add(member_id: int, day: int, counts: Sequence[int]) -> None:
    more = ", ".join(f"{name} = member_day.{name} + excluded.{name}" for name in _DAY)
    db.run(
        f"INSERT INTO member_day (member_id, day, {', '.join(_DAY)}) VALUES (?, ?, ?, ?, ?, ?)"
        f" ON CONFLICT (member_id, day) DO UPDATE SET {more}",
        (member_id, day, *counts),
    )


def _recount(member_id: int, last_at: int | None) -> None:
    """Add up the totals from the days again."""
    db.run(
        "UPDATE member_stats SET last_at = ?, visits = (SELECT count(*) FROM member_day d WHERE d.member_id = ?"
        " AND d.net_cents > 0), net_spend_cents = coalesce((SELECT CAST(sum(net_cents) AS BIGINT) FROM member_day d"
        " WHERE d.member_id = ?), 0) WHERE member_id = ?",
        (last_at, member_id, member_id, member_id),
    )
    _find_ends(member_id)


_TOTALS = (
    "coalesce(CAST(sum(net_cents) AS BIGINT), 0),"
    " coalesce(CAST(sum(CASE WHEN net_cents > 0 THEN 1 ELSE 0 END) AS BIGINT), 0),"
    " coalesce(CAST(sum(points) AS BIGINT), 0), coalesce(CAST(sum(events) AS BIGINT), 0)"
)


def window(member_id: int, *, first: date, last: date) -> Totals[int]:
    """What a member did from one day to another, both included."""
    sql = f"SELECT {_TOTALS} FROM member_day WHERE member_id = ? AND day BETWEEN ? AND ?"
    return Totals(*db.rows(sql, (member_id, first.toordinal(), last.toordinal()))[0])


def windows(first_member: int, last_member: int, *, first: date, last: date) -> dict[int, Totals[int]]:
    """The same for all members between two ids that have a day in the window."""
    found = db.rows(
        f"SELECT member_id, {_TOTALS} FROM member_day WHERE member_id BETWEEN ? AND ? AND day BETWEEN ? AND ?"
        " GROUP BY member_id",
        (first_member, last_member, first.toordinal(), last.toordinal()),
    )
    return {row[0]: Totals(*row[1:]) for row in found}
