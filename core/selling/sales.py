"""Sales 销售单: priced again and written in one transaction: lines, tenders, points, stock, tier."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from core.base import clock, db, ids, money
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Refused
from core.base.i18n import N_
from core.books import audit, events, locks, requests, rules, stats
from core.books.posting import Cause
from core.giving import punch, referral
from core.goods import bundles, stock
from core.loyalty import coupons, families, giftcards, passes, plans, points, tiers, topups, wallet
from core.loyalty.coupons import CouponProofNeeded as CouponProofNeeded
from core.people import credentials, staff
from core.people.credentials import Proof
from core.selling import quotes, shifts, tenders
from core.selling.pricing import quote as pricing
from core.selling.pricing.values import Off, Quote
from core.selling.quotes import Basket
from core.selling.tenders import Paid, Settled
from core.selling.tenders import Tender as Tender


@dataclass(frozen=True)
class SaleRequest:
    """A sale to be posted. `expected_cents` is the total the customer saw.

    `carried` is what a refund in the same transaction brings (an exchange), `exchange_of` that refund.
    The member is proved by a proof taken before, or by the code on their phone, used up with the sale.
    """

    basket: Basket
    tenders: tuple[Tender, ...]
    expected_cents: int
    shift_id: int | None = None
    proof: Proof | None = None
    proof_code: str | None = None
    approved_by: Actor | None = None
    carried: tuple[Paid, ...] = ()
    exchange_of: int | None = None


class PriceChanged(Refused):
    """The price is no longer what the customer saw."""

    code = "price_changed"
    text = N_("The total is now {total_cents}, not {expected_cents}. Look at the new price and confirm it.")


class ProofNeeded(Refused):
    """Value may leave a wallet or points account only when its owner proved to be there."""

    code = "proof_needed"
    text = N_(
        "Paying {cents_cents} from points or stored value needs the member's proof. "
        "Scan the code on their phone, or send a code by text message."
    )


class ApprovalNeeded(Refused):
    """An amount above what this person may do alone."""

    code = "approval_needed"
    text = N_("This needs a manager's approval: {asked_cents} is above your limit of {limit_cents}.")


@db.atomic
def post(request: SaleRequest, *, by: Actor, now: Millis, key: str | None = None) -> int:
    """Write a sale and everything it moves; the sale's id. The same key gives the same sale.

    Raises: NotAllowed, PriceChanged, TendersDiffer, TendersTooMuch, TenderInvalid, ProofNeeded, MoneyOnly,
    ApprovalNeeded, ShiftUnknown, KeyReused, MemberBlocked …, and what `quotes.quote` raises.
    """
    require(by, "sell", store_id=request.basket.store_id)
    return requests.once(
        key, lambda: _post(request, by, now), scope=f"{by.tag}/sale", request=fingerprint(request), now=now
    )


def fingerprint(request: SaleRequest) -> object:
    """What makes two requests the same: the proof, the shift and who approved do not."""
    basket = request.basket
    lines = [
        tuple(value for name, value in line.__dict__.items() if name != "served_by" or value) for line in basket.lines
    ]  # as it was before lines could be served by several, while they are not
    given = [(tender.kind, tender.cents, tender.reference) for tender in request.tenders]
    head = (basket.store_id, basket.member_id, basket.points, sorted(basket.without), basket.round_off_cents)
    kept = sorted(basket.reserved)
    return [head, lines, given, request.expected_cents, *([kept] if kept else [])]


@dataclass(frozen=True)
class _Sale:
    """A sale being written: what was asked for, what it was priced from, how it is paid and what it earns.

    Without a member `earned` is what a member may claim later.
    """

    id: int
    request: SaleRequest
    read: quotes.Read
    settled: Settled
    earned: tuple[int, ...]
    by: Actor
    now: Millis

    @property
    def store_id(self) -> int:
        return self.request.basket.store_id

    @property
    def member_id(self) -> int | None:
        return self.request.basket.member_id

    @property
    def quote(self) -> Quote:
        return self.read.quote

    def cause(self, kind: str) -> Cause:
        """The cause of the entries this sale makes."""
        return Cause(kind, "sale", self.id, self.by, self.now, self.store_id)

    def paid_by(self, kind: str) -> int:
        """What was paid by tenders of a kind."""
        return sum(tender.cents for tender in self.settled.paid if tender.kind == kind)


def _post(request: SaleRequest, by: Actor, now: Millis) -> int:
    member_id = request.basket.member_id
    payer_id = _lock(request, now)
    read = quotes.read(request.basket, now=now)
    quote = read.quote
    if quote.total_cents != request.expected_cents:
        raise PriceChanged(total_cents=quote.total_cents, expected_cents=request.expected_cents)
    _check_given(request, read, by)
    settled = tenders.settle(
        request.tenders, quote, member_id=member_id, payer_id=payer_id, now=now, carried=request.carried
    )
    if request.proof_code is not None:
        # Used up with the sale or not at all: a refused sale leaves the customer's code good.
        request = replace(request, proof=credentials.prove(request.proof_code, now=now))
    _check_proof(request, read, now)
    bonus = sum(tender.cents for tender in settled.paid if tender.kind == "bonus")
    earned = quote.line_points
    if bonus:
        earned = tuple(pricing.earned_points(quote.lines, read.terms, not_earning_cents=bonus))
    sale = _Sale(ids.new(), request, read, settled, earned, by, now)
    if member_id is not None:
        _move_value(sale, member_id)
    _move_stock(sale)
    if request.shift_id is not None:
        shifts.hold_open(request.shift_id, store_id=sale.store_id)
    _write_sale(sale)  # last, because the receipt number lets one till of a store in at a time
    line_ids = _write_lines(sale)
    _write_tenders(sale)
    _use_prepaid(sale, line_ids)
    total = {"total_cents": quote.total_cents}
    audit.record("sale.posted", "sale", sale.id, by=by, now=now, store_id=sale.store_id, after=total)
    events.tell(
        "sale.completed",
        store_id=sale.store_id,
        member_id=member_id,
        now=now,
        sale_id=sale.id,
        total_cents=quote.total_cents,
        redeemed_points=quote.redeemed_points,
        earned_points=sum(earned) if member_id is not None else 0,
        exchange_refund_id=request.exchange_of,
    )
    return sale.id


def hold_buyer(member_id: int, payer_id: int | None = None) -> None:
    """Lock who buys, whose wallet pays, and who brought the buyer and may be rewarded for it.

    Raises: MemberUnknown, MemberBlocked …
    """
    referrer = referral.referrer_of(member_id)
    acting = (member_id,) if payer_id is None else (member_id, payer_id)
    locks.hold(*acting, beside=() if referrer is None else (referrer,))


def _lock(request: SaleRequest, now: Millis) -> int | None:
    """Lock everyone whose value the sale may move, in one go; who shares a wallet with the member."""
    member_id = request.basket.member_id
    if member_id is None:
        return None
    payer_id = None
    if any(tender.kind == "family" for tender in request.tenders):
        share = families.of(member_id, now=now)
        if share is None:
            raise families.NoSharedWallet(field="tenders")
        payer_id = share.payer_id
    hold_buyer(member_id, payer_id)
    return payer_id


def _use_prepaid(sale: _Sale, line_ids: Sequence[int]) -> None:
    """Uses of passes, money of gift cards, and cards that were sold."""
    for line_id, line, asked in zip(line_ids, sale.quote.lines, sale.request.basket.lines, strict=True):
        item = line.item
        if item.pass_id:
            passes.use(item.pass_id, item.pieces, line_id, sale.cause("pass"))
        if item.kind == "gift_card":
            for cents in money.shares(line.net_cents, [1] * item.pieces):
                giftcards.activate(asked.gift_code, cents, sale.cause("gift_card"))
    for given in sale.request.tenders:
        if given.kind == "gift_card":
            giftcards.spend(giftcards.by_code(given.reference or ""), given.cents, sale.cause("gift_card"))


def _check_given(request: SaleRequest, read: quotes.Read, by: Actor) -> None:
    """A lower price or a rounding by hand needs an approval above the shop's limits."""
    below = [
        (item.list_cents - item.unit_cents) * item.quantity // 1000
        for item in (line.item for line in read.quote.lines)
        if item.list_cents is not None and item.list_cents > item.unit_cents
    ]
    by_hand = read.quote.rounding_cents if request.basket.round_off_cents is not None else 0
    _check_approved("unit_cents", sum(below), read.shop.override_limit_cents, request, by)
    _check_approved("round_off_cents", by_hand, read.shop.rounding_limit_cents, request, by)
    if request.approved_by is not None:
        audit.confirm(request.approved_by)


