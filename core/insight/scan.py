"""The nightly scan: learn the shop's rhythms from all visits, raise warnings, close those who came back."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.base import clock, db, ids
from core.base.access import Actor, require
from core.base.clock import Millis
from core.books import audit, rules
from core.insight import churn, rhythm, spend

CHUNK = 50_000
KEPT = 400
"""So many warnings are written in one transaction, to let tills in between."""


@dataclass(frozen=True)
class Visits:
    """Every visit day of every active member, by member and day; amounts in cents."""

    member_ids: NDArray[np.int64]
    days: NDArray[np.int64]
    cents: NDArray[np.int64]


@dataclass(frozen=True)
class Scanned:
    """What a scan did."""

    raised: int
    returned: int
    members: int
    level: str

    def __str__(self) -> str:
        return f"{self.raised} warned, {self.returned} back, {self.members} members, {self.level}"


@dataclass(frozen=True)
class _Found:
    member_id: int
    kind: str
    silent: int
    usual: int
    after: int
    visits: int
    last_day: int
    chance_bp: int | None
    loss_cents: int


def visits(today: date) -> Visits:
    """Read all visits up to a day, in keyset chunks so that no reader holds the log for long."""
    chunks, last = [], (0, 0)
    while True:
        with db.read():
            found = db.rows(
                "SELECT d.member_id, d.day, d.net_cents FROM member_day d JOIN member m ON m.id = d.member_id"
                " WHERE (d.member_id, d.day) > (?, ?) AND d.net_cents > 0 AND d.day <= ? AND m.state = 'active'"
                " ORDER BY d.member_id, d.day LIMIT ?",
                (*last, today.toordinal(), CHUNK),
            )
        if found:
            chunks.append(np.array(found, dtype=np.int64))
            last = (found[-1][0], found[-1][1])
        if len(found) < CHUNK:
            break
    table = np.concatenate(chunks) if chunks else np.zeros((0, 3), dtype=np.int64)
    return Visits(table[:, 0], table[:, 1], table[:, 2])


def scan(*, by: Actor, now: Millis) -> Scanned:
    """Judge every member's silence and keep the list of warnings. Raises: NotAllowed."""
    require(by, "churn")
    shop = rules.current(now=now)
    today = clock.day_of(now, shop.zone)
    returned = _close_returned(now)
    seen = visits(today)
    if not len(seen.member_ids):
        return Scanned(0, returned, 0, "L0")
    found = list(_judge(seen, today, shop.churn_horizon_days, shop.churn_silent_days))
    raised = 0
    for at in range(0, len(found), KEPT):
        raised += _keep(tuple(found[at : at + KEPT]), today.toordinal(), by, now)
    gaps = rhythm.gaps(seen.member_ids, seen.days)
    return Scanned(raised, returned, len(gaps.member_ids), _level(seen, shop.churn_horizon_days))


def _level(seen: Visits, horizon: int) -> str:
    members, counts = np.unique(seen.member_ids, return_counts=True)
    history = int(seen.days.max() - seen.days.min()) if len(members) else 0
    return churn.level(repeat_members=int((counts > 1).sum()), history_days=history, horizon_days=horizon)


def _judge(seen: Visits, today: date, horizon: int, silent_days: int) -> Iterator[_Found]:
    gaps = rhythm.gaps(seen.member_ids, seen.days)
    learned = rhythm.learn(gaps, today=today.toordinal())
    judged = rhythm.judge(gaps, learned, today=today.toordinal())
    by_rhythm = _level(seen, horizon) == "L1" and bool(learned.lines)
    chance, loss = _chances(seen, today, horizon)
    for i, member_id in enumerate(judged.member_ids):
        one = judged[i]
        kind = one.state if by_rhythm else ("warning" if one.silent_days > silent_days else "on time")
        if kind not in ("warning", "lost"):
            continue
        line = one.lost_after_days if kind == "lost" else one.warn_after_days
        yield _Found(
            member_id=int(member_id),
            kind=kind,
            silent=one.silent_days,
            usual=round(one.usual_days or 0) if by_rhythm else 0,
            after=(line if by_rhythm and line else silent_days),
            visits=int(gaps.gap_count[i]) + 1,
            last_day=int(gaps.last_day[i]),
            chance_bp=None if chance is None else round(float(chance[i]) * 10_000),
            loss_cents=int(loss[i]),
        )


def _chances(seen: Visits, today: date, horizon: int) -> tuple[NDArray[np.floating[Any]] | None, NDArray[np.int64]]:
    """Chance of a visit within the horizon, and the expected loss in cents: (1 − P) × spend if active."""
    _members, first, counts = np.unique(seen.member_ids, return_index=True, return_counts=True)
    totals = np.add.reduceat(seen.cents, first)
    monthly = _monthly_spend(seen, first, counts, totals, today)
    histories = churn.histories(seen.member_ids, seen.days, today=today.toordinal())
    model = churn.fit(histories, model="mbgnbd") if (counts > 1).sum() >= 50 else None
    if model is None:
        return None, monthly
    chance = churn.p_visit(model, histories, days=horizon)
    loss: NDArray[np.int64] = np.rint(monthly * (1 - chance)).astype(np.int64)
    return chance, loss


def _monthly_spend(
    seen: Visits, first: NDArray[np.int64], counts: NDArray[np.int64], totals: NDArray[np.int64], today: date
) -> NDArray[np.int64]:
    """What each member is expected to spend in 30 days while active: visits a month × shrunk mean basket."""
    last = seen.days[first + counts - 1]
    active_days = np.maximum(last - seen.days[first], 30)
    repeats = counts - 1
    mean = np.where(repeats > 0, (totals - seen.cents[first]) / np.maximum(repeats, 1), totals / counts)
    fitted = spend.fit(repeats, mean) if (repeats > 0).sum() >= 50 else None
    basket = spend.conditional_mean(fitted, repeats, mean) if fitted is not None else mean
    monthly: NDArray[np.int64] = np.rint(basket * np.maximum(repeats, 1) * 30 / active_days).astype(np.int64)
    return monthly


@db.atomic
def _keep(found: tuple[_Found, ...], today: int, by: Actor, now: Millis) -> int:
    raised = 0
    for one in found:
        raised += db.change(
            "INSERT INTO churn_warning (id, member_id, raised_day, state, kind, silent_days, usual_days, after_days,"
            " visits, chance_bp, loss_cents, last_visit_day) VALUES (?, ?, ?, 'open', ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (member_id, last_visit_day) DO UPDATE SET kind = excluded.kind,"
            " silent_days = excluded.silent_days, after_days = excluded.after_days, chance_bp = excluded.chance_bp,"
            " loss_cents = excluded.loss_cents WHERE churn_warning.state = 'open'"
            " AND churn_warning.raised_day < excluded.raised_day",
            (
                ids.new(), one.member_id, today, one.kind, one.silent, one.usual, one.after, one.visits,
                one.chance_bp, one.loss_cents, one.last_day,
            ),
        )  # fmt: skip
    after = {"warnings": len(found)}
    audit.record("churn.scanned", "churn_warning", 0, by=by, now=now, after=after)
    return raised


@db.atomic
def _close_returned(now: Millis) -> int:
    """Warnings of members who have come back since."""
    return db.change(
        "UPDATE churn_warning SET state = 'returned', closed_at = ? WHERE state IN ('open', 'contacted') AND EXISTS"
        " (SELECT 1 FROM member_stats s WHERE s.member_id = churn_warning.member_id"
        " AND s.last_day > churn_warning.last_visit_day)",
        (now,),
    )
