"""Addresses that stand in messages: short links, and the page that ends offers without signing in."""

from flask import Blueprint, Response, render_template

from core.base import clock
from core.outreach import shortlinks, unsubscribing
from kiosk import phone, web

pages = Blueprint("links", __name__)


@pages.get("/L/<token>")
@pages.get("/l/<token>")
def follow(token: str) -> Response:
    """Go where a message's link leads; that it was opened is counted, not by whom."""
    answer = phone.to(shortlinks.opened(token[:40], address=web.address(), now=clock.now()))
    answer.status_code = 302
    return answer


@pages.get("/u/<token>")
def stop_page(token: str) -> str:
    """What the link ends, and the button for it: opening alone ends nothing, for programs open links too."""
    return render_template("phone_stop.html", stop=unsubscribing.look(token[:40]), done=False)


@pages.post("/u/<token>")
def stop(token: str) -> str:
    """End offers; also what a mail program sends by itself (RFC 8058)."""
    return render_template("phone_stop.html", stop=unsubscribing.end(token[:40], now=clock.now()), done=True)
