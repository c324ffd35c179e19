"""What to offer, in words: a line under the member at the till, one under the goods, and lines of the card."""

from core.base.i18n import _
from core.insight import recommend
from core.insight.recommend import Suggestion, Taste


def taste_said(usual: str, may_like: str) -> str:
    """What the member mostly takes and may like, in one line; '' if neither is known."""
    said = [_("usual {product}", product=usual)] if usual else []
    return " · ".join([*said, *([_("may like {product}", product=may_like)] if may_like else [])])


def beside_said(found: tuple[Suggestion, ...]) -> str:
    """What goes with the goods on the counter, the nearest first with its figures."""
    if not found:
        return ""
    first, *others = found
    said = _("goes with it: {name} ({together} of {baskets} with {product})", name=first.name,
             together=first.together, baskets=first.baskets, product=first.beside)  # fmt: skip
    return " · ".join([said, *(one.name for one in others)])


def usual_said(taste: Taste) -> str:
    """What the member mostly takes, with on how many visits."""
    return " · ".join(f"{one.name} × {one.times}" for one in taste.usual)


def may_like_said(taste: Taste) -> str:
    """What the member may like; for the first, why."""
    if not taste.may_like:
        return ""
    first, *others = taste.may_like
    return " · ".join([_("{name}: {why}", name=first.name, why=str(first.reason)), *(one.name for one in others)])


def times_said(taste: Taste) -> str:
    """When the member mostly comes, or the shop's busiest time."""
    said = recommend.times_said(taste.times)
    return "" if said is None else str(said)
