"""Any order of signing up, cancelling and changing: places, waiting list and points against a plain twin."""

import random
from dataclasses import dataclass, field

import pytest

from core.base import db
from core.base.clock import Millis
from core.base.errors import RegularsError
from core.keeping import doctor
from core.loyalty import points
from core.service import gatheringsignups
from core.service.gatheringguests import SignUp
from tests.core.service.gathered import opened, plan, sign_up
from tests.shops import Shop

FEE, HELD = 10, 60


@dataclass
class Twin:
    """The list as one would keep it on paper; parties are [member, places, booked]."""

    places: int
    waiting: int
    parties: list[list[int]] = field(default_factory=list)
    purse: dict[int, int] = field(default_factory=dict)

    def free(self) -> int:
        return self.places - sum(places for _, places, booked in self.parties if booked)

    def room(self) -> int:
        return self.waiting - sum(places for _, places, booked in self.parties if not booked)

    def of(self, member: int) -> list[int] | None:
        return next((one for one in self.parties if one[0] == member), None)

    def sign_up(self, member: int, places: int) -> None:
        booked = places <= self.free()
        if self.of(member) or (not booked and places > self.room()) or (booked and self.purse[member] < FEE * places):
            return
        self.parties.append([member, places, int(booked)])
        self.purse[member] -= FEE * places * booked

    def cancel(self, member: int) -> None:
        if party := self.of(member):
            self.parties.remove(party)
            self.purse[member] += FEE * party[1] * party[2]
            self.move_up()

    def change(self, member: int, places: int) -> None:
        if not (party := self.of(member)):
            return
        more = places - party[1]
        if more > (self.free() if party[2] else self.room()) or (party[2] and self.purse[member] < FEE * more):
            return
        party[1] = places
        self.purse[member] -= FEE * more * party[2]
        self.move_up()

    def move_up(self) -> None:
        for party in self.parties:
            if not party[2] and party[1] <= self.free() and self.purse[party[0]] >= FEE * party[1]:
                party[2] = 1
                self.purse[party[0]] -= FEE * party[1]


def held(gathering: int) -> list[list[int]]:
    sql = (
        "SELECT member_id, places, CASE WHEN state = 'booked' THEN 1 ELSE 0 END FROM gathering_signup"
        " WHERE gathering_id = ? AND state IN ('booked', 'waiting') ORDER BY at, id"
    )
    return [list(row) for row in db.rows(sql, (gathering,))]


@pytest.mark.parametrize("seed", range(3))
def test_any_order_ends_as_on_paper(shop: Shop, seed: int) -> None:
    dice = random.Random(seed)
    gathering = opened(shop, places=5, waiting_places=6, fee_points=FEE)
    members = [shop.member() for _ in range(7)]
    for member in members[1:]:
        shop.give_points(member, HELD)
    twin = Twin(5, 6, purse=dict.fromkeys(members[1:], HELD) | {members[0]: 0})
    mine: dict[int, SignUp] = {}
    for step in range(60):
        now, member, places = Millis(shop.now + step), dice.choice(members), dice.randint(1, 4)
        try:
            match dice.choice(("sign up", "sign up", "cancel", "change", "more places")):
                case "sign up":
                    twin.sign_up(member, places)
                    mine[member] = sign_up(shop, gathering, member, places, now=now)
                case "cancel" if member in mine:
                    twin.cancel(member)
                    gatheringsignups.cancel_signup(mine[member].id, by=shop.owner, now=now)
                case "change" if member in mine:
                    twin.change(member, places)
                    gatheringsignups.change_places(mine[member].id, places, proved=True, by=shop.owner, now=now)
                case "more places" if twin.places < 8 and step > 30:
                    twin.places += 1
                    twin.move_up()
                    wanted = plan(shop, places=twin.places, waiting_places=6, fee_points=FEE)
                    gatheringsignups.change(gathering, wanted, by=shop.owner, now=now)
        except RegularsError:
            pass
        assert held(gathering) == twin.parties
    assert {member: points.state(member, now=shop.now).balance for member in members} == twin.purse
    assert doctor.examine(now=shop.now) == []
