"""Win-back cases 挽回: one warned member each: why they left, what was tried, who works on it, what became of it.

The cases are worked on by hand here; offers to many with a hold-out are in `batches`, what they brought in `verdicts`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from core.base import clock, db, ids, text
from core.base.access import Actor, refusal, require
from core.base.clock import Millis
from core.base.errors import Invalid, NotFound, Refused
from core.base.i18n import N_, Text
from core.books import audit, locks, rules
from core.books.posting import Cause
from core.insight import warnings
from core.insight.warnings import REASONS, ReasonUnknown
from core.loyalty import coupons, points
from core.outreach import heldout
from core.service import followups, strategies
from core.service.followups import Plan, check_staff, may_do, today_of
from core.service.strategies import Offer

State = Literal["open", "contacted", "offered", "won", "lost", "closed"]
STATES: dict[str, str] = {
    "open": N_("in work"),
    "contacted": N_("contacted"),
    "offered": N_("offered"),
    "won": N_("won back"),
    "lost": N_("lost"),
    "closed": N_("case closed"),
}
OPEN = "('open', 'contacted', 'offered')"
ENDS = ("won", "lost", "closed")
AT_ONCE = 500
GIVEN = "winback_case"
"""What coupons and points of a case refer to."""


@dataclass(frozen=True)
class Case:
    """One case. `phone` is masked for who may not see numbers; the verdict's figures are None until it is judged."""

    id: int
    member_id: int
    name: str
    phone: str
    state: State
    arm: str
    reason: str | None
    strategy: str | None
    points: int
    assigned_to: int | None
    assigned: str
    due_on: date | None
    opened_at: Millis
    last_visit_on: date
    loss_cents: int
    until_on: date | None
    satisfaction: int | None
    returned_on: date | None
    spent_cents: int | None
    before_cents: int | None
    bought: bool | None
    product_id: int | None

    @property
    def is_open(self) -> bool:
        """Whether somebody still works on it."""
        return self.state not in ENDS


class CaseUnknown(NotFound):
    """No win-back case has this number."""

    code = "case_unknown"
    text = N_("There is no such case. Refresh the list.")


class CaseOpen(Refused):
    """The member has an open case already."""

    code = "case_open"
    text = N_("There is an open case about this member already, given to {assigned}. Go on with that one.")


class CaseOver(Refused):
    """The case came to an end meanwhile."""

    code = "case_over"
    text = N_("This case has ended: {state}, since {closed_at}. Refresh the list.")


class OfferMade(Refused):
    """One case, one offer: of two nobody could say which one worked."""

    code = "offer_made"
    text = N_("An offer was made in this case already: {strategy}. Wait until {until_on}, or end the case.")


class MemberHeldOut(Refused):
    """The member is in a hold-out whose effect is being watched."""

    code = "member_held_out"
    text = N_("This member is held out so that the effect of an offer can be seen. Offer nothing until that is over.")


class SatisfactionInvalid(Invalid):
    """Satisfaction is 1 to 5."""

    code = "satisfaction_invalid"
    text = N_("{given} is no answer: 1 for very dissatisfied to 5 for very satisfied.")


_SELECT = (
    "SELECT c.id, c.member_id, coalesce(p.name, ''), coalesce(p.phone, ''), c.state, c.arm, c.leaving_reason,"
    " c.strategy, c.points, c.assigned_to, coalesce(s.name, ''), c.due_day, c.opened_at, c.last_visit_day,"
    " c.loss_cents, c.until_day, c.satisfaction, c.returned_day, c.spent_cents, c.before_cents, c.bought, c.product_id"
    " FROM winback_case c LEFT JOIN member_person p ON p.member_id = c.member_id"
    " LEFT JOIN staff s ON s.id = c.assigned_to"
)


def _case(row: db.Row, by: Actor) -> Case:
    cells: list[Any] = list(row)
    cells[3] = row[3] if by.may("member.phone") else text.masked_phone(row[3]) if row[3] else ""
    for place in (11, 13, 15, 17):
        cells[place] = None if row[place] is None else date.fromordinal(row[place])
    cells[20] = None if row[20] is None else bool(row[20])
    return Case(*cells)


