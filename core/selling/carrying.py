"""Carrying sales: what a member bought who goes into another, and back with what was returned of it since."""

from core.base import db
from core.books import merges
from core.books.merges import Merge
from core.goods.catalogue import MONEY_ONLY


def carry(merge: Merge) -> None:
    """Carry sales; inside the caller's transaction, both members locked."""
    merges.repoint(merge, "sale")
    sql = "SELECT id, refunds FROM sale WHERE member_id = ? AND refunds > 0 AND id IN"
    moved = "(SELECT row_id FROM merge_move WHERE merge_id = ? AND place = 'sale.member_id')"
    for sale_id, refunds in db.rows(f"{sql} {moved}", (merge.kept_id, merge.id)):
        merges.note(merge, "sale.refunds", sale_id, {"refunds": refunds})


def returned_since(merge: Merge) -> dict[int, tuple[int, int]]:
    """What came back of the carried sales since: net spend and points, by the day of the sale."""
    before = {sale_id: was["refunds"] for sale_id, was in merges.noted(merge, "sale.refunds").items()}
    kinds = ", ".join(f"'{kind}'" for kind in sorted(MONEY_ONLY))
    sql = (
        "SELECT s.id, s.local_day, r.number, coalesce((SELECT CAST(sum(CASE WHEN n.kind IN"
        f" ({kinds}) THEN 0 ELSE l.cents END) AS BIGINT) FROM refund_line l JOIN sale_line n ON n.id = l.line_id"
        " WHERE l.refund_id = r.id), 0) - coalesce((SELECT CAST(sum(p.cents) AS BIGINT) FROM refund_tender p"
        " JOIN tender t ON t.id = p.tender_id AND t.kind = 'bonus' WHERE p.refund_id = r.id), 0),"
        " coalesce((SELECT CAST(sum(l.taken_points) AS BIGINT) FROM refund_line l WHERE l.refund_id = r.id), 0)"
        " FROM merge_move m JOIN sale s ON s.id = m.row_id JOIN refund r ON r.sale_id = s.id"
        " WHERE m.merge_id = ? AND m.place = 'sale.member_id' AND r.kind <> 'reversal'"
    )
    found: dict[int, tuple[int, int]] = {}
    for sale_id, day, number, net_cents, points in db.rows(sql, (merge.id,)):
        if number > before.get(sale_id, 0):
            spent, earned = found.get(day, (0, 0))
            found[day] = spent + net_cents, earned + points
    return found


def carry_back(merge: Merge) -> None:
    """Bring them back; inside the caller's transaction, both members locked."""
    merges.point_back(merge, "sale")
