"""What must hold of the stock at any time, by SQL of its own."""

from core.base import db

RULES = {
    "on hand is the sum of moves": (
        "SELECT k.store_id, k.product_id, k.quantity_milli FROM stock k LEFT JOIN (SELECT store_id, product_id,"
        " sum(quantity_milli) AS total FROM stock_move GROUP BY store_id, product_id) m"
        " ON m.store_id = k.store_id AND m.product_id = k.product_id WHERE k.quantity_milli <> coalesce(m.total, 0)"
    ),
    "every move has its stock": (
        "SELECT m.id FROM stock_move m LEFT JOIN stock k ON k.store_id = m.store_id AND k.product_id = m.product_id"
        " WHERE k.store_id IS NULL"
    ),
    "batches add up to what is on hand": (
        "SELECT k.store_id, k.product_id FROM stock k JOIN product p ON p.id = k.product_id AND p.batched = 1"
        " LEFT JOIN (SELECT store_id, product_id, sum(quantity_milli) AS total FROM stock_batch"
        " GROUP BY store_id, product_id) b ON b.store_id = k.store_id AND b.product_id = k.product_id"
        " WHERE k.quantity_milli <> coalesce(b.total, 0)"
    ),
    "a batch is the sum of its moves": (
        "SELECT b.store_id, b.product_id, b.expires_day FROM stock_batch b LEFT JOIN (SELECT store_id, product_id,"
        " expires_day, code, sum(quantity_milli) AS total FROM stock_batch_move"
        " GROUP BY store_id, product_id, expires_day, code) m ON m.store_id = b.store_id"
        " AND m.product_id = b.product_id AND m.expires_day = b.expires_day AND m.code = b.code"
        " WHERE b.quantity_milli <> coalesce(m.total, 0)"
    ),
    "only what is of no batch falls below zero": (
        "SELECT store_id, product_id FROM stock_batch WHERE quantity_milli < 0 AND (expires_day > 0 OR code <> '')"
    ),
    "no batch waits while another is short": (
        "SELECT a.store_id, a.product_id FROM stock_batch a JOIN stock_batch b ON b.store_id = a.store_id"
        " AND b.product_id = a.product_id WHERE a.quantity_milli < 0 AND b.quantity_milli > 0"
    ),
    "a transfer loses nothing": (
        "SELECT l.transfer_id, l.product_id FROM stock_transfer_line l JOIN stock_transfer t ON t.id = l.transfer_id"
        " LEFT JOIN (SELECT ref_id, product_id, sum(CASE WHEN kind = 'sent' THEN -quantity_milli ELSE 0 END) AS sent,"
        " sum(CASE WHEN kind = 'arrived' THEN quantity_milli ELSE 0 END) AS arrived FROM stock_move"
        " WHERE kind IN ('sent', 'arrived') GROUP BY ref_id, product_id) m"
        " ON m.ref_id = t.id AND m.product_id = l.product_id WHERE coalesce(m.sent, 0) <> l.sent_milli"
        " OR coalesce(m.arrived, 0) <> coalesce(l.arrived_milli, 0)"
        " OR (t.state = 'sent') <> (l.arrived_milli IS NULL)"
    ),
}


def broken() -> dict[str, object]:
    """The rules that do not hold, with the first rows that break them."""
    found = {rule: db.rows(sql)[:3] for rule, sql in RULES.items()}
    return {rule: rows for rule, rows in found.items() if rows}
