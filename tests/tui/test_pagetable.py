"""A list of a million rows: cursor, pages, columns, widths, search."""

import asyncio
from collections.abc import Sequence
from time import process_time

import pytest

from core.base.errors import Refused
from tests.tui.office import SIZES, ListPage, lines, million, notices, office, running, widths
from tui.gateway import Stale
from tui.page import Page
from tui.widgets.columns import Column
from tui.widgets.columns import widths as column_widths
from tui.widgets.pagetable import PageTable, Row, Wanted
from tui.widgets.searchbox import SearchBox


def table_of(page: Page) -> PageTable:
    return page.query_one(PageTable)


@pytest.mark.parametrize("size", SIZES)
def test_rows_keep_their_columns_and_cut_names_with_an_ellipsis(size: tuple[int, int]) -> None:
    async def body() -> None:
        app = office()
        async with running(app, size) as (pilot, _page):
            shown = lines(app)
            at = next(i for i, line in enumerate(shown) if "王伟芳 0" in line)
            assert shown[at].rstrip().endswith("0  …4821")
            assert widths(app) == {size[0]}
            await pilot.resize_terminal(40, 12)
            await pilot.pause()
            assert widths(app) == {40}

    asyncio.run(body())


def test_first_page_is_all_that_is_read_of_a_million() -> None:
    asked: list[Wanted] = []

    async def source(wanted: Wanted) -> list[Row]:
        asked.append(wanted)
        return await million(wanted)

    async def body() -> None:
        app = office()
        async with running(app) as (_pilot, page):
            await table_of(page).set_source(source, total=1_000_000)
            assert asked == [Wanted(0, 100, None)]
            assert table_of(page).row_count == 1_000_000

    asyncio.run(body())


def test_end_jumps_over_a_million_rows_and_reads_two_pages_at_most() -> None:
    async def body() -> None:
        app = office()
        async with running(app) as (pilot, page):
            await pilot.press("end")
            await pilot.pause(0.1)
            assert table_of(page).cursor == 999_999
            assert table_of(page).row == (await million(Wanted(999_999, 1, None)))[0]
            assert any("李雷 999999" in line and "999,999" in line for line in lines(app))
            await pilot.press("home", "enter")
            assert page.done == ["opened 0"]  # type: ignore[attr-defined]

    asyncio.run(body())


def test_page_down_goes_one_screen_and_keeps_few_pages() -> None:
    async def body() -> None:
        app = office()
        async with running(app) as (pilot, page):
            table = table_of(page)
            step = table.size.height - 1
            for _ in range(100):
                await pilot.press("pagedown")
            await pilot.pause(0.1)
            assert table.cursor == 100 * step
            assert table.row is not None
            assert len(table._pages) <= 20

    asyncio.run(body())


def test_moving_the_cursor_redraws_two_lines() -> None:
    async def body() -> None:
        app = office()
        async with running(app) as (pilot, page):
            table, drawn = table_of(page), []
            lines(app)
            plain = table.render_line

            def counted(y: int) -> object:
                drawn.append(y)
                return plain(y)

            table.render_line = counted  # type: ignore[method-assign, assignment]
            await pilot.press("down")
            lines(app)
            assert sorted(set(drawn)) == [1, 2]

    asyncio.run(body())


def test_key_after_key_costs_little() -> None:
    async def body() -> None:
        app = office()
        async with running(app) as (_pilot, page):
            start = process_time()
            for _ in range(20):
                table_of(page).move("down")
                lines(app)
            assert (process_time() - start) / 20 < 0.03

    asyncio.run(body())


def test_list_of_unknown_length_grows_as_it_is_read() -> None:
    asked: list[Wanted] = []

    async def source(wanted: Wanted) -> list[Row]:
        asked.append(wanted)
        first = 0 if wanted.after is None else int(str(wanted.after)) + 1
        return [Row(n, (f"{n}", "", "")) for n in range(first, min(200, first + wanted.limit))]

    async def body() -> None:
        app = office()
        async with running(app) as (pilot, page):
            table = table_of(page)
            await table.set_source(source)
            assert table.row_count == 101
            for _ in range(4):
                await pilot.press("end")
                await pilot.pause(0.05)
            assert table.row_count == 200 and table.cursor == 199
            assert [wanted.after for wanted in asked] == [None, 99, 199]

    asyncio.run(body())


def test_empty_list_says_what_it_would_hold() -> None:
    async def nothing(wanted: Wanted) -> list[Row]:
        return []

    async def body() -> None:
        app = office("zh")
        async with running(app) as (pilot, page):
            await table_of(page).set_source(nothing, total=0)
            await pilot.press("down", "enter")
            assert any("这里没有内容。" in line for line in lines(app))
            assert page.done == [] and widths(app) == {120}  # type: ignore[attr-defined]

    asyncio.run(body())


