"""Wording of messages: a sentence per template and language, with named fields.

What is sent is made when the row is claimed, from variables frozen when it was queued. A shop's own
wording (the newest row of `wording`) comes before the one written here.
"""

import json
import re
import string
from dataclasses import dataclass

from core.base import db, ids
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Invalid
from core.base.i18n import N_
from core.books import audit

FIELDS: dict[str, frozenset[str]] = {
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
    "coupons_expiring": frozenset({"shop", "coupon", "day"}),
    "winback": frozenset({"shop", "name"}),
    "winback_gift": frozenset({"shop", "name", "coupon"}),
    "anniversary": frozenset({"shop", "name", "years"}),
    "anniversary_gift": frozenset({"shop", "name", "years", "coupon"}),
    "festival": frozenset({"shop", "name", "wish"}),
    "festival_gift": frozenset({"shop", "name", "wish", "coupon"}),
    "welcome_back": frozenset({"shop", "name"}),
    "welcome_gift": frozenset({"shop", "name", "coupon"}),
    "followup": frozenset({"shop", "name", "product"}),
    "followup_gift": frozenset({"shop", "name", "product", "coupon"}),
    "tier_near": frozenset({"shop", "name", "tier", "missing"}),
}

WORDS: dict[tuple[str, str], str] = {
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
    ("winback", "en"): "[{shop}] {name}, we have not seen you for a while. Reply STOP to end these messages.",
    ("winback", "zh"): "【{shop}】{name}，好久不见，欢迎再来。回复 退订 不再接收。",
    (
        "winback_gift",
        "en",
    ): "[{shop}] {name}, we miss you. On your card now: {coupon}. Reply STOP to end these messages.",
    ("winback_gift", "zh"): "【{shop}】{name}，好久不见，“{coupon}”已放入您的会员卡，欢迎再来。回复 退订 不再接收。",
    ("coupons_expiring", "en"): "[{shop}] On your card until {day}: {coupon}. After that it lapses.",
    ("coupons_expiring", "zh"): "【{shop}】您的“{coupon}”有效期至 {day}，别忘了使用。",
    ("anniversary", "en"): "[{shop}] {name}, today you have been a member for {years}. Thank you.",
    ("anniversary", "zh"): "【{shop}】{name}，今天是您入会 {years}的日子，感谢一路相伴。",
    ("anniversary_gift", "en"): "[{shop}] {name}, a member for {years} today. Thank you: {coupon}, on your card now.",
    ("anniversary_gift", "zh"): "【{shop}】{name}，今天是您入会 {years}的日子，“{coupon}”已放入您的会员卡。",
    ("festival", "en"): "[{shop}] {wish}, {name}.",
    ("festival", "zh"): "【{shop}】{name}，{wish}！",
    ("festival_gift", "en"): "[{shop}] {wish}, {name}. A gift for you: {coupon}, on your card now.",
    ("festival_gift", "zh"): "【{shop}】{name}，{wish}！“{coupon}”已放入您的会员卡。",
    ("welcome_back", "en"): "[{shop}] {name}, your member card is waiting. Reply STOP to end these messages.",
    ("welcome_back", "zh"): "【{shop}】{name}，会员卡已为您备好，欢迎再来。回复 退订 不再接收。",
    (
        "welcome_gift",
        "en",
    ): "[{shop}] {name}, {coupon} is on your card. See you soon. Reply STOP to end these messages.",
    ("welcome_gift", "zh"): "【{shop}】{name}，“{coupon}”已放入您的会员卡，欢迎再来。回复 退订 不再接收。",
    ("followup", "en"): "[{shop}] {name}, how do you like {product}? If anything is not right, tell our staff.",
    ("followup", "zh"): "【{shop}】{name}，上次购买的{product}还满意吗？如有不妥，请告诉店员。",
    ("followup_gift", "en"): "[{shop}] {name}, how do you like {product}? For next time: {coupon}. Reply STOP to end.",
    ("followup_gift", "zh"): "【{shop}】{name}，{product}还满意吗？“{coupon}”已放入您的会员卡。回复 退订 不再接收。",
    ("tier_near", "en"): "[{shop}] {name}, {missing} and you are {tier}. Reply STOP to end these messages.",
    ("tier_near", "zh"): "【{shop}】{name}，{missing}即可升为{tier}会员。回复 退订 不再接收。",
}


