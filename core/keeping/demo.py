"""The demo shop: two stores, 400 members, two years of sales, made by the same verbs a till uses.

Seeded, so that it is the same shop each time, ending on the day it is made: seasons, weekdays and
hours, each member's own rhythm, silent leavers, lunar birthdays, a duplicate, top-ups with bonus,
coupons, promotions. Names and numbers are made up, and a demo can send nothing real.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

import tzlocal

from core.base import clock, db, lunar
from core.base.access import Actor, scheduler
from core.base.clock import DAY, MINUTE, Millis
from core.base.money import Milli
from core.books import rules
from core.giving import lottery, punch, rewards
from core.giving.lottery import LotteryTerms, PrizeTerms
from core.giving.rewards import RewardTerms
from core.goods import catalogue
from core.keeping import (
    demobookings,
    democampaign,
    demogatherings,
    demogoods,
    demostaff,
    demosurveys,
    demotickets,
    demowinback,
    opening,
)
from core.keeping.opening import Opening
from core.loyalty import coupons, plans, tiers, topups, wallet
from core.loyalty.coupons import Terms
from core.loyalty.plans import Plan
from core.loyalty.topups import TopUpTerms
from core.outreach import care, delivery
from core.outreach.carerules import CareRule
from core.people import consent, credentials, members, staff
from core.people.credentials import Proof
from core.people.members import Birthday, Joining
from core.selling import promotions, quotes, refunds, sales
from core.selling.promotions import PromotionTerms
from core.selling.quotes import Basket, BasketLine
from core.selling.refunds import How, ReturnLine
from core.selling.sales import SaleRequest, Tender
from core.selling.tenders import TenderKind

SEED = 20261121
MEMBERS = 400
DAYS = 730
JOBS = scheduler("demo")
PASSWORD = "demo-demo"  # noqa: S105 (printed for everyone to see)

GOODS = (
    ("珍珠奶茶", 1800, "奶茶", "6901000000015"), ("桂花拿铁", 2400, "咖啡", "6901000000022"),
    ("美式咖啡", 1600, "咖啡", "6901000000039"), ("茉莉绿茶", 1400, "茶", "6901000000046"),
    ("杨枝甘露", 2600, "甜品", "6901000000053"), ("栗子蛋糕", 3200, "蛋糕", "6901000000060"),
    ("抹茶千层", 3600, "蛋糕", "6901000000077"), ("蛋挞", 800, "点心", "6901000000084"),
    ("红豆面包", 1000, "点心", "6901000000091"), ("曲奇礼盒", 6800, "礼盒", "6901000000107"),
    ("龙井 50 克", 8800, "茶", "6901000000114"), ("保温杯", 12800, "礼盒", "6901000000121"),
)  # fmt: skip
GOES_WITH = {"桂花拿铁": "蛋挞", "美式咖啡": "红豆面包", "茉莉绿茶": "抹茶千层", "珍珠奶茶": "栗子蛋糕"}
"""What many take beside what, so that there is something to recommend."""
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕欧阳".strip()
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀英霞平刚桂香建华文玉兰志红梅鑫宇浩然子涵梓萱雨桐诗琪"
ENGLISH = ("Anna Reed", "Tom Baker", "Grace Lin", "Daniel Wu", "Emily Chen", "James Fox", "Olivia Hart", "Sam Young")
WAYS: tuple[TenderKind, ...] = ("cash", "wechat", "wechat", "alipay", "card")
HOUR_WEIGHTS = {8: 3, 9: 4, 10: 4, 11: 5, 12: 8, 13: 6, 14: 6, 15: 8, 16: 7, 17: 6, 18: 8, 19: 7, 20: 5}


@dataclass
class _Person:
    """A demo member's habits."""

    member_id: int
    store: int
    gap_days: float
    next_day: int
    leaves_day: int
    hours: tuple[int, ...]
    favourites: tuple[int, ...]
    stores_value: bool
    beside: dict[int, int]


