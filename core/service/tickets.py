"""Tickets 服务单: what a customer asks, complains of or brings to be repaired: who does it, by when, how it ended.

Staff with the right "service" work on those of their stores and on those given to them; members write to their own.
"""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from core.base import db, ids, limits, settings
from core.base.access import Actor, refusal
from core.base.clock import DAY, Millis
from core.base.errors import NotFound, Refused
from core.base.i18n import N_, T, _, date_shown
from core.base.limits import Limit
from core.books import audit, locks, merges, outbox, rules
from core.loyalty import benefits, tiers
from core.service import followups, ratinglinks, ticketrules
from core.service.ticketrules import KIND_WORDS, OUTCOMES, Event, Kind, State, TicketInvalid

BY_MEMBER = Limit("words to the shop by a member", 20, DAY)


@dataclass(frozen=True)
class Terms:
    """What a ticket is about. Of what is left out the store comes from the receipt, the writer, or the member's own;
    the owner is the member's adviser, if they have one.
    """

    kind: str
    subject: str
    words: str = ""
    member_id: int | None = None
    store_id: int | None = None
    owner_id: int | None = None
    promised_on: date | None = None
    sale_id: int | None = None
    line_no: int | None = None


@dataclass(frozen=True)
class Held:
    """A ticket as a verb finds it, locked."""

    id: int
    kind: Kind
    store_id: int
    member_id: int | None
    state: State
    owner_id: int | None
    promised_on: date | None


class TicketUnknown(NotFound):
    """No ticket has this number, or it is somebody else's."""

    code = "ticket_unknown"
    text = N_("There is no ticket {ticket} here. Refresh the list.")


class TicketNobody(Refused):
    """There is nobody a message could be sent to."""

    code = "ticket_nobody"
    text = N_("No member stands on ticket {ticket}, so nothing can be sent. Call, and put what was said in a note.")


class TicketRated(Refused):
    """The question has its answer."""

    code = "ticket_rated"
    text = N_("This was answered already, with {satisfaction} of 5. Thank you.")


class TicketSaleUnknown(NotFound):
    """The receipt or its line is not there."""

    code = "ticket_sale_unknown"
    text = N_("There is no such receipt, or it has no line {line}.")


# --- opening ---------------------------------------------------------------------------------------


@db.atomic
def open_ticket(terms: Terms, *, by: Actor, now: Millis) -> int:
    """Open a ticket; its id. Members open their own.

    Raises: NotAllowed, TicketInvalid, TicketSaleUnknown, AssigneeUnknown, MemberUnknown, MemberErased, TooOften.
    """
    if by.kind == "member":
        if terms.member_id != by.id:
            raise refusal("service")
        limits.take((BY_MEMBER, str(by.id)), now=now)
    store_id = _store_of(terms, by)
    if by.kind != "member" and not by.may("service", store_id=store_id):
        raise refusal("service")
    subject = ticketrules.words_of(terms.subject, longest=ticketrules.LONGEST_SUBJECT, field="subject")
    return put(replace(terms, subject=subject), store_id=store_id, by=by, now=now)


def put(terms: Terms, *, store_id: int, by: Actor, now: Millis) -> int:
    """The same, inside the transaction of a verb that has judged whether `by` may."""
    kind = ticketrules.kind_of(terms.kind)
    member_id, shop = _member_of(terms), rules.current(now=now)
    _check_promise(terms.promised_on, now)
    followups.check_staff(terms.owner_id)
    owner_id = terms.owner_id
    if owner_id is None and member_id is not None:
        owner_id = benefits.adviser_id_of(member_id, tiers.of(member_id, now=now))
    ticket_id = ids.new()
    db.add(
        "ticket",
        id=ticket_id,
        kind=kind,
        store_id=store_id,
        member_id=member_id,
        subject=terms.subject,
        state="open",
        owner_id=owner_id,
        due_at=ticketrules.due_at(kind, "open", terms.promised_on, shop, now=now),
        promised_day=terms.promised_on.toordinal() if terms.promised_on else None,
        sale_id=terms.sale_id,
        line_no=terms.line_no,
        opened_at=now,
        opened_by=by.tag,
        door=by.door,
    )
    write_line(ticket_id, by=by, now=now, kind="change", change="opened")
    if terms.words.strip():
        words = ticketrules.words_of(terms.words)
        write_line(ticket_id, by=by, now=now, kind="message" if by.kind == "member" else "note", body=words)
    after = {"kind": kind, "staff": owner_id}
    audit.record("ticket.opened", "ticket", ticket_id, by=by, now=now, store_id=store_id, after=after)
    if terms.promised_on is not None:
        _tell_promise(Held(ticket_id, kind, store_id, member_id, "open", owner_id, terms.promised_on), now)
    return ticket_id


