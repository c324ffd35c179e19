"""Products, service items and what else a till sells."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from core.base import db, ids, text
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Invalid, NotFound, Refused
from core.base.i18n import N_, T
from core.books import audit, revisions

Kind = Literal["goods", "service", "gift_card", "top_up", "pass", "plan"]
MONEY_ONLY = frozenset({"gift_card", "top_up", "pass", "plan"})
"""Bought with money only, never with bonus, points or coupons; earn nothing."""


@dataclass(frozen=True)
class Product:
    """One thing that is sold; the price is per piece, or per kilogram if weighed."""

    id: int
    sku: str
    barcode: str | None
    name: str
    kind: Kind
    category_id: int | None
    price_cents: int
    weighed: bool
    discountable: bool
    earns: bool
    points_each: int
    stocked: bool
    active: bool
    tax_bp: int = 0
    opens_at: Millis | None = None


@dataclass(frozen=True)
class OnShelf:
    """A product and what one store has of it, in thousandths; None for what is not counted."""

    product: Product
    on_hand_milli: int | None


class ProductUnknown(NotFound):
    """No product has this id, number or barcode."""

    code = "product_unknown"
    text = N_("There is no product “{what}”. Scan it again or type part of its name.")


class ProductInvalid(Invalid):
    """A product's data cannot be right."""

    code = "product_invalid"
    text = N_("{field}: “{given}” does not fit. {wanted}")


class ProductTaken(Refused):
    """Another product has this number or barcode."""

    code = "product_taken"
    text = N_("{field} “{given}” belongs to {other} already.")


_COLUMNS = (
    "id, sku, barcode, name, kind, category_id, price_cents, weighed, discountable, earns, points_each,"
    " stocked, active, tax_bp, opens_at"
)


def _none_yet() -> dict[int, Product]:
    return {}


_kept = revisions.Remembered("goods", _none_yet)
"""Products that were asked for, by id."""


def _product(row: db.Row) -> Product:
    values: list[Any] = list(row)
    for flag in (7, 8, 9, 11, 12):
        values[flag] = bool(values[flag])
    return Product(*values)


@db.atomic
def create(
    name: str,
    price_cents: int,
    *,
    by: Actor,
    now: Millis,
    kind: Kind = "goods",
    sku: str = "",
    barcode: str | None = None,
    category: str = "",
    weighed: bool = False,
    discountable: bool = True,
    earns: bool = True,
    points_each: int = 0,
    tax_bp: int = 0,
) -> int:
    """Add a product. Raises: NotAllowed, ProductInvalid, ProductTaken."""
    require(by, "goods")
    name = text.clean(name)
    if not name or len(name) > 80:
        raise ProductInvalid(field="name", given=name[:20], wanted=T("A name has 1 to 80 characters."))
    if not 0 <= price_cents < 10**9:
        raise ProductInvalid(field="price", given=str(price_cents), wanted=T("A price lies from 0.00 upwards."))
    if not 0 <= tax_bp <= 10_000:
        raise ProductInvalid(field="tax_bp", given=str(tax_bp), wanted=T("A rate of tax lies from 0 % to 100 %."))
    product_id = ids.new()
    sku = sku or str(product_id)
    _refuse_taken("sku", sku)
    if barcode:
        _refuse_taken("barcode", barcode)
    money_only = kind in MONEY_ONLY
    db.add(
        "product",
        id=product_id,
        sku=sku,
        barcode=barcode or None,
        name=name,
        search_keys=text.search_keys(name, (sku, barcode or "")),
        kind=kind,
        category_id=_category(category) if category else None,
        price_cents=price_cents,
        weighed=int(weighed),
        discountable=int(discountable and not money_only),
        earns=int(earns and not money_only),
        points_each=0 if money_only else points_each,
        stocked=int(kind == "goods"),
        active=1,
        tax_bp=0 if money_only else tax_bp,
    )
    revisions.bump("goods")
    after = {"name": name, "price_cents": price_cents}
    audit.record("product.created", "product", product_id, by=by, now=now, after=after)
    return product_id


def _refuse_taken(column: str, given: str) -> None:
    other = db.value(f"SELECT name FROM product WHERE {column} = ?", (given,))
    if other is not None:
        raise ProductTaken(field=column, given=given, other=other)


def _category(name: str) -> int:
    found = db.value("SELECT id FROM category WHERE name = ?", (name,))
    if found is None:
        found = ids.new()
        db.add("category", id=found, name=name)
    return int(found)


