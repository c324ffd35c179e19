"""Goods in the demo shop: categories, a delivery each month, what should be there, and a transfer on its way."""

from collections.abc import Iterable
from dataclasses import replace

from core.base.access import Actor
from core.base.clock import HOUR, Millis
from core.goods import catalogue, deliveries, places, stock, transfers
from core.goods.deliveries import Delivery, Line
from core.goods.places import Place

SUPPLIER = "桂香食品"
COST_PERCENT = (38, 45, 52)
LEAST, EACH, FIRST = 120_000, 200_000, 300_000
"""Thousandths: below the first a month's delivery brings the second; the third is on the shelf at opening."""


def arrange(categories: dict[str, str], *, by: Actor, now: Millis) -> None:
    """Give every product its category, and name who delivers."""
    deliveries.set_supplier(None, SUPPLIER, contact="021-5550199", terms="月结 30 天", by=by, now=now)
    for product in catalogue.everything():
        if product.name in categories:
            terms = replace(catalogue.terms_of(product), category=categories[product.name])
            catalogue.change(product.id, terms, by=by, now=now)


def refill(stores: Iterable[int], *, by: Actor, now: Millis, opening: bool = False) -> None:
    """A delivery to each store of what runs low there, at what it costs."""
    (supplier,) = deliveries.suppliers(by=by)
    goods = [one for one in catalogue.everything() if one.kind == "goods" and one.stocked]
    for store in stores:
        wanted = [one for one in goods if opening or stock.on_hand(store, one.id) < LEAST]
        lines = tuple(
            Line(one.id, FIRST if opening else EACH, one.price_cents * COST_PERCENT[one.id % 3] // 100)
            for one in wanted
        )
        if lines:
            deliveries.take_in(Delivery(store, lines, supplier.id, f"D{now // HOUR}"), by=by, now=now)


def go_on(stores: list[int], *, by: Actor, now: Millis) -> None:
    """Today: how much there should be of some goods, and a box between the stores."""
    goods = [one for one in catalogue.everything() if one.kind == "goods" and one.stocked]
    held = sorted(goods, key=lambda one: stock.on_hand(stores[0], one.id))
    for place, product in enumerate(held[:6]):
        least = stock.on_hand(stores[0], product.id) + (20_000 if place < 2 else -20_000)
        places.put(stores[0], product.id, Place("ABC"[place % 3] + str(place + 1), max(0, least)), by=by, now=now)
    transfers.send(stores[1], stores[0], [(held[0].id, 20_000)], note="补货", by=by, now=Millis(now - HOUR))
