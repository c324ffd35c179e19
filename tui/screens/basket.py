"""What is on the counter: the till's own state between two sales, and how a line of it is found."""

import re
import secrets
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Literal

from core.base import clock, codes, money, phones
from core.base.access import Actor
from core.base.errors import RegularsError
from core.base.money import PIECE, Milli
from core.giving import handouts
from core.goods import barcodes, catalogue
from core.insight import recommend
from core.insight.recommend import Suggestion
from core.loyalty import coupons, giftcards
from core.people import credentials, members
from core.people.credentials import Proof
from core.people.members import MemberCard
from core.selling import claims, exchanges, quotes, receipts
from core.selling.exchanges import Difference
from core.selling.pricing.values import Quote
from core.selling.quotes import Basket, BasketLine
from core.selling.refunds import AS_PAID, How
from core.selling.returns import ReturnLine
from core.selling.sales import Tender

TIMES = re.compile(r"(\d{1,4}(?:\.\d{1,3})?)\s*[*x×]\s*(.+)", re.IGNORECASE)


@dataclass(frozen=True)
class Hit:
    """Something typed or scanned may mean this: a product, a member or a code."""

    kind: Literal["product", "member", "code", "receipt", "gift_card", "reward"]
    id: int
    name: str
    detail: str
    value: str = ""
    quantity: Milli = PIECE


@dataclass
class Exchange:
    """Lines of a sale that come back for others; `difference` is what it comes to with what is on the counter."""

    sale_id: int
    number: str
    back: tuple[ReturnLine, ...]
    how: How = AS_PAID
    difference: Difference | None = None


@dataclass
class Counter:
    """One customer at the till. `key` makes the sale idempotent: the same for every try of it.

    `without` are coupons left aside, `approved_by` who let prices stand that were typed.
    `taste` is a member's id with what they mostly take and may like, `beside` what goes with the goods.
    """

    store_id: int
    lines: list[BasketLine] = field(default_factory=list)
    card: MemberCard | None = None
    proof: Proof | None = None
    points: int = 0
    tenders: list[Tender] = field(default_factory=list)
    quote: Quote | None = None
    without: frozenset[int] = frozenset()
    approved_by: Actor | None = None
    exchange: Exchange | None = None
    taste: tuple[int, str, str] = (0, "", "")
    beside: tuple[Suggestion, ...] = ()
    key: str = field(default_factory=lambda: secrets.token_hex(16))

    @property
    def basket(self) -> Basket:
        """The basket as core wants it."""
        member_id = self.card.id if self.card else None
        points = self.points if member_id else 0
        return Basket(self.store_id, tuple(self.lines), member_id, points, self.without)

    @property
    def due_cents(self) -> int:
        """What is to be paid in all: the total, or the difference of an exchange."""
        if self.exchange is not None:
            return max(self.exchange.difference.pay_cents, 0) if self.exchange.difference else 0
        return self.quote.total_cents if self.quote else 0

    @property
    def paid_cents(self) -> int:
        """What was taken so far."""
        return sum(tender.cents for tender in self.tenders)

    @property
    def left_cents(self) -> int:
        """What is still to be paid."""
        return max(self.due_cents - self.paid_cents, 0)

    def add(self, product_id: int, quantity: Milli, unit_cents: int | None = None) -> int:
        """Put something on the counter; the number of its line. The same product adds to its line."""
        self.tenders.clear()
        for at, line in enumerate(self.lines):
            if line.product_id == product_id and line.unit_cents is None and unit_cents is None:
                self.lines[at] = replace(line, quantity=Milli(line.quantity + quantity))
                return at
        self.lines.append(BasketLine(product_id, quantity, unit_cents))
        return len(self.lines) - 1

    def change(self, at: int, line: BasketLine) -> None:
        """Put another line in a line's place; a quantity of 0 takes it off."""
        self.tenders.clear()
        if line.quantity <= 0:
            del self.lines[at]
        else:
            self.lines[at] = line


def look_up(typed: str, by: Actor) -> list[Hit]:
    """What a scan or a few letters may mean, the surest first: codes, receipts, products, members."""
    text = typed.strip()
    if not text:
        return []
    with suppress(RegularsError):  # while a code is being typed it is no code yet
        if found := _by_code(text):
            return found
    quantity, wanted = PIECE, text
    if match := TIMES.fullmatch(text):
        quantity, wanted = Milli(_thousandths(match[1])), match[2]
    products = [
        Hit("product", one.id, one.name, one.barcode or one.sku, quantity=quantity)
        for one in catalogue.find(wanted, limit=6)
        if one.kind != "top_up"
    ]
    if not products and (label := barcodes.scan(text, now=clock.now())) and label.quantity_milli:
        one = label.product
        return [Hit("product", one.id, one.name, one.sku, quantity=Milli(label.quantity_milli))]
    if quantity != PIECE:
        return products
    people = [Hit("member", hit.id, hit.name, phones.national(hit.phone)) for hit in members.find(text, by=by, limit=6)]
    digits = text.replace(" ", "").isdigit()
    return people + products if digits and len(text) in (4, 11) else products + people


def _thousandths(typed: str) -> int:
    whole, _, rest = typed.partition(".")
    return int(whole) * 1000 + int(rest.ljust(3, "0") or "0")


def _by_code(text: str) -> list[Hit]:
    """What a scanned code or the number of a receipt names; exactly that, or nothing."""
    if codes.parse(text) is not None:
        return [Hit("code", 0, text, "", text)]
    prefix = claims.in_link(text).upper().partition(".")[0]
    if prefix == giftcards.PREFIX:
        card = giftcards.by_code(text)
        return [Hit("gift_card", card.id, card.state, money.plain(card.balance_cents), card.code)]
    if prefix == handouts.PREFIX:
        handout = handouts.by_code(text)
        return [Hit("reward", handout.id, handout.name, text.upper(), text)]
    if prefix == claims.PREFIX:
        head = receipts.head_of(claims.sale_of(text))
        return [] if head is None else [Hit("receipt", head.id, head.number, money.plain(head.total_cents))]
    return [
        Hit("receipt", head.id, head.number, f"{head.store} {money.plain(head.total_cents)}")
        for head in receipts.by_number(text)
    ]


def identify(scanned: str, by: Actor) -> tuple[MemberCard, Proof | None]:
    """The member a scanned code belongs to and what it proves; a rotating code is used up, a coupon proves nothing."""
    code = codes.parse(scanned)
    if code is not None and code.kind == "coupon":
        return members.card(coupons.by_code(code.body).member_id, by=by, now=clock.now()), None
    proof = credentials.prove(scanned, now=clock.now())
    return members.card(proof.member_id, by=by, now=clock.now()), proof


def price(counter: Counter, by: Actor) -> Quote | None:
    """The price of what is on the counter; None while there is nothing. An exchange learns its difference."""
    _look_aside(counter)
    if not counter.lines:
        return None
    if counter.exchange is None:
        return quotes.quote(counter.basket, by=by, now=clock.now())
    one = counter.exchange
    one.difference = exchanges.preview(one.sale_id, one.back, counter.basket, by=by, now=clock.now())
    return one.difference.quote


def _look_aside(counter: Counter) -> None:
    """What may be offered beside: to the member once, and with the goods each time they change."""
    now, member_id = clock.now(), counter.card.id if counter.card else 0
    if counter.taste[0] != member_id:
        counter.taste = (member_id, *(recommend.in_short(member_id, now=now) if member_id else ("", "")))
    counter.beside = recommend.beside((line.product_id for line in counter.lines), now=now)
