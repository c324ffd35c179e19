"""Carrying: everything of one account goes to another when two members are merged, and back when that is undone.

Lots keep their dates, their store and the document they came from; a debt goes with them. On the way back lots
return with what is left of them. What the kept member spent of them meanwhile is charged to their own lots
first; what even those do not hold stays spent. A debt that was repaid by carried points comes back as a debt.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from core.base import db
from core.base.clock import Millis
from core.books import accounts, merges, posting, rows
from core.books.accounts import ASSETS, Account, Asset, Lot, account
from core.books.merges import Merge

OUT, IN = "merge_out", "merge_in"
BACK_OUT, BACK_IN = "unmerge_out", "unmerge_in"
KINDS = (OUT, IN, BACK_OUT, BACK_IN)
"""Kinds of entries by which value only changes its place."""


def carry(merge: Merge) -> None:
    """Carry all accounts; inside the caller's transaction, both members locked, nothing set aside by who is gone."""
    for asset in ASSETS:
        giver, taker = account(merge.gone_id, asset), account(merge.kept_id, asset)
        _carry_lots(merge, giver, taker)
        if giver.debt:
            _carry_debt(merge, giver, account(merge.kept_id, asset))


def _carry_lots(merge: Merge, giver: Account, taker: Account) -> None:
    given = accounts.lots(giver.id, now=merge.now, all_open=True)
    total = sum(lot.remaining for lot in given)
    if not total:
        return
    out, into = merge.cause(OUT), merge.cause(IN)
    out_id = rows.entry(giver, -total, out)
    in_id, debt = rows.moved(taker, total, into)
    for lot in given:
        rows.use(lot.id, out_id, lot.remaining, "spend")
        new = rows.New(lot.remaining, lot.available_at, lot.expires_at, lot.store_id, lot.id)
        rows.add_lot(taker.id, in_id, new, into, of=(lot.ref_kind, lot.ref_id))
    rows.repay_debt(taker.id, in_id, debt, now=merge.now)


def _carry_debt(merge: Merge, giver: Account, taker: Account) -> None:
    """What one owes the other pays as far as it can; the rest is owed on."""
    posting.credit(giver, giver.debt, merge.cause(OUT), expires_at=None)
    there = [lot for lot in accounts.lots(taker.id, now=merge.now, all_open=True) if not lot.is_past(merge.now)]
    paid = min(giver.debt, sum(lot.free for lot in there))
    if paid:
        rows.consume(there, paid, rows.entry(taker, -paid, merge.cause(IN)), "spend")
    if giver.debt > paid:
        rows.entry(taker, paid - giver.debt, merge.cause(IN), new_debt=giver.debt - paid)


def give_back(spend_entry: int, amount: int, cause: accounts.Cause, *, grace_until: Millis) -> int:
    """As posting.give_back; what returns to a member who was merged goes on to the one they went into."""
    entry_id = posting.give_back(spend_entry, amount, cause, grace_until=grace_until)
    member_id = int(db.value("SELECT member_id FROM entry WHERE id = ?", (entry_id,)))
    while (found := merges.standing(member_id)) is not None:
        merge_id, kept_id = found
        carry(Merge(merge_id, kept_id, member_id, cause.now, cause.by, cause.now))
        member_id = kept_id
    return entry_id


# --- the way back ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Carried:
    """A lot that was carried: where it came from, what can return of it, what its new owner spent."""

    lot_id: int
    from_lot_id: int
    original: int
    back: int
    spent: int


@dataclass(frozen=True)
class Return:
    """What undoing a merge moves of one asset.

    `left` returns as it is, `charged` is taken from the kept member's own lots for what they spent, `owed` comes
    back as a debt that carried points had repaid, `stays` was spent and nothing replaces it, `lapsed` expired or
    was taken back by a refund meanwhile. `debt` is what the other one will owe again.
    """

    asset: Asset
    left: int
    charged: int
    owed: int
    stays: int
    lapsed: int
    debt: int

    @property
    def returned(self) -> int:
        """What the member who comes back gets."""
        return self.left + self.charged + self.owed


def returns(merge: Merge) -> list[Return]:
    """What undoing would move now, by asset."""
    return [_planned(merge, asset, _carried(merge, asset)) for asset in ASSETS]


def _carried(merge: Merge, asset: Asset) -> list[_Carried]:
    """The lots a merge carried, the first to expire first."""
    found = db.rows(
        "SELECT l.id, l.from_lot_id, l.original, l.remaining - l.held, l.held + coalesce((SELECT"
        " CAST(sum(u.amount) AS BIGINT) FROM lot_use u JOIN entry x ON x.id = u.entry_id WHERE u.lot_id = l.id"
        " AND (u.why IN ('spend', 'return', 'debt') OR (u.why = 'expire' AND x.reverses_id IS NOT NULL))), 0)"
        " FROM entry e JOIN lot l ON l.entry_id = e.id WHERE e.ref_kind = 'merge' AND e.ref_id = ? AND e.kind = ?"
        f" AND e.asset = ? AND l.from_lot_id IS NOT NULL ORDER BY {accounts.BY_EXPIRY}",
        (merge.id, IN, asset),
    )
    return [_Carried(*row) for row in found]


def _planned(merge: Merge, asset: Asset, carried: Sequence[_Carried]) -> Return:
    left, spent = sum(one.back for one in carried), sum(one.spent for one in carried)
    own = sum(lot.free for lot in _own(merge, asset, carried))
    charged = min(spent, own)
    owed = min(spent - charged, _repaid(merge, asset))
    lapsed = sum(one.original for one in carried) - left - spent
    return Return(asset, left, charged, owed, spent - charged - owed, lapsed, _debt(merge, asset))