Progress = Callable[[int, int], None]


def build(*, now: Millis, progress: Progress | None = None) -> Actor:
    """Fill an empty database with the demo shop; the owner. Takes about a minute.

    Raises: AlreadyOpen.
    """
    dice = random.Random(SEED)  # noqa: S311 (a demo is to be the same each time)
    zone = tzlocal.get_localzone_name()  # so that the day on the screens is the day of whoever looks
    today = clock.day_of(now, zone)
    start = clock.at_time(today - timedelta(days=DAYS), 7, 0, zone)
    owner = opening.open_shop(_opening(zone), now=start)
    second = opening.add_store("静安寺店", zone=zone, by=owner, now=start)
    stores = [store for store, _ in opening.stores()]
    _staff(owner, stores, now=start)
    _offers(owner, start)
    products = [one.id for one in catalogue.everything() if one.kind == "goods"]
    demogoods.arrange({name: category for name, _, category, _ in GOODS}, by=owner, now=start)
    demogoods.refill(stores, by=owner, now=start, opening=True)
    people = _people(dice, stores, products, _beside())
    for done in range(DAYS + 1):
        day = today - timedelta(days=DAYS - done)
        if done == DAYS - democampaign.BEGAN_DAYS:
            _come(people, set(democampaign.send(owner, now=clock.at_time(day, 10, 30, zone))), done)
        if day.day == 1:
            demogoods.refill(stores, by=owner, now=clock.at_time(day, 7, 0, zone))
        _day(dice, people, day, done, owner, zone, now)
        if done == DAYS - demowinback.BEGAN_DAYS:
            demowinback.begin(owner, now=Millis(now - demowinback.BEGAN_DAYS * DAY))
        if done == DAYS - demostaff.DAYS:
            demostaff.begin(owner, today=today, zone=zone)
        if progress:
            progress(done, DAYS)
    _lately(dice, people, owner, today, now, second)
    _giving(owner, today, now)
    demowinback.go_on(owner, now=now)
    democampaign.aim(owner, now=now)
    demosurveys.ask(by=owner, now=now)
    demogatherings.build(owner, stores[0], now=now)
    demotickets.begin(owner, now=now)
    demogoods.go_on(stores, by=owner, now=now)
    demobookings.build(owner, stores[0], now=now)
    demostaff.go_on(owner, stores, today=today, zone=zone, now=now)
    delivery.close_history(before=now)
    from core.insight import baskets  # numpy: names of the demo are wanted without it

    baskets.count(by=JOBS, now=now)
    return owner


def _opening(zone: str) -> Opening:
    return Opening(
        zone=zone,
        language="zh",
        shop_name="桂花里",
        store_name="南京东路店",
        owner_name="周丽",
        login="owner",
        password=PASSWORD,
        products=tuple((name, cents, code) for name, cents, _, code in GOODS),
    )


def _staff(owner: Actor, stores: list[int], *, now: Millis) -> None:
    staff.create("manager", "陈敏", "manager", password=PASSWORD, by=owner, now=now)
    staff.create("clerk", "小吴", "clerk", password=PASSWORD, by=owner, now=now, stores=(stores[0],))
    staff.create("anna", "Anna Reed", "manager", password=PASSWORD, by=owner, now=now, language="en")


