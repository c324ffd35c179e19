"""Webhooks: believed with a signature over the public address only, and once."""

from flask.testing import FlaskClient

from core.base import db
from notify import signature
from tests import shops

STATUS = "/hooks/twilio/status?o=12&n=1"
INBOUND = "/hooks/twilio/inbound"


def _post(client: FlaskClient, path: str, form: dict[str, str], *, base: str = "https://vip.example.cn") -> int:
    signed = signature.sign(base + path, form.items(), token="twilio token")
    return client.post(path, data=form, headers={"X-Twilio-Signature": signed}).status_code


def test_a_signed_report_is_taken_once(client: FlaskClient) -> None:
    form = {"MessageSid": "SM1", "MessageStatus": "delivered", "ErrorCode": ""}
    assert _post(client, STATUS, form) == 204
    assert _post(client, STATUS, form) == 204
    assert db.rows("SELECT sid, status FROM delivery_status") == [("SM1", "delivered")]


def test_a_forged_report_is_refused(client: FlaskClient) -> None:
    form = {"MessageSid": "SM1", "MessageStatus": "delivered"}
    assert client.post(STATUS, data=form).status_code == 403
    assert _post(client, STATUS, form, base="http://127.0.0.1:8080") == 403
    assert db.value("SELECT count(*) FROM delivery_status") == 0


def test_stop_withdraws_the_consent(client: FlaskClient, one_shop: shops.Shop) -> None:
    one_shop.member("13800138000", purposes=("membership", "marketing"))
    form = {"MessageSid": "SM2", "From": "+8613800138000", "Body": "STOP", "OptOutType": "STOP"}
    assert _post(client, INBOUND, form) == 200
    sql = "SELECT granted FROM consent WHERE purpose = 'marketing' ORDER BY id DESC"
    assert db.value(sql) == 0


def test_what_was_read_by_whatsapp_was_delivered(client: FlaskClient, one_shop: shops.Shop) -> None:
    one_shop.member("13800138000", purposes=("membership", "service"))
    db.atomic(lambda: db.run("UPDATE outbox SET state = 'sent', sid = 'SM1', attempts = 1"))()
    assert _post(client, STATUS, {"MessageSid": "SM1", "MessageStatus": "read"}) == 204
    assert db.value("SELECT state FROM outbox") == "delivered"
