"""Wording of messages: a sentence per template and language, with named fields.

What is sent is made when the row is claimed, from variables frozen when it was queued. A shop's own
wording (the newest row of `wording` for the channel, else for text messages) comes before the one written here.
Versions are never changed: going back to an old one writes it again as the newest.
"""

import json
import re
import string
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.base import db, ids
from core.base.access import Actor, require
from core.base.clock import EPOCH, Millis
from core.base.errors import Invalid, NotFound
from core.base.i18n import N_
from core.books import audit
from core.outreach import bookingwords, carewords, eventwords, ticketwords

FIELDS: dict[str, frozenset[str]] = {
    **carewords.FIELDS,
    **eventwords.FIELDS,
    "code": frozenset({"shop", "code"}),
    "welcome": frozenset({"shop"}),
    "phone_changed": frozenset({"shop"}),
    "wallet_balance": frozenset({"shop", "stored", "bonus"}),
    "tier_up": frozenset({"shop", "tier", "gains"}),
    "tier_review": frozenset({"shop", "tier", "missing", "day", "then"}),
    "plan_ending": frozenset({"shop", "plan", "day"}),
    "tier_down": frozenset({"shop", "tier"}),
    "birthday": frozenset({"shop", "name"}),
    "birthday_gift": frozenset({"shop", "name", "coupon"}),
    "points_expiring": frozenset({"shop", "points", "day"}),
    "bonus_expiring": frozenset({"shop", "bonus", "day"}),
    "winback": frozenset({"shop", "name"}),
    **bookingwords.FIELDS,
    **ticketwords.FIELDS,
}
WORDS: dict[tuple[str, str], str] = {
    **carewords.WORDS,
    **eventwords.WORDS,
    ("code", "en"): "[{shop}] Your code is {code}. It is good for 5 minutes. Do not share it.",
    ("code", "zh"): "【{shop}】验证码 {code}，5 分钟内有效，请勿告诉他人。",
    ("welcome", "en"): "[{shop}] Welcome. Your member card is ready; show it at the till to collect points.",
    ("welcome", "zh"): "【{shop}】欢迎入会。您的会员卡已开通，结账时出示即可积分。",
    ("phone_changed", "en"): "[{shop}] The number of your membership was changed. Not you? Tell our staff at once.",
    ("phone_changed", "zh"): "【{shop}】您的会员手机号已更换。如非本人操作，请立即联系店员。",
    ("wallet_balance", "en"): "[{shop}] Your stored value is now {stored} (bonus {bonus}). Not you? Tell our staff.",
    ("wallet_balance", "zh"): "【{shop}】您的储值余额为 {stored}（其中赠送金 {bonus}）。如非本人操作，请告知店员。",
    ("tier_up", "en"): "[{shop}] You are now {tier}: {gains}. It counts from your next purchase.",
    ("tier_up", "zh"): "【{shop}】您已升级为{tier}会员：{gains}，下次消费起享受。",
    ("tier_down", "en"): "[{shop}] Your level is now {tier}.",
    ("tier_down", "zh"): "【{shop}】您的会员等级现为{tier}。",
    ("tier_review", "en"): "[{shop}] Your {tier} is reviewed after {day}. To keep it: {missing}. Otherwise: {then}.",
    ("tier_review", "zh"): "【{shop}】您的{tier}将于 {day} 到期复核，{missing}即可保留，否则为{then}。",
    ("plan_ending", "en"): "[{shop}] Your {plan} runs until {day}. Renew it at the till.",
    ("plan_ending", "zh"): "【{shop}】您的{plan} {day} 到期，到店可续。",
    ("birthday", "en"): "[{shop}] Happy birthday, {name}. We wish you a good year.",
    ("birthday", "zh"): "【{shop}】{name}，生日快乐，愿您平安喜乐。",
    ("birthday_gift", "en"): "[{shop}] Happy birthday, {name}. A gift for you: {coupon}, on your card now.",
    ("birthday_gift", "zh"): "【{shop}】{name}，生日快乐。“{coupon}”已放入您的会员卡。",
    ("points_expiring", "en"): "[{shop}] {points} of your points can be used until {day}. After that they expire.",
    ("points_expiring", "zh"): "【{shop}】您有 {points} 积分，{day} 前可用，过期作废。",
    ("bonus_expiring", "en"): "[{shop}] {bonus} of your bonus can be used until {day}. After that it expires.",
    ("bonus_expiring", "zh"): "【{shop}】您的赠送金 {bonus} 在 {day} 前可用，过期作废。",
    ("winback", "en"): "[{shop}] {name}, we have not seen you for a while. {stop}",
    ("winback", "zh"): "【{shop}】{name}，好久不见，欢迎再来。{stop}",
    **bookingwords.WORDS,
    **ticketwords.WORDS,
}

