"""Products move in: name, price, numbers, category and what is on the shelf."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.base import db, text
from core.base.i18n import T, say
from core.books.accounts import Cause
from core.goods import arriving, barcodes
from core.goods.arriving import NewProduct
from core.keeping.movein import cells, fields
from core.keeping.movein.faults import Fault, Wrong
from core.keeping.movein.mapping import STOCK
from core.keeping.movein.mapping import Mapping as Columns
from core.keeping.movein.reading import Table
from core.keeping.movein.sides import Double, Found, Item, Place, Progress, Side, is_empty

STEP, MOST_CENTS = 1_000, 10**9
KINDS = dict.fromkeys(("goods", "商品", "实物", "普通商品", "product", "普通"), "goods")
KINDS |= dict.fromkeys(("service", "服务", "项目", "服务项目", "服务商品"), "service")
NO_NAME = Wrong(T("A product's name has 1 to 80 characters."), T("Give it one."))
NO_PRICE = Wrong(T("There is no price."), T("Give one; 0 if it is free."))
DEAR = Wrong(T("This price is too high to be one."), T("Correct it."))
NO_KIND = Wrong(
    T("Only goods and services are brought in."), T("Passes, plans and gift cards are set up in the back-office.")
)
NO_SHELF = Wrong(T("Only goods have a stock."), T("Empty the cell, or say that it is goods."))
BAD_CODE = Wrong(
    T("The last digit of this barcode does not fit the others."),
    T("Scan it again from the product, or empty the cell."),
)
NO_STOCK = Wrong(T("A stock is 0 or more with at most three decimals."), T("Count it and correct it."))


def look(table: Table, columns: Columns, place: Place, progress: Progress) -> Found:
    """Read every row; a number or barcode that is there already stays outside."""
    found, first, names = Found(), dict[tuple[str, str], int](), dict[str, int]()
    taken = _taken()
    for at, (number, row) in enumerate(table.rows, 1):
        read = _read(number, row, columns, place)
        if isinstance(read, list):
            found.faults += read
            found.items.append(Item((number,), "faulty"))
        else:
            keys = _keys(read)
            before = next((key for key in keys if key in first), None)
            there = next((key for key in keys if key in taken), None)
            same = before or there
            if same is not None:
                found.doubles.append(Double(number, first.get(same), same[0], read.name))
            elif (like := names.setdefault(text.folded(read.name), number)) != number:
                found.doubles.append(Double(number, like, "near_name", read.name))
            for key in keys:
                first.setdefault(key, number)
            found.items.append(Item((number,), "double" if before else "there" if there else "new", read))
        if at % STEP == 0 or at == len(table.rows):
            progress(at, len(table.rows))
    return found


def _keys(one: NewProduct) -> list[tuple[str, str]]:
    """What a product is told by: its number and barcode, its name where it has neither."""
    keys = [(why, value) for why, value in (("number", one.sku), ("barcode", one.barcode)) if value]
    return keys or [("name", text.folded(one.name))]


def _taken() -> set[tuple[str, str]]:
    taken: set[tuple[str, str]] = set()
    for sku, barcode, name, active in db.rows("SELECT sku, barcode, name, active FROM product"):
        taken.add(("number", sku))
        if barcode:
            taken.add(("barcode", barcode))
        if active:
            taken.add(("name", text.folded(name)))
    return taken


def _read(number: int, row: Sequence[Any], columns: Columns, place: Place) -> NewProduct | list[Fault]:
    found: dict[str, Any] = {}
    wrong: list[Fault] = []

    def fault(at: int, given: str, one: Wrong) -> None:
        header = columns.headers[at] if at >= 0 else say(fields.LABELS["products"]["name"])
        wrong.append(Fault(number, header, given[:40], one.reason, one.step))

    for at, name in columns.columns.items():
        if is_empty(row[at]):
            continue
        value = _cell(name, row[at])
        if isinstance(value, Wrong):
            fault(at, cells.plain(row[at]), value)
        found[name] = value
    kind = found.get("kind", "goods")
    for name, missing in (("name", NO_NAME), ("price", NO_PRICE)):
        if name not in found:
            fault(columns.place(name) if columns.place(name) is not None else -1, "", missing)  # type: ignore[arg-type]
    for at, name in columns.columns.items():
        if _is_stock(name) and kind == "service" and isinstance(found.get(name), int) and found[name]:
            fault(at, cells.plain(row[at]), NO_SHELF)
    return wrong or _product(found, place)


def _is_stock(name: str) -> bool:
    return name == "stock" or name.startswith(STOCK)


def _product(found: Mapping[str, Any], place: Place) -> NewProduct:
    shelves = tuple(
        (int(name[len(STOCK) :]) if name.startswith(STOCK) else place.store_id, milli)
        for name, milli in found.items()
        if _is_stock(name) and milli
    )
    get = found.get
    return NewProduct(
        found["name"], found["price"], get("kind", "goods"), get("sku", ""), get("barcode", ""), get("category", ""),
        shelves, get("cost"),
    )  # fmt: skip


def _cell(name: str, cell: object) -> object:
    if name == "name":
        given = cells.words(cell, 80)
        return NO_NAME if isinstance(given, Wrong) or not given else given
    if name in ("price", "cost"):
        price = cells.money(cell)
        return DEAR if isinstance(price, int) and price >= MOST_CENTS else price
    if name == "kind":
        return KINDS.get(text.folded(cells.plain(cell)), NO_KIND)
    if _is_stock(name):
        milli = cells.quantity(cell, least=0)
        return NO_STOCK if isinstance(milli, Wrong) else milli
    given = cells.card(cell) if name in ("sku", "barcode") else cells.words(cell, 40)
    if name == "barcode" and isinstance(given, str) and not barcodes.may_be(given):
        return BAD_CODE
    return cells.words(cell, 40) if given is cells.NO_CARD or given is cells.OWN_CODE else given


def there(values: Sequence[NewProduct]) -> set[int]:
    """The places of products that were added meanwhile."""
    taken = _taken()
    return {at for at, one in enumerate(values) if any(key in taken for key in _keys(one))}


def write(values: Sequence[NewProduct], cause: Cause) -> list[int]:
    """Add the products."""
    return arriving.arrive(values, ref_id=cause.ref_id, by=cause.by, now=cause.now)


def amounts(one: NewProduct) -> dict[str, int]:
    """What one product brings."""
    return {"products": 1, "stock_milli": sum(milli for _, milli in one.stock)}


def held(batch_id: int) -> dict[str, int]:
    """What the shop holds from an import."""
    rows = "FROM import_row r JOIN {} ON {} WHERE r.batch_id = ? AND r.outcome = 'new'"
    moved = rows.format("stock_move m", "m.product_id = r.entity_id AND m.kind = 'in' AND m.ref_id = r.batch_id")
    return {
        "products": int(db.value(f"SELECT count(*) {rows.format('product p', 'p.id = r.entity_id')}", (batch_id,))),
        "stock_milli": int(db.value(f"SELECT coalesce(CAST(sum(m.quantity_milli) AS BIGINT), 0) {moved}", (batch_id,))),
    }


USES = (
    "SELECT product_id FROM sale_line WHERE product_id IN ({marks})",
    "SELECT product_id FROM stock_move WHERE product_id IN ({marks}) AND (kind <> 'in' OR ref_id <> {batch})",
    "SELECT entity_id FROM audit WHERE entity = 'product' AND entity_id IN ({marks}) AND action <> 'product.created'",
    "SELECT product_id FROM pass_service WHERE product_id IN ({marks})",
)


def used(batch_id: int, product_ids: Sequence[int]) -> Mapping[int, str]:
    """Of products an import brought, those that were sold, moved, changed or named in a pass since."""
    marks = ", ".join("?" * len(product_ids))
    found: set[int] = set()
    for sql in USES:
        found |= {id for (id,) in db.rows(sql.format(marks=marks, batch=int(batch_id)), tuple(product_ids))}
    named: dict[int, str] = dict(db.rows(f"SELECT id, name FROM product WHERE id IN ({marks})", tuple(product_ids)))
    return {id: named[id] for id in sorted(found)}


def take_back(product_ids: Sequence[int], cause: Cause) -> None:
    """Undo products nobody touched."""
    arriving.leave_again(product_ids, ref_id=cause.ref_id, by=cause.by, now=cause.now)


SIDE = Side(look, there, write, amounts, held, used, take_back)
