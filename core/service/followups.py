"""Follow-ups 跟进: a planned contact with one member: who calls or visits when, what came of it, what comes next.

`kind` and `ref_id` say what a contact is about ('winback' and the case; 'care' and 0 for nothing in particular);
whatever plans contacts adds a kind of its own. The rows hold no words anybody wrote about a person.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal, get_args

from core.base import clock, db, ids, text
from core.base.access import Actor, refusal, require
from core.base.clock import Millis
from core.base.errors import Invalid, NotFound, Refused
from core.base.i18n import N_, Text
from core.books import audit, locks, merges, rules
from core.books.merges import Merge
from core.insight.warnings import REASONS, ReasonUnknown

Way = Literal["call", "visit", "message"]
WAYS: tuple[Way, ...] = get_args(Way)
WAY_WORDS: dict[str, str] = {"call": N_("call"), "visit": N_("visit"), "message": N_("message")}
OUTCOMES: dict[str, str] = {
    "reached": N_("reached"),
    "not_reached": N_("not reached"),
    "wrong_number": N_("wrong number"),
    "will_come": N_("will come"),
    "wont_come": N_("will not come"),
    "complaint": N_("complaint"),
    "right": N_("all is right"),
}
CHECKED = "right"
"""The word for a contact that only asked whether a member's data is right."""
AGAIN_DAYS: dict[str, int] = {"not_reached": 1, "complaint": 1, "will_come": 7}
"""After these a next contact is planned by itself, so many days later."""
TRIES = 3
"""So often in a row somebody is called who is not reached."""
FURTHEST_DAYS = 366


@dataclass(frozen=True)
class Task:
    """One planned contact. `phone` is masked for who may not see numbers."""

    id: int
    member_id: int
    name: str
    phone: str
    kind: str
    ref_id: int
    way: Way
    state: str
    due_on: date
    late_days: int
    assigned_to: int | None
    assigned: str
    outcome: str | None


@dataclass(frozen=True)
class Plan:
    """What is to be planned: what it is about, how, and who does it."""

    kind: str = "care"
    ref_id: int = 0
    way: Way = "call"
    assigned_to: int | None = None


@dataclass(frozen=True)
class Outcome:
    """What came of a contact: the word for it, a reason for leaving if one was told, the day of the next contact."""

    word: str
    reason: str | None = None
    next_on: date | None = None


class TaskUnknown(NotFound):
    """No planned contact has this number."""

    code = "task_unknown"
    text = N_("There is no such task. Refresh the list.")


class TaskDone(Refused):
    """Somebody else was quicker."""

    code = "task_done"
    text = N_("This task is {state} already, since {done_at}. Refresh the list.")


class OutcomeUnknown(Invalid):
    """An outcome that is not on the list."""

    code = "outcome_unknown"
    text = N_("“{given}” is no outcome on the list: {known}.")


class DueDayInvalid(Invalid):
    """A contact is planned for the past, or for a day too far away."""

    code = "due_day_invalid"
    text = N_("{day} cannot be: plan a contact for today or one of the next {most} days.")


STATES: dict[str, str] = {"open": N_("in work"), "done": N_("done"), "dropped": N_("dropped")}
_SELECT = (
    "SELECT f.id, f.member_id, coalesce(p.name, ''), coalesce(p.phone, ''), f.kind, f.ref_id, f.way, f.state,"
    " f.due_day, f.assigned_to, coalesce(s.name, ''), f.outcome FROM follow_up f"
    " LEFT JOIN member_person p ON p.member_id = f.member_id LEFT JOIN staff s ON s.id = f.assigned_to"
)


def _task(row: db.Row, by: Actor, today: date) -> Task:
    phone = row[3] if by.may("member.phone") else text.masked_phone(row[3]) if row[3] else ""
    late = max(0, today.toordinal() - row[8])
    cells: tuple[Any, ...] = (*row[:3], phone, *row[4:8], date.fromordinal(row[8]), late, *row[9:])
    return Task(*cells)


def today_of(now: Millis) -> date:
    """The shop's day."""
    return clock.day_of(now, rules.current(now=now).zone)


def may_do(by: Actor, assigned_to: int | None) -> bool:
    """Whether a task or case is theirs to work on: everyone with the right for churn, and who it was given to."""
    return by.may("churn") or (by.kind == "staff" and by.id == assigned_to)


def mine(by: Actor, table: str = "f") -> tuple[str, tuple[int, ...]]:
    """A condition for what somebody may see, of contacts or cases. Raises: NotAllowed."""
    if by.may("churn"):
        return "", ()
    if by.kind != "staff":
        raise refusal("churn")
    return f" AND {table}.assigned_to = ?", (by.id,)


