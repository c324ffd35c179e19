"""Cells of an old system: what is read, and what is refused rather than guessed."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.base import money as amounts
from core.keeping.movein import cells, days
from core.keeping.movein.faults import Wrong, shown
from core.people.birthdays import Birthday

TODAY = date(2026, 5, 29)
MORNING = datetime(2024, 1, 5, 9, 5)  # noqa: DTZ001 (as a workbook has it)
ANN = ("+8613800138000",)


@pytest.mark.parametrize(
    "cell",
    [
        13800138000.0,
        13800138000,
        "１３８００１３８０００",
        "0086 138-0013-8000",
        "13800138000.0",
        "+86 13800138000\u202c",
    ],
)
def test_a_phone_is_read_in_every_form(cell: object) -> None:
    assert cells.phone(cell, "CN") == ANN


@pytest.mark.parametrize(
    ("cell", "wrong"),
    [
        ("1.38E+10", cells.SHORTENED),
        ("021-62345678", cells.LANDLINE),
        ("010 62345678", cells.LANDLINE),
        ("+44 20 7946 0018", cells.LANDLINE),
        ("1380013", cells.NO_PHONE),
        ("微信 abc", cells.NO_PHONE),
    ],
)
def test_what_takes_no_message_is_no_phone(cell: object, wrong: Wrong) -> None:
    assert cells.phone(cell, "CN") == wrong


def test_two_phones_in_one_cell_are_both_read() -> None:
    assert cells.phone("13800138000、13900139000", "CN") == (*ANN, "+8613900139000")
    assert cells.phone("13800138000 / 138 0013 8000", "CN") == ANN


def test_a_long_card_number_that_excel_rounded_is_refused() -> None:
    assert cells.card("622202123456789000") == cells.SHORTENED
    assert cells.card(6222021234567890.0) == cells.SHORTENED
    assert cells.card("6.222E+17") == cells.SHORTENED
    assert cells.card("622202123456789012") == "622202123456789012"
    assert cells.card(80012345.0) == "80012345"
    assert cells.card("C1.7K3M9QXV2B8DT") == "C1.7K3M9QXV2B8DT"
    assert cells.card("C1.0000000000000") == cells.OWN_CODE


@pytest.mark.parametrize(
    ("cell", "cents"),
    [("¥1,234.50", 123450), ("１２３．５元", 12350), (0.1 + 0.2, 30), (1234.5, 123450), ("RMB 12", 1200),
     ("0", 0), ("12.30000", 1230)],
)  # fmt: skip
def test_an_amount_is_read(cell: object, cents: int) -> None:
    assert cells.money(cell) == cents


@pytest.mark.parametrize(
    ("cell", "wrong"),
    [
        ("1.234,50", cells.NO_AMOUNT), ("1,23", cells.NO_AMOUNT), ("一百", cells.NO_AMOUNT), ("1e5", cells.NO_AMOUNT),
        ("12.345", cells.TOO_FINE), (12.345, cells.TOO_FINE), ("-3", cells.NEGATIVE), ("(3.00)", cells.NEGATIVE),
        (-3.0, cells.NEGATIVE), (1e300, cells.TOO_MUCH), (float("inf"), cells.TOO_MUCH), (float("nan"), cells.TOO_MUCH),
    ],
)  # fmt: skip
def test_an_amount_that_could_be_two_is_refused(cell: object, wrong: Wrong) -> None:
    assert cells.money(cell) == wrong


@given(st.integers(0, 10**9), st.sampled_from(["{}", "¥{}", "{}元", " {} ", "CNY{}"]))
def test_every_amount_written_comes_back(cents: int, form: str) -> None:
    assert cells.money(form.format(amounts.plain(cents))) == cents
    assert cells.money(amounts.shown(cents, "¥")) == cents
    assert cells.money(cents / 100) == cents


@given(st.text(max_size=12))
def test_no_text_makes_a_reader_fail(text: str) -> None:
    if not text.strip():
        return
    for reader in (
        cells.money,
        cells.points,
        cells.card,
        cells.gender,
        cells.truth,
        cells.name,
        cells.tags,
        cells.email,
    ):
        reader(text)
    cells.phone(text, "CN")
    days.day(text)
    days.birthday(text, TODAY)
    days.birthday(text, TODAY, is_lunar=True)


@given(st.floats(allow_nan=True, allow_infinity=True))
@example(float("nan"))
@example(float("-inf"))
@example(60.5)
def test_no_number_makes_a_reader_fail(number: float) -> None:
    cells.money(number)
    cells.points(number)
    cells.quantity(number)
    cells.card(number)
    cells.phone(number, "CN")
    days.day(number)
    days.time_of(number)


def test_points_are_whole() -> None:
    assert [cells.points(cell) for cell in ("1,234", "１２", 12.0, "0", "8分")] == [1234, 12, 12, 0, 8]
    assert [cells.points(cell) for cell in ("12.5", 12.5, "-5", "many")] == [
        cells.NO_POINTS, cells.NO_POINTS, cells.NEGATIVE, cells.NO_POINTS,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "cell",
    ["2024/1/5", "2024-01-05", "2024.1.5", "2024年1月5日", "20240105", 20240105.0, 45296.0, "45296",
     "2024-01-05 12:30:00", "2024-01-05T12:30:00Z", MORNING, date(2024, 1, 5)],
)  # fmt: skip
def test_a_day_is_read_in_every_form(cell: object) -> None:
    assert days.day(cell) == date(2024, 1, 5)


def test_days_that_could_be_two_are_refused_unless_the_order_is_said() -> None:
    assert days.day("03/04/2024") == days.AMBIGUOUS
    assert days.day("03/04/2024", "dmy") == date(2024, 4, 3)
    assert days.day("03/04/2024", "mdy") == date(2024, 3, 4)
    assert days.day("25/12/2024") == date(2024, 12, 25)
    assert days.day("12/25/2024") == date(2024, 12, 25)
    assert days.day("25/12/2024", "mdy") == days.IMPOSSIBLE


def test_the_29_february_1900_of_excel_never_was() -> None:
    assert [days.of_serial(number) for number in (1, 59, 60, 61)] == [
        date(1900, 1, 1), date(1900, 2, 28), None, date(1900, 3, 1),
    ]  # fmt: skip
    assert days.day(0.0) == days.PLACEHOLDER
    assert days.day("1900-01-00") == days.PLACEHOLDER


@given(st.dates(date(1900, 3, 1), date(9999, 12, 31)))
def test_every_day_number_comes_back(day: date) -> None:
    number = (day - date(1899, 12, 30)).days
    assert days.of_serial(number) == day
    assert days.day(f"{day.year}/{day.month}/{day.day}") == day


@pytest.mark.parametrize(
    ("cell", "birthday"),
    [
        ("1988-08-15", Birthday("solar", 8, 15, 1988)),
        ("19880815", Birthday("solar", 8, 15, 1988)),
        ("8月15日", Birthday("solar", 8, 15)),
        ("农历八月十五", Birthday("lunar", 8, 15)),
        ("1988年八月十五", Birthday("lunar", 8, 15, 1988)),
        ("闰六月初十", Birthday("lunar", 6, 10, leap=True)),
        (date(1988, 8, 15), Birthday("solar", 8, 15, 1988)),
        (32370.0, Birthday("solar", 8, 15, 1988)),
    ],
)
def test_a_birthday_is_read_in_both_calendars(cell: object, birthday: Birthday) -> None:
    assert days.birthday(cell, TODAY) == birthday


def test_a_column_of_lunar_birthdays_reads_figures_as_lunar() -> None:
    assert days.birthday("8-15", TODAY, is_lunar=True) == Birthday("lunar", 8, 15)
    assert days.birthday("1988-08-15", TODAY, is_lunar=True) == Birthday("lunar", 8, 15, 1988)


@pytest.mark.parametrize(
    ("cell", "wrong"),
    [
        ("2月30日", days.IMPOSSIBLE), ("2031-01-01", days.FUTURE), ("1900-01-00", days.PLACEHOLDER),
        ("1899-12-31", days.PLACEHOLDER), ("1902-05-05", days.TOO_OLD), ("八十年代", days.UNREADABLE),
        ("农历 13-40", days.IMPOSSIBLE), (date.fromordinal(TODAY.toordinal() + 1), days.FUTURE),
    ],
)  # fmt: skip
def test_a_birthday_that_cannot_be_is_refused(cell: object, wrong: Wrong) -> None:
    assert days.birthday(cell, TODAY) == wrong


def test_a_day_of_the_past_is_neither_ahead_nor_ancient() -> None:
    assert days.past("2026-05-29", TODAY) == TODAY
    assert days.past(TODAY + timedelta(days=1), TODAY) == days.FUTURE
    assert days.past("1970-01-01", TODAY) == days.TOO_OLD


def test_the_time_beside_a_day() -> None:
    assert days.time_of("2024-01-05 18:30:00") == (18, 30)
    assert days.time_of(MORNING) == (9, 5)
    assert days.time_of(45296.75) == (18, 0)
    assert days.time_of("2024-01-05") == days.time_of("2024-01-05 99:99") == (12, 0)


def test_words_of_both_languages() -> None:
    assert [cells.gender(cell) for cell in ("男", "Ms.", "未知", "甲")] == ["male", "female", None, cells.NO_GENDER]
    assert [cells.truth(cell) for cell in ("是", "No", True, "再说")] == [True, False, True, cells.NO_TRUTH]
    assert [cells.language(cell) for cell in ("中文", "EN", "fr")] == ["zh", "en", cells.NO_LANGUAGE]
    assert cells.tags("老客、爱喝茶;VIP") == ("老客", "爱喝茶", "VIP")
    assert [cells.tags("<b>"), cells.email("a@b"), cells.name("<script>"), cells.words("x" * 9, 8)] == [
        cells.NO_TAG, cells.NO_EMAIL, cells.NO_NAME, cells.TOO_LONG,
    ]  # fmt: skip
    assert cells.quantity("0.35") == 350
    assert cells.quantity("0") == cells.NO_QUANTITY
    wrong = cells.known("钻石", {"金卡": 1, "银卡": 2})
    assert isinstance(wrong, Wrong)
    assert str(wrong.step) == "Add it first, or write one of: 金卡, 银卡."


def test_what_names_a_person_is_masked() -> None:
    assert [shown("phone", "13800138000"), shown("name", "王小明"), shown("points", "12.5"), shown("card", "123")] == [
        "13****00", "王**", "12.5", "****",
    ]  # fmt: skip
