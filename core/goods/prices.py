"""Prices of one store 门店价: for some days a product costs something else in a store, then its own price again."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from core.base import db, ids
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Invalid, NotFound
from core.base.i18n import N_, T
from core.books import audit, revisions
from core.goods import catalogue
from core.goods.catalogue import Product

MOST_CENTS = 10**9


@dataclass(frozen=True)
class StorePrice:
    """What a product costs in a store on these days, both included; `until` None is until it is ended."""

    id: int
    store_id: int
    product_id: int
    price_cents: int
    first: date
    until: date | None

    def holds(self, on: date) -> bool:
        """Whether it counts on a day."""
        return self.first <= on and (self.until is None or on <= self.until)


class StorePriceInvalid(Invalid):
    """A price of a store cannot be right."""

    code = "store_price_invalid"
    text = N_("This price cannot hold: {problem}.")


class StorePriceUnknown(NotFound):
    """No price of a store has this id, or it was ended."""

    code = "store_price_unknown"
    text = N_("There is no such price of a store. It may have been ended already.")


def _every() -> dict[int, list[StorePrice]]:
    """Prices by store, the newest last: of two that hold the newer counts."""
    found: dict[int, list[StorePrice]] = {}
    sql = "SELECT id, store_id, product_id, price_cents, from_day, until_day FROM store_price WHERE ended = 0"
    for row in db.rows(f"{sql} ORDER BY at, id"):
        until = date.fromordinal(row[5]) if row[5] else None
        one = StorePrice(row[0], row[1], row[2], row[3], date.fromordinal(row[4]), until)
        found.setdefault(one.store_id, []).append(one)
    return found


_kept = revisions.Remembered("goods", _every)


def in_store(products: Mapping[int, Product], store_id: int, on: date) -> Mapping[int, Product]:
    """The products with what they cost in a store on a day; the same mapping where nothing else holds."""
    of_store = _kept().get(store_id)
    if of_store is None:
        return products
    held = {one.product_id: one.price_cents for one in of_store if one.product_id in products and one.holds(on)}
    if not held:
        return products
    return {id: replace(one, price_cents=held.get(id, one.price_cents)) for id, one in products.items()}


def of(product_id: int) -> list[StorePrice]:
    """The prices of a product in all stores that were not ended, by their first day."""
    found = [one for many in _kept().values() for one in many if one.product_id == product_id]
    return sorted(found, key=lambda one: (one.first, one.store_id, one.id))


@db.atomic
def put(
    store_id: int, product_id: int, price_cents: int, *, first: date, until: date | None = None, by: Actor, now: Millis
) -> int:
    """Let a product cost something else in a store for some days; the price's id.

    Raises: NotAllowed, ProductUnknown, StorePriceInvalid.
    """
    require(by, "goods", store_id=store_id)
    catalogue.get(product_id)
    if not 0 <= price_cents < MOST_CENTS:
        raise StorePriceInvalid(field="price", problem=T("a price lies from 0.00 upwards"))
    if until is not None and until < first:
        raise StorePriceInvalid(field="until", problem=T("its last day is before its first"))
    if not db.value("SELECT 1 FROM store WHERE id = ?", (store_id,)):
        raise StorePriceInvalid(field="store", problem=T("there is no such store"))
    price_id = ids.new()
    db.add(
        "store_price", id=price_id, store_id=store_id, product_id=product_id, price_cents=price_cents,
        from_day=first.toordinal(), until_day=until.toordinal() if until else None, at=now, actor=by.tag,
    )  # fmt: skip
    revisions.bump("goods")
    after = {"price_cents": price_cents, "from": str(first), "until": str(until or "")}
    audit.record("product.store_price", "product", product_id, by=by, now=now, store_id=store_id, after=after)
    return price_id


@db.atomic
def end(price_id: int, *, by: Actor, now: Millis) -> None:
    """Let a product cost its own price again. Raises: StorePriceUnknown, NotAllowed."""
    found = db.one("SELECT store_id, product_id, price_cents FROM store_price WHERE id = ? AND ended = 0", (price_id,))
    if found is None:
        raise StorePriceUnknown()
    require(by, "goods", store_id=found[0])
    db.run("UPDATE store_price SET ended = 1 WHERE id = ?", (price_id,))
    revisions.bump("goods")
    before = {"price_cents": found[2]}
    audit.record("product.store_price", "product", found[1], by=by, now=now, store_id=found[0], before=before)
