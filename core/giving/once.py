"""Single awards: points for a birthday, a survey, a campaign, each at most once a member and occasion."""

from typing import Literal

from core.base import db, ids
from core.base.access import Actor
from core.base.clock import Millis
from core.books import audit, locks, merges
from core.books.posting import Cause
from core.loyalty import points as points_of

Occasion = Literal["birthday", "survey", "campaign"]


@db.atomic
def award_once(
    member_id: int, points: int, occasion: Occasion, occasion_id: int, *, by: Actor, now: Millis
) -> int | None:
    """Give points for an occasion (the year of a birthday, the id of a survey or campaign); the entry's id.

    None where the member had them before, where there are none to give, and where the membership is not
    active: one member who was blocked meanwhile must not stop a job. Whether `by` may give is the caller's
    to judge, who knows the occasion. Raises: MemberUnknown.
    """
    locks.hold(beside=[member_id])
    if points <= 0 or db.value("SELECT state FROM member WHERE id = ?", (member_id,)) != "active":
        return None
    had = f"SELECT 1 FROM award WHERE member_id IN {merges.OVER_BOTH} AND occasion = ? AND occasion_id = ?"
    if db.value(had, (member_id, member_id, occasion, occasion_id)):
        return None
    row_id = ids.new()
    fresh = db.change(
        "INSERT INTO award (id, member_id, occasion, occasion_id, points, at, actor) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (member_id, occasion, occasion_id) DO NOTHING",
        (row_id, member_id, occasion, occasion_id, points, now, by.tag),
    )
    if not fresh:
        return None
    entry_id = points_of.earn(member_id, points, Cause(occasion, "award", row_id, by, now))
    after = {"points": points, "occasion": occasion}
    audit.record("points.awarded", "member", member_id, by=by, now=now, after=after)
    return entry_id
