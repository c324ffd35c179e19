"""Looking ahead: who gets a greeting with a gift within some days, so that no campaign takes its gap."""

from collections.abc import Collection, Iterable
from datetime import timedelta

from core.base import clock, db, lunar
from core.base.clock import DAY, Millis
from core.books import rules
from core.loyalty import tiers

MANY = 500
"""Members a statement is asked about at once."""


def coming(member_id: int, within_days: int, *, now: Millis) -> bool:
    """Whether a greeting with a gift is due for a member within so many days."""
    return member_id in coming_of([member_id], within_days, now=now)


def coming_of(member_ids: Iterable[int], within_days: int, *, now: Millis) -> set[int]:
    """Of many members those for whom a greeting with a gift is due within so many days, today included."""
    wanted, found = list(member_ids), set[int]()
    gifts, days = _birthday_gift(now), _days(within_days, now=now)
    for start in range(0, len(wanted), MANY):
        some = wanted[start : start + MANY]
        found |= _queued(some, within_days, now=now)
        if gifts is not None and days:
            found |= _birthdays(some, days, gifts)
    return found


def _birthday_gift(now: Millis) -> frozenset[int] | None:
    """Tiers whose members get a gift for their birthday, empty for all of them; None if nobody does."""
    active = db.one("SELECT active, coupon_kind_id FROM care_rule WHERE occasion = 'birthday'")
    if active is None or not active[0]:
        return None
    if active[1] is not None or rules.current(now=now).birthday_points:
        return frozenset()
    with_gift = frozenset(one.id for one in tiers.all_tiers(now=now) if one.birthday_coupon_kind_id)
    return with_gift or None


def _days(within_days: int, *, now: Millis) -> list[tuple[str, int, int]]:
    """The birthdays, as they are kept in the books, that are greeted within so many days."""
    shop = rules.current(now=now)
    first = clock.day_of(now, shop.zone) + timedelta(days=shop.birthday_days_before)
    kept = (lunar.kept_on(first + timedelta(days=ahead), leap_day=shop.leap_day) for ahead in range(within_days + 1))
    return sorted({(key.calendar, key.month, key.day) for keys in kept for key in keys})


def _birthdays(member_ids: Collection[int], days: list[tuple[str, int, int]], tier_ids: frozenset[int]) -> set[int]:
    of_day = " OR ".join(["(p.birth_calendar = ? AND p.birth_month = ? AND p.birth_day = ?)"] * len(days))
    in_tier = ""
    if tier_ids:
        marks = ", ".join("?" * len(tier_ids))
        in_tier = (
            f" AND p.member_id IN (SELECT t.member_id FROM member_tier t WHERE t.member_id = p.member_id"
            f" AND t.tier_id IN ({marks}))"
        )
    sql = (
        f"SELECT p.member_id FROM member_person p WHERE p.member_id IN ({', '.join('?' * len(member_ids))})"
        f" AND ({of_day}){in_tier}"
    )
    values = [*member_ids, *(part for day in days for part in day), *sorted(tier_ids)]
    return {row[0] for row in db.rows(sql, values)}


def _queued(member_ids: Collection[int], within_days: int, *, now: Millis) -> set[int]:
    sql = (
        "SELECT member_id FROM outbox WHERE state IN ('queued', 'held') AND category = 'gift_greeting'"
        f" AND not_before <= ? AND expires_at > ? AND member_id IN ({', '.join('?' * len(member_ids))})"
    )
    return {row[0] for row in db.rows(sql, (now + within_days * DAY, now, *member_ids))}
