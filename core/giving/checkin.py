"""Check-in 签到: points once a local day of the shop, more at every n-th day in a row."""

from dataclasses import dataclass
from datetime import date

from core.base import clock, db, ids
from core.base.access import Actor, require_own
from core.base.clock import Millis
from core.base.errors import Refused
from core.base.i18n import N_
from core.books import audit, locks, merges, requests, rules
from core.books.posting import Cause
from core.books.rules import ShopRules
from core.loyalty import points


@dataclass(frozen=True)
class CheckIn:
    """One day's check-in; `already` if it stood before this was asked."""

    points: int
    streak_days: int
    day: date
    already: bool


@dataclass(frozen=True)
class Outlook:
    """Days in a row up to now, whether today is done, and what the next one gives; 0 where it is switched off."""

    streak_days: int
    done_today: bool
    next_points: int


class CheckInOff(Refused):
    """The shop gives nothing for checking in."""

    code = "check_in_off"
    text = N_("This shop has no check-in: it gives 0 points. The owner can set more under Settings.")


def worth(streak_days: int, shop: ShopRules) -> int:
    """What the n-th day in a row gives."""
    every = shop.checkin_streak_days
    bonus = shop.checkin_streak_points if every and streak_days % every == 0 else 0
    return shop.checkin_points + bonus if shop.checkin_points else 0


@db.atomic
def check_in(member_id: int, *, by: Actor, now: Millis, key: str | None = None) -> CheckIn:
    """Check a member in for today, by themselves or by someone who may find members.

    A second time on the same day gives nothing and answers what the first gave. The streak goes on from
    yesterday's, else begins anew. Raises: NotAllowed, CheckInOff, KeyReused, MemberUnknown, MemberBlocked …
    """
    require_own(by, member_id, "member.find")
    asked = {"member": member_id}
    # An answer is the check-in's id, below zero where it stood before.
    answer = requests.once(
        key, lambda: _check_in(member_id, by, now), scope=f"{by.tag}/check-in", request=asked, now=now
    )
    given, streak, day = db.one("SELECT points, streak_days, day FROM checkin WHERE id = ?", (abs(answer),)) or (
        0,
        0,
        1,
    )
    return CheckIn(given, streak, date.fromordinal(day), answer < 0)


def _check_in(member_id: int, by: Actor, now: Millis) -> int:
    locks.hold(member_id)
    shop = rules.current(now=now)
    today = clock.day_of(now, shop.zone).toordinal()
    before = _streaks(member_id, today)
    if today in before:
        return -before[today][0]
    streak = before[today - 1][1] + 1 if today - 1 in before else 1
    given = worth(streak, shop)
    if not given:
        raise CheckInOff()
    row_id = ids.new()
    db.add("checkin", id=row_id, member_id=member_id, day=today, streak_days=streak, points=given, at=now, actor=by.tag)
    points.earn(member_id, given, Cause("checkin", "checkin", row_id, by, now))
    audit.record("checkin.made", "member", member_id, by=by, now=now, after={"points": given, "streak_days": streak})
    return row_id


def _streaks(member_id: int, today: int) -> dict[int, tuple[int, int]]:
    """Check-ins of today and yesterday: (id, streak) by day; today's also of who was merged into the member."""
    sql = (
        "SELECT day, id, streak_days FROM checkin WHERE (member_id = ? AND day IN (?, ?))"
        f" OR (day = ? AND member_id IN {merges.OVER_BOTH}) ORDER BY member_id = ?"
    )
    found = db.rows(sql, (member_id, today, today - 1, today, member_id, member_id, member_id))
    return {day: (row_id, streak) for day, row_id, streak in found}


def outlook(member_id: int, *, now: Millis) -> Outlook:
    """How a member stands with checking in."""
    shop = rules.current(now=now)
    today = clock.day_of(now, shop.zone).toordinal()
    before = _streaks(member_id, today)
    _, streak = before.get(today) or before.get(today - 1) or (0, 0)
    return Outlook(streak, today in before, worth(streak + 1, shop))