@db.atomic
def set_price(product_id: int, price_cents: int, *, by: Actor, now: Millis) -> None:
    """Change a price from now on. Raises: NotAllowed, ProductUnknown, ProductInvalid."""
    require(by, "goods")
    before = get(product_id)
    if not 0 <= price_cents < 10**9:
        raise ProductInvalid(field="price", given=str(price_cents), wanted=T("A price lies from 0.00 upwards."))
    db.run("UPDATE product SET price_cents = ? WHERE id = ?", (price_cents, product_id))
    revisions.bump("goods")
    audit.record(
        "product.price",
        "product",
        product_id,
        by=by,
        now=now,
        before={"price_cents": before.price_cents},
        after={"price_cents": price_cents},
    )


@db.atomic
def set_opening(product_id: int, opens_at: Millis | None, *, by: Actor, now: Millis) -> None:
    """Sell a product only from a moment on, or as usual; named tiers may buy it days before.

    Raises: NotAllowed, ProductUnknown.
    """
    require(by, "goods")
    before = get(product_id)
    db.run("UPDATE product SET opens_at = ? WHERE id = ?", (opens_at, product_id))
    revisions.bump("goods")
    was, will = {"opens_at": before.opens_at}, {"opens_at": opens_at}
    audit.record("product.opening", "product", product_id, by=by, now=now, before=was, after=will)


def get(product_id: int) -> Product:
    """One product. Raises: ProductUnknown."""
    row = db.one(f"SELECT {_COLUMNS} FROM product WHERE id = ?", (product_id,))
    if row is None:
        raise ProductUnknown(what=str(product_id))
    return _product(row)


def many(product_ids: Iterable[int]) -> dict[int, Product]:
    """Products by id, kept until something of the goods changes. Raises: ProductUnknown."""
    known, wanted = _kept(), set(product_ids)
    missing = sorted(wanted - known.keys())
    if missing:
        marks = ", ".join("?" * len(missing))
        for row in db.rows(f"SELECT {_COLUMNS} FROM product WHERE id IN ({marks})", missing):
            known[row[0]] = _product(row)
    for product_id in missing:
        if product_id not in known:
            raise ProductUnknown(what=str(product_id))
    return {product_id: known[product_id] for product_id in wanted}


def find(typed: str, *, limit: int = 20) -> list[Product]:
    """Active products by barcode, number, name, pinyin or initials; an exact code comes alone."""
    where, given = _matching(typed)
    sql = f"SELECT {_COLUMNS} FROM product WHERE active = 1 AND {where} ORDER BY name, id LIMIT ?"
    return [_product(row) for row in db.rows(sql, (*given, limit))]


def _matching(typed: str) -> tuple[str, tuple[object, ...]]:
    """The test for what was typed, and its values; an exact code excludes everything else."""
    code = (typed.strip(), typed.strip())
    if db.value("SELECT 1 FROM product WHERE (barcode = ? OR sku = ?) AND active = 1", code):
        return "(barcode = ? OR sku = ?)", code
    words = text.search_words(typed)
    if not words:
        return "1 = 0", ()
    tests = " AND ".join(["(' ' || search_keys) LIKE ? ESCAPE '!'"] * len(words))
    escaped = (word.replace("!", "!!").replace("%", "!%").replace("_", "!_") for word in words)
    return tests, tuple(f"% {word}%" for word in escaped)


def shelf(
    store_id: int, *, typed: str = "", after_name: str = "", after_id: int = 0, limit: int = 100
) -> list[OnShelf]:
    """Active products with what a store has of them, by name, a keyset page at a time.

    `typed` is searched for as in `find`; empty means all.
    """
    where, given = _matching(typed) if typed.strip() else ("1 = 1", ())
    sql = (
        f"SELECT {_COLUMNS}, t.quantity_milli FROM product"
        " LEFT JOIN stock t ON t.product_id = product.id AND t.store_id = ?"
        f" WHERE active = 1 AND {where} AND (name, id) > (?, ?) ORDER BY name, id LIMIT ?"
    )
    found = db.rows(sql, (store_id, *given, after_name, after_id, limit))
    products = [(_product(row[:15]), row[15] or 0) for row in found]
    return [OnShelf(product, milli if product.stocked else None) for product, milli in products]


def everything(*, after_name: str = "", after_id: int = 0, limit: int = 100) -> list[Product]:
    """All products by name, a keyset page at a time."""
    sql = f"SELECT {_COLUMNS} FROM product WHERE (name, id) > (?, ?) ORDER BY name, id LIMIT ?"
    return [_product(row) for row in db.rows(sql, (after_name, after_id, limit))]


def top_up_product() -> Product:
    """The product a top-up is sold as. Raises: ProductUnknown."""
    row = db.one(f"SELECT {_COLUMNS} FROM product WHERE kind = 'top_up' AND active = 1 ORDER BY id LIMIT 1")
    if row is None:
        raise ProductUnknown(what="top-up")
    return _product(row)
