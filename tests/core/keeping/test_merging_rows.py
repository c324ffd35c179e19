"""Every column that names a member is dealt with by a merge, and the doctor sees what is not as it must be."""

import pytest

from core.base import db
from core.keeping import doctor, merging
from core.keeping.proofs import merges
from core.keeping.proofs.check import differences
from tests.shops import Shop

MOVED = {
    "sale.member_id", "coupon.member_id", "pass.member_id", "member_plan.member_id", "redemption.member_id",
    "handout.member_id", "credential.member_id", "outbox.member_id", "referral.referrer_id", "member_tag.member_id",
    "own_value.member_id", "wallet_share.member_id", "wallet_share.payer_id", "member.merged_into",
    "winback_case.member_id", "follow_up.member_id", "booking.member_id", "gathering_signup.member_id",
    "ticket.member_id", "follow_planned.member_id",
}  # fmt: skip
COMBINED = {
    "account.member_id": "entries carry every lot",
    "member_day.member_id": "days add up",
    "member_stats.member_id": "counted again",
    "member_tier.member_id": "the higher one stays",
    "member_person.member_id": "field by field",
    "consent.member_id": "the last word is written again",
    "contact_gap.member_id": "the later one counts",
    "churn_warning.member_id": "closed",
    "member_insight.member_id": "judged anew in the night",
    "web_session.member_id": "ended: the phone signs in again",
}
READ_OVER_BOTH = {
    "checkin.member_id", "share_visit.member_id", "award.member_id", "lottery_draw.member_id",
    "punch_filled.member_id", "referral.friend_id", "survey_invite.member_id", "survey_reply.member_id",
    "staff_card.member_id",
}  # fmt: skip
LEFT = {
    "entry.member_id": "the book of an account is never changed",
    "tier_change.member_id": "how a tier came about is never changed",
    "event.member_id": "what was told was told",
    "inbound.member_id": "who wrote what then",
    "campaign_audience.member_id": "an audience stays as it was frozen; its result follows the merge",
    "join_trace.member_id": "where somebody joined",
    "parked.member_id": "a basket that is taken up again follows by itself",
    "quality_finding.member_id": "looked through anew in the night; who was merged is not shown",
    "quality_finding.other_member_id": "the same",
    "not_double.low_member_id": "what was said of two memberships was said of those",
    "not_double.high_member_id": "the same",
    "member_merge.kept_id": "the merge itself",
    "member_merge.gone_id": "the merge itself",
}
NAMES = ("member_id", "friend_id", "referrer_id", "payer_id", "merged_into", "kept_id", "gone_id")


def test_every_column_that_names_a_member_is_dealt_with(sqlite: str) -> None:
    tables = [name for (name,) in db.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
    found = {
        f"{table}.{column}"
        for table in tables
        for _, column, *_ in db.rows(f"PRAGMA table_info('{table}')")
        if column in NAMES
        or (column.endswith("member_id") or (column.startswith("member_") and column.endswith("_id")))
    }
    known = MOVED | READ_OVER_BOTH | set(COMBINED) | set(LEFT)
    assert found == known


@pytest.fixture
def merged(shop: Shop) -> tuple[int, int, int]:
    shop.product("tea", 1800)
    kept, gone = shop.member("13800138000"), shop.member("13900139000")
    shop.sell(shop.basket(("tea", 2), member=gone))
    seen = merging.preview(kept, gone, by=shop.owner, now=shop.now)
    return kept, gone, merging.merge(kept, gone, mark=seen.mark, by=shop.owner, now=shop.now)


@pytest.mark.parametrize(
    ("check", "harm", "row"),
    [
        ("merged members", "UPDATE account SET held = 1 WHERE asset = 'points' AND member_id = {gone}", "gone"),
        ("rows of merged members", "UPDATE sale SET member_id = {gone}", "gone"),
        ("merges that stand", "UPDATE member SET merged_into = NULL WHERE id = {gone}", "gone"),
        ("merges that stand", "UPDATE member_merge SET undone_at = 1, undone_by = 'x'", "gone"),
        ("rows that moved", "UPDATE merge_move SET row_id = 7 WHERE place = 'sale.member_id'", "merge"),
    ],
)
def test_each_harm_is_named(merged: tuple[int, int, int], shop: Shop, check: str, harm: str, row: str) -> None:
    kept, gone, merge_id = merged
    assert doctor.examine(now=shop.now) == []
    db.run(harm.format(gone=gone, kept=kept))
    (wanted,) = [one for one in merges.CHECKS if one.name == check]
    (found,) = differences(wanted, limit=20)
    assert dict(wanted.said(found).facts)["row"] == str({"gone": gone, "merge": merge_id}[row])
