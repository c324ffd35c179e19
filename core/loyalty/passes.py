"""Passes 次卡: so many uses of service items before a date, bought once and used up one by one.

A pass is a payment: it pays a whole line of a sale, no rule touches that line and it earns nothing.
Uses are moved by entries that are only added; what is left is their sum.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from core.base import clock, db, ids
from core.base.access import Actor, require
from core.base.clock import DAY, Millis
from core.base.errors import Invalid, NotFound, Refused
from core.base.i18n import N_, T
from core.books import audit, rules
from core.books.posting import Cause
from core.goods import catalogue


@dataclass(frozen=True)
class PassKind:
    """What a product of kind 'pass' sells: uses of any of these service items within so many days."""

    id: int
    product_id: int | None
    name: str
    uses: int
    valid_days: int
    service_ids: frozenset[int]


@dataclass(frozen=True)
class Pass:
    """One pass of a member."""

    id: int
    kind: PassKind
    member_id: int
    uses: int
    left: int
    paid_cents: int
    until_at: Millis

    def pays_for(self, product_id: int, pieces: int) -> bool:
        """Whether it could pay so many pieces of a product."""
        return product_id in self.kind.service_ids and 0 < pieces <= self.left


class PassInvalid(Invalid):
    """A kind of pass cannot be right."""

    code = "pass_invalid"
    text = N_("Pass “{name}”: {wanted}")


class PassUnknown(NotFound):
    """No pass of this member has this id."""

    code = "pass_unknown"
    text = N_("There is no such pass. Look in the member's card.")


class PassOver(Refused):
    """The pass has lapsed, was ended, or has too few uses left."""

    code = "pass_over"
    text = N_("“{name}”: {left} uses are left until {until_at}; {wanted} were asked for.")


class PassNotFor(Refused):
    """The pass is for other service items."""

    code = "pass_not_for"
    text = N_("“{name}” is not for {product}. Pay this line in another way.")


@db.atomic
def create_kind(
    name: str, product_id: int | None, *, uses: int, valid_days: int, service_ids: Iterable[int], by: Actor, now: Millis
) -> int:
    """Add a kind of pass, sold as a product of kind 'pass' (None: only given). Raises: NotAllowed, PassInvalid."""
    require(by, "marketing")
    services = sorted(set(service_ids))
    wrong = None
    if uses < 1:
        wrong = "uses", T("at least one use is needed.")
    elif valid_days < 1:
        wrong = "valid_days", T("it is valid for at least one day.")
    elif not services or not all(db.value("SELECT 1 FROM product WHERE id = ?", (one,)) for one in services):
        wrong = "service_ids", T("name the service items it is for.")
    elif product_id is not None and db.value("SELECT kind FROM product WHERE id = ?", (product_id,)) != "pass":
        wrong = "product_id", T("a product of the kind “pass” is needed.")
    if wrong is not None:
        raise PassInvalid(name=name, field=wrong[0], wanted=wrong[1])
    kind_id = ids.new()
    db.add("pass_kind", id=kind_id, product_id=product_id, name=name, uses=uses, valid_days=valid_days)
    db.add_many("pass_service", [{"kind_id": kind_id, "product_id": one} for one in services])
    audit.record("pass_kind.created", "pass_kind", kind_id, by=by, now=now, after={"name": name, "uses": uses})
    return kind_id


@db.atomic
def create_with_product(
    name: str, price_cents: int, *, uses: int, valid_days: int, service_ids: Iterable[int], by: Actor, now: Millis
) -> int:
    """Add a kind of pass together with the product that sells it, of the same name; the kind's id.

    Raises: NotAllowed, PassInvalid, ProductInvalid, ProductTaken.
    """
    product_id = catalogue.create(name, price_cents, kind="pass", by=by, now=now)
    return create_kind(name, product_id, uses=uses, valid_days=valid_days, service_ids=service_ids, by=by, now=now)


# --- reads ---------------------------------------------------------------------------------------

_SELECT = (
    "SELECT p.id, p.kind_id, p.member_id, p.uses, p.left_uses, p.paid_cents, p.until_at, k.product_id, k.name,"
    " k.uses, k.valid_days FROM pass p JOIN pass_kind k ON k.id = p.kind_id WHERE "
)


def _pass(row: db.Row) -> Pass:
    services = db.rows("SELECT product_id FROM pass_service WHERE kind_id = ?", (row[1],))
    kind = PassKind(row[1], row[7], row[8], row[9], row[10], frozenset(one for (one,) in services))
    return Pass(row[0], kind, row[2], row[3], row[4], row[5], row[6])


def held_by(member_id: int, *, now: Millis) -> list[Pass]:
    """Passes of a member that can be used now, the first to lapse first."""
    where = "p.member_id = ? AND p.until_at > ? AND p.left_uses > 0 AND p.ended_at IS NULL ORDER BY p.until_at, p.id"
    return [_pass(row) for row in db.rows(_SELECT + where, (member_id, now))]


def kinds() -> list[PassKind]:
    """Kinds of passes that are sold or given, oldest first."""
    services: dict[int, set[int]] = {}
    for kind_id, product_id in db.rows("SELECT kind_id, product_id FROM pass_service"):
        services.setdefault(kind_id, set()).add(product_id)
    found = db.rows("SELECT id, product_id, name, uses, valid_days FROM pass_kind WHERE active = 1 ORDER BY id")
    return [PassKind(i, p, n, u, d, frozenset(services.get(i, ()))) for i, p, n, u, d in found]


# --- doing (inside the caller's transaction) -----------------------------------------------------


def issue(kind_id: int, member_id: int, *, paid_cents: int, cause: Cause) -> int:
    """Give a member a pass."""
    found = db.one("SELECT uses, valid_days FROM pass_kind WHERE id = ?", (kind_id,))
    if found is None:
        raise PassUnknown(what=str(kind_id))
    zone, pass_id = rules.current(now=cause.now).zone, ids.new()
    last_day = clock.day_of(cause.now + found[1] * DAY, zone)
    db.add(
        "pass",
        id=pass_id,
        kind_id=kind_id,
        member_id=member_id,
        sale_id=cause.ref_id if cause.ref_kind == "sale" else None,
        uses=found[0],
        left_uses=found[0],
        paid_cents=paid_cents,
        until_at=clock.end_of(last_day, zone),
        at=cause.now,
    )
    _entry(pass_id, "issue", found[0], cause, None)
    return pass_id


def sold(product_id: int, member_id: int, times: int, *, paid_cents: int, cause: Cause) -> None:
    """Give what a sold product of kind 'pass' holds, once a piece."""
    kind_id = db.value("SELECT id FROM pass_kind WHERE product_id = ? AND active = 1", (product_id,))
    for number in range(times if kind_id is not None else 0):
        part = paid_cents * (number + 1) // times - paid_cents * number // times
        issue(int(kind_id), member_id, paid_cents=part, cause=cause)


def use(pass_id: int, uses: int, line_id: int, cause: Cause) -> None:
    """Pay a line with uses of a pass. Raises: PassOver."""
    changed = db.change(
        "UPDATE pass SET left_uses = left_uses - ? WHERE id = ? AND left_uses >= ? AND until_at > ?"
        " AND ended_at IS NULL",
        (uses, pass_id, uses, cause.now),
    )
    if not changed:
        raise over(pass_id, uses)
    _entry(pass_id, "use", -uses, cause, line_id)


def over(pass_id: int, wanted: int) -> PassOver:
    """The refusal that says what is left of a pass."""
    name, left, until_at = db.one(
        "SELECT k.name, p.left_uses, p.until_at FROM pass p JOIN pass_kind k ON k.id = p.kind_id WHERE p.id = ?",
        (pass_id,),
    ) or ("?", 0, 0)
    return PassOver(field="pass_id", name=name, left=left, until_at=until_at, wanted=wanted)


def give_back(line_id: int, uses: int, cause: Cause) -> None:
    """Return uses of a line; a pass that has lapsed meanwhile lives on for the days of grace."""
    found = db.value("SELECT pass_id FROM pass_entry WHERE line_id = ? AND kind = 'use'", (line_id,))
    if found is None:
        return
    grace = rules.grace_until(cause.now)
    db.run(
        "UPDATE pass SET left_uses = left_uses + ?, until_at = CASE WHEN until_at <= ? THEN ? ELSE until_at END"
        " WHERE id = ?",
        (uses, cause.now, grace, found),
    )
    _entry(int(found), "return", uses, cause, line_id)


def of_sale(sale_id: int) -> list[tuple[int, int, int, int]]:
    """Passes a sale brought that still run: (id, uses, left, paid cents)."""
    sql = "SELECT id, uses, left_uses, paid_cents FROM pass WHERE sale_id = ? AND ended_at IS NULL ORDER BY id"
    return [(row[0], row[1], row[2], row[3]) for row in db.rows(sql, (sale_id,))]


def cancel(pass_id: int, left: int, cause: Cause) -> None:
    """End a pass; what is left of it is gone."""
    db.run("UPDATE pass SET left_uses = 0, ended_at = ? WHERE id = ?", (cause.now, pass_id))
    if left:
        _entry(pass_id, "cancel", -left, cause, None)


@db.atomic
def lapse_due(*, by: Actor, now: Millis, limit: int = 500) -> int:
    """Write off what is left of passes that have lapsed; how many passes."""
    sql = "SELECT id, left_uses FROM pass WHERE until_at <= ? AND ended_at IS NULL ORDER BY id LIMIT ?"
    due = db.rows(sql, (now, limit))
    for pass_id, left in due:
        db.run("UPDATE pass SET left_uses = 0, ended_at = ? WHERE id = ?", (now, pass_id))
        if left:
            _entry(pass_id, "expire", -left, Cause("expire", "pass", pass_id, by, now), None)
    return len(due)


def _entry(pass_id: int, kind: str, uses: int, cause: Cause, line_id: int | None) -> None:
    db.add(
        "pass_entry",
        id=ids.new(),
        pass_id=pass_id,
        kind=kind,
        uses=uses,
        ref_kind=cause.ref_kind,
        ref_id=cause.ref_id,
        line_id=line_id,
        at=cause.now,
        actor=cause.by.tag,
    )
