"""Sales and receipts: the list, the receipt, returns with a preview, top-ups reversed."""

import asyncio
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from core.base import db
from core.base.access import CLERK
from core.base.clock import MINUTE, Millis
from core.loyalty import topups, wallet
from core.loyalty.topups import TopUpTerms
from core.people import staff
from core.selling import receipts
from tests.shops import Shop, open_shop
from tests.tui.office import SIZES, lines, notices, widths
from tests.tui.shopfront import LANGUAGES, not_allowed, opened, pressed, screen, typed
from tui.screens.receipt import ReceiptPage
from tui.screens.reports import ReportsPage


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
