"""A rule in words, in the language of who asks: what a segment means without its signs."""

from core.base.i18n import N_, T, Text, _
from core.outreach.segments.tree import ANY, FACTS, All, Is, Not, Rule

FIGURES: dict[str, tuple[str, str]] = {
    "age": (N_("age this year"), ""),
    "points": (N_("points"), ""),
    "expiring": ("", N_("points that expire within {days} days")),
    "wallet": (N_("stored value"), ""),
    "visits": (N_("visits in all"), N_("visits in the last {days} days")),
    "away": (N_("days since the last visit"), ""),
    "spend": (N_("spending in all"), N_("spending in the last {days} days")),
    "recency": (N_("recency score (1 to 5)"), ""),
    "frequency": (N_("frequency score (1 to 5)"), ""),
    "money": (N_("money score (1 to 5)"), ""),
}
"""Facts that are compared with a figure: as they are, and of the last days."""
NAMED: dict[str, tuple[str, str]] = {
    "language": (N_("reads {name}"), ""),
    "store": (N_("home store is {name}"), ""),
    "source": (N_("joined by {name}"), ""),
    "link": (N_("joined by the link “{name}”"), ""),
    "gender": (N_("gender is {name}"), ""),
    "region": (N_("lives in {name}"), ""),
    "occupation": (N_("works as {name}"), ""),
    "tag": (N_("carries the tag “{name}”"), ""),
    "tier": (N_("tier is {name}"), ""),
    "plan": (N_("holds the plan {name}"), ""),
    "coupon": (N_("holds a coupon “{name}”"), ""),
    "used": (N_("ever used a coupon “{name}”"), N_("used a coupon “{name}” in the last {days} days")),
    "pass": (N_("holds a pass {name}"), ""),
    "bought": (N_("ever bought {name}"), N_("bought {name} in the last {days} days")),
    "sent": (N_("was sent the campaign “{name}”"), N_("was sent the campaign “{name}” in the last {days} days")),
    "clicked": (
        N_("opened the link of “{name}”"),
        N_("opened the link of “{name}” in the last {days} days"),
    ),
    "redeemed": (N_("used the gift of “{name}”"), N_("used the gift of “{name}” in the last {days} days")),
    "came": (N_("came after the campaign “{name}”"), ""),
    "event": (
        N_("ever signed up for the event “{name}”"),
        N_("signed up for the event “{name}” in the last {days} days"),
    ),
    "attended": (N_("came to the event “{name}”"), N_("came to the event “{name}” in the last {days} days")),
}
"""Facts that name something of the shop's."""
OF_ANY: dict[str, tuple[str, str]] = {
    "link": (N_("joined by a printed link"), ""),
    "tag": (N_("carries a tag"), ""),
    "plan": (N_("holds a plan"), ""),
    "coupon": (N_("holds a coupon"), ""),
    "used": (N_("ever used a coupon"), N_("used a coupon in the last {days} days")),
    "pass": (N_("holds a pass"), ""),
    "sent": (N_("was sent a campaign"), N_("was sent a campaign in the last {days} days")),
    "clicked": (N_("opened the link of a campaign"), N_("opened the link of a campaign in the last {days} days")),
    "redeemed": (N_("used the gift of a campaign"), N_("used the gift of a campaign in the last {days} days")),
    "came": (N_("came after a campaign"), ""),
    "event": (N_("ever signed up for an event"), N_("signed up for an event in the last {days} days")),
    "attended": (N_("came to an event"), N_("came to an event in the last {days} days")),
    "churn": (N_("has a churn warning"), ""),
}
CHOSEN: dict[tuple[str, str], str] = {
    ("has", "phone"): N_("has a phone number"),
    ("has", "email"): N_("has an e-mail address"),
    ("has", "birthday"): N_("told the birthday"),
    ("has", "name"): N_("told the name"),
    ("group", "good"): N_("comes often and buys much"),
    ("group", "basket"): N_("comes often and buys little at a time"),
    ("group", "frequency"): N_("comes seldom and buys much at a time"),
    ("group", "poor"): N_("comes seldom and buys little"),
    ("group", "new"): N_("came once, lately"),
    ("churn", "warning"): N_("is silent out of rhythm"),
    ("churn", "lost"): N_("is silent for so long that hardly anyone comes back"),
    ("language", "zh"): N_("reads Chinese"),
    ("language", "en"): N_("reads English"),
}
FLAGS = {
    "birthday": N_("birthday within {days} days"),
    "joined": N_("joined in the last {days} days"),
}
SIGNS = {">=": "≥", "<=": "≤", ">": ">", "<": "<", "=": "="}


def say(rule: Rule) -> str:
    """The whole rule as one line."""
    if isinstance(rule, Is):
        return str(said(rule))
    if isinstance(rule, Not):
        return _("not ({what})", what=say(rule.part))
    template = N_("{one} and {other}") if isinstance(rule, All) else N_("{one} or {other}")
    found = ""
    for part in rule.parts:
        this = say(part) if isinstance(part, Is | Not) or len(rule.parts) == 1 else f"({say(part)})"
        found = _(template, one=found, other=this) if found else this
    return found


def said(one: Is) -> Text:
    """One condition, to be said in any language."""
    if one.fact in FLAGS:
        return Text(FLAGS[one.fact], _days(one))
    if one.fact == "own":
        return _own(one)
    if one.fact in FIGURES:
        plain, in_days = FIGURES[one.fact]
        what = Text(plain if one.days is None else in_days, _days(one))
        is_money = FACTS[one.fact].kind == "cents"
        figure = ("figure_cents" if is_money else "figure", one.value)
        return Text(_COMPARED_CENTS if is_money else _COMPARED, (("what", what), ("sign", SIGNS[one.op]), figure))
    if (chosen := CHOSEN.get((one.fact, str(one.value)))) is not None:
        return Text(chosen)
    if one.value == ANY and one.fact in OF_ANY:
        plain, in_days = OF_ANY[one.fact]
        return Text(plain if one.days is None else in_days, _days(one))
    plain, in_days = NAMED[one.fact]
    return Text(plain if one.days is None else in_days, (("name", str(one.value)), *_days(one)))


_COMPARED = N_("{what} {sign} {figure}")
_COMPARED_CENTS = N_("{what} {sign} {figure_cents}")


def _days(one: Is) -> tuple[tuple[str, object], ...]:
    return () if one.days is None else (("days", one.days),)


def _own(one: Is) -> Text:
    if one.op == "is":
        return T("{field} is {name}", field=one.of, name=str(one.value))
    return Text(_COMPARED, (("what", one.of), ("sign", SIGNS[one.op]), ("figure", one.value)))
