"""Every sentence a person may see is there in English and in Chinese, with the same fields."""

import re
from pathlib import Path

from babel.messages.pofile import read_po

from core.locale import collect

ROOT = Path(__file__).resolve().parents[2]
FIELD = re.compile(r"\{(\w+)\}")


def catalogue() -> dict[str, str]:
    with (ROOT / "core" / "locale" / "zh_CN" / "regulars.po").open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file) if message.id and not message.fuzzy}


def test_every_marked_sentence_has_a_chinese_one() -> None:
    known = catalogue()
    assert sorted(sentence for sentence in collect.sentences(ROOT) if not known.get(sentence)) == []


def test_no_chinese_sentence_is_left_over() -> None:
    assert sorted(set(catalogue()) - set(collect.sentences(ROOT))) == []


def test_both_languages_use_the_same_fields() -> None:
    differing = [one for one, chinese in catalogue().items() if set(FIELD.findall(one)) != set(FIELD.findall(chinese))]
    assert differing == []


def test_no_sentence_uses_an_emoji_with_a_variation_selector() -> None:
    assert [one for pair in catalogue().items() for one in pair if "\ufe0f" in one] == []
