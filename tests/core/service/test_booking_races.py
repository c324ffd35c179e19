"""Real processes want the same hour of the same person: each hour goes to exactly one of them."""

from collections import Counter
from collections.abc import Iterator

import pytest

from core.base import db
from core.base.clock import DAY, HOUR
from core.service import bookinghours
from core.service.bookinghours import ServiceTerms
from tests.faults.racing import Racers, racers
from tests.shops import Shop

COUNT, ROUNDS = 4, 5


@pytest.fixture(scope="module")
def track() -> Iterator[Racers]:
    with racers(COUNT) as running:
        yield running


def test_an_hour_goes_to_as_many_as_there_are_people(shop: Shop, engine: str, track: Racers) -> None:
    massage = shop.product("massage", 10_000, kind="service")
    bookinghours.set_service(massage, ServiceTerms(60, 0, True, (shop.owner.id,)), by=shop.owner, now=shop.now)
    for weekday in range(7):
        bookinghours.set_hours(shop.owner.id, shop.store, weekday, [(600, 1200)], by=shop.owner, now=shop.now)
    members = [shop.member() for _ in range(COUNT)]
    for round in range(ROUNDS):
        start = shop.now + DAY + round * HOUR
        given = [(member, shop.store, massage, start + place % 2 * HOUR // 2) for place, member in enumerate(members)]
        answers = track.race(engine, "book", given)
        assert Counter(isinstance(one, int) or one for one in answers) == {True: 1, "time_gone": COUNT - 1}
        db.run("UPDATE booking SET state = 'cancelled', ended_at = 1")
