"""Past sales move in: rows of one receipt become one sale; members are found by phone or card."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from core.base import clock, db, text
from core.base.i18n import T, say
from core.keeping.movein import cells, days, doubles, fields
from core.keeping.movein.faults import Fault, Wrong, shown
from core.keeping.movein.mapping import Mapping as Columns
from core.keeping.movein.reading import Table
from core.keeping.movein.sides import Double, Found, Item, Place, Progress, Side, is_empty
from core.selling import history
from core.selling.history import PastLine, PastSale

STEP = 1_000
NO_DAY = Wrong(T("There is no day."), T("Give the day of the sale."))
NO_AMOUNT = Wrong(T("There is no amount."), T("Give what was paid, 0 if nothing."))
RETURNED = Wrong(
    T("This is a return."), T("Leave it and what it takes back out; their sum is what counts for a member.")
)
STRANGER = Wrong(T("No member has this number."), T("Bring members in first, or empty the cell."))
TWO_BUYERS = Wrong(T("Rows of one receipt name different members."), T("Correct them."))
BESIDE = Wrong(T("Another row of this receipt has a fault."), T("Correct that one; a receipt comes whole or not."))


@dataclass(frozen=True)
class _Line:
    """One row, read."""

    row: int
    store_id: int
    member_id: int | None
    at: int
    day: date
    receipt: str
    line: PastLine


def look(table: Table, columns: Columns, place: Place, progress: Progress) -> Found:
    """Read every row and put the rows of one receipt together."""
    found, reader = Found(), _Reader(table, columns, place)
    groups: dict[tuple[object, ...], list[_Line | int]] = {}
    for at, (number, row) in enumerate(table.rows, 1):
        read = reader.read(number, row)
        if isinstance(read, list):
            found.faults += read
        key = reader.key(number, row, read)
        groups.setdefault(key, []).append(number if isinstance(read, list) else read)
        if at % STEP == 0 or at == len(table.rows):
            progress(at, len(table.rows))
    sales = [_sale(group, found, columns) for group in groups.values()]
    _tell_known([one for one in sales if one is not None], found)
    found.items.sort(key=lambda item: item.rows)
    found.faults.sort(key=lambda one: one.row)
    return found


def _sale(group: Sequence[_Line | int], found: Found, columns: Columns) -> Item | None:
    """The sale of a receipt's rows; None if one of them has a fault."""
    lines = [one for one in group if isinstance(one, _Line)]
    bad = BESIDE if len(lines) < len(group) else None
    if bad is None and len({one.member_id for one in lines}) > 1:
        bad = TWO_BUYERS
    if bad is not None:
        at = columns.place("receipt")
        header = columns.headers[at] if at is not None else say(fields.LABELS["sales"]["receipt"])
        found.faults += [Fault(one.row, header, one.receipt, bad.reason, bad.step) for one in lines]
        numbers = [one.row if isinstance(one, _Line) else one for one in group]
        found.items += [Item((number,), "faulty") for number in numbers]
        return None
    first = lines[0]
    past = PastSale(
        first.store_id, first.member_id, clock.Millis(first.at), first.receipt, tuple(one.line for one in lines)
    )
    return Item(tuple(one.row for one in lines), "new", past)


def _tell_known(sales: Sequence[Item], found: Found) -> None:
    there_ = there([item.value for item in sales])
    for at, item in enumerate(sales):
        if at in there_:
            found.doubles += [Double(row, None, "receipt", item.value.receipt) for row in item.rows]
        found.items.append(Item(item.rows, "there" if at in there_ else "new", item.value))


