"""What is done to lines of the counter: quantity, price, pass, staff; coupons, points, top-ups, gift cards."""

from collections.abc import Sequence
from dataclasses import replace

from core.base import clock
from core.base.errors import Refused, RegularsError
from core.base.i18n import N_, T
from core.base.money import PIECE, Milli, quantity_shown
from core.goods import catalogue
from core.loyalty import topups
from core.people import staff
from core.selling.pricing.values import PassOffer
from core.selling.quotes import BasketLine
from tui.screens import serving
from tui.screens.basket import Hit
from tui.screens.counterpage import CounterPage
from tui.screens.lists import cents
from tui.widgets.money import read_quantity
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.row import Words

SHARED = "several"
"""The choice that asks next who shares a line."""
PRESETS = 4
"""Amounts of top-ups offered by number."""


class NoGiftCardLine(Refused):
    """A blank card was scanned with no gift card on the counter to put it on."""

    code = "no_gift_card_line"
    text = N_("This gift card is blank. Put a gift card on the counter first, then scan it.")


async def change(till: CounterPage, at: int) -> None:
    """Ask for quantity, price, who pays and who sold; the line is named in the title."""
    counter, quote = till.counter, till.counter.quote
    if quote is None or at >= len(counter.lines):
        return
    line, shown = counter.lines[at], quote.lines[at]
    offers = [offer for offer in quote.offers if offer.line == at + 1]
    people = await till.gateway.read(staff.sellers, counter.store_id)
    fields = [
        Field("quantity", N_("quantity"), "quantity", value=quantity_shown(line.quantity), hint=N_("0 takes it off"))
    ]
    if shown.item.kind not in catalogue.MONEY_ONLY or line.unit_cents is not None:
        fields.append(Field("price", N_("price each"), "money", shown.item.unit_cents))
    if offers or line.pass_id:
        fields.append(Field("pass", N_("paid by"), "choice", str(line.pass_id or 0), _passes(offers, line, till)))
    if len(people) > 1:
        nobody = T("shared as it is") if line.served_by else T("nobody named")
        named: list[tuple[str, Words]] = [(str(id), name) for id, name in people]
        sellers: tuple[tuple[str, Words], ...] = (("0", nobody), *named, (SHARED, T("several people …")))
        fields.append(Field("staff", N_("sold by"), "choice", str(line.staff_id or 0), sellers))
    title = T("Line {number}: {name}", number=at + 1, name=shown.item.name)

    async def write(answer: Answer) -> None:
        before = list(counter.lines)
        counter.change(at, _changed(line, shown.item.unit_cents, answer))
        try:
            counter.quote = await till.quoted(counter)
        except RegularsError:
            counter.lines[:] = before
            raise
        await till.show()
        if answer.values.get("staff") == SHARED and len(counter.lines) == len(before):
            await serving.ask(till, at)

    await till.ask(Form("line", title, fields=tuple(fields), quick=True), write)


def _passes(offers: Sequence[PassOffer], line: BasketLine, till: CounterPage) -> tuple[tuple[str, Words], ...]:
    known: list[tuple[str, Words]] = [("0", T("money"))]
    if line.pass_id:
        name = next((one.item.pass_name for one in till.counter.quote.lines if one.item.pass_id == line.pass_id), "") \
            if till.counter.quote else ""  # fmt: skip
        known.append((str(line.pass_id), name))
    known += [(str(offer.pass_id), T("{name} ({left} left)", name=offer.name, left=offer.left)) for offer in offers
              if offer.pass_id != line.pass_id]  # fmt: skip
    return tuple(known)


def _changed(line: BasketLine, shown_cents: int, answer: Answer) -> BasketLine:
    """The line as filled in; a price as it was stays the shop's."""
    quantity = read_quantity(answer.text("quantity"), field="quantity")
    price = answer.number("price") if "price" in answer.values else None
    pass_id = int(answer.text("pass") or 0) if "pass" in answer.values else line.pass_id or 0
    if answer.values.get("staff") in (None, SHARED):
        seller = line.staff_id or 0
    else:
        seller = int(answer.text("staff") or 0)
    typed = line.unit_cents if price is None or price == shown_cents else price
    changed = replace(line, quantity=Milli(quantity), unit_cents=typed, pass_id=pass_id or None)
    return changed if line.served_by and not seller else replace(changed, staff_id=seller or None, served_by=())


async def points(till: CounterPage) -> None:
    """Ask how many points pay."""
    card, quote = till.counter.card, till.counter.quote
    if card is None or quote is None:
        return
    most = quote.most_points
    said = (T("{usable} can be used, {most} of them here.", usable=card.points.usable, most=most),)
    fields = (Field("points", N_("points"), "number", most),)

    async def use(answer: Answer) -> None:
        trial = replace(till.counter, points=answer.number("points") or 0)
        till.counter.quote = await till.quoted(trial)
        till.counter.points = trial.points
        till.counter.tenders.clear()
        await till.show()

    await till.ask(Form("points", T("Pay with points"), said, fields, N_("use")), use)


async def top_up(till: CounterPage) -> None:
    """Ask how much is paid in: one of the shop's amounts, or another."""
    rules = await till.gateway.read(topups.running, now=clock.now())
    presets: tuple[tuple[str, Words], ...] = tuple(
        (str(rule.pay_cents), f"{cents(rule.pay_cents)} +{cents(rule.bonus_cents)}") for rule in rules[:PRESETS]
    )
    fields = [Field("amount", N_("paid in"), "money", None, required=not presets,
                    hint=N_("empty: the amount chosen below") if presets else "")]  # fmt: skip
    if presets:
        fields.append(Field("preset", N_("or"), "menu", choices=presets))

    async def add(answer: Answer) -> None:
        product = await till.gateway.read(catalogue.top_up_product)
        preset = int(answer.text("preset")) if presets else 0
        till.counter.add(product.id, PIECE, answer.number("amount") or preset)
        try:
            await till.price()
        except RegularsError:
            till.counter.lines.pop()
            raise

    await till.ask(Form("top_up", T("Top up"), fields=tuple(fields), done=N_("add"), quick=True), add)


async def coupons(till: CounterPage) -> None:
    """Ask which coupons are used; unmarked ones are left aside."""
    counter = till.counter
    if counter.card is None or not counter.card.coupons:
        till.office.tell(T("This member has no coupon."))
        return
    held = {one.id: one.kind.name for one in counter.card.coupons[:9]}
    used = " ".join(str(id) for id in held if id not in counter.without)
    field = Field(
        "use", N_("use"), "several", used, tuple((str(id), name) for id, name in held.items()), required=False
    )
    said = (T("Those without a mark are kept for another time."),)

    async def write(answer: Answer) -> None:
        wanted = {int(id) for id in answer.text("use").split()}
        counter.without = frozenset(held) - wanted
        counter.tenders.clear()
        await till.price()

    await till.ask(Form("coupons", T("Which coupons?"), said, (field,), N_("use")), write)


async def gift_card(till: CounterPage, hit: Hit) -> None:
    """A scanned gift card: a blank one is sold with the line on the counter, another says what it holds."""
    if hit.name != "blank":
        till.office.tell(T("{held} is on this gift card. Take it with ctrl+t, gift card.", held=hit.detail))
        return
    quoted = till.counter.quote.lines if till.counter.quote else ()
    for at, line in enumerate(till.counter.lines):
        if quoted[at].item.kind == "gift_card" and line.gift_code is None:
            till.counter.change(at, replace(line, gift_code=hit.value))
            await till.price()
            till.office.tell(T("The card goes with line {number}.", number=at + 1))
            return
    raise NoGiftCardLine()
