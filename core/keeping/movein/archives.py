"""Workbooks that are archives: what they unpack to is counted before anything opens them.

A directory can lie about sizes, so each part is unpacked and counted, and thrown away. A sheet may name a cell
far away from all others; a reader makes room for the whole square between them.
"""

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from xml.parsers import expat

from core.base.errors import Refused
from core.base.i18n import N_

MOST_UNPACKED, MOST_TIMES, SMALL, MOST_CELLS, MOST_PARTS = 600 * 1024 * 1024, 300, 8 * 1024 * 1024, 8_000_000, 2_000
STEP = 256 * 1024
_ROW = re.compile(rb"""=["'][A-Z]{0,3}(\d{6,7})["']""")
_COLUMN = re.compile(rb"""=["']([A-Z]{2,3})\d{1,7}["']""")


class ArchiveHostile(Refused):
    """A workbook unpacks to more than any shop's list, or is put together to exhaust the machine."""

    code = "archive_hostile"
    text = N_(
        "{file} would unpack to {found} {unit}; up to {most} are taken. If it is your own list, save it as CSV"
        " and choose that."
    )


def check(data: bytes, file: str) -> None:
    """Raise unless an archive may be opened. Raises: ArchiveHostile."""
    try:
        parts = zipfile.ZipFile(BytesIO(data)).infolist()
    except (zipfile.BadZipFile, NotImplementedError, struct.error, ValueError) as error:
        raise ArchiveHostile(file=file, found="?", unit="", most=MOST_UNPACKED) from error
    if len(parts) > MOST_PARTS:
        raise ArchiveHostile(file=file, found=len(parts), unit="parts", most=MOST_PARTS)
    most = min(MOST_UNPACKED, max(len(data) * MOST_TIMES, SMALL))
    total = 0
    for part in parts:
        spread = _spread(part.filename)
        for piece in _unpacked(data, part):
            total += len(piece)
            if total > most:
                raise ArchiveHostile(file=file, found=total, unit="bytes", most=most)
            spread.feed(piece)
            if spread.cells > MOST_CELLS:
                raise ArchiveHostile(file=file, found=spread.cells, unit="cells", most=MOST_CELLS)


class _Nothing:
    """A part that is no sheet."""

    cells = 0

    def feed(self, piece: bytes) -> None:
        """Look at some more of it."""


class _Excel(_Nothing):
    """A sheet of XLSX, whose cells say where they are."""

    def __init__(self) -> None:
        self._last, self._row, self._column = b"", 0, 26

    def feed(self, piece: bytes) -> None:
        """Look at some more of it."""
        seen = self._last + piece
        self._row = max([self._row, *(int(found) for found in _ROW.findall(seen))])
        self._column = max([self._column, *(_number(found) for found in set(_COLUMN.findall(seen)))])
        self._last = piece[-24:]
        self.cells = (self._row or 99_999) * self._column


class _OpenDocument(_Nothing):
    """The sheets of ODS, whose rows and cells say how often they are repeated; empty ones at an end are no matter."""

    def __init__(self) -> None:
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._begin
        self._parser.EndElementHandler = self._end
        self._parser.EntityDeclHandler = self._refuse
        self._row = self._repeated = self._column = self._used = self._width = 0

    def feed(self, piece: bytes) -> None:
        """Look at some more of it; what cannot be parsed is left to the reader, who says so."""
        with suppress(expat.ExpatError):
            self._parser.Parse(piece, False)

    def _begin(self, name: str, given: dict[str, str]) -> None:
        if name == "table:table":
            self._row = self._width = 0
        elif name == "table:table-row":
            self._repeated = _times(given.get("table:number-rows-repeated"))
            self._column = self._used = 0
        elif name == "table:table-cell":
            self._column += _times(given.get("table:number-columns-repeated"))
            if "office:value-type" in given:
                self._used = self._column

    def _end(self, name: str) -> None:
        if name == "table:table-row":
            self._row += self._repeated
            self._width = max(self._width, self._used)
            if self._used:
                self.cells = max(self.cells, self._row * self._width)

    def _refuse(self, *_about: object) -> None:
        """Entities of its own are nothing a list needs."""
        self.cells = MOST_CELLS + 1


def _times(given: str | None) -> int:
    return int(given) if given and given.isdecimal() and len(given) < 12 else 1


def _spread(name: str) -> _Nothing:
    """What counts the room a part's cells take."""
    if name.startswith("xl/worksheets/"):
        return _Excel()
    return _OpenDocument() if name == "content.xml" else _Nothing()


def _number(letters: bytes) -> int:
    """The number of a column: A is 1, AA 27."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _unpacked(data: bytes, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """What a part really unpacks to, piece by piece, whatever the directory says."""
    head = data[part.header_offset : part.header_offset + 30]
    if len(head) < 30 or head[:4] != b"PK\x03\x04":
        return
    name, extra = struct.unpack("<HH", head[26:30])
    start = part.header_offset + 30 + name + extra
    packed = memoryview(data)[start:]
    if part.compress_type == zipfile.ZIP_STORED:
        yield bytes(packed[: part.compress_size])
        return
    machine, at = zlib.decompressobj(-15), 0
    while at < len(packed) and not machine.eof:
        given = bytes(packed[at : at + 16_384])
        at += len(given)
        try:
            yield machine.decompress(given, STEP)
            while machine.unconsumed_tail:
                yield machine.decompress(machine.unconsumed_tail, STEP)
        except zlib.error:
            return
