"""Referral 推荐: whoever brings a friend is rewarded, and the friend too, when the friend first buys.

A referral that looks like one person with two cards is noted and held back: neither side gets anything,
and the reason stands in its row. If the friend brings everything back within the shop's days, the reward
is taken back from both as earned points are: from its own lot, then others, then as debt.
"""

from dataclasses import dataclass

from core.base import clock, db
from core.base.access import Actor
from core.base.clock import DAY, HOUR, Millis
from core.base.i18n import N_, Text
from core.books import audit, merges, posting, rules
from core.books.posting import Cause
from core.books.rules import ShopRules
from core.loyalty import points

REASONS = {
    "same_screen": N_("both joined at one screen within an hour"),
    "same_phone": N_("both joined on one phone"),
    "same_person": N_("both seem to be one person"),
}
"""Why a referral is held back, in words."""


@dataclass(frozen=True)
class Referral:
    """One friend somebody brought; `why_not` is said where it is held back."""

    friend_id: int
    at: Millis
    rewarded_at: Millis | None
    points: int
    why_not: Text | None


def referred(friend_id: int, referrer_id: int, *, by: Actor, now: Millis) -> None:
    """Note who brought a new member; inside the caller's transaction. Nobody brings themselves."""
    if friend_id == referrer_id:
        return
    why = _joined_alike(friend_id, referrer_id)
    db.add("referral", friend_id=friend_id, referrer_id=referrer_id, at=now, held_back=why)
    if why:
        _held_back(friend_id, referrer_id, why, by, now)


def _held_back(friend_id: int, referrer_id: int, why: str, by: Actor, now: Millis) -> None:
    after = {"referrer": str(referrer_id), "why": why}
    audit.record("referral.held_back", "member", friend_id, by=by, now=now, after=after)


def _joined_alike(friend_id: int, referrer_id: int) -> str | None:
    found = db.one(
        "SELECT f.device_id, r.device_id, f.browser_hash, r.browser_hash, f.at - r.at FROM join_trace f"
        " JOIN join_trace r ON r.member_id = ? WHERE f.member_id = ?",
        (referrer_id, friend_id),
    )
    if found is None:
        return None
    screen, other_screen, phone, other_phone, apart = found
    if phone is not None and phone == other_phone:
        return "same_phone"
    return "same_screen" if screen is not None and screen == other_screen and apart <= HOUR else None


def _same_person(friend_id: int, referrer_id: int) -> bool:
    """One address, or one name and one whole birthday."""
    sql = (
        "SELECT 1 FROM member_person f JOIN member_person r ON r.member_id = ? WHERE f.member_id = ?"
        " AND (lower(f.email) = lower(r.email) OR (f.name = r.name AND f.birth_calendar = r.birth_calendar"
        " AND f.birth_year = r.birth_year AND f.birth_month = r.birth_month AND f.birth_day = r.birth_day))"
    )
    return db.value(sql, (referrer_id, friend_id)) is not None


# --- the first purchase ----------------------------------------------------------------------------


def first_purchase(friend_id: int, *, sale_id: int, by: Actor, now: Millis) -> int | None:
    """Reward both sides when the friend first buys; the referrer's id if points were given.

    Inside the caller's transaction, both members locked by the caller. A cap a month holds for the
    referrer; beyond it only the friend is rewarded.
    """
    referrer_id, shop = referrer_of(friend_id), rules.current(now=now)
    if referrer_id is None:
        return None
    if _same_person(friend_id, referrer_id):
        db.run("UPDATE referral SET held_back = 'same_person' WHERE friend_id = ?", (friend_id,))
        _held_back(friend_id, referrer_id, "same_person", by, now)
        return None
    given = shop.referral_points
    both = given if given and _within_cap(referrer_id, shop, now) else 0
    db.run(
        "UPDATE referral SET rewarded_at = ?, sale_id = ?, friend_points = ?, referrer_points = ? WHERE friend_id = ?",
        (now, sale_id, given, both, friend_id),
    )
    for member_id, part in ((friend_id, given), (referrer_id, both)):
        if part:
            points.earn(member_id, part, Cause("referral", "referral", friend_id, by, now))
    if given:
        after = {"referrer": str(referrer_id), "points": given, "to_referrer": both}
        audit.record("referral.rewarded", "member", friend_id, by=by, now=now, after=after)
    return referrer_id if both else None


