"""The form that offers something to the first of the churn list, with its hold-out said beforehand."""

from collections.abc import Sequence

from core.base import clock
from core.base.i18n import N_, T, Text, _
from core.loyalty import coupons
from core.outreach.campaigns import audience
from core.service import batches
from core.service.batches import Preview
from core.service.strategies import WORDS, Offer, as_kind
from tui.screens.lists import ListPage
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.row import Words

FIRST_FEW = 30
KINDS = ("price", "amends")
"""Strategies that a message alone can carry out."""


async def ask(page: ListPage) -> None:
    """Ask how many, what and which share; offer it."""
    kinds = await page.gateway.read(coupons.kinds)

    async def say(answer: Answer) -> Sequence[Words]:
        found = await page.gateway.latest(
            "batch", batches.preview, answer.number("count") or 0, share_bp=answer.number("share"), by=page.actor,
            now=clock.now(),
        )  # fmt: skip
        return preview_words(found)

    async def write(answer: Answer) -> None:
        coupon = answer.text("coupon")
        wanted = Offer(as_kind(answer.text("strategy")), int(coupon) if coupon else None, answer.number("points") or 0)
        made = await page.gateway.write(
            batches.offer, answer.number("count") or 0, wanted, share_bp=answer.number("share"), by=page.actor,
            now=clock.now(),
        )  # fmt: skip
        page.office.tell(T("{offered} get the offer, {held} are held out.", offered=made.offered, held=made.held))
        page.changed()

    gifts: tuple[tuple[str, Words], ...] = (("", T("none")), *((str(kind.id), kind.name) for kind in kinds))
    fields = (
        Field("count", N_("how many"), "number", value=FIRST_FEW),
        Field(
            "strategy", N_("strategy"), "choice", value="price", choices=tuple((id, Text(WORDS[id])) for id in KINDS)
        ),
        Field("coupon", N_("coupon"), "choice", value=gifts[1][0] if kinds else "", choices=gifts, required=False),
        Field("points", N_("points"), "number", required=False),
        Field("share", N_("held out"), "percent", required=False, hint=_("20 %, of fewer than 1,000 half")),
    )
    title = T("What is offered to the first of the list?")
    await page.ask(Form("batch", title, (), fields, done=N_("offer"), danger=True, preview=say), write)


def preview_words(found: Preview) -> list[Words]:
    """Whom it concerns, and whether it will tell anything."""
    said: list[Words] = [T("{offered} get the offer, {held} are held out.", offered=found.offered, held=found.held)]
    said += [f"{_(audience.REASONS[why])} {count}" for why, count in found.left_out.items()]
    if not found.held:
        said.append(T("Nobody is held out: what comes of it is no proof."))
    elif not found.is_telling:
        said.append(T("Too few to tell by itself; it adds to other batches with the same strategy."))
    return said
