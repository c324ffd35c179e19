"""Goals 目标: what a month is meant to bring in a store or the whole shop, and how far it has come."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, cast

from core.base import clock, db, ids
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Invalid, NotFound
from core.base.i18n import N_
from core.books import audit

What = Literal["takings", "members", "sales", "points"]
WHATS: dict[What, str] = {
    "takings": N_("takings"), "members": N_("new members"), "sales": N_("sales"), "points": N_("points given"),
}  # fmt: skip


@dataclass(frozen=True)
class Goal:
    """A target: cents for takings, else a count. `store_id` is None for the whole shop."""

    id: int
    month: date
    store_id: int | None
    what: What
    target: int


class GoalInvalid(Invalid):
    """A goal for something that is not counted, or of nothing."""

    code = "goal_invalid"
    text = N_("A goal is a figure above 0 for one of {known}, not {given} for “{what}”.")


class GoalUnknown(NotFound):
    """No goal has this id."""

    code = "goal_unknown"
    text = N_("There is no such goal any more. Refresh the list.")


@db.atomic
def set_goal(what: str, target: int, *, month: date, store_id: int | None, by: Actor, now: Millis) -> int:
    """Set what a month is meant to bring; one set before is replaced. Its id. Raises: NotAllowed, GoalInvalid."""
    require(by, "settings", store_id=store_id)
    if what not in WHATS or target <= 0:
        raise GoalInvalid(field="target", known=", ".join(WHATS), given=target, what=what)
    day = month.replace(day=1).toordinal()
    old = db.one(
        "SELECT id, target FROM goal WHERE month_day = ? AND what = ? AND coalesce(store_id, 0) = ?",
        (day, what, store_id or 0),
    )
    goal_id = old[0] if old else ids.new()
    if old:
        db.run("UPDATE goal SET target = ?, at = ?, actor = ? WHERE id = ?", (target, now, by.tag, goal_id))
    else:
        db.add("goal", id=goal_id, store_id=store_id, month_day=day, what=what, target=target, at=now, actor=by.tag)
    audit.record(
        "goal.set", "goal", goal_id, by=by, now=now, store_id=store_id, before={"target": old[1]} if old else None,
        after={"month": f"{month:%Y-%m}", "what": what, "target": target},
    )  # fmt: skip
    return int(goal_id)


@db.atomic
def end_goal(goal_id: int, *, by: Actor, now: Millis) -> None:
    """Drop a goal. Raises: NotAllowed, GoalUnknown."""
    found = db.one("SELECT store_id, target FROM goal WHERE id = ?", (goal_id,))
    if found is None:
        raise GoalUnknown()
    require(by, "settings", store_id=found[0])
    db.run("DELETE FROM goal WHERE id = ?", (goal_id,))
    audit.record("goal.ended", "goal", goal_id, by=by, now=now, store_id=found[0], before={"target": found[1]})


def between(first: date, last: date) -> list[Goal]:
    """The goals of the months from one day to another, by month, the whole shop's first."""
    found = db.rows(
        "SELECT id, month_day, store_id, what, target FROM goal WHERE month_day BETWEEN ? AND ?"
        " ORDER BY month_day, coalesce(store_id, 0), what",
        (first.replace(day=1).toordinal(), last.toordinal()),
    )
    return [
        Goal(id, date.fromordinal(day), store_id, cast(What, what), target) for id, day, store_id, what, target in found
    ]


def days_over_bp(month: date, today: date) -> int:
    """How much of a month is over, in basis points, its present day counted."""
    after = clock.add_months(month, 1)
    over = max(0, min((today - month).days + 1, (after - month).days))
    return over * 10_000 // (after - month).days


# --- of one person -------------------------------------------------------------------------------

PERSONAL: dict[str, str] = {"takings": WHATS["takings"], "sales": WHATS["sales"]}
"""What one of the staff can be meant to bring."""


@db.atomic
def set_personal(staff_id: int, what: str, target: int, *, month: date, by: Actor, now: Millis) -> None:
    """Set what a month is meant to bring of one person; one set before is replaced. Raises: NotAllowed, GoalInvalid."""
    require(by, "settings")
    if what not in PERSONAL or target <= 0 or db.value("SELECT 1 FROM staff WHERE id = ?", (staff_id,)) is None:
        raise GoalInvalid(field="target", known=", ".join(PERSONAL), given=target, what=what)
    day = month.replace(day=1).toordinal()
    db.run(
        "INSERT INTO staff_goal (id, staff_id, month_day, what, target, at, actor) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (staff_id, month_day, what) DO UPDATE SET target = excluded.target, at = excluded.at,"
        " actor = excluded.actor",
        (ids.new(), staff_id, day, what, target, now, by.tag),
    )
    after = {"month": f"{month:%Y-%m}", "what": what, "target": target}
    audit.record("goal.set", "staff", staff_id, by=by, now=now, after=after)


@db.atomic
def end_personal(staff_id: int, what: str, *, month: date, by: Actor, now: Millis) -> None:
    """Drop a person's goal. Raises: NotAllowed, GoalUnknown."""
    require(by, "settings")
    day = month.replace(day=1).toordinal()
    sql = "DELETE FROM staff_goal WHERE staff_id = ? AND month_day = ? AND what = ?"
    if not db.change(sql, (staff_id, day, what)):
        raise GoalUnknown()
    audit.record("goal.ended", "staff", staff_id, by=by, now=now, after={"month": f"{month:%Y-%m}", "what": what})


def personal(first: date, last: date) -> dict[tuple[int, str], int]:
    """What whole months from one day to another are meant to bring, by person and what; nothing of parts of months."""
    if first.day != 1 or (last + timedelta(days=1)).day != 1:
        return {}
    return {
        (staff_id, what): target
        for staff_id, what, target in db.rows(
            "SELECT staff_id, what, CAST(sum(target) AS BIGINT) FROM staff_goal WHERE month_day BETWEEN ? AND ?"
            " GROUP BY staff_id, what",
            (first.toordinal(), last.toordinal()),
        )
    }
