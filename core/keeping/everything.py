"""Everything out 全部导出: one CSV a kind and a page that says what each column is; no shop is locked in.

The files are read part by part while the shop goes on; each is whole when it has its name. Cells that a spreadsheet
would take for a formula are harmless, as in every export.
"""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from core.base import clock, db, files, money, phones
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.i18n import _
from core.books import rules
from core.keeping import exports
from core.keeping.exports import ExportFailed, safe
from core.keeping.sheetlist import ABOUT, SHEETS, Sheet

CHUNK = 2_000
README = "README.txt"
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Written:
    """One file and how many rows are in it."""

    name: str
    rows: int


def _quiet(_done: int, _of: int) -> None:
    return None


def write_all(folder: Path, *, by: Actor, now: Millis, progress: Progress = _quiet) -> tuple[Written, ...]:
    """Write all files into a folder, which is made if it is not there. Raises: NotAllowed, ExportFailed."""
    require(by, "export")
    zone, done = rules.current(now=now).zone, list[Written]()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for number, sheet in enumerate(SHEETS, 1):
            done.append(Written(f"{sheet.name}.csv", _write(folder, sheet, zone)))
            progress(number, len(SHEETS))
        _whole(folder, README, lambda file: file.write(readme(now, zone)))
    except OSError as error:
        raise ExportFailed(folder=str(folder), problem=error.strerror or str(error)) from error
    exports.record("all", sum(one.rows for one in done), personal=True, by=by, now=now)
    return tuple(done)


def _write(folder: Path, sheet: Sheet, zone: str) -> int:
    count = 0

    def write(file: TextIOWrapper) -> None:
        nonlocal count
        writer = csv.writer(file)
        writer.writerow([header(column) for column in sheet.columns])
        for row in _rows(sheet):
            writer.writerow([cell(name, value, zone) for name, value in zip(sheet.columns, row, strict=True)])
            count += 1

    _whole(folder, f"{sheet.name}.csv", write)
    return count


def _whole(folder: Path, name: str, write: Callable[[TextIOWrapper], object]) -> None:
    """Write a file that gets its name when it is whole."""
    with files.in_place(folder / name) as part, part.open("w", encoding="utf-8-sig", newline="") as file:
        write(file)


def _rows(sheet: Sheet) -> Iterator[db.Row]:
    joined = "group_concat(t.name, ' ')" if db.is_sqlite() else "string_agg(t.name, ' ' ORDER BY t.name)"
    source = f"SELECT {', '.join(sheet.columns)} FROM ({sheet.source.replace('{joined}', joined)}) s"
    if not sheet.key:
        yield from db.rows(source)
        return
    after = 0
    while found := db.rows(f"{source} WHERE {sheet.key} > ? ORDER BY {sheet.key} LIMIT ?", (after, CHUNK)):
        after = found[-1][0]
        yield from found


UNITS = ("_cents", "_milli", "_at", "_day")


def header(column: str) -> str:
    """A column's name in the file: its unit falls away. 'price_cents' → 'price'."""
    kept = column in ("business_day", "birth_day")
    unit = next((one for one in UNITS if column.endswith(one) and not kept), "")
    return column.removesuffix(unit)


def cell(column: str, value: Any, zone: str) -> str:
    """A value as it is written: amounts and quantities as decimals, moments in the shop's zone, days as dates."""
    if value is None:
        return ""
    if column.endswith("_cents"):
        return money.plain(value)
    if column.endswith("_milli"):
        return money.quantity_shown(value).replace("−", "-")
    if column == "at" or column.endswith("_at"):
        return clock.local(value, zone).strftime("%Y-%m-%d %H:%M:%S")
    if column in ("last_day", "business_day"):
        return date.fromordinal(value).isoformat()
    if column == "phone":
        return safe(phones.national(str(value)))
    return str(value) if isinstance(value, int) else safe(str(value))


def readme(now: Millis, zone: str) -> str:
    """What is in the files, in the language of the reader."""
    when = clock.local(now, zone).strftime("%Y-%m-%d %H:%M")
    lines = [_("Everything of the shop as of {when}, one file a kind.", when=when)]
    lines.append(_("CSV in UTF-8, amounts with two decimals, times in the zone {zone}.", zone=zone))
    for sheet in SHEETS:
        lines += ["", f"{sheet.name}.csv", f"  {sheet.about}"]
        for column in sheet.columns:
            said = ABOUT.get(header(column))
            lines.append(f"    {header(column)}" + (f": {said}" if said is not None else ""))
    return "\r\n".join(lines) + "\r\n"
