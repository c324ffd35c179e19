"""Two members who are one person: what adds up, what counts over both, refunds afterwards, and the way back."""

import pytest

from core.base import db
from core.base.clock import DAY, Millis
from core.base.errors import NotAllowed
from core.books import holds, locks, merges, outbox, posting
from core.books.merges import MergeUndone, MergeUnknown
from core.giving import redemptions, rewards
from core.giving.rewards import RewardTerms
from core.keeping import doctor, merging, owncopy
from core.keeping.merging import MergeHeld, MergeNotLast, MergeOvertaken, MergeWithSelf
from core.loyalty import coupons, families, passes, plans, points, reserves, statement, tiers, wallet
from core.loyalty.carrying import MergeShares
from core.loyalty.plans import Plan
from core.people import cards, consent, credentials, members, ownfields, reissue, tags
from core.people.carrying import CredentialTaken, FieldChoiceUnknown
from core.people.credentials import Proof
from core.selling import refunds
from core.selling.refunds import ReturnLine
from tests.shops import Shop


@pytest.fixture
def wang(shop: Shop) -> int:
    shop.product("tea", 1800)
    return shop.member("13800138000", name="王伟芳")


@pytest.fixture
def other(shop: Shop, wang: int) -> int:
    return shop.member("13900139000", name="王伟")


def merge(shop: Shop, kept: int, gone: int, *, now: int = 0, **choices: str) -> int:
    moment = Millis(now or shop.now)
    seen = merging.preview(kept, gone, choices=choices, by=shop.owner, now=moment)
    return merging.merge(kept, gone, mark=seen.mark, choices=choices, by=shop.owner, now=moment)


def undo(shop: Shop, merge_id: int, *, now: int = 0) -> dict[str, merging.Return]:
    return {one.asset: one for one in merging.undo(merge_id, by=shop.owner, now=Millis(now or shop.now))}


def held(member: int, shop: Shop, *, now: int = 0) -> tuple[int, int, int]:
    stored = wallet.state(member, now=Millis(now or shop.now))
    found = points.state(member, now=Millis(now or shop.now))
    return found.balance, stored.principal_cents, stored.bonus_cents


def well(shop: Shop, *, now: int = 0) -> bool:
    return doctor.examine(now=Millis(now or shop.now)) == []


# --- value -----------------------------------------------------------------------------------------


def test_balances_add_up_and_lots_keep_their_dates(shop: Shop, wang: int, other: int) -> None:
    shop.give_points(wang, 100)
    shop.give_points(other, 40, now=Millis(shop.now - 30 * DAY))
    shop.top_up(other, 10_000)
    seen = merging.preview(wang, other, by=shop.owner, now=shop.now)
    assert [(one.asset, one.kept, one.gone, one.together) for one in seen.sums] == [
        ("points", 100, 40, 140), ("principal", 0, 10_000, 10_000), ("bonus", 0, 0, 0)]  # fmt: skip
    merge(shop, wang, other)
    assert held(wang, shop) == (140, 10_000, 0)
    assert held(other, shop) == (0, 0, 0)
    lots = posting.lots(posting.account(wang, "points").id, now=shop.now)
    assert [(lot.remaining, lot.available_at) for lot in lots] == [(40, shop.now - 30 * DAY), (100, shop.now)]
    assert well(shop)


def test_a_debt_is_paid_by_the_other_ones_points_and_comes_back(shop: Shop, wang: int, other: int) -> None:
    debtor(shop, other, 30)
    shop.give_points(wang, 100)
    merge_id = merge(shop, wang, other)
    assert (held(wang, shop)[0], points.state(wang, now=shop.now).debt) == (70, 0)
    assert well(shop)
    assert undo(shop, merge_id)["points"].debt == 30
    assert (held(wang, shop)[0], held(other, shop)[0], points.state(other, now=shop.now).debt) == (100, -30, 30)
    assert well(shop)


def test_a_debt_of_the_kept_member_is_paid_and_comes_back(shop: Shop, wang: int, other: int) -> None:
    debtor(shop, wang, 30)
    shop.give_points(other, 100)
    merge_id = merge(shop, wang, other)
    assert held(wang, shop)[0] == 70
    back = undo(shop, merge_id)["points"]
    assert (back.left, back.charged, back.owed, back.stays) == (70, 0, 30, 0)
    assert (held(wang, shop)[0], held(other, shop)[0]) == (-30, 100)
    assert well(shop)


