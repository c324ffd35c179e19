"""A workbook of the old kind (XLS), as small as one can be: BIFF8 records in an OLE container.

Sources: [MS-XLS] 2.4 (BOF, BoundSheet8, Label, Number, EOF), [MS-CFB] 2.2 to 2.6.
"""

import struct
from collections.abc import Sequence

SECTOR, FREE, END, TABLE = 512, 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def made(rows: Sequence[Sequence[str | float]]) -> bytes:
    """One sheet with text and numbers."""
    return _container(_stream(rows))


def _record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def _begin(what: int) -> bytes:
    return _record(0x0809, struct.pack("<HHHHII", 0x0600, what, 0, 1997, 0, 6))


def _text(text: str) -> bytes:
    return struct.pack("<HB", len(text), 1) + text.encode("utf-16-le")


def _stream(rows: Sequence[Sequence[str | float]]) -> bytes:
    name = struct.pack("<BB", 5, 1) + "Sheet".encode("utf-16-le")
    head = _begin(5)
    at = len(head) + 4 + 6 + len(name) + 4
    book = head + _record(0x0085, struct.pack("<IH", at, 0) + name) + _record(0x000A, b"")
    cells = b""
    for row, given in enumerate(rows):
        for column, cell in enumerate(given):
            place = struct.pack("<HHH", row, column, 0)
            if isinstance(cell, str):
                cells += _record(0x0204, place + _text(cell))
            else:
                cells += _record(0x0203, place + struct.pack("<d", cell))
    return book + _begin(0x10) + cells + _record(0x000A, b"")


def _container(stream: bytes) -> bytes:
    """The stream 'Workbook' alone: one sector of the table, one of the directory, then the stream."""
    stream = stream.ljust(max(4096, -(-len(stream) // SECTOR) * SECTOR), b"\0")
    many = len(stream) // SECTOR
    table = [TABLE, END, *range(3, many + 2), END]
    table += [FREE] * (SECTOR // 4 - len(table))
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    head += struct.pack("<HHHHH6xIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, END, 0, END, 0)
    head += struct.pack("<109I", 0, *[FREE] * 108)
    directory = (
        _entry("Root Entry", 5, 1, END, 0) + _entry("Workbook", 2, FREE, 2, len(stream)) + _entry("", 0, FREE, 0, 0) * 2
    )
    return head + struct.pack(f"<{SECTOR // 4}I", *table) + directory + stream


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    written = (name.encode("utf-16-le") + b"\0\0").ljust(64, b"\0")
    length = len(name) * 2 + 2 if name else 0
    return written + struct.pack("<HBBIII36xIQ", length, kind, 1, FREE, FREE, child, start, size)
