"""Giving for what members do beside buying: bringing a friend."""

from core.base import clock, db
from core.base.access import Actor
from core.base.clock import Millis
from core.books import rules
from core.books.posting import Cause
from core.loyalty import points


def referred(friend_id: int, referrer_id: int, *, now: Millis) -> None:
    """Note who brought a new member; inside the caller's transaction. Nobody brings themselves."""
    if friend_id != referrer_id:
        db.add("referral", friend_id=friend_id, referrer_id=referrer_id, at=now)


def first_purchase(friend_id: int, *, sale_id: int, by: Actor, now: Millis) -> int | None:
    """Reward both sides when the friend first buys; the referrer's id if points were given.

    Inside the caller's transaction, both members locked by the caller. A cap a month holds for the
    referrer; beyond it only the friend is rewarded.
    """
    found = db.one("SELECT referrer_id, rewarded_at FROM referral WHERE friend_id = ?", (friend_id,))
    if found is None or found[1] is not None:
        return None
    referrer_id, shop = int(found[0]), rules.current(now=now)
    db.run("UPDATE referral SET rewarded_at = ?, sale_id = ? WHERE friend_id = ?", (now, sale_id, friend_id))
    if not shop.referral_points:
        return None
    points.earn(friend_id, shop.referral_points, Cause("referral", "referral", friend_id, by, now))
    month = clock.start_of(clock.day_of(now, shop.zone).replace(day=1), shop.zone)
    sql = "SELECT count(*) FROM referral WHERE referrer_id = ? AND rewarded_at >= ?"
    active = db.value("SELECT state FROM member WHERE id = ?", (referrer_id,)) == "active"
    if not active or db.value(sql, (referrer_id, month)) > shop.referral_cap_month:
        return None
    points.earn(referrer_id, shop.referral_points, Cause("referral", "referral", friend_id, by, now))
    return referrer_id


def referrer_of(friend_id: int) -> int | None:
    """Who brought a member and has not been rewarded for it yet."""
    sql = "SELECT referrer_id FROM referral WHERE friend_id = ? AND rewarded_at IS NULL"
    found = db.value(sql, (friend_id,))
    return None if found is None else int(found)
