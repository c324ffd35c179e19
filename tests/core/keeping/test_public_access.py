"""The doctor on how the shop is reached: a sentence and a next step for each finding."""

import pytest

from core.base import settings
from core.base.settings import Settings
from core.keeping import doctor, publicaccess
from tests.shops import Shop

HTTPS = "https://vip.example.cn"


def said(**given: object) -> list[str]:
    return [str(one.what) for one in publicaccess.findings(Settings(**given))]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "given",
    [
        {}, {"public_url": HTTPS}, {"public_url": f"{HTTPS}:8443/"}, {"public_url": "https://203.0.113.7"},
        {"public_url": "http://127.0.0.1:8080"}, {"public_url": "http://localhost:8080"},
        {"public_url": HTTPS, "kiosk_host": "0.0.0.0", "trusted_proxy": "10.0.0.2"},
        {"public_url": HTTPS, "channel": "twilio", "trusted_proxy": "127.0.0.1"}, {"kiosk_host": "::1"},
    ],
)  # fmt: skip
def test_nothing_is_said_of_what_works(given: dict[str, object]) -> None:
    assert said(**given) == []


@pytest.mark.parametrize(
    ("given", "begins"),
    [
        ({"public_url": "http://vip.example.cn"}, "public_url is http://vip.example.cn: without HTTPS"),
        ({"public_url": "http://192.168.1.5:8080"}, "public_url is http://192.168.1.5:8080: without HTTPS"),
        ({"public_url": "vip.example.cn"}, "public_url is “vip.example.cn”, which no phone"),
        ({"public_url": "https://vip_shop!.cn"}, "public_url is “https://vip_shop!.cn”, which no phone"),
        ({"public_url": "https://vip.example.cn/shop"}, "public_url is “https://vip.example.cn/shop”; behind"),
        ({"public_url": "https://localhost"}, "public_url is “https://localhost”, which on a phone"),
        ({"kiosk_host": "0.0.0.0"}, "The kiosk listens at 0.0.0.0, open to the network"),
        ({"kiosk_host": "shop.lan"}, "The kiosk listens at shop.lan, open to the network"),
        ({"public_url": HTTPS, "trusted_proxy": "caddy"}, "trusted_proxy is “caddy”, which is no address"),
        ({"channel": "twilio"}, "Messages go by Twilio, but there is no public https address"),
    ],
)
def test_what_does_not_work_is_named(given: dict[str, object], begins: str) -> None:
    (only,) = said(**given)
    assert only.startswith(begins)


def test_a_trusted_proxy_needs_https_in_front() -> None:
    found = said(public_url="http://vip.example.cn", trusted_proxy="127.0.0.1")
    assert found[1] == "A proxy is trusted (127.0.0.1), but public_url is http://vip.example.cn."


def test_the_doctor_asks(one_shop: Shop) -> None:
    settings.use(Settings(secret="test secret", channel="twilio"))
    (only,) = [one for one in doctor.examine(now=one_shop.now) if one.check != "channel"]
    assert (only.check, str(only.next_step)) == (
        "public access",
        "Set public_url to your https address; without it no report, reply or STOP arrives.",
    )
