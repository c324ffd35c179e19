"""A till that is told what to do and does it at once with others: `python -m tests.faults.rush`.

Each line of its input is a task in JSON. It opens the database, says "ready", waits for another line and
then begins; the answer is one line: for each attempt the name of the refusal, or "done", and an id.
"""

import json
import random
import sys
from collections.abc import Callable, Iterator
from typing import Any

from core.base import db, settings
from core.base.access import Actor
from core.base.clock import Millis
from core.base.errors import RegularsError
from core.base.money import Milli
from core.goods import counts, deliveries, transfers
from core.goods.batches import Batch
from core.loyalty import points, wallet
from core.people import staff
from core.people.credentials import Proof
from core.selling import claims, exchanges, parking, quotes, receipts, refunds, reversals, sales
from core.selling.quotes import Basket, BasketLine
from core.selling.returns import ReturnLine
from core.selling.sales import SaleRequest, Tender

Task = dict[str, Any]


class Till:
    """One till with its task."""

    def __init__(self, task: Task) -> None:
        self.task, self.now, self.member = task, Millis(task["now"]), task.get("member")
        self.by: Actor = staff.actor_of(task["owner"])
        self.dice = random.Random(f"{task['seed']} {task['number']}")

    def request(self) -> SaleRequest:
        task = self.task
        lines = tuple(BasketLine(product, Milli(milli)) for product, milli in task["lines"])
        basket = Basket(task["store"], lines, self.member, task.get("points", 0))
        return self.paid(basket, task["expected"], *[Tender(kind, cents) for kind, cents in task["tenders"]])

    def paid(self, basket: Basket, total: int, *tenders: Tender) -> SaleRequest:
        proof = Proof(self.member, "rotating", Millis(2**52)) if self.member else None
        return SaleRequest(basket, tenders, total, proof=proof)

    # --- what it can be told -------------------------------------------------------------------------------

    def sell(self) -> int:
        return sales.post(self.request(), by=self.by, now=self.now, key=self.task.get("key"))

    def refund(self) -> int:
        sale, line, milli = self.task["back"]
        back = (ReturnLine(line, milli),)
        return refunds.refund(sale, back, by=self.by, now=self.now, key=self.task.get("key"))

    def exchange(self) -> int:
        sale, line, milli = self.task["back"]
        back, key = (ReturnLine(line, milli),), self.task.get("key")
        return exchanges.exchange(sale, back, self.request(), by=self.by, now=self.now, key=key)

    def void(self) -> int:
        return reversals.void(self.task["sale"], by=self.by, now=self.now, key=self.task.get("key"))

    def reverse(self) -> int:
        return reversals.reverse_top_up(self.task["sale"], by=self.by, now=self.now, key=self.task.get("key"))

    def claim(self) -> int:
        members = self.task["members"]
        claims.claim(self.task["code"], members[self.task["number"] % len(members)], by=self.by, now=self.now)
        return self.task["number"]

    def claim_own(self) -> int:
        number = self.task["number"]
        claims.claim(self.task["codes"][number], self.task["members"][number], by=self.by, now=self.now)
        return number

    def recall(self) -> int:
        parking.recall(self.task["parked"], by=self.by, now=self.now)
        return self.task["parked"]

    def anything(self) -> int:
        """Something a till of a busy shop would do for this one member."""
        works = (self.buy, self.buy, self.bring_back, self.bring_back, self.undo, self.top_up, self.find, self.sweep)
        return self.dice.choice(works)()

    def basket(self) -> Basket:
        product = self.dice.choice(self.task["products"])
        return Basket(self.task["store"], (BasketLine(product, Milli(1000 * self.dice.randint(1, 3))),), self.member)

    def buy(self) -> int:
        basket = self.basket()
        most = quotes.quote(basket, by=self.by, now=self.now).most_points
        basket = Basket(basket.store_id, basket.lines, basket.member_id, most // self.dice.choice((1, 2, 9)))
        total = quotes.quote(basket, by=self.by, now=self.now).total_cents
        stored = min(wallet.state(self.member, now=self.now).total_cents, total) // self.dice.choice((1, 2))
        parts = [("wallet", stored), ("card", total - stored)]
        tenders = [Tender(kind, cents) for kind, cents in parts if cents]  # type: ignore[arg-type]
        return sales.post(self.paid(basket, total, *tenders), by=self.by, now=self.now)

    def bring_back(self) -> int:
        sale = receipts.of(self.dice.choice(receipts.recent(member_id=self.member, limit=6)).id)
        line = self.dice.choice(sale.lines)
        return refunds.refund(sale.id, (ReturnLine(line.id, 1000),), by=self.by, now=self.now)

    def undo(self) -> int:
        sale = self.dice.choice(receipts.recent(member_id=self.member, limit=6)).id
        return self.dice.choice((reversals.void, reversals.reverse_top_up))(sale, by=self.by, now=self.now)

    def top_up(self) -> int:
        line = BasketLine(self.task["top_up"], Milli(1000), unit_cents=2000)
        basket = Basket(self.task["store"], (line,), self.member)
        return sales.post(self.paid(basket, 2000, Tender("cash", 2000)), by=self.by, now=self.now)

    def find(self) -> int:
        """A receipt somebody left: sold to nobody, claimed by the member."""
        basket = self.basket()
        basket = Basket(basket.store_id, basket.lines)
        total = quotes.quote(basket, by=self.by, now=self.now).total_cents
        sale = sales.post(SaleRequest(basket, (Tender("cash", total),), total), by=self.by, now=self.now)
        claims.claim(claims.code_of(sale), self.member, by=self.by, now=self.now)
        return sale

    def any_stock(self) -> int:
        """Something that moves the stock of two stores."""
        works = (self.sell_goods, self.sell_goods, self.bring_goods_back, self.take_in, self.send, self.end, self.count)
        return self.dice.choice(works)()

    def sell_goods(self) -> int:
        lines = (BasketLine(self.dice.choice(self.task["products"]), Milli(1000 * self.dice.randint(1, 3))),)
        basket = Basket(self.dice.choice(self.task["stores"]), lines)
        total = quotes.quote(basket, by=self.by, now=self.now).total_cents
        return sales.post(SaleRequest(basket, (Tender("cash", total),), total), by=self.by, now=self.now)

    def bring_goods_back(self) -> int:
        sale = receipts.of(self.dice.choice(receipts.recent(limit=8)).id)
        return refunds.refund(sale.id, (ReturnLine(sale.lines[0].id, 1000),), by=self.by, now=self.now)

    def take_in(self) -> int:
        product = self.dice.choice(self.task["products"][:2])
        batch = Batch(self.dice.randint(739_760, 739_790), "A")
        lines = (deliveries.Line(product, 1000 * self.dice.randint(1, 9), self.dice.randint(1, 999), batch),)
        store = self.dice.choice(self.task["stores"])
        return deliveries.take_in(deliveries.Delivery(store, lines), by=self.by, now=self.now)

    def send(self) -> int:
        way = self.dice.sample(self.task["stores"], 2)
        goods = [(product, 1000 * self.dice.randint(1, 3)) for product in self.task["products"][:2]]
        return transfers.send(way[0], way[1], goods, by=self.by, now=self.now)

    def end(self) -> int:
        transfer = self.dice.choice(transfers.recent(by=self.by, limit=4)).id
        if self.dice.random() < 0.3:
            transfers.call_back(transfer, by=self.by, now=self.now)
        else:
            arrived = {self.task["products"][0]: 1000 * self.dice.randint(0, 3)}
            transfers.arrive(transfer, arrived, by=self.by, now=self.now)
        return transfer

    def count(self) -> int:
        sheet = counts.begin(self.dice.choice(self.task["stores"]), by=self.by, now=self.now)
        for product in self.task["products"][:2]:
            counts.note(sheet, product, 1000 * self.dice.randint(0, 9), by=self.by, now=self.now)
        counts.close(sheet, by=self.by, now=self.now)
        return sheet

    def sweep(self) -> int:
        return points.expire(self.member, by=self.by, now=self.now)


def attempts(work: Callable[[], int], times: int) -> Iterator[tuple[str, int]]:
    """Each attempt: done, or the name of the refusal; any other error ends the process."""
    for _ in range(times):
        try:
            yield "done", work()
        except RegularsError as refusal:
            yield type(refusal).__name__, 0


def main() -> None:
    settings.use(settings.Settings(secret="test secret"))
    for line in sys.stdin:
        task: Task = json.loads(line)
        db.open_database(task["url"])
        till = Till(task)
        print("ready", flush=True)
        sys.stdin.readline()
        given = list(attempts(getattr(till, task["work"]), task["times"]))
        db.close_database()
        print(json.dumps(given), flush=True)


if __name__ == "__main__":
    main()
