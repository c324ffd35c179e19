"""Staff alerts: our own senders read the code inside 200, apprise carries the rest, no secret is shown."""

import base64
import hashlib
import hmac
import json
import logging
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from notify import alerts
from tests.fakes.alerts import Desk, desk

NOON_MS = 1_763_726_400_000


@pytest.fixture
def here() -> Iterator[Desk]:
    with desk() as made:
        yield made


def tell(url: str) -> str:
    return alerts.tell(url, "山茶 · 备份失败", "Job backup failed", now_ms=NOON_MS)


def test_wecom_takes_a_text(here: Desk) -> None:
    assert tell(f"wecom://a-KEY-b?at={here.url}") == ""
    assert here.paths == ["/cgi-bin/webhook/send?key=a-KEY-b"]
    assert here.taken == [{"msgtype": "text", "text": {"content": "山茶 · 备份失败\nJob backup failed"}}]


def test_dingtalk_is_signed_over_milliseconds_and_secret(here: Desk) -> None:
    assert tell(f"dingtalk://SECabc@TOKEN?at={here.url}") == ""
    query = parse_qs(urlsplit(here.paths[0]).query)
    text = b"1763726400000\nSECabc"
    assert query == {
        "access_token": ["TOKEN"],
        "timestamp": ["1763726400000"],
        "sign": [base64.b64encode(hmac.digest(b"SECabc", text, hashlib.sha256)).decode()],
    }


def test_feishu_is_signed_by_a_key_of_seconds_and_secret(here: Desk) -> None:
    assert tell(f"feishu://SEC1@TOKEN?at={here.url}") == ""
    assert here.paths == ["/open-apis/bot/v2/hook/TOKEN"]
    digest = base64.b64encode(hmac.digest(b"1763726400\nSEC1", b"", hashlib.sha256)).decode()
    assert (here.taken[0]["timestamp"], here.taken[0]["sign"]) == ("1763726400", digest)
    assert here.taken[0]["content"] == {"text": "山茶 · 备份失败\nJob backup failed"}


def test_without_a_secret_nothing_is_signed(here: Desk) -> None:
    assert [tell(f"{scheme}://TOKEN?at={here.url}") for scheme in ("dingtalk", "feishu")] == ["", ""]
    assert ("sign" in here.paths[0], "sign" in here.taken[1]) == (False, False)


@pytest.mark.parametrize(
    ("scheme", "answer", "error"),
    [
        ("wecom", (200, '{"errcode": 45009, "errmsg": "api freq out of limit"}'), "code 45009"),
        ("wecombot", (200, '{"errcode": 45009}'), "code 45009"),
        ("dingtalk", (200, '{"errcode": 310000, "errmsg": "sign not match"}'), "code 310000"),
        ("feishu", (200, '{"code": 9499, "msg": "Bad Request"}'), "code 9499"),
        ("lark", (200, '{"StatusCode": 0, "code": 0}'), ""),
        ("feishu", (200, '{"StatusCode": 0}'), ""),
        ("wecom", (200, '{"errcode": false}'), "code False"),
        ("wecom", (200, '{"ok": true}'), "unparsable"),
        ("wecom", (200, "[0]"), "unparsable"),
        ("wecom", (200, "<html>"), "unparsable"),
        ("wecom", (500, '{"errcode": 0}'), "http-500"),
        ("wecom", (302, '{"errcode": 0}'), "http-302"),
    ],
)
def test_a_code_inside_200_is_a_failure(here: Desk, scheme: str, answer: tuple[int, str], error: str) -> None:
    here.answers.append(answer)
    assert tell(f"{scheme}://TOKEN?at={here.url}") == error
    assert len(here.taken) == 1


def test_a_long_text_is_cut_so_that_wecom_takes_it(here: Desk) -> None:
    alerts.tell(f"wecom://K?at={here.url}", "t", "长" * 5000, now_ms=NOON_MS)
    assert len(here.taken[0]["text"]["content"].encode()) <= 2048


def test_nobody_there_is_a_failure() -> None:
    assert tell("wecom://K?at=http://127.0.0.1:9") == "ConnectionError"


def test_any_service_of_apprise_is_told_too(here: Desk) -> None:
    url = here.url.replace("http", "json") + "/alert"
    assert tell(url) == ""
    assert (here.taken[0]["title"], here.taken[0]["message"]) == ("山茶 · 备份失败", "Job backup failed")
    here.answers.append((500, "no"))
    assert tell(url) == "not taken"


@pytest.mark.parametrize(
    "url", ["pigeon://x", "wecom://", "wecom://K?at=https://evil.example", "feishu://", "nonsense"]
)
def test_an_address_nobody_can_be_told_at_is_named_without_its_secret(url: str) -> None:
    with pytest.raises(alerts.AlertUrlWrong) as caught:
        alerts.check(url)
    assert "evil" not in str(caught.value)
    assert tell(url) == str(caught.value)


def test_secrets_are_neither_shown_nor_logged(here: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    urls = [f"wecom://hush1?at={here.url}", f"dingtalk://hush2@hush3?at={here.url}",
            here.url.replace("http://", "json://user:hush4@")]  # fmt: skip
    here.answers = [(200, '{"errcode": 1}'), (200, '{"errcode": 1}'), (500, "x")]
    said = [*(alerts.shown(url) for url in urls), *(alerts.mark(url) for url in urls), *(tell(url) for url in urls)]
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("urllib3")]
    assert "hush" not in json.dumps(said) + json.dumps(ours)
    assert said[:2] == ["wecom://****", "dingtalk://****"]
