"""A till that sells for ever: posts sale after sale with numbered keys and prints each answer it was given.

Between two sales it takes as long as one of them, so that kiosk and scheduler get their turn.

Run as a process by the kill test: `python -m tests.faults.till DATABASE STORE PRODUCT MEMBER FIRST`.
"""

import sys
import time

from core.base import clock, db, settings
from core.base.clock import Millis
from core.base.money import Milli
from core.people import staff
from core.people.credentials import Proof
from core.selling import quotes, sales
from core.selling.quotes import Basket, BasketLine
from core.selling.sales import SaleRequest, Tender


def sell_for_ever(store: int, product: int, member: int, first: int) -> None:
    by = staff.actor_of(int(db.value("SELECT id FROM staff WHERE role = 'owner'")))
    number = first
    while True:
        now = clock.now()
        basket = Basket(store, (BasketLine(product, Milli(2000)),), member)
        total = quotes.quote(basket, by=by, now=now).total_cents
        tenders = (Tender("wallet", 100), Tender("cash", total - 100))
        request = SaleRequest(basket, tenders, total, proof=Proof(member, "rotating", Millis(now + 60_000)))
        sale_id = sales.post(request, by=by, now=now, key=f"till-{number}")
        sys.stdout.write(f"{number} {sale_id}\n")
        sys.stdout.flush()
        number += 1
        time.sleep((clock.now() - now) / 1000)


if __name__ == "__main__":
    settings.use(settings.Settings(secret="kills"))
    db.open_database(sys.argv[1])
    sell_for_ever(*(int(argument) for argument in sys.argv[2:6]))
