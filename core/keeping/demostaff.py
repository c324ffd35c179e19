"""Staff in the demo shop: two months of coming and going, commission with shared lines, goals."""

from datetime import date, timedelta

from core.base import clock
from core.base.access import Actor
from core.base.clock import MINUTE, Millis
from core.goods import catalogue
from core.people import attendance, corrections, lookups, staff
from core.reports import goals
from core.selling import commission, earnings, quotes, sales
from core.selling.earnings import CommissionTerms
from core.selling.quotes import Basket, BasketLine
from core.selling.sales import SaleRequest, Tender

DAYS = 60
SHIFTS: dict[str, tuple[int, int, tuple[int, ...]]] = {
    "manager": (9, 18, (5, 6)), "clerk": (8, 16, (0,)), "anna": (12, 21, (1, 2)),
}  # fmt: skip
"""Hours, and weekdays off."""


def begin(owner: Actor, *, today: date, zone: str) -> None:
    """Two months ago: the rules of commission."""
    first = clock.at_time(today - timedelta(days=DAYS), 8, 0, zone)
    day = clock.day_of(first, zone)
    for name, terms in (
        ("全部商品 2%", CommissionTerms(kinds=("goods", "service"), rate_bp=200)),
        ("充值 1%", CommissionTerms(kinds=("top_up",), rate_bp=100)),
        ("店长 3%", CommissionTerms(kinds=("goods", "service"), role="manager", rate_bp=300)),
    ):
        commission.create(name, terms, from_day=day, by=owner, now=first)


def go_on(owner: Actor, stores: list[int], *, today: date, zone: str, now: Millis) -> None:
    """Everybody's punches, one forgotten and one asked for; a few lines served by two; goals of this month."""
    people = {login: staff.actor_of(staff.by_login(login)) for login in SHIFTS}
    for back in range(DAYS, -1, -1):
        day = today - timedelta(days=back)
        for place, (login, (came, went, off)) in enumerate(SHIFTS.items()):
            if day.weekday() not in off:
                late = (back * 7 + place * 5) % 11
                moments = [clock.at_time(day, came, late, zone)]
                if (day, login) != (_forgotten(today), "clerk"):
                    moments.append(Millis(clock.at_time(day, went, 0, zone) + (late - 3) * MINUTE))
                for moment in moments:
                    if moment <= now:
                        attendance.punch(stores[0], by=people[login], now=moment)
    _put_right(people["clerk"], stores[0], today, zone, now)
    _shared(people["manager"], people["clerk"], stores[0], today, zone)
    for login, target in (("manager", 300_000), ("clerk", 200_000)):
        goals.set_personal(people[login].id, "takings", target, month=today, by=owner, now=now)
    for place in range(4):
        lookups.opened(by=people["clerk"], now=Millis(now - place * MINUTE))


def _forgotten(today: date) -> date:
    """The day about a week ago on which the clerk forgot to go."""
    day = today - timedelta(days=6)
    return day - timedelta(days=int(day.weekday() in SHIFTS["clerk"][2]))


def _put_right(clerk: Actor, store: int, today: date, zone: str, now: Millis) -> None:
    """What was forgotten then waits for a yes."""
    moment = clock.at_time(_forgotten(today), 16, 10, zone)
    corrections.ask_add(clerk.id, store, "out", moment, reason="忘记打卡下班", by=clerk, now=now)


def _shared(manager: Actor, clerk: Actor, store: int, today: date, zone: str) -> None:
    """A sale a week rung up by the clerk, with a line the manager advised on."""
    products = [one for one in catalogue.everything() if one.kind == "goods"][:3]
    shares = ((clerk.id, 6000), (manager.id, 4000))
    for back in range(DAYS - 4, 0, -7):
        when = clock.at_time(today - timedelta(days=back), 14, 20, zone)
        lines = (BasketLine(products[0].id, served_by=shares), BasketLine(products[back % 3].id),
                 BasketLine(products[2].id, served_by=earnings.even([clerk.id, manager.id])))  # fmt: skip
        basket = Basket(store, lines)
        total = quotes.quote(basket, by=clerk, now=when).total_cents
        sales.post(SaleRequest(basket, (Tender("cash", total),), total), by=clerk, now=when)
