"""Reversals 撤销: a whole sale undone on its day, a top-up paid back."""

from collections.abc import Sequence
from dataclasses import replace

from core.base import db, ids, money
from core.base.access import Actor, require
from core.base.clock import DAY, Millis
from core.base.errors import Refused
from core.base.i18n import N_
from core.books import requests, rules
from core.loyalty import coupons, giftcards, passes, plans, topups, wallet
from core.loyalty.plans import Bought
from core.selling import returns
from core.selling.refunds import (
    AS_PAID,
    How,
    Return,
    check_limit,
    locked,
    of_money,
    sold_lines,
    take_back,
    tenders_left,
    write,
)
from core.selling.returns import LinePart, RefundPlan, ReturnLine, SoldLine
from core.selling.sales import business_day


class TopUpTooOld(Refused):
    """The days in which a top-up is paid back without a reason have passed."""

    code = "top_up_too_old"
    text = N_("This top-up is older than {days} days. A manager can approve paying it back.")


class VoidTooLate(Refused):
    """Only a sale of today of which nothing came back can be undone."""

    code = "void_too_late"
    text = N_("Sale {sale} is not of today's takings, or part of it came back. Take its lines back instead.")


class PassUsed(Refused):
    """A pass of this sale was used, so the sale cannot be undone as if it had not been."""

    code = "pass_used"
    text = N_("{used} of {uses} uses of the pass were taken. End the pass instead; what is left is paid back.")


class NothingToReverse(Refused):
    """The sale holds no top-up, pass or plan that is still there."""

    code = "nothing_to_reverse"
    text = N_("Sale {sale} holds nothing that could be reversed or ended.")


@db.atomic
def void(sale_id: int, how: How = AS_PAID, *, by: Actor, now: Millis, key: str | None = None) -> int:
    """Undo a whole sale on its business day, top-ups and plans too; the refund's id.

    Raises: NotAllowed, SaleUnknown, VoidTooLate, ApprovalNeeded, TopUpSpent, ShiftUnknown, KeyReused.
    """
    store_id, member_id = locked(sale_id)
    require(by, "refund", store_id=store_id)

    def do() -> int:
        sold = db.one("SELECT day, refunds FROM sale WHERE id = ?", (sale_id,))
        if sold != (business_day(store_id, now), 0):
            raise VoidTooLate(sale=str(sale_id))
        lines = sold_lines(sale_id)
        back = tuple(ReturnLine(line.id, line.quantity) for line in lines)
        planned = returns.plan(sale_id, lines, tenders_left(sale_id), back, undo=True)
        doing = Return(ids.new(), sale_id, store_id, member_id, "void", how, by, now)
        giftcards.void_of_sale(sale_id, doing.cause("gift_card"))
        if member_id is not None:
            _undo_bought(doing, lines, member_id)
        take_back(doing, planned)
        if member_id is not None and any(line.kind == "top_up" for line in lines):
            wallet.tell(member_id, f"wallet:{doing.id}:{member_id}", now=now)
        return doing.id

    asked = {"sale": sale_id, "to_wallet": how.to_wallet}
    return requests.once(key, do, scope=f"{by.tag}/void", request=asked, now=now)


def _undo_bought(doing: Return, lines: Sequence[SoldLine], member_id: int) -> None:
    """Take back what the sale put into the wallet, untouched, and end the plans it began."""
    bought = sum(line.amount_cents for line in lines if line.kind == "top_up")
    if bought:
        paid, extras = topups.paid_back(doing.sale_id, member_id, now=doing.now)
        if paid != bought:
            raise wallet.TopUpSpent(left_cents=paid, used_cents=bought - paid)
        wallet.reverse(doing.sale_id, member_id, doing.cause("topup_reversal"))
        topups.take_extras(doing.sale_id, member_id, extras, doing.cause("topup_reversal"))
    for pass_id, uses, left, _paid in passes.of_sale(doing.sale_id):
        if left < uses:
            raise PassUsed(used=uses - left, uses=uses)
        passes.cancel(pass_id, left, doing.cause("cancel"))
    plans.end_of_sale(doing.sale_id, now=doing.now)


@db.atomic
def reverse_top_up(sale_id: int, how: How = AS_PAID, *, by: Actor, now: Millis, key: str | None = None) -> int:
    """Pay a top-up back in the money it was bought with; the bonus left lapses. The refund's id.

    Paid are the principal left less the bonus used.
    Raises: NotAllowed, SaleUnknown, NothingToReverse, TopUpSpent, ApprovalNeeded, ShiftUnknown, KeyReused.
    """
    store_id, member_id = locked(sale_id)
    require(by, "refund", store_id=store_id)

    def do() -> int:
        lines = sold_lines(sale_id)
        sold = [line for line in lines if line.kind == "top_up"]
        if member_id is None or not any(line.reversible for line in sold):
            raise NothingToReverse(sale=str(sale_id))
        paid, extras = topups.paid_back(sale_id, member_id, now=now)
        as_paid = replace(how, to_wallet=False)  # what leaves the wallet does not stay in it
        doing = Return(ids.new(), sale_id, store_id, member_id, "reversal", as_paid, by, now)
        _check_free_days(doing)
        check_limit(paid, doing)
        wallet.reverse(sale_id, member_id, doing.cause("topup_reversal"))
        topups.take_extras(sale_id, member_id, extras, doing.cause("topup_reversal"))
        write(doing, _reversal(sale_id, sold, paid), 0)
        if all(line.kind == "top_up" or line.returned == line.quantity for line in lines):
            coupons.give_back(sale_id, now=now)
        wallet.tell(member_id, f"wallet:{doing.id}", now=now)
        return doing.id

    return requests.once(key, do, scope=f"{by.tag}/reverse", request={"sale": sale_id}, now=now)


