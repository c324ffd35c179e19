"""Goods 商品: what is sold, at which price, and what is on the shelf."""

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult

from core.base import clock
from core.base.i18n import N_, T, Text
from core.base.money import plain
from core.books import rules
from core.goods import bundles, catalogue, deliveries, naming, variants
from core.goods.catalogue import OnShelf, Shown
from core.keeping import opening
from core.loyalty import passes
from tui.keymap import FIND, Action
from tui.screens import goodsforms as forms
from tui.screens.lists import cents
from tui.screens.producttimespage import ProductTimesPage
from tui.screens.stockdeeds import StockDeeds
from tui.widgets.columns import Column
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.pagetable import PageTable, Row, Wanted
from tui.widgets.row import Words
from tui.widgets.searchbox import SearchBox

OF_STOCK = ("receive", "out", "count", "deliver", "place")
OF_ONE = frozenset({"moves", "edit", "price", "prices", "labels", "retire", *OF_STOCK})
"""Actions on the product under the cursor, and those only goods have."""


class GoodsPage(StockDeeds):
    """Products by name; what is typed above narrows the list."""

    NAME = N_("Goods")
    HELP = N_(
        "What the shop sells. Find by barcode, number, name, pinyin or initials; f shows one kind, one category, what"
        " is sold out or retired. Enter lists what moved a product's stock."
    )
    EMPTY = N_("No such product. n adds one, f shows others.")
    KEYS = (
        FIND,
        Action("new", ("n",), N_("new"), N_("Add a product, a service, a pass or a gift card."), right="goods"),
        Action("edit", ("e",), N_("edit"), N_("Change name, price, barcode, category, discounts, points and tax."),
               right="goods"),
        Action("receive", ("i",), N_("stock in"), N_("Take goods of the selected product in."), right="goods"),
        Action("moves", ("enter",), N_("moves"), N_("List what moved the product's stock.")),
        Action("price", ("p",), N_("price"), N_("Change the price of the selected product."), right="goods"),
        Action("out", ("t",), N_("take out"), N_("Take goods out unsold: own use, broken, expired, lost."),
               right="goods"),
        Action("count", ("c",), N_("count"), N_("Write down what was counted; the difference is shown before."),
               right="goods"),
        Action("deliver", ("g",), N_("delivery"), N_("Take goods in with supplier, cost, document and last good day."),
               right="goods"),
        Action("place", ("l",), N_("shelf"), N_("Give shelf, lowest stock, batches and other barcodes."),
               right="goods"),
        Action("prices", ("v",), N_("store prices"), N_("Prices of single stores for some days."), right="goods"),
        Action("labels", ("b",), N_("labels"), N_("Write labels with price and barcode to print."), right="goods"),
        Action("bundle", ("u",), N_("new set"), N_("Add a set: goods sold together at one price."), right="goods"),
        Action("variants", ("o",), N_("variants"), N_("Add one thing in several sizes, colours or tastes at once."),
               right="goods"),
        Action("stockroom", ("m",), N_("stockroom"), N_("Transfers, counts, what runs low or expires, suppliers."),
               right="goods"),
        Action("retire", ("x",), N_("retire"), N_("Sell the product no more, or bring a retired one back."),
               right="goods", danger=True),
        Action("filter", ("f",), N_("filter"), N_("Show one kind, one category, what is sold out or retired.")),
        Action("store", ("s",), N_("store"), N_("Show the stock of another store.")),
        Action("times", ("h",), N_("when bought"), N_("Show at which hours and on which weekdays products are bought."),
               right="reports"),
    )  # fmt: skip
    COLUMNS = (
        Column("name", N_("product"), 22, min_width=12, important=True, stretch=True),
        Column("price", N_("price"), 13, min_width=12, right=True),
        Column("stock", N_("in stock"), 12, min_width=12, right=True),
        Column("barcode", N_("barcode"), 15, min_width=13),
        Column("kind", N_("kind"), 10, min_width=6),
    )

    def __init__(self) -> None:
        super().__init__()
        self._typed = ""
        self._shown = Shown()
        self._categories: list[tuple[int, str]] = []
        self._store: tuple[int, str] | None = None

    def lists(self) -> ComposeResult:
        """A search box over the list."""
        yield SearchBox(hint=N_("barcode, name, initials …"), id="search")
        yield from super().lists()

    async def load(self) -> None:
        """Products with the stock of the store that was chosen, or the first."""
        if self._store is None:
            found = await self.gateway.read(opening.stores_of, self.actor)
            self._store = found[0] if found else (0, "")
        self._categories = await self.gateway.read(catalogue.categories)
        said = [T("stock of {store}", store=self._store[1]), *forms.filter_said(self._shown, self._categories)]
        self.select(" · ".join(map(str, said)))
        await super().load()

    async def fetch(self, wanted: Wanted) -> Sequence[Row]:
        """Products that answer what is typed."""
        last = wanted.after.product if isinstance(wanted.after, OnShelf) else None
        found = await self.gateway.read(
            catalogue.shelf,
            self._store[0] if self._store else 0,
            self._shown,
            typed=self._typed,
            after_name=last.name if last else "",
            after_id=last.id if last else 0,
            limit=wanted.limit,
        )
        return [Row(one, _cells(one), "" if one.product.active else "quiet") for one in found]

    def about(self, row: Row) -> Sequence[Words]:
        """What is special about a product."""
        if not isinstance(row.key, OnShelf):
            return ()
        product, said = row.key.product, list[Words]()
        said += [name for id, name in self._categories if id == product.category_id]
        if product.kind not in catalogue.MONEY_ONLY:
            said += [] if product.discountable else [T("no discounts")]
            said += [] if product.earns else [T("no points")]
        if product.points_each:
            said.append(T("{points} points each", points=product.points_each))
        if product.tax_bp:
            said.append(T("{rate} % tax", rate=plain(product.tax_bp)))
        margin_bp = deliveries.margin_bp(product.price_cents, product.cost_mills)
        if margin_bp is not None and self.actor.may("goods"):
            said.append(T("cost {cost_cents}, margin {margin_bp}", cost_cents=product.cost_mills // 1000,
                          margin_bp=margin_bp))  # fmt: skip
        return [" · ".join(map(str, [*said, T("item number {sku}", sku=product.sku)]))]

    @on(SearchBox.Searched)
    async def _searched(self, message: SearchBox.Searched) -> None:
        self._typed = message.value
        self.reading(self.load)

    @on(SearchBox.Submitted, "#search")
    def _found(self) -> None:
        self.table.focus()

    @on(PageTable.RowOpened)
    async def _opened(self) -> None:
        await self.act("moves")

    @property
    def here(self) -> tuple[int, str]:
        """The store whose stock is shown."""
        return self._store or (0, "")

    def refusal(self, action: Action) -> Text | None:
        """Only what is counted has a stock."""
        one = self.selected
        if action.id in OF_ONE and one is None:
            return T("Select a product first.")
        if action.id in ("moves", *OF_STOCK) and one is not None and one.on_hand_milli is None:
            return T("{name} is not counted: only goods have a stock.", name=one.product.name)
        return super().refusal(action)

    # --- products ------------------------------------------------------------------------------------

    async def do_new(self) -> None:
        """Ask for a new product."""

        async def write(answer: Answer) -> None:
            sold_as = forms.sold_as(answer)
            if sold_as == "pass":
                await self._ask_pass(answer.text("name"), answer.number("price") or 0)
                return
            await self.gateway.write(
                catalogue.create,
                answer.text("name"),
                answer.number("price") or 0,
                kind=sold_as,
                weighed=answer.text("sold_as") == "weighed",
                barcode=answer.text("barcode") or None,
                category=answer.text("category"),
                by=self.actor,
                now=clock.now(),
            )
            self.reading(self.load)

        await self.ask(forms.new_form(), write)

    async def _ask_pass(self, name: str, price_cents: int) -> None:
        services = await self.gateway.read(catalogue.services)

        async def write(answer: Answer) -> None:
            await self.gateway.write(
                passes.create_with_product,
                name,
                price_cents,
                uses=answer.number("uses") or 0,
                valid_days=answer.number("valid_days") or 0,
                service_ids=[int(id) for id in answer.text("service_ids").split()],
                by=self.actor,
                now=clock.now(),
            )
            self.changed()

        await self.ask(forms.pass_form(name, price_cents, services), write)

    async def do_bundle(self) -> None:
        """Ask for a set and what is in it."""

        async def write(answer: Answer) -> None:
            found = await self.gateway.read(naming.products, answer.text("parts"), field="parts")
            await self.gateway.write(
                bundles.create, answer.text("name"), answer.number("price") or 0,
                [(product.id, pieces * 1_000) for product, pieces in found], barcode=answer.text("barcode"),
                by=self.actor, now=clock.now(),
            )  # fmt: skip
            self.changed()

        await self.ask(forms.bundle_form(), write)

    async def do_variants(self) -> None:
        """Ask for a name and its variants."""

        async def write(answer: Answer) -> None:
            options = variants.read(answer.text("options"))
            await self.gateway.write(
                variants.make, answer.text("name"), options, category=answer.text("category"), by=self.actor,
                now=clock.now(),
            )  # fmt: skip
            self.changed()

        await self.ask(forms.variants_form(), write)

    async def do_edit(self) -> None:
        """Ask for what may be changed."""
        if (one := self.selected) is None:
            return
        product, terms = one.product, await self.gateway.read(catalogue.terms_of, one.product)
        taxed = (await self.gateway.read(rules.current, now=clock.now())).tax_mode != "none"

        async def write(answer: Answer) -> None:
            changed = forms.edited(terms, answer)
            await self.gateway.write(catalogue.change, product.id, changed, by=self.actor, now=clock.now())
            self.reading(self._again)

        names = [name for _id, name in self._categories]
        await self.ask(forms.edit_form(product, terms, names, taxed=taxed), write)

    async def _again(self) -> None:
        self._categories = await self.gateway.read(catalogue.categories)
        await self.table.reload()

    async def do_price(self) -> None:
        """Ask for another price."""
        if (one := self.selected) is None:
            return
        product = one.product

        async def write(answer: Answer) -> None:
            price = answer.number("price") or 0
            await self.gateway.write(catalogue.set_price, product.id, price, by=self.actor, now=clock.now())
            self.changed()

        lines = (T("It counts from the next sale on; sales made keep theirs."),)
        fields = (Field("price", N_("price"), "money", value=product.price_cents),)
        await self.ask(Form("price", product.name, lines, fields), write)

    async def do_retire(self) -> None:
        """Ask before a product is sold no more; bringing back needs no question."""
        if (one := self.selected) is None:
            return
        product = one.product
        if not product.active:
            await self.gateway.write(catalogue.restore, product.id, by=self.actor, now=clock.now())
            self.changed()
            return
        lines = (T("The till finds and sells it no more. Receipts and returns of it stay; f shows it again."),)
        title = T("Sell “{name}” no more?", name=product.name)
        await self.sure(title, lines, catalogue.retire, product.id, done=N_("retire"))

    # --- what is shown -------------------------------------------------------------------------------

    async def do_filter(self) -> None:
        """Ask which products to show."""

        async def show(answer: Answer) -> None:
            self._shown = forms.filtered(answer)
            await self.load()

        await self.ask(forms.filter_form(self._shown, self._categories), show)

    def do_times(self) -> None:
        """When products are bought."""
        self.app.push_screen(ProductTimesPage())

    async def do_store(self) -> None:
        """Ask which store's stock to show."""
        found = await self.gateway.read(opening.stores_of, self.actor)

        async def show(answer: Answer) -> None:
            self._store = next(store for store in found if str(store[0]) == answer.text("store"))
            await self.load()

        choices: tuple[tuple[str, Words], ...] = tuple((str(id), name) for id, name in found)
        field = Field("store", N_("store"), "choice", value=str(self.here[0]), choices=choices)
        await self.ask(Form("store", T("Stock of which store?"), fields=(field,), done=N_("show")), show)


def _cells(one: OnShelf) -> tuple[Words, ...]:
    product = one.product
    price = cents(product.price_cents) if product.price_cents or product.kind in ("goods", "service") else ""
    kind = Text(forms.KINDS[product.kind])
    return (
        product.name,
        price + ("/kg" if product.weighed else ""),
        forms.on_shelf(one),
        product.barcode or "",
        kind,
    )
