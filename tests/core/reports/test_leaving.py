"""Churn rate against each line's own words, read day by day, for members who come at random days."""

import itertools
import random
from datetime import date

import pytest

from core.base import clock, db
from core.keeping import opening
from core.people import members
from core.people.members import Joining
from core.reports import asked as cut
from core.reports import shelf
from core.reports.asked import Step
from tests.shops import Shop

Days = dict[int, list[int]]
FIRST, LAST = date(2025, 11, 20), date(2026, 5, 31)


@pytest.fixture
def visited(shop: Shop) -> Days:
    """Members of two stores, by home store, with the days they came on."""
    dice, second = random.Random(4), opening.add_store("b", zone="Asia/Shanghai", by=shop.owner, now=shop.now)
    today = clock.day_of(shop.now, "Asia/Shanghai").toordinal()
    found: Days = {}
    for number in range(40):
        joining = Joining(store_id=second if number % 3 == 0 else shop.store)
        member = members.join(joining, by=shop.owner, now=shop.now)
        pace = dice.choice((2, 5, 12, 40, 90))
        came = sorted({today - int(dice.expovariate(1 / pace) * step) for step in range(1, dice.randrange(2, 16))})
        found[member] = came
        rows = [(member, day, 100 * (dice.random() < 0.97)) for day in came]
        db.run_many("INSERT INTO member_day (member_id, day, net_cents, sales) VALUES (?, ?, ?, 1)", rows)
        found[member] = [day for _, day, cents in rows if cents]
        if found[member]:
            db.run("UPDATE member_stats SET first_day = ? WHERE member_id = ?", (found[member][0], member))
    return found


@pytest.mark.parametrize("step", ["day", "week", "month", "store"])
def test_each_line_counts_what_it_says(shop: Shop, visited: Days, step: Step) -> None:
    homes: dict[int, int] = dict(db.rows("SELECT id, home_store_id FROM member"))
    for silent, store_id in itertools.product((3, 7, 29, 60), (None, shop.store)):
        shop.rule("churn_silent_days", silent)
        asked = cut.ask(FIRST, LAST, step=step, store_id=store_id, by=shop.owner, now=shop.now)
        rows = shelf.show("churn-rate", asked, by=shop.owner).rows
        for (key, _), (_, active, fell, _, back) in zip(cut.lines(asked), rows, strict=True):
            first, last = (day.toordinal() for day in cut.periods(asked)[0 if step == "store" else key])
            stores = {key} if step == "store" else {id for id, _ in asked.stores}
            mine = [days for member, days in visited.items() if homes[member] in stores]
            said = [_read(days, silent, first, last, asked.today.toordinal()) for days in mine]
            assert (active, fell, back) == tuple(map(sum, zip(*said, strict=True))), (silent, store_id, first)


def _read(days: list[int], silent: int, first: int, last: int, today: int) -> tuple[int, int, int]:
    """Whether a member was active, whether they fell silent, and how often they came back."""
    after = dict(zip(days, [*days[1:], 10**9], strict=True))
    falls = {day + silent + 1 for day in days if after[day] > day + silent}
    active = any(first <= day + silent + 1 <= last or day < first <= day + silent + 1 for day in days)
    back = sum(first <= day <= last and day - before > silent for before, day in itertools.pairwise(days))
    return active, any(first <= day <= min(last, today) for day in falls), back
