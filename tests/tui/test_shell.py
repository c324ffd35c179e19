"""The frame around every page: title, sections, keys, help, commands, languages, looks."""

import asyncio
import unicodedata

import pytest
from textual.app import ComposeResult

from core.base.i18n import N_
from core.base.text import width
from tests.tui.office import SIZES, ListPage, lines, notices, office, running, widths
from tui.help import CommandPage, HelpPage
from tui.look import LOOKS
from tui.page import Page
from tui.widgets.pagetable import PageTable
from tui.widgets.qr import QrCode

LANGUAGES = ("en", "zh")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_line_is_exactly_as_wide_as_the_screen(language: str, size: tuple[int, int]) -> None:
    async def body() -> None:
        app = office(language)
        async with running(app, size):
            assert widths(app) == {size[0]}
            assert {width(line) for line in lines(app)} == {size[0]}

    asyncio.run(body())


def test_frame_names_shop_person_and_sections() -> None:
    async def body() -> None:
        app = office()
        async with running(app):
            shown = lines(app)
            assert shown[0].startswith(" Regulars · 南京东路店 ")
            assert shown[0].rstrip().endswith("周丽          F1 help")
            assert shown[1].startswith(" F2 Today  F3 Till  F4 Members  F5 Marketing  F6 Care")
            assert shown[2] == "─" * 120
            assert shown[3].strip() == "Members"

    asyncio.run(body())


def test_sections_are_cut_with_an_ellipsis_where_they_do_not_fit() -> None:
    async def body() -> None:
        app = office()
        async with running(app, (80, 24)):
            fitted = " F2 Today F3 Till F4 Memb… F5 Mark… F6 Care F7 Churn F8 Serv… F9 Goods F10 Repo…"
            assert lines(app)[1].rstrip() == fitted

    asyncio.run(body())


def test_footer_shows_four_keys_and_help() -> None:
    async def body() -> None:
        app = office()
        async with running(app):
            assert lines(app)[-1].strip() == "Enter open  ·  / find  ·  n open  ·  m save  ·  ? all keys"

    asyncio.run(body())


def test_function_keys_go_to_sections_that_remember_their_page() -> None:
    async def body() -> None:
        app = office()
        async with running(app) as (pilot, page):
            await pilot.press("down", "f4", "f3")
            assert app.section == "till"
            await pilot.press("f2")
            assert app.section == "today" and app.page is page
            assert page.query_one(PageTable).cursor == 1

    asyncio.run(body())


def test_the_key_of_the_open_section_leads_to_its_first_page_but_not_away_from_a_sheet() -> None:
    async def body() -> None:
        app = office()
        async with running(app) as (pilot, page):
            for _page in range(2):
                await app.push_screen(ListPage())
            await pilot.press("x", "f2")
            assert len(app.screen_stack) == 3 and app.page is not page
            await pilot.press("escape", "f2", "f2")
            assert app.screen_stack == [page]

    asyncio.run(body())


def test_key_of_the_page_does_its_action_and_a_forbidden_one_says_why() -> None:
    async def body() -> None:
        app = office()
        async with running(app) as (pilot, page):
            await pilot.press("n", "m")
            assert page.done == ["join"]  # type: ignore[attr-defined]
            assert notices(app) == ["You may not do this. It needs the right “merge members”; ask a manager."]
            await pilot.pause(0.2)
            assert any("It needs the right" in line for line in lines(app)) and widths(app) == {120}

    asyncio.run(body())


def test_letters_typed_into_a_box_do_nothing_else() -> None:
    async def body() -> None:
        app = office()
        async with running(app) as (pilot, page):
            await pilot.press("slash", "n", "m", "王")
            assert page.query_one("#search").value == "nm王"  # type: ignore[attr-defined]
            assert page.done == []  # type: ignore[attr-defined]

    asyncio.run(body())


@pytest.mark.parametrize("key", ["question_mark", "f1"])
def test_help_lists_every_key_and_escape_leaves_it(key: str) -> None:
    async def body() -> None:
        app = office()
        async with running(app) as (pilot, page):
            await pilot.press(key)
            assert isinstance(app.page, HelpPage)
            text = "\n".join(lines(app))
            assert "Go to the search box." in text and "ctrl+q" in text and "It needs the right" in text
            await pilot.press("escape")
            assert app.page is page

    asyncio.run(body())


def test_question_mark_in_an_empty_box_asks_for_help() -> None:
    async def body() -> None:
        app = office()
        async with running(app) as (pilot, _page):
            await pilot.press("slash", "question_mark")
            assert isinstance(app.page, HelpPage)

    asyncio.run(body())


