"""A shop that trades at random, and the paper books beside it: time, gifts, top-ups and sales.

After every step balances, debts and lots must be what `paper` says.
"""

import random
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from core.base import db
from core.base.clock import Millis
from core.base.money import Milli
from core.books import stats
from core.keeping import doctor
from core.loyalty import coupons, points, topups
from core.loyalty.topups import TopUpTerms
from core.loyalty.wallet import TopUpSpent
from core.outreach import delivery
from core.selling import reversals, sales
from core.selling.quotes import Basket, BasketLine
from core.selling.sales import SaleRequest, Tender
from tests import ledgers, shops
from tests.core.selling import paper
from tests.core.selling.paper import DAY, STORED, Purse, Sale
from tests.counter import UNEVEN_LINES, UNEVEN_TENDERS

GOODS: dict[str, dict[str, Any]] = {
    "tea": {"cents": 1800, "tax_bp": 1300},
    "cake": {"cents": 3200, "tax_bp": 600, "category": "cakes"},
    "sweet": {"cents": 7, "tax_bp": 1300},
    "toy": {"cents": 1111, "points_each": 3},
    "nuts": {"cents": 3990, "tax_bp": 600, "weighed": True},
    "rice": {"cents": 1234, "tax_bp": 900, "weighed": True, "earns": False},
    "wine": {"cents": 9900, "tax_bp": 1300, "discountable": False},
    "haircut": {"cents": 6800, "tax_bp": 600, "kind": "service"},
    "gift card": {"cents": 5000, "kind": "gift_card"},
    "top-up": {"cents": 0, "kind": "top_up"},
}
MONEY_ONLY = ("gift card", "top-up")
TOP_UPS = {3000: (0, 0), 5000: (700, 20), 20_000: (5000, 45)}
"""Bonus and its days of each top-up."""
TIERS = {"normal": 10_000, "silver": 12_000, "gold": 15_000}
RULES: dict[str, tuple[Any, ...]] = {
    "tax_mode": ("none", "inclusive", "exclusive", "exclusive"),
    "rounding_cents": (0, 0, 10, 100),
    "wallet_order": ("principal_first", "bonus_first", "proportional"),
    "grace_days": (30, 30, 7),
    "points_expiry": ("months", "month_end", "never"),
    "points_months": (1, 2),
    "points_pending_days": (0, 0, 2),
    "cents_per_point": (100, 50, 333),
    "points_per_unit": (100, 300, 7),
    "redeem_cap_bp": (5000, 10_000),
    "claim_days": (36_500,),
}
FACTS = ("quantity", "amount", "redeemed", "redeemed_cents", "net", "tax", "earned")
LINES = (
    "SELECT quantity_milli, amount_cents, redeemed_points, redeemed_cents, net_cents, tax_cents, earned_points"
    " FROM sale_line WHERE sale_id = ? ORDER BY position"
)


