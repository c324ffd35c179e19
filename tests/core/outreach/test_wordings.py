"""Wordings: versions by channel, and what is said about one before it is used."""

from dataclasses import replace

import pytest

from core.base import db, settings
from core.outreach import costs, delivery, lint, templates
from core.outreach.costs import Rate
from core.outreach.lint import Draft
from core.outreach.templates import TemplateInvalid, WordingUnknown
from tests.core.outreach.test_policy import PURPOSES, put
from tests.shops import Shop

OFFER = Draft("winback", "en", "[{shop}] Dear {name}, tea at half price. {stop}", "marketing")


def reword(shop: Shop, body: str, **given: str) -> int:
    return templates.reword("winback", "zh", body, by=shop.owner, now=shop.now, **given)  # type: ignore[arg-type]


def codes(draft: Draft, shop: Shop) -> list[tuple[str, str]]:
    return [(one.severity, one.code) for one in lint.look(draft, now=shop.now).findings]


def test_versions_stay_and_an_old_one_comes_back_as_a_new_one(shop: Shop) -> None:
    first = reword(shop, "【{shop}】一")
    reword(shop, "【{shop}】二")
    third = templates.go_back(first, by=shop.owner, now=shop.now)
    assert [one.body for one in templates.versions("winback", "zh")] == ["【{shop}】一", "【{shop}】二", "【{shop}】一"]
    assert templates.wording("winback", "zh").id == third
    with pytest.raises(WordingUnknown):
        templates.go_back(1, by=shop.owner, now=shop.now)


def test_a_channel_without_its_own_wording_reads_as_a_text_message(shop: Shop) -> None:
    reword(shop, "【{shop}】短")
    reword(shop, "{name}，长", channel="email", subject="{shop}想念您", provider_template="HX1")
    assert templates.wording("winback", "zh", "whatsapp").body == "【{shop}】短"
    assert templates.wording("winback", "zh", "email").subject == "{shop}想念您"
    assert templates.wording("winback", "zh").body == "【{shop}】短"


def test_a_message_names_the_version_it_used(shop: Shop) -> None:
    member = shop.member("13800138000", name="王伟", purposes=PURPOSES)
    used = reword(shop, "{name}，长", channel="email", subject="{shop}想念{name}", provider_template="HX1")
    one = put(member, "a:1", shop.now, channel="email", address="wang@example.com")
    claimed = delivery.claim(one, owner="a", now=shop.now)
    assert claimed is not None
    assert (claimed.body, claimed.subject, claimed.provider_template) == ("王，长", "店想念王", "HX1")
    assert db.value("SELECT wording_id FROM outbox WHERE id = ?", (one,)) == used
    assert templates.version(used).body == "{name}，长"


def test_a_subject_must_know_its_fields_too(shop: Shop) -> None:
    with pytest.raises(TemplateInvalid):
        reword(shop, "{shop}", channel="email", subject="{points}")


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, []),
        ({"body": "[{shop}] {nmae}, hello. {stop}"}, [("error", "unknown_field")]),
        ({"body": "[{shop}] {name, hello"}, [("error", "unknown_field")]),
        ({"body": "[{shop}] Tea at half price."}, [("error", "opt_out")]),
        ({"body": "[{shop}] A gift for you.", "category": "gift_greeting"}, [("warning", "opt_out")]),
        ({"body": "Tea at half price. {stop}"}, [("warning", "sender")]),
        ({"body": "[{shop}] It’s tea time… {stop}"}, [("warning", "wide"), ("warning", "wide")]),
        ({"body": "[{shop}] 5 € off. {stop}"}, [("warning", "double")]),
        ({"body": "[{shop}] " + "tea " * 150 + "{stop}"}, [("warning", "long")]),
        ({"longest": {"name": "x" * 500}}, [("warning", "long")]),
        ({"channel": "email", "body": "[{shop}] Reply STOP."}, [("error", "reply"), ("warning", "subject")]),
    ],
)
def test_what_is_wrong_with_a_wording_is_named(shop: Shop, change: dict[str, object], found: list[object]) -> None:
    shop.rule("region", "US")
    assert codes(replace(OFFER, **change), shop) == found  # type: ignore[arg-type]


def test_in_china_the_sign_comes_first_and_no_reply_is_promised_by_twilio(shop: Shop) -> None:
    draft = Draft("winback", "zh", "亲爱的{name}，回复 退订 不再接收。", "marketing")
    assert codes(draft, shop) == [("error", "sign")]
    settings.use(settings.Settings(secret="test secret", channel="twilio"))
    assert codes(draft, shop) == [("error", "sign"), ("error", "reply")]
    assert codes(replace(draft, body="【{shop}】{name}，好久不见。{stop}"), shop) == []


def test_each_dear_character_is_named_with_what_to_write_instead(shop: Shop) -> None:
    shop.rule("region", "US")
    seen = lint.look(replace(OFFER, body="[{shop}] It’s 🎂 time. {stop}"), now=shop.now)
    assert [str(one.said) for one in seen.findings] == [
        "“’” (U+2019) leaves 70 characters a part instead of 160. Write “'”.",
        "“🎂” (U+1F382) leaves 70 characters a part instead of 160. Leave it out.",
    ]


def test_a_look_says_what_a_message_costs_with_its_longest_values(shop: Shop) -> None:
    costs.set_rate(Rate("CN", "sms", "CNY", 50_000), by=shop.owner, now=shop.now)
    draft = Draft("winback", "zh", "【{shop}】{name}，好久不见。{stop}", "marketing", longest={"name": "名" * 70})
    seen = lint.look(draft, now=shop.now)
    assert seen.said == "【Regulars】王伟芳，好久不见。回复 退订 不再接收。"
    assert (seen.counted.parts, seen.cost.micros, seen.has_errors) == (2, 100_000, False)


def test_our_own_wordings_have_no_errors_in_chinese(shop: Shop) -> None:
    shop.member("13800138000", name="欧阳春晓", purposes=PURPOSES)
    assert [(one.template, seen.findings) for one, seen in lint.all_in_force(now=shop.now) if seen.has_errors] == []


def test_opt_out_words_are_true_for_the_channel(shop: Shop) -> None:
    member = shop.member("13800138000", name="王伟", purposes=PURPOSES)
    twilio = settings.Settings(secret="test secret", channel="twilio")
    for public, words in (
        ("", "如不想再收到，请告知店员。"),
        ("https://vip.example.cn", "不再接收：https://vip.example.cn/u/"),
    ):
        settings.use(replace(twilio, public_url=public))
        shop.rule("gap_days", 0)
        claimed = delivery.claim(put(member, f"a:{public}", shop.now), owner="a", now=shop.now)
        assert claimed is not None
        assert words in claimed.body


def test_every_field_has_something_to_look_at_a_wording_or_to_send_it_to_oneself_with() -> None:
    for language, samples in templates.SAMPLES.items():
        bare = {name: sorted(fields - {"shop"} - set(samples)) for name, fields in templates.FIELDS.items()}
        assert (language, {name: left for name, left in bare.items() if left}) == (language, {})
