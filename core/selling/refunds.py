"""Refunds 退货退款: reverse what the sale recorded, never what today's rules would say."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from core.base import db, ids, money
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Invalid, NotFound
from core.base.i18n import N_
from core.books import audit, carrying, events, locks, merges, posting, requests, rules, stats
from core.books.posting import Asset, Cause
from core.giving import referral
from core.goods import batches, bundles, stock
from core.goods.catalogue import MONEY_ONLY
from core.loyalty import coupons, families, giftcards, passes, tiers, wallet
from core.people import staff
from core.selling import returns, shifts, tenders
from core.selling.returns import LinePart, RefundPlan, SoldLine
from core.selling.returns import ReturnLine as ReturnLine
from core.selling.sales import ApprovalNeeded, business_day

STORED: tuple[Asset, ...] = ("principal", "bonus")
HELD = tenders.STORED
"""Kinds of tenders that are value the shop holds; the rest is money."""


class SaleUnknown(NotFound):
    """No sale has this id."""

    code = "sale_unknown"
    text = N_("There is no sale {what}. Scan its receipt, or open it from the member's card.")


class WalletNeedsMember(Invalid):
    """Stored value belongs to a member; this sale has none."""

    code = "wallet_needs_member"
    text = N_("This sale has no member, so the money cannot stay as stored value. Pay it out.")


# --- reads ---------------------------------------------------------------------------------------


def sold_lines(sale_id: int) -> list[SoldLine]:
    """The lines of a sale with what came back so far. Raises: SaleUnknown."""
    found = db.rows(
        "SELECT l.id, l.product_id, l.name, l.kind, l.quantity_milli, l.amount_cents, l.redeemed_points,"
        " l.redeemed_cents, l.earned_points, (SELECT coalesce(CAST(sum(r.quantity_milli) AS BIGINT), 0)"
        " FROM refund_line r WHERE r.line_id = l.id), (SELECT coalesce(CAST(sum(r.cents) AS BIGINT), 0)"
        " FROM refund_line r WHERE r.line_id = l.id), l.tax_cents, s.tax_added"
        " FROM sale_line l JOIN sale s ON s.id = l.sale_id WHERE l.sale_id = ? ORDER BY l.position",
        (sale_id,),
    )
    if not found:
        raise SaleUnknown(what=str(sale_id))
    offs: dict[int, list[int]] = {}
    sql = "SELECT line_id, cents FROM sale_discount WHERE sale_id = ? ORDER BY id"
    for line_id, cents in db.rows(sql, (sale_id,)):
        offs.setdefault(line_id, []).append(cents)
    names = "id product_id name kind quantity amount_cents redeemed_points redeemed_cents earned_points"
    fields = (*names.split(), "returned", "refunded_cents", "tax_cents", "tax_added")
    return [SoldLine(discounts=tuple(offs.get(row[0], ())), **dict(zip(fields, row, strict=True))) for row in found]


def tenders_left(sale_id: int) -> list[tuple[int, str, int]]:
    """What is left of each tender of a sale: (id, kind, cents)."""
    found = db.rows(
        "SELECT t.id, t.kind, t.cents - (SELECT coalesce(CAST(sum(r.cents) AS BIGINT), 0)"
        " FROM refund_tender r WHERE r.tender_id = t.id)"
        " FROM tender t WHERE t.sale_id = ? ORDER BY t.position",
        (sale_id,),
    )
    return [(row[0], row[1], row[2]) for row in found]


def preview(sale_id: int, back: Sequence[ReturnLine], *, by: Actor, to_wallet: bool = False) -> RefundPlan:
    """What a refund would do, its tenders as they would be paid back; writes nothing.

    Raises: NotAllowed, SaleUnknown, RefundInvalid, TooMuchReturned, WalletNeedsMember.
    """
    require(by, "refund")
    with db.read():
        planned = planned_return(sale_id, back)
        if to_wallet and db.value("SELECT member_id FROM sale WHERE id = ?", (sale_id,)) is None:
            raise WalletNeedsMember(field="to_wallet")
    back_as = tuple((tender_id, _paid_as(kind, to_wallet), cents) for tender_id, kind, cents in planned.tenders)
    return replace(planned, tenders=back_as)


def _paid_as(kind: str, to_wallet: bool) -> str:
    """How the part of a tender goes back: as it came, or what was money as paid-in stored value."""
    return "principal" if to_wallet and kind not in HELD else kind


def planned_return(sale_id: int, back: Sequence[ReturnLine]) -> RefundPlan:
    """A refund of goods, worked out inside the caller's transaction or view.

    The money that bought top-ups and cards of the same sale stays theirs.
    """
    lines, left = sold_lines(sale_id), tenders_left(sale_id)
    kept = sum(line.amount_cents for line in lines if line.kind in MONEY_ONLY and line.returned < line.quantity)
    by_money = money.shares(kept, of_money(left))
    free = [(one[0], one[1], one[2] - held) for one, held in zip(left, by_money, strict=True)]
    return returns.plan(sale_id, lines, free if kept else left, back)


def of_money(tenders_left: Sequence[tuple[int, str, int]]) -> list[int]:
    """What is left of each tender that is not stored value."""
    return [0 if kind in HELD else cents for _, kind, cents in tenders_left]


# --- doing ---------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class How:
    """Why lines come back, at which till, who approved it, and whether the money stays as stored value."""

    reason: str = ""
    approved_by: Actor | None = None
    shift_id: int | None = None
    to_wallet: bool = False


AS_PAID = How()
"""Money goes back the way it came."""


@dataclass(frozen=True)
class Return:
    """One refund being written: its sale, who, when, and how."""

    id: int
    sale_id: int
    store_id: int
    member_id: int | None
    kind: str
    how: How
    by: Actor
    now: Millis

    def cause(self, kind: str) -> Cause:
        """The cause of the entries this refund makes."""
        return Cause(kind, "refund", self.id, self.by, self.now, self.store_id, self.how.reason or None)


@db.atomic
def refund(
    sale_id: int,
    back: tuple[ReturnLine, ...],
    how: How = AS_PAID,
    *,
    by: Actor,
    now: Millis,
    key: str | None = None,
) -> int:
    """Take lines of a sale back; the refund's id. The same key gives the same refund.

    Raises: NotAllowed, SaleUnknown, RefundInvalid, TooMuchReturned, ApprovalNeeded, WalletNeedsMember,
    ShiftUnknown, KeyReused.
    """
    store_id, member_id = locked(sale_id)
    require(by, "refund", store_id=store_id)
    lines = [line.__dict__ for line in back]
    request = {"sale": sale_id, "back": lines, "reason": how.reason, "to_wallet": how.to_wallet}

    def do() -> int:
        planned = planned_return(sale_id, back)
        doing = Return(ids.new(), sale_id, store_id, member_id, "return", how, by, now)
        take_back(doing, planned)
        return doing.id

    return requests.once(key, do, scope=f"{by.tag}/refund", request=request, now=now)


def begin(sale_id: int, kind: str, how: How, by: Actor, now: Millis) -> Return:
    """A refund to be written inside the caller's transaction. Raises: NotAllowed, SaleUnknown."""
    store_id, member_id = locked(sale_id)
    require(by, "refund", store_id=store_id)
    return Return(ids.new(), sale_id, store_id, member_id, kind, how, by, now)


