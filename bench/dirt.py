"""Files of an old till with planted dirt: members with balances as GB18030 CSV and as XLSX, and what is wrong in each.

`python -m bench.dirt FOLDER [MEMBERS] [SEED]` writes both and the list of faults. The same seed gives the same rows
in both. Every fault stands alone in its row. Phones carry two check digits, so that no two are one slip apart by
chance, and no two of one name share a birthday, unless that was planted.
"""

import csv
import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from bench.figures import SEED
from core.keeping.demo import GIVEN, SURNAMES

HEADERS = (
    "会员卡号", "会员姓名", "手机号码", "性别", "生日", "会员等级", "积分余额", "积分到期日", "储值本金", "赠送金",
    "标签", "备注", "开卡日期", "同意推广",
)  # fmt: skip
CARD, NAME, PHONE, GENDER, BORN, TIER, POINTS, UNTIL, PRINCIPAL, BONUS, TAGS, NOTE, JOINED, OFFERS = range(14)
TITLE = "会员资料导出（旧系统）"
FIRST = 4
"""The number of the first row of data: a title, an empty row and the headers stand above it."""
TODAY = date(2026, 5, 29)
TIERS = ("普通会员", "银卡", "金卡")
Row = list[Any]

FAULTS: dict[str, tuple[int, Any]] = {
    "landline": (PHONE, "021-62345678"),
    "shortened phone": (PHONE, "1.38E+10"),
    "short phone": (PHONE, "1380013"),
    "foreign letters": (PHONE, "微信 abc"),
    "european amount": (PRINCIPAL, "1.234,50"),
    "negative amount": (PRINCIPAL, "-12.00"),
    "three decimals": (BONUS, "12.345"),
    "words for an amount": (BONUS, "一百元"),
    "half a point": (POINTS, "12.5"),
    "negative points": (POINTS, "-5"),
    "impossible birthday": (BORN, "2月30日"),
    "future birthday": (BORN, "2031-01-01"),
    "empty date of Excel": (BORN, "1900-01-00"),
    "unreadable birthday": (BORN, "八十年代"),
    "ambiguous day": (JOINED, "03/04/2024"),
    "future joining": (JOINED, "2030/1/1"),
    "unknown tier": (TIER, "钻石王者"),
    "lapsed points": (UNTIL, "2020-01-01"),
    "shortened card": (CARD, "622202123456789000"),
    "unknown gender": (GENDER, "甲"),
    "unclear consent": (OFFERS, "再说"),
    "name of signs": (NAME, "<script>"),
}
"""Faults by name: which cell, and what stands there."""


@dataclass
class Dirt:
    """Rows, and what is planted in them by their numbers in the file; `totals` is what the good rows bring."""

    rows: list[Row] = field(default_factory=list)
    faults: dict[int, tuple[str, int]] = field(default_factory=dict)
    doubles: dict[int, int] = field(default_factory=dict)
    near: dict[int, int] = field(default_factory=dict)
    totals: dict[str, int] = field(default_factory=dict)


def made(members: int, *, seed: int = SEED, share: int = 25) -> Dirt:
    """So many rows, one of `share` with a fault, and as many doubles and near doubles as faults together."""
    return _Maker(random.Random(seed)).make(members, share)


