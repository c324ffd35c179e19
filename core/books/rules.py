"""The shop's own rules: what an owner sets and every department reads.

Each change is a row with the moment it takes effect; a rule nobody set has the default written here.
"""

import json
import re
from dataclasses import asdict, dataclass, fields
from datetime import timedelta
from typing import Any
from zoneinfo import available_timezones

from core.base import clock, db, ids, phones, windows
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Invalid
from core.base.i18n import N_
from core.books import audit, revisions


@dataclass(frozen=True)
class ShopRules:
    """Every rule a shop can set. Money in cents, rates in basis points, times of day in hours."""

    shop_name: str = "Regulars"
    language: str = "zh"
    region: str = "CN"
    symbol: str = "¥"
    zone: str = "Asia/Shanghai"

    cents_per_point: int = 100
    points_per_unit: int = 100
    """Points worth 1.00 when used as money."""
    redeem_cap_bp: int = 5000
    tax_mode: str = "none"
    """'inclusive': prices hold the tax of their product; 'exclusive': it is added to them; 'none'."""
    rounding_cents: int = 0
    """The bill is rounded down to a multiple of this (抹零): 10 leaves no cents; 0 rounds nothing."""
    rounding_limit_cents: int = 100
    """What someone at the till may round off by hand; more needs an approval."""
    claim_days: int = 30
    """So many days the points of a receipt can be claimed by a member; 0 allows no claim."""
    points_pending_days: int = 0
    points_expiry: str = "months"
    """'months' after earning, 'month_end' of the n-th month, 'year_end', or 'never'."""
    points_months: int = 12
    points_notice_days: int = 14

    wallet_order: str = "principal_first"
    wallet_cap_cents: int = 0
    """The most principal a member with a phone may store, by the law on prepaid cards; 0 is no bound."""
    wallet_cap_unnamed_cents: int = 0
    """The same for a card without a name."""
    topup_free_days: int = 7
    """So many days a top-up is paid back without a reason; later a manager approves it."""
    plan_free_days: int = 7
    """So many days a plan bought and not used is paid back in full; later by the days left."""
    plan_notice_days: int = 7
    """So many days before a plan ends its member is told."""
    coupon_proof: int = 0
    """1: a coupon needs the member's card or code; 0: the number they say is enough."""
    card_spend_cents: int = 0
    """What a printed card alone may spend at once; above it a rotating code, PIN or SMS code is needed."""
    grace_days: int = 30

    tier_demotion: str = "qualify"
    """At the end of the holding period: to the tier they 'qualify' for, one 'step', or 'never'."""

    welcome_coupon_kind_id: int = 0
    referral_points: int = 100
    referral_cap_month: int = 10
    referral_refund_days: int = 30
    """So many days a friend who brings everything back takes the reward with it; 0 never does."""
    checkin_points: int = 0
    """For checking in, once a day; 0 switches check-in off."""
    checkin_streak_days: int = 7
    checkin_streak_points: int = 0
    """More at every so-many-th day in a row; 0 days or 0 points give nothing more."""
    share_points: int = 0
    """For a visit of somebody new by a member's link; 0 switches it off."""
    share_cap_day: int = 5
    birthday_points: int = 0
    """Given with the birthday greeting, where the shop sends one."""

    refund_limit_cents: int = 20000
    override_limit_cents: int = 5000
    adjust_limit_points: int = 500
    count_limit_cents: int = 20000
    """Differences of a count above this wait for somebody who may approve."""
    expiry_days: int = 14
    """So many days before its last good day a batch is named as expiring."""
    scale_pattern: str = "2PPPPPPWWWWWX"
    """How a scale's label is read: P the item number, W grams or V cents, X the check digit."""
    transfer_limit_points: int = 500
    """Points a member may pass on to another without a manager's approval."""

    worktime_round_minutes: int = 0
    """Each stretch of work is rounded to a multiple of so many minutes; 0 counts every minute."""
    worktime_breaks: str = ""
    """Breaks taken off where they were not taken: "6 > 30; 9 > 45" is 30 minutes over 6 hours, 45 over 9."""

    campaign_limit_members: int = 500
    """A campaign that writes to more than so many needs the right to approve large ones."""
    campaign_limit_cents: int = 10000
    """The same for one whose messages cost more."""
    campaign_second_person: int = 0
    """1: whoever drafted a campaign does not approve it."""
    campaign_opt_outs_bp: int = 200
    """A campaign after which more than so many opt out is paused; 0 pauses none."""
    margin_bp: int = 5000
    """What is left of turnover after the goods, for the return of a campaign."""
    gap_days: int = 10
    greeting_hours: str = "9-20"
    marketing_hours: str = "10-20"
    service_hours: str = "8-21"
    """The hours in which messages may arrive, in the zone of whoever gets them: "10-20; sat 11-18; sun off"."""
    abroad_consent: int = 0
    """1: by a provider abroad only members who agreed to that are written to, but for codes they ask for."""
    no_offer_days: str = ""
    """Days on which no offers leave: "12-25, 2027-02-06"."""
    budget_month_cents: int = 0
    """What messages may cost in a month, in the money of the rate card; 0 is no bound. Notices and greetings without a
    gift leave all the same.
    """
    birthday_days_before: int = 0
    leap_day: str = "02-28"
    churn_horizon_days: int = 30
    churn_silent_days: int = 60
    """While the shop is too young for rhythms, or they are off: so many days of silence raise a warning."""
    churn_rhythm: int = 1
    """1: silence out of a member's rhythm raises a warning; 0: only the days above."""
    churn_fixed_days: int = 0
    """Beside rhythms: so many days of silence raise a warning of anybody; 0 never."""
    churn_spend_fall_bp: int = 0
    """Past their usual interval: the last three baskets smaller by so much than those before; 0 is not looked at."""
    churn_points_days: int = 0
    """Past their usual interval: points unused for so long; 0 is not looked at."""
    churn_wallet_days: int = 0
    """The same for stored value."""
    group_visits: int = 0
    """From so many visits on a member comes often, where the four groups are drawn; 0 is the members' median."""
    group_basket_cents: int = 0
    """From so much a visit on a member buys much; 0 is the median."""
    winback_loss_cents: int = 0
    """A case to win back is opened by itself for a warning that costs so much a month; 0 opens none."""
    booking_step_minutes: int = 15
    """Times that are offered lie so many minutes apart."""
    booking_lead_minutes: int = 60
    """Members book at least so long before; staff book at once."""
    booking_ahead_days: int = 30
    """And at most so many days ahead."""
    booking_cancel_hours: int = 12
    """Members move and cancel by themselves until so many hours before."""
    booking_most: int = 3
    """So many coming bookings a member makes by themselves; 0 is no bound."""
    booking_remind_hours: int = 24
    """So many hours before a booking its member is reminded; 0 reminds nobody."""
    booking_no_shows: int = 3
    """Who did not come so often books with staff only; 0 bars nobody."""
    booking_no_show_days: int = 180
    """Days that are looked back on for that."""
    event_party_most: int = 4
    """Places one member may take at an event."""
    event_compare_days: int = 60
    """What guests spend in so many days before and after an event is compared with those who found no place."""
    event_group_least: int = 20
    """With fewer guests, or fewer without a place, nothing is said of what an event brought."""
    ticket_enquiry_in_h: int = 24
    """Within so many hours a ticket of this kind is to be dealt with; here and for the seven below."""
    ticket_order_in_h: int = 24
    ticket_complaint_in_h: int = 24
    ticket_return_in_h: int = 48
    ticket_exchange_in_h: int = 48
    ticket_repair_in_h: int = 168
    ticket_suggestion_in_h: int = 168
    ticket_praise_in_h: int = 168
    ticket_waiting_in_h: int = 72
    """After so many hours of waiting for the member a ticket comes back by itself."""
    join_per_hour: int = 30
    """Joins by one screen within an hour; 0 is no bound."""
    codes_per_day: int = 300
    api_per_minute: int = 12000
    """Requests of one API key within a minute."""

    keep_messages_days: int = 180
    """So many days after a message its address and words are emptied; here and below 0 keeps for good."""
    keep_replies_days: int = 365
    keep_requests_days: int = 90
    keep_events_days: int = 30
    keep_codes_days: int = 7
    keep_joins_days: int = 365
    keep_warnings_days: int = 730
    keep_tickets_days: int = 730
    """So many days after a ticket was dealt with its words are emptied."""
    keep_runs_days: int = 365
    keep_parked_days: int = 30
    inactive_years: int = 3
    """Who has not come for so many years is proposed for erasure; 0 proposes nobody."""