def take_back(doing: Return, planned: RefundPlan) -> None:
    """Write a refund and everything it moves; inside the caller's transaction.

    Raises: ApprovalNeeded, WalletNeedsMember, ShiftUnknown.
    """
    check_limit(planned.total_cents, doing)
    carry_out(doing, planned)


def carry_out(doing: Return, planned: RefundPlan) -> None:
    """Write a refund that may be made. Raises: WalletNeedsMember, ShiftUnknown."""
    if doing.member_id is not None:
        taken = _move_value(doing, planned, doing.member_id)
    elif doing.how.to_wallet:
        raise WalletNeedsMember(field="to_wallet")
    else:
        taken = planned.due_points  # nobody can claim them any more
    _restock(doing, planned)
    _give_back_prepaid(doing, planned)
    write(doing, planned, taken)


def locked(sale_id: int) -> tuple[int, int | None]:
    """Lock the member, whatever their state, then the sale; the store and the member of the sale.

    Raises: SaleUnknown.
    """
    found = db.one("SELECT store_id, member_id FROM sale WHERE id = ?", (sale_id,))
    if found is None:
        raise SaleUnknown(what=str(sale_id))
    if found[1] is not None:
        beside = [found[1], *payers(sale_id), *referral.behind(found[1])]
        locks.hold(beside=[*beside, *map(merges.leads_to, beside)])
    if not db.is_sqlite():
        now_of = db.value("SELECT member_id FROM sale WHERE id = ? FOR UPDATE", (sale_id,))
        if now_of != found[1]:  # claimed a moment ago
            locks.hold(beside=(now_of,))
            return found[0], now_of
    return found[0], found[1]


