"""What sales and refunds must add up to: lines, tenders, and the points and stored value they moved."""

from core.base.i18n import N_
from core.keeping.proofs.check import Check

SALES = (
    Check(
        "sale lines",
        N_("sale {row}: total {found}, its lines sum to {expected}"),
        "SELECT s.id, s.total_cents, coalesce(l.total, 0) FROM sale s LEFT JOIN (SELECT sale_id,"
        " CAST(sum(net_cents) AS BIGINT) AS total FROM sale_line WHERE sale_id BETWEEN ? AND ? GROUP BY sale_id) l"
        " ON l.sale_id = s.id WHERE s.id BETWEEN ? AND ? AND s.total_cents <> coalesce(l.total, 0)",
        "sale",
        10_000,
    ),
    Check(
        "sale tenders",
        N_("sale {row}: total {found}, its tenders sum to {expected}"),
        "SELECT s.id, s.total_cents, coalesce(t.total, 0) FROM sale s LEFT JOIN (SELECT sale_id,"
        " CAST(sum(cents) AS BIGINT) AS total FROM tender WHERE sale_id BETWEEN ? AND ? GROUP BY sale_id) t"
        " ON t.sale_id = s.id WHERE s.id BETWEEN ? AND ? AND s.total_cents <> coalesce(t.total, 0)",
        "sale",
        10_000,
    ),
    Check(
        "taxes",
        N_("sale {row}: tax {found}, its lines sum to {expected}"),
        "SELECT s.id, s.tax_cents, coalesce(l.total, 0) FROM sale s LEFT JOIN (SELECT sale_id,"
        " CAST(sum(tax_cents) AS BIGINT) AS total FROM sale_line WHERE sale_id BETWEEN ? AND ? GROUP BY sale_id) l"
        " ON l.sale_id = s.id WHERE s.id BETWEEN ? AND ? AND s.tax_cents <> coalesce(l.total, 0)",
        "sale",
        10_000,
    ),
    Check(
        "line amounts",
        N_("sale line {row}: {found} to pay, amount less reductions is {expected}"),
        "SELECT l.id, l.net_cents, l.amount_cents - l.discount_cents - l.redeemed_cents + s.tax_added * l.tax_cents"
        " FROM sale_line l JOIN sale s ON s.id = l.sale_id WHERE l.id BETWEEN ? AND ? AND l.net_cents"
        " <> l.amount_cents - l.discount_cents - l.redeemed_cents + s.tax_added * l.tax_cents",
        "sale_line",
        20_000,
    ),
    Check(
        "line discounts",
        N_("sale line {row}: discount {found}, its reasons sum to {expected}"),
        "SELECT l.id, l.discount_cents, coalesce(d.total, 0) FROM sale_line l LEFT JOIN (SELECT line_id,"
        " CAST(sum(cents) AS BIGINT) AS total FROM sale_discount WHERE sale_id BETWEEN ? AND ? GROUP BY line_id) d"
        " ON d.line_id = l.id WHERE l.sale_id BETWEEN ? AND ? AND l.discount_cents <> coalesce(d.total, 0)",
        "sale",
        10_000,
    ),
    Check(
        "points of a sale",
        N_("sale {row}: used {found} points, its ledger says {expected}"),
        "SELECT s.id, s.redeemed_points, coalesce(e.total, 0) FROM sale s LEFT JOIN (SELECT ref_id,"
        " CAST(sum(-amount) AS BIGINT) AS total FROM entry WHERE ref_kind = 'sale' AND kind = 'redeem'"
        " AND ref_id BETWEEN ? AND ? GROUP BY ref_id) e ON e.ref_id = s.id WHERE s.id BETWEEN ? AND ?"
        " AND s.redeemed_points <> coalesce(e.total, 0)",
        "sale",
        10_000,
    ),
    Check(
        "points for a sale",
        N_("sale {row}: earned {found} points, its ledger says {expected}"),
        "SELECT s.id, s.earned_points, coalesce(e.total, 0) FROM sale s LEFT JOIN (SELECT ref_id,"
        " CAST(sum(amount) AS BIGINT) AS total FROM entry WHERE ref_kind = 'sale' AND kind = 'earn'"
        " AND ref_id BETWEEN ? AND ? GROUP BY ref_id) e ON e.ref_id = s.id WHERE s.id BETWEEN ? AND ?"
        " AND s.earned_points <> coalesce(e.total, 0)",
        "sale",
        10_000,
    ),
    Check(
        "stored value of a sale",
        N_("sale {row}: {found} was paid from {asset}, its ledger says {expected}"),
        "SELECT s.id, coalesce(t.total, 0), coalesce(e.total, 0), b.asset FROM sale s CROSS JOIN"
        " (SELECT 'principal' AS asset UNION ALL SELECT 'bonus') b LEFT JOIN (SELECT sale_id, kind,"
        " CAST(sum(cents) AS BIGINT) AS total FROM tender WHERE sale_id BETWEEN ? AND ? GROUP BY sale_id, kind) t"
        " ON t.sale_id = s.id AND t.kind = b.asset LEFT JOIN (SELECT ref_id, asset, CAST(sum(-amount) AS BIGINT)"
        " AS total FROM entry WHERE ref_kind = 'sale' AND kind = 'spend' AND ref_id BETWEEN ? AND ?"
        " GROUP BY ref_id, asset) e ON e.ref_id = s.id AND e.asset = b.asset WHERE s.id BETWEEN ? AND ?"
        " AND coalesce(t.total, 0) <> coalesce(e.total, 0)",
        "sale",
        10_000,
        fields=("row", "found", "expected", "asset"),
    ),
    Check(
        "points of refunds",
        N_("sale {row}: earned {found} points, its refunds took {expected}"),
        "SELECT s.id, s.earned_points, CAST(sum(r.taken_points) AS BIGINT) FROM sale s JOIN refund r"
        " ON r.sale_id = s.id WHERE s.id BETWEEN ? AND ? AND s.member_id IS NOT NULL AND s.claimed_at IS NULL"
        " GROUP BY s.id, s.earned_points HAVING sum(r.taken_points) > s.earned_points",
        "sale",
        10_000,
    ),
)

