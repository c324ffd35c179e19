"""What the doctor says of the machine: its clock, its disk, and whether the scheduler is at work on it."""

from collections.abc import Iterator

from core.base import db
from core.base.clock import HOUR, MINUTE, Millis
from core.base.i18n import T
from core.keeping import jobs, vitals
from core.keeping.findings import Finding

LEEWAY = HOUR
"""Clocks of two machines may differ by a little; to stand before the last entry by less harms nothing."""
LOW_BYTES = 500_000_000
MEGABYTE = 1_000_000


def findings(*, now: Millis) -> list[Finding]:
    """What is wrong with the machine this runs on."""
    return [*_clock(now), *_disk(), *_scheduler(now)]


def _clock(now: Millis) -> Iterator[Finding]:
    """A clock that was set back: the newest rows lie in what is now the future."""
    last = max(db.value("SELECT max(at) FROM audit") or 0, db.value("SELECT max(at) FROM entry") or 0)
    if last > now + LEEWAY:
        what = T(
            "The clock of this machine says {now_at}, but the last entry is of {last_at}.", now_at=now, last_at=last
        )
        step = T("Set the clock right (`timedatectl`) before you sell on; then nothing else is to be done.")
        yield Finding("clock", what, step)


def _disk() -> Iterator[Finding]:
    free, needed = vitals.free_bytes(), LOW_BYTES
    if db.is_sqlite():
        needed = max(needed, vitals.database_bytes())  # a copy of it must fit before an update
    if free < needed:
        what = T(
            "The disk has {free} MB left; {needed} MB are needed for a copy before an update and for a while of trade.",
            free=free // MEGABYTE, needed=-(-needed // MEGABYTE),
        )  # fmt: skip
        yield Finding("disk", what, T("Free some space: old logs, exports and backups that also lie elsewhere."))


def _scheduler(now: Millis) -> Iterator[Finding]:
    beat = jobs.last_beat()
    if beat is not None and not vitals.scheduler_works(now):
        what = T("The scheduler was last seen at work {minutes} minutes ago.", minutes=(now - beat) // MINUTE)
        yield Finding("scheduler", what, T("Is the scheduler running? Start it with `regulars scheduler`."))
