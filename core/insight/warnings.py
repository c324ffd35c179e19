"""Churn warnings 流失预警: members whose silence is out of rhythm, the sentence that says why, what was done."""

from collections.abc import Sequence
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
    """One warned member.

    `sign`: what raised it (rhythm, days, spend, points, wallet). `chance_bp`: chance of a visit within the shop's
    `horizon_days`, and `chance_before_bp` as it was a month before; None where it cannot be told. `back_days`: by then
    95 % of members with this rhythm were back.
    """

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
    horizon_days: int = 30
    sign: str = "rhythm"
    chance_before_bp: int | None = None
    back_days: int | None = None
    points: int | None = None
    points_days: int | None = None
    wallet_cents: int | None = None
    wallet_days: int | None = None
    basket_cents: int | None = None
    last_basket_cents: int | None = None


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

    `usual_days` 0 means that a number of days raised it, not the member's rhythm.
    """
    return [*_silence(warning), *_baskets(warning), *_chance(warning), *_idle(warning)]


def _silence(warning: Warning) -> list[Text]:
    silent, after = warning.silent_days, warning.after_days
    if not warning.usual_days:
        facts = {"silent": silent, "visits": warning.visits, "after": after}
        return [T("Away for {silent} days ({visits} visits so far); the shop warns after {after} days.", **facts)]
    usual = T("Usually comes every {usual} days ({visits} visits).", usual=warning.usual_days, visits=warning.visits)
    if warning.sign != "rhythm":
        return [usual, T("Now {silent} days away.", silent=silent)]
    if warning.kind == "lost":
        now = T("Now {silent} days away; hardly anyone with this rhythm came back after {after} days.",
                silent=silent, after=after)  # fmt: skip
    elif warning.back_days is None or silent <= warning.back_days:
        now = T("Now {silent} days away; nine of ten with this rhythm were back within {after} days.",
                silent=silent, after=after)  # fmt: skip
    else:
        now = T("Now {silent} days away; 95 % of members with this rhythm were back within {back} days.",
                silent=silent, back=warning.back_days)  # fmt: skip
    return [usual, now]


def _baskets(warning: Warning) -> list[Text]:
    if warning.sign != "spend" or warning.basket_cents is None or warning.last_basket_cents is None:
        return []
    before, last = warning.basket_cents, warning.last_basket_cents
    return [T("Spent {before_cents} a visit before, {last_cents} on the last three.", before_cents=before,
              last_cents=last)]  # fmt: skip


def _chance(warning: Warning) -> list[Text]:
    if warning.chance_bp is None:
        return []
    facts = {"days": warning.horizon_days, "chance": (warning.chance_bp + 50) // 100}
    if warning.chance_before_bp is None:
        return [T("Chance of a visit in the next {days} days: {chance} %.", **facts)]
    before = (warning.chance_before_bp + 50) // 100
    return [T("Chance of a visit in the next {days} days {chance} % (a month ago {before} %).", **facts, before=before)]


def _idle(warning: Warning) -> list[Text]:
    said = []
    if warning.points and warning.points_days:
        said.append(T("{points} points unused for {days} days.", points=warning.points, days=warning.points_days))
    if warning.wallet_cents and warning.wallet_days:
        said.append(
            T("{stored_cents} of stored value unused for {days} days.", stored_cents=warning.wallet_cents,
              days=warning.wallet_days)
        )  # fmt: skip
    return said


_SELECT = (
    "SELECT w.id, w.member_id, p.name, p.phone, w.kind, w.state, w.raised_day, w.last_visit_day, w.usual_days,"
    " w.after_days, w.visits, w.chance_bp, w.loss_cents, w.leaving_reason, w.sign, w.chance_before_bp, w.back_days,"
    " w.points, w.points_days, w.wallet_cents, w.wallet_days, w.basket_cents, w.last_basket_cents FROM churn_warning w"
    " JOIN member_person p ON p.member_id = w.member_id"
)


def _warning(row: db.Row, by: Actor, today: date, horizon_days: int) -> Warning:
    phone = row[3] or ""
    shown = phone if by.may("member.phone") else text.masked_phone(phone) if phone else ""
    silent = today.toordinal() - row[7]
    raised_on = date.fromordinal(row[6])
    return Warning(
        row[0], row[1], row[2] or "", shown, row[4], row[5], raised_on, silent, *(*row[8:14], horizon_days, *row[14:])
    )


def open_warnings(
    *, by: Actor, now: Millis, below: tuple[int, int] = (2**53, 2**53), limit: int = 100
) -> list[Warning]:
    """Open warnings by expected loss, the greatest first, a keyset page at a time (`below`: loss and id)."""
    require(by, "churn")
    shop = rules.current(now=now)
    today = clock.day_of(now, shop.zone)
    sql = _SELECT + (
        " WHERE w.state IN ('open', 'contacted') AND (w.loss_cents, w.id) < (?, ?)"
        " ORDER BY w.loss_cents DESC, w.id DESC LIMIT ?"
    )
    return [_warning(row, by, today, shop.churn_horizon_days) for row in db.rows(sql, (*below, limit))]


def of_member(member_id: int, *, by: Actor, now: Millis) -> Warning | None:
    """The member's open warning, if there is one."""
    return of_members([member_id], by=by, now=now).get(member_id)


def of_members(member_ids: Sequence[int], *, by: Actor, now: Millis) -> dict[int, Warning]:
    """The open warnings of some members (a page of them), by member."""
    if not member_ids:
        return {}
    shop = rules.current(now=now)
    today = clock.day_of(now, shop.zone)
    marks = ", ".join("?" * len(member_ids))
    sql = f"{_SELECT} WHERE w.member_id IN ({marks}) AND w.state IN ('open', 'contacted')"
    return {row[1]: _warning(row, by, today, shop.churn_horizon_days) for row in db.rows(sql, tuple(member_ids))}


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