def payers(sale_id: int) -> list[int]:
    """Whose wallet paid, where it was not the member's own."""
    sql = "SELECT DISTINCT reference FROM tender WHERE sale_id = ? AND kind IN ('principal', 'bonus')"
    return [int(reference.removeprefix("member:")) for (reference,) in db.rows(sql, (sale_id,)) if reference]


def check_limit(cents: int, doing: Return) -> None:
    """Raise unless so much may be paid back by whoever does it. Raises: ApprovalNeeded, SignedOut."""
    limit = rules.current(now=doing.now).refund_limit_cents
    approver = doing.how.approved_by
    if staff.may_alone(doing.by, cents, limit_cents=limit):
        return
    if approver is None or not approver.may("approve", store_id=doing.store_id):
        raise ApprovalNeeded(field="approved_by", asked_cents=cents, limit_cents=limit)
    audit.confirm(approver)


def write(doing: Return, planned: RefundPlan, taken_points: int) -> None:
    """The rows of a refund; inside the caller's transaction. Raises: ShiftUnknown."""
    sale_id, how = doing.sale_id, doing.how
    if how.shift_id is not None:
        shifts.hold_open(how.shift_id, store_id=doing.store_id)
    number = db.value("UPDATE sale SET refunds = refunds + 1 WHERE id = ? RETURNING refunds", (sale_id,))
    db.add(
        "refund",
        id=doing.id,
        sale_id=sale_id,
        number=number,
        kind=doing.kind,
        store_id=doing.store_id,
        shift_id=how.shift_id,
        day=business_day(doing.store_id, doing.now),
        at=doing.now,
        total_cents=planned.total_cents,
        returned_points=planned.returned_points,
        taken_points=taken_points,
        reason=how.reason or None,
        approved_by=how.approved_by.tag if how.approved_by else None,
        actor=doing.by.tag,
    )
    db.add_many("refund_line", [_line_row(doing, part) for part in planned.parts])
    db.add_many("refund_tender", [_tender_row(doing, *tender) for tender in planned.tenders])
    after = {"sale": sale_id, "total_cents": planned.total_cents}
    action = "sale.voided" if doing.kind == "void" else "sale.refunded"
    audit.record(action, "sale", sale_id, by=doing.by, now=doing.now, store_id=doing.store_id, after=after)
    events.tell(
        "sale.refunded",
        store_id=doing.store_id,
        member_id=doing.member_id,
        now=doing.now,
        sale_id=sale_id,
        refund_id=doing.id,
        kind=doing.kind,
        total_cents=planned.total_cents,
        returned_points=planned.returned_points,
        taken_points=taken_points,
    )


def _line_row(doing: Return, part: LinePart) -> dict[str, object]:
    return {
        "id": ids.new(),
        "refund_id": doing.id,
        "line_id": part.line.id,
        "quantity_milli": part.quantity,
        "cents": part.cents,
        "tax_cents": part.tax_cents,
        "returned_points": part.returned_points,
        "taken_points": part.due_points,
        "restocked": int(part.restocks),
    }


