"""Goods come in with cost and batch, go to the other store, are counted, sold as set, variant and by weight."""

from datetime import timedelta
from pathlib import Path

from core.base import clock
from core.goods import barcodes
from tests.core.keeping.test_labels import codes_read
from tests.core.keeping.test_sheets import pages
from tests.journeys.rest import ZONE, choose, report
from tests.journeys.street import Office


async def find(office: Office, typed: str) -> None:
    """F9, and the product under the cursor."""
    await office.press("f9", "escape", "slash", "ctrl+u")
    await office.type(typed, "enter")


async def make(office: Office) -> str:
    """Milk by batches, leaves by weight, juice in two sizes, a set of cup and cake."""
    await office.press("f9", "n")
    await office.type("鲜牛奶", "enter")
    await office.type("12", "enter", "enter", "enter", "enter")
    await office.press("n")
    await office.type("散装红茶", "enter")
    await office.type("200", "enter", "enter", "enter", "down", "enter")
    await find(office, "szhc")
    await office.press("e", "enter", "enter", "enter", *["backspace"] * 9)
    await office.type("123", *["enter"] * 5)
    await office.press("o")
    await office.type("果汁", "enter")
    await office.type("大杯 22, 小杯 18", "enter", "enter")
    await office.press("u")
    await office.type("下午茶", "enter")
    await office.type("80", "enter")
    await office.type("保温杯, 栗子蛋糕", "enter", "enter")
    office.shot("products")
    await find(office, "xnn")
    await office.press("l", "enter", "enter", "right", "enter", "enter")
    return office.shot("by batches")


async def deliver(office: Office) -> str:
    """Twelve bottles at 5.00 of a batch good for nine days; ten cups at 30.00; two cakes."""
    good = clock.day_of(clock.now(), ZONE) + timedelta(days=9)
    await find(office, "xnn")
    await office.press("g")
    await office.type("12", "enter")
    await office.type("5", "enter", "enter")
    await office.type("LS-17", "enter")
    await office.type(f"{good}", "enter")
    await office.type("A7", "enter")
    office.shot("delivered")
    await find(office, "baowen")
    await office.press("g")
    await office.type("10", "enter")
    await office.type("30", "enter", "enter", "enter")
    return office.shot("cups delivered")


async def transfer(office: Office) -> str:
    """Three bottles to the other store; two arrive."""
    await office.press("f9", "m")
    await choose(office, "Transfers")
    await office.press("n", "enter", "enter")
    await office.type("xnn*3", "enter", "enter")
    office.shot("on the way")
    await office.press("enter", "c")
    await office.type("2", "enter")
    await office.press("w", "enter")
    office.shot("arrived")
    await office.press("escape")
    return office.shot("transfers")


async def count(office: Office) -> str:
    """Two of ten cups are there: ¥240.00 at cost, more than the shop's limit."""
    await office.press("f9", "m")
    await choose(office, "Counts")
    await office.press("n", "enter", "enter", "enter")
    await office.press("slash")
    await office.type("baowen*2", "enter")
    office.shot("counted")
    await office.press("tab", "w", "enter")
    return office.shot("waits")


async def approve(office: Office) -> str:
    await office.press("f9", "m")
    await choose(office, "Counts")
    await office.press("enter", "a", "y")
    return office.shot("written")


def sale(label: str):  # type: ignore[no-untyped-def]
    """A set, a big juice, what the scale weighed."""

    async def script(office: Office) -> str:
        await office.press("f3")
        await office.type("xiawucha", "enter")
        await office.type("guozhi", "enter")
        await office.type(label, "enter")
        office.shot("goods on the counter")
        await office.press("ctrl+t", "enter")
        return office.shot("goods sold")

    return script


def label_of(item: str, grams: int) -> str:
    """What a scale prints: 2, the item, the grams and the check digit."""
    digits = f"2{item:0>6}{grams:05d}"
    return digits + barcodes.check_digit(digits)


async def print_labels(office: Office) -> str:
    await find(office, "baowen")
    await office.press("b", "enter", "enter", "enter")
    return office.shot("labels written")


def labels_in(folder: Path) -> set[tuple[str, str]]:
    """What the bars of the labels say, read by an independent decoder."""
    return {one for page in pages((folder / "exports" / "labels.pdf").read_bytes()) for one in codes_read(page)}


async def look_back(office: Office) -> str:
    await report(office, "Stock")
    return office.shot("report of stock")
