"""Sharing 分享: a member's personal link; the visit of somebody new by it gives them points.

The link is the member's id and a seal; nothing is stored for it. A visitor counts once for the whole
shop, under a keyed hash of the mark the door knows their browser by.
"""

import hmac
from hashlib import sha256

from core.base import clock, db, ids, seals, settings
from core.base.access import Actor
from core.base.clock import Millis
from core.base.errors import NotFound
from core.base.i18n import N_
from core.books import audit, locks, merges, rules
from core.books.posting import Cause
from core.loyalty import points

PREFIX = "L1"


class ShareLinkUnknown(NotFound):
    """The link was not made by this shop."""

    code = "share_link_unknown"
    text = N_("This link is not one of ours. Ask whoever sent it to send it again.")


def link_of(member_id: int) -> str:
    """The token of a member's personal link: 'L1.<member>.<seal>'."""
    return seals.code_of(PREFIX, member_id)


def member_of(token: str) -> int:
    """Whose link this is; of a merged membership the one it went into. Raises: ShareLinkUnknown."""
    member_id = seals.number_of(PREFIX, token)
    found = member_id and db.one("SELECT id, merged_into FROM member WHERE id = ?", (member_id,))
    if not found:
        raise ShareLinkUnknown(what="link")
    return int(found[1] or found[0])


@db.atomic
def visited(token: str, visitor: str, *, by: Actor, now: Millis) -> int:
    """Somebody opened a member's link; the points the member gets for it, mostly 0.

    `visitor` is the door's lasting mark of the browser; `by` is the member signed in on it, id 0 for nobody.
    Somebody is new once: never a member who is signed in, never a browser that was seen before. The
    sharer's own visit is remembered, so that it does not count after signing out. Beyond the shop's number
    a day nothing is kept, so that the next day can still count it. Raises: ShareLinkUnknown.
    """
    sharer, shop = member_of(token), rules.current(now=now)
    own, stranger = by.kind == "member" and by.id == sharer, by.kind == "member" and by.id == 0
    if not shop.share_points or not (own or stranger):
        return 0
    locks.hold(beside=[sharer])
    today = clock.day_of(now, shop.zone).toordinal()
    if not own and not _counts(sharer, today, shop.share_cap_day):
        return 0
    row_id, given = ids.new(), 0 if own else shop.share_points
    fresh = db.change(
        "INSERT INTO share_visit (id, visitor_hash, member_id, day, points, at, actor) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (visitor_hash) DO NOTHING",
        (row_id, _hash(visitor), sharer, today, given, now, by.tag),
    )
    if not fresh or not given:
        return 0
    points.earn(sharer, given, Cause("share", "share_visit", row_id, by, now))
    audit.record("share.visited", "member", sharer, by=by, now=now, after={"points": given})
    return given


def _counts(sharer: int, today: int, most: int) -> bool:
    """Whether the sharer is active and has not had the day's number yet."""
    sql = f"SELECT count(*) FROM share_visit WHERE member_id IN {merges.OVER_BOTH} AND day = ? AND points > 0"
    active = db.value("SELECT state FROM member WHERE id = ?", (sharer,)) == "active"
    return bool(active and db.value(sql, (sharer, sharer, today)) < most)


def _hash(visitor: str) -> str:
    return hmac.new(settings.derived_key("share visitor"), visitor.encode(), sha256).hexdigest()
