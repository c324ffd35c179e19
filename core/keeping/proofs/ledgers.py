"""What the ledgers of points and stored value must add up to: accounts, entries, lots and holds."""

from core.base.i18n import N_
from core.keeping.proofs.check import Check

ACCOUNTS = (
    Check(
        "account balance",
        N_("account {row}: balance {found}, its ledger sums to {expected}"),
        "SELECT a.id, a.balance, coalesce(e.total, 0) FROM account a LEFT JOIN (SELECT account_id,"
        " CAST(sum(amount) AS BIGINT) AS total FROM entry WHERE account_id BETWEEN ? AND ? GROUP BY account_id) e"
        " ON e.account_id = a.id WHERE a.id BETWEEN ? AND ? AND a.balance <> coalesce(e.total, 0)",
    ),
    Check(
        "running balance",
        N_("entry {row}: leaves {found}, the rows up to it sum to {expected}"),
        "SELECT id, balance_after, total FROM (SELECT id, balance_after, CAST(sum(amount) OVER (PARTITION BY"
        " account_id ORDER BY number) AS BIGINT) AS total FROM entry WHERE account_id BETWEEN ? AND ?) e"
        " WHERE balance_after <> total",
    ),
    Check(
        "entry numbers",
        N_("account {row}: {found} rows were written, {expected} are there under the numbers 1 to {last}"),
        "SELECT a.id, a.version, coalesce(e.many, 0), coalesce(e.last, 0) FROM account a LEFT JOIN (SELECT account_id,"
        " count(*) AS many, max(number) AS last FROM entry WHERE account_id BETWEEN ? AND ? GROUP BY account_id) e"
        " ON e.account_id = a.id WHERE a.id BETWEEN ? AND ? AND (a.version <> coalesce(e.many, 0)"
        " OR a.version <> coalesce(e.last, 0))",
        fields=("row", "found", "expected", "last"),
    ),
    Check(
        "account lots",
        N_("account {row}: balance {found}, its lots less its debt hold {expected}"),
        "SELECT a.id, a.balance, coalesce(l.total, 0) - a.debt FROM account a LEFT JOIN (SELECT account_id,"
        " CAST(sum(remaining) AS BIGINT) AS total FROM lot WHERE account_id BETWEEN ? AND ? AND remaining <> 0"
        " GROUP BY account_id) l ON l.account_id = a.id WHERE a.id BETWEEN ? AND ?"
        " AND a.balance <> coalesce(l.total, 0) - a.debt",
    ),
    Check(
        "account debt",
        N_("account {row}: owes {found}, its entries leave {expected} open"),
        "SELECT a.id, a.debt, coalesce(e.total, 0) - coalesce(u.total, 0) FROM account a LEFT JOIN (SELECT account_id,"
        " CAST(sum(-amount) AS BIGINT) AS total FROM entry WHERE account_id BETWEEN ? AND ? AND amount < 0"
        " GROUP BY account_id) e ON e.account_id = a.id LEFT JOIN (SELECT n.account_id, CAST(sum(u.amount) AS BIGINT)"
        " AS total FROM entry n JOIN lot_use u ON u.entry_id = n.id WHERE n.account_id BETWEEN ? AND ?"
        " AND (n.amount < 0 OR u.why = 'debt') GROUP BY n.account_id) u ON u.account_id = a.id"
        " WHERE a.id BETWEEN ? AND ? AND a.debt <> coalesce(e.total, 0) - coalesce(u.total, 0)",
    ),
    Check(
        "idle debt",
        N_("account {row}: owes {found} beside {expected} that could repay it"),
        "SELECT a.id, a.debt, CAST(sum(l.remaining - l.held) AS BIGINT) FROM account a JOIN lot l"
        " ON l.account_id = a.id AND l.remaining > l.held AND l.expires_at IS NULL WHERE a.id BETWEEN ? AND ?"
        " AND a.debt > 0 GROUP BY a.id, a.debt",
    ),
    Check(
        "account below zero",
        N_("account {row}: a balance of {found} with a debt of {expected} cannot be"),
        "SELECT id, balance, debt FROM account WHERE id BETWEEN ? AND ? AND (balance + debt < 0 OR debt < 0"
        " OR held < 0 OR (debt > 0 AND asset <> 'points'))",
    ),
    Check(
        "account held",
        N_("account {row}: {found} set aside, its open holds sum to {expected}"),
        "SELECT a.id, a.held, coalesce(h.total, 0) FROM account a LEFT JOIN (SELECT account_id,"
        " CAST(sum(amount) AS BIGINT) AS total FROM hold WHERE account_id BETWEEN ? AND ? AND state = 'held'"
        " GROUP BY account_id) h ON h.account_id = a.id WHERE a.id BETWEEN ? AND ? AND a.held <> coalesce(h.total, 0)",
    ),
)