def _own(merge: Merge, asset: Asset, carried: Sequence[_Carried]) -> list[Lot]:
    """Lots of the kept member that were not carried and can be charged, in the order they are taken."""
    ids, account_id = {one.lot_id for one in carried}, account(merge.kept_id, asset).id
    there = accounts.lots(account_id, now=merge.now, all_open=True)
    return [lot for lot in there if lot.id not in ids and not lot.is_past(merge.now)]


def _repaid(merge: Merge, asset: Asset) -> int:
    """What the carried lots repaid of the kept member's debt when they came."""
    sql = (
        "SELECT coalesce(CAST(sum(u.amount) AS BIGINT), 0) FROM entry e JOIN lot_use u ON u.entry_id = e.id"
        " AND u.why = 'debt' WHERE e.ref_kind = 'merge' AND e.ref_id = ? AND e.kind = ? AND e.asset = ?"
    )
    return int(db.value(sql, (merge.id, IN, asset)))


def _debt(merge: Merge, asset: Asset) -> int:
    """What who is gone owed, and the kept member took over."""
    sql = (
        "SELECT coalesce(CAST(sum(-amount) AS BIGINT), 0) FROM entry"
        " WHERE ref_kind = 'merge' AND ref_id = ? AND kind = ? AND asset = ? AND amount < 0"
    )
    return int(db.value(sql, (merge.id, IN, asset)))


def carry_back(merge: Merge, *, expires_at: Millis | None) -> list[Return]:
    """Bring all accounts back as planned; what was moved. Inside the caller's transaction, both members locked.

    Points that repaid a debt which goes back are fresh ones, which live until `expires_at`.
    """
    moved = []
    for asset in ASSETS:
        _return_debt(merge, asset, expires_at)
        carried = _carried(merge, asset)
        planned = _planned(merge, asset, carried)
        if planned.debt:
            rows.entry(account(merge.gone_id, asset), -planned.debt, merge.cause(BACK_IN), new_debt=planned.debt)
        _return_lots(merge, asset, carried, planned)
        moved.append(planned)
    return moved


def _return_debt(merge: Merge, asset: Asset, expires_at: Millis | None) -> None:
    """Give back what the kept member paid for the other's debt, and take what is owed of it off them."""
    sql = (
        "SELECT id, -amount FROM entry WHERE ref_kind = 'merge' AND ref_id = ? AND kind = ? AND asset = ?"
        " AND amount < 0"
    )
    for entry_id, amount in db.rows(sql, (merge.id, IN, asset)):
        state = account(merge.kept_id, asset)
        taken = db.rows("SELECT lot_id, amount FROM lot_use WHERE entry_id = ? ORDER BY id", (entry_id,))
        if not taken:
            posting.credit(state, amount, merge.cause(BACK_OUT), expires_at=expires_at)
            continue
        back_id, debt = rows.moved(state, amount, merge.cause(BACK_OUT), reverses_id=entry_id)
        for lot_id, part in taken:
            rows.use(lot_id, back_id, -part, "return")
        rows.repay_debt(state.id, back_id, debt, now=merge.now)


def _return_lots(merge: Merge, asset: Asset, carried: Sequence[_Carried], planned: Return) -> None:
    taker = account(merge.kept_id, asset)
    own = _own(merge, asset, carried)
    if planned.left + planned.charged:
        out_id = rows.entry(taker, -planned.left - planned.charged, merge.cause(BACK_OUT))
        for one in carried:
            if one.back:
                rows.use(one.lot_id, out_id, one.back, "spend")
        rows.consume(own, planned.charged, out_id, "spend")
    if planned.owed:
        rows.entry(taker, -planned.owed, merge.cause(BACK_OUT), new_debt=planned.owed)
    back, more = dict[int, int](), planned.charged + planned.owed
    for one in carried:
        extra = min(more, one.spent)
        more -= extra
        back[one.from_lot_id] = back.get(one.from_lot_id, 0) + one.back + extra
    _put_back(merge, asset, back)


def _put_back(merge: Merge, asset: Asset, back: dict[int, int]) -> None:
    """Return amounts to the lots they were carried from, entry by entry."""
    giver = account(merge.gone_id, asset)
    sql = (
        "SELECT e.id, u.lot_id, u.amount FROM entry e JOIN lot_use u ON u.entry_id = e.id AND u.why = 'spend'"
        " WHERE e.ref_kind = 'merge' AND e.ref_id = ? AND e.kind = ? AND e.asset = ? AND e.amount < 0"
        " ORDER BY e.number DESC, u.id"
    )
    by_entry: dict[int, list[tuple[int, int]]] = {}
    for entry_id, lot_id, taken in db.rows(sql, (merge.id, OUT, asset)):
        part = min(taken, back.get(lot_id, 0))
        if part:
            back[lot_id] -= part
            by_entry.setdefault(entry_id, []).append((lot_id, part))
    for entry_id, lot_parts in by_entry.items():
        total = sum(part for _, part in lot_parts)
        back_id, debt = rows.moved(giver, total, merge.cause(BACK_IN), reverses_id=entry_id)
        for lot_id, part in lot_parts:
            rows.use(lot_id, back_id, -part, "return")
        rows.repay_debt(giver.id, back_id, debt, now=merge.now)
