"""Exchanges 换货: lines of a sale come back and other goods go out, in one transaction.

The money of what comes back pays for what goes out, each way of paying staying what it was: a card's
part stays the card's. The difference is paid at the till, or paid back.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.base import db, money
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Refused
from core.base.i18n import N_
from core.books import requests
from core.selling import quotes, refunds, sales
from core.selling.pricing.values import Quote
from core.selling.refunds import How, Return
from core.selling.returns import RefundPlan, ReturnLine
from core.selling.sales import SaleRequest
from core.selling.tenders import Paid


@dataclass(frozen=True)
class Difference:
    """What an exchange would cost: `pay_cents` by the customer, or paid back as (kind, cents)."""

    back: RefundPlan
    quote: Quote
    carried: tuple[Paid, ...]
    pay_cents: int
    paid_back: tuple[tuple[str, int], ...]


class ExchangeOfOther(Refused):
    """What comes back and what goes out must be of the same member."""

    code = "exchange_of_other"
    text = N_("This sale belongs to another member. Take its lines back, then sell anew.")


class _Tried(Exception):
    """What an exchange that was only tried came to; the way out of a transaction that is not kept."""

    def __init__(self, found: Difference) -> None:
        self.found = found


def preview(sale_id: int, back: tuple[ReturnLine, ...], basket: quotes.Basket, *, by: Actor, now: Millis) -> Difference:
    """What an exchange would cost now, with the points and coupons that come back with the lines.

    It is tried and not kept: writes nothing. Raises: ExchangeOfOther, and what `refunds.preview` and
    `quotes.quote` raise.
    """
    require(by, "refund", store_id=basket.store_id)
    try:
        _try(sale_id, back, basket, by, now)
    except _Tried as tried:
        return tried.found
    raise AssertionError("unreachable")


@db.atomic
def _try(sale_id: int, back: tuple[ReturnLine, ...], basket: quotes.Basket, by: Actor, now: Millis) -> None:
    doing = _begun(sale_id, basket, refunds.AS_PAID, by, now)
    planned = refunds.planned_return(sale_id, back)
    refunds.carry_out(doing, planned)
    raise _Tried(_difference(planned, quotes.read(basket, now=now).quote))


def _begun(sale_id: int, basket: quotes.Basket, how: How, by: Actor, now: Millis) -> Return:
    doing = refunds.begin(sale_id, "exchange", replace(how, to_wallet=False), by, now)
    if doing.member_id != basket.member_id:
        raise ExchangeOfOther()
    return doing


def _difference(planned: RefundPlan, quote: Quote) -> Difference:
    """What is carried over. Gift cards and another's wallet are given back and may pay again as tenders."""
    barred = {"gift_card", *(("principal", "bonus") if refunds.payers(planned.sale_id) else ())}
    free = [0 if kind in barred else cents for _, kind, cents in planned.tenders]
    used = min(sum(free), quote.total_cents)
    by_tender = money.shares(used, free) if used else [0] * len(free)
    carried = tuple(
        Paid(kind, part, None) for (_, kind, _), part in zip(planned.tenders, by_tender, strict=True) if part
    )
    rest = _rest(planned.tenders, by_tender)
    return Difference(planned, quote, carried, quote.total_cents - used, rest)


def _rest(tenders: Sequence[tuple[int, str, int]], used: Sequence[int]) -> tuple[tuple[str, int], ...]:
    return tuple((kind, cents - part) for (_, kind, cents), part in zip(tenders, used, strict=True) if cents > part)


@db.atomic
def exchange(
    sale_id: int,
    back: tuple[ReturnLine, ...],
    request: SaleRequest,
    how: How = refunds.AS_PAID,
    *,
    by: Actor,
    now: Millis,
    key: str | None = None,
) -> int:
    """Take lines back and sell others; the new sale's id. The same key gives the same exchange.

    `request.tenders` pay the difference only; `request.expected_cents` is the whole new price.
    Raises: NotAllowed, ExchangeOfOther, and what `refunds.refund` and `sales.post` raise.
    """
    asked = {"sale": sale_id, "back": [line.__dict__ for line in back], "new": sales.fingerprint(request)}

    def do() -> int:
        doing = _begun(sale_id, request.basket, how, by, now)
        planned = refunds.planned_return(sale_id, back)
        refunds.take_back(doing, planned)
        found = _difference(planned, quotes.read(request.basket, now=now).quote)
        return sales.post(replace(request, carried=found.carried, exchange_of=doing.id), by=by, now=now)

    return requests.once(key, do, scope=f"{by.tag}/exchange", request=asked, now=now)