def listing(*, by: Actor, now: Millis, after: tuple[int, int] = (0, 0), limit: int = 100) -> list[Task]:
    """Open tasks that are theirs to do, the one longest due first, a keyset page at a time (`after`: day and id).

    Who has no right for churn sees those given to them. Raises: NotAllowed.
    """
    given, values = mine(by)
    sql = _SELECT + f" WHERE f.state = 'open' AND (f.due_day, f.id) > (?, ?){given} ORDER BY f.due_day, f.id LIMIT ?"
    today = today_of(now)
    return [_task(row, by, today) for row in db.rows(sql, (*after, *values, limit))]


def of_member(member_id: int, *, by: Actor, now: Millis) -> list[Task]:
    """A member's open tasks, the nearest first."""
    sql = _SELECT + " WHERE f.member_id = ? AND f.state = 'open' ORDER BY f.due_day, f.id"
    return [_task(row, by, today_of(now)) for row in db.rows(sql, (member_id,))]


def get(task_id: int, *, by: Actor, now: Millis) -> Task:
    """One task. Raises: NotAllowed, TaskUnknown."""
    row = db.one(_SELECT + " WHERE f.id = ?", (task_id,))
    if row is None:
        raise TaskUnknown()
    if not may_do(by, row[9]):
        raise refusal("churn")
    return _task(row, by, today_of(now))


def due(*, by: Actor, now: Millis) -> tuple[int, int]:
    """How many of the tasks theirs to do are due by today, and how many of them are late; 0 for who has none."""
    if not by.may("churn") and by.kind != "staff":
        return 0, 0
    today, (given, values) = today_of(now).toordinal(), mine(by)
    row = db.one(
        "SELECT count(*), coalesce(CAST(sum(CASE WHEN f.due_day < ? THEN 1 ELSE 0 END) AS BIGINT), 0)"
        f" FROM follow_up f WHERE f.state = 'open' AND f.due_day <= ?{given}",
        (today, today, *values),
    )
    return (row[0], row[1]) if row else (0, 0)


# --- planning --------------------------------------------------------------------------------------


@db.atomic
def plan(member_id: int, due_on: date, wanted: Plan, *, by: Actor, now: Millis) -> int:
    """Plan a contact; its id. Raises: NotAllowed, DueDayInvalid, AssigneeUnknown, MemberUnknown, MemberErased …"""
    require(by, "churn")
    locks.hold(member_id)
    return put(member_id, due_on, wanted, by=by, now=now)


def put(member_id: int, due_on: date, wanted: Plan, *, by: Actor, now: Millis) -> int:
    """The same, inside the transaction of a verb that has judged whether `by` may."""
    _check_day(due_on, now)
    check_staff(wanted.assigned_to)
    task_id = ids.new()
    db.add(
        "follow_up",
        id=task_id,
        member_id=member_id,
        kind=wanted.kind,
        ref_id=wanted.ref_id,
        way=wanted.way,
        state="open",
        created_at=now,
        created_by=by.tag,
        due_day=due_on.toordinal(),
        assigned_to=wanted.assigned_to,
    )
    after = {"day": str(due_on), "kind": wanted.kind, "staff": wanted.assigned_to}
    audit.record("followup.planned", "follow_up", task_id, by=by, now=now, after=after)
    return task_id


def _check_day(due_on: date, now: Millis) -> None:
    ahead = (due_on - today_of(now)).days
    if not 0 <= ahead <= FURTHEST_DAYS:
        raise DueDayInvalid(field="due", day=str(due_on), most=FURTHEST_DAYS)


class AssigneeUnknown(NotFound):
    """Work was given to an account that is closed, or never was."""

    code = "assignee_unknown"
    text = N_("This account is not in use. Choose somebody who works here.")


def check_staff(staff_id: int | None) -> None:
    """Raise unless work may be given to an account; None gives it to nobody. Raises: AssigneeUnknown."""
    if staff_id is not None and db.value("SELECT 1 FROM staff WHERE id = ? AND active = 1", (staff_id,)) is None:
        raise AssigneeUnknown(field="assigned")


def workers() -> tuple[tuple[int, str], ...]:
    """Who works here, by name: id and name."""
    found = db.rows("SELECT id, name FROM staff WHERE active = 1 ORDER BY name, id")
    return tuple((id, name) for id, name in found)


@db.atomic
def assign(task_id: int, staff_id: int | None, due_on: date, *, by: Actor, now: Millis) -> None:
    """Give a task to somebody, for a day. Raises: NotAllowed, TaskUnknown, TaskDone, DueDayInvalid, AssigneeUnknown."""
    require(by, "churn")
    _check_day(due_on, now)
    check_staff(staff_id)
    sql = "UPDATE follow_up SET assigned_to = ?, due_day = ? WHERE id = ? AND state = 'open'"
    if not db.change(sql, (staff_id, due_on.toordinal(), task_id)):
        raise _gone(task_id)
    after = {"staff": staff_id, "day": str(due_on)}
    audit.record("followup.assigned", "follow_up", task_id, by=by, now=now, after=after)


# --- done ------------------------------------------------------------------------------------------


