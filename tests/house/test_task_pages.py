"""Each page of a task says what the back-office shows: pages, keys with their words, sentences; in both languages."""

import re

import pytest

from core.base.access import RIGHTS
from core.people.devices import SCOPES
from tests.house import taskpages
from tests.house.references import DOCS
from tests.house.taskpages import Step

LANGUAGES = pytest.mark.parametrize("language", ["en", "zh"])
FRONT = re.compile(r"\]\(tasks/([\w-]+)\.md\)")
RIGHT = re.compile(r"(?:rights?|scopes?|and|权限|范围|和|需要|、|，) `([a-z.]+)`")


@LANGUAGES
def test_every_step_is_done_with_the_keys_its_page_has(language: str) -> None:
    steps = [(name, step) for name, text in taskpages.pages(language).items() for step in taskpages.steps(text)]
    assert sum(len(step.pressed) for _name, step in steps) > 250
    assert [(name, one) for name, step in steps for one in taskpages.wrong(step, language)] == []


@LANGUAGES
def test_every_key_beside_the_steps_is_one_of_a_page(language: str) -> None:
    pages = taskpages.pages(language)
    assert [(name, one) for name, text in pages.items() for one in taskpages.strange(text, language)] == []


@LANGUAGES
def test_every_sentence_that_is_quoted_is_said_by_the_product(language: str) -> None:
    pages = taskpages.pages(language)
    assert sum(len(taskpages.SAID.findall(text)) for text in pages.values()) > 100
    assert [(name, one) for name, text in pages.items() for one in taskpages.unsaid(text, language)] == []


@pytest.mark.parametrize(
    ("place", "text", "wrong"),
    [
        ("Till", "`ctrl+t` *pay*, `Enter`, then `F4` *Members*.", []),
        ("Till", "`ctrl+x` *served by*", ["Till: ctrl+x served by"]),
        ("Receipt", "`ctrl+t` *pay*", ["Receipt: ctrl+t pay"]),
        ("Till", "`ctrl+t`", ["Till: ctrl+t "]),
        ("Till", "`ctrl+p` *event sign-up* and `3*tea`", []),
        ("Tills", "`Enter`", ["no page Tills"]),
        ("Command line", "`regulars doctor`", []),
        ("Command line", "`d` *drill*", ["Command line: d drill"]),
    ],
)
def test_a_key_with_another_word_or_on_another_page_is_noticed(place: str, text: str, wrong: list[str]) -> None:
    assert taskpages.wrong(Step(place, text), "en") == wrong


def test_a_sentence_nobody_says_is_noticed() -> None:
    text = "1. **Till**: choose “put cash in”, not “put gold in”.\n\n> Till … is closed\n\n> Till … is open\n"
    assert taskpages.unsaid(text, "en") == ["Till … is open", "put gold in"]


def test_both_languages_have_the_same_steps_and_keys() -> None:
    english, chinese = (
        {
            name: [[one.key for one in step.pressed] for step in taskpages.steps(text)]
            for name, text in taskpages.pages(language).items()
        }
        for language in ("en", "zh")
    )
    assert english == chinese


@LANGUAGES
def test_every_task_is_short_has_steps_and_stands_on_the_front_page_once(language: str) -> None:
    pages = taskpages.pages(language)
    assert [name for name, text in pages.items() if not 1 < len(taskpages.steps(text)) < 9] == []
    assert [name for name, text in pages.items() if not 8 <= len(text.splitlines()) <= 36] == []
    listed = FRONT.findall((DOCS / language / "README.md").read_text("utf-8"))
    assert sorted(listed) == sorted(pages)


@LANGUAGES
def test_every_right_a_task_needs_exists(language: str) -> None:
    needed = {right for text in taskpages.pages(language).values() for right in RIGHT.findall(text.splitlines()[2])}
    assert len(needed) > 10
    assert needed - {*RIGHTS, *SCOPES} == set()
