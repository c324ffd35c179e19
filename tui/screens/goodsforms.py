"""Forms of the goods: a product added or changed, a filter, stock counted and taken out."""

from collections.abc import Sequence
from typing import get_args

from core.base.i18n import N_, T, Text, _
from core.base.money import plain, quantity_shown
from core.goods.catalogue import MONEY_ONLY, Kind, OnShelf, Product, Shown, Terms
from core.goods.places import Place
from tui.screens.lists import NO_YES, YES_NO, cents
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.row import Words

KINDS = {
    "goods": N_("goods"),
    "service": N_("service"),
    "gift_card": N_("gift card"),
    "top_up": N_("top-up"),
    "pass": N_("pass"),
    "plan": N_("plan"),
}
SOLD_AS: tuple[tuple[str, Words], ...] = (
    ("goods", T("goods")), ("weighed", T("goods by weight")), ("service", T("service")), ("pass", T("pass")),
    ("gift_card", T("gift card")),
)  # fmt: skip
STATES: tuple[tuple[str, Words], ...] = (
    ("sold", T("on sale")), ("sold_out", T("sold out")), ("retired", T("retired")),
)  # fmt: skip
WHYS = {
    "own_use": N_("own use"),
    "broken": N_("broken"),
    "expired": N_("expired"),
    "lost": N_("lost"),
    "other": N_("other"),
}


def new_form() -> Form:
    """A new product; a pass is asked for more."""
    fields = (
        Field("name", N_("name")),
        Field("price", N_("price"), "money"),
        Field("barcode", N_("barcode"), required=False, hint=N_("scan it, or leave it empty")),
        Field("category", N_("category"), required=False),
        Field("sold_as", N_("kind"), "menu", choices=SOLD_AS),
    )
    return Form("product", T("New product"), fields=fields)


def sold_as(answer: Answer) -> Kind:
    """The kind of product a form asks for."""
    chosen = answer.text("sold_as")
    return next((kind for kind in get_args(Kind) if kind == chosen), "goods")


def pass_form(name: str, price_cents: int, services: Sequence[Product]) -> Form:
    """What a new pass is good for."""
    choices: tuple[tuple[str, Words], ...] = tuple((str(one.id), one.name) for one in services)
    fields = (
        Field("uses", N_("uses"), "number", value=10),
        Field("valid_days", N_("valid for days"), "number", value=365),
        Field("service_ids", N_("good for"), "several", choices=choices, required=False),
    )
    lines = (T("{price}, paid once; each use pays for one service.", price=cents(price_cents)),)
    return Form("pass", name, lines, fields)


def edit_form(product: Product, terms: Terms, categories: Sequence[str], *, taxed: bool) -> Form:
    """What may be changed of a product; `taxed` asks for its rate of tax."""
    fields = [
        Field("name", N_("name"), value=terms.name),
        Field("price", N_("price"), "money", value=terms.price_cents),
        Field("barcode", N_("barcode"), value=terms.barcode, required=False),
        Field("sku", N_("item number"), value=terms.sku, required=False),
        Field("category", N_("category"), value=terms.category, required=False),
    ]
    if product.kind not in MONEY_ONLY:
        fields += [
            Field("discountable", N_("discounts"), "choice", _yes(terms.discountable), choices=YES_NO),
            Field("earns", N_("earns points"), "choice", _yes(terms.earns), choices=YES_NO),
            Field("points_each", N_("points a piece"), "number", value=terms.points_each, required=False,
                  hint=N_("beside what the price earns")),
        ]  # fmt: skip
        if taxed:
            fields.append(Field("tax_bp", N_("tax in percent"), "money", value=terms.tax_bp))
    lines: list[Words] = [T("It counts from the next sale on; sales made keep theirs.")]
    if categories:
        lines.append(T("Categories in use: {names}", names=" · ".join(categories[:9])))
    return Form("edit", product.name, tuple(lines), tuple(fields))


def _yes(flag: bool) -> str:
    return "yes" if flag else "no"


def edited(terms: Terms, answer: Answer) -> Terms:
    """The terms of a filled-in form; what was not asked for stays."""
    asked = answer.values.keys()
    return Terms(
        name=answer.text("name"),
        price_cents=answer.number("price") or 0,
        sku=answer.text("sku"),
        barcode=answer.text("barcode"),
        category=answer.text("category"),
        discountable=answer.text("discountable") == "yes" if "discountable" in asked else terms.discountable,
        earns=answer.text("earns") == "yes" if "earns" in asked else terms.earns,
        points_each=answer.number("points_each") or 0 if "points_each" in asked else terms.points_each,
        tax_bp=answer.number("tax_bp") or 0 if "tax_bp" in asked else terms.tax_bp,
    )


def filter_form(shown: Shown, categories: Sequence[tuple[int, str]]) -> Form:
    """Which products?"""
    kinds: tuple[tuple[str, Words], ...] = (("", T("all")), *((id, Text(words)) for id, words in KINDS.items()))
    known: tuple[tuple[str, Words], ...] = (("0", T("all")), *((str(id), name) for id, name in categories))
    fields = (
        Field("kind", N_("kind"), "choice", shown.kind, choices=kinds, required=False),
        Field("category", N_("category"), "choice", str(shown.category_id), choices=known),
        Field("state", N_("state"), "choice", shown.state, choices=STATES),
    )
    return Form("filter", T("Which products?"), fields=fields, done=N_("show"))


