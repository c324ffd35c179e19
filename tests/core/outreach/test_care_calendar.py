"""The calendar of care: what goes out on the days to come, with names and gifts, as far as it is known."""

from datetime import date

import pytest

from core.base.clock import DAY, Millis
from core.base.errors import NotAllowed
from core.outreach import care, carecalendar
from core.outreach.carerules import CareRule
from core.people.birthdays import Birthday
from tests.shops import Shop

FIRST = date(2026, 5, 29)


@pytest.fixture
def caring(shop: Shop) -> Shop:
    """A shop with a rule for most occasions."""
    shop.product("tea set", 48_000, category="茶具")
    kind = shop.coupon_kind("生日8折", effect="percent", off_bp=2000, valid_days=15)
    for rule in (
        CareRule("birthday", True, kind),
        CareRule("festival:dragon", True, None, points=30),
        CareRule("coupons", True, None, days=(7,)),
        CareRule("winback", True, None, days=(60,)),
        CareRule("welcome", True, None, days=(7,)),
        CareRule("followup:" + str(_category()), True, None, days=(3,)),
    ):
        care.save_rule(rule, by=shop.owner, now=shop.now)
    shop.rule("birthday_points", 50)
    return shop


def _category() -> int:
    from core.goods import catalogue

    return catalogue.categories()[0][0]


def said(shop: Shop, days: int = 62) -> list[tuple[str, str, int, str, tuple[str, ...]]]:
    found = care.calendar(FIRST, days, by=shop.owner, now=shop.now)
    return [(f"{one.day:%m-%d}", str(one.name), one.count, one.gift, one.names) for one in found]


def test_what_goes_out_is_told_by_day_with_gift_and_names(caring: Shop) -> None:
    member = caring.member("13800138000", name="王伟", birthday=Birthday("lunar", 5, 5))
    caring.member("13900139000", name="李娜", birthday=Birthday("solar", 6, 1))
    caring.sell(caring.basket(("tea set", 1), member=member))
    kind = caring.coupon_kind("满50减5", effect="amount", off_cents=500, valid_days=20)
    caring.give_coupon(kind, member)
    assert said(caring) == [
        ("06-01", "birthdays", 1, "生日8折 + 50 points", ("李娜",)),
        ("06-01", "after sales of 茶具", 1, "", ("王伟",)),
        ("06-05", "word to new members", 2, "", ("王伟", "李娜")),
        ("06-11", "coupons that lapse", 1, "", ("王伟",)),
        ("06-19", "birthdays", 1, "生日8折 + 50 points", ("王伟",)),
        ("06-19", "Dragon Boat Festival", 2, "30 points", ("王伟", "李娜")),
        ("07-28", "win-back", 1, "", ("王伟",)),
    ]


def test_names_are_for_who_may_find_members_and_days_gone_by_are_left_out(caring: Shop) -> None:
    for number in range(7):
        caring.member(f"1380013800{number}", name="王伟", birthday=Birthday("solar", 6, 1))
    (line,) = [one for one in care.calendar(FIRST, 5, by=caring.owner, now=caring.now) if one.occasion == "birthday"]
    assert (line.count, len(line.names)) == (7, 5)
    blind = caring.owner_with(caring.owner.rights - {"member.find"})
    assert {one.names for one in care.calendar(FIRST, 5, by=blind, now=caring.now)} == {()}
    assert care.calendar(FIRST, 5, by=caring.owner, now=Millis(caring.now + 5 * DAY)) == []


def test_a_calendar_of_no_days_or_too_many_is_refused(one_shop: Shop) -> None:
    for days in (0, 63):
        with pytest.raises(carecalendar.CalendarTooLong):
            care.calendar(FIRST, days, by=one_shop.owner, now=one_shop.now)
    with pytest.raises(NotAllowed):
        care.calendar(FIRST, 5, by=one_shop.owner_with(frozenset()), now=one_shop.now)


def test_an_empty_shop_has_an_empty_calendar(shop: Shop) -> None:
    assert said(shop) == []
