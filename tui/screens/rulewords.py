"""The shop's rules by name, with the kind of value each takes."""

from dataclasses import dataclass
from typing import Literal

from core.base.i18n import N_, T, Text, _, written
from tui.widgets.row import Words

Kind = Literal["text", "money", "percent", "number", "choice", "coupon"]


@dataclass(frozen=True)
class RuleWords:
    """A rule in words (msgids) and how its value is typed; `unit` is said after a number."""

    label: str
    kind: Kind = "number"
    unit: str = ""


RULES = {
    "shop_name": RuleWords(N_("shop's name"), "text"),
    "language": RuleWords(N_("language"), "choice"),
    "region": RuleWords(N_("country, for phone numbers"), "text"),
    "symbol": RuleWords(N_("currency sign"), "text"),
    "zone": RuleWords(N_("time zone"), "text"),
    "cents_per_point": RuleWords(N_("spent for one point"), "money"),
    "points_per_unit": RuleWords(N_("points worth 1.00"), unit=N_("points")),
    "redeem_cap_bp": RuleWords(N_("of a sale, points pay at most"), "percent"),
    "tax_mode": RuleWords(N_("tax on prices"), "choice"),
    "rounding_cents": RuleWords(N_("round the bill down to"), "money"),
    "rounding_limit_cents": RuleWords(N_("a clerk may round off alone"), "money"),
    "claim_days": RuleWords(N_("points of a receipt can be claimed for"), unit=N_("days")),
    "coupon_proof": RuleWords(N_("coupons need card or code (1) or not (0)")),
    "points_pending_days": RuleWords(N_("points can be used after"), unit=N_("days")),
    "points_expiry": RuleWords(N_("points expire"), "choice"),
    "points_months": RuleWords(N_("points live for"), unit=N_("months")),
    "points_notice_days": RuleWords(N_("notice before points expire"), unit=N_("days")),
    "wallet_order": RuleWords(N_("stored value is spent"), "choice"),
    "wallet_cap_cents": RuleWords(N_("the most stored with a name"), "money"),
    "wallet_cap_unnamed_cents": RuleWords(N_("the most stored on a card without a name"), "money"),
    "plan_free_days": RuleWords(N_("unused plans are paid back in full for"), unit=N_("days")),
    "plan_notice_days": RuleWords(N_("tell members before their plan ends"), unit=N_("days")),
    "topup_free_days": RuleWords(N_("top-ups are paid back freely for"), unit=N_("days")),
    "card_spend_cents": RuleWords(N_("a printed card alone may spend"), "money"),
    "grace_days": RuleWords(N_("points given back live at least"), unit=N_("days")),
    "tier_demotion": RuleWords(N_("when a tier's time ends"), "choice"),
    "welcome_coupon_kind_id": RuleWords(N_("coupon for joining"), "coupon"),
    "referral_points": RuleWords(N_("points for bringing a friend"), unit=N_("points")),
    "referral_cap_month": RuleWords(N_("friends rewarded a month"), unit=N_("friends")),
    "referral_refund_days": RuleWords(N_("a friend's refund takes the reward back for"), unit=N_("days")),
    "checkin_points": RuleWords(N_("points for checking in"), unit=N_("points")),
    "checkin_streak_days": RuleWords(N_("extra points after a check-in streak of"), unit=N_("days")),
    "checkin_streak_points": RuleWords(N_("extra points for a check-in streak"), unit=N_("points")),
    "share_points": RuleWords(N_("points for a new visitor by a link"), unit=N_("points")),
    "share_cap_day": RuleWords(N_("visitors by a link rewarded a day"), unit=N_("visitors")),
    "birthday_points": RuleWords(N_("points for a birthday"), unit=N_("points")),
    "refund_limit_cents": RuleWords(N_("a clerk may refund alone"), "money"),
    "override_limit_cents": RuleWords(N_("a clerk may take off alone"), "money"),
    "adjust_limit_points": RuleWords(N_("a clerk may adjust alone"), unit=N_("points")),
    "transfer_limit_points": RuleWords(N_("passed on without approval"), unit=N_("points")),
    "count_limit_cents": RuleWords(N_("differences of a count written without approval"), "money"),
    "expiry_days": RuleWords(N_("batches are named before their last good day"), unit=N_("days")),
    "scale_pattern": RuleWords(N_("how a scale's label is read"), "text"),
    "gap_days": RuleWords(N_("between two offers to one member"), unit=N_("days")),
    "worktime_round_minutes": RuleWords(N_("round stretches of work to"), unit=N_("minutes")),
    "worktime_breaks": RuleWords(N_("breaks taken off: over hours > minutes"), "text"),
    "campaign_limit_members": RuleWords(N_("a campaign is large above"), unit=N_("members")),
    "campaign_limit_cents": RuleWords(N_("a campaign is large if its messages cost more than"), "money"),
    "campaign_second_person": RuleWords(N_("another person approves a campaign (1) or not (0)")),
    "campaign_opt_outs_bp": RuleWords(N_("a campaign is paused when more opt out than"), "percent"),
    "margin_bp": RuleWords(N_("left of turnover after the goods"), "percent"),
    "abroad_consent": RuleWords(N_("a provider abroad needs the member's consent (1) or not (0)")),
    "no_offer_days": RuleWords(N_("days without offers"), "text"),
    "budget_month_cents": RuleWords(N_("messages may cost a month"), "money"),
    "greeting_hours": RuleWords(N_("hours for greetings"), "text"),
    "marketing_hours": RuleWords(N_("hours for offers"), "text"),
    "service_hours": RuleWords(N_("hours for notices"), "text"),
    "birthday_days_before": RuleWords(N_("birthday greeting before the day"), unit=N_("days")),
    "leap_day": RuleWords(N_("a 29 February birthday is kept on"), "choice"),
    "churn_horizon_days": RuleWords(N_("churn looks ahead"), unit=N_("days")),
    "churn_silent_days": RuleWords(N_("without a rhythm, warn after"), unit=N_("days")),
    "churn_rhythm": RuleWords(N_("silence out of rhythm warns (1) or not (0)")),
    "churn_fixed_days": RuleWords(N_("silence warns of anybody after"), unit=N_("days")),
    "churn_spend_fall_bp": RuleWords(N_("late, and baskets smaller by"), "percent"),
    "churn_points_days": RuleWords(N_("late, and points unused for"), unit=N_("days")),
    "churn_wallet_days": RuleWords(N_("late, and stored value unused for"), unit=N_("days")),
    "group_visits": RuleWords(N_("groups: comes often from (0: the median)"), unit=N_("visits")),
    "group_basket_cents": RuleWords(N_("groups: buys much from, a visit (0: the median)"), "money"),
    "winback_loss_cents": RuleWords(N_("a win-back case is opened for a loss a month from"), "money"),
    "booking_step_minutes": RuleWords(N_("bookable times lie apart"), unit=N_("minutes")),
    "booking_lead_minutes": RuleWords(N_("members book at least before"), unit=N_("minutes")),
    "booking_ahead_days": RuleWords(N_("members book at most ahead"), unit=N_("days")),
    "booking_cancel_hours": RuleWords(N_("members cancel bookings until before"), unit=N_("hours")),
    "booking_most": RuleWords(N_("coming bookings a member makes alone"), unit=N_("bookings")),
    "booking_remind_hours": RuleWords(N_("reminded of a booking before"), unit=N_("hours")),
    "booking_no_shows": RuleWords(N_("booking with staff only after not coming"), unit=N_("times")),
    "booking_no_show_days": RuleWords(N_("not coming is counted over"), unit=N_("days")),
    "event_party_most": RuleWords(N_("places one member may take at an event"), unit=N_("places")),
    "event_compare_days": RuleWords(N_("spend is compared before and after an event for"), unit=N_("days")),
    "event_group_least": RuleWords(N_("guests needed to say what an event brought"), unit=N_("members")),
    "ticket_enquiry_in_h": RuleWords(N_("enquiries are dealt with within"), unit=N_("h")),
    "ticket_order_in_h": RuleWords(N_("order questions are dealt with within"), unit=N_("h")),
    "ticket_complaint_in_h": RuleWords(N_("complaints are dealt with within"), unit=N_("h")),
    "ticket_return_in_h": RuleWords(N_("returns asked for are dealt with within"), unit=N_("h")),
    "ticket_exchange_in_h": RuleWords(N_("exchanges asked for are dealt with within"), unit=N_("h")),
    "ticket_repair_in_h": RuleWords(N_("repairs are dealt with within"), unit=N_("h")),
    "ticket_suggestion_in_h": RuleWords(N_("suggestions are dealt with within"), unit=N_("h")),
    "ticket_praise_in_h": RuleWords(N_("praise is dealt with within"), unit=N_("h")),
    "ticket_waiting_in_h": RuleWords(N_("a ticket that waits for the member comes back after"), unit=N_("h")),
    "join_per_hour": RuleWords(N_("members joining an hour at most"), unit=N_("members")),
    "codes_per_day": RuleWords(N_("codes by text a day at most"), unit=N_("codes")),
    "keep_messages_days": RuleWords(N_("words of messages are kept for"), unit=N_("days")),
    "keep_replies_days": RuleWords(N_("replies are kept for"), unit=N_("days")),
    "keep_requests_days": RuleWords(N_("keys of requests are kept for"), unit=N_("days")),
    "keep_events_days": RuleWords(N_("events for online shops are kept for"), unit=N_("days")),
    "keep_codes_days": RuleWords(N_("codes by text are kept for"), unit=N_("days")),
    "keep_joins_days": RuleWords(N_("where members joined is kept for"), unit=N_("days")),
    "keep_warnings_days": RuleWords(N_("closed churn warnings are kept for"), unit=N_("days")),
    "keep_runs_days": RuleWords(N_("runs of jobs are kept for"), unit=N_("days")),
    "keep_tickets_days": RuleWords(N_("words of tickets dealt with are kept for"), unit=N_("days")),
    "keep_parked_days": RuleWords(N_("parked baskets are kept for"), unit=N_("days")),
    "inactive_years": RuleWords(N_("erasure is proposed without a visit for"), unit=N_("years")),
    "api_per_minute": RuleWords(N_("requests of one API key a minute at most"), unit=N_("requests")),
}

