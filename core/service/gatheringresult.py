"""What an event brought 活动效果: who came, the cost, and what guests spent afterwards beyond those without a place.

Guests differ from members who never asked, so they are compared with who wanted to come and found no place: both
before and after, each against themselves (difference in differences), with Welch's interval. Who came by luck of an
early place is the nearest there is to a hold-out here; a tier that may sign up first still tilts it, and it is no
proof as a drawn hold-out is.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from core.base import clock, db
from core.base.access import Actor, require
from core.base.clock import Millis
from core.books import rules
from core.insight import effect
from core.insight.effect import Difference
from core.service import gatheringinvites, gatheringkit, gatherings, gatheringsurveys
from core.service.gatheringinvites import Invited
from core.service.gatherings import Gathering
from core.service.gatheringsurveys import Opinion


@dataclass(frozen=True)
class Turnout:
    """Places by what became of them, and the members behind them."""

    signed_up: int
    came: int
    absent: int
    cancelled: int
    waiting: int

    @property
    def came_bp(self) -> int:
        """The share of the places kept to the end whose guests came."""
        return effect.rate_bp(self.came, self.came + self.absent)

    @property
    def absent_bp(self) -> int:
        """The share that stayed away without a word."""
        return effect.rate_bp(self.absent, self.came + self.absent)


@dataclass(frozen=True)
class Lift:
    """Spend a member in so many days before and after, of guests and of those without a place, in cents.

    `more_cents` is how much more guests' spend rose, with its interval; None where either side has fewer than the
    shop's least, or the days are not over.
    """

    days: int
    guests: int
    guests_before_cents: int
    guests_after_cents: int
    others: int
    others_before_cents: int
    others_after_cents: int
    more_cents: Difference | None
    is_over: bool


@dataclass(frozen=True)
class Result:
    """Everything an event came to; a fee in points is no income."""

    gathering: Gathering
    turnout: Turnout
    cost_cents: int
    income_cents: int
    lift: Lift
    invited: Invited
    opinion: Opinion | None

    @property
    def over_budget_cents(self) -> int:
        """What it cost beyond its budget; below 0 what is left of it."""
        return self.cost_cents - self.gathering.plan.budget_cents

    @property
    def guest_cents(self) -> int | None:
        """What each guest cost, half up; None where nobody came."""
        came = self.turnout.came
        return (2 * self.cost_cents + came) // (2 * came) if came else None


# --- pure ------------------------------------------------------------------------------------------

Spent = tuple[int, int]
"""What a member spent before and after, in cents."""


def turnout_of(parties: Iterable[tuple[str, int]]) -> Turnout:
    """Add up parties by state and places."""
    sums = dict.fromkeys(("booked", "attended", "absent", "cancelled", "waiting"), 0)
    for state, places in parties:
        sums[state] += places
    signed_up = sums["booked"] + sums["attended"] + sums["absent"]
    return Turnout(signed_up, sums["attended"], sums["absent"], sums["cancelled"], sums["waiting"])


def lift_of(guests: Sequence[Spent], others: Sequence[Spent], *, days: int, least: int, is_over: bool) -> Lift:
    """Difference in differences: how much more the spend of guests rose than of those who found no place.

    Source: Card and Krueger 1994, AER 84:772, with Welch's interval for the two means of the rises.
    """
    rises = [[after - before for before, after in side] for side in (guests, others)]
    enough = is_over and min(len(guests), len(others)) >= max(2, least)
    found = effect.welch(*(effect.spread(rise, len(rise)) for rise in rises)) if enough else None
    means = [_mean([spent[at] for spent in side]) for side in (guests, others) for at in (0, 1)]
    return Lift(
        days, len(guests), means[0], means[1], len(others), means[2], means[3],
        None if found is None else effect.whole(found), is_over,
    )  # fmt: skip


def _mean(amounts: Sequence[int]) -> int:
    return (2 * sum(amounts) + len(amounts)) // (2 * len(amounts)) if amounts else 0


# --- reading ---------------------------------------------------------------------------------------


def of(gathering_id: int, *, by: Actor, now: Millis) -> Result:
    """What an event came to so far. Raises: NotAllowed, GatheringUnknown."""
    require(by, "service")
    with db.read():
        found = gatherings.get(gathering_id)
        parties = db.rows("SELECT state, places FROM gathering_signup WHERE gathering_id = ?", (gathering_id,))
        cost_cents = gatheringkit.of(gathering_id).cost_cents
        turnout = turnout_of((state, places) for state, places in parties)
        return Result(found, turnout, cost_cents, income_cents(found), _lift(found, now),
                      gatheringinvites.brought(gathering_id), gatheringsurveys.opinion(found))  # fmt: skip


def income_cents(found: Gathering) -> int:
    """What was paid for it at the till, less what was given back."""
    if found.plan.product_id is None:
        return 0
    row = db.one(
        "SELECT CAST(sum(l.net_cents - coalesce((SELECT sum(r.cents) FROM refund_line r WHERE r.line_id = l.id), 0))"
        " AS BIGINT) FROM sale_line l JOIN sale s ON s.id = l.sale_id JOIN gathering g ON g.id = ?"
        " WHERE l.product_id = g.product_id AND s.at >= g.created_at AND (g.state = 'cancelled' OR g.ended_at IS NULL"
        " OR s.at < g.ended_at)",
        (found.id,),
    )
    return 0 if row is None or row[0] is None else int(row[0])


def _lift(found: Gathering, now: Millis) -> Lift:
    shop = rules.current(now=now)
    days, day = shop.event_compare_days, clock.day_of(found.plan.from_at, shop.zone)
    is_over = found.state == "done" and clock.day_of(now, shop.zone) > day + timedelta(days=days)
    sides = [_spent(found.id, state, day.toordinal(), days) for state in ("attended", "waiting")]
    return lift_of(*sides, days=days, least=shop.event_group_least, is_over=is_over)


def _spent(gathering_id: int, state: str, day: int, days: int) -> list[Spent]:
    """What each member of one state spent in the days before and after; the day itself belongs to neither."""
    found = db.rows(
        "SELECT coalesce(CAST(sum(CASE WHEN d.day < ? THEN d.net_cents END) AS BIGINT), 0),"
        " coalesce(CAST(sum(CASE WHEN d.day > ? THEN d.net_cents END) AS BIGINT), 0)"
        " FROM (SELECT DISTINCT member_id FROM gathering_signup WHERE gathering_id = ? AND state = ?) s"
        " LEFT JOIN member_day d ON d.member_id = s.member_id AND d.day BETWEEN ? AND ?"
        " GROUP BY s.member_id ORDER BY s.member_id",
        (day, day, gathering_id, state, day - days, day + days),
    )
    return [(before, after) for before, after in found]
