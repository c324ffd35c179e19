"""Parked baskets 挂单: put aside at one till, taken up at any till of the store, once."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from core.base import db, ids
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Refused
from core.base.i18n import N_
from core.base.money import Milli
from core.books import audit, merges
from core.selling import quotes
from core.selling.quotes import Basket, BasketLine


@dataclass(frozen=True)
class Parked:
    """A basket that waits; `label` is what the till wrote on it."""

    id: int
    label: str
    basket: Basket
    at: Millis


class ParkedGone(Refused):
    """Somebody took this basket up."""

    code = "parked_gone"
    text = N_("This basket is not parked any more; another till took it up. Look at the list again.")


@db.atomic
def park(basket: Basket, label: str, *, by: Actor, now: Millis) -> int:
    """Put a basket aside; nothing is reserved. The id.

    Raises: NotAllowed, BasketInvalid, QuantityInvalid, ProductUnknown, StoreUnknown, MemberUnknown, …
    """
    require(by, "sell", store_id=basket.store_id)
    quotes.read(basket, now=now)  # what cannot be sold is not parked
    parked_id = ids.new()
    stored = asdict(basket) | {"without": sorted(basket.without), "reserved": sorted(basket.reserved)}
    db.add(
        "parked",
        id=parked_id,
        store_id=basket.store_id,
        label=label.strip()[:40],
        member_id=basket.member_id,
        basket=json.dumps(stored),
        at=now,
        actor=by.tag,
    )
    audit.record("basket.parked", "parked", parked_id, by=by, now=now, store_id=basket.store_id)
    return parked_id


def waiting(store_id: int, *, by: Actor) -> list[Parked]:
    """The baskets that wait in a store, the first parked first. Raises: NotAllowed, StoreUnknown."""
    require(by, "sell", store_id=store_id)
    quotes.any_store(store_id)
    sql = "SELECT id, label, basket, at FROM parked WHERE store_id = ? ORDER BY at, id"
    return [Parked(row[0], row[1], _basket(row[2]), row[3]) for row in db.rows(sql, (store_id,))]


@db.atomic
def recall(parked_id: int, *, by: Actor, now: Millis) -> Basket:
    """Take a basket up again; it is not parked any more. Prices are those of now. Raises: NotAllowed, ParkedGone."""
    found = db.one("DELETE FROM parked WHERE id = ? RETURNING basket, store_id", (parked_id,))
    if found is None:
        raise ParkedGone()
    require(by, "sell", store_id=found[1])
    audit.record("basket.recalled", "parked", parked_id, by=by, now=now, store_id=found[1])
    return _basket(found[0])


def forget(member_id: int) -> None:
    """Drop what is parked for a member, with what was written on it; inside the caller's transaction."""
    db.run("DELETE FROM parked WHERE member_id = ?", (member_id,))


@db.atomic
def forget_before(moment: Millis) -> int:
    """Drop baskets parked before a moment; how many."""
    return db.change("DELETE FROM parked WHERE at < ?", (moment,))


def _basket(stored: str) -> Basket:
    """A basket as stored; who was merged meanwhile buys as the member they went into."""
    raw: dict[str, Any] = json.loads(stored)
    lines = tuple(_line(line) for line in raw.pop("lines"))
    if raw["member_id"] is not None:
        raw["member_id"] = merges.leads_to(raw["member_id"])
    without, reserved = frozenset(raw.pop("without")), frozenset(raw.pop("reserved", ()))
    return Basket(lines=lines, without=without, reserved=reserved, **raw)


def _line(raw: dict[str, Any]) -> BasketLine:
    served_by = tuple((one[0], one[1]) for one in raw.get("served_by", ()))
    return BasketLine(**raw | {"quantity": Milli(raw["quantity"]), "served_by": served_by})
