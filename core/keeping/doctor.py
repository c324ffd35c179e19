"""The doctor: replays every ledger, checks every invariant, and names each difference with its rows."""

from dataclasses import dataclass

from core.base import db
from core.base.clock import HOUR, Millis
from core.base.i18n import N_, T, Text
from core.giving import checks
from core.tables import schema


@dataclass(frozen=True)
class Finding:
    """Something that is not as it must be, where, and what to do."""

    check: str
    what: Text
    next_step: Text


@dataclass(frozen=True)
class Check:
    """One invariant: a query that finds the rows that break it (name of the row, found, expected)."""

    name: str
    sentence: str
    sql: str


CHECKS = (
    Check(
        "account balance",
        N_("account {row}: balance {found}, its ledger sums to {expected}"),
        "SELECT a.id, a.balance, coalesce(e.total, 0) FROM account a LEFT JOIN (SELECT account_id,"
        " CAST(sum(amount) AS BIGINT) AS total FROM entry GROUP BY account_id) e ON e.account_id = a.id"
        " WHERE a.balance <> coalesce(e.total, 0)",
    ),
    Check(
        "account lots",
        N_("account {row}: balance {found}, its lots less its debt hold {expected}"),
        "SELECT a.id, a.balance, coalesce(l.total, 0) - a.debt FROM account a LEFT JOIN (SELECT account_id,"
        " CAST(sum(remaining) AS BIGINT) AS total FROM lot GROUP BY account_id) l ON l.account_id = a.id"
        " WHERE a.balance <> coalesce(l.total, 0) - a.debt",
    ),
    Check(
        "lot remainder",
        N_("lot {row}: {found} remains, its uses leave {expected}"),
        "SELECT l.id, l.remaining, l.original - coalesce(u.total, 0) FROM lot l LEFT JOIN (SELECT lot_id,"
        " CAST(sum(amount) AS BIGINT) AS total FROM lot_use GROUP BY lot_id) u ON u.lot_id = l.id"
        " WHERE l.remaining <> l.original - coalesce(u.total, 0)",
    ),
    Check(
        "account held",
        N_("account {row}: {found} set aside, its open holds sum to {expected}"),
        "SELECT a.id, a.held, coalesce(h.total, 0) FROM account a LEFT JOIN (SELECT account_id,"
        " CAST(sum(amount) AS BIGINT) AS total FROM hold WHERE state = 'held' GROUP BY account_id) h"
        " ON h.account_id = a.id WHERE a.held <> coalesce(h.total, 0)",
    ),
    Check(
        "stock",
        N_("stock of product {row}: {found} thousandths, its moves sum to {expected}"),
        "SELECT s.product_id, s.quantity_milli, coalesce(m.total, 0) FROM stock s LEFT JOIN (SELECT store_id,"
        " product_id, CAST(sum(quantity_milli) AS BIGINT) AS total FROM stock_move GROUP BY store_id, product_id) m"
        " ON m.store_id = s.store_id AND m.product_id = s.product_id WHERE s.quantity_milli <> coalesce(m.total, 0)",
    ),
    Check(
        "sale lines",
        N_("sale {row}: total {found}, its lines sum to {expected}"),
        "SELECT s.id, s.total_cents, coalesce(l.total, 0) FROM sale s LEFT JOIN (SELECT sale_id,"
        " CAST(sum(net_cents) AS BIGINT) AS total FROM sale_line GROUP BY sale_id) l ON l.sale_id = s.id"
        " WHERE s.total_cents <> coalesce(l.total, 0)",
    ),
    Check(
        "sale tenders",
        N_("sale {row}: total {found}, its tenders sum to {expected}"),
        "SELECT s.id, s.total_cents, coalesce(t.total, 0) FROM sale s LEFT JOIN (SELECT sale_id,"
        " CAST(sum(cents) AS BIGINT) AS total FROM tender GROUP BY sale_id) t ON t.sale_id = s.id"
        " WHERE s.total_cents <> coalesce(t.total, 0)",
    ),
    Check(
        "line amounts",
        N_("sale line {row}: {found} to pay, amount less reductions is {expected}"),
        "SELECT l.id, l.net_cents, l.amount_cents - l.discount_cents - l.redeemed_cents + s.tax_added * l.tax_cents"
        " FROM sale_line l JOIN sale s ON s.id = l.sale_id WHERE l.net_cents"
        " <> l.amount_cents - l.discount_cents - l.redeemed_cents + s.tax_added * l.tax_cents",
    ),
    Check(
        "line discounts",
        N_("sale line {row}: discount {found}, its reasons sum to {expected}"),
        "SELECT l.id, l.discount_cents, coalesce(d.total, 0) FROM sale_line l LEFT JOIN (SELECT line_id,"
        " CAST(sum(cents) AS BIGINT) AS total FROM sale_discount GROUP BY line_id) d ON d.line_id = l.id"
        " WHERE l.discount_cents <> coalesce(d.total, 0)",
    ),
    Check(
        "refund lines",
        N_("refund {row}: {found} paid back, its lines sum to {expected}"),
        "SELECT r.id, r.total_cents, coalesce(l.total, 0) FROM refund r LEFT JOIN (SELECT refund_id,"
        " CAST(sum(cents) AS BIGINT) AS total FROM refund_line GROUP BY refund_id) l ON l.refund_id = r.id"
        " WHERE r.total_cents <> coalesce(l.total, 0)",
    ),
    Check(
        "refund tenders",
        N_("refund {row}: {found} paid back, its tenders sum to {expected}"),
        "SELECT r.id, r.total_cents, coalesce(t.total, 0) FROM refund r LEFT JOIN (SELECT refund_id,"
        " CAST(sum(cents) AS BIGINT) AS total FROM refund_tender GROUP BY refund_id) t ON t.refund_id = r.id"
        " WHERE r.total_cents <> coalesce(t.total, 0)",
    ),
    Check(
        "tender refunded",
        N_("tender {row}: {found} was paid, {expected} was given back"),
        "SELECT t.id, t.cents, CAST(sum(r.cents) AS BIGINT) FROM tender t JOIN refund_tender r ON r.tender_id = t.id"
        " GROUP BY t.id, t.cents HAVING sum(r.cents) > t.cents",
    ),
    Check(
        "line returned",
        N_("sale line {row}: {found} was sold, {expected} came back"),
        "SELECT l.id, l.quantity_milli, CAST(sum(r.quantity_milli) AS BIGINT) FROM sale_line l"
        " JOIN refund_line r ON r.line_id = l.id GROUP BY l.id, l.quantity_milli"
        " HAVING sum(r.quantity_milli) > l.quantity_milli",
    ),
    Check(
        "visits",
        N_("member {row}: net spend {found} is kept, the days sum to {expected}"),
        "SELECT s.member_id, s.net_spend_cents, coalesce(d.total, 0) FROM member_stats s LEFT JOIN (SELECT member_id,"
        " CAST(sum(net_cents) AS BIGINT) AS total FROM member_day GROUP BY member_id) d ON d.member_id = s.member_id"
        " WHERE s.net_spend_cents <> coalesce(d.total, 0)",
    ),
    Check(
        "visit days",
        N_("member {row}: {found} visits are kept, {expected} days have one"),
        "SELECT s.member_id, s.visits, coalesce(d.total, 0) FROM member_stats s LEFT JOIN (SELECT member_id,"
        " count(*) AS total, min(day) AS first_day, max(day) AS last_day FROM member_day WHERE net_cents > 0"
        " GROUP BY member_id) d ON d.member_id = s.member_id WHERE s.visits <> coalesce(d.total, 0)"
        " OR coalesce(s.first_day, 0) <> coalesce(d.first_day, 0)"
        " OR coalesce(s.last_day, 0) <> coalesce(d.last_day, 0)",
    ),
    Check(
        "used coupons",
        N_("coupon {row}: used, but its sale {found} took nothing off for it"),
        "SELECT u.coupon_id, u.sale_id, 0 FROM coupon_use u JOIN coupon c ON c.id = u.coupon_id WHERE NOT EXISTS"
        " (SELECT 1 FROM sale_discount d WHERE d.sale_id = u.sale_id AND d.rule_kind = 'coupon'"
        " AND d.rule_id = c.kind_id)",
    ),
    Check(
        "coupon uses",
        N_("coupon {row}: used {found} times, {expected} uses are recorded"),
        "SELECT c.id, c.used, coalesce(u.total, 0) FROM coupon c LEFT JOIN (SELECT coupon_id, count(*) AS total"
        " FROM coupon_use WHERE returned_at IS NULL GROUP BY coupon_id) u ON u.coupon_id = c.id"
        " WHERE c.state IN ('issued', 'used') AND c.used <> coalesce(u.total, 0)",
    ),
    Check(
        "gift cards",
        N_("gift card {row}: {found} is on it, its entries sum to {expected}"),
        "SELECT c.id, c.balance_cents, coalesce(e.total, 0) FROM gift_card c LEFT JOIN (SELECT card_id,"
        " CAST(sum(cents) AS BIGINT) AS total FROM gift_card_entry GROUP BY card_id) e ON e.card_id = c.id"
        " WHERE c.balance_cents <> coalesce(e.total, 0)",
    ),
    Check(
        "passes",
        N_("pass {row}: {found} uses left, its entries sum to {expected}"),
        "SELECT p.id, p.left_uses, coalesce(e.total, 0) FROM pass p LEFT JOIN (SELECT pass_id,"
        " CAST(sum(uses) AS BIGINT) AS total FROM pass_entry GROUP BY pass_id) e ON e.pass_id = p.id"
        " WHERE p.left_uses <> coalesce(e.total, 0)",
    ),
    Check(
        "taxes",
        N_("sale {row}: tax {found}, its lines sum to {expected}"),
        "SELECT s.id, s.tax_cents, coalesce(l.total, 0) FROM sale s LEFT JOIN (SELECT sale_id,"
        " CAST(sum(tax_cents) AS BIGINT) AS total FROM sale_line GROUP BY sale_id) l ON l.sale_id = s.id"
        " WHERE s.tax_cents <> coalesce(l.total, 0)",
    ),
    *(Check(*one) for one in checks.CHECKS),
)

