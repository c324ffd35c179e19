"""How facts are written, by the unit at the end of their name."""

from datetime import date

import pytest

from core.base import i18n
from core.base.errors import RegularsError
from core.base.i18n import N_, T
from tests.shops import at


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("total_cents", 123_456, "¥1,234.56"),
        ("total_cents", -50, "−¥0.50"),
        ("rate_bp", 1250, "12.5 %"),
        ("rate_bp", 1000, "10 %"),
        ("left_milli", 350, "0.35"),
        ("points", 12_345, "12,345"),
        ("points", -7, "−7"),
        ("phone", "+8613800138000", "138****8000"),
        ("name", "王小明", "王小明"),
        ("on", date(2026, 11, 21), "11-21 Sat"),
        ("done", True, "True"),
        ("nothing", None, "None"),
    ],
)
def test_facts_are_written_by_their_unit(name: str, value: object, text: str) -> None:
    assert i18n.written(name, value) == text


def test_moments_are_local_to_the_scope() -> None:
    with i18n.use("en", zone="America/New_York"):
        assert i18n.written("opened_at", at(2026, 5, 29, 12)) == "2026-05-29 00:00"


def test_the_sign_follows_the_scope_and_ends_with_it() -> None:
    with i18n.use("en", symbol="$"):
        assert i18n.written("a_cents", 100) == "$1.00"
    assert i18n.written("a_cents", 100) == "¥1.00"


def test_weekdays_speak_the_language() -> None:
    with i18n.use("zh"):
        assert i18n.date_shown(date(2026, 11, 21)) == "11-21 周六"


def test_a_marked_text_is_said_with_its_facts() -> None:
    assert str(T("another {missing_cents} needed", missing_cents=3880)) == "another ¥38.80 needed"


def test_a_text_inside_a_text_is_said_too() -> None:
    assert i18n.say("{field}: {problem}", field="name", problem=T("{n} missing", n=1000)) == "name: 1,000 missing"


def test_braces_in_a_fact_are_left_alone() -> None:
    assert i18n.say("Hello {name}", name="{x}") == "Hello {x}"


@pytest.mark.parametrize(
    ("wanted", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-US,zh;q=0.9", "en"),
        ("fr,zh;q=0.5", "zh"),
        ("zh_CN.UTF-8", "zh"),
        ("de", "en"),
    ],
)
def test_the_first_language_we_speak_is_taken(wanted: str | None, language: str) -> None:
    assert i18n.negotiate(wanted) == language


def test_an_error_says_its_sentence_with_figures() -> None:
    class Short(RegularsError):
        code = "short"
        text = N_("{missing_cents} is missing for {points} points.")

    error = Short(missing_cents=250, points=1500, field="points")
    assert (str(error), error.field) == ("¥2.50 is missing for 1,500 points.", "points")
