"""Ending offers with one click: from the outbox through a real mail server to the door, as a mail program does it."""

import re

import pytest
from flask.testing import FlaskClient

import scheduler
from core.base import clock, db
from core.base.clock import Millis
from core.books import outbox
from core.books.outbox import Letter
from notify.email import EmailChannel, SmtpServer
from tests.fakes.mailserver import Postbox, mail_server
from tests.shops import Shop

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def queue(shop: Shop, member: int, key: str) -> None:
    letter = Letter(key, "winback", "marketing", "zh", {"shop": "山茶", "name": "李华"}, Millis(2**50),
                    member_id=member, channel="email")  # fmt: skip
    db.atomic(outbox.put)(letter, now=shop.now)


@pytest.fixture
def lihua(one_shop: Shop) -> int:
    one_shop.rule("gap_days", 0)
    member = one_shop.member("13800138000", name="李华", email="lihua@example.com",
                             purposes=("membership", "service", "marketing"))  # fmt: skip
    db.atomic(lambda: db.run("UPDATE outbox SET state = 'cancelled'"))()
    return member


def sent(shop: Shop, postbox: Postbox) -> str:
    """Send what waits; the address of the mail's one-click header."""
    with mail_server(postbox) as port, clock.set_to(shop.now):
        channel = EmailChannel(SmtpServer("127.0.0.1", port, "none", timeout_s=5), "山茶 <hello@shop.example>")
        scheduler.send_due({"email": channel}, "a")
        channel.close()
    (mail,) = postbox.mails
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert postbox.taken[0].rcpt_tos == ["lihua@example.com"]
    found = re.fullmatch("<https://vip.example.cn(/u/.+)>", mail["List-Unsubscribe"])
    assert found
    return found[1]


def test_one_click_ends_offers_by_mail_and_cancels_what_waits(client: FlaskClient, one_shop: Shop, lihua: int) -> None:
    queue(one_shop, lihua, "a")
    path = sent(one_shop, Postbox())
    queue(one_shop, lihua, "b")
    for _ in range(2):
        assert client.post(path, data=ONE_CLICK).status_code == 200
    assert db.value("SELECT state FROM outbox WHERE dedupe_key = 'b'") == "cancelled"
    sql = "SELECT granted, channel FROM consent WHERE purpose = 'marketing' ORDER BY id"
    assert db.rows(sql) == [(1, ""), (0, "email")]


def test_looking_at_the_page_ends_nothing_and_a_changed_token_opens_none(
    client: FlaskClient, one_shop: Shop, lihua: int
) -> None:
    queue(one_shop, lihua, "a")
    path = sent(one_shop, Postbox())
    assert client.get(path).status_code == 200
    assert client.post(path[:-1] + ("a" if path[-1] != "a" else "b"), data=ONE_CLICK).status_code == 404
    assert db.value("SELECT count(*) FROM consent WHERE granted = 0") == 0
