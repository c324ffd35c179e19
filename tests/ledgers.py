"""The invariants every ledger keeps, as queries that find the rows that break them."""

from core.base import db

BROKEN = {
    "a balance is the sum of its entries": (
        "SELECT a.id FROM account a LEFT JOIN entry e ON e.account_id = a.id"
        " GROUP BY a.id, a.balance HAVING a.balance <> coalesce(sum(e.amount), 0)"
    ),
    "a balance is what remains of its lots less its debt": (
        "SELECT a.id FROM account a LEFT JOIN (SELECT account_id, CAST(sum(remaining) AS BIGINT) AS left_over FROM lot"
        " GROUP BY account_id) l ON l.account_id = a.id WHERE a.balance <> coalesce(l.left_over, 0) - a.debt"
    ),
    "what remains of a lot is its amount less its uses": (
        "SELECT l.id FROM lot l LEFT JOIN lot_use u ON u.lot_id = l.id"
        " GROUP BY l.id, l.original, l.remaining"
        " HAVING l.remaining <> l.original - coalesce(sum(u.amount), 0)"
    ),
    "each entry names the balance it left": (
        "SELECT e.id FROM entry e WHERE e.balance_after <> (SELECT sum(b.amount) FROM entry b"
        " WHERE b.account_id = e.account_id AND b.number <= e.number)"
    ),
    "a spend takes exactly its amount from lots": (
        "SELECT e.id FROM entry e JOIN lot_use u ON u.entry_id = e.id AND u.why = 'spend'"
        " GROUP BY e.id, e.amount HAVING sum(u.amount) <> -e.amount"
    ),
    "no debt stands beside points that could repay it": (
        "SELECT a.id FROM account a WHERE a.debt > 0 AND EXISTS (SELECT 1 FROM lot l"
        " WHERE l.account_id = a.id AND l.remaining > 0 AND l.expires_at IS NULL)"
    ),
    "a tender is never given back beyond its amount": (
        "SELECT t.id FROM tender t JOIN refund_tender r ON r.tender_id = t.id"
        " GROUP BY t.id, t.cents HAVING sum(r.cents) > t.cents"
    ),
    "a line never comes back beyond its quantity": (
        "SELECT l.id FROM sale_line l JOIN refund_line r ON r.line_id = l.id"
        " GROUP BY l.id, l.quantity_milli HAVING sum(r.quantity_milli) > l.quantity_milli"
    ),
    "a refund's tenders are its lines": (
        "SELECT r.id FROM refund r WHERE r.total_cents <> coalesce((SELECT sum(t.cents) FROM refund_tender t"
        " WHERE t.refund_id = r.id), 0) OR r.total_cents <> (SELECT sum(l.cents) FROM refund_line l"
        " WHERE l.refund_id = r.id)"
    ),
    "stock is the sum of its moves": (
        "SELECT s.product_id FROM stock s JOIN stock_move m ON m.store_id = s.store_id"
        " AND m.product_id = s.product_id GROUP BY s.store_id, s.product_id, s.quantity_milli"
        " HAVING s.quantity_milli <> sum(m.quantity_milli)"
    ),
}


def broken() -> dict[str, list[int]]:
    """The invariants that do not hold, with the rows that break them; empty when all is well."""
    found = {name: [row[0] for row in db.rows(sql)] for name, sql in BROKEN.items()}
    return {name: rows for name, rows in found.items() if rows}
