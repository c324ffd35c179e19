"""Tickets in words: what a row, a line of the history and the head of a ticket say."""

from datetime import date

from core.base import clock
from core.base.i18n import N_, T, Text, scope
from core.service.followups import OUTCOMES as CONTACT_OUTCOMES
from core.service.followups import STATES as CONTACT_STATES
from core.service.followups import WAY_WORDS
from core.service.ticketlists import Line, Served, Ticket
from core.service.ticketrules import KIND_WORDS, OUTCOMES, STATES
from tui.screens.lists import cents, day, moment
from tui.widgets.row import Words

LINES: dict[str, str] = {
    "note": N_("note"), "reply": N_("reply"), "message": N_("from the customer"), "change": N_("what changed"),
}  # fmt: skip
FATES: dict[str, str] = {
    "queued": N_("waits to leave"), "sending": N_("leaves"), "accepted": N_("left"), "sent": N_("left"),
    "delivered": N_("arrived"),
}  # fmt: skip
SERVED: dict[str, str] = {"ticket": N_("ticket"), "contact": N_("contact"), "return": N_("return")}
REFUNDS: dict[str, str] = {
    "return": N_("return"), "void": N_("undone"), "exchange": N_("exchange"), "reversal": N_("paid back"),
}  # fmt: skip


def state_said(one: Ticket) -> Words:
    """The state, and how it ended."""
    if one.outcome in OUTCOMES:
        return Text(OUTCOMES[one.outcome])
    return Text(STATES[one.state])


def due_said(one: Ticket) -> Words:
    """When it is due, or was dealt with."""
    if one.closed_at is not None:
        return moment(one.closed_at)
    return f"! {_due(one)}" if one.overdue else _due(one)


def _due(one: Ticket) -> str:
    """By when; what was promised for a day is due at its end, not at the beginning of the next."""
    promised = one.promised_on
    if promised is not None and clock.end_of(promised, scope().zone) == one.due_at:
        return f"{day(promised)} 24:00"
    return moment(one.due_at)


def head(one: Ticket) -> list[Words]:
    """What stands above the history."""
    said: list[Words] = [
        T("{kind} · {subject}", kind=Text(KIND_WORDS[one.kind]), subject=one.subject or "—"),
        T("{who} · {store} · given to {owner}", who=named(one), store=one.store, owner=one.owner or "—"),
        T("{state} · due {moment}", state=state_said(one), moment=_due(one)) if one.closed_at is None
        else T("{state} · {moment}", state=state_said(one), moment=moment(one.closed_at)),
    ]  # fmt: skip
    if one.line:
        said.append(T("About: {line}", line=one.line))
    if one.promised_on is not None:
        said.append(T("Promised for {day_on}.", day_on=one.promised_on))
    if one.satisfaction:
        said.append(T("Satisfaction {satisfaction} of 5.", satisfaction=one.satisfaction))
    return said


def line_said(one: Line, workers: dict[int, str]) -> Words:
    """What a line of the history says."""
    if one.change is None:
        return one.body or Text(N_("The words were deleted."))
    what, _, more = one.change.partition(":")
    if what == "closed":
        return T("dealt with: {outcome}", outcome=Text(OUTCOMES.get(more, more)))
    if what == "owner":
        return T("given to {name}", name=workers.get(int(more), "—") if more else "—")
    if what == "promised":
        return T("promised for {day_on}", day_on=date.fromordinal(int(more)))
    if what == "rated":
        return T("Satisfaction {satisfaction} of 5.", satisfaction=int(more))
    return Text(N_("opened again")) if what == "reopened" else Text(N_("ticket opened"))


def served_cells(one: Served) -> tuple[Words, ...]:
    """A row of a member's record."""
    kinds = {"ticket": KIND_WORDS, "contact": WAY_WORDS, "return": REFUNDS}[one.what]
    states = {"ticket": STATES, "contact": CONTACT_STATES, "return": {}}[one.what]
    about: Words = one.about
    if one.what == "contact" and one.about in CONTACT_OUTCOMES:
        about = Text(CONTACT_OUTCOMES[one.about])
    state: Words = cents(-one.cents) if one.what == "return" else Text(states.get(one.state, one.state))
    return moment(one.at), Text(SERVED[one.what]), Text(kinds.get(one.kind, one.kind)), state, about


def named(one: Ticket) -> Words:
    """Whose ticket it is."""
    return one.name or (Text(N_("without a name")) if one.member_id is not None else Text(N_("nobody known")))
