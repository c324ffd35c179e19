"""A message on its way: claimed once, judged when claimed, settled by what comes back."""

import pytest

from core.base import access, db
from core.base.clock import DAY, HOUR, MINUTE, Millis
from core.books import outbox
from core.books.outbox import Letter
from core.outreach import delivery, inbound, policy, templates, unsettled
from core.people import consent, members
from core.people.birthdays import Birthday
from tests.shops import Shop, at

JOB = access.scheduler("test")


@db.atomic
def put(letter: Letter, now: Millis) -> int:
    queued = outbox.put(letter, now=now)
    assert queued is not None
    return queued


def letter(member: int, key: str, *, category: str = "marketing", template: str = "winback", life: int = 5 * DAY,
           now: Millis) -> Letter:  # fmt: skip
    variables = {"shop": "店", "name": "王"}
    return Letter(key, template, category, "zh", variables, Millis(now + life), member_id=member)  # type: ignore[arg-type]


def state(outbox_id: int) -> tuple[str, str | None]:
    found = db.one("SELECT state, reason FROM outbox WHERE id = ?", (outbox_id,))
    assert found is not None
    return found[0], found[1]


@pytest.fixture
def member(shop: Shop) -> int:
    return shop.member("13800138000", name="王伟", purposes=("membership", "service", "marketing"))


def winback(member: int, now: Millis, stage: int = 1) -> int:
    return put(letter(member, f"winback:{member}:None:{stage}", now=now), now)


def test_a_message_is_claimed_by_one_owner_only(shop: Shop, member: int) -> None:
    one = winback(member, shop.now)
    first = delivery.claim(one, owner="a", now=shop.now)
    assert first is not None
    assert first.body == "【店】王，好久不见，欢迎再来。回复 退订 不再接收。"
    assert delivery.claim(one, owner="b", now=shop.now) is None


def test_without_consent_nothing_leaves(shop: Shop) -> None:
    silent = shop.member("13900139000", purposes=("membership",))
    one = winback(silent, shop.now)
    assert delivery.claim(one, owner="a", now=shop.now) is None
    assert state(one) == ("skipped", "no consent (marketing)")


def test_a_suppressed_address_gets_nothing_even_after_joining_again(shop: Shop, member: int) -> None:
    assert inbound.receive(sid="SM1", from_="+8613800138000", body="退订", opt_out_type=None, now=shop.now) == "stop"
    one = put(letter(member, "tier:1", category="service", template="tier_up", now=shop.now), shop.now)
    assert delivery.claim(one, owner="a", now=shop.now) is None
    assert state(one) == ("skipped", "suppressed")


def test_stop_cancels_what_is_queued_in_the_same_moment(shop: Shop, member: int) -> None:
    one = winback(member, shop.now)
    inbound.receive(sid="SM1", from_="+8613800138000", body=" Stop! ", opt_out_type=None, now=shop.now)
    assert state(one)[0] == "cancelled"
    assert (consent.holds(member, "marketing", "sms"), consent.holds(member, "marketing", "email")) == (False, True)


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ("STOP", "stop"),
        ("ＴＤ", "stop"),
        ("退订。", "stop"),
        ("stop by tomorrow", "asks"),
        ("unstoppable tea", "other"),
        ("请别再发了", "asks"),
        ("StopAll", "stop"),
        ("恢复", "other"),
        ("帮助", "help"),
        ("yes", "start"),
    ],
)
def test_only_a_whole_reply_is_a_word(body: str, word: str) -> None:
    assert inbound.word_of(body) == word


def test_a_reply_that_comes_twice_counts_once(shop: Shop, member: int) -> None:
    first = inbound.receive(sid="SM1", from_="+8613800138000", body="STOP", opt_out_type=None, now=shop.now)
    again = inbound.receive(sid="SM1", from_="+8613800138000", body="STOP", opt_out_type=None, now=shop.now)
    assert (first, again) == ("stop", "repeated")


def test_quiet_hours_put_a_message_off_until_the_morning(shop: Shop, member: int) -> None:
    night = at(2026, 5, 29, 23)
    one = winback(member, night)
    assert delivery.claim(one, owner="a", now=night) is None
    assert state(one) == ("queued", "quiet hours")
    assert db.value("SELECT not_before FROM outbox WHERE id = ?", (one,)) == at(2026, 5, 30, 10)


def test_a_greeting_of_the_day_is_not_sent_the_next_morning(shop: Shop, member: int) -> None:
    night = at(2026, 5, 29, 21)
    members.set_birthday(member, Birthday("solar", 5, 29), by=shop.owner, now=night)
    one = put(
        letter(member, f"birthday:{member}:2026", category="greeting", template="birthday", life=3 * HOUR, now=night),
        night,
    )
    delivery.claim(one, owner="a", now=night)
    assert state(one) == ("expired", "quiet hours")


def test_between_two_offers_lie_ten_days(shop: Shop, member: int) -> None:
    delivery.claim(winback(member, shop.now, 1), owner="a", now=shop.now)
    second = winback(member, shop.now, 2)
    assert delivery.claim(second, owner="a", now=Millis(shop.now + MINUTE)) is None
    assert state(second) == ("expired", "gap")
    third_day = Millis(shop.now + 10 * DAY)
    assert delivery.claim(winback(member, third_day, 3), owner="a", now=third_day) is not None


