"""Whatever the doctor finds and whatever a fault of storage or version refuses has its section; no other has one."""

import ast
import re
from pathlib import Path

import pytest

from core.base import storage
from core.base.errors import RegularsError
from core.keeping import doctor, upgrading
from core.tables import schema

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = pytest.mark.parametrize("language", ["en", "zh"])
PARTS = {"en": ("You see", "It means", "Do", "Call"), "zh": ("看到", "说明", "做法", "找人")}


def page(language: str) -> str:
    return (ROOT / "docs" / language / "runbook.md").read_text("utf-8")


def headings(language: str) -> list[list[str]]:
    return [re.findall(r"`([^`]+)`", line) for line in re.findall(r"^## (.*)$", page(language), re.M)]


def findings() -> set[str]:
    """The names under which the doctor reports, as the sources write them; all ledgers are one."""
    names = {"books"}
    for path in (ROOT / "core" / "keeping").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Finding":
                names |= {one.value for one in node.args[:1] if isinstance(one, ast.Constant)}
    return names


def refusals() -> set[str]:
    """What a fault of the disk, another version or an update makes the program refuse."""
    return {
        one.code
        for module in (storage, schema, upgrading)
        for one in vars(module).values()
        if isinstance(one, type) and issubclass(one, RegularsError) and one.__module__ == module.__name__
    }


@LANGUAGES
def test_each_finding_and_refusal_has_one_section_and_each_section_is_about_one(language: str) -> None:
    named = [name for heading in headings(language) for name in heading]
    assert sorted(named) == sorted(findings() | refusals())


@LANGUAGES
def test_each_section_says_what_one_sees_what_it_means_what_to_do_and_when_to_call(language: str) -> None:
    sections = page(language).split("\n## ")[1:]
    parts = [tuple(re.findall(r"^\*\*([^*]+)\*\*", section, re.M)) for section in sections]
    assert parts == [PARTS[language]] * len(sections)


@LANGUAGES
def test_the_section_on_the_books_names_every_check(language: str) -> None:
    (books,) = [part for part in page(language).split("\n## ") if "`books`" in part.split("\n")[0]]
    listed = re.search(r"[:：] ?(account balance.*?)[.。]\n", books)
    assert listed and listed[1].split(", ") == sorted(check.name for check in doctor.CHECKS)


def test_both_languages_have_the_same_sections() -> None:
    assert headings("zh") == headings("en")