def _offers(owner: Actor, now: Millis) -> None:
    welcome = coupons.create_kind(
        "新客5元", Terms(effect="amount", off_cents=500, threshold_cents=3000), valid_days=30, by=owner, now=now
    )
    birthday = coupons.create_kind("生日8折", Terms(effect="percent", off_bp=2000, cap_cents=3000), valid_days=30,
                                   by=owner, now=now)  # fmt: skip
    rules.change("welcome_coupon_kind_id", welcome, by=owner, now=now)
    care.set_rule("birthday", active=True, coupon_kind_id=birthday, by=owner, now=now)
    for rule in (
        CareRule("anniversary", True, None),
        CareRule("festival:spring", True, None, points=20),
        CareRule("festival:dragon", True, None),
        CareRule("festival:moon", True, None, points=20),
        CareRule("winback", True, birthday, days=(60, 90)),
        CareRule("coupons", True, None, days=(7,)),
    ):
        care.save_rule(rule, by=owner, now=now)
    for pay, bonus in ((20_000, 2000), (50_000, 5000), (100_000, 15_000)):
        topups.set_rule(pay, TopUpTerms(bonus_cents=bonus, bonus_days=365), by=owner, now=now)
    promotions.create(
        "满100减20", PromotionTerms(effect="reduction", threshold_cents=10_000, off_cents=2000), by=owner, now=now
    )
    terms = PromotionTerms(effect="percent", off_bp=2000, days_of_month=(8, 18, 28), group="member",
                           tier_ids=tuple(tier.id for tier in tiers.all_tiers()))  # fmt: skip
    promotions.create("会员日8折", terms, by=owner, now=now)
    half = PromotionTerms(effect="nth", every=2, off_bp=5000, weekdays=(1,), not_with=("coupon",))
    promotions.create("周二第二件半价", half, by=owner, now=now)
    promotions.create(
        "周三双倍积分", PromotionTerms(effect="points", points_bp=20_000, weekdays=(2,)), by=owner, now=now
    )


def _giving(owner: Actor, today: date, now: Millis) -> None:
    """What points buy, a membership that is sold, a card for visits, a lottery, and the top tier's own coupons."""
    rules.change("checkin_points", 5, by=owner, now=now)
    free_tea = coupons.create_kind("每月一杯", Terms(effect="amount", off_cents=1800), valid_days=30, by=owner, now=now)
    terms = RewardTerms(kind="product", points=600, each=2)
    rewards.create("桂花茶具一套", terms, stock=20, by=owner, now=now)
    a_cup = RewardTerms(kind="coupon", points=1800, coupon_kind_id=free_tea)
    rewards.create("免费茶一杯", a_cup, stock=None, by=owner, now=now)
    plans.create_with_product(Plan(0, 0, "桂花年卡", 365, 800, 20_000, early_days=2), 19_900, by=owner, now=now)
    punch.create("喝十送一", 10, points=100, by=owner, now=now)
    month = LotteryTerms(cost_points=20, tries_day=3, first_on=today, last_on=today + timedelta(days=29))
    prizes = (
        PrizeTerms(name="茶具一套", kind="product", odds_ppm=2000, stock=5),
        PrizeTerms(name="50 积分", kind="points", odds_ppm=150_000, points=50),
    )
    lottery.create("桂花抽奖", month, prizes, by=owner, now=now)
    highest = replace(tiers.all_tiers(now=now)[-1], each_kind_id=free_tea, early_days=3, adviser=True)
    tiers.change(highest, from_at=now, keep_holders=True, by=owner, now=now)


def _people(
    dice: random.Random, stores: list[int], products: list[int], beside: dict[int, int]
) -> list[_Person]:  # fmt: skip
    people = []
    for number in range(MEMBERS):
        gap = dice.choice((7, 9, 14, 14, 21, 21, 30, 30, 45, 60)) * dice.uniform(0.8, 1.25)
        joined = int(dice.triangular(0, DAYS - 5, 60)) if number > 12 else dice.randrange(DAYS - 40, DAYS - 3)
        leaves, last = DAYS + 999, DAYS - 20
        if dice.random() < 0.12 and joined + 30 < last:
            leaves = dice.randrange(max(joined + 30, DAYS - 300), last)
        people.append(
            _Person(
                member_id=0,
                store=stores[0] if dice.random() < 0.6 else stores[1],
                gap_days=gap,
                next_day=joined,
                leaves_day=leaves,
                hours=tuple(dice.choices(list(HOUR_WEIGHTS), list(HOUR_WEIGHTS.values()), k=3)),
                favourites=tuple(dice.sample(products, 3)),
                stores_value=dice.random() < 0.25,
                beside={},
            )
        )
        if not people[-1].stores_value:  # theirs are the baskets that may grow without moving the dice of all others
            people[-1].beside = beside
    return people


