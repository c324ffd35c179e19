"""The books in any order of verbs, against books kept with a pencil, on both databases.

Writes fail at the n-th statement and are tried again with the same key, old keys are played again, the
clock goes back, value expires before and after the sweep. Arguments lean to the edges; the states worth
reaching are counted, and a run that reaches them too rarely fails. Seeded (REGULARS_SEED).
"""

import os
import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.base import db
from core.base import settings as installation
from core.base.clock import DAY, HOUR, Millis
from core.books import holds, posting, requests
from core.books.accounts import ASSETS, Asset, Cause, NotEnoughPoints, NotEnoughStored
from core.books.holds import HoldOver
from core.keeping import doctor
from tests import ledgers, postgres, shops
from tests.core.books.pencil import No, Purse

pytestmark = pytest.mark.slow

SEED = int(os.environ.get("REGULARS_SEED", "20261125"))
STEPS = 80
FLOORS = {
    "debt made": 40,
    "debt repaid": 30,
    "debt repaid by what came back": 3,
    "swept": 60,
    "swept beside what is set aside": 5,
    "expired before the sweep": 150,
    "spent from many lots": 50,
    "too much refused": 100,
    "pending refused": 10,
    "came back in parts": 60,
    "came back with grace": 20,
    "grace taken back": 3,
    "taken back after expiry": 20,
    "taken back after a part expired": 5,
    "held": 150,
    "captured": 60,
    "captured after expiry": 5,
    "captured and given back": 10,
    "released": 30,
    "hold lapsed": 20,
    "hold over refused": 30,
    "hold broken": 20,
    "passed on": 60,
    "passed on to a debtor": 5,
    "a write failed": 400,
    "an old key played": 200,
    "a key with another request": 50,
    "clock went back": 60,
}
"""How often each state must be reached in a hundred runs."""


class Fault(Exception):
    """A write that failed."""


