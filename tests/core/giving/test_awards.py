"""Single awards: at most once a member and occasion; points with the birthday greeting."""

import pytest

from core.base import access, db
from core.giving import once
from core.loyalty import points
from core.outreach import care, templates
from core.people import members
from core.people.birthdays import Birthday
from tests.shops import Shop, at

JOB = access.scheduler("test")
PURPOSES = ("membership", "service", "marketing")


def award(shop: Shop, member: int, occasion: once.Occasion, number: int, given: int = 30) -> bool:
    return once.award_once(member, given, occasion, number, by=JOB, now=shop.now) is not None


def test_one_occasion_gives_once(shop: Shop) -> None:
    member = shop.member()
    assert [award(shop, member, "survey", 1), award(shop, member, "survey", 1)] == [True, False]
    assert [award(shop, member, "survey", 2), award(shop, member, "campaign", 1)] == [True, True]
    assert points.state(member, now=shop.now).balance == 90


def test_no_points_and_no_active_membership_give_nothing(shop: Shop) -> None:
    member = shop.member()
    assert not award(shop, member, "survey", 1, given=0)
    members.set_state(member, "blocked", by=shop.owner, now=shop.now)
    assert not award(shop, member, "survey", 1)


def celebrate(shop: Shop, *, coupon: bool) -> int:
    kind = shop.coupon_kind("生日8折", effect="percent", off_bp=2000) if coupon else None
    care.set_rule("birthday", active=True, coupon_kind_id=kind, by=shop.owner, now=shop.now)
    shop.rule("birthday_points", 50)
    member = shop.member("13800138000", name="王伟", purposes=PURPOSES, birthday=Birthday("solar", 12, 20))
    for _ in range(2):
        care.greet_birthdays(by=JOB, now=at(2026, 12, 20, 9))
    return member


@pytest.mark.parametrize(("coupon", "gift"), [(True, "生日8折 + 50 积分"), (False, "50 积分")])
def test_a_birthday_brings_points_beside_the_coupon_or_alone(shop: Shop, coupon: bool, gift: str) -> None:
    member = celebrate(shop, coupon=coupon)
    assert points.state(member, now=at(2026, 12, 20)).balance == 50
    variables = db.value("SELECT variables FROM outbox WHERE template = 'birthday_gift'")
    assert templates.render("birthday_gift", "zh", variables).endswith(f"生日快乐。“{gift}”已放入您的会员卡。")


def test_points_too_keep_the_pause_of_300_days(shop: Shop) -> None:
    member = celebrate(shop, coupon=False)
    members.set_birthday(member, Birthday("solar", 1, 5), by=shop.owner, now=at(2026, 12, 21))
    care.greet_birthdays(by=JOB, now=at(2027, 1, 5, 9))
    assert points.state(member, now=at(2027, 1, 5)).balance == 50
    assert db.value("SELECT count(*) FROM outbox WHERE template = 'birthday'") == 1