CAMPAIGN = "campaign"
OF_CAMPAIGNS = frozenset({"shop", "name", "coupon", "points", "tier"})
"""Fields of the wordings of campaigns, which are kept as 'campaign.ID.ARM'."""
EVERYWHERE = frozenset({"link", "stop", "stop_link"})
"""Fields any message may have: a page of the shop, how offers are ended in words, and the page that ends them."""
TASTE = frozenset({"usual", "may_like"})
"""Fields of offers: what the member mostly takes and may like, for who agreed to suggestions; never in greetings."""
OFFERS = frozenset({"winback", "welcome_back", "tier_near"})
"""Care messages that are offers, beside all those with a gift."""
SUBJECTS = {"en": "A message from {shop}", "zh": "{shop}给您的消息"}
"""The subject of an e-mail whose wording has none."""


_SAMPLES: dict[str, dict[str, str]] = {
    "en": {"code": "482 913", "stored": "¥186.40", "bonus": "¥20.00", "tier": "gold", "name": "Alice",
           "gains": "10 % off, points × 2", "missing": "another ¥350.00", "then": "silver", "plan": "tea pass",
           "coupon": "¥5 off", "points": "320", "day": "12-31 Thu", "usual": "milk tea", "may_like": "egg tart",
           "link": "https://example.com/l/7K3M9QXW2", "stop": "Reply STOP to end these messages.",
           "stop_link": "https://example.com/u/1x2y3z.4k5m6n7p8q"},
    "zh": {"code": "482913", "stored": "¥186.40", "bonus": "¥20.00", "tier": "金卡", "name": "王伟芳",
           "gains": "9 折、积分 × 2", "missing": "再消费 ¥350.00", "then": "银卡", "plan": "年卡",
           "coupon": "5 元券", "points": "320", "day": "12-31 周四", "usual": "珍珠奶茶", "may_like": "桂花拿铁",
           "link": "https://example.com/l/7K3M9QXW2", "stop": "回复 退订 不再接收。",
           "stop_link": "https://example.com/u/1x2y3z.4k5m6n7p8q"},
}  # fmt: skip
SAMPLES = {
    language: {
        **own,
        **carewords.SAMPLES[language],
        **bookingwords.SAMPLES[language],
        **eventwords.SAMPLES[language],
        **ticketwords.SAMPLES[language],
    }
    for language, own in _SAMPLES.items()
}
"""What stands in the fields when a wording is looked at before it is used."""


class TemplateInvalid(Invalid):
    """A wording uses a field the message does not have, or none at all."""

    code = "template_invalid"
    text = N_("{field}: “{given}” is not a field of this message. It has: {known}.")


class WordingUnknown(NotFound):
    """There is no version with this id."""

    code = "wording_unknown"
    text = N_("There is no wording {what}. `regulars message wordings` shows the versions of each message.")


@dataclass(frozen=True)
class Wording:
    """How one message reads in one language by one channel; `id` 0 is the wording as delivered.

    `who` wrote it, where versions are asked for.
    """

    template: str
    language: str
    body: str
    own: bool
    channel: str = "sms"
    subject: str = ""
    provider_template: str = ""
    id: int = 0
    at: Millis = EPOCH
    actor: str = ""
    who: str = ""


def fields_of(body: str) -> set[str]:
    """The fields a wording uses. Raises: TemplateInvalid for broken braces."""
    try:
        return {name for _, name, _, _ in string.Formatter().parse(body) if name is not None}
    except ValueError as error:
        raise TemplateInvalid(field="body", given=body[:20], known="{shop} …") from error


_COLUMNS = (
    "SELECT w.template, w.language, w.body, w.channel, coalesce(w.subject, ''), coalesce(w.provider_template, ''),"
    " w.id, w.at, w.actor"
)
_KEPT = f"{_COLUMNS} FROM wording w"
_NAMED = f"{_COLUMNS}, coalesce(s.name, '') FROM wording w LEFT JOIN staff s ON 'staff:' || s.id = w.actor"


def _read(row: tuple[Any, ...]) -> Wording:
    template, language, body, *rest = row
    return Wording(template, language, body, True, *rest)


def wording(template: str, language: str, channel: str = "sms") -> Wording:
    """The wording in force for a channel; one without its own reads as a text message does."""
    sql = (
        f"{_KEPT} WHERE w.template = ? AND w.language = ? AND w.channel IN ('sms', ?)"
        " ORDER BY CASE WHEN w.channel = ? THEN 0 ELSE 1 END, w.at DESC, w.id DESC LIMIT 1"
    )
    row = db.one(sql, (template, language, channel, channel))
    return as_delivered(template, language) if row is None else _read(row)


def all_wordings(channel: str = "sms") -> list[Wording]:
    """Every message in every language, as it goes out by a channel."""
    return [wording(template, language, channel) for template in FIELDS for language in ("zh", "en")]


