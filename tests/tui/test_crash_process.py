"""The real program breaks on a real terminal, with a member on the screen; then it is started again."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tui import corner
from tests.tui.corner import Corner, open_corner
from tests.tui.person import Person
from tui import crash

NAME, PHONE = "王伟芳", "13800138000"
PROGRAM = f"""
import sys
from regulars import cli
from tui import start
start.prepare()
from tui.screens import member, members, receipt

def boom(*given):
    name, phone = "{NAME}", "{PHONE}"
    raise LookupError(f"{{name}} {{phone}}")

async def read():
    boom()

def search(page, message):
    page.reading(read) if message.value == "boom" else searched(page, message)

searched = members.MembersPage.on_search_box_searched
members.MembersPage.on_search_box_searched = search
member.MemberPage.do_edit = boom
receipt.ReceiptPage.do_print = lambda page: page.query_one("#receipt").draw(boom)
sys.argv[1:] = ["--folder", sys.argv[1], "tui"]
cli()
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Corner:
    shop = open_corner(tmp_path_factory.mktemp("corner"))
    with shop.books():
        shop.sell(NAME, ("珍珠奶茶", 1))
    return shop


def in_a_worker(person: Person) -> None:
    person.type("boom")


def in_a_handler(person: Person) -> None:
    person.type("8000")
    person.sees("{count} found", count=1)
    person.press("Enter")
    person.sees("consent")
    person.press("e")


def while_drawing(person: Person) -> None:
    person.press("F10")
    person.sees("Sales, one by one")
    person.press("l")
    person.select_row(NAME)
    person.press("Enter")
    person.sees("Points earned")
    person.press("p")


@pytest.mark.parametrize("way", [in_a_worker, in_a_handler, while_drawing], ids=lambda way: way.__name__)
def test_a_broken_program_says_so_and_starts_again(shop: Corner, way: Callable[[Person], None]) -> None:
    with shop.office((120, 40), program=(sys.executable, "-c", PROGRAM, str(shop.folder))) as person:
        person.signs_in(corner.LOGIN, corner.PASSWORD)
        person.press("F4")
        person.shows(PHONE)
        way(person)
        assert person.terminal.ended() == 1
        shown = person.terminal.sent.rpartition(b"\x1b[?1049l")[2].decode()
    id, kept = _kept(shop.folder / "crash.log")
    assert "".join(crash.both(crash.SENTENCE, id=id).split()) in "".join(shown.split())
    assert [secret for secret in (NAME, PHONE, "Traceback", "LookupError") if secret in shown] == []
    assert [secret for secret in (NAME, PHONE) if secret in kept] == []
    assert "builtins.LookupError" in kept and "boom" in kept


def test_the_next_start_is_clean(shop: Corner) -> None:
    before = (shop.folder / "crash.log").read_text("utf-8")
    with shop.office((80, 24)) as person:
        person.signs_in(corner.LOGIN, corner.PASSWORD)
        person.press("F4")
        person.shows(NAME)
        person.press("ctrl+q")
        assert person.terminal.ended() == 0
    assert (shop.folder / "crash.log").read_text("utf-8") == before


def _kept(log: Path) -> tuple[str, str]:
    """The number of the latest error, and all that is in the log."""
    kept = log.read_text("utf-8")
    return kept.strip().split("\n\n")[-1].split()[1], kept
