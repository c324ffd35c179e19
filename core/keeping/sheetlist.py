"""What goes out when everything does: the files, their columns, and where each comes from.

A column's name in a query ends in its unit (`_cents`, `_milli`, `_at`, `_day`); in the file the value is written in
that unit's usual form and the ending falls away.
"""

from dataclasses import dataclass

from core.base.i18n import T, Text


@dataclass(frozen=True)
class Sheet:
    """One file: what is in it, and the query of its rows; `key` is the column it is read along, part by part."""

    name: str
    about: Text
    columns: tuple[str, ...]
    source: str
    key: str = "id"


_NAMED = "(SELECT name FROM store WHERE id = {}) AS store"

SHEETS: tuple[Sheet, ...] = (
    Sheet(
        "members",
        T("Members as they are now, with their balances."),
        ("id", "state", "name", "phone", "code", "old_card", "email", "gender", "birth_calendar", "birth_year",
         "birth_month", "birth_day", "birth_leap", "address", "language", "tags", "note", "home_store", "joined_by",
         "joined_at", "tier", "tier_until_at", "points", "principal_cents", "bonus_cents", "visits",
         "net_spend_cents", "last_day"),
        "SELECT m.id, m.state, p.name, p.phone, c.value AS code, o.value AS old_card, p.email, p.gender,"
        " p.birth_calendar, p.birth_year, p.birth_month, p.birth_day, p.birth_leap, p.address, m.language,"
        " (SELECT {joined} FROM member_tag x JOIN tag t ON t.id = x.tag_id WHERE x.member_id = m.id) AS tags, p.note,"
        " s.name AS home_store, m.source AS joined_by, m.joined_at, r.name AS tier, h.until_at AS tier_until_at,"
        " a.balance AS points, b.balance AS principal_cents, g.balance AS bonus_cents, v.visits, v.net_spend_cents,"
        " v.last_day FROM member m LEFT JOIN member_person p ON p.member_id = m.id"
        " LEFT JOIN store s ON s.id = m.home_store_id LEFT JOIN member_tier h ON h.member_id = m.id"
        " LEFT JOIN tier r ON r.id = h.tier_id LEFT JOIN member_stats v ON v.member_id = m.id"
        " LEFT JOIN credential c ON c.id = (SELECT max(id) FROM credential WHERE member_id = m.id AND kind = 'card'"
        "  AND state = 'active') LEFT JOIN credential o ON o.id = (SELECT max(id) FROM credential"
        "  WHERE member_id = m.id AND kind = 'old_card' AND state = 'active')"
        " LEFT JOIN account a ON a.member_id = m.id AND a.asset = 'points'"
        " LEFT JOIN account b ON b.member_id = m.id AND b.asset = 'principal'"
        " LEFT JOIN account g ON g.member_id = m.id AND g.asset = 'bonus'",
    ),
    Sheet(
        "own_fields",
        T("What members have in the shop's own fields."),
        ("member", "field", "value"),
        "SELECT v.member_id AS member, f.name AS field, v.value FROM own_value v JOIN own_field f ON f.id = v.field_id",
        "",
    ),
    Sheet(
        "consents",
        T("What members agreed to or withdrew, every time, with the wording."),
        ("id", "member", "purpose", "granted", "wording", "language", "given_by", "store", "at"),
        "SELECT id, member_id AS member, purpose, granted, wording, language, source AS given_by,"
        f" {_NAMED.format('consent.store_id')}, at FROM consent",
    ),
    Sheet(
        "balances",
        T("What is left of each earning and top-up, and when it expires; money in the smallest unit of the currency."),
        ("id", "member", "asset", "original", "remaining", "available_at", "expires_at"),
        "SELECT l.id, a.member_id AS member, a.asset, l.original, l.remaining, l.available_at, l.expires_at"
        " FROM lot l JOIN account a ON a.id = l.account_id WHERE l.remaining > 0",
    ),
    Sheet(
        "ledger",
        T("Every move of points and stored value. Points are whole; money is in the smallest unit of the currency."),
        ("id", "member", "asset", "kind", "amount", "balance_after", "document", "document_id", "reason", "at", "by"),
        "SELECT id, member_id AS member, asset, kind, amount, balance_after, ref_kind AS document,"
        " ref_id AS document_id, reason, at, actor AS by FROM entry",
    ),
    Sheet(
        "coupons",
        T("Coupons of members, used or not."),
        ("id", "member", "coupon", "code", "state", "valid_from_at", "valid_until_at", "uses", "used"),
        "SELECT c.id, c.member_id AS member, k.name AS coupon, c.code, c.state, c.valid_from_at, c.valid_until_at,"
        " c.uses, c.used FROM coupon c JOIN coupon_kind k ON k.id = c.kind_id",
    ),
    Sheet(
        "passes",
        T("Passes of members and the uses left."),
        ("id", "member", "pass", "uses", "remaining", "paid_cents", "until_at", "at"),
        "SELECT p.id, p.member_id AS member, k.name AS pass, p.uses, p.left_uses AS remaining, p.paid_cents,"
        " p.until_at, p.at FROM pass p JOIN pass_kind k ON k.id = p.kind_id",
    ),
    Sheet(
        "gift_cards",
        T("Gift cards and what is on them."),
        ("id", "state", "original_cents", "balance_cents", "at"),
        "SELECT id, state, original_cents, balance_cents, at FROM gift_card",
    ),
    Sheet(
        "plans",
        T("Paid memberships that were bought."),
        ("id", "member", "plan", "paid_cents", "from_at", "until_at"),
        "SELECT m.id, m.member_id AS member, p.name AS plan, m.paid_cents, m.from_at, m.until_at FROM member_plan m"
        " JOIN plan p ON p.id = m.plan_id",
    ),
    Sheet(
        "products",
        T("Products and service items, retired ones too."),
        ("id", "sku", "barcode", "name", "kind", "category", "price_cents", "sold"),
        "SELECT p.id, p.sku, p.barcode, p.name, p.kind, c.name AS category, p.price_cents, p.active AS sold"
        " FROM product p LEFT JOIN category c ON c.id = p.category_id",
    ),
    Sheet(
        "stock",
        T("What each store has of each product."),
        ("store", "product", "sku", "quantity_milli"),
        "SELECT s.name AS store, p.name AS product, p.sku, t.quantity_milli FROM stock t"
        " JOIN store s ON s.id = t.store_id JOIN product p ON p.id = t.product_id",
        "",
    ),
    Sheet(
        "sales",
        T("Every sale, past ones that moved in too."),
        ("id", "store", "member", "business_day", "receipt", "at", "gross_cents", "total_cents", "tax_cents",
         "redeemed_points", "earned_points", "by"),
        f"SELECT id, {_NAMED.format('sale.store_id')}, member_id AS member, day AS business_day, receipt_no AS receipt,"
        " at, gross_cents, total_cents, tax_cents, redeemed_points, earned_points, actor AS by FROM sale",
    ),
    Sheet(
        "sale_lines",
        T("The lines of every sale."),
        ("id", "sale", "position", "product", "name", "quantity_milli", "unit_cents", "amount_cents", "discount_cents",
         "net_cents", "tax_cents"),
        "SELECT id, sale_id AS sale, position, product_id AS product, name, quantity_milli, unit_cents, amount_cents,"
        " discount_cents, net_cents, tax_cents FROM sale_line",
    ),
    Sheet(
        "tenders",
        T("How every sale was paid."),
        ("id", "sale", "kind", "amount_cents", "reference"),
        "SELECT id, sale_id AS sale, kind, cents AS amount_cents, reference FROM tender",
    ),
    Sheet(
        "refunds",
        T("Every refund."),
        ("id", "sale", "kind", "store", "business_day", "at", "total_cents", "returned_points", "taken_points",
         "reason", "by"),
        f"SELECT id, sale_id AS sale, kind, {_NAMED.format('refund.store_id')}, day AS business_day, at, total_cents,"
        " returned_points, taken_points, reason, actor AS by FROM refund",
    ),
    Sheet(
        "refund_lines",
        T("The lines of every refund."),
        ("id", "refund", "line", "quantity_milli", "amount_cents"),
        "SELECT id, refund_id AS refund, line_id AS line, quantity_milli, cents AS amount_cents FROM refund_line",
    ),
    Sheet(
        "stores",
        T("Stores, open and closed."),
        ("id", "name", "zone", "day_ends_hour", "closed_at"),
        "SELECT id, name, zone, day_ends_hour, closed_at FROM store",
    ),
)  # fmt: skip
"""Every file, in the order they are written."""

