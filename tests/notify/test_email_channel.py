import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest

from notify.channel import Accepted, CannotTell, Outcome, OutMessage, Refused, Retry, Unknown
from notify.email import EmailChannel, SmtpServer, parse_smtp_url
from tests.fakes.smtp import FakeSmtp

HELLO = OutMessage(
    outbox_id=12,
    attempt=1,
    to="lihua@example.com",
    subject="生日快乐",
    body="李华，生日快乐！\n.点开头\n",
    language="zh_CN",
    unsubscribe_url="https://members.example.com/u/" + "a1" * 60,
    created_at=1_763_726_400_000,  # 2025-11-21 12:00 UTC
)


@pytest.fixture
def smtp() -> Iterator[FakeSmtp]:
    with FakeSmtp() as fake:
        yield fake


@pytest.fixture
def channel(smtp: FakeSmtp) -> Iterator[EmailChannel]:
    server = SmtpServer("127.0.0.1", smtp.port, "none", timeout_s=2)
    email = EmailChannel(server, "熟客 <hello@shop.example>")
    yield email
    email.close()


def test_send_hands_the_mail_over(channel: EmailChannel, smtp: FakeSmtp) -> None:
    assert channel.send(HELLO) == Accepted("<outbox-12@shop.example>")
    mail = smtp.accepted[0]
    assert (mail.sender, mail.to) == ("hello@shop.example", "lihua@example.com")
    assert mail.parsed["From"] == "熟客 <hello@shop.example>"
    assert mail.parsed["Subject"] == "生日快乐"
    assert mail.parsed.get_content() == "李华，生日快乐！\r\n.点开头\r\n"


def test_the_mail_carries_the_headers_that_make_it_traceable(channel: EmailChannel, smtp: FakeSmtp) -> None:
    channel.send(HELLO)
    mail = smtp.accepted[0].parsed
    assert mail["Message-ID"] == "<outbox-12@shop.example>"
    assert mail["Date"] == "Fri, 21 Nov 2025 12:00:00 +0000"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Content-Language"] == "zh-CN"


def test_a_long_unsubscribe_link_stays_whole(channel: EmailChannel, smtp: FakeSmtp) -> None:
    channel.send(HELLO)
    link = b"List-Unsubscribe: <https://members.example.com/u/" + b"a1" * 60 + b">\r\n"
    assert link in smtp.accepted[0].raw
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in smtp.accepted[0].raw


def test_one_click_is_promised_over_https_only(channel: EmailChannel, smtp: FakeSmtp) -> None:
    channel.send(replace(HELLO, unsubscribe_url="http://members.example.com/u/1"))
    assert smtp.accepted[0].parsed["List-Unsubscribe-Post"] is None


def test_the_mail_is_seven_bit(channel: EmailChannel, smtp: FakeSmtp) -> None:
    channel.send(HELLO)
    assert smtp.accepted[0].raw.isascii()


def test_without_a_subject_the_first_line_serves(channel: EmailChannel, smtp: FakeSmtp) -> None:
    channel.send(replace(HELLO, subject=None))
    assert smtp.accepted[0].parsed["Subject"] == "李华，生日快乐！"


def test_a_batch_uses_one_connection(channel: EmailChannel, smtp: FakeSmtp) -> None:
    for number in range(5):
        channel.send(replace(HELLO, outbox_id=number))
    assert (len(smtp.accepted), smtp.connections) == (5, 1)


def test_a_bad_address_does_not_spoil_the_next_mail(channel: EmailChannel, smtp: FakeSmtp) -> None:
    smtp.refuse["nobody@example.com"] = "550 5.1.1 no such user"
    assert channel.send(replace(HELLO, to="nobody@example.com")) == Refused("550", "address")
    assert channel.send(HELLO) == Accepted("<outbox-12@shop.example>")
    assert smtp.connections == 1


@pytest.mark.parametrize(
    ("command", "reply", "outcome"),
    [
        ("MAIL", "451 busy", Retry("mail: 451")),
        ("MAIL", "550 5.7.1 not you", Refused("550", "sender")),
        ("MAIL", "530 5.7.0 sign in first", Retry("mail: 530", pause_channel=True)),
        ("MAIL", "421 too many", Retry("mail: 421")),
        ("MAIL", "hang up", Retry("lost before data: SMTPServerDisconnected")),
        ("RCPT", "450 greylisted", Retry("rcpt: 450")),
        ("RCPT", "550 no such user", Refused("550", "address")),
        ("RCPT", "554 5.7.1 relaying denied", Refused("554", "sender")),
        ("RCPT", "552 odd", Refused("552", "message")),
        ("DATA", "451 later", Retry("data: 451")),
        ("END", "452 disk full", Retry("data: 452")),
        ("END", "554 looks like spam", Refused("554", "message")),
        ("END", "hang up", Unknown("lost after data: SMTPServerDisconnected")),
    ],
)
def test_each_answer_of_the_server_has_its_outcome(
    channel: EmailChannel, smtp: FakeSmtp, command: str, reply: str, outcome: Outcome
) -> None:
    smtp.replies[command] = reply
    assert channel.send(HELLO) == outcome


