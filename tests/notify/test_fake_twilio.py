"""The fake is only worth something if it behaves like the real one."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qsl

import pytest
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from notify.sms import TwilioAccount, TwilioHttp
from tests.fakes.twilio import ACCOUNT_SID, AUTH_TOKEN, SENDER, SERVICE_SID, FakeTwilio


@pytest.fixture
def twilio() -> Iterator[FakeTwilio]:
    with FakeTwilio() as fake:
        yield fake


@pytest.fixture
def messages(twilio: FakeTwilio) -> Iterator[Any]:
    http = TwilioHttp(TwilioAccount(ACCOUNT_SID, AUTH_TOKEN, base_url=twilio.url))
    yield Client(ACCOUNT_SID, AUTH_TOKEN, http_client=http).messages
    http.close()


class Hook(BaseHTTPRequestHandler):
    seen: list[tuple[str, dict[str, str], str]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = dict(parse_qsl(body, keep_blank_values=True))
        self.seen.append((self.path, form, self.headers["X-Twilio-Signature"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def hook(twilio: FakeTwilio) -> Iterator[type[Hook]]:
    handler = type("Seen", (Hook,), {"seen": []})
    server = HTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    twilio.webhook_target = f"http://127.0.0.1:{server.server_address[1]}"
    yield handler
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_created_message_can_be_fetched_and_listed(messages: Any) -> None:
    sid = messages.create(to="+8613800138000", from_=SENDER, body="一").sid
    messages.create(to="+8613800138001", from_=SENDER, body="二")
    one = messages(sid).fetch()
    assert (one.body, one.status, one.num_segments, one.price, one.date_sent) == (
        "一",
        "queued",
        "1",
        None,
        None,
    )
    assert [message.sid for message in messages.list(to="+8613800138000")] == [sid]


def test_lists_come_newest_first_and_in_pages(messages: Any) -> None:
    for body in "abcde":
        messages.create(to="+8613800138000", from_=SENDER, body=body)
    assert [message.body for message in messages.list(page_size=2)] == ["e", "d", "c", "b", "a"]


def test_sids_are_unique_and_look_like_twilios(messages: Any) -> None:
    sids = {messages.create(to="+8613800138000", from_=SENDER, body="same").sid for _ in range(5)}
    assert len(sids) == 5
    assert all(sid.startswith("SM") and len(sid) == 34 for sid in sids)


def test_a_service_has_not_counted_segments_yet(messages: Any) -> None:
    created = messages.create(to="+8613800138000", messaging_service_sid=SERVICE_SID, body="一")
    assert (created.status, created.num_segments, created.from_) == ("accepted", "0", None)


def test_callbacks_are_signed_and_may_come_in_any_order(messages: Any, twilio: FakeTwilio, hook: type[Hook]) -> None:
    url = "https://members.example.com/hooks/twilio/status?o=1&n=1"
    sid = messages.create(to="+8613800138000", from_=SENDER, body="一", status_callback=url).sid
    assert twilio.call_back(sid, "delivered", "sent") == [204, 204]
    assert [form["MessageStatus"] for _, form, _ in hook.seen] == ["delivered", "sent"]
    path, form, signature = hook.seen[0]
    assert path == "/hooks/twilio/status?o=1&n=1"
    assert RequestValidator(AUTH_TOKEN).validate(url, form, signature)


def test_replies_are_signed_and_keep_empty_fields(twilio: FakeTwilio, hook: type[Hook]) -> None:
    url = "https://members.example.com/hooks/twilio/inbound"
    assert twilio.reply(url, from_="+15005550009", body="退订", opt_out_type="STOP") == 204
    _, form, signature = hook.seen[0]
    assert (form["Body"], form["OptOutType"], form["FromCity"]) == ("退订", "STOP", "")
    assert RequestValidator(AUTH_TOKEN).validate(url, form, signature)


def test_a_refusal_has_twilios_error_body(twilio: FakeTwilio) -> None:
    from twilio.http.http_client import TwilioHttpClient

    http = TwilioHttpClient(timeout=2)
    http.session.trust_env = False
    url = f"{twilio.url}/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"
    answer = http.request("POST", url, data={"To": "1"}, auth=(ACCOUNT_SID, AUTH_TOKEN))
    http.session.close()
    assert '"code": 21211' in answer.text
    assert '"more_info": "https://www.twilio.com/docs/errors/21211", "status": 400' in answer.text
