"""Tags 标签: words a shop puts on members, to find them and to do something for all who carry one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.base import db, ids
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Invalid
from core.base.i18n import N_
from core.base.text import clean
from core.books import audit, events, locks

LONGEST, MOST = 20, 20


@dataclass(frozen=True)
class Tag:
    """A word and how many members carry it."""

    id: int
    name: str
    members: int


class TagInvalid(Invalid):
    """A word that cannot be a tag, or too many of them."""

    code = "tag_invalid"
    text = N_("“{given}” cannot be a tag. A tag has 1 to {longest} letters or digits; a member carries at most {most}.")


def read(typed: str) -> tuple[str, ...]:
    """The tags typed, separated by spaces or commas, each once. Raises: TagInvalid."""
    words = tuple(dict.fromkeys(word.lstrip("#") for word in clean(typed).replace("，", " ").replace(",", " ").split()))
    for word in words:
        if not word or len(word) > LONGEST or not all(char.isalnum() or char in "-_" for char in word):
            raise TagInvalid(field="tags", given=word[:24], longest=LONGEST, most=MOST)
    if len(words) > MOST:
        raise TagInvalid(field="tags", given=words[MOST], longest=LONGEST, most=MOST)
    return words


def all_tags() -> list[Tag]:
    """Every tag somebody carries, the most carried first."""
    sql = (
        "SELECT t.id, t.name, count(*) FROM tag t JOIN member_tag m ON m.tag_id = t.id"
        " GROUP BY t.id, t.name ORDER BY 3 DESC, t.name"
    )
    return [Tag(*row) for row in db.rows(sql)]


def of(member_id: int) -> tuple[str, ...]:
    """The tags of a member, by name."""
    sql = "SELECT t.name FROM member_tag m JOIN tag t ON t.id = m.tag_id WHERE m.member_id = ? ORDER BY t.name"
    return tuple(name for (name,) in db.rows(sql, (member_id,)))


@db.atomic
def set_tags(member_id: int, names: Sequence[str], *, by: Actor, now: Millis) -> None:
    """Let a member carry these tags and no others. Raises: NotAllowed, TagInvalid, MemberUnknown …"""
    require(by, "member.edit")
    wanted = read(" ".join(names))
    locks.hold(member_id)
    before = of(member_id)
    if before == tuple(sorted(wanted)):
        return
    db.run("DELETE FROM member_tag WHERE member_id = ?", (member_id,))
    db.add_many("member_tag", [{"tag_id": _id_of(name, now), "member_id": member_id, "at": now} for name in wanted])
    facts = {"tags": list(before)}, {"tags": sorted(wanted)}
    audit.record("member.tagged", "member", member_id, by=by, now=now, before=facts[0], after=facts[1])


@db.atomic
def put_on(member_ids: Iterable[int], name: str, *, off: bool = False, by: Actor, now: Millis) -> int:
    """Put a tag on members, or take it `off`; how many were changed. One line in the audit log for all.

    Members who carry `MOST` already, or are no longer there, are left as they are.
    Raises: NotAllowed, TagInvalid.
    """
    require(by, "member.edit")
    words = read(name)
    if len(words) != 1:
        raise TagInvalid(field="tag", given=name[:24], longest=LONGEST, most=MOST)
    tag_id, changed = _id_of(words[0], now), 0
    sql = (
        "DELETE FROM member_tag WHERE tag_id = ? AND member_id = ?"
        if off
        else "INSERT INTO member_tag (tag_id, member_id, at) SELECT ?, m.id, ? FROM member m WHERE m.id = ?"
        " AND m.state IN ('active', 'blocked')"
        " AND (SELECT count(*) FROM member_tag c WHERE c.member_id = m.id) < ? ON CONFLICT DO NOTHING"
    )
    for member_id in member_ids:
        if db.change(sql, (tag_id, member_id) if off else (tag_id, now, member_id, MOST)):
            changed += 1
            events.tell("member.changed", member_id=member_id, now=now, what="tags")
    after = {"tag": words[0], "off": off, "count": changed}
    audit.record("members.tagged", "tag", tag_id, by=by, now=now, after=after)
    return changed


def _id_of(name: str, now: Millis) -> int:
    sql = "INSERT INTO tag (id, name, created_at) VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING"
    db.run(sql, (ids.new(), name, now))
    return int(db.value("SELECT id FROM tag WHERE name = ?", (name,)))
