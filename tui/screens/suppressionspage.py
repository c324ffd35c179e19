"""Who gets nothing 退订名单: addresses that must not be written to, known by a hash alone."""

from collections.abc import Sequence

from core.base import clock
from core.base.i18n import N_, T, Text
from core.outreach import suppressions
from core.outreach.suppressions import Scope, Suppressed
from tui.keymap import Action
from tui.screens.fates import CHANNELS, label
from tui.screens.lists import ListPage, moment
from tui.widgets.columns import Column
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.pagetable import Row, Wanted
from tui.widgets.row import Words

SCOPES: dict[str, str] = {"all": N_("everything"), "marketing": N_("offers")}
MARK = 8
"""So many signs of a hash tell two addresses of a list apart."""


class SuppressionsPage(ListPage):
    """The list, newest first; one address is looked up by typing it."""

    NAME = N_("Who gets nothing")
    HELP = N_(
        "Addresses that must not be written to. The number itself is not kept, only a mark made from it, so that it"
        " stays here after its member was erased. / looks a number up. Who replied STOP comes back by their own START."
    )
    RIGHT = "care"
    EMPTY = N_("Nobody is on this list.")
    KEYS = (
        Action("look", ("slash",), N_("look up"), N_("Look up a phone number or a mail address; empty shows all.")),
        Action("add", ("n",), N_("add"), N_("Put an address on the list."), right="care"),
        Action("release", ("x",), N_("take off"), N_("Let an address be written to again, with a reason."),
               right="care", danger=True),
    )  # fmt: skip
    COLUMNS = (
        Column("time", N_("since"), 16, min_width=16),
        Column("mark", N_("mark"), 8, min_width=8, important=True),
        Column("channel", N_("channel"), 14, min_width=8),
        Column("scope", N_("gets no"), 10, min_width=8),
        Column("reason", N_("why"), 24, min_width=12, stretch=True),
    )

    def __init__(self) -> None:
        super().__init__()
        self._typed = ""

    async def fetch(self, wanted: Wanted) -> Sequence[Row]:
        """The list, or what stands about one address."""
        if self._typed:
            found = await self.gateway.read(suppressions.find, self._typed, by=self.actor, now=clock.now())
            return [Row(one, _cells(one)) for one in found[wanted.start : wanted.start + wanted.limit]]
        after = wanted.after if isinstance(wanted.after, Suppressed) else None
        found = await self.gateway.read(suppressions.listing, by=self.actor, after=after, limit=wanted.limit)
        return [Row(one, _cells(one)) for one in found]

    def about(self, row: Row) -> Sequence[Words]:
        """Who put it there and how it comes off again."""
        if not isinstance(one := row.key, Suppressed):
            return ()
        if one.reason in suppressions.THEIR_OWN:
            return (T("They asked for it themselves. Their own START takes it off; staff only on their word."),)
        return (T("Staff may take it off once it is right again."),)

    def refusal(self, action: Action) -> Text | None:
        """Only what is there is taken off."""
        if action.id == "release" and self.table.row is None:
            return T("The list is empty.")
        return super().refusal(action)

    async def do_look(self) -> None:
        """Ask for an address."""

        async def show(answer: Answer) -> None:
            typed = answer.text("address")
            if typed:
                await self.gateway.read(suppressions.find, typed, by=self.actor, now=clock.now())
            self._typed = typed
            self.select(typed)
            await self.load()

        field = Field("address", N_("number or mail"), value=self._typed, required=False)
        await self.ask(Form("look", T("Which address?"), fields=(field,), done=N_("look up")), show)

    async def do_add(self) -> None:
        """Ask for an address and what it gets no more."""

        async def write(answer: Answer) -> None:
            scope: Scope = "marketing" if answer.text("scope") == "marketing" else "all"
            new = await self.gateway.write(
                suppressions.add,
                answer.text("address"),
                scope=scope,
                channel=answer.text("channel"),
                by=self.actor,
                now=clock.now(),
            )
            self.office.tell(T("Nothing is written there any more.") if new else T("It was on the list."))
            self.changed()

        channels = (("", T("every channel")), *((id, label(CHANNELS, id)) for id in ("sms", "whatsapp", "email")))
        fields = (
            Field("address", N_("number or mail")),
            Field("scope", N_("gets no"), "choice", choices=tuple((id, Text(words)) for id, words in SCOPES.items())),
            Field("channel", N_("channel"), "choice", choices=channels, required=False),
        )
        await self.ask(Form("add", T("Who gets nothing more?"), fields=fields, done=N_("add")), write)

    async def do_release(self) -> None:
        """Ask why it may be written to again."""
        row = self.table.row
        if row is None or not isinstance(one := row.key, Suppressed):
            return

        async def write(answer: Answer) -> None:
            await self.gateway.write(
                suppressions.release,
                one.address_hash,
                one.channel,
                reason=answer.text("reason"),
                by=self.actor,
                now=clock.now(),
            )
            self.changed()

        lines = (T("Consent that was taken back stays so; only messages that need none go out again."),)
        field = Field("reason", N_("reason"))
        await self.ask(
            Form("release", T("Write there again?"), lines, (field,), done=N_("take off"), danger=True), write
        )


def _cells(one: Suppressed) -> tuple[Words, ...]:
    channel: Words = label(CHANNELS, one.channel) if one.channel else T("every channel")
    reason = label(suppressions.WORDS, one.reason)
    return (moment(one.at), one.address_hash[:MARK], channel, label(SCOPES, one.scope), reason)
