"""Groups of members: everyone to whom the same few conditions apply, for a list or for doing something to all.

Conditions are joined by "and". A group is read newest member first, a keyset page at a time, so a page
costs the same wherever in a million it lies.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from core.base import db
from core.base.access import Actor, require
from core.people import members
from core.people.members import MemberHit

CHUNK = 500
END = 2**53


@dataclass(frozen=True)
class Group:
    """Conditions; empty ones do not count. `unseen_days`: no visit for so many days, counted to `on`."""

    typed: str = ""
    tag: str = ""
    tier_id: int | None = None
    state: str = ""
    birth_month: int | None = None
    least_points: int | None = None
    unseen_days: int | None = None
    on: date = date(2000, 1, 1)

    @property
    def is_all(self) -> bool:
        """Whether nothing but words is asked for."""
        return self == Group(typed=self.typed, on=self.on)


def page(group: Group, *, by: Actor, limit: int = 50, before_id: int = END) -> list[MemberHit]:
    """A page of a group, the newest members first. Raises: NotAllowed."""
    if group.is_all:
        return members.find(group.typed, by=by, limit=limit, before_id=before_id)
    require(by, "member.find")
    return members.hits(_ids(group, before_id, limit), by=by)


def count(group: Group, *, limit: int = 1001) -> int:
    """How many members a group has, counted up to a limit."""
    if group.is_all:
        return members.count_found(group.typed, limit=limit)
    where, values = _where(group)
    sql = f"SELECT count(*) FROM (SELECT 1 FROM member m{where} LIMIT ?) AS found"
    return int(db.value(sql, (*values, limit)))


def chunks(group: Group, *, by: Actor, size: int = CHUNK) -> Iterator[list[int]]:
    """The ids of a whole group, some at a time, each read when it is asked for. Raises: NotAllowed."""
    require(by, "member.find")
    before = END
    while found := _ids(group, before, size):
        yield found
        before = found[-1]


def next_ids(group: Group, *, by: Actor, before_id: int = END, size: int = CHUNK) -> list[int]:
    """The next ids of a group; empty at its end. Raises: NotAllowed."""
    require(by, "member.find")
    return _ids(group, before_id, size)


def _ids(group: Group, before_id: int, limit: int) -> list[int]:
    where, values = _where(group)
    sql = f"SELECT m.id FROM member m{where} AND m.id < ? ORDER BY m.id DESC LIMIT ?"
    return [id for (id,) in db.rows(sql, (*values, before_id, limit))]


def _where(group: Group) -> tuple[str, list[object]]:
    """The conditions as SQL with its values; members who are gone are in no group."""
    tests: list[str] = ["m.state = ?"] if group.state else ["m.state IN ('active', 'blocked')"]
    values: list[object] = [group.state] if group.state else []
    person: list[tuple[str, object]] = []
    if group.tag:
        tests.append("m.id IN (SELECT c.member_id FROM member_tag c JOIN tag t ON t.id = c.tag_id WHERE t.name = ?)")
        values.append(group.tag)
    if group.tier_id is not None:
        tests.append("EXISTS (SELECT 1 FROM member_tier r WHERE r.member_id = m.id AND r.tier_id = ?)")
        values.append(group.tier_id)
    if group.birth_month is not None:
        person.append(("EXISTS (SELECT 1 FROM member_person p WHERE p.member_id = m.id AND p.birth_month = ?)",
                       group.birth_month))  # fmt: skip
    if group.least_points is not None:
        person.append(("EXISTS (SELECT 1 FROM account a WHERE a.member_id = m.id AND a.asset = 'points'"
                       " AND a.balance >= ?)", group.least_points))  # fmt: skip
    if group.unseen_days is not None:
        person.append(("NOT EXISTS (SELECT 1 FROM member_stats s WHERE s.member_id = m.id AND s.last_day > ?)",
                       group.on.toordinal() - group.unseen_days))  # fmt: skip
    match = members.matching(group.typed)
    if match is not None:
        person.append((f"m.id IN (SELECT rowid FROM member_search WHERE {match[0]})", match[1]))
    return " WHERE " + " AND ".join([*tests, *(test for test, _ in person)]), [*values, *(one for _, one in person)]
