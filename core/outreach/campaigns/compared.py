"""Two sides of an audience compared: who came and what they spent, within the strata they were drawn in.

The strata and what everyone spent before were fixed with the audience, so nothing the campaign did can move them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from core.base import db
from core.insight import effect, strata
from core.insight.effect import Difference, Interval
from core.insight.strata import Seen
from core.outreach.campaigns.audience import HELD_OUT

ARMS = ("A", "B", HELD_OUT)


@dataclass(frozen=True)
class Counted:
    """So many members of one arm who were drawn, and spent, alike."""

    arm: str
    seen: Seen


@dataclass(frozen=True)
class StratumResult:
    """Who came of a stratum, on both sides; `came_bp` None where it is too small to tell."""

    stratum: str
    written: int
    came: int
    held: int
    came_held: int
    came_bp: Difference | None


@dataclass(frozen=True)
class Compared:
    """Those written to against the others; the intervals are None where there are too few to tell.

    `spent` is the difference that counts: within strata, with what members spent before taken out. `plain` leaves both
    alone and stands beside it. `explained_bp` is the share of the variance that spending before took out.
    """

    written: int
    came: Interval | None = None
    spent: Interval | None = None
    plain: Interval | None = None
    explained_bp: int = 0
    strata: tuple[StratumResult, ...] = ()

    @property
    def came_bp(self) -> Difference | None:
        """How many more came, in basis points."""
        return _whole(self.came, 10_000)

    @property
    def spent_cents(self) -> Difference | None:
        """How much more a member spent, in cents."""
        return _whole(self.spent)

    @property
    def plain_cents(self) -> Difference | None:
        """The same without strata and spending before; None where it says the same."""
        found = _whole(self.plain)
        return None if found == self.spent_cents else found

    @property
    def gained_cents(self) -> Difference | None:
        """How much more all of those written to spent together, in cents; rounded last."""
        return _whole(self.spent, self.written)

    @property
    def has_proof(self) -> bool:
        """Whether it shows a difference in visits or in spending; the plain one never counts."""
        return any(one is not None and one.is_proof for one in (self.came, self.spent))


def _whole(found: Interval | None, unit: int = 1) -> Difference | None:
    return None if found is None else effect.whole(found, unit=unit)


def read(campaign_id: int, days: tuple[date, date] | None) -> list[Counted]:
    """Everyone drawn, alike ones together; a member who was merged spent what they became did. No days: nothing yet."""
    first, last = (days[0].toordinal(), days[1].toordinal()) if days else (1, 0)
    found = db.rows(
        "SELECT arm, stratum, before_cents, spent, count(*) FROM (SELECT w.arm, w.stratum, w.before_cents,"
        " coalesce((SELECT CAST(sum(d.net_cents) AS BIGINT) FROM member_day d"
        " WHERE d.member_id = coalesce(m.merged_into, m.id) AND d.day BETWEEN ? AND ? AND d.net_cents > 0), 0) AS spent"
        " FROM campaign_audience w JOIN member m ON m.id = w.member_id WHERE w.campaign_id = ? AND w.arm <> '') t"
        " GROUP BY arm, stratum, before_cents, spent",
        (first, last, campaign_id),
    )
    return [
        Counted(arm, Seen(arm != HELD_OUT, stratum, before, spent, count))
        for arm, stratum, before, spent, count in found
    ]


def compare(found: Sequence[Counted], one: Sequence[str], other: Sequence[str]) -> Compared | None:
    """Some arms against others; None where one side has nobody."""
    seen = [replace(line.seen, written=line.arm in one) for line in found if line.arm in (*one, *other)]
    written = sum(line.count for line in seen if line.written)
    least = min(written, sum(line.count for line in seen) - written)
    if least == 0:
        return None
    if least < effect.FEW:
        return Compared(written)
    fitted = strata.fitting(seen)
    sides = strata.counted(fitted)
    spent = strata.spending(fitted)
    return Compared(written, strata.rates(sides.values()), spent.found, spent.plain, round(10_000 * spent.explained),
                    tuple(_stratum(name, *both) for name, both in sides.items() if len(sides) > 1))  # fmt: skip


def _stratum(name: str, written: strata.Side, held: strata.Side) -> StratumResult:
    is_told = min(written.n, held.n) >= effect.FEW
    found = effect.newcombe(written.came, written.n, held.came, held.n)
    return StratumResult(name, written.n, written.came, held.n, held.came,
                         effect.whole(found, unit=10_000) if is_told else None)  # fmt: skip
