"""A product list as an old till exports it, with faults planted in known rows.

Three lines of titles joined over the columns, categories joined downwards, prices as text with ¥ or 元, figures in
full width, missing barcodes, names twice, barcodes Excel made into 6.9E+12.
"""

import random
from dataclasses import dataclass, field
from pathlib import Path

import xlsxwriter

from core.goods.barcodes import check_digit

HEADERS = ("商品分类", "商品名称 *", "货号", "商品条码", "零售价（元）", "进价", "商品类型", "当前库存", "备注")
HEADER_ROW = 4
WIDE = str.maketrans("0123456789.", "０１２３４５６７８９．")
TEAS = ("乌龙", "龙井", "碧螺春", "铁观音", "普洱", "茉莉", "大红袍", "正山小种", "白毫银针", "六安瓜片")
FORMS = ("袋泡", "散装", "礼盒", "罐装", "茶饼", "小青柑", "试饮", "茶包")
WORKS = ("洗剪吹", "烫发", "染发", "头皮护理", "面部清洁", "肩颈按摩", "足疗", "美甲")


@dataclass
class Planted:
    """The rows that cannot come in with the header of their cell, those that are there twice, and what is right."""

    faults: dict[int, str] = field(default_factory=dict)
    doubles: set[int] = field(default_factory=set)
    near: set[int] = field(default_factory=set)
    prices: dict[str, int] = field(default_factory=dict)
    goods: int = 0
    services: int = 0


def make(path: Path, *, goods: int, services: int, seed: int = 7) -> Planted:
    """Write the file; what was planted in it."""
    dice, planted = random.Random(seed), Planted()
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("商品资料")
    for row, title in enumerate(("XX商贸 商品资料表", "导出时间：2026-05-01", "打印人：系统")):
        sheet.merge_range(row, 0, row, len(HEADERS) - 1, title)
    sheet.write_row(HEADER_ROW - 1, 0, HEADERS)
    for at in range(goods + services):
        number = HEADER_ROW + 1 + at
        cells = _service(at, dice) if at >= goods else _goods(at, dice)
        _spoil(at, number, cells, dice, planted)
        if number not in planted.faults and number not in planted.doubles:
            planted.goods += at < goods
            planted.services += at >= goods
        for column, cell in enumerate(cells):
            if column and cell is not None:
                sheet.write(number - 1, column, cell)
    for first in range(HEADER_ROW, HEADER_ROW + goods + services, 10):
        last = min(first + 9, HEADER_ROW + goods + services - 1)
        if last > first:
            sheet.merge_range(first, 0, last, 0, f"第{first // 10 % 40}类")
    book.close()
    return planted


def _goods(at: int, dice: random.Random) -> list[object]:
    digits = f"69{at:010d}"
    barcode = digits + check_digit(digits)
    cents = dice.randint(100, 90_000)
    name = f"{TEAS[at % 10]}{FORMS[at // 10 % 8]}{at:05d}"
    return [
        None,
        name,
        f"SP{at:06d}",
        barcode,
        cents / 100,
        cents // 2 / 100,
        "商品",
        dice.randint(0, 300),
        "旧系统导出",
    ]


def _service(at: int, dice: random.Random) -> list[object]:
    return [
        None,
        f"{WORKS[at % 8]}{at:05d}",
        f"FW{at:06d}",
        None,
        dice.randint(1000, 90_000) / 100,
        None,
        "服务项目",
        None,
        "",
    ]


def _spoil(at: int, number: int, cells: list[object], dice: random.Random, planted: Planted) -> None:
    """Every eleventh row is ugly but right, every thirteenth wrong."""
    name, cents = str(cells[1]), round(float(str(cells[4])) * 100)
    if at % 13 == 12:
        _break(at // 13, number, cells, planted)
        return
    if at % 11 == 10:
        how = at // 11 % 5
        cells[4] = (f"¥{cents / 100:.2f}", f"{cents / 100:.2f}元", f"{cents / 100:.2f}".translate(WIDE),
                    f" ￥ {cents / 100:,.2f} ", f"{cents / 100:.2f}")[how]  # fmt: skip
        cells[1] = f" {name.translate(WIDE)}　" if how == 2 else name
        cells[3] = None if how == 3 else str(cells[3]).translate(WIDE) if cells[3] and how == 4 else cells[3]
    if at % 17 == 16 and at % 11 != 10 and cells[3]:
        cells[3] = float(str(cells[3]))
    planted.prices[name] = cents


def _break(turn: int, number: int, cells: list[object], planted: Planted) -> None:
    kind = turn % 10
    if kind == 8:  # a name twice with nothing else to tell it by
        cells[1], cells[2], cells[3] = "珍珠奶茶", None, None
        if turn > 10:
            planted.doubles.add(number)
        return
    if kind == 9:  # a name twice under another number
        cells[1] = "珍珠奶茶（大杯）"
        if turn > 10:
            planted.near.add(number)
        return
    column, cell = (
        (4, None), (3, "6.9E+12"), (1, None), (4, "面议"), (4, "-5元"), (3, "6901234567890"), (6, "次卡"), (7, "缺货"),
    )[kind]  # fmt: skip
    cells[column] = cell
    planted.faults[number] = HEADERS[column]
