"""One message 一条消息: what it says, what became of it, and every step on its way."""

from collections.abc import Sequence

from core.base import phones
from core.base.i18n import N_, T, Text
from core.outreach import deskwork
from core.outreach.deskwork import Message, OutboxRow, Step
from tui import routes
from tui.keymap import Action
from tui.screens.fates import CATEGORIES, CHANNELS, STATES, TEMPLATES, TONES, fate, label, unsaid
from tui.screens.lists import LANGUAGES, moment
from tui.screens.messagedeeds import AGAIN, MARK, WITHDRAW, MessageDeeds
from tui.widgets.columns import Column
from tui.widgets.pagetable import Row, Wanted
from tui.widgets.row import Words

REPORTED = {
    "queued": N_("the provider queued it"),
    "accepted": N_("the provider took it"),
    "sending": N_("the provider is sending it"),
    "sent": N_("handed to the phone network"),
    "delivered": N_("arrived on the phone"),
    "undelivered": N_("not delivered"),
    "failed": N_("the provider tried and failed"),
}
AT_THE_DESK = {
    "message.again": N_("queued again"),
    "message.withdrawn": N_("taken back"),
    "message.was_sent": N_("marked as sent"),
    "message.was_not_sent": N_("marked as not sent"),
}


class MessagePage(MessageDeeds):
    """The steps, the oldest first; text and fate below."""

    NAME = N_("Message")
    HELP = N_("Every step of one message: written, tried, what the provider reported, what staff did. Below its text.")
    RIGHT = "care"
    PERSONAL = True
    KEYS = (
        AGAIN,
        WITHDRAW,
        MARK,
        Action("member", ("m",), N_("member"), N_("Open the card of whom it is to."), right="member.find"),
    )
    COLUMNS = (
        Column("time", N_("time"), 16, min_width=16),
        Column("what", N_("what happened"), 34, min_width=16, important=True, stretch=True),
        Column("who", N_("who"), 16, min_width=8),
    )

    def __init__(self, one: OutboxRow) -> None:
        super().__init__(name_of=one.name or phones.national(one.to) or label(TEMPLATES, one.template))
        self._outbox_id = one.id
        self._message: Message | None = None

    def message(self) -> OutboxRow | None:
        """The message of this page."""
        return self._message.row if self._message is not None else None

    async def fetch(self, wanted: Wanted) -> Sequence[Row]:
        """The steps, and the state of now as the last line."""
        self._message = one = await self.gateway.read(deskwork.look, self._outbox_id, by=self.actor)
        kind, what = label(CATEGORIES, one.row.category), label(TEMPLATES, one.row.template)
        self.select(" · ".join(map(str, (what, kind, label(CHANNELS, one.row.channel), dict(LANGUAGES)[one.language]))))
        rows = [_row(step, one.attempts) for step in one.steps]
        rows.append(
            Row(one, (moment(one.updated_at), label(STATES, one.row.state), ""), tone=TONES.get(one.row.state, ""))
        )
        return rows[wanted.start : wanted.start + wanted.limit]

    def about(self, row: Row) -> Sequence[Words]:
        """The text, the fate, and the figures."""
        return () if self._message is None else _about(self._message)

    def refusal(self, action: Action) -> Text | None:
        """Not every message is to a member."""
        if action.id == "member" and (self._message is None or self._message.row.member_id is None):
            return T("It is not to a member.")
        return super().refusal(action)

    def do_member(self) -> None:
        """Open the member's card."""
        if self._message is not None and self._message.row.member_id is not None:
            self.app.push_screen(routes.member(self._message.row.member_id))


def _row(step: Step, attempts: int) -> Row:
    what: Words = T("written")
    if step.kind == "tried":
        what = T("handed to the channel, try {attempts}", attempts=attempts)
    elif step.kind == "reported":
        what = label(REPORTED, step.word)
    elif step.kind == "desk":
        what = label(AT_THE_DESK, step.word)
    return Row(step, (moment(step.at), what, step.who))


def _about(one: Message) -> list[Words]:
    wording = (
        T("wording as delivered") if one.wording_at is None else T("wording of {moment}", moment=moment(one.wording_at))
    )
    until = T("good until {moment}", moment=moment(one.expires_at))
    parts: list[object] = [wording, until]
    if one.row.state == "queued":
        parts.append(T("leaves from {moment}", moment=moment(one.row.not_before)))
    if one.segments:
        parts.append(T("text messages: {parts}", parts=one.segments))
    if one.cost_micros is not None:
        cost = f"{one.cost_micros // 1_000_000}.{one.cost_micros % 1_000_000 // 100:04d}"
        parts.append(T("costs {currency} {cost}", currency=one.currency or "", cost=cost))
    return [one.row.body or unsaid(one.row.template), *fate(one.row.state, one.row.reason), " · ".join(map(str, parts))]
