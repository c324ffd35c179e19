"""Who is there: the sign-in before everything, the lock after idle, nothing left for the next person."""

import asyncio
from pathlib import Path

from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import ModalScreen

from core.base.access import Actor
from tests.tui.office import LABELS, ListPage, clerk, lines, notices, office, running
from tui.app import BackOffice
from tui.gateway import Gateway
from tui.help import HelpPage
from tui.sections import Section, SignIn, lazy
from tui.widgets.pagetable import PageTable
from tui.widgets.row import Line

OTHER = Actor(kind="staff", id=2, name="李雷", door="back-office", rights=frozenset({"member.merge"}), language="zh")


class Who(ModalScreen[Actor | None]):
    BINDINGS = [  # noqa: RUF012
        Binding("a", "sign('a')"),
        Binding("b", "sign('b')"),
        Binding("x", "sign('')"),
    ]

    def compose(self) -> ComposeResult:
        yield Line("Who is there?")

    def action_sign(self, who: str) -> None:
        self.dismiss({"a": clerk(), "b": OTHER}.get(who))


def locked_office(actor: Actor | None, *, idle_s: float | None = None) -> BackOffice:
    sections = [Section(key, id, label, ListPage) for key, id, label in LABELS]
    sign_in = SignIn(Who, idle_s)  # type: ignore[arg-type]
    return BackOffice(actor, Gateway(), log=Path("/nonexistent/log"), sign_in=sign_in, sections=sections)


def test_nothing_but_the_sign_in_works_before_someone_is_signed_in() -> None:
    async def body() -> None:
        app = locked_office(None)
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.press("f3", "question_mark", "ctrl+p", "escape")
            assert isinstance(app.screen, Who) and app.section == ""
            await pilot.press("b")
            await pilot.pause()
            assert app.section == "today" and app.actor is OTHER
            assert lines(app)[1].startswith(" F2 今日")

    asyncio.run(body())


def test_leaving_the_sign_in_ends_the_session() -> None:
    async def body() -> None:
        app = locked_office(None)
        async with app.run_test() as pilot:
            await pilot.press("x")
            await pilot.pause()
            assert app.return_value == 0

    asyncio.run(body())


def test_idle_session_is_locked_and_goes_on_where_it_was() -> None:
    async def body() -> None:
        app = locked_office(clerk(), idle_s=3)
        async with running(app) as (pilot, page):
            await pilot.press("down")
            await pilot.pause(1.8)
            await pilot.press("down")
            await pilot.pause(1.8)
            assert app.page is page
            await pilot.pause(3)
            assert isinstance(app.screen, Who)
            await pilot.press("f4", "n")
            assert isinstance(app.screen, Who) and page.done == []  # type: ignore[attr-defined]
            await pilot.press("a")
            await pilot.pause()
            assert app.page is page and page.query_one(PageTable).cursor == 2

    asyncio.run(body())


def test_next_person_finds_nothing_of_the_one_before() -> None:
    async def body() -> None:
        app = locked_office(clerk())
        async with running(app) as (pilot, page):
            await pilot.press("f4", "down", "f2", "question_mark")
            assert isinstance(app.page, HelpPage)
            app.lock()
            await pilot.pause()
            await pilot.press("b")
            await pilot.pause(0.2)
            assert isinstance(app.page, ListPage) and app.page is not page
            await pilot.press("m", "f4")
            await pilot.pause()
            assert app.page.query_one(PageTable).cursor == 0
            assert notices(app) == []

    asyncio.run(body())


def test_lock_without_a_sign_in_says_why_not() -> None:
    async def body() -> None:
        app = office()
        async with running(app) as (pilot, page):
            await page.act("lock")
            await pilot.pause()
            assert notices(app) == ["This session has no sign-in. End it with ctrl+q."]

    asyncio.run(body())


def test_page_is_imported_when_its_section_is_first_opened() -> None:
    assert isinstance(lazy("tests.tui.office:ListPage")(), ListPage)
