"""Limits 使用条件: what, when, where and for whom a promotion or a coupon holds. Pure functions."""

import json
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar

from core.base import clock
from core.base.clock import Millis
from core.base.i18n import T, Text

DAY_MINUTES = 24 * 60


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Where empty, no limit. Monday is 0; minutes count from local midnight.

    `from_minute` above `to_minute` runs over midnight (22:00 to 02:00); the weekday is then that of
    the moment itself.
    """

    product_ids: tuple[int, ...] = ()
    category_ids: tuple[int, ...] = ()
    store_ids: tuple[int, ...] = ()
    tier_ids: tuple[int, ...] = ()
    weekdays: tuple[int, ...] = ()
    days_of_month: tuple[int, ...] = ()
    from_minute: int = 0
    to_minute: int = DAY_MINUTES
    members_only: bool = False
    first_purchase: bool = False
    birthday_month: bool = False


@dataclass(frozen=True)
class Moment:
    """When, where and for whom limits are judged; `local` is the store's own time."""

    now: Millis
    local: datetime
    store_id: int
    member: bool = False
    tier_id: int | None = None
    first_purchase: bool = False
    birthday_month: bool = False


Terms = TypeVar("Terms", bound=Limits)


def at(now: Millis, zone: str, store_id: int) -> Moment:
    """The moment of a basket without a member."""
    return Moment(now, clock.local(now, zone), store_id)


def unmet(limits: Limits, moment: Moment) -> Text | None:
    """The shortest honest reason why limits do not hold, or None if they do."""
    if limits.store_ids and moment.store_id not in limits.store_ids:
        return T("in another store")
    who = _not_for(limits, moment)
    if who is not None:
        return who
    if limits.weekdays and moment.local.weekday() not in limits.weekdays:
        return T("on other days of the week")
    if limits.days_of_month and moment.local.day not in limits.days_of_month:
        return T("on other days of the month")
    return _not_at(limits, moment.local.hour * 60 + moment.local.minute)


def _not_for(limits: Limits, moment: Moment) -> Text | None:
    for_member = limits.members_only or limits.tier_ids or limits.first_purchase or limits.birthday_month
    if for_member and not moment.member:
        return T("for members")
    if limits.tier_ids and moment.tier_id not in limits.tier_ids:
        return T("for other tiers")
    if limits.first_purchase and not moment.first_purchase:
        return T("for the first purchase")
    if limits.birthday_month and not moment.birthday_month:
        return T("in the month of the birthday")
    return None


def _not_at(limits: Limits, minute: int) -> Text | None:
    start, end = limits.from_minute, limits.to_minute
    if start <= end:
        if minute < start:
            return T("from {time}", time=clock_time(start))
        return T("until {time}", time=clock_time(end)) if minute >= end else None
    return T("from {time}", time=clock_time(start)) if end <= minute < start else None


def clock_time(minute: int) -> str:
    """A minute of the day as people write it: 870 is '14:30'."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def wrong(limits: Limits) -> tuple[str, Text] | None:
    """The first field that cannot be right, with what is wanted instead."""
    if any(not 0 <= day <= 6 for day in limits.weekdays):
        return "weekdays", T("Days of the week go from 0 (Monday) to 6 (Sunday).")
    if any(not 1 <= day <= 31 for day in limits.days_of_month):
        return "days_of_month", T("Days of the month go from 1 to 31.")
    start, end = limits.from_minute, limits.to_minute
    if not (0 <= start < DAY_MINUTES and 0 < end <= DAY_MINUTES) or start == end:
        return "from_minute", T("Times go from 00:00 to 24:00 and differ.")
    return None


# --- as stored -----------------------------------------------------------------------------------


def stored(terms: Limits) -> str:
    """Terms as they stand in the database; what is as usual is left out."""
    plain = {one.name: one.default for one in fields(terms)}
    return json.dumps({k: v for k, v in asdict(terms).items() if v != plain[k]}, ensure_ascii=False)


@lru_cache(4096)
def read(kind: type[Terms], text: str) -> Terms:
    """Terms as stored, read back."""
    raw: dict[str, Any] = json.loads(text)
    return kind(**{name: _tuples(value) for name, value in raw.items()})


def _tuples(value: Any) -> Any:
    return tuple(_tuples(one) for one in value) if isinstance(value, list) else value
