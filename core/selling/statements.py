"""Commission statements 提成单: what each of the staff earned, line by line, from what the sales recorded.

A sale counts on its business day, by the rule in force on it and the role held at it; a return takes its part back
on the day it is made, by the same rule. Nothing is stored: what is worked out twice is the same.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from core.base import clock, db
from core.base.access import Actor, refusal, require
from core.base.clock import Millis
from core.selling import commission, earnings
from core.selling.earnings import Sold, Version

Roles = tuple[str, list[tuple[int, str]]]
"""The role somebody has now, and each change with the moment and what it was before."""


@dataclass(frozen=True)
class Earned:
    """One line of a statement; below 0 it is what a return took back. `base_cents` is their part of the line."""

    staff_id: int
    day: date
    store_id: int
    sale_id: int
    receipt_no: int
    refund_id: int | None
    name: str
    kind: str
    share_bp: int
    base_cents: int
    rule: Version
    cents: int


@dataclass(frozen=True)
class _Line:
    sold: Sold
    sale_id: int
    store_id: int
    receipt_no: int
    at: Millis
    name: str


@dataclass(frozen=True)
class _Back:
    line: _Line
    refund_id: int
    day: date
    store_id: int
    before: tuple[int, int]
    back: tuple[int, int]


def statement(staff_id: int, month: date, *, by: Actor, now: Millis) -> list[Earned]:
    """What somebody earned in a month, by day; one's own for who may not see reports. Raises: NotAllowed."""
    if by.kind != "staff" or by.id != staff_id:
        require(by, "reports")
        if by.stores:
            places = {id for (id,) in db.rows("SELECT store_id FROM staff_store WHERE staff_id = ?", (staff_id,))}
            if not places & by.stores:
                raise refusal("reports")
    first = month.replace(day=1)
    with db.read():
        found = between(first, clock.add_months(first, 1) - timedelta(days=1), staff_id=staff_id)
    return found


def between(first: date, last: date, *, staff_id: int | None = None) -> list[Earned]:
    """Everything earned and taken back from one business day to another, inside the caller's view."""
    rules, roles = commission.versions(), _roles()
    if not rules:
        return []
    found = [
        one for line in _lines(first, last)
        for one in _earned(line, earnings.standing(rules, line.sold.day), roles, staff_id)
    ]  # fmt: skip
    for back in _backs(first, last):
        holding = earnings.standing(rules, back.line.sold.day)
        found += [_taken(one, back) for one in _earned(back.line, holding, roles, staff_id)]
    return sorted(found, key=lambda one: (one.day, one.sale_id, one.refund_id or 0, one.name, one.staff_id))


def _earned(line: _Line, holding: Sequence[Version], roles: dict[int, Roles], only: int | None) -> Iterable[Earned]:
    sold = line.sold
    for staff_id, share_bp in sold.servers:
        if only not in (None, staff_id):
            continue
        rule = earnings.choose(holding, sold, staff_id, _role_at(roles[staff_id], line.at))
        if rule is not None:
            cents = earnings.part_of(earnings.of_line(rule.terms, sold), sold.servers, staff_id)
            base = earnings.part_of(sold.net_cents, sold.servers, staff_id)
            yield Earned(
                staff_id, sold.day, line.store_id, line.sale_id, line.receipt_no, None, line.name, sold.kind,
                share_bp, base, rule, cents,
            )  # fmt: skip


def _taken(one: Earned, back: _Back) -> Earned:
    sold = back.line.sold
    cents = earnings.taken_back(one.cents, sold, back.before, back.back)
    base = earnings.taken_back(one.base_cents, sold, back.before, back.back)
    return Earned(
        one.staff_id, back.day, back.store_id, one.sale_id, one.receipt_no, back.refund_id, one.name, one.kind,
        one.share_bp, -base, one.rule, -cents,
    )  # fmt: skip


def _roles() -> dict[int, Roles]:
    changes: dict[int, list[tuple[int, str]]] = {}
    for staff_id, at, before in db.rows("SELECT staff_id, at, before FROM staff_role ORDER BY at, id"):
        changes.setdefault(staff_id, []).append((at, before))
    return {id: (role, changes.get(id, [])) for id, role in db.rows("SELECT id, role FROM staff")}