def test_two_debts_are_one(shop: Shop, wang: int, other: int) -> None:
    debtor(shop, wang, 30)
    debtor(shop, other, 20)
    merge_id = merge(shop, wang, other)
    assert points.state(wang, now=shop.now).debt == 50
    undo(shop, merge_id)
    assert (held(wang, shop)[0], held(other, shop)[0]) == (-30, -20)
    assert well(shop)


def debtor(shop: Shop, member: int, debt: int) -> None:
    """A member who spent what a sale earned and then gave everything back."""
    sale = shop.sell(shop.basket(("tea", 10), member=member))
    points.adjust(member, -180, reason="test", by=shop.owner, now=shop.now)
    give_back(shop, sale)
    shop.give_points(member, 180 - debt)
    assert points.state(member, now=shop.now).debt == debt


def give_back(shop: Shop, sale: int, pieces: int = 10, *, now: int = 0) -> int:
    (line,) = refunds.sold_lines(sale)
    back = (ReturnLine(line.id, pieces * 1000),)
    return refunds.refund(sale, back, by=shop.owner, now=Millis(now or shop.now))


# --- a sale that is returned afterwards ------------------------------------------------------------


def test_a_sale_of_who_is_gone_is_refunded_to_the_kept_member(shop: Shop, wang: int, other: int) -> None:
    coupon = shop.give_coupon(shop.coupon_kind("3 off", effect="amount", off_cents=300), other)
    shop.give_points(other, 500)
    sale = shop.sell(shop.basket(("tea", 2), member=other, points=300))
    # 36.00 − 3.00 coupon − 3.00 for 300 points = 30.00: earns 30; 500 − 300 + 30 = 230
    assert held(other, shop)[0] == 230
    merge_id = merge(shop, wang, other)
    give_back(shop, sale, 2)
    assert (held(wang, shop)[0], held(other, shop)[0]) == (500, 0)
    assert [one.id for one in coupons.held_by(wang, now=shop.now)] == [coupon]
    assert well(shop)
    undo(shop, merge_id)
    assert (held(wang, shop)[0], held(other, shop)[0]) == (0, 500)
    assert [one.id for one in coupons.held_by(other, now=shop.now)] == [coupon]
    assert cards.own_card(other, now=shop.now).stats.net_spend_cents == 0
    assert well(shop)


def test_in_two_parts_with_the_merge_between(shop: Shop, wang: int, other: int) -> None:
    shop.top_up(other, 10_000)
    sale = shop.sell(shop.basket(("tea", 2), member=other), ("wallet", 3600))
    give_back(shop, sale, 1)
    merge(shop, wang, other)
    give_back(shop, sale, 1)
    assert held(wang, shop) == (0, 10_000, 0)
    assert well(shop)


def test_what_had_expired_before_the_merge_is_not_taken(shop: Shop, wang: int, other: int) -> None:
    sale = shop.sell(shop.basket(("tea", 10), member=other))
    points.adjust(other, -60, reason="test", by=shop.owner, now=shop.now)
    later = Millis(shop.now + 400 * DAY)
    points.expire(other, by=shop.owner, now=later)
    shop.give_points(wang, 200, now=later)
    merge(shop, wang, other, now=later)
    give_back(shop, sale, now=later)
    assert held(wang, shop, now=later)[0] == 140  # 180 earned, 120 expired, 60 are owed
    assert well(shop, now=later)


def test_a_top_up_that_was_partly_spent_is_reversed(shop: Shop, wang: int, other: int) -> None:
    from core.selling import reversals

    top_up = shop.top_up(other, 10_000)
    shop.sell(shop.basket(("tea", 1), member=other), ("wallet", 1800))
    merge(shop, wang, other)
    reversals.reverse_top_up(top_up, by=shop.owner, now=shop.now)
    assert held(wang, shop) == (18, 0, 0)  # earned with the 18.00 that were spent of it
    assert well(shop)


# --- people ----------------------------------------------------------------------------------------


def test_number_and_card_of_who_is_gone_lead_to_the_kept_member(shop: Shop, wang: int, other: int) -> None:
    card = credentials.card_of(other)
    merge_id = merge(shop, wang, other)
    assert credentials.by_phone("13900139000", now=shop.now) == wang
    assert (
        credentials.identify(f"C1.{card}" if not str(card).startswith("C1.") else str(card), now=shop.now).member_id
        == wang
    )
    assert [one.id for one in members.find("9000", by=shop.owner)] == [wang]
    assert [one.id for one in members.find("", by=shop.owner)] == [wang]
    assert members.by_id(other, by=shop.owner) == members.by_id(wang, by=shop.owner)
    with pytest.raises(locks.MemberMerged):
        shop.give_points(other, 1)
    undo(shop, merge_id)
    assert credentials.by_phone("13900139000", now=shop.now) == other
    assert [one.id for one in members.find("9000", by=shop.owner)] == [other]