@db.atomic
def _day(
    dice: random.Random, people: list[_Person], day: date, number: int, owner: Actor, zone: str, end: Millis
) -> None:
    """One day of the shop: who joins, who comes, and passers-by without a card; jobs once a month."""
    if day.day == 1:
        night = clock.at_time(day, 3, 0, zone)
        care.expire_points(by=JOBS, now=night)
        care.review_tiers(by=JOBS, now=night)
    for at, person, place in sorted(_visits(dice, people, day, number, zone), key=lambda visit: visit[0]):
        if at >= end:
            continue
        if person.member_id == 0:
            person.member_id = members.join(_joining(dice, place, person, day), by=owner, now=at)
        _visit(dice, person, owner, Millis(at + 60_000), end)
    if dice.random() < 0.5:
        at = clock.at_time(day, 15, 30, zone)
        if at < end:
            _sell(dice, Basket(people[0].store, _lines(dice, people[0].favourites)), owner, at, wallet_cents=0)


def _visits(
    dice: random.Random, people: list[_Person], day: date, number: int, zone: str
) -> Iterator[tuple[Millis, _Person, int]]:
    season = 1.25 if day.month in (1, 2, 11, 12) else 0.85 if day.month in (7, 8) else 1.0
    weekend = 1.3 if day.weekday() >= 5 else 0.92
    for place, person in enumerate(people):
        if number < person.next_day or number >= person.leaves_day:
            continue
        wait = dice.expovariate(1 / person.gap_days) * 0.35 + person.gap_days * dice.uniform(0.5, 0.85)
        person.next_day = number + max(1, round(wait / (season * weekend)))
        hour = dice.choice(person.hours)
        yield clock.at_time(day, hour, dice.randrange(60), zone), person, place


def _come(people: list[_Person], written: set[int], done: int) -> None:
    """A message brings every other of those who got it within nine days, unless they left for good."""
    for place, person in enumerate(people):
        if person.member_id in written and place % 2 and person.leaves_day > done:
            person.next_day = min(person.next_day, done + 1 + place % 9)


def _beside() -> dict[int, int]:
    """What goes with what, by product."""
    by_name = {one.name: one.id for one in catalogue.everything()}
    return {by_name[name]: by_name[other] for name, other in GOES_WITH.items()}


