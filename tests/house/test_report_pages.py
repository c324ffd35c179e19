"""The pages about reports name every one of them, in both languages, with its title."""

from pathlib import Path

import pytest

from core.base import i18n
from core.base.i18n import Text
from core.reports import shelf

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_report_is_on_the_page(language: str) -> None:
    page = (DOCS / language / "reports.md").read_text("utf-8")
    assert [one.id for one in shelf.ENTRIES if f"`{one.id}`" not in page] == []
    with i18n.use(language):
        titles = [str(Text(one.title)) for one in shelf.ENTRIES]
    assert [title for title in titles if title.lower() not in page.lower()] == []
