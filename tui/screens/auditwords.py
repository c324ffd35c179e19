"""Lines of the audit log in words: what the facts before and after a change are called and how they are said."""

import json
from collections.abc import Callable, Mapping

from core.base import access
from core.base.i18n import N_, Text, _
from core.base.money import plain, quantity_shown
from core.books.audit import AuditRow
from tui.screens.lists import cents, moment
from tui.screens.rulewords import RULES, rule_label, value_said

ENTITIES = {
    "member": N_("member"), "product": N_("product"), "sale": N_("sale"), "staff": N_("account"),
    "store": N_("store"), "shift": N_("shift"), "coupon": N_("coupon"), "coupon_kind": N_("coupon kind"),
    "promotion": N_("promotion"), "plan": N_("plan"), "tier": N_("tier"), "reward": N_("reward"),
    "lottery": N_("lottery"), "punch_card": N_("punch card"), "pass_kind": N_("pass"), "own_field": N_("own field"),
    "hold": N_("value set aside"), "handout": N_("reward"), "topup_rule": N_("top-up rule"), "tag": N_("tag"),
    "coupon_hold": N_("coupon set aside"), "basket_run": N_("count of baskets"),
    "device": N_("kiosk"), "churn_warning": N_("churn warning"), "backtest": N_("back-test"),
    "gathering": N_("event"), "gathering_signup": N_("sign-up"),
    "winback_case": N_("win-back case"), "winback_batch": N_("win-back offers"), "follow_up": N_("task"),
    "booking": N_("booking"), "winback_strategy": N_("win-back strategy"), "gift_card": N_("gift card"),
    "ticket": N_("ticket"), "follow_rule": N_("rule for tasks"),
    "webhook": N_("webhook"), "source_link": N_("printed link"), "card_batch": N_("batch of cards"),
    "backup": N_("backup"), "import_batch": N_("import"), "database": N_("database"),
    "outbox": N_("message"),
    "channel": N_("channel"),
    "segment": N_("segment"), "campaign": N_("campaign"),
    "survey": N_("survey"), "survey_reply": N_("answers to a survey"), "commission": N_("commission rule"),
    "delivery": N_("delivery"), "transfer": N_("transfer"), "count": N_("count"), "supplier": N_("supplier"),
    "goal": N_("goal"), "quality": N_("data quality"), "report_mail": N_("report by mail"),
}  # fmt: skip
FACTS = {
    "way": N_("which way"), "moment_at": N_("moment"), "rate_bp": N_("rate"), "each_cents": N_("each"),
    "from_day": N_("from day"),
    "missing_milli": N_("missing"), "shelf": N_("shelf"), "least_milli": N_("at least"), "parts": N_("parts"),
    "barcodes": N_("barcodes"), "until": N_("until"),
    "pause_days": N_("days between"), "months": N_("months"),
    "new": N_("newly found"), "gone": N_("put right"), "report": N_("report"), "first": N_("from day"),
    "month": N_("month"), "what": N_("goal"), "target": N_("target"),
    "name": N_("name"), "points": N_("points"), "reason": N_("reason"), "key": N_("the key"),
    "quantity_milli": N_("quantity"), "tier": N_("tier"), "price_cents": N_("price"), "occasion": N_("occasion"),
    "language": N_("language"), "kind": N_("kind"), "for": N_("meant for"), "field": N_("field"), "days": N_("days"),
    "why": N_("reason"), "tags": N_("tags"), "reward": N_("reward"), "purpose": N_("purpose"),
    "opens_at": N_("sold from"), "members": N_("how many members"), "member": N_("member"),
    "counted_cents": N_("counted"),
    "count": N_("how many"), "cents": N_("amount"), "warnings": N_("warnings"), "visits": N_("visits"),
    "version": N_("version"), "uses": N_("uses"), "total_cents": N_("total"), "template": N_("message"),
    "taken": N_("taken away"), "given": N_("newly given"), "tag": N_("tag"), "streak_days": N_("days in a row"),
    "stock": N_("stock"), "staff": N_("adviser"), "source": N_("joined by"), "sale": N_("sale"), "rows": N_("rows"),
    "role": N_("role"), "rank": N_("rank"), "prize": N_("prize"), "plan": N_("plan"), "phone": N_("phone"),
    "period": N_("period"), "payer": N_("payer"), "pay_cents": N_("paid in"), "off": N_("taken off"),
    "number": N_("number"), "note": N_("note"), "login": N_("sign-in name"), "list": N_("list"),
    "limit_cents": N_("limit"), "keep_holders": N_("holders keep it"), "job": N_("job"), "fields": N_("fields"),
    "expected_cents": N_("expected"), "every": N_("every"), "enabled": N_("switched on"), "day": N_("day"),
    "commitment": N_("commitment"), "card": N_("card"), "bonus_cents": N_("bonus"), "active": N_("switched on"),
    "barcode": N_("barcode"), "sku": N_("item number"), "category": N_("category"), "discountable": N_("discounts"),
    "earns": N_("earns points"), "points_each": N_("points a piece"), "tax_bp": N_("rate of tax"),
    "stores": N_("stores"),
    "referrer": N_("referrer"), "from_referrer": N_("taken from the referrer"), "to_referrer": N_("to the referrer"),
    "to": N_("passed to"), "gift": N_("gift"), "visit": N_("visit"), "after": N_("after"),
    "file": N_("file"), "bytes": N_("bytes"), "sealed": N_("sealed"), "copied": N_("in a second place"),
    "whole": N_("restored wholly"), "findings": N_("findings"), "made_at": N_("made"), "sales": N_("sales"),
    "host": N_("address"), "kinds": N_("events"), "events": N_("events"), "step": N_("step"),
    "principal_cents": N_("principal"), "pass_uses": N_("uses of passes"), "coupons": N_("coupons"),
    "products": N_("products"), "stock_milli": N_("stock"),
    "merge": N_("merge"), "into": N_("merged into"), "from": N_("from"),
    "refunds": N_("refunds"), "baskets": N_("baskets"), "popular": N_("popular products"),
    "cron": N_("times"), "zone": N_("time zone"), "catch_up_s": N_("caught up for (seconds)"), "channel": N_("channel"),
    "segment": N_("segment"), "held_out": N_("held out of it"), "cost_cents": N_("cost of messages"),
    "scope": N_("how far"), "added": N_("new"), "known": N_("known already"),
    "unread": N_("not read"), "currency": N_("currency"), "micros": N_("millionths a part"),
    "most_micros": N_("millionths at most"), "outcome": N_("outcome"), "strategy": N_("strategy"),
    "satisfaction": N_("satisfaction"), "coupon": N_("coupon"), "state": N_("state"), "event": N_("event"),
    "places": N_("places"), "waiting": N_("places on the waiting list"), "from_at": N_("begins"),
    "until_at": N_("ends"),
    "budget_cents": N_("budget"), "booked": N_("places taken"), "came": N_("came"),
    "stops": N_("wants no more"),
}  # fmt: skip
"""What the facts of known actions are called; any other shows its own name."""
VALUES: dict[str, str] = {
    "owner": N_("owner"),
    "manager": N_("manager"),
    "clerk": N_("clerk"),
    "in": N_("in"),
    "out": N_("out"),
    "add": N_("add"),
    "move": N_("other time"),
    "drop": N_("take away"),
    "own_use": N_("own use"),
    "broken": N_("broken"),
    "expired": N_("expired"),
    "lost": N_("lost"),
    "other": N_("other"),
    "membership": N_("membership"),
    "service": N_("notices"),
    "marketing": N_("offers"),
    "profiling": N_("suggestions"),
    "abroad": N_("sending abroad"),
    "till": N_("at the till"),
    "kiosk": N_("kiosk"),
    "phone": N_("phone"),
    "birthday": N_("birthday"),
    "note": N_("note"),
    "name": N_("name"),
    "text": N_("text"),
    "number": N_("number"),
    "day": N_("day"),
    "choice": N_("one of a few"),
    "dead": N_("given up"),
    "refused": N_("refused"),
    "review": N_("to be checked"),
}
WORDED = frozenset({"way", "role", "why", "purpose", "source", "field", "kind", "reason", "state"})
"""Facts whose values are words of the program; all others are the shop's own."""


