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


@pytest.mark.parametrize("page", OWN, ids=lambda page: page.__name__)
def test_every_key_of_a_screen_does_something(page: type[Page]) -> None:
    """What a page does not do itself is the key of a list or box on it."""
    on_a_widget = {"open", "mark", "take"}
    assert [one.id for one in page.KEYS if not hasattr(page, f"do_{one.id}") and one.id not in on_a_widget] == []


@pytest.mark.parametrize("page", [page for page in OWN if page.NAME], ids=lambda page: page.__name__)
def test_a_way_leads_to_every_screen(page: type[Page]) -> None:
    own = importlib.import_module(page.__module__)
    files = [*Path(screens.__path__[0]).glob("*.py"), *Path(screens.__path__[0]).parent.glob("*.py")]
    named = [path.name for path in files if page.__name__ in path.read_text("utf-8")]
    opened_at_home = Path(str(own.__file__)).read_text("utf-8").count(page.__name__) > 1
    assert [name for name in named if name != Path(str(own.__file__)).name] or opened_at_home
