"""Whether the occasion of a message still holds when it is about to leave, by the first part of its dedupe key."""

from collections.abc import Callable
from datetime import date

from core.base import clock, db, lunar
from core.base.clock import Millis
from core.books import rules
from core.outreach.due import Due


def _birthday(due: Due, now: Millis) -> bool:
    """The birthday is still the one that was greeted: kept on the day the greeting was queued for."""
    shop = rules.current(now=now)
    ahead = clock.DAY * shop.birthday_days_before
    day = clock.day_of(due.created_at + ahead, shop.zone)
    sql = "SELECT birth_calendar, birth_month, birth_day FROM member_person WHERE member_id = ?"
    kept = {(key.calendar, key.month, key.day) for key in lunar.kept_on(day, leap_day=shop.leap_day)}
    return db.one(sql, (due.member_id,)) in kept


def _value_left(due: Due, now: Millis) -> bool:
    """Points or bonus that expire by that day are still there."""
    asset = due.dedupe_key.partition("-")[0]
    last = clock.end_of(date.fromisoformat(due.dedupe_key.split(":")[2]), rules.current(now=now).zone)
    sql = (
        "SELECT 1 FROM lot l JOIN account a ON a.id = l.account_id WHERE a.member_id = ? AND a.asset = ?"
        " AND l.remaining > 0 AND l.expires_at > ? AND l.expires_at <= ?"
    )
    return db.value(sql, (due.member_id, asset, now, last)) is not None


def _still_away(due: Due, now: Millis) -> bool:
    """The member has not come back since."""
    last = db.value("SELECT last_day FROM member_stats WHERE member_id = ?", (due.member_id,))
    return due.dedupe_key.split(":")[2] == str(last)


def _coupons_left(due: Due, now: Millis) -> bool:
    """Coupons that lapse on that day are still there."""
    last = clock.end_of(date.fromisoformat(due.dedupe_key.split(":")[2]), rules.current(now=now).zone)
    sql = "SELECT 1 FROM coupon WHERE member_id = ? AND state = 'issued' AND valid_until_at > ? AND valid_until_at <= ?"
    return db.value(sql, (due.member_id, now, last)) is not None


def _nothing_came_back(due: Due, now: Millis) -> bool:
    """Nothing of the sale was returned."""
    refunds = db.value("SELECT refunds FROM sale WHERE id = ?", (int(due.dedupe_key.split(":")[2]),))
    return bool(refunds == 0)


def _below_tier(due: Due, now: Millis) -> bool:
    """The member has not reached the tier."""
    sql = (
        "SELECT 1 FROM member_tier t JOIN tier held ON held.id = t.tier_id JOIN tier above ON above.id = ?"
        " WHERE t.member_id = ? AND held.rank < above.rank"
    )
    return db.value(sql, (int(due.dedupe_key.split(":")[2]), due.member_id)) is not None


def _not_back_yet(due: Due, now: Millis) -> bool:
    """The new member has not bought after the day of joining."""
    sql = "SELECT m.joined_at, t.last_day FROM member m JOIN member_stats t ON t.member_id = m.id WHERE m.id = ?"
    joined_at, last_day = db.one(sql, (due.member_id,)) or (0, None)
    joined_on = clock.day_of(joined_at, rules.current(now=now).zone)
    return last_day is None or bool(last_day <= joined_on.toordinal())


def _still_asked(due: Due, now: Millis) -> bool:
    """The survey still runs, and the member has not answered it since."""
    sql = (
        "SELECT 1 FROM survey s WHERE s.id = ? AND s.state = 'running' AND NOT EXISTS"
        " (SELECT 1 FROM survey_reply r WHERE r.survey_id = s.id AND r.member_id = ?)"
    )
    return db.value(sql, (int(due.dedupe_key.split(":")[1]), due.member_id)) is not None


HOLD: dict[str, Callable[[Due, Millis], bool]] = {
    "birthday": _birthday,
    "points-expiry": _value_left,
    "bonus-expiry": _value_left,
    "coupon-expiry": _coupons_left,
    "winback": _still_away,
    "followup": _nothing_came_back,
    "tier-near": _below_tier,
    "welcome-back": _not_back_yet,
    "survey": _still_asked,
}


def holds(due: Due, *, now: Millis) -> bool:
    """Whether a message still has its reason; one whose occasion nobody watches always has."""
    test = HOLD.get(due.dedupe_key.partition(":")[0])
    return test is None or due.member_id is None or test(due, now)
