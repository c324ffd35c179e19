"""Bookings in the demo shop: two classes by two of the staff, three weeks that were kept or not, today and tomorrow."""

from datetime import date, timedelta

from core.base import clock, db
from core.base.access import Actor
from core.base.clock import DAY, HOUR, Millis
from core.goods import catalogue
from core.outreach import delivery
from core.people import staff
from core.selling import quotes, sales
from core.selling.quotes import Basket, BasketLine
from core.selling.sales import SaleRequest, Tender
from core.service import bookingends, bookinghours, bookinglists, bookings
from core.service.bookinghours import ServiceTerms
from core.service.bookings import Wanted

CLASSES = (("手冲体验课", 9800, 60, 15), ("茶艺小课", 16_800, 90, 15))
PLAN = {"manager": ((660, 1080), (5, 6)), "clerk": ((600, 960), (0,))}
"""Hours in minutes of the day, and weekdays off."""
NAMES = ("林小姐", "Ms Adams", "赵先生", "孙小姐")
DAYS = 21
MISSED = 7
"""Every so manieth booking was not kept."""


def build(owner: Actor, store: int, *, now: Millis) -> None:
    """Classes and hours since three weeks, bookings before today by how they ended, those of today and tomorrow."""
    zone = bookinglists.zone_of(store)
    today, began = clock.day_of(now, zone), Millis(now - (DAYS + 7) * DAY)
    classes = _set_up(owner, store, began)
    people = _people()
    for back in range(DAYS, 0, -1):
        day = today - timedelta(days=back)
        for place in range(1 + back % 3):
            turn = back * 3 + place
            _past(_wanted(classes, people, store, turn), day, turn, owner, zone)
    delivery.close_history(before=Millis(now - 2 * HOUR))
    for turn in range(5):
        _coming(_wanted(classes, people, store, turn + 1), today + timedelta(days=turn // 3), owner, now)


def _set_up(owner: Actor, store: int, began: Millis) -> list[int]:
    who = {login: staff.by_login(login) for login in PLAN}
    for login, (hours, off) in PLAN.items():
        week = [[] if weekday in off else [hours] for weekday in range(7)]
        bookinghours.set_week(who[login], store, week, by=owner, now=began)
    made = []
    for name, cents, minutes, buffer in CLASSES:
        product = catalogue.create(name, cents, kind="service", category="体验", by=owner, now=began)
        terms = ServiceTerms(minutes, buffer, True, tuple(who.values()))
        bookinghours.set_service(product, terms, by=owner, now=began)
        made.append(product)
    return made


def _people() -> list[int]:
    sql = (
        "SELECT t.member_id FROM member_stats t JOIN member m ON m.id = t.member_id WHERE m.state = 'active'"
        " AND t.last_day IS NOT NULL ORDER BY t.visits DESC, t.member_id LIMIT 12"
    )
    return [member_id for (member_id,) in db.rows(sql)]


def _wanted(classes: list[int], people: list[int], store: int, turn: int) -> Wanted:
    """Two of three are members, the others leave a name."""
    product, member = classes[turn % 2], people[turn % len(people)] if people and turn % 3 else None
    return Wanted(store, product, Millis(0), member_id=member, name="" if member else NAMES[turn % len(NAMES)])


def _book(wanted: Wanted, on: date, turn: int, owner: Actor, now: Millis) -> int | None:
    """At one of the times that are free on a day; None if there is none."""
    free = bookings.free(wanted.product_id, wanted.store_id, on, by=owner, now=now)
    if not free:
        return None
    at = free[turn * 5 % len(free)].from_at
    made = Wanted(wanted.store_id, wanted.product_id, at, None, wanted.member_id, wanted.name)
    try:
        return bookings.book(made, by=owner, now=now)
    except bookings.MemberBusy:
        return None


def _past(wanted: Wanted, on: date, turn: int, owner: Actor, zone: str) -> None:
    """Booked two days before; kept and, by who is no member, paid for at once, or not kept."""
    booking_id = _book(wanted, on, turn, owner, clock.at_time(on - timedelta(days=2), 18, 0, zone))
    if booking_id is None:
        return
    one = bookinglists.get(booking_id, by=owner)
    if turn % MISSED == 0:
        bookingends.no_show(booking_id, by=owner, now=one.until_at)
        return
    bookingends.arrive(booking_id, by=owner, now=one.from_at)
    sale_id = None if wanted.member_id else _sell(wanted, owner, one.until_at)
    bookingends.finish(booking_id, sale_id, by=owner, now=one.until_at)


def _sell(wanted: Wanted, owner: Actor, now: Millis) -> int:
    basket = Basket(wanted.store_id, (BasketLine(wanted.product_id),))
    total = quotes.quote(basket, by=owner, now=now).total_cents
    return sales.post(SaleRequest(basket, (Tender("wechat", total, f"B{now}"),), total), by=owner, now=now)


def _coming(wanted: Wanted, on: date, owner: Actor, now: Millis) -> None:
    """Booked an hour ago, at a time still to come."""
    _book(wanted, on, on.toordinal() + wanted.product_id % 7, owner, Millis(now - HOUR))