def test_a_field_stays_unless_it_is_empty_or_the_other_is_chosen(shop: Shop, wang: int) -> None:
    other = shop.member(name="王芳", email="w@example.org")
    fields = merging.preview(wang, other, choices={"name": "gone"}, by=shop.owner, now=shop.now).fields
    assert [(one.name, one.kept, one.gone, one.stays) for one in fields] == [
        ("name", "王伟芳", "王芳", "gone"), ("email", "", "w@example.org", "gone")]  # fmt: skip
    merge_id = merge(shop, wang, other, name="gone")
    assert person(wang) == ("王芳", "w@example.org")
    members.rename(wang, "王方", by=shop.owner, now=shop.now)
    undo(shop, merge_id)
    assert (person(wang), person(other)) == (("王方", None), ("王芳", "w@example.org"))


def person(member: int) -> tuple[object, ...] | None:
    return db.one("SELECT name, email FROM member_person WHERE member_id = ?", (member,))


def test_an_unknown_choice_is_refused(shop: Shop, wang: int, other: int) -> None:
    for choices in ({"colour": "gone"}, {"name": "both"}):
        with pytest.raises(FieldChoiceUnknown):
            merging.preview(wang, other, choices=choices, by=shop.owner, now=shop.now)


@pytest.mark.parametrize(
    ("mine", "others", "after"),
    [
        ((1, True), (2, False), False), ((2, True), (1, False), True), ((1, True), (1, False), False),
        ((1, False), (1, True), False), ((1, False), (2, True), True), (None, (1, True), True),
        ((1, True), None, True), ((3, False), (2, True), False),
    ],
)  # fmt: skip
def test_the_later_word_on_a_consent_holds_and_a_withdrawal_wins_a_tie(
    shop: Shop, wang: int, other: int, mine: tuple[int, bool], others: tuple[int, bool], after: bool
) -> None:
    for member, said in ((wang, mine), (other, others)):
        if said is not None:
            say(shop, member, *said)
    before = [consent.holds(one, "marketing") for one in (wang, other)]
    merge_id = merge(shop, wang, other, now=shop.now + 9)
    assert consent.holds(wang, "marketing") is after
    undo(shop, merge_id, now=shop.now + 10)
    assert [consent.holds(one, "marketing") for one in (wang, other)] == before


def say(shop: Shop, member: int, after_ms: int, granted: bool) -> None:
    now = Millis(shop.now + after_ms)
    if granted:
        consent.grant(member, "marketing", source="till", language="zh", by=shop.owner, now=now)
    else:
        consent.withdraw(member, "marketing", source="till", by=shop.owner, now=now)


def test_who_withdraws_while_merged_withdrew_for_both(shop: Shop, wang: int, other: int) -> None:
    say(shop, other, 1, True)
    merge_id = merge(shop, wang, other, now=shop.now + 2)
    say(shop, wang, 3, False)
    undo(shop, merge_id, now=shop.now + 4)
    assert [consent.holds(one, "marketing") for one in (wang, other)] == [False, False]


def test_a_word_on_one_channel_goes_along_and_comes_back(shop: Shop, wang: int, other: int) -> None:
    for member in (wang, other):
        say(shop, member, 1, True)
    now = Millis(shop.now + 2)
    consent.withdraw(other, "marketing", source="sms", channel="sms", by=shop.owner, now=now)
    merge_id = merge(shop, wang, other, now=shop.now + 9)
    assert [consent.holds(wang, "marketing", channel) for channel in ("sms", "email")] == [False, True]
    undo(shop, merge_id, now=shop.now + 10)
    assert [consent.holds(one, "marketing", "sms") for one in (wang, other)] == [True, False]


def test_who_stops_one_channel_while_merged_stopped_it_for_both(shop: Shop, wang: int, other: int) -> None:
    for member in (wang, other):
        say(shop, member, 1, True)
    merge_id = merge(shop, wang, other, now=shop.now + 2)
    now = Millis(shop.now + 3)
    consent.withdraw(wang, "marketing", source="sms", channel="sms", by=shop.owner, now=now)
    undo(shop, merge_id, now=shop.now + 4)
    assert [consent.holds(one, "marketing", "sms") for one in (wang, other)] == [False, False]
    assert [consent.holds(one, "marketing", "email") for one in (wang, other)] == [True, True]


