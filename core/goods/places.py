"""Places 货位: on which shelf of a store a product lies, and how much of it there should be at least."""

from dataclasses import dataclass

from core.base import clock, db, text
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.money import quantity_shown
from core.books import alerts, audit, rules
from core.goods import barcodes, batches, stock
from core.goods.stock import QuantityInvalid


@dataclass(frozen=True)
class Place:
    """Where a product lies in a store, and from what quantity on it runs low; 0 never."""

    shelf: str = ""
    least_milli: int = 0


@dataclass(frozen=True)
class Low:
    """A product of which a store has less than it should."""

    store_id: int
    store: str
    product_id: int
    product: str
    weighed: bool
    on_hand_milli: int
    least_milli: int
    on_the_way_milli: int


def of(store_id: int, product_id: int) -> Place:
    """Where a product lies in a store."""
    found = db.one("SELECT shelf, least_milli FROM stock_place WHERE store_id = ? AND product_id = ?",
                   (store_id, product_id))  # fmt: skip
    return Place(*found) if found else Place()


@db.atomic
def put(store_id: int, product_id: int, place: Place, *, by: Actor, now: Millis) -> None:
    """Say where a product lies in a store and how much there should be.

    Raises: NotAllowed, ProductUnknown, NotCounted, QuantityInvalid.
    """
    require(by, "goods", store_id=store_id)
    stock.counted(product_id)
    if place.least_milli < 0:
        raise QuantityInvalid(field="least", given=quantity_shown(place.least_milli))
    was, shelf = of(store_id, product_id), text.clean(place.shelf)[:40]
    db.run(
        "INSERT INTO stock_place (store_id, product_id, shelf, least_milli) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (store_id, product_id) DO UPDATE SET shelf = excluded.shelf, least_milli = excluded.least_milli",
        (store_id, product_id, shelf, place.least_milli),
    )
    before = {"shelf": was.shelf, "least_milli": was.least_milli}
    after = {"shelf": shelf, "least_milli": place.least_milli}
    audit.record("stock.placed", "product", product_id, by=by, now=now, store_id=store_id, before=before, after=after)


@db.atomic
def arrange(
    store_id: int, product_id: int, place: Place, *, batched: bool, others: list[str], by: Actor, now: Millis
) -> None:
    """Say at once where a product lies, whether it is kept by batches, and which other barcodes it has.

    Raises: NotAllowed, ProductUnknown, NotCounted, QuantityInvalid, BarcodeInvalid, ProductTaken.
    """
    if others != barcodes.others(product_id):
        barcodes.set_others(product_id, others, by=by, now=now)
    put(store_id, product_id, place, by=by, now=now)
    batches.track(product_id, batched, by=by, now=now)


def shelves(store_id: int) -> list[str]:
    """The shelves of a store by name."""
    sql = "SELECT DISTINCT shelf FROM stock_place WHERE store_id = ? AND shelf <> '' ORDER BY shelf"
    return [shelf for (shelf,) in db.rows(sql, (store_id,))]


_LOW = (
    " FROM stock_place f JOIN product p ON p.id = f.product_id AND p.active = 1 AND p.stocked = 1"
    " JOIN store s ON s.id = f.store_id AND s.closed_at IS NULL"
    " LEFT JOIN stock k ON k.store_id = f.store_id AND k.product_id = f.product_id"
    " WHERE f.least_milli > 0 AND coalesce(k.quantity_milli, 0) < f.least_milli"
)


def _within(by: Actor) -> tuple[str, list[int]]:
    stores = sorted(by.stores)
    return (f" AND f.store_id IN ({', '.join('?' * len(stores))})" if stores else ""), stores


def low(*, by: Actor, limit: int = 500) -> list[Low]:
    """What runs low in the asker's stores, with what is on its way there. Raises: NotAllowed."""
    require(by, "goods")
    test, stores = _within(by)
    coming = (
        "(SELECT coalesce(CAST(sum(l.sent_milli) AS BIGINT), 0) FROM stock_transfer t JOIN stock_transfer_line l"
        " ON l.transfer_id = t.id AND l.product_id = p.id WHERE t.state = 'sent' AND t.to_store_id = s.id)"
    )
    sql = (
        f"SELECT s.id, s.name, p.id, p.name, p.weighed, coalesce(k.quantity_milli, 0), f.least_milli, {coming}"
        f"{_LOW}{test} ORDER BY s.name, s.id, p.name, p.id LIMIT ?"
    )
    found = db.rows(sql, (*stores, limit))
    return [Low(row[0], row[1], row[2], row[3], bool(row[4]), row[5], row[6], row[7]) for row in found]


def count_low(*, by: Actor) -> int:
    """How many products run low in the asker's stores."""
    test, stores = _within(by)
    return int(db.value(f"SELECT count(*){_LOW}{test}", stores))


def tell(*, by: Actor, now: Millis) -> str:
    """Tell staff once a day what runs low and what expires soon; what was found."""
    shop = rules.current(now=now)
    day = clock.day_of(now, shop.zone)
    few = count_low(by=by)
    sql = "SELECT count(*) FROM stock_batch WHERE quantity_milli > 0 AND expires_day > 0 AND expires_day <= ?"
    old = int(db.value(sql, (day.toordinal() + shop.expiry_days,)))
    if few or old:
        _note(str(day), few, old, now)
    return f"{few} low, {old} expiring"


@db.atomic
def _note(day: str, few: int, old: int, now: Millis) -> None:
    alerts.note("stock", day, low=few, expiring=old, now=now)
