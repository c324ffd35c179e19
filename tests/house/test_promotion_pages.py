"""The pages on promotions show terms that the program takes, every effect once, the same in both languages."""

import re
from pathlib import Path
from typing import get_args

import pytest

from core.loyalty import limits
from core.selling import promotions
from core.selling.promotions import Effect, PromotionTerms

DOCS = Path(__file__).resolve().parents[2] / "docs"


def blocks(language: str) -> list[str]:
    page = (DOCS / language / "promotions.md").read_text("utf-8")
    return re.findall(r"```json\n(.*?)\n```", page, re.S)


@pytest.mark.parametrize("block", blocks("en"))
def test_each_example_is_taken(block: str) -> None:
    promotions.check("example", limits.read(PromotionTerms, block))


def test_every_effect_has_its_example() -> None:
    assert [limits.read(PromotionTerms, one).effect for one in blocks("en")] == list(get_args(Effect))


def test_both_languages_show_the_same() -> None:
    assert blocks("zh") == blocks("en")
