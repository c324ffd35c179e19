"""Products, service items and what else a till sells."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from core.base import db, ids, text
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Invalid, NotFound, Refused
from core.base.i18n import N_, T, Text
from core.books import audit, revisions

Kind = Literal["goods", "service", "gift_card", "top_up", "pass", "plan"]
MONEY_ONLY = frozenset({"gift_card", "top_up", "pass", "plan"})
"""Bought with money only, never with bonus, points or coupons; earn nothing."""
MOST_POINTS = 100_000


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
    cost_mills: int = 0
    """What a piece cost on average, in thousandths of a cent; 0 where nobody said."""


@dataclass(frozen=True)
class OnShelf:
    """A product and what one store has of it, in thousandths; None for what is not counted."""

    product: Product
    on_hand_milli: int | None


@dataclass(frozen=True)
class Terms:
    """What may be changed of a product; kind, and whether it is weighed, stay as they were made."""

    name: str
    price_cents: int
    sku: str = ""
    barcode: str = ""
    category: str = ""
    discountable: bool = True
    earns: bool = True
    points_each: int = 0
    tax_bp: int = 0


State = Literal["sold", "retired", "sold_out"]


@dataclass(frozen=True)
class Shown:
    """Which products a list shows: of one kind, of one category (0: of any), in one state."""

    kind: str = ""
    category_id: int = 0
    state: State = "sold"


EVERY = Shown()


class ProductUnknown(NotFound):
    """No product has this id, number or barcode."""

    code = "product_unknown"
    text = N_("There is no product “{what}”. Scan it again or type part of its name.")


class ProductInvalid(Invalid):
    """A product's data cannot be right."""

    code = "product_invalid"
    text = N_("{label}: “{given}” does not fit. {wanted}")


class ProductTaken(Refused):
    """Another product has this number or barcode."""

    code = "product_taken"
    text = N_("The {label} “{given}” belongs to {other} already.")


_COLUMNS = (
    "id, sku, barcode, name, kind, category_id, price_cents, weighed, discountable, earns, points_each,"
    " stocked, active, tax_bp, opens_at, cost_mills"
)


LABELS = {
    "name": T("name"), "price": T("price"), "tax_bp": T("rate of tax"), "points_each": T("points a piece"),
    "sku": T("item number"), "barcode": T("barcode"),
}  # fmt: skip


def _misfit(field: str, given: object, wanted: Text) -> ProductInvalid:
    return ProductInvalid(field=field, label=LABELS[field], given=str(given)[:20], wanted=wanted)


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
    product_id = ids.new()
    terms = _checked(
        Terms(
            name, price_cents, sku or str(product_id), barcode or "", category, discountable, earns, points_each, tax_bp
        ),
        kind,
    )
    _refuse_taken(terms)
    db.add(
        "product",
        id=product_id,
        kind=kind,
        weighed=int(weighed),
        stocked=int(kind == "goods"),
        active=1,
        **_columns(terms),
    )
    revisions.bump("goods")
    after = {"name": terms.name, "price_cents": price_cents}
    audit.record("product.created", "product", product_id, by=by, now=now, after=after)
    return product_id


def _checked(terms: Terms, kind: Kind) -> Terms:
    """Terms as they are stored: what is bought with money only is not reduced and earns nothing."""
    name, price_cents, tax_bp = text.clean(terms.name), terms.price_cents, terms.tax_bp
    if not name or len(name) > 80:
        raise _misfit("name", name, T("A name has 1 to 80 characters."))
    if not 0 <= price_cents < 10**9:
        raise _misfit("price", price_cents, T("A price lies from 0.00 upwards."))
    if not 0 <= tax_bp <= 10_000:
        raise _misfit("tax_bp", tax_bp, T("A rate of tax lies from 0 % to 100 %."))
    if not 0 <= terms.points_each <= MOST_POINTS:
        raise _misfit("points_each", terms.points_each, T("Points lie from 0 to {most}.", most=MOST_POINTS))
    sku, barcode, category = (text.clean(given) for given in (terms.sku, terms.barcode, terms.category))
    found = replace(terms, name=name, sku=sku, barcode=barcode, category=category)
    return replace(found, discountable=False, earns=False, points_each=0, tax_bp=0) if kind in MONEY_ONLY else found


def _columns(terms: Terms) -> dict[str, object]:
    return {
        "sku": terms.sku,
        "barcode": terms.barcode or None,
        "name": terms.name,
        "search_keys": text.search_keys(terms.name, (terms.sku, terms.barcode)),
        "category_id": _category(terms.category) if terms.category else None,
        "price_cents": terms.price_cents,
        "discountable": int(terms.discountable),
        "earns": int(terms.earns),
        "points_each": terms.points_each,
        "tax_bp": terms.tax_bp,
    }


def _refuse_taken(terms: Terms, product_id: int = 0) -> None:
    """Raise if another product has the number or the barcode; a retired one keeps its own. Raises: ProductTaken."""
    for column, given in (("sku", terms.sku), ("barcode", terms.barcode)):
        sql = f"SELECT name FROM product WHERE {column} = ? AND id <> ?"
        if given and (other := db.value(sql, (given, product_id))) is not None:
            raise ProductTaken(field=column, label=LABELS[column], given=given, other=other)
        sql = "SELECT p.name FROM other_barcode b JOIN product p ON p.id = b.product_id WHERE b.barcode = ?"
        if given and (other := db.value(f"{sql} AND b.product_id <> ?", (given, product_id))) is not None:
            raise ProductTaken(field=column, label=LABELS[column], given=given, other=other)


