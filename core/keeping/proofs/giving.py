"""What rewards, draws, check-ins and referrals must add up to."""

from core.base.i18n import N_
from core.keeping.proofs.check import Check

_TAKEN = (
    "(SELECT ref_id, CAST(sum(amount) AS BIGINT) AS total FROM entry WHERE ref_kind = '{}'{}"
    " AND ref_id BETWEEN ? AND ? GROUP BY ref_id)"
)
_REDEEMED = _TAKEN.format("redemption", "")
_CHECKED_IN = _TAKEN.format("checkin", "")
_DRAWN = _TAKEN.format("lottery_draw", " AND kind = 'lottery'")
_REFERRED = _TAKEN.format("referral", " AND kind = 'referral'")

CHECKS = (
    Check(
        "redemptions",
        N_("redemption {row}: {found} points were taken for it, it says {expected}"),
        "SELECT r.id, -coalesce(e.total, 0), CASE WHEN r.state = 'given' THEN r.points ELSE 0 END FROM redemption r"
        f" LEFT JOIN {_REDEEMED} e ON e.ref_id = r.id WHERE r.id BETWEEN ? AND ?"
        " AND -coalesce(e.total, 0) <> CASE WHEN r.state = 'given' THEN r.points ELSE 0 END",
        "redemption",
    ),
    Check(
        "rewards given",
        N_("reward {row}: {found} are counted as given, {expected} were redeemed"),
        "SELECT w.id, w.given, coalesce(r.total, 0) FROM reward w LEFT JOIN (SELECT reward_id, count(*) AS total"
        " FROM redemption WHERE state = 'given' AND reward_id BETWEEN ? AND ? GROUP BY reward_id) r"
        " ON r.reward_id = w.id WHERE w.id BETWEEN ? AND ? AND w.given <> coalesce(r.total, 0)",
        "reward",
        1,
    ),
    Check(
        "prizes given",
        N_("prize {row}: {found} are counted as given, {expected} were drawn"),
        "SELECT p.id, p.given, coalesce(d.total, 0) FROM lottery_prize p LEFT JOIN (SELECT given_prize_id,"
        " count(*) AS total FROM lottery_draw WHERE given_prize_id BETWEEN ? AND ? GROUP BY given_prize_id) d"
        " ON d.given_prize_id = p.id WHERE p.id BETWEEN ? AND ? AND p.given <> coalesce(d.total, 0)",
        "lottery_prize",
        1,
    ),
    Check(
        "draws paid",
        N_("draw {row}: {found} points were taken for it, a draw costs {expected}"),
        "SELECT d.id, -coalesce(e.total, 0), l.cost_points FROM lottery_draw d JOIN lottery l ON l.id = d.lottery_id"
        f" LEFT JOIN {_DRAWN} e ON e.ref_id = d.id WHERE d.id BETWEEN ? AND ?"
        " AND -coalesce(e.total, 0) <> l.cost_points",
        "lottery_draw",
    ),
    Check(
        "draw numbers",
        N_("lottery {row}: a day has {found} draws, its last number is {expected}"),
        "SELECT lottery_id, count(*), max(n) FROM lottery_draw WHERE lottery_id BETWEEN ? AND ?"
        " GROUP BY lottery_id, day HAVING count(*) <> max(n)",
        "lottery",
        1,
    ),
    Check(
        "last draw",
        N_("lottery {row}: its last draw counts as number {found}, {expected} are there"),
        "SELECT l.id, l.draws, coalesce((SELECT max(d.n) FROM lottery_draw d WHERE d.lottery_id = l.id"
        " AND d.day = l.draw_day), 0) FROM lottery l WHERE l.id BETWEEN ? AND ? AND l.draws <> coalesce((SELECT"
        " max(d.n) FROM lottery_draw d WHERE d.lottery_id = l.id AND d.day = l.draw_day), 0)",
        "lottery",
    ),
    Check(
        "check-ins",
        N_("check-in {row}: {found} points were given for it, it says {expected}"),
        "SELECT c.id, coalesce(e.total, 0), c.points FROM checkin c"
        f" LEFT JOIN {_CHECKED_IN} e ON e.ref_id = c.id WHERE c.id BETWEEN ? AND ?"
        " AND coalesce(e.total, 0) <> c.points",
        "checkin",
    ),
    Check(
        "check-ins that are missing",
        N_("entry {row}: {found} points were given for check-in {checkin}, which is not there"),
        "SELECT e.id, e.amount, e.ref_id FROM entry e WHERE e.id BETWEEN ? AND ? AND e.ref_kind = 'checkin'"
        " AND NOT EXISTS (SELECT 1 FROM checkin c WHERE c.id = e.ref_id)",
        "entry",
        20_000,
        fields=("row", "found", "checkin"),
    ),
    Check(
        "check-in streaks",
        N_("check-in {row}: counts as day {found} in a row, it is day {expected}"),
        "SELECT c.id, c.streak_days, coalesce(b.streak_days, 0) + 1 FROM checkin c LEFT JOIN checkin b"
        " ON b.member_id = c.member_id AND b.day = c.day - 1 WHERE c.id BETWEEN ? AND ?"
        " AND c.streak_days <> coalesce(b.streak_days, 0) + 1",
        "checkin",
    ),
    Check(
        "referral rewards",
        N_("referral of friend {row}: {found} points are noted, the ledger gave {expected}"),
        "SELECT r.friend_id, r.friend_points + r.referrer_points, coalesce(e.total, 0) FROM referral r"
        f" LEFT JOIN {_REFERRED} e ON e.ref_id = r.friend_id WHERE r.friend_id BETWEEN ? AND ?"
        " AND r.friend_points + r.referrer_points > coalesce(e.total, 0)",
        "referral",
        key="friend_id",
    ),
)
"""One check-in a day, one draw a number and one award an occasion are kept by the tables themselves."""