class Books:
    """Two members with their accounts, in the database and with a pencil."""

    def __init__(self, rng: random.Random, reached: Counter[str]) -> None:
        self.rng, self.reached = rng, reached
        self.shop = shops.open_shop()
        self.members = [self.shop.member() for _ in range(2)]
        self.purses: dict[tuple[int, Asset], Purse] = {(who, asset): Purse() for who in (0, 1) for asset in ASSETS}
        self.now, self.number = int(self.shop.now), 0
        self.hold_ids: dict[int, int] = {}
        self.entry_ids: dict[int, int] = {}
        self.done: list[tuple[str, Callable[[], int], object, int]] = []

    # --- calling ---------------------------------------------------------------------------------------

    def call(self, request: object, do: Callable[[], int]) -> int:
        """One verb with a key of its own; it may fail at a write and is then tried again."""
        self.number += 1
        key = f"k{self.number}"
        if self.rng.random() < 0.35:
            before = self.seen()
            try:
                with failing(self.rng.choice((1, 1, 2, 2, 3, 4, 5, 6, 8))):
                    return self._answered(key, request, do)
            except Fault:
                self.reached["a write failed"] += 1
            assert self.seen() == before
        return self._answered(key, request, do)

    def _answered(self, key: str, request: object, do: Callable[[], int]) -> int:
        answer = once(key, request, do, self.now)
        self.done.append((key, do, request, answer))
        return answer

    def refused(self, error: type[Exception] | tuple[type[Exception], ...], do: Callable[[], int]) -> None:
        before = self.seen()
        with pytest.raises(error):
            once("refused", ["refused"], do, self.now)
        assert self.seen() == before

    def cause(self, kind: str, ref: int = 0) -> Cause:
        return Cause(kind, "sale" if ref else "test", ref, self.shop.owner, Millis(self.now), self.shop.store)

    # --- looking ---------------------------------------------------------------------------------------

    def seen(self) -> list[object]:
        """Every row that could have changed."""
        tables = ("account", "entry", "lot", "lot_use", "hold", "hold_lot", "request", "audit")
        return [db.rows(f"SELECT * FROM {table} ORDER BY 1, 2") for table in tables]

    def account(self, who: int, asset: Asset) -> posting.Account:
        return posting.account(self.members[who], asset)

    def agree(self) -> None:
        """Database and pencil say the same of every account."""
        for (who, asset), purse in self.purses.items():
            state = self.account(who, asset)
            lots = db.rows(
                "SELECT original, remaining, held, available_at, expires_at FROM lot WHERE account_id = ? ORDER BY id",
                (state.id,),
            )
            assert lots == purse.shown(), (asset, self.now)
            held = sum(hold.amount for hold in purse.holds.values() if hold.state == "held")
            assert (state.balance, state.debt, state.held) == (purse.balance, purse.owed, held)
            assert posting.usable(self.members[who], asset, now=Millis(self.now)) == purse.usable(self.now)
            self.reached["expired before the sweep"] += any(lot.past(self.now) and lot.free for lot in purse.lots)
        states = dict(db.rows("SELECT id, state FROM hold"))
        drawn = {self.hold_ids[no]: hold.state for purse in self.purses.values() for no, hold in purse.holds.items()}
        assert states == drawn

    # --- what may happen -------------------------------------------------------------------------------

    def any_purse(self) -> tuple[int, Asset, Purse]:
        who = self.rng.randrange(2)
        asset = self.rng.choice(("points", "points", "points", "bonus", "principal"))
        return who, asset, self.purses[who, asset]  # type: ignore[index, return-value]

    def amount(self, usable: int) -> int:
        """All, one too many, half, one, or anything below."""
        some = self.rng.randint(1, max(usable, 1))
        return self.rng.choice((usable, usable, usable + 1, usable // 2, 1, some, some))

    def credit(self) -> None:
        who, asset, purse = self.any_purse()
        amount, ref = self.rng.choice((1, 7, 30, 100)), self.number + 1
        start = self.now + self.rng.choice((0, 0, 0, 0, 2)) * DAY
        days = None if asset == "principal" else self.rng.choice((None, 1, 3, 3, 10, 10))
        until = None if days is None else start + days * DAY
        owed = purse.owed

        def do() -> int:
            state = self.account(who, asset)
            return posting.credit(
                state, amount, cause, expires_at=None if until is None else Millis(until), available_at=Millis(start)
            )

        cause = self.cause("earn", ref)
        self.call(["credit", who, asset, amount], do)
        purse.credit(amount, start=start, until=until, ref=ref, now=self.now)
        self.reached["debt repaid"] += purse.owed < owed

    def spend(self) -> None:
        who, asset, purse = self.any_purse()
        amount, cause = self.amount(purse.usable(self.now)), self.cause("redeem")
        if not amount:
            return

        def do() -> int:
            return posting.spend(self.account(who, asset), amount, cause)

        try:
            purse.spend(self.number + 1, amount, self.now)
        except No:
            self.refused((NotEnoughPoints, NotEnoughStored), do)
            self.reached["too much refused"] += 1
            self.reached["pending refused"] += any(lot.left and lot.start > self.now for lot in purse.lots)
            return
        name = self.number + 1
        self.entry_ids[name] = self.call(["spend", who, asset, amount], do)
        self.reached["spent from many lots"] += len(purse.spent[name]) > 1

    def give_back(self) -> None:
        purse = self.any_purse()[2]
        names = [name for name, parts in purse.spent.items() if any(part for _, part in parts)]
        if not names:
            return
        name = self.rng.choice(names[-3:])
        there = sum(int(part) for _, part in purse.spent[name])  # type: ignore[call-overload]
        amount = self.rng.choice((there, 1, (there + 1) // 2))
        grace, cause, owed = self.now + self.rng.choice((1, 5)) * DAY, self.cause("return"), purse.owed
        entry = self.entry_ids[name]
        self.call(["back", name, amount], lambda: posting.give_back(entry, amount, cause, grace_until=Millis(grace)))
        graced = purse.give_back(name, amount, grace=grace, now=self.now)
        self.reached["came back in parts"] += amount < there
        self.reached["came back with grace"] += graced > 0
        self.reached["captured and given back"] += name in purse.holds
        self.reached["debt repaid by what came back"] += purse.owed < owed

    def take_back(self) -> None:
        """The refund of what a credit was earned by; the newest ones first, in two or three parts."""
        who = self.rng.randrange(2)
        purse = self.purses[who, "points"]
        left = [
            (lot.ref, lot.original - purse.due.get(lot.ref, (0, 0))[0])
            for lot in purse.lots
            if lot.ref > 0 and purse.due.get(lot.ref, (0, 0))[0] < lot.original
        ]
        if not left:
            return
        ref, most = self.rng.choice(left[-3:])
        due = self.rng.choice((most, most, (most + 1) // 2, 1))
        asked, got = purse.due.get(ref, (0, 0))
        cause = self.cause("clawback", ref)
        own = [lot for lot in purse.lots if lot.comes_from(ref)]
        graced = sum(lot.left for lot in own if lot.origin is not None and not lot.past(self.now))

        def do() -> int:
            state = self.account(who, "points")
            return posting.take_back(state, due, cause, sale_id=ref, excused=asked - got)[0]

        answer = self.call(["claw", who, ref, due], do)
        taken, debt, broken = purse.claw(ref, due, self.now)
        assert answer == taken
        self.reached["debt made"] += debt > 0
        self.reached["taken back after expiry"] += taken < due
        self.reached["taken back after a part expired"] += 0 < taken < due
        self.reached["hold broken"] += broken
        self.reached["grace taken back"] += graced > sum(lot.left for lot in own if lot.origin is not None)

    def place(self) -> None:
        who, asset, purse = self.any_purse()
        amount, cause = self.amount(purse.usable(self.now)), self.cause("hold")
        if not amount:
            return
        until = self.now + self.rng.choice((1, 50, 100, 400)) * HOUR

        def do() -> int:
            return holds.place(self.account(who, asset), amount, cause, lapses_at=Millis(until))

        try:
            purse.place(self.number + 1, amount, until=until, now=self.now)
        except No:
            self.refused((NotEnoughPoints, NotEnoughStored), do)
            return
        name = self.number + 1
        self.hold_ids[name] = self.call(["hold", who, asset, amount], do)
        self.reached["held"] += 1

    def _any_hold(self) -> tuple[Purse, int] | None:
        """An open hold most of the time, else any."""
        purse = self.purses[self.rng.randrange(2), self.rng.choice(ASSETS)]
        names = [name for name, hold in purse.holds.items() if hold.state == "held" or self.rng.random() < 0.15]
        return (purse, self.rng.choice(names)) if names else None

    def capture(self) -> None:
        found = self._any_hold()
        if found is None:
            return
        purse, name = found
        hold_id, cause = self.hold_ids[name], self.cause("redeem")
        expired = any(lot.past(self.now) for lot, _ in purse.holds[name].parts)
        try:
            purse.capture(name, self.now)
        except No:
            self.refused(HoldOver, lambda: posting.capture(hold_id, cause))
            self.reached["hold over refused"] += 1
            return
        self.entry_ids[name] = self.call(["capture", name], lambda: posting.capture(hold_id, cause))
        self.reached["captured"] += 1
        self.reached["captured after expiry"] += expired

    def release(self) -> None:
        found = self._any_hold()
        if found is None:
            return
        purse, name = found
        state = "lapsed" if purse.holds[name].until <= self.now else "released"
        hold_id, now = self.hold_ids[name], Millis(self.now)
        try:
            purse.release(name, state)
        except No:
            self.refused(HoldOver, lambda: holds.end(hold_id, state, now=now).id)
            self.reached["hold over refused"] += 1
            return
        self.call(["release", name, state], lambda: holds.end(hold_id, state, now=now).id)
        self.reached["hold lapsed" if state == "lapsed" else "released"] += 1

    def sweep(self) -> None:
        who, asset, purse = self.any_purse()
        beside = any(lot.past(self.now) and lot.held and lot.free for lot in purse.lots)
        cause = self.cause("expire")
        answer = self.call(["sweep", who, asset], lambda: posting.expire(self.account(who, asset), cause))
        assert answer == purse.sweep(self.now)
        self.reached["swept"] += answer > 0
        self.reached["swept beside what is set aside"] += beside

    def move(self) -> None:
        who, asset, purse = self.any_purse()
        amount, into = self.amount(purse.usable(self.now)), self.purses[1 - who, asset]
        out, owed = self.cause("out"), into.owed
        if not amount:
            return

        def do() -> int:
            giver, taker = (self.account(one, asset) for one in (who, 1 - who))
            return posting.move(giver, taker, amount, out, out)

        try:
            purse.move_to(into, self.number + 1, amount, self.now)
        except No:
            self.refused((NotEnoughPoints, NotEnoughStored), do)
            return
        del purse.spent[self.number + 1]  # what was passed on is passed back, not returned
        self.call(["move", who, asset, amount], do)
        self.reached["passed on"] += 1
        self.reached["passed on to a debtor"] += owed > 0

    def wait(self) -> None:
        self.now += self.rng.choice((1, HOUR, DAY, DAY, 3 * DAY, 4 * DAY, 11 * DAY))

    def clock_back(self) -> None:
        self.now -= self.rng.choice((1, HOUR, DAY))
        self.reached["clock went back"] += 1

    def play_again(self) -> None:
        """An old key answers what it answered; with another request it is refused. Nothing is written."""
        if not self.done:
            return
        key, do, request, answer = self.rng.choice(self.done[-20:])
        before = self.seen()
        assert once(key, request, do, self.now) == answer
        self.reached["an old key played"] += 1
        if self.rng.random() < 0.3:
            with pytest.raises(requests.KeyReused):
                once(key, ["another"], do, self.now)
            self.reached["a key with another request"] += 1
        assert self.seen() == before

    def earn_spend_and_take_back(self) -> None:
        """The way into debt, grace and broken holds that chance alone takes too rarely."""
        self.credit()
        for _ in range(2):
            self.rng.choice((self.spend, self.spend, self.place))()
        self.rng.choice((self.wait, self.sweep, self.take_back))()
        self.rng.choice((self.take_back, self.give_back))()
        self.take_back()

    def hold_and_wait(self) -> None:
        """Set aside, then wait until some of it has expired or its own time is over."""
        self.place()
        for _ in range(self.rng.choice((1, 2))):
            self.rng.choice((self.wait, self.wait, self.sweep, self.credit))()
        self.rng.choice((self.capture, self.capture, self.release))()
        self.give_back()

    def step(self) -> None:
        weights = {
            self.credit: 5, self.spend: 4, self.give_back: 3, self.take_back: 3, self.place: 3, self.capture: 3,
            self.release: 2, self.sweep: 2, self.move: 2, self.wait: 3, self.clock_back: 1, self.play_again: 3,
            self.earn_spend_and_take_back: 3, self.hold_and_wait: 4,
        }  # fmt: skip
        self.rng.choices(list(weights), list(weights.values()))[0]()
        self.agree()


@db.atomic
def once(key: str, request: object, do: Callable[[], int], now: int) -> int:
    return requests.once(key, do, scope="machine", request=request, now=Millis(now))


@contextmanager
def failing(at: int) -> Iterator[None]:
    """The n-th write inside the block fails, as a full disk or a lost connection would."""
    run, written = db.run, 0

    def counted(sql: str, params: tuple[object, ...] = ()) -> object:
        nonlocal written
        if not sql.startswith(("SELECT", "WITH")):
            written += 1
            if written == at:
                raise Fault
        return run(sql, params)

    db.run = counted
    try:
        yield
    finally:
        db.run = run


def play(runs: range, open_database: Callable[[int], None]) -> Counter[str]:
    """So many runs, each on an empty database; what was reached."""
    reached: Counter[str] = Counter()
    installation.use(installation.Settings(secret="test secret"))
    for number in runs:
        open_database(number)
        try:
            books = Books(random.Random(SEED + number), reached)
            for _ in range(STEPS):
                books.step()
            assert ledgers.broken() == {}
            found = [one for one in doctor.examine(now=Millis(books.now)) if one.check in LEDGER_CHECKS]
            assert found == []
        except BaseException:
            print(f"run {number} of seed {SEED}")
            raise
        finally:
            db.close_database()
    return reached


LEDGER_CHECKS = {"account balance", "lots", "lot uses", "holds"}


def short_of(reached: Counter[str], runs: int) -> dict[str, int]:
    return {name: reached[name] for name, least in FLOORS.items() if reached[name] < least * runs // 100}


def test_the_books_agree_with_the_pencil_on_sqlite(tmp_path: Path, empty_sqlite: Path) -> None:
    def fresh(number: int) -> None:
        path = tmp_path / f"{number}.db"
        shutil.copy(empty_sqlite, path)
        db.open_database(str(path), durable=False)

    assert short_of(play(range(100), fresh), 100) == {}


@pytest.mark.postgres
def test_the_books_agree_with_the_pencil_on_postgres(cluster: postgres.Cluster) -> None:
    def fresh(number: int) -> None:
        db.open_database(cluster.create(f"machine{number}", template="migrated"))

    assert short_of(play(range(1000, 1012), fresh), 6) == {}


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_the_books_agree_with_the_pencil_a_long_time(tmp_path: Path, empty_sqlite: Path) -> None:
    def fresh(number: int) -> None:
        path = tmp_path / "long.db"
        for one in tmp_path.glob("long.db*"):
            one.unlink()
        shutil.copy(empty_sqlite, path)
        db.open_database(str(path), durable=False)

    assert short_of(play(range(10_000, 13_000), fresh), 3000) == {}
