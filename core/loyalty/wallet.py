"""Stored value 储值: principal paid in and bonus given are always kept apart.

A wallet never goes below zero. Principal never expires; bonus has an expiry of its own. Money enters
only as a sale line, so topping up and reversing are called by selling.
"""

from dataclasses import dataclass

from core.base import db, money
from core.base.clock import Millis
from core.base.errors import Refused
from core.base.i18n import N_
from core.base.money import shown
from core.books import outbox, posting, rules
from core.books.posting import Asset, Cause


@dataclass(frozen=True)
class Wallet:
    """What is stored for a member, in cents."""

    principal_cents: int
    bonus_cents: int

    @property
    def total_cents(self) -> int:
        """Principal and bonus together."""
        return self.principal_cents + self.bonus_cents


class TopUpSpent(Refused):
    """More bonus of the top-up was used than principal is left."""

    code = "top_up_spent"
    text = N_(
        "{left_cents} of this top-up is left and {used_cents} of its bonus was used, so nothing can be paid back."
    )


def split(cents: int, *, principal: int, bonus: int, order: str) -> tuple[int, int]:
    """How a payment is taken: (principal, bonus); together the payment, each at most what is there.

    Orders: 'principal_first', 'bonus_first', 'proportional' (largest remainder).
    """
    if order == "bonus_first":
        from_bonus = min(cents, bonus)
        return cents - from_bonus, from_bonus
    if order == "proportional":
        from_principal, from_bonus = money.shares(cents, [principal, bonus])
        return from_principal, from_bonus
    from_principal = min(cents, principal)
    return from_principal, cents - from_principal


def state(member_id: int, *, now: Millis) -> Wallet:
    """What can be spent now."""
    return Wallet(posting.usable(member_id, "principal", now=now), posting.usable(member_id, "bonus", now=now))


def credit(member_id: int, cents: int, cause: Cause) -> None:
    """Add principal that comes from a refund; inside the caller's transaction."""
    posting.credit(posting.account(member_id, "principal"), cents, cause, expires_at=None)


def pay(member_id: int, principal_cents: int, bonus_cents: int, cause: Cause) -> None:
    """Spend stored value as split; inside the caller's transaction. Raises: NotEnoughStored."""
    parts: tuple[tuple[Asset, int], ...] = (("principal", principal_cents), ("bonus", bonus_cents))
    for asset, cents in parts:
        if cents:
            posting.spend(posting.account(member_id, asset), cents, cause)


def reversal_of(sale_id: int, member_id: int) -> tuple[int, int, int]:
    """What reversing the top-ups of a sale would move: (paid out, principal left, bonus left).

    Principal left less bonus used; the bonus left lapses. Raises: TopUpSpent.
    """
    principal = _lot_sum(member_id, "principal", sale_id)
    bonus = _lot_sum(member_id, "bonus", sale_id)
    if bonus[0] > principal[1]:
        raise TopUpSpent(left_cents=principal[1], used_cents=bonus[0])
    return principal[1] - bonus[0], principal[1], bonus[1]


def _lot_sum(member_id: int, asset: str, sale_id: int) -> tuple[int, int]:
    """What was spent of a sale's lots, less what came back, and what is left; what lapsed is neither.

    Spent counts also what a member who was merged with this one spent of them.
    """
    found = db.one(
        "SELECT coalesce(CAST(sum((SELECT sum(u.amount) FROM lot_use u JOIN entry e ON e.id = u.entry_id"
        " WHERE u.lot_id = l.id AND u.why IN ('spend', 'return') AND e.ref_kind <> 'merge')) AS BIGINT), 0),"
        " coalesce(CAST(sum(CASE WHEN a.member_id = ? THEN l.remaining ELSE 0 END) AS BIGINT), 0)"
        " FROM lot l JOIN account a ON a.id = l.account_id"
        " WHERE a.asset = ? AND l.ref_kind = 'sale' AND l.ref_id = ?",
        (member_id, asset, sale_id),
    )
    return (found[0], found[1]) if found else (0, 0)


def reverse(sale_id: int, member_id: int, cause: Cause) -> int:
    """Take a top-up back: principal and bonus of its lots leave the wallet; what is paid out.

    Inside the caller's transaction. Raises: TopUpSpent.
    """
    paid, principal_left, bonus_left = reversal_of(sale_id, member_id)
    parts: tuple[tuple[Asset, int], ...] = (("principal", principal_left), ("bonus", bonus_left))
    for asset, cents in parts:
        if cents:
            posting.take_back(posting.account(member_id, asset), cents, cause, sale_id=sale_id)
    return paid


def tell(member_id: int, dedupe_key: str, *, now: Millis) -> None:
    """Queue the balance message that follows every move of stored value."""
    stored, symbol = state(member_id, now=now), rules.current(now=now).symbol
    facts: dict[str, str | int] = {
        "stored": shown(stored.total_cents, symbol),
        "bonus": shown(stored.bonus_cents, symbol),
    }
    outbox.tell(member_id, dedupe_key, "wallet_balance", facts, now=now)
