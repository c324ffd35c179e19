"""Gift cards 礼品卡: money on paper for whoever holds it; sold for money, paid with like stored value.

A card is printed blank and activated when it is sold, or made at the sale. Its code is sealed, not
stored; its balance is moved by entries that are only added.
"""

from dataclasses import dataclass

from core.base import db, ids, seals
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import NotFound, Refused
from core.base.i18n import N_
from core.books import audit, locks, requests
from core.books.posting import Cause
from core.loyalty import wallet

PREFIX = "G1"
LETTERS = 14
MOST_BLANK = 500


@dataclass(frozen=True)
class GiftCard:
    """One card; `state` is 'blank', 'active' or 'void'."""

    id: int
    state: str
    original_cents: int
    balance_cents: int

    @property
    def code(self) -> str:
        """What stands on it."""
        return seals.code_of(PREFIX, self.id, letters=LETTERS)


class GiftCardUnknown(NotFound):
    """No gift card has this code."""

    code = "gift_card_unknown"
    text = N_("There is no gift card with this code. Scan it again.")


class GiftCardNotBlank(Refused):
    """A card is activated once."""

    code = "gift_card_not_blank"
    text = N_("This card was activated before; {balance_cents} is on it. Take another one.")


class GiftCardShort(Refused):
    """The card is not active, or holds less."""

    code = "gift_card_short"
    text = N_("This gift card holds {balance_cents}, not {wanted_cents}. Pay the rest in another way.")


def by_code(code: str) -> GiftCard:
    """The card with a code. Raises: GiftCardUnknown."""
    number = seals.number_of(PREFIX, code, letters=LETTERS)
    found = number and db.one("SELECT id, state, original_cents, balance_cents FROM gift_card WHERE id = ?", (number,))
    if not found:
        raise GiftCardUnknown(what="gift card")
    return GiftCard(*found)


def of_sale(sale_id: int) -> list[GiftCard]:
    """The cards a sale activated, for its receipt."""
    sql = "SELECT id, state, original_cents, balance_cents FROM gift_card WHERE sale_id = ? ORDER BY id"
    return [GiftCard(*row) for row in db.rows(sql, (sale_id,))]


@db.atomic
def make_blank(count: int, *, by: Actor, now: Millis) -> list[str]:
    """Make blank cards to be printed; their codes. At most 500 at once. Raises: NotAllowed."""
    require(by, "marketing")
    made = [ids.new() for _ in range(max(0, min(count, MOST_BLANK)))]
    blank = {"state": "blank", "original_cents": 0, "balance_cents": 0, "at": now}
    db.add_many("gift_card", [{"id": card_id, **blank} for card_id in made])
    audit.record("gift_card.made", "gift_card", 0, by=by, now=now, after={"count": len(made)})
    return [seals.code_of(PREFIX, card_id, letters=LETTERS) for card_id in made]


# --- doing (inside the caller's transaction) -----------------------------------------------------


def activate(code: str | None, cents: int, cause: Cause) -> int:
    """Put money on a blank card, or on a new one; the card's id. Raises: GiftCardUnknown, GiftCardNotBlank."""
    if code is None:
        card_id = ids.new()
        db.add("gift_card", id=card_id, state="blank", original_cents=0, balance_cents=0, at=cause.now)
    else:
        card_id = by_code(code).id
    changed = db.change(
        "UPDATE gift_card SET state = 'active', original_cents = ?, balance_cents = ?, sale_id = ?, activated_at = ?"
        " WHERE id = ? AND state = 'blank'",
        (cents, cents, cause.ref_id, cause.now, card_id),
    )
    if not changed:
        raise GiftCardNotBlank(field="gift_code", balance_cents=by_code(code or "").balance_cents)
    _entry(card_id, "activate", cents, cause)
    return card_id


def spend(card: GiftCard, cents: int, cause: Cause, *, kind: str = "spend") -> None:
    """Take money off a card. Raises: GiftCardShort."""
    changed = db.change(
        "UPDATE gift_card SET balance_cents = balance_cents - ? WHERE id = ? AND state = 'active'"
        " AND balance_cents >= ?",
        (cents, card.id, cents),
    )
    if not changed:
        raise GiftCardShort(field="tenders", balance_cents=card.balance_cents, wanted_cents=cents)
    _entry(card.id, kind, -cents, cause)


def give_back(card_id: int, cents: int, cause: Cause) -> None:
    """Put back what a sale took off a card."""
    db.run("UPDATE gift_card SET balance_cents = balance_cents + ? WHERE id = ?", (cents, card_id))
    _entry(card_id, "return", cents, cause)


def void_of_sale(sale_id: int, cause: Cause) -> None:
    """Take cards of an undone sale out of use. Raises: GiftCardShort (some of it was spent)."""
    for card in of_sale(sale_id):
        if card.balance_cents != card.original_cents:
            raise GiftCardShort(balance_cents=card.balance_cents, wanted_cents=card.original_cents)
        db.run("UPDATE gift_card SET state = 'void', balance_cents = 0 WHERE id = ?", (card.id,))
        _entry(card.id, "void", -card.balance_cents, cause)


@db.atomic
def load(code: str, member_id: int, *, by: Actor, now: Millis, key: str | None = None) -> int:
    """Move what is on a card into a member's stored value, as principal; how much. The same key moves it once.

    Raises: NotAllowed, GiftCardUnknown, GiftCardShort, KeyReused, MemberUnknown, MemberBlocked …
    """
    if by.kind != "member" or by.id != member_id:
        require(by, "sell")

    def do() -> int:
        locks.hold(member_id)
        card = by_code(code)
        cause = Cause("gift_card", "gift_card", card.id, by, now)
        spend(card, max(card.balance_cents, 1), cause, kind="load")
        wallet.credit(member_id, card.balance_cents, cause)
        wallet.tell(member_id, f"wallet:load:{card.id}:{ids.new()}", now=now)
        audit.record("gift_card.loaded", "member", member_id, by=by, now=now, after={"cents": card.balance_cents})
        return card.balance_cents

    request = {"card": by_code(code).id, "member": member_id}
    return requests.once(key, do, scope=f"{by.tag}/gift-card", request=request, now=now)


def _entry(card_id: int, kind: str, cents: int, cause: Cause) -> None:
    db.add(
        "gift_card_entry",
        id=ids.new(),
        card_id=card_id,
        kind=kind,
        cents=cents,
        ref_kind=cause.ref_kind,
        ref_id=cause.ref_id,
        at=cause.now,
        actor=cause.by.tag,
    )