def _member_of(terms: Terms) -> int | None:
    """Whose ticket it is, locked; a blocked member may complain too. Raises: MemberUnknown, MemberErased."""
    given = terms.member_id
    if given is None and terms.sale_id is not None:
        given = db.value("SELECT member_id FROM sale WHERE id = ?", (terms.sale_id,))
    if given is None:
        return None
    member_id = merges.leads_to(int(given))
    locks.hold(beside=(member_id,))
    if db.value("SELECT state FROM member WHERE id = ?", (member_id,)) == "erased":
        raise locks.MemberErased()
    return member_id


def _store_of(terms: Terms, by: Actor) -> int:
    """The store that deals with it. Raises: TicketSaleUnknown."""
    sold_in = None
    if terms.sale_id is not None:
        sold_in = db.value("SELECT store_id FROM sale WHERE id = ?", (terms.sale_id,))
        line = "SELECT 1 FROM sale_line WHERE sale_id = ? AND position = ?"
        known = terms.line_no is None or db.value(line, (terms.sale_id, terms.line_no)) is not None
        if sold_in is None or not known:
            raise TicketSaleUnknown(line=terms.line_no or 0)
    if terms.store_id is not None:
        return terms.store_id
    return int(sold_in) if sold_in is not None else store_for(terms.member_id, by)


def store_for(member_id: int | None, by: Actor) -> int:
    """The store of what names none: the member's own if the writer may there, else the first they work in."""
    own = db.value("SELECT home_store_id FROM member WHERE id = ?", (member_id,)) if member_id is not None else None
    if own is not None and (not by.stores or own in by.stores):
        return int(own)
    found: list[int] = [store for (store,) in db.rows("SELECT id FROM store WHERE closed_at IS NULL ORDER BY id")]
    return next((store for store in found if not by.stores or store in by.stores), found[0])


def write_line(ticket_id: int, *, by: Actor, now: Millis, **line: object) -> int:
    """Add a line to a ticket's history; its id. Inside the caller's transaction."""
    line_id = ids.new()
    db.add("ticket_note", id=line_id, ticket_id=ticket_id, at=now, actor=by.tag, **line)
    return line_id


# --- working on it ---------------------------------------------------------------------------------


def held(ticket_id: int, *, by: Actor) -> Held:
    """A ticket, locked, for who may work on it or wrote it. Raises: TicketUnknown, NotAllowed."""
    one = locked(ticket_id)
    if by.kind == "member" and one.member_id != by.id:
        raise TicketUnknown(ticket=str(ticket_id))
    if by.kind != "member" and not may_work(by, one.store_id, one.owner_id):
        raise refusal("service")
    return one


def locked(ticket_id: int) -> Held:
    """A ticket, locked until the transaction ends, for a verb that judges by itself who may. Raises: TicketUnknown."""
    lock = "" if db.is_sqlite() else " FOR UPDATE"
    row = db.one(
        f"SELECT id, kind, store_id, member_id, state, owner_id, promised_day FROM ticket WHERE id = ?{lock}",
        (ticket_id,),
    )
    if row is None:
        raise TicketUnknown(ticket=str(ticket_id))
    cells: tuple[Any, ...] = (*row[:6], date.fromordinal(row[6]) if row[6] else None)
    return Held(*cells)


def may_work(by: Actor, store_id: int, owner_id: int | None) -> bool:
    """Whether a ticket is theirs to work on: one of their stores, or given to them."""
    given = by.kind == "staff" and by.id == owner_id
    return by.may("service", store_id=None if given else store_id)


def _move(one: Held, event: Event, *, now: Millis, more: str = "", values: tuple[Any, ...] = ()) -> State:
    """Set the state that follows and by when it is due. Raises: TicketClosed, TicketOpen."""
    state = ticketrules.after(one.state, event, ticket_id=one.id)
    due = ticketrules.due_at(one.kind, state, one.promised_on, rules.current(now=now), now=now)
    db.run(f"UPDATE ticket SET state = ?, due_at = ?{more} WHERE id = ?", (state, due, *values, one.id))
    return state


