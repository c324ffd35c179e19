"""The nightly scan: judge every member from all visits, raise warnings, close those of members who came back."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from core.base import clock, db, ids
from core.base.access import Actor, require
from core.base.clock import Millis
from core.books import audit, rules
from core.books.rules import ShopRules
from core.insight import judging, months, profiles, rfm, rhythm, season, signs, visit_days
from core.insight.bfgs import Floats
from core.insight.judging import Judged, Terms
from core.insight.signs import Idle, Sign, Silence

KEPT = 400
"""So many warnings are written in one transaction, to let tills in between."""


@dataclass(frozen=True)
class Scanned:
    """What a scan did; `season_bp` is last year's ratio, None without a year of history."""

    raised: int
    returned: int
    members: int
    level: str
    season_bp: int | None = None

    def __str__(self) -> str:
        said = f"{self.raised} warned, {self.returned} back, {self.members} members, {self.level}"
        return said if self.season_bp is None else f"{said}, season {self.season_bp / 10_000:.2f}"


@dataclass(frozen=True)
class _Found:
    member_id: int
    sign: str
    silence: Silence
    idle: Idle
    usual: int
    after: int
    back: int | None
    visits: int
    last_day: int
    chance_bp: int | None
    before_bp: int | None
    loss_cents: int


def scan(*, by: Actor, now: Millis) -> Scanned:
    """Judge every member and keep their profiles and the list of warnings. Raises: NotAllowed."""
    require(by, "churn")
    shop = rules.current(now=now)
    today = clock.day_of(now, shop.zone)
    day = today.toordinal()
    returned = _close_returned(now)
    seen = visit_days.read(today)
    factor = season.factor(seen, today=day, horizon_days=shop.churn_horizon_days)
    judged = judging.judge(seen, today=day, terms=_terms(shop, factor, now))
    profiles.write(judged, day=day)
    raised, lines, baskets = 0, _lines(shop, judged), signs.baskets(seen, judged.members)
    candidates = _candidates(judged, lines)
    for at in range(0, len(candidates), KEPT):
        found = tuple(_found(judged, baskets, candidates[at : at + KEPT], lines, now))
        if found:
            raised += _keep(found, day, by, now)
    return Scanned(raised, returned, len(judged), judged.level, None if factor is None else round(factor * 10_000))


def _terms(shop: ShopRules, factor: float | None, now: Millis) -> Terms:
    return Terms(
        horizon_days=shop.churn_horizon_days,
        silent_days=shop.churn_silent_days,
        by_rhythm=bool(shop.churn_rhythm),
        challenger=months.challenger_won(now=now),
        season=1.0 if factor is None else factor,
        lines=rfm.Lines(shop.group_visits, shop.group_basket_cents),
    )


def _lines(shop: ShopRules, judged: Judged) -> signs.Lines:
    return signs.Lines(
        by_rhythm=judged.by_rhythm,
        fixed_days=shop.churn_fixed_days,
        spend_fall_bp=shop.churn_spend_fall_bp,
        points_days=shop.churn_points_days,
        wallet_days=shop.churn_wallet_days,
    )


def _candidates(judged: Judged, lines: signs.Lines) -> list[int]:
    """Places of members of whom a sign may hold: who is past a line, and with other signs on, who is due."""
    late = judged.state >= rhythm.STATES.index("warning")
    if lines.fixed_days:
        late |= judged.members.silent_days > lines.fixed_days
    if lines.spend_fall_bp or lines.points_days or lines.wallet_days:
        late |= judged.state == rhythm.STATES.index("due")
    found: list[int] = np.flatnonzero(late).tolist()
    return found


def _found(
    judged: Judged, baskets: tuple[Floats, Floats], places: list[int], lines: signs.Lines, now: Millis
) -> Iterator[_Found]:
    members = judged.members
    idle_of = signs.idle_of([int(members.member_ids[place]) for place in places], now=now)
    for place in places:
        idle = idle_of.get(int(members.member_ids[place]), Idle())
        silence = Silence(
            rhythm.STATES[judged.state[place]],
            int(members.silent_days[place]),
            *(_cents(one[place]) for one in baskets),
        )
        sign = signs.sign_of(silence, idle, lines)
        if sign is not None:
            yield _one(judged, place, (sign, silence, idle), lines.fixed_days)


