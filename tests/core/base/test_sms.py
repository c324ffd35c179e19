"""Vectors agree with Twilio's own calculator (sms-segments-calculator 1.3.0), but for empty text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.sms import Segments, count


@pytest.mark.parametrize(
    ("text", "encoding", "units", "parts"),
    [
        ("", "GSM-7", 0, 0),
        ("a", "GSM-7", 1, 1),
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("€" * 80, "GSM-7", 160, 1),
        ("€" * 81, "GSM-7", 162, 2),
        ("a" * 159 + "€", "GSM-7", 161, 2),
        ("a" * 158 + "€", "GSM-7", 160, 1),
        ("{}[]~^\\|", "GSM-7", 16, 1),
        ("Ç", "GSM-7", 1, 1),
        ("a\nb\r", "GSM-7", 4, 1),
        ("中" * 70, "UCS-2", 70, 1),
        ("中" * 71, "UCS-2", 71, 2),
        ("中" * 134, "UCS-2", 134, 2),
        ("中" * 135, "UCS-2", 135, 3),
        ("🎂", "UCS-2", 2, 1),
        ("🎂" * 35, "UCS-2", 70, 1),
        ("🎂" * 36, "UCS-2", 72, 2),
        ("a" * 70 + "中", "UCS-2", 71, 2),
        ("中" + "€" * 69, "UCS-2", 70, 1),
    ],
)
def test_count_gives_encoding_units_and_parts(text: str, encoding: str, units: int, parts: int) -> None:
    counted = count(text)
    assert (counted.encoding, counted.units, counted.parts) == (encoding, units, parts)


def test_an_escape_pair_is_not_split_over_two_parts() -> None:
    assert count("a" * 152 + "€" + "a" * 152) == Segments("GSM-7", 306, 3, ())


def test_an_emoji_is_not_split_over_two_parts() -> None:
    assert count("中" * 66 + "🎂" + "中" * 66).parts == 3


@pytest.mark.parametrize("cluster", ["👨‍👩‍👧‍👦", "👍🏽", "🇨🇳", "1️⃣", "e\u0301"])
def test_a_joined_emoji_is_not_split_over_two_parts(cluster: str) -> None:
    assert count("中" * 66 + cluster + "中" * (66 - len(cluster.encode("utf-16-le")) // 2 + 1)).parts == 2
    assert count("中" * 66 + cluster + "中" * 67).parts == 3


def test_two_flags_are_two_characters() -> None:
    # The first flag fills part one exactly, the second opens part two.
    assert count("中" * 63 + "🇨🇳" + "🇫🇷" + "中" * 63).parts == 2


@pytest.mark.parametrize("char", ["\t", "`", "ç", "\u2019", "\u00a0", "中"])
def test_characters_that_force_ucs2_are_named(char: str) -> None:
    assert count(f"a{char}b{char}") == Segments("UCS-2", 4, 1, (char,))


def test_culprits_keep_the_order_of_the_text() -> None:
    assert count("Hi ’ and ç ’").culprits == ("’", "ç")


def test_a_pile_of_marks_longer_than_a_part_is_split() -> None:
    assert count("e" + "\u0301" * 200).parts == 3


@given(st.text(alphabet="a€中🎂\n`👍🏽\u200d🇨", max_size=400))
def test_parts_hold_all_units_and_waste_less_than_a_cluster_each(text: str) -> None:
    counted = count(text)
    room = 153 if counted.encoding == "GSM-7" else 67
    single = 160 if counted.encoding == "GSM-7" else 70
    assert counted.units <= single if counted.parts <= 1 else counted.units <= counted.parts * room
    assert (counted.parts == 0) == (text == "")
