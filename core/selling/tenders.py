"""Tenders 支付: how a sale is paid. Checked against the quote; the wallet is split by the shop's rule."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from core.base.clock import Millis
from core.base.errors import Invalid, Refused
from core.base.i18n import N_, T
from core.books import rules
from core.books.posting import NotEnoughStored
from core.loyalty import giftcards, wallet
from core.selling.pricing.values import Quote

TenderKind = Literal["cash", "card", "wechat", "alipay", "voucher", "other", "wallet", "family", "gift_card"]
STORED = ("principal", "bonus", "gift_card")
"""Kinds recorded that are value the shop holds already; the rest is money."""
TENDER_KINDS: tuple[TenderKind, ...] = (
    "cash",
    "card",
    "wechat",
    "alipay",
    "voucher",
    "other",
    "wallet",
    "family",
    "gift_card",
)

COUNTED = tuple(kind for kind in TENDER_KINDS if kind not in ("wallet", "family", "gift_card"))
"""Ways of paying that can be counted: the drawer, the slips, the statement of the card terminal."""


@dataclass(frozen=True)
class Tender:
    """How a part is paid; 'wallet' is split into principal and bonus by the shop's rule.

    'family' pays from the wallet someone shares with the member; a gift card's code is its reference.
    """

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


@dataclass(frozen=True)
class Settled:
    """How a sale is paid as recorded; `payer_id` is whose wallet pays the stored part."""

    paid: tuple[Paid, ...]
    payer_id: int | None
    family_cents: int = 0


def settle(
    given: Sequence[Tender],
    quote: Quote,
    *,
    member_id: int | None,
    payer_id: int | None,
    now: Millis,
    carried: Sequence[Paid] = (),
) -> Settled:
    """Tenders as recorded: cash without its change, the wallet as principal and bonus.

    What an exchange has `carried` over from its refund comes first and pays as it was. `payer_id` shares
    their wallet with the member.
    Raises: TenderInvalid, TendersDiffer, TendersTooMuch, MoneyOnly, NotEnoughStored, GiftCardUnknown,
    GiftCardShort.
    """
    for at, tender in enumerate(given, 1):
        if tender.cents <= 0 or tender.kind not in TENDER_KINDS:
            raise TenderInvalid(field=f"tenders[{at}]", problem=T("a kind of tender and an amount above 0 are needed"))
    total = quote.total_cents - sum(one.cents for one in carried)
    paid = sum(tender.cents for tender in given)
    if paid < total:
        raise TendersDiffer(field="tenders", paid_cents=paid, total_cents=total, missing_cents=total - paid)
    change = paid - total
    if change > sum(tender.cents for tender in given if tender.kind == "cash"):
        raise TendersTooMuch(field="tenders", paid_cents=paid, total_cents=total)
    by_kind = {kind: sum(one.cents for one in given if one.kind == kind) for kind in ("wallet", "family", "gift_card")}
    _check_money_only(sum(by_kind.values()) + sum(one.cents for one in carried if one.kind in STORED), quote)
    if by_kind["wallet"] and by_kind["family"]:
        raise TenderInvalid(field="tenders", problem=T("one sale is paid from one wallet"))
    whose = payer_id if by_kind["family"] else member_id
    stored = by_kind["wallet"] + by_kind["family"]
    split = _from_wallet(stored, whose, member_id, now, carried) if stored else []
    return Settled(tuple(_recorded(given, carried, split, change)), whose if stored else None, by_kind["family"])


def _recorded(given: Sequence[Tender], carried: Sequence[Paid], split: list[Paid], change: int) -> list[Paid]:
    recorded: list[Paid] = list(carried)
    for tender in given:
        cents = tender.cents
        if tender.kind == "cash":
            cents, change = cents - min(cents, change), max(change - cents, 0)
        if tender.kind in ("wallet", "family"):
            recorded, split = recorded + split, []
        elif tender.kind == "gift_card":
            card = giftcards.by_code(tender.reference or "")
            if card.state != "active" or card.balance_cents < cents:
                raise giftcards.GiftCardShort(field="tenders", balance_cents=card.balance_cents, wanted_cents=cents)
            recorded.append(Paid("gift_card", cents, str(card.id)))
        elif cents:
            recorded.append(Paid(tender.kind, cents, tender.reference))
    return recorded


def _check_money_only(stored_cents: int, quote: Quote) -> None:
    money_only = sum(line.net_cents for line in quote.lines if line.item.money_only)
    if stored_cents > quote.total_cents - money_only:
        raise MoneyOnly(field="tenders", money_cents=money_only)


def _from_wallet(
    cents: int, whose: int | None, member_id: int | None, now: Millis, carried: Sequence[Paid]
) -> list[Paid]:
    if whose is None:
        raise TenderInvalid(field="tenders", problem=T("stored value needs a member; find the member first"))
    there = wallet.state(whose, now=now)
    taken = {kind: sum(one.cents for one in carried if one.kind == kind) for kind in ("principal", "bonus")}
    if whose != member_id:
        taken = {"principal": 0, "bonus": 0}
    stored = wallet.Wallet(there.principal_cents - taken["principal"], there.bonus_cents - taken["bonus"])
    if cents > stored.total_cents:
        raise NotEnoughStored(field="tenders", wanted_cents=cents, usable_cents=stored.total_cents)
    order = rules.current(now=now).wallet_order
    parts = wallet.split(cents, principal=stored.principal_cents, bonus=stored.bonus_cents, order=order)
    reference = None if whose == member_id else f"member:{whose}"
    return [Paid(kind, part, reference) for kind, part in zip(("principal", "bonus"), parts, strict=True) if part]
