"""Paper books: what a careful person with a pencil writes down for sales, refunds, points and stored value.

Plain dictionaries, lists and fractions, after the rules of the shop; nothing of the program is used here.
"""

import math
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

DAY = 86_400_000


def end_of_day(now: int) -> int:
    """The midnight after a moment in Shanghai, eight hours before that of UTC."""
    ahead = 8 * 3_600_000
    return ((now + ahead) // DAY + 1) * DAY - ahead


ZONE = ZoneInfo("Asia/Shanghai")
STORED = ("principal", "bonus")

Lot = dict[str, Any]
Line = dict[str, Any]
Sale = dict[str, Any]


def half_up(value: Fraction) -> int:
    """The nearest whole number, a half upwards."""
    return math.floor(value + Fraction(1, 2))


def split(total: int, weights: Sequence[int]) -> list[int]:
    """Parts that add up: each rounded down, then one more for the largest remainders, the earlier first."""
    if not sum(weights):
        return [total, *[0] * (len(weights) - 1)] if weights else []
    exact = [Fraction(total * weight, sum(weights)) for weight in weights]
    parts = [math.floor(part) for part in exact]
    for at in sorted(range(len(parts)), key=lambda at: parts[at] - exact[at])[: total - sum(parts)]:
        parts[at] += 1
    return parts


def upto(total: int, quantity: int, whole: int) -> int:
    """What so much of a line carries of a total."""
    return half_up(Fraction(total * quantity, whole))


# --- points and stored value ---------------------------------------------------------------------


def expiry(now: int, months: int, method: str) -> int | None:
    """When points earned now expire."""
    if method == "never":
        return None
    day = datetime.fromtimestamp(now // 1000, ZONE).date()
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if method == "month_end":
        year, month = divmod(year * 12 + month + 1, 12)
        return midnight(date(year, month + 1, 1))
    after = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    return midnight(min(date(year, month + 1, 1) + timedelta(day.day - 1), after - timedelta(1)) + timedelta(1))


def midnight(day: date) -> int:
    """The first millisecond of a day in the shop's zone."""
    return int(datetime.combine(day, time(), ZONE).timestamp()) * 1000


class Purse:
    """The lots of one member's points, principal or bonus, and what they owe."""

    def __init__(self) -> None:
        self.lots: list[Lot] = []
        self.owed = 0

    @property
    def balance(self) -> int:
        return sum(lot["left"] for lot in self.lots) - self.owed

    def usable(self, now: int) -> int:
        return sum(lot["left"] for lot in self._open(now) if lot["start"] <= now)

    def _open(self, now: int) -> list[Lot]:
        """Lots that have not expired, the first to expire first, then the oldest."""
        good = (lot for lot in self.lots if lot["left"] and not _past(lot, now))
        return sorted(good, key=_order)

    def add(self, amount: int, now: int, *, until: int | None = None, start: int = 0, sale: object = None) -> None:
        """A new lot; what is owed is repaid from it."""
        self._repay([self._lot(amount, now, until, start, sale)])

    def _lot(self, amount: int, now: int, until: int | None, start: int = 0, sale: object = None) -> Lot:
        lot = {"no": len(self.lots), "original": amount, "left": amount, "start": start or now, "until": until,
               "sale": sale, "lapsed": 0, "used": 0, "graced": False}  # fmt: skip
        self.lots.append(lot)
        return lot

    def _repay(self, fresh: list[Lot]) -> None:
        for lot in sorted(fresh, key=_order):
            paid = min(self.owed, lot["left"])
            self.owed, lot["left"] = self.owed - paid, lot["left"] - paid

    def take(self, amount: int, now: int) -> list[list[Any]]:
        """Spend; from which lots how much."""
        taken = self._from([lot for lot in self._open(now) if lot["start"] <= now], amount)
        for lot, part in taken:
            lot["used"] += part
        return taken

    def _from(self, lots: list[Lot], amount: int) -> list[list[Any]]:
        taken = []
        for lot in lots:
            part = min(amount, lot["left"])
            if part:
                lot["left"] -= part
                amount -= part
                taken.append([lot, part])
        assert amount == 0, "more is spent than there is"
        return taken

    def put_back(self, spent: list[list[Any]], amount: int, now: int, grace_days: int) -> int:
        """Return part of a spend, the lot taken last first; what got a lot of grace."""
        touched, graced = [], 0
        for pair in sorted(spent, key=lambda pair: _order(pair[0]), reverse=True):
            lot, used = pair
            part = min(amount, used)
            if not part:
                continue
            pair[1], lot["used"] = used - part, lot["used"] - part
            amount -= part
            if _past(lot, now):
                touched.append(self._lot(part, now, end_of_day(now + grace_days * DAY), sale=lot["sale"]))
                graced, lot["graced"] = graced + part, True
            else:
                lot["left"] += part
                touched.append(lot)
        assert amount == 0, "more returns than was spent"
        self._repay(touched)
        return graced

    def claw(self, due: int, now: int, sale: Sale) -> int:
        """Take earned points back: their own lot, nothing for what expired of it, other lots, then as debt."""
        good = self._open(now)
        own = [lot for lot in good if lot["sale"] == sale["id"]]
        others = [lot for lot in good if lot["sale"] != sale["id"]]
        past = (lot for lot in self.lots if lot["sale"] == sale["id"] and _past(lot, now))
        gone = sum(lot["lapsed"] + lot["left"] for lot in past)
        from_own = min(due, sum(lot["left"] for lot in own))
        excused = min(due - from_own, gone - sale["excused"])
        sale["excused"] += excused
        rest = due - from_own - excused
        from_others = min(rest, sum(lot["left"] for lot in others))
        self._from(own, from_own)
        self._from(others, from_others)
        self.owed += rest - from_others
        return due - excused

    def sweep(self, now: int) -> int:
        """Write off what has expired."""
        gone = 0
        for lot in self.lots:
            if lot["left"] and _past(lot, now):
                gone += lot["left"]
                lot["lapsed"], lot["left"] = lot["lapsed"] + lot["left"], 0
        return gone

    def of(self, sale_id: int) -> Lot:
        """The lot a sale made; an empty one if it made none."""
        return next((lot for lot in self.lots if lot["sale"] == sale_id), {"left": 0, "used": 0, "graced": False})

    def drop(self, sale_id: int, now: int) -> None:
        """Take all that is left of a sale's lot, unless it has expired."""
        lot = self.of(sale_id)
        if lot["left"] and not _past(lot, now):
            lot["left"] = 0

    def shown(self) -> list[tuple[int, int, int | None]]:
        """Every lot ever, as (original, left, expiry), in the order they were made."""
        return [(lot["original"], lot["left"], lot["until"]) for lot in self.lots]


def _past(lot: Lot, now: int) -> bool:
    return lot["until"] is not None and lot["until"] <= now


def _order(lot: Lot) -> tuple[bool, int, int, int]:
    return lot["until"] is None, lot["until"] or 0, lot["start"], lot["no"]


def wallet_split(cents: int, principal: int, bonus: int, order: str) -> tuple[int, int]:
    """How stored value pays: from principal and from bonus."""
    if order == "proportional":
        part = split(cents, [principal, bonus])
        return part[0], part[1]
    if order == "bonus_first":
        return cents - min(cents, bonus), min(cents, bonus)
    return min(cents, principal), cents - min(cents, principal)


# --- a sale --------------------------------------------------------------------------------------


def priced(lines: list[Line], points: int, rules: dict[str, Any]) -> int:
    """Fill in points as money, tax, rounding and what is to pay; the total.

    A line comes with amount, reductions (`offs`), money_only and tax_bp.
    """
    cents = points * 100 // rules["points_per_unit"]
    used = math.ceil(Fraction(cents * rules["points_per_unit"], 100))
    left = [line["amount"] - sum(line["offs"]) for line in lines]
    weights = [0 if line["money_only"] else amount for line, amount in zip(lines, left, strict=True)]
    for line, money, number in zip(lines, split(cents, weights), split(used, weights), strict=True):
        line["redeemed_cents"], line["redeemed"] = (money, number) if used else (0, 0)
    left = [amount - line["redeemed_cents"] for amount, line in zip(left, lines, strict=True)]
    added = taxes(lines, left, exclusive=True) if rules["tax_mode"] == "exclusive" else [0] * len(lines)
    due = [amount + extra for amount, extra in zip(left, added, strict=True)]
    weights = [0 if line["money_only"] else amount for line, amount in zip(lines, due, strict=True)]
    off = min(sum(due) % rules["rounding_cents"], sum(weights)) if rules["rounding_cents"] else 0
    for line, amount, part, extra in zip(lines, due, split(off, weights), added, strict=True):
        line["offs"] = [*line["offs"], part] if part and off else line["offs"]
        line["net"], line["added"] = amount - (part if off else 0), extra
    contained = taxes(lines, [line["net"] for line in lines], exclusive=False)
    for line, extra, inside in zip(lines, added, contained, strict=True):
        line["tax"] = {"none": 0, "exclusive": extra, "inclusive": inside}[rules["tax_mode"]]
    return sum(line["net"] for line in lines)


def taxes(lines: list[Line], amounts: list[int], *, exclusive: bool) -> list[int]:
    """The tax of each line: rounded once a rate, shared over its lines."""
    rates = [0 if line["money_only"] else line["tax_bp"] for line in lines]
    found = [0] * len(lines)
    for rate in set(rates) - {0}:
        at = [i for i, one in enumerate(rates) if one == rate]
        base = sum(amounts[i] for i in at)
        whole = half_up(Fraction(base * rate, 10_000 if exclusive else 10_000 + rate))
        for i, part in zip(at, split(whole, [amounts[i] for i in at]), strict=True):
            found[i] = part
    return found


def earned(lines: list[Line], bonus: int, multiplier_bp: int, rules: dict[str, Any]) -> list[int]:
    """Points of each line: bonus earns nothing and covers what does not earn first; floored once a sale."""
    earning = [max(line["net"] - line["added"], 0) if line["earns"] else 0 for line in lines]
    idle = sum(line["net"] for line in lines if not line["money_only"]) - sum(earning)
    by_bonus = split(min(max(bonus - idle, 0), sum(earning)), earning)
    by_bonus = by_bonus if any(earning) else [0] * len(lines)
    worth = sum((cents - part) * line["boost_bp"] for cents, part, line in zip(earning, by_bonus, lines, strict=True))
    whole = math.floor(Fraction(worth * multiplier_bp, rules["cents_per_point"] * 10_000 * 10_000))
    weights = [cents * line["boost_bp"] for cents, line in zip(earning, lines, strict=True)]
    parts = split(whole, weights) if any(weights) else [0] * len(lines)
    each = [0 if line["money_only"] else line["points_each"] * line["quantity"] // 1000 for line in lines]
    return [part + fixed for part, fixed in zip(parts, each, strict=True)]


# --- refunds -------------------------------------------------------------------------------------


def planned(sale: Sale, back: list[tuple[int, int]], *, undo: bool = False) -> dict[str, Any]:
    """What returning so much of some lines pays and moves, by the figures of the sale alone."""
    parts, bounded = [], False
    for at, quantity in back:
        line = sale["lines"][at]
        before, after, whole = line["back"], line["back"] + quantity, line["quantity"]
        cost = upto(line["amount"], after, whole) + upto(line["added"], after, whole)
        cost -= sum(upto(off, after, whole) for off in (*line["offs"], line["redeemed_cents"]))
        bounded = bounded or not line["back_cents"] <= cost <= line["net"]
        cents = max(min(max(cost, 0), line["net"]) - line["back_cents"], 0)
        returned, due, tax = (
            upto(line[key], after, whole) - upto(line[key], before, whole) for key in ("redeemed", "earned", "tax")
        )
        parts.append({"at": at, "quantity": quantity, "cents": cents, "returned": returned, "due": due, "tax": tax})
    total = sum(part["cents"] for part in parts)
    left = [one["cents"] - one["back"] for one in sale["tenders"]]
    if not undo:
        kept = sum(line["amount"] for line in sale["lines"] if line["money_only"] and not line["back"])
        money = [0 if one["kind"] in STORED else cents for one, cents in zip(sale["tenders"], left, strict=True)]
        left = [cents - held for cents, held in zip(left, split(kept, money), strict=True)] if kept else left
    return {"parts": parts, "total": total, "tenders": split(total, left), "bounded": bounded}


def write_back(sale: Sale, plan: dict[str, Any]) -> None:
    """Note on the sale what came back of it."""
    for part in plan["parts"]:
        line = sale["lines"][part["at"]]
        line["back"] += part["quantity"]
        line["back_cents"] += part["cents"]
        line["back_tax"] += part["tax"]
        line["back_points"] += part["returned"]
        line["back_due"] += part["due"]
    for one, cents in zip(sale["tenders"], plan["tenders"], strict=True):
        one["back"] += cents


def whole(sale: Sale) -> bool:
    """Whether everything has come back."""
    return all(line["back"] == line["quantity"] for line in sale["lines"])


def uneven(sale: Sale) -> list[str]:
    """Where a sale that came back wholly does not add up; empty when it does."""
    found = []
    for at, line in enumerate(sale["lines"]):
        pairs = (("back_cents", "net"), ("back_tax", "tax"), ("back_points", "redeemed"), ("back_due", "earned"))
        found += [f"line {at}: {a} {line[a]} of {line[b]}" for a, b in pairs if line[a] != line[b]]
    found += [f"tender {one}" for one in sale["tenders"] if one["back"] != one["cents"]]
    return found
