import logging
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import pytest
from pytest import MonkeyPatch

from notify.channel import Accepted, CannotTell, Outcome, OutMessage, Refused, Retry, Unknown
from notify.sms import TwilioAccount, TwilioChannel
from tests.fakes.twilio import ACCOUNT_SID, AUTH_TOKEN, SENDER, SERVICE_SID, FakeTwilio, Fault

HELLO = OutMessage(outbox_id=12, attempt=2, to="+8613800138000", body="生日快乐！")
NOON_MS = 1_763_726_400_000  # 2025-11-21 12:00 UTC


@pytest.fixture
def twilio() -> Iterator[FakeTwilio]:
    with FakeTwilio() as fake:
        fake.clock = lambda: datetime.fromtimestamp(NOON_MS / 1000, UTC)
        yield fake


@pytest.fixture
def account(twilio: FakeTwilio) -> TwilioAccount:
    return TwilioAccount(ACCOUNT_SID, AUTH_TOKEN, sender=SENDER, base_url=twilio.url)


@pytest.fixture
def channel(account: TwilioAccount, request: pytest.FixtureRequest) -> Iterator[TwilioChannel]:
    # Only a hang is worth an early time-out; elsewhere a busy machine must not look like a fault.
    patience_s = 0.5 if "hang" in request.node.name else 10.0
    sms = TwilioChannel("sms", replace(account, read_timeout_s=patience_s))
    yield sms
    sms.close()


def _send_as(account: TwilioAccount, message: OutMessage = HELLO) -> Outcome:
    sms = TwilioChannel("sms", account)
    try:
        return sms.send(message)
    finally:
        sms.close()


def test_send_creates_the_message_and_returns_its_sid(channel: TwilioChannel, twilio: FakeTwilio) -> None:
    outcome = channel.send(HELLO)
    assert outcome == Accepted(twilio.accepted[0].sid)
    assert twilio.accepted[0].form == {"To": "+8613800138000", "From": "+15005550006", "Body": "生日快乐！"}


def test_send_names_the_callback_by_outbox_id_and_attempt(account: TwilioAccount, twilio: FakeTwilio) -> None:
    _send_as(replace(account, public_base_url="https://members.example.com/"))
    url = "https://members.example.com/hooks/twilio/status?o=12&n=2"
    assert twilio.accepted[0].form["StatusCallback"] == url


def test_send_uses_the_messaging_service(account: TwilioAccount, twilio: FakeTwilio) -> None:
    _send_as(replace(account, sender=None, messaging_service_sid=SERVICE_SID))
    assert twilio.accepted[0].form["MessagingServiceSid"] == SERVICE_SID
    assert "From" not in twilio.accepted[0].form


def _whatsapp(account: TwilioAccount, message: OutMessage) -> Outcome:
    channel = TwilioChannel("whatsapp", replace(account, sender="+14155238886"))
    try:
        return channel.send(message)
    finally:
        channel.close()


TEMPLATE = "HX" + "c" * 32
GREETING = replace(HELLO, provider_template=TEMPLATE, fields={"name": "王\n伟芳", "coupon": "5 元券"})


def test_whatsapp_sends_an_approved_template_with_its_variables_in_order(
    account: TwilioAccount, twilio: FakeTwilio
) -> None:
    assert _whatsapp(account, GREETING) == Accepted(twilio.accepted[0].sid)
    assert twilio.accepted[0].form == {
        "To": "whatsapp:+8613800138000",
        "From": "whatsapp:+14155238886",
        "ContentSid": TEMPLATE,
        "ContentVariables": '{"1": "王 伟芳", "2": "5 元券"}',
    }


def test_free_words_go_by_whatsapp_only_to_who_wrote_within_a_day(account: TwilioAccount, twilio: FakeTwilio) -> None:
    assert _whatsapp(account, HELLO) == Refused("no-template", "message")
    assert isinstance(_whatsapp(account, replace(HELLO, answered=True)), Accepted)
    assert [message.form["Body"] for message in twilio.accepted] == ["生日快乐！"]


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (replace(GREETING, provider_template="SMS_1"), "bad-template"),
        (replace(GREETING, fields={"name": ""}), "bad-variables"),
        (replace(GREETING, fields={"name": "长" * 256}), "bad-variables"),
        (replace(GREETING, fields={str(number): "x" for number in range(101)}), "bad-variables"),
    ],
)
def test_a_template_that_cannot_be_sent_does_not_leave(
    account: TwilioAccount, twilio: FakeTwilio, message: OutMessage, code: str
) -> None:
    assert _whatsapp(account, message) == Refused(code, "message")
    assert twilio.requests == 0


