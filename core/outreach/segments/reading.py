"""The members of a segment: counted, and read in id order a keyset chunk at a time. Only active members are in one."""

from collections.abc import Iterator

from core.base import db
from core.base.access import Actor, require
from core.base.clock import Millis
from core.outreach.segments.compiling import compiled
from core.outreach.segments.tree import Rule

CHUNK = 2_000


def count(rule: Rule, *, by: Actor, now: Millis) -> int:
    """How many members a rule finds now. Raises: NotAllowed, SegmentRuleInvalid."""
    require(by, "marketing")
    sql, values = compiled(rule, now=now)
    return int(db.value(f"SELECT count(*) FROM member m WHERE m.state = 'active' AND {sql}", values))


def page(rule: Rule, *, by: Actor, now: Millis, after_id: int = 0, size: int = CHUNK) -> list[int]:
    """The next members by id; empty at the end. Raises: NotAllowed, SegmentRuleInvalid."""
    require(by, "marketing")
    return _page(compiled(rule, now=now), after_id, size)


def chunks(rule: Rule, *, by: Actor, now: Millis, size: int = CHUNK) -> Iterator[list[int]]:
    """All members of a rule as of one moment, some at a time, each chunk read when it is asked for.

    Raises: NotAllowed, SegmentRuleInvalid.
    """
    require(by, "marketing")
    part, after = compiled(rule, now=now), 0
    while found := _page(part, after, size):
        yield found
        after = found[-1]


def _page(part: tuple[str, list[object]], after_id: int, size: int) -> list[int]:
    sql = f"SELECT m.id FROM member m WHERE m.state = 'active' AND m.id > ? AND {part[0]} ORDER BY m.id LIMIT ?"
    return [id for (id,) in db.rows(sql, (after_id, *part[1], size))]
