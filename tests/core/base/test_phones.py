"""One written form for every way a person types a number."""

import pytest

from core.base import phones


@pytest.mark.parametrize(
    "typed",
    [
        "13800138000",
        "138 0013 8000",
        "138-0013-8000",
        "+86 138 0013 8000",
        "008613800138000",
        "8613800138000",
        "１３８００１３８０００",
        "(138) 0013.8000",
        "\u202a13800138000\u202c",
    ],
)
def test_every_way_to_type_a_chinese_mobile(typed: str) -> None:
    assert phones.normal(typed) == "+8613800138000"


@pytest.mark.parametrize(
    ("typed", "region", "e164"),
    [
        ("+1 415 555 2671", "CN", "+14155552671"),
        ("001 415 555 2671", "CN", "+14155552671"),
        ("(415) 555-2671", "US", "+14155552671"),
        ("021 6329 3333", "CN", "+862163293333"),
        ("+852 6123 4567", "CN", "+85261234567"),
    ],
)
def test_other_numbers_are_read_by_their_country(typed: str, region: str, e164: str) -> None:
    assert phones.normal(typed, region=region) == e164


@pytest.mark.parametrize("typed", ["", "12345", "23800138000", "1380013800", "138001380000", "phone", "+999 12"])
def test_what_is_no_number_is_refused(typed: str) -> None:
    with pytest.raises(phones.PhoneInvalid):
        phones.normal(typed)


def test_the_refusal_shows_an_example_of_the_shops_country() -> None:
    with pytest.raises(phones.PhoneInvalid, match=r"415 555 0132"):
        phones.normal("12", region="US")