REFUNDS = (
    Check(
        "refund lines",
        N_("refund {row}: {found} paid back, its lines sum to {expected}"),
        "SELECT r.id, r.total_cents, coalesce(l.total, 0) FROM refund r LEFT JOIN (SELECT refund_id,"
        " CAST(sum(cents) AS BIGINT) AS total FROM refund_line WHERE refund_id BETWEEN ? AND ? GROUP BY refund_id) l"
        " ON l.refund_id = r.id WHERE r.id BETWEEN ? AND ? AND r.total_cents <> coalesce(l.total, 0)",
        "refund",
        10_000,
    ),
    Check(
        "refund tenders",
        N_("refund {row}: {found} paid back, its tenders sum to {expected}"),
        "SELECT r.id, r.total_cents, coalesce(t.total, 0) FROM refund r LEFT JOIN (SELECT refund_id,"
        " CAST(sum(cents) AS BIGINT) AS total FROM refund_tender WHERE refund_id BETWEEN ? AND ? GROUP BY refund_id) t"
        " ON t.refund_id = r.id WHERE r.id BETWEEN ? AND ? AND r.total_cents <> coalesce(t.total, 0)",
        "refund",
        10_000,
    ),
    Check(
        "points given back",
        N_("refund {row}: gave {found} points back, its ledger says {expected}"),
        "SELECT r.id, r.returned_points, coalesce(e.total, 0) FROM refund r LEFT JOIN (SELECT ref_id,"
        " CAST(sum(amount) AS BIGINT) AS total FROM entry WHERE ref_kind = 'refund' AND kind = 'refund_return'"
        " AND asset = 'points' AND ref_id BETWEEN ? AND ? GROUP BY ref_id) e ON e.ref_id = r.id"
        " WHERE r.id BETWEEN ? AND ? AND r.returned_points <> coalesce(e.total, 0)",
        "refund",
        10_000,
    ),
    Check(
        "points taken back",
        N_("refund {row}: took {found} points, its ledger says {expected}"),
        "SELECT r.id, r.taken_points, coalesce(e.total, 0) FROM refund r JOIN sale s ON s.id = r.sale_id"
        " LEFT JOIN (SELECT ref_id, CAST(sum(-amount) AS BIGINT) AS total FROM entry WHERE ref_kind = 'refund'"
        " AND kind = 'clawback' AND ref_id BETWEEN ? AND ? GROUP BY ref_id) e ON e.ref_id = r.id"
        " WHERE r.id BETWEEN ? AND ? AND r.taken_points <> coalesce(e.total, 0)"
        # Before a receipt was claimed nobody's points could be taken.
        " AND (e.total IS NOT NULL OR (s.member_id IS NOT NULL AND s.claimed_at IS NULL))",
        "refund",
        10_000,
    ),
    Check(
        "stored value given back",
        N_("refund {row}: {found} went back to {asset}, its ledger says {expected}"),
        "SELECT r.id, coalesce(t.total, 0), coalesce(e.total, 0), b.asset FROM refund r CROSS JOIN"
        " (SELECT 'principal' AS asset UNION ALL SELECT 'bonus') b LEFT JOIN (SELECT p.refund_id, t.kind,"
        " CAST(sum(p.cents) AS BIGINT) AS total FROM refund_tender p JOIN tender t ON t.id = p.tender_id"
        " WHERE p.refund_id BETWEEN ? AND ? GROUP BY p.refund_id, t.kind) t ON t.refund_id = r.id AND t.kind = b.asset"
        " LEFT JOIN (SELECT ref_id, asset, CAST(sum(amount) AS BIGINT) AS total FROM entry WHERE ref_kind = 'refund'"
        " AND kind = 'refund_return' AND ref_id BETWEEN ? AND ? GROUP BY ref_id, asset) e ON e.ref_id = r.id"
        " AND e.asset = b.asset WHERE r.id BETWEEN ? AND ? AND coalesce(t.total, 0) <> coalesce(e.total, 0)",
        "refund",
        10_000,
        fields=("row", "found", "expected", "asset"),
    ),
    Check(
        "tender refunded",
        N_("tender {row}: {found} was paid, {expected} was given back"),
        "SELECT t.id, t.cents, CAST(sum(r.cents) AS BIGINT) FROM tender t JOIN refund_tender r ON r.tender_id = t.id"
        " WHERE t.id BETWEEN ? AND ? GROUP BY t.id, t.cents HAVING sum(r.cents) > t.cents",
        "tender",
        20_000,
    ),
    Check(
        "line returned",
        N_("sale line {row}: {found} was sold, {expected} came back"),
        "SELECT l.id, l.quantity_milli, CAST(sum(r.quantity_milli) AS BIGINT) FROM sale_line l"
        " JOIN refund_line r ON r.line_id = l.id WHERE l.id BETWEEN ? AND ? GROUP BY l.id, l.quantity_milli"
        " HAVING sum(r.quantity_milli) > l.quantity_milli",
        "sale_line",
        20_000,
    ),
)

