"""Workbooks that are archives: what they unpack to is counted before anything opens them.

A directory can lie about sizes, so each part is unpacked and counted, and thrown away. A sheet may name a cell
far away from all others; a reader makes room for the whole square between them.
"""

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO

from core.base.errors import Refused
from core.base.i18n import N_

MOST_UNPACKED, MOST_TIMES, SMALL, MOST_CELLS, MOST_PARTS = 600 * 1024 * 1024, 300, 8 * 1024 * 1024, 20_000_000, 2_000
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
        sheet = part.filename.startswith("xl/worksheets/")
        last, row, column = b"", 0, 26
        for piece in _unpacked(data, part):
            total += len(piece)
            if total > most:
                raise ArchiveHostile(file=file, found=total, unit="bytes", most=most)
            if sheet:
                seen = last + piece
                row = max([row, *(int(found) for found in _ROW.findall(seen))])
                column = max([column, *(_number(found) for found in set(_COLUMN.findall(seen)))])
                last = piece[-24:]
        if (row or 99_999) * column > MOST_CELLS:
            raise ArchiveHostile(file=file, found=(row or 99_999) * column, unit="cells", most=MOST_CELLS)


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
