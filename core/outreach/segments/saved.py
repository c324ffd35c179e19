"""Saved segments: a name and a rule in versions.

A version is never changed, so that what a campaign was for can be read later.
"""

import json
from dataclasses import dataclass

from core.base import db, ids
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Invalid, NotFound
from core.base.i18n import N_
from core.base.text import clean
from core.books import audit
from core.outreach.segments import compiling, tree
from core.outreach.segments.tree import Rule

LONGEST = 60


@dataclass(frozen=True)
class Segment:
    """A segment in its newest version, or in the one that was asked for."""

    id: int
    name: str
    version_id: int
    number: int
    rule: Rule
    at: Millis
    retired: bool = False


class SegmentUnknown(NotFound):
    """No segment has this id or name."""

    code = "segment_unknown"
    text = N_("There is no segment {what}. `regulars segment list` shows them all.")


class SegmentNameInvalid(Invalid):
    """A segment without a name, or with too long a one."""

    code = "segment_name_invalid"
    text = N_("A segment needs a name of 1 to {longest} characters.")


@db.atomic
def save(name: str, rule: Rule, *, by: Actor, now: Millis) -> Segment:
    """Save a rule under a name; a name that is there gets another version, unless nothing changed.

    Raises: NotAllowed, SegmentNameInvalid, SegmentRuleInvalid.
    """
    require(by, "marketing")
    cleaned = clean(name)
    if not 0 < len(cleaned) <= LONGEST:
        raise SegmentNameInvalid(field="name", longest=LONGEST)
    compiling.compiled(rule, now=now)  # names that do not exist are refused now, not at three in the morning
    found = db.value("SELECT id FROM segment WHERE name = ? AND retired_at IS NULL", (cleaned,))
    if found is not None and (before := get(found, by=by)).rule == rule:
        return before
    segment_id = found if found is not None else ids.new()
    if found is None:
        db.add("segment", id=segment_id, name=cleaned, created_at=now)
    number = 1 + int(db.value("SELECT count(*) FROM segment_version WHERE segment_id = ?", (segment_id,)))
    stored = json.dumps(tree.as_json(rule), ensure_ascii=False)
    version_id = ids.new()
    db.add("segment_version", id=version_id, segment_id=segment_id, number=number, rule=stored, at=now, actor=by.tag)
    after = {"name": cleaned, "number": number}
    audit.record("segment.saved", "segment", segment_id, by=by, now=now, after=after)
    return Segment(segment_id, cleaned, version_id, number, rule, now)


@db.atomic
def retire(segment_id: int, *, by: Actor, now: Millis) -> None:
    """Take a segment off the list; campaigns that were for it keep it. Raises: NotAllowed, SegmentUnknown."""
    require(by, "marketing")
    if not db.change("UPDATE segment SET retired_at = ? WHERE id = ? AND retired_at IS NULL", (now, segment_id)):
        raise SegmentUnknown(what=str(segment_id))
    audit.record("segment.retired", "segment", segment_id, by=by, now=now)


_SELECT = (
    "SELECT s.id, s.name, v.id, v.number, v.rule, v.at, s.retired_at FROM segment s"
    " JOIN segment_version v ON v.segment_id = s.id WHERE "
)
_NEWEST = "v.number = (SELECT max(w.number) FROM segment_version w WHERE w.segment_id = s.id)"


def _segment(row: db.Row) -> Segment:
    return Segment(row[0], row[1], row[2], row[3], tree.from_json(json.loads(row[4])), row[5], row[6] is not None)


def get(segment_id: int, *, by: Actor) -> Segment:
    """A segment in its newest version. Raises: NotAllowed, SegmentUnknown."""
    require(by, "marketing")
    row = db.one(f"{_SELECT}s.id = ? AND {_NEWEST}", (segment_id,))
    if row is None:
        raise SegmentUnknown(what=str(segment_id))
    return _segment(row)


def by_name(name: str, *, by: Actor) -> Segment:
    """A segment in use, by its name. Raises: NotAllowed, SegmentUnknown."""
    require(by, "marketing")
    row = db.one(f"{_SELECT}s.name = ? AND s.retired_at IS NULL AND {_NEWEST}", (clean(name),))
    if row is None:
        raise SegmentUnknown(what=f"“{name[:LONGEST]}”")
    return _segment(row)


def version(version_id: int) -> Segment:
    """A segment as one version had it. Raises: SegmentUnknown."""
    row = db.one(f"{_SELECT}v.id = ?", (version_id,))
    if row is None:
        raise SegmentUnknown(what=str(version_id))
    return _segment(row)


def versions(segment_id: int, *, by: Actor) -> list[Segment]:
    """Every version of a segment, the newest first. Raises: NotAllowed."""
    require(by, "marketing")
    return [_segment(row) for row in db.rows(f"{_SELECT}s.id = ? ORDER BY v.number DESC", (segment_id,))]


def listing(*, by: Actor) -> list[Segment]:
    """Segments in use, by name. Raises: NotAllowed."""
    require(by, "marketing")
    return [_segment(row) for row in db.rows(f"{_SELECT}s.retired_at IS NULL AND {_NEWEST} ORDER BY s.name, s.id")]
