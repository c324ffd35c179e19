"""What is typed in one go, faster than pages open, comes where it was meant to go."""

from collections.abc import Iterator

import pytest

from core.people import members
from tests.tui import corner
from tests.tui.corner import Corner, open_corner
from tests.tui.person import KEYS, Person


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Corner:
    return open_corner(tmp_path_factory.mktemp("corner"))


@pytest.fixture
def person(shop: Corner) -> Iterator[Person]:
    """At a program just started, in which no other page was opened yet."""
    with shop.office((80, 24)) as person:
        person.signs_in(corner.LOGIN, corner.PASSWORD)
        yield person
        person.press("ctrl+q")
        assert person.terminal.ended() == 0


def test_a_number_and_enter_typed_ahead_open_that_member(person: Person) -> None:
    person.terminal.send(f"{KEYS['F4']}8000{KEYS['Enter']}".encode())
    person.sees("consent")
    person.shows("王伟芳")


def test_a_scan_typed_ahead_of_the_till_comes_on_the_counter(person: Person) -> None:
    person.terminal.send(f"{KEYS['F3']}13800138000{KEYS['Enter']}".encode())
    person.sees("{points} points", points=0)
    person.sees_no("no member")
    person.shows("王伟芳")
    person.terminal.send(f"2*zznc{KEYS['Enter']}{KEYS['ctrl+t']}".encode())
    person.sees("{left_cents} to pay", left_cents=3600)


def test_a_member_a_product_and_the_key_for_paying_in_one_burst_are_a_sale_to_pay(person: Person) -> None:
    enter = KEYS["Enter"]
    keys = f"{KEYS['F3']}13800138000{enter}2*zznc{enter}lizi{enter}{KEYS['ctrl+t']}"
    person.terminal.send(keys.encode())
    person.sees("{left_cents} to pay", left_cents=3600 + 3200)
    person.shows("王伟芳")


def test_a_form_typed_ahead_is_filled_in_and_written(shop: Corner, person: Person) -> None:
    enter, down = KEYS["Enter"], KEYS["Down"]
    keys = f"{KEYS['F4']}{KEYS['ctrl+n']}13800138002{enter}陈小美{enter}{down * 4}{enter}"
    person.terminal.send(keys.encode())
    person.sees("consent")
    person.shows("陈小美")
    with shop.books():
        (hit,) = members.find("13800138002", by=shop.owner)
    assert hit.name == "陈小美"


def test_a_letter_of_a_card_opens_its_sheet_before_the_next_is_typed(person: Person) -> None:
    person.terminal.send(f"{KEYS['F4']}zxx{KEYS['Enter']}".encode())
    person.sees("No purchase yet.")
    person.terminal.send(f"p{KEYS['Enter']}50{KEYS['Enter']}早到{KEYS['Enter']}".encode())
    person.sees("{points} usable", points=50)
