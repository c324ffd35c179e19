"""Bringing each face of the kiosk onto its screen in Chromium, and what must hold of every face and page."""

from io import BytesIO
from typing import Any

import zxingcpp
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Page, expect

SMALL_TEXT = """() => [...document.querySelectorAll('#screen *')].filter(e => e.checkVisibility()
  && [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())
  && parseFloat(getComputedStyle(e).fontSize)
    * (e.ownerSVGElement ? Math.hypot(e.getScreenCTM().a, e.getScreenCTM().b) : 1) < 32)
  .map(e => e.outerHTML.slice(0, 80))"""
SMALL_BUTTONS = """least => [...document.querySelectorAll('#screen button')].filter(e => {
  if (!e.checkVisibility()) return false;
  const box = e.getBoundingClientRect(), need = e.dataset.key ? 96 : least;
  return box.width < need || box.height < need }).map(e => e.outerHTML.slice(0, 80))"""
OVERFLOW = "() => { const s = document.documentElement;"
OVERFLOW += " return [s.scrollWidth > innerWidth, s.scrollHeight > innerHeight] }"
AXE = Axe()
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}


def barriers(page: Page) -> list[tuple[str, list[Any]]]:
    """What axe finds, by rule; target-size is one of the tags' rules."""
    found = AXE.run(page, options=RULES).response["violations"]
    return [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in found]


def unfit(page: Page) -> dict[str, Any]:
    """What of a face on the kiosk is too small, too wide, or in somebody's way."""
    found = {
        "buttons": page.evaluate(SMALL_BUTTONS, 64),
        "text": page.evaluate(SMALL_TEXT),
        "overflow": page.evaluate(OVERFLOW) != [False, False],
        "axe": barriers(page),
    }
    return {name: value for name, value in found.items() if value}


def visit_url(page: Page) -> str:
    """The join link as a phone's camera reads it from the screen."""
    picture = Image.open(BytesIO(page.screenshot()))
    found = zxingcpp.read_barcodes(picture)
    assert len(found) == 1
    return str(found[0].text)


TELL = """([event, value]) => {
  const button = document.createElement('button');
  Object.assign(button.dataset, { event, value });
  document.getElementById('screen').append(button);
  button.click();
  button.remove();
}"""


def tell(page: Page, face: str, *events: tuple[str, str]) -> None:
    """Bring a face onto the screen by what the page itself would send."""
    for event in events:
        page.evaluate(TELL, list(event))
    page.clock.run_for(1500)
    expect(page.locator(f".face-{face}")).to_be_visible()
