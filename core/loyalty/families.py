"""Shared wallets 家庭钱包: one member pays for others from their stored value, within a limit a month.

Points of a sale go to who buys; the value, and what comes back of it, is the payer's.
"""

from dataclasses import dataclass
from datetime import date

from core.base import clock, db
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Refused
from core.base.i18n import N_
from core.books import audit, locks, rules


@dataclass(frozen=True)
class Share:
    """Whose wallet pays for a member; `limit_cents` a calendar month of the shop, None without limit."""

    member_id: int
    payer_id: int
    limit_cents: int | None
    spent_cents: int

    @property
    def left_cents(self) -> int | None:
        """What the limit leaves this month."""
        return None if self.limit_cents is None else max(self.limit_cents - self.spent_cents, 0)


class NoSharedWallet(Refused):
    """Nobody shares a wallet with this member."""

    code = "no_shared_wallet"
    text = N_("Nobody shares stored value with this member. A manager can set it up in the payer's card.")


class ShareLimit(Refused):
    """More than the payer allows a month."""

    code = "share_limit"
    text = N_("The payer allows {limit_cents} a month and {left_cents} is left of it; {wanted_cents} was asked for.")


class ShareChain(Refused):
    """A wallet that is shared cannot itself be paid by another."""

    code = "share_chain"
    text = N_("One of the two shares a wallet already. End that first.")


def _month(now: Millis) -> int:
    day: date = clock.day_of(now, rules.current(now=now).zone)
    return day.year * 12 + day.month


def of(member_id: int, *, now: Millis) -> Share | None:
    """Who pays for a member, if anyone does."""
    sql = "SELECT payer_id, limit_cents, month, spent_cents FROM wallet_share WHERE member_id = ?"
    found = db.one(sql, (member_id,))
    if found is None:
        return None
    return Share(member_id, found[0], found[1], found[3] if found[2] == _month(now) else 0)


def paid_by(payer_id: int) -> list[int]:
    """The members whose purchases a wallet may pay."""
    return [row[0] for row in db.rows("SELECT member_id FROM wallet_share WHERE payer_id = ? ORDER BY at", (payer_id,))]


@db.atomic
def share(payer_id: int, member_id: int, *, limit_cents: int | None, by: Actor, now: Millis) -> Share:
    """Let a member pay from another's wallet, or change the limit; the share as it stands.

    Raises: NotAllowed, ShareChain, MemberUnknown …
    """
    require(by, "member.edit")
    locks.hold(payer_id, member_id)
    sql = "SELECT 1 FROM wallet_share WHERE member_id = ? OR payer_id = ?"
    if payer_id == member_id or db.value(sql, (payer_id, member_id)):
        raise ShareChain()
    db.run(
        "INSERT INTO wallet_share (member_id, payer_id, limit_cents, at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (member_id) DO UPDATE SET payer_id = excluded.payer_id, limit_cents = excluded.limit_cents",
        (member_id, payer_id, limit_cents, now),
    )
    after = {"payer": str(payer_id), "limit_cents": limit_cents}
    audit.record("wallet.shared", "member", member_id, by=by, now=now, after=after)
    sql = "SELECT payer_id, limit_cents, month, spent_cents FROM wallet_share WHERE member_id = ?"
    found = db.rows(sql, (member_id,))[0]
    return Share(member_id, found[0], found[1], found[3] if found[2] == _month(now) else 0)


@db.atomic
def end(member_id: int, *, by: Actor, now: Millis) -> None:
    """Let a member no longer pay from another's wallet. Raises: NotAllowed, NoSharedWallet."""
    require(by, "member.edit")
    if not db.change("DELETE FROM wallet_share WHERE member_id = ?", (member_id,)):
        raise NoSharedWallet()
    audit.record("wallet.share_ended", "member", member_id, by=by, now=now)


def count(member_id: int, cents: int, *, now: Millis) -> None:
    """Count what a member spends of the payer's wallet; inside the caller's transaction.

    Negative for what comes back. Raises: NoSharedWallet, ShareLimit.
    """
    found = of(member_id, now=now)
    if found is None:
        if cents < 0:
            return
        raise NoSharedWallet(field="tenders")
    spent = max(found.spent_cents + cents, 0)
    if found.limit_cents is not None and cents > 0 and spent > found.limit_cents:
        left = found.left_cents or 0
        raise ShareLimit(field="tenders", limit_cents=found.limit_cents, left_cents=left, wanted_cents=cents)
    db.run("UPDATE wallet_share SET month = ?, spent_cents = ? WHERE member_id = ?", (_month(now), spent, member_id))