def _category(name: str) -> int:
    found = db.value("SELECT id FROM category WHERE name = ?", (name,))
    if found is None:
        found = ids.new()
        db.add("category", id=found, name=name)
    return int(found)


@db.atomic
def change(product_id: int, terms: Terms, *, by: Actor, now: Millis) -> None:
    """Change a product from now on; receipts keep what was sold as it was.

    Raises: NotAllowed, ProductUnknown, ProductInvalid, ProductTaken.
    """
    require(by, "goods")
    product = get(product_id)
    was, will = terms_of(product), _checked(replace(terms, sku=terms.sku or product.sku), product.kind)
    _refuse_taken(will, product_id)
    columns = _columns(will)
    sets = ", ".join(f"{column} = ?" for column in columns)
    db.run(f"UPDATE product SET {sets} WHERE id = ?", (*columns.values(), product_id))
    revisions.bump("goods")
    before = {name: value for name, value in asdict(was).items() if value != getattr(will, name)}
    after = {name: getattr(will, name) for name in before}
    audit.record("product.changed", "product", product_id, by=by, now=now, before=before, after=after)


def terms_of(product: Product) -> Terms:
    """What may be changed of a product, as it is now."""
    category = db.value("SELECT name FROM category WHERE id = ?", (product.category_id,)) if product.category_id else ""
    return Terms(
        product.name, product.price_cents, product.sku, product.barcode or "", category, product.discountable,
        product.earns, product.points_each, product.tax_bp,
    )  # fmt: skip


@db.atomic
def retire(product_id: int, *, by: Actor, now: Millis) -> None:
    """Sell a product no more; receipts, returns and its stock stay. Raises: NotAllowed, ProductUnknown."""
    _set_active(product_id, 0, "product.retired", by, now)


@db.atomic
def restore(product_id: int, *, by: Actor, now: Millis) -> None:
    """Sell a retired product again. Raises: NotAllowed, ProductUnknown."""
    _set_active(product_id, 1, "product.restored", by, now)


def _set_active(product_id: int, active: int, action: str, by: Actor, now: Millis) -> None:
    require(by, "goods")
    name = get(product_id).name
    if db.change("UPDATE product SET active = ? WHERE id = ? AND active <> ?", (active, product_id, active)):
        revisions.bump("goods")
        audit.record(action, "product", product_id, by=by, now=now, after={"name": name})


@db.atomic
def set_price(product_id: int, price_cents: int, *, by: Actor, now: Millis) -> None:
    """Change a price from now on. Raises: NotAllowed, ProductUnknown, ProductInvalid."""
    require(by, "goods")
    before = get(product_id)
    if not 0 <= price_cents < 10**9:
        raise _misfit("price", price_cents, T("A price lies from 0.00 upwards."))
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


def _matching(typed: str, *, active: bool = True) -> tuple[str, tuple[object, ...]]:
    """The test for what was typed, and its values; an exact code excludes everything else."""
    code = (typed.strip(), typed.strip())
    if db.value(f"SELECT 1 FROM product WHERE (barcode = ? OR sku = ?) AND active = {int(active)}", code):
        return "(barcode = ? OR sku = ?)", code
    if typed and (other := db.value("SELECT product_id FROM other_barcode WHERE barcode = ?", code[:1])) is not None:
        return "id = ?", (other,)
    words = text.search_words(typed)
    if not words:
        return "1 = 0", ()
    tests = " AND ".join(["(' ' || search_keys) LIKE ? ESCAPE '!'"] * len(words))
    escaped = (word.replace("!", "!!").replace("%", "!%").replace("_", "!_") for word in words)
    return tests, tuple(f"% {word}%" for word in escaped)


def shelf(
    store_id: int,
    shown: Shown = EVERY,
    *,
    typed: str = "",
    after_name: str = "",
    after_id: int = 0,
    limit: int = 100,
) -> list[OnShelf]:
    """Products with what a store has of them, by name, a keyset page at a time; those that are sold unless asked.

    `typed` is searched for as in `find`; empty means all.
    """
    active = shown.state != "retired"
    where, given = _matching(typed, active=active) if typed.strip() else ("1 = 1", ())
    tests = {"kind = ?": shown.kind, "category_id = ?": shown.category_id}
    wanted = {test: value for test, value in tests.items() if value}
    if shown.state == "sold_out":
        where += " AND stocked = 1 AND coalesce(t.quantity_milli, 0) <= 0"
    sql = (
        f"SELECT {_COLUMNS}, t.quantity_milli FROM product"
        " LEFT JOIN stock t ON t.product_id = product.id AND t.store_id = ?"
        f" WHERE {' AND '.join(['active = ?', where, *wanted])} AND (name, id) > (?, ?) ORDER BY name, id LIMIT ?"
    )
    found = db.rows(sql, (store_id, int(active), *given, *wanted.values(), after_name, after_id, limit))
    products = [(_product(row[:16]), row[16] or 0) for row in found]
    return [OnShelf(product, milli if product.stocked else None) for product, milli in products]


def categories() -> list[tuple[int, str]]:
    """Categories by name: id and name."""
    return [(id, name) for id, name in db.rows("SELECT id, name FROM category ORDER BY name, id")]


def services() -> list[Product]:
    """Service items that are sold, by name: what a pass can be for."""
    sql = f"SELECT {_COLUMNS} FROM product WHERE kind = 'service' AND active = 1 ORDER BY name, id"
    return [_product(row) for row in db.rows(sql)]


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
