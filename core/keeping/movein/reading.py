"""A file of an old system as a table: CSV in any of a few encodings, XLS, XLSX and ODS.

What comes from outside is taken as hostile: its size is bounded before it is opened, an archive by what it
really unpacks to, a sheet by the cells it spans.
"""

import csv
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from core.base.errors import Invalid, Refused
from core.base.i18n import N_, T
from core.keeping.movein import archives, encodings, fields
from core.keeping.movein.fields import Kind

MOST_BYTES, MOST_ROWS, MOST_COLUMNS = 128 * 1024 * 1024, 300_000, 200
TITLES = 30
"""So many rows are looked at for the one with the headers."""
EXAMPLES: dict[Kind, str] = {"members": "手机号, 姓名, 积分", "products": "名称, 价格", "sales": "日期, 手机号, 金额"}
Cells = list[Any]
"""A row as it was read: text, numbers, dates, truths."""


@dataclass(frozen=True)
class Table:
    """A file read: where it is from, its headers and the rows below them with their numbers in the file.

    `encoding` and `delimiter` are '' for a workbook; `sheets` are its sheets, `sheet` the one that was read.
    `hash` stands for the very same bytes, the sheet and the encoding they were read in.
    """

    file_name: str
    hash: str
    encoding: str
    delimiter: str
    sheets: tuple[str, ...]
    sheet: str
    header_row: int
    headers: tuple[str, ...]
    rows: tuple[tuple[int, Cells], ...]


class FileUnreadable(Invalid):
    """The file is no table this program can open."""

    code = "file_unreadable"
    text = N_("{file} cannot be opened as a table: {problem} Save it as XLSX or as CSV and choose it again.")


class FileTooLarge(Refused):
    """The file is larger than an import takes at once."""

    code = "file_too_large"
    text = N_("{file} has {found} {what}; at most {most} are taken at once. Cut it into several files.")


class SheetUnknown(Invalid):
    """The workbook has no such sheet."""

    code = "sheet_unknown"
    text = N_("There is no sheet “{given}”. Choose one of: {known}.")


class HeaderMissing(Invalid):
    """No row of the beginning holds a header that is known."""

    code = "header_missing"
    text = N_(
        "No row with headers was found among the first {rows} of {file}. The first row of the table should say what"
        " each column is, like: {example}."
    )


def read(path: Path, kind: Kind, *, encoding: str = "", sheet: str = "") -> Table:
    """Read a file for an import of a kind; a named encoding or sheet (by name or number) wins.

    Raises: FileUnreadable, FileTooLarge, EncodingUnknown, SheetUnknown, HeaderMissing.
    """
    data = _bytes(path)
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        sheets, chosen, found = _workbook(data, path.name, sheet)
        used, delimiter = "", ""
    else:
        found, used, delimiter = _text(data, path.name, encoding)
        sheets, chosen = (), ""
    digest = hashlib.sha256(data + f"|{chosen}|{used}".encode()).hexdigest()
    if not found:
        raise FileUnreadable(file=path.name, problem=T("it is empty."))
    header_at = _header(found, kind, path.name)
    headers = tuple(_shown(cell) for cell in found[header_at])
    width = len(headers)
    rows = tuple(
        (at, row if len(row) >= width else [*row, *[""] * (width - len(row))])
        for at, row in enumerate(found[header_at + 1 :], header_at + 2)
        if any(cell != "" and cell is not None for cell in row)
    )
    return Table(path.name, digest, used, delimiter, sheets, chosen, header_at + 1, headers, rows)


