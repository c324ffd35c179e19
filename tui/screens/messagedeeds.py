"""What is done to one message, from the outbox and from its own page: again, withdrawn, marked as sent or not."""

from core.base import clock
from core.base.i18n import N_, T, Text
from core.outreach import deskwork
from core.outreach.deskwork import OutboxRow
from tui.keymap import Action
from tui.screens.lists import NO_YES, ListPage
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.row import Words

AGAIN = Action("again", ("r",), N_("send again"), N_("Queue a message again that was given up, refused or is unclear."),
               right="care")  # fmt: skip
WITHDRAW = Action("withdraw", ("x",), N_("take back"), N_("Take back a message that still waits."), right="care",
                  danger=True)  # fmt: skip
MARK = Action("mark", ("k",), N_("it left?"), N_("Say of a message to be checked whether it left."), right="care")


class MessageDeeds(ListPage):
    """Base of pages with a message that something can be done to."""

    def message(self) -> OutboxRow | None:
        """The message that is meant."""
        raise NotImplementedError

    def refusal(self, action: Action) -> Text | None:
        """Only what ended can go again, only what waits be taken back, only what is unclear be marked."""
        one = self.message()
        if action.id in ("again", "withdraw", "mark") and one is None:
            return T("Select a message.")
        if one is not None:
            if action.id == "again" and one.state not in deskwork.AGAIN:
                return deskwork.MessageNotAgain().as_text()
            if action.id == "withdraw" and one.state not in deskwork.WAITING:
                return deskwork.MessageGone().as_text()
            if action.id == "mark" and one.state != "review":
                return deskwork.MessageSettled().as_text()
        return super().refusal(action)

    async def do_again(self) -> None:
        """Ask before it goes again."""
        if (one := self.message()) is None:
            return
        lines: tuple[Words, ...] = (T("The rules of consent, hours and pause judge it anew."),)
        if one.state == "review":
            lines = (T("It may have left already. Look it up with the provider first, or they get it twice."), *lines)
        await self.sure(T("Send it again?"), lines, deskwork.retry, one.id, done=N_("send again"))

    async def do_withdraw(self) -> None:
        """Ask before it is taken back."""
        if (one := self.message()) is not None:
            lines = (T("It will not be sent, nor written again for this occasion."),)
            await self.sure(T("Take it back?"), lines, deskwork.withdraw, one.id, done=N_("take back"))

    async def do_mark(self) -> None:
        """Ask what was found out."""
        if (one := self.message()) is None:
            return

        async def write(answer: Answer) -> None:
            verb = deskwork.mark_sent if answer.text("left") == "yes" else deskwork.mark_unsent
            await self.gateway.write(verb, one.id, by=self.actor, now=clock.now())
            self.changed()

        lines = (T("Look it up with the provider. What did not leave can be sent again."),)
        await self.ask(
            Form("mark", T("Did it leave?"), lines, (Field("left", N_("it left"), "choice", choices=NO_YES),)), write
        )
