"""Two schedulers plan the same night at once: every occasion is planned by exactly one of them."""

from collections import Counter
from collections.abc import Iterator

import pytest

from core.base import db
from core.base.clock import DAY, Millis
from core.keeping import doctor
from core.service import followrules
from core.service.followrules import Terms
from tests.faults.racing import Racers, racers
from tests.shops import Shop

PLANNERS, MEMBERS, NIGHTS = 3, 8, 3


@pytest.fixture(scope="module")
def track() -> Iterator[Racers]:
    with racers(PLANNERS) as running:
        yield running


def test_each_occasion_is_planned_once_by_whoever_comes_first(shop: Shop, engine: str, track: Racers) -> None:
    shop.product("tea", 1800)
    members = [shop.member(f"1380000000{number}") for number in range(MEMBERS)]
    for days in (2, 3):
        followrules.create(Terms("after_sale", days=days, pause_days=1), by=shop.owner, now=shop.now)
    for night in range(NIGHTS):
        for member in members:
            shop.sell(shop.basket(("tea", 1), member=member), now=Millis(shop.now + night * DAY))
    planned = [track.race(engine, "plan", [(shop.now + (2 + night) * DAY,)] * PLANNERS) for night in range(NIGHTS + 1)]
    assert [sum(map(int, answers)) for answers in planned] == [MEMBERS] * (NIGHTS + 1)
    for once in ("rule_id, ref_id", "member_id, day"):  # an occasion is planned once, and a member called once a night
        assert set(Counter(db.rows(f"SELECT {once} FROM follow_planned")).values()) == {1}
    assert db.value("SELECT count(*) FROM follow_up") == MEMBERS * (NIGHTS + 1)
    assert doctor.examine(now=Millis(shop.now + (NIGHTS + 3) * DAY)) == []
