"""Rules as people type them: `tier:gold and spend(90) >= 500 and not bought:茶饮`.

A name with blanks or brackets in it stands in quotes. Amounts are in the currency's main unit. “not” binds
tightest, then “and”, then “or”; 非 且 或 say the same. What is written here reads back as the same tree.
"""

import re
import unicodedata
from dataclasses import dataclass, field

from core.base import money
from core.base.errors import Invalid
from core.base.i18n import N_, T, Text
from core.outreach.segments import tree
from core.outreach.segments.tree import FACTS, OPS, All, Any_, Is, Not, Op, Rule

WORDS = {"and": "and", "且": "and", "or": "or", "或": "or", "not": "not", "非": "not"}
_TOKEN = re.compile(r"""\s*(?:("[^"]*")|(>=|<=|[()<>=:])|([^\s()<>=:"]+))""")
_NUMBER = re.compile(r"(-?[0-9]{1,12})(?:\.([0-9]{1,2}))?")
_PLAIN = re.compile(r"[^\s()<>=:\"]+")
LONGEST = 2000


class SegmentUnreadable(Invalid):
    """A typed rule that cannot be read."""

    code = "segment_unreadable"
    text = N_("The rule cannot be read at “{given}”: {wanted}")


@dataclass
class _Reader:
    tokens: list[str]
    at: int = 0
    quoted: frozenset[int] = field(default_factory=frozenset)

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def word(self) -> str:
        """What keyword comes next, '' for none; a quoted word is none."""
        return "" if self.at in self.quoted else WORDS.get(self.peek().lower(), "")

    def take(self) -> str:
        self.at += 1
        return self.tokens[self.at - 1]

    def wrong(self, wanted: Text) -> SegmentUnreadable:
        rest = " ".join(self.tokens[self.at : self.at + 4])
        return SegmentUnreadable(field="rule", given=rest[:40] or "…", wanted=wanted)


def read(typed: str) -> Rule:
    """A rule from text, checked. Raises: SegmentUnreadable, SegmentRuleInvalid."""
    reader = _tokens(unicodedata.normalize("NFC", typed))
    rule = _either(reader, 1)
    if reader.peek():
        raise reader.wrong(T("“and” or “or” is missing before it, or a bracket too many."))
    tree.check(rule)
    return rule


def _tokens(typed: str) -> _Reader:
    found: list[str] = []
    quoted: set[int] = set()
    at, text = 0, typed.strip()[:LONGEST].replace("（", "(").replace("）", ")").replace("：", ":").replace("≥", ">=")
    text = text.replace("≤", "<=").replace("“", '"').replace("”", '"')
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise SegmentUnreadable(field="rule", given=text[at : at + 20], wanted=T("a quote is not closed."))
        if match[1] is not None:
            quoted.add(len(found))
        found.append(match[1][1:-1] if match[1] is not None else match[2] or match[3])
        at = match.end()
    return _Reader(found, quoted=frozenset(quoted))


def _either(reader: _Reader, deep: int) -> Rule:
    parts = [_both(reader, deep)]
    while reader.word() == "or":
        reader.take()
        parts.append(_both(reader, deep))
    return parts[0] if len(parts) == 1 else Any_(tuple(parts))


def _both(reader: _Reader, deep: int) -> Rule:
    parts = [_one(reader, deep)]
    while reader.word() == "and":
        reader.take()
        parts.append(_one(reader, deep))
    return parts[0] if len(parts) == 1 else All(tuple(parts))


def _one(reader: _Reader, deep: int) -> Rule:
    if deep > tree.DEEPEST * 2:
        raise reader.wrong(T("at most {most} brackets deep.", most=tree.DEEPEST))
    if reader.word() == "not":
        reader.take()
        return Not(_one(reader, deep + 1))
    if reader.peek() == "(" and reader.at not in reader.quoted:
        reader.take()
        inside = _either(reader, deep + 1)
        _must(reader, ")")
        return inside
    return _condition(reader)


