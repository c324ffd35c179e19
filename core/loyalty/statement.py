"""The statement 明细: every move of a member's points and stored value, the newest first.

Lines of one asset stand in the order they were written, so that each balance is the one before it and
the line's amount; of all assets together they stand by time.
"""

from dataclasses import dataclass

from core.base import db
from core.base.clock import Millis
from core.base.i18n import N_
from core.base.text import number_shown
from core.books.posting import Asset


@dataclass(frozen=True)
class StatementLine:
    """One move: what, how much and what it left; why, where, and the sale behind it if there is one."""

    id: int
    at: Millis
    asset: Asset
    kind: str
    amount: int
    balance_after: int
    reason: str | None
    store: str | None
    sale_id: int | None
    sale_number: str | None


WORDS = {
    "earn": N_("earned"),
    "redeem": N_("used"),
    "refund_return": N_("given back"),
    "clawback": N_("taken back"),
    "expire": N_("expired"),
    "adjust": N_("adjusted"),
    "referral": N_("for a friend"),
    "referral_back": N_("friend's reward taken back"),
    "checkin": N_("checked in"),
    "share": N_("for sharing"),
    "birthday": N_("for the birthday"),
    "survey": N_("for a survey"),
    "campaign": N_("from a campaign"),
    "care": N_("a gift of the shop"),
    "punch": N_("for visits"),
    "reward": N_("for a reward"),
    "reward_back": N_("reward cancelled"),
    "event": N_("for an event"),
    "event_back": N_("event cancelled"),
    "lottery": N_("drew in a lottery"),
    "lottery_prize": N_("won in a lottery"),
    "topup": N_("with a top-up"),
    "topup_reversal": N_("top-up paid back"),
    "transfer_in": N_("received"),
    "transfer_out": N_("passed on"),
    "merge_in": N_("from a merged membership"),
    "merge_out": N_("merged"),
    "unmerge_in": N_("merge undone"),
    "unmerge_out": N_("merge undone"),
    "spend": N_("used"),
    "refund_credit": N_("kept from a refund"),
    "gift_card": N_("from a gift card"),
}
"""What moved, in a word or two, by the kind of its entry."""

_SELECT = (
    "SELECT e.id, e.at, e.asset, e.kind, e.amount, e.balance_after, e.reason, t.name, s.id, s.day, s.receipt_no"
    " FROM account a JOIN entry e ON e.account_id = a.id LEFT JOIN store t ON t.id = e.store_id"
    " LEFT JOIN refund r ON e.ref_kind = 'refund' AND r.id = e.ref_id LEFT JOIN sale s ON s.id ="
    " CASE WHEN e.ref_kind IN ('sale', 'topup') THEN e.ref_id ELSE r.sale_id END WHERE a.member_id = ?"
)


def of(
    member_id: int, asset: Asset | None = None, *, money: bool = False, before_id: int | None = None, limit: int = 50
) -> list[StatementLine]:
    """A page of a member's statement, of one asset or of all; `before_id` is the last line of the page before.

    `money` leaves points out: principal and bonus by time.
    """
    if asset is not None:
        older = " AND e.number < (SELECT b.number FROM entry b WHERE b.id = ?)" if before_id else ""
        sql, given = f"{_SELECT} AND a.asset = ?{older} ORDER BY e.number DESC LIMIT ?", [member_id, asset]
    else:
        last = "SELECT b.at, b.account_id, b.number FROM entry b WHERE b.id = ?"
        older = f" AND (e.at, e.account_id, e.number) < ({last})" if before_id else ""
        stored = " AND a.asset <> 'points'" if money else ""
        sql, given = (
            f"{_SELECT}{stored}{older} ORDER BY e.at DESC, e.account_id DESC, e.number DESC LIMIT ?",
            [member_id],
        )
    found = db.rows(sql, (*given, *([before_id] if before_id else []), limit))
    return [_line(row) for row in found]


def _line(row: db.Row) -> StatementLine:
    number = number_shown(row[9], row[10]) if row[8] is not None else None
    return StatementLine(*(*row[:9], number))
