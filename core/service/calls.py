"""The call list 电访单: planned contacts with what to say: what each is about, the warning, the last visits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from core.base import db
from core.base.access import Actor
from core.base.clock import Millis
from core.base.i18n import Text
from core.insight import warnings
from core.insight.warnings import Warning
from core.service import callwords, followups
from core.service.followups import Task

LAST_VISITS = 3


@dataclass(frozen=True)
class Call:
    """One contact with what to say: what it is about, the warning, if there is one, the last days here with what was
    spent; `ticket_id` is the ticket it is about.
    """

    task: Task
    warning: Warning | None
    visits: tuple[tuple[date, int], ...]
    about: tuple[Text, ...] = ()
    ticket_id: int | None = None


def listing(*, by: Actor, now: Millis, after: tuple[int, int] = (0, 0), limit: int = 50) -> list[Call]:
    """Open tasks theirs to do with what to say, the one longest due first. Raises: NotAllowed."""
    with db.read():
        found = followups.listing(by=by, now=now, after=after, limit=limit)
        member_ids = sorted({one.member_id for one in found})
        warned, visits = warnings.of_members(member_ids, by=by, now=now), _last_visits(member_ids)
        about = callwords.of_tasks(found, now=now)
        return [
            Call(one, warned.get(one.member_id), tuple(visits.get(one.member_id, ())), tuple(about.get(one.id, ())),
                 one.ref_id if one.kind in callwords.OF_TICKETS else None)
            for one in found
        ]  # fmt: skip


def _last_visits(member_ids: Sequence[int]) -> dict[int, list[tuple[date, int]]]:
    """The last days each bought something, with what they spent, the newest first."""
    visits: dict[int, list[tuple[date, int]]] = {}
    if not member_ids:
        return visits
    marks = ", ".join("?" * len(member_ids))
    sql = (
        "SELECT member_id, day, net_cents FROM (SELECT d.member_id, d.day, d.net_cents, row_number() OVER"
        " (PARTITION BY d.member_id ORDER BY d.day DESC) AS place FROM member_day d WHERE d.net_cents > 0"
        f" AND d.member_id IN ({marks})) lately WHERE place <= ? ORDER BY member_id, day DESC"
    )
    for member_id, day, cents in db.rows(sql, (*member_ids, LAST_VISITS)):
        visits.setdefault(member_id, []).append((date.fromordinal(day), cents))
    return visits
