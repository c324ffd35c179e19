"""What providers tell us: delivery reports and replies. Nothing is believed without a signature or a secret."""

import hmac
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, request
from werkzeug.exceptions import Forbidden

from core.base import clock, settings
from core.outreach import delivery, inbound
from kiosk import web
from notify import gatewayhooks, gatewayplan, signature
from notify.gatewayhooks import Posted

pages = Blueprint("hooks", __name__, url_prefix="/hooks")

EMPTY_REPLY = '<?xml version="1.0" encoding="UTF-8"?><Response/>'


def _check() -> None:
    """Raise unless Twilio signed this very form for our public address. Raises: Forbidden."""
    ours = web.shop_settings()
    url = signature.public_url(
        ours.public_url, path=request.path, query=request.query_string.decode("ascii", "replace")
    )
    given = request.headers.get("X-Twilio-Signature")
    form = list(request.form.items(multi=True))
    if not signature.is_genuine(given, url=url, form=form, token=ours.twilio_auth_token):
        raise Forbidden


@pages.post("/twilio/status")
def status() -> Response:
    """A report on one message; `o` and `n` name our row and attempt."""
    _check()
    delivery.note_status(
        sid=request.form.get("MessageSid", ""),
        status=request.form.get("MessageStatus", ""),
        outbox_id=request.args.get("o", type=int),
        attempt=request.args.get("n", type=int),
        now=clock.now(),
    )
    return Response(status=204)


@pages.post("/twilio/inbound")
def reply() -> Response:
    """Someone answered a message; the answer to Twilio is empty, so nothing is sent back from here."""
    _check()
    inbound.receive(
        sid=request.form.get("MessageSid", ""),
        from_=request.form.get("From", ""),
        body=request.form.get("Body", ""),
        opt_out_type=request.form.get("OptOutType") or None,
        now=clock.now(),
    )
    return Response(EMPTY_REPLY, mimetype="text/xml")


# --- a gateway -------------------------------------------------------------------------------------


@pages.post("/gateway/status")
@pages.post("/gateway/<token>/status")
def gateway_status(token: str = "") -> Response:
    """Reports of a gateway, as its file describes them; repeated and late ones change nothing."""
    gateway, posted = _gateway(token)
    for one in gatewayhooks.reports(gateway, posted):
        delivery.note_status(
            sid=one.sid, status=one.status, outbox_id=one.outbox_id, attempt=one.attempt, now=clock.now()
        )
    return _taken(gateway.plan.status)


@pages.post("/gateway/inbound")
@pages.post("/gateway/<token>/inbound")
def gateway_reply(token: str = "") -> Response:
    """Replies a gateway passes on, each taken once."""
    gateway, posted = _gateway(token)
    for one in gatewayhooks.replies(gateway, posted, now_ms=clock.now()):
        inbound.receive(sid=one.sid, from_=one.sender, body=one.text, opt_out_type=None, now=clock.now())
    return _taken(gateway.plan.reply)


def _gateway(token: str) -> tuple[gatewayplan.Gateway, Posted]:
    """The shop's gateway and what was posted, believed by its signature or by our secret in the address.

    Raises: Forbidden.
    """
    ours = web.shop_settings()
    if ours.channel != "gateway":
        raise Forbidden
    gateway = gatewayplan.Gateway(_plan(ours.gateway_file), ours.gateway_key, ours.gateway_secret)
    posted = Posted(request.path, dict(request.headers), request.get_data())
    known = hmac.compare_digest(token.encode(), settings.hook_path().rpartition("/")[2].encode())
    if not known and not gatewayhooks.is_genuine(gateway, posted, now_ms=clock.now()):
        raise Forbidden
    return gateway, posted


@cache
def _plan(path: str) -> gatewayplan.Plan:
    """The gateway's file, read once; a file with a mistake believes nobody. Raises: Forbidden."""
    try:
        return gatewayplan.read(Path(path))
    except gatewayplan.PlanError:
        raise Forbidden from None


def _taken(described: gatewayplan.Reporting | gatewayplan.Replying | None) -> Response:
    """What the provider wants to hear, or it posts the same again."""
    text = described.answer if described is not None else "ok"
    return Response(text, mimetype="application/json" if text.startswith("{") else "text/plain")
