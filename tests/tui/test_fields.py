"""Fields of forms: days, birthdays of both calendars, one or several of a few; quick forms and their preview."""

import asyncio
from collections.abc import Sequence
from datetime import date

import pytest

from core.base import clock, i18n
from core.base.errors import Refused
from core.base.i18n import N_
from core.people import birthdays
from tests.shops import NOON
from tests.tui.office import ListPage, lines, office, running, screen_text
from tui.widgets import dates
from tui.widgets.choice import Choice, Several
from tui.widgets.dates import DayUnreadable, read_day
from tui.widgets.note import wrapped
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.row import Words

DAYS = (("1", "Mon"), ("2", "Tue"), ("3", "Wed"))


@pytest.mark.parametrize(
    ("typed", "day"),
    [("2026-05-29", date(2026, 5, 29)), (" 2026-5-9 ", date(2026, 5, 9)), ("２０２６－１２－３１", date(2026, 12, 31))],
)
def test_days_are_read_as_they_are_typed(typed: str, day: date) -> None:
    assert read_day(typed, field="day") == day


@pytest.mark.parametrize("typed", ["2026-02-30", "29.5.2026", "tomorrow", "2026-13-01", "0000-01-01"])
def test_what_is_no_day_is_named(typed: str) -> None:
    with pytest.raises(DayUnreadable) as refused:
        read_day(typed, field="day")
    assert refused.value.field == "day" and typed in refused.value.sentence()


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 1, 15), -1, date(2025, 12, 15)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
    ],
)
def test_month_later_stays_in_its_month(day: date, months: int, later: date) -> None:
    assert dates.month_later(day, months) == later


def test_day_is_said_with_weekday_and_lunar_date() -> None:
    # Mid-autumn 2026 is on 25 September (Hong Kong Observatory's table of the calendar).
    with i18n.use("en"):
        assert dates.day_said(date(2026, 9, 25)) == "Fri · 农历八月十五"
    with i18n.use("zh"):
        assert dates.day_said(date(2026, 9, 25)) == "周五 · 农历八月十五"
        assert dates.day_said(date(2150, 9, 25)) == "周五"


def test_lunar_birthday_says_when_it_is_kept_next() -> None:
    with i18n.use("en"), clock.set_to(NOON):
        assert dates.birthday_said(birthdays.read("农历八月十五")) == "农历八月十五 · next on 09-25 Fri"


async def filled(form: Form, *keys: str) -> tuple[list[Answer], list[str]]:
    """Press keys in a form; what was written and what then stands on the screen."""
    written: list[Answer] = []

    async def write(answer: Answer) -> None:
        written.append(answer)

    app = office()
    async with running(app) as (pilot, page):
        assert isinstance(page, ListPage)
        await page.ask(form, write)
        for key in keys:
            await pilot.press(key)
        await pilot.pause(0.3)
        return written, lines(app)


def test_arrow_keys_go_by_days_and_months() -> None:
    form = Form("when", "When?", fields=(Field("day", N_("day"), "day", "2026-01-31"),))
    written, _ = asyncio.run(filled(form, "up", "pagedown", "pagedown", "down", "enter"))
    assert written[0].values == {"day": "2025-11-30"}  # 1 Feb, 1 Jan, 1 Dec, and a day before


def test_day_is_said_below_its_field() -> None:
    form = Form("when", "When?", fields=(Field("day", N_("day"), "day", "2026-09-25"),))
    _, shown = asyncio.run(filled(form))
    at = next(at for at, line in enumerate(shown) if "2026-09-25" in line)
    assert "Fri · 农历八月十五" in shown[at + 1]


def test_empty_day_begins_today() -> None:
    form = Form("when", "When?", fields=(Field("day", N_("day"), "day"),))
    with clock.set_to(NOON):
        written, _ = asyncio.run(filled(form, "up", "enter"))
    assert written[0].values == {"day": "2026-05-29"}


def test_digits_choose_and_mark() -> None:
    fields = (Field("one", N_("day"), "choice", choices=DAYS), Field("some", N_("day"), "several", "3", DAYS))
    written, _ = asyncio.run(
        filled(Form("pick", "Which?", fields=fields), "3", "enter", "1", "right", "space", "enter")
    )
    assert written[0].values == {"one": "3", "some": "1 2 3"}


def test_none_marked_may_be_left_empty_where_it_may() -> None:
    fields = (Field("some", N_("day"), "several", "2", DAYS, required=False),)
    written, _ = asyncio.run(filled(Form("pick", "Which?", fields=fields), "2", "enter"))
    assert written[0].values == {"some": None} and written[0].text("some") == ""


def test_marks_are_drawn_and_kept_in_sight_when_there_are_many() -> None:
    some = Several([(str(n), f"number {n}") for n in range(9)], "0 8")
    assert some.line(40).plain.startswith("☒ number 0  ☐ number 1")
    some.action_step(-1)
    assert "☒ number 8" in some.line(40).plain and some.value == "0 8"
    assert Choice([("a", "一"), ("b", "二")], "b").line(20).plain.rstrip() == "○ 一  ● 二"


def test_quick_form_is_done_from_any_field() -> None:
    form = Form(
        "line", "Line", fields=(Field("a", N_("save"), "number", 1), Field("b", N_("save"), "number", 2)), quick=True
    )
    written, _ = asyncio.run(filled(form, "enter"))
    assert written[0].values == {"a": 1, "b": 2}


def test_up_and_down_go_through_the_fields() -> None:
    form = Form("line", "Line", fields=(Field("a", N_("save")), Field("b", N_("save"))))
    written, _ = asyncio.run(filled(form, "x", "down", "y", "up", "z", "enter", "enter"))
    assert written[0].values == {"a": "xz", "b": "y"}


def test_preview_follows_what_is_typed_and_says_what_is_refused() -> None:
    asked: list[int | None] = []

    async def preview(answer: Answer) -> Sequence[Words]:
        asked.append(answer.number("a"))
        if (answer.number("a") or 0) > 99:
            raise Refused(problem="too much")
        return (f"{answer.number('a')} it is",)

    form = Form("line", "Line", fields=(Field("a", N_("save"), "number"),), preview=preview)

    async def body() -> None:
        app = office()
        async with running(app) as (pilot, page):
            await page.ask(form)
            await pilot.press("1", "2")
            await pilot.pause(0.5)
            assert "12 it is" in screen_text(app) and asked[-1] == 12 and len(asked) <= 2
            await pilot.press("3")
            await pilot.pause(0.5)
            assert "12 it is" not in screen_text(app) and asked[-1] == 123

    asyncio.run(body())


def test_refused_secret_is_typed_again_as_a_whole() -> None:
    form = Form("approve", "Approve", fields=(Field("who", N_("name")), Field("pin", N_("PIN"), "secret")))

    async def body() -> None:
        app = office()
        async with running(app) as (pilot, page):
            tried: list[str] = []

            async def write(answer: Answer) -> None:
                tried.append(answer.text("pin"))
                if len(tried) == 1:
                    raise Refused(problem="wrong")

            await page.ask(form, write)
            await pilot.press("a", "enter", *"111", "enter")
            await pilot.pause()
            await pilot.press(*"222", "enter")
            await pilot.pause()
            assert tried == ["111", "222"]

    asyncio.run(body())


def test_no_line_begins_with_a_mark_that_closes() -> None:
    said = [line.plain for line in wrapped("在重新开通之前不能积分也不能消费。什么都不会丢失。", 32)]
    assert said == ["在重新开通之前不能积分也不能消", "费。什么都不会丢失。"]
