"""Claims 补积分: a sale without a member, claimed later by the code on its receipt, once.

The points are those the sale recorded as claimable (the multiplier of the lowest tier, the promotions
of that moment), less what came back meanwhile; spending counts on the day of the sale.
"""

from datetime import date

from core.base import clock, db, seals
from core.base.access import Actor, require_own
from core.base.clock import Millis
from core.base.errors import NotFound, Refused
from core.base.i18n import N_
from core.books import audit, requests, rules
from core.books.posting import Cause
from core.loyalty import points
from core.selling import sales

PREFIX = "S1"


class ReceiptUnknown(NotFound):
    """This is no code of a receipt of ours."""

    code = "receipt_unknown"
    text = N_("There is no receipt with this code. Scan the square at the end of the receipt again.")


class ClaimTooLate(Refused):
    """The shop's days for claims have passed."""

    code = "claim_too_late"
    text = N_("Points can be claimed for {days} days; this receipt is of {sold_on}.")


class ClaimedBefore(Refused):
    """The points of this receipt are somebody's already."""

    code = "claimed_before"
    text = N_("The points of this receipt were collected before.")


def code_of(sale_id: int) -> str:
    """The code on a receipt: 'S1.<sale>.<seal>'."""
    return seals.code_of(PREFIX, sale_id)


def link_of(sale_id: int, base_url: str) -> str:
    """The code as an address that a phone's camera opens: '<base>/S/S1.<sale>.<seal>'."""
    return f"{base_url}/S/{code_of(sale_id)}"


def in_link(scanned: str) -> str:
    """The code in what was scanned: a receipt's link, or a code by itself."""
    before, _slash, code = scanned.strip().rpartition("/")
    return code if before.upper().endswith("/S") else scanned.strip()


def sale_of(code: str) -> int:
    """The sale of a receipt's code or link. Raises: ReceiptUnknown."""
    sale_id = seals.number_of(PREFIX, in_link(code))
    if sale_id is None:
        raise ReceiptUnknown(what="receipt")
    return sale_id


@db.atomic
def claim(code: str, member_id: int, *, by: Actor, now: Millis, key: str | None = None) -> int:
    """Give a member the points of a receipt; how many. The same key gives the same answer.

    By staff who may find members, by a key, or by the member themselves.
    Raises: NotAllowed, ReceiptUnknown, ClaimedBefore, ClaimTooLate, MemberUnknown, MemberBlocked, KeyReused …
    """
    require_own(by, member_id, "member.find")
    sale_id = sale_of(code)
    asked = {"sale": sale_id, "member": member_id}
    return requests.once(
        key, lambda: _claim(sale_id, member_id, by, now), scope=f"{by.tag}/claim", request=asked, now=now
    )


def _claim(sale_id: int, member_id: int, by: Actor, now: Millis) -> int:
    sales.hold_buyer(member_id)
    found = db.one("SELECT store_id, member_id, local_day, at FROM sale WHERE id = ?" + _for_update(), (sale_id,))
    if found is None:
        raise ReceiptUnknown(what="receipt")
    store_id, owner, local_day, at = found
    if owner is not None:
        raise ClaimedBefore()
    shop = rules.current(now=now)
    if not shop.claim_days or now >= clock.end_of(date.fromordinal(local_day + shop.claim_days), shop.zone):
        raise ClaimTooLate(days=shop.claim_days, sold_on=date.fromordinal(local_day))
    earned, net_cents = _left(sale_id)
    sql = "UPDATE sale SET member_id = ?, claimed_at = ?, earned_points = ? WHERE id = ? AND member_id IS NULL"
    db.run(sql, (member_id, now, earned, sale_id))
    if earned:
        points.earn(member_id, earned, Cause("earn", "sale", sale_id, by, now, store_id))
    day = date.fromordinal(local_day)
    sales.count(member_id, sale_id, day=day, net_cents=net_cents, earned=earned, sold_at=at, by=by, now=now)
    audit.record("sale.claimed", "sale", sale_id, by=by, now=now, store_id=store_id, after={"points": earned})
    return earned


def _for_update() -> str:
    return "" if db.is_sqlite() else " FOR UPDATE"


def _left(sale_id: int) -> tuple[int, int]:
    """Points and spending of a sale less what came back of it."""
    found = db.one(
        "SELECT CAST(sum(l.earned_points - (SELECT coalesce(sum(r.taken_points), 0) FROM refund_line r"
        " WHERE r.line_id = l.id)) AS BIGINT), CAST(sum(CASE WHEN l.kind IN ('goods', 'service') THEN l.net_cents"
        " - (SELECT coalesce(sum(r.cents), 0) FROM refund_line r WHERE r.line_id = l.id) ELSE 0 END) AS BIGINT)"
        " FROM sale_line l WHERE l.sale_id = ?",
        (sale_id,),
    )
    return (found[0] or 0, found[1] or 0) if found else (0, 0)