def test_tags_and_own_fields_go_along_and_come_back(shop: Shop, wang: int, other: int) -> None:
    field = ownfields.create("dog", "text", by=shop.owner, now=shop.now)
    tags.set_tags(wang, ["vip"], by=shop.owner, now=shop.now)
    tags.set_tags(other, ["vip", "tea"], by=shop.owner, now=shop.now)
    ownfields.set_values(other, {field: "Bao"}, by=shop.owner, now=shop.now)
    merge_id = merge(shop, wang, other)
    assert (tags.of(wang), ownfields.of(wang)[0][1]) == (("tea", "vip"), "Bao")
    undo(shop, merge_id)
    assert (tags.of(wang), tags.of(other)) == (("vip",), ("tea", "vip"))
    assert (ownfields.of(wang), ownfields.of(other)[0][1]) == ((), "Bao")


# --- tiers and limits ------------------------------------------------------------------------------


def test_the_higher_tier_stays_with_its_period_and_a_refund_still_undoes_it(shop: Shop, wang: int, other: int) -> None:
    shop.tier("silver", 1, spend_cents=10_000)
    sale = shop.sell(shop.basket(("tea", 10), member=other))
    until = tiers.standing(other, now=shop.now).until_at
    merge_id = merge(shop, wang, other)
    standing = tiers.standing(wang, now=shop.now)
    assert (standing.tier.name, standing.until_at) == ("silver", until)
    undo(shop, merge_id)
    assert (tiers.of(wang).name, tiers.of(other).name) == ("normal", "silver")
    merge(shop, wang, other)
    give_back(shop, sale)
    assert tiers.of(wang).name == "normal"
    assert well(shop)


def test_check_ins_and_birthday_points_count_over_both(shop: Shop, wang: int, other: int) -> None:
    from core.giving import checkin, once

    shop.rule("checkin_points", 5)
    checkin.check_in(other, by=shop.owner, now=shop.now)
    once.award_once(other, 50, "birthday", 2026, by=shop.owner, now=shop.now)
    merge(shop, wang, other)
    assert checkin.check_in(wang, by=shop.owner, now=shop.now).already
    assert once.award_once(wang, 50, "birthday", 2026, by=shop.owner, now=shop.now) is None
    assert held(wang, shop)[0] == 55


def test_two_coupons_of_one_occasion_are_both_kept(shop: Shop, wang: int, other: int) -> None:
    kind = shop.coupon_kind("birthday", effect="amount", off_cents=300)
    given = sorted(shop.give_coupon(kind, one) for one in (wang, other))
    merge_id = merge(shop, wang, other)
    assert sorted(one.id for one in coupons.held_by(wang, now=shop.now)) == given
    undo(shop, merge_id)
    assert len(coupons.held_by(wang, now=shop.now)) == len(coupons.held_by(other, now=shop.now)) == 1


# --- the way back ----------------------------------------------------------------------------------


def test_what_was_spent_meanwhile_is_charged_to_the_kept_members_own_lots_first(
    shop: Shop, wang: int, other: int
) -> None:
    shop.give_points(other, 100)
    merge_id = merge(shop, wang, other)
    points.adjust(wang, -80, reason="test", by=shop.owner, now=shop.now)
    shop.give_points(wang, 50)
    seen = merging.undo_preview(merge_id, by=shop.owner, now=shop.now).returns[0]
    assert (seen.left, seen.charged, seen.owed, seen.stays, seen.returned) == (20, 50, 0, 30, 70)
    assert undo(shop, merge_id)["points"] == seen
    assert (held(wang, shop)[0], held(other, shop)[0]) == (0, 70)
    assert well(shop)


def test_a_number_that_someone_else_took_is_named(shop: Shop, wang: int, other: int) -> None:
    merge_id = merge(shop, wang, other)
    reissue.phone(wang, "", by=shop.owner, now=shop.now)
    li = shop.member("13900139000")
    with pytest.raises(CredentialTaken) as refused:
        undo(shop, merge_id)
    assert refused.value.facts["member"] == str(li)
    assert isinstance(merging.undo_preview(merge_id, by=shop.owner, now=shop.now).refusals[0], CredentialTaken)
    reissue.phone(li, "", by=shop.owner, now=shop.now)
    undo(shop, merge_id)
    assert credentials.by_phone("13900139000", now=shop.now) == other


