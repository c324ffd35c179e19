"""What tiers, coupons, passes, gift cards and plans must add up to."""

from core.base.i18n import N_
from core.keeping.proofs.check import Check

CHECKS = (
    Check(
        "tiers",
        N_("member {row}: holds tier {tier}, the last change gave tier {given}"),
        "SELECT t.member_id, t.tier_id, c.to_tier_id FROM member_tier t JOIN tier_change c ON c.id ="
        " (SELECT max(x.id) FROM tier_change x WHERE x.member_id = t.member_id)"
        " WHERE t.member_id BETWEEN ? AND ? AND t.tier_id <> c.to_tier_id",
        "member",
        10_000,
        fields=("row", "tier", "given"),
    ),
    Check(
        "used coupons",
        N_("coupon {row}: used, but its sale {sale} took nothing off for it"),
        "SELECT u.coupon_id, u.sale_id FROM coupon c JOIN coupon_use u ON u.coupon_id = c.id"
        " WHERE c.id BETWEEN ? AND ? AND NOT EXISTS (SELECT 1 FROM sale_discount d WHERE d.sale_id = u.sale_id"
        " AND d.rule_kind = 'coupon' AND d.rule_id = c.kind_id)",
        "coupon",
        10_000,
        fields=("row", "sale"),
    ),
    Check(
        "coupon uses",
        N_("coupon {row}: used {found} times, {expected} uses are recorded"),
        "SELECT c.id, c.used, coalesce(u.total, 0) FROM coupon c LEFT JOIN (SELECT coupon_id, count(*) AS total"
        " FROM (SELECT coupon_id FROM coupon_use WHERE returned_at IS NULL UNION ALL SELECT coupon_id FROM coupon_hold"
        " WHERE state = 'captured' AND sale_id IS NULL) x WHERE coupon_id BETWEEN ? AND ? GROUP BY coupon_id) u"
        " ON u.coupon_id = c.id WHERE c.id BETWEEN ? AND ? AND c.state IN ('issued', 'used')"
        " AND c.used <> coalesce(u.total, 0)",
        "coupon",
        10_000,
    ),
    Check(
        "coupon state",
        N_("coupon {row}: stands as {state} after {found} of {expected} uses"),
        "SELECT id, used, uses, state FROM coupon WHERE id BETWEEN ? AND ?"
        " AND ((state = 'used' AND used <> uses) OR (state = 'issued' AND used >= uses))",
        "coupon",
        10_000,
        fields=("row", "found", "expected", "state"),
    ),
    Check(
        "passes",
        N_("pass {row}: {found} uses are left, its entries sum to {expected}"),
        "SELECT p.id, p.left_uses, coalesce(e.total, 0) FROM pass p LEFT JOIN (SELECT pass_id,"
        " CAST(sum(uses) AS BIGINT) AS total FROM pass_entry WHERE pass_id BETWEEN ? AND ? GROUP BY pass_id) e"
        " ON e.pass_id = p.id WHERE p.id BETWEEN ? AND ? AND p.left_uses <> coalesce(e.total, 0)",
        "pass",
        10_000,
    ),
    Check(
        "gift cards",
        N_("gift card {row}: {found} is on it, its entries sum to {expected}"),
        "SELECT g.id, g.balance_cents, coalesce(e.total, 0) FROM gift_card g LEFT JOIN (SELECT card_id,"
        " CAST(sum(cents) AS BIGINT) AS total FROM gift_card_entry WHERE card_id BETWEEN ? AND ? GROUP BY card_id) e"
        " ON e.card_id = g.id WHERE g.id BETWEEN ? AND ? AND (g.balance_cents <> coalesce(e.total, 0)"
        " OR (g.state <> 'active' AND g.balance_cents <> 0))",
        "gift_card",
        10_000,
    ),
    Check(
        "plan periods",
        N_("plan period {row} of member {member}: ends before it begins"),
        "SELECT id, member_id FROM member_plan WHERE id BETWEEN ? AND ? AND until_at <= from_at",
        "member_plan",
        10_000,
        fields=("row", "member"),
    ),
    Check(
        "plans of undone sales",
        N_("plan period {row} of member {member}: runs on, though its sale {sale} was undone"),
        "SELECT p.id, p.member_id, p.sale_id FROM member_plan p JOIN refund r ON r.sale_id = p.sale_id"
        " AND r.kind = 'void' WHERE p.id BETWEEN ? AND ? AND p.ended_at IS NULL",
        "member_plan",
        10_000,
        fields=("row", "member", "sale"),
    ),
)
