"""Hold-outs 对照组: who gets nothing meanwhile, because the effect of a campaign or of a win-back is being watched."""

from collections.abc import Sequence

from core.base import clock, db
from core.base.clock import Millis
from core.books import rules

CHUNK = 500


def of_campaigns(member_ids: Sequence[int], *, when: Millis, but: int = 0) -> set[int]:
    """Who of these is held out of a campaign, other than one, whose effect is still being watched."""
    sql = (
        "SELECT w.member_id FROM campaign_audience w JOIN campaign k ON k.id = w.campaign_id WHERE w.arm = 'holdout'"
        " AND k.id <> ? AND k.state <> 'draft' AND (k.state <> 'cancelled' OR k.started_at IS NOT NULL)"
        " AND k.watched_until_at > ? AND w.member_id IN ({})"
    )
    return _members(sql, (but, when), member_ids)


def of_win_back(member_ids: Sequence[int], *, when: Millis) -> set[int]:
    """Who of these is held out of offers to win members back, until the days of their case are over."""
    today = clock.day_of(when, rules.current(now=when).zone).toordinal()
    sql = "SELECT h.member_id FROM winback_case h WHERE h.arm = 'holdout' AND h.until_day >= ? AND h.member_id IN ({})"
    return _members(sql, (today,), member_ids)


def of_any(member_ids: Sequence[int], *, when: Millis) -> set[int]:
    """Who of these is held out of anything."""
    return of_campaigns(member_ids, when=when) | of_win_back(member_ids, when=when)


def _members(sql: str, values: tuple[object, ...], member_ids: Sequence[int]) -> set[int]:
    found: set[int] = set()
    for start in range(0, len(member_ids), CHUNK):
        some = member_ids[start : start + CHUNK]
        found |= {one for (one,) in db.rows(sql.format(", ".join("?" * len(some))), (*values, *some))}
    return found
