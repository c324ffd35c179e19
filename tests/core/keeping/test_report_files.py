"""Reports as files: harmless cells, a native chart, and the month on one page."""

import csv
import re
import zipfile
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from core.base import clock, i18n, settings
from core.keeping import monthpage, reportfiles
from core.reports import asked as cut
from core.reports import shelf
from core.reports.asked import Asked
from tests.shops import NOON, Shop

MAY = date(2026, 5, 1), date(2026, 5, 31)


@pytest.fixture
def asked(one_shop: Shop, tmp_path: Path) -> Asked:
    settings.use(settings.Settings(secret="test secret", exports=str(tmp_path)))
    one_shop.product("=1+1", 1900)
    one_shop.product("龙井 50 克", 8800)
    one_shop.sell(one_shop.basket(("=1+1", 2), ("龙井 50 克", 1)))
    return cut.ask(*MAY, step="month", store_id=None, by=one_shop.owner, now=NOON)


def test_a_csv_holds_bare_figures_and_no_formula(one_shop: Shop, asked: Asked) -> None:
    entry = shelf.entry("products")
    made = reportfiles.write_csv(entry, shelf.show("products", asked, by=one_shop.owner), by=one_shop.owner, now=NOON)
    with made.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[1:] == [
        ["龙井 50 克", "88.00", "69.84", "1", "", ""],
        ["'=1+1", "38.00", "30.16", "2", "", ""],
        ["total", "126.00", "", "3", "", ""],
    ]


def test_a_workbook_has_figures_a_total_and_a_native_chart(one_shop: Shop, asked: Asked) -> None:
    report = shelf.show("products", asked, by=one_shop.owner)
    book = reportfiles.workbook(shelf.entry("products"), report, asked)
    rows = CalamineWorkbook.from_filelike(BytesIO(book)).get_sheet_by_index(0).to_python()
    assert rows[3][:4] == ["product", "takings", "share", "units"]
    assert rows[5][:4] == ["=1+1", 38.0, 0.3016, 2.0]
    assert rows[6][:2] == ["total", 126.0]
    names = zipfile.ZipFile(BytesIO(book)).namelist()
    assert "xl/charts/chart1.xml" in names
    assert reportfiles.write_workbook(
        shelf.entry("products"), report, asked, by=one_shop.owner, now=NOON
    ).name.startswith("products-")


def test_a_grid_is_coloured_instead_of_drawn(one_shop: Shop, asked: Asked) -> None:
    entry = shelf.entry("week-hours")
    book = reportfiles.workbook(entry, shelf.show("week-hours", asked, by=one_shop.owner), asked)
    archive = zipfile.ZipFile(BytesIO(book))
    assert "xl/charts/chart1.xml" not in archive.namelist()
    assert b"colorScale" in archive.read("xl/worksheets/sheet1.xml")


def test_the_key_figures_of_a_month_are_those_of_the_reports(one_shop: Shop, asked: Asked) -> None:
    one_shop.sell(one_shop.basket(("=1+1", 1)), now=clock.Millis(NOON - 30 * clock.DAY))
    found = {one.name: one for one in monthpage.figures(MAY[0], store_id=None, by=one_shop.owner, now=NOON)}
    takings, sales = found["takings"], found["sales"]
    assert (takings.now, takings.before, takings.year) == (12_600, 1900, 0)
    assert (sales.now, sales.before) == (1, 1)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_month_is_one_page_in_both_languages(one_shop: Shop, asked: Asked, language: str) -> None:
    with i18n.use(language):
        page = monthpage.page(MAY[0], language=language, by=one_shop.owner, now=NOON)
    assert page.startswith(b"%PDF")
    assert len(re.findall(rb"/Type /Page\b", page)) == 1