def listing(*, by: Actor, over: bool = False, below: int = 2**53, limit: int = 100) -> list[Case]:
    """Cases in work, or those that ended, the newest first, a keyset page at a time; nobody held out is among them.

    Who has no right for churn sees those given to them. Raises: NotAllowed.
    """
    mine, values = followups.mine(by, "c")
    states = f"c.state {'NOT ' if over else ''}IN {OPEN}"
    sql = f"{_SELECT} WHERE {states} AND c.arm <> 'holdout' AND c.id < ?{mine} ORDER BY c.id DESC LIMIT ?"
    return [_case(row, by) for row in db.rows(sql, (below, *values, limit))]


def get(case_id: int, *, by: Actor) -> Case:
    """One case. Raises: NotAllowed, CaseUnknown."""
    row = db.one(_SELECT + " WHERE c.id = ?", (case_id,))
    if row is None:
        raise CaseUnknown()
    if not may_do(by, row[9]):
        raise refusal("churn")
    return _case(row, by)


def of_member(member_id: int, *, by: Actor) -> Case | None:
    """The member's case in work, if there is one."""
    row = db.one(_SELECT + f" WHERE c.member_id = ? AND c.state IN {OPEN}", (member_id,))
    return None if row is None else _case(row, by)


# --- opening and working ---------------------------------------------------------------------------


@db.atomic
def open_case(
    warning_id: int, *, assigned_to: int | None = None, due_on: date | None = None, by: Actor, now: Millis
) -> int:
    """Open a case about a warned member, with a call for who it is given to on the day it is due; its id.

    Raises: NotAllowed, WarningUnknown, CaseOpen, MemberHeldOut, AssigneeUnknown, DueDayInvalid, MemberBlocked …
    """
    require(by, "churn")
    member_id = db.value(
        "SELECT member_id FROM churn_warning WHERE id = ? AND state IN ('open', 'contacted')", (warning_id,)
    )
    if member_id is None:
        raise warnings.WarningUnknown(what=str(warning_id))
    locks.hold(member_id)
    check_staff(assigned_to)
    found = db.one(
        f"SELECT coalesce(s.name, '') FROM winback_case c LEFT JOIN staff s ON s.id = c.assigned_to"
        f" WHERE c.member_id = ? AND c.state IN {OPEN}",
        (member_id,),
    )
    if found is not None:
        raise CaseOpen(assigned=found[0] or "—")
    if heldout.of_win_back([member_id], when=now):
        raise MemberHeldOut()
    due = due_on or today_of(now)
    case_id = put(warning_id, assigned_to=assigned_to, due_on=due, by=by, now=now)
    followups.put(member_id, due, Plan("winback", case_id, "call", assigned_to), by=by, now=now)
    return case_id


def put(warning_id: int, *, assigned_to: int | None = None, due_on: date | None = None, by: Actor, now: Millis) -> int:
    """Write the case of an open warning; inside the transaction of a verb that has judged all."""
    case_id = ids.new()
    due_day = None if due_on is None else due_on.toordinal()
    db.run(
        "INSERT INTO winback_case (id, member_id, warning_id, state, opened_at, opened_by, last_visit_day, loss_cents,"
        " leaving_reason, assigned_to, due_day) SELECT ?, member_id, id, 'open', ?, ?, last_visit_day, loss_cents,"
        " leaving_reason, ?, ? FROM churn_warning WHERE id = ?",
        (case_id, now, by.tag, assigned_to, due_day, warning_id),
    )
    audit.record("winback.opened", "winback_case", case_id, by=by, now=now, after={"staff": assigned_to})
    return case_id


@db.atomic
def open_by_rule(*, by: Actor, now: Millis, limit: int = 50) -> int:
    """Open cases for warnings whose expected loss reaches the shop's line, the greatest first; how many.

    A line of 0 opens none. A member who had a case since their last visit gets no second one.
    """
    require(by, "churn")
    line_cents = rules.current(now=now).winback_loss_cents
    if not line_cents:
        return 0
    found = db.rows(
        "SELECT w.id, w.member_id FROM churn_warning w JOIN member m ON m.id = w.member_id AND m.state = 'active'"
        " WHERE w.state IN ('open', 'contacted') AND w.loss_cents >= ? AND NOT EXISTS (SELECT 1 FROM winback_case c"
        " WHERE c.member_id = w.member_id AND c.last_visit_day >= w.last_visit_day)"
        " ORDER BY w.loss_cents DESC, w.id LIMIT ?",
        (line_cents, limit),
    )
    held = heldout.of_any([member_id for _, member_id in found], when=now)
    wanted = sorted((member_id, id) for id, member_id in found if member_id not in held)
    locks.hold(beside=[member_id for member_id, _ in wanted])
    fresh = [(member_id, id) for member_id, id in wanted if not _is_open(member_id)]
    for member_id, warning_id in fresh:
        case_id = put(warning_id, due_on=today_of(now), by=by, now=now)
        followups.put(member_id, today_of(now), Plan("winback", case_id), by=by, now=now)
    return len(fresh)