def _check_approved(field: str, cents: int, limit_cents: int, request: SaleRequest, by: Actor) -> None:
    if cents <= limit_cents or staff.may_alone(by, cents, limit_cents=limit_cents):
        return
    approver, store_id = request.approved_by, request.basket.store_id
    if approver is None or not approver.may("approve", store_id=store_id) or not approver.may("adjust"):
        raise ApprovalNeeded(field=field, asked_cents=cents, limit_cents=limit_cents)


def _check_proof(request: SaleRequest, read: quotes.Read, now: Millis) -> None:
    stored = sum(one.cents for one in request.tenders if one.kind in ("wallet", "family"))
    value = read.quote.redeemed_cents + read.quote.pass_cents + stored
    proof = request.proof if request.proof and request.proof.member_id == request.basket.member_id else None
    if read.shop.coupon_proof and proof is None and any(rule.kind == "coupon" for rule in read.quote.rules):
        raise CouponProofNeeded(field="proof")
    if not value:
        return
    if proof is not None:
        little = proof.allows("spend_little", now=now) and value <= read.shop.card_spend_cents
        if little or proof.allows("spend", now=now):
            return
    raise ProofNeeded(field="proof", cents_cents=value)


# --- rows ----------------------------------------------------------------------------------------


def _write_sale(sale: _Sale) -> None:
    quote, read, now, by_whom = sale.quote, sale.read, sale.now, sale.request.approved_by
    day = clock.business_day(now, read.store.zone, read.store.day_ends_hour).toordinal()
    number = db.value(
        "INSERT INTO receipt_number (store_id, day, last) VALUES (?, ?, 1) ON CONFLICT (store_id, day)"
        " DO UPDATE SET last = receipt_number.last + 1 RETURNING last",
        (sale.store_id, day),
    )
    db.add(
        "sale",
        id=sale.id,
        store_id=sale.store_id,
        shift_id=sale.request.shift_id,
        member_id=sale.member_id,
        day=day,
        local_day=clock.day_of(now, read.shop.zone).toordinal(),
        receipt_no=number,
        at=now,
        gross_cents=quote.gross_cents,
        total_cents=quote.total_cents,
        redeemed_points=quote.redeemed_points,
        earned_points=sum(sale.earned) if sale.member_id is not None else 0,
        tax_cents=quote.tax_cents,
        tax_added=int(read.terms.tax_mode == "exclusive"),
        tier_id=read.member.tier.id if read.member else None,
        versions=json.dumps(read.versions),
        exchange_of=sale.request.exchange_of,
        approved_by=by_whom.tag if by_whom else None,
        actor=sale.by.tag,
    )


