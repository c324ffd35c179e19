"""What comes back of a shop that trades at random: parts, exchanges, claims, whole sales undone."""

from dataclasses import replace
from typing import Any

import pytest

from core.base import db
from core.selling import claims, exchanges, promotions, refunds, reversals
from core.selling.refunds import How, ReturnLine
from core.selling.returns import TooMuchReturned
from core.selling.sales import SaleRequest, Tender
from tests.core.selling import paper
from tests.core.selling.paper import STORED, Sale
from tests.core.selling.trade import Trade

Back = list[tuple[int, int]]
"""Lines by their place, and how much of each."""


class Comebacks(Trade):
    """Trade with returns in random parts and order until all is back, or a part, or nothing."""

    def run(self, sequences: int) -> None:
        started = 0
        while started < sequences or self.open:
            self.pass_time()
            if started < sequences and (len(self.open) < 3 or self.dice.random() < 0.35):
                self.sell_or_undo()
                started += 1
            else:
                self.bring_back(self.dice.choice(self.open))
            if started == sequences // 2 and "double points" in self.offers:
                for name in ("double points", "满80减10"):
                    promotions.end(self.offers.pop(name), by=self.shop.owner, now=self.shop.now)
        self.close()

    def sell_or_undo(self) -> None:
        sale = self.sell()
        if self.dice.random() < 0.04:
            self.undo(sale)

    def bring_back(self, sale: Sale) -> None:
        """One step of a sale's returns: a part, an exchange, a claim, or a try to bring back too much."""
        if sale["member"] is None and self.dice.random() < 0.25:
            self.claim(sale)
            return
        back = self.part_of(sale)
        if not back:
            self.finish(sale)
            return
        if self.dice.random() < 0.05:
            self.too_much(sale, back)
        plan = paper.planned(sale, back)
        if self.dice.random() < 0.06:
            self.exchange(sale, back, plan)
        else:
            to_wallet = sale["member"] is not None and self.dice.random() < 0.15
            self.refund(sale, back, plan, to_wallet)
        if sale["wanted"] == "part" and self.dice.random() < 0.6:
            self.open.remove(sale)
        elif not self.returnable(sale):
            self.finish(sale)

    def returnable(self, sale: Sale) -> list[int]:
        lines = enumerate(sale["lines"])
        return [at for at, line in lines if not line["money_only"] and line["back"] < line["quantity"]]

    def part_of(self, sale: Sale) -> Back:
        """Some of the lines, some of each, in any order."""
        found, chosen = self.returnable(sale), []
        everything = self.dice.random() < 0.25
        for at in found if everything else self.dice.sample(found, self.dice.randint(min(1, len(found)), len(found))):
            line = sale["lines"][at]
            left = line["quantity"] - line["back"]
            step = 1 if line["weighed"] else 1000
            some = left if everything or self.dice.random() < 0.3 else self.dice.randint(1, left // step) * step
            chosen.append((at, some))
        return chosen

    def lines_of(self, sale: Sale, back: Back) -> tuple[ReturnLine, ...]:
        return tuple(ReturnLine(sale["lines"][at]["id"], milli, self.dice.random() < 0.8) for at, milli in back)

    def too_much(self, sale: Sale, back: Back) -> None:
        at, _ = back[0]
        line = sale["lines"][at]
        over = ReturnLine(line["id"], line["quantity"] - line["back"] + 1)
        with pytest.raises(TooMuchReturned):
            refunds.refund(sale["id"], (over,), by=self.shop.owner, now=self.shop.now)
        self.reached["too much refused"] += 1

    def refund(self, sale: Sale, back: Back, plan: dict[str, Any], to_wallet: bool) -> None:
        key = f"refund {sale['id']} {sale['refunds']}" if self.dice.random() < 0.1 else None
        given, how = self.lines_of(sale, back), How(to_wallet=to_wallet)
        by, now = self.shop.owner, self.shop.now
        refund = refunds.refund(sale["id"], given, how, by=by, now=now, key=key)
        if key is not None:
            assert refunds.refund(sale["id"], given, how, by=by, now=now, key=key) == refund
        self.note_back(sale, plan, refund, to_wallet=to_wallet)
        self.reached["stays as stored value"] += to_wallet

    def undo(self, sale: Sale) -> None:
        plan = paper.planned(sale, [(at, line["quantity"]) for at, line in enumerate(sale["lines"])], undo=True)
        refund = reversals.void(sale["id"], by=self.shop.owner, now=self.shop.now)
        if any(line["name"] == "top-up" for line in sale["lines"]):
            self.take_out(sale["member"], sale["id"])
            self.top_ups[sale["member"]].pop()
        self.note_back(sale, plan, refund)
        self.reached["undone"] += 1
        if sale in self.open:
            self.finish(sale)

    def exchange(self, sale: Sale, back: Back, plan: dict[str, Any]) -> None:
        member, by, now, lines = sale["member"], self.shop.owner, self.shop.now, self.lines_of(sale, back)
        basket = self.basket(member, exchange=True)
        found = exchanges.preview(sale["id"], lines, basket, by=by, now=now)
        if member is not None and self.dice.random() < 0.5:
            basket = replace(basket, points=max(found.quote.most_points, 0))
            found = exchanges.preview(sale["id"], lines, basket, by=by, now=now)
        total = found.quote.total_cents
        used = min(plan["total"], total)
        kinds = [one["kind"] for one in sale["tenders"]]
        paid = [(kind, part) for kind, part in zip(kinds, paper.split(used, plan["tenders"]), strict=True) if part]
        rest = (Tender("card", total - used),) if total > used else ()
        request = SaleRequest(basket, rest, total, proof=self.shop.proof(member) if member else None)
        new = exchanges.exchange(sale["id"], lines, request, by=by, now=now)
        self.note_back(sale, plan, db.value("SELECT exchange_of FROM sale WHERE id = ?", (new,)), compared=False)
        self.note(new, basket, [*paid, *[("card", one.cents) for one in rest]])
        self.reached["exchanged with points"] += basket.points > 0
        self.reached["exchanged"] += 1

    def claim(self, sale: Sale) -> None:
        member = self.dice.choice(self.members)
        due = sum(line["earned"] - line["back_due"] for line in sale["lines"])
        code = claims.code_of(sale["id"])
        assert claims.claim(code, member, by=self.shop.owner, now=self.shop.now) == due
        sale["member"] = member
        if due:
            self.earn(member, due, sale["id"])
        goods = [line for line in sale["lines"] if not line["money_only"]]
        self.spend[member] += sum(line["net"] - line["back_cents"] for line in goods)
        self.reached["claimed after a part came back" if sale["refunds"] else "claimed"] += 1
        self.compare(member)

    def note_back(
        self, sale: Sale, plan: dict[str, Any], refund: int, *, to_wallet: bool = False, compared: bool = True
    ) -> None:
        """Write a refund down on paper, and compare what the program recorded and moved."""
        parts, lines = plan["parts"], sale["lines"]
        paper.write_back(sale, plan)
        sale["refunds"] += 1
        due, returned = (sum(part[key] for part in parts) for key in ("due", "returned"))
        taken = self.move_back(sale, plan, due, returned, to_wallet) if sale["member"] is not None else due
        sql = "SELECT total_cents, returned_points, taken_points FROM refund WHERE id = ?"
        assert db.one(sql, (refund,)) == (plan["total"], returned, taken)
        wanted = [
            (lines[one["at"]]["id"], one["quantity"], one["cents"], one["tax"], one["returned"], one["due"])
            for one in parts
        ]
        columns = "line_id, quantity_milli, cents, tax_cents, returned_points, taken_points"
        assert db.rows(f"SELECT {columns} FROM refund_line WHERE refund_id = ? ORDER BY id", (refund,)) == wanted
        given = [(one["id"], cents) for one, cents in zip(sale["tenders"], plan["tenders"], strict=True) if cents]
        sql = "SELECT tender_id, cents FROM refund_tender WHERE refund_id = ? ORDER BY id"
        assert db.rows(sql, (refund,)) == given
        self.count_back(sale, plan)
        if sale["member"] is not None and compared:
            self.compare(sale["member"])

    def move_back(self, sale: Sale, plan: dict[str, Any], due: int, returned: int, to_wallet: bool) -> int:
        """What a refund gives its member and takes from them; the points taken."""
        purses, now, grace = self.purses[sale["member"]], self.shop.now, self.rules["grace_days"]
        pairs = list(zip(sale["tenders"], plan["tenders"], strict=True))
        amounts = {kind: sum(cents for one, cents in pairs if one["kind"] == kind) for kind in STORED}
        for asset, amount in {"points": returned, **amounts}.items():
            if amount:
                graced = purses[asset].put_back(sale["spent"][asset], amount, now, grace)
                after = f"{asset} returned after {'their' if asset == 'points' else 'its'} expiry"
                self.reached[after if graced else f"{asset} returned"] += 1
        if to_wallet and plan["total"] > sum(amounts.values()):
            purses["principal"].add(plan["total"] - sum(amounts.values()), now)
        owed = purses["points"].owed
        taken = purses["points"].claw(due, now, sale)
        self.reached["debt made"] += purses["points"].owed > owed
        self.reached["expired points not taken"] += taken < due
        if paper.whole(sale):
            self.coupons_back(sale)
        goods = sum(part["cents"] for part in plan["parts"] if not sale["lines"][part["at"]]["money_only"])
        self.spend[sale["member"]] -= goods - amounts["bonus"]
        return taken

    def count_back(self, sale: Sale, plan: dict[str, Any]) -> None:
        found, lines = self.reached, sale["lines"]
        found["refunds"] += 1
        found["part of a weighed line"] += any(
            lines[one["at"]]["weighed"] and one["quantity"] < lines[one["at"]]["quantity"] for one in plan["parts"]
        )
        found["refund with tax on top"] += bool(self.rules["tax_mode"] == "exclusive" and plan["total"])
        found["refund over three ways of paying"] += sum(cents > 0 for cents in plan["tenders"]) >= 3
        found["refund beside a card or top-up"] += any(line["money_only"] and not line["back"] for line in lines)
        found["refund of an ended promotion"] += "double points" not in self.offers
        found["part within bounds"] += plan["bounded"]

    def finish(self, sale: Sale) -> None:
        self.open.remove(sale)
        if paper.whole(sale):
            assert paper.uneven(sale) == [] or any(line["name"] == "top-up" for line in sale["lines"])
            self.reached["came back wholly"] += 1
            self.reached["in three parts or more"] += sale["refunds"] >= 3
            self.reached["in six parts or more"] += sale["refunds"] >= 6
