"""Twelve things a shop does all day, each by keys alone, in both languages, on a small and on a large screen.

The real program runs on a terminal. In the middle of each task, once a language and once a size, the window is
resized, which loses nothing, and the form is left by Esc, which writes nothing; then it is begun again and done.
"""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from core.locale import collect
from tests.counter import WRITTEN, rows_of, unsound
from tests.journeys import effects, tasks
from tests.tui import corner
from tests.tui.corner import Corner, open_corner
from tests.tui.person import Person
from tests.tui.terminals import ROOT

pytestmark = pytest.mark.slow

SIZES = ((80, 24), (120, 40))
OFFICES = [(language, size) for language in ("en", "zh") for size in SIZES]
INTERRUPTED = (OFFICES[0], OFFICES[3])


@pytest.fixture(scope="module", params=OFFICES, ids=lambda one: f"{one[0]}-{one[1][0]}x{one[1][1]}")
def office(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Corner, Person, tuple[int, int]]]:
    """One shop and one session for all tasks in a language and a size."""
    language, size = request.param
    with ExitStack() as stack:
        shop = open_corner(tmp_path_factory.mktemp("corner"), language)
        person = stack.enter_context(shop.office(size))
        person.signs_in(corner.LOGIN, corner.PASSWORD)
        yield shop, person, size
        person.press("ctrl+q")
        broke = shop.folder / "crash.log"
        assert (broke.read_text("utf-8") if broke.exists() else "") == ""
        assert person.terminal.ended() == 0
        with shop.books():
            assert unsound(shop) == []  # type: ignore[arg-type]


@pytest.mark.parametrize("name", tasks.every_task())
def test_a_task_is_done_by_keys_alone(office: tuple[Corner, Person, tuple[int, int]], name: str) -> None:
    shop, person, size = office
    task = tasks.read(name)
    _begin(person, task)
    tasks.do(person, task.before)
    if (person.language, size) in INTERRUPTED:
        _resized(person, task, size)
        _left(person, task, shop)
        tasks.do(person, task.rest)
    else:
        tasks.do(person, task.after)
    with shop.books():
        getattr(effects, name)(shop)


def test_the_counter_stays_as_it_is_through_esc_and_another_window(
    office: tuple[Corner, Person, tuple[int, int]],
) -> None:
    _shop, person, size = office
    person.press("F3", "Esc")
    person.type("3*zznc")
    person.shows("珍珠奶茶")
    person.press("Enter")
    person.sees("to pay {total_cents}", total_cents=5400)
    person.type("lizi")
    person.press("Esc", "Esc")
    for columns, lines in (next(other for other in SIZES if other != size), size):
        person.resize(columns, lines)
        person.sees("to pay {total_cents}", total_cents=5400)
        person.shows("lizi")
        person.shows("栗子蛋糕")
    person.press("F4", "F3")
    person.sees("to pay {total_cents}", total_cents=5400)
    person.press(*["Backspace"] * 4, "ctrl+d")
    person.sees("Nothing was sold yet.")
    person.press("y")
    person.sees("Nothing on the counter yet. Scan a product, or type a part of its name.")


def test_every_sentence_of_a_task_is_one_of_the_programs() -> None:
    known = set(collect.sentences(ROOT))
    for name in tasks.every_task():
        task = tasks.read(name)
        steps = (*task.before, *task.after, *task.rest)
        assert [step.said for step in steps if step.verb == "sees" and step.said not in known] == [], name


def _begin(person: Person, task: tasks.Task) -> None:
    """What the task before left open in the section is left, and its search box emptied."""
    section = task.before[0].said
    person.press(section, "Esc", *(["ctrl+u"] if section == "F4" else []))


def _resized(person: Person, task: tasks.Task, size: tuple[int, int]) -> None:
    """What was typed is there in another window, and in the one before."""
    for columns, lines in (next(other for other in SIZES if other != size), size):
        person.resize(columns, lines)
        for text in task.holds:
            person.shows(text)


def _left(person: Person, task: tasks.Task, shop: Corner) -> None:
    """Esc writes nothing and takes nothing from the page below."""
    with shop.books():
        before = rows_of(*WRITTEN)
    person.press("Esc")
    if task.asks:
        person.sees(task.asks)
        person.press("y")
    for text in task.keeps:
        person.shows(text)
    for text in set(task.holds) - set(task.keeps):
        person.shows_no(text)
    with shop.books():
        assert rows_of(*WRITTEN) == before