def _within_cap(referrer_id: int, shop: ShopRules, now: Millis) -> bool:
    month = clock.start_of(clock.day_of(now, shop.zone).replace(day=1), shop.zone)
    before = db.value("SELECT count(*) FROM referral WHERE referrer_id = ? AND rewarded_at >= ?", (referrer_id, month))
    active = db.value("SELECT state FROM member WHERE id = ?", (referrer_id,)) == "active"
    return bool(active and before < shop.referral_cap_month)


def referrer_of(friend_id: int) -> int | None:
    """Who brought a member and may still be rewarded for it."""
    sql = "SELECT referrer_id FROM referral WHERE friend_id = ? AND rewarded_at IS NULL AND held_back IS NULL"
    found = db.value(sql, (friend_id,))
    return None if found is None else int(found)


# --- when everything comes back ----------------------------------------------------------------------


def behind(friend_id: int) -> list[int]:
    """Who is to be locked beside a member who brings something back: whoever was rewarded for them."""
    sql = f"SELECT referrer_id FROM referral WHERE friend_id IN {merges.OVER_BOTH} AND referrer_points > 0"
    return [row[0] for row in db.rows(sql, (friend_id, friend_id))]


def refunded(friend_id: int, *, by: Actor, now: Millis) -> None:
    """Take the reward back if nothing the friend bought is left; the next purchase brings it anew.

    Inside the caller's transaction, after the refund was counted, with all of `behind` locked. Who was merged into
    the friend may have been brought by somebody too.
    """
    found = db.rows(
        "SELECT r.friend_id, r.referrer_id, r.friend_points, r.referrer_points FROM referral r"
        f" WHERE r.friend_id IN {merges.OVER_BOTH} AND r.rewarded_at > ?"
        " AND EXISTS (SELECT 1 FROM member_stats s WHERE s.member_id = ? AND s.visits = 0)",
        (friend_id, friend_id, now - rules.current(now=now).referral_refund_days * DAY, friend_id),
    )
    for row in found:
        _take_back(row, by, now)


def _take_back(row: db.Row, by: Actor, now: Millis) -> None:
    friend_id, referrer_id, of_friend, of_referrer = row
    cause = Cause("referral_back", "referral", friend_id, by, now)
    for member_id, due in sorted(((friend_id, of_friend), (referrer_id, of_referrer))):
        if due:
            account = posting.account(merges.leads_to(member_id), "points")
            posting.take_back(account, due, cause, sale_id=friend_id, ref_kind="referral")
    sql = "UPDATE referral SET rewarded_at = NULL, sale_id = NULL, friend_points = 0, referrer_points = 0"
    db.run(f"{sql} WHERE friend_id = ?", (friend_id,))
    after = {"referrer": str(referrer_id), "points": of_friend, "from_referrer": of_referrer}
    audit.record("referral.taken_back", "member", friend_id, by=by, now=now, after=after)


# --- reads -------------------------------------------------------------------------------------------


def brought_by(referrer_id: int, *, limit: int = 50) -> list[Referral]:
    """The friends somebody brought, the newest first, with why some do not count."""
    found = db.rows(
        "SELECT friend_id, at, rewarded_at, referrer_points, held_back FROM referral WHERE referrer_id = ?"
        " ORDER BY at DESC, friend_id DESC LIMIT ?",
        (referrer_id, limit),
    )
    return [_referral(row) for row in found]


def of_friend(friend_id: int) -> Referral | None:
    """How a member came: who of them was rewarded when, or why not."""
    sql = "SELECT friend_id, at, rewarded_at, friend_points, held_back FROM referral WHERE friend_id = ?"
    row = db.one(sql, (friend_id,))
    return None if row is None else _referral(row)


def _referral(row: db.Row) -> Referral:
    friend_id, at, rewarded_at, points_, why = row
    return Referral(friend_id, at, rewarded_at, points_, Text(REASONS[why]) if why else None)
