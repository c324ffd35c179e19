"""Receipts on paper: the bytes a printer takes over the network or a device file, and what is said when it does not."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.base import settings
from core.selling import claims, receipts
from tests.shops import Shop, open_shop
from tests.tui.office import notices
from tests.tui.shopfront import opened, pressed
from tui import printer
from tui.printer import PrinterMissing, PrinterSilent
from tui.screens.receipt import ReceiptPage

CUT = b"\x1dV\x42\x00"


@pytest.fixture
def shop(database: Path) -> Shop:
    settings.use(settings.Settings(secret="test secret"))
    shop = open_shop()
    shop.product("珍珠奶茶", 1800)
    shop.member("13812042046", name="王伟芳")
    return shop


@contextmanager
def paper() -> Iterator[tuple[str, Callable[[], bytes]]]:
    """A printer on the network: its address, and what it was given by the time its line was closed."""
    listening = socket.create_server(("127.0.0.1", 0))
    taken: list[bytes] = []

    def take() -> None:
        way, _ = listening.accept()
        with way:
            while part := way.recv(4096):
                taken.append(part)

    thread = threading.Thread(target=take, daemon=True)
    thread.start()

    def printed() -> bytes:
        thread.join(10)
        return b"".join(taken)

    yield f"tcp://127.0.0.1:{listening.getsockname()[1]}", printed
    listening.close()


def use(place: str) -> None:
    settings.use(settings.Settings(secret="test secret", printer=place))


def test_key_prints_the_receipt_once_and_then_a_copy(shop: Shop) -> None:
    sale = shop.sell(shop.basket(("珍珠奶茶", 2)))
    with paper() as (place, printed):
        use(place)

        async def body() -> None:
            async with opened(shop, lambda: ReceiptPage(sale, fresh=True)) as (app, pilot):
                await pressed(pilot, "p")
                assert notices(app) == ["Sent to the printer."]

        asyncio.run(body())
        given = printed()
    assert given.startswith(b"\x1b@\x1c&") and given.endswith(CUT)
    assert "珍珠奶茶".encode("gb18030") in given and claims.code_of(sale).encode() in given


def test_copy_says_so_and_has_no_code_to_claim(shop: Shop) -> None:
    receipt = receipts.of(shop.sell(shop.basket(("珍珠奶茶", 2))))
    first, copy = (printer.receipt_bytes(receipt, columns=48, copy=copy) for copy in (False, True))
    assert claims.code_of(receipt.id).encode() not in copy and len(copy) < len(first)
    assert copy != first and b"1P0" not in copy


@pytest.mark.parametrize("columns", (32, 48))
def test_figures_end_at_the_right_edge_of_the_paper(shop: Shop, columns: int) -> None:
    receipt = receipts.of(shop.sell(shop.basket(("珍珠奶茶", 2))))
    rows = printer.receipt_bytes(receipt, columns=columns, copy=True).split(b"\n")
    figures = [row for row in rows if row.endswith("￥36.00".encode("gb18030"))]
    # Every character takes as many columns as it has bytes: one, or two for those of GBK.
    assert [len(row) for row in figures] == [columns] * 3
    assert max(len(row) for row in rows[1:-4]) <= columns


def test_long_row_loses_of_its_name_and_not_of_its_figure() -> None:
    row = "  珍珠奶茶珍珠奶茶珍珠奶茶 ×  ¥12,345.00"
    made = printer.row_bytes(row, columns=24).decode("gb18030")
    assert made.endswith(" ￥12,345.00") and made.startswith("  珍珠奶茶")
    assert len(made.encode("gb18030")) <= 24
    assert printer.row_bytes("￥" * 20, columns=24) == ("￥" * 12).encode("gb18030")


def test_qr_commands_carry_the_length_of_what_is_stored() -> None:
    made = printer.qr_bytes("S1.7.ABCD")
    at = made.index(b"1P0")
    assert made[at - 2 : at] == (len("S1.7.ABCD") + 3).to_bytes(2, "little") and b"S1.7.ABCD" in made


def test_device_file_takes_the_same_bytes(shop: Shop, tmp_path: Path) -> None:
    device = tmp_path / "lp0"
    use(str(device))
    receipt = receipts.of(shop.sell(shop.basket(("珍珠奶茶", 1))))
    printer.print_receipt(receipt, copy=False)
    assert device.read_bytes() == printer.receipt_bytes(receipt, columns=settings.current().printer_columns, copy=False)


def test_without_a_printer_the_setting_is_named(shop: Shop) -> None:
    with pytest.raises(PrinterMissing, match="printer"):
        printer.send(b"x")


def test_silent_printer_is_named_with_the_reason(shop: Shop, tmp_path: Path) -> None:
    listening = socket.create_server(("127.0.0.1", 0))
    place = f"tcp://127.0.0.1:{listening.getsockname()[1]}"
    listening.close()
    use(place)
    with pytest.raises(PrinterSilent) as refused:
        printer.send(b"x")
    assert place in refused.value.sentence() and "refused" in refused.value.sentence()
    use(str(tmp_path / "nowhere" / "lp0"))
    with pytest.raises(PrinterSilent, match="nowhere"):
        printer.send(b"x")
