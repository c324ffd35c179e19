"""Commission rules 提成: what selling earns, in versions with a day from which each holds."""

import json
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from core.base import access, clock, db, ids, text
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Invalid, NotFound, Refused
from core.base.i18n import N_, T
from core.books import audit, rules
from core.selling import earnings
from core.selling.earnings import CommissionTerms, Version


class CommissionInvalid(Invalid):
    """The terms of a commission rule cannot be used."""

    code = "commission_invalid"
    text = N_("{field}: {problem}")


class CommissionPast(Refused):
    """What was earned by a rule stays earned by it."""

    code = "commission_past"
    text = N_("A rule holds from today or later, {today}, not from {given}: past sales were earned by the old one.")


class CommissionUnknown(NotFound):
    """No commission rule has this id."""

    code = "commission_unknown"
    text = N_("There is no such commission rule any more. Refresh the list.")


@dataclass(frozen=True)
class RuleRow:
    """A rule as a list shows it: the version in force, else the next one, with its names."""

    id: int
    name: str
    version: Version
    of_what: str
    of_whom: str
    ended: bool


@db.atomic
def create(
    name: str, terms: CommissionTerms, *, from_day: date, by: Actor, now: Millis, until_day: date | None = None
) -> int:
    """Add a rule; its id. Raises: NotAllowed, CommissionInvalid, CommissionPast."""
    require(by, "staff")
    shown = text.clean(name)[:60]
    if not shown:
        raise CommissionInvalid(field="name", problem=T("a name is needed"))
    rule_id = ids.new()
    db.add("commission_rule", id=rule_id, name=shown, created_at=now)
    _add(rule_id, 1, terms, (from_day, until_day), by=by, now=now)
    after = {"name": shown} | _facts(terms, from_day)
    audit.record("commission.created", "commission", rule_id, by=by, now=now, after=after)
    return rule_id


@db.atomic
def change(
    rule_id: int, terms: CommissionTerms, *, from_day: date, by: Actor, now: Millis, until_day: date | None = None
) -> None:
    """Give a rule other terms from a day on.

    Raises: NotAllowed, CommissionUnknown, CommissionInvalid, CommissionPast.
    """
    require(by, "staff")
    last = _last(rule_id)
    _add(rule_id, last.number + 1, terms, (from_day, until_day), by=by, now=now)
    before, after = _facts(last.terms, last.from_day), _facts(terms, from_day)
    audit.record("commission.changed", "commission", rule_id, by=by, now=now, before=before, after=after)


@db.atomic
def end(rule_id: int, last_day: date, *, by: Actor, now: Millis) -> None:
    """Let a rule hold to a last day, yesterday at the earliest.

    Raises: NotAllowed, CommissionUnknown, CommissionPast.
    """
    require(by, "staff")
    last = _last(rule_id)
    _add(rule_id, last.number + 1, last.terms, (last_day + timedelta(days=1), last_day), by=by, now=now)
    audit.record("commission.ended", "commission", rule_id, by=by, now=now, after={"until": f"{last_day}"})


def _add(
    rule_id: int, number: int, terms: CommissionTerms, days: tuple[date, date | None], *, by: Actor, now: Millis
) -> None:
    if not db.is_sqlite():
        db.value("SELECT 1 FROM commission_rule WHERE id = ? FOR UPDATE", (rule_id,))
    wrong = _wrong(terms)
    if wrong is not None:
        raise CommissionInvalid(field=wrong[0], problem=wrong[1])
    from_day, until_day = days
    today = clock.day_of(now, rules.current(now=now).zone)
    if from_day < today:
        raise CommissionPast(field="from_day", today=f"{today}", given=f"{from_day}")
    db.add(
        "commission_version", id=ids.new(), rule_id=rule_id, number=number, terms=json.dumps(asdict(terms)),
        from_day=from_day.toordinal(), until_day=until_day.toordinal() if until_day else None, at=now, actor=by.tag,
    )  # fmt: skip


def _wrong(terms: CommissionTerms) -> tuple[str, object] | None:
    if bool(terms.rate_bp) == bool(terms.each_cents):
        return "rate_bp", T("either a rate or an amount each")
    if not 0 <= terms.rate_bp <= earnings.WHOLE_BP or terms.each_cents < 0:
        return "rate_bp", T("a rate up to 100 %, an amount above 0")
    if not set(terms.kinds) <= set(earnings.KINDS):
        return "kinds", ", ".join(earnings.KINDS)
    if terms.product_id and terms.category_id:
        return "product_id", T("either a product or a category")
    if (terms.role and terms.staff_id) or terms.role not in ("", *access.ROLES):
        return "role", T("either a role or a person")
    for table, field, id in (
        ("product", "product_id", terms.product_id), ("category", "category_id", terms.category_id),
        ("staff", "staff_id", terms.staff_id),
    ):  # fmt: skip
        if id is not None and db.value(f"SELECT 1 FROM {table} WHERE id = ?", (id,)) is None:
            return field, T("nothing has this id")
    return None


def _facts(terms: CommissionTerms, from_day: date) -> dict[str, object]:
    rate = {"each_cents": terms.each_cents} if terms.each_cents else {"rate_bp": terms.rate_bp}
    return rate | {"from_day": f"{from_day}"}


# --- reads ---------------------------------------------------------------------------------------


def versions() -> list[Version]:
    """Every version of every rule, inside the caller's view."""
    found = db.rows(
        "SELECT v.id, v.rule_id, v.number, r.name, v.terms, v.from_day, v.until_day FROM commission_version v"
        " JOIN commission_rule r ON r.id = v.rule_id ORDER BY v.rule_id, v.number"
    )
    return [
        Version(
            id, rule_id, number, name, _terms(stored), date.fromordinal(first),
            None if last is None else date.fromordinal(last),
        )
        for id, rule_id, number, name, stored, first, last in found
    ]  # fmt: skip


def _terms(stored: str) -> CommissionTerms:
    raw: dict[str, Any] = json.loads(stored)
    return CommissionTerms(**raw | {"kinds": tuple(raw["kinds"])})


def _last(rule_id: int) -> Version:
    """What was said last of a rule. Raises: CommissionUnknown."""
    found = [one for one in versions() if one.rule_id == rule_id]
    if not found:
        raise CommissionUnknown()
    return found[-1]


def listing(*, by: Actor, now: Millis) -> list[RuleRow]:
    """Every rule, those that hold first, by name. Raises: NotAllowed."""
    require(by, "staff")
    today = clock.day_of(now, rules.current(now=now).zone)
    with db.read():
        every = versions()
        products: dict[int, str] = dict(db.rows("SELECT id, name FROM product"))
        categories: dict[int, str] = dict(db.rows("SELECT id, name FROM category"))
        people: dict[int, str] = dict(db.rows("SELECT id, name FROM staff"))
    holding = {one.rule_id: one for one in earnings.standing(every, today)}
    found = []
    for rule_id in dict.fromkeys(one.rule_id for one in every):
        last = [one for one in every if one.rule_id == rule_id][-1]
        coming = last.from_day > today and (last.until_day is None or last.until_day >= last.from_day)
        one = holding.get(rule_id, last)
        terms = one.terms
        what = products.get(terms.product_id or 0, "") or categories.get(terms.category_id or 0, "")
        whom = people.get(terms.staff_id or 0, "")
        found.append(RuleRow(rule_id, one.name, one, what, whom, rule_id not in holding and not coming))
    return sorted(found, key=lambda one: (one.ended, one.name, one.id))
