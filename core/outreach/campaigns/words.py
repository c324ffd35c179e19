"""A campaign in words: what it costs, what its hold-out can show and what it showed; for every door."""

from core.base import money
from core.base.i18n import N_, T, Text
from core.outreach import costs
from core.outreach.campaigns.compared import Compared
from core.outreach.campaigns.preview import Preview
from core.outreach.campaigns.result import Money

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


def size_said(found: Preview, rise_bp: int) -> Text | None:
    """How many members it takes to see so many more come; None where no number would do."""
    members = found.needed(rise_bp)
    if members is None:
        return None
    return T(
        "To see {more} more in a hundred come, it takes {members} members with such a hold-out; here are {chosen}.",
        more=in_a_hundred(rise_bp),
        members=members,
        chosen=found.chosen,
    )


def in_a_hundred(bp: int) -> str:
    """Basis points as so many in a hundred: '5.2', '−3'."""
    tenths = money.half_up(abs(bp), 10)
    whole, rest = divmod(tenths, 10)
    return f"{'−' if bp < 0 and tenths else ''}{whole}{f'.{rest}' if rest else ''}"


def effect_said(found: Compared | None) -> list[Text]:
    """What the hold-out shows, in sentences."""
    if found is None:
        return [T("No proof: nobody was held out.")]
    if found.came_bp is None or found.spent_cents is None:
        return [T("No proof: too few to tell.")]
    came, spent = found.came_bp, found.spent_cents
    lines = [
        T("Of a hundred written to {more} more came than without it (between {low} and {high}).",
          more=in_a_hundred(came.difference), low=in_a_hundred(came.low), high=in_a_hundred(came.high)),
        T("A member spent {difference_cents} more (between {low_cents} and {high_cents}).",
          difference_cents=spent.difference, low_cents=spent.low, high_cents=spent.high),
    ]  # fmt: skip
    if not found.has_proof:
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


def before_said(found: Compared | None) -> list[Text]:
    """How what members spent before was taken into account, and what the difference would be without it."""
    if found is None or found.spent_cents is None:
        return []
    lines, plain = [], found.plain_cents
    if found.explained_bp:
        lines.append(T("What members spent before is taken into account; it explains {explained_bp} of the spread.",
                       explained_bp=found.explained_bp))  # fmt: skip
    if plain is not None:
        lines.append(T("The plain difference is {difference_cents} (between {low_cents} and {high_cents}).",
                       difference_cents=plain.difference, low_cents=plain.low, high_cents=plain.high))  # fmt: skip
    return lines


def money_said(found: Money) -> list[Text]:
    """What one more visitor cost and what came back, where the hold-out shows it."""
    lines = []
    if found.each_cents is not None and found.cost_cents:
        lines.append(T("One more member who came cost {each_cents} (between {low_cents} and {high_cents}).",
                       each_cents=found.each_cents, low_cents=found.each_low_cents,
                       high_cents=found.each_high_cents))  # fmt: skip
    if found.return_cents is not None:
        lines.append(T("After all costs {return_cents} are left (between {low_cents} and {high_cents}).",
                       return_cents=found.return_cents, low_cents=found.return_low_cents,
                       high_cents=found.return_high_cents))  # fmt: skip
    if found.return_bp is not None:
        lines.append(T("Return on investment: {return_bp}.", return_bp=found.return_bp))
    return lines


RISKS: dict[str, str] = {
    "unlikely": N_("least likely to come"),
    "maybe": N_("may or may not come"),
    "likely": N_("most likely to come"),
}
VALUES: dict[str, str] = {"little": N_("spent little"), "some": N_("spent some"), "much": N_("spent much")}


def stratum_said(name: str) -> Text | str:
    """A stratum by its name; one of before these were made stays as it is written."""
    risk, _, value = name.partition(":")
    if risk not in RISKS:
        return name
    if value not in VALUES:
        return T(RISKS[risk])
    return T("{risk}, {value}", risk=T(RISKS[risk]), value=T(VALUES[value]))
