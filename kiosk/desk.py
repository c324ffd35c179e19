"""What members ask, complain of or praise, on their phone: their tickets, new ones, and the question at the end."""

from flask import Blueprint, Response, render_template, request

from core.base import clock
from core.base.errors import RegularsError
from core.people import members
from core.service import ratings, ticketlists, ticketrules, tickets
from core.service.tickets import Terms
from kiosk import phone

pages = Blueprint("desk", __name__)
TEXT = ticketrules.LONGEST_WORDS


@pages.get("/me/tickets")
def all_of_mine() -> str:
    """The member's tickets with their state, and the form for a new one."""
    return _mine(None)


def _mine(error: RegularsError | None) -> str:
    _visit, member_id = phone.signed_in()
    found = ticketlists.tickets_of(member_id, by=members.themselves(member_id), now=clock.now())
    return render_template(
        "phone_tickets.html", error=error, tickets=found, given=request.form, kinds=ticketrules.KIND_WORDS,
        states=ticketrules.STATES, longest=TEXT,
    )  # fmt: skip


@pages.post("/me/tickets")
def write() -> Response:
    """Open a ticket; its first words are what it is about."""
    _visit, member_id = phone.signed_in()
    words = request.form.get("words", "")[: TEXT + 1].strip()
    subject = words.splitlines()[0][: ticketrules.LONGEST_SUBJECT] if words else ""
    terms = Terms(request.form.get("kind", "")[:20], subject, words=words, member_id=member_id)
    ticket_id = tickets.open_ticket(terms, by=members.themselves(member_id), now=clock.now())
    return phone.to(f"/me/tickets/{ticket_id}")


@pages.get("/me/tickets/<int:ticket_id>")
def one_of_mine(ticket_id: int) -> str:
    """What was said on one, and room for more."""
    return _one(None, ticket_id)


def _one(error: RegularsError | None, ticket_id: int = 0) -> str:
    _visit, member_id = phone.signed_in()
    by, now = members.themselves(member_id), clock.now()
    ticket_id = ticket_id or int((request.view_args or {}).get("ticket_id", 0))
    one = ticketlists.get(ticket_id, by=by, now=now)
    lines = [line for line in ticketlists.history(ticket_id, by=by, now=now) if line.kind != "change"]
    return render_template(
        "phone_ticket.html", error=error, ticket=one, lines=lines, kinds=ticketrules.KIND_WORDS,
        states=ticketrules.STATES, longest=TEXT,
    )  # fmt: skip


@pages.post("/me/tickets/<int:ticket_id>")
def say(ticket_id: int) -> Response:
    """Write more on it; one that was dealt with is open again."""
    _visit, member_id = phone.signed_in()
    words = request.form.get("words", "")[: TEXT + 1]
    tickets.say(ticket_id, words, by=members.themselves(member_id), now=clock.now())
    return phone.to(f"/me/tickets/{ticket_id}")


@pages.post("/me/tickets/<int:ticket_id>/rating")
def rate(ticket_id: int) -> Response:
    """One tap: how satisfied the member is."""
    _visit, member_id = phone.signed_in()
    given = request.form.get("satisfaction", 0, type=int)
    tickets.rate(ticket_id, given, by=members.themselves(member_id), now=clock.now())
    return phone.to(f"/me/tickets/{ticket_id}")


@pages.get("/rate/<code>")
def question(code: str) -> str:
    """The question by the link of a message: opening alone answers nothing, for programs open links too."""
    return _question(None, code)


def _question(error: RegularsError | None, code: str = "") -> str:
    code = code or str((request.view_args or {}).get("code", ""))
    one = ratings.look(code[:40], now=clock.now())
    return render_template("phone_rate.html", error=error, ticket=one, kinds=ticketrules.KIND_WORDS)


@pages.post("/rate/<code>")
def answer(code: str) -> str:
    """One tap answers; nobody has to sign in."""
    one = ratings.answer(code[:40], request.form.get("satisfaction", 0, type=int), now=clock.now())
    return render_template("phone_rate.html", error=None, ticket=one, kinds=ticketrules.KIND_WORDS)


phone.AGAIN.update({"desk.write": _mine, "desk.say": _one, "desk.rate": _one, "desk.answer": _question})