COUNTS = (
    Check(
        "stock",
        N_("stock of product {row}: {found} thousandths, its moves sum to {expected}"),
        "SELECT s.product_id, s.quantity_milli, coalesce(m.total, 0) FROM stock s LEFT JOIN (SELECT store_id,"
        " product_id, CAST(sum(quantity_milli) AS BIGINT) AS total FROM stock_move WHERE product_id BETWEEN ? AND ?"
        " GROUP BY store_id, product_id) m ON m.store_id = s.store_id AND m.product_id = s.product_id"
        " WHERE s.product_id BETWEEN ? AND ? AND s.quantity_milli <> coalesce(m.total, 0)",
        "product",
        100,
    ),
    Check(
        "batches",
        N_("batches of product {row}: they sum to {found} thousandths, {expected} are on hand"),
        "SELECT b.product_id, b.total, coalesce(s.quantity_milli, 0) FROM (SELECT store_id, product_id,"
        " CAST(sum(quantity_milli) AS BIGINT) AS total FROM stock_batch WHERE product_id BETWEEN ? AND ?"
        " GROUP BY store_id, product_id) b JOIN product p ON p.id = b.product_id AND p.batched = 1"
        " LEFT JOIN stock s ON s.store_id = b.store_id AND s.product_id = b.product_id"
        " WHERE b.product_id BETWEEN ? AND ? AND b.total <> coalesce(s.quantity_milli, 0)",
        "product",
        100,
    ),
    Check(
        "visits",
        N_("member {row}: net spend {found} is kept, the days sum to {expected}"),
        "SELECT s.member_id, s.net_spend_cents, coalesce(d.total, 0) FROM member_stats s LEFT JOIN (SELECT member_id,"
        " CAST(sum(net_cents) AS BIGINT) AS total FROM member_day WHERE member_id BETWEEN ? AND ? GROUP BY member_id) d"
        " ON d.member_id = s.member_id WHERE s.member_id BETWEEN ? AND ?"
        " AND s.net_spend_cents <> coalesce(d.total, 0)",
        "member_stats",
        5_000,
        "member_id",
    ),
    Check(
        "visit days",
        N_("member {row}: {found} visits are kept, {expected} days have one"),
        "SELECT s.member_id, s.visits, coalesce(d.total, 0) FROM member_stats s LEFT JOIN (SELECT member_id,"
        " count(*) AS total, min(day) AS first_day, max(day) AS last_day FROM member_day WHERE net_cents > 0"
        " AND member_id BETWEEN ? AND ? GROUP BY member_id) d ON d.member_id = s.member_id"
        " WHERE s.member_id BETWEEN ? AND ? AND (s.visits <> coalesce(d.total, 0)"
        " OR coalesce(s.first_day, 0) <> coalesce(d.first_day, 0)"
        " OR coalesce(s.last_day, 0) <> coalesce(d.last_day, 0))",
        "member_stats",
        5_000,
        "member_id",
    ),
)

CHECKS = (*SALES, *REFUNDS, *COUNTS)
