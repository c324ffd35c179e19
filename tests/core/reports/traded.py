"""A shop that traded for some months in two stores, made once by public verbs, for reports to be looked at."""

import random
from dataclasses import dataclass
from datetime import date, timedelta

from core.base import clock, db
from core.base.access import Actor
from core.base.clock import DAY, HOUR, Millis
from core.base.money import Milli
from core.goods import stock
from core.keeping import opening
from core.people import staff, websessions
from core.reports import asked as cut
from core.reports import goals
from core.reports.asked import Asked, Step
from core.selling import receipts, refunds
from core.selling.quotes import Basket, BasketLine
from core.selling.refunds import ReturnLine
from core.service import bookingends, bookinghours, bookings, tickets
from core.service.bookinghours import ServiceTerms
from core.service.bookings import Wanted
from core.service.tickets import Terms
from tests.shops import Shop, at, open_shop

OPENED = at(2026, 1, 5)
TODAY = at(2026, 5, 29)
FIRST, LAST = date(2026, 1, 1), date(2026, 5, 31)


@dataclass
class Traded:
    """The shop, its second store and who is a member."""

    shop: Shop
    second: int
    members: list[int]

    def asked(self, step: Step = "month", *, first: date = FIRST, last: date = LAST, store: int | None = None) -> Asked:
        return cut.ask(first, last, step=step, store_id=store, by=self.shop.owner, now=TODAY)


def trade() -> Traded:
    """Open and trade in the empty database that is open."""
    dice = random.Random(9)
    shop = open_shop(OPENED)
    second = opening.add_store("静安寺店", zone="Asia/Shanghai", by=shop.owner, now=OPENED, day_ends_hour=4)
    shop.tier("金卡", 1, discount_bp=500, spend_cents=20_000)
    shop.product("珍珠奶茶", 1800, category="茶")
    shop.product("栗子蛋糕", 3200, category="蛋糕")
    shop.product("散装", 6000, weighed=True)
    for name in ("珍珠奶茶", "栗子蛋糕"):
        stock.receive(shop.store, shop.products[name], Milli(300_000), by=shop.owner, now=OPENED)
    kind = shop.coupon_kind("新客5元", effect="amount", off_cents=500, threshold_cents=1000, valid_days=20)
    members = []
    for number in range(14):
        shop.now = Millis(OPENED + number * 9 * DAY)
        members.append(shop.member(f"1380013{number:04d}", gender="female" if number % 3 else None,
                                   source="kiosk" if number % 2 else "till"))  # fmt: skip
    for number, member in enumerate(members[:6]):
        shop.give_coupon(kind, member, occasion=number, now=Millis(OPENED + (60 + number) * DAY))
    for day in range(0, 140, 4):
        _a_day(shop, second, members, Millis(OPENED + day * DAY), dice)
    shop.top_up(members[0], 20_000, now=Millis(OPENED + 100 * DAY))
    _tickets(shop, second, members)
    _bookings(shop, second, members)
    shop.now = TODAY
    for member in members[:3]:
        shop.give_points(member, 100)
        websessions.start_session("phone", now=TODAY, member_id=member)
    may = date(2026, 5, 1)
    goals.set_goal("takings", 100_000, month=may, store_id=None, by=shop.owner, now=TODAY)
    goals.set_goal("sales", 10, month=may, store_id=second, by=shop.owner, now=TODAY)
    goals.set_goal("members", 4, month=date(2026, 4, 1), store_id=None, by=shop.owner, now=TODAY)
    return Traded(shop, second, members)


def _tickets(shop: Shop, second: int, members: list[int]) -> None:
    """Four tickets: two complaints dealt with and rated, a repair that waits for its member, an enquiry of nobody."""
    began = Millis(OPENED + 70 * DAY)
    for place, (kind, store, member) in enumerate(
        (("complaint", shop.store, members[0]), ("complaint", second, members[1]), ("repair", shop.store, members[2]))
    ):
        terms = Terms(kind, "杯子漏水", member_id=member, store_id=store)
        ticket = tickets.open_ticket(terms, by=shop.owner, now=Millis(began + place * 20 * DAY))
        answered = Millis(began + place * 20 * DAY + (3 + place) * HOUR)
        tickets.reply(ticket, "请带来看看", by=shop.owner, now=answered)
        if kind == "complaint":
            tickets.close(ticket, "solved", by=shop.owner, now=Millis(answered + 30 * HOUR))
            tickets.rate(ticket, 3 + 2 * place, by=shop.owner, now=Millis(answered + 40 * HOUR))
    terms = Terms("enquiry", "几点开门", store_id=shop.store)
    tickets.open_ticket(terms, by=shop.owner, now=Millis(OPENED + 120 * DAY))