def _role_at(known: Roles, at: int) -> str:
    """The role held at a moment: what the first change after it took away, else the one held now."""
    role, changes = known
    return next((before for changed_at, before in changes if changed_at > at), role)


_LINE = (
    "l.id, s.day, l.kind, l.product_id, p.category_id, l.quantity_milli, l.net_cents, l.staff_id, s.actor, s.id,"
    " s.store_id, s.receipt_no, s.at, l.name"
)


def _lines(first: date, last: date) -> list[_Line]:
    days = (first.toordinal(), last.toordinal())
    servers = _servers("s.day BETWEEN ? AND ?", days)
    rows = db.rows(
        f"SELECT {_LINE} FROM sale s JOIN sale_line l ON l.sale_id = s.id JOIN product p ON p.id = l.product_id"
        " WHERE s.day BETWEEN ? AND ? ORDER BY l.id",
        days,
    )
    return [_line(row, servers) for row in rows]


def _servers(test: str, days: tuple[int, int]) -> dict[int, list[tuple[int, int]]]:
    """Who served lines of sales that pass a test, where it was said."""
    found: dict[int, list[tuple[int, int]]] = {}
    for line_id, staff_id, share_bp in db.rows(
        "SELECT v.line_id, v.staff_id, v.share_bp FROM sale_server v JOIN sale_line l ON l.id = v.line_id"
        f" JOIN sale s ON s.id = l.sale_id WHERE {test} ORDER BY v.line_id, v.position",
        days,
    ):
        found.setdefault(line_id, []).append((staff_id, share_bp))
    return found


def _line(row: db.Row, servers: dict[int, list[tuple[int, int]]]) -> _Line:
    line_id, day, kind, product_id, category_id, quantity, net, named, actor, *rest = row
    rang_up = int(actor.removeprefix("staff:")) if actor.startswith("staff:") else None
    alone = named or rang_up
    who = tuple(servers.get(line_id, ())) or (((alone, earnings.WHOLE_BP),) if alone else ())
    sold = Sold(line_id, date.fromordinal(day), kind, product_id, category_id, quantity, net, who)
    return _Line(sold, *rest)


def _backs(first: date, last: date) -> list[_Back]:
    days = (first.toordinal(), last.toordinal())
    came = "EXISTS (SELECT 1 FROM refund f WHERE f.sale_id = s.id AND f.day BETWEEN ? AND ?)"
    servers = _servers(came, days)
    rows = db.rows(
        f"SELECT {_LINE}, f.id, f.day, f.store_id, f.number, r.quantity_milli, r.cents,"
        " (SELECT coalesce(CAST(sum(x.quantity_milli) AS BIGINT), 0) FROM refund_line x JOIN refund y"
        "  ON y.id = x.refund_id WHERE x.line_id = r.line_id AND y.number < f.number),"
        " (SELECT coalesce(CAST(sum(x.cents) AS BIGINT), 0) FROM refund_line x JOIN refund y"
        "  ON y.id = x.refund_id WHERE x.line_id = r.line_id AND y.number < f.number)"
        " FROM refund f JOIN refund_line r ON r.refund_id = f.id JOIN sale_line l ON l.id = r.line_id"
        " JOIN sale s ON s.id = l.sale_id JOIN product p ON p.id = l.product_id"
        " WHERE f.day BETWEEN ? AND ? ORDER BY l.id, f.number, r.id",
        days,
    )
    found: list[_Back] = []
    so_far: dict[tuple[int, int], tuple[int, int]] = {}
    for row in rows:
        refund_id, day, store_id, _number, units, cents, units_before, cents_before = row[14:]
        line = _line(row[:14], servers)
        twice = so_far.get((refund_id, line.sold.line_id), (0, 0))
        before = units_before + twice[0], cents_before + twice[1]
        so_far[refund_id, line.sold.line_id] = twice[0] + units, twice[1] + cents
        found.append(_Back(line, refund_id, date.fromordinal(day), store_id, before, (units, cents)))
    return found
