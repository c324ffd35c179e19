"""Looking a wording over before it is used: what is wrong or dear about it, in words, and what it would cost.

Errors must be mended before a campaign; warnings are for a person to weigh.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from core.base import db, settings, sms
from core.base.clock import Millis
from core.base.i18n import T, Text
from core.books import rules
from core.books.outbox import Category
from core.books.rules import ShopRules
from core.outreach import carerules, costs, letters, templates
from core.outreach.costs import Estimate
from core.outreach.templates import TemplateInvalid, Wording

MOST_PARTS = 3
INSTEAD = {
    "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201c": '"', "\u201d": '"', "\u201e": '"', "`": "'", "\u00b4": "'",
    "\u2013": "-", "\u2014": "-", "\u2212": "-", "\u2026": "...", "\u00a0": " ", "\u202f": " ", "\t": " ",
    "\u2022": "-", "ç": "c", "á": "a", "í": "i", "ó": "o", "ú": "u", "ê": "e", "ë": "e", "ï": "i", "ô": "o", "â": "a",
}  # fmt: skip
"""What to write for characters that are not in the alphabet of text messages."""
DOUBLE = frozenset("\f^{}\\~|€")
"""Characters that count twice; brackets around the shop's name are worth it."""
_CJK = re.compile(r"[\u3000-\u9fff\uff00-\uffef]")
_REPLY = re.compile(r"\breply\b|\btext (?:back|stop)\b|回复|回覆|回\s*(?:T|TD|退订)", re.IGNORECASE)
_OPT_OUT = re.compile(r"\{stop\}|\{stop_link\}|\bstop\b|退订|退訂|拒收|\btd\b", re.IGNORECASE)
_SIGN = re.compile(r"【[^】]{1,20}】")


@dataclass(frozen=True)
class Draft:
    """A wording that is not in force yet. `longest` holds the longest values its fields will have, by field."""

    template: str
    language: str
    body: str
    category: Category = "service"
    channel: str = "sms"
    subject: str = ""
    longest: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Finding:
    """One thing about a wording."""

    severity: Literal["error", "warning"]
    code: str
    said: Text


@dataclass(frozen=True)
class Look:
    """A wording filled in: as a sample, and its parts and cost with the longest values."""

    said: str
    counted: sms.Segments
    cost: Estimate
    findings: tuple[Finding, ...]

    @property
    def has_errors(self) -> bool:
        """Whether it must not be used as it is."""
        return any(one.severity == "error" for one in self.findings)


def look(draft: Draft, *, now: Millis) -> Look:
    """A draft as it would read, with what it costs and what is wrong with it."""
    shop = rules.current(now=now)
    try:
        unknown = sorted(templates.fields_of(draft.body + draft.subject) - templates.known_fields(draft.template))
    except TemplateInvalid as error:
        return Look(draft.body, sms.count(draft.body), Estimate(0, None, None), (_broken(error),))
    facts = _sample(draft, shop)
    said, longest = templates.filled(draft.body, facts), templates.filled(draft.body, {**facts, **draft.longest})
    counted = sms.count(longest)
    cost = costs.estimate_to(shop.region, draft.channel, longest, now=now)
    found = [*_unknown(draft, unknown), *_signed(draft, shop), *_opt_out(draft, shop), *_signs(draft, longest)]
    return Look(said, counted, cost, (*found, *_long(draft, counted), *_without_taste(draft, facts)))


def _without_taste(draft: Draft, facts: dict[str, str]) -> list[Finding]:
    """How it reads to who agreed to no suggestions, or bought too little for one."""
    if not templates.TASTE & templates.fields_of(draft.body):
        return []
    bare = templates.filled(draft.body, {name: said for name, said in facts.items() if name not in templates.TASTE})
    said = T("Members without a suggestion, or who did not agree to any, read: {bare}", bare=bare)
    return [Finding("warning", "suggestion", said)]


def _sample(draft: Draft, shop: ShopRules) -> dict[str, str]:
    facts = templates.SAMPLES[draft.language] | {"shop": shop.shop_name}
    stop_url = facts["stop_link"] if settings.current().public_url else None
    stop = letters.stop_words(_sample_number(shop), draft.channel, draft.language, stop_url)
    return facts | {"stop": stop, "stop_link": stop_url or ""}


def _sample_number(shop: ShopRules) -> str:
    return "+86" if shop.region == "CN" else "+"


def _broken(error: TemplateInvalid) -> Finding:
    return Finding("error", "unknown_field", error.as_text())


