"""Campaigns from draft to end: who is chosen, who may approve, what leaves and what stops it."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base import db
from core.base.clock import DAY, MINUTE, Millis
from core.base.errors import NotAllowed
from core.base.limits import TooOften
from core.keeping import erasure
from core.outreach import costs, delivery, policy, restored, suppressions
from core.outreach.campaigns import approving, audience, drafting, plan, preview, running, steering, watching
from core.outreach.campaigns.approving import (
    CampaignChanged,
    CampaignEmpty,
    CampaignLate,
    CampaignOwnApproval,
    CampaignWording,
    Limits,
)
from core.outreach.campaigns.audience import Facts
from core.outreach.campaigns.plan import CampaignInvalid, CampaignState, CampaignUnknown, Words
from core.outreach.costs import Rate
from core.outreach.due import Due
from core.outreach.policy import Verdict
from core.people import consent, staff
from tests.campaigns import BODY, JOB, approved, arms, drafted, leave, people, run, states, with_plan
from tests.shops import Shop


def test_a_preview_says_who_is_reached_and_writes_nothing(shop: Shop) -> None:
    people(shop, 6)
    shop.member("13900000001", purposes=("membership",))
    costs.set_rate(Rate("CN", "sms", "CNY", 40_000), by=shop.owner, now=shop.now)
    one = drafted(shop)
    seen = preview.preview(one.id, by=shop.owner, now=shop.now)
    assert (seen.found, seen.chosen, seen.written, seen.held) == (7, 6, 3, 3)
    assert seen.excluded == {"no_consent": 1}
    assert (seen.segments, seen.micros, seen.cost_cents, seen.currency) == (3, 120_000, 12, "CNY")
    assert seen.languages == {"zh": 3}
    assert [line.look.said for line in seen.said] == ["【Regulars】王伟芳，夏日新茶到店。回复 退订 不再接收。"]
    assert arms(one) == {}


def test_an_approved_audience_is_frozen(shop: Shop) -> None:
    people(shop, 4)
    one = approved(shop, holdout_bp=2_500)
    assert arms(one) == {"A": 3, "holdout": 1}
    people_later = shop.member("13900000009", purposes=("membership", "service", "marketing"))
    run(shop)
    assert states(one) == {"queued": 3}
    assert not db.value("SELECT 1 FROM campaign_audience WHERE member_id = ?", (people_later,))


def test_only_arms_are_written_to_each_once_with_their_gift(shop: Shop) -> None:
    people(shop, 5)
    kind = shop.coupon_kind("五元券", effect="amount", off_cents=500)
    one = approved(shop, holdout_bp=4_000, coupon_kind_id=kind, points=10,
                   words={"zh": Words("【{shop}】{coupon} + {points}。{stop}")})  # fmt: skip
    run(shop)
    run(shop, minutes=5)
    left = leave(shop, one)
    assert [message.body for message in left] == ["【Regulars】五元券 + 10 积分。回复 退订 不再接收。"] * 3
    assert db.value("SELECT count(*) FROM coupon WHERE ref_kind = 'campaign' AND ref_id = ?", (one.id,)) == 3
    assert db.value("SELECT count(*) FROM award WHERE occasion = 'campaign' AND occasion_id = ?", (one.id,)) == 3
    held = db.rows("SELECT member_id FROM campaign_audience WHERE arm = 'holdout'")
    assert not any(
        db.value("SELECT 1 FROM outbox WHERE member_id = ? AND campaign_id IS NOT NULL", row) for row in held
    )


def test_a_campaign_is_done_when_nothing_waits(shop: Shop) -> None:
    people(shop, 2)
    one = approved(shop, holdout_bp=0)
    run(shop)
    assert plan.read(one.id).state == "running"
    leave(shop, one)
    run(shop, minutes=5)
    assert plan.read(one.id).state == "done"


def test_the_word_for_who_has_no_name_counts_as_the_longest(shop: Shop) -> None:
    given = {"purposes": ("membership", "service", "marketing"), "language": "en"}
    shop.member("13800000001", name="Al", **given)
    one = drafted(shop, words={"zh": Words(BODY), "en": Words("{shop}: {name}, new teas. {stop}")}, holdout_bp=0)
    units = []
    for phone in ("13800000002", "13800000003"):
        seen = preview.preview(one.id, by=shop.owner, now=shop.now)
        units.append(next(line.look.counted.units for line in seen.said if line.language == "en"))
        shop.member(phone, name=None, **given)
    assert units[1] - units[0] == len("dear member") - len("Al")


def test_so_many_a_minute_leave_and_none_outside_its_hours(shop: Shop) -> None:
    people(shop, 7)
    one = approved(shop, holdout_bp=0, per_minute=1)
    run(shop)
    sql = "SELECT not_before FROM outbox WHERE campaign_id = ? ORDER BY not_before"
    assert [(row[0] - shop.now) // MINUTE for row in db.rows(sql, (one.id,))] == [0, 1, 2, 3, 4]
    late = Millis(shop.now + 9 * 60 * MINUTE)
    assert running.advance(by=JOB, now=late) == "0 queued"
    run(shop, minutes=5)
    assert states(one) == {"queued": 7}


def test_who_withdraws_or_leaves_after_approval_gets_nothing(shop: Shop) -> None:
    first, second, third = people(shop, 3)
    one = approved(shop, holdout_bp=0)
    consent.withdraw(first, "marketing", source="till", by=shop.owner, now=shop.now)
    erasure.erase(second, give_up=True, mark=erasure.preview(second, now=shop.now).mark, by=shop.owner, now=shop.now)
    run(shop)
    assert db.rows("SELECT member_id FROM outbox WHERE campaign_id = ?", (one.id,)) == [(third,)]
    consent.withdraw(third, "marketing", source="till", by=shop.owner, now=shop.now)
    assert leave(shop, one) == []


def test_a_paused_campaign_waits_and_goes_on(shop: Shop) -> None:
    people(shop, 2)
    one = approved(shop, holdout_bp=0)
    run(shop)
    steering.pause(one.id, reason="price is wrong", by=shop.owner, now=shop.now)
    assert leave(shop, one) == []
    assert states(one) == {"queued": 2}
    assert db.value("SELECT facts FROM alert WHERE kind = 'campaign' AND about = ?", (str(one.id),))
    run(shop, minutes=5)
    assert plan.read(one.id).state == "paused"
    steering.resume(one.id, by=shop.owner, now=shop.now)
    assert len(leave(shop, one)) == 2


def test_a_cancelled_campaign_sends_nothing_more(shop: Shop) -> None:
    people(shop, 3)
    one = approved(shop, holdout_bp=0, per_minute=1)
    run(shop)
    leave(shop, one, minutes=0)
    assert steering.cancel(one.id, by=shop.owner, now=shop.now) == 2
    assert states(one) == {"accepted": 1, "cancelled": 2}
    assert db.value("SELECT count(*) FROM contact_gap") == 1
    with pytest.raises(CampaignState):
        steering.cancel(one.id, by=shop.owner, now=shop.now)


def test_too_many_who_opt_out_pause_it_and_once_only(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "LEAST", 3)
    members = people(shop, 5)
    one = approved(shop, holdout_bp=0, per_minute=4)
    run(shop)
    leave(shop, one, minutes=0)
    consent.withdraw(members[0], "marketing", source="sms", by=shop.owner, now=Millis(shop.now + MINUTE))
    run(shop, minutes=5)
    assert (plan.read(one.id).state, plan.read(one.id).paused_reason) == ("paused", "1 of 4 opted out")
    steering.resume(one.id, by=shop.owner, now=shop.now)
    run(shop, minutes=10)
    assert plan.read(one.id).state == "running"


@pytest.mark.parametrize(
    ("gone", "known", "of", "most", "many"),
    [(2, 0, 100, 200, False), (3, 0, 100, 200, True), (3, 3, 100, 200, False), (9, 0, 49, 200, False),
     (50, 0, 100, 0, False)],
)  # fmt: skip
def test_two_percent_are_borne(gone: int, known: int, of: int, most: int, many: bool) -> None:
    assert watching.are_too_many(gone, known, of, most_bp=most) is many


def test_a_refused_sender_pauses_its_campaign(shop: Shop) -> None:
    people(shop, 2)
    one = approved(shop, holdout_bp=0)
    running.advance(by=JOB, now=shop.now)
    first, second = (row[0] for row in db.rows("SELECT id FROM outbox WHERE campaign_id = ? ORDER BY id", (one.id,)))
    assert None not in [delivery.claim(message, owner="test", now=shop.now) for message in (first, second)]
    for message in (first, second):
        delivery.refused(message, code="21606", about="sender", now=shop.now)
    assert (plan.read(one.id).state, plan.read(one.id).paused_reason) == ("paused", "sender fault 21606")
    assert db.value("SELECT count(*) FROM audit WHERE action = 'campaign.paused'") == 1


def test_a_test_goes_to_one_address_and_counts_nowhere(shop: Shop) -> None:
    people(shop, 1)
    one = drafted(shop)
    assert steering.test(one.id, "13912345678", by=shop.owner, now=shop.now) == "139****5678"
    (row,) = db.rows("SELECT id FROM outbox WHERE campaign_id IS NULL AND template = ?", (one.template("A"),))
    sent = delivery.claim(row[0], owner="test", now=shop.now)
    assert sent is not None
    assert (sent.address, sent.body) == ("+8613912345678", "【Regulars】王伟芳，夏日新茶到店。回复 退订 不再接收。")
    for _ in range(9):
        steering.test(one.id, "13912345678", by=shop.owner, now=shop.now)
    with pytest.raises(TooOften):
        steering.test(one.id, "13912345678", by=shop.owner, now=shop.now)


# --- who may approve -------------------------------------------------------------------------------


def test_a_large_campaign_needs_a_right_of_its_own(shop: Shop) -> None:
    people(shop, 3)
    shop.rule("campaign_limit_members", 2)
    one = drafted(shop, holdout_bp=0)
    manager = shop.owner_with(frozenset({"marketing"}))
    with pytest.raises(NotAllowed):
        approving.approve(one.id, version=one.version, by=manager, now=shop.now)
    assert approving.approve(one.id, version=one.version, by=shop.owner, now=shop.now).written == 3


@pytest.mark.parametrize(("written", "cents", "large"), [(500, 10_000, False), (501, 0, True), (1, 10_001, True)])
def test_what_is_large(written: int, cents: int, large: bool) -> None:
    assert Limits(500, 10_000).is_large(written, cents) is large


def test_another_person_approves_where_the_shop_says_so(shop: Shop) -> None:
    people(shop, 1)
    shop.rule("campaign_second_person", 1)
    one = drafted(shop, holdout_bp=0)
    with pytest.raises(CampaignOwnApproval):
        approving.approve(one.id, version=one.version, by=shop.owner, now=shop.now)
    second = staff.create("anna", "Anna", "owner", password="correct horse", by=shop.owner, now=shop.now)
    approving.approve(one.id, version=one.version, by=staff.actor_of(second), now=shop.now)
    assert plan.read(one.id).approved_by == f"staff:{second}"


def test_what_was_changed_since_it_was_seen_is_not_approved(shop: Shop) -> None:
    people(shop, 1)
    one = drafted(shop, holdout_bp=0)
    drafting.change(one.id, with_plan(one, points=5), by=shop.owner, now=shop.now)
    with pytest.raises(CampaignChanged):
        approving.approve(one.id, version=one.version, by=shop.owner, now=shop.now)


def test_what_cannot_go_out_is_not_approved(shop: Shop) -> None:
    empty = drafted(shop, name="空")
    with pytest.raises(CampaignEmpty):
        approving.approve(empty.id, version=1, by=shop.owner, now=shop.now)
    people(shop, 1)
    late = Millis(shop.now + 3 * DAY)
    with pytest.raises(CampaignLate):
        approving.approve(empty.id, version=1, by=shop.owner, now=late)
    silent = drafted(shop, name="无退订", holdout_bp=0, words={"zh": Words("【{shop}】新茶")})
    with pytest.raises(CampaignWording):
        approving.approve(silent.id, version=1, by=shop.owner, now=shop.now)


def test_only_a_draft_is_changed_or_approved_and_only_what_runs_is_paused(shop: Shop) -> None:
    people(shop, 1)
    one = approved(shop, holdout_bp=0)
    with pytest.raises(CampaignState):
        drafting.change(one.id, one.plan, by=shop.owner, now=shop.now)
    with pytest.raises(CampaignState):
        approving.approve(one.id, version=2, by=shop.owner, now=shop.now)
    with pytest.raises(CampaignState):
        steering.resume(one.id, by=shop.owner, now=shop.now)
    with pytest.raises(CampaignUnknown):
        plan.get(7, by=shop.owner)


def test_an_approval_that_was_left_half_done_is_done_again(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    people(shop, 3)
    monkeypatch.setattr(approving, "CHUNK", 2)
    one = drafted(shop, holdout_bp=0)

    @db.atomic
    def leftover() -> None:
        db.add("campaign_audience", campaign_id=one.id, member_id=9, arm="A")

    leftover()
    approving.approve(one.id, version=one.version, by=shop.owner, now=shop.now)
    assert arms(one) == {"A": 3}


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"words": {"en": Words("Hi {stop}")}}, "words_zh"),
        ({"words": {"zh": Words("")}}, "words_zh"),
        ({"channel": "fax"}, "channel"),
        ({"until_at": 5}, "until_at"),
        ({"holdout_bp": 9_500}, "holdout_bp"),
        ({"per_minute": 0}, "per_minute"),
        ({"hours": "20-10"}, "hours"),
        ({"effect_days": 0}, "effect_days"),
        ({"points": -1}, "points"),
        ({"coupon_kind_id": 4}, "coupon_kind_id"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_at_its_field(one_shop: Shop, changed: dict[str, object], field: str) -> None:
    with pytest.raises(CampaignInvalid) as refused:
        drafted(one_shop, **changed)
    assert refused.value.field == field


# --- who is chosen ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (Facts("+86"), ""),
        (Facts("", suppressed=True), "no_address"),
        (Facts("+86", suppressed=True, agreed=False), "suppressed"),
        (Facts("+86", agreed=False, in_gap=True), "no_consent"),
        (Facts("+86", in_gap=True, gift_near=True), "gap"),
        (Facts("+86", gift_near=True, held_out=True), "gift_near"),
        (Facts("+86", held_out=True), "held_out"),
    ],
)
def test_the_first_reason_counts(facts: Facts, reason: str) -> None:
    assert audience.reason_of(facts) == reason


def test_who_is_held_out_gets_nothing_from_another_campaign_meanwhile(shop: Shop) -> None:
    people(shop, 4)
    first = approved(shop, holdout_bp=5_000)
    second = drafted(shop, name="秋日", send_at=Millis(shop.now + DAY))
    seen = preview.preview(second.id, by=shop.owner, now=shop.now)
    assert seen.excluded == {"held_out": 2, "elsewhere": 2}
    later = drafted(shop, name="冬日", send_at=Millis(shop.now + 20 * DAY), until_at=Millis(shop.now + 22 * DAY))
    assert preview.preview(later.id, by=shop.owner, now=shop.now).excluded == {}
    assert arms(first)["holdout"] == 2


def test_nobody_is_held_out_whom_a_campaign_approved_before_writes_to_meanwhile(shop: Shop) -> None:
    people(shop, 4)
    friday = Millis(shop.now + 5 * DAY)
    approved(shop, name="周五", holdout_bp=0, send_at=friday, until_at=Millis(friday + DAY))
    wednesday = drafted(shop, send_at=Millis(shop.now + 3 * DAY), until_at=Millis(shop.now + 4 * DAY))
    assert preview.preview(wednesday.id, by=shop.owner, now=shop.now).excluded == {"elsewhere": 4}


def test_the_watch_begins_when_the_campaign_does(shop: Shop) -> None:
    people(shop, 4)
    one = drafted(shop, holdout_bp=5_000, until_at=Millis(shop.now + 25 * DAY))
    late = Millis(shop.now + 20 * DAY)
    approving.approve(one.id, version=one.version, by=shop.owner, now=late)
    running.advance(by=JOB, now=late)
    assert db.value("SELECT watched_until_at FROM campaign") == late + 14 * DAY
    next_one = drafted(shop, name="秋日", send_at=Millis(late + 10 * DAY), until_at=Millis(late + 11 * DAY))
    assert preview.preview(next_one.id, by=shop.owner, now=late).excluded["held_out"] == 2


def test_two_with_one_address_are_both_left_out_when_it_is_suppressed(shop: Shop) -> None:
    for number in ("13800138001", "13800138002"):
        shop.member(number, email="home@example.org", purposes=("membership", "service", "marketing"))
    db.atomic(lambda: suppressions.put("home@example.org", "all", reason="stop", channel="email", now=shop.now))()
    one = drafted(shop, channel="email", rule="has:email")
    assert preview.preview(one.id, by=shop.owner, now=shop.now).excluded == {"suppressed": 2}


def test_a_suppressed_address_and_a_late_offer_are_left_out(shop: Shop) -> None:
    first, second, _ = people(shop, 3)
    number = db.value("SELECT phone FROM member_person WHERE member_id = ?", (first,))
    db.atomic(lambda: delivery.suppress(number, "marketing", reason="stop", now=shop.now))()
    db.atomic(lambda: db.add("contact_gap", member_id=second, last_at=shop.now - DAY, outbox_id=1))()
    seen = preview.preview(drafted(shop).id, by=shop.owner, now=shop.now)
    assert seen.excluded == {"suppressed": 1, "gap": 1}


MEMBERS = st.dictionaries(st.integers(1, 10_000), st.sampled_from(["1:1", "1:2", "2:1"]), min_size=1, max_size=80)


@given(MEMBERS, st.integers(0, 100), st.booleans(), st.sampled_from(["a", "b"]))
def test_lots_are_drawn_in_proportion_and_alike_each_time(
    stratum_of: dict[int, str], percent: int, two: bool, salt: str
) -> None:
    held = len(stratum_of) * percent // 100
    drawn = audience.allot(stratum_of, held=held, salt=salt, two_wordings=two)
    counts = Counter(drawn.values())
    assert drawn == audience.allot(dict(reversed(stratum_of.items())), held=held, salt=salt, two_wordings=two)
    assert counts["holdout"] == held
    assert 0 <= counts["A"] - counts["B"] <= 1 if two else counts["B"] == 0
    for name, size in Counter(stratum_of.values()).items():
        part = sum(drawn[one] == "holdout" for one, stratum in stratum_of.items() if stratum == name)
        assert abs(part * len(stratum_of) - held * size) < len(stratum_of)


def test_two_wordings_are_read_by_half_each(shop: Shop) -> None:
    people(shop, 4)
    one = approved(shop, holdout_bp=0, words_b={"zh": Words("【{shop}】B {stop}")})
    run(shop)
    bodies = Counter(message.body for message in leave(shop, one))
    assert sorted(bodies.values()) == [2, 2]
    assert "【Regulars】B 回复 退订 不再接收。" in bodies


def test_who_reads_no_language_of_the_campaign_reads_the_shops(shop: Shop) -> None:
    people(shop, 1, language="en")
    one = approved(shop, holdout_bp=0, words={"zh": Words(BODY)})
    run(shop)
    assert [message.language for message in leave(shop, one)] == ["zh"]


@pytest.mark.parametrize(
    ("state", "verdict"),
    [
        ("running", Verdict("send")),
        ("cancelled", Verdict("skipped", "campaign cancelled")),
        ("paused", Verdict("wait", "campaign paused", Millis(10 * MINUTE))),
    ],
)
def test_the_state_of_the_campaign_is_judged_at_claim(state: str, verdict: Verdict) -> None:
    due = Due(1, 2, "+86", "marketing", "campaign.1.A", "campaign:1:2", Millis(DAY))
    facts = policy.Facts(campaign=state)
    assert policy.decide(due, facts, now=Millis(0)) == verdict
    short = replace(due, expires_at=Millis(MINUTE))
    if state == "paused":
        assert policy.decide(short, facts, now=Millis(0)) == Verdict("expired", "campaign paused")


def test_after_a_restore_what_ran_waits_for_a_person(shop: Shop) -> None:
    people(shop, 2)
    one = approved(shop, holdout_bp=0, per_minute=1)
    begins = Millis(shop.now + 3 * DAY)
    later = approved(shop, name="秋日", send_at=begins, until_at=Millis(begins + DAY), holdout_bp=0)
    run(shop)
    restored.hold_back(now=Millis(shop.now + 1))
    assert (plan.read(one.id).state, plan.read(one.id).paused_reason) == ("paused", "restored")
    assert plan.read(later.id).state == "approved"
