"""The till: scan and type, line and price, tenders, park, approve, exchange, reward, drawer."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from core.base import clock, db, settings
from core.base.access import CLERK
from core.base.clock import MINUTE, Millis
from core.giving import handouts, rewards
from core.giving.rewards import RewardTerms
from core.loyalty import giftcards, passes, topups
from core.loyalty.topups import TopUpTerms
from core.people import credentials, staff
from core.selling import receipts
from tests.shops import Shop, open_shop
from tests.tui.office import SIZES, lines, notices, widths
from tests.tui.shopfront import LANGUAGES, opened, pressed, screen, typed
from tui.app import BackOffice
from tui.screens.counting import DayPage
from tui.screens.lines import NoGiftCardLine
from tui.screens.receipt import ReceiptPage
from tui.screens.till import TillPage

PHONE = "13812042046"


@pytest.fixture
def shop(database: Path) -> Shop:
    settings.use(settings.Settings(secret="test secret"))
    shop = open_shop()
    shop.product("珍珠奶茶", 1800)
    shop.product("栗子蛋糕", 12_000)
    shop.product("礼品卡", 20_000, kind="gift_card")
    shop.member(PHONE, name="王伟芳")
    return shop


def member_of(shop: Shop) -> int:
    return int(db.value("SELECT member_id FROM member_person"))


def clerk_of(shop: Shop) -> staff.Actor:
    """A clerk who sells here, beside the owner whose PIN is 246810."""
    later = Millis(shop.now + MINUTE)
    shop.rule("override_limit_cents", 1000)
    id = staff.create("xiaoli", "李小丽", "clerk", password="correct horse", by=shop.owner, now=later)
    staff.set_pin("246810", by=shop.owner, now=later)
    return staff.actor_of(id)


def code_now(member_id: int) -> str:
    return credentials.rotating_code(member_id, now=clock.now())


async def asked(app: BackOffice, verb: Callable[..., Any], *args: object) -> Any:
    """What core says; the task of a test has no connection of its own."""
    return await app.gateway.read(verb, *args)


def sold() -> receipts.SaleReceipt:
    return receipts.of(db.value("SELECT max(id) FROM sale"))


till = partial(opened, page=TillPage, section="till")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sale_from_scan_to_change(shop: Shop, language: str, size: tuple[int, int]) -> None:
    async def body() -> None:
        async with till(shop, language=language, size=size) as (app, pilot):
            await typed(pilot, "2*zznc", "lzdg", PHONE)
            assert "王伟芳" in screen(app) and "156.00" in screen(app) and widths(app) == {size[0]}
            await pressed(pilot, "ctrl+t")
            assert widths(app) == {size[0]}
            await typed(pilot, "200")
            assert isinstance(app.page, ReceiptPage)
            assert {"en": "Change: ¥44.00", "zh": "找零：¥44.00"}[language] in screen(app)
            assert widths(app) == {size[0]}
            await pressed(pilot, "enter")
            assert isinstance(app.page, TillPage) and "156.00" not in screen(app)
            assert await asked(app, db.rows, "SELECT kind, cents FROM tender") == [("cash", 15_600)]

    asyncio.run(body())


def test_arrow_keys_mark_a_line_and_it_is_changed(shop: Shop) -> None:
    async def body() -> None:
        async with till(shop) as (app, pilot):
            await typed(pilot, "zznc", "lzdg")
            await pressed(pilot, "up", "ctrl+e")
            assert "Line 1: 珍珠奶茶" in screen(app)
            await pressed(pilot, "backspace")
            await typed(pilot, "3")
            assert "¥174.00" in screen(app)
            await pressed(pilot, "down", "ctrl+e", "backspace")
            await typed(pilot, "0")
            assert "¥54.00" in screen(app) and "栗子蛋糕" not in screen(app)

    asyncio.run(body())


def test_esc_leaves_the_line_and_a_wrong_quantity_keeps_it(shop: Shop) -> None:
    async def body() -> None:
        async with till(shop) as (app, pilot):
            await typed(pilot, "zznc")
            await pressed(pilot, "ctrl+e", "backspace", "9", "escape")
            assert "¥18.00" in screen(app)
            await pressed(pilot, "ctrl+e", "backspace")
            await typed(pilot, "many")
            assert "many" in screen(app) and app.page.overlay.is_open
            await pressed(pilot, "escape")
            assert "¥18.00" in screen(app)

    asyncio.run(body())


def test_a_clerks_price_is_approved_by_pin(shop: Shop) -> None:
    clerk = clerk_of(shop)

    async def body() -> None:
        async with till(shop, by=clerk) as (app, pilot):
            await typed(pilot, "lzdg")
            await pressed(pilot, "ctrl+e", "tab", *["backspace"] * 6)
            await typed(pilot, "100")
            await pressed(pilot, "ctrl+t", "enter")
            assert "A manager approves this sale" in screen(app)
            assert "栗子蛋糕: ¥100.00 instead of ¥120.00" in screen(app)
            await typed(pilot, "owner", "111111")
            assert app.page.overlay.is_open and await asked(app, db.value, "SELECT count(*) FROM sale") == 0
            await typed(pilot, "246810")
            assert (await asked(app, sold)).total_cents == 10_000
            assert await asked(app, db.value, "SELECT approved_by FROM sale") == shop.owner.tag

    asyncio.run(body())


def test_parked_is_taken_up_with_its_member(shop: Shop) -> None:
    async def body() -> None:
        async with till(shop) as (app, pilot):
            await typed(pilot, "2*zznc", PHONE)
            await pressed(pilot, "ctrl+r")
            assert "Put this counter aside?" in screen(app)
            await pressed(pilot, "enter")
            assert "珍珠奶茶" not in screen(app) and await asked(app, db.value, "SELECT count(*) FROM parked") == 1
            await typed(pilot, "lzdg")
            await pressed(pilot, "ctrl+t", "enter", "enter", "ctrl+r")
            assert "Take up which?" in screen(app) and "王伟芳 · 1 lines" in screen(app)
            await pressed(pilot, "enter")
            assert "¥36.00" in screen(app) and "王伟芳" in screen(app)
            assert await asked(app, db.value, "SELECT count(*) FROM parked") == 0
            await pressed(pilot, "ctrl+d", "y", "ctrl+r")
            assert any("Nothing is put aside" in one for one in notices(app))

    asyncio.run(body())


def test_a_scanned_phone_proves_and_stored_value_pays(shop: Shop) -> None:
    member = member_of(shop)
    shop.top_up(member, 10_000)

    async def body() -> None:
        async with till(shop) as (app, pilot):
            await typed(pilot, "zznc", PHONE)
            await pressed(pilot, "ctrl+t", "tab", "5", "enter")
            assert "Proof of the member" in screen(app)
            await typed(pilot, await asked(app, code_now, member))
            assert isinstance(app.page, ReceiptPage)
            assert await asked(app, db.rows, "SELECT kind, cents FROM tender ORDER BY id DESC LIMIT 1") == [
                ("principal", 1800)
            ]

    asyncio.run(body())


def test_a_typed_gift_card_code_pays_and_a_blank_one_is_sold(shop: Shop) -> None:
    blank, other = giftcards.make_blank(2, by=shop.owner, now=shop.now)

    async def body() -> None:
        async with till(shop) as (app, pilot):
            await typed(pilot, blank)
            assert notices(app) == [NoGiftCardLine().sentence()]
            await typed(pilot, "lpk", blank)
            await pressed(pilot, "ctrl+t", "enter", "enter")
            assert (await asked(app, giftcards.by_code, blank)).balance_cents == 20_000
            await typed(pilot, "zznc", blank)
            assert notices(app)[-1].startswith("200.00 is on this gift card.")
            await pressed(pilot, "ctrl+t", "tab", "5", "tab")
            await typed(pilot, blank)
            assert (await asked(app, giftcards.by_code, blank)).balance_cents == 18_200
            assert (await asked(app, giftcards.by_code, other)).state == "blank"

    asyncio.run(body())


def test_a_pass_pays_for_its_line(shop: Shop) -> None:
    tea, card = shop.product("养生茶", 1800, kind="service"), shop.product("养生茶五次卡", 8000, kind="pass")
    passes.create_kind("五次卡", card, uses=5, valid_days=90, service_ids=[tea], by=shop.owner, now=shop.now)
    shop.sell(shop.basket(("养生茶五次卡", 1), member=member_of(shop)))

    async def body() -> None:
        async with till(shop) as (app, pilot):
            await typed(pilot, "ysc", PHONE)
            assert "5 left" in screen(app)
            await pressed(pilot, "ctrl+e", "tab", "tab", "2", "enter")
            assert "to pay ¥0.00" in screen(app)

    asyncio.run(body())


def test_a_preset_tops_up_and_the_other_amount_too(shop: Shop) -> None:
    shop.product("top-up", 0, kind="top_up")
    topups.set_rule(50_000, TopUpTerms(bonus_cents=5_000), by=shop.owner, now=shop.now)

    async def body() -> None:
        async with till(shop) as (app, pilot):
            await typed(pilot, PHONE)
            await pressed(pilot, "ctrl+k")
            assert "¥500.00 +¥50.00" in screen(app)
            await pressed(pilot, "enter", "ctrl+t", "enter")
            assert (
                await asked(
                    app,
                    db.value,
                    "SELECT sum(balance) FROM account WHERE asset = 'principal' AND member_id IS NOT NULL",
                )
                == 50_000
            )
            await pressed(pilot, "enter")
            await typed(pilot, PHONE)
            await pressed(pilot, "ctrl+k")
            await typed(pilot, "120")
            assert "to pay ¥120.00" in screen(app)

    asyncio.run(body())


def test_coupons_left_aside_stay_on_the_card(shop: Shop) -> None:
    kind = shop.coupon_kind("减五元", effect="amount", off_cents=500)
    shop.give_coupon(kind, member_of(shop))

    async def body() -> None:
        async with till(shop) as (app, pilot):
            await typed(pilot, "zznc", PHONE)
            assert "to pay ¥13.00" in screen(app)
            await app.page.do_coupons()
            await pressed(pilot, "1", "enter")
            assert "to pay ¥18.00" in screen(app)
            await app.page.do_coupons()
            await pressed(pilot, "1", "enter")
            assert "to pay ¥13.00" in screen(app)

    asyncio.run(body())


def test_a_reward_needs_proof_and_is_handed_over_once(shop: Shop) -> None:
    member = member_of(shop)
    shop.give_points(member, 500)
    rewards.create("帆布袋", RewardTerms(kind="product", points=300), stock=3, by=shop.owner, now=shop.now)

    async def body() -> None:
        async with till(shop) as (app, pilot):
            await typed(pilot, PHONE)
            await pressed(pilot, "ctrl+f")
            assert "Proof of the member" in screen(app)
            await typed(pilot, await asked(app, code_now, member))
            await pressed(pilot, "ctrl+f", "enter")
            assert "Hand over “帆布袋”?" in screen(app)
            await pressed(pilot, "escape")
            waiting = await asked(app, db.value, "SELECT id FROM handout")
            await typed(pilot, await asked(app, handouts.code_of, waiting))
            await pressed(pilot, "enter")
            assert await asked(app, db.value, "SELECT count(*) FROM handout WHERE state = 'handed_over'") == 1

    asyncio.run(body())


def test_goods_come_back_for_others(shop: Shop) -> None:
    number = receipts.of(shop.sell(shop.basket(("珍珠奶茶", 2), member=member_of(shop)))).number

    async def body() -> None:
        async with till(shop) as (app, pilot):
            await typed(pilot, number)
            assert isinstance(app.page, ReceiptPage)
            await pressed(pilot, "x")
            assert "What comes back for others?" in screen(app)
            await typed(pilot, "1")
            await pressed(pilot, "enter", "enter")
            assert isinstance(app.page, TillPage)
            await typed(pilot, "lzdg")
            assert "to pay ¥102.00" in screen(app) and "¥18.00 comes from what is given back" in screen(app)
            await pressed(pilot, "ctrl+t", "enter")
            assert isinstance(app.page, ReceiptPage)
            assert await asked(app, db.value, "SELECT sum(cents) FROM refund_line") == 1800

    asyncio.run(body())


def test_what_comes_back_for_nothing_is_cleared_with_the_counter(shop: Shop) -> None:
    shop.sell(shop.basket(("珍珠奶茶", 2), member=member_of(shop)))

    async def body() -> None:
        async with till(shop) as (app, pilot):
            await typed(pilot, (await asked(app, sold)).number)
            await pressed(pilot, "x")
            await typed(pilot, "1")
            await pressed(pilot, "enter", "enter", "ctrl+r")
            assert any("cannot be put aside" in one for one in notices(app))
            await pressed(pilot, "ctrl+d")
            assert app.page.counter.exchange is None
            assert await asked(app, db.value, "SELECT count(*) FROM refund") == 0

    asyncio.run(body())


def test_drawer_opened_moved_and_counted_blind(shop: Shop) -> None:
    async def body() -> None:
        async with till(shop) as (app, pilot):
            await pressed(pilot, "ctrl+s")
            await typed(pilot, "500")
            await typed(pilot, "lzdg")
            await pressed(pilot, "ctrl+t", "enter", "enter", "ctrl+s", "3", "enter")
            await typed(pilot, "100", "bank")
            await pressed(pilot, "ctrl+s", "1", "enter")
            assert "¥520.00" not in screen(app)
            await typed(pilot, "510")
            text = screen(app)
            assert "¥520.00 should have been there." in text and "Difference: -¥10.00" in text.replace("−", "-")
            await pressed(pilot, "enter")
            assert app.page.shift is None

    asyncio.run(body())


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_day_report_says_what_was_taken_and_counted(shop: Shop, language: str, size: tuple[int, int]) -> None:
    shop.sell(shop.basket(("栗子蛋糕", 1)), ("wechat", 5000))

    async def body() -> None:
        async with opened(shop, lambda: DayPage(shop.store, "南京东路店"), language=language, size=size) as (
            app,
            pilot,
        ):
            assert "¥120.00" in screen(app) and widths(app) == {size[0]}
            await pressed(pilot, "c", "1", "enter")
            await typed(pilot, "69")
            row = next(line for line in lines(app) if "¥69.00" in line)
            assert "¥70.00" in row and "¥1.00" in row
            await pressed(pilot, "left")
            assert {"en": "Nothing was taken on this day.", "zh": "当天没有收款。"}[language] in screen(app)
            await pressed(pilot, "d")
            await pressed(pilot, *["backspace"] * 10)
            await typed(pilot, "2026-05-29")
            assert "¥120.00" in screen(app)

    asyncio.run(body())


def test_letting_the_member_go_keeps_the_goods(shop: Shop) -> None:
    async def body() -> None:
        async with till(shop) as (app, pilot):
            await typed(pilot, "zznc", PHONE)
            await app.page.do_send_away()
            await pressed(pilot)
            assert "王伟芳" not in screen(app) and "to pay ¥18.00" in screen(app)

    asyncio.run(body())


def test_who_may_not_sell_sees_why(shop: Shop) -> None:
    viewer = replace(shop.owner, rights=CLERK - {"sell"})

    async def body() -> None:
        async with till(shop, by=viewer) as (app, pilot):
            await typed(pilot, "zznc")
            await pressed(pilot, "ctrl+t")
            assert not app.page.overlay.is_open

    asyncio.run(body())


def test_figures_typed_at_once_are_the_amount_and_never_choose_a_way(shop: Shop) -> None:
    async def body() -> None:
        async with till(shop) as (app, pilot):
            await typed(pilot, "zznc")
            await pressed(pilot, "ctrl+t")
            await typed(pilot, "20")
            assert await asked(app, db.rows, "SELECT kind, cents FROM tender") == [("cash", 1_800)]

    asyncio.run(body())
