"""The call list 电访单: planned contacts with what to say: why the member is warned about, and their last visits."""

from dataclasses import dataclass
from datetime import date

from core.base import db
from core.base.access import Actor
from core.base.clock import Millis
from core.insight import warnings
from core.insight.warnings import Warning
from core.service import followups
from core.service.followups import Task

LAST_VISITS = 3


@dataclass(frozen=True)
class Call:
    """One contact with what to say: the warning, if there is one, and the last days here with what was spent."""

    task: Task
    warning: Warning | None
    visits: tuple[tuple[date, int], ...]


def listing(*, by: Actor, now: Millis, after: tuple[int, int] = (0, 0), limit: int = 50) -> list[Call]:
    """Open tasks theirs to do with what to say, the one longest due first. Raises: NotAllowed."""
    with db.read():
        found = followups.listing(by=by, now=now, after=after, limit=limit)
        return [
            Call(one, warnings.of_member(one.member_id, by=by, now=now), last_visits(one.member_id)) for one in found
        ]


def last_visits(member_id: int) -> tuple[tuple[date, int], ...]:
    """The last days a member bought something, with what they spent, the newest first."""
    sql = "SELECT day, net_cents FROM member_day WHERE member_id = ? AND net_cents > 0 ORDER BY day DESC LIMIT ?"
    return tuple((date.fromordinal(day), cents) for day, cents in db.rows(sql, (member_id, LAST_VISITS)))
