"""What winning back came to 挽回成效: each case judged once its days are over, and the sum by reason and strategy.

A case is judged by whether the member came again within the shop's days, what they spent against their own mean
before, whether they bought the new product, and how satisfied they said they are. Everyone counts in the group they
were drawn for. What was done by hand has nobody held out beside it and is no proof.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from core.base import db
from core.base.access import Actor, require
from core.base.clock import Millis
from core.books import audit, rules
from core.insight import effect
from core.insight.effect import Difference
from core.insight.recommend import KEPT
from core.loyalty.points import worth
from core.outreach.budget import CENT
from core.service import batches, winback
from core.service.followups import today_of

AT_ONCE = 200


@dataclass(frozen=True)
class Line:
    """What one strategy against one reason came to; `reason` None where nobody said one.

    `held` were held out of the same offers, `came_bp` is the difference to them with its interval; None is too few
    to tell, and without anybody held out no proof. Spending is in cents a member within the days.
    """

    reason: str | None
    strategy: str
    cases: int
    returned: int
    by_batch: int
    by_batch_returned: int
    held: int
    held_returned: int
    came_bp: Difference | None
    spent_cents: int
    before_cents: int
    satisfaction_tenths: int | None
    answers: int
    bought: int | None
    coupons_cents: int
    points_cents: int
    messages_micros: int

    @property
    def returned_bp(self) -> int:
        """The share that came again."""
        return effect.rate_bp(self.returned, self.cases)

    @property
    def held_bp(self) -> int:
        """The share of those held out that came again by themselves."""
        return effect.rate_bp(self.held_returned, self.held)

    @property
    def messages_cents(self) -> int:
        """What its messages cost, rounded up."""
        return -(-self.messages_micros // CENT)

    @property
    def by_batch_bp(self) -> int:
        """The share that came again of those offered something at once."""
        return effect.rate_bp(self.by_batch_returned, self.by_batch)

    @property
    def cost_cents(self) -> int:
        """Everything it cost."""
        return self.coupons_cents + self.points_cents + self.messages_cents

    @property
    def has_proof(self) -> bool:
        """Whether the hold-out shows that the strategy itself made a difference."""
        return self.came_bp is not None and self.came_bp.is_proof


# --- the night -------------------------------------------------------------------------------------


def judge_due(*, by: Actor, now: Millis) -> int:
    """End the cases of who came again, and judge those whose days are over; how many were judged.

    A few at a time, each in a transaction of its own. Raises: NotAllowed.
    """
    require(by, "churn")
    judged = 0
    while some := _judge_some(by=by, now=now):
        judged += some
    _end_returned(by=by, now=now)
    return judged


@db.atomic
def _judge_some(*, by: Actor, now: Millis) -> int:
    found = db.rows(
        "SELECT id, started_day, until_day, points, product_id FROM winback_case"
        " WHERE judged_at IS NULL AND until_day < ? ORDER BY id LIMIT ?",
        (today_of(now).toordinal(), AT_ONCE),
    )
    if not found:
        return 0
    case_ids = [row[0] for row in found]
    after, before = _after(case_ids), _before(case_ids)
    bought = _bought([row[0] for row in found if row[4] is not None])
    coupons, micros = _coupons_cents(case_ids), _micros(case_ids)
    per_unit = rules.current(now=now).points_per_unit
    judged = []
    for case_id, first, last, points, _ in found:
        came_first, spent_before = before.get(case_id, (first, 0))
        returned_day, spent = after.get(case_id, (None, 0))
        mean = mean_of(spent_before, first - came_first, last - first + 1)
        cost = (coupons.get(case_id, 0), worth(points, points_per_unit=per_unit), micros.get(case_id, 0))
        judged.append((now, returned_day, spent, mean, bought.get(case_id), *cost, case_id))
    db.run_many(
        "UPDATE winback_case SET judged_at = ?, returned_day = ?, spent_cents = ?, before_cents = ?, bought = ?,"
        " coupons_cents = ?, points_cents = ?, messages_micros = ? WHERE id = ?",
        judged,
    )
    winback.end_all([case_id for case_id in case_ids if case_id in after], "won", by=by, now=now)
    winback.end_all([case_id for case_id in case_ids if case_id not in after], "lost", by=by, now=now)
    audit.record("winback.judged", "winback_case", 0, by=by, now=now, after={"count": len(found)})
    return len(found)


@db.atomic
def _end_returned(*, by: Actor, now: Millis) -> None:
    """Nobody calls a member who is here again: won if anything was done, else closed."""
    found = db.rows(
        "SELECT c.id, c.started_day FROM winback_case c JOIN member_stats s ON s.member_id = c.member_id"
        f" WHERE c.state IN {winback.OPEN} AND s.last_day > c.last_visit_day"
        " AND (c.started_day IS NULL OR s.last_day >= c.started_day) ORDER BY c.id"
    )
    winback.end_all([id for id, first in found if first is not None], "won", by=by, now=now)
    winback.end_all([id for id, first in found if first is None], "closed", by=by, now=now)


_CASES = "winback_case c JOIN member m ON m.id = c.member_id"
_WHOSE = "coalesce(m.merged_into, c.member_id)"
"""Cases belong to the member theirs was merged into."""


def _by_case(sql: str, case_ids: Sequence[int]) -> list[db.Row]:
    """Rows of some cases `c`, one a case."""
    if not case_ids:
        return []
    return db.rows(f"{sql} WHERE c.id IN ({', '.join('?' * len(case_ids))}) GROUP BY c.id", case_ids)


def _after(case_ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """The first day each bought within the days of the case, and what they spent in them; who came, that is."""
    found = _by_case(
        f"SELECT c.id, min(d.day), CAST(sum(d.net_cents) AS BIGINT) FROM {_CASES} JOIN member_day d"
        f" ON d.member_id = {_WHOSE} AND d.day BETWEEN c.started_day AND c.until_day AND d.net_cents > 0",
        case_ids,
    )
    return {case_id: (day, cents) for case_id, day, cents in found}


def _before(case_ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """The day each came first, and what they spent from it until the case began."""
    found = _by_case(
        f"SELECT c.id, min(d.day), CAST(sum(d.net_cents) AS BIGINT) FROM {_CASES} JOIN member_day d"
        f" ON d.member_id = {_WHOSE} AND d.day < c.started_day",
        case_ids,
    )
    return {case_id: (day, cents) for case_id, day, cents in found}


def mean_of(spent_cents: int, over_days: int, days: int) -> int:
    """Spending over some days as a mean of so many; a life shorter than that counts as that long."""
    return max(0, spent_cents) * days // max(over_days, days)


def _bought(case_ids: Sequence[int]) -> dict[int, int]:
    """Whether each took the product of the case within its days, those of the calendar, and kept some of it."""
    found = _by_case(
        f"SELECT c.id, max(CASE WHEN l.id IS NULL THEN 0 ELSE 1 END) FROM {_CASES}"
        f" LEFT JOIN sale s ON s.member_id = {_WHOSE} AND s.local_day BETWEEN c.started_day AND c.until_day"
        f" LEFT JOIN sale_line l ON l.sale_id = s.id AND l.product_id = c.product_id AND l.net_cents > 0 AND {KEPT}",
        case_ids,
    )
    return dict(found)


def _coupons_cents(case_ids: Sequence[int]) -> dict[int, int]:
    """What the coupon of each case took off sales."""
    found = db.rows(
        "SELECT c.ref_id, CAST(sum(d.cents) AS BIGINT) FROM coupon c JOIN coupon_use u ON u.coupon_id = c.id"
        " AND u.returned_at IS NULL JOIN sale_discount d ON d.sale_id = u.sale_id AND d.rule_kind = 'coupon'"
        f" AND d.rule_id = c.kind_id WHERE c.ref_kind = ? AND c.ref_id IN ({', '.join('?' * len(case_ids))})"
        " GROUP BY c.ref_id",
        (winback.GIVEN, *case_ids),
    )
    return {case_id: abs(cents) for case_id, cents in found}


def _micros(case_ids: Sequence[int]) -> dict[int, int]:
    """What the message of each case cost."""
    case_of = {batches.key_of(case_id): case_id for case_id in case_ids}
    sql = (
        "SELECT dedupe_key, coalesce(cost_micros, estimate_micros, 0) FROM outbox"
        f" WHERE dedupe_key IN ({', '.join('?' * len(case_of))})"
    )
    return {case_of[key]: micros for key, micros in db.rows(sql, tuple(case_of))}


# --- the sum ---------------------------------------------------------------------------------------


def results(*, since: date | None = None, until: date | None = None, by: Actor) -> list[Line]:
    """The judged cases that began in a span, by reason and strategy, the most cases first. Raises: NotAllowed."""
    require(by, "churn")
    first = 0 if since is None else since.toordinal()
    last = 2**53 if until is None else until.toordinal()
    found = db.rows(
        "SELECT leaving_reason, coalesce(strategy, 'service'), arm, count(*), count(returned_day),"
        " CAST(sum(spent_cents) AS BIGINT), CAST(sum(before_cents) AS BIGINT), count(satisfaction),"
        " CAST(coalesce(sum(satisfaction), 0) AS BIGINT), count(bought), CAST(coalesce(sum(bought), 0) AS BIGINT),"
        " CAST(sum(coupons_cents) AS BIGINT), CAST(sum(points_cents) AS BIGINT), CAST(sum(messages_micros) AS BIGINT)"
        " FROM winback_case WHERE judged_at IS NOT NULL AND started_day BETWEEN ? AND ?"
        " GROUP BY leaving_reason, coalesce(strategy, 'service'), arm",
        (first, last),
    )
    groups: dict[tuple[str | None, str], dict[str, db.Row]] = {}
    for row in found:
        groups.setdefault((row[0], row[1]), {})[row[2]] = row[3:]
    lines = [_line(reason, strategy, arms) for (reason, strategy), arms in groups.items()]
    return sorted(lines, key=lambda one: (-one.cases, one.reason or "", one.strategy))


_NOBODY = (0,) * 11


def _line(reason: str | None, strategy: str, arms: dict[str, db.Row]) -> Line:
    hand, batch, held = (arms.get(arm, _NOBODY) for arm in ("", "offer", "holdout"))
    cases, returned, spent, before, answers, satisfied, asked, bought, *cost = (
        one + other for one, other in zip(hand, batch, strict=True)
    )
    return Line(
        reason, strategy, cases, returned, batch[0], batch[1], held[0], held[1],
        compared(batch[1], batch[0], held[1], held[0]),
        _each(spent, cases), _each(before, cases),
        (10 * satisfied + answers // 2) // answers if answers else None, answers, bought if asked else None, *cost,
    )  # fmt: skip


def compared(returned: int, of: int, other: int, of_other: int) -> Difference | None:
    """How many more of the one group came again, in basis points; None with fewer than 50 on a side."""
    if min(of, of_other) < effect.FEW:
        return None
    return effect.whole(effect.newcombe(returned, of, other, of_other), unit=10_000)


def _each(cents: int, members: int) -> int:
    return cents // members if members else 0


def summed(lines: Iterable[Line]) -> tuple[int, int, int]:
    """Of all lines: how many cases, how many came again, what it cost."""
    found = list(lines)
    return sum(one.cases for one in found), sum(one.returned for one in found), sum(one.cost_cents for one in found)