def business_day(store_id: int, now: Millis) -> int:
    """The business day at a moment of a store, open or closed, as an ordinal. Raises: StoreUnknown."""
    found = quotes.any_store(store_id)
    return clock.business_day(now, found.zone, found.day_ends_hour).toordinal()


def _write_lines(sale: _Sale) -> list[int]:
    lines, offs = [], []
    for position, (line, points_) in enumerate(zip(sale.quote.lines, sale.earned, strict=True), 1):
        line_id, item = ids.new(), line.item
        lines.append(
            {
                "id": line_id,
                "sale_id": sale.id,
                "position": position,
                "product_id": item.product_id,
                "name": item.name,
                "kind": item.kind,
                "quantity_milli": item.quantity,
                "unit_cents": item.unit_cents,
                "list_cents": item.list_cents,
                "amount_cents": line.amount_cents,
                "discount_cents": line.discount_cents,
                "redeemed_points": line.redeemed_points,
                "redeemed_cents": line.redeemed_cents,
                "net_cents": line.net_cents,
                "tax_bp": item.tax_bp if line.tax_cents else 0,
                "tax_cents": line.tax_cents,
                "earned_points": points_,
                "staff_id": item.staff_id,
            }
        )
        offs += [(line_id, off) for off in line.offs]
    db.add_many("sale_line", lines)
    db.add_many("sale_discount", [_discount_row(sale.id, line_id, off) for line_id, off in offs])
    line_ids = [int(str(line["id"])) for line in lines]
    db.add_many("sale_server", _server_rows(sale, line_ids))
    return line_ids


