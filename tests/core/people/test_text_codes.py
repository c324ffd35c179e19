"""Codes by text message: budgets, tries, life."""

import json

import pytest

from core.base import db
from core.base.clock import HOUR, MINUTE, SECOND, Millis
from core.people import credentials, verification
from tests.shops import Shop

PHONE = "13800138000"


def send(shop: Shop, *, now: int = 0, phone: str = PHONE) -> tuple[int, str]:
    """A challenge and the digits the message carries."""
    challenge = verification.send_code(phone, "join", language="zh", now=Millis(now or shop.now))
    sent = db.value("SELECT variables FROM outbox WHERE dedupe_key = ?", (f"code:{challenge}",))
    return challenge, json.loads(sent)["code"]


def wrong(digits: str) -> str:
    return f"{(int(digits) + 1) % 10**6:06d}"


def test_the_digits_prove_the_number(shop: Shop) -> None:
    challenge, digits = send(shop)
    assert verification.enter_code(challenge, f" {digits} ", now=shop.now) == "+8613800138000"


def test_a_code_is_good_once(shop: Shop) -> None:
    challenge, digits = send(shop)
    verification.enter_code(challenge, digits, now=shop.now)
    with pytest.raises(verification.CodeOver):
        verification.enter_code(challenge, digits, now=shop.now)


def test_a_code_lives_five_minutes(shop: Shop) -> None:
    challenge, digits = send(shop)
    with pytest.raises(verification.CodeOver):
        verification.enter_code(challenge, digits, now=Millis(shop.now + 5 * MINUTE))


def test_five_wrong_tries_end_a_code(shop: Shop) -> None:
    challenge, digits = send(shop)
    told = []
    for _ in range(5):
        with pytest.raises((verification.CodeWrong, verification.CodeOver)) as refused:
            verification.enter_code(challenge, wrong(digits), now=shop.now)
        told.append(refused.value.facts.get("left", "over"))
    assert told == [4, 3, 2, 1, "over"]
    with pytest.raises(verification.CodeOver):
        verification.enter_code(challenge, digits, now=shop.now)


def test_a_new_code_ends_the_old_one(shop: Shop) -> None:
    challenge, digits = send(shop)
    send(shop, now=shop.now + MINUTE)
    with pytest.raises(verification.CodeOver):
        verification.enter_code(challenge, digits, now=Millis(shop.now + MINUTE))


def test_a_number_gets_one_code_a_minute(shop: Shop) -> None:
    send(shop)
    with pytest.raises(verification.CodeBudget, match="Wait 1 minutes"):
        send(shop, now=shop.now + 59 * SECOND)
    send(shop, now=shop.now + 60 * SECOND)


def test_a_number_gets_three_codes_an_hour(shop: Shop) -> None:
    for minute in (0, 10, 20):
        send(shop, now=shop.now + minute * MINUTE)
    with pytest.raises(verification.CodeBudget):
        send(shop, now=shop.now + 59 * MINUTE)
    send(shop, now=shop.now + 60 * MINUTE)


def test_a_number_gets_five_codes_a_day(shop: Shop) -> None:
    for hour in (0, 2, 4, 6, 8):
        send(shop, now=shop.now + hour * HOUR)
    with pytest.raises(verification.CodeBudget):
        send(shop, now=shop.now + 23 * HOUR)
    send(shop, now=shop.now + 24 * HOUR)


def test_the_shop_sends_only_so_many_a_day(shop: Shop) -> None:
    shop.rule("codes_per_day", 2)
    for last in (0, 1):
        send(shop, phone=f"1380013800{last}")
    with pytest.raises(verification.CodeBudget):
        send(shop, phone="13800138002")


def test_a_code_entered_at_the_till_proves_its_member(shop: Shop) -> None:
    member = shop.member(PHONE)
    challenge, digits = send(shop)
    proof = verification.proof_by_code(challenge, digits, now=shop.now)
    assert (proof.member_id, proof.allows("spend", now=shop.now)) == (member, True)


def test_a_code_of_a_strangers_number_proves_nobody(shop: Shop) -> None:
    challenge, digits = send(shop)
    with pytest.raises(credentials.CodeUnknown):
        verification.proof_by_code(challenge, digits, now=shop.now)
