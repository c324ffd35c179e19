"""Parked counters 挂单: put aside for the next customer, taken up at any till of the store."""

from core.base import clock
from core.base.i18n import N_, T
from core.people import members
from core.selling import parking
from core.selling.parking import Parked
from tui.screens.basket import Counter
from tui.screens.counterpage import CounterPage
from tui.screens.lists import moment
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.row import Words


async def ask(till: CounterPage) -> None:
    """Put aside what is on the counter; with an empty one, take up what waits."""
    if till.counter.exchange is not None:
        till.office.tell(T("An exchange cannot be put aside. Finish it, or clear the counter."))
    elif till.counter.lines:
        await _park(till)
    else:
        await _recall(till)


async def _park(till: CounterPage) -> None:
    name = till.counter.card.name if till.counter.card else ""
    field = Field("label", N_("name"), value=name, required=False, hint=N_("to find it again"))

    async def write(answer: Answer) -> None:
        await till.gateway.write(
            parking.park, till.counter.basket, answer.text("label"), by=till.actor, now=clock.now()
        )
        await till.clear()
        till.office.tell(T("Put aside. ctrl+r on an empty counter takes it up."))

    said = (T("Nothing is reserved; it is priced again when it is taken up."),)
    await till.ask(Form("park", T("Put this counter aside?"), said, (field,), N_("park")), write)


async def _recall(till: CounterPage) -> None:
    waiting = await till.gateway.read(parking.waiting, till.counter.store_id, by=till.actor)
    if not waiting:
        till.office.tell(T("Nothing is put aside in this store."))
        return
    choices: tuple[tuple[str, Words], ...] = tuple((str(one.id), _said(one)) for one in waiting)
    fields = (Field("parked", N_("which"), "choice", choices=choices),)

    async def write(answer: Answer) -> None:
        found = await till.gateway.write(parking.recall, int(answer.text("parked")), by=till.actor, now=clock.now())
        counter = Counter(found.store_id, lines=list(found.lines), points=found.points, without=found.without)
        if found.member_id is not None:
            counter.card = await till.gateway.read(members.card, found.member_id, by=till.actor, now=clock.now())
        till.counter = counter
        await till.price()

    await till.ask(Form("recall", T("Take up which?"), fields=fields, done=N_("take up"), quick=True), write)


def _said(one: Parked) -> Words:
    return T("{label} · {lines} lines · {at}", label=one.label or "—", lines=len(one.basket.lines), at=moment(one.at))
