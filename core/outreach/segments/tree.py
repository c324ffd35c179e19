"""The tree of a segment's rule: "and", "or" and "not" over conditions, as values and as JSON.

A condition asks for one fact. Money is in cents; a number of days counts back from today, today included.
Names (of tiers, tags, products …) are kept as the shop writes them and looked up when members are counted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from core.base.errors import Invalid
from core.base.i18n import N_, T, Text

Op = Literal["is", ">=", "<=", ">", "<", "="]
OPS: tuple[Op, ...] = get_args(Op)
Kind = Literal["flag", "choice", "name", "number", "cents", "own"]
DEEPEST, MOST, LONGEST_NAME, MOST_DAYS, MOST_NUMBER = 8, 60, 80, 3660, 10**12
ANY = "any"


@dataclass(frozen=True)
class Fact:
    """What can be asked of a member. `days`: whether it takes a number of days; `cost`: how much it reads, from 0."""

    kind: Kind
    days: Literal["no", "may", "must"] = "no"
    choices: tuple[str, ...] = ()
    cost: int = 1


FACTS: dict[str, Fact] = {
    "language": Fact("choice", choices=("zh", "en"), cost=0),
    "store": Fact("name", cost=0),
    "source": Fact("name", cost=0),
    "link": Fact("name", cost=0),
    "joined": Fact("flag", "must", cost=0),
    "gender": Fact("name"),
    "region": Fact("name"),
    "occupation": Fact("name"),
    "age": Fact("number"),
    "has": Fact("choice", choices=("phone", "email", "birthday", "name")),
    "birthday": Fact("flag", "must"),
    "tag": Fact("name"),
    "own": Fact("own", cost=2),
    "tier": Fact("name"),
    "plan": Fact("name", cost=2),
    "points": Fact("number"),
    "expiring": Fact("number", "must", cost=2),
    "wallet": Fact("cents", cost=2),
    "coupon": Fact("name", cost=2),
    "used": Fact("name", "may", cost=3),
    "pass": Fact("name", cost=2),
    "visits": Fact("number", "may"),
    "away": Fact("number"),
    "spend": Fact("cents", "may"),
    "bought": Fact("name", "may", cost=4),
    "recency": Fact("number"),
    "frequency": Fact("number"),
    "money": Fact("number"),
    "group": Fact("choice", choices=("good", "basket", "frequency", "poor", "new")),
    "churn": Fact("choice", choices=(ANY, "warning", "lost"), cost=2),
    "sent": Fact("name", "may", cost=3),
    "clicked": Fact("name", "may", cost=3),
    "redeemed": Fact("name", "may", cost=3),
    "came": Fact("name", cost=3),
    "event": Fact("name", "may", cost=3),
    "attended": Fact("name", "may", cost=3),
}
"""Every fact by its name in the text form and in JSON. Of facts with the kind 'name', some take 'any'."""
WITH_ANY = frozenset({
    "plan", "coupon", "used", "pass", "sent", "clicked", "redeemed", "came", "tag", "link", "event", "attended",
})  # fmt: skip


@dataclass(frozen=True)
class Is:
    """One condition. `of` names the shop's own field, where it asks for one."""

    fact: str
    op: Op = "is"
    value: str | int = ""
    days: int | None = None
    of: str = ""


@dataclass(frozen=True)
class All:
    """Every part holds."""

    parts: tuple["Rule", ...]


@dataclass(frozen=True)
class Any_:
    """At least one part holds."""

    parts: tuple["Rule", ...]


@dataclass(frozen=True)
class Not:
    """The part does not hold."""

    part: "Rule"


Rule = Is | All | Any_ | Not


class SegmentRuleInvalid(Invalid):
    """A rule that asks for something that does not exist or does not fit."""

    code = "segment_rule_invalid"
    text = N_("The rule of the segment, at {path}: {wanted}")


def wrong(path: str, wanted: Text) -> SegmentRuleInvalid:
    """The refusal for a place in the tree; the top is 'rule'."""
    return SegmentRuleInvalid(field="rule", path=path or "rule", wanted=wanted)


def check(rule: Rule, path: str = "") -> None:
    """Raise unless every condition fits its fact. Raises: SegmentRuleInvalid."""
    if count(rule) > MOST or depth(rule) > DEEPEST:
        raise wrong(path, T("at most {most} conditions, {deepest} deep.", most=MOST, deepest=DEEPEST))
    for where, one in leaves(rule, path):
        problem = _misfit(one)
        if problem is not None:
            raise wrong(where, problem)


def leaves(rule: Rule, path: str = "") -> list[tuple[str, Is]]:
    """Every condition with its place: 'and[1].not'."""
    if isinstance(rule, Is):
        return [(path, rule)]
    if isinstance(rule, Not):
        return leaves(rule.part, _under(path, "not"))
    name = "and" if isinstance(rule, All) else "or"
    return [one for at, part in enumerate(rule.parts) for one in leaves(part, _under(path, f"{name}[{at}]"))]