class _Reader:
    """Reads rows; members and products are looked up once for the whole file."""

    def __init__(self, table: Table, columns: Columns, place: Place) -> None:
        self.columns, self.place = columns, place
        wanted: list[tuple[str, str]] = []
        for name, kind in (("phone", "phone"), ("card", "old_card")):
            at = columns.place(name)
            if at is not None:
                values = {self._proof(kind, row[at]) for _, row in table.rows if not is_empty(row[at])}
                wanted += [(kind, value) for value in values if isinstance(value, str)]
        self.members = doubles.taken(sorted(wanted))
        cards = [value for kind, value in wanted if kind == "old_card"]
        self.members |= {("old_card", value): id for (_, value), id in _by_own_card(cards).items()}
        self.products = _products()
        self.seen: dict[tuple[str, object], object] = {}

    def _proof(self, kind: str, cell: object) -> str | Wrong:
        if kind == "phone":
            found = cells.phone(cell, self.place.region)
            return found if isinstance(found, Wrong) else found[0]
        found_card = cells.card(cell)
        return cells.plain(cell) if found_card is cells.OWN_CODE else found_card

    def key(self, number: int, row: Sequence[Any], read: "_Line | list[Fault]") -> tuple[object, ...]:
        """What rows of one receipt share; a row without a number stands alone."""
        at = self.columns.place("receipt")
        if at is None or is_empty(row[at]):
            return (number,)
        receipt = cells.plain(row[at])
        if isinstance(read, _Line):
            return receipt, read.store_id, read.day
        day_at, store_at = self.columns.place("day"), self.columns.place("store")
        found = days.day(row[day_at], self.columns.day_order) if day_at is not None else None
        store = cells.known(row[store_at], self.place.stores) if store_at is not None else self.place.store_id
        return receipt, self.place.store_id if isinstance(store, Wrong) else store, found

    def read(self, number: int, row: Sequence[Any]) -> "_Line | list[Fault]":
        """A row read, or all that is wrong with it."""
        found: dict[str, Any] = {}
        wrong: list[Fault] = []
        for at, name in self.columns.columns.items():
            if is_empty(row[at]):
                continue
            value = self._cell(name, row[at])
            if isinstance(value, Wrong):
                given = shown(name, cells.plain(row[at]))
                wrong.append(Fault(number, self.columns.headers[at], given, value.reason, value.step))
            found[name] = value
        for name, missing in (("day", NO_DAY), ("amount", NO_AMOUNT)):
            at_ = self.columns.place(name)
            if name not in found and at_ is not None:
                wrong.append(Fault(number, self.columns.headers[at_], "", missing.reason, missing.step))
        return wrong or self._line(number, row, found)

    def _line(self, number: int, row: Sequence[Any], found: Mapping[str, Any]) -> _Line:
        get = found.get
        store_id, sku, name = get("store", self.place.store_id), get("sku", ""), get("product", "")
        product_id = self.products.get(sku) or self.products.get(text.folded(name))
        said = name or sku or history.NAMES.get(self.place.language, history.NAMES["en"])
        day_at = self.columns.place("day")
        hour, minute = days.time_of(row[day_at]) if day_at is not None else (12, 0)
        at = min(clock.at_time(found["day"], hour, minute, self.place.zone), self.place.now)
        member_id = get("phone") or get("card")
        line = PastLine(product_id, said[:80], get("quantity", 1000), found["amount"])
        return _Line(number, store_id, member_id, at, found["day"], get("receipt", ""), line)

    def _cell(self, name: str, cell: object) -> object:
        key = name, cell
        if key not in self.seen:
            self.seen[key] = self._fresh(name, cell)
        return self.seen[key]

    def _fresh(self, name: str, cell: object) -> object:
        if name in ("phone", "card"):
            kind = "phone" if name == "phone" else "old_card"
            proof = self._proof(kind, cell)
            return proof if isinstance(proof, Wrong) else self.members.get((kind, proof), STRANGER)
        if name == "day":
            return days.past(cell, self.place.today, self.columns.day_order)
        if name == "amount":
            amount = cells.money(cell)
            return RETURNED if amount is cells.NEGATIVE else amount
        if name == "quantity":
            return cells.quantity(cell)
        if name == "store":
            return cells.known(cell, self.place.stores)
        return cells.words(cells.plain(cell), 80)


def _by_own_card(cards: Sequence[str]) -> dict[tuple[str, str], int]:
    """Members by the number of a card of this program."""
    found: dict[tuple[str, str], int] = {}
    for start in range(0, len(cards), doubles.MARKS):
        part = cards[start : start + doubles.MARKS]
        marks = ", ".join("?" * len(part))
        sql = f"SELECT value, member_id FROM credential WHERE kind = 'card' AND state = 'active' AND value IN ({marks})"
        found |= {("card", value): member_id for value, member_id in db.rows(sql, tuple(part))}
    return found


def _products() -> dict[str, int]:
    """Products by number, barcode and name; a number counts more than a name."""
    found: dict[str, int] = {}
    rows = db.rows("SELECT id, sku, barcode, name FROM product ORDER BY active DESC, id")
    for id, _sku, _barcode, name in rows:
        found.setdefault(text.folded(name), id)
    for id, sku, barcode, _name in rows:
        found |= {sku: id} | ({barcode: id} if barcode else {})
    return found


def there(values: Sequence[PastSale]) -> set[int]:
    """The places of receipts that are there already."""
    named = [(at, one, history.business_day(one)) for at, one in enumerate(values) if one.receipt]
    if not named:
        return set()
    known = history.known(min(day for _, _, day in named), max(day for _, _, day in named))
    return {at for at, one, day in named if (one.store_id, day.toordinal(), one.receipt) in known}


def amounts(one: PastSale) -> dict[str, int]:
    """What one past sale brings."""
    return {"sales": 1, "total_cents": one.total_cents}


def held(batch_id: int) -> dict[str, int]:
    """What the shop holds from an import: sales, and what their lines and tenders say was paid."""
    sales = "(SELECT DISTINCT entity_id AS id FROM import_row WHERE batch_id = ? AND outcome = 'new') r"
    sql = (
        f"SELECT count(*), coalesce(CAST(sum(t.cents) AS BIGINT), 0) FROM {sales} JOIN sale s ON s.id = r.id"
        " LEFT JOIN tender t ON t.sale_id = s.id"
    )
    count, total = db.rows(sql, (batch_id,))[0]
    return {"sales": int(count), "total_cents": int(total)}


def used(batch_id: int, sale_ids: Sequence[int]) -> Mapping[int, str]:
    """Of past sales an import brought, those that were refunded or claimed since; by number and day."""
    sql = (
        "SELECT id, day, receipt_no FROM sale"
        f" WHERE id IN ({', '.join('?' * len(sale_ids))}) AND (refunds > 0 OR claimed_at IS NOT NULL)"
    )
    return {id: text.number_shown(day, number) for id, day, number in db.rows(sql, tuple(sale_ids))}


SIDE = Side(look, there, history.write_many, amounts, held, used, history.take_back)
