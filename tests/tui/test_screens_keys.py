"""The keys of every page of the sections: reachable, not doubled, five in the footer, one verb a letter."""

import importlib
from pathlib import Path

import pytest

from tests.tui.test_keymap import EVERYWHERE, pages
from tui import keymap, screens
from tui.page import Page

for path in sorted(Path(screens.__path__[0]).glob("*.py")):
    importlib.import_module(f"tui.screens.{path.stem}")

OWN = sorted((page for page in pages() if page.__module__.startswith("tui.screens.")), key=lambda page: page.__name__)


@pytest.mark.parametrize("page", OWN, ids=lambda page: page.__name__)
def test_keys_of_a_screen_have_no_problem(page: type[Page]) -> None:
    assert keymap.problems(page.KEYS, around=EVERYWHERE) == []


@pytest.mark.parametrize("page", [page for page in OWN if page.NAME], ids=lambda page: page.__name__)
def test_a_screen_says_what_it_is_for(page: type[Page]) -> None:
    assert page.HELP
