"""Fair draws: how the lottery draws, and how anyone can check it. Pure, standard library only.

Seeds form a chain, one a day: the seed of a day is SHA-256 of the next day's. The commitment, SHA-256 of
the first day's seed, is published before the first draw; each seed is shown when its day is over. So
the shop cannot choose a seed once it sees who draws. Draw n of a day is HMAC-SHA256 with the day's seed
over "lottery|n|mark", mark being SHA-256 of the member's own word; of its 32-bit words the first below
4,294,000,000 gives the number modulo 1,000,000, so that every number is equally likely (rejection
sampling). Prizes take up ranges of numbers from 0 in their order; numbers above them win nothing. A
prize whose stock is used up falls to nothing.

This file needs nothing beside it: `python fairness.py published.json` names each draw that does not fit.
"""

import hmac
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

NUMBERS = 1_000_000
FAIR_BELOW = 2**32 - 2**32 % NUMBERS


@dataclass(frozen=True)
class Misfit:
    """A draw that does not fit: 'seed', 'order', 'number', 'drawn' or 'given' says what is wrong with it."""

    day: str
    n: int
    why: str


def mark_of(word: str) -> str:
    """What stands for a member's word in the list of draws: 32 hexadecimal digits of its SHA-256."""
    return sha256(word.encode()).hexdigest()[:32]


def hashed(seed: bytes, times: int) -> bytes:
    """A seed so many days before another one."""
    for _ in range(times):
        seed = sha256(seed).digest()
    return seed


def number_of(seed: bytes, lottery: str, n: int, mark: str) -> int:
    """The number of a draw, 0 to 999,999, each equally likely."""
    block = f"{lottery}|{n}|{mark}".encode()
    while True:
        block = hmac.digest(seed, block, "sha256")
        for start in range(0, 32, 4):
            word = int.from_bytes(block[start : start + 4], "big")
            if word < FAIR_BELOW:
                return word % NUMBERS


def place_of(number: int, odds_ppm: Sequence[int]) -> int | None:
    """Which prize a number falls on, counted from 0; None for no prize."""
    for place, odds in enumerate(odds_ppm):
        if number < odds:
            return place
        number -= odds
    return None


def verify(published: Mapping[str, Any]) -> list[Misfit]:
    """Each draw of a published list that does not fit its seed, its place, its prize or the stock.

    Draws of a day whose seed is not shown yet are checked for all but their number.
    """
    seeds = {day: bytes.fromhex(seed) for day, seed in published["seeds"].items()}
    first, commitment = date.fromisoformat(published["from"]), bytes.fromhex(published["commitment"])
    broken = {
        day for day, seed in seeds.items() if hashed(seed, (date.fromisoformat(day) - first).days + 1) != commitment
    }
    left = {prize["id"]: prize["stock"] for prize in published["prizes"]}
    found: list[Misfit] = []
    before = ("", 0)
    for draw in sorted(published["draws"], key=lambda one: (one["day"], one["n"])):
        day, n = draw["day"], draw["n"]
        follows = (day, n) == (before[0], before[1] + 1) or (n == 1 and day > before[0])
        before = (day, n)
        why = _wrong(draw, published, _seed_of(day, seeds), left)
        if day in broken or not published["from"] <= day <= published["until"]:
            why = "seed"
        elif not follows:
            why = "order"
        if why:
            found.append(Misfit(day, n, why))
    return found


def _seed_of(day: str, seeds: Mapping[str, bytes]) -> bytes | None:
    """The seed of a day as shown, or worked out from a later one: leaving it out hides nothing."""
    if day in seeds:
        return seeds[day]
    last = max(seeds, default="")
    return hashed(seeds[last], (date.fromisoformat(last) - date.fromisoformat(day)).days) if last > day else None


def _wrong(
    draw: Mapping[str, Any], published: Mapping[str, Any], seed: bytes | None, left: dict[str, Any]
) -> str | None:
    """What is wrong with one draw by itself; counts down the stock of what it gave."""
    place = place_of(draw["number"], [prize["odds_ppm"] for prize in published["prizes"]])
    drawn = None if place is None else published["prizes"][place]["id"]
    due = None if drawn is None or left[drawn] == 0 else drawn
    if left.get(draw["given"]):
        left[draw["given"]] -= 1
    if seed is not None and number_of(seed, published["lottery"], draw["n"], draw["mark"]) != draw["number"]:
        return "number"
    if draw["drawn"] != drawn:
        return "drawn"
    return None if draw["given"] == due else "given"


if __name__ == "__main__":
    misfits = verify(json.loads(Path(sys.argv[1]).read_text("utf-8")))
    sys.stdout.writelines(f"{one.day} draw {one.n}: {one.why}\n" for one in misfits)
    sys.exit(1 if misfits else 0)