UNBOUNDED = frozenset({
    "wallet_cap_cents", "wallet_cap_unnamed_cents", "budget_month_cents", "booking_most",
    *(name for name in RULES if name.startswith("keep_"))
})  # fmt: skip
"""Rules whose 0 is no limit."""

CHOICES: dict[str, Words] = {
    "none": T("no tax on receipts"),
    "inclusive": T("prices hold it"),
    "exclusive": T("added to prices"),
    "zh": "中文",
    "en": "English",
    "months": T("so many months after they were earned"),
    "month_end": T("at the end of that month"),
    "year_end": T("at the end of the year"),
    "never": T("never"),
    "principal_first": T("paid in first, then bonus"),
    "bonus_first": T("bonus first"),
    "proportional": T("both in proportion"),
    "qualify": T("to the tier they qualify for"),
    "step": T("one tier down"),
    "02-28": T("28 February"),
    "03-01": T("1 March"),
}


def rule_label(name: str) -> Text:
    """A rule's name in words; a rule without words shows its own name."""
    return Text(RULES[name].label if name in RULES else name)


def value_said(name: str, value: str | int, coupons: dict[int, str]) -> str:
    """A rule's value with its unit."""
    words = RULES.get(name, RuleWords(name, "text"))
    if words.kind == "choice":
        return _("stays") if (name, value) == ("tier_demotion", "never") else str(CHOICES.get(str(value), value))
    if words.kind == "coupon":
        return coupons.get(int(value), str(value)) if value else _("none")
    if (name, value) == ("gap_days", 0):
        return _("no gap: offers may follow each other at once")
    if name in UNBOUNDED and not value:
        return _("no limit")
    if words.kind == "money":
        return written("amount_cents", value)
    if words.kind == "percent":
        return written("rate_bp", value)
    if words.unit and isinstance(value, int):
        return f"{value:,} {Text(words.unit)}"
    return str(value)