def test_service_messages_neither_wait_for_the_gap_nor_start_one(shop: Shop, member: int) -> None:
    delivery.claim(winback(member, shop.now, 1), owner="a", now=shop.now)
    one = put(letter(member, "tier:1", category="service", template="tier_up", now=shop.now), shop.now)
    assert delivery.claim(one, owner="a", now=shop.now) is not None


def test_a_gap_of_zero_days_is_off(shop: Shop, member: int) -> None:
    shop.rule("gap_days", 0)
    delivery.claim(winback(member, shop.now, 1), owner="a", now=shop.now)
    assert delivery.claim(winback(member, shop.now, 2), owner="a", now=shop.now) is not None


def test_a_win_back_is_not_sent_to_someone_who_has_come_back(shop: Shop, member: int) -> None:
    shop.product("tea", 1800)
    one = winback(member, shop.now)
    shop.sell(shop.basket(("tea", 1), member=member))
    assert delivery.claim(one, owner="a", now=shop.now) is None
    assert state(one) == ("skipped", "occasion over")


def test_a_refused_connection_is_tried_again_with_growing_pauses_then_given_up(shop: Shop, member: int) -> None:
    one, now, pauses = winback(member, shop.now), shop.now, []
    shop.rule("gap_days", 0)
    for _ in range(5):
        assert delivery.claim(one, owner="a", now=now) is not None
        delivery.not_accepted(one, reason="refused", after_s=None, now=now)
        due = Millis(db.value("SELECT not_before FROM outbox WHERE id = ?", (one,)))
        pauses.append((due - now) // 1000)
        now = due
    assert all(pause // 2 <= was <= pause * 3 // 2 for was, pause in zip(pauses, (30, 60, 120, 240), strict=False))
    assert state(one) == ("dead", "refused")


def test_a_bad_number_is_suppressed(shop: Shop, member: int) -> None:
    one = winback(member, shop.now)
    delivery.claim(one, owner="a", now=shop.now)
    delivery.refused(one, code="21211", about="address", now=shop.now)
    assert state(one) == ("refused", "21211")
    assert (
        db.value("SELECT reason FROM suppression WHERE address_hash = ?", (policy.address_hash("+8613800138000"),))
        == "address"
    )


def test_status_reports_only_move_forward_and_count_once(shop: Shop, member: int) -> None:
    one = winback(member, shop.now)
    delivery.claim(one, owner="a", now=shop.now)
    delivery.accepted(one, sid="SM9", now=shop.now)
    report = {"sid": "SM9", "outbox_id": one, "attempt": 1, "now": shop.now}
    assert delivery.note_status(status="delivered", **report)  # type: ignore[arg-type]
    assert not delivery.note_status(status="sent", **report)  # type: ignore[arg-type]
    assert not delivery.note_status(status="delivered", **report)  # type: ignore[arg-type]
    assert state(one)[0] == "delivered"


def test_a_report_for_a_message_whose_answer_was_lost_settles_it(shop: Shop, member: int) -> None:
    one = winback(member, shop.now)
    delivery.claim(one, owner="a", now=shop.now)
    delivery.unknown(one, reason="time-out", now=shop.now)
    assert delivery.note_status(sid="SM9", status="sent", outbox_id=one, attempt=1, now=shop.now)
    assert state(one)[0] == "sent"


def test_unknown_is_sent_once_more_only_when_surely_not_taken_and_then_a_person_looks(shop: Shop, member: int) -> None:
    one = winback(member, shop.now)
    delivery.claim(one, owner="a", now=shop.now)
    delivery.unknown(one, reason="time-out", now=shop.now)
    unsettled.give_up(one, surely_not=True, now=shop.now)
    assert state(one)[0] == "queued"
    shop.rule("gap_days", 0)
    delivery.claim(one, owner="a", now=shop.now)
    delivery.unknown(one, reason="time-out", now=shop.now)
    unsettled.give_up(one, surely_not=True, now=shop.now)
    assert state(one) == ("review", "fate unknown")


def test_the_digits_of_a_code_are_forgotten_once_it_left(shop: Shop) -> None:
    from core.people import verification

    verification.send_code("13800138000", "join", language="zh", now=shop.now)
    (one,) = delivery.due_ids(now=shop.now)
    claimed = delivery.claim(one, owner="a", now=shop.now)
    assert claimed is not None
    assert "验证码" in claimed.body
    delivery.accepted(one, sid="SM1", now=shop.now)
    assert db.one("SELECT variables, body FROM outbox WHERE id = ?", (one,)) == ("{}", None)


def test_a_wording_of_the_shop_comes_before_ours_and_knows_its_fields(shop: Shop) -> None:
    templates.reword("tier_up", "zh", "【{shop}】升级为{tier}", by=shop.owner, now=shop.now)
    assert templates.render("tier_up", "zh", '{"shop": "店", "tier": "金卡"}') == "【店】升级为金卡"
    with pytest.raises(templates.TemplateInvalid) as refusal:
        templates.reword("tier_up", "zh", "【{shop}】{points}", by=shop.owner, now=shop.now)
    assert "{points}" in refusal.value.sentence()


def test_every_template_has_words_in_both_languages_with_known_fields() -> None:
    for (template, _language), body in templates.WORDS.items():
        assert templates.fields_of(body) <= templates.known_fields(template)
    assert {language for _, language in templates.WORDS} == {"zh", "en"}
