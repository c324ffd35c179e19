"""Sales 销售单: priced again and written in one transaction: lines, tenders, points, stock, tier."""

import json
from dataclasses import dataclass, replace

from core.base import clock, db, ids
from core.base.access import Actor, require
from core.base.clock import DAY, Millis
from core.base.errors import Refused
from core.base.i18n import N_
from core.base.money import shown
from core.books import audit, locks, outbox, requests, rules, stats
from core.books.outbox import Letter
from core.books.posting import Cause
from core.goods import stock
from core.loyalty import coupons, play, points, tiers, wallet
from core.people import credentials, staff
from core.people.credentials import Proof
from core.selling import quotes, shifts, tenders
from core.selling.pricing import quote as pricing
from core.selling.pricing.values import Quote
from core.selling.quotes import Basket
from core.selling.tenders import Paid
from core.selling.tenders import Tender as Tender


@dataclass(frozen=True)
class SaleRequest:
    """A sale to be posted. `expected_cents` is the total the customer saw.

    The member is proved by a proof taken before, or by the code on their phone, used up with the sale.
    """

    basket: Basket
    tenders: tuple[Tender, ...]
    expected_cents: int
    shift_id: int | None = None
    proof: Proof | None = None
    proof_code: str | None = None
    approved_by: Actor | None = None


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
        key, lambda: _post(request, by, now), scope=f"{by.tag}/sale", request=_fingerprint(request), now=now
    )


def _fingerprint(request: SaleRequest) -> object:
    """What makes two requests the same: the proof, the shift and who approved do not."""
    basket = {**request.basket.__dict__, "without": sorted(request.basket.without)}
    return {"basket": basket, "tenders": request.tenders, "expected_cents": request.expected_cents}


@dataclass(frozen=True)
class _Sale:
    """A sale being written: what was asked for, what it was priced from, how it is paid and what it earns."""

    id: int
    request: SaleRequest
    read: quotes.Read
    paid: tuple[Paid, ...]
    earned: tuple[int, ...]
    by: Actor
    now: Millis

    @property
    def store_id(self) -> int:
        return self.request.basket.store_id

    @property
    def quote(self) -> Quote:
        return self.read.quote

    def cause(self, kind: str) -> Cause:
        """The cause of the entries this sale makes."""
        return Cause(kind, "sale", self.id, self.by, self.now, self.store_id)

    def paid_by(self, kind: str) -> int:
        """What was paid by tenders of a kind."""
        return sum(tender.cents for tender in self.paid if tender.kind == kind)


def _post(request: SaleRequest, by: Actor, now: Millis) -> int:
    member_id = request.basket.member_id
    if member_id is not None:
        referrer = play.referrer_of(member_id)
        locks.hold(member_id, beside=() if referrer is None else (referrer,))
    read = quotes.read(request.basket, now=now)
    quote = read.quote
    if quote.total_cents != request.expected_cents:
        raise PriceChanged(total_cents=quote.total_cents, expected_cents=request.expected_cents)
    _check_overrides(request, quote, by, now)
    paid = tuple(tenders.settle(request.tenders, quote, member_id=member_id, now=now))
    if request.proof_code is not None:
        # Used up with the sale or not at all: a refused sale leaves the customer's code good.
        request = replace(request, proof=credentials.prove(request.proof_code, now=now))
    _check_proof(request, quote, now)
    bonus = sum(tender.cents for tender in paid if tender.kind == "bonus")
    earned = [0] * len(quote.lines)
    if member_id is not None:
        earned = pricing.earned_points(quote.lines, read.terms, not_earning_cents=bonus)
    sale = _Sale(ids.new(), request, read, paid, tuple(earned), by, now)
    if member_id is not None:
        _move_value(sale, member_id)
    _move_stock(sale)
    if request.shift_id is not None:
        shifts.hold_open(request.shift_id, store_id=sale.store_id)
    _write_sale(sale)  # last, because the receipt number lets one till of a store in at a time
    _write_lines(sale)
    for position, tender in enumerate(paid, 1):
        db.add("tender", id=ids.new(), sale_id=sale.id, position=position, **tender.__dict__)
    total = {"total_cents": quote.total_cents}
    audit.record("sale.posted", "sale", sale.id, by=by, now=now, store_id=sale.store_id, after=total)
    return sale.id


def _check_overrides(request: SaleRequest, quote: Quote, by: Actor, now: Millis) -> None:
    """A price below the catalogue's needs an approval above the shop's limit."""
    given = 0
    for line, priced in zip(request.basket.lines, quote.lines, strict=True):
        if line.unit_cents is None or priced.item.kind == "top_up":
            continue
        catalogue_cents = db.value("SELECT price_cents FROM product WHERE id = ?", (line.product_id,))
        given += max(catalogue_cents - line.unit_cents, 0) * priced.item.quantity // 1000
    limit = rules.current(now=now).override_limit_cents
    approver = request.approved_by
    approved = approver is not None and approver.may("approve") and approver.may("adjust")
    if given > limit and not staff.may_alone(by, given, limit_cents=limit) and not approved:
        raise ApprovalNeeded(field="unit_cents", asked_cents=given, limit_cents=limit)
    if approver is not None:
        audit.confirm(approver)


def _check_proof(request: SaleRequest, quote: Quote, now: Millis) -> None:
    value = quote.redeemed_cents + sum(one.cents for one in request.tenders if one.kind == "wallet")
    if not value:
        return
    proof = request.proof
    if proof is not None and proof.member_id == request.basket.member_id:
        little = proof.allows("spend_little", now=now) and value <= rules.current(now=now).card_spend_cents
        if little or proof.allows("spend", now=now):
            return
    raise ProofNeeded(field="proof", cents_cents=value)