class Trade:
    """A shop, a few members, the sales of which something may still come back, and the paper books beside it."""

    def __init__(self, seed: int, reached: Counter[str]) -> None:
        self.dice, self.reached = random.Random(seed), reached
        self.shop = shops.open_shop()
        self.rules = {name: self.dice.choice(values) for name, values in RULES.items()}
        for name, value in self.rules.items():
            self.shop.rule(name, value)
        for name, given in GOODS.items():
            self.shop.product(name, given["cents"], **{key: given[key] for key in given if key != "cents"})
        for rank, (name, multiplier) in enumerate(TIERS.items()):
            if rank:
                self.shop.tier(name, rank, discount_bp=500 * rank, multiplier_bp=multiplier, spend_cents=10**14)
        self.tier_of = {self.member(tier): tier for tier in [*TIERS] * 4}
        self.members = list(self.tier_of)
        self.purses = {one: {asset: Purse() for asset in ("points", *STORED)} for one in self.members}
        self.spend: Counter[int] = Counter()
        self.coupons: dict[int, dict[str, int]] = {}
        self.open: list[Sale] = []
        self.top_ups: dict[int, list[tuple[int, Sale | None]]] = {}
        self.occasion = 0
        self.set_up_offers()

    def member(self, tier: str) -> int:
        return self.shop.member(tier=None if tier == "normal" else tier)

    def set_up_offers(self) -> None:
        shop, owner = self.shop, self.shop.owner
        cakes = db.value("SELECT id FROM category WHERE name = 'cakes'")
        for cents, (bonus, days) in TOP_UPS.items():
            topups.set_rule(cents, TopUpTerms(bonus_cents=bonus, bonus_days=days or None), by=owner, now=shop.now)
        offers: dict[str, dict[str, Any]] = {
            "满80减10": {"effect": "reduction", "threshold_cents": 8000, "off_cents": 1000, "per_step": True},
            "cake day": {"effect": "percent", "off_bp": 2000, "category_ids": (cakes,), "group": "member"},
            "sweet day": {"effect": "amount", "off_cents": 3, "product_ids": (shop.products["sweet"],)},
            "second half": {"effect": "nth", "every": 2, "off_bp": 5000, "product_ids": (shop.products["toy"],)},
            "double points": {"effect": "points", "points_bp": 20_000, "category_ids": (cakes,)},
        }
        self.offers = {name: shop.promotion(name, **terms) for name, terms in offers.items()}
        self.kinds = (
            shop.coupon_kind("5 off", effect="amount", off_cents=500, valid_days=15),
            shop.coupon_kind("10 %", effect="percent", off_bp=1000, cap_cents=1500, valid_days=60, uses=2),
            shop.coupon_kind("free snack", effect="amount", off_cents=9999, valid_days=60,
                             product_ids=(shop.products["sweet"], shop.products["nuts"])),
        )  # fmt: skip

    # --- between sales ---------------------------------------------------------------------------------

    def pass_time(self) -> None:
        chance = self.dice.random()
        days = 0 if chance < 0.9 else self.dice.randint(1, 6) if chance < 0.98 else self.dice.randint(20, 50)
        self.shop.now = Millis(self.shop.now + days * DAY + self.dice.randint(1, 3_600_000))
        if self.dice.random() < 0.15:
            member = self.dice.choice(self.members)
            self.dice.choice((self.sweep, self.spend_points, self.give_points, self.reverse_top_up))(member)
            self.compare(member)

    def sweep(self, member: int) -> None:
        purses = self.purses[member]
        gone = points.expire(member, by=self.shop.owner, now=self.shop.now)
        assert gone == purses["points"].sweep(self.shop.now)
        self.reached["expired points swept"] += gone > 0
        self.reached["expired bonus swept"] += purses["bonus"].sweep(self.shop.now) > 0

    def spend_points(self, member: int, *, everything: bool = False) -> None:
        usable = self.purses[member]["points"].usable(self.shop.now)
        if usable and (everything or self.spends(member)):
            amount = usable if everything else self.dice.choice((usable, usable, (usable + 1) // 2))
            self.shop.give_points(member, -amount)
            self.take(member, "points", amount)

    def take(self, member: int, asset: str, amount: int) -> list[list[Any]]:
        taken = self.purses[member][asset].take(amount, self.shop.now)
        self.reached["spent from over sixteen lots"] += len(taken) > 16
        return taken

    def spends(self, member: int) -> bool:
        """Three members save their points for long, and have many lots."""
        return member not in self.members[:3] or self.dice.random() < 0.05

    def give_points(self, member: int) -> None:
        amount = self.dice.choice((40, 300, 2500))
        owed = self.purses[member]["points"].owed
        self.shop.give_points(member, amount)
        self.earn(member, amount)
        self.reached["debt repaid"] += owed > 0

    def earn(self, member: int, amount: int, sale: object = None) -> None:
        now, rules = self.shop.now, self.rules
        until = paper.expiry(now, rules["points_months"], rules["points_expiry"])
        start = now + rules["points_pending_days"] * DAY
        self.purses[member]["points"].add(amount, now, until=until, start=start, sale=sale)

    def top_up(self, member: int) -> None:
        cents = self.dice.choice([*TOP_UPS])
        self.put_in(member, cents, self.shop.top_up(member, cents), None)

    def put_in(self, member: int, cents: int, sale_id: int, sale: Sale | None) -> None:
        """Principal and bonus of a top-up, alone or in a sale."""
        bonus, days = TOP_UPS[cents]
        self.purses[member]["principal"].add(cents, self.shop.now, sale=sale_id)
        if bonus:
            self.purses[member]["bonus"].add(bonus, self.shop.now, until=self.shop.now + days * DAY, sale=sale_id)
        self.top_ups.setdefault(member, []).append((sale_id, sale))

    def reverse_top_up(self, member: int) -> None:
        """Principal left less bonus used is paid, or nothing at all; the bonus left lapses."""
        if not self.top_ups.get(member):
            return
        (sale_id, sale), by, now = self.top_ups[member].pop(), self.shop.owner, self.shop.now
        principal, bonus = (self.purses[member][asset].of(sale_id) for asset in STORED)
        paid = principal["left"] - bonus["used"]
        if bonus["graced"]:
            return  # what went on in a lot of grace is another matter
        if paid < 0:
            with pytest.raises(TopUpSpent):
                reversals.reverse_top_up(sale_id, by=by, now=now)
        else:
            refund = reversals.reverse_top_up(sale_id, by=by, now=now)
            assert db.value("SELECT total_cents FROM refund WHERE id = ?", (refund,)) == paid
            self.take_out(member, sale_id)
            if sale is not None:
                self.note_reversal(sale, refund, paid)
        self.reached["top-up spent" if paid < 0 else "top-up reversed"] += 1

    def take_out(self, member: int, sale_id: int) -> None:
        for asset in STORED:
            self.purses[member][asset].drop(sale_id, self.shop.now)

    def note_reversal(self, sale: Sale, refund: int, paid: int) -> None:
        """The top-up of a sale with goods: paid in money, however the goods were paid."""
        left = [0 if one["kind"] in STORED else one["cents"] - one["back"] for one in sale["tenders"]]
        parts = [
            {"at": at, "quantity": 1000, "cents": paid, "returned": 0, "due": 0, "tax": 0}
            for at, line in enumerate(sale["lines"])
            if line["name"] == "top-up"
        ]
        plan = {"parts": parts, "tenders": paper.split(paid, left)}
        paper.write_back(sale, plan)
        sale["refunds"] += 1
        given = [(one["id"], cents) for one, cents in zip(sale["tenders"], plan["tenders"], strict=True) if cents]
        assert db.rows("SELECT tender_id, cents FROM refund_tender WHERE refund_id = ? ORDER BY id", (refund,)) == given
        if paper.whole(sale):
            self.coupons_back(sale)
        self.reached["top-up beside goods reversed"] += 1

    def coupons_back(self, sale: Sale) -> None:
        for coupon in sale["coupons"]:
            good = self.coupons[coupon]["until"] > self.shop.now
            self.coupons[coupon]["used"] -= good
            self.reached["coupon came back" if good else "coupon lapsed before its sale came back"] += 1

    def give_coupon(self, member: int) -> None:
        self.occasion += 1
        coupon = self.shop.give_coupon(self.dice.choice(self.kinds), member, occasion=self.occasion)
        uses, until = db.one("SELECT uses, valid_until_at FROM coupon WHERE id = ?", (coupon,)) or (0, 0)
        self.coupons[coupon] = {"used": 0, "uses": uses, "until": until}

    # --- a sale ------------------------------------------------------------------------------------------

    def sell(self) -> Sale:
        """One sale, of anything to anybody, paid in any way."""
        member = None if self.dice.random() < 0.12 else self.dice.choice(self.members)
        if member is not None:
            for treat, chance in ((self.give_points, 0.1), (self.top_up, 0.2), (self.give_coupon, 0.25)):
                if self.dice.random() < chance:
                    treat(member)
        basket = self.basket(member)
        quote = self.shop.quote(basket)
        if member is not None and quote.most_points and self.dice.random() < 0.5 and self.spends(member):
            basket = replace(basket, points=quote.most_points // self.dice.choice((1, 1, 2, 3)))
            quote = self.shop.quote(basket)
        given, paid = self.tenders(member, quote.total_cents, basket)
        request = SaleRequest(basket, given, quote.total_cents, proof=self.shop.proof(member) if member else None)
        return self.note(sales.post(request, by=self.shop.owner, now=self.shop.now), basket, paid)

    def basket(self, member: int | None, *, exchange: bool = False) -> Basket:
        names = self.dice.choices([name for name in GOODS if name not in MONEY_ONLY], k=self.dice.randint(1, 4))
        if not exchange and self.dice.random() < 0.12:
            extra = "gift card" if member is None else self.dice.choice(MONEY_ONLY)
            names.insert(self.dice.randint(0, len(names)), extra)
        lines = []
        for name in names:
            pieces = self.dice.choice((3, 4, 7) if name == "sweet" else (1, 1, 2, 3, 5)) * 1000
            milli = self.dice.randint(1, 2500) if GOODS[name].get("weighed") else 1000 if name == "top-up" else pieces
            unit = self.dice.choice([*TOP_UPS]) if name == "top-up" else None
            lines.append(BasketLine(self.shop.products[name], Milli(milli), unit))
        return Basket(self.shop.store, tuple(lines), member)

    def tenders(
        self, member: int | None, total: int, basket: Basket
    ) -> tuple[tuple[Tender, ...], list[tuple[str, int]]]:
        """Random ways of paying a total: as given, and as they must be recorded."""
        dice, given, paid = self.dice, [], []
        money = [(self.name(line), line) for line in basket.lines if self.name(line) in MONEY_ONLY]
        gift = sum((line.unit_cents or GOODS[name]["cents"]) * line.quantity // 1000 for name, line in money)
        if member is not None and dice.random() < 0.6:
            stored = [self.purses[member][asset].usable(self.shop.now) for asset in STORED]
            cents = min(sum(stored), total - gift)
            cents = dice.choice((cents, cents, cents // 2, min(cents, 1)))
            parts = paper.wallet_split(cents, *stored, self.rules["wallet_order"])
            given += [Tender("wallet", cents)] if cents else []
            paid += [(asset, part) for asset, part in zip(STORED, parts, strict=True) if part]
            total -= cents
        while total:
            cents = total if dice.random() < 0.6 else dice.randint(1, total)
            kind = dice.choice(("cash", "card", "wechat", "voucher"))
            change = 137 if kind == "cash" and cents == total and not any(one.kind == "cash" for one in given) else 0
            given.append(Tender(kind, cents + change))  # type: ignore[arg-type]
            paid.append((kind, cents))
            total -= cents
        return tuple(given), paid

    def note(self, sale_id: int, basket: Basket, paid: list[tuple[str, int]]) -> Sale:
        """Write a sale down on paper, and compare what the program recorded."""
        member, lines = basket.member_id, self.lines(sale_id, basket)
        total = paper.priced(lines, basket.points, self.rules)
        bonus = sum(cents for kind, cents in paid if kind == "bonus")
        multiplier = TIERS[self.tier_of.get(member or 0, "normal")]
        for line, number in zip(lines, paper.earned(lines, bonus, multiplier, self.rules), strict=True):
            line["earned"] = number
        assert [tuple(line[fact] for fact in FACTS) for line in lines] == db.rows(LINES, (sale_id,))
        recorded = db.rows("SELECT id, kind, cents FROM tender WHERE sale_id = ? ORDER BY position", (sale_id,))
        assert [row[1:] for row in recorded] == paid
        assert sum(cents for _, cents in paid) == total
        sale: Sale = {
            "id": sale_id, "member": member, "lines": lines, "spent": {}, "excused": 0, "refunds": 0,
            "tenders": [{"id": row[0], "kind": row[1], "cents": row[2], "back": 0} for row in recorded],
            "coupons": [row[0] for row in db.rows("SELECT coupon_id FROM coupon_use WHERE sale_id = ?", (sale_id,))],
            "wanted": self.dice.choices(("all", "part", "none"), (75, 20, 5))[0],
        }  # fmt: skip
        if member is not None:
            self.move(sale, member, bonus)
        self.count_sale(sale)
        self.open += [sale] if sale["wanted"] != "none" else []
        return sale

    def lines(self, sale_id: int, basket: Basket) -> list[paper.Line]:
        """The lines of a basket on paper; only what promotions took off is read from the program."""
        offs: dict[int, list[int]] = {}
        sql = "SELECT line_id, cents FROM sale_discount WHERE sale_id = ? AND rule_kind <> 'rounding' ORDER BY id"
        for line_id, cents in db.rows(sql, (sale_id,)):
            offs.setdefault(line_id, []).append(cents)
        ids = [row[0] for row in db.rows("SELECT id FROM sale_line WHERE sale_id = ? ORDER BY position", (sale_id,))]
        return [
            self.line(line_id, line, offs.get(line_id, [])) for line_id, line in zip(ids, basket.lines, strict=True)
        ]

    def line(self, line_id: int, asked: BasketLine, offs: list[int]) -> paper.Line:
        name = self.name(asked)
        given = GOODS[name]
        doubled = name == "cake" and "double points" in self.offers
        return {
            "id": line_id, "name": name, "quantity": asked.quantity, "offs": offs,
            "amount": paper.upto(asked.unit_cents or given["cents"], asked.quantity, 1000),
            "money_only": name in MONEY_ONLY, "tax_bp": given.get("tax_bp", 0), "weighed": given.get("weighed", False),
            "earns": given.get("earns", True) and name not in MONEY_ONLY, "points_each": given.get("points_each", 0),
            "boost_bp": 20_000 if doubled else 10_000,
            "back": 0, "back_cents": 0, "back_tax": 0, "back_points": 0, "back_due": 0,
        }  # fmt: skip

    def name(self, line: BasketLine) -> str:
        return next(name for name, product in self.shop.products.items() if product == line.product_id)

    def move(self, sale: Sale, member: int, bonus: int) -> None:
        """What a sale takes from its member and gives them."""
        purses = self.purses[member]
        amounts = {kind: sum(one["cents"] for one in sale["tenders"] if one["kind"] == kind) for kind in STORED}
        amounts["points"] = sum(line["redeemed"] for line in sale["lines"])
        sale["spent"] = {asset: self.take(member, asset, amount) for asset, amount in amounts.items() if amount}
        for coupon in sale["coupons"]:
            self.coupons[coupon]["used"] += 1
        for line in sale["lines"]:
            if line["name"] == "top-up":
                self.put_in(member, line["amount"], sale["id"], sale)
        gained = sum(line["earned"] for line in sale["lines"])
        self.reached["debt repaid"] += purses["points"].owed > 0 and gained > 0
        if gained:
            self.earn(member, gained, sale["id"])
        self.spend[member] += sum(line["net"] for line in sale["lines"] if not line["money_only"]) - bonus
        self.compare(member)

    def count_sale(self, sale: Sale) -> None:
        kinds = {one["kind"] for one in sale["tenders"]}
        lines, found = sale["lines"], self.reached
        found["sales"] += 1
        found["three ways of paying"] += len(sale["tenders"]) >= 3
        found["bonus paid"] += "bonus" in kinds
        found["points as money"] += any(line["redeemed"] for line in lines)
        found["weighed"] += any(line["weighed"] for line in lines)
        found["two discounts on a line"] += any(len(line["offs"]) >= 2 for line in lines)
        found["coupon used"] += bool(sale["coupons"])
        found["tax on top"] += self.rules["tax_mode"] == "exclusive" and any(line["tax"] for line in lines)
        found["tax inside"] += self.rules["tax_mode"] == "inclusive" and any(line["tax"] for line in lines)
        found["gift card beside goods"] += any(line["name"] == "gift card" for line in lines)
        found["top-up beside goods"] += any(line["name"] == "top-up" for line in lines)
        found["nothing to pay"] += not sale["tenders"]
        found["sold to nobody"] += sale["member"] is None

    # --- comparing -------------------------------------------------------------------------------------

    def compare(self, member: int) -> None:
        """Balances, debts and every lot of a member."""
        purses = self.purses[member]
        accounts = db.rows("SELECT asset, balance, debt FROM account WHERE member_id = ?", (member,))
        assert {row[0]: row[1:] for row in accounts} == {
            asset: (purse.balance, purse.owed) for asset, purse in purses.items()
        }
        sql = (
            "SELECT a.asset, l.original, l.remaining, l.expires_at FROM lot l JOIN account a ON a.id = l.account_id"
            " WHERE a.member_id = ? ORDER BY l.id"
        )
        lots: dict[str, list[tuple[Any, ...]]] = {asset: [] for asset in purses}
        for asset, *facts in db.rows(sql, (member,)):
            lots[asset].append(tuple(facts))
        assert lots == {asset: purse.shown() for asset, purse in purses.items()}
        usable = points.state(member, now=self.shop.now).usable
        assert usable == purses["points"].usable(self.shop.now)
        self.reached["owing"] += purses["points"].owed > 0

    def close(self) -> None:
        """The end of a batch: savings, coupons, spending, the sums of every sale, and the doctor."""
        for member in self.members[:3]:
            self.spend_points(member, everything=True)
            self.compare(member)
        for member in self.members:
            self.sweep(member)
            self.compare(member)
        coupons.lapse_due(now=self.shop.now)
        found = {row[0]: row[1:] for row in db.rows("SELECT id, used, state FROM coupon")}
        assert found == {coupon: (one["used"], self.coupon_state(one)) for coupon, one in self.coupons.items()}
        for member in self.members:
            assert stats.of(member).net_spend_cents == self.spend[member]
        assert db.rows(UNEVEN_LINES) == []
        assert db.rows(UNEVEN_TENDERS) == []
        assert ledgers.broken() == {}
        delivery.close_history(before=Millis(self.shop.now + 1))
        assert [one for one in doctor.examine(now=self.shop.now) if one.check != "library"] == []

    def coupon_state(self, coupon: dict[str, int]) -> str:
        if coupon["used"] == coupon["uses"]:
            return "used"
        return "issued" if coupon["until"] > self.shop.now else "lapsed"
