"""What the departments of service keep about a member, for the copy of everything that is kept about them."""

from collections.abc import Sequence
from typing import Any

from core.base import db
from core.base.clock import iso
from core.books.merges import OVER_BOTH


def of_member(member_id: int) -> dict[str, list[dict[str, Any]]]:
    """Tickets with every word on them, bookings, sign-ups for events and calls; also of who was merged into them."""
    return {
        "tickets": _tickets(member_id),
        "bookings": _bookings(member_id),
        "events": _events(member_id),
        "contacts": _contacts(member_id),
    }


def _tickets(member_id: int) -> list[dict[str, Any]]:
    found = _rows(
        "SELECT opened_at AS at, kind, subject, state, closed_at, outcome, satisfaction, id FROM ticket"
        f" WHERE member_id IN {OVER_BOTH} ORDER BY opened_at, id",
        (member_id, member_id),
    )
    lines = _lines([one["id"] for one in found])
    for one in found:
        one["lines"] = lines.get(one.pop("id"), [])
    return found


def _lines(ticket_ids: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    """What was written on each ticket, by the shop and by the member."""
    if not ticket_ids:
        return {}
    found = db.rows(
        "SELECT n.ticket_id, n.at, n.kind, coalesce(n.body, i.body) FROM ticket_note n"
        " LEFT JOIN inbound i ON i.sid = n.inbound_sid WHERE n.kind <> 'change'"
        f" AND n.ticket_id IN ({', '.join('?' * len(ticket_ids))}) ORDER BY n.at, n.id",
        ticket_ids,
    )
    lines: dict[int, list[dict[str, Any]]] = {}
    for ticket_id, at, kind, words in found:
        lines.setdefault(ticket_id, []).append({"at": iso(at), "kind": kind, "words": words})
    return lines


def _bookings(member_id: int) -> list[dict[str, Any]]:
    """Those of the membership, and those made without one for the member's number."""
    return _rows(
        "SELECT b.from_at AS at, b.until_at, o.name AS store, g.name AS service, s.name AS staff, b.state, b.name,"
        " b.phone, b.note FROM booking b JOIN store o ON o.id = b.store_id JOIN product g ON g.id = b.product_id"
        f" JOIN staff s ON s.id = b.staff_id WHERE b.member_id IN {OVER_BOTH} OR (b.member_id IS NULL AND b.phone ="
        " (SELECT phone FROM member_person WHERE member_id = ?)) ORDER BY b.from_at, b.id",
        (member_id, member_id, member_id),
    )


def _events(member_id: int) -> list[dict[str, Any]]:
    return _rows(
        "SELECT s.at, g.from_at, g.name_en AS event_en, g.name_zh AS event_zh, s.places, s.state, s.points"
        " FROM gathering_signup s JOIN gathering g ON g.id = s.gathering_id"
        f" WHERE s.member_id IN {OVER_BOTH} ORDER BY s.at, s.id",
        (member_id, member_id),
    )


def _contacts(member_id: int) -> list[dict[str, Any]]:
    return _rows(
        "SELECT created_at AS at, kind, way, state, done_at, outcome, leaving_reason FROM follow_up"
        f" WHERE member_id IN {OVER_BOTH} ORDER BY created_at, id",
        (member_id, member_id),
    )


def _rows(sql: str, given: Sequence[int]) -> list[dict[str, Any]]:
    """Rows by the names of their columns; moments as in the rest of the copy."""
    return [
        {name: iso(value) if _is_moment(name) and value is not None else value for name, value in row.items()}
        for row in db.records(sql, given)
    ]


def _is_moment(name: str) -> bool:
    return name == "at" or name.endswith("_at")
