"""What a ticket 服务单 may be and become: kinds, states, what may follow what, and by when it is to be dealt with."""

from datetime import date
from typing import Literal, get_args

from core.base import clock
from core.base.clock import HOUR, Millis
from core.base.errors import Invalid, Refused
from core.base.i18n import N_, T
from core.books.rules import ShopRules

Kind = Literal["enquiry", "order", "complaint", "return", "exchange", "repair", "suggestion", "praise"]
KINDS: tuple[Kind, ...] = get_args(Kind)
KIND_WORDS: dict[str, str] = {
    "enquiry": N_("enquiry"), "order": N_("order question"), "complaint": N_("complaint"),
    "return": N_("wants to return"), "exchange": N_("wants to exchange"), "repair": N_("repair"),
    "suggestion": N_("suggestion"), "praise": N_("praise"),
}  # fmt: skip
State = Literal["open", "waiting", "closed"]
STATES: dict[str, str] = {"open": N_("to do"), "waiting": N_("waits for the member"), "closed": N_("dealt with")}
Event = Literal["reply", "message", "promise", "assign", "close", "reopen"]
OUTCOMES: dict[str, str] = {
    "solved": N_("solved"), "goodwill": N_("made good"), "declined": N_("not granted"),
    "no_answer": N_("no answer came"), "double": N_("there twice"),
}  # fmt: skip
ASKED: frozenset[str] = frozenset({"solved", "goodwill", "declined"})
"""Outcomes after which the member is asked how satisfied they are."""
LOW = 2
"""Up to here somebody is unsatisfied, and is called."""
LONGEST_SUBJECT, LONGEST_WORDS = 120, 1600

_FOLLOWS: dict[tuple[State, Event], State] = {
    ("open", "reply"): "waiting",
    ("open", "message"): "open",
    ("open", "promise"): "open",
    ("open", "assign"): "open",
    ("open", "close"): "closed",
    ("waiting", "reply"): "waiting",
    ("waiting", "message"): "open",
    ("waiting", "promise"): "open",
    ("waiting", "assign"): "waiting",
    ("waiting", "close"): "closed",
    ("closed", "message"): "open",
    ("closed", "reopen"): "open",
}


class TicketClosed(Refused):
    """What is dealt with is opened again first."""

    code = "ticket_closed"
    text = N_("Ticket {ticket} is dealt with. Open it again first.")


class TicketOpen(Refused):
    """Only what is dealt with can be opened again."""

    code = "ticket_open"
    text = N_("Ticket {ticket} is not dealt with yet, so there is nothing to open again.")


def after(state: State, event: Event, *, ticket_id: int) -> State:
    """The state that follows. Raises: TicketClosed, TicketOpen."""
    found = _FOLLOWS.get((state, event))
    if found is None:
        raise (TicketClosed if state == "closed" else TicketOpen)(ticket=str(ticket_id))
    return found


def hours_of(kind: Kind, shop: ShopRules) -> int:
    """Within so many hours a kind is to be dealt with, as the shop says."""
    return {
        "enquiry": shop.ticket_enquiry_in_h,
        "order": shop.ticket_order_in_h,
        "complaint": shop.ticket_complaint_in_h,
        "return": shop.ticket_return_in_h,
        "exchange": shop.ticket_exchange_in_h,
        "repair": shop.ticket_repair_in_h,
        "suggestion": shop.ticket_suggestion_in_h,
        "praise": shop.ticket_praise_in_h,
    }[kind]


def due_at(kind: Kind, state: State, promised_on: date | None, shop: ShopRules, *, now: Millis) -> Millis:
    """By when somebody looks at a ticket: what was promised by the end of that day, all else within its hours.

    One that waits for the member comes back by itself after the hours of waiting.
    """
    if state == "waiting":
        return Millis(now + shop.ticket_waiting_in_h * HOUR)
    within = Millis(now + hours_of(kind, shop) * HOUR)
    if promised_on is None or clock.end_of(promised_on, shop.zone) <= now:
        return within
    return clock.end_of(promised_on, shop.zone)


def is_overdue(state: State, due: Millis, *, now: Millis) -> bool:
    """Whether it should have been dealt with by now."""
    return state != "closed" and due < now


class TicketInvalid(Invalid):
    """A ticket lacks what it is about, or is of no known kind."""

    code = "ticket_invalid"
    text = N_("{field}: “{given}” cannot be. {wanted}")


def kind_of(given: str) -> Kind:
    """A kind as it was given. Raises: TicketInvalid."""
    for kind in KINDS:
        if kind == given:
            return kind
    raise TicketInvalid(field="kind", given=given, wanted=T("Choose one of: {known}.", known=", ".join(KINDS)))


def words_of(given: str, *, longest: int = LONGEST_WORDS, field: str = "words") -> str:
    """What somebody wrote, without blanks around it. Raises: TicketInvalid."""
    words = given.strip()
    if not words or len(words) > longest:
        wanted = T("Write 1 to {longest} characters.", longest=longest)
        raise TicketInvalid(field=field, given=words[:20], wanted=wanted)
    return words