def about(one: AuditRow) -> list[str]:
    """What a line was about, and each fact before and after: 'price ¥18.00 → ¥19.50'."""
    entity = str(Text(ENTITIES.get(one.entity, one.entity)))
    said = [f"{entity} {one.entity_id}" if one.entity_id else ""]
    before, after = _facts(one.before), _facts(one.after)
    said.append(" · ".join(_change(name, before, after) for name in dict.fromkeys((*before, *after))))
    return [line for line in said if line]


def _facts(stored: str | None) -> dict[str, object]:
    return json.loads(stored) if stored else {}


def _change(name: str, before: Mapping[str, object], after: Mapping[str, object]) -> str:
    label = rule_label(name) if name in RULES else Text(FACTS.get(name, name))
    if name not in before:
        return f"{label} {said(name, after[name])}"
    if name not in after:
        return f"{label} {said(name, before[name])} → —"
    return f"{label} {said(name, before[name])} → {said(name, after[name])}"


def said(name: str, value: object) -> str:
    """A fact as it is read: with its unit, a moment, yes or no, or several with commas."""
    if value is None or value == "" or value == []:
        return "—"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(said(name, one) for one in value)
    if isinstance(value, dict):
        return ", ".join(_change(inner, {}, value) for inner in value)
    if name in RULES and isinstance(value, str | int):
        return value_said(name, value, {})
    if isinstance(value, int):
        return _figure(name, value)
    if str(value) in access.NAMES and name in ("given", "taken"):
        return str(access.named(str(value)))
    return str(Text(VALUES[str(value)])) if name in WORDED and str(value) in VALUES else str(value)


_UNITS: dict[str, Callable[[int], str]] = {
    "cents": cents, "milli": quantity_shown, "at": moment, "bp": lambda rate: f"{plain(rate)} %",
}  # fmt: skip


def _figure(name: str, value: int) -> str:
    unit = _UNITS.get(name.rpartition("_")[2])
    return f"{value:,}".replace("-", "−") if unit is None else unit(value)
