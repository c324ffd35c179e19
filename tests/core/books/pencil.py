"""The books kept with a pencil: lots, debts and holds of some accounts, after the rules; nothing of the program.

Every verb returns what changed, or raises `No` where the rules refuse it and nothing is written.
"""

from dataclasses import dataclass, field


class No(Exception):
    """The rules refuse it."""


@dataclass
class Lot:
    """What came in at once: what is left and set aside, from when and until when, for which document."""

    no: int
    original: int
    left: int
    start: int
    until: int | None
    ref: int
    held: int = 0
    written_off: int = 0
    origin: "Lot | None" = None

    @property
    def free(self) -> int:
        return self.left - self.held

    def past(self, now: int) -> bool:
        return self.until is not None and self.until <= now

    @property
    def order(self) -> tuple[bool, int, int, int]:
        return self.until is None, self.until or 0, self.start, self.no

    def comes_from(self, ref: int) -> bool:
        return self.ref == ref or (self.origin is not None and self.origin.comes_from(ref))


@dataclass
class Hold:
    """What is set aside of some lots until a moment."""

    parts: list[tuple[Lot, int]]
    until: int
    at: int
    state: str = "held"

    @property
    def amount(self) -> int:
        return sum(part for _, part in self.parts)


@dataclass
class Purse:
    """One account: its lots in the order they were made, its debt, its holds, what was taken out and by what."""

    lots: list[Lot] = field(default_factory=list)
    owed: int = 0
    holds: dict[int, Hold] = field(default_factory=dict)
    spent: dict[int, list[list[object]]] = field(default_factory=dict)
    due: dict[int, tuple[int, int]] = field(default_factory=dict)

    @property
    def balance(self) -> int:
        return sum(lot.left for lot in self.lots) - self.owed

    def usable(self, now: int) -> int:
        return sum(lot.free for lot in self._usable(now))

    def _usable(self, now: int) -> list[Lot]:
        good = (lot for lot in self.lots if lot.free > 0 and lot.start <= now and not lot.past(now))
        return sorted(good, key=lambda lot: lot.order)

    def _new(self, amount: int, start: int, until: int | None, ref: int, origin: Lot | None = None) -> Lot:
        self.lots.append(Lot(len(self.lots), amount, amount, start, until, ref, origin=origin))
        return self.lots[-1]

    def _repay(self, lots: list[Lot], now: int) -> None:
        for lot in sorted(lots, key=lambda lot: lot.order):
            if not lot.past(now):
                paid = min(self.owed, lot.free)
                self.owed, lot.left = self.owed - paid, lot.left - paid

    def _pick(self, lots: list[Lot], amount: int) -> list[tuple[Lot, int]]:
        found = []
        for lot in lots:
            part = min(amount, lot.free)
            if part:
                found.append((lot, part))
                amount -= part
        assert amount == 0
        return found

    # --- verbs ---------------------------------------------------------------------------------------

    def credit(self, amount: int, *, start: int, until: int | None, ref: int, now: int) -> None:
        self._repay([self._new(amount, start, until, ref)], now)

    def spend(self, name: int, amount: int, now: int) -> None:
        if amount > self.usable(now):
            raise No
        taken = self._pick(self._usable(now), amount)
        for lot, part in taken:
            lot.left -= part
        self.spent[name] = [[lot, part] for lot, part in taken]

    def place(self, name: int, amount: int, *, until: int, now: int) -> None:
        if amount > self.usable(now):
            raise No
        taken = self._pick(self._usable(now), amount)
        for lot, part in taken:
            lot.held += part
        self.holds[name] = Hold(taken, until, now)

    def capture(self, name: int, now: int) -> None:
        hold = self.holds[name]
        if hold.state != "held" or hold.until <= now:
            raise No
        self._free(hold, "captured")
        for lot, part in hold.parts:
            lot.left -= part
        self.spent[name] = [[lot, part] for lot, part in sorted(hold.parts, key=lambda pair: pair[0].order)]

    def release(self, name: int, state: str) -> None:
        if self.holds[name].state != "held":
            raise No
        self._free(self.holds[name], state)

    def _free(self, hold: Hold, state: str) -> None:
        hold.state = state
        for lot, part in hold.parts:
            lot.held -= part

    def give_back(self, name: int, amount: int, *, grace: int, now: int) -> int:
        """Return part of a spend; what went on in lots of grace."""
        touched, graced = [], 0
        for pair in sorted(self.spent[name], key=lambda pair: pair[0].order, reverse=True):  # type: ignore[attr-defined]
            lot, used = pair
            assert isinstance(lot, Lot) and isinstance(used, int)
            part = min(amount, used)
            if not part:
                continue
            pair[1] = used - part
            amount -= part
            if lot.past(now):
                touched.append(self._new(part, now, grace, -1, origin=lot))
                graced += part
            else:
                lot.left += part
                touched.append(lot)
        assert amount == 0
        self._repay(touched, now)
        return graced

    def claw(self, ref: int, due: int, now: int) -> tuple[int, int, int]:
        """Take back what a document earned: (taken, debt made, holds broken)."""
        asked, got = self.due.get(ref, (0, 0))
        broken = 0
        while True:
            own = [lot for lot in self.lots if lot.comes_from(ref)]
            open_own = [lot for lot in own if lot.left and not lot.past(now)]
            others = [lot for lot in self.lots if lot not in own and lot.left and not lot.past(now)]
            lapsed = sum(lot.written_off + (lot.free if lot.past(now) else 0) for lot in own)
            lapsed = max(lapsed - (asked - got), 0)
            from_own = min(due, sum(lot.free for lot in open_own))
            rest = due - from_own
            rest -= min(rest, lapsed)
            from_others = min(rest, sum(lot.free for lot in others))
            debt = rest - from_others
            on_own = [hold for hold in self.holds.values() if any(lot in own for lot, _ in hold.parts)]
            if (from_own < due and self._break(on_own)) or (debt and self._break(list(self.holds.values()))):
                broken += 1
            else:
                break
        taken = from_own + from_others + debt
        for lots, amount in ((open_own, from_own), (others, from_others)):
            for lot, part in self._pick(sorted(lots, key=lambda lot: lot.order), amount):
                lot.left -= part
        self.owed += debt
        self.due[ref] = (asked + due, got + taken)
        return taken, debt, broken

    def _break(self, holds: list[Hold]) -> bool:
        """End the newest open hold of these."""
        names = {id(hold): name for name, hold in self.holds.items()}
        open_ones = [hold for hold in holds if hold.state == "held"]
        if not open_ones:
            return False
        self._free(max(open_ones, key=lambda hold: (hold.at, names[id(hold)])), "broken")
        return True

    def sweep(self, now: int) -> int:
        gone = 0
        for lot in self.lots:
            if lot.past(now) and lot.free:
                gone += lot.free
                lot.written_off += lot.free
                lot.left -= lot.free
        return gone

    def move_to(self, taker: "Purse", name: int, amount: int, now: int) -> None:
        if amount > self.usable(now):
            raise No
        taken = self._pick(self._usable(now), amount)
        for lot, part in taken:
            lot.left -= part
        self.spent[name] = [[lot, part] for lot, part in taken]
        taker._repay([taker._new(part, lot.start, lot.until, -1) for lot, part in taken], now)

    def shown(self) -> list[tuple[int, int, int, int, int | None]]:
        """Every lot ever, as (original, left, set aside, start, until), in the order they were made."""
        return [(lot.original, lot.left, lot.held, lot.start, lot.until) for lot in self.lots]
