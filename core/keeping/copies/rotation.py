"""Which backups have had their time: a few days, weeks and months back stay, and never is the last good one removed."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from core.base import clock
from core.base.clock import Millis


@dataclass(frozen=True)
class Keep:
    """How many of the newest days, weeks and months keep a backup each."""

    daily: int = 7
    weekly: int = 4
    monthly: int = 12


@dataclass(frozen=True)
class Dated:
    """A backup as the rotation sees it."""

    path: Path
    made_at: Millis
    verified: bool


def to_remove(backups: Iterable[Dated], keep: Keep, *, zone: str) -> list[Dated]:
    """Those that no day, week or month to be kept is the last of; the oldest first.

    The newest stays, and the newest that was verified. Days are the shop's.
    """
    ordered = sorted(backups, key=lambda one: (one.made_at, one.path.name), reverse=True)
    kept = set(ordered[:1]) | set([one for one in ordered if one.verified][:1])
    spans: tuple[tuple[int, Callable[[date], object]], ...] = (
        (keep.daily, lambda day: day),
        (keep.weekly, lambda day: day.isocalendar()[:2]),
        (keep.monthly, lambda day: (day.year, day.month)),
    )
    for count, span in spans:
        newest: dict[object, Dated] = {}
        for one in ordered:
            newest.setdefault(span(clock.day_of(one.made_at, zone)), one)
        kept |= set(list(newest.values())[: max(count, 0)])
    return [one for one in reversed(ordered) if one not in kept]