LEDGER_STEP = T("Do not correct it by hand. Restore the last good backup beside it and send us both reports.")


def examine(*, now: Millis, limit: int = 20) -> list[Finding]:
    """Run every check; an empty list means all is well. At most `limit` rows of each check are named."""
    found = [*_schema(), *_storage()]
    for check in CHECKS:
        with db.read():
            rows = db.rows(f"{check.sql} LIMIT ?", (limit,))
        for row, kept, expected in rows:
            facts = {"row": str(row), "found": kept, "expected": expected}
            found.append(Finding(check.name, T(check.sentence, **facts), LEDGER_STEP))
    return found + _running(now)


def _schema() -> list[Finding]:
    level, known = schema.level(), schema.steps()[-1][0]
    if level == known:
        return []
    what = T("The database is at step {found}, this program is made for {known}.", found=level, known=known)
    return [Finding("schema", what, T("Run `regulars migrate`."))]


def _storage() -> list[Finding]:
    if not db.is_sqlite():
        return []
    found = []
    for (verdict,) in db.rows("PRAGMA quick_check(5)"):
        if verdict != "ok":
            what = T("The database file is damaged: {verdict}.", verdict=verdict)
            found.append(Finding("file", what, T("Stop selling and restore the last backup.")))
    for row in db.rows("PRAGMA foreign_key_check")[:5]:
        what = T("Table {table} names a row of {parent} that does not exist.", table=row[0], parent=row[2])
        found.append(Finding("references", what, LEDGER_STEP))
    if db.value("PRAGMA journal_mode") != "wal":
        what = T("This SQLite library is too old to share a database safely, so a slower mode is used.")
        found.append(Finding("library", what, T("Install pysqlite3 0.6.1 or newer.")))
    return found


def _running(now: Millis) -> list[Finding]:
    """Jobs that failed or crashed lately, and messages nobody sends."""
    found = []
    sql = (
        "SELECT job, slot, state FROM job_run WHERE state IN ('failed', 'crashed') AND job <> 'doctor'"
        " AND started_at > ? ORDER BY started_at"
    )
    for job, slot, state in db.rows(sql, (now - 24 * HOUR,)):
        what = T("Job {job} of {slot} has {state}.", job=job, slot=slot, state=state)
        found.append(Finding("jobs", what, T("Run it again: `regulars job run {job}`.", job=job)))
    stuck = db.value(
        "SELECT count(*) FROM outbox WHERE state = 'queued' AND not_before < ? AND expires_at > ?", (now - HOUR, now)
    )
    if stuck:
        what = T("{count} messages have been waiting for over an hour.", count=stuck)
        found.append(Finding("messages", what, T("Is the scheduler running? Start it with `regulars scheduler`.")))
    return found
