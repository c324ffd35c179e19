"""The demo's bookings are made by the verbs of the counter: kept, not kept, and to come."""

from collections import Counter

from core.base import db
from core.base.clock import DAY, Millis
from core.keeping import demobookings
from core.people import staff
from core.service import bookinghours, bookinglists
from tests.shops import Shop


def test_the_demo_has_bookings_that_were_kept_missed_and_are_to_come(shop: Shop) -> None:
    for login, name in (("manager", "陈敏"), ("clerk", "小吴")):
        staff.create(login, name, "clerk", password="demo-demo", by=shop.owner, now=shop.now)
    shop.product("茶", 2000)
    for number in range(4):
        member = shop.member(f"1380013800{number}")
        shop.sell(shop.basket(("茶", 1), member=member), now=Millis(shop.now - 40 * DAY))
    demobookings.build(shop.owner, shop.store, now=shop.now)
    states = Counter(state for (state,) in db.rows("SELECT state FROM booking"))
    assert [one.minutes for one in bookinghours.services()] == [60, 90]
    assert states["done"] > 20 and states["no_show"] > 3 and states["arrived"] == 0
    assert states["booked"] == 5
    assert bookinglists.coming(by=shop.owner, now=shop.now).booked == 3
    assert db.value("SELECT count(*) FROM booking b JOIN sale s ON s.id = b.sale_id WHERE s.total_cents > 0") > 5