def _under(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def count(rule: Rule) -> int:
    """How many conditions a rule has."""
    return len(leaves(rule))


def depth(rule: Rule) -> int:
    """How deep the tree is; a condition alone is 1."""
    if isinstance(rule, Is):
        return 1
    parts = (rule.part,) if isinstance(rule, Not) else rule.parts
    return 1 + max((depth(part) for part in parts), default=0)


def _misfit(one: Is) -> Text | None:
    fact = FACTS.get(one.fact)
    if fact is None:
        return T("“{given}” is no fact. There are: {known}.", given=one.fact[:24], known=", ".join(FACTS))
    if one.days is None and fact.days == "must":
        return T("{fact} needs a number of days, like {fact}(30).", fact=one.fact)
    if one.days is not None and fact.days == "no":
        return T("{fact} takes no number of days.", fact=one.fact)
    if one.days is not None and not 1 <= one.days <= MOST_DAYS:
        return T("days are 1 to {most}.", most=MOST_DAYS)
    if (one.of != "") != (fact.kind == "own"):
        return T("own needs the name of a field, like own(city):x; no other fact does.")
    return _unfit_value(one, fact)


def _unfit_value(one: Is, fact: Fact) -> Text | None:
    if fact.kind == "flag":
        return None if one.op == "is" and one.value == "" else T("{fact} takes no value.", fact=one.fact)
    if fact.kind in ("number", "cents"):
        if one.op == "is" or not isinstance(one.value, int) or abs(one.value) > MOST_NUMBER:
            return T("{fact} is compared with a number, like {fact} >= 3.", fact=one.fact)
        return None
    if fact.kind == "own" and one.op != "is":
        fits = isinstance(one.value, int) or _is_day(one.value)
        return None if fits else T("own fields are compared with a whole number or a date like 2026-12-31.")
    if one.op != "is" or not isinstance(one.value, str) or not 0 < len(one.value) <= LONGEST_NAME:
        return T("{fact} needs a name, like {fact}:x.", fact=one.fact)
    if fact.choices and one.value not in fact.choices:
        return T("{fact} is one of: {known}.", fact=one.fact, known=", ".join(fact.choices))
    return None


def _is_day(given: str) -> bool:
    try:
        return date.fromisoformat(given).isoformat() == given
    except ValueError:
        return False


# --- JSON ------------------------------------------------------------------------------------------


def as_json(rule: Rule) -> dict[str, object]:
    """The tree as JSON has it."""
    if isinstance(rule, All):
        return {"and": [as_json(part) for part in rule.parts]}
    if isinstance(rule, Any_):
        return {"or": [as_json(part) for part in rule.parts]}
    if isinstance(rule, Not):
        return {"not": as_json(rule.part)}
    found: dict[str, object] = {"fact": rule.fact}
    if rule.of:
        found["of"] = rule.of
    if rule.days is not None:
        found["days"] = rule.days
    if FACTS[rule.fact].kind != "flag":
        found |= {"op": rule.op, "value": rule.value}
    return found


def from_json(given: object, path: str = "") -> Rule:
    """A tree from JSON, checked. Raises: SegmentRuleInvalid with the path of what is wrong."""
    rule = _node(given, path, 1)
    check(rule, path)
    return rule


def _node(given: object, path: str, deep: int) -> Rule:
    if not isinstance(given, Mapping) or deep > DEEPEST:
        raise wrong(path, T("a condition, or “and”, “or”, “not” over conditions, at most {deepest} deep.",
                            deepest=DEEPEST))  # fmt: skip
    if set(given) == {"not"}:
        return Not(_node(given["not"], _under(path, "not"), deep + 1))
    for name, kind in (("and", All), ("or", Any_)):
        if set(given) == {name}:
            parts = given[name]
            if not isinstance(parts, list) or not 0 < len(parts) <= MOST:
                raise wrong(_under(path, name), T("a list of 1 to {most} conditions.", most=MOST))
            return kind(tuple(_node(part, _under(path, f"{name}[{at}]"), deep + 1) for at, part in enumerate(parts)))
    return _leaf(given, path)


def _leaf(given: Mapping[object, object], path: str) -> Is:
    fact, op, value, days, of = (given.get(name) for name in ("fact", "op", "value", "days", "of"))
    if not isinstance(fact, str) or set(given) - {"fact", "op", "value", "days", "of"}:
        raise wrong(path, T("a condition has “fact”, “op”, “value”, “days”, “of” and nothing else."))
    if op is not None and op not in OPS:
        raise wrong(_under(path, "op"), T("one of: {known}.", known=", ".join(OPS)))
    if days is not None and (not isinstance(days, int) or isinstance(days, bool)):
        raise wrong(_under(path, "days"), T("a whole number."))
    if isinstance(value, bool) or not isinstance(value, str | int | None):
        raise wrong(_under(path, "value"), T("a name or a whole number."))
    if of is not None and not isinstance(of, str):
        raise wrong(_under(path, "of"), T("the name of a field."))
    return Is(fact, op or "is", "" if value is None else value, days, of or "")
