"""What a gateway posts: believed by its signature or by the secret in the address, and once."""

import hashlib
import hmac
import json
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core.base import db, settings
from core.outreach import delivery
from tests import shops
from tests.fakes.gateway import SECRET
from tests.kiosk.conftest import SETTINGS

EXAMPLE = str(Path(__file__).resolve().parents[2] / "docs" / "examples" / "gateway-json.toml")
REPORT = {"reports": [{"sid": "sid1", "status": "0"}]}
STOP = {"replies": [{"mobile": "13800138000", "content": "退订"}]}
NOON_S = shops.NOON // 1000


@pytest.fixture
def gateway(app: Flask) -> str:
    """A shop whose texts go by a gateway; the secret part of its address."""
    mine = replace(SETTINGS, channel="gateway", gateway_file=EXAMPLE, gateway_key="me", gateway_secret=SECRET)
    settings.use(mine)
    app.config["SETTINGS"] = mine
    return settings.hook_path()


def signed(body: bytes, *, at: int = NOON_S, secret: str = SECRET) -> dict[str, str]:
    digest = hmac.new(secret.encode(), f"{at}\n".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Signature": digest, "X-Time": str(at)}


def message_sent(shop: shops.Shop) -> int:
    shop.member("13800138000", purposes=("membership", "service", "marketing"))
    outbox_id = int(db.value("SELECT id FROM outbox WHERE template = 'welcome'"))
    sql = "UPDATE outbox SET state = 'accepted', sid = 'sid1', attempts = 1 WHERE id = ?"
    db.atomic(lambda: db.run(sql, (outbox_id,)))()
    return outbox_id


def test_a_report_at_the_secret_address_is_taken_once(client: FlaskClient, gateway: str, one_shop: shops.Shop) -> None:
    outbox_id = message_sent(one_shop)
    for _ in range(2):
        answer = client.post(f"{gateway}/status", json=REPORT)
        assert (answer.status_code, answer.json) == (200, {"code": 0})
    assert db.value("SELECT state FROM outbox WHERE id = ?", (outbox_id,)) == "delivered"
    assert db.rows("SELECT sid, status FROM delivery_status") == [("sid1", "delivered")]


def test_a_report_that_comes_before_our_own_note_is_matched_by_our_id(
    client: FlaskClient, gateway: str, one_shop: shops.Shop
) -> None:
    outbox_id = message_sent(one_shop)
    db.atomic(lambda: db.run("UPDATE outbox SET state = 'unknown', sid = NULL WHERE id = ?", (outbox_id,)))()
    told = {"reports": [{"sid": "sid9", "ext": f"{outbox_id}-1", "status": "0"}]}
    assert client.post(f"{gateway}/status", json=told).status_code == 200
    assert db.one("SELECT state, sid FROM outbox WHERE id = ?", (outbox_id,)) == ("delivered", "sid9")


def test_a_report_under_our_own_name_finds_what_the_gateway_named_otherwise(gateway: str, one_shop: shops.Shop) -> None:
    outbox_id = message_sent(one_shop)
    db.atomic(lambda: db.run("UPDATE outbox SET sid = 'gw7' WHERE id = ?", (outbox_id,)))()
    delivery.note_status(sid=f"{outbox_id}-1", status="delivered", outbox_id=outbox_id, attempt=1, now=one_shop.now)
    assert db.one("SELECT state, sid FROM outbox WHERE id = ?", (outbox_id,)) == ("delivered", "gw7")
    assert not delivery.note_status(sid="other", status="failed", outbox_id=outbox_id, attempt=1, now=one_shop.now)


def test_a_signed_report_needs_no_secret_address(client: FlaskClient, gateway: str, one_shop: shops.Shop) -> None:
    message_sent(one_shop)
    body = json.dumps(REPORT).encode()
    assert client.post("/hooks/gateway/status", data=body, headers=signed(body)).status_code == 200
    assert db.value("SELECT count(*) FROM delivery_status") == 1


@pytest.mark.parametrize("way", ["nothing", "another secret", "too old", "another body", "another token", "no token"])
def test_a_forged_report_is_refused(client: FlaskClient, gateway: str, way: str) -> None:
    body = json.dumps(REPORT).encode()
    headers = {
        "another secret": signed(body, secret="x"),
        "too old": signed(body, at=NOON_S - 301),
        "another body": signed(body + b" "),
    }.get(way, {})
    path = {"another token": "/hooks/gateway/" + "0" * 32, "no token": "/hooks/gateway/ü"}.get(way, "/hooks/gateway")
    assert client.post(f"{path}/status", data=body, headers=headers).status_code == 403
    assert client.post(f"{path}/inbound", data=body, headers=headers).status_code == 403
    assert db.value("SELECT count(*) FROM delivery_status") == 0


def test_a_shop_without_a_gateway_believes_no_post(client: FlaskClient) -> None:
    assert client.post(f"{settings.hook_path()}/status", json=REPORT).status_code == 403


def test_a_broken_file_believes_no_post(app: Flask, client: FlaskClient, gateway: str, tmp_path: Path) -> None:
    file = tmp_path / "gateway.toml"
    file.write_text("url = 7", "utf-8")
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], gateway_file=str(file))
    assert client.post(f"{gateway}/status", json=REPORT).status_code == 403


def test_a_stop_by_gateway_withdraws_the_consent_once(client: FlaskClient, gateway: str, one_shop: shops.Shop) -> None:
    one_shop.member("13800138000", purposes=("membership", "marketing"))
    for _ in range(2):
        assert client.post(f"{gateway}/inbound", json=STOP).json == {"code": 0}
    assert db.rows("SELECT granted FROM consent WHERE purpose = 'marketing' ORDER BY id") == [(1,), (0,)]
    assert db.value("SELECT count(*) FROM inbound") == 1


def test_a_reply_by_whatsapp_is_of_the_same_member(client: FlaskClient, one_shop: shops.Shop) -> None:
    from notify import signature

    ann = one_shop.member("13800138000")
    form = {"MessageSid": "SM9", "From": "whatsapp:+8613800138000", "To": "whatsapp:+14155238886", "Body": "hello"}
    given = signature.sign("https://vip.example.cn/hooks/twilio/inbound", form.items(), token="twilio token")
    assert client.post("/hooks/twilio/inbound", data=form, headers={"X-Twilio-Signature": given}).status_code == 200
    assert db.rows("SELECT member_id, word FROM inbound") == [(ann, "other")]
