"""Receipts on paper: the bytes an ESC/POS printer takes, and the way to it over the network or a device file.

Text goes as GB18030 in the printer's Chinese mode, which every printer sold for Chinese receipts knows and which
prints Latin letters too. Source of the commands: Epson's ESC/POS command reference (ESC @, FS &, FS ., GS ( k, GS V).
"""

import re
import socket
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from core.base import settings
from core.base.errors import Refused
from core.base.i18n import N_, _
from core.selling import claims, receipts
from core.selling.receipts import SaleReceipt

START, CHINESE, LATIN = b"\x1b@", b"\x1c&", b"\x1c."
FEED_AND_CUT = b"\n\n\n\x1dV\x42\x00"
PRINTED = {ord("¥"): "￥", ord("−"): "-"}
"""What few printers know, and what they know instead: ¥ would go as four bytes of GB18030."""
GAP = re.compile(r"(?<=\S) {2,}")
PORT = 9100
WAIT_S = 5.0


class PrinterMissing(Refused):
    """No printer is set for this installation."""

    code = "printer_missing"
    text = N_("No receipt printer is set. Write its address into regulars.toml (printer = …), then start again.")


class PrinterSilent(Refused):
    """The printer does not take anything."""

    code = "printer_silent"
    text = N_("The printer at {place} does not answer ({why}). Is it on, with paper, and connected? Then print again.")


def receipt_bytes(receipt: SaleReceipt, *, columns: int, copy: bool) -> bytes:
    """A receipt as a printer of so many columns takes it; one without a member ends with its code to claim points."""
    text = receipts.as_text(receipt, columns=columns, copy=copy)
    rows = [row_bytes(row, columns=columns) + b"\n" for row in text.split("\n")]
    done = START + CHINESE + b"".join(rows)
    if receipt.member_id is None and not copy:
        code, there = claims.code_of(receipt.id), settings.current()
        if there.public_url:  # phones find us, so the square opens the page that collects the points
            said, square = (
                _("Points for this purchase: scan this, or show it."),
                claims.link_of(receipt.id, there.base_url),
            )
        else:
            said, square = _("Points for this purchase: show this code."), code
        done += b"\n" + said.encode("gb18030", "replace") + b"\n"
        done += LATIN + qr_bytes(square) + code.encode("ascii") + b"\n"
    return done + LATIN + FEED_AND_CUT


def row_bytes(row: str, *, columns: int) -> bytes:
    """A row in the printer's characters, in at most so many columns: there ×, · and ￥ take two, as Chinese ones do."""
    row = row.translate(PRINTED)
    over = _columns(row) - columns
    if over > 0:
        gaps = [found.span() for found in GAP.finditer(row)]
        first, last = max(gaps, key=lambda gap: gap[1] - gap[0], default=(0, 0))
        spare = min(over, max(last - first - 1, 0))
        row = row[:first] + row[first + spare :]
    while _columns(row) > columns:
        left, _space, right = row.rpartition(" ")
        row = f"{left[:-1]} {right}" if left else right[:-1]
    return row.encode("gb18030", "replace")


def _columns(row: str) -> int:
    return sum(min(len(one.encode("gb18030", "replace")), 2) for one in row)


def qr_bytes(text: str, *, cell: int = 6) -> bytes:
    """The commands that print a QR code of model 2 with so many dots a cell."""
    data = text.encode("ascii")
    stored = len(data) + 3
    return (
        b"\x1d(k\x04\x001A2\x00"
        + b"\x1d(k\x03\x001C" + bytes([cell])
        + b"\x1d(k\x03\x001E1"
        + b"\x1d(k" + stored.to_bytes(2, "little") + b"1P0" + data
        + b"\x1d(k\x03\x001Q0"
        + b"\n"
    )  # fmt: skip


def send(data: bytes) -> None:
    """Hand bytes to the printer of this installation. Raises: PrinterMissing, PrinterSilent."""
    place = settings.current().printer
    if not place:
        raise PrinterMissing()
    try:
        if place.startswith("tcp://"):
            at = urlsplit(place)
            with socket.create_connection((at.hostname or "", at.port or PORT), timeout=WAIT_S) as way:
                way.sendall(data)
                with suppress(OSError):
                    way.shutdown(socket.SHUT_WR)
        else:
            with Path(place).open("ab") as device:
                device.write(data)
    except OSError as error:
        raise PrinterSilent(place=place, why=error.strerror or type(error).__name__) from error


def print_receipt(receipt: SaleReceipt, *, copy: bool) -> None:
    """Print a sale. Raises: PrinterMissing, PrinterSilent."""
    send(receipt_bytes(receipt, columns=settings.current().printer_columns, copy=copy))
