"""Erasing 注销: what ends with a membership is shown first; then, after y, whatever names the person goes for good."""

from core.base import clock
from core.base.i18n import N_, T
from core.keeping import erasure
from core.keeping.erasure import Losses, StoredValueLeft
from tui.screens.lists import NO_YES, cents
from tui.screens.memberdeeds import OfMember
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.row import Words


async def ask(page: OfMember) -> None:
    """Show what is lost; stored value has to be given up by the member's own word."""
    losses = await page.gateway.read(erasure.preview, page.member_id, now=clock.now())

    async def go_on(answer: Answer) -> None:
        if losses.stored_cents and answer.text("give_up") != "yes":
            raise StoredValueLeft(stored_cents=losses.stored_cents, field="give_up")
        await _sure(page, losses)

    given = Field("give_up", N_("gives it up"), "choice", choices=NO_YES)
    fields = (given,) if losses.stored_cents else ()
    await page.ask(Form("losses", T("What ends with this membership"), lost(losses), fields, done=N_("next")), go_on)


def lost(losses: Losses) -> tuple[Words, ...]:
    """What is lost, a line each."""
    lines: list[Words] = [
        T("{points} points", points=losses.points) if losses.points else "",
        T("{stored_cents} of stored value; ask whether the member gives it up", stored_cents=losses.stored_cents)
        if losses.stored_cents
        else "",
        T("{count} coupons", count=losses.coupons) if losses.coupons else "",
        T("{count} uses of passes", count=losses.pass_uses) if losses.pass_uses else "",
    ]
    return tuple(line for line in lines if line) or (T("No points, stored value, coupons or passes are left."),)


async def _sure(page: OfMember, losses: Losses) -> None:
    async def write(answer: Answer) -> None:
        await page.gateway.write(
            erasure.erase, page.member_id, mark=losses.mark, give_up=bool(losses.stored_cents), by=page.actor,
            now=clock.now(),
        )  # fmt: skip
        page.office.tell(T("Deleted. Older backups still hold them until they are dropped."))
        await page.again()

    lines: tuple[Words, ...] = (
        T("Name, numbers, cards, notes and messages are deleted; nothing brings them back."),
        T("Sales and books stay, about nobody."),
    )
    if losses.stored_cents:
        lines += (T("{amount} of stored value is given up.", amount=cents(losses.stored_cents)),)
    await page.ask(Form("erase", T("Delete this person for good?"), lines, done=N_("delete"), danger=True), write)
