"""Card, coupon and rotating codes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base import codes

BODY = st.text(codes.ALPHABET, min_size=12, max_size=12)
KEY = b"12345678901234567890"


@pytest.mark.parametrize(
    ("seconds", "password"),
    [
        (59, "94287082"),
        (1_111_111_109, "07081804"),
        (1_111_111_111, "14050471"),
        (1_234_567_890, "89005924"),
        (2_000_000_000, "69279037"),
        (20_000_000_000, "65353130"),
    ],
)
def test_one_time_passwords_are_those_of_rfc_6238_appendix_b(seconds: int, password: str) -> None:
    assert codes.totp(KEY, seconds // 30) == password


def test_a_fresh_card_reads_as_itself() -> None:
    card = codes.new_card()
    assert codes.parse(card) == codes.Code("card", card)


def test_a_fresh_coupon_reads_as_itself() -> None:
    coupon = codes.new_coupon()
    assert codes.parse(coupon) == codes.Code("coupon", coupon)


@given(BODY, st.integers(0, 11), st.sampled_from(codes.ALPHABET))
def test_one_wrong_character_is_always_found(body: str, place: int, char: str) -> None:
    wrong = body[:place] + char + body[place + 1 :]
    assert wrong == body or codes.check_char(wrong) != codes.check_char(body)


@given(BODY, st.integers(0, 11), st.integers(0, 11))
def test_two_swapped_characters_are_always_found(body: str, one: int, other: int) -> None:
    chars = list(body)
    chars[one], chars[other] = chars[other], chars[one]
    swapped = "".join(chars)
    assert swapped == body or codes.check_char(swapped) != codes.check_char(body)


@given(BODY)
def test_a_swap_with_the_check_character_is_found(body: str) -> None:
    check = codes.check_char(body)
    swapped = body[:-1] + check, body[-1]
    assert check == body[-1] or codes.check_char(swapped[0]) != swapped[1]


def test_letters_that_look_like_digits_are_read_as_digits() -> None:
    body = "0" * 11 + "1"
    card = f"C1.{body}{codes.check_char(body)}"
    typed = "c1." + "o" * 11 + "l" + card[-1].lower()
    assert codes.parse(typed) == codes.Code("card", card)


def test_a_rotating_code_names_its_card_and_step() -> None:
    card = codes.new_card()
    code = codes.parse(codes.rotating(card, KEY, 1_790_000_000))
    assert code is not None
    assert (code.kind, code.body, code.step) == ("rotating", card, 1_790_000_000 // 15)


@pytest.mark.parametrize(
    "typed",
    ["", "C1.", "X1.000000000000", "C1.00000000000U0", "R1.0.1.2", "hello", "C1." + "0" * 40, "卡1.0000"],
)
def test_what_is_no_code_of_ours_is_none(typed: str) -> None:
    assert codes.parse(typed) is None


def test_digits_of_another_script_are_no_code() -> None:
    card = codes.new_card()
    assert codes.parse(codes.rotating(card, KEY, 1_790_000_000)[:-8] + "١٢٣٤٥٦٧٨") is None


@given(st.text(max_size=40))
def test_reading_never_fails(typed: str) -> None:
    codes.parse(typed)
    codes.parse("R1." + typed)
