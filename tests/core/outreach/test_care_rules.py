"""Greetings and notices: each at most once, gifts not too often."""

from core.base import access, db
from core.base.clock import DAY, Millis
from core.loyalty import topups
from core.loyalty.topups import TopUpTerms
from core.outreach import care, occasions
from core.outreach.due import Due
from core.people import members
from core.people.birthdays import Birthday
from tests.shops import Shop, at

JOB = access.scheduler("test")
PURPOSES = ("membership", "service", "marketing")


def celebrate(shop: Shop, now: Millis) -> int:
    return care.greet_birthdays(by=JOB, now=now)


def letters(template: str) -> int:
    return int(db.value("SELECT count(*) FROM outbox WHERE template = ?", (template,)))


def test_a_lunar_birthday_is_greeted_with_a_coupon_once(shop: Shop) -> None:
    kind = shop.coupon_kind("生日8折", effect="percent", off_bp=2000)
    care.set_rule("birthday", active=True, coupon_kind_id=kind, by=shop.owner, now=shop.now)
    member = shop.member("13800138000", name="王伟", purposes=PURPOSES, birthday=Birthday("lunar", 8, 15, 1988))
    festival = at(2026, 9, 25, 9)
    assert (celebrate(shop, festival), celebrate(shop, Millis(festival + 1))) == (1, 0)
    assert db.one("SELECT dedupe_key, template, category FROM outbox WHERE template = 'birthday_gift'") == (
        f"birthday:{member}:2026", "birthday_gift", "gift_greeting",
    )  # fmt: skip
    assert db.value("SELECT count(*) FROM coupon WHERE member_id = ?", (member,)) == 1


def test_a_birthday_moved_within_300_days_brings_a_greeting_but_no_second_gift(shop: Shop) -> None:
    kind = shop.coupon_kind("生日8折", effect="percent", off_bp=2000)
    care.set_rule("birthday", active=True, coupon_kind_id=kind, by=shop.owner, now=shop.now)
    member = shop.member("13800138000", name="王伟", purposes=PURPOSES, birthday=Birthday("solar", 12, 20))
    celebrate(shop, at(2026, 12, 20, 9))
    members.set_birthday(member, Birthday("solar", 1, 5), by=shop.owner, now=at(2026, 12, 21))
    celebrate(shop, at(2027, 1, 5, 9))
    assert (letters("birthday_gift"), letters("birthday")) == (1, 1)


def test_a_switched_off_occasion_greets_nobody(shop: Shop) -> None:
    shop.member("13800138000", purposes=PURPOSES, birthday=Birthday("solar", 5, 29))
    assert celebrate(shop, shop.now) == 0


def test_points_are_announced_once_before_they_expire(shop: Shop) -> None:
    member = shop.member("13800138000", purposes=PURPOSES)
    shop.give_points(member, 120)
    before = at(2027, 5, 20)
    assert care.warn_expiring_points(by=JOB, now=at(2027, 5, 1)) == 0
    assert (care.warn_expiring_points(by=JOB, now=before), care.warn_expiring_points(by=JOB, now=before)) == (1, 0)
    assert '"points": 120' in db.value("SELECT variables FROM outbox WHERE template = 'points_expiring'")


def test_bonus_is_announced_once_before_it_expires_and_not_once_it_is_spent(shop: Shop) -> None:
    member = shop.member("13800138000", purposes=PURPOSES)
    topups.set_rule(50_000, TopUpTerms(bonus_cents=5_000, bonus_days=60), by=shop.owner, now=shop.now)
    shop.top_up(member, 50_000)
    soon = Millis(shop.now + 55 * DAY)
    assert (care.warn_expiring_points(by=JOB, now=soon), care.warn_expiring_points(by=JOB, now=soon)) == (1, 0)
    key, said = db.rows("SELECT dedupe_key, variables FROM outbox WHERE template = 'bonus_expiring'")[0]
    assert (key.startswith(f"bonus-expiry:{member}:2026-07-28:"), '"¥50.00"' in said) == (True, True)
    due = Due(1, member, "+8613800138000", "service", "bonus_expiring", key, Millis(soon + DAY))
    assert occasions.holds(due, now=soon)
    assert not occasions.holds(due, now=Millis(soon + 30 * DAY))


def test_expired_points_are_written_off_by_the_job(shop: Shop) -> None:
    member = shop.member()
    shop.give_points(member, 120)
    assert care.expire_points(by=JOB, now=at(2027, 5, 29)) == 0
    assert care.expire_points(by=JOB, now=Millis(at(2027, 5, 29) + DAY)) == 120
    assert db.value("SELECT balance FROM account WHERE member_id = ? AND asset = 'points'", (member,)) == 0
