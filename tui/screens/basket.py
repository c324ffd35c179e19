"""What is on the counter: the till's own state between two sales, and how a line of it is found."""

import re
import secrets
from dataclasses import dataclass, field, replace
from typing import Literal

from core.base import clock, codes, phones
from core.base.access import Actor
from core.base.money import PIECE, Milli
from core.goods import catalogue
from core.people import credentials, members
from core.people.credentials import Proof
from core.people.members import MemberCard
from core.selling import quotes
from core.selling.pricing.values import Quote
from core.selling.quotes import Basket, BasketLine
from core.selling.sales import Tender

TIMES = re.compile(r"(\d{1,4}(?:\.\d{1,3})?)\s*[*x×]\s*(.+)", re.IGNORECASE)


@dataclass(frozen=True)
class Hit:
    """Something typed or scanned may mean this: a product, a member or a code."""

    kind: Literal["product", "member", "code"]
    id: int
    name: str
    detail: str
    value: str = ""
    quantity: Milli = PIECE


@dataclass
class Counter:
    """One customer at the till. `key` makes the sale idempotent: the same for every try of it."""

    store_id: int
    lines: list[BasketLine] = field(default_factory=list)
    card: MemberCard | None = None
    proof: Proof | None = None
    points: int = 0
    tenders: list[Tender] = field(default_factory=list)
    quote: Quote | None = None
    key: str = field(default_factory=lambda: secrets.token_hex(16))

    @property
    def basket(self) -> Basket:
        """The basket as core wants it."""
        member_id = self.card.id if self.card else None
        return Basket(self.store_id, tuple(self.lines), member_id, self.points if member_id else 0)

    @property
    def paid_cents(self) -> int:
        """What was taken so far."""
        return sum(tender.cents for tender in self.tenders)

    @property
    def left_cents(self) -> int:
        """What is still to be paid."""
        return max((self.quote.total_cents if self.quote else 0) - self.paid_cents, 0)

    def add(self, product_id: int, quantity: Milli, unit_cents: int | None = None) -> int:
        """Put something on the counter; the number of its line. The same product adds to its line."""
        self.tenders.clear()
        for at, line in enumerate(self.lines):
            if line.product_id == product_id and line.unit_cents is None and unit_cents is None:
                self.lines[at] = replace(line, quantity=Milli(line.quantity + quantity))
                return at
        self.lines.append(BasketLine(product_id, quantity, unit_cents))
        return len(self.lines) - 1

    def change(self, at: int, quantity: Milli) -> None:
        """Set the quantity of a line; 0 takes it off."""
        self.tenders.clear()
        if quantity <= 0:
            del self.lines[at]
        else:
            self.lines[at] = replace(self.lines[at], quantity=quantity)


def look_up(typed: str, by: Actor) -> list[Hit]:
    """What a scan or a few letters may mean, the surest first: our codes, products, members."""
    text = typed.strip()
    if not text:
        return []
    if codes.parse(text) is not None:
        return [Hit("code", 0, text, "", text)]
    quantity, wanted = PIECE, text
    if match := TIMES.fullmatch(text):
        quantity, wanted = Milli(round(float(match[1]) * 1000)), match[2]
    products = [
        Hit("product", one.id, one.name, one.barcode or one.sku, quantity=quantity)
        for one in catalogue.find(wanted, limit=6)
        if one.kind != "top_up"
    ]
    if quantity != PIECE:
        return products
    people = [Hit("member", hit.id, hit.name, phones.national(hit.phone)) for hit in members.find(text, by=by, limit=6)]
    digits = text.replace(" ", "").isdigit()
    return people + products if digits and len(text) in (4, 11) else products + people


def identify(scanned: str, by: Actor) -> tuple[MemberCard, Proof]:
    """The member a scanned code proves; a rotating code is used up."""
    proof = credentials.prove(scanned, now=clock.now())
    return members.card(proof.member_id, by=by, now=clock.now()), proof


def price(counter: Counter, by: Actor) -> Quote | None:
    """The price of what is on the counter; None while there is nothing."""
    return quotes.quote(counter.basket, by=by, now=clock.now()) if counter.lines else None