def _tender_row(doing: Return, tender_id: int, kind: str, cents: int) -> dict[str, object]:
    paid_as = _paid_as(kind, doing.how.to_wallet)
    return {"id": ids.new(), "refund_id": doing.id, "tender_id": tender_id, "cents": cents, "paid_as": paid_as}


def _give_back_prepaid(doing: Return, planned: RefundPlan) -> None:
    """Uses of passes to their pass, money of gift cards to their card."""
    for part in planned.parts:
        if part.line.kind == "service":
            passes.give_back(part.line.id, part.quantity // money.PIECE, doing.cause("refund_return"))
    for tender_id, kind, cents in planned.tenders:
        if kind == "gift_card":
            card_id = db.value("SELECT reference FROM tender WHERE id = ?", (tender_id,))
            giftcards.give_back(int(card_id), cents, doing.cause("refund_return"))


def _restock(doing: Return, planned: RefundPlan) -> None:
    back = [(part.line.product_id, part.quantity) for part in planned.parts if part.restocks]
    parts = batches.returned(doing.sale_id, sorted(bundles.opened(back)))
    stock.move_many(doing.store_id, parts, "refund", ref_id=doing.id, by=doing.by, now=doing.now)


def _move_value(doing: Return, planned: RefundPlan, member_id: int) -> int:
    """Give back and take back what the sale moved for its member; the points really taken."""
    sale_id, now = doing.sale_id, doing.now
    grace = rules.grace_until(now)
    stored = {kind: sum(cents for _, one, cents in planned.tenders if one == kind) for kind in STORED}
    amounts: dict[Asset, int] = {"points": planned.returned_points, **stored}
    for asset, amount in amounts.items():
        if amount:
            entry_id = _spend_entry(sale_id, asset)
            carrying.give_back(entry_id, amount, doing.cause("refund_return"), grace_until=grace)
    kept = sum(cents for _, kind, cents in planned.tenders if kind not in HELD) if doing.how.to_wallet else 0
    others = [merges.leads_to(payer) for payer in payers(sale_id)]
    if others:
        families.count(member_id, -stored["principal"] - stored["bonus"], now=now)
    if kept:
        wallet.credit(member_id, kept, doing.cause("refund_credit"))
    taken = _take_points(doing, planned, member_id)
    day = date.fromordinal(db.value("SELECT local_day FROM sale WHERE id = ?", (sale_id,)))
    net_cents = sum(part.spend_cents for part in planned.parts) - stored["bonus"]
    stats.count_refund(member_id, day=day, net_cents=net_cents, points=planned.due_points)
    referral.refunded(member_id, by=doing.by, now=now)
    tiers.undo_promotion(member_id, by=doing.by, now=now)
    if planned.whole:
        coupons.give_back(sale_id, now=now)
    back_to = [*others, *(() if others else (member_id,))] if any(stored.values()) else []
    for told in dict.fromkeys([*back_to, *((member_id,) if kept else ())]):
        wallet.tell(told, f"wallet:{doing.id}:{told}", now=now)
    return taken


def _take_points(doing: Return, planned: RefundPlan, member_id: int) -> int:
    if not planned.due_points:
        return 0
    due_before, taken_before = db.rows(
        "SELECT (SELECT coalesce(CAST(sum(l.taken_points) AS BIGINT), 0) FROM refund_line l"
        " JOIN refund r ON r.id = l.refund_id WHERE r.sale_id = ?),"
        " (SELECT coalesce(CAST(sum(taken_points) AS BIGINT), 0) FROM refund WHERE sale_id = ?)",
        (doing.sale_id, doing.sale_id),
    )[0]
    taken, _ = posting.take_back(
        posting.account(member_id, "points"),
        planned.due_points,
        doing.cause("clawback"),
        sale_id=doing.sale_id,
        excused=due_before - taken_before,
    )
    return taken


def _spend_entry(sale_id: int, asset: str) -> int:
    sql = "SELECT id FROM entry WHERE ref_kind = 'sale' AND ref_id = ? AND asset = ? AND kind IN ('spend', 'redeem')"
    return int(db.value(sql, (sale_id, asset)))
