"""The rule editor: 第二件半价 made without a manual, said in words, tried over past sales, changed, not lost."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from core.base import clock
from core.loyalty import coupons
from core.selling import promotions
from core.selling.promotions import PromotionTerms
from tests.shops import Shop, open_shop
from tests.tui.hand import send
from tests.tui.office import SIZES, lines, notices, widths
from tests.tui.shopfront import LANGUAGES, opened, pressed, screen, typed
from tui.screens import rulefields
from tui.screens.marketing import MarketingPage
from tui.screens.ruleeditor import PromotionPage
from tui.screens.rulefields import BY_EFFECT, DaysUnreadable, HoursUnreadable
from tui.widgets.money import PercentUnreadable, percent_typed, read_percent
from tui.widgets.overlay import Answer
from tui.widgets.row import Words

TEN_PERCENT, NOTHING_KNOWN = PromotionTerms(effect="percent", off_bp=1_000), rulefields.Known((), (), ())


@pytest.fixture
def shop(database: Path) -> Shop:
    shop = open_shop()
    shop.tier("gold", 1, mark="●")
    shop.product("珍珠奶茶", 1800, category="茶饮")
    shop.product("桂花拿铁", 2400, category="茶饮")
    shop.product("栗子蛋糕", 3200)
    return shop


def only(shop: Shop) -> promotions.Promotion:
    (one,) = promotions.everything()
    return one


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("effect", BY_EFFECT)
def test_every_kind_fits_the_screen(shop: Shop, effect: str, language: str, size: tuple[int, int]) -> None:
    at = [kind for kind, _ in rulefields.PROMOTION_KINDS].index(effect)

    async def body() -> None:
        async with opened(shop, MarketingPage, language=language, size=size) as (app, pilot):
            await pressed(pilot, "n", *["down"] * at, "enter", "pagedown", "pagedown", "pagedown")
            assert widths(app) == {size[0]}

    asyncio.run(body())


def test_second_half_price_on_tuesdays_for_gold_not_with_coupons(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, MarketingPage) as (app, pilot):
            await pressed(pilot, "n", "4", "enter")
            await typed(pilot, "第二件半价", "", "50", "", "", "珍珠")
            await pressed(pilot, "down", "right", "space", "down", "down", "right", "space")
            await pressed(pilot, *["down"] * 5, "space")
            assert "every 2nd piece 50 % off" in screen(app)
            assert "On 珍珠奶茶." in screen(app) and "Only for gold." in screen(app)
            assert "Tue" in screen(app) and "Not with coupons." in screen(app)
            await pressed(pilot, "ctrl+s")
            assert notices(app) == ["“第二件半价” is saved."]
            assert "every 2nd piece 50 % off" in screen(app)

    asyncio.run(body())
    made = only(shop).terms
    assert (made.effect, made.every, made.off_bp, made.weekdays) == ("nth", 2, 5_000, (1,))
    assert (made.product_ids, made.tier_ids, made.not_with) == (
        (shop.products["珍珠奶茶"],), (shop.tiers["gold"],), ("coupon",),
    )  # fmt: skip


def test_a_draft_is_tried_over_past_sales_and_writes_nothing(shop: Shop) -> None:
    member = shop.member("13800138000", name="王伟芳")
    shop.sell(shop.basket(("珍珠奶茶", 2), member=member), ("cash", 3600))
    shop.sell(shop.basket(("栗子蛋糕", 1)), ("cash", 3200))

    async def body() -> None:
        async with opened(shop, MarketingPage) as (app, pilot):
            await pressed(pilot, "n", "4", "enter")
            await typed(pilot, "第二件半价", "", "50")
            await pressed(pilot, "ctrl+r")
            assert "1 of 2 sales touched, 1 cheaper, 0 dearer." in screen(app)
            assert "¥68.00 became ¥59.00: ¥9.00 less." in screen(app) and "王伟芳 ¥9.00" in screen(app)

    asyncio.run(body())
    assert promotions.everything() == []


def test_a_running_rule_gets_another_version(shop: Shop) -> None:
    shop.promotion("满100减20", effect="reduction", threshold_cents=10_000, off_cents=2_000, group="order")

    async def body() -> None:
        async with opened(shop, MarketingPage) as (app, pilot):
            await pressed(pilot, "enter")
            assert "100.00" in screen(app) and "¥20.00 off from ¥100.00" in screen(app)
            await pressed(pilot, "down", "down", *["backspace"] * 5, *"15", "ctrl+s")
            assert "counts in its new form from now on" in notices(app)[0]

    asyncio.run(body())
    one = only(shop)
    assert (one.number, one.terms.off_cents, one.terms.threshold_cents, one.terms.group) == (2, 1_500, 10_000, "order")


def test_opening_and_saving_changes_no_term(shop: Shop) -> None:
    terms = PromotionTerms(
        effect="bundle", price_cents=4_000, bundle=((shop.products["珍珠奶茶"], 2), (shop.products["栗子蛋糕"], 1)),
        weekdays=(1, 5), days_of_month=(8, 18), from_minute=840, to_minute=1080, members_only=True,
        not_with=("coupon", "other group"), exclusive=True, group="g", most_times=2,
    )  # fmt: skip
    until = clock.end_of(clock.day_of(shop.now, "Asia/Shanghai"), "Asia/Shanghai")
    promotions.create("套餐", terms, by=shop.owner, now=shop.now, until_at=until)

    async def body() -> None:
        async with opened(shop, MarketingPage) as (_app, pilot):
            await pressed(pilot, "enter", "ctrl+s")

    asyncio.run(body())
    assert (only(shop).number, only(shop).terms, only(shop).until_at) == (2, terms, until)


def test_esc_asks_before_what_was_typed_is_lost(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, MarketingPage) as (app, pilot):
            await pressed(pilot, "n", "enter")
            await typed(pilot, "All")
            await pressed(pilot, "escape")
            assert "Leave without saving?" in screen(app)
            await pressed(pilot, "escape")
            assert "All" in screen(app)
            await pressed(pilot, "escape", "y")
            assert app.page is not None and isinstance(app.page, MarketingPage)

    asyncio.run(body())
    assert promotions.everything() == []


@pytest.mark.parametrize(
    ("at", "word", "said"),
    [
        (1, "200", "A percentage lies above 0 % up to 100 %."),
        (1, "1,5", "“1,5” is not a percentage."),
        (2, "蛋挞", "No product is called “蛋挞”."),  # product_not_found
        (2, "珍珠, 蛋挞", "No product is called “蛋挞”."),
        (7, "8, x", "“8, x” are no days of the month."),
        (8, "14:60-15", "“14:60-15” are no hours."),
        (8, "9-9", "Times go from 00:00 to 24:00 and differ."),
        (10, "2020-01-01", "The end lies after the start."),
        (10, "2026-02-30", "“2026-02-30” is no date."),
    ],
)
def test_what_is_wrong_stands_below_its_field_and_nothing_is_saved(shop: Shop, at: int, word: str, said: str) -> None:
    async def body() -> None:
        async with opened(shop, MarketingPage) as (app, pilot):
            await pressed(pilot, "n", "enter")
            await typed(pilot, "All", "10")
            await pressed(pilot, "up", "up", *["enter"] * at, *["backspace"] * 4, *word, "ctrl+s")
            shown = lines(app)
            below = next(number for number, line in enumerate(shown) if said in line)
            assert any(word in line for line in shown[below - 2 : below])

    asyncio.run(body())
    assert promotions.everything() == []


def test_a_name_that_fits_two_products_is_asked_for_again(shop: Shop) -> None:
    shop.product("珍珠奶绿", 1900)

    async def body() -> None:
        async with opened(shop, MarketingPage) as (app, pilot):
            await pressed(pilot, "n", "enter")
            await typed(pilot, "All", "10", "珍珠")
            await pressed(pilot, "ctrl+s")
            assert "“珍珠” fits 珍珠奶绿, 珍珠奶茶" in screen(app)  # product_several

    asyncio.run(body())
    assert promotions.everything() == []


def test_a_coupon_kind_is_made_with_its_limits(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, MarketingPage) as (app, pilot):
            await pressed(pilot, "2", "n", "2", "enter")
            await typed(pilot, "八折", "20", "30", "", "14", "", "3")
            assert "20 % off · at most ¥30.00 · 3 times" in screen(app)
            await pressed(pilot, "ctrl+s")

    asyncio.run(body())
    (kind,) = coupons.kinds()
    assert (kind.name, kind.valid_days, kind.terms.off_bp, kind.terms.cap_cents, kind.terms.uses) == (
        "八折", 14, 2_000, 3_000, 3,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "minutes"),
    [("", (0, 1440)), ("14:00-18:00", (840, 1080)), ("22-2", (1320, 120)), ("9：30–11", (570, 660))],
)
def test_hours_are_read_as_people_write_them(typed: str, minutes: tuple[int, int]) -> None:
    assert rulefields.read_hours(typed) == minutes


def test_what_are_no_hours_days_or_percentages_is_refused() -> None:
    with pytest.raises(HoursUnreadable):
        rulefields.read_hours("14:60-15")
    with pytest.raises(DaysUnreadable):
        rulefields.read_days("8, x")
    with pytest.raises(PercentUnreadable):
        read_percent("12.345")


@pytest.mark.parametrize(("typed", "bp"), [("12", 1200), ("12.5", 1250), ("0.05", 5), ("１２％", 1200)])
def test_percentages_are_read_exactly(typed: str, bp: int) -> None:
    assert read_percent(typed) == bp
    assert read_percent(percent_typed(bp)) == bp


async def until(true: Callable[[], bool]) -> None:
    """Wait for what comes beside something that is held up."""
    for _ in range(500):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come")


def test_a_page_that_goes_while_it_says_what_is_meant_ends_quietly(shop: Shop) -> None:
    asked, going, said = threading.Event(), threading.Event(), threading.Event()

    class SlowToGo(PromotionPage):
        """Its widgets are gone and it is not yet, as on a busy machine."""

        def meant(self, answer: Answer) -> Sequence[Words]:
            asked.set()
            going.wait(30)
            said.set()
            return super().meant(answer)

        async def on_unmount(self) -> None:
            going.set()
            await asyncio.to_thread(said.wait, 30)
            await asyncio.sleep(0.1)

    async def body() -> None:
        async with opened(shop, MarketingPage) as (app, pilot):
            page = SlowToGo(TEN_PERCENT, NOTHING_KNOWN)
            app.push_screen(page)
            await until(lambda: app.page is page)
            send(app, "9")
            await asyncio.to_thread(asked.wait, 30)
            page.dismiss(None)
            await pilot.pause()
            assert isinstance(app.page, MarketingPage) and "promotions" in screen(app)

    asyncio.run(body())
    assert said.is_set()


def test_what_is_being_saved_is_saved_once_and_takes_no_other_page_with_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    written, create = threading.Event(), promotions.create

    def slowly(*args: Any, **kwargs: Any) -> int:
        written.wait(30)
        return create(*args, **kwargs)

    monkeypatch.setattr(promotions, "create", slowly)

    async def body() -> None:
        async with opened(shop, MarketingPage) as (app, pilot):
            await pressed(pilot, "n", "4", "enter")
            await typed(pilot, "第二件半价", "", "50")
            for key in ("ctrl+s", "ctrl+s", "escape"):
                send(app, key)
            await until(lambda: notices(app) == ["This is being written and will be done in a moment."] * 2)
            looked_at = PromotionPage(TEN_PERCENT, NOTHING_KNOWN)
            app.push_screen(looked_at)
            await until(lambda: app.page is looked_at)
            written.set()
            await pilot.pause()
            assert app.page is looked_at
            await pressed(pilot, "escape")
            assert isinstance(app.page, MarketingPage)

    asyncio.run(body())
    assert only(shop).name == "第二件半价"