@db.atomic
def finish(task_id: int, came: Outcome, *, by: Actor, now: Millis) -> int | None:
    """Note what came of a contact; the id of the next one, if one follows.

    Some outcomes plan it by themselves: not reached tomorrow, three times in a row at most; a complaint tomorrow;
    who will come after a week. Raises: NotAllowed, TaskUnknown, TaskDone, OutcomeUnknown, ReasonUnknown, DueDayInvalid.
    """
    if came.reason is not None and came.reason not in REASONS:
        raise ReasonUnknown(field="reason", given=came.reason, known=", ".join(REASONS))
    task = get(task_id, by=by, now=now)
    if came.word not in outcomes_of(task.kind):
        raise OutcomeUnknown(field="outcome", given=came.word, known=", ".join(outcomes_of(task.kind)))
    sql = (
        "UPDATE follow_up SET state = 'done', outcome = ?, leaving_reason = ?, done_at = ?, done_by = ?"
        " WHERE id = ? AND state = 'open'"
    )
    if not db.change(sql, (came.word, came.reason, now, by.tag, task_id)):
        raise _gone(task_id)
    after = {"outcome": came.word, "reason": came.reason}
    audit.record("followup.done", "follow_up", task_id, by=by, now=now, after=after)
    next_on = came.next_on or next_day(came.word, today_of(now), tries=_tries(task))
    if next_on is None:
        return None
    next_id = put(task.member_id, next_on, Plan(task.kind, task.ref_id, task.way, task.assigned_to), by=by, now=now)
    db.run("UPDATE follow_up SET next_id = ? WHERE id = ?", (next_id, task_id))
    return next_id


def outcomes_of(kind: str) -> dict[str, str]:
    """What a contact of a kind may come to; only one about the member's data finds that all is right."""
    return {word: said for word, said in OUTCOMES.items() if word != CHECKED or kind == "check_data"}


def next_day(word: str, today: date, *, tries: int) -> date | None:
    """When a contact follows by itself, if one does; `tries`: how often in a row nobody was reached, this included."""
    if word not in AGAIN_DAYS or (word == "not_reached" and tries >= TRIES):
        return None
    return today + timedelta(days=AGAIN_DAYS[word])


def _tries(task: Task) -> int:
    """How often in a row a contact about the same came to nothing, this one included."""
    sql = (
        "SELECT outcome FROM follow_up WHERE member_id = ? AND kind = ? AND ref_id = ? AND state = 'done'"
        " ORDER BY done_at DESC, id DESC LIMIT ?"
    )
    said = [word for (word,) in db.rows(sql, (task.member_id, task.kind, task.ref_id, TRIES))]
    return next((place for place, word in enumerate(said) if word != "not_reached"), len(said))


def _gone(task_id: int) -> NotFound | Refused:
    row = db.one("SELECT state, done_at FROM follow_up WHERE id = ?", (task_id,))
    return TaskUnknown() if row is None else TaskDone(state=Text(STATES[row[0]]), done_at=row[1] or 0)


@db.atomic
def drop(task_id: int, *, by: Actor, now: Millis) -> None:
    """Take a task off the list undone. Raises: NotAllowed, TaskUnknown, TaskDone."""
    require(by, "churn")
    sql = "UPDATE follow_up SET state = 'dropped', done_at = ?, done_by = ? WHERE id = ? AND state = 'open'"
    if not db.change(sql, (now, by.tag, task_id)):
        raise _gone(task_id)
    audit.record("followup.dropped", "follow_up", task_id, by=by, now=now)


def drop_about(kind: str, ref_ids: Sequence[int], *, by: Actor, now: Millis) -> None:
    """Take off the list what is planned about these; inside the caller's transaction."""
    if ref_ids:
        marks = ", ".join("?" * len(ref_ids))
        sql = (
            "UPDATE follow_up SET state = 'dropped', done_at = ?, done_by = ? WHERE kind = ? AND state = 'open'"
            f" AND ref_id IN ({marks})"
        )
        db.run(sql, (now, by.tag, kind, *ref_ids))


# --- members who merge or are forgotten ------------------------------------------------------------


def carry(merge: Merge) -> None:
    """Contacts follow the person; inside the caller's transaction."""
    merges.repoint(merge, "follow_up")
    merges.repoint(merge, "follow_planned", key="task_id")


def carry_back(merge: Merge) -> None:
    """Let them go back; inside the caller's transaction."""
    merges.point_back(merge, "follow_up")
    merges.point_back(merge, "follow_planned", key="task_id")


def forget(member_id: int) -> None:
    """Delete what was planned with and heard from a member; inside the caller's transaction."""
    db.run("DELETE FROM follow_up WHERE member_id = ?", (member_id,))
    db.run("DELETE FROM follow_planned WHERE member_id = ?", (member_id,))


@db.atomic
def forget_done(moment: Millis) -> int:
    """Drop contacts done before a moment; how many."""
    return db.change("DELETE FROM follow_up WHERE state <> 'open' AND done_at < ?", (moment,))