def test_merges_are_undone_from_the_last_one_on(shop: Shop, wang: int, other: int) -> None:
    shop.give_points(other, 10)
    third = shop.member("13700137000")
    first, second = merge(shop, wang, other), merge(shop, third, wang)
    assert (held(third, shop)[0], members.by_id(other, by=shop.owner).id) == (10, third)  # type: ignore[union-attr]
    with pytest.raises(MergeNotLast):
        undo(shop, first)
    undo(shop, second)
    undo(shop, first)
    assert (held(third, shop)[0], held(wang, shop)[0], held(other, shop)[0]) == (0, 0, 10)
    assert credentials.by_phone("13900139000", now=shop.now) == other
    with pytest.raises(MergeUndone):
        undo(shop, first)
    with pytest.raises(MergeUnknown):
        undo(shop, 7)
    assert well(shop)


def test_merged_again_after_an_undo(shop: Shop, wang: int, other: int) -> None:
    shop.give_points(other, 10)
    undo(shop, merge(shop, wang, other))
    undo(shop, merge(shop, other, wang))
    merge_id = merge(shop, wang, other)
    assert held(wang, shop)[0] == 10
    undo(shop, merge_id)
    assert (held(wang, shop)[0], held(other, shop)[0]) == (0, 10)
    assert well(shop)


# --- what stands in the way ------------------------------------------------------------------------


def test_what_is_set_aside_stands_in_the_way(shop: Shop, wang: int, other: int) -> None:
    shop.give_points(other, 10)
    hold = reserves.reserve(other, 5, lapses_at=Millis(shop.now + DAY), ref=("ticket", 1), by=shop.owner, now=shop.now)
    seen = merging.preview(wang, other, by=shop.owner, now=shop.now)
    assert [type(one) for one in seen.refusals] == [MergeHeld]
    with pytest.raises(MergeHeld):
        merge(shop, wang, other)
    reserves.release(hold, by=shop.owner, now=shop.now)
    assert holds.of(hold).state == "released"
    merge(shop, wang, other)


def test_shared_wallets_that_do_not_go_together_stand_in_the_way(shop: Shop, wang: int, other: int) -> None:
    li, payer = shop.member("13700137000"), shop.member("13600136000")
    families.share(wang, li, limit_cents=None, by=shop.owner, now=shop.now)
    families.share(payer, other, limit_cents=None, by=shop.owner, now=shop.now)
    with pytest.raises(MergeShares):
        merge(shop, wang, other)
    families.end(other, by=shop.owner, now=shop.now)
    merge_id = merge(shop, other, wang)
    assert families.paid_by(other) == [li]
    undo(shop, merge_id)
    assert families.paid_by(wang) == [li]


def test_who_paid_for_the_other_pays_for_themselves(shop: Shop, wang: int, other: int) -> None:
    families.share(wang, other, limit_cents=500, by=shop.owner, now=shop.now)
    merge_id = merge(shop, wang, other)
    assert families.paid_by(wang) == []
    undo(shop, merge_id)
    share = families.of(other, now=shop.now)
    assert share is not None
    assert (share.payer_id, share.limit_cents) == (wang, 500)


def test_anything_that_happened_in_between_stops_it(shop: Shop, wang: int, other: int) -> None:
    seen = merging.preview(wang, other, by=shop.owner, now=shop.now)
    members.rename(other, "王伟方", by=shop.owner, now=shop.now)
    with pytest.raises(MergeOvertaken):
        merging.merge(wang, other, mark=seen.mark, by=shop.owner, now=shop.now)


def test_it_needs_two_members_who_may_act_and_the_right(shop: Shop, wang: int, other: int) -> None:
    with pytest.raises(MergeWithSelf):
        merge(shop, wang, wang)
    clerk = shop.owner_with(frozenset({"member.find", "sell"}))
    with pytest.raises(NotAllowed):
        merging.preview(wang, other, by=clerk, now=shop.now)
    members.set_state(other, "blocked", by=shop.owner, now=shop.now)
    seen = merging.preview(wang, other, by=shop.owner, now=shop.now)
    assert [type(one) for one in seen.refusals] == [locks.MemberBlocked]