@pytest.mark.parametrize("reply", ["451 busy", "421 bye", "hang up"])
def test_the_next_mail_passes_after_trouble(channel: EmailChannel, smtp: FakeSmtp, reply: str) -> None:
    smtp.replies["MAIL"] = reply
    channel.send(HELLO)
    del smtp.replies["MAIL"]
    assert channel.send(HELLO) == Accepted("<outbox-12@shop.example>")


def test_a_connection_that_went_idle_is_opened_again(channel: EmailChannel, smtp: FakeSmtp) -> None:
    channel.send(HELLO)
    smtp.replies["NOOP"] = "hang up"
    assert channel.send(HELLO) == Accepted("<outbox-12@shop.example>")
    assert smtp.connections == 2


@pytest.mark.parametrize("to", ["", "lihua", "a@b.example, c@d.example", "a@b\r\nBcc: c@d", "李@例子.cn", "a b@c.d"])
def test_an_address_that_is_none_is_refused_before_sending(channel: EmailChannel, smtp: FakeSmtp, to: str) -> None:
    assert channel.send(replace(HELLO, to=to)) == Refused("bad-address", "address")
    assert smtp.connections == 0


def test_a_line_break_in_a_header_is_refused(channel: EmailChannel, smtp: FakeSmtp) -> None:
    assert channel.send(replace(HELLO, subject="Hi\r\nBcc: c@d.example")) == Refused("bad-header", "message")
    assert smtp.accepted == []


def test_a_refused_connection_is_a_retry() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        server = SmtpServer("127.0.0.1", unused.getsockname()[1], "none")
        outcome = EmailChannel(server, "hello@shop.example").send(HELLO)
    assert outcome == Retry("connect: ConnectionRefusedError")


def test_mail_never_falls_back_to_clear_text(smtp: FakeSmtp) -> None:
    channel = EmailChannel(SmtpServer("127.0.0.1", smtp.port, "starttls", timeout_s=2), "hello@shop.example")
    assert channel.send(HELLO) == Retry("sign-in: SMTPNotSupportedError", pause_channel=True)
    assert smtp.accepted == []


def test_a_wrong_password_pauses_the_channel(smtp: FakeSmtp) -> None:
    smtp.offers, smtp.replies["AUTH"] = ("AUTH PLAIN",), "535 5.7.8 wrong password"
    server = SmtpServer("127.0.0.1", smtp.port, "none", user="shop", password="wrong", timeout_s=2)
    outcome = EmailChannel(server, "hello@shop.example").send(HELLO)
    assert outcome == Retry("sign-in: SMTPAuthenticationError", pause_channel=True)


def test_mail_cannot_be_looked_up(channel: EmailChannel) -> None:
    with pytest.raises(CannotTell):
        channel.find(HELLO, since_ms=0, taken=())


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtps://m.example", SmtpServer("m.example", 465, "tls")),
        ("smtp://m.example", SmtpServer("m.example", 587, "starttls")),
        ("smtp://m.example:2525?starttls=off", SmtpServer("m.example", 2525, "none")),
        ("smtps://a%40b:p%3A1@m.example:99", SmtpServer("m.example", 99, "tls", "a@b", "p:1")),
        ("smtp://u:p@127.0.0.1?starttls=off", SmtpServer("127.0.0.1", 25, "none", "u", "p")),
    ],
)
def test_parse_smtp_url_reads_the_server(url: str, server: SmtpServer) -> None:
    assert parse_smtp_url(url) == server


@pytest.mark.parametrize(
    "url",
    [
        "",
        "m.example",
        "http://m.example",
        "smtp://u:secret@m.example?starttls=off",
        "smtp://u:secret@m.example?tls=no",
        "smtps://u:secret@m.example:99999",
    ],
)
def test_parse_smtp_url_refuses_without_telling_the_password(url: str) -> None:
    with pytest.raises(ValueError, match=r"\w") as caught:
        parse_smtp_url(url)
    assert "secret" not in str(caught.value)


def test_the_password_is_not_shown() -> None:
    assert "p1" not in repr(parse_smtp_url("smtps://u:p1@m.example"))
