"""Follow-up rules 跟进规则: which contacts are planned by themselves: so many days after a sale, a complaint dealt with
or a churn warning, and every so many months to ask whether phone and birthday are still right.

A rule plans each occasion once, and a member hears of it again after its pause at the earliest. Occasions from before
the rule was switched on are left alone.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from core.base import db, ids
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Invalid, NotFound
from core.base.i18n import N_, T, Text
from core.books import audit
from core.service import followups
from core.service.followups import today_of

Kind = Literal["after_sale", "after_ticket", "after_warning", "check_data"]
KINDS: tuple[Kind, ...] = get_args(Kind)
KIND_WORDS: dict[str, str] = {
    "after_sale": N_("after a sale"),
    "after_ticket": N_("after a complaint dealt with"),
    "after_warning": N_("after a churn warning"),
    "check_data": N_("phone and birthday"),
}
GivenTo = Literal["nobody", "adviser", "person"]
GIVEN_WORDS: dict[str, str] = {
    "nobody": N_("nobody"),
    "adviser": N_("the member's adviser"),
    "person": N_("one person"),
}
LONGEST_DAYS, MOST_MONTHS, MOST_A_NIGHT = 365, 60, 500


@dataclass(frozen=True)
class Terms:
    """What a rule says: `days` after the occasion, or every `months` months, at most `a_night` a night.

    `store_id` None: all stores, else that of the sale or ticket, or the member's own; `category_id` and `least_cents`
    choose sales; `staff_id` is who gets it if `given_to` is 'person'; `pause_days`: at most once a member in so many.
    """

    kind: Kind
    days: int = 0
    months: int = 0
    a_night: int = 0
    store_id: int | None = None
    category_id: int | None = None
    least_cents: int = 0
    given_to: GivenTo = "nobody"
    staff_id: int | None = None
    pause_days: int = 30


@dataclass(frozen=True)
class FollowRule:
    """A rule as it is kept, with the names of what it speaks of; `planned`: contacts it has planned so far."""

    id: int
    terms: Terms
    active: bool
    from_on: date
    planned_on: date | None
    planned: int
    store: str
    category: str
    staff: str


@dataclass(frozen=True)
class Occasion:
    """What a contact may be planned for: the sale, ticket or warning `ref_id` of a day; 0 where nothing happened."""

    member_id: int
    ref_id: int
    day: int


class FollowRuleInvalid(Invalid):
    """A rule cannot be as it was asked for."""

    code = "follow_rule_invalid"
    text = N_("Rule “{kind}”: {wanted}")


class FollowRuleUnknown(NotFound):
    """No rule has this number."""

    code = "follow_rule_unknown"
    text = N_("There is no such rule. Refresh the list.")


# --- the list ------------------------------------------------------------------------------------

_COLUMNS = (
    "r.kind, r.days, r.months, r.a_night, r.store_id, r.category_id, r.least_cents, r.given_to, r.staff_id,"
    " r.pause_days"
)


def listing(*, by: Actor) -> list[FollowRule]:
    """Every rule, those in use first. Raises: NotAllowed."""
    require(by, "churn")
    found = db.rows(
        f"SELECT r.id, r.active, r.from_day, r.planned_day, {_COLUMNS}, coalesce(o.name, ''), coalesce(c.name, ''),"
        " coalesce(s.name, ''), coalesce(n.planned, 0) FROM follow_rule r LEFT JOIN store o ON o.id = r.store_id"
        " LEFT JOIN category c ON c.id = r.category_id LEFT JOIN staff s ON s.id = r.staff_id"
        " LEFT JOIN (SELECT rule_id, count(*) AS planned FROM follow_planned GROUP BY rule_id) n ON n.rule_id = r.id"
        " ORDER BY r.active DESC, r.id"
    )
    return [_rule(row) for row in found]


def _rule(row: db.Row) -> FollowRule:
    planned_on = None if row[3] is None else date.fromordinal(row[3])
    return FollowRule(
        row[0], Terms(*row[4:14]), bool(row[1]), date.fromordinal(row[2]), planned_on, row[17], *row[14:17]
    )


@db.atomic
def create(terms: Terms, *, by: Actor, now: Millis) -> int:
    """Add a rule, in use at once; its id. Raises: NotAllowed, FollowRuleInvalid, AssigneeUnknown."""
    require(by, "churn", store_id=terms.store_id)
    _check(terms)
    rule_id = ids.new()
    columns = vars(terms) | {"active": 1, "from_day": today_of(now).toordinal()}
    db.add("follow_rule", id=rule_id, **columns)
    audit.record("followrule.created", "follow_rule", rule_id, by=by, now=now, after=_facts(terms))
    return rule_id


@db.atomic
def change(rule_id: int, terms: Terms, *, by: Actor, now: Millis) -> None:
    """Change what a rule says, but not its kind. Raises: NotAllowed, FollowRuleUnknown, FollowRuleInvalid …"""
    require(by, "churn", store_id=terms.store_id)
    before, _active = _get(rule_id, by=by)
    if terms.kind != before.kind:
        raise _invalid("kind", terms, T("its kind stays; add another rule."))
    _check(terms)
    columns = {name: value for name, value in vars(terms).items() if name != "kind"}
    db.run(
        f"UPDATE follow_rule SET {', '.join(f'{name} = ?' for name in columns)} WHERE id = ?",
        (*columns.values(), rule_id),
    )
    audit.record("followrule.changed", "follow_rule", rule_id, by=by, now=now, before=_facts(before),
                 after=_facts(terms))  # fmt: skip


@db.atomic
def switch(rule_id: int, *, active: bool, by: Actor, now: Millis) -> None:
    """Switch a rule on or off; what happened while it was off is left alone. Raises: NotAllowed, FollowRuleUnknown."""
    require(by, "churn")
    _terms, was = _get(rule_id, by=by)
    if was == active:
        return
    db.run("UPDATE follow_rule SET active = ? WHERE id = ?", (int(active), rule_id))
    if active:
        db.run("UPDATE follow_rule SET from_day = ? WHERE id = ?", (today_of(now).toordinal(), rule_id))
    audit.record("followrule.switched", "follow_rule", rule_id, by=by, now=now, after={"active": active})


def _get(rule_id: int, *, by: Actor) -> tuple[Terms, bool]:
    row = db.one(f"SELECT {_COLUMNS}, r.active FROM follow_rule r WHERE r.id = ?", (rule_id,))
    if row is None:
        raise FollowRuleUnknown()
    terms = Terms(*row[:10])
    require(by, "churn", store_id=terms.store_id)
    return terms, bool(row[10])


def _facts(terms: Terms) -> dict[str, object]:
    span = {"months": terms.months} if terms.months else {"days": terms.days}
    return {"kind": terms.kind, **span, "pause_days": terms.pause_days}


def _check(terms: Terms) -> None:
    """Raise unless a rule can be so. Raises: FollowRuleInvalid, AssigneeUnknown."""
    wrong = wrong_with(terms)
    if wrong is not None:
        raise _invalid(wrong[0], terms, wrong[1])
    if terms.category_id is not None and not db.value("SELECT 1 FROM category WHERE id = ?", (terms.category_id,)):
        raise _invalid("category", terms, T("there is no such category; choose another."))
    if terms.store_id is not None and not db.value("SELECT 1 FROM store WHERE id = ?", (terms.store_id,)):
        raise _invalid("store", terms, T("there is no such store; choose another."))
    followups.check_staff(terms.staff_id)


def _invalid(field: str, terms: Terms, wanted: Text) -> FollowRuleInvalid:
    return FollowRuleInvalid(field=field, kind=Text(KIND_WORDS.get(terms.kind, terms.kind)), wanted=wanted)


def wrong_with(terms: Terms) -> tuple[str, Text] | None:
    """What a rule lacks, with the field it concerns; None if it can be so. Pure."""
    checks, sale = terms.kind == "check_data", terms.kind == "after_sale"
    if terms.kind not in KINDS:
        return "kind", T("choose one of the list.")
    if not checks and not 0 <= terms.days <= LONGEST_DAYS:
        return "days", T("give 0 to {most} days.", most=LONGEST_DAYS)
    if checks and not 1 <= terms.months <= MOST_MONTHS:
        return "months", T("give 1 to {most} months.", most=MOST_MONTHS)
    if checks and not 1 <= terms.a_night <= MOST_A_NIGHT:
        return "a_night", T("give 1 to {most} members a night.", most=MOST_A_NIGHT)
    if (not checks and (terms.months or terms.a_night)) or (checks and terms.days):
        return "days", T("days are counted after an occasion, months between checks; not both.")
    if terms.least_cents < 0 or (not sale and (terms.least_cents or terms.category_id)):
        return "least", T("a category or a least amount chooses sales only.")
    if (terms.given_to == "person") != (terms.staff_id is not None) or terms.given_to not in GIVEN_WORDS:
        return "staff", T("name the person who gets it, and only then.")
    if not 1 <= terms.pause_days <= LONGEST_DAYS:
        return "pause", T("give 1 to {most} days.", most=LONGEST_DAYS)
    return None
