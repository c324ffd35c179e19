"""What a campaign brought: by arm and against the hold-out, with its cost and return. Nothing personal is in it.

Everyone counts in the arm they were drawn for, whether or not the message reached them (intention to treat), from the
day the campaign began for as many days as it says. How the arms are compared stands in `compared`.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from core.base import clock, db
from core.base.access import Actor
from core.base.clock import Millis
from core.books import rules
from core.insight import effect
from core.loyalty import points as points_of
from core.outreach.budget import CENT
from core.outreach.campaigns import compared, links
from core.outreach.campaigns import plan as plans
from core.outreach.campaigns.audience import HELD_OUT
from core.outreach.campaigns.compared import ARMS, Compared, Counted
from core.outreach.campaigns.links import MediumLink
from core.outreach.campaigns.plan import Campaign

REACHED = ("accepted", "sent", "delivered")
FAILED = ("undelivered", "failed", "refused", "dead", "review")


@dataclass(frozen=True)
class ArmResult:
    """One arm. `messages` by state; `failed` by reason or code; `gifts` are the coupons given, `redeemed` those used.

    Who came, and what they spent, is counted within the days.
    """

    arm: str
    members: int
    messages: Mapping[str, int]
    failed: Mapping[str, int]
    clicked: int
    opted_out: int
    gifts: int
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
    def response_bp(self) -> int:
        """The share of the messages sent whose link was opened, in basis points."""
        return effect.rate_bp(self.clicked, self.sent)

    @property
    def redemption_bp(self) -> int:
        """The share of the coupons given that was used, in basis points."""
        return effect.rate_bp(self.redeemed, self.gifts)

    @property
    def came_bp(self) -> int:
        """The share that came, in basis points."""
        return effect.rate_bp(self.came, self.members)

    @property
    def each_cents(self) -> int:
        """What one member spent in the mean."""
        return self.spent_cents // self.members if self.members else 0


@dataclass(frozen=True)
class Money:
    """Cost and return in cents. `gained` is more turnover, `low` to `high`, None without a hold-out that proves it.

    `each` is what one more member who came cost, None where it is not proved that more came; then `each_low`, at the
    upper end of how many more came, and `each_high`, at its lower end, are None too.
    """

    messages_cents: int
    coupons_cents: int
    points_cents: int
    gained_cents: int | None
    low_cents: int | None
    high_cents: int | None
    margin_bp: int
    each_cents: int | None = None
    each_low_cents: int | None = None
    each_high_cents: int | None = None

    @property
    def cost_cents(self) -> int:
        """Everything the campaign cost."""
        return self.messages_cents + self.coupons_cents + self.points_cents

    def _left(self, turnover_cents: int | None) -> int | None:
        return None if turnover_cents is None else turnover_cents * self.margin_bp // 10_000 - self.cost_cents

    @property
    def return_cents(self) -> int | None:
        """What is left of the turnover gained, less the cost; None where nothing is known."""
        return self._left(self.gained_cents)

    @property
    def return_low_cents(self) -> int | None:
        """The same at the lower end of the turnover gained."""
        return self._left(self.low_cents)

    @property
    def return_high_cents(self) -> int | None:
        """The same at the upper end of the turnover gained."""
        return self._left(self.high_cents)

    @property
    def return_bp(self) -> int | None:
        """The return on investment: what is left for each unit of cost, in basis points; None where not known."""
        return None if self.return_cents is None else effect.return_bp(self.return_cents, self.cost_cents)


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
        return self.effect is not None and self.effect.has_proof


def result(campaign_id: int, *, by: Actor, now: Millis) -> Result:
    """What a campaign brought so far. Raises: NotAllowed, CampaignUnknown."""
    with db.read():
        campaign = plans.get(campaign_id, by=by)
        shop = rules.current(now=now)
        days = _days(campaign)
        found = compared.read(campaign_id, days)
        drawn = {line.arm for line in found}
        arms = tuple(_arm(campaign_id, arm, found) for arm in ARMS if arm in drawn)
        shown = compared.compare(found, ("A", "B"), (HELD_OUT,))
        wordings = compared.compare(found, ("A",), ("B",))
        money = _money(campaign, shown, shop)
        today = clock.day_of(now, shop.zone)
        first, last = days or (None, None)
        return Result(campaign, first, last, last is not None and today > last, _excluded(campaign_id), arms, shown,
                      wordings, money, tuple(links.of(campaign_id, by=by)))  # fmt: skip


def _days(campaign: Campaign) -> tuple[date, date] | None:
    """The first and the last day that count; None before it began."""
    if campaign.started_day is None:
        return None
    first = date.fromordinal(campaign.started_day)
    return first, first + timedelta(days=campaign.plan.effect_days - 1)


def _excluded(campaign_id: int) -> dict[str, int]:
    sql = (
        "SELECT excluded, count(*) FROM campaign_audience WHERE campaign_id = ? AND arm = '' GROUP BY excluded"
        " ORDER BY 2 DESC, 1"
    )
    return dict(db.rows(sql, (campaign_id,)))


def _arm(campaign_id: int, arm: str, found: Sequence[Counted]) -> ArmResult:
    seen = [line.seen for line in found if line.arm == arm]
    members, came = sum(one.count for one in seen), sum(one.count for one in seen if one.spent_cents > 0)
    messages: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    of_arm = "JOIN campaign_audience w ON w.campaign_id = o.campaign_id AND w.member_id = o.member_id AND w.arm = ?"
    left = db.rows(
        f"SELECT o.state, coalesce(o.reason, ''), count(*) FROM outbox o {of_arm} WHERE o.campaign_id = ?"
        " GROUP BY o.state, coalesce(o.reason, '')",
        (arm, campaign_id),
    )
    for state, reason, count in left:
        messages[state] += count
        if state in (*FAILED, "skipped", "expired"):
            failed[reason or state] += count
    clicked = db.value(
        f"SELECT count(DISTINCT o.id) FROM outbox o {of_arm} JOIN short_link l ON l.outbox_id = o.id"
        " WHERE o.campaign_id = ? AND l.first_at IS NOT NULL",
        (arm, campaign_id),
    )
    return ArmResult(arm, members, dict(messages), dict(failed.most_common()), clicked, _opted_out(campaign_id, arm),
                     *_coupons(campaign_id, arm), came, sum(one.spent_cents * one.count for one in seen))  # fmt: skip


def _opted_out(campaign_id: int, arm: str) -> int:
    """Who withdrew consent to offers after they were written to; of the hold-out, after the campaign began."""
    sql = (
        "SELECT count(*) FROM campaign_audience w JOIN campaign k ON k.id = w.campaign_id WHERE w.campaign_id = ?"
        " AND w.arm = ? AND EXISTS (SELECT 1 FROM consent c WHERE c.member_id = w.member_id"
        " AND c.purpose = 'marketing' AND c.granted = 0 AND c.at >= coalesce(w.queued_at, k.started_at)"
        " AND c.at < k.watched_until_at)"
    )
    return int(db.value(sql, (campaign_id, arm)))


def _coupons(campaign_id: int, arm: str) -> tuple[int, int]:
    """How many coupons an arm was given and how many of them it used."""
    sql = (
        "SELECT count(*), CAST(coalesce(sum(CASE WHEN EXISTS (SELECT 1 FROM coupon_use u WHERE u.coupon_id = c.id"
        " AND u.returned_at IS NULL) THEN 1 ELSE 0 END), 0) AS BIGINT) FROM coupon c JOIN campaign_audience w"
        " ON w.campaign_id = c.ref_id AND w.member_id = c.member_id"
        " WHERE c.ref_kind = 'campaign' AND c.ref_id = ? AND w.arm = ?"
    )
    ((given, used),) = db.rows(sql, (campaign_id, arm))
    return given, used


def _money(campaign: Campaign, shown: Compared | None, shop: rules.ShopRules) -> Money:
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
    worth = points_of.worth(points, points_per_unit=shop.points_per_unit)
    money = Money(-(-micros // CENT), abs(coupons), worth, None, None, None, shop.margin_bp)
    if shown is None:
        return money
    if shown.came is not None and (each := effect.cost_each(money.cost_cents, shown.written, shown.came)):
        low, high = round(each[1]), round(each[2])
        money = replace(money, each_cents=round(each[0]), each_low_cents=low, each_high_cents=high)
    gained = shown.gained_cents
    if gained is not None and gained.is_proof:
        money = replace(money, gained_cents=gained.difference, low_cents=gained.low, high_cents=gained.high)
    return money