def test_a_template_whose_words_differ_is_never_surely_absent(account: TwilioAccount, twilio: FakeTwilio) -> None:
    channel = TwilioChannel("whatsapp", replace(account, sender="+14155238886"))
    assert channel.find(GREETING, since_ms=NOON_MS, taken=()) is None
    channel.send(GREETING)
    with pytest.raises(CannotTell, match="template"):
        channel.find(GREETING, since_ms=NOON_MS, taken=())
    assert channel.find(GREETING, since_ms=NOON_MS, taken={twilio.accepted[0].sid}) is None
    channel.close()


@pytest.mark.parametrize(("valid_for_s", "sent"), [(600, "600"), (90_000, "36000"), (0, "1")])
def test_send_keeps_the_validity_in_twilios_range(
    channel: TwilioChannel, twilio: FakeTwilio, valid_for_s: int, sent: str
) -> None:
    channel.send(replace(HELLO, valid_for_s=valid_for_s))
    assert twilio.accepted[0].form["ValidityPeriod"] == sent


@pytest.mark.parametrize(
    ("fault", "outcome", "accepted"),
    [
        ("429", Retry("http-429", after_s=7), 0),
        ("401", Retry("http-401", pause_channel=True), 0),
        ("500-before", Unknown("http-500"), 0),
        ("500-after", Unknown("http-500"), 1),
        ("html-502", Unknown("http-502"), 0),
        ("reset-before", Unknown("lost: ConnectionError"), 0),
        ("reset-after", Unknown("lost: ConnectionError"), 1),
        ("hang-before", Unknown("read-timeout"), 0),
        ("hang-after", Unknown("read-timeout"), 1),
        ("garbage", Unknown("unparsable"), 1),
    ],
)
def test_each_fault_has_its_outcome_and_one_request(
    channel: TwilioChannel, twilio: FakeTwilio, fault: Fault, outcome: Outcome, accepted: int
) -> None:
    twilio.inject(fault)
    assert channel.send(HELLO) == outcome
    assert (len(twilio.accepted), twilio.requests) == (accepted, 1)


def test_a_wrong_password_pauses_the_channel(account: TwilioAccount) -> None:
    assert _send_as(replace(account, auth_token="wrong")) == Retry("http-401", pause_channel=True)


def test_a_refused_connection_is_a_retry(account: TwilioAccount) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{unused.getsockname()[1]}"
        assert _send_as(replace(account, base_url=nobody)) == Retry("connect-refused")


def test_an_unknown_host_is_a_retry(account: TwilioAccount, monkeypatch: MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "no such host")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    assert _send_as(replace(account, base_url="http://nowhere.invalid")) == Retry("dns")


def test_a_connect_timeout_is_a_retry(account: TwilioAccount) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        # The queue holds one connection; the next handshake is never answered.
        with socket.create_connection(("127.0.0.1", port)):
            late = replace(account, base_url=f"http://127.0.0.1:{port}", connect_timeout_s=0.2)
            assert _send_as(late) == Retry("connect-timeout")


@pytest.mark.parametrize(
    ("message", "outcome"),
    [
        (replace(HELLO, to="12345"), Refused("21211", "address")),
        (replace(HELLO, to=""), Refused("21604", "address")),
        (replace(HELLO, body=""), Refused("21602", "message")),
        (replace(HELLO, body="长" * 1601), Refused("21617", "message")),
    ],
)
def test_a_refusal_says_whose_fault_it_is(channel: TwilioChannel, message: OutMessage, outcome: Outcome) -> None:
    assert channel.send(message) == outcome


def test_an_opted_out_address_is_refused_as_such(channel: TwilioChannel, twilio: FakeTwilio) -> None:
    twilio.opted_out.add("+8613800138000")
    assert channel.send(HELLO) == Refused("21610", "opted_out")


def test_a_sender_that_is_not_ours_is_refused_as_such(account: TwilioAccount) -> None:
    assert _send_as(replace(account, sender="+19995550000")) == Refused("21606", "sender")


@pytest.mark.parametrize(
    ("wish", "after_s"),
    [
        ("30", 30),
        ("999999", 86400),
        ("soon", None),
        (None, None),
        ("-1", None),
        ("Mon, 01 Jan 1990 00:00:00 GMT", 0),
        ("Fri, 01 Jan 2100 00:00:00 GMT", 86400),
    ],
)
def test_retry_after_is_read_with_care(
    channel: TwilioChannel, twilio: FakeTwilio, wish: str | None, after_s: int | None
) -> None:
    twilio.retry_after = wish
    twilio.inject("429")
    assert channel.send(HELLO) == Retry("http-429", after_s=after_s)


@pytest.mark.parametrize("fault", ["500-after", "reset-after", "hang-after", "garbage"])
def test_find_settles_what_was_accepted_in_doubt(channel: TwilioChannel, twilio: FakeTwilio, fault: Fault) -> None:
    twilio.inject(fault)
    channel.send(HELLO)
    assert channel.find(HELLO, since_ms=NOON_MS, taken=()) == twilio.accepted[0].sid