@pytest.mark.parametrize(("typed", "language"), [("churn", "en"), ("liushi", "en"), ("流失", "zh")])
def test_commands_are_found_by_name(typed: str, language: str) -> None:
    async def body() -> None:
        app = office(language)
        async with running(app) as (pilot, _page):
            await pilot.press("ctrl+p", *typed)
            await pilot.pause(0.2)
            found = app.screen.query_one(PageTable).row_count
            assert found == (0 if typed == "liushi" else 1)
            await pilot.press("enter")
            await pilot.pause()
            assert (app.section == "churn") is (found == 1)

    asyncio.run(body())


def test_commands_hold_no_screenshot_and_say_refusals() -> None:
    async def body() -> None:
        app = office()
        async with running(app) as (pilot, page):
            await pilot.press("ctrl+p")
            assert isinstance(app.page, CommandPage)
            text = "\n".join(lines(app)).casefold()
            assert "screenshot" not in text and "it needs the right" in text
            assert list(app.get_system_commands(app.screen)) == []
            await pilot.press("down", "down", "down", "enter")
            await pilot.pause()
            assert app.page is page and len(notices(app)) == 1

    asyncio.run(body())


def test_command_of_the_focused_list_is_pressed_for_it() -> None:
    async def body() -> None:
        app = office()
        async with running(app) as (pilot, page):
            await pilot.press("ctrl+p", "enter")
            await pilot.pause()
            await pilot.pause()
            assert page.done == ["opened 0"]  # type: ignore[attr-defined]

    asyncio.run(body())


def test_language_changes_frame_help_and_what_is_open() -> None:
    async def body() -> None:
        app = office()
        async with running(app) as (pilot, _page):
            await pilot.press("question_mark", "ctrl+l")
            await pilot.pause()
            text = "\n".join(lines(app))
            assert "F2 今日" in text and "返回上一步" in text and "Today" not in text
            await pilot.press("escape")
            await pilot.pause()
            assert lines(app)[-1].strip() == "Enter 打开  ·  / 查找  ·  n 打开  ·  m 保存  ·  ? 全部按键"
            await pilot.press("m")
            assert len(notices(app)) == 1
            assert widths(app) == {120}

    asyncio.run(body())


def test_looks_follow_one_another_and_keep_their_contrast() -> None:
    async def body() -> None:
        app = office()
        async with running(app):
            for look in ("light", "contrast", "ascii", "dark"):
                app.do_look()
                assert app.look == app.theme == look

    asyncio.run(body())


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.id)
def test_every_colour_can_be_read_on_its_ground(look: object) -> None:
    from textual.color import Color

    def light(hex: str) -> float:
        parts = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in Color.parse(hex).normalized]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    for ground in ("paper", "sheet"):
        for name in ("text", "quiet", "accent", "good", "warn", "bad"):
            pair = sorted((light(getattr(look, ground)), light(getattr(look, name))))
            assert (pair[1] + 0.05) / (pair[0] + 0.05) >= 4.5, (ground, name)


def test_quit_and_nothing_else_ends_the_session() -> None:
    async def body() -> None:
        app = office()
        async with running(app) as (pilot, _page):
            await pilot.press("escape", "ctrl+z", "ctrl+c")
            assert app.is_running and notices(app) == ["Ctrl+Q ends this session."]
            await pilot.press("ctrl+q")
            assert app.return_value == 0

    asyncio.run(body())


def test_click_on_section_and_footer_does_what_the_key_does() -> None:
    async def body() -> None:
        app = office()
        async with running(app) as (pilot, page):
            await pilot.click("#footer", offset=(30, 0))
            await pilot.pause()
            assert page.done == ["join"]  # type: ignore[attr-defined]
            await pilot.click("SectionLine", offset=(12, 0))
            await pilot.pause()
            assert app.section == "till"

    asyncio.run(body())


@pytest.mark.parametrize("size", SIZES)
def test_the_ascii_look_draws_nothing_of_ambiguous_width(size: tuple[int, int]) -> None:
    async def body() -> None:
        app = office("zh")
        async with running(app, size) as (pilot, _page):
            app.set_look("ascii")
            for key in ("end", "question_mark", "escape", "x"):
                await pilot.press(key)
                await pilot.pause()
                signs = {sign for sign in "".join(lines(app)) if unicodedata.east_asian_width(sign) == "A"}
                assert signs == set() and widths(app) == {size[0]}
            app.tell("− · “x” …")
            await pilot.pause()
            assert not {"−", "·", "“", "…"} & set(notices(app)[-1])

    asyncio.run(body())


def test_the_ascii_look_leaves_a_code_as_it_is() -> None:
    class CodePage(Page):
        NAME = N_("Members")

        def body(self) -> ComposeResult:
            yield QrCode("C1.2MJ8QF1T4AF8Z")

    async def body() -> None:
        app = office(page=CodePage)
        async with running(app):
            before = [line for line in lines(app) if "▀" in line]
            app.set_look("ascii")
            assert len(before) > 5 and [line for line in lines(app) if "▀" in line] == before

    asyncio.run(body())
