"""E-mail through aiosmtpd, a mail server not of ours: refusals of one receiver, headers, one connection a batch."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from notify.channel import Accepted, Attachment, Outcome, OutMessage, Refused, Retry
from notify.email import EmailChannel, SmtpServer, parse_smtp_url
from tests.fakes.mailserver import Postbox, mail_server

HELLO = OutMessage(
    outbox_id=12, attempt=1, to="lihua@example.com", subject="生日快乐，李华！", body="李华，生日快乐！\n",
    language="zh", unsubscribe_url="https://members.example.com/u/1x2y3z.4k5m6n7p8q", created_at=1_763_726_400_000,
)  # fmt: skip


@pytest.fixture
def postbox() -> Postbox:
    return Postbox()


@pytest.fixture
def channel(postbox: Postbox) -> Iterator[EmailChannel]:
    with mail_server(postbox) as port:
        made = EmailChannel(SmtpServer("127.0.0.1", port, "none", timeout_s=5), "熟客 <hello@shop.example>")
        yield made
        made.close()


def test_a_mail_arrives_whole(channel: EmailChannel, postbox: Postbox) -> None:
    assert channel.send(HELLO) == Accepted("<outbox-12@shop.example>")
    (mail,) = postbox.mails
    assert (mail["Subject"], mail["From"], mail["To"]) == (
        "生日快乐，李华！", "熟客 <hello@shop.example>", "lihua@example.com",
    )  # fmt: skip
    assert mail.get_content().strip() == "李华，生日快乐！"
    assert {
        name: mail[name] for name in ("Message-ID", "Auto-Submitted", "List-Unsubscribe", "List-Unsubscribe-Post")
    } == {
        "Message-ID": "<outbox-12@shop.example>",
        "Auto-Submitted": "auto-generated",
        "List-Unsubscribe": "<https://members.example.com/u/1x2y3z.4k5m6n7p8q>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        ("550 5.1.1 no such user", Refused("550", "address")),
        ("550 5.7.1 we do not know you", Refused("550", "sender")),
        ("451 4.7.1 greylisted, come back", Retry("rcpt: 451")),
        ("452 4.2.2 mailbox full", Retry("rcpt: 452")),
    ],
)
def test_one_refused_receiver_spoils_no_other(
    channel: EmailChannel, postbox: Postbox, reply: str, outcome: Outcome
) -> None:
    postbox.replies["nobody@example.com"] = reply
    sent = [
        replace(HELLO, outbox_id=number, to=to) for number, to in enumerate(("a@b.cn", "nobody@example.com", "c@d.cn"))
    ]
    assert [channel.send(one) for one in sent] == [
        Accepted("<outbox-0@shop.example>"),
        outcome,
        Accepted("<outbox-2@shop.example>"),
    ]
    assert [one.rcpt_tos for one in postbox.taken] == [["a@b.cn"], ["c@d.cn"]]


def test_a_batch_uses_one_connection(channel: EmailChannel, postbox: Postbox) -> None:
    for number in range(30):
        channel.send(replace(HELLO, outbox_id=number))
    assert (len(postbox.taken), len(postbox.sessions)) == (30, 1)
    channel.close()
    channel.send(HELLO)
    assert len(postbox.sessions) == 2


@pytest.mark.parametrize(
    "message",
    [
        replace(HELLO, subject="hello\nBcc: all@example.com"),
        replace(HELLO, subject="hello\r\n\r\nanother body"),
        replace(HELLO, to="lihua@example.com\nBcc: all@example.com"),
        replace(HELLO, to="lihua@example.com>, <all@example.com"),
        replace(HELLO, unsubscribe_url="https://a.example/\nBcc: all@example.com"),
    ],
)
def test_a_line_break_adds_no_header_and_nobody(channel: EmailChannel, postbox: Postbox, message: OutMessage) -> None:
    assert isinstance(channel.send(message), Refused)
    assert postbox.taken == []


def test_a_dot_alone_ends_no_mail(channel: EmailChannel, postbox: Postbox) -> None:
    channel.send(replace(HELLO, body="one\n.\ntwo\n..\n"))
    assert postbox.mails[0].get_content().splitlines() == ["one", ".", "two", ".."]


def test_the_address_of_a_server_is_read_as_documented(postbox: Postbox) -> None:
    found = parse_smtp_url("smtps://shop%40example.com:p%2Fw@mail.example.com")
    assert (found.host, found.port, found.security, found.user, found.password) == (
        "mail.example.com", 465, "tls", "shop@example.com", "p/w",
    )  # fmt: skip


def test_files_go_with_a_mail_whole_under_their_names(channel: EmailChannel, postbox: Postbox) -> None:
    files = (Attachment("销售.xlsx", "application/octet-stream", bytes(range(256)) * 400),
             Attachment("may.pdf", "application/pdf", b"%PDF-1.4"))  # fmt: skip
    assert channel.send(replace(HELLO, attachments=files)) == Accepted("<outbox-12@shop.example>")
    (mail,) = postbox.mails
    assert mail.get_body().get_content().strip() == "李华，生日快乐！"  # type: ignore[union-attr]
    came = [(one.get_filename(), one.get_content_type(), one.get_content()) for one in mail.iter_attachments()]
    assert came == [(one.name, one.kind, one.data) for one in files]
    assert mail["Message-ID"] == "<outbox-12@shop.example>"
