"""Rewards at the till: points for something to take along, and what waits to be fetched."""

from core.base import clock
from core.base.i18n import N_, T
from core.giving import handouts, redemptions, rewards
from tui.screens import paying
from tui.screens.counterpage import CounterPage
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.row import Words


async def ask(till: CounterPage) -> None:
    """Ask for which reward; what cannot be had is named with its reason."""
    card, proof = till.counter.card, till.counter.proof
    if card is None:
        return
    offers = await till.gateway.read(rewards.offers, card.id, now=clock.now())
    able = [offer for offer in offers if offer.why_not is None]
    lines: list[Words] = [
        T("{name}: {why}", name=offer.reward.name, why=offer.why_not) for offer in offers if offer.why_not is not None
    ]
    if not able:
        till.office.tell(T("No reward can be had now."))
        return
    if proof is None or not proof.allows("spend", now=clock.now()):
        till.office.tell(T("Points are given by their owner: prove the member first (ctrl+y)."), tone="warning")
        await paying.prove(till)
        return
    choices: tuple[tuple[str, Words], ...] = tuple(
        (str(one.reward.id), T("{name} · {points} points", name=one.reward.name, points=one.reward.terms.points))
        for one in able
    )
    fields = (Field("reward", N_("reward"), "choice", choices=choices),)

    async def write(answer: Answer) -> None:
        got = await till.gateway.write(
            redemptions.redeem,
            card.id,
            int(answer.text("reward")),
            proved=True,
            by=till.actor,
            now=clock.now(),
            key=answer.key,
        )
        if got.code is not None:
            till.call_after_refresh(hand_over, till, got.code)
        else:
            till.office.tell(T("“{name}” is on the card now.", name=got.name))

    await till.ask(Form("reward", T("Which reward?"), tuple(lines[:4]), fields, N_("take")), write)


async def hand_over(till: CounterPage, code: str) -> None:
    """Ask before something that waits is handed over; it is handed over once."""
    waiting = await till.gateway.read(handouts.by_code, code)

    async def write(answer: Answer) -> None:
        given = await till.gateway.write(
            handouts.hand_over, code, store_id=till.counter.store_id, by=till.actor, now=clock.now()
        )
        till.office.tell(T("“{name}” was handed over.", name=given.name))

    said = (T("The code works once. Esc leaves it waiting."),)
    await till.ask(Form("hand_over", T("Hand over “{name}”?", name=waiting.name), said, done=N_("hand over")), write)