def _one(judged: Judged, place: int, why: tuple[Sign, Silence, Idle], fixed_days: int) -> _Found:
    sign, silence, idle = why
    usual = 0 if np.isnan(judged.usual_days[place]) else round(float(judged.usual_days[place]))
    line = int(judged.lost_days[place] if silence.state == "lost" else judged.warn_days[place])
    if silence.state not in ("warning", "lost"):
        line = fixed_days if sign == "days" else usual
    lost = int(judged.lost_days[place])
    return _Found(
        int(judged.members.member_ids[place]), sign, silence, idle,
        # A warning by fixed days is explained by those days; the rhythm had no part in it.
        0 if sign == "days" else usual,
        line,
        # A member is lost past twice the line by which 95 % were back.
        lost // 2 if sign == "rhythm" and lost > 0 else None,
        int(judged.members.visits[place]),
        int(judged.members.last_day[place]),
        profiles.bp(judged.chance[place]),
        profiles.bp(judged.chance_before[place]),
        int(judged.loss_cents[place]),
    )  # fmt: skip


def _cents(value: float) -> int | None:
    return None if np.isnan(value) else round(float(value))


_FACTS = (
    "kind", "sign", "silent_days", "usual_days", "after_days", "back_days", "chance_bp", "chance_before_bp",
    "loss_cents", "points", "points_days", "wallet_cents", "wallet_days", "basket_cents", "last_basket_cents",
)  # fmt: skip
_UPSERT = (
    f"INSERT INTO churn_warning (id, member_id, raised_day, state, visits, last_visit_day, {', '.join(_FACTS)})"
    f" VALUES (?, ?, ?, 'open', ?, ?{', ?' * len(_FACTS)}) ON CONFLICT (member_id, last_visit_day) DO UPDATE SET"
    f" {', '.join(f'{name} = excluded.{name}' for name in _FACTS)} WHERE churn_warning.state IN ('open', 'contacted')"
)


@db.atomic
def _keep(found: tuple[_Found, ...], today: int, by: Actor, now: Millis) -> int:
    """Write warnings, and renew the figures of those that are open; how many are new."""
    marks = ", ".join("?" * len(found))
    there = set(
        db.rows(
            f"SELECT member_id, last_visit_day FROM churn_warning WHERE member_id IN ({marks})",
            tuple(one.member_id for one in found),
        )
    )
    new = [one for one in found if (one.member_id, one.last_day) not in there]
    db.run_many(_UPSERT, [_values(one, today) for one in found])
    if new:
        audit.record("churn.scanned", "churn_warning", 0, by=by, now=now, after={"warnings": len(new)})
    return len(new)


def _values(one: _Found, today: int) -> tuple[object, ...]:
    silence, idle = one.silence, one.idle
    return (
        ids.new(), one.member_id, today, one.visits, one.last_day,
        "lost" if silence.state == "lost" else "warning", one.sign, silence.silent_days, one.usual, one.after, one.back,
        one.chance_bp, one.before_bp, one.loss_cents, idle.points or None, idle.points_days if idle.points else None,
        idle.wallet_cents or None, idle.wallet_days if idle.wallet_cents else None, silence.basket_cents,
        silence.last_basket_cents,
    )  # fmt: skip


@db.atomic
def _close_returned(now: Millis) -> int:
    """Warnings of members who have come back since."""
    return db.change(
        "UPDATE churn_warning SET state = 'returned', closed_at = ? WHERE state IN ('open', 'contacted') AND EXISTS"
        " (SELECT 1 FROM member_stats s WHERE s.member_id = churn_warning.member_id"
        " AND s.last_day > churn_warning.last_visit_day)",
        (now,),
    )
