"""Events at the till: the member at the counter signs up, with their proof where it costs points."""

from core.base import clock
from core.base.i18n import N_, T, Text
from core.service import gatherings, gatheringsignups
from core.service.gatheringguests import STATES
from tui.screens.counterpage import CounterPage
from tui.screens.lists import moment
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.row import Words


async def ask(till: CounterPage) -> None:
    """Ask for which event, and how many come; a fee in money is sold like any service."""
    card, proof = till.counter.card, till.counter.proof
    if card is None:
        return
    coming = [one for one in await till.gateway.read(gatherings.coming, now=clock.now()) if one.state == "open"]
    if not coming:
        till.office.tell(T("No event takes sign-ups now."))
        return

    async def write(answer: Answer) -> None:
        done = await till.gateway.write(
            gatheringsignups.sign_up,
            int(answer.text("event")),
            card.id,
            answer.number("places") or 0,
            proved=proof is not None and proof.allows("place", now=clock.now()),
            by=till.actor,
            now=clock.now(),
            key=answer.key,
        )
        till.office.tell(Text(STATES[done.state]))

    choices: tuple[tuple[str, Words], ...] = tuple(
        (str(one.id), T("{event} · {when} · {left} left", event=one.name, when=moment(one.plan.from_at), left=one.left))
        for one in coming
    )
    fields = (
        Field("event", N_("which event"), "menu", value=choices[0][0], choices=choices),
        Field("places", N_("places"), "number", value=1),
    )
    await till.ask(Form("event", T("Sign up for which event?"), (), fields, N_("sign up")), write)