class _Maker:
    def __init__(self, dice: random.Random) -> None:
        self.dice, self.dirt = (
            dice,
            Dirt(totals=dict.fromkeys(("members", "points", "principal_cents", "bonus_cents"), 0)),
        )
        self.born: set[tuple[str, str]] = set()
        self.good: list[int] = []
        self.start = dice.randrange(10**7)

    def make(self, members: int, share: int) -> Dirt:
        names = list(FAULTS)
        for number in range(members):
            at = FIRST + number
            turn = number % share
            if turn == share - 1:
                self._fault(number, at, names[number // share % len(names)])
            elif turn == share // 2 and self.good:
                self._copy(number, at, near=number // share % 2 == 1)
            else:
                self._count(self._clean(number), at)
        return self.dirt

    def _clean(self, number: int) -> tuple[Row, tuple[int, int, int]]:
        dice = self.dice
        name = dice.choice(SURNAMES) + "".join(dice.sample(GIVEN, dice.choice((1, 2, 2))))
        born = date(1950, 1, 1) + timedelta(days=dice.randrange(20_000))
        while (name, f"{born:%m-%d}") in self.born:
            born += timedelta(days=1)
        self.born.add((name, f"{born:%m-%d}"))
        points = dice.choice((0, dice.randrange(1, 20_000)))
        principal, bonus = dice.choice((0, dice.randrange(1, 200_000))), dice.choice((0, 0, dice.randrange(1, 20_000)))
        until = f"{TODAY + timedelta(days=dice.randrange(30, 700)):%Y-%m-%d}"
        row: Row = [
            f"V{number:07d}", name, self._phone(number), dice.choice(("男", "女", "M", "F", "")), _born(born, dice),
            dice.choice(TIERS), points or "", until if points else "", _money(principal, dice), _money(bonus, dice),
            dice.choice(("", "", "老客", "老客、爱喝茶")), dice.choice(("", "靠窗")),
            f"{date(2015, 1, 1) + timedelta(days=dice.randrange(4_000)):%Y/%m/%d}", dice.choice(("是", "否", "")),
        ]  # fmt: skip
        return row, (points, principal, bonus)

    def _phone(self, number: int) -> str:
        """Two check digits (ISO 7064 MOD 97-10): two numbers differ in more than a slip of the finger."""
        body = f"13{(self.start + number * 7_654_321) % 10**7:07d}"
        digits = body + f"{98 - int(body) * 100 % 97:02d}"
        return self.dice.choice(
            (
                digits,
                digits,
                digits,
                f"+86 {digits}",
                f"0086{digits}",
                f"{digits[:3]}-{digits[3:7]}-{digits[7:]}",
                digits.translate(_WIDE),
            )
        )

    def _count(self, made: tuple[Row, tuple[int, int, int]], at: int) -> None:
        row, amounts = made
        self.dirt.rows.append(row)
        self.good.append(at)
        for name, amount in zip(("members", "points", "principal_cents", "bonus_cents"), (1, *amounts), strict=True):
            self.dirt.totals[name] += amount

    def _fault(self, number: int, at: int, name: str) -> None:
        row, _ = self._clean(number)
        place, given = FAULTS[name]
        row[place] = given
        if name == "lapsed points":
            row[POINTS] = 100
        self.dirt.rows.append(row)
        self.dirt.faults[at] = name, place

    def _copy(self, number: int, at: int, *, near: bool) -> None:
        """The phone of an earlier good row again, or its name with two digits of its phone swapped."""
        like = self.dice.choice(self.good[-400:])
        before = self.dirt.rows[like - FIRST]
        row, amounts = self._clean(number)
        digits = _digits(before[PHONE])
        if not near:
            row[PHONE] = digits
            self.dirt.rows.append(row)
            self.dirt.doubles[at] = like
            return
        place = next((at for at in range(3, 10) if digits[at] != digits[at + 1]), None)
        if place is None or like in self.dirt.near.values():
            self._count((row, amounts), at)
            return
        row[NAME], row[BORN] = before[NAME], ""
        row[PHONE] = digits[:place] + digits[place + 1] + digits[place] + digits[place + 2 :]
        self._count((row, amounts), at)
        self.good.pop()
        self.dirt.near[at] = like


_WIDE = {ord("0") + digit: ord("０") + digit for digit in range(10)}
_NARROW = {wide: narrow for narrow, wide in _WIDE.items()}


def _digits(phone: str) -> str:
    return "".join(char for char in phone.translate(_NARROW) if char.isdigit())[-11:]


def _born(day: date, dice: random.Random) -> str:
    forms: Sequence[Callable[[], str]] = (
        lambda: f"{day:%Y-%m-%d}", lambda: f"{day.year}/{day.month}/{day.day}",
        lambda: f"{day.year}年{day.month}月{day.day}日", lambda: f"{day:%Y%m%d}",
        lambda: f"{day:%m-%d}",
    )  # fmt: skip
    return dice.choice(forms)()


def _money(cents: int, dice: random.Random) -> str:
    if not cents:
        return dice.choice(("", "0", "0.00"))
    plain = f"{cents // 100}.{cents % 100:02d}"
    return dice.choice((plain, plain, f"¥{cents // 100:,}.{cents % 100:02d}", f"{plain}元", plain.translate(_WIDE)))


# --- files -----------------------------------------------------------------------------------------


def write_csv(path: Path, dirt: Dirt, *, encoding: str = "gb18030") -> Path:
    """The rows as the old till's export: a title, an empty row, headers, data."""
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file)
        writer.writerows([[TITLE], [], HEADERS, *dirt.rows])
    return path


def write_xlsx(path: Path, dirt: Dirt) -> Path:
    """The same as a workbook: phones, points and amounts as numbers where they are plain, dates as dates."""
    import xlsxwriter

    book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_formulas": False})
    sheet, as_day = book.add_worksheet("会员"), book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.write_string(0, 0, TITLE)
    for at, header in enumerate(HEADERS):
        sheet.write_string(2, at, header)
    for number, row in enumerate(dirt.rows, FIRST - 1):
        for at, cell in enumerate(row):
            given = str(cell)
            if at in (PHONE, POINTS, PRINCIPAL, BONUS) and given.isascii() and given.replace(".", "", 1).isdigit():
                sheet.write_number(number, at, float(given))
            elif at in (BORN, JOINED, UNTIL) and len(given) == 10 and given[4] == "-" and given > "1900-03":
                sheet.write_datetime(number, at, date.fromisoformat(given), as_day)
            elif given:
                sheet.write_string(number, at, given)
    book.close()
    return path


def main(folder: str, members: str = "100000", seed: str = str(SEED)) -> None:
    """Write both files and what is planted in them."""
    dirt, where = made(int(members), seed=int(seed)), Path(folder)
    write_csv(where / "members.csv", dirt)
    write_xlsx(where / "members.xlsx", dirt)
    with (where / "planted.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("row", "what", "column"))
        writer.writerows((row, name, HEADERS[place]) for row, (name, place) in sorted(dirt.faults.items()))
        writer.writerows((row, f"the phone of row {like}", "") for row, like in sorted(dirt.doubles.items()))
        writer.writerows((row, f"nearly row {like}", "") for row, like in sorted(dirt.near.items()))
    print(f"{len(dirt.rows):,} rows, {len(dirt.faults):,} faults, {len(dirt.doubles):,} doubles: {dirt.totals}")


if __name__ == "__main__":
    main(*sys.argv[1:])