KNOWN = {f.name: f.type for f in fields(ShopRules)}


class RuleUnknown(Invalid):
    """No rule of the shop has this name."""

    code = "rule_unknown"
    text = N_("There is no shop rule “{name}”. `regulars rule list` shows them all.")


class RuleInvalid(Invalid):
    """The value does not fit the rule."""

    code = "rule_invalid"
    text = N_("“{name}” needs {wanted}, not “{given}”.")


ABOVE_ZERO = frozenset(
    {"cents_per_point", "points_per_unit", "api_per_minute", "booking_step_minutes", "event_party_most",
     "event_compare_days"}
)  # fmt: skip
SCALE = re.compile(r"(?=.{13}$)2[0-9]?P{4,6}C?(W{4,6}|V{4,6})X")
CHOICES = {
    "language": ("zh", "en"),
    "points_expiry": ("months", "month_end", "year_end", "never"),
    "wallet_order": ("principal_first", "bonus_first", "proportional"),
    "tier_demotion": ("qualify", "step", "never"),
    "tax_mode": ("none", "inclusive", "exclusive"),
    "leap_day": ("02-28", "03-01"),
}


@dataclass(frozen=True)
class _Change:
    """One value of one rule, and from when it holds."""

    name: str
    value: str | int
    from_at: Millis