ENTRIES = (
    Check(
        "entry uses",
        N_("entry {row}: takes {expected}, {found} left its lots"),
        "SELECT e.id, coalesce(u.total, 0), -e.amount FROM entry e LEFT JOIN (SELECT entry_id, CAST(sum(amount)"
        " AS BIGINT) AS total, max(CASE WHEN why = 'clawback' THEN 0 ELSE 1 END) AS whole FROM lot_use"
        " WHERE entry_id BETWEEN ? AND ? AND why <> 'debt' GROUP BY entry_id) u ON u.entry_id = e.id"
        " WHERE e.id BETWEEN ? AND ? AND e.amount < 0 AND (coalesce(u.total, 0) > -e.amount"
        " OR (u.whole = 1 AND u.total <> -e.amount))",
        "entry",
        20_000,
    ),
    Check(
        "entry lots",
        N_("entry {row}: adds {expected}, {found} came into lots"),
        "SELECT e.id, coalesce(l.total, 0) - coalesce(u.total, 0), e.amount FROM entry e LEFT JOIN (SELECT entry_id,"
        " CAST(sum(original) AS BIGINT) AS total FROM lot WHERE entry_id BETWEEN ? AND ? GROUP BY entry_id) l"
        " ON l.entry_id = e.id LEFT JOIN (SELECT entry_id, CAST(sum(amount) AS BIGINT) AS total FROM lot_use"
        " WHERE entry_id BETWEEN ? AND ? AND why <> 'debt' GROUP BY entry_id) u ON u.entry_id = e.id"
        " WHERE e.id BETWEEN ? AND ? AND e.amount > 0 AND e.amount <> coalesce(l.total, 0) - coalesce(u.total, 0)",
        "entry",
        20_000,
    ),
    Check(
        "entry owner",
        N_("entry {row}: stands for {asset} of member {member}, its account is another's"),
        "SELECT e.id, e.asset, e.member_id FROM entry e JOIN account a ON a.id = e.account_id"
        " WHERE e.id BETWEEN ? AND ? AND (e.member_id <> a.member_id OR e.asset <> a.asset)",
        "entry",
        20_000,
        fields=("row", "asset", "member"),
    ),
    Check(
        "reversed entry",
        N_("entry {row}: gives back what entry {entry} never took from this account"),
        "SELECT e.id, s.id FROM entry e JOIN entry s ON s.id = e.reverses_id WHERE e.id BETWEEN ? AND ?"
        " AND (s.account_id <> e.account_id OR s.amount >= 0 OR e.amount <= 0)",
        "entry",
        20_000,
        fields=("row", "entry"),
    ),
    Check(
        "given back",
        N_("entry {row}: {found} was spent, {expected} came back"),
        "SELECT s.id, -s.amount, CAST(sum(e.amount) AS BIGINT) FROM entry s JOIN entry e ON e.reverses_id = s.id"
        " WHERE s.id BETWEEN ? AND ? GROUP BY s.id, s.amount HAVING sum(e.amount) > -s.amount",
        "entry",
        20_000,
    ),
    Check(
        "given back to its lot",
        N_("entry {row}: took {found} from lot {lot}, {expected} came back to it"),
        "SELECT s.id, CAST(sum(CASE WHEN u.entry_id = s.id THEN u.amount ELSE 0 END) AS BIGINT),"
        " CAST(sum(CASE WHEN u.entry_id <> s.id THEN -u.amount ELSE 0 END) AS BIGINT), u.lot_id"
        " FROM (SELECT DISTINCT reverses_id AS id FROM entry WHERE reverses_id BETWEEN ? AND ?) s JOIN entry e"
        " ON e.id = s.id OR e.reverses_id = s.id JOIN lot_use u ON u.entry_id = e.id AND u.why IN ('spend', 'return')"
        " GROUP BY s.id, u.lot_id HAVING sum(u.amount) < 0",
        "entry",
        20_000,
        fields=("row", "found", "expected", "lot"),
    ),
    Check(
        "use of a lot",
        N_("entry {row}: uses lot {lot}, which is of another account"),
        "SELECT e.id, l.id FROM lot_use u JOIN entry e ON e.id = u.entry_id JOIN lot l ON l.id = u.lot_id"
        " WHERE u.id BETWEEN ? AND ? AND l.account_id <> e.account_id",
        "lot_use",
        20_000,
        fields=("row", "lot"),
    ),
    Check(
        "spent in time",
        N_("entry {row}: spent {found} of lot {lot} outside the time in which it could be spent"),
        "SELECT e.id, u.amount, l.id FROM lot_use u JOIN entry e ON e.id = u.entry_id JOIN lot l ON l.id = u.lot_id"
        " WHERE u.id BETWEEN ? AND ? AND u.why = 'spend' AND (e.at < l.available_at OR e.at >= l.expires_at)"
        " AND e.ref_kind <> 'merge'"  # what is carried to another account keeps its dates
        " AND NOT EXISTS (SELECT 1 FROM hold_lot p JOIN hold h ON h.id = p.hold_id WHERE p.lot_id = l.id"
        " AND h.entry_id = e.id)",
        "lot_use",
        20_000,
        fields=("row", "found", "lot"),
    ),
)

