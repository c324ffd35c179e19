"""Every page as text, in both languages and sizes, beside what was kept in `snapshots/`.

`pytest tests/tui/test_snapshots.py --remake` keeps what the pages show now; read the difference before committing it.
"""

import asyncio
import difflib
import re
import shutil
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest
from textual.pilot import Pilot
from wcwidth import wcswidth

from core.base import db, settings
from core.base.text import width
from tests.tui import showcase
from tests.tui.office import SIZES, lines
from tests.tui.shopfront import LANGUAGES, pressed, settled
from tui.screens.settings import ENTRIES

pytestmark = pytest.mark.slow

KEPT = Path(__file__).with_name("snapshots")
RANDOM = re.compile(r"C1\.[0-9A-Z]{13}")
VIEWS = [(language, size) for language in LANGUAGES for size in SIZES]

WALK: dict[str, tuple[str, ...]] = {
    "today": ("f2",),
    "help": ("f2", "question_mark"),
    "commands": ("f2", "ctrl+p"),
    "till empty": ("f3",),
    "till found": ("f3", *"2046"),
    "till": ("enter", *"2*zznc", "enter", *"lzdg", "enter"),
    "pay": ("ctrl+t",),
    "line": ("escape", "ctrl+e"),
    "day report": ("escape", "ctrl+p", *"day report", "enter"),
    "members": ("escape", "f4"),
    "nobody found": ("f4", *"zzzz"),
    "join": ("ctrl+u", "ctrl+n"),
    "member": ("escape", *"2046", "enter"),
    "points": ("p",),
    "marketing": ("escape", "escape", "ctrl+u", "f5"),
    "segments": ("s",),
    "campaigns": ("escape", "c"),
    "campaign draft": ("enter",),
    "campaign form": ("e",),
    "campaign details": ("escape", "m"),
    "campaign result": ("escape", "escape", "down", "enter"),
    "care": ("escape", "escape", "f6"),
    "message": ("down", "enter"),
    "alerts": ("escape", "a"),
    "care calendar": ("escape", "c", "right"),
    "care rules": ("escape", "b"),
    "wordings": ("escape", "w"),
    "wording": ("e",),
    "replies": ("escape", "escape", "i"),
    "suppression": ("escape", "s"),
    "churn": ("escape", "f7"),
    "win-back cases": ("w",),
    "tasks": ("t",),
    "win-back results": ("escape", "v"),
    "win-back strategies": ("s",),
    "service": ("escape", "escape", "escape", "f8"),
    "tickets": ("down", "enter"),
    "ticket": ("enter",),
    "surveys": ("escape", "escape", "down", "enter"),
    "survey result": ("enter",),
    "survey groups": ("g",),
    "survey words": ("escape", "w"),
    "survey questions": ("escape", "escape", "down", "enter"),
    "bookings": ("escape", "escape", "down", "enter"),
    "booking": ("n",),
    "working hours": ("escape", "w"),
    "booked services": ("s",),
    "events": ("escape", "escape", "escape", "down", "enter"),
    "event": ("enter",),
    "event plan": ("e",),
    "event result": ("escape", "5"),
    "goods": ("escape", "escape", "escape", "f9"),
    "variants": ("o",),
    "stockroom": ("escape", "m"),
    "running low": ("down", "down", "enter"),
    "expiring": ("escape", "down", "enter"),
    "deliveries": ("escape", "down", "enter"),
    "reports": ("escape", "escape", "f10"),
    "report sales": ("down", "enter"),
    "report beside": ("v", "t", "t"),
    "report products": ("escape", "down", "down", "enter"),
    "report hours": ("escape", "down", "down", "enter"),
    "report members": ("escape", "down", "down", "enter"),
    "sales": ("escape", "l"),
    "receipt": ("enter",),
    "settings": ("escape", "ctrl+g"),
    **{
        f"settings {entry.label.lower()}": (*(("escape", "down") if at else ()), "enter")
        for at, entry in enumerate(ENTRIES)
    },
}
"""The keys from each view to the next."""


async def walk(language: str, size: tuple[int, int]) -> dict[str, list[str]]:
    """What stands on the screen at each stop."""
    seen: dict[str, list[str]] = {}
    async with showcase.office(language, size) as (app, pilot):
        for name, keys in WALK.items():
            await _go(pilot, keys)
            seen[name] = lines(app)
    return seen


async def _go(pilot: Pilot[int], keys: tuple[str, ...]) -> None:
    """Press keys; letters come in one go, and what they search for is waited for."""
    for word, some in groupby(keys, lambda key: len(key) == 1):
        if word:
            await pilot.press(*some)
            await pilot.pause(0.1)
            await settled(pilot)
        else:
            await pressed(pilot, *some)


@pytest.fixture(scope="module", params=VIEWS, ids=lambda one: f"{one[0]}-{one[1][0]}x{one[1][1]}")
def seen(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, empty_sqlite: Path
) -> Iterator[tuple[Path, int, dict[str, list[str]]]]:
    """Where the snapshots of a language and a size are kept, how wide they are, and what is there now."""
    language, size = request.param
    settings.use(settings.Settings(secret="showcase"))
    url = tmp_path_factory.mktemp("showcase") / "shop.db"
    shutil.copy(empty_sqlite, url)
    db.open_database(str(url), durable=False)
    try:
        views = asyncio.run(walk(language, size))
        yield KEPT / f"{language}-{size[0]}x{size[1]}", size[0], views
    finally:
        db.close_database()


@pytest.mark.parametrize("name", WALK)
def test_a_page_looks_as_it_was_kept(
    seen: tuple[Path, int, dict[str, list[str]]], name: str, pytestconfig: pytest.Config
) -> None:
    folder, cells, views = seen
    assert {(width(line), wcswidth(line)) for line in views[name]} == {(cells, cells)}
    shown = "\n".join(RANDOM.sub("C1.·············", line).rstrip() for line in views[name]) + "\n"
    file = folder / f"{name}.txt"
    if pytestconfig.getoption("--remake"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(shown, "utf-8")
    kept = file.read_text("utf-8") if file.exists() else ""
    difference = difflib.unified_diff(kept.splitlines(), shown.splitlines(), "kept", "now", lineterm="", n=2)
    if kept != shown:
        pytest.fail(f"{file.relative_to(KEPT)}\n" + "\n".join(difference), pytrace=False)


def test_no_snapshot_is_left_over() -> None:
    wanted = {f"{language}-{size[0]}x{size[1]}/{name}.txt" for language, size in VIEWS for name in WALK}
    assert {str(file.relative_to(KEPT)) for file in KEPT.glob("*/*")} == wanted
