"""Chinese on real terminals: columns stay aligned, what is typed or pasted is taken as is, whatever the locale says."""

import os
from collections.abc import Iterator

import pytest
from wcwidth import wcswidth

from core.base import clock
from core.people import members
from core.people.members import Joining
from tests.tui import corner, tmux
from tests.tui.corner import Corner, open_corner
from tests.tui.person import Person
from tests.tui.tmux import Pane

pytestmark = pytest.mark.slow

SIZES = ((80, 24), (120, 40))
WIDE = "司徒阿依古丽买买提江艾合买提吐尔逊"
NAMES = ((WIDE, "13300133001"), ("𠮷田美和", "13300133002"), ("José Ñandú", "13300133003"), ("한지민", "13300133004"))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Corner:
    shop = open_corner(tmp_path_factory.mktemp("corner"))
    with shop.books():
        for name, phone in NAMES:
            members.join(Joining(phone=phone, name=name, store_id=shop.store), by=shop.owner, now=clock.now())
    return shop


@pytest.fixture(scope="module", params=SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def seat(request: pytest.FixtureRequest, shop: Corner) -> Iterator[tuple[Person, Pane, int]]:
    """Someone signed in within tmux; skipped by name where it is missing, unless nothing may be skipped."""
    if not tmux.found():
        if os.environ.get("REGULARS_NO_SKIPS"):
            pytest.fail("tmux is not installed")
        pytest.skip("tmux is not installed")
    environ = corner.environment()
    with tmux.pane(corner.command(shop.folder), environ, shop.folder, size=request.param) as pane:
        person = Person(pane, "zh")
        person.signs_in(corner.LOGIN, corner.PASSWORD)
        yield person, pane, request.param[0]
        person.press("ctrl+q")
        assert pane.ended() == 0


def cell_of(line: str, part: str) -> int:
    """The cell in which a part of a line begins."""
    return wcswidth(line[: line.index(part)])


def test_columns_and_edges_are_aligned_in_tmux(seat: tuple[Person, Pane, int]) -> None:
    person, pane, cells = seat
    person.press("F4")
    person.sees("{count} found", count=9)
    person.shows("13800138000")
    lines = pane.lines
    assert {wcswidth(line) for line in lines} == {cells}
    head = next(line for line in lines if "最近到店" in line)
    rows = [line for line in lines if "○ 普通" in line]
    assert len(rows) == 9
    for mark in ("1", "○ 普通"):
        assert {cell_of(row, mark) for row in rows} == {cell_of(head, "手机" if mark == "1" else "等级")}


def test_a_wide_name_is_cut_with_an_ellipsis_in_tmux(seat: tuple[Person, Pane, int]) -> None:
    person, pane, cells = seat
    person.press("F4")
    person.shows("13300133001")
    (row,) = [line for line in pane.lines if "13300133001" in line]
    shown = row.split()[0]
    assert shown == WIDE if cells > 80 else (shown[-1] == "…" and WIDE.startswith(shown[:-1]))


def test_a_sheet_has_a_straight_edge_over_chinese_rows_in_tmux(seat: tuple[Person, Pane, int]) -> None:
    person, pane, cells = seat
    person.press("F4", "ctrl+n")
    person.sees("Ask before ticking: each is for its own purpose and can be withdrawn.")
    person.type("端木赐香")
    person.shows("端木赐香")
    assert {wcswidth(line) for line in pane.lines} == {cells}
    (field,) = [line for line in pane.lines if "端木赐香" in line]
    (notices,) = [line for line in pane.lines if "短信通知" in line]
    assert cell_of(field, "手机") == cell_of(notices, "短信通知")
    assert cell_of(field, "端木赐香") == cell_of(notices, "●")
    person.press("Esc")
    person.sees_no("Ask before ticking: each is for its own purpose and can be withdrawn.")


@pytest.mark.parametrize("way", ["typed", "pasted"])
def test_chinese_is_taken_as_it_is_in_tmux(seat: tuple[Person, Pane, int], way: str) -> None:
    person, pane, _cells = seat
    person.press("F4")
    person.type("欧阳娜娜") if way == "typed" else pane.paste("欧阳娜娜")
    person.sees("{count} found", count=1)
    person.shows("13912042046")
    assert any(line.split() == ["欧阳娜娜"] for line in pane.lines)
    person.press(*["Backspace"] * 4)
    person.sees("{count} found", count=9)


@pytest.mark.parametrize("locale", [{"LANG": "C", "LC_ALL": ""}, {"LC_ALL": "C"}, {"LC_ALL": "POSIX"}], ids=str)
def test_a_locale_without_characters_draws_and_takes_chinese(shop: Corner, locale: dict[str, str]) -> None:
    """The sign-in speaks the shop's language, for such a locale names none."""
    with shop.office((120, 40), environ=locale) as person:
        person.signs_in(corner.LOGIN, corner.PASSWORD)
        person.press("F4")
        person.shows("𠮷田美和")
        person.type("王伟芳")
        person.sees("{count} found", count=1)
        person.shows("13800138000")
        assert {wcswidth(line) for line in person.lines} == {120}
        person.press("ctrl+q")
        assert person.terminal.ended() == 0


def test_an_input_method_is_taken_as_it_is_however_its_bytes_come(shop: Corner) -> None:
    with shop.office((80, 24)) as person:
        person.signs_in(corner.LOGIN, corner.PASSWORD)
        person.press("F4", "ctrl+n")
        person.sees("Ask before ticking: each is for its own purpose and can be withdrawn.")
        person.press("Enter")
        for part in ("陈".encode()[:2], "陈".encode()[2:] + "小".encode()[:1], "小".encode()[1:] + "美".encode()):
            person.terminal.send(part)
            person.terminal.read(quiet_s=0.1)
        person.shows("陈小美")
        person.press(*["Backspace"] * 3)
        person.type("𠮷田美和子大小姐的名字很长很长")
        person.shows("𠮷田美和子大小姐的名字很长很长")
        person.press("Enter")
        person.paste("农历 08-15")
        person.shows("农历 08-15")
        person.press("Esc")
        person.sees_no("Ask before ticking: each is for its own purpose and can be withdrawn.")


def test_a_pasted_line_break_does_not_send_a_form(shop: Corner) -> None:
    with shop.office((80, 24)) as person:
        person.signs_in(corner.LOGIN, corner.PASSWORD)
        person.press("F4", "ctrl+n", "Enter")
        person.paste("陈小美\n13300133009\n")
        person.shows("陈小美")
        person.sees("Ask before ticking: each is for its own purpose and can be withdrawn.")
        person.press("Esc", "ctrl+q")
        assert person.terminal.ended() == 0
    with shop.books():
        assert members.find("陈小美", by=shop.owner) == []


def test_a_size_a_shell_exports_does_not_hold_the_window(shop: Corner) -> None:
    with shop.office((120, 40), environ={"COLUMNS": "40", "LINES": "10"}) as person:
        person.sees("Regulars · sign in")
        person.resize(80, 24)
        person.signs_in(corner.LOGIN, corner.PASSWORD)
        person.sees("new members")
        assert {wcswidth(line) for line in person.lines} == {80}
        assert person.lines[23].strip()
