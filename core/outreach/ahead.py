"""Look-ahead: who has a greeting with a gift coming, so that nothing lesser is written to them shortly before.

Priority: service > birthday > points expiring > win-back > festival > campaign; service messages and notices of points
neither count nor wait, so what is looked for are birthdays, anniversaries and festivals with a gift.
"""

from collections.abc import Collection
from datetime import date, timedelta

from core.base import clock, db, feasts, lunar
from core.base.clock import DAY, HOUR, Millis
from core.books import rules
from core.loyalty import coupons, tiers
from core.outreach import carerules, festivals
from core.outreach.carerules import KINDS, CareRule

GIFT_PAUSE_DAYS = 300
"""No second birthday gift within so many days, however often a birthday was changed."""
CAMPAIGN = 3
HAD_GIFT = (
    "(EXISTS (SELECT 1 FROM coupon c WHERE c.member_id = m.id AND c.ref_kind = 'birthday' AND c.valid_from_at > ?"
    " AND c.valid_from_at < ?) OR EXISTS (SELECT 1 FROM award a JOIN member x ON x.id = a.member_id"
    " WHERE a.occasion = 'birthday' AND (x.id = m.id OR x.merged_into = m.id) AND a.at > ? AND a.at < ?))"
)
"""Whether member m, or one merged into them, had a coupon or points for a birthday between two moments, twice each."""
FEW = 500
"""So many members are asked for by name; of more, everyone concerned is read and compared."""


def gift_due_within(member_ids: Collection[int], days: int, *, now: Millis, rank: int = CAMPAIGN) -> set[int]:
    """Of these members those to whom a greeting with a gift goes today or within so many days.

    Only greetings that come before a message of this rank count (`Kind.rank`; a campaign has 3). Whoever had a
    birthday gift within 300 days gets none again. For messages below a greeting, never for the greeting itself.
    """
    wanted = set(member_ids)
    if not wanted:
        return set()
    today = clock.day_of(now, rules.current(now=now).zone)
    ahead = [today + timedelta(days=number) for number in range(days + 1)]
    some = _by_name(wanted)
    found = _birthdays(ahead, some, now) if rank > KINDS["birthday"].rank else set()
    if rank > KINDS["anniversary"].rank:
        found |= _anniversaries(ahead, some, now)
    if rank > KINDS["festival"].rank:
        found |= _festivals(ahead, wanted)
    return found & wanted


def _by_name(wanted: set[int]) -> list[int]:
    """The members that are asked for by name; none where they are many."""
    return sorted(wanted) if len(wanted) <= FEW else []


def _birthdays(ahead: list[date], some: list[int], now: Millis) -> set[int]:
    shop, rule = rules.current(now=now), carerules.rule_of("birthday")
    given = _tiers_with_gift(rule, shop.birthday_points, now=now)
    if not rule.active or given == []:
        return set()
    early = timedelta(days=shop.birthday_days_before)
    keys = {key for day in ahead for key in lunar.kept_on(day + early, leap_day=shop.leap_day)}
    marks = " OR ".join(["(p.birth_calendar = ? AND p.birth_month = ? AND p.birth_day = ?)"] * len(keys))
    values: list[object] = [part for key in sorted(keys, key=str) for part in (key.calendar, key.month, key.day)]
    since, until = now - GIFT_PAUSE_DAYS * DAY, clock.start_of(ahead[0], shop.zone)
    sql = (
        f"SELECT p.member_id FROM member_person p JOIN member m ON m.id = p.member_id WHERE ({marks})"
        f" AND m.state = 'active' AND NOT {HAD_GIFT}"
    )
    values += [since, until, since, until]
    return _members(sql, values, given, some)


def _tiers_with_gift(rule: CareRule, points: int, *, now: Millis) -> list[int] | None:
    """The tiers whose members get a birthday gift; None if all do."""
    kinds = {kind.id for kind in coupons.kinds()}
    if rule.coupon_kind_id in kinds or points:
        return list(rule.tier_ids) or None
    own = [tier.id for tier in tiers.all_tiers(now=now) if tier.birthday_coupon_kind_id in kinds]
    return [one for one in own if not rule.tier_ids or one in rule.tier_ids]


def _anniversaries(ahead: list[date], some: list[int], now: Millis) -> set[int]:
    shop, rule = rules.current(now=now), carerules.rule_of("anniversary")
    if not rule.active or not has_gift(rule):
        return set()
    spans = [span for day in ahead for span in joined_spans(day, zone=shop.zone, leap_day=shop.leap_day)]
    if not spans:
        return set()
    marks = " OR ".join(["(m.joined_at >= ? AND m.joined_at < ?)"] * len(spans))
    sql = f"SELECT m.id FROM member m WHERE ({marks}) AND m.state = 'active'"
    values: list[object] = [part for first, until, _ in spans for part in (first, until)]
    return _members(sql, values, list(rule.tier_ids) or None, some, column="m.id")


