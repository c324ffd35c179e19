"""Gifts 赠礼 of a care rule: a coupon, points, or both, issued in the transaction that queues the message."""

from dataclasses import dataclass

from core.base import db
from core.base.access import Actor
from core.base.clock import DAY, Millis
from core.base.i18n import _, use
from core.books import locks, rules
from core.books.posting import Cause
from core.giving import once
from core.loyalty import coupons, points, tiers
from core.outreach.ahead import GIFT_PAUSE_DAYS, HAD_GIFT
from core.outreach.carerules import CareRule


@dataclass(frozen=True)
class Gift:
    """What is given: a coupon kind that is still given, with its name, and points."""

    kind_id: int | None = None
    kind_name: str = ""
    points: int = 0

    def said(self, language: str) -> str:
        """In words: '生日8折 + 50 积分'; empty if it is nothing."""
        with use(language):
            worth = [_("{points} points", points=self.points)] if self.points else []
        return " + ".join([self.kind_name] * (self.kind_id is not None) + worth)


NOTHING = Gift()


def of_rule(rule: CareRule) -> Gift:
    """The gift of a rule; a kind of coupon that is given no longer is none."""
    kind = next((kind for kind in coupons.kinds() if kind.id == rule.coupon_kind_id), None)
    return Gift(kind.id if kind else None, kind.name if kind else "", rule.points)


def give(member_id: int, gift: Gift, outbox_id: int, *, occasion: str, by: Actor, now: Millis) -> None:
    """Give what a message speaks of; inside the caller's transaction, at most once a message.

    The coupon refers to the message by its occasion and id, so that what it brings can be counted.
    """
    locks.hold(beside=[member_id])
    if gift.kind_id is not None:
        coupons.issue(gift.kind_id, member_id, ref_kind=occasion, ref_id=outbox_id, now=now)
    if gift.points > 0:
        points.earn(member_id, gift.points, Cause("care", "outbox", outbox_id, by, now))


# --- birthdays -----------------------------------------------------------------------------------


def for_birthday(member_id: int, rule: CareRule, *, now: Millis) -> Gift:
    """What a member gets: the coupon of their tier before the shop's, and points; nothing within the pause."""
    if had_birthday_gift(member_id, now=now):
        return NOTHING
    wanted = tiers.of(member_id, now=now).birthday_coupon_kind_id or rule.coupon_kind_id
    kind = next((kind for kind in coupons.kinds() if kind.id == wanted), None)
    return Gift(kind.id if kind else None, kind.name if kind else "", rules.current(now=now).birthday_points)


def give_birthday(member_id: int, gift: Gift, year: int, *, by: Actor, now: Millis) -> Gift:
    """Give it, at most once a year of the birthday; what was given. Inside the caller's transaction."""
    issued = gift.kind_id and coupons.issue(gift.kind_id, member_id, ref_kind="birthday", ref_id=year, now=now)
    awarded = once.award_once(member_id, gift.points, "birthday", year, by=by, now=now)
    coupon = (gift.kind_id, gift.kind_name) if issued else (None, "")
    return Gift(*coupon, gift.points if awarded is not None else 0)


def had_birthday_gift(member_id: int, *, now: Millis) -> bool:
    """Whether a coupon or points for a birthday were given within the pause."""
    span = now - GIFT_PAUSE_DAYS * DAY, now + 1
    return db.value(f"SELECT 1 FROM member m WHERE m.id = ? AND {HAD_GIFT}", (member_id, *span, *span)) is not None
