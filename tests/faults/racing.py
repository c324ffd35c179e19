"""Processes that race for one thing: each opens the shop's database, waits for the others, and then acts.

What one of them answered is an id, or the code of its refusal.
"""

import multiprocessing
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.queues import Queue
from typing import Any

from core.base import access, db, settings
from core.base.clock import Millis
from core.base.errors import RegularsError
from core.giving import checkin, draws, once, redemptions, sharing
from core.outreach import batches
from core.people import members
from core.service import bookings, followplans, gatheringguests, gatheringsignups

Answer = int | str


def redeem(member: int, reward: int, now: int) -> int:
    by = members.themselves(member)
    return redemptions.redeem(member, reward, proved=True, by=by, now=Millis(now), key="tap").id


def draw(member: int, lottery: int, now: int) -> int:
    return draws.draw(member, lottery, "luck", proved=True, by=members.themselves(member), now=Millis(now)).id


def check_in(member: int, now: int) -> int:
    return int(not checkin.check_in(member, by=members.themselves(member), now=Millis(now)).already)


def visit(link: str, now: int) -> int:
    return sharing.visited(link, "one browser", by=members.themselves(0), now=Millis(now))


def award(member: int, now: int) -> int:
    return int(once.award_once(member, 30, "survey", 1, by=access.scheduler("race"), now=Millis(now)) is not None)


def offers(place: int, now: int) -> int:
    claimed = 0
    while (batch := batches.claim_some("sms", owner=f"racer {place}", now=Millis(now), limit=7)).seen:
        claimed += len(batch.claimed)
    return claimed


def book(member: int, store: int, service: int, from_at: int) -> int:
    wanted = bookings.Wanted(store, service, Millis(from_at), member_id=member)
    return bookings.book(wanted, by=members.themselves(member), now=Millis(from_at - 86_400_000))


def plan(now: int) -> int:
    return followplans.plan_due(by=access.scheduler("race"), now=Millis(now))


def come(gathering: int, member: int, places: int, now: int) -> int:
    by = members.themselves(member)
    return gatheringsignups.sign_up(gathering, member, places, proved=True, by=by, now=Millis(now), key="tap").id


def stay_away(signup: int, now: int) -> int:
    by = members.themselves(gatheringguests.get(signup).member_id)
    return gatheringsignups.cancel_signup(signup, by=by, now=Millis(now)).id


def come_or_stay_away(signup: int, gathering: int, member: int, now: int) -> int:
    """One who has a place gives it back, one who has none asks for it."""
    return stay_away(signup, now) if signup else come(gathering, member, 1, now)


VERBS = {
    "redeem": redeem, "draw": draw, "check_in": check_in, "visit": visit, "award": award, "offers": offers,
    "book": book, "plan": plan, "come": come, "come_or_stay_away": come_or_stay_away,
}  # fmt: skip


def run(tasks: "Queue[Any]", answers: "Queue[Any]", ready: threading.Barrier) -> None:
    """One racer: takes tasks until there are no more."""
    settings.use(settings.Settings(secret="test secret"))
    for place, url, verb, given in iter(tasks.get, None):
        db.open_database(url, durable=False)
        ready.wait(60)
        try:
            answers.put((place, VERBS[verb](*given)))
        except RegularsError as refusal:
            answers.put((place, refusal.code))
        db.close_database()


class Racers:
    """Running processes; `race` starts one verb in each of them at the same moment."""

    def __init__(self, count: int) -> None:
        fresh = multiprocessing.get_context("spawn")
        self.count, self.answers = count, fresh.Queue()
        self.tasks = [fresh.Queue() for _ in range(count)]
        self.ready = fresh.Barrier(count)  # kept: a racer that starts late finds it by its name
        self.processes = [fresh.Process(target=run, args=(one, self.answers, self.ready)) for one in self.tasks]
        for process in self.processes:
            process.start()

    def race(self, url: str, verb: str, given: list[tuple[object, ...]]) -> list[Answer]:
        """What each racer was answered, in the order given."""
        for place, (queue, arguments) in enumerate(zip(self.tasks, given, strict=True)):
            queue.put((place, url, verb, arguments))
        found = dict(self.answers.get(timeout=60) for _ in given)
        return [found[place] for place in range(self.count)]

    def stop(self) -> None:
        for queue, process in zip(self.tasks, self.processes, strict=True):
            queue.put(None)
            process.join(20)
            queue.close()
        self.answers.close()


@contextmanager
def racers(count: int) -> Iterator[Racers]:
    """So many processes, ended afterwards."""
    running = Racers(count)
    try:
        yield running
    finally:
        running.stop()