def joined_spans(day: date, *, zone: str, leap_day: str) -> list[tuple[Millis, Millis, int]]:
    """When members joined whose anniversary a day keeps: from, until, and how many years ago."""
    first = db.value("SELECT min(joined_at) FROM member")
    if first is None:
        return []
    oldest = clock.day_of(first, zone).year
    return [
        (clock.start_of(joined, zone), clock.end_of(joined, zone), key.year - year)
        for key in lunar.kept_on(day, leap_day=leap_day)
        if key.calendar == "solar"
        for year in range(oldest, key.year)
        if (joined := _date(year, key.month, key.day)) is not None
    ]


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _festivals(ahead: list[date], wanted: set[int]) -> set[int]:
    found: set[int] = set()
    dates = {one.code: one.rule for one in festivals.all_festivals()}
    for rule in (one for one in carerules.rules_of("festival") if has_gift(one)):
        date_rule, early = dates.get(rule.occasion.partition(":")[2], ""), timedelta(days=rule.stages[0])
        if all(feasts.year_on(date_rule, day + early) is None for day in ahead):
            continue
        if not rule.tier_ids:
            return set(wanted)
        marks = ", ".join("?" * len(rule.tier_ids))
        held = db.rows(f"SELECT member_id FROM member_tier WHERE tier_id IN ({marks})", rule.tier_ids)
        found |= {member_id for (member_id,) in held}
    return found


def has_gift(rule: CareRule) -> bool:
    """Whether a rule brings a coupon that is still given, or points."""
    return rule.points > 0 or any(kind.id == rule.coupon_kind_id for kind in coupons.kinds())


def _members(
    sql: str, values: list[object], tier_ids: list[int] | None, some: list[int], *, column: str = "p.member_id"
) -> set[int]:
    """Members a query finds, narrowed to tiers and to some members."""
    of_tiers, tier_values = of_tiers_sql(tier_ids or (), column)
    asked = f" AND {column} IN ({', '.join('?' * len(some))})" if some else ""
    return {one for (one,) in db.rows(sql + of_tiers + asked, (*values, *tier_values, *some))}


def of_tiers_sql(tier_ids: Collection[int], column: str = "m.id") -> tuple[str, tuple[int, ...]]:
    """Members of some tiers as a condition with its values; none where no tier is named."""
    if not tier_ids:
        return "", ()
    marks = ", ".join("?" * len(tier_ids))
    sql = f" AND EXISTS (SELECT 1 FROM member_tier r WHERE r.member_id = {column} AND r.tier_id IN ({marks}))"
    return sql, tuple(tier_ids)


SOON = 6 * HOUR
"""A gap that ends within so long is as good as over: the message waits for it."""
WAITING = "('queued', 'held', 'sending', 'unknown')"


def promised(member_ids: Collection[int], *, now: Millis) -> set[int]:
    """Of these members those for whom an offer waits, or who are drawn for a campaign that is to queue theirs."""
    some = sorted(set(member_ids))
    if not some:
        return set()
    marks = ", ".join("?" * len(some))
    waiting = (
        f"SELECT member_id FROM outbox WHERE state IN {WAITING} AND category IN ('marketing', 'gift_greeting')"
        f" AND expires_at > ? AND member_id IN ({marks})"
    )
    drawn = (
        "SELECT w.member_id FROM campaign_audience w JOIN campaign k ON k.id = w.campaign_id"
        " WHERE w.arm NOT IN ('', 'holdout') AND w.queued_at IS NULL AND k.state IN ('approved', 'running', 'paused')"
        f" AND w.member_id IN ({marks})"
    )
    return {member_id for (member_id,) in [*db.rows(waiting, (now, *some)), *db.rows(drawn, tuple(some))]}


def busy(member_ids: Collection[int], *, now: Millis) -> set[int]:
    """Of these members those who had something that counts within the gap, or for whom such a message waits.

    Campaigns that wait do not count: they come last, and the gap at the claim keeps them apart.
    """
    wanted, days = set(member_ids), rules.current(now=now).gap_days
    if not wanted or days == 0:
        return set()
    some = _by_name(wanted)
    asked = f" AND member_id IN ({', '.join('?' * len(some))})" if some else ""
    waiting = (
        f"SELECT member_id FROM outbox WHERE state IN {WAITING} AND category IN ('marketing', 'gift_greeting')"
        f" AND campaign_id IS NULL AND expires_at > ?{asked}"
    )
    had = f"SELECT member_id FROM contact_gap WHERE last_at > ?{asked}"
    found = [*db.rows(had, (now - days * DAY + SOON, *some)), *db.rows(waiting, (now, *some))]
    return {member_id for (member_id,) in found} & wanted
