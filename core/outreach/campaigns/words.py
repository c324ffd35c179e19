"""A campaign in words: what it costs, what its hold-out can show and what it showed; for every door."""

from core.base.i18n import N_, T, Text
from core.outreach import costs
from core.outreach.campaigns.compared import Compared
from core.outreach.campaigns.preview import Preview

UNKNOWN = N_("not known")


def cost_said(found: Preview) -> Text | str:
    """What its messages cost."""
    return T(UNKNOWN) if found.micros is None else f"{costs.shown(found.micros)} {found.currency or ''}".rstrip()


def proof_said(found: Preview) -> Text:
    """What the size of the hold-out can show, in a sentence."""
    if not found.chosen:
        return T("Nobody gets it.")
    if not found.held:
        return T("Nobody is held out: the result will be no proof.")
    if found.seen_bp is None:
        return T("Too few to tell: the result will be no proof.")
    return T(
        "Of such members {base_bp} came in as many days. It shows if {seen_bp} or more of those written to come.",
        base_bp=found.base_bp,
        seen_bp=found.seen_bp,
    )


def effect_said(found: Compared | None) -> list[Text]:
    """What the hold-out shows, in sentences."""
    if found is None:
        return [T("No proof: nobody was held out.")]
    if found.came_bp is None or found.spent_cents is None:
        return [T("No proof: too few to tell.")]
    came, spent = found.came_bp, found.spent_cents
    lines = [
        T("Of those written to {difference_bp} more came (between {low_bp} and {high_bp}).",
          difference_bp=came.difference, low_bp=came.low, high_bp=came.high),
        T("A member spent {difference_cents} more (between {low_cents} and {high_cents}).",
          difference_cents=spent.difference, low_cents=spent.low, high_cents=spent.high),
    ]  # fmt: skip
    if not (came.is_proof or spent.is_proof):
        lines.append(T("No proof: both intervals hold 0, so it may be chance."))
    return lines


def wordings_said(found: Compared | None) -> list[Text]:
    """Which of two wordings did better, in a sentence; nothing where there is one."""
    if found is None:
        return []
    if found.came_bp is None:
        return [T("Which wording is better cannot be told: too few read them.")]
    came = found.came_bp
    words = T("Of those who got A {difference_bp} more came than of those who got B (between {low_bp} and {high_bp}).",
              difference_bp=came.difference, low_bp=came.low, high_bp=came.high)  # fmt: skip
    return [words] if came.is_proof else [words, T("Which wording is better is not proved: it may be chance.")]