def _server_rows(sale: _Sale, line_ids: Sequence[int]) -> list[dict[str, object]]:
    """Who shares what a line earns, where several do."""
    return [
        {"id": ids.new(), "line_id": line_id, "position": position, "staff_id": staff_id, "share_bp": share_bp}
        for line_id, line in zip(line_ids, sale.request.basket.lines, strict=True)
        for position, (staff_id, share_bp) in enumerate(line.served_by, 1)
    ]


def _discount_row(sale_id: int, line_id: int, off: Off) -> dict[str, object]:
    return {
        "id": ids.new(),
        "sale_id": sale_id,
        "line_id": line_id,
        "step": off.rule.step,
        "rule_kind": off.rule.kind,
        "rule_id": off.rule.id,
        "name": off.rule.name,
        "cents": off.cents,
    }


def _write_tenders(sale: _Sale) -> None:
    rows: list[dict[str, object]] = [
        {"id": ids.new(), "sale_id": sale.id, "position": position, **tender.__dict__}
        for position, tender in enumerate(sale.settled.paid, 1)
    ]
    db.add_many("tender", rows)


def _move_stock(sale: _Sale) -> None:
    """In the order of products, so that tills wait for each other and never in a ring."""
    taken = [(line.item.product_id, -line.item.quantity) for line in sale.quote.lines if line.item.kind == "goods"]
    parts = sorted(bundles.opened(taken))
    stock.move_many(sale.store_id, parts, "sale", ref_id=sale.id, by=sale.by, now=sale.now)


# --- what a sale moves for its member --------------------------------------------------------------


def _move_value(sale: _Sale, member_id: int) -> None:
    quote = sale.quote
    if quote.redeemed_points:
        points.spend(member_id, quote.redeemed_points, sale.cause("redeem"))
    principal, bonus = sale.paid_by("principal"), sale.paid_by("bonus")
    payer_id = sale.settled.payer_id or member_id
    wallet.pay(payer_id, principal, bonus, sale.cause("spend"))
    if sale.settled.family_cents:
        families.count(member_id, sale.settled.family_cents, now=sale.now)
    for rule in quote.rules:
        if rule.kind == "coupon":
            coupons.use(sale.read.coupons[rule.coupon_id], sale.id, now=sale.now)
    top_ups = [line for line in quote.lines if line.item.kind == "top_up"]
    for line in top_ups:
        topups.top_up(member_id, line.net_cents, sale.read.moment, sale.cause("topup"))
    for line in quote.lines:
        item, paid_cents = line.item, line.net_cents
        if item.kind == "plan":
            plans.begin(member_id, item.product_id, item.pieces, paid_cents=paid_cents, cause=sale.cause("plan"))
        elif item.kind == "pass":
            passes.sold(item.product_id, member_id, item.pieces, paid_cents=paid_cents, cause=sale.cause("pass"))
    if any(sale.earned):
        points.earn(member_id, sum(sale.earned), sale.cause("earn"))
    day = clock.day_of(sale.now, sale.read.shop.zone)
    net = sum(line.net_cents for line in quote.lines if not line.item.money_only) - bonus
    earned = sum(sale.earned)
    count(member_id, sale.id, day=day, net_cents=net, earned=earned, sold_at=sale.now, by=sale.by, now=sale.now)
    if principal or bonus or top_ups:
        wallet.tell(payer_id, f"wallet:{sale.id}", now=sale.now)


def count(
    member_id: int, sale_id: int, *, day: date, net_cents: int, earned: int, sold_at: Millis, by: Actor, now: Millis
) -> None:
    """Count a member's sale on its `day` towards tier, referral and punch cards; inside the caller's transaction.

    The tier is judged as of today, with what was bought since a sale that is claimed late.
    """
    visit = stats.count_sale(member_id, day=day, net_cents=net_cents, points=earned, at=sold_at)
    if visit == 1:
        referral.first_purchase(member_id, sale_id=sale_id, by=by, now=now)
    if visit:
        punch.visited(member_id, visit, sale_id=sale_id, by=by, now=now)
    today = clock.day_of(now, rules.current(now=now).zone)
    tiers.promote(member_id, sale_id=sale_id, day=today, by=by, now=now)
