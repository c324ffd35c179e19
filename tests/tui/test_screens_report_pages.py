"""Reports in the back-office: a shelf, and each report drawn above its table, asked differently and exported."""

import asyncio
from datetime import date
from pathlib import Path

import pytest

from core.base import settings
from core.reports import shelf
from core.reports.report import Chart, Column, Report
from tests.shops import Shop, open_shop
from tests.tui.office import SIZES, lines, notices, widths
from tests.tui.shopfront import LANGUAGES, opened, pressed, screen
from tui.screens import reportdrawing
from tui.screens.reportpage import ReportPage
from tui.screens.reports import ReportsPage
from tui.screens.reportshelf import ShelfPage


@pytest.fixture
def shop(database: Path, tmp_path: Path) -> Shop:
    settings.use(settings.Settings(secret="test secret", exports=str(tmp_path / "out")))
    shop = open_shop()
    shop.product("珍珠奶茶", 1800)
    member = shop.member("13800138000")
    shop.sell(shop.basket(("珍珠奶茶", 3), member=member))
    return shop


def row(app: object, start: str) -> list[str]:
    return next(line.split() for line in lines(app) if line.strip().startswith(start))  # type: ignore[arg-type]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_report_fits_the_screen(shop: Shop, language: str, size: tuple[int, int]) -> None:
    async def body() -> None:
        async with opened(shop, ShelfPage, language=language, size=size) as (app, pilot):
            for entry in shelf.ENTRIES[:: 1 if (language, size) == ("zh", (80, 24)) else 8]:
                app.push_screen(ReportPage(entry))
                await pressed(pilot, "v", "t")
                assert widths(app) == {size[0]}
                await pressed(pilot, "escape", "escape")

    asyncio.run(body())


def test_the_shelf_leads_to_a_report_and_to_the_sales(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, ShelfPage) as (app, pilot):
            await pressed(pilot, "l")
            assert isinstance(app.page, ReportsPage)
            await pressed(pilot, "escape", "down", "enter")
            assert isinstance(app.page, ReportPage)
            assert row(app, "2026-05-29")[1:3] == ["¥54.00", "1"]

    asyncio.run(body())


def test_the_latest_day_stands_first_under_the_total_and_none_is_ahead_of_today() -> None:
    days = tuple((date(2026, 5, number), number) for number in range(1, 5))
    report = Report((Column("day", "day"), Column("sales")), days, (None, 10))
    lines = [line.plain.split() for line in reportdrawing.drawn(report, 40, today=date(2026, 5, 3))]
    assert lines[:5] == [
        ["day", "sales"],
        ["total", "10"],
        ["2026-05-03", "3"],
        ["2026-05-02", "2"],
        ["2026-05-01", "1"],
    ]
    named = Report((Column("staff", "text"), Column("sales")), (("梅", 1), ("李", 2)), (None, 3))
    assert [line.plain.split()[0] for line in reportdrawing.drawn(named, 40)[:4]] == ["staff", "梅", "李", "total"]


def test_a_report_is_cut_set_beside_and_asked_for_other_days(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, lambda: ReportPage(shelf.entry("sales"))) as (app, pilot):
            await pressed(pilot, "t", "t", "v")
            assert "2026-05-01 – 2026-05-31 · month · all stores · period before" in screen(app)
            assert row(app, "2026-05  ")[1:4] == ["¥54.00", "¥0.00", "—"]
            await pressed(pilot, "s", "tab", *"20260401", "tab", *"20260430", "enter", "ctrl+s")
            assert "Sales · 2026-04-01 – 2026-04-30 · month" in screen(app)

    asyncio.run(body())


def test_a_report_goes_to_both_kinds_of_file(shop: Shop, tmp_path: Path) -> None:
    async def body() -> None:
        async with opened(shop, lambda: ReportPage(shelf.entry("products"))) as (app, pilot):
            await pressed(pilot, "ctrl+x", "enter")
            assert notices(app)[-1].endswith(".xlsx is written.")
            await pressed(pilot, "ctrl+x", "right", "enter")
            assert notices(app)[-1].endswith(".csv is written.")

    asyncio.run(body())
    assert sorted(path.suffix for path in (tmp_path / "out").iterdir()) == [".csv", ".xlsx"]


def test_a_month_is_written_and_a_goal_is_set(shop: Shop, tmp_path: Path) -> None:
    async def body() -> None:
        async with opened(shop, ShelfPage) as (app, pilot):
            await pressed(pilot, "m", "enter")
            assert notices(app)[-1].endswith("month-2026-05.pdf is written.")
            await pressed(pilot, "g", "tab", "tab", *"500", "enter")
            assert notices(app)[-1] == "The goal is set."

    asyncio.run(body())
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["month-2026-05.pdf"]


def test_who_may_not_see_reports_sees_none(shop: Shop) -> None:
    async def body() -> None:
        clerk = shop.owner_with(frozenset({"sell"}))
        async with opened(shop, lambda: ReportPage(shelf.entry("sales")), by=clerk) as (app, _pilot):
            assert "¥54.00" not in screen(app)

    asyncio.run(body())


def test_a_report_of_now_is_not_cut_or_dated(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, lambda: ReportPage(shelf.entry("breakage"))) as (app, pilot):
            await pressed(pilot, "t", "s", "v")
            assert notices(app) == ["This report has lines of its own.", "This report is of now.",
                                    "This report stands beside nothing earlier."]  # fmt: skip

    asyncio.run(body())


def test_bars_line_up_whatever_their_script_and_hidden_columns_are_told() -> None:
    columns = (Column("name", "text"), *(Column(f"figure {n}", "cents") for n in range(9)))
    rows = tuple((name, *range(100, 1000, 100)) for name in ("Tea", "龙井 50 克", "桂花拿铁 a"))
    report = Report(columns, rows, None, Chart("bars"))
    drawn = reportdrawing.drawn(report, 80)
    bars = drawn[1:4]
    assert {line.cell_len for line in bars} == {79}
    assert "c shows" in drawn[-2].plain
    after = reportdrawing.next_column(report, 80, 1)
    assert after > 1
    assert reportdrawing.next_column(report, 80, after) == 1
