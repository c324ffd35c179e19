"""What a campaign brought: by arm and against the hold-out, with its cost and return. Nothing personal is in it.

Everyone counts in the arm they were drawn for, whether or not the message reached them (intention to treat), from the
day the campaign began for as many days as it says.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from core.base import clock, db
from core.base.access import Actor
from core.base.clock import Millis
from core.books import rules
from core.insight import effect
from core.insight.effect import Difference
from core.outreach.budget import CENT
from core.outreach.campaigns import links
from core.outreach.campaigns import plan as plans
from core.outreach.campaigns.audience import HELD_OUT
from core.outreach.campaigns.links import MediumLink
from core.outreach.campaigns.plan import Campaign

ARMS = ("A", "B", HELD_OUT)
REACHED = ("accepted", "sent", "delivered")
FAILED = ("undelivered", "failed", "refused", "dead", "review")


@dataclass(frozen=True)
class ArmResult:
    """One arm. `messages` by state; `failed` by reason or code; who came, and what they spent, within the days."""

    arm: str
    members: int
    messages: Mapping[str, int]
    failed: Mapping[str, int]
    clicked: int
    opted_out: int
    redeemed: int
    came: int
    spent_cents: int

    @property
    def sent(self) -> int:
        """Messages the provider took."""
        return sum(self.messages.get(state, 0) for state in (*REACHED, "undelivered", "failed"))

    @property
    def delivered(self) -> int:
        """Messages that arrived, as far as the provider says."""
        return self.messages.get("delivered", 0)

    @property
    def came_bp(self) -> int:
        """The share that came, in basis points."""
        return effect.rate_bp(self.came, self.members)

    @property
    def each_cents(self) -> int:
        """What one member spent in the mean."""
        return self.spent_cents // self.members if self.members else 0


@dataclass(frozen=True)
class Compared:
    """Two groups: how many more came (basis points) and what one member spent more (cents); None: too few to tell.

    Spending above the 99th percentile of both groups counts as that much. `gained_cents` is what all of the first group
    spent more, rounded once.
    """

    came_bp: Difference | None
    spent_cents: Difference | None
    gained_cents: Difference | None = None


@dataclass(frozen=True)
class Money:
    """Cost and return in cents. `gained` is more turnover, `low` to `high`, None without a hold-out that proves it."""

    messages_cents: int
    coupons_cents: int
    points_cents: int
    gained_cents: int | None
    low_cents: int | None
    high_cents: int | None
    margin_bp: int

    @property
    def cost_cents(self) -> int:
        """Everything the campaign cost."""
        return self.messages_cents + self.coupons_cents + self.points_cents

    @property
    def return_cents(self) -> int | None:
        """What is left of the turnover gained, less the cost; None where nothing is known."""
        return None if self.gained_cents is None else self.gained_cents * self.margin_bp // 10_000 - self.cost_cents


@dataclass(frozen=True)
class Result:
    """The result of a campaign up to a day; `is_over` once its days are."""

    campaign: Campaign
    first_day: date | None
    last_day: date | None
    is_over: bool
    excluded: Mapping[str, int]
    arms: tuple[ArmResult, ...]
    effect: Compared | None
    wordings: Compared | None
    money: Money
    links: tuple[MediumLink, ...]

    @property
    def has_proof(self) -> bool:
        """Whether a hold-out shows that the campaign itself made a difference in visits or spending."""
        found = (self.effect.came_bp, self.effect.spent_cents) if self.effect else ()
        return any(one is not None and one.is_proof for one in found)


def result(campaign_id: int, *, by: Actor, now: Millis) -> Result:
    """What a campaign brought so far. Raises: NotAllowed, CampaignUnknown."""
    with db.read():
        campaign = plans.get(campaign_id, by=by)
        shop = rules.current(now=now)
        days = _days(campaign)
        sizes = _sizes(campaign_id)
        spent = _spent(campaign_id, days) if days else {arm: list[int]() for arm in ARMS}
        arms = tuple(_arm(campaign_id, arm, sizes[arm], spent[arm]) for arm in ARMS if sizes.get(arm))
        written = [one for one in arms if one.arm != HELD_OUT]
        compared = _compare(written, [one for one in arms if one.arm == HELD_OUT], spent)
        wordings = _compare(arms[:1], arms[1:2], spent) if len(written) == 2 else None
        money = _money(campaign, compared, shop)
        today = clock.day_of(now, shop.zone)
        first, last = days or (None, None)
        return Result(campaign, first, last, last is not None and today > last, _excluded(campaign_id), arms, compared,
                      wordings, money, tuple(links.of(campaign_id, by=by)))  # fmt: skip


def _days(campaign: Campaign) -> tuple[date, date] | None:
    """The first and the last day that count; None before it began."""
    if campaign.started_day is None:
        return None
    first = date.fromordinal(campaign.started_day)
    return first, first + timedelta(days=campaign.plan.effect_days - 1)


def _sizes(campaign_id: int) -> dict[str, int]:
    return dict(
        db.rows("SELECT arm, count(*) FROM campaign_audience WHERE campaign_id = ? GROUP BY arm", (campaign_id,))
    )


def _excluded(campaign_id: int) -> dict[str, int]:
    sql = (
        "SELECT excluded, count(*) FROM campaign_audience WHERE campaign_id = ? AND arm = '' GROUP BY excluded"
        " ORDER BY 2 DESC, 1"
    )
    return dict(db.rows(sql, (campaign_id,)))


def _spent(campaign_id: int, days: tuple[date, date]) -> dict[str, list[int]]:
    """What each member who came in the days spent, by arm; a member who was merged counts with what they became."""
    found = db.rows(
        "SELECT w.arm, CAST(sum(d.net_cents) AS BIGINT) FROM campaign_audience w JOIN member m ON m.id = w.member_id"
        " JOIN member_day d ON d.member_id = coalesce(m.merged_into, m.id) WHERE w.campaign_id = ? AND w.arm <> ''"
        " AND d.day BETWEEN ? AND ? AND d.net_cents > 0 GROUP BY w.arm, w.member_id",
        (campaign_id, days[0].toordinal(), days[1].toordinal()),
    )
    spent: dict[str, list[int]] = {arm: [] for arm in ARMS}
    for arm, cents in found:
        spent[arm].append(cents)
    return spent


def _arm(campaign_id: int, arm: str, members: int, spent: Sequence[int]) -> ArmResult:
    messages: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    of_arm = "JOIN campaign_audience w ON w.campaign_id = o.campaign_id AND w.member_id = o.member_id AND w.arm = ?"
    found = db.rows(
        f"SELECT o.state, coalesce(o.reason, ''), count(*) FROM outbox o {of_arm} WHERE o.campaign_id = ?"
        " GROUP BY o.state, coalesce(o.reason, '')",
        (arm, campaign_id),
    )
    for state, reason, count in found:
        messages[state] += count
        if state in (*FAILED, "skipped", "expired"):
            failed[reason or state] += count
    clicked = db.value(
        f"SELECT count(DISTINCT o.id) FROM outbox o {of_arm} JOIN short_link l ON l.outbox_id = o.id"
        " WHERE o.campaign_id = ? AND l.first_at IS NOT NULL",
        (arm, campaign_id),
    )
    return ArmResult(arm, members, dict(messages), dict(failed.most_common()), clicked, _opted_out(campaign_id, arm),
                     _redeemed(campaign_id, arm), len(spent), sum(spent))  # fmt: skip


def _opted_out(campaign_id: int, arm: str) -> int:
    """Who withdrew consent to offers after they were written to; of the hold-out, after the campaign began."""
    sql = (
        "SELECT count(*) FROM campaign_audience w JOIN campaign k ON k.id = w.campaign_id WHERE w.campaign_id = ?"
        " AND w.arm = ? AND EXISTS (SELECT 1 FROM consent c WHERE c.member_id = w.member_id"
        " AND c.purpose = 'marketing' AND c.granted = 0 AND c.at >= coalesce(w.queued_at, k.started_at)"
        " AND c.at < k.watched_until_at)"
    )
    return int(db.value(sql, (campaign_id, arm)))


def _redeemed(campaign_id: int, arm: str) -> int:
    sql = (
        "SELECT count(*) FROM coupon c JOIN campaign_audience w ON w.campaign_id = c.ref_id"
        " AND w.member_id = c.member_id WHERE c.ref_kind = 'campaign' AND c.ref_id = ? AND w.arm = ? AND EXISTS"
        " (SELECT 1 FROM coupon_use u WHERE u.coupon_id = c.id AND u.returned_at IS NULL)"
    )
    return int(db.value(sql, (campaign_id, arm)))


def _compare(
    one: Sequence[ArmResult], other: Sequence[ArmResult], spent: Mapping[str, Sequence[int]]
) -> Compared | None:  # fmt: skip
    """Some arms against others; None where one side has nobody."""
    if not one or not other:
        return None
    sides = [(sum(arm.members for arm in side), [cents for arm in side for cents in spent[arm.arm]])
             for side in (one, other)]  # fmt: skip
    if min(members for members, _ in sides) < effect.FEW:
        return Compared(None, None)
    cap = effect.cap_of([cents for _, amounts in sides for cents in amounts], sum(members for members, _ in sides))
    (n, mine), (m, theirs) = sides
    rates = effect.newcombe(len(mine), n, len(theirs), m)
    spreads = [effect.spread([min(cents, cap) for cents in amounts], members) for members, amounts in sides]
    more = effect.welch(*spreads)
    return Compared(effect.whole(rates, unit=10_000), effect.whole(more), effect.whole(more, unit=n))


def _money(campaign: Campaign, compared: Compared | None, shop: rules.ShopRules) -> Money:
    micros = db.value(
        "SELECT CAST(coalesce(sum(coalesce(cost_micros, estimate_micros, 0)), 0) AS BIGINT) FROM outbox"
        " WHERE campaign_id = ?",
        (campaign.id,),
    )
    coupons = db.value(
        "SELECT CAST(coalesce(sum(d.cents), 0) AS BIGINT) FROM coupon c JOIN coupon_use u ON u.coupon_id = c.id"
        " AND u.returned_at IS NULL JOIN sale_discount d ON d.sale_id = u.sale_id AND d.rule_kind = 'coupon'"
        " AND d.rule_id = c.kind_id WHERE c.ref_kind = 'campaign' AND c.ref_id = ?",
        (campaign.id,),
    )
    points = db.value(
        "SELECT CAST(coalesce(sum(points), 0) AS BIGINT) FROM award WHERE occasion = 'campaign' AND occasion_id = ?",
        (campaign.id,),
    )
    more = compared.gained_cents if compared else None
    gained = low = high = None
    if more is not None and more.is_proof:
        gained, low, high = more.difference, more.low, more.high
    worth = points * 100 // shop.points_per_unit
    return Money(-(-micros // CENT), abs(coupons), worth, gained, low, high, shop.margin_bp)


# --- channels beside each other --------------------------------------------------------------------


@dataclass(frozen=True)
class ChannelResult:
    """What the messages of all campaigns by one channel came to in a span."""

    channel: str
    messages: int
    sent: int
    delivered: int
    failed: int
    clicked: int
    micros: int


def by_channel(*, since: Millis, until: Millis, by: Actor) -> list[ChannelResult]:
    """The channels of all campaigns' messages queued in a span, beside each other. Raises: NotAllowed."""
    plans.listing(by=by, limit=1)
    found = db.rows(
        "SELECT o.channel, o.state, count(*), count(l.outbox_id),"
        " CAST(sum(coalesce(o.cost_micros, o.estimate_micros, 0)) AS BIGINT) FROM outbox o LEFT JOIN"
        " (SELECT outbox_id FROM short_link WHERE first_at IS NOT NULL GROUP BY outbox_id) l ON l.outbox_id = o.id"
        " WHERE o.campaign_id IS NOT NULL AND o.created_at >= ? AND o.created_at < ? GROUP BY o.channel, o.state",
        (since, until),
    )
    channels: dict[str, Counter[str]] = {}
    for channel, state, count, clicked, micros in found:
        line = channels.setdefault(channel, Counter())
        line.update({"messages": count, "clicked": clicked, "micros": micros, state: count})
        line["left"] += count if state in (*REACHED, "undelivered", "failed") else 0
        line["bad"] += count if state in FAILED else 0
    return [
        ChannelResult(name, line["messages"], line["left"], line["delivered"], line["bad"], line["clicked"],
                      line["micros"])
        for name, line in sorted(channels.items())
    ]  # fmt: skip