SAMPLES: dict[str, dict[str, str]] = {
    "en": {"code": "482 913", "stored": "¥186.40", "bonus": "¥20.00", "tier": "gold", "name": "Alice",
           "gains": "10 % off, points × 2", "missing": "another ¥350.00", "then": "silver", "plan": "tea pass",
           "coupon": "¥5 off", "points": "320", "day": "12-31 Thu",
           "wish": "Happy Mid-Autumn Festival", "years": "3 years", "product": "Longjing tea"},
    "zh": {"code": "482913", "stored": "¥186.40", "bonus": "¥20.00", "tier": "金卡", "name": "王伟芳",
           "gains": "9 折、积分 × 2", "missing": "再消费 ¥350.00", "then": "银卡", "plan": "年卡",
           "coupon": "5 元券", "points": "320", "day": "12-31 周四",
           "wish": "中秋快乐，月圆人圆", "years": "3 年", "product": "龙井 50 克"},
}  # fmt: skip
"""What stands in the fields when a wording is looked at before it is used."""


class TemplateInvalid(Invalid):
    """A wording uses a field the message does not have, or none at all."""

    code = "template_invalid"
    text = N_("{field}: “{given}” is not a field of this message. It has: {known}.")


@dataclass(frozen=True)
class Wording:
    """How one message reads in one language."""

    template: str
    language: str
    body: str
    own: bool


def fields_of(body: str) -> set[str]:
    """The fields a wording uses. Raises: TemplateInvalid for broken braces."""
    try:
        return {name for _, name, _, _ in string.Formatter().parse(body) if name is not None}
    except ValueError as error:
        raise TemplateInvalid(field="body", given=body[:20], known="{shop} …") from error


def wording(template: str, language: str) -> Wording:
    """The wording in force."""
    sql = "SELECT body FROM wording WHERE template = ? AND language = ? ORDER BY at DESC, id DESC LIMIT 1"
    own = db.value(sql, (template, language))
    if own is not None:
        return Wording(template, language, own, True)
    return Wording(template, language, WORDS.get((template, language)) or WORDS[(template, "en")], False)


def all_wordings() -> list[Wording]:
    """Every message in every language."""
    return [wording(template, language) for template in FIELDS for language in ("zh", "en")]


@db.atomic
def reword(template: str, language: str, body: str, *, by: Actor, now: Millis) -> None:
    """Set the shop's own wording. Raises: NotAllowed, TemplateInvalid."""
    require(by, "care")
    _check(template, body)
    db.add("wording", id=ids.new(), template=template, language=language, body=body, at=now, actor=by.tag)
    audit.record("wording.changed", "wording", 0, by=by, now=now, after={"template": template, "language": language})


def _check(template: str, body: str) -> None:
    known = FIELDS.get(template)
    if known is None:
        raise TemplateInvalid(field="template", given=template, known=", ".join(FIELDS))
    for name in sorted(fields_of(body) - known):
        raise TemplateInvalid(field="body", given="{" + name + "}", known=" ".join(f"{{{f}}}" for f in sorted(known)))


def preview(template: str, language: str, body: str, *, shop_name: str) -> str:
    """How a wording would read, with made-up facts. Raises: TemplateInvalid."""
    _check(template, body)
    return _filled(body, {"shop": shop_name, **SAMPLES[language]})


def render(template: str, language: str, variables: str) -> str:
    """The text of a message from its frozen variables (JSON)."""
    facts = {name: str(value) for name, value in json.loads(variables).items()}
    return _filled(wording(template, language).body, facts)


def _filled(body: str, facts: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda match: facts.get(match[1], ""), body)