def _unknown(draft: Draft, unknown: list[str]) -> list[Finding]:
    known = " ".join(f"{{{name}}}" for name in sorted(templates.known_fields(draft.template)))
    return [
        Finding("error", "unknown_field", T("{field} is not a field of this message. It has: {known}.",
                                            field=f"{{{name}}}", known=known))
        for name in unknown
    ]  # fmt: skip


def _signed(draft: Draft, shop: ShopRules) -> list[Finding]:
    """Who writes: in mainland China the sign 【…】 must come first. Source: the operators' rules for port numbers."""
    if draft.channel == "sms" and shop.region == "CN" and not _SIGN.match(draft.body):
        said = T("Begin with 【{shop}】: messages without the shop's sign first are not carried.", shop="{shop}")
        return [Finding("error" if draft.language == "zh" else "warning", "sign", said)]
    if "{shop}" not in draft.body + draft.subject and shop.shop_name not in draft.body:
        return [Finding("warning", "sender", T("It does not say who writes. Put {shop} into it.", shop="{shop}"))]
    return []


def _opt_out(draft: Draft, shop: ShopRules) -> list[Finding]:
    found = []
    if draft.category in ("marketing", "gift_greeting") and not _OPT_OUT.search(draft.body):
        severity: Literal["error", "warning"] = "error" if draft.category == "marketing" else "warning"
        said = T("An offer must say how offers are ended. Put {stop} at its end.", stop="{stop}")
        found.append(Finding(severity, "opt_out", said))
    if _REPLY.search(draft.body) and not letters.replies_reach_us(_sample_number(shop), draft.channel):
        said = T("It asks for a reply, but no reply reaches you by this channel. Write {stop} instead.", stop="{stop}")
        found.append(Finding("error", "reply", said))
    if draft.channel == "email" and not draft.subject:
        found.append(Finding("warning", "subject", T("It has no subject; the shop's name stands there.")))
    return found


def _signs(draft: Draft, said: str) -> list[Finding]:
    """Characters that make a text message dearer than it looks. A Chinese one is in the wide alphabet anyway."""
    if draft.channel != "sms" or _CJK.search(said):
        return []
    found = []
    for char in sms.count(said).culprits:
        code, instead = f"U+{ord(char):04X}", INSTEAD.get(char)
        if instead is None:
            said_ = T(
                "“{char}” ({code}) leaves 70 characters a part instead of 160. Leave it out.", char=char, code=code
            )
        else:
            said_ = T("“{char}” ({code}) leaves 70 characters a part instead of 160. Write “{instead}”.",
                      char=char, code=code, instead=instead)  # fmt: skip
        found.append(Finding("warning", "wide", said_))
    doubles = dict.fromkeys(one for one in said if one in DOUBLE and not found)
    return [
        *found,
        *(Finding("warning", "double", T("“{char}” counts as two characters.", char=one)) for one in doubles),
    ]


def _long(draft: Draft, counted: sms.Segments) -> list[Finding]:
    if draft.channel != "sms" or counted.parts <= MOST_PARTS:
        return []
    said = T("With the longest values it takes {parts} parts, each paid for; more than {most} are rarely worth it.",
             parts=counted.parts, most=MOST_PARTS)  # fmt: skip
    return [Finding("warning", "long", said)]


def longest_name() -> str:
    """The longest name among the members, for a look at a message to all of them."""
    sql = "SELECT name FROM member_person WHERE name IS NOT NULL ORDER BY length(name) DESC, member_id LIMIT 1"
    return str(db.value(sql) or "")


CATEGORY_OF: dict[str, Category] = {kind.template: kind.category for kind in carerules.KINDS.values()} | {
    kind.gift_template: kind.gift_category for kind in carerules.KINDS.values() if kind.gift_template
}
"""Of the messages of care; the others are notices."""


def of_wording(one: Wording, channel: str, *, longest: str = "", now: Millis) -> Look:
    """A wording as it goes out by a channel, with the longest name among the members."""
    category = CATEGORY_OF.get(one.template, "service")
    names = {"name": longest} if longest else {}
    draft = Draft(one.template, one.language, one.body, category, channel, one.subject, names)
    return look(draft, now=now)


def all_in_force(channel: str = "sms", *, now: Millis) -> list[tuple[Wording, Look]]:
    """Every wording in force for a channel, with what is to be said about it."""
    longest = longest_name()
    return [(one, of_wording(one, channel, longest=longest, now=now)) for one in templates.all_wordings(channel)]