def _is_open(member_id: int) -> bool:
    sql = f"SELECT 1 FROM winback_case WHERE member_id = ? AND state IN {OPEN}"
    return db.value(sql, (member_id,)) is not None


def _hold(case_id: int, *, by: Actor) -> Case:
    """The case in work with its member locked. Raises: NotAllowed, CaseUnknown, CaseOver."""
    case = get(case_id, by=by)
    locks.hold(beside=[case.member_id])
    case = get(case_id, by=by)
    if not case.is_open:
        closed_at = db.value("SELECT closed_at FROM winback_case WHERE id = ?", (case_id,))
        raise CaseOver(state=Text(STATES[case.state]), closed_at=closed_at or 0)
    return case


@db.atomic
def assign(case_id: int, staff_id: int | None, due_on: date, *, by: Actor, now: Millis) -> None:
    """Give a case to somebody, with a call on a day; other calls about it are dropped.

    Raises: NotAllowed, CaseUnknown, CaseOver, AssigneeUnknown, DueDayInvalid.
    """
    require(by, "churn")
    case = _hold(case_id, by=by)
    followups.drop_about("winback", [case_id], by=by, now=now)
    followups.put(case.member_id, due_on, Plan("winback", case_id, "call", staff_id), by=by, now=now)
    db.run("UPDATE winback_case SET assigned_to = ?, due_day = ? WHERE id = ?", (staff_id, due_on.toordinal(), case_id))
    audit.record("winback.assigned", "winback_case", case_id, by=by, now=now, after={"staff": staff_id})


@db.atomic
def note_reason(case_id: int, reason: str, *, by: Actor, now: Millis) -> None:
    """Record why the member left, as told. Raises: NotAllowed, ReasonUnknown, CaseUnknown, CaseOver."""
    if reason not in REASONS:
        raise ReasonUnknown(field="reason", given=reason, known=", ".join(REASONS))
    _hold(case_id, by=by)
    go_on(case_id, reason=reason, by=by, now=now)


@db.atomic
def contacted(case_id: int, *, by: Actor, now: Millis) -> None:
    """Note that the member was spoken to; the first time the days begin that are judged.

    Raises: NotAllowed, CaseUnknown, CaseOver.
    """
    _hold(case_id, by=by)
    go_on(case_id, spoke=True, by=by, now=now)


def go_on(case_id: int, *, reason: str | None = None, spoke: bool = False, by: Actor, now: Millis) -> None:
    """Carry over what a contact came to, if the case is in work.

    Inside the transaction of a verb that has judged whether `by` may.
    """
    row = db.one("SELECT member_id FROM winback_case WHERE id = ?", (case_id,))
    locks.hold(beside=[row[0]] if row else [])
    state = db.value("SELECT state FROM winback_case WHERE id = ?", (case_id,))
    if state is None or state in ENDS:
        return
    if reason is not None:
        db.run("UPDATE winback_case SET leaving_reason = ? WHERE id = ?", (reason, case_id))
        audit.record("winback.reason", "winback_case", case_id, by=by, now=now, after={"reason": reason})
    if spoke and state == "open":
        _begin(case_id, "contacted", now=now)
        audit.record("winback.contacted", "winback_case", case_id, by=by, now=now)


def _begin(case_id: int, state: str, *, now: Millis) -> None:
    first, last = days_from(now)
    db.run(
        "UPDATE winback_case SET state = ?, started_day = ?, until_day = ? WHERE id = ?", (state, first, last, case_id)
    )


def days_from(now: Millis) -> tuple[int, int]:
    """The first and the last day that are judged of what begins now."""
    shop = rules.current(now=now)
    first = clock.day_of(now, shop.zone)
    return first.toordinal(), (first + timedelta(days=shop.churn_horizon_days - 1)).toordinal()


