"""What winning back came to 挽回成效: each case judged once its days are over, and the sum by reason and strategy.

A case is judged by whether the member came again within the shop's days, what they spent against their own mean
before, whether they bought the new product, and how satisfied they said they are. Everyone counts in the group they
were drawn for. What was done by hand has nobody held out beside it and is no proof.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from core.base import db
from core.base.access import Actor, require
from core.base.clock import Millis
from core.books import audit, rules
from core.insight import effect
from core.insight.effect import Difference
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
        "SELECT c.id, coalesce(m.merged_into, c.member_id), c.started_day, c.until_day, c.product_id, c.points"
        " FROM winback_case c JOIN member m ON m.id = c.member_id"
        " WHERE c.judged_at IS NULL AND c.until_day < ? ORDER BY c.id LIMIT ?",
        (today_of(now).toordinal(), AT_ONCE),
    )
    per_unit = rules.current(now=now).points_per_unit
    won: list[int] = []
    lost: list[int] = []
    for case_id, member_id, first, last, product_id, points in found:
        returned_day, spent = _after(member_id, first, last)
        bought = _bought(member_id, product_id, first, last) if product_id else None
        cost = (_coupons_cents(case_id), worth(points, points_per_unit=per_unit), _micros(case_id))
        db.run(
            "UPDATE winback_case SET judged_at = ?, returned_day = ?, spent_cents = ?, before_cents = ?, bought = ?,"
            " coupons_cents = ?, points_cents = ?, messages_micros = ? WHERE id = ?",
            (now, returned_day, spent, _before(member_id, first, last - first + 1), bought, *cost, case_id),
        )
        (lost if returned_day is None else won).append(case_id)
    winback.end_all(won, "won", by=by, now=now)
    winback.end_all(lost, "lost", by=by, now=now)
    if found:
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


def _after(member_id: int, first: int, last: int) -> tuple[int | None, int]:
    """The first day a member bought within the days, and what they spent in them."""
    row = db.one(
        "SELECT min(day), coalesce(CAST(sum(net_cents) AS BIGINT), 0) FROM member_day WHERE member_id = ?"
        " AND day BETWEEN ? AND ? AND net_cents > 0",
        (member_id, first, last),
    )
    return (row[0], row[1]) if row else (None, 0)


def _before(member_id: int, first: int, days: int) -> int:
    """What a member spent in the mean in so many days, from their first visit until the case began."""
    row = db.one(
        "SELECT min(day), coalesce(CAST(sum(net_cents) AS BIGINT), 0) FROM member_day WHERE member_id = ? AND day < ?",
        (member_id, first),
    )
    return mean_of(row[1], first - row[0], days) if row and row[0] is not None else 0


def mean_of(spent_cents: int, over_days: int, days: int) -> int:
    """Spending over some days as a mean of so many; a life shorter than that counts as that long."""
    return max(0, spent_cents) * days // max(over_days, days)


def _bought(member_id: int, product_id: int, first: int, last: int) -> int:
    sql = (
        "SELECT 1 FROM sale s JOIN sale_line l ON l.sale_id = s.id WHERE s.member_id = ? AND s.day BETWEEN ? AND ?"
        " AND l.product_id = ? AND l.net_cents > 0 LIMIT 1"
    )
    return int(db.value(sql, (member_id, first, last, product_id)) is not None)


def _coupons_cents(case_id: int) -> int:
    """What the coupon of a case took off sales."""
    taken = db.value(
        "SELECT CAST(coalesce(sum(d.cents), 0) AS BIGINT) FROM coupon c JOIN coupon_use u ON u.coupon_id = c.id"
        " AND u.returned_at IS NULL JOIN sale_discount d ON d.sale_id = u.sale_id AND d.rule_kind = 'coupon'"
        " AND d.rule_id = c.kind_id WHERE c.ref_kind = ? AND c.ref_id = ?",
        (winback.GIVEN, case_id),
    )
    return abs(int(taken))


def _micros(case_id: int) -> int:
    sql = "SELECT coalesce(cost_micros, estimate_micros, 0) FROM outbox WHERE dedupe_key = ?"
    return int(db.value(sql, (batches.key_of(case_id),)) or 0)


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
