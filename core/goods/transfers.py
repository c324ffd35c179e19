"""Transfers 调拨: goods on their way between stores; nothing is lost, what did not arrive is written down."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.base import db, ids, text
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Invalid, NotFound, Refused
from core.base.i18n import N_, T
from core.base.money import quantity_shown
from core.books import audit, requests
from core.goods import batches, stock
from core.goods.batches import NONE, Batch, Move
from core.goods.stock import QuantityInvalid, StockShort

MOST_LINES = 500


@dataclass(frozen=True)
class Line:
    """One product of a transfer; `arrived_milli` is None while it is on its way."""

    product_id: int
    product: str
    weighed: bool
    sent_milli: int
    arrived_milli: int | None

    @property
    def missing_milli(self) -> int:
        """What did not arrive; below 0 if more did."""
        return 0 if self.arrived_milli is None else self.sent_milli - self.arrived_milli


@dataclass(frozen=True)
class Transfer:
    """Goods sent from a store to another; `state` is sent, arrived or called_back."""

    id: int
    from_store_id: int
    from_store: str
    to_store_id: int
    to_store: str
    state: str
    note: str
    sent_at: Millis
    ended_at: Millis | None
    products: int
    missing: int


class TransferUnknown(NotFound):
    """No transfer has this id."""

    code = "transfer_unknown"
    text = N_("There is no transfer {what}. F9, m leads to them.")


class TransferInvalid(Invalid):
    """Goods cannot be sent like this."""

    code = "transfer_invalid"
    text = N_("These goods cannot be sent: {problem}.")


class TransferOver(Refused):
    """The goods arrived or were called back already."""

    code = "transfer_over"
    text = N_("This transfer has ended already. Count the goods if a figure is wrong.")


@db.atomic
def send(
    from_store_id: int, to_store_id: int, goods: Sequence[tuple[int, int]], *, note: str = "", by: Actor, now: Millis,
    key: str | None = None,
) -> int:  # fmt: skip
    """Take goods out of a store for another; the transfer's id. The same key sends once.

    Raises: NotAllowed, TransferInvalid, QuantityInvalid, ProductUnknown, NotCounted, StockShort, KeyReused.
    """
    require(by, "goods", store_id=from_store_id)
    asked = [from_store_id, to_store_id, [list(one) for one in goods]]
    do = lambda: _send((from_store_id, to_store_id), goods, text.clean(note)[:200], by, now)  # noqa: E731
    return requests.once(key, do, scope=f"{by.tag}/transfer", request=asked, now=now)


def _send(way: tuple[int, int], goods: Sequence[tuple[int, int]], note: str, by: Actor, now: Millis) -> int:
    _check(way, goods)
    from_store_id, to_store_id = way
    for product_id, milli in sorted(goods):
        product, there = stock.counted(product_id), stock.held(from_store_id, product_id)
        if milli <= 0 or (milli % 1000 and not product.weighed):
            raise QuantityInvalid(field="quantity", given=quantity_shown(milli))
        if milli > there:
            figures = {"there": quantity_shown(there), "wanted": quantity_shown(milli)}
            raise StockShort(field="quantity", name=product.name, **figures)
    transfer_id = ids.new()
    db.add(
        "stock_transfer", id=transfer_id, from_store_id=from_store_id, to_store_id=to_store_id, state="sent",
        note=note, sent_at=now, sent_by=by.tag,
    )  # fmt: skip
    rows = [{"transfer_id": transfer_id, "product_id": id, "sent_milli": milli} for id, milli in goods]
    db.add_many("stock_transfer_line", rows)
    leaving = [(product_id, -milli) for product_id, milli in sorted(goods)]
    stock.move_many(from_store_id, leaving, "sent", ref_id=transfer_id, by=by, now=now)
    after = {"rows": len(rows), "quantity_milli": sum(milli for _, milli in goods)}
    audit.record("stock.sent", "transfer", transfer_id, by=by, now=now, store_id=from_store_id, after=after)
    return transfer_id


def _check(way: tuple[int, int], goods: Sequence[tuple[int, int]]) -> None:
    if way[0] == way[1]:
        raise TransferInvalid(field="to_store", problem=T("they are in this store already"))
    if not db.value("SELECT 1 FROM store WHERE id = ? AND closed_at IS NULL", (way[1],)):
        raise TransferInvalid(field="to_store", problem=T("there is no such open store"))
    if not 1 <= len(goods) <= MOST_LINES:
        raise TransferInvalid(field="lines", problem=T("it has 1 to {most} lines", most=MOST_LINES))
    if len({product_id for product_id, _ in goods}) != len(goods):
        raise TransferInvalid(field="lines", problem=T("a product is named twice"))


@db.atomic
def arrive(
    transfer_id: int, arrived: Mapping[int, int], *, by: Actor, now: Millis, key: str | None = None
) -> list[Line]:
    """Put what arrived on the shelf of the other store; the lines with what is missing. The same key arrives once.

    `arrived` holds thousandths by product; a product it does not name arrived as it was sent.

    Raises: NotAllowed, TransferUnknown, TransferOver, TransferInvalid, QuantityInvalid, KeyReused.
    """
    require(by, "goods", store_id=get(transfer_id).to_store_id)
    asked = [transfer_id, sorted(arrived.items())]
    do = lambda: _arrive(transfer_id, arrived, by, now)  # noqa: E731
    requests.once(key, do, scope=f"{by.tag}/arrival", request=asked, now=now)
    return lines(transfer_id)


def _arrive(transfer_id: int, arrived: Mapping[int, int], by: Actor, now: Millis) -> int:
    transfer, found = get(transfer_id), lines(transfer_id)
    if set(arrived) - {line.product_id for line in found}:
        raise TransferInvalid(field="lines", problem=T("a product was not sent with it"))
    came = {line.product_id: arrived.get(line.product_id, line.sent_milli) for line in found}
    for line in found:
        if came[line.product_id] < 0 or (came[line.product_id] % 1000 and not line.weighed):
            raise QuantityInvalid(field="quantity", given=quantity_shown(came[line.product_id]))
    _end(transfer, "arrived", came, by, now)
    return transfer_id


@db.atomic
def call_back(transfer_id: int, *, by: Actor, now: Millis) -> None:
    """Put goods that did not leave, or came back, on the shelf they were taken from.

    Raises: NotAllowed, TransferUnknown, TransferOver.
    """
    transfer = get(transfer_id)
    require(by, "goods", store_id=transfer.from_store_id)
    came = {line.product_id: line.sent_milli for line in lines(transfer_id)}
    _end(transfer, "called_back", came, by, now)


def _end(transfer: Transfer, state: str, came: Mapping[int, int], by: Actor, now: Millis) -> None:
    sql = "UPDATE stock_transfer SET state = ?, ended_at = ?, ended_by = ? WHERE id = ? AND state = 'sent'"
    if not db.change(sql, (state, now, by.tag, transfer.id)):
        raise TransferOver(field="transfer")
    store_id = transfer.to_store_id if state == "arrived" else transfer.from_store_id
    moves: list[Move] = []
    for product_id, milli in sorted(came.items()):
        moves += _parts(transfer.id, product_id, milli)
    stock.move_many(store_id, moves, "arrived", ref_id=transfer.id, by=by, now=now)
    sql = "UPDATE stock_transfer_line SET arrived_milli = ? WHERE transfer_id = ? AND product_id = ?"
    db.run_many(sql, [(milli, transfer.id, product_id) for product_id, milli in came.items()])
    missing = sum(line.missing_milli for line in lines(transfer.id))
    after = {"state": state, "quantity_milli": sum(came.values()), "missing_milli": missing}
    audit.record("stock.arrived", "transfer", transfer.id, by=by, now=now, store_id=store_id, after=after)


def _parts(transfer_id: int, product_id: int, milli: int) -> list[Move]:
    """What arrives in the batches it was sent in, the first to expire first; what is over is of no known batch."""
    left, found = milli, list[Move]()
    for batch, sent in _sent(transfer_id, product_id):
        part = min(left, sent)
        if part > 0:
            found.append((product_id, part, batch))
            left -= part
    return [*found, (product_id, left, NONE)] if left else found


def _sent(transfer_id: int, product_id: int) -> list[tuple[Batch, int]]:
    moved = batches.moved_by(transfer_id, product_id)
    return [(batch, -milli) for batch, milli in moved.items() if milli < 0 and batch != NONE]


# --- reading ---------------------------------------------------------------------------------------

_SELECT = (
    "SELECT t.id, t.from_store_id, a.name, t.to_store_id, b.name, t.state, t.note, t.sent_at, t.ended_at,"
    " (SELECT count(*) FROM stock_transfer_line l WHERE l.transfer_id = t.id),"
    " (SELECT count(*) FROM stock_transfer_line l WHERE l.transfer_id = t.id AND l.arrived_milli <> l.sent_milli)"
    " FROM stock_transfer t JOIN store a ON a.id = t.from_store_id JOIN store b ON b.id = t.to_store_id"
)


def get(transfer_id: int) -> Transfer:
    """One transfer. Raises: TransferUnknown."""
    row = db.one(f"{_SELECT} WHERE t.id = ?", (transfer_id,))
    if row is None:
        raise TransferUnknown(what=str(transfer_id))
    return Transfer(*row)


def look_up(transfer_id: int, *, by: Actor) -> tuple[Transfer, list[Line]]:
    """A transfer from or to a store of the asker, with its lines. Raises: NotAllowed, TransferUnknown."""
    require(by, "goods")
    with db.read():
        found = get(transfer_id)
        if by.stores and not by.stores & {found.from_store_id, found.to_store_id}:
            raise TransferUnknown(what=str(transfer_id))
        return found, lines(transfer_id)


def lines(transfer_id: int) -> list[Line]:
    """What a transfer holds, by name."""
    sql = (
        "SELECT l.product_id, p.name, p.weighed, l.sent_milli, l.arrived_milli FROM stock_transfer_line l"
        " JOIN product p ON p.id = l.product_id WHERE l.transfer_id = ? ORDER BY p.name, p.id"
    )
    return [Line(row[0], row[1], bool(row[2]), row[3], row[4]) for row in db.rows(sql, (transfer_id,))]


def recent(*, by: Actor, limit: int = 100) -> list[Transfer]:
    """Transfers from or to the asker's stores: those on their way first, then the newest. Raises: NotAllowed."""
    require(by, "goods")
    stores = sorted(by.stores)
    marks = ", ".join("?" * len(stores))
    test = f" WHERE t.from_store_id IN ({marks}) OR t.to_store_id IN ({marks})" if stores else ""
    sql = f"{_SELECT}{test} ORDER BY CASE t.state WHEN 'sent' THEN 0 ELSE 1 END, t.sent_at DESC, t.id DESC LIMIT ?"
    return [Transfer(*row) for row in db.rows(sql, (*stores, *stores, limit))]