def test_find_counts_the_second_of_the_start(channel: TwilioChannel, twilio: FakeTwilio) -> None:
    channel.send(HELLO)
    assert channel.find(HELLO, since_ms=NOON_MS + 999, taken=()) == twilio.accepted[0].sid
    assert channel.find(HELLO, since_ms=NOON_MS + 1000, taken=()) is None


def test_find_takes_the_oldest_that_is_not_taken(channel: TwilioChannel, twilio: FakeTwilio) -> None:
    for minute in range(3):
        twilio.clock = partial(datetime.fromtimestamp, NOON_MS / 1000 + 60 * minute, UTC)
        channel.send(HELLO)
    first, second, _ = (message.sid for message in twilio.accepted)
    assert channel.find(HELLO, since_ms=NOON_MS, taken={first}) == second


@pytest.mark.parametrize("other", [replace(HELLO, body="生日快乐"), replace(HELLO, to="+8613800138001")])
def test_find_says_no_for_another_message(channel: TwilioChannel, other: OutMessage) -> None:
    channel.send(other)
    assert channel.find(HELLO, since_ms=0, taken=()) is None


def test_find_sees_through_the_words_a_trial_account_puts_in_front(channel: TwilioChannel, twilio: FakeTwilio) -> None:
    channel.send(HELLO)
    twilio.accepted[0].form["Body"] = "Sent from your Twilio trial account - 生日快乐！"
    assert channel.find(HELLO, since_ms=0, taken=()) == twilio.accepted[0].sid


@pytest.mark.parametrize("fault", ["429", "500-before", "html-502", "reset-before", "hang-before", "garbage"])
def test_find_never_takes_a_failed_list_for_a_no(channel: TwilioChannel, twilio: FakeTwilio, fault: Fault) -> None:
    twilio.list_faults.append(fault)
    with pytest.raises(CannotTell):
        channel.find(HELLO, since_ms=0, taken=())


def test_find_cannot_tell_from_a_list_that_may_go_on(channel: TwilioChannel, twilio: FakeTwilio) -> None:
    channel.send(replace(HELLO, body="别的"))
    twilio.accepted *= 200
    with pytest.raises(CannotTell, match="list too long"):
        channel.find(HELLO, since_ms=NOON_MS, taken=())


def test_threads_get_their_own_sid_back(channel: TwilioChannel, twilio: FakeTwilio) -> None:
    messages = [replace(HELLO, outbox_id=n, body=f"no {n}") for n in range(60)]
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(channel.send, messages))
    sids = {message.body: message.sid for message in twilio.accepted}
    assert outcomes == [Accepted(sids[f"no {n}"]) for n in range(60)]


def test_the_environment_cannot_redirect_messages(
    account: TwilioAccount, twilio: FakeTwilio, monkeypatch: MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setenv("TWILIO_EDGE", "sydney")
    monkeypatch.setenv("TWILIO_REGION", "au1")
    assert _send_as(account) == Accepted(twilio.accepted[0].sid)


def test_nothing_is_logged_about_a_recipient(channel: TwilioChannel, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        channel.send(HELLO)
        channel.find(HELLO, since_ms=0, taken=())
    assert "13800138000" not in caplog.text
    assert logging.getLogger("twilio.http_client").level == logging.WARNING


def test_the_token_is_not_shown(account: TwilioAccount) -> None:
    assert AUTH_TOKEN not in repr(account)


def test_twilio_is_loaded_only_by_a_channel_that_needs_it() -> None:
    code = "import sys, notify.sms, notify.registry, notify.signature; print('twilio' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_prices_are_what_twilio_charged_as_far_as_it_knows(channel: TwilioChannel, twilio: FakeTwilio) -> None:
    for number in range(4):
        channel.send(replace(HELLO, outbox_id=number))
        twilio.accepted[number].status = "delivered"
    first, second, third, _unknown = twilio.accepted
    first.price, first.segments, second.price, third.price = "-0.00790", 2, "-1.5", "0.0"
    found = {price.sid: (price.micros, price.currency, price.segments) for price in channel.prices(since_ms=NOON_MS)}
    assert found == {first.sid: (7900, "USD", 2), second.sid: (1_500_000, "USD", 1), third.sid: (0, "USD", 1)}
    assert list(channel.prices(since_ms=NOON_MS + 1000)) == []


def test_prices_that_cannot_be_read_are_no_prices(channel: TwilioChannel, twilio: FakeTwilio) -> None:
    for fault, why in (("401", "http-401"), ("garbage", "unparsable"), ("html-502", "http-502")):
        twilio.list_faults.append(fault)  # type: ignore[arg-type]
        with pytest.raises(CannotTell, match=why):
            list(channel.prices(since_ms=NOON_MS))