def filtered(answer: Answer) -> Shown:
    """What a filled-in filter asks for."""
    state = answer.text("state")
    return Shown(
        answer.text("kind"),
        int(answer.text("category") or 0),
        "retired" if state == "retired" else "sold_out" if state == "sold_out" else "sold",
    )


def filter_said(shown: Shown, categories: Sequence[tuple[int, str]]) -> list[Words]:
    """The conditions of a filter, each in a few words."""
    found: list[Words] = []
    if shown.kind:
        found.append(Text(KINDS[shown.kind]))
    found += [name for id, name in categories if id == shown.category_id]
    if shown.state != "sold":
        found.append(dict(STATES)[shown.state])
    return found


def stock_form(id: str, product: Product, line: Words, label: str) -> Form:
    """How much comes in, or was counted?"""
    return Form(id, product.name, (line,), (Field("quantity", label),))


def delivery_form(product: Product, line: Words, suppliers: Sequence[tuple[int, str]], *, batched: bool) -> Form:
    """How much comes in, from whom and at what cost; of a product kept by batches, how long it keeps."""
    known: tuple[tuple[str, Words], ...] = (("", "—"), *((str(id), name) for id, name in suppliers))
    fields = [
        Field("quantity", N_("kilograms in") if product.weighed else N_("pieces in")),
        Field("cost", N_("cost a kilogram") if product.weighed else N_("cost a piece"), "money", required=False),
        Field("supplier", N_("supplier"), "menu", value="", choices=known, required=False),
        Field("document", N_("their document"), required=False),
    ]
    if batched:
        fields.append(Field("expires", N_("good until"), "day", required=False))
        fields.append(Field("code", N_("batch"), required=False))
    return Form("delivery", product.name, (line,), tuple(fields))


def bundle_form() -> Form:
    """A new set."""
    fields = (
        Field("name", N_("name")),
        Field("price", N_("price"), "money"),
        Field("parts", N_("made of"), hint=N_("like: tea*12, cake*3")),
        Field("barcode", N_("barcode"), required=False, hint=N_("scan it, or leave it empty")),
    )
    lines = (T("Its parts leave the shelf when it is sold; what it is made of stays as it is."),)
    return Form("bundle", T("New set"), lines, fields)


def variants_form() -> Form:
    """One thing in several sizes, colours or tastes."""
    fields = (
        Field("name", N_("name")),
        Field("options", N_("variants"), hint=N_("like: small 18, large 22")),
        Field("category", N_("category"), required=False),
    )
    lines = (
        T("Each becomes a product with its own price, barcode and stock, called “name · variant”."),
        T("Its barcode may stand behind the price."),
    )
    return Form("variants", T("Variants"), lines, fields)


def place_form(product: Product, store: str, place: Place, *, batched: bool, barcodes: str) -> Form:
    """Where a product lies, from when on it runs low, whether by batches, and its other barcodes."""
    least = plain(place.least_milli // 10) if place.least_milli else ""
    fields = (
        Field("shelf", N_("shelf"), value=place.shelf, required=False),
        Field("least", N_("at least"), value=least.removesuffix(".00"), required=False,
              hint=N_("empty: never low")),
        Field("batched", N_("by batches"), "choice", _yes(batched), choices=NO_YES),
        Field("barcodes", N_("other barcodes"), value=barcodes, required=False, hint=N_("with spaces between")),
    )  # fmt: skip
    return Form("place", product.name, (T("In {store}.", store=store),), fields)


def out_form(product: Product, line: Words) -> Form:
    """How much goes out, and why?"""
    whys: tuple[tuple[str, Words], ...] = tuple((id, Text(words)) for id, words in WHYS.items())
    fields = (
        Field("quantity", N_("kilograms out") if product.weighed else N_("pieces out")),
        Field("why", N_("reason"), "menu", choices=whys),
        Field("note", N_("note"), required=False),
    )
    return Form("out", product.name, (line,), fields)


def counted_form(product: Product, there: int, counted: int) -> Form:
    """The difference, before it is written."""
    said = T("{there} should be there, {counted} were counted.", there=amount(product, there),
             counted=amount(product, counted))  # fmt: skip
    return Form("counted", T("{name}: {change}", name=product.name, change=change(product, counted - there)), (said,),
                done=N_("write it down"))  # fmt: skip


def amount(product: Product, milli: int) -> str:
    """A quantity with its unit: '2,569 pieces', '12.35 kg'."""
    return quantity(product.weighed, milli)


def quantity(weighed: bool, milli: int) -> str:
    """The same where only the way of selling is known."""
    sign = "−" if milli < 0 else ""
    whole, rest = divmod(abs(milli), 1000)
    shown = whole if not rest else quantity_shown(abs(milli))
    if weighed:
        return sign + _("{quantity} kg", quantity=shown)
    if shown == 1:
        return sign + _("1 piece")
    return sign + _("{quantity} pieces", quantity=shown)


def change(product: Product, milli: int) -> str:
    """A change of stock with its sign: '+12 pieces', '−0.35 kg'."""
    return ("+" if milli > 0 else "") + amount(product, milli)


def on_shelf(one: OnShelf) -> str:
    """What there is of a product; '' for what is not counted."""
    return "" if one.on_hand_milli is None else amount(one.product, one.on_hand_milli)