LOTS = (
    Check(
        "lot remainder",
        N_("lot {row}: {found} remains, its uses leave {expected}"),
        "SELECT l.id, l.remaining, l.original - coalesce(u.total, 0) FROM lot l LEFT JOIN (SELECT lot_id,"
        " CAST(sum(amount) AS BIGINT) AS total FROM lot_use WHERE lot_id BETWEEN ? AND ? GROUP BY lot_id) u"
        " ON u.lot_id = l.id WHERE l.id BETWEEN ? AND ? AND l.remaining <> l.original - coalesce(u.total, 0)",
        "lot",
        20_000,
    ),
    Check(
        "lot bounds",
        N_("lot {row}: {found} remains of {expected}, {held} of it set aside"),
        "SELECT id, remaining, original, held FROM lot WHERE id BETWEEN ? AND ? AND (remaining < 0"
        " OR remaining > original OR held < 0 OR held > remaining)",
        "lot",
        20_000,
        fields=("row", "found", "expected", "held"),
    ),
    Check(
        "lot held",
        N_("lot {row}: {found} set aside, its open holds sum to {expected}"),
        "SELECT l.id, l.held, coalesce(h.total, 0) FROM lot l LEFT JOIN (SELECT p.lot_id, CAST(sum(p.amount)"
        " AS BIGINT) AS total FROM hold_lot p JOIN hold o ON o.id = p.hold_id AND o.state = 'held'"
        " WHERE p.lot_id BETWEEN ? AND ? GROUP BY p.lot_id) h ON h.lot_id = l.id"
        " WHERE l.id BETWEEN ? AND ? AND l.held <> coalesce(h.total, 0)",
        "lot",
        20_000,
    ),
    Check(
        "lot account",
        N_("lot {row}: is of account {account}, its entry of account {other}"),
        "SELECT l.id, l.account_id, e.account_id FROM lot l JOIN entry e ON e.id = l.entry_id"
        " WHERE l.id BETWEEN ? AND ? AND l.account_id <> e.account_id",
        "lot",
        20_000,
        fields=("row", "account", "other"),
    ),
    Check(
        "hold lots",
        N_("hold {row}: sets {found} aside, {expected} of lots of its account"),
        "SELECT h.id, h.amount, coalesce(p.total, 0) FROM hold h LEFT JOIN (SELECT p.hold_id, o.account_id,"
        " CAST(sum(p.amount) AS BIGINT) AS total FROM hold_lot p JOIN hold o ON o.id = p.hold_id"
        " JOIN lot l ON l.id = p.lot_id AND l.account_id = o.account_id WHERE p.hold_id BETWEEN ? AND ?"
        " GROUP BY p.hold_id, o.account_id) p ON p.hold_id = h.id WHERE h.id BETWEEN ? AND ?"
        " AND h.amount <> coalesce(p.total, 0)",
        "hold",
        20_000,
    ),
    Check(
        "captured hold",
        N_("hold {row}: set {found} aside, its entry took {expected}"),
        "SELECT h.id, h.amount, -e.amount FROM hold h JOIN entry e ON e.id = h.entry_id WHERE h.id BETWEEN ? AND ?"
        " AND (h.amount <> -e.amount OR h.account_id <> e.account_id)",
        "hold",
        20_000,
    ),
)

CHECKS = (*ACCOUNTS, *ENTRIES, *LOTS)
