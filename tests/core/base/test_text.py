"""Widths in cells, search keys, search words and masks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base import text

TEXT = st.text(st.sampled_from("ab 王小é😀ー\u0301Ａ"), max_size=20)


@pytest.mark.parametrize(
    ("given_text", "cells"),
    [("", 0), ("abc", 3), ("熟客", 4), ("Ａ", 2), ("e\u0301", 1), ("¥1", 2), ("…", 1)],
)
def test_width_in_cells(given_text: str, cells: int) -> None:
    assert text.width(given_text) == cells


@given(TEXT, st.integers(1, 30), st.booleans())
def test_fit_takes_exactly_its_cells(given_text: str, cells: int, right: bool) -> None:
    assert text.width(text.fit(given_text, cells, right=right)) == cells


@given(TEXT, st.integers(1, 30))
def test_fit_never_cuts_without_saying_so(given_text: str, cells: int) -> None:
    fitted = text.fit(given_text, cells)
    assert fitted.startswith(given_text) or "…" in fitted


def test_fit_does_not_halve_a_wide_character() -> None:
    assert text.fit("熟客会员", 6) == "熟客… "


def test_clean_drops_controls_and_doubled_spaces() -> None:
    assert text.clean("  王\u202e \u200b 小\x07明\n") == "王 小明"


@pytest.mark.parametrize(("name", "masked"), [(None, "—"), ("王小明", "王**"), ("Anna", "A***")])
def test_masked_names(name: str | None, masked: str) -> None:
    assert text.masked_name(name) == masked


@pytest.mark.parametrize(
    ("phone", "masked"),
    [
        ("+8613800138000", "138****8000"),
        ("+14155552671", "+1415****2671"),
        ("+123", "****"),
    ],
)
def test_masked_phones(phone: str, masked: str) -> None:
    assert text.masked_phone(phone) == masked


@pytest.mark.parametrize("key", ["王小明", "小明", "明", "wangxiaoming", "wxm", "xiaoming", "8000", "13800138000"])
def test_keys_of_a_chinese_name(key: str) -> None:
    assert key in text.search_keys("王小明", ("13800138000", "8000")).split()


@pytest.mark.parametrize(
    ("name", "key"), [("曾文", "zengwen"), ("单雄", "shanxiong"), ("仇英", "qiuying"), ("任盈", "renying")]
)
def test_surnames_are_read_as_surnames(name: str, key: str) -> None:
    assert key in text.search_keys(name, ()).split()


@pytest.mark.parametrize("typed", ["josé", "jose", "JOSE", "Ｊｏｓｅ", "garcía", "josegarcia"])
def test_accents_case_and_width_do_not_matter(typed: str) -> None:
    keys = text.search_keys("José García", ()).split()
    assert text.search_words(typed)[0] in keys


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", []),
        ("  ", []),
        ("王 小", ["王", "小"]),
        ("138 0013 8000", ["13800138000"]),
        ("+86 138-0013-8000", ["13800138000"]),
        ("0086 13800138000", ["13800138000"]),
        ("415.555.2671", ["4155552671"]),
        ("8000", ["8000"]),
        ("Wang Xiao", ["wang", "xiao"]),
        ("C1.ABCD", ["abcd"]),
        ('a" OR "b', ["a", "or", "b"]),
        ("'; DROP TABLE member; --", ["drop", "table", "member"]),
        ("one two three four five six seven", ["one", "two", "three", "four", "five", "six"]),
    ],
)
def test_words_of_a_search(typed: str, words: list[str]) -> None:
    assert text.search_words(typed) == words


@given(st.text(max_size=30))
def test_search_words_hold_nothing_that_could_be_syntax(typed: str) -> None:
    assert all(char.isalnum() or char in "._" for word in text.search_words(typed) for char in word)
