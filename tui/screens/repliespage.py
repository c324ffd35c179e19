"""Replies 回复: what customers wrote back in words of their own, for staff to answer."""

from collections.abc import Sequence

from core.base import clock
from core.base.i18n import N_, T, Text
from core.outreach import inbound
from core.outreach.inbound import Reply
from tui import routes
from tui.keymap import Action
from tui.screens.fates import CHANNELS, label
from tui.screens.lists import ListPage, moment
from tui.widgets.columns import Column
from tui.widgets.overlay import Answer, Form
from tui.widgets.pagetable import Row, Wanted
from tui.widgets.row import Words

WORDS = {"asks": N_("stop?"), "other": N_("question"), "stop": N_("stop"), "start": N_("start"), "help": N_("help")}


class RepliesPage(ListPage):
    """Replies that wait, the newest first; the whole text below."""

    NAME = N_("Replies")
    HELP = N_(
        "What customers wrote back. STOP, START and HELP are done by themselves and not listed; what says more waits"
        " here until someone dealt with it. Answer by phone, at the till, or with a message of your own."
    )
    RIGHT = "care"
    PERSONAL = True
    EMPTY = N_("No reply waits. f shows those that were dealt with.")
    KEYS = (
        Action("handle", ("d",), N_("done"), N_("Note that the reply was dealt with."), right="care"),
        Action("stops", ("t",), N_("means stop"), N_("It means STOP: nothing more is written to them."), right="care",
               danger=True),
        Action("filter", ("f",), N_("all"), N_("Show those that were dealt with too, or only what waits.")),
        Action("member", ("m",), N_("member"), N_("Open the card of who wrote it."), right="member.find"),
    )  # fmt: skip
    COLUMNS = (
        Column("time", N_("time"), 16, min_width=16),
        Column("who", N_("from"), 14, min_width=8),
        Column("channel", N_("channel"), 12, min_width=6),
        Column("what", N_("kind"), 8, min_width=6),
        Column("body", N_("text"), 20, min_width=12, important=True, stretch=True),
    )

    def __init__(self) -> None:
        super().__init__()
        self._every = False

    async def fetch(self, wanted: Wanted) -> Sequence[Row]:
        """Replies as they are asked for."""
        last = wanted.after
        found = await self.gateway.read(
            inbound.replies,
            by=self.actor,
            waiting=not self._every,
            before_sid=last.sid if isinstance(last, Reply) else None,
            limit=wanted.limit,
        )
        return [Row(one, _cells(one), tone=_tone(one)) for one in found]

    def about(self, row: Row) -> Sequence[Words]:
        """The whole text, and whether it was dealt with."""
        if not isinstance(one := row.key, Reply):
            return ()
        return (
            one.body,
            *([] if one.handled_at is None else [T("dealt with {moment}", moment=moment(one.handled_at))]),
        )

    def _reply(self) -> Reply | None:
        return self.chosen(Reply)

    def refusal(self, action: Action) -> Text | None:
        """Only what waits is dealt with; STOP needs a known member."""
        one = self._reply()
        if action.id in ("handle", "stops", "member") and one is None:
            return T("The list is empty.")
        if one is not None and action.id in ("handle", "stops") and one.handled_at is not None:
            return T("This was dealt with.")
        if one is not None and action.id in ("stops", "member") and one.member_id is None:
            return T("Nobody known wrote it. Put the number on the list of those who get nothing instead: F6, s.")
        return super().refusal(action)

    async def do_filter(self) -> None:
        """All, or only what waits."""
        self._every = not self._every
        self.select(T("all") if self._every else "")
        await self.load()

    async def do_handle(self) -> None:
        """Note that it was dealt with."""
        if (one := self._reply()) is None:
            return

        async def write(answer: Answer) -> None:
            await self.gateway.write(inbound.handle, one.sid, by=self.actor, now=clock.now())
            self.changed()

        await self.ask(Form("handle", T("Dealt with?"), (one.body,), done=N_("done")), write)

    async def do_stops(self) -> None:
        """Ask before nothing more is written to who wrote it."""
        if (one := self._reply()) is None:
            return

        async def write(answer: Answer) -> None:
            await self.gateway.write(inbound.handle, one.sid, stops=True, by=self.actor, now=clock.now())
            self.changed()

        lines = (one.body, T("Offers end, what waits for them is withdrawn; only their own START brings them back."))
        await self.ask(Form("stops", T("Write nothing more to them?"), lines, done=N_("stop"), danger=True), write)

    def do_member(self) -> None:
        """Open the member's card."""
        if (one := self._reply()) is not None and one.member_id is not None:
            self.app.push_screen(routes.member(one.member_id))


def _tone(one: Reply) -> str:
    return "quiet" if one.handled_at is not None else "warn" if one.word == "asks" else ""


def _cells(one: Reply) -> tuple[Words, ...]:
    who: Words = one.name or (T("unknown") if one.member_id is None else "—")
    return (moment(one.at), who, label(CHANNELS, one.channel), label(WORDS, one.word), one.body)
