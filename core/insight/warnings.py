"""Churn warnings 流失预警: members whose silence is out of rhythm, the sentence that says why, what was done."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from core.base import clock, db, text
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Invalid, NotFound
from core.base.i18n import N_, T, Text
from core.books import audit, merges, rules
from core.books.merges import Merge

REASONS: dict[str, str] = {
    "competitor": N_("went to a competitor"),
    "quality": N_("quality"),
    "service": N_("service"),
    "price": N_("price"),
    "need": N_("need changed"),
    "moved": N_("moved away"),
    "other": N_("another reason"),
}


@dataclass(frozen=True)
class Warning:
    """One warned member. `chance_bp`: chance of a visit within 30 days, None where it cannot be told."""

    id: int
    member_id: int
    name: str
    phone: str
    kind: Literal["warning", "lost"]
    state: str
    raised_on: date
    silent_days: int
    usual_days: int
    after_days: int
    visits: int
    chance_bp: int | None
    loss_cents: int
    reason: str | None


class WarningUnknown(NotFound):
    """No churn warning has this id."""

    code = "warning_unknown"
    text = N_("There is no such warning any more. The member may have come back; refresh the list.")


class ReasonUnknown(Invalid):
    """A reason for leaving that is not on the list."""

    code = "reason_unknown"
    text = N_("“{given}” is no reason on the list: {known}.")


def sentence(warning: Warning) -> list[Text]:
    """Why a member is warned about, from stored numbers, a short sentence each.

    `usual_days` 0 means that the shop is too young to know rhythms and warns after a number of days.
    """
    if not warning.usual_days:
        facts = {"silent": warning.silent_days, "visits": warning.visits, "after": warning.after_days}
        return [T("Away for {silent} days ({visits} visits so far); the shop warns after {after} days.", **facts)]
    said = [T("Usually comes every {usual} days ({visits} visits).", usual=warning.usual_days, visits=warning.visits)]
    if warning.kind == "lost":
        said.append(
            T("Now {silent} days away; hardly anyone with this rhythm came back after {after} days.",
              silent=warning.silent_days, after=warning.after_days)
        )  # fmt: skip
    else:
        said.append(
            T("Now {silent} days away; nine of ten with this rhythm were back within {after} days.",
              silent=warning.silent_days, after=warning.after_days)
        )  # fmt: skip
    if warning.chance_bp is not None:
        said.append(T("Chance of a visit in the next 30 days: {chance} %.", chance=(warning.chance_bp + 50) // 100))
    return said


_SELECT = (
    "SELECT w.id, w.member_id, p.name, p.phone, w.kind, w.state, w.raised_day, w.last_visit_day, w.usual_days,"
    " w.after_days, w.visits, w.chance_bp, w.loss_cents, w.leaving_reason FROM churn_warning w"
    " JOIN member_person p ON p.member_id = w.member_id"
)


def _warning(row: db.Row, by: Actor, today: date) -> Warning:
    phone = row[3] or ""
    shown = phone if by.may("member.phone") else text.masked_phone(phone) if phone else ""
    silent = today.toordinal() - row[7]
    return Warning(row[0], row[1], row[2] or "", shown, row[4], row[5], date.fromordinal(row[6]), silent, *row[8:])


def open_warnings(
    *, by: Actor, now: Millis, below: tuple[int, int] = (2**53, 2**53), limit: int = 100
) -> list[Warning]:
    """Open warnings by expected loss, the greatest first, a keyset page at a time (`below`: loss and id)."""
    require(by, "churn")
    today = clock.day_of(now, rules.current(now=now).zone)
    sql = _SELECT + (
        " WHERE w.state IN ('open', 'contacted') AND (w.loss_cents, w.id) < (?, ?)"
        " ORDER BY w.loss_cents DESC, w.id DESC LIMIT ?"
    )
    return [_warning(row, by, today) for row in db.rows(sql, (*below, limit))]


def of_member(member_id: int, *, by: Actor, now: Millis) -> Warning | None:
    """The member's open warning, if there is one."""
    today = clock.day_of(now, rules.current(now=now).zone)
    row = db.one(_SELECT + " WHERE w.member_id = ? AND w.state IN ('open', 'contacted')", (member_id,))
    return None if row is None else _warning(row, by, today)


def count_open() -> tuple[int, int]:
    """How many warnings are open, and their expected loss a month in cents."""
    row = db.one(
        "SELECT count(*), coalesce(CAST(sum(loss_cents) AS BIGINT), 0) FROM churn_warning"
        " WHERE state IN ('open', 'contacted')"
    )
    return (row[0], row[1]) if row else (0, 0)


@db.atomic
def note_reason(warning_id: int, reason: str, *, by: Actor, now: Millis) -> None:
    """Record why a member left, as told. Raises: NotAllowed, ReasonUnknown, WarningUnknown."""
    require(by, "churn")
    if reason not in REASONS:
        raise ReasonUnknown(field="reason", given=reason, known=", ".join(REASONS))
    sql = "UPDATE churn_warning SET leaving_reason = ?, state = 'contacted' WHERE id = ? AND state <> 'closed'"
    if not db.change(sql, (reason, warning_id)):
        raise WarningUnknown(what=str(warning_id))
    audit.record("churn.reason", "churn_warning", warning_id, by=by, now=now, after={"reason": reason})


@db.atomic
def close(warning_id: int, *, by: Actor, now: Millis) -> None:
    """Take a warning off the list. Raises: NotAllowed, WarningUnknown."""
    require(by, "churn")
    sql = "UPDATE churn_warning SET state = 'closed', closed_at = ? WHERE id = ? AND state IN ('open', 'contacted')"
    if not db.change(sql, (now, warning_id)):
        raise WarningUnknown(what=str(warning_id))
    audit.record("churn.closed", "churn_warning", warning_id, by=by, now=now)


@db.atomic
def forget_closed(moment: Millis) -> int:
    """Drop warnings closed before a moment; how many."""
    return db.change("DELETE FROM churn_warning WHERE state = 'closed' AND closed_at < ?", (moment,))


def carry(merge: Merge) -> None:
    """Close what is open about a member who goes into another; inside the caller's transaction."""
    sql = "SELECT id, state FROM churn_warning WHERE member_id = ? AND state IN ('open', 'contacted') ORDER BY id"
    for warning_id, state in db.rows(sql, (merge.gone_id,)):
        merges.note(merge, "churn_warning", warning_id, {"state": state})
    still = "member_id = ? AND state IN ('open', 'contacted')"
    db.run(f"UPDATE churn_warning SET state = 'closed', closed_at = ? WHERE {still}", (merge.now, merge.gone_id))


def carry_back(merge: Merge) -> None:
    """Open again what was closed by a merge; inside the caller's transaction."""
    for warning_id, was in merges.noted(merge, "churn_warning").items():
        db.run("UPDATE churn_warning SET state = ?, closed_at = NULL WHERE id = ?", (was["state"], warning_id))


def close_all(member_id: int, *, now: Millis) -> None:
    """Close whatever is open about a member; inside the caller's transaction."""
    sql = "UPDATE churn_warning SET state = 'closed', closed_at = ? WHERE member_id = ? AND state <> 'closed'"
    db.run(sql, (now, member_id))