def test_the_statement_says_where_points_came_from(shop: Shop, wang: int, other: int) -> None:
    shop.give_points(other, 10)
    undo(shop, merge(shop, wang, other))
    assert [(one.kind, one.amount) for one in statement.of(wang)] == [("unmerge_out", -10), ("merge_in", 10)]
    assert {one.kind for one in statement.of(other)} <= set(statement.WORDS)


def test_merges_of_a_member_are_listed(shop: Shop, wang: int, other: int) -> None:
    merge_id = merge(shop, wang, other)
    assert merging.of_member(wang, by=shop.owner) == [(merge_id, other, shop.now)]
    assert merges.standing(other) == (merge_id, wang)


# --- whatever else names a member ------------------------------------------------------------------


def test_passes_plans_rewards_friends_and_messages_go_along_and_come_back(shop: Shop, wang: int, other: int) -> None:
    furnish(shop, other)
    before = [owned(one) for one in (wang, other)]
    assert before[0] == (0, 0, 0, 0, 0, 0)
    assert before[1] == (1, 1, 1, 1, 1, 1)
    merge_id = merge(shop, wang, other)
    assert [owned(one) for one in (wang, other)] == [before[1], before[0]]
    undo(shop, merge_id)
    assert [owned(one) for one in (wang, other)] == before
    assert well(shop)


def owned(member: int) -> tuple[int, ...]:
    """Passes, plans, rewards, what waits, friends, messages."""
    tables = ("pass", "member_plan", "redemption", "handout")
    counted = [f"SELECT count(*) FROM {table} WHERE member_id = ?" for table in tables]
    counted.append("SELECT count(*) FROM referral WHERE referrer_id = ?")
    counted.append("SELECT count(*) FROM outbox WHERE member_id = ? AND state = 'queued'")
    return tuple(int(db.value(sql, (member,))) for sql in counted)


def furnish(shop: Shop, member: int) -> None:
    """One of each for a member."""
    service = shop.product("massage", 5000, kind="service")
    kind = shop.product("ten massages", 40_000, kind="pass")
    passes.create_kind("十次", kind, uses=10, valid_days=365, service_ids=(service,), by=shop.owner, now=shop.now)
    year = shop.product("a year", 9900, kind="plan")
    plans.create(Plan(0, year, "年卡", 365, 500, 10_000), by=shop.owner, now=shop.now)
    for name in ("ten massages", "a year"):
        shop.sell(shop.basket((name, 1), member=member))
    terms = RewardTerms(kind="product", points=100, product_id=shop.products["tea"])
    cup = rewards.create("cup", terms, stock=9, by=shop.owner, now=shop.now)
    shop.give_points(member, 100)
    redemptions.redeem(member, cup, proved=True, by=shop.owner, now=shop.now)
    shop.member(referrer_card=credentials.card_of(member))
    db.atomic(lambda: outbox.tell(member, "hello", "wallet_balance", {"stored": "1", "bonus": "0"}, now=shop.now))()


def test_a_cancelled_reward_of_who_is_gone_gives_its_points_to_the_kept_member(
    shop: Shop, wang: int, other: int
) -> None:
    furnish(shop, other)
    merge_id = merge(shop, wang, other)
    redemptions.cancel(redemptions.of_member(wang)[0].id, by=shop.owner, now=shop.now)
    assert (held(wang, shop)[0], held(other, shop)[0]) == (100, 0)
    undo(shop, merge_id)
    assert (held(wang, shop)[0], held(other, shop)[0]) == (0, 100)
    assert well(shop)


def test_the_own_copy_holds_the_moves_of_both(shop: Shop, wang: int, other: int) -> None:
    shop.give_points(other, 7)
    merge(shop, wang, other)
    copy = owncopy.of_member(wang, proof=Proof(wang, "fresh_code", shop.now), now=shop.now)
    assert [(one["kind"], one["amount"]) for one in copy["moves"]] == [
        ("merge_in", 7), ("merge_out", -7), ("adjust", 7)]  # fmt: skip
    assert [one["purpose"] for one in copy["consents"]] == ["membership"]


def test_a_card_that_was_ended_since_stays_ended_and_a_fresh_one_is_given(shop: Shop, wang: int, other: int) -> None:
    lost = credentials.card_of(other)
    merge_id = merge(shop, wang, other)
    reissue.card(wang, reason="lost", by=shop.owner, now=shop.now)
    undo(shop, merge_id)
    assert credentials.card_of(other) not in (None, lost)
    with pytest.raises(credentials.CodeUnknown):
        credentials.identify(str(lost), now=shop.now)