def _must(reader: _Reader, sign: str) -> None:
    if reader.peek() != sign:
        raise reader.wrong(T("“{sign}” is missing.", sign=sign))
    reader.take()


def _condition(reader: _Reader) -> Is:
    name = reader.peek().lower()
    fact = FACTS.get(name)
    if fact is None:
        raise reader.wrong(T("“{given}” is no fact. There are: {known}.", given=name[:24], known=", ".join(FACTS)))
    reader.take()
    days, of = _in_brackets(reader, fact)
    if fact.kind == "flag":
        return Is(name, days=days)
    sign = reader.peek()
    if sign == ":":
        reader.take()
        return Is(name, "is", _name(reader), days, of)
    op: Op | None = next((one for one in OPS if one == sign), None)
    if op is None or op == "is":
        raise reader.wrong(T("after {fact} comes “:” and a name, or one of >= <= > < = and a number.", fact=name))
    reader.take()
    return Is(name, op, _figure(reader, fact), days, of)


def _in_brackets(reader: _Reader, fact: tree.Fact) -> tuple[int | None, str]:
    """What stands in brackets behind a fact: a number of days, or the name of an own field."""
    if reader.peek() != "(":
        return None, ""
    reader.take()
    if not reader.peek():
        raise reader.wrong(T("“{sign}” is missing.", sign=")"))
    inside = reader.take()
    if fact.kind == "own":
        _must(reader, ")")
        return None, inside
    if not (inside.isascii() and inside.isdecimal() and len(inside) <= 6):
        reader.at -= 1
        raise reader.wrong(T("a number of days is meant here."))
    _must(reader, ")")
    return int(inside), ""


def _name(reader: _Reader) -> str:
    if reader.at not in reader.quoted and (not reader.peek() or reader.peek() in "()<>=:"):
        raise reader.wrong(T("a name is missing; one with blanks stands in quotes."))
    return reader.take()


def _figure(reader: _Reader, fact: tree.Fact) -> int | str:
    given = reader.peek()
    match = _NUMBER.fullmatch(given)
    if match is None or (match[2] and fact.kind != "cents"):
        if fact.kind == "own" and given:
            return reader.take()
        raise reader.wrong(T("a number is meant here."))
    reader.take()
    whole = int(match[1])
    if fact.kind != "cents":
        return whole
    cents = abs(whole) * 100 + int((match[2] or "").ljust(2, "0"))
    return -cents if match[1].startswith("-") else cents


# --- back to text ----------------------------------------------------------------------------------


def write(rule: Rule) -> str:
    """The rule as text that `read` makes the same tree of (nested “and” in “and” keeps its brackets)."""
    if isinstance(rule, Is):
        return _condition_text(rule)
    if isinstance(rule, Not):
        return f"not {_bracketed(rule.part)}"
    word = " and " if isinstance(rule, All) else " or "
    return word.join(_bracketed(part) for part in rule.parts)


def _bracketed(part: Rule) -> str:
    return write(part) if isinstance(part, Is | Not) else f"({write(part)})"


def _condition_text(one: Is) -> str:
    inside = _quoted(one.of) if one.of else "" if one.days is None else str(one.days)
    head = f"{one.fact}({inside})" if inside else one.fact
    fact = FACTS[one.fact]
    if fact.kind == "flag":
        return head
    if one.op == "is":
        return f"{head}:{_quoted(str(one.value))}"
    figure = money.plain(one.value) if fact.kind == "cents" and isinstance(one.value, int) else str(one.value)
    return f"{head} {one.op} {figure.removesuffix('.00') if fact.kind == 'cents' else figure}"


def _quoted(name: str) -> str:
    plain = _PLAIN.fullmatch(name) is not None and name.lower() not in WORDS and not set(name) & set("（）：≥≤“”")
    return name if plain else f'"{name.replace(chr(34), "")}"'
