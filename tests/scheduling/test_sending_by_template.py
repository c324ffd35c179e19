"""Messages to providers of registered templates: what stands in them, whole from the outbox to the provider's door."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import scheduler
from core.base import clock, db
from core.base.clock import DAY, HOUR, Millis
from core.base.settings import Settings
from core.books import outbox
from core.books.outbox import Letter
from core.outreach import envelopes, inbound, templates
from tests.fakes.gateway import KEY, SECRET, FakeGateway, gateway
from tests.fakes.twilio import ACCOUNT_SID, AUTH_TOKEN, FakeTwilio
from tests.shops import Shop

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
CODE = Letter("code:1", "code", "service", "zh", {"shop": "山茶", "code": "482913"}, Millis(2**50),
              address="+8613800138000")  # fmt: skip


@pytest.fixture
def form() -> Iterator[FakeGateway]:
    with gateway("form") as fake:
        yield fake


@pytest.fixture
def twilio() -> Iterator[FakeTwilio]:
    with FakeTwilio() as fake:
        yield fake


def by_gateway(fake: FakeGateway, folder: Path) -> Settings:
    text = (EXAMPLES / "gateway-form.toml").read_text("utf-8").replace("https://sms.example.cn/", fake.url)
    (folder / "gateway.toml").write_text(text, "utf-8")
    file = str(folder / "gateway.toml")
    return Settings(channel="gateway", gateway_file=file, gateway_key=KEY, gateway_secret=SECRET)


def send(shop: Shop, settings: Settings, *letters: Letter, later: int = 0) -> list[tuple[str, str]]:
    now = Millis(shop.now + later)
    for letter in letters:
        db.atomic(outbox.put)(letter, now=now)
    channels = scheduler.channels_for(settings)
    with clock.set_to(now):
        scheduler.send_due(channels, "a")
    for channel in channels.values():
        channel.close()
    return db.rows("SELECT state, coalesce(sid, reason) FROM outbox ORDER BY id")


def test_a_code_goes_by_gateway_as_its_registered_template(shop: Shop, form: FakeGateway, tmp_path: Path) -> None:
    assert send(shop, by_gateway(form, tmp_path), CODE) == [("accepted", "biz1")]
    assert (form.taken[0]["TemplateCode"], form.taken[0]["TemplateParam"]) == (
        "SMS_100001", '{"shop":"山茶","code":"482913"}',
    )  # fmt: skip


def test_what_no_template_is_registered_for_is_refused_by_name(
    one_shop: Shop, form: FakeGateway, tmp_path: Path
) -> None:
    letter = replace(CODE, template="tier_down", dedupe_key="x", variables={"shop": "山茶", "tier": "银卡"})
    assert send(one_shop, by_gateway(form, tmp_path), letter) == [("refused", "no-template")]
    templates.reword(
        "tier_down", "zh", "{tier} · {shop}", provider_template="SMS_9", by=one_shop.owner, now=one_shop.now
    )
    assert send(one_shop, by_gateway(form, tmp_path), replace(letter, dedupe_key="y"))[1] == ("accepted", "biz1")
    assert form.taken[0]["TemplateParam"] == '{"tier":"银卡","shop":"山茶"}'


def test_whatsapp_goes_as_a_template_and_freely_within_a_day_of_a_reply(one_shop: Shop, twilio: FakeTwilio) -> None:
    settings = Settings(channel="twilio", twilio_account_sid=ACCOUNT_SID, twilio_auth_token=AUTH_TOKEN,
                        twilio_whatsapp_from="+14155238886", twilio_base_url=twilio.url)  # fmt: skip
    letter = replace(CODE, channel="whatsapp", template="tier_down", variables={"shop": "山茶", "tier": "银卡"})
    assert send(one_shop, settings, letter) == [("refused", "no-template")]
    given = {"from_": "whatsapp:+8613800138000", "body": "你好", "opt_out_type": None}
    inbound.receive(sid="SM1", now=one_shop.now, **given)  # type: ignore[arg-type]
    assert send(one_shop, settings, replace(letter, dedupe_key="b"))[1][0] == "accepted"
    templates.reword("tier_down", "zh", "{tier} · {shop}", channel="whatsapp", provider_template="HX" + "c" * 32,
                     by=one_shop.owner, now=one_shop.now)  # fmt: skip
    assert send(one_shop, settings, replace(letter, dedupe_key="c"), later=25 * HOUR)[2][0] == "accepted"
    assert [(one.form.get("Body"), one.form.get("ContentVariables")) for one in twilio.accepted] == [
        ("【山茶】您的会员等级现为银卡。", None),
        (None, '{"1": "银卡", "2": "山茶"}'),
    ]


def test_the_window_of_free_words_is_a_day_and_of_whatsapp_alone(shop: Shop) -> None:
    def wrote(address: str, later: int) -> bool:
        return envelopes.wrote_lately(address, now=Millis(shop.now + later))

    for sid, sender in (("SM1", "+8613800138000"), ("SM2", "whatsapp:+8613900139000")):
        inbound.receive(sid=sid, from_=sender, body="hello", opt_out_type=None, now=shop.now)
    assert (wrote("+8613800138000", 0), wrote("+8613900139000", 0)) == (False, True)
    assert (wrote("+8613900139000", DAY - 1), wrote("+8613900139000", DAY)) == (True, False)