def _check_free_days(doing: Return) -> None:
    """Within the shop's days a top-up is paid back without a reason; later somebody approves it."""
    sold_at = int(db.value("SELECT at FROM sale WHERE id = ?", (doing.sale_id,)))
    free = doing.now < sold_at + rules.current(now=doing.now).topup_free_days * DAY
    approver = doing.how.approved_by
    if free or doing.by.may("approve", store_id=doing.store_id):
        return
    if approver is None or not approver.may("approve", store_id=doing.store_id):
        raise TopUpTooOld(field="approved_by", days=rules.current(now=doing.now).topup_free_days)


@db.atomic
def cancel_pass(sale_id: int, how: How = AS_PAID, *, by: Actor, now: Millis, key: str | None = None) -> int:
    """End the passes of a sale and pay back what is left: price × uses left / uses, rounded down. The refund's id.

    Raises: NotAllowed, SaleUnknown, NothingToReverse, ApprovalNeeded, ShiftUnknown, KeyReused.
    """
    store_id, member_id = locked(sale_id)
    require(by, "refund", store_id=store_id)

    def do() -> int:
        sold = [line for line in sold_lines(sale_id) if line.kind == "pass" and line.returned < line.quantity]
        running = passes.of_sale(sale_id)
        if member_id is None or not running or not sold:
            raise NothingToReverse(sale=str(sale_id))
        paid = sum(cents * left // uses for _, uses, left, cents in running)
        doing = Return(ids.new(), sale_id, store_id, member_id, "reversal", how, by, now)
        check_limit(paid, doing)
        for pass_id, _, left, _ in running:
            passes.cancel(pass_id, left, doing.cause("cancel"))
        write(doing, _reversal(sale_id, sold, paid), 0)
        return doing.id

    return requests.once(key, do, scope=f"{by.tag}/cancel-pass", request={"sale": sale_id}, now=now)


@db.atomic
def cancel_plan(sale_id: int, how: How = AS_PAID, *, by: Actor, now: Millis, key: str | None = None) -> int:
    """End the plans of a sale at once and pay back what is left of them. The refund's id.

    Unused within the shop's days: all of it; else price × full days left / days, rounded down.
    Raises: NotAllowed, SaleUnknown, NothingToReverse, ApprovalNeeded, ShiftUnknown, KeyReused.
    """
    store_id, member_id = locked(sale_id)
    require(by, "refund", store_id=store_id)

    def do() -> int:
        sold = [line for line in sold_lines(sale_id) if line.kind == "plan" and line.returned < line.quantity]
        running = plans.of_sale(sale_id)
        if member_id is None or not running or not sold:
            raise NothingToReverse(sale=str(sale_id))
        paid = sum(_left_of(one, now) for one in running)
        doing = Return(ids.new(), sale_id, store_id, member_id, "reversal", how, by, now)
        check_limit(paid, doing)
        for one in running:
            plans.end(one, now=now)
        write(doing, _reversal(sale_id, sold, paid), 0)
        return doing.id

    return requests.once(key, do, scope=f"{by.tag}/cancel-plan", request={"sale": sale_id}, now=now)


def plan_left(sale_id: int, *, by: Actor, now: Millis) -> int:
    """What cancelling the plans of a sale would pay back now. Raises: NotAllowed, SaleUnknown."""
    require(by, "refund")
    sold_lines(sale_id)
    return sum(_left_of(one, now) for one in plans.of_sale(sale_id))


def _left_of(bought: Bought, now: Millis) -> int:
    bought_at = Millis(db.value("SELECT at FROM sale WHERE id = ?", (bought.sale_id,)))
    free_days = rules.current(now=now).plan_free_days
    return bought.left_cents(now, free_days=free_days, bought_at=bought_at, used=plans.used(bought))


def _reversal(sale_id: int, sold: Sequence[SoldLine], paid_cents: int) -> RefundPlan:
    by_line = money.shares(paid_cents, [line.amount_cents for line in sold])
    parts = tuple(LinePart(line, line.quantity, cents, 0, 0, False) for line, cents in zip(sold, by_line, strict=True))
    left = tenders_left(sale_id)
    by_tender = money.shares(paid_cents, of_money(left))
    tenders = tuple((one[0], one[1], cents) for one, cents in zip(left, by_tender, strict=True) if cents)
    return RefundPlan(sale_id, paid_cents, parts, tenders, 0, 0, whole=False)
