"""What merges must leave behind: nothing with who is gone, and a way back for each row that moved."""

from core.base.i18n import N_
from core.keeping.proofs.check import Check

_THERE = " OR ".join(
    f"(v.place = '{place}' AND NOT EXISTS (SELECT 1 FROM {table} t WHERE t.id = v.row_id))"
    for place, table in (
        ("sale.member_id", "sale"),
        ("coupon.member_id", "coupon"),
        ("pass.member_id", "pass"),
        ("member_plan.member_id", "member_plan"),
        ("redemption.member_id", "redemption"),
        ("handout.member_id", "handout"),
        ("credential.member_id", "credential"),
        ("credential.active", "credential"),
        ("consent", "consent"),
    )
)
_NAMING = " UNION ALL ".join(
    f"SELECT member_id FROM {table} WHERE member_id BETWEEN ? AND ?"
    for table in ("sale", "coupon", "pass", "member_plan", "redemption", "credential", "member_tag", "member_day")
)

CHECKS = (
    Check(
        "merged members",
        N_("member {row}: was merged into another and still has {found} {asset}, of which {expected} are owed"),
        "SELECT m.id, a.balance, a.debt, a.asset FROM member m JOIN account a ON a.member_id = m.id"
        " WHERE m.id BETWEEN ? AND ? AND m.merged_into IS NOT NULL AND (a.balance <> 0 OR a.debt <> 0 OR a.held <> 0"
        " OR EXISTS (SELECT 1 FROM lot l WHERE l.account_id = a.id AND l.remaining > 0))",
        "member",
        5_000,
        fields=("row", "found", "expected", "asset"),
    ),
    Check(
        "rows of merged members",
        N_("member {row}: was merged into another and {found} rows still name them"),
        "SELECT n.member_id, count(*), 0 FROM (" + _NAMING + ") n JOIN member m ON m.id = n.member_id"
        " WHERE m.merged_into IS NOT NULL AND m.state = 'merged' GROUP BY n.member_id",
        "member",
        5_000,
    ),
    Check(
        "merges that stand",
        N_("member {row}: is marked as merged into {into}, but no merge says so"),
        "SELECT m.id, coalesce(m.merged_into, 0) FROM member m WHERE m.id BETWEEN ? AND ?"
        " AND (m.merged_into IS NOT NULL OR m.state = 'merged') AND (m.merged_into IS NULL OR NOT EXISTS (SELECT 1"
        " FROM member_merge g WHERE g.gone_id = m.id AND g.undone_at IS NULL))",
        "member",
        5_000,
        fields=("row", "into"),
    ),
    Check(
        "rows that moved",
        N_("merge {row}: moved row {moved} of {place}, which is not there"),
        f"SELECT v.merge_id, v.row_id, v.place FROM merge_move v WHERE v.merge_id BETWEEN ? AND ? AND ({_THERE})",
        "merge_move",
        1_000,
        "merge_id",
        fields=("row", "moved", "place"),
    ),
)
