"""Transfers over the API: goods sent to another store of the chain, and what arrived in the key's."""

from typing import Annotated

from flask import Response
from pydantic import BeforeValidator, Field

from core.base import clock
from core.base.clock import iso
from core.goods import transfers as goods
from core.goods.transfers import Line, Transfer
from kiosk.api import door as api
from kiosk.api.schemas import Id, Shape, Str, Whole, whole_of_text

ONE = "/transfers/<int:transfer_id>"


class ShipmentsAsked(Shape):
    """How many transfers are listed."""

    limit: Annotated[int, BeforeValidator(whole_of_text), Field(ge=1, le=200)] = 50


class SentIn(Shape):
    """What is sent of a product, in thousandths of a piece or of a kilogram."""

    product_id: Id
    quantity_milli: Annotated[Whole, Field(ge=1)]


class ShipmentIn(Shape):
    """Goods that leave the key's store for another."""

    to_store_id: Id
    lines: Annotated[list[SentIn], Field(min_length=1, max_length=goods.MOST_LINES)]
    note: Annotated[Str, Field(max_length=200)] = ""


class ArrivedIn(Shape):
    """What arrived of a product, in thousandths; 0 if nothing did."""

    product_id: Id
    quantity_milli: Annotated[Whole, Field(ge=0)]


class ArrivalIn(Shape):
    """What arrived otherwise than it was sent; products left out arrived as sent."""

    lines: Annotated[list[ArrivedIn], Field(max_length=goods.MOST_LINES, default_factory=list)]


class ShipmentLineOut(Shape):
    """A product of a transfer; `arrived_milli` is null while it is on its way."""

    product_id: str
    name: str
    sent_milli: int
    arrived_milli: int | None


class ShipmentOut(Shape):
    """A transfer between two stores; `state` is sent, arrived or called_back."""

    id: str
    from_store_id: str
    from_store: str
    to_store_id: str
    to_store: str
    state: str
    note: str
    sent_at: str
    ended_at: str | None


class WholeShipmentOut(ShipmentOut):
    """A transfer with its lines."""

    lines: list[ShipmentLineOut]


class ShipmentsOut(Shape):
    """Transfers from and to the key's store: those on their way first, then the newest."""

    transfers: list[ShipmentOut]


@api.pages.get("/transfers")
@api.operation(200, ShipmentsOut, query=ShipmentsAsked, refusals=(401, 403, 422, 500, 503))
def goods_transfers() -> Response:
    """List what was sent from and to the key's store.

    Needs the scope goods. `limit` is at most 200.
    """
    found = goods.recent(by=api.actor(), limit=api.query_of(ShipmentsAsked).limit)
    return api.answer(ShipmentsOut(transfers=[_head(one) for one in found]))


@api.pages.get(ONE)
@api.operation(200, WholeShipmentOut, refusals=(401, 403, 404, 500, 503))
def goods_transfer(transfer_id: int) -> Response:
    """Read one transfer with its lines.

    Needs the scope goods.
    """
    return api.answer(_read(transfer_id))


@api.pages.post("/transfers")
@api.operation(201, WholeShipmentOut, body=ShipmentIn)
def send_goods() -> Response:
    """Send goods from the key's store to another; they are in neither until they arrive.

    Needs the scope goods and a header Idempotency-Key.
    """
    given, (key, replayed), by = api.body_of(ShipmentIn), api.once("transfer"), api.actor()
    sent = [(int(one.product_id), one.quantity_milli) for one in given.lines]
    made = goods.send(api.store_id(), int(given.to_store_id), sent, note=given.note, by=by, now=clock.now(), key=key)
    return api.answer(_read(made), 201, replayed=replayed)


@api.pages.post(f"{ONE}/arrival")
@api.operation(200, WholeShipmentOut, body=ArrivalIn)
def goods_arrive(transfer_id: int) -> Response:
    """Put what arrived on the shelf of the key's store; what is missing stays on the transfer.

    Needs the scope goods and a header Idempotency-Key.
    """
    given, (key, replayed) = api.body_of(ArrivalIn), api.once("arrival")
    came = {int(one.product_id): one.quantity_milli for one in given.lines}
    goods.arrive(transfer_id, came, by=api.actor(), now=clock.now(), key=key)
    return api.answer(_read(transfer_id), replayed=replayed)


@api.pages.post("/transfers/<int:sent_id>/call-back")
@api.operation(200, WholeShipmentOut)
def call_goods_back(sent_id: int) -> Response:
    """Put goods back on the shelf of the key's store that did not leave it, or came back.

    Needs the scope goods.
    """
    goods.call_back(sent_id, by=api.actor(), now=clock.now())
    return api.answer(_read(sent_id))


def _read(transfer_id: int) -> WholeShipmentOut:
    found, lines = goods.look_up(transfer_id, by=api.actor())
    return WholeShipmentOut(**_head(found).model_dump(), lines=[_line(one) for one in lines])


def _head(one: Transfer) -> ShipmentOut:
    return ShipmentOut(
        id=str(one.id), from_store_id=str(one.from_store_id), from_store=one.from_store,
        to_store_id=str(one.to_store_id), to_store=one.to_store, state=one.state, note=one.note,
        sent_at=iso(one.sent_at), ended_at=None if one.ended_at is None else iso(one.ended_at),
    )  # fmt: skip


def _line(one: Line) -> ShipmentLineOut:
    return ShipmentLineOut(product_id=str(one.product_id), name=one.product, sent_milli=one.sent_milli,
                           arrived_milli=one.arrived_milli)  # fmt: skip
