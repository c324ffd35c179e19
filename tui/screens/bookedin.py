"""Who stands at the till and has a booking today: its service goes on the counter with one key, done by who did it."""

from core.base import clock
from core.base.i18n import T
from core.base.money import Milli
from core.selling.quotes import BasketLine
from core.service import bookinglists
from tui.screens.counterpage import CounterPage


async def take(till: CounterPage) -> None:
    """Put what the member has booked today on the counter, each service once."""
    counter = till.counter
    if counter.card is None:
        return
    found = await till.gateway.read(
        bookinglists.today_of_member, counter.card.id, by=till.actor, now=clock.now()
    )  # fmt: skip
    on_counter = {line.product_id for line in counter.lines}
    wanted = [one for one in found if one.store_id == counter.store_id and one.product_id not in on_counter]
    if not wanted:
        till.office.tell(T("No booking of today is left for this member."))
        return
    counter.tenders.clear()
    counter.lines += [BasketLine(one.product_id, Milli(1000), staff_id=one.staff_id) for one in wanted]
    await till.price()