def test_slower_older_source_does_not_replace_a_newer_one() -> None:
    gate = asyncio.Event()

    async def slow(wanted: Wanted) -> list[Row]:
        await gate.wait()
        return [Row(0, ("old", "", ""))]

    async def fast(wanted: Wanted) -> list[Row]:
        return [Row(0, ("new", "", ""))]

    async def body() -> None:
        app = office()
        async with running(app) as (_pilot, page):
            older = asyncio.create_task(table_of(page).set_source(slow, total=1))
            await asyncio.sleep(0)
            await table_of(page).set_source(fast, total=1)
            gate.set()
            await older
            assert table_of(page).row == Row(0, ("new", "", ""))

    asyncio.run(body())


@pytest.mark.parametrize(("error", "notice"), [(Stale(), 0), (Refused(problem="x"), 1)])
def test_page_that_cannot_be_read_is_told_once_unless_stale(error: Exception, notice: int) -> None:
    async def source(wanted: Wanted) -> list[Row]:
        if wanted.start:
            raise error
        return await million(wanted)

    async def body() -> None:
        app = office()
        async with running(app) as (pilot, page):
            await table_of(page).set_source(source, total=1_000)
            await pilot.press("end")
            await pilot.pause(0.1)
            assert len(notices(app)) == notice

    asyncio.run(body())


def test_click_moves_the_cursor_and_a_double_click_opens() -> None:
    async def body() -> None:
        app = office()
        async with running(app) as (pilot, page):
            await pilot.click("#list", offset=(5, 4))
            assert table_of(page).cursor == 3 and page.done == []  # type: ignore[attr-defined]
            await pilot.double_click("#list", offset=(5, 6))
            assert page.done == ["opened 5"]  # type: ignore[attr-defined]

    asyncio.run(body())


class SearchPage(ListPage):
    def __init__(self) -> None:
        super().__init__()
        self.searched: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()

    def on_search_box_searched(self, message: SearchBox.Searched) -> None:
        self.searched.append(message.value)
        self.reading(self.search, message.value)

    async def search(self, typed: str) -> None:
        async def rows(wanted: Wanted) -> Sequence[Row]:
            await self.gate.wait()
            return [Row(f"{typed}!", (typed, "", ""))]

        await self.table.set_source(rows, total=1, answers=typed)


def test_first_key_searches_at_once_and_the_rest_once_after_a_pause() -> None:
    async def body() -> None:
        app = office(page=SearchPage)
        async with running(app) as (pilot, page):
            assert isinstance(page, SearchPage)
            box = page.query_one(SearchBox)
            box.insert_text_at_cursor("王")
            await pilot.pause()
            box.insert_text_at_cursor("伟")
            box.insert_text_at_cursor("芳")
            await pilot.pause(0.2)
            assert page.searched == ["王", "王伟芳"]

    asyncio.run(body())


def test_enter_waits_for_the_answer_to_what_is_typed() -> None:
    async def body() -> None:
        app = office(page=SearchPage)
        async with running(app) as (pilot, page):
            assert isinstance(page, SearchPage)
            page.gate.clear()
            await pilot.press("slash", "a", "b", "enter")
            assert page.done == []
            page.gate.set()
            await pilot.pause(0.2)
            assert page.done == ["opened ab!"]

    asyncio.run(body())


def test_arrow_keys_move_the_list_from_the_box() -> None:
    async def body() -> None:
        app = office()
        async with running(app) as (pilot, page):
            await pilot.press("slash", "down", "down", "up")
            assert table_of(page).cursor == 1 and page.query_one(SearchBox).has_focus

    asyncio.run(body())


NAME = Column("name", "name", 20, min_width=6, important=True)
WIDE = Column("note", "note", 30, min_width=10, stretch=True)
NUMBER = Column("points", "points", 10, min_width=6, right=True)


@pytest.mark.parametrize(
    ("room", "expected"),
    [
        (80, [("name", 20), ("note", 44), ("points", 10)]),
        (66, [("name", 20), ("note", 30), ("points", 10)]),
        (50, [("name", 20), ("note", 14), ("points", 10)]),
        (43, [("name", 20), ("note", 10), ("points", 7)]),
        (38, [("name", 20), ("note", 14)]),
        (25, [("name", 20)]),
        (12, [("name", 10)]),
    ],
)
def test_important_column_shrinks_last(room: int, expected: list[tuple[str, int]]) -> None:
    given = [(column.id, cells) for column, cells in column_widths([NAME, WIDE, NUMBER], room)]
    assert given == expected
