"""A campaign in words: what it would do, what it did, and what its hold-out shows."""

from collections.abc import Callable

from core.base.i18n import T, written
from core.base.money import plain
from core.outreach.campaigns.audience import HELD_OUT, REASONS
from core.outreach.campaigns.channels import Beside, Channels
from core.outreach.campaigns.compared import StratumResult
from core.outreach.campaigns.preview import Preview
from core.outreach.campaigns.result import ArmResult, Result
from core.outreach.campaigns.words import (
    UNKNOWN,
    before_said,
    cost_said,
    effect_said,
    in_a_hundred,
    money_said,
    proof_said,
    stratum_said,
    wordings_said,
)
from tui.screens.fates import CHANNELS, label
from tui.screens.lists import LANGUAGES, cents
from tui.screens.wordings import MARKS
from tui.widgets.pagetable import Row
from tui.widgets.row import Words

RISES_BP = (200, 500, 1_000)
"""For so many more who come a preview says how many members it takes."""
TONES = {"paused": "warn", "cancelled": "quiet", "done": "quiet"}


def preview_rows(found: Preview) -> list[Row]:
    """Whom it reaches, who is left out and why, and what it costs."""
    plan, both = found.campaign.plan, found.arms if found.campaign.plan.words_b else {}
    lines: list[tuple[Words, Words]] = [(T("in the segment"), f"{found.found:,}")]
    lines += [(f"− {label(REASONS, reason)}", f"{count:,}") for reason, count in found.excluded.items()]
    lines += [(T("held out"), f"{found.held:,}"), (T("get the message"), f"{found.written:,}")]
    lines += [(f"  {arm}", f"{both[arm]:,}") for arm in ("A", "B") if arm in both]
    lines += [(f"  {dict(LANGUAGES).get(one, one)}", f"{count:,}") for one, count in found.languages.items()]
    lines += [(T("parts"), f"{found.segments:,}"), (T("cost"), cost_said(found))]
    if plan.budget_cents:
        lines.append((T("costs at most"), cents(plan.budget_cents)))
    for rise in RISES_BP:
        if (members := found.needed(rise)) is not None:
            lines.append(
                (T("members it takes to see {more} more in a hundred", more=in_a_hundred(rise)), f"{members:,}")
            )
    return [Row(at, cells) for at, cells in enumerate(lines)]


def preview_about(found: Preview) -> list[Words]:
    """Each wording at its longest with what is wrong with it, what can be proved, and when it leaves."""
    plan, said = found.campaign.plan, list[Words]()
    for one in found.said:
        said.append(f"{one.arm} · {one.look.said}")
        said += [f"{MARKS[finding.severity]} {finding.said}" for finding in one.look.findings]
    leaves = T("Leaves from {from_at} to {until_at}, between {hours}, {count} a minute at most.", from_at=plan.send_at,
               until_at=plan.until_at, hours=plan.hours, count=plan.per_minute)  # fmt: skip
    return [*said, proof_said(found), leaves]


def result_rows(found: Result) -> list[Row]:
    """What each arm brought."""
    arms = {one.arm: one for one in found.arms}
    order = [arms.get(name) for name in ("A", "B", HELD_OUT)]

    def line(what: Words, figure: Callable[[ArmResult], str]) -> tuple[Words, ...]:
        return (what, *("" if one is None else figure(one) for one in order))

    lines = [
        line(T("members"), lambda one: f"{one.members:,}"),
        line(T("sent"), lambda one: f"{one.sent:,}"),
        line(T("delivered"), lambda one: f"{one.delivered:,}"),
        line(T("could not be sent"), lambda one: f"{sum(one.failed.values()):,}"),
        line(T("opened the link"), lambda one: _with_share(one.clicked, one.response_bp)),
        line(T("opted out"), lambda one: f"{one.opted_out:,}"),
        line(T("used the gift"), lambda one: _with_share(one.redeemed, one.redemption_bp)),
        line(T("came"), lambda one: f"{plain(one.came_bp)} %"),
        line(T("spent a member"), lambda one: cents(one.each_cents)),
    ]
    returned = found.money.return_cents
    lines.append((T("cost"), cents(found.money.cost_cents), "", ""))
    lines.append((T("left after its cost"), T(UNKNOWN) if returned is None else cents(returned), "", ""))
    lines += [_stratum(one) for one in (found.effect.strata if found.effect else ())]
    return [Row(at, cells) for at, cells in enumerate(lines)]


SPENT, COST, RETURN = 8, 9, 10
"""Rows of a result that have more to say than what the hold-out shows."""


def result_about(found: Result, row: object) -> list[Words]:
    """What the hold-out shows; on the rows of spending and money, what stands behind them."""
    if row == SPENT and (before := before_said(found.effect)):
        return [*before]
    if row in (COST, RETURN) and (money := money_said(found.money)):
        return [*money]
    return [*effect_said(found.effect), *wordings_said(found.wordings)]


def _with_share(count: int, bp: int) -> str:
    return f"{count:,} · {written('share_bp', bp)}" if count else "0"


def _stratum(one: StratumResult) -> tuple[Words, ...]:
    """Who came of a stratum: of all those written to, and of those held out."""
    sides = [f"{came:,} / {of:,}" for came, of in ((one.came, one.written), (one.came_held, one.held))]
    return (T("came: {stratum}", stratum=stratum_said(one.stratum)), sides[0], "", sides[1])


def channel_rows(found: Channels) -> list[Row]:
    """The channels of a campaign, then those of all campaigns."""
    own = [_channel(one, label(CHANNELS, one.name) if not one.is_medium else one.name) for one in found.own]
    everyone = [_channel(one, T("all campaigns: {channel}", channel=label(CHANNELS, one.name))) for one in found.all]
    return [Row(at, cells) for at, cells in enumerate([*own, *everyone])]


def _channel(one: Beside, name: Words) -> tuple[Words, ...]:
    counts = (one.sent, one.delivered, one.opened, one.joined, one.came)
    money = (one.spent_cents, one.cost_cents)
    return (name, *("" if count is None else f"{count:,}" for count in counts),
            *("" if amount is None else cents(amount) for amount in money))  # fmt: skip
