"""What Twilio tells us: delivery reports and replies. Nothing is believed without its signature."""

from flask import Blueprint, Response, request
from werkzeug.exceptions import Forbidden

from core.base import clock
from core.outreach import delivery, inbound
from kiosk import web
from notify import signature

pages = Blueprint("hooks", __name__, url_prefix="/hooks/twilio")

EMPTY_REPLY = '<?xml version="1.0" encoding="UTF-8"?><Response/>'


def _check() -> None:
    """Raise unless Twilio signed this very form for our public address. Raises: Forbidden."""
    settings = web.shop_settings()
    url = signature.public_url(
        settings.public_url, path=request.path, query=request.query_string.decode("ascii", "replace")
    )
    given = request.headers.get("X-Twilio-Signature")
    form = list(request.form.items(multi=True))
    if not signature.is_genuine(given, url=url, form=form, token=settings.twilio_auth_token):
        raise Forbidden


@pages.post("/status")
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


@pages.post("/inbound")
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
