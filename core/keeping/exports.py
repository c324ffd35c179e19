"""Exports 导出: a list written to a file on the shop's machine, as any spreadsheet opens it.

Tables are CSV in UTF-8 with a mark at the beginning, which Excel needs to read Chinese. A cell that a
spreadsheet would take for a formula gets an apostrophe before it; figures stay figures.
"""

import csv
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from io import StringIO, TextIOWrapper
from pathlib import Path

from core.base import clock, db, files, settings
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Refused
from core.base.i18n import N_
from core.books import audit

DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""How a formula may begin; also in the full-width signs that some programs read alike."""
_FIGURE = re.compile(r"[+\-−]?(\d{1,3}(,\d{3})+|\d{1,8})(\.\d+)?")


def folder() -> Path:
    """Where exports lie."""
    return Path(settings.current().exports)


def safe(cell: str, symbol: str = "") -> str:
    """A cell as it is written: an amount as a bare figure, a formula as text.

    '¥1,234.50' → '1234.50', '−40' → '-40', '=1+1' → "'=1+1".
    """
    bare = cell.strip().replace(symbol, "", 1) if symbol else cell.strip()
    if _FIGURE.fullmatch(bare):
        return bare.replace(",", "").replace("−", "-").removeprefix("+")
    return "'" + cell if cell.startswith(DANGEROUS) else cell


def as_table(rows: Iterable[Sequence[str]], symbol: str = "") -> str:
    """Rows with tabs between their cells, as a spreadsheet takes them from the clipboard."""
    text = StringIO()
    csv.writer(text, dialect="excel-tab", lineterminator="\n").writerows(
        [safe(cell, symbol) for cell in row] for row in rows
    )
    return text.getvalue()


class ExportFailed(Refused):
    """The machine does not take the file."""

    code = "export_failed"
    text = N_("The list was not written to {folder}: {problem}. Make room or let the shop's account write there.")


@contextmanager
def _told() -> Iterator[None]:
    """What the machine refuses is told as a sentence."""
    try:
        yield
    except OSError as error:
        raise ExportFailed(folder=str(folder()), problem=error.strerror or str(error)) from error


class Writing:
    """A file that is being written; it gets its name when it is whole, so nobody opens half of one."""

    def __init__(self, name: str, head: Sequence[str], *, symbol: str, now: Millis, zone: str) -> None:
        """`name` is what the list is called; times stand in the file's name in the zone given.

        Raises: ExportFailed, as the other verbs do.
        """
        when = clock.local(now, zone)
        cleaned = re.sub(r"[^\w-]+", "-", name).strip("-") or "list"
        self.path = folder() / f"{cleaned}-{when:%Y%m%d-%H%M%S}.csv"
        self.rows = 0
        self.finished = False
        self._symbol = symbol
        self._part = self.path.with_suffix(f".{os.getpid()}.part")
        with _told():
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self._file = TextIOWrapper(os.fdopen(file, "wb"), encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._file)
        self._writer.writerow([safe(cell) for cell in head])

    def add(self, rows: Iterable[Sequence[str]]) -> None:
        """Write some more rows."""
        with _told():
            for row in rows:
                self._writer.writerow([safe(cell, self._symbol) for cell in row])
                self.rows += 1

    def give_up(self) -> None:
        """Leave nothing behind."""
        with suppress(OSError):  # what could not be written is not wanted
            self._file.close()
        self._part.unlink(missing_ok=True)

    def finish(self) -> Path:
        """Close the file and give it its name."""
        with _told():
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._part.rename(self.path)
        self.finished = True
        return self.path


def write_whole(name: str, content: bytes) -> Path:
    """A file made in one piece, like a sheet to print, under its name; one of that name before is replaced.

    Raises: ExportFailed.
    """
    path = folder() / name
    with _told():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        files.write_bytes(path, content)
    return path


@db.atomic
def record(name: str, rows: int, *, personal: bool, by: Actor, now: Millis) -> None:
    """Note in the audit log that a list goes out; before its file has a name, or the clipboard has it.

    Raises: NotAllowed for a list with people in it without the right to export.
    """
    if personal:
        require(by, "export")
    audit.record("list.exported", "list", 0, by=by, now=now, after={"list": name, "rows": rows})
