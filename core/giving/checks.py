"""What must always hold of what was given: for the doctor, each a name, a sentence and a query.

A query finds (row, found, expected) of whatever does not fit.
"""

from core.base.i18n import N_

_ENTRIES = "(SELECT ref_id, CAST(sum(amount) AS BIGINT) AS total FROM entry WHERE ref_kind = '{}'{} GROUP BY ref_id)"
_REDEEMED = _ENTRIES.format("redemption", "")
_CHECKED_IN = _ENTRIES.format("checkin", "")
_PAID = _ENTRIES.format("lottery_draw", " AND kind = 'lottery'")

CHECKS = (
    (
        "redemptions",
        N_("redemption {row}: {found} points were taken for it, it says {expected}"),
        "SELECT r.id, -coalesce(e.total, 0), CASE WHEN r.state = 'given' THEN r.points ELSE 0 END FROM redemption r"
        f" LEFT JOIN {_REDEEMED} e ON e.ref_id = r.id"
        " WHERE -coalesce(e.total, 0) <> CASE WHEN r.state = 'given' THEN r.points ELSE 0 END",
    ),
    (
        "rewards given",
        N_("reward {row}: {found} are counted as given, {expected} were redeemed"),
        "SELECT w.id, w.given, coalesce(r.total, 0) FROM reward w LEFT JOIN (SELECT reward_id, count(*) AS total"
        " FROM redemption WHERE state = 'given' GROUP BY reward_id) r ON r.reward_id = w.id"
        " WHERE w.given <> coalesce(r.total, 0)",
    ),
    (
        "prizes given",
        N_("prize {row}: {found} are counted as given, {expected} were drawn"),
        "SELECT p.id, p.given, coalesce(d.total, 0) FROM lottery_prize p LEFT JOIN (SELECT given_prize_id,"
        " count(*) AS total FROM lottery_draw GROUP BY given_prize_id) d ON d.given_prize_id = p.id"
        " WHERE p.given <> coalesce(d.total, 0)",
    ),
    (
        "draws paid",
        N_("draw {row}: {found} points were taken for it, a draw costs {expected}"),
        f"SELECT d.id, -coalesce(e.total, 0), l.cost_points FROM lottery_draw d JOIN lottery l ON l.id = d.lottery_id"
        f" LEFT JOIN {_PAID} e ON e.ref_id = d.id WHERE -coalesce(e.total, 0) <> l.cost_points",
    ),
    (
        "draw numbers",
        N_("lottery {row}: a day has {found} draws, its last number is {expected}"),
        "SELECT lottery_id, count(*), max(n) FROM lottery_draw GROUP BY lottery_id, day HAVING count(*) <> max(n)",
    ),
    (
        "last draw",
        N_("lottery {row}: its last draw counts as number {found}, {expected} are there"),
        "SELECT l.id, l.draws, coalesce(d.last, 0) FROM lottery l LEFT JOIN (SELECT lottery_id, day, max(n) AS last"
        " FROM lottery_draw GROUP BY lottery_id, day) d ON d.lottery_id = l.id AND d.day = l.draw_day"
        " WHERE l.draws <> coalesce(d.last, 0)",
    ),
    (
        "check-ins",
        N_("check-in {row}: {found} points were given for it, it says {expected}"),
        "SELECT c.id, coalesce(e.total, 0), c.points FROM checkin c"
        f" LEFT JOIN {_CHECKED_IN} e ON e.ref_id = c.id WHERE coalesce(e.total, 0) <> c.points"
        " UNION ALL SELECT e.ref_id, e.amount, 0 FROM entry e WHERE e.ref_kind = 'checkin'"
        " AND NOT EXISTS (SELECT 1 FROM checkin c WHERE c.id = e.ref_id)",
    ),
    (
        "check-in streaks",
        N_("check-in {row}: counts as day {found} in a row, it is day {expected}"),
        "SELECT c.id, c.streak_days, coalesce(b.streak_days, 0) + 1 FROM checkin c LEFT JOIN checkin b"
        " ON b.member_id = c.member_id AND b.day = c.day - 1 WHERE c.streak_days <> coalesce(b.streak_days, 0) + 1",
    ),
    (
        "referral rewards",
        N_("referral of friend {row}: {found} points are noted, the ledger gave {expected}"),
        "SELECT r.friend_id, r.friend_points + r.referrer_points, coalesce(e.total, 0) FROM referral r LEFT JOIN"
        " (SELECT ref_id, CAST(sum(amount) AS BIGINT) AS total FROM entry WHERE ref_kind = 'referral'"
        " AND kind = 'referral' GROUP BY ref_id) e ON e.ref_id = r.friend_id"
        " WHERE r.friend_points + r.referrer_points > coalesce(e.total, 0)",
    ),
)
"""One check-in a day, one draw a number and one award an occasion are kept by the tables themselves."""
