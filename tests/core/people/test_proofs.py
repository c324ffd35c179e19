"""What proves a member: cards, rotating codes used once, and what each proof allows."""

import pytest

from core.base.clock import MINUTE, Millis
from core.people import credentials, members
from core.people.credentials import Proof
from tests.shops import Shop

STEP = 15_000


@pytest.fixture
def member(shop: Shop) -> int:
    shop.now = Millis(shop.now // STEP * STEP)
    return shop.member("13800138000", old_card="VIP0007")


def test_a_scanned_card_is_its_member(shop: Shop, member: int) -> None:
    proof = credentials.identify(credentials.card_of(member) or "", now=shop.now)
    assert (proof.member_id, proof.kind) == (member, "card")


def test_an_old_card_still_works(shop: Shop, member: int) -> None:
    assert credentials.identify(" VIP0007 ", now=shop.now).member_id == member


def test_a_rotating_code_proves_its_member(shop: Shop, member: int) -> None:
    code = credentials.rotating_code(member, now=shop.now)
    assert credentials.prove(code, now=shop.now) == Proof(member, "rotating", Millis(shop.now + 10 * MINUTE))


def test_a_rotating_code_moves_value_once(shop: Shop, member: int) -> None:
    code = credentials.rotating_code(member, now=shop.now)
    credentials.prove(code, now=shop.now)
    with pytest.raises(credentials.CodeUsed):
        credentials.prove(code, now=Millis(shop.now + 1000))


def test_looking_at_a_rotating_code_does_not_use_it_up(shop: Shop, member: int) -> None:
    code = credentials.rotating_code(member, now=shop.now)
    credentials.identify(code, now=shop.now)
    assert credentials.prove(code, now=shop.now).member_id == member


def test_the_code_before_the_last_used_one_is_used_too(shop: Shop, member: int) -> None:
    old = credentials.rotating_code(member, now=shop.now)
    later = Millis(shop.now + STEP)
    credentials.prove(credentials.rotating_code(member, now=later), now=later)
    with pytest.raises(credentials.CodeUsed):
        credentials.prove(old, now=later)


@pytest.mark.parametrize(("age", "good"), [(0, True), (STEP, True), (2 * STEP - 1, True), (2 * STEP, False)])
def test_a_rotating_code_lives_for_two_steps(shop: Shop, member: int, age: int, good: bool) -> None:
    code = credentials.rotating_code(member, now=shop.now)
    if good:
        assert credentials.identify(code, now=Millis(shop.now + age)).member_id == member
    else:
        with pytest.raises(credentials.CodeOld):
            credentials.identify(code, now=Millis(shop.now + age))


def test_a_code_of_the_future_proves_nothing(shop: Shop, member: int) -> None:
    with pytest.raises(credentials.CodeOld):
        credentials.identify(credentials.rotating_code(member, now=Millis(shop.now + STEP)), now=shop.now)


def test_a_code_with_other_digits_proves_nothing(shop: Shop, member: int) -> None:
    code = credentials.rotating_code(member, now=shop.now)
    wrong = code[:-1] + str((int(code[-1]) + 1) % 10)
    with pytest.raises(credentials.CodeOld):
        credentials.prove(wrong, now=shop.now)


def test_a_copied_second_does_not_make_an_old_code_new(shop: Shop, member: int) -> None:
    old = credentials.rotating_code(member, now=shop.now).split(".")
    late = Millis(shop.now + 10 * STEP)
    old[2] = str(late // 1000)
    with pytest.raises(credentials.CodeOld):
        credentials.identify(".".join(old), now=late)


@pytest.mark.parametrize("scanned", ["", "VIP0008", "C1.0000000000000", "R1.0000000000000.5.12345678", "١٢٣"])
def test_an_unknown_code_is_told(shop: Shop, member: int, scanned: str) -> None:
    with pytest.raises(credentials.CodeUnknown):
        credentials.identify(scanned, now=shop.now)


ALLOWED = {
    "spoken": "earn coupon",
    "card": "see earn coupon spend_little",
    "rotating": "see earn coupon spend",
    "code": "see earn coupon spend",
    "session": "see profile ask",
    "fresh_code": "see profile phone export erase",
}


@pytest.mark.parametrize("kind", ALLOWED)
def test_what_each_proof_allows(kind: credentials.ProofKind) -> None:
    proof = Proof(1, kind, Millis(10))
    every = {what for allowed in ALLOWED.values() for what in allowed.split()}
    assert {what for what in every if proof.allows(what, now=Millis(10))} == set(ALLOWED[kind].split())


def test_a_proof_ends(one_shop: Shop) -> None:
    assert not Proof(1, "rotating", Millis(10)).allows("spend", now=Millis(11))


def test_a_number_as_typed_finds_its_member(shop: Shop, member: int) -> None:
    assert credentials.by_phone("138 0013 8000", now=shop.now) == member
    assert credentials.by_phone("13800138001", now=shop.now) is None


def test_a_blocked_member_is_still_recognised(shop: Shop, member: int) -> None:
    members.set_state(member, "blocked", by=shop.owner, now=shop.now)
    assert credentials.by_phone("13800138000", now=shop.now) == member