@db.atomic
def offer(case_id: int, wanted: Offer, *, by: Actor, now: Millis) -> None:
    """Make an offer by hand: its coupon and points are given at once; the days that are judged begin.

    There is no hold-out then, so what comes of it is no proof. Raises: NotAllowed, CaseUnknown, CaseOver, OfferMade,
    StrategyInvalid, MemberHeldOut, MemberBlocked …
    """
    require(by, "churn")
    strategies.checked(wanted)
    case = _hold(case_id, by=by)
    locks.hold(case.member_id)
    if case.state == "offered":
        strategy = Text(strategies.WORDS[case.strategy or "none"])
        raise OfferMade(strategy=strategy, until_on=case.until_on or today_of(now))
    if heldout.of_any([case.member_id], when=now):
        raise MemberHeldOut()
    give(case_id, case.member_id, wanted, by=by, now=now)


def give(case_id: int, member_id: int, wanted: Offer, *, by: Actor, now: Millis) -> None:
    """Give what an offer brings and note it; inside the caller's transaction, the member locked."""
    if wanted.coupon_kind_id is not None:
        coupons.issue(wanted.coupon_kind_id, member_id, ref_kind=GIVEN, ref_id=case_id, now=now)
    if wanted.points:
        points.earn(member_id, wanted.points, Cause("care", GIVEN, case_id, by, now))
    _begin(case_id, "offered", now=now)
    note_offer(case_id, wanted)
    after = {"strategy": wanted.kind, "points": wanted.points, "coupon": wanted.coupon_kind_id is not None}
    audit.record("winback.offered", "winback_case", case_id, by=by, now=now, after=after)


def note_offer(case_id: int, wanted: Offer) -> None:
    """What a case was about, also for who was held out of it; inside the caller's transaction."""
    db.run(
        "UPDATE winback_case SET strategy = ?, coupon_kind_id = ?, points = ?, product_id = ? WHERE id = ?",
        (wanted.kind, wanted.coupon_kind_id, wanted.points, wanted.product_id, case_id),
    )


# --- ending ----------------------------------------------------------------------------------------


@db.atomic
def close(case_id: int, state: str, *, satisfaction: int | None = None, by: Actor, now: Millis) -> None:
    """End a case as won, lost, or closed without either; what is planned about it is dropped.

    Whatever is said here, the night judges by what the member bought. Raises: NotAllowed, CaseUnknown, CaseOver,
    SatisfactionInvalid.
    """
    require(by, "churn")
    _check_satisfaction(satisfaction)
    _hold(case_id, by=by)
    state = state if state in ENDS else "closed"
    end_all([case_id], state, by=by, now=now)
    if satisfaction is not None:
        db.run("UPDATE winback_case SET satisfaction = ? WHERE id = ?", (satisfaction, case_id))
    after = {"state": state, "satisfaction": satisfaction}
    audit.record("winback.closed", "winback_case", case_id, by=by, now=now, after=after)


def _check_satisfaction(satisfaction: int | None) -> None:
    if satisfaction is not None and not 1 <= satisfaction <= 5:
        raise SatisfactionInvalid(field="satisfaction", given=str(satisfaction))


@db.atomic
def rate(case_id: int, satisfaction: int, *, by: Actor, now: Millis) -> None:
    """Note how satisfied the member is, 1 to 5, also after the end. Raises: NotAllowed, CaseUnknown, …Invalid."""
    _check_satisfaction(satisfaction)
    get(case_id, by=by)
    db.run("UPDATE winback_case SET satisfaction = ? WHERE id = ?", (satisfaction, case_id))
    audit.record("winback.rated", "winback_case", case_id, by=by, now=now, after={"satisfaction": satisfaction})


def end_all(case_ids: Sequence[int], state: str, *, by: Actor, now: Millis) -> None:
    """End those of some cases that are in work, with what is planned about them; inside the caller's transaction."""
    for start in range(0, len(case_ids), AT_ONCE):
        some = case_ids[start : start + AT_ONCE]
        marks = ", ".join("?" * len(some))
        sql = f"UPDATE winback_case SET state = ?, closed_at = ? WHERE id IN ({marks}) AND state IN {OPEN} RETURNING id"
        ended = db.rows(sql, (state, now, *some))
        followups.drop_about("winback", [id for (id,) in ended], by=by, now=now)
