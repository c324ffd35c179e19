"""Data quality 资料体检: what was found that cannot be right, to be looked at one by one.

The night looks through all members (`qualityscan`) and keeps what it found, so that the page reads a few rows by
their key whatever the size of the shop. Pairs that are two people are remembered and not shown again.
"""

from dataclasses import dataclass
from typing import Literal

from core.base import db, text
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Invalid
from core.base.i18n import N_
from core.books import audit
from core.keeping import qualityscan
from core.people import profile

Kind = Literal["double", "birthday", "number", "unreachable"]
KINDS: dict[Kind, str] = {
    "double": N_("there twice?"), "birthday": N_("birthday"), "number": N_("dead number"),
    "unreachable": N_("nothing to find them by"),
}  # fmt: skip
WHYS = {
    "mail": N_("the same mail address"),
    "near_birthday": N_("the same name and birthday"),
    "near_phone": N_("the same name and almost the same number"),
    "no_such_day": N_("there is no such day"),
    "future": N_("it lies ahead"),
    "too_old": N_("over 110 years ago"),
    "bad_address": N_("refused as no number"),
    "not_delivered": N_("the last 3 messages did not arrive"),
    "no_credential": N_("neither number nor card is good any more"),
}


@dataclass(frozen=True)
class Finding:
    """One finding: of a member, and for a pair the other one. Numbers are masked."""

    kind: Kind
    member_id: int
    other_id: int
    why: str
    name: str
    phone: str
    other_name: str
    other_phone: str


class PairUnknown(Invalid):
    """The two are no pair that was found."""

    code = "pair_unknown"
    text = N_("Members {low} and {high} are not on the list of those who may be there twice. Refresh the list.")


_SHOWN = (
    " FROM quality_finding f JOIN member m ON m.id = f.member_id AND m.state = 'active'"
    " JOIN member_person p ON p.member_id = f.member_id"
    " LEFT JOIN member om ON om.id = f.other_member_id AND om.state = 'active'"
    " LEFT JOIN member_person op ON op.member_id = om.id"
    " LEFT JOIN not_double n ON n.low_member_id = f.member_id AND n.high_member_id = f.other_member_id"
    " WHERE n.at IS NULL AND (f.other_member_id = 0 OR om.id IS NOT NULL)"
)
_PAGE = (
    "SELECT f.kind, f.member_id, f.other_member_id, f.why, p.name, p.phone, op.name, op.phone"
    + _SHOWN
    + " AND (f.kind, f.member_id, f.other_member_id) > (?, ?, ?) AND f.kind <= ?"
    " ORDER BY f.kind, f.member_id, f.other_member_id LIMIT ?"
)
_LAST = "zz"
"""Comes after every kind."""


def listing(kind: Kind | None = None, *, after: Finding | None = None, limit: int = 100, by: Actor) -> list[Finding]:
    """What was found, of one kind or all, a page at a time by its key. Raises: NotAllowed."""
    require(by, "member.edit")
    start = (kind or "", 0, 0) if after is None else (after.kind, after.member_id, after.other_id)
    rows = db.rows(_PAGE, (*start, kind or _LAST, limit))
    return [
        Finding(
            found, member_id, other_id, why, name or "—", text.masked_phone(phone or ""), other or "",
            text.masked_phone(number or ""),
        )
        for found, member_id, other_id, why, name, phone, other, number in rows
    ]  # fmt: skip


def counts(*, by: Actor) -> dict[Kind, int]:
    """How many of each kind. Raises: NotAllowed."""
    require(by, "member.edit")
    return _counts()


def _counts() -> dict[Kind, int]:
    found: dict[str, int] = dict(db.rows("SELECT f.kind, count(*)" + _SHOWN + " GROUP BY f.kind"))
    return {kind: int(found.get(kind, 0)) for kind in KINDS}


def look(*, by: Actor, now: Millis, progress: qualityscan.Progress = qualityscan.nobody_looks) -> dict[Kind, int]:
    """Look through all members and keep what is found instead of what was; how many of each kind. Raises: NotAllowed.

    The looking is done before anything is written, so that a till waits for a few rows only, and who stops it in
    between changes nothing.
    """
    if by.kind != "job":
        require(by, "member.edit")
    found = qualityscan.scan(now=now, progress=progress)
    _keep(found, by=by, now=now)
    return _counts()


@db.atomic
def _keep(found: list[qualityscan.Found], *, by: Actor, now: Millis) -> None:
    had = set(db.rows("SELECT kind, member_id, other_member_id FROM quality_finding"))
    has = {row[:3]: row[3] for row in found}
    gone = [key for key in had if key not in has]
    db.run_many("DELETE FROM quality_finding WHERE kind = ? AND member_id = ? AND other_member_id = ?", gone)
    names = ("kind", "member_id", "other_member_id", "why", "found_at")
    new = [dict(zip(names, (*key, why, now), strict=True)) for key, why in has.items() if key not in had]
    db.add_many("quality_finding", new)
    audit.record("quality.looked", "quality", 0, by=by, now=now, after={"new": len(new), "gone": len(gone)})


@db.atomic
def keep_apart(member_id: int, other_id: int, *, by: Actor, now: Millis) -> None:
    """Remember that two members are two people: the pair is not shown again. Raises: NotAllowed, PairUnknown."""
    require(by, "member.merge")
    low, high = sorted((member_id, other_id))
    sql = "SELECT 1 FROM quality_finding WHERE kind = 'double' AND member_id = ? AND other_member_id = ?"
    if db.value(sql, (low, high)) is None:
        raise PairUnknown(low=str(low), high=str(high))
    sql = (
        "INSERT INTO not_double (low_member_id, high_member_id, at, actor) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (low_member_id, high_member_id) DO NOTHING"
    )
    if db.change(sql, (low, high, now, by.tag)):
        audit.record("member.not_double", "member", low, by=by, now=now, after={"other": str(high)})


@db.atomic
def clear_birthday(member_id: int, *, by: Actor, now: Millis) -> None:
    """Forget a birthday that cannot be right. Raises: NotAllowed, MemberUnknown …"""
    profile.clear_birthday(member_id, by=by, now=now)
    _settle("birthday", member_id)


@db.atomic
def renumber(member_id: int, typed: str, *, by: Actor, now: Millis) -> None:
    """Give a member another number, or none: the one they had is no longer theirs. Raises: what `profile` raises."""
    profile.change(member_id, profile.Changes(phone=typed), by=by, now=now)
    _settle("number", member_id)
    _settle("unreachable", member_id)


def _settle(kind: Kind, member_id: int) -> None:
    db.run("DELETE FROM quality_finding WHERE kind = ? AND member_id = ?", (kind, member_id))
