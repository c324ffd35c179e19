"""A shop in which every page has something to show, the same at each making: names, figures and moments are fixed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from textual.pilot import Pilot

from core.base import clock, db
from core.base.clock import DAY, HOUR, MINUTE, Millis
from core.books import alerts, outbox
from core.books.outbox import Letter
from core.giving import rewards
from core.giving.rewards import RewardTerms
from core.goods import deliveries, places, stock
from core.goods.batches import Batch
from core.goods.deliveries import Delivery, Line
from core.goods.places import Place
from core.keeping import jobs
from core.keeping.jobs import Job
from core.loyalty import plans, topups
from core.loyalty.plans import Plan
from core.loyalty.topups import TopUpTerms
from core.outreach import care, inbound, suppressions
from core.outreach.campaigns import approving, drafting
from core.outreach.campaigns import plan as campaign
from core.outreach.carerules import CareRule
from core.outreach.segments import saved, typed
from core.people import consent, staff
from core.selling import shifts
from core.service import (
    bookingends,
    bookinghours,
    bookings,
    gatheringkit,
    gatherings,
    gatheringsignups,
    surveyanswers,
    surveys,
    tickets,
    winback,
)
from core.service.bookinghours import ServiceTerms
from core.service.bookings import Wanted
from core.service.surveys import Terms
from tests.shops import NOON, Shop, open_shop
from tests.tui.hand import Hand
from tests.tui.shopfront import settled
from tui.app import BackOffice
from tui.gateway import Gateway
from tui.screens.surveyspage import FIRST_QUESTIONS

TODAY = NOON
"""29 May 2026, 12:00 in Shanghai: when everything is looked at."""
OPENED = Millis(TODAY - 30 * DAY)
PEOPLE = (
    ("13812042046", "王伟芳", "金卡"), ("13912042047", "欧阳娜娜 de la Fontaine", "normal"),
    ("13700137001", "Alice O'Neil", "normal"), ("13600136002", "曾小贤", "normal"),
)  # fmt: skip


def open_showcase() -> Shop:
    """Open it in the empty database that is open."""
    shop = open_shop(OPENED)
    _set_up(shop)
    wang, ouyang, alice, _zeng = [shop.member(phone, name=name, tier=tier) for phone, name, tier in PEOPLE]
    shop.give_points(wang, 300)
    tea_and_cake = shop.basket(("珍珠奶茶", 2), ("栗子蛋糕", 1), member=wang)
    for day in (21, 14, 7):
        shop.sell(tea_and_cake, now=Millis(TODAY - day * DAY))
    shop.top_up(wang, 50_000, now=Millis(TODAY - 6 * DAY))
    shop.sell(shop.basket(("龙井 50 克", 3), member=ouyang), ("wechat", 10_000), now=Millis(TODAY - 3 * HOUR))
    shop.sell(tea_and_cake, ("wallet", 3000), now=Millis(TODAY - 2 * HOUR))
    shifts.open_shift(shop.store, "1", opening_cents=50_000, by=shop.owner, now=Millis(TODAY - 192 * MINUTE))
    _letters(shop, wang, alice)
    _warning(shop, ouyang)
    _case(shop)
    _tickets(shop, wang)
    _alerts()
    _care(shop)
    _campaigns(shop)
    _surveys(shop)
    _bookings(shop, wang, ouyang)
    _stockroom(shop)
    _events(shop, wang, alice, ouyang)
    return shop


def _set_up(shop: Shop) -> None:
    kind = shop.coupon_kind("生日8折", effect="percent", off_bp=2000, cap_cents=3000)
    shop.tier("金卡", 1, discount_bp=500, multiplier_bp=15_000, spend_cents=300_000, mark="●", each_kind_id=kind)
    for name, cents, barcode in (("珍珠奶茶", 1800, "6901000000015"), ("栗子蛋糕", 3200, "6901000000060"),
                                 ("龙井 50 克", 8800, "6901000000114")):  # fmt: skip
        shop.product(name, cents, barcode=barcode)
    shop.product("桂花 散装", 6000, weighed=True)
    stock.receive(shop.store, shop.products["珍珠奶茶"], 40_000, by=shop.owner, now=shop.now)  # type: ignore[arg-type]
    shop.promotion("满100减20", effect="reduction", threshold_cents=10_000, off_cents=2000)
    shop.promotion("周三双倍积分", effect="points", points_bp=20_000, weekdays=(2,), from_minute=840, to_minute=1080)
    topups.set_rule(50_000, TopUpTerms(bonus_cents=5000, bonus_days=365), by=shop.owner, now=shop.now)
    rewards.create("茶杯", RewardTerms(kind="product", points=300), stock=8, by=shop.owner, now=shop.now)
    plans.create_with_product(Plan(0, 0, "年卡", 365, 1200, 20_000), 19_900, by=shop.owner, now=shop.now)
    jobs.ensure([Job("doctor", "30 4 * * *", "Asia/Shanghai", True, 3600)])


def _letters(shop: Shop, wang: int, alice: int) -> None:
    said = "【桂花里】您有 320 积分，12-31 周四 前可用，过期作废。"
    for key, template, member, state, reason, body in (
        ("a", "welcome", wang, "skipped", "no consent (service)", ""),
        ("b", "points_expiring", wang, "failed", "30008", said),
        ("c", "welcome", alice, "delivered", "", "【桂花里】Welcome."),
    ):
        sent = Letter(key, template, "service", "zh", {"shop": "桂花里"}, Millis(TODAY + DAY), member_id=member)
        _put(sent, state, reason, body)


@db.atomic
def _put(sent: Letter, state: str, reason: str, body: str) -> None:
    id = outbox.put(sent, now=Millis(TODAY - HOUR))
    db.run("UPDATE outbox SET state = ?, reason = ?, body = ? WHERE id = ?", (state, reason, body, id))


@db.atomic
def _tickets(shop: Shop, wang: int) -> None:
    """A complaint that is late, and a repair promised for a day."""
    (sale, *_older) = [id for (id,) in db.rows("SELECT id FROM sale WHERE member_id = ? ORDER BY at DESC", (wang,))]
    late = tickets.Terms("complaint", "栗子蛋糕太甜", words="说了两次了。", sale_id=sale, line_no=2)
    tickets.open_ticket(late, by=shop.owner, now=Millis(TODAY - 2 * DAY))
    promised = clock.day_of(TODAY, "Asia/Shanghai") + timedelta(days=5)
    terms = tickets.Terms("repair", "保温杯盖子松了", member_id=wang, promised_on=promised)
    tickets.open_ticket(terms, by=shop.owner, now=Millis(TODAY - HOUR))


def _events(shop: Shop, *member_ids: int) -> None:
    """A tasting that is full, with somebody who waits, and a draft for later, elsewhere."""
    then, from_at = Millis(TODAY - 2 * DAY), Millis(TODAY + 8 * DAY + 2 * HOUR)
    tasting = gatherings.Plan(
        "Tasting of the new teas", "新茶品鉴会", from_at, Millis(from_at + 2 * HOUR), 3, 4, "Six teas of this spring.",
        "六款今春新茶，店主主讲。", store_id=shop.store, budget_cents=50_000, cancel_until_at=Millis(from_at - DAY),
    )  # fmt: skip
    event = gatherings.draft(tasting, by=shop.owner, now=then)
    gatherings.open_signup(event, by=shop.owner, now=then)
    for place, member_id in enumerate(member_ids):
        at = Millis(then + place * HOUR)
        gatheringsignups.sign_up(event, member_id, 1 if place else 2, by=shop.owner, now=at)
    gatheringkit.add_supply(event, "品茗杯", 12, 18_000, by=shop.owner, now=then)
    gatheringkit.add_cost(event, "海报", 6000, by=shop.owner, now=then)
    later = Millis(from_at + 14 * DAY)
    fans = gatherings.Plan("", "湖心亭团扇彩绘下午茶", later, Millis(later + 3 * HOUR), 16, venue="豫园湖心亭茶楼二层")
    gatherings.draft(fans, by=shop.owner, now=then)


def _alerts() -> None:
    alerts.note("job", "doctor", now=Millis(TODAY - 3 * HOUR), error="RuntimeError: wal: 2.1 GB")
    db.run("UPDATE alert SET told_at = ?", (TODAY - 3 * HOUR + MINUTE,))
    alerts.note("channel_rests", "sms", now=Millis(TODAY - 2 * HOUR), reason="401")


def _care(shop: Shop) -> None:
    """Two occasions that are greeted, a reply that waits, and an address that gets nothing."""
    for rule in (CareRule("festival:dragon", True, None), CareRule("anniversary", True, None, points=50)):
        care.save_rule(rule, by=shop.owner, now=shop.now)
    inbound.receive(sid="SM1", from_="+8613700137001", body="周末几点开门？想带孩子来，有儿童椅吗", opt_out_type=None,
                    now=Millis(TODAY - HOUR))  # fmt: skip
    suppressions.add("+8613512345678", scope="marketing", by=shop.owner, now=Millis(TODAY - DAY))


def _campaigns(shop: Shop) -> None:
    """A draft with two wordings, a coupon and a budget, and a campaign that begins later."""
    for (member_id,) in db.rows("SELECT id FROM member"):
        consent.grant(member_id, "marketing", source="till", language="zh", by=shop.owner, now=shop.now)
    segment = saved.save("有手机的会员", typed.read("has:phone and not away > 90"), by=shop.owner, now=shop.now)
    words = {
        "zh": campaign.Words("【{shop}】{name}，夏日新茶到店。{stop}"),
        "en": campaign.Words("[{shop}] {name}, summer teas. {stop}"),
    }
    second = {"zh": campaign.Words("【{shop}】{name}，新茶第二杯半价。{stop}")}
    begins = Millis(TODAY + 60 * DAY)
    coming = campaign.Plan(words, begins, Millis(begins + 2 * DAY), holdout_bp=2500)
    one = drafting.draft("七夕", segment.id, coming, by=shop.owner, now=Millis(TODAY - DAY))
    approving.approve(one.id, version=one.version, by=shop.owner, now=Millis(TODAY - DAY))
    soon = Millis(TODAY + 7 * DAY)
    draft = replace(coming, words_b=second, link="/me", budget_cents=5000, points=20, send_at=soon,
                    until_at=Millis(soon + 2 * DAY))  # fmt: skip
    drafting.draft("夏日新茶", segment.id, draft, by=shop.owner, now=Millis(TODAY - HOUR))


def _surveys(shop: Shop) -> None:
    """One that runs and was answered by members and guests, and a draft."""
    terms = Terms(name="五月回访", intro_en="A minute, please.", intro_zh="请花一分钟。", first_on=date(2026, 5, 1),
                  last_on=date(2026, 6, 30), anonymous=True)  # fmt: skip
    survey_id = surveys.draft(terms, FIRST_QUESTIONS, by=shop.owner, now=shop.now)
    surveys.start(survey_id, by=shop.owner, now=shop.now)
    asked = surveys.get(survey_id).questions
    people = [id for (id,) in db.rows("SELECT id FROM member ORDER BY id")]
    for number, who in enumerate((*people, *[None] * 5)):
        said = ("10", "5", ""), ("8", "4", "茶很好，就是等得有点久" if number == 1 else ""), ("9", "3", "")
        typed = {one.id: words for one, words in zip(asked, said[number % 3], strict=True)}
        surveyanswers.answer(survey_id, who, typed, by=shop.owner, now=Millis(TODAY - (10 - number) * HOUR))
    surveys.draft(replace(terms, name="六月问卷", points=20, after_days=3), FIRST_QUESTIONS, by=shop.owner, now=TODAY)


def _bookings(shop: Shop, wang: int, ouyang: int) -> None:
    """A class by 李娜 and 周丽, with somebody here, one to come, a name, and one who did not come."""
    shop.product("手冲体验课", 9800, kind="service")
    taught = shop.products["手冲体验课"]
    li = staff.create("li", "李娜", "clerk", password="correct horse", by=shop.owner, now=shop.now)
    terms = ServiceTerms(60, 15, True, (li, shop.owner.id))
    bookinghours.set_service(taught, terms, by=shop.owner, now=shop.now)
    for who, hours in ((li, [(600, 780), (840, 1080)]), (shop.owner.id, [(660, 960)])):
        week = [hours if weekday != 2 else [] for weekday in range(7)]
        bookinghours.set_week(who, shop.store, week, by=shop.owner, now=shop.now)
    bookinghours.set_day(li, date(2026, 5, 31), [], store_id=shop.store, by=shop.owner, now=shop.now)
    then = Millis(TODAY - DAY)
    made = []
    for minutes, who, member, name in ((-120, li, None, "林小姐"), (-30, shop.owner.id, wang, ""),
                                       (120, li, ouyang, ""), (150, shop.owner.id, None, "Ms Adams")):  # fmt: skip
        wanted = Wanted(shop.store, taught, Millis(TODAY + minutes * MINUTE), who, member, name, note="靠窗")
        made.append(bookings.book(wanted, by=shop.owner, now=then))
    bookingends.no_show(made[0], by=shop.owner, now=Millis(TODAY - HOUR))
    bookingends.arrive(made[1], by=shop.owner, now=Millis(TODAY - 35 * MINUTE))


def _stockroom(shop: Shop) -> None:
    """A delivery with its cost, something that runs low, and a batch that expires soon."""
    supplier = deliveries.set_supplier(None, "桂香食品", contact="021-5550199", by=shop.owner, now=shop.now)
    cake, tea = shop.products["栗子蛋糕"], shop.products["珍珠奶茶"]
    places.arrange(shop.store, cake, Place("B2", 10_000), batched=True, others=[], by=shop.owner, now=shop.now)
    places.put(shop.store, tea, Place("A1", 60_000), by=shop.owner, now=shop.now)
    soon = clock.day_of(TODAY, "Asia/Shanghai").toordinal() + 2
    lines = (Line(cake, 12_000, 1400, Batch(soon, "K7")), Line(tea, 5_000, 700))
    deliveries.take_in(Delivery(shop.store, lines, supplier, "D-0529"), by=shop.owner, now=Millis(TODAY - HOUR))


@db.atomic
def _warning(shop: Shop, member_id: int) -> None:
    last = clock.day_of(TODAY, "Asia/Shanghai") - timedelta(days=23)
    db.add(
        "churn_warning", id=1, member_id=member_id, raised_day=last.toordinal() + 20, state="open", kind="warning",
        silent_days=20, usual_days=9, after_days=18, visits=12, chance_bp=4150, loss_cents=123_456,
        last_visit_day=last.toordinal(),
    )  # fmt: skip


def _case(shop: Shop) -> None:
    """A case about the warned member, whose call is two days late."""
    then = Millis(TODAY - 2 * DAY)
    case_id = winback.open_case(1, assigned_to=shop.owner.id, by=shop.owner, now=then)
    winback.note_reason(case_id, "price", by=shop.owner, now=then)


@asynccontextmanager
async def office(language: str, size: tuple[int, int]) -> AsyncIterator[tuple[BackOffice, Pilot[int]]]:
    """The whole back-office on a showcase made in the database that is open, at `TODAY`."""
    shop, gateway = open_showcase(), Gateway()
    gateway.start()
    try:
        app = BackOffice(shop.owner, gateway, log=Path("/nonexistent/crash.log"))
        app.shop_name = "桂花里"
        app.set_language(language)
        with clock.set_to(TODAY):
            async with app.run_test(size=size):
                app.speak_here()
                pilot = Hand(app)
                await settled(pilot)
                yield app, pilot
    finally:
        gateway.close()
        db.attach()
