"""Refunds 退货退款: reverse what the sale recorded, never what today's rules would say."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from core.base import db, ids, money
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import NotFound, Refused
from core.base.i18n import N_
from core.books import audit, locks, posting, requests, rules, stats
from core.books.posting import Asset, Cause
from core.goods import stock
from core.goods.catalogue import MONEY_ONLY
from core.loyalty import coupons, tiers, wallet
from core.people import staff
from core.selling import returns, shifts
from core.selling.returns import LinePart, RefundPlan, SoldLine
from core.selling.returns import ReturnLine as ReturnLine
from core.selling.sales import ApprovalNeeded, business_day, tell_balance

STORED: tuple[Asset, ...] = ("principal", "bonus")


class SaleUnknown(NotFound):
    """No sale has this id."""

    code = "sale_unknown"
    text = N_("There is no sale {what}. Scan its receipt, or open it from the member's card.")


class NothingToReverse(Refused):
    """The sale holds no top-up that is still there."""

    code = "nothing_to_reverse"
    text = N_("Sale {sale} holds no top-up that could be reversed.")


# --- reads ---------------------------------------------------------------------------------------


def sold_lines(sale_id: int) -> list[SoldLine]:
    """The lines of a sale with what came back so far. Raises: SaleUnknown."""
    found = db.rows(
        "SELECT l.id, l.product_id, l.name, l.kind, l.quantity_milli, l.amount_cents, l.redeemed_points,"
        " l.redeemed_cents, l.earned_points, coalesce(CAST(sum(r.quantity_milli) AS BIGINT), 0),"
        " coalesce(CAST(sum(r.cents) AS BIGINT), 0)"
        " FROM sale_line l LEFT JOIN refund_line r ON r.line_id = l.id WHERE l.sale_id = ?"
        " GROUP BY l.id, l.product_id, l.name, l.kind, l.quantity_milli, l.amount_cents, l.redeemed_points,"
        " l.redeemed_cents, l.earned_points, l.position ORDER BY l.position",
        (sale_id,),
    )
    if not found:
        raise SaleUnknown(what=str(sale_id))
    offs: dict[int, list[int]] = {}
    sql = "SELECT line_id, cents FROM sale_discount WHERE sale_id = ? ORDER BY id"
    for line_id, cents in db.rows(sql, (sale_id,)):
        offs.setdefault(line_id, []).append(cents)
    names = "id product_id name kind quantity amount_cents redeemed_points redeemed_cents earned_points"
    fields = (*names.split(), "returned", "refunded_cents")
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


def preview(sale_id: int, back: Sequence[ReturnLine], *, by: Actor) -> RefundPlan:
    """What a refund would do; writes nothing.

    Raises: NotAllowed, SaleUnknown, RefundInvalid, TooMuchReturned.
    """
    require(by, "refund")
    with db.read():
        return _planned(sale_id, back)


def _planned(sale_id: int, back: Sequence[ReturnLine]) -> RefundPlan:
    """A refund of goods: the money that bought top-ups and cards of the same sale stays theirs."""
    lines, tenders = sold_lines(sale_id), tenders_left(sale_id)
    kept = sum(line.amount_cents for line in lines if line.kind in MONEY_ONLY and line.returned < line.quantity)
    by_money = money.shares(kept, _money(tenders))
    free = [(one[0], one[1], one[2] - held) for one, held in zip(tenders, by_money, strict=True)]
    return returns.plan(sale_id, lines, free if kept else tenders, back)


def _money(tenders: Sequence[tuple[int, str, int]]) -> list[int]:
    """What is left of each tender that is not stored value."""
    return [0 if kind in STORED else cents for _, kind, cents in tenders]


# --- doing ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Return:
    """One refund being written: its sale, who, when, why and at which till."""

    id: int
    sale_id: int
    store_id: int
    member_id: int | None
    shift_id: int | None
    reason: str
    by: Actor
    now: Millis

    def cause(self, kind: str) -> Cause:
        """The cause of the entries this refund makes."""
        return Cause(kind, "refund", self.id, self.by, self.now, self.store_id, self.reason or None)


@db.atomic
def refund(
    sale_id: int,
    back: tuple[ReturnLine, ...],
    *,
    by: Actor,
    now: Millis,
    reason: str = "",
    key: str | None = None,
    approved_by: Actor | None = None,
    shift_id: int | None = None,
) -> int:
    """Take lines of a sale back; the refund's id. The same key gives the same refund.

    Raises: NotAllowed, SaleUnknown, RefundInvalid, TooMuchReturned, ApprovalNeeded, ShiftUnknown, KeyReused.
    """
    store_id, member_id = _locked(sale_id)
    require(by, "refund", store_id=store_id)
    request = {"sale": sale_id, "back": [line.__dict__ for line in back], "reason": reason}

    def do() -> int:
        planned = _planned(sale_id, back)
        _check_limit(planned.total_cents, by, approved_by, now)
        doing = _Return(ids.new(), sale_id, store_id, member_id, shift_id, reason, by, now)
        taken = 0 if member_id is None else _move_value(doing, planned, member_id)
        _restock(doing, planned)
        _write(doing, planned, taken)
        return doing.id

    return requests.once(key, do, scope=f"{by.tag}/refund", request=request, now=now)


def _locked(sale_id: int) -> tuple[int, int | None]:
    """Lock member, then sale; the store and the member of the sale. Raises: SaleUnknown."""
    found = db.one("SELECT store_id, member_id FROM sale WHERE id = ?", (sale_id,))
    if found is None:
        raise SaleUnknown(what=str(sale_id))
    if found[1] is not None:
        locks.hold(found[1])
    if not db.is_sqlite():
        db.run("SELECT 1 FROM sale WHERE id = ? FOR UPDATE", (sale_id,))
    return found[0], found[1]


def _check_limit(cents: int, by: Actor, approved_by: Actor | None, now: Millis) -> None:
    limit = rules.current(now=now).refund_limit_cents
    if staff.may_alone(by, cents, limit_cents=limit):
        return
    if approved_by is None or not approved_by.may("approve"):
        raise ApprovalNeeded(field="approved_by", asked_cents=cents, limit_cents=limit)
    audit.confirm(approved_by)


def _write(doing: _Return, planned: RefundPlan, taken_points: int) -> None:
    sale_id = doing.sale_id
    if doing.shift_id is not None:
        shifts.hold_open(doing.shift_id, store_id=doing.store_id)
    number = db.value("UPDATE sale SET refunds = refunds + 1 WHERE id = ? RETURNING refunds", (sale_id,))
    db.add(
        "refund",
        id=doing.id,
        sale_id=sale_id,
        number=number,
        store_id=doing.store_id,
        shift_id=doing.shift_id,
        day=business_day(doing.store_id, doing.now),
        at=doing.now,
        total_cents=planned.total_cents,
        returned_points=planned.returned_points,
        taken_points=taken_points,
        reason=doing.reason or None,
        actor=doing.by.tag,
    )
    for part in planned.parts:
        db.add(
            "refund_line",
            id=ids.new(),
            refund_id=doing.id,
            line_id=part.line.id,
            quantity_milli=part.quantity,
            cents=part.cents,
            returned_points=part.returned_points,
            taken_points=part.due_points,
            restocked=int(part.sellable and part.line.kind == "goods"),
        )
    for tender_id, _, cents in planned.tenders:
        db.add("refund_tender", id=ids.new(), refund_id=doing.id, tender_id=tender_id, cents=cents)
    after = {"sale": sale_id, "total_cents": planned.total_cents}
    audit.record("sale.refunded", "sale", sale_id, by=doing.by, now=doing.now, store_id=doing.store_id, after=after)


def _restock(doing: _Return, planned: RefundPlan) -> None:
    for part in sorted(planned.parts, key=lambda part: part.line.product_id):
        product_id = part.line.product_id
        if part.sellable and part.line.kind == "goods":
            stock.move(
                doing.store_id,
                product_id,
                part.quantity,
                "refund",
                ref_id=doing.id,
                by=doing.by,
                now=doing.now,
            )


def _move_value(doing: _Return, planned: RefundPlan, member_id: int) -> int:
    """Give back and take back what the sale moved for its member; the points really taken."""
    sale_id, now = doing.sale_id, doing.now
    grace = rules.current(now=now).grace_days
    stored = {kind: sum(cents for _, one, cents in planned.tenders if one == kind) for kind in STORED}
    amounts: dict[Asset, int] = {"points": planned.returned_points, **stored}
    for asset, amount in amounts.items():
        if amount:
            entry_id = _spend_entry(sale_id, asset)
            posting.give_back(entry_id, amount, doing.cause("refund_return"), grace_days=grace)
    taken = _take_points(doing, planned, member_id)
    day = date.fromordinal(db.value("SELECT local_day FROM sale WHERE id = ?", (sale_id,)))
    net_cents = planned.total_cents - stored["bonus"]
    stats.count_refund(member_id, day=day, net_cents=net_cents, points=planned.due_points)
    tiers.undo_promotion(member_id, by=doing.by, now=now)
    if planned.whole:
        coupons.give_back(sale_id, now=now)
    if any(stored.values()):
        tell_balance(member_id, f"wallet:{doing.id}", now=now)
    return taken


def _take_points(doing: _Return, planned: RefundPlan, member_id: int) -> int:
    if not planned.due_points:
        return 0
    earlier = db.one(
        "SELECT (SELECT coalesce(CAST(sum(l.taken_points) AS BIGINT), 0) FROM refund_line l"
        " JOIN refund r ON r.id = l.refund_id WHERE r.sale_id = ?),"
        " (SELECT coalesce(CAST(sum(taken_points) AS BIGINT), 0) FROM refund WHERE sale_id = ?)",
        (doing.sale_id, doing.sale_id),
    )
    due_before, taken_before = earlier or (0, 0)
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


@db.atomic
def reverse_top_up(
    sale_id: int,
    *,
    by: Actor,
    now: Millis,
    reason: str = "",
    key: str | None = None,
    approved_by: Actor | None = None,
    shift_id: int | None = None,
) -> int:
    """Pay a top-up back in the money it was bought with; the bonus left lapses. The refund's id.

    Paid are the principal left less the bonus used.
    Raises: NotAllowed, SaleUnknown, NothingToReverse, TopUpSpent, ApprovalNeeded, ShiftUnknown, KeyReused.
    """
    store_id, member_id = _locked(sale_id)
    require(by, "refund", store_id=store_id)

    def do() -> int:
        sold = [line for line in sold_lines(sale_id) if line.kind == "top_up"]
        if member_id is None or not any(line.reversible for line in sold):
            raise NothingToReverse(sale=str(sale_id))
        paid, _, _ = wallet.reversal_of(sale_id, member_id)
        _check_limit(paid, by, approved_by, now)
        doing = _Return(ids.new(), sale_id, store_id, member_id, shift_id, reason, by, now)
        wallet.reverse(sale_id, member_id, doing.cause("topup_reversal"))
        _write(doing, _reversal(sale_id, sold, paid), 0)
        tell_balance(member_id, f"wallet:{doing.id}", now=now)
        return doing.id

    return requests.once(key, do, scope=f"{by.tag}/reverse", request={"sale": sale_id}, now=now)


def _reversal(sale_id: int, sold: Sequence[SoldLine], paid_cents: int) -> RefundPlan:
    by_line = money.shares(paid_cents, [line.amount_cents for line in sold])
    parts = tuple(LinePart(line, line.quantity, cents, 0, 0, False) for line, cents in zip(sold, by_line, strict=True))
    left = tenders_left(sale_id)
    by_tender = money.shares(paid_cents, _money(left))
    tenders = tuple((one[0], one[1], cents) for one, cents in zip(left, by_tender, strict=True) if cents)
    return RefundPlan(sale_id, paid_cents, parts, tenders, 0, 0, whole=False)
