"""Bulk 批量: one deed for many members, each in a transaction of its own, so that one refusal stops nobody else.

Done again with the same key, a deed that was stopped on the way gives nobody anything twice.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import NotAllowed, RegularsError
from core.base.i18n import T, Text
from core.books import rules
from core.loyalty import coupons, points
from core.people import members, tags

Kind = Literal["tag", "untag", "coupon", "points", "block", "open"]
CHUNK = 50
"""So many members a step: between two steps others may write."""
RIGHTS: dict[Kind, str] = {
    "tag": "member.edit", "untag": "member.edit", "coupon": "marketing", "points": "adjust",
    "block": "member.edit", "open": "member.edit",
}  # fmt: skip


@dataclass(frozen=True)
class Deed:
    """What is done for each member: a tag's name, a coupon kind, or points with their reason."""

    kind: Kind
    tag: str = ""
    coupon_kind_id: int = 0
    points: int = 0
    reason: str = ""


@dataclass(frozen=True)
class Outcome:
    """For how many it was done, and the refusals of the others, each sentence with its number."""

    done: int = 0
    refused: tuple[tuple[Text, int], ...] = ()

    def __add__(self, other: "Outcome") -> "Outcome":
        counted = Counter(dict(self.refused))
        for sentence, count in other.refused:
            counted[sentence] += count
        return Outcome(self.done + other.done, tuple(counted.most_common()))


def check(deed: Deed, *, by: Actor, now: Millis) -> None:
    """Refuse at once what would be refused for each. Raises: NotAllowed, TagInvalid, ReasonMissing …"""
    require(by, RIGHTS[deed.kind])
    if deed.kind in ("tag", "untag") and len(tags.read(deed.tag)) != 1:
        raise tags.TagInvalid(field="tag", given=deed.tag[:24], longest=tags.LONGEST, most=tags.MOST)
    if deed.kind == "points":
        points.check_adjustment(deed.points, reason=deed.reason, by=by, now=now)


def preview(deed: Deed, count: int, *, now: Millis) -> list[Text]:
    """What a deed would come to for so many members, in sentences."""
    if deed.kind == "coupon":
        kind = next((one for one in coupons.kinds(only_active=False) if one.id == deed.coupon_kind_id), None)
        if kind is not None and kind.terms.off_cents:
            worth = kind.terms.off_cents * kind.terms.uses
            return [T("{count} coupons, worth {worth_cents} if all are used.", count=count, worth_cents=count * worth)]
        return [T("{count} coupons.", count=count)]
    if deed.kind == "points":
        worth = points.worth(abs(deed.points) * count, points_per_unit=rules.current(now=now).points_per_unit)
        return [T("{points} points in all, worth {worth_cents}.", points=deed.points * count, worth_cents=worth)]
    return [T("{count} members.", count=count)]


def do(deed: Deed, member_ids: Sequence[int], *, by: Actor, now: Millis, key: str) -> Outcome:
    """Do it for these members, one after the other. Raises: what stops all (SignedOut …)."""
    if deed.kind in ("tag", "untag"):
        return Outcome(tags.put_on(member_ids, deed.tag, off=deed.kind == "untag", by=by, now=now))
    done, refused = 0, Counter[Text]()
    for member_id in member_ids:
        try:
            _one(deed, member_id, by, now, f"{key}:{member_id}")
            done += 1
        except NotAllowed:
            raise
        except RegularsError as error:
            refused[error.as_text()] += 1
    return Outcome(done, tuple(refused.most_common()))


def _one(deed: Deed, member_id: int, by: Actor, now: Millis, key: str) -> None:
    if deed.kind == "coupon":
        coupons.give(deed.coupon_kind_id, member_id, by=by, now=now, key=key)
    elif deed.kind == "points":
        points.adjust(member_id, deed.points, reason=deed.reason, by=by, now=now, key=key)
    else:
        members.set_state(member_id, "blocked" if deed.kind == "block" else "active", by=by, now=now)
