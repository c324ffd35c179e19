"""Products and stock over the API: what is sold, for how much, and what came in."""

from typing import Annotated, Literal

from flask import Response
from pydantic import Field, StrictBool

from core.base import access, clock
from core.goods import catalogue, stock
from core.goods.catalogue import OnShelf, Product, Terms
from kiosk.api import door as api
from kiosk.api.offers import DoneOut
from kiosk.api.schemas import Name, PageAsked, Shape, Str, Whole

ONE = "/products/<int:product_id>"
Kind = Literal["goods", "service", "pass", "plan", "top_up", "gift_card"]


class ProductsAsked(PageAsked):
    """Which products: `find` is a barcode, an item number, or part of a name."""

    find: Str = ""


class ProductChange(Shape):
    """What may be changed of a product; `tax_bp` is a rate of tax in hundredths of a percent."""

    name: Name
    price_cents: Annotated[Whole, Field(ge=0)]
    sku: Str = ""
    barcode: Str = ""
    category: Str = ""
    discountable: StrictBool = True
    earns: StrictBool = True
    points_each: Annotated[Whole, Field(ge=0)] = 0
    tax_bp: Annotated[Whole, Field(ge=0, le=10_000)] = 0


class ProductIn(ProductChange):
    """A product; weighed ones have their price per kilogram."""

    kind: Kind = "goods"
    weighed: StrictBool = False


class ProductOut(Shape):
    """A product as it is sold now; `on_hand_milli` is what the key's store has of it, null if it is not counted."""

    id: str
    sku: str
    barcode: str | None
    name: str
    kind: str
    price_cents: int
    weighed: bool
    discountable: bool
    earns: bool
    points_each: int
    tax_bp: int
    active: bool
    on_hand_milli: int | None


class ProductsOut(Shape):
    """A page of products by name."""

    products: list[ProductOut]
    next_cursor: str | None


class DeliveryIn(Shape):
    """What came in, in thousandths of a piece or of a kilogram."""

    quantity_milli: Annotated[Whole, Field(ge=1)]


@api.pages.get("/products")
@api.operation(200, ProductsOut, query=ProductsAsked, refusals=(401, 403, 404, 422, 500, 503))
def products() -> Response:
    """List what is sold, by name.

    Needs the scope sales or goods. `cursor` is the last answer's `next_cursor`, `limit` at most 200.
    """
    _may_read()
    asked = api.query_of(ProductsAsked)
    after = catalogue.get(int(asked.cursor)) if asked.cursor else None
    name, last_id = (after.name, after.id) if after else ("", 0)
    found = catalogue.shelf(api.store_id(), typed=asked.find, after_name=name, after_id=last_id, limit=asked.limit + 1)
    page = found[: asked.limit]
    cursor = str(page[-1].product.id) if len(found) > asked.limit else None
    return api.answer(ProductsOut(products=[_shown(one) for one in page], next_cursor=cursor))


@api.pages.get(ONE)
@api.operation(200, ProductOut, refusals=(401, 403, 404, 500, 503), bare=(304,))
def product(product_id: int) -> Response:
    """Read one product.

    Needs the scope sales or goods. Send If-None-Match to get 304 when nothing changed.
    """
    _may_read()
    return api.answer(_read(product_id), tagged=True)


@api.pages.post("/products")
@api.operation(201, ProductOut, body=ProductIn)
def new_product() -> Response:
    """Add a product.

    Needs the scope goods.
    """
    given = api.body_of(ProductIn)
    made = catalogue.create(
        given.name, given.price_cents, kind=given.kind, sku=given.sku, barcode=given.barcode or None,
        category=given.category, weighed=given.weighed, discountable=given.discountable, earns=given.earns,
        points_each=given.points_each, tax_bp=given.tax_bp, by=api.actor(), now=clock.now(),
    )  # fmt: skip
    return api.answer(_read(made), 201)


@api.pages.put(ONE)
@api.operation(200, ProductOut, body=ProductChange)
def change_product(product_id: int) -> Response:
    """Change a product from now on; receipts keep what was sold as it was.

    Needs the scope goods.
    """
    given = api.body_of(ProductChange)
    catalogue.change(product_id, Terms(**given.model_dump()), by=api.actor(), now=clock.now())
    return api.answer(_read(product_id))


@api.pages.post(f"{ONE}/retire")
@api.operation(200, DoneOut)
def retire_product(product_id: int) -> Response:
    """Sell a product no more; its receipts, returns and stock stay.

    Needs the scope goods.
    """
    catalogue.retire(product_id, by=api.actor(), now=clock.now())
    return api.answer(DoneOut())


@api.pages.post(f"{ONE}/deliveries")
@api.operation(201, ProductOut, body=DeliveryIn)
def receive(product_id: int) -> Response:
    """Take goods into the key's store.

    Needs the scope goods and a header Idempotency-Key.
    """
    given, (key, replayed) = api.body_of(DeliveryIn), api.once("receive")
    stock.receive(api.store_id(), product_id, given.quantity_milli, key=key, by=api.actor(), now=clock.now())
    return api.answer(_read(product_id), 201, replayed=replayed)


def _may_read() -> None:
    if not api.actor().may("goods"):
        access.require(api.actor(), "sell")


def _read(product_id: int) -> ProductOut:
    found = catalogue.get(product_id)
    milli = stock.on_hand(api.store_id(), product_id) if found.stocked else None
    return _shown(OnShelf(found, milli))


def _shown(one: OnShelf) -> ProductOut:
    found: Product = one.product
    return ProductOut(
        id=str(found.id), sku=found.sku, barcode=found.barcode, name=found.name, kind=found.kind,
        price_cents=found.price_cents, weighed=found.weighed, discountable=found.discountable, earns=found.earns,
        points_each=found.points_each, tax_bp=found.tax_bp, active=found.active, on_hand_milli=one.on_hand_milli,
    )  # fmt: skip
