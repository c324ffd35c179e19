"""Bookings in any order of events: nobody has two at once, and what is offered can be booked, what is not cannot."""

import shutil
from datetime import date
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from core.base import db
from core.base import settings as installation
from core.base.clock import MINUTE, Millis
from core.people import staff
from core.service import bookingends, bookinghours, bookinglists, bookings
from core.service.bookinghours import ServiceTerms
from core.service.bookings import BookingOver, MemberBusy, TimeGone, Wanted
from tests import shops

SATURDAY = date(2026, 5, 30)
empty: list[Path] = []
LENGTHS = {"wash": (20, 0), "cut": (45, 15), "colour": (90, 30)}
SLOTS = st.integers(0, 23)
"""Quarters of an hour from 10:00 on."""


class Salon(RuleBasedStateMachine):
    """Two people from ten to four, three services, two members, and staff who book, move, cancel and finish."""

    @initialize()
    def open(self) -> None:
        self.folder = TemporaryDirectory()
        path = Path(self.folder.name) / "shop.db"
        shutil.copy(empty[0], path)
        installation.use(installation.Settings(secret="test secret"))
        db.open_database(str(path), durable=False)
        self.shop = shops.open_shop()
        self.owner, self.now = self.shop.owner, self.shop.now
        self.people = (self.owner.id, self._clerk())
        for name, (minutes, buffer) in LENGTHS.items():
            terms = ServiceTerms(minutes, buffer, True, self.people)
            product_id = self.shop.product(name, 5_000, kind="service")
            bookinghours.set_service(product_id, terms, by=self.owner, now=self.now)
        for who in self.people:
            bookinghours.set_hours(who, self.shop.store, 5, [(600, 960)], by=self.owner, now=self.now)
        self.members = (self.shop.member(), self.shop.member())
        self.made: list[int] = []

    def _clerk(self) -> int:
        return staff.create("li", "李娜", "clerk", password="correct horse", by=self.owner, now=self.now)

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            db.close_database()
            self.folder.cleanup()

    def _offered(self, service: int, slot: int, who: int | None, besides: int = 0) -> bool:
        found = bookings.free(
            service, self.shop.store, SATURDAY, staff_id=who, besides=besides, by=self.owner, now=self.now
        )  # fmt: skip
        return any(one.from_at == moment(slot) for one in found)

    @rule(name=st.sampled_from(sorted(LENGTHS)), slot=SLOTS, who=st.sampled_from([None, 0, 1]), of=st.integers(0, 1))
    def book(self, name: str, slot: int, who: int | None, of: int) -> None:
        service, staff_id = self.shop.products[name], None if who is None else self.people[who]
        offered = self._offered(service, slot, staff_id)
        wanted = Wanted(self.shop.store, service, moment(slot), staff_id, self.members[of])
        try:
            self.made.append(bookings.book(wanted, by=self.owner, now=self.now))
            assert offered
        except TimeGone:
            assert not offered
        except MemberBusy:
            assert offered

    @rule(which=st.integers(0, 30), slot=SLOTS, who=st.sampled_from([None, 0, 1]))
    def move(self, which: int, slot: int, who: int | None) -> None:
        if not self.made:
            return
        one = bookinglists.get(self.made[which % len(self.made)], by=self.owner)
        staff_id = None if who is None else self.people[who]
        offered = self._offered(one.product_id, slot, staff_id, besides=one.id)
        try:
            bookings.move(one.id, moment(slot), staff_id=staff_id, by=self.owner, now=self.now)
            assert offered
        except TimeGone:
            assert not offered
        except MemberBusy:
            assert offered
        except BookingOver:
            assert one.state != "booked"

    @rule(which=st.integers(0, 30), done=st.booleans())
    def end(self, which: int, done: bool) -> None:
        if not self.made:
            return
        one = bookinglists.get(self.made[which % len(self.made)], by=self.owner)
        if one.state == "booked":
            bookingends.finish(one.id, by=self.owner, now=self.now) if done else bookings.cancel(
                one.id, by=self.owner, now=self.now
            )

    @invariant()
    def nobody_has_two_at_once(self) -> None:
        if not hasattr(self, "made"):
            return
        sql = (
            "SELECT staff_id, from_at, busy_until_at FROM booking WHERE state <> 'cancelled' ORDER BY staff_id, from_at"
        )
        for one, after in pairwise(db.rows(sql)):
            assert one[0] != after[0] or one[2] <= after[1]
        sql = "SELECT member_id, from_at, until_at FROM booking WHERE state = 'booked' ORDER BY member_id, from_at"
        for one, after in pairwise(db.rows(sql)):
            assert one[0] != after[0] or one[2] <= after[1]


def moment(slot: int) -> Millis:
    """A quarter of an hour of Saturday."""
    return Millis(shops.at(2026, 5, 30, 10) + slot * 15 * MINUTE)


def test_bookings_stay_sound(empty_sqlite: Path) -> None:
    empty[:] = [empty_sqlite]
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Salon,
        settings=settings(
            max_examples=12, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
