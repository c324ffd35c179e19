"""Draws the pictures of docs/, the back-office on a shop that is always the same: `python -m tests.house.pictures`.

Each run of cells is placed and stretched to its own width, so Chinese stands where a terminal puts it.
"""

import asyncio
import re
import tempfile
from collections.abc import Sequence
from html import escape
from pathlib import Path

from rich.color import Color
from rich.segment import Segment
from textual.strip import Strip

from core.base import db, i18n, settings
from core.tables import schema
from tests.tui import showcase
from tests.tui.shopfront import pressed

ROOT = Path(__file__).resolve().parents[2]
SIZE = (100, 30)
CELL, LINE, BASE = 9, 20, 15
"""Of a cell, in pixels: width, height, and where letters stand."""
PAPER, INK = "#16181c", "#e6e6e6"

WALK: dict[str, tuple[str, ...]] = {
    "today": ("f2",),
    "till": ("f3", *"2046", "enter", *"2*zznc", "enter", *"lzdg", "enter"),
    "pay": ("ctrl+t",),
    "member": ("escape", "f4", *"2046", "enter"),
    "rule": (
        "f5",
        "n",
        "4",
        "enter",
        *"第二件半价",
        "enter",
        "enter",
        *"50",
        "enter",
        "enter",
        "enter",
        *"珍珠",
        "ctrl+r",
    ),
    "marketing": ("escape", "y"),
    "settings": ("ctrl+g",),
    "service": ("f8",),
    "ticket": ("down", "enter", "enter"),
    "goods": ("f9", "slash", *"珍珠", "enter", "g"),
    "stockroom": ("escape", "m"),
}
"""The keys from each picture to the next."""


def svg(strips: Sequence[Strip]) -> str:
    """Lines of a screen as a picture."""
    width, height = SIZE[0] * CELL + 24, len(strips) * LINE + 24
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-size="15"'
        " font-family=\"ui-monospace, Menlo, Consolas, 'Noto Sans Mono CJK SC', monospace\">",
        f'<rect width="{width}" height="{height}" rx="8" fill="{PAPER}"/>',
    ]
    for row, strip in enumerate(strips):
        column = 0
        for segment in strip:
            parts += _run(segment, 12 + column * CELL, 12 + row * LINE)
            column += segment.cell_length
    return "\n".join([*parts, "</svg>\n"])


def _run(segment: Segment, x: int, y: int) -> list[str]:
    style, cells, drawn = segment.style, segment.cell_length, []
    ink, ground = _hex(style and style.color, INK), _hex(style and style.bgcolor, PAPER)
    if style and style.reverse:
        ink, ground = ground, ink
    if ground != PAPER:
        drawn.append(f'<rect x="{x}" y="{y}" width="{cells * CELL}" height="{LINE}" fill="{ground}"/>')
    bold = ' font-weight="bold"' if style and style.bold else ""
    for word in re.finditer(r"\S+(?: \S+)*", segment.text):
        left, room = (Segment(said).cell_length * CELL for said in (segment.text[: word.start()], word[0]))
        drawn.append(
            f'<text x="{x + left}" y="{y + BASE}" fill="{ink}"{bold} textLength="{room}"'
            f' lengthAdjust="spacingAndGlyphs">{escape(word[0])}</text>'
        )
    return drawn


def _hex(color: Color | None, default: str) -> str:
    if color is None or color.is_default:
        return default
    return "#{:02x}{:02x}{:02x}".format(*color.get_truecolor())


async def views(language: str) -> dict[str, str]:
    """The pictures of a language, by name."""
    drawn: dict[str, str] = {}
    async with showcase.office(language, SIZE) as (app, pilot):
        for name, keys in WALK.items():
            await pressed(pilot, *keys)
            with i18n.use(language):
                drawn[name] = svg(app.screen._compositor.render_strips())
    return drawn


def pictures(language: str) -> dict[str, str]:
    """The same, on a shop made for it."""
    settings.use(settings.Settings(secret="showcase"))
    with tempfile.TemporaryDirectory() as folder:
        db.open_database(f"{folder}/shop.db", durable=False)
        schema.migrate(now=showcase.OPENED)
        try:
            return asyncio.run(views(language))
        finally:
            db.close_database()


def main() -> None:
    """Write them all."""
    for language in ("en", "zh"):
        folder = ROOT / "docs" / language / "pictures"
        folder.mkdir(exist_ok=True)
        for name, drawn in pictures(language).items():
            (folder / f"{name}.svg").write_text(drawn, "utf-8")


if __name__ == "__main__":
    main()
