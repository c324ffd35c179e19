"""What can be said of the pages without a browser: contrast, weight, nothing inline, nothing foreign."""

import gzip
import re
from pathlib import Path

import pytest

KIOSK = Path(__file__).parents[2] / "kiosk"
STYLE = (KIOSK / "static" / "style.css").read_text("utf-8")


def _colour(name: str) -> list[float]:
    found = re.search(rf"--{name}: #(\w{{6}});", STYLE)
    assert found
    parts = [int(found[1][i : i + 2], 16) / 255 for i in (0, 2, 4)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def _contrast(one: str, other: str) -> float:
    """The contrast of two colours. Source: WCAG 2.2, relative luminance."""
    light = sorted(sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), _colour(n), strict=True)) for n in (one, other))
    return (light[1] + 0.05) / (light[0] + 0.05)


@pytest.mark.parametrize(
    ("text", "ground"),
    [("ink", "cream"), ("ink", "paper"), ("quiet", "cream"), ("colour", "cream"), ("on-colour", "colour"),
     ("bad", "cream"), ("quiet", "paper")],
)  # fmt: skip
def test_text_stands_out(text: str, ground: str) -> None:
    assert _contrast(text, ground) >= 4.5


def test_the_edges_of_keys_stand_out() -> None:
    assert _contrast("line", "paper") >= 3
    assert _contrast("line", "cream") >= 3


def test_the_kiosk_page_is_light() -> None:
    weight = sum(len(gzip.compress(path.read_bytes())) for path in (KIOSK / "static").iterdir())
    assert weight < 20_000


@pytest.mark.parametrize("path", sorted((KIOSK / "templates").glob("*.html")), ids=lambda path: path.name)
def test_templates_hold_nothing_inline_and_nothing_foreign(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:|https?://|\|\s*safe", text)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text))


def test_no_script_builds_pages_from_strings_or_evaluates_them() -> None:
    for path in (KIOSK / "static").glob("*.js"):
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|new Function", path.read_text()
        )