def _joining(dice: random.Random, place: int, person: _Person, day: date) -> Joining:
    english = place % 50 == 7
    name = ENGLISH[place // 50 % len(ENGLISH)] if english else _name(dice)
    if place == MEMBERS - 1:
        name = "王伟芳"
    purposes: tuple[consent.Purpose, ...] = ("membership", "service")
    if dice.random() < 0.6:
        purposes = (*purposes, "marketing")
    if place % 10 >= 3:
        purposes = (*purposes, "profiling")
    phone = None if dice.random() < 0.04 else f"199{dice.randrange(10**8):08d}"
    return Joining(
        phone=phone,
        name=name,
        birthday=_birthday(dice) if dice.random() < 0.7 else None,
        language="en" if english else "zh",
        source=dice.choice(("kiosk", "kiosk", "till", "till", "poster", "friend", "staff")),
        store_id=person.store,
        purposes=purposes,
    )


def _name(dice: random.Random) -> str:
    surname = "欧阳" if dice.random() < 0.02 else dice.choice(SURNAMES[:-2])
    return surname + "".join(dice.sample(GIVEN, dice.choice((1, 2, 2))))


def _birthday(dice: random.Random) -> Birthday:
    year = dice.randrange(1955, 2007)
    if dice.random() < 0.3:
        return Birthday("lunar", dice.randint(1, 12), dice.randint(1, 29), year)
    return Birthday("solar", dice.randint(1, 12), dice.randint(1, 28), year)


def _lines(dice: random.Random, favourites: tuple[int, ...]) -> tuple[BasketLine, ...]:
    chosen = dice.sample(favourites, dice.choice((1, 1, 2, 2, 3)))
    return tuple(BasketLine(product, Milli(1000 * dice.choice((1, 1, 1, 2)))) for product in chosen)


def _with_beside(lines: tuple[BasketLine, ...], beside: dict[int, int], at: Millis) -> tuple[BasketLine, ...]:
    """Two times in five, what goes with something chosen is chosen too."""
    chosen = {line.product_id for line in lines}
    more = sorted({other for product, other in beside.items() if product in chosen} - chosen)
    return (*lines, *(BasketLine(product) for product in more)) if at // MINUTE % 5 < 2 else lines


def _visit(dice: random.Random, person: _Person, owner: Actor, at: Millis, end: Millis) -> None:
    if person.stores_value and wallet.state(person.member_id, now=at).total_cents < 2000 and dice.random() < 0.5:
        _top_up(person, dice.choice((20_000, 50_000)), owner, at)
    points = 0
    if dice.random() < 0.1:
        points = 200
    lines = _with_beside(_lines(dice, person.favourites), person.beside, at)
    basket = Basket(person.store, lines, person.member_id)
    stored = wallet.state(person.member_id, now=at).total_cents
    sale_id = _sell(dice, basket, owner, Millis(at + 1), wallet_cents=stored, points=points)
    if sale_id and dice.random() < 0.01 and at + DAY < end:
        line = refunds.sold_lines(sale_id)[0]
        refunds.refund(sale_id, (ReturnLine(line.id, 1000),), How(reason="换货"), by=owner, now=Millis(at + DAY))


def _sell(dice: random.Random, basket: Basket, owner: Actor, at: Millis, *, wallet_cents: int, points: int = 0) -> int:
    if points and basket.member_id:
        priced = quotes.quote(basket, by=owner, now=at)
        basket = Basket(basket.store_id, basket.lines, basket.member_id, min(points, priced.most_points))
    total = quotes.quote(basket, by=owner, now=at).total_cents
    stored = min(wallet_cents, total) if dice.random() < 0.8 else 0
    tenders = [Tender("wallet", stored)] if stored else []
    if total > stored:
        kind = dice.choice(WAYS)
        tenders.append(Tender(kind, total - stored, None if kind == "cash" else f"T{at % 10**9}"))
    proof = Proof(basket.member_id, "rotating", Millis(at + DAY)) if basket.member_id else None
    return sales.post(SaleRequest(basket, tuple(tenders), total, proof=proof), by=owner, now=at)


def _top_up(person: _Person, cents: int, owner: Actor, at: Millis) -> None:
    line = BasketLine(catalogue.top_up_product().id, unit_cents=cents)
    basket = Basket(person.store, (line,), person.member_id)
    sales.post(SaleRequest(basket, (Tender("wechat", cents),), cents), by=owner, now=at)


def _lately(dice: random.Random, people: list[_Person], owner: Actor, today: date, now: Millis, store: int) -> None:
    """What the screens should have something to show of: a lunar birthday today and a double membership."""
    here = lunar.of(today)
    known = [person.member_id for person in people if person.member_id and person.leaves_day > DAYS][:3]
    for member_id in known[:2]:
        birthday = Birthday("lunar", here.month, min(here.day, 29), 1988)
        members.set_birthday(member_id, birthday, by=owner, now=Millis(now - DAY))
    twice = Joining(
        phone=f"199{dice.randrange(10**8):08d}", name="王伟芳", language="zh", source="kiosk", store_id=store
    )
    members.join(twice, by=owner, now=Millis(now - 3 * DAY))


def sign_in_hint() -> str:
    """A card of the demo that a scanner could read, for trying the kiosk."""
    member_id = db.value("SELECT member_id FROM member_stats ORDER BY visits DESC, member_id LIMIT 1")
    return credentials.card_of(int(member_id)) or ""
