"""A poster: moves points and stored value for ever, each verb with a numbered key, and notes every answer.

What a number does follows from the number alone, so that the books can be worked out from the keys that
were kept. Two members: points by hand to the first, passed on to the second, set aside and captured, sales
paid from stored value, top-ups.
"""

import os
from pathlib import Path

from core.base import clock, db
from core.base.access import Actor
from core.base.clock import HOUR, Millis
from core.base.money import Milli
from core.books.posting import Cause
from core.loyalty import points, reserves
from core.people import staff
from core.people.credentials import Proof
from core.selling import quotes, sales
from core.selling.quotes import Basket, BasketLine
from core.selling.sales import SaleRequest, Tender

VERBS = ("adjust", "transfer", "reserve", "sell", "top_up")
GIVEN, PASSED, HELD, PAID, STORED = 50, 7, 11, 900, 2000


class Poster:
    """One poster with its name; `post` does what a number stands for and answers the id it was given."""

    def __init__(self, name: str, store: int, tea: int, top_up: int, members: tuple[int, int]) -> None:
        self.name, self.store, self.tea, self.top_up_id, self.members = name, store, tea, top_up, members
        self.by: Actor = staff.actor_of(int(db.value("SELECT id FROM staff WHERE role = 'owner'")))

    def post(self, number: int) -> int:
        verb = VERBS[number % len(VERBS)]
        done: int = getattr(self, verb)(f"{self.name}-{number}", clock.now())
        return done

    def adjust(self, key: str, now: Millis) -> int:
        return points.adjust(self.members[0], GIVEN, reason="kills", by=self.by, now=now, key=key)

    def transfer(self, key: str, now: Millis) -> int:
        giver, taker = self.members
        return points.transfer(giver, taker, PASSED, reason="kills", by=self.by, now=now, key=key)

    def reserve(self, key: str, now: Millis) -> int:
        """Set aside and captured, each with a key of its own."""
        hold = reserves.reserve(
            self.members[0], HELD, lapses_at=Millis(now + HOUR), ref=("kill", 1), by=self.by, now=now, key=f"{key}-h"
        )
        return reserves.capture(hold, Cause("redeem", "hold", hold, self.by, now, self.store), key=key)

    def sell(self, key: str, now: Millis) -> int:
        basket = Basket(self.store, (BasketLine(self.tea),), self.members[1])
        return self._sold(basket, ("wallet", PAID), key, now)

    def top_up(self, key: str, now: Millis) -> int:
        line = BasketLine(self.top_up_id, Milli(1000), unit_cents=STORED)
        return self._sold(Basket(self.store, (line,), self.members[1]), None, key, now)

    def _sold(self, basket: Basket, stored: tuple[str, int] | None, key: str, now: Millis) -> int:
        total = quotes.quote(basket, by=self.by, now=now).total_cents
        paid = [Tender(*stored)] if stored else []  # type: ignore[arg-type]
        rest = total - sum(one.cents for one in paid)
        tenders = (*paid, *((Tender("cash", rest),) if rest else ()))
        proof = Proof(self.members[1], "rotating", Millis(now + 60_000))
        return sales.post(SaleRequest(basket, tenders, total, proof=proof), by=self.by, now=now, key=key)


def post_for_ever(poster: Poster, notes: Path) -> None:
    """Go on after the last number noted; the first may have been done before, and is asked for again."""
    noted = notes.read_text().splitlines() if notes.exists() else []
    whole = [line for line in noted if len(line.split()) == 3 and line.endswith(".")]
    number = int(whole[-1].split()[0]) + 1 if whole else 1
    with notes.open("a") as file:
        file.write("\n")
        while True:
            answer = poster.post(number)
            file.write(f"{number} {answer} .\n")
            file.flush()
            number += 1


def acknowledged(folder: Path) -> dict[str, int]:
    """The answers of every poster, by key. A line that was cut off by a kill does not count."""
    found = {}
    for notes in folder.glob("*.notes"):
        for line in notes.read_text().splitlines():
            parts = line.split()
            if len(parts) == 3 and parts[2] == ".":
                found[f"{notes.stem}-{parts[0]}"] = int(parts[1])
    return found


def uneven(acked: dict[str, int], members: tuple[int, int]) -> list[str]:
    """What is wrong with the books: an answer that is lost, or an effect that is there not once."""
    sql = "SELECT scope, key, answer FROM request"
    rows = db.rows(sql)
    if any(None in row for row in rows):
        return ["a request is torn"]
    kept = {key: (scope.rpartition("/")[2], int(answer)) for scope, key, answer in rows}
    wrong = [f"{key} answered {answer}, kept {kept.get(key)}" for key, answer in acked.items()
             if kept.get(key, ("", 0))[1] != answer]  # fmt: skip
    times = {verb: sum(one == verb for one, _ in kept.values()) for verb in ("adjust", "transfer", "capture", "sale")}
    reserved = sum(key.endswith("-h") for key in kept)
    tops = sum(one == "sale" and int(key.rpartition("-")[2]) % 5 == 4 for key, (one, _) in kept.items())
    sold = times["sale"] - tops
    bought = db.value("SELECT coalesce(sum(earned_points), 0) FROM sale")
    balances = dict(db.rows("SELECT member_id || asset, balance FROM account"))
    held = dict(db.rows("SELECT member_id || asset, held FROM account"))
    first, second = members
    expected = {
        f"{first}points": times["adjust"] * GIVEN - times["transfer"] * PASSED - times["capture"] * HELD + START,
        f"{second}points": times["transfer"] * PASSED + bought,
        f"{second}principal": tops * STORED - sold * PAID + START,
    }
    wrong += [f"{name}: {balances[name]}, not {due}" for name, due in expected.items() if balances[name] != due]
    open_holds = (reserved - times["capture"]) * HELD
    if held[f"{first}points"] != open_holds:
        wrong.append(f"held {held[f'{first}points']}, not {open_holds}")
    if db.value("SELECT count(*) FROM sale WHERE id <> ?", (FIRST_SALE[0],)) != times["sale"]:
        wrong.append("sales without a key")
    return wrong


START = 1_000_000
"""Points of the first member and cents of the second at the beginning."""
FIRST_SALE: list[int] = [0]


def become(poster: Poster, notes: Path) -> None:
    """What a forked process does until it is killed."""
    try:
        post_for_ever(poster, notes)
    finally:
        os._exit(1)
