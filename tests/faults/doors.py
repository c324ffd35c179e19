"""Each door of a shop in this process: what it says when what stands behind it is at fault."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pytest

import regulars
from core.base import db, i18n, limits, logs, settings
from core.keeping import opening
from core.keeping.opening import Opening
from core.tables import schema
from tests.shops import NOON

COMMANDS = (
    ("doctor",),
    ("product", "add", "Cake", "20"),
    ("tui",),
    ("kiosk",),
    ("scheduler",),
    ("scheduler", "--once"),
)
"""The command line, the back-office, the kiosk and the scheduler, each as it is started."""


@dataclass
class Told:
    """What one command ended with."""

    code: int
    said: str


def open_folder(folder: Path, empty: Path) -> Path:
    """A shop in a folder, as `regulars init` leaves it; closed again."""
    folder.mkdir(exist_ok=True)
    (folder / "regulars.db").write_bytes(empty.read_bytes())
    settings.use(settings.load(folder, {}))
    db.open_database(str(folder / "regulars.db"), durable=False)
    given = Opening("en", "Tea", "One", "Ann", "ann", "long enough", products=(("Tea", 1800, None),))
    opening.open_shop(given, now=NOON)
    db.proxy.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close_database()
    return folder


def command(folder: Path, *arguments: str, monkeypatch: pytest.MonkeyPatch) -> Told:
    """Run the command as its own process would, and close what it opened."""
    said = StringIO()

    def run() -> int:
        i18n.set_scope("en")
        try:
            regulars.main()
        except SystemExit as ended:
            return int(ended.code or 0)
        return 0

    with monkeypatch.context() as patch:
        patch.setattr(sys, "argv", ["regulars", "--folder", str(folder), *arguments])
        patch.setattr(sys, "stdout", said)
        patch.setattr(sys, "stderr", said)
        try:
            code = copy_context().run(run)
        finally:
            db.close_database()
            limits.forget()
            logs.end()
    return Told(code, said.getvalue())


@contextmanager
def opened(folder: Path) -> Iterator[None]:
    """The shop's database, open in this process as it was when the doors started."""
    settings.use(settings.load(folder, {}))
    db.open_database(str(folder / "regulars.db"), durable=False)
    try:
        yield
    finally:
        db.close_database()
        limits.forget()


def at_step(folder: Path, number: int) -> None:
    """Let the database say it is at another step: older (rows taken away) or newer (one added)."""
    known = schema.steps()[-1][0]
    with opened(folder):
        if number > known:
            db.atomic(lambda: db.add("migration", number=number, name="later", hash="x", at=1))()
        else:
            db.atomic(lambda: db.run("DELETE FROM migration WHERE number > ?", (number,)))()
        db.proxy.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
