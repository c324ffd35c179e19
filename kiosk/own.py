"""What members do by themselves on their phone: their history, points of a receipt, the day's check-in."""

from flask import Blueprint, Response, render_template, request

from core.base import clock
from core.base.errors import RegularsError
from core.giving import checkin
from core.loyalty import statement
from core.people import members
from core.selling import claims
from kiosk import phone, web

pages = Blueprint("own", __name__)
LINES = 30
"""Of a page of history."""
LONGEST = 120
"""Characters of a receipt's code, or of the link with it."""


@pages.get("/me/history")
def history() -> str:
    """Every move of points and stored value, the newest first."""
    _visit, member_id = phone.signed_in()
    before_id = request.args.get("before", type=int)
    lines = statement.of(member_id, before_id=before_id, limit=LINES + 1)
    older = lines[LINES - 1].id if len(lines) > LINES else None
    return render_template("phone_history.html", lines=lines[:LINES], older=older, words=statement.WORDS)


@pages.get("/S/<code>")
@pages.get("/s/<code>")
def receipt(code: str) -> Response | str:
    """The link in the square of a receipt: the question whether its points are wanted.

    Without a card on this phone it asks for one first. Nothing is written by opening a link.
    """
    found = web.visit("phone")
    if found is None or found.session.member_id is None:
        return render_template("phone_receipt.html", error=None, code="", signed_in=False)
    return _receipt_page(None, code=code)


@pages.get("/me/receipt")
def receipt_form() -> str:
    """Where the code of a receipt is typed."""
    phone.signed_in()
    return _receipt_page(None)


def _receipt_page(error: RegularsError | None, *, code: str = "") -> str:
    typed = request.form.get("code", code)[:LONGEST]
    return render_template("phone_receipt.html", error=error, code=typed, longest=LONGEST, signed_in=True)


@pages.post("/me/receipt")
def claim() -> Response:
    """Collect the points of a receipt; pressed twice it happens once, and both are shown the same."""
    _visit, member_id = phone.signed_in()
    code = request.form.get("code", "")[:LONGEST]
    key = str(claims.sale_of(code))
    claims.claim(code, member_id, by=members.themselves(member_id), now=clock.now(), key=key)
    return phone.to("/me/history?new=1")


@pages.post("/me/check-in")
def check_in() -> Response:
    """Check in for today; a second time gives nothing and changes nothing."""
    _visit, member_id = phone.signed_in()
    checkin.check_in(member_id, by=members.themselves(member_id), now=clock.now())
    return phone.to("/me")


phone.AGAIN["own.claim"] = _receipt_page