def _bookings(shop: Shop, second: int, members: list[int]) -> None:
    """A class by two people who work in both stores: kept or not, and to come; with a day off."""
    by, began = shop.owner, Millis(OPENED + 90 * DAY)
    product = shop.product("手冲课", 9800, kind="service")
    who = [staff.create(login, name, "clerk", password="correct horse", by=by, now=OPENED)
           for login, name in (("li", "李娜"), ("wang", "王强"))]  # fmt: skip
    bookinghours.set_service(product, ServiceTerms(60, 15, True, tuple(who)), by=by, now=began)
    for place, staff_id in enumerate(who):
        for weekday in range(2, 7):
            hours = [(600, 780), (840, 1080)] if place else [(600, 960)]
            bookinghours.set_hours(staff_id, (shop.store, second)[weekday % 2], weekday, hours, by=by, now=began)
    bookinghours.set_day(who[0], date(2026, 5, 9), [], store_id=shop.store, by=by, now=began)
    bookinghours.set_day(who[1], date(2026, 5, 12), [(600, 720)], store_id=second, by=by, now=began)
    for number in range(48):
        moment = Millis(at(2026, 4, 10, 10) + number * DAY)
        for store in (shop.store, second):
            free = bookings.free(product, store, shop_day(moment), by=by, now=moment)
            if free:
                member = members[number % 9] if number % 4 else None
                one = free[number % len(free)]
                wanted = Wanted(store, product, one.from_at, one.staff[number % len(one.staff)][0], member, "张先生")
                _end(bookings.book(wanted, by=by, now=moment), number, by, wanted.from_at)


def _end(booking_id: int, number: int, by: Actor, now: Millis) -> None:
    if now > TODAY or number % 11 == 10:
        return
    if number % 9 == 3:
        bookings.cancel(booking_id, by=by, now=now)
    elif number % 5 == 2:
        bookingends.no_show(booking_id, by=by, now=now)
    else:
        bookingends.finish(booking_id, by=by, now=now)


def _a_day(shop: Shop, second: int, members: list[int], noon: Millis, dice: random.Random) -> None:
    """Two sales in each store, some to members, some late at night; now and then something comes back."""
    joined = [member for place, member in enumerate(members) if OPENED + place * 9 * DAY <= noon]
    for store in (shop.store, second):
        for _ in range(2):
            member = dice.choice([*joined[-4:], None, joined[0]])
            name, pieces = dice.choice(("珍珠奶茶", "栗子蛋糕", "散装")), dice.choice((1000, 2000, 3000))
            line = BasketLine(shop.products[name], Milli(pieces if name != "散装" else pieces // 2))
            then = Millis(noon + dice.choice((-2, 0, 3, 14)) * HOUR)
            sale = shop.sell(Basket(store, (line,), member_id=member), now=then)
            if dice.random() < 0.2:
                back = ReturnLine(receipts.of(sale).lines[0].id, min(1000, line.quantity))
                refunds.refund(sale, (back,), by=shop.owner, now=Millis(then + dice.choice((1, 6, 40)) * HOUR))


def day(ordinal: int) -> date:
    """A day as it is stored."""
    return date.fromordinal(ordinal)


def month(of: date) -> date:
    """The first of its month."""
    return of.replace(day=1)


def shop_day(moment: int) -> date:
    """The calendar day of a moment."""
    return clock.day_of(moment, "Asia/Shanghai")


def sold() -> list[tuple[int, date, int, int | None, int, int, str, int]]:
    """Every line of goods sold or brought back, read plainly.

    store, business day, moment, member, cents, thousandths, product, sale (0 of what came back).
    """
    lines = {
        row[0]: row[1:] for row in db.rows("SELECT id, sale_id, name, kind, net_cents, quantity_milli FROM sale_line")
    }
    sales = {row[0]: row[1:] for row in db.rows("SELECT id, store_id, day, at, member_id FROM sale")}
    found = []
    for sale_id, name, kind, cents, units in lines.values():
        if kind in ("goods", "service"):
            store, ordinal, moment, member = sales[sale_id]
            found.append((store, day(ordinal), moment, member, cents, units, name, sale_id))
    refunded = {row[0]: row[1:] for row in db.rows("SELECT id, sale_id, store_id, day, at FROM refund")}
    for refund_id, line_id, cents, units in db.rows(
        "SELECT refund_id, line_id, cents, quantity_milli FROM refund_line"
    ):
        sale_id, store, ordinal, moment = refunded[refund_id]
        _, name, kind, *_ = lines[line_id]
        if kind in ("goods", "service"):
            found.append((store, day(ordinal), moment, sales[sale_id][3], -cents, -units, name, 0))
    return found


def visits() -> set[tuple[int, date]]:
    """Members' days with purchases above nothing, from the sales alone: a return counts on the day of its sale."""
    cents: dict[tuple[int, date], int] = {}
    for member, local_day, total in db.rows(
        "SELECT s.member_id, s.local_day, l.net_cents - coalesce((SELECT sum(r.cents) FROM refund_line r"
        " WHERE r.line_id = l.id), 0) FROM sale s JOIN sale_line l ON l.sale_id = s.id"
        " WHERE s.member_id IS NOT NULL AND l.kind IN ('goods', 'service')"
    ):
        cents[member, day(local_day)] = cents.get((member, day(local_day)), 0) + total
    return {key for key, total in cents.items() if total > 0}


def step_back(of: date, days: int) -> date:
    """So many days before."""
    return of - timedelta(days=days)


def bp(part: int, whole: int) -> int | None:
    """A share in basis points, half up."""
    return (20_000 * part + whole) // (2 * whole) if whole else None


def mean(amount: int, count: int) -> int | None:
    """What falls on one, half up."""
    return (2 * amount + count) // (2 * count) if count else None