ABOUT: dict[str, Text] = {
    "id": T("number in this program; other files name it"), "state": T("how it stands"), "name": T("name"),
    "phone": T("phone, without the country code of China"), "code": T("number of the printed card"),
    "old_card": T("number of a card of an earlier system"), "birth_calendar": T("calendar of the birthday"),
    "birth_leap": T("1: in a leap month of the lunar calendar"), "home_store": T("the store they belong to"),
    "joined_by": T("how they joined"), "joined": T("when they joined"), "tier": T("tier held"),
    "tier_until": T("until when it is held"), "points": T("points held"), "principal": T("stored value paid in"),
    "bonus": T("stored value given"), "visits": T("days with a purchase"),
    "net_spend": T("spent in all, refunds taken off"), "last": T("day of the last purchase"),
    "member": T("number of the member"), "field": T("name of the field"), "value": T("what stands in it"),
    "purpose": T("what it is for"), "granted": T("1: agreed, 0: withdrawn"), "wording": T("the words agreed to"),
    "given_by": T("where it was said"), "at": T("when, in the shop's zone"), "asset": T("points, principal or bonus"),
    "original": T("how much it was"), "remaining": T("how much is left"), "available": T("from when it can be spent"),
    "expires": T("when it expires; empty: never"), "amount": T("how much"), "balance_after": T("balance after it"),
    "document": T("what caused it"), "document_id": T("the number of what caused it"), "by": T("who did it"),
    "coupon": T("kind of coupon"), "valid_from": T("good from"), "valid_until": T("good until"),
    "uses": T("how often it can be used"), "used": T("how often it was used"), "pass": T("kind of pass"),
    "paid": T("what was paid for it"), "until": T("good until"), "balance": T("what is on it"),
    "plan": T("paid membership"), "from": T("good from"), "sku": T("item number"), "price": T("price"),
    "sold": T("1: on sale, 0: retired"), "quantity": T("pieces, or kilograms if weighed"), "product": T("product"),
    "store": T("store"), "business_day": T("business day of the store"), "receipt": T("number of the receipt that day"),
    "gross": T("before reductions"), "total": T("what was paid or given back"), "tax": T("tax in it"),
    "redeemed_points": T("points spent"), "earned_points": T("points earned"), "sale": T("number of the sale"),
    "position": T("place on the receipt"), "unit": T("price a piece"), "discount": T("taken off"),
    "net": T("what was paid for it"), "kind": T("kind"), "reference": T("reference of the payment"),
    "returned_points": T("points given back"), "taken_points": T("points taken back"), "reason": T("reason"),
    "refund": T("number of the refund"), "line": T("number of the sale's line"), "zone": T("time zone"),
    "day_ends_hour": T("the hour of the next morning its day ends at"), "closed": T("when it was closed"),
}  # fmt: skip
"""What columns mean; those that say it themselves are left out."""