@db.atomic
def note(ticket_id: int, words: str, *, by: Actor, now: Millis) -> None:
    """Put words for staff on a ticket, in whatever state. Raises: NotAllowed, TicketUnknown, TicketInvalid."""
    if by.kind == "member":
        raise refusal("service")
    one = held(ticket_id, by=by)
    write_line(one.id, by=by, now=now, kind="note", body=ticketrules.words_of(words))
    audit.record("ticket.noted", "ticket", one.id, by=by, now=now, store_id=one.store_id)


@db.atomic
def say(ticket_id: int, words: str, *, by: Actor, now: Millis) -> None:
    """What a member writes on their own ticket; one that was dealt with is open again.

    Raises: NotAllowed, TicketUnknown, TicketInvalid, TooOften.
    """
    if by.kind != "member":
        raise refusal("service")
    limits.take((BY_MEMBER, str(by.id)), now=now)
    join(held(ticket_id, by=by), by=by, now=now, body=ticketrules.words_of(words))


def join(one: Held, *, by: Actor, now: Millis, body: str | None = None, inbound_sid: str | None = None) -> None:
    """Let what somebody wrote join a ticket; inside the caller's transaction."""
    _move(one, "message", now=now, more=_OPENED if one.state == "closed" else "")
    write_line(one.id, by=by, now=now, kind="message", body=body, inbound_sid=inbound_sid)
    audit.record("ticket.written", "ticket", one.id, by=by, now=now, store_id=one.store_id)


@db.atomic
def assign(ticket_id: int, staff_id: int | None, *, by: Actor, now: Millis) -> None:
    """Give a ticket to somebody, or to nobody.

    Raises: NotAllowed, TicketUnknown, TicketClosed, AssigneeUnknown.
    """
    one = held(ticket_id, by=_staff(by))
    ticketrules.after(one.state, "assign", ticket_id=one.id)
    followups.check_staff(staff_id)
    db.run("UPDATE ticket SET owner_id = ? WHERE id = ?", (staff_id, one.id))
    write_line(one.id, by=by, now=now, kind="change", change=f"owner:{staff_id or ''}")
    after = {"staff": staff_id}
    audit.record("ticket.assigned", "ticket", one.id, by=by, now=now, store_id=one.store_id, after=after)


def _staff(by: Actor) -> Actor:
    if by.kind == "member":
        raise refusal("service")
    return by


@db.atomic
def promise(ticket_id: int, on: date, *, by: Actor, now: Millis) -> None:
    """Promise a day by which it is done; the member is told, and until then it is not late.

    Raises: NotAllowed, TicketUnknown, TicketClosed, TicketInvalid.
    """
    one = held(ticket_id, by=_staff(by))
    _check_promise(on, now)
    promised = replace(one, promised_on=on)
    _move(promised, "promise", now=now, more=", promised_day = ?", values=(on.toordinal(),))
    write_line(one.id, by=by, now=now, kind="change", change=f"promised:{on.toordinal()}")
    after = {"day": str(on)}
    audit.record("ticket.promised", "ticket", one.id, by=by, now=now, store_id=one.store_id, after=after)
    _tell_promise(promised, now)


def _check_promise(on: date | None, now: Millis) -> None:
    today = followups.today_of(now)
    if on is not None and not 0 <= (on - today).days <= followups.FURTHEST_DAYS:
        wanted = T("Promise today or one of the next {most} days.", most=followups.FURTHEST_DAYS)
        raise TicketInvalid(field="promised", given=str(on), wanted=wanted)


def _tell_promise(one: Held, now: Millis) -> None:
    if one.member_id is None or one.promised_on is None or not _may_be_told(one.member_id):
        return
    with outbox.in_language_of(one.member_id, now=now):
        facts = {"kind": _(KIND_WORDS[one.kind]), "number": str(one.id), "day": date_shown(one.promised_on)}
    outbox.tell(one.member_id, f"ticket-promise:{one.id}:{one.promised_on}", "ticket_promised", facts, now=now)


def _may_be_told(member_id: int) -> bool:
    return bool(db.value("SELECT 1 FROM member WHERE id = ? AND state IN ('active', 'blocked')", (member_id,)))


