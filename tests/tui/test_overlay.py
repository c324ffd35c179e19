"""Questions and small forms over a page."""

import asyncio

import pytest

from core.base.errors import Invalid, Refused
from core.base.i18n import N_
from tests.tui.office import SIZES, ListPage, lines, notices, office, running, widths
from tui.page import Page
from tui.widgets.money import MoneyUnreadable, NumberUnreadable, read_money, read_number
from tui.widgets.note import Paragraph
from tui.widgets.overlay import Answer, Field, Form, Overlay

TOP_UP = Form(
    "top_up",
    "王伟芳 · top up",
    ("¥186.40 now",),
    (
        Field("amount", N_("save"), "money"),
        Field("points", N_("find"), "number", required=False),
        Field("tender", N_("key"), "choice", "card", (("cash", "现金"), ("card", "银行卡"))),
    ),
)
SURE = Form("erase", "Erase?", ("Nothing can bring it back.",), done=N_("lock"), danger=True)


async def opened(page: Page, form: Form, *, error: Exception | None = None) -> list[Answer]:
    """Open a form; the list gets what is written."""
    written: list[Answer] = []

    async def write(answer: Answer) -> None:
        written.append(answer)
        if error is not None and len(written) == 1:
            raise error

    await page.ask(form, write)
    return written


@pytest.mark.parametrize("size", SIZES)
def test_form_lies_over_the_page_without_breaking_a_line(size: tuple[int, int]) -> None:
    async def body() -> None:
        app = office("zh")
        async with running(app, size) as (pilot, page):
            await opened(page, TOP_UP)
            await pilot.pause()
            text = "\n".join(lines(app))
            assert "王伟芳 · top up" in text and "○ 现金  ● 银行卡" in text and "Enter 保存" in text
            assert widths(app) == {size[0]}

    asyncio.run(body())


def test_enter_goes_through_the_fields_and_the_last_one_writes() -> None:
    async def body() -> None:
        app = office()
        async with running(app) as (pilot, page):
            written = await opened(page, TOP_UP)
            await pilot.press(*"200", "enter", "enter", "left", "enter")
            await pilot.pause()
            assert dict(written[0].values) == {"amount": 20_000, "points": None, "tender": "cash"}
            assert (written[0].number("amount"), written[0].text("tender")) == (20_000, "cash")
            assert not page.overlay.is_open
            assert app.focused is page.query_one("#list")

    asyncio.run(body())


def test_wrong_amount_is_told_at_its_field() -> None:
    async def body() -> None:
        app = office()
        async with running(app) as (pilot, page):
            written = await opened(page, TOP_UP)
            await pilot.press(*"12.5", "enter", "enter", "enter")
            await pilot.pause()
            assert written == [] and app.focused is page.query_one("#amount")
            at = next(i for i, line in enumerate(lines(app)) if "12.5 " in line)
            assert "“12.5” is not an amount. Type it like 12 or 12.50." in lines(app)[at + 1]

    asyncio.run(body())


@pytest.mark.parametrize("error", [Invalid(field="points", problem="too many"), Refused(problem="too many")])
def test_refusal_keeps_the_form_and_its_key(error: Exception) -> None:
    async def body() -> None:
        app = office()
        async with running(app) as (pilot, page):
            written = await opened(page, TOP_UP, error=error)
            await pilot.press("5", "enter", "enter", "enter")
            await pilot.pause()
            assert page.overlay.is_open and any("too many" in line for line in lines(app))
            await pilot.press("tab", "tab", "enter")
            await pilot.pause()
            assert [answer.key for answer in written] == [written[0].key] * len(written)

    asyncio.run(body())


def test_escape_leaves_a_form_but_not_one_being_written() -> None:
    async def body() -> None:
        app = office()
        gate, ended = asyncio.Event(), []
        async with running(app) as (pilot, page):
            await opened(page, TOP_UP)
            await pilot.press("escape")
            assert not page.overlay.is_open

            async def write(answer: Answer) -> None:
                await gate.wait()
                ended.append(answer)

            await page.ask(Form("sure", "Sure?"), write)
            await pilot.press("enter", "escape", "enter")
            assert page.overlay.is_open
            assert notices(app) == ["This is being written and will be done in a moment."]
            gate.set()
            await pilot.pause()
            assert len(ended) == 1 and not page.overlay.is_open

    asyncio.run(body())


def test_dangerous_form_wants_its_own_key() -> None:
    async def body() -> None:
        app = office()
        async with running(app) as (pilot, page):
            written = await opened(page, SURE)
            await pilot.press("enter", "enter")
            assert written == [] and page.overlay.is_open
            await pilot.press("y")
            await pilot.pause()
            assert len(written) == 1

    asyncio.run(body())


def test_keys_of_the_page_rest_while_a_form_is_open() -> None:
    async def body() -> None:
        app = office()
        async with running(app) as (pilot, page):
            await opened(page, SURE)
            await pilot.press("n", "question_mark", "ctrl+p", "tab", "shift+tab")
            assert app.page is page and page.done == []  # type: ignore[attr-defined]
            await pilot.click("#list", offset=(2, 12))
            await pilot.pause()
            assert page.overlay in app.focused.ancestors_with_self  # type: ignore[union-attr]

    asyncio.run(body())


def test_leaving_posts_a_message() -> None:
    class Asking(ListPage):
        def on_overlay_cancelled(self, message: Overlay.Cancelled) -> None:
            self.done.append(f"left {message.form.id}")

    async def body() -> None:
        app = office(page=Asking)
        async with running(app) as (pilot, page):
            await opened(page, SURE)
            await pilot.press("escape")
            await pilot.pause()
            assert page.done == ["left erase"]  # type: ignore[attr-defined]

    asyncio.run(body())


@pytest.mark.parametrize(("typed", "cents"), [("12.50", 1250), ("12", 1200), ("0", 0), (" 3.05 ", 305), ("１２", 1200)])
def test_amounts_are_read_to_the_cent(typed: str, cents: int) -> None:
    assert read_money(typed) == cents


@pytest.mark.parametrize("typed", ["", "12.5", "-3", "1,200", "12.505", "1e3", "十二", ".50"])
def test_what_is_no_amount_is_refused(typed: str) -> None:
    with pytest.raises(MoneyUnreadable):
        read_money(typed)


def test_whole_numbers_are_read_and_others_refused() -> None:
    assert read_number(" 180 ") == 180
    with pytest.raises(NumberUnreadable):
        read_number("1.5")


def test_a_note_measured_for_another_width_stays_as_it_is_drawn() -> None:
    """A form longer than the screen is measured without its scrollbar: a note that followed never came to rest."""
    days = tuple(Field(f"day{number}", N_("key"), "day", "2026-06-05") for number in range(12))

    async def body() -> None:
        app = office()
        async with running(app, (80, 24)) as (pilot, page):
            await opened(page, Form("long", "Days", ("One after another.",), days))
            await pilot.pause()
            note = page.query(Paragraph).filter(".field-note").first()
            before = note.virtual_size
            assert note.get_content_height(app.size, app.size, 4) > before.height
            assert (note.virtual_size, note.get_content_height(app.size, app.size, before.width)) == (before, 1)

    asyncio.run(body())
