"""Tenders 支付: how a sale is paid. Checked against the quote; the wallet is split by the shop's rule."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from core.base.clock import Millis
from core.base.errors import Invalid, Refused
from core.base.i18n import N_, T
from core.books import rules
from core.books.posting import NotEnoughStored
from core.loyalty import wallet
from core.selling.pricing.values import Quote

TenderKind = Literal["cash", "card", "wechat", "alipay", "voucher", "other", "wallet"]
STORED = ("principal", "bonus")
TENDER_KINDS: tuple[TenderKind, ...] = ("cash", "card", "wechat", "alipay", "voucher", "other", "wallet")

COUNTED = tuple(kind for kind in TENDER_KINDS if kind != "wallet")
"""Ways of paying that can be counted: the drawer, the slips, the statement of the card terminal."""


@dataclass(frozen=True)
class Tender:
    """How a part is paid; 'wallet' is split into principal and bonus by the shop's rule."""

    kind: TenderKind
    cents: int
    reference: str | None = None


@dataclass(frozen=True)
class Paid:
    """A tender as recorded; the wallet stands as principal and bonus."""

    kind: str
    cents: int
    reference: str | None


class TendersDiffer(Invalid):
    """Tenders do not add up to the total."""

    code = "tenders_differ"
    text = N_("Paid {paid_cents} of {total_cents}. {missing_cents} is missing; take it in any way of paying.")


class TendersTooMuch(Invalid):
    """More was taken than the total by tenders that give no change."""

    code = "tenders_too_much"
    text = N_("Paid {paid_cents} of {total_cents} without cash; only cash gives change. Lower one amount.")


class TenderInvalid(Invalid):
    """A tender cannot be used."""

    code = "tender_invalid"
    text = N_("{field}: {problem}")


class MoneyOnly(Refused):
    """Top-ups, passes, plans and gift cards are bought with money."""

    code = "money_only"
    text = N_("{money_cents} of this basket can be paid with money only, not from stored value.")


def settle(
    given: Sequence[Tender], quote: Quote, *, member_id: int | None, now: Millis, carried: Sequence[Paid] = ()
) -> list[Paid]:
    """Tenders as recorded: cash without its change, the wallet as principal and bonus.

    What an exchange has `carried` over from its refund comes first and pays as it was.

    Raises: TenderInvalid, TendersDiffer, TendersTooMuch, MoneyOnly, NotEnoughStored.
    """
    for at, tender in enumerate(given, 1):
        if tender.cents <= 0 or tender.kind not in TENDER_KINDS:
            raise TenderInvalid(field=f"tenders[{at}]", problem=T("a kind of tender and an amount above 0 are needed"))
    total = quote.total_cents - sum(one.cents for one in carried)
    paid = sum(tender.cents for tender in given)
    if paid < total:
        raise TendersDiffer(field="tenders", paid_cents=paid, total_cents=total, missing_cents=total - paid)
    change = paid - total
    cash = sum(tender.cents for tender in given if tender.kind == "cash")
    if change > cash:
        raise TendersTooMuch(field="tenders", paid_cents=paid, total_cents=total)
    stored = sum(tender.cents for tender in given if tender.kind == "wallet")
    kept = sum(one.cents for one in carried if one.kind in STORED)
    _check_money_only(stored + kept, quote)
    from_wallet = _from_wallet(stored, member_id, now, carried) if stored else []
    recorded: list[Paid] = list(carried)
    for tender in given:
        cents = tender.cents
        if tender.kind == "cash":
            cents, change = cents - min(cents, change), max(change - cents, 0)
        if tender.kind == "wallet":
            recorded, from_wallet = recorded + from_wallet, []
        elif cents:
            recorded.append(Paid(tender.kind, cents, tender.reference))
    return recorded


def _check_money_only(stored_cents: int, quote: Quote) -> None:
    money_only = sum(line.net_cents for line in quote.lines if line.item.money_only)
    if stored_cents > quote.total_cents - money_only:
        raise MoneyOnly(field="tenders", money_cents=money_only)


def _from_wallet(cents: int, member_id: int | None, now: Millis, carried: Sequence[Paid]) -> list[Paid]:
    if member_id is None:
        raise TenderInvalid(field="tenders", problem=T("stored value needs a member; find the member first"))
    there, spoken_for = wallet.state(member_id, now=now), dict.fromkeys(STORED, 0)
    for one in carried:
        if one.kind in STORED:
            spoken_for[one.kind] += one.cents
    stored = wallet.Wallet(there.principal_cents - spoken_for["principal"], there.bonus_cents - spoken_for["bonus"])
    if cents > stored.total_cents:
        raise NotEnoughStored(field="tenders", wanted_cents=cents, usable_cents=stored.total_cents)
    order = rules.current(now=now).wallet_order
    parts = wallet.split(cents, principal=stored.principal_cents, bonus=stored.bonus_cents, order=order)
    return [Paid(kind, part, None) for kind, part in zip(("principal", "bonus"), parts, strict=True) if part]