@db.atomic
def reply(ticket_id: int, words: str, *, by: Actor, now: Millis) -> int:
    """Write to the member; the ticket waits for them then. The id of the message.

    Raises: NotAllowed, TicketUnknown, TicketClosed, TicketInvalid, TicketNobody.
    """
    one = held(ticket_id, by=_staff(by))
    if one.member_id is None or not _may_be_told(one.member_id):
        raise TicketNobody(ticket=str(one.id))
    said = ticketrules.words_of(words)
    _move(one, "reply", now=now, more=", answered_at = coalesce(answered_at, ?)", values=(now,))
    key = f"ticket:{one.id}:{ids.new()}"
    outbox.tell(one.member_id, key, "ticket_reply", {"text": said, "number": str(one.id)}, now=now)
    outbox_id = int(db.value("SELECT id FROM outbox WHERE dedupe_key = ?", (key,)))
    write_line(one.id, by=by, now=now, kind="reply", body=said, outbox_id=outbox_id)
    audit.record("ticket.replied", "ticket", one.id, by=by, now=now, store_id=one.store_id)
    return outbox_id


# --- its end ---------------------------------------------------------------------------------------

_OPENED = ", closed_at = NULL, closed_by = NULL, outcome = NULL"


@db.atomic
def close(ticket_id: int, outcome: str, *, by: Actor, now: Millis) -> None:
    """Note how a ticket ended; the member is asked once how satisfied they are, where phones reach the shop.

    Raises: NotAllowed, TicketUnknown, TicketClosed, TicketInvalid.
    """
    if outcome not in OUTCOMES:
        known = ", ".join(OUTCOMES)
        raise TicketInvalid(field="outcome", given=outcome, wanted=T("Choose one of: {known}.", known=known))
    one = held(ticket_id, by=_staff(by))
    more = ", closed_at = ?, closed_by = ?, outcome = ?, answered_at = coalesce(answered_at, ?)"
    _move(one, "close", now=now, more=more, values=(now, by.tag, outcome, now))
    write_line(one.id, by=by, now=now, kind="change", change=f"closed:{outcome}")
    after = {"outcome": outcome}
    audit.record("ticket.closed", "ticket", one.id, by=by, now=now, store_id=one.store_id, after=after)
    if outcome in ticketrules.ASKED:
        _ask(one, now)


def _ask(one: Held, now: Millis) -> None:
    """Ask the member once in a ticket's life."""
    if one.member_id is None or not settings.current().public_url or not _may_be_told(one.member_id):
        return
    if not db.change("UPDATE ticket SET asked_at = ? WHERE id = ? AND asked_at IS NULL", (now, one.id)):
        return
    with outbox.in_language_of(one.member_id, now=now):
        facts = {"kind": _(KIND_WORDS[one.kind]), "number": str(one.id), "link": ratinglinks.path(one.id)}
    outbox.tell(one.member_id, f"ticket-closed:{one.id}", "ticket_closed", facts, now=now)


@db.atomic
def reopen(ticket_id: int, *, by: Actor, now: Millis) -> None:
    """Take up again what was dealt with. Raises: NotAllowed, TicketUnknown, TicketOpen."""
    one = held(ticket_id, by=_staff(by))
    _move(one, "reopen", now=now, more=_OPENED)
    write_line(one.id, by=by, now=now, kind="change", change="reopened")
    audit.record("ticket.reopened", "ticket", one.id, by=by, now=now, store_id=one.store_id)


@db.atomic
def rate(ticket_id: int, satisfaction: int, *, by: Actor, now: Millis) -> None:
    """Note how satisfied the member is, once, 1 to 5; who is not is called by the ticket's owner today.

    Raises: NotAllowed, TicketUnknown, TicketInvalid, TicketRated.
    """
    one = held(ticket_id, by=by)
    if not 1 <= satisfaction <= 5 or one.state != "closed":
        wanted = T("Answer 1 to 5, once the ticket is dealt with.")
        raise TicketInvalid(field="satisfaction", given=str(satisfaction), wanted=wanted)
    sql = "UPDATE ticket SET satisfaction = ?, rated_at = ? WHERE id = ? AND satisfaction IS NULL"
    if not db.change(sql, (satisfaction, now, one.id)):
        given = db.value("SELECT satisfaction FROM ticket WHERE id = ?", (one.id,))
        raise TicketRated(satisfaction=given or 0)
    write_line(one.id, by=by, now=now, kind="change", change=f"rated:{satisfaction}")
    after = {"satisfaction": satisfaction}
    audit.record("ticket.rated", "ticket", one.id, by=by, now=now, store_id=one.store_id, after=after)
    if satisfaction <= ticketrules.LOW and one.member_id is not None:
        active = db.value("SELECT id FROM staff WHERE id = ? AND active = 1", (one.owner_id,))
        plan = followups.Plan("ticket", one.id, "call", active)
        followups.put(one.member_id, followups.today_of(now), plan, by=by, now=now)
