"""The night's judgement as one row a member (`member_insight`): written in chunks, read one at a time."""

import math
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from core.base import db
from core.base.clock import Millis
from core.base.i18n import N_, T, Text
from core.books import rules

if TYPE_CHECKING:
    from core.insight.judging import Judged

CHUNK = 5_000
"""So many rows are written in one transaction, to let tills in between."""

_COLUMNS = (
    "member_id", "day", "state", "rhythm_class", "usual_days", "warn_days", "lost_days", "recency_score",
    "frequency_score", "money_score", "grouping", "chance_bp", "chance_before_bp", "expected_cents", "loss_cents",
    "value_cents", "next_from_day", "next_day", "next_to_day",
)  # fmt: skip
_UPSERT = (
    f"INSERT INTO member_insight ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"
    f" ON CONFLICT (member_id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _COLUMNS[1:])}"
)


GROUP_WORDS = {
    "good": N_("comes often and buys much"),
    "basket should rise": N_("comes often and buys little at a time"),
    "frequency should rise": N_("comes seldom and buys much at a time"),
    "poor": N_("comes seldom and buys little"),
    "new": N_("came once, lately"),
}


@dataclass(frozen=True)
class Profile:
    """What the last night said of a member; None where it could not be told.

    chance_bp: of a visit within the shop's horizon (`horizon_days`). The next visit is expected between two days,
    likeliest on `next_on`.
    """

    on: date
    state: str
    usual_days: int | None
    grouping: str
    chance_bp: int | None
    chance_before_bp: int | None
    value_cents: int | None
    next_from: date | None
    next_on: date | None
    next_to: date | None
    horizon_days: int = 30


def of(member_id: int, *, now: Millis) -> Profile | None:
    """The member's row, by its primary key; None before the first night."""
    row = db.one(
        "SELECT day, state, usual_days, grouping, chance_bp, chance_before_bp, value_cents, next_from_day, next_day,"
        " next_to_day FROM member_insight WHERE member_id = ?",
        (member_id,),
    )
    if row is None:
        return None
    day, *facts, from_day, likely_day, to_day = row
    found = Profile(date.fromordinal(day), *facts, *(_day(one) for one in (from_day, likely_day, to_day)))
    return replace(found, horizon_days=rules.current(now=now).churn_horizon_days)


def sentence(profile: Profile, *, visits: int, silent_days: int) -> list[Text]:
    """The member's rhythm in words, a short sentence each; nothing of whoever came once."""
    if profile.usual_days is None or visits < 2:
        return []
    said = [T("Usually every {usual} days, last here {silent} days ago.", usual=profile.usual_days, silent=silent_days)]
    if profile.next_from is not None and profile.next_to is not None:
        said.append(T("Next between {from_on} and {to_on}.", from_on=profile.next_from, to_on=profile.next_to))
    if profile.chance_bp is not None:
        chance = (profile.chance_bp + 50) // 100
        said.append(
            T("Chance of a visit in the next {days} days: {chance} %.", days=profile.horizon_days, chance=chance)
        )
    return said


def grouped(profile: Profile) -> Text:
    """Which of the four groups a member is in, in words."""
    return Text(GROUP_WORDS[profile.grouping])


def own_lines(*, now: Millis) -> list[Text]:
    """The lines between the groups that the owner set; none where they are the shop's medians."""
    shop, said = rules.current(now=now), list[Text]()
    if shop.group_visits:
        said.append(T("Often is from {visits} visits on, as the shop set it.", visits=shop.group_visits))
    if shop.group_basket_cents:
        said.append(
            T("Much is from {basket_cents} a visit on, as the shop set it.", basket_cents=shop.group_basket_cents)
        )
    return said


def _day(ordinal: int | None) -> date | None:
    return None if ordinal is None else date.fromordinal(ordinal)


def write(judged: "Judged", *, day: int) -> None:
    """Keep a night's judgement; members it does not know any more have no row."""
    for at in range(0, len(judged), CHUNK):
        _write(tuple(_rows(judged, day, at, at + CHUNK)))
    last: int | None = 0
    while last is not None:
        last = _forget(day, last)


@db.atomic
def _write(rows: tuple[tuple[object, ...], ...]) -> None:
    db.run_many(_UPSERT, rows)


@db.atomic
def _forget(day: int, after: int) -> int | None:
    """Drop rows not written on a day, a chunk of ids at a time; the id to go on after, None at the end."""
    ids = db.rows("SELECT member_id FROM member_insight WHERE member_id > ? ORDER BY member_id LIMIT ?", (after, CHUNK))
    if not ids:
        return None
    last: int = ids[-1][0]
    db.run("DELETE FROM member_insight WHERE member_id > ? AND member_id <= ? AND day <> ?", (after, last, day))
    return last


def bp(share: float) -> int | None:
    """A share in basis points; None for NaN."""
    return None if math.isnan(share) else round(float(share) * 10_000)


def _rows(judged: "Judged", day: int, start: int, end: int) -> list[tuple[object, ...]]:
    from core.insight.rfm import GROUPS
    from core.insight.rhythm import STATES

    part = slice(start, end)
    whole = (
        judged.rhythm_class, judged.warn_days, judged.lost_days, judged.value_cents, judged.next_from,
        judged.next_day, judged.next_to,
    )  # fmt: skip
    classes, warns, losts, values, froms, nexts, tos = (
        [None if one < 0 else one for one in column[part].tolist()] for column in whole
    )
    scores = (column[part].tolist() for column in (judged.scores.recency, judged.scores.frequency, judged.scores.money))
    usual = [None if math.isnan(one) else round(one) for one in judged.usual_days[part].tolist()]
    chances = ([bp(one) for one in column[part].tolist()] for column in (judged.chance, judged.chance_before))
    ids = judged.members.member_ids[part].tolist()
    return list(
        zip(
            ids, [day] * len(ids), [STATES[one] for one in judged.state[part].tolist()], classes, usual, warns, losts,
            *scores, [GROUPS[one] for one in judged.group[part].tolist()], *chances,
            judged.expected_cents[part].tolist(), judged.loss_cents[part].tolist(), values, froms, nexts, tos,
            strict=True,
        )
    )  # fmt: skip


def forget(member_id: int) -> None:
    """Drop a member's row; inside the caller's transaction."""
    db.run("DELETE FROM member_insight WHERE member_id = ?", (member_id,))
