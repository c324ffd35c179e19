"""A back-office with pages made for tests, and what stands on its screen."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from textual.app import ComposeResult
from textual.pilot import Pilot
from textual.strip import Strip

from core.base import i18n
from core.base.access import CLERK, Actor
from core.base.i18n import N_
from tui.app import BackOffice
from tui.gateway import Gateway
from tui.keymap import FIND, OPEN, Action
from tui.page import Page
from tui.sections import Section
from tui.widgets.columns import Column
from tui.widgets.overlay import Form
from tui.widgets.pagetable import PageTable, Row, Wanted
from tui.widgets.searchbox import SearchBox

SIZES = ((80, 24), (120, 40))
NAMES = ("王伟芳", "欧阳娜娜", "Alice O'Neil", "曾小贤", "李雷")
LABELS = (
    ("f2", "today", "Today"), ("f3", "till", "Till"), ("f4", "members", "Members"),
    ("f5", "marketing", "Marketing"), ("f6", "care", "Care"), ("f7", "churn", "Churn"),
    ("f8", "service", "Service"), ("f9", "goods", "Goods"), ("f10", "reports", "Reports"),
    ("ctrl+g", "settings", "Settings"),
)  # fmt: skip


def clerk(language: str = "en") -> Actor:
    return Actor(kind="staff", id=1, name="周丽", door="back-office", rights=CLERK, language=language)


async def million(wanted: Wanted) -> list[Row]:
    last = min(1_000_000, wanted.start + wanted.limit)
    return [Row(n, (f"{NAMES[n % 5]} {n}", f"{n:,}", "…4821")) for n in range(wanted.start, last)]


class ListPage(Page):
    NAME = N_("Members")
    HELP = N_("Type a part of a command's name. Enter does the one under the cursor.")
    KEYS = (
        OPEN,
        FIND,
        Action("join", ("n",), N_("open"), N_("Open the row under the cursor.")),
        Action("merge", ("m",), N_("save"), N_("Go to this section."), right="member.merge", danger=True),
        Action("fifth", ("f",), N_("find"), N_("Go to the search box.")),
        Action("sixth", ("x",), N_("lock"), N_("Go to the search box.")),
    )
    COLUMNS = (
        Column("name", N_("Members"), 30, min_width=8, important=True),
        Column("points", N_("save"), 12, right=True),
        Column("phone", N_("key"), 12),
    )

    def __init__(self) -> None:
        super().__init__()
        self.done: list[str] = []

    def body(self) -> ComposeResult:
        yield SearchBox(hint=N_("command …"), table="#list", id="search")
        yield PageTable(self.COLUMNS, empty=N_("There is nothing here."), id="list")

    async def on_mount(self) -> None:
        await self.table.set_source(million, total=1_000_000)
        self.table.focus()

    @property
    def table(self) -> PageTable:
        return self.query_one(PageTable)

    def do_join(self) -> None:
        self.done.append("join")

    def do_merge(self) -> None:
        self.done.append("merge")

    async def do_sixth(self) -> None:
        await self.ask(Form("sure", "Sure?", ("Nothing can bring it back.",)))

    def on_page_table_row_opened(self, message: PageTable.RowOpened) -> None:
        self.done.append(f"opened {message.row.key}")


def office(
    language: str = "en", *, page: type[Page] = ListPage, log: Path = Path("/nonexistent/crash.log")
) -> BackOffice:
    """A back-office whose gateway is not started: no page here asks core."""
    sections = [Section(key, id, label, page) for key, id, label in LABELS]
    app = BackOffice(clerk(language), Gateway(), log=log, sections=sections)
    app.shop_name = "南京东路店"
    return app


@asynccontextmanager
async def running(app: BackOffice, size: tuple[int, int] = (120, 40)) -> AsyncIterator[tuple[Pilot[int], Page]]:
    async with app.run_test(size=size, notifications=True) as pilot:
        await pilot.pause()
        page = app.page
        assert page is not None
        yield pilot, page


def lines(app: BackOffice) -> list[str]:
    """The text of each line on the screen."""
    return [strip.text for strip in _strips(app)]


def screen_text(app: BackOffice) -> str:
    """All lines as one text."""
    return "\n".join(line.rstrip() for line in lines(app))


def widths(app: BackOffice) -> set[int]:
    """Cells of the lines on the screen; one number when everything fits."""
    return {strip.cell_length for strip in _strips(app)}


def _strips(app: BackOffice) -> list[Strip]:
    # Without a terminal nothing is drawn until it is asked for, which here is in the test's own task.
    with i18n.use(app.language):
        return app.screen._compositor.render_strips()


def notices(app: BackOffice) -> list[str]:
    return [notice.message for notice in app._notifications]