def _changes() -> tuple[_Change, ...]:
    found = db.rows("SELECT name, value, from_at FROM shop_rule ORDER BY from_at, at, id")
    return tuple(_Change(name, json.loads(value), from_at) for name, value, from_at in found if name in KNOWN)


_all = revisions.Remembered("rules", _changes)
_last: list[tuple[tuple[_Change, ...], Millis, int, ShopRules]] = []
"""The rules in force when last asked: made from which changes, from when to when they hold."""


def current(*, now: Millis) -> ShopRules:
    """The rules in force at a moment."""
    changes = _all()
    if _last and _last[0][0] is changes and _last[0][1] <= now < _last[0][2]:
        return _last[0][3]
    in_force = [one for one in changes if one.from_at <= now]
    since = in_force[-1].from_at if in_force else Millis(0)
    until = min((one.from_at for one in changes if one.from_at > now), default=2**62)
    found: dict[str, Any] = {one.name: one.value for one in in_force}
    rules = ShopRules(**found)
    _last[:] = [(changes, since, until, rules)]
    return rules


def grace_until(now: Millis) -> Millis:
    """Until when value lives that comes back after it had expired: to the end of the last day of grace."""
    shop = current(now=now)
    return clock.end_of(clock.day_of(now, shop.zone) + timedelta(days=shop.grace_days), shop.zone)


@db.atomic
def change(name: str, value: str | int, *, by: Actor, now: Millis, from_at: Millis | None = None) -> None:
    """Set one rule, from now or from a later moment.

    Raises: RuleUnknown, RuleInvalid, NotAllowed.
    """
    require(by, "settings")
    if name not in KNOWN:
        raise RuleUnknown(field="name", name=name)
    fitting = _fitting(name, value)
    before = asdict(current(now=now))[name]
    db.add(
        "shop_rule",
        id=ids.new(),
        name=name,
        value=json.dumps(fitting, ensure_ascii=False),
        from_at=max(from_at or now, now),
        at=now,
        actor=by.tag,
    )
    revisions.bump("rules")
    audit.record("rule.changed", "rule", 0, by=by, now=now, before={name: before}, after={name: fitting})


def _fitting(name: str, value: str | int) -> str | int:
    if name in CHOICES and value not in CHOICES[name]:
        raise RuleInvalid(field=name, name=name, wanted=" | ".join(CHOICES[name]), given=str(value))
    if KNOWN[name] in (int, "int"):
        try:
            number = int(value)
        except ValueError:
            number = -1
        if number < (name in ABOVE_ZERO):
            wanted = "1, 2, 3 …" if name in ABOVE_ZERO else "0, 1, 2 …"
            raise RuleInvalid(field=name, name=name, wanted=wanted, given=str(value))
        return number
    if name == "region":
        if not phones.is_region(str(value).strip().upper()):
            raise RuleInvalid(field=name, name=name, wanted="CN, US, GB …", given=str(value))
        return str(value).strip().upper()
    if name.endswith("_hours") and windows.parse(str(value)) is None:
        raise RuleInvalid(field=name, name=name, wanted="9-20, 10-20; sat 11-18; sun off …", given=str(value))
    if name == "scale_pattern" and not SCALE.fullmatch(str(value).strip().upper()):
        raise RuleInvalid(field=name, name=name, wanted="2PPPPPPWWWWWX, 21PPPPPVVVVVX …", given=str(value))
    if name == "worktime_breaks" and windows.breaks(str(value)) is None:
        raise RuleInvalid(field=name, name=name, wanted="6 > 30; 9 > 45 …", given=str(value))
    if name == "no_offer_days" and windows.dates(str(value)) is None:
        raise RuleInvalid(field=name, name=name, wanted="12-25, 2027-02-06 …", given=str(value))
    if name == "zone" and value not in available_timezones():
        raise RuleInvalid(field=name, name=name, wanted="Asia/Shanghai, Europe/London …", given=str(value))
    return str(value)