def _bytes(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise FileTooLarge(file=path.name, found=size, most=MOST_BYTES, what=T("bytes"))
        return path.read_bytes()
    except OSError as error:
        raise FileUnreadable(file=path.name, problem=f"{error.strerror}.") from error


def _check_size(rows: int, columns: int, file: str) -> None:
    if rows > MOST_ROWS:
        raise FileTooLarge(file=file, found=rows, most=MOST_ROWS, what=T("rows"))
    if columns > MOST_COLUMNS:
        raise FileTooLarge(file=file, found=columns, most=MOST_COLUMNS, what=T("columns"))


# --- text ------------------------------------------------------------------------------------------


def _text(data: bytes, file: str, encoding: str) -> tuple[list[Cells], str, str]:
    text, used = encodings.decoded(data, file, encoding=encoding)
    if "\x00" in text:
        raise FileUnreadable(file=file, problem=T("it holds NUL bytes, which no table has."))
    delimiter = _delimiter(text)
    rows: list[Cells] = []
    try:
        for row in csv.reader(StringIO(text, newline=""), delimiter=delimiter):
            rows.append(row)
            if len(rows) > MOST_ROWS or len(row) > MOST_COLUMNS:
                _check_size(len(rows), len(row), file)
    except csv.Error as error:
        raise FileUnreadable(file=file, problem=f"{error}.") from error
    return rows, used, delimiter


def _delimiter(text: str) -> str:
    """Comma, semicolon or tab: which stands most often, and evenly, in the first lines outside quotes."""
    lines = [line for line in text[:20_000].splitlines() if line.strip()][:20]

    def rank(mark: str) -> tuple[int, int]:
        counts = [len(row) - 1 for row in csv.reader(lines, delimiter=mark)]
        usual = max(set(counts), key=counts.count) if counts else 0
        return counts.count(usual) * bool(usual), usual

    return max((",", ";", "\t"), key=rank)


# --- workbooks -------------------------------------------------------------------------------------


def _workbook(data: bytes, file: str, sheet: str) -> tuple[tuple[str, ...], str, list[Cells]]:
    from io import BytesIO

    import python_calamine as calamine

    if data.startswith(b"PK"):
        archives.check(data, file)
    try:
        book = calamine.load_workbook(BytesIO(data))
        names = tuple(book.sheet_names)
        chosen = _chosen(names, sheet)
        found = book.get_sheet_by_name(chosen)
        _check_size(found.total_height, found.total_width, file)
        rows: list[Cells] = found.to_python(skip_empty_area=False)
        _fill_merged(rows, found.merged_cell_ranges or ())
    except calamine.CalamineError as error:
        raise FileUnreadable(file=file, problem=f"{str(error)[:120]}.") from error
    except BaseException as error:  # what the reader's own faults are made of is no ordinary exception
        if type(error).__name__ != "PanicException":
            raise
        raise FileUnreadable(file=file, problem=T("it is damaged.")) from error
    return names, chosen, rows


def _fill_merged(rows: list[Cells], merged: Sequence[tuple[tuple[int, int], tuple[int, int]]]) -> None:
    """Cells joined downwards say the same of every row beside them; Excel keeps it in the first alone."""
    for (top, left), (bottom, right) in merged:
        if left == right:
            for at in range(top + 1, min(bottom + 1, len(rows))):
                if left < len(rows[at]) and left < len(rows[top]):
                    rows[at][left] = rows[top][left]


def _chosen(names: Sequence[str], given: str) -> str:
    if not given and names:
        return names[0]
    if given in names:
        return given
    if given.isdecimal() and 1 <= int(given) <= len(names):
        return names[int(given) - 1]
    raise SheetUnknown(field="sheet", given=given[:40], known=", ".join(names) or "—")


# --- headers ---------------------------------------------------------------------------------------


def _shown(cell: object) -> str:
    return str(cell if cell is not None else "").strip()[:80]


def _header(rows: Sequence[Cells], kind: Kind, file: str) -> int:
    """The place of the row with the most headers that are known; the first of equal ones."""
    known = [sum(1 for _ in _meanings(row, kind)) for row in rows[:TITLES]]
    best = max(range(len(known)), key=lambda at: known[at], default=0)
    if not known or not known[best]:
        example = (
            "手机号, 姓名, 积分" if kind == "members" else "名称, 价格" if kind == "products" else "日期, 手机号, 金额"
        )
        raise HeaderMissing(rows=min(len(rows), TITLES), file=file, example=example)
    return best


def _meanings(row: Cells, kind: Kind) -> Iterator[str]:
    seen: set[str] = set()
    for cell in row:
        found = fields.meaning(cell, kind) if isinstance(cell, str) and 0 < len(cell) <= 40 else None
        if found is not None and found[0] not in seen:
            seen.add(found[0])
            yield found[0]