# --- rows ----------------------------------------------------------------------------------------


def _write_sale(sale: _Sale) -> None:
    store_id, quote, read, now = sale.store_id, sale.quote, sale.read, sale.now
    day = business_day(store_id, now)
    number = db.value(
        "INSERT INTO receipt_number (store_id, day, last) VALUES (?, ?, 1) ON CONFLICT (store_id, day)"
        " DO UPDATE SET last = receipt_number.last + 1 RETURNING last",
        (store_id, day),
    )
    db.add(
        "sale",
        id=sale.id,
        store_id=store_id,
        shift_id=sale.request.shift_id,
        member_id=sale.request.basket.member_id,
        day=day,
        local_day=clock.day_of(now, rules.current(now=now).zone).toordinal(),
        receipt_no=number,
        at=now,
        gross_cents=quote.gross_cents,
        total_cents=quote.total_cents,
        redeemed_points=quote.redeemed_points,
        earned_points=sum(sale.earned),
        tier_id=read.tier.id if read.tier else None,
        versions=json.dumps(read.versions),
        actor=sale.by.tag,
    )


def business_day(store_id: int, now: Millis) -> int:
    """The store's business day at a moment, as an ordinal."""
    found = db.one("SELECT zone, day_ends_hour FROM store WHERE id = ?", (store_id,))
    zone, ends_hour = found or ("UTC", 0)
    return clock.business_day(now, zone, ends_hour).toordinal()


def _write_lines(sale: _Sale) -> None:
    for position, (line, points_) in enumerate(zip(sale.quote.lines, sale.earned, strict=True), 1):
        line_id = ids.new()
        db.add(
            "sale_line",
            id=line_id,
            sale_id=sale.id,
            position=position,
            product_id=line.item.product_id,
            name=line.item.name,
            kind=line.item.kind,
            quantity_milli=line.item.quantity,
            unit_cents=line.item.unit_cents,
            amount_cents=line.amount_cents,
            discount_cents=line.discount_cents,
            redeemed_points=line.redeemed_points,
            redeemed_cents=line.redeemed_cents,
            net_cents=line.net_cents,
            earned_points=points_,
            staff_id=line.item.staff_id,
        )
        for off in line.offs:
            db.add(
                "sale_discount",
                id=ids.new(),
                sale_id=sale.id,
                line_id=line_id,
                step=off.rule.step,
                rule_kind=off.rule.kind,
                rule_id=off.rule.id,
                name=off.rule.name,
                cents=off.cents,
            )


def _move_stock(sale: _Sale) -> None:
    for line in sorted(sale.quote.lines, key=lambda line: line.item.product_id):
        item = line.item
        if item.kind == "goods":
            stock.move(
                sale.store_id,
                item.product_id,
                -item.quantity,
                "sale",
                ref_id=sale.id,
                by=sale.by,
                now=sale.now,
            )


# --- what a sale moves for its member --------------------------------------------------------------


def _move_value(sale: _Sale, member_id: int) -> None:
    quote = sale.quote
    if quote.redeemed_points:
        points.spend(member_id, quote.redeemed_points, sale.cause("redeem"))
    principal, bonus = sale.paid_by("principal"), sale.paid_by("bonus")
    wallet.pay(member_id, principal, bonus, sale.cause("spend"))
    for rule in quote.rules:
        if rule.kind == "coupon":
            coupons.use(sale.read.coupons[rule.coupon_id], sale.id, now=sale.now)
    top_ups = [line for line in quote.lines if line.item.kind == "top_up"]
    for line in top_ups:
        wallet.top_up(member_id, line.net_cents, sale.cause("topup"))
    if any(sale.earned):
        points.earn(member_id, sum(sale.earned), sale.cause("earn"))
    _count(sale, member_id, bonus)
    if principal or bonus or top_ups:
        tell_balance(member_id, f"wallet:{sale.id}", now=sale.now)


def _count(sale: _Sale, member_id: int, bonus_cents: int) -> None:
    by, now = sale.by, sale.now
    net = sum(line.net_cents for line in sale.quote.lines if not line.item.money_only) - bonus_cents
    day = clock.day_of(now, rules.current(now=now).zone)
    first = stats.of(member_id).visits == 0
    stats.count_sale(member_id, day=day, net_cents=net, points=sum(sale.earned), at=now)
    if first and net > 0:
        play.first_purchase(member_id, sale_id=sale.id, by=by, now=now)
    promoted = tiers.promote(member_id, sale_id=sale.id, day=day, by=by, now=now)
    if promoted is not None:
        tell(member_id, f"tier:{sale.id}", "tier_up", {"tier": promoted.name}, now=now)


def tell(member_id: int, dedupe_key: str, template: str, variables: dict[str, str | int], *, now: Millis) -> None:
    """Queue a service message to a member in their language; inside the caller's transaction."""
    shop = rules.current(now=now)
    language = db.value("SELECT language FROM member WHERE id = ?", (member_id,))
    outbox.put(
        Letter(
            dedupe_key=dedupe_key,
            template=template,
            category="service",
            language=language or shop.language,
            variables={"shop": shop.shop_name, **variables},
            member_id=member_id,
            expires_at=Millis(now + 2 * DAY),
        ),
        now=now,
    )


def tell_balance(member_id: int, dedupe_key: str, *, now: Millis) -> None:
    """Queue the balance message that follows every move of stored value."""
    stored, symbol = wallet.state(member_id, now=now), rules.current(now=now).symbol
    facts: dict[str, str | int] = {
        "stored": shown(stored.total_cents, symbol),
        "bonus": shown(stored.bonus_cents, symbol),
    }
    tell(member_id, dedupe_key, "wallet_balance", facts, now=now)
