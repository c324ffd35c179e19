"""Sales and receipts: the list, the receipt, returns with a preview, top-ups reversed."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import pytest

from core.base import db
from core.base.access import CLERK
from core.base.clock import DAY, MINUTE, Millis
from core.loyalty import topups, wallet
from core.loyalty.topups import TopUpTerms
from core.people import staff
from core.reports.sold import Charts, Sum
from core.selling import receipts
from tests.shops import Shop, open_shop
from tests.tui.office import SIZES, lines, notices, widths
from tests.tui.shopfront import LANGUAGES, not_allowed, opened, pressed, screen, settled, typed
from tui.app import BackOffice
from tui.screens.receipt import ReceiptPage
from tui.screens.reports import ReportsPage
from tui.screens.salescharts import ChartsPage, drawn
from tui.screens.salesought import DaysReversed, NotOneMember


@pytest.fixture
def shop(database: Path) -> Shop:
    shop = open_shop()
    shop.product("珍珠奶茶", 1800)
    shop.product("栗子蛋糕", 12_000)
    shop.member("13812042046", name="王伟芳")
    return shop


def sale(shop: Shop, *lines: tuple[str, int], minute: int = 0) -> int:
    member_id = db.value("SELECT member_id FROM member_person")
    return shop.sell(shop.basket(*lines, member=member_id), now=Millis(shop.now + minute * MINUTE))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_sales_and_receipt_fit_the_screen(shop: Shop, language: str, size: tuple[int, int]) -> None:
    sale(shop, ("珍珠奶茶", 2), ("栗子蛋糕", 1))

    async def body() -> None:
        async with opened(shop, ReportsPage, language=language, size=size) as (app, pilot):
            row = next(line for line in lines(app) if "20260529-0001" in line)
            assert {"en": "05-29 Fri 12:00", "zh": "05-29 周五 12:00"}[language] in row
            assert "¥156.00" in row and "王伟芳" in row
            assert widths(app) == {size[0]}
            await pressed(pilot, "enter")
            assert isinstance(app.page, ReceiptPage)
            assert {"en": "Total", "zh": "合计"}[language] in screen(app)
            await pressed(pilot, "r")
            assert widths(app) == {size[0]}

    asyncio.run(body())


def test_newest_sale_comes_first(shop: Shop) -> None:
    sale(shop, ("珍珠奶茶", 1))
    sale(shop, ("栗子蛋糕", 1), minute=5)

    async def body() -> None:
        async with opened(shop, ReportsPage) as (app, _pilot):
            text = screen(app)
            assert text.index("20260529-0002") < text.index("20260529-0001")

    asyncio.run(body())


def test_return_shows_what_it_moves_before_it_is_done_once(shop: Shop) -> None:
    sale_id = sale(shop, ("珍珠奶茶", 2), ("栗子蛋糕", 1))

    async def body() -> None:
        async with opened(shop, partial(ReceiptPage, sale_id)) as (app, pilot):
            await pressed(pilot, "r")
            await typed(pilot, "1", "", "", "too sweet")
            text = screen(app)
            assert "Pay back ¥18.00?" in text and "¥18.00 back to Cash" in text
            assert "18 points taken back" in text
            assert receipts_of(app, sale_id)
            await pressed(pilot, "enter", "y")
            assert notices(app) == ["¥18.00 paid back."]
            assert "Returned" in screen(app) and "−¥18.00" in screen(app)

    asyncio.run(body())
    row = db.one("SELECT total_cents, reason FROM refund WHERE sale_id = ?", (sale_id,))
    assert row == (1800, "too sweet")


def receipts_of(app: object, sale_id: int) -> bool:
    """Whether the question is still open: nothing is written before `y`."""
    page = getattr(app, "page", None)
    return page is not None and page.overlay.is_open


@pytest.mark.parametrize(
    ("quantity", "told"),
    [
        ("3", "珍珠奶茶: 2 can still come back, not 3."),
        ("x", "“x” is not a quantity."),
        ("", "Type how much comes back"),
    ],
)
def test_impossible_return_is_refused_with_a_sentence(shop: Shop, quantity: str, told: str) -> None:
    sale_id = sale(shop, ("珍珠奶茶", 2))

    async def body() -> None:
        async with opened(shop, partial(ReceiptPage, sale_id)) as (app, pilot):
            await pressed(pilot, "r")
            await typed(pilot, quantity, "", "")
            assert told in screen(app)

    asyncio.run(body())
    assert receipts.of(sale_id).refunded_cents == 0


def test_the_piece_filled_in_goes_with_the_first_key(shop: Shop) -> None:
    sale_id = sale(shop, ("栗子蛋糕", 1))

    async def body() -> None:
        async with opened(shop, partial(ReceiptPage, sale_id)) as (app, pilot):
            await pressed(pilot, "r")
            await typed(pilot, "1", "", "")
            assert "Pay back ¥120.00?" in screen(app)

    asyncio.run(body())


def test_clerk_above_the_limit_needs_a_manager_beside(shop: Shop) -> None:
    shop.rule("refund_limit_cents", 10_000)
    sale_id = sale(shop, ("栗子蛋糕", 1))
    clerk = staff.actor_of(staff.create("clerk", "小吴", "clerk", password="tea and cake", by=shop.owner, now=shop.now))

    async def body() -> None:
        async with opened(shop, partial(ReceiptPage, sale_id), by=clerk) as (app, pilot):
            await pressed(pilot, "r", "enter", "enter", "enter")
            assert "manager's name" in screen(app)
            await typed(pilot, "owner", "wrong horse")
            await pressed(pilot, "y")
            assert "Name or password is wrong." in screen(app)
            await typed(pilot, "correct horse")
            await pressed(pilot, "y")
            assert notices(app) == ["¥120.00 paid back."]

    asyncio.run(body())
    assert receipts.of(sale_id).refunded_cents == 12_000


def test_top_up_is_reversed_and_its_bonus_lapses(shop: Shop) -> None:
    topups.set_rule(50_000, TopUpTerms(bonus_cents=5_000, bonus_days=None), by=shop.owner, now=shop.now)
    member_id = db.value("SELECT member_id FROM member_person")
    sale_id = shop.top_up(member_id, 50_000)

    async def body() -> None:
        async with opened(shop, partial(ReceiptPage, sale_id)) as (app, pilot):
            await pressed(pilot, "r")
            assert notices(app) == ["Nothing of this sale can come back any more."]
            await pressed(pilot, "u")
            assert "¥500.00 was paid in." in screen(app)
            await pressed(pilot, "enter", "y")
            assert notices(app)[-1] == "Paid back."
            await pressed(pilot, "u")
            assert notices(app)[-1].startswith("This sale holds no top-up")

    asyncio.run(body())
    assert wallet.state(member_id, now=shop.now).total_cents == 0


def test_clerk_sees_no_list_of_sales(shop: Shop) -> None:
    sale(shop, ("珍珠奶茶", 1))

    async def body() -> None:
        clerk = replace(shop.owner, role="clerk", rights=CLERK)
        async with opened(shop, ReportsPage, by=clerk) as (app, _pilot):
            assert not_allowed(app, "reports") and "20260529" not in screen(app)

    asyncio.run(body())


def test_a_return_opened_from_the_list_is_booked_to_the_open_shift(shop: Shop) -> None:
    from core.selling import shifts

    shift = shifts.open_shift(shop.store, "1", opening_cents=50_000, by=shop.owner, now=shop.now)
    sale(shop, ("珍珠奶茶", 1))

    async def body() -> None:
        async with opened(shop, ReportsPage) as (_app, pilot):
            await pressed(pilot, "enter", "r", "enter", "enter", "enter", "enter", "y")

    asyncio.run(body())
    assert db.rows("SELECT shift_id, total_cents FROM refund") == [(shift, 1800)]
    assert shifts.expected_cash(shift) == 50_000 - 1800


def test_a_long_receipt_scrolls_to_its_end_on_a_short_screen(shop: Shop) -> None:
    sale_id = sale(shop, *[("珍珠奶茶", 1), ("栗子蛋糕", 1)] * 8)

    async def body() -> None:
        async with opened(shop, partial(ReceiptPage, sale_id), size=(80, 24)) as (app, pilot):
            assert "Points now" not in screen(app)
            await pressed(pilot, "end")
            await asyncio.sleep(0.4)
            assert "Points now" in screen(app)
            await pressed(pilot, "home")
            await asyncio.sleep(0.4)
            assert "No. 20260529-0001" in screen(app)

    asyncio.run(body())


@pytest.fixture
def week(shop: Shop) -> Shop:
    """Sales of three days."""
    sale(shop, ("珍珠奶茶", 2))
    sale(shop, ("栗子蛋糕", 1), minute=5)
    shop.sell(shop.basket(("珍珠奶茶", 1)), ("card", 1800), now=Millis(shop.now - DAY))
    return shop


def where(app: BackOffice) -> str:
    return next(line for line in lines(app) if line.startswith((" Sales", " 销售")))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_filter_and_charts_fit_the_screen(week: Shop, language: str, size: tuple[int, int]) -> None:
    async def body() -> None:
        async with opened(week, ReportsPage, language=language, size=size) as (app, pilot):
            assert {"en": "3 sales · ¥174.00", "zh": "3 笔 · ¥174.00"}[language] in where(app)
            await pressed(pilot, "f")
            assert app.page is not None and app.page.overlay.size.height <= size[1]
            assert widths(app) == {size[0]}
            await pressed(pilot, "escape", "c")
            assert isinstance(app.page, ChartsPage) and widths(app) == {size[0]}
            assert {"en": "05-29 Fri", "zh": "05-29 周五"}[language] in screen(app) and "¥156.00" in screen(app)
            assert {"en": "3 sales · ¥174.00", "zh": "3 笔 · ¥174.00"}[language] in screen(app)

    asyncio.run(body())


def test_list_and_sum_follow_the_filter(week: Shop) -> None:
    async def body() -> None:
        async with opened(week, ReportsPage) as (app, pilot):
            await pressed(pilot, "f")
            await typed(pilot, "2026-05-28", "2026-05-28", "", "", "", "")
            assert "05-28 Thu · all stores · 1 sale · ¥18.00" in where(app)
            assert "20260528-0001" in screen(app) and "20260529" not in screen(app)
            await pressed(pilot, "f", *["backspace"] * 10, "enter", *["backspace"] * 10, "enter", "enter", "enter")
            await pressed(pilot, "right", "enter", "enter")
            assert "2 sales · ¥156.00" in where(app) and "Cash" in where(app)

    asyncio.run(body())


def test_days_the_wrong_way_round_and_a_member_nobody_knows_stay_in_the_form(week: Shop) -> None:
    async def body() -> None:
        async with opened(week, ReportsPage) as (app, pilot):
            await pressed(pilot, "f")
            await typed(pilot, "2026-05-29", "2026-05-28", "", "", "", "")
            assert "lies before the first" in screen(app)
            await pressed(pilot, *["backspace"] * 10)
            await typed(pilot, "2026-05-29", "", "", "", "nobody")
            assert "“nobody” is 0 members, not one." in " ".join(screen(app).split())
            await pressed(pilot, *["backspace"] * 6)
            await typed(pilot, "13812042046")
            assert "王伟芳 · 2 sales · ¥156.00" in where(app)

    asyncio.run(body())
    assert {DaysReversed.code, NotOneMember.code} == {"days_reversed", "not_one_member"}


def test_a_number_typed_finds_its_receipt_and_enter_opens_it(week: Shop) -> None:
    async def body() -> None:
        async with opened(week, ReportsPage) as (app, pilot):
            await pressed(pilot, "slash", *"20260529-0002")
            await pilot.pause(0.3)
            await settled(pilot)
            assert "20260529-0001" not in screen(app) and "1 sale · ¥120.00" in where(app)
            await pressed(pilot, "enter")
            assert isinstance(app.page, ReceiptPage) and "20260529-0002" in screen(app)

    asyncio.run(body())


def test_one_key_shows_what_the_member_of_a_sale_bought_and_all_again(week: Shop) -> None:
    week.sell(week.basket(("珍珠奶茶", 1)), now=Millis(week.now + DAY // 24))

    async def body() -> None:
        async with opened(week, ReportsPage) as (app, pilot):
            await pressed(pilot, "m")
            assert notices(app) == ["Select a sale of a member."]
            await pressed(pilot, "down", "m")
            assert "王伟芳 · 2 sales" in where(app)
            await pressed(pilot, "m")
            assert "4 sales" in where(app)

    asyncio.run(body())


def test_charts_draw_many_days_in_one_line_and_add_up() -> None:
    days = tuple((date(2026, 5, 1) + timedelta(days=n), 100 * n) for n in range(1, 29))
    total = sum(amount for _day, amount in days)
    hours = tuple(tuple(total if (row, hour) == (4, 9) else 0 for hour in range(24)) for row in range(7))
    charts = Charts(Sum(28, total, 0), days, hours, (("cash", total),), (28, 0, 0, 0, 0, 0, 0, 0))
    text = "\n".join(line.plain for line in drawn(charts, 78))
    assert "best day" in text and "05-29 Fri" in text and "0+ (28)" in text
    assert "¥406.00" in text and all(line.cell_len <= 78 for line in drawn(charts, 78))
