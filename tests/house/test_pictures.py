"""The pictures of the docs are those of the program as it is, and the pages name no others."""

import re

import pytest

from tests.house import pictures
from tests.house.pictures import ROOT, WALK

CARD = re.compile(r"C1\.[0-9A-Z]{13}")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_pictures_show_the_program_as_it_is(language: str) -> None:
    drawn = pictures.pictures(language)
    folder = ROOT / "docs" / language / "pictures"
    assert {path.stem for path in folder.glob("*.svg")} == set(WALK)
    for name, picture in drawn.items():
        kept = (folder / f"{name}.svg").read_text("utf-8")
        assert CARD.sub("", kept) == CARD.sub("", picture), f"{name}: python -m tests.house.pictures draws them anew"
