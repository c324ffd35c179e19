"""Every key record: reachable keys, nothing doubled, words in both languages."""

import pytest

from core.base import i18n
from tests.tui.office import ListPage
from tui import keymap
from tui.help import CommandPage, HelpPage
from tui.keymap import OFFICE, Action
from tui.page import Blank, Page
from tui.sections import SECTIONS

EVERYWHERE = (*OFFICE, *(section.action for section in SECTIONS))


def pages(of: type[Page] = Page) -> list[type[Page]]:
    return [page for sub in of.__subclasses__() for page in (sub, *pages(sub))]


def action(key: str, id: str = "pay") -> Action:
    return Action(id, (key,), "pay", "Take the money.")


def test_keys_that_work_everywhere_have_no_problem() -> None:
    assert keymap.problems(EVERYWHERE, around=()) == []


@pytest.mark.parametrize("page", [Blank, HelpPage, CommandPage, ListPage])
def test_keys_of_a_page_have_no_problem(page: type[Page]) -> None:
    assert page in pages()
    assert keymap.problems(page.KEYS, around=EVERYWHERE) == []


@pytest.mark.parametrize(
    "key",
    ["ctrl+enter", "shift+enter", "ctrl+i", "ctrl+m", "ctrl+h", "ctrl+j", "f11", "f12", "alt+x", "ctrl+b"],
)
def test_keys_that_terminals_keep_are_refused(key: str) -> None:
    assert keymap.problems([action(key)]) == [f"pay: {key} does not reach every program"]


def test_doubled_keys_ids_and_missing_words_are_refused() -> None:
    assert keymap.problems([action("n"), action("n", "park")]) == ["park: n is taken by pay"]
    assert keymap.problems([action("escape")]) == ["pay: escape is taken by back"]
    assert keymap.problems([action("n"), action("o")]) == ["pay: the id is doubled or no identifier"]
    assert keymap.problems([Action("pay", ("n",), "", "")]) == ["pay: label or help is missing"]


def test_every_word_of_a_key_is_said_in_chinese() -> None:
    with i18n.use("zh"):
        for record in EVERYWHERE:
            assert i18n.say(record.help) != record.help


def test_keys_are_shown_as_people_read_them() -> None:
    assert [keymap.shown(key) for key in ("f10", "ctrl+t", "question_mark", "enter", "n")] == [
        "F10", "ctrl+t", "?", "Enter", "n",
    ]  # fmt: skip