def as_delivered(template: str, language: str) -> Wording:
    """The wording a message has without one of the shop's own."""
    body = WORDS.get((template, language)) or WORDS[(template, "en")]
    return Wording(template, language, body, False)


def versions(template: str, language: str, *, channel: str = "sms") -> list[Wording]:
    """The shop's own versions of a wording, the one in force first."""
    sql = f"{_NAMED} WHERE w.template = ? AND w.language = ? AND w.channel = ? ORDER BY w.at DESC, w.id DESC"
    return [_read(row) for row in db.rows(sql, (template, language, channel))]


def version(wording_id: int) -> Wording:
    """One version, as a message of the outbox names it. Raises: WordingUnknown."""
    row = db.one(f"{_NAMED} WHERE w.id = ?", (wording_id,))
    if row is None:
        raise WordingUnknown(what=wording_id)
    return _read(row)


@db.atomic
def reword(
    template: str, language: str, body: str, *, channel: str = "sms", subject: str = "", provider_template: str = "",
    by: Actor, now: Millis,
) -> int:  # fmt: skip
    """Set the shop's own wording; the id of the version.

    `provider_template` names the text where a provider sends registered ones only. Raises: NotAllowed, TemplateInvalid.
    """
    require(by, "care")
    check(template, body)
    check(template, subject, field="subject")
    version_id = ids.new()
    db.add("wording", id=version_id, template=template, language=language, body=body, at=now, actor=by.tag,
           channel=channel, subject=subject or None, provider_template=provider_template or None)  # fmt: skip
    after = {"template": template, "language": language} | ({} if channel == "sms" else {"channel": channel})
    audit.record("wording.changed", "wording", version_id, by=by, now=now, after=after)
    return version_id


@db.atomic
def go_back(wording_id: int, *, by: Actor, now: Millis) -> int:
    """Put an old version in force again, as a new one; its id. Raises: NotAllowed, WordingUnknown."""
    old = version(wording_id)
    return reword(old.template, old.language, old.body, channel=old.channel, subject=old.subject,
                  provider_template=old.provider_template, by=by, now=now)  # fmt: skip


def known_fields(template: str) -> frozenset[str]:
    """The fields a message has. Raises: TemplateInvalid for a message that does not exist."""
    known = OF_CAMPAIGNS if template.partition(".")[0] == CAMPAIGN else FIELDS.get(template)
    if known is None:
        raise TemplateInvalid(field="template", given=template, known=", ".join(FIELDS))
    offers = template in OFFERS or template.endswith("_gift") or known is OF_CAMPAIGNS
    return known | EVERYWHERE | (TASTE if offers else frozenset())


def check(template: str, body: str, *, field: str = "body") -> None:
    """Raise unless a text uses fields of its message only. Raises: TemplateInvalid."""
    known = known_fields(template)
    for name in sorted(fields_of(body) - known):
        shown = " ".join(f"{{{f}}}" for f in sorted(known))
        raise TemplateInvalid(field=field, given="{" + name + "}", known=shown)


def preview(template: str, language: str, body: str, *, shop_name: str) -> str:
    """How a wording would read, with made-up facts. Raises: TemplateInvalid."""
    check(template, body)
    return filled(body, {"shop": shop_name, **SAMPLES[language]})


def render(template: str, language: str, variables: str) -> str:
    """The text of a message from its frozen variables (JSON)."""
    return filled(wording(template, language).body, facts_of(variables))


def facts_of(variables: str) -> dict[str, str]:
    """Frozen variables (JSON) as they are filled in."""
    return {name: str(value) for name, value in json.loads(variables).items()}


def filled(body: str, facts: Mapping[str, str]) -> str:
    """A wording with its facts; a fact that is missing is left out, and of a taste the words around it too."""
    missing = {name for name in TASTE if not facts.get(name) and f"{{{name}}}" in body}
    if missing:
        body = _without(body, missing)
    return re.sub(r"\{(\w+)\}", lambda match: facts.get(match[1], ""), body).rstrip()


_SENTENCES = re.compile(r"(?<=[。！？；\n])|(?<=[.!?;])(?=\s)")
_CLAUSES = re.compile(r"(?<=[，、])|(?<=,)(?=\s)")
_END = re.compile(r"[。！？；.!?;]\s*$")


def _without(body: str, missing: set[str]) -> str:
    """A wording without the sentences that use a field; of one that says more, such as the sign, without the clause."""
    kept = []
    for sentence in _SENTENCES.split(body):
        used = fields_of(sentence)
        if not used & missing:
            kept.append(sentence)
        elif used - TASTE:
            clauses = _CLAUSES.split(sentence)
            stay = [one for one in clauses if not fields_of(one) & missing or fields_of(one) - TASTE]
            end = _END.search(sentence)
            said = "".join(stay)
            cut_at_end = clauses[-1] not in stay
            kept.append(said.rstrip("，、, ") + (end[0] if end else "") if cut_at_end else said)
    return "".join(kept).lstrip()
