"""Charts, codes, tiles and lines, measured in cells."""

import asyncio

import pytest
from PIL import Image
from rich.text import Text as RichText
from textual.app import ComposeResult
from textual.color import Color

from core.base.i18n import N_, Text
from tests.tui.office import lines, office, running, widths
from tui.page import Page
from tui.widgets.charts import Drawing, hbars, heatmap, histogram, sparkline
from tui.widgets.choice import Choice
from tui.widgets.qr import QrCode, matrix, qr_lines
from tui.widgets.row import fitted
from tui.widgets.tile import Tile

URL = "https://shop.example.com/j/7K2M9QX4T6PB3WZ8R5VY1C"


def plain(drawn: list[RichText]) -> list[str]:
    return [line.plain for line in drawn]


def cells(drawn: list[RichText]) -> set[int]:
    return {line.cell_len for line in drawn}


def test_sparkline_is_one_cell_a_value() -> None:
    assert sparkline([1, 2, 5, 7, 6, 3]).plain == "▁▂▆█▇▃"
    assert sparkline([0, None, 8]).plain == "▁ █"
    assert sparkline([]).plain == ""
    assert sparkline(list(range(100)), 10).cell_len == 10


def test_bars_line_up_whatever_the_script_of_their_labels() -> None:
    drawn = hbars([("南京东路店", 200, "¥200.00"), ("Xuhui", 100, "¥100.00"), ("空", 0, "¥0.00")], 40)
    assert cells(drawn) == {40}
    assert plain(drawn)[1] == "Xuhui      ██████████▌           ¥100.00"
    assert "█" not in plain(drawn)[2]


def test_long_label_of_a_bar_is_cut_with_an_ellipsis() -> None:
    assert plain(hbars([("一家名字非常非常长的门店", 1, "1")], 30))[0].startswith("一家名字…")


def test_histogram_stands_on_its_labels() -> None:
    drawn = histogram([1, 4, 2], ["周五", "周六", "周日"], 18, 2)
    assert plain(drawn) == ["      █████       ", "▄▄▄▄▄ █████ █████ ", "周五  周六  周日  "]


def test_heatmap_shades_need_no_colour() -> None:
    drawn = heatmap([[0, 1, 2], [3, 4, None]], ["一", "二"], ["9", "10", "11"])
    assert plain(drawn) == ["   9 1011", "一   ░░▒▒", "二 ▓▓██··"]


def test_words_are_fitted_by_cells() -> None:
    assert fitted("王伟芳", 5).plain == "王伟…"
    assert fitted("王伟", 5, right=True).plain == " 王伟"
    assert fitted(RichText("王伟芳", "good"), 4).cell_len == 4
    assert fitted("a\x1b[31mb", 6).plain == "a[31mb"


def pixels(app_lines: list[list[tuple[str, Color, Color]]], scale: int = 4) -> Image.Image:
    """The code as a camera sees it: each cell two modules high, in the colours on the screen."""
    picture = Image.new("RGB", (len(app_lines[0]) * scale, len(app_lines) * 2 * scale))
    halves = {"█": (1, 1), "▀": (1, 0), "▄": (0, 1), " ": (0, 0)}
    for y, line in enumerate(app_lines):
        for x, (char, ink, paper) in enumerate(line):
            for half, on in enumerate(halves[char]):
                box = (x * scale, (2 * y + half) * scale, (x + 1) * scale, (2 * y + half + 1) * scale)
                picture.paste((ink if on else paper).rgb, box)
    return picture


class CodePage(Page):
    NAME = N_("Members")

    def body(self) -> ComposeResult:
        yield QrCode(URL)


@pytest.mark.parametrize("look", ["dark", "light", "contrast"])
def test_code_on_the_screen_is_read_by_a_scanner_that_does_not_invert(look: str) -> None:
    import zxingcpp

    async def body() -> None:
        app = office(page=CodePage)
        async with running(app, (80, 24)) as (pilot, page):
            app.set_look(look)
            await pilot.pause()
            region = page.query_one(QrCode).region
            strips = app.screen._compositor.render_strips()[region.y : region.bottom]
            grid = []
            for strip in strips:
                line = []
                for segment in strip.crop(region.x, region.right):
                    style = segment.style
                    assert style is not None and style.color is not None and style.bgcolor is not None
                    ink, paper = Color.from_rich_color(style.color), Color.from_rich_color(style.bgcolor)
                    line += [(char, ink, paper) for char in segment.text]
                grid.append(line)
            found = zxingcpp.read_barcodes(pixels(grid), try_invert=False)
            assert [code.text for code in found] == [URL]

    asyncio.run(body())


def test_code_of_fifty_characters_fits_a_small_terminal_with_its_border() -> None:
    drawn = qr_lines(URL)
    assert (drawn[0].cell_len, len(drawn)) == (37, 19)
    assert not any(any(row) for row in matrix(URL)[:2]) and not any(row[0] or row[1] for row in matrix(URL))
    assert len(matrix(URL, 0)) == len(matrix(URL, 2))


class TilePage(Page):
    NAME = N_("Today")

    def __init__(self) -> None:
        super().__init__()
        self.done: list[str] = []

    def body(self) -> ComposeResult:
        yield Tile(Text("Today"), id="takings")
        yield Drawing(lambda cells: hbars([("周五", 3, "3"), ("周六", 4, "4")], cells), id="bars")
        yield Choice([(str(n), f"选项{n}") for n in range(40)], "2", id="choice")

    async def on_mount(self) -> None:
        self.query_one(Tile).show("¥8,412.50", "last Sat ¥7,960.00  +5.7 %")

    def on_tile_opened(self, message: Tile.Opened) -> None:
        self.done.append(str(message.tile.id))


def test_tile_lines_up_flashes_once_and_opens() -> None:
    async def body() -> None:
        app = office("zh", page=TilePage)
        async with running(app, (80, 24)) as (pilot, page):
            tile = page.query_one(Tile)
            shown = next(line for line in lines(app) if "8,412" in line)
            assert shown.strip() == "今日           ¥8,412.50  last Sat ¥7,960.00  +5.7 %"
            assert not tile.has_class("-fresh")
            tile.show("¥8,500.00")
            assert tile.has_class("-fresh")
            tile.focus()
            await pilot.press("enter")
            assert page.done == ["takings"]  # type: ignore[attr-defined]
            await pilot.pause(1.1)
            assert not tile.has_class("-fresh")
            assert widths(app) == {80}

    asyncio.run(body())


def test_choice_too_long_for_its_line_names_the_place() -> None:
    async def body() -> None:
        app = office(page=TilePage)
        async with running(app, (80, 24)) as (pilot, page):
            choice = page.query_one(Choice)
            choice.focus()
            await pilot.press("right", "left", "left")
            assert choice.value == "1"
            assert any("‹ 选项1 › 2/40" in line for line in lines(app))

    asyncio.run(body())
