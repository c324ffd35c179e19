"""A campaign in words: what it would do, what it did, and what its hold-out shows."""

from collections.abc import Callable

from core.base.i18n import N_, T, Text
from core.base.money import plain
from core.outreach import costs
from core.outreach.campaigns.audience import HELD_OUT, REASONS
from core.outreach.campaigns.preview import Preview
from core.outreach.campaigns.result import ArmResult, Compared, Result
from tui.screens.fates import label
from tui.screens.lists import LANGUAGES, cents
from tui.widgets.pagetable import Row
from tui.widgets.row import Words

TONES = {"paused": "warn", "cancelled": "quiet", "done": "quiet"}
UNKNOWN = N_("not known")


def cost_said(found: Preview) -> Words:
    """What its messages cost."""
    return T(UNKNOWN) if found.micros is None else f"{costs.shown(found.micros)} {found.currency or ''}".rstrip()


def proof_said(found: Preview) -> Text:
    """What the size of the hold-out can show, in a sentence."""
    if not found.held:
        return T("Nobody is held out: the result will be no proof.")
    if found.seen_bp is None:
        return T("Too few to tell: the result will be no proof.")
    return T(
        "Of such members {base_bp} came in as many days. It shows if {seen_bp} or more of those written to come.",
        base_bp=found.base_bp,
        seen_bp=found.seen_bp,
    )


def preview_rows(found: Preview) -> list[Row]:
    """Whom it reaches, who is left out and why, and what it costs."""
    lines: list[tuple[Words, Words]] = [(T("in the segment"), f"{found.found:,}")]
    lines += [(f"− {label(REASONS, reason)}", f"{count:,}") for reason, count in found.excluded.items()]
    lines += [(T("get the message"), f"{found.written:,}"), (T("held out"), f"{found.held:,}")]
    lines += [(f"  {dict(LANGUAGES).get(one, one)}", f"{count:,}") for one, count in found.languages.items()]
    lines += [(T("parts"), f"{found.segments:,}"), (T("cost"), cost_said(found))]
    return [Row(at, (what, figure, "", "")) for at, (what, figure) in enumerate(lines)]


def preview_about(found: Preview) -> list[Words]:
    """Each wording at its longest with what is wrong with it, and what can be proved."""
    said: list[Words] = [proof_said(found)]
    for one in found.said:
        said.append(f"{one.arm} · {one.look.said}")
        said += [finding.said for finding in one.look.findings]
    return said


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
        line(T("opened the link"), lambda one: f"{one.clicked:,}"),
        line(T("opted out"), lambda one: f"{one.opted_out:,}"),
        line(T("used the gift"), lambda one: f"{one.redeemed:,}"),
        line(T("came"), lambda one: f"{plain(one.came_bp)} %"),
        line(T("spent a member"), lambda one: cents(one.each_cents)),
    ]
    returned = found.money.return_cents
    lines.append((T("cost"), cents(found.money.cost_cents), "", ""))
    lines.append((T("return"), T(UNKNOWN) if returned is None else cents(returned), "", ""))
    lines += [(one.medium, f"{one.counts.joined:,}", "", "") for one in found.links]
    return [Row(at, cells) for at, cells in enumerate(lines)]


def effect_said(found: Compared | None) -> list[Words]:
    """What the hold-out shows, in sentences."""
    if found is None:
        return [T("No proof: nobody was held out.")]
    if found.came_bp is None or found.spent_cents is None:
        return [T("No proof: too few to tell.")]
    came, spent = found.came_bp, found.spent_cents
    lines: list[Words] = [
        T("Of those written to {difference_bp} more came (between {low_bp} and {high_bp}).",
          difference_bp=came.difference, low_bp=came.low, high_bp=came.high),
        T("A member spent {difference_cents} more (between {low_cents} and {high_cents}).",
          difference_cents=spent.difference, low_cents=spent.low, high_cents=spent.high),
    ]  # fmt: skip
    if not (came.is_proof or spent.is_proof):
        lines.append(T("No proof: both intervals hold 0, so it may be chance."))
    return lines
