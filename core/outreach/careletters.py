"""One message to one member for an occasion: planned for many at once, written each in a transaction with its gift."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal

from core.base import db
from core.base.access import Actor
from core.base.clock import Millis
from core.books import audit, outbox, rules
from core.books.outbox import Category, Letter
from core.outreach import ahead, gifts
from core.outreach.carerules import CareRule
from core.outreach.gifts import Gift
from core.people import consent

NOBODY = {"zh": "您", "en": "dear member"}
"""How a member without a name is addressed."""


@dataclass(frozen=True)
class Occasion:
    """What one member is written for; the key says who, what and which year, never by which channel."""

    member_id: int
    key: str
    expires_at: Millis
    facts: Mapping[str, str | int] = field(default_factory=dict)


AT_ONCE = 100
"""So many messages are queued in one transaction; a till waits no longer than that."""
Reach = Literal["gift", "bare", "none"]


def reach(rule: CareRule, *, has_gift: bool, agreed: bool, busy: bool, coming: bool) -> Reach:
    """How far a member may be written to: with the gift, with a bare sentence, or not at all.

    A greeting that comes within the gap of another message is bare and brings no gift: the message could not tell of
    it. Nothing that counts is written shortly before a greeting with a gift; to who wants no offers none comes.
    """
    kind = rule.kind
    offers = (kind.gift_category if has_gift else kind.category) in ("marketing", "gift_greeting")
    if coming and (kind.category == "marketing" or (kind.category == "greeting" and agreed)):
        return "none"
    if offers and (coming or busy or not agreed):
        return "none" if kind.category == "marketing" else "bare"
    return "gift" if has_gift else "bare"


def write_all(rule: CareRule, found: Iterable[Occasion], *, by: Actor, now: Millis) -> int:
    """Queue the messages of a rule to all who may be written to, some in a transaction; how many were new."""
    wanted, written = iter(found), 0
    while some := list(islice(wanted, AT_ONCE)):
        written += _write_some(rule, sorted(some, key=lambda one: one.member_id), by=by, now=now)
    return written


@db.atomic
def _write_some(rule: CareRule, some: list[Occasion], *, by: Actor, now: Millis) -> int:
    member_ids = {one.member_id for one in some}
    gap_days, gift, written = rules.current(now=now).gap_days, gifts.of_rule(rule), 0
    coming = ahead.gift_due_within(member_ids, gap_days, now=now, rank=rule.kind.rank) if gap_days else set()
    busy = ahead.busy(member_ids, now=now)
    for one in some:
        if is_written(one.key):
            continue
        facts = {"busy": one.member_id in busy, "coming": one.member_id in coming}
        agreed = wants_offers(one.member_id)
        how = reach(rule, has_gift=gift != gifts.NOTHING, agreed=agreed, **facts)
        if how != "none":
            written += _write(rule, one, gift if how == "gift" else gifts.NOTHING, by=by, now=now)
            busy.add(one.member_id)
    return written


def wants_offers(member_id: int) -> bool:
    """Whether a member agreed to offers by the channel care writes by."""
    return consent.holds(member_id, "marketing", Letter.channel)


def is_written(key: str) -> bool:
    """Whether an occasion was written for before."""
    return db.value("SELECT 1 FROM outbox WHERE dedupe_key = ?", (key,)) is not None


def _write(rule: CareRule, one: Occasion, given: Gift, *, by: Actor, now: Millis) -> int:
    language = outbox.language_of(one.member_id, now=now)
    said = {"coupon": given.said(language)} if given != gifts.NOTHING else {}
    template, category = of_kind(rule, has_gift=bool(said))
    letter = Letter(
        dedupe_key=one.key,
        template=template,
        category=category,
        language=language,
        variables={**named(one.member_id, language, now=now), **one.facts, **said},
        member_id=one.member_id,
        expires_at=one.expires_at,
    )
    outbox_id = outbox.put(letter, now=now)
    if outbox_id is None:
        return 0
    if said:
        gifts.give(one.member_id, given, outbox_id, occasion=rule.occasion.partition(":")[0], by=by, now=now)
    after = {"occasion": rule.occasion, "gift": bool(said)}
    action = "care.greeted" if rule.kind.category == "greeting" else "care.written"
    audit.record(action, "member", one.member_id, by=by, now=now, after=after)
    return 1


def of_kind(rule: CareRule, *, has_gift: bool) -> tuple[str, Category]:
    """The template and category of an occasion."""
    kind = rule.kind
    return (kind.gift_template, kind.gift_category) if has_gift else (kind.template, kind.category)


def named(member_id: int, language: str, *, now: Millis) -> dict[str, str | int]:
    """The shop's name, and the member's or how one without a name is addressed."""
    name = db.value("SELECT name FROM member_person WHERE member_id = ?", (member_id,))
    return {"shop": rules.current(now=now).shop_name, "name": name or NOBODY[language]}


def in_tiers(rule: CareRule, column: str = "m.id") -> tuple[str, tuple[int, ...]]:
    """The tiers of a rule as a condition with its values; none where the rule is for everyone."""
    return ahead.of_tiers_sql(rule.tier_ids, column)
