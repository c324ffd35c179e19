"""What is done with the stock of one product: taken in and out, counted, placed, labelled, priced for a store."""

from core.base import clock
from core.base.access import Actor
from core.base.i18n import N_, T
from core.goods import barcodes, batches, deliveries, places, stock
from core.goods.batches import Batch
from core.goods.catalogue import OnShelf
from core.goods.deliveries import Delivery, Line
from core.goods.places import Place
from tui.screens import goodsforms as forms
from tui.screens import papers
from tui.screens.lists import ListPage
from tui.screens.stockmoves import MovesPage
from tui.screens.stockroom import StockroomPage
from tui.screens.storeprices import StorePricesPage
from tui.widgets.dates import read_day
from tui.widgets.money import read_quantity
from tui.widgets.overlay import Answer, Field
from tui.widgets.row import Words

SHEETS: tuple[tuple[str, Words], ...] = (
    ("3x8", T("24 a sheet, 70 × 36 mm")), ("3x7", T("21 a sheet, 63.5 × 38.1 mm")),
    ("4x12", T("48 a sheet, 48.5 × 23.5 mm")), ("2x5", T("10 shelf labels, 95 × 55 mm")),
)  # fmt: skip


class StockDeeds(ListPage):
    """A list of products with the keys for their stock."""

    @property
    def selected(self) -> OnShelf | None:
        """The product under the cursor."""
        return self.chosen(OnShelf)

    @property
    def here(self) -> tuple[int, str]:
        """The store whose stock is shown."""
        raise NotImplementedError

    def do_moves(self) -> None:
        """List the moves of its stock."""
        if (one := self.selected) is not None:
            self.app.push_screen(MovesPage(one.product, self.here))

    def do_prices(self) -> None:
        """List its prices in single stores."""
        if (one := self.selected) is not None:
            self.app.push_screen(StorePricesPage(one.product, self.here))

    async def do_labels(self) -> None:
        """Ask how many labels, on which sheet."""
        if (one := self.selected) is None:
            return
        product_id, store_id = one.product.id, self.here[0]

        def draw(answer: Answer, by: Actor) -> bytes:
            from core.keeping import labels  # reportlab costs 0.3 s: when something is printed

            wanted = [(product_id, answer.number("many") or 0)]
            return labels.sheet(
                wanted, store_id, answer.text("sheet"), language=answer.text("language"), by=by, now=clock.now()
            )

        fields = (
            Field("many", N_("how many"), "number", value=24),
            Field("sheet", N_("sheet"), "menu", value="3x8", choices=SHEETS),
        )
        await papers.ask(self, "labels.pdf", draw, *fields)

    async def do_receive(self) -> None:
        """Ask how much comes in."""
        if (one := self.selected) is None:
            return
        product, (store_id, store) = one.product, self.here

        async def write(answer: Answer) -> None:
            quantity = read_quantity(answer.text("quantity"), field="quantity")
            await self.gateway.write(stock.receive, store_id, product.id, quantity, by=self.actor, now=clock.now())
            self.changed()

        line = T("In {store} there are {quantity} now.", store=store, quantity=forms.on_shelf(one))
        label = N_("kilograms in") if product.weighed else N_("pieces in")
        await self.ask(forms.stock_form("receive", product, line, label), write)

    async def do_deliver(self) -> None:
        """Ask how much comes in, from whom, what it cost and how long it keeps."""
        if (one := self.selected) is None:
            return
        product, (store_id, store) = one.product, self.here
        known = await self.gateway.read(deliveries.suppliers, by=self.actor)
        batched = bool(await self.gateway.read(batches.tracked, [product.id]))

        async def write(answer: Answer) -> None:
            quantity = read_quantity(answer.text("quantity"), field="quantity")
            expires = answer.text("expires") if batched else ""
            code = answer.text("code") if batched else ""
            until = read_day(expires, field="expires").toordinal() if expires else 0
            line = Line(product.id, quantity, answer.number("cost"), Batch(until, code))
            supplier = answer.text("supplier")
            delivery = Delivery(store_id, (line,), int(supplier) if supplier else None, answer.text("document"))
            await self.gateway.write(deliveries.take_in, delivery, by=self.actor, now=clock.now(), key=answer.key)
            self.changed()

        line = T("In {store} there are {quantity} now.", store=store, quantity=forms.on_shelf(one))
        suppliers = [(supplier.id, supplier.name) for supplier in known if supplier.active]
        await self.ask(forms.delivery_form(product, line, suppliers, batched=batched), write)

    async def do_place(self) -> None:
        """Ask for shelf, limit, batches and more barcodes."""
        if (one := self.selected) is None:
            return
        product, (store_id, store) = one.product, self.here
        place = await self.gateway.read(places.of, store_id, product.id)
        batched = bool(await self.gateway.read(batches.tracked, [product.id]))
        codes = " ".join(await self.gateway.read(barcodes.others, product.id))

        async def write(answer: Answer) -> None:
            least = answer.text("least")
            milli = read_quantity(least, field="least") if least else 0
            await self.gateway.write(
                places.arrange, store_id, product.id, Place(answer.text("shelf"), milli),
                batched=answer.text("batched") == "yes", others=answer.text("barcodes").split(), by=self.actor,
                now=clock.now(),
            )  # fmt: skip
            self.changed()

        await self.ask(forms.place_form(product, store, place, batched=batched, barcodes=codes), write)

    def do_stockroom(self) -> None:
        """What else is done with stock."""
        self.app.push_screen(StockroomPage())

    async def do_out(self) -> None:
        """Ask how much goes out, and why."""
        if (one := self.selected) is None:
            return
        product, (store_id, store) = one.product, self.here

        async def write(answer: Answer) -> None:
            await self.gateway.write(
                stock.take_out,
                store_id,
                product.id,
                read_quantity(answer.text("quantity"), field="quantity"),
                why=answer.text("why"),
                note=answer.text("note"),
                by=self.actor,
                now=clock.now(),
            )
            self.changed()

        line = T("In {store} there are {quantity} now.", store=store, quantity=forms.on_shelf(one))
        await self.ask(forms.out_form(product, line), write)

    async def do_count(self) -> None:
        """Ask what was counted, then show the difference."""
        if (one := self.selected) is None:
            return
        product, (store_id, store) = one.product, self.here
        there = await self.gateway.read(stock.on_hand, store_id, product.id)

        async def write(counted: int) -> None:
            await self.gateway.write(
                stock.count, store_id, product.id, counted, expected_milli=there, by=self.actor, now=clock.now()
            )
            self.changed()

        async def compare(answer: Answer) -> None:
            counted = read_quantity(answer.text("quantity"), field="quantity")
            if counted == there:
                await write(counted)
                self.office.tell(T("{name}: the count agrees.", name=product.name))
                return

            async def sure(_answer: Answer) -> None:
                await write(counted)

            await self.ask(forms.counted_form(product, there, counted), sure)

        line = T("In {store} there should be {quantity}.", store=store, quantity=forms.amount(product, there))
        label = N_("kilograms counted") if product.weighed else N_("pieces counted")
        await self.ask(forms.stock_form("count", product, line, label), compare)
