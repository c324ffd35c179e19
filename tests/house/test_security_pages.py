"""The page of what guards the doors names tests that exist, in both languages the same ones."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAMED = re.compile(r"`([\w/]+\.py)::(\w+)`")
ITEM = re.compile(r"\b\d{1,2}\.\d\.\d\b")
EXPECTED = (
    "2.2.1 2.2.2 2.2.3 2.3.1 2.3.3 2.3.4 2.4.1 3.3.1 3.3.2 3.3.3 3.3.4 3.4.1 3.4.2 3.4.3 3.4.4 3.4.5 3.4.6 3.5.1 3.5.3"
    " 3.6.1 4.1.1 4.1.3 6.1.1 6.3.8 6.5.1 6.5.2 6.5.3 6.5.4 6.5.5 6.5.8 6.6.1 6.6.2 6.6.3 7.5.1 8.2.1 8.2.2 8.2.3"
    " 9.1.1 9.2.1 9.2.2 9.2.3 11.2.4 11.5.1 13.4.2 13.4.5 14.2.1 14.2.6 14.2.7 14.3.1 14.3.2 14.3.3 16.2.5 16.3.1"
    " 16.3.2 16.3.3 16.3.4 16.5.1 16.5.3"
)


def rows(language: str) -> list[str]:
    page = (ROOT / "docs" / language / "security.md").read_text("utf-8")
    return [line for line in page.splitlines() if line.startswith("| ") and ("::" in line or "| – |" in line)]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_test_named_on_the_page_exists(language: str) -> None:
    named = {one for row in rows(language) for one in NAMED.findall(row)}
    missing = [f"{file}::{name}" for file, name in sorted(named) if not _has(ROOT / "tests" / file, name)]
    assert (len(named) > 60, missing) == (True, [])


def _has(path: Path, name: str) -> bool:
    return path.is_file() and re.search(rf"^def {name}\(", path.read_text("utf-8"), re.M) is not None


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_item_is_left_out(language: str) -> None:
    items = {item for row in rows(language) for item in ITEM.findall(row.split("|")[1])}
    assert set(EXPECTED.split()) - items == set()


def test_both_languages_show_the_same() -> None:
    english, chinese = rows("en"), rows("zh")
    assert [NAMED.findall(row) for row in english] == [NAMED.findall(row) for row in chinese]
    assert [ITEM.findall(row.split("|")[1]) for row in english] == [ITEM.findall(row.split("|")[1]) for row in chinese]
