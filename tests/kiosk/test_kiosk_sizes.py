"""The kiosk on screens of other sizes and lying ones: nothing is cut off, nothing lies upon another."""

import pytest
from playwright.sync_api import Page

from core.base import clock
from core.base.clock import DAY, HOUR, Millis
from tests.core.service.gathered import opened
from tests.kiosk.conftest import rotating
from tests.kiosk.faces import tell
from tests.shops import Shop

CUT = """() => { const body = document.querySelector('.body'), doc = document.documentElement;
  return [body.scrollHeight > body.clientHeight, body.scrollWidth > body.clientWidth,
    doc.scrollHeight > innerHeight, doc.scrollWidth > innerWidth] }"""
UPON = """() => { const boxes = [...document.querySelectorAll('.body button, .body h1, .body p, .body dd, .body li,'
  + ' .body svg, .body output')].filter(e => e.checkVisibility() && !e.querySelector('p, button, svg'))
  .map(e => [e, e.getBoundingClientRect()]);
  return boxes.flatMap(([a, x], at) => boxes.slice(at + 1).filter(([b, y]) => !a.contains(b)
    && x.left < y.right - 1 && y.left < x.right - 1 && x.top < y.bottom - 1 && y.top < x.bottom - 1)
    .map(([b]) => a.outerHTML.slice(0, 60) + ' × ' + b.outerHTML.slice(0, 60))) }"""
SMALL = """() => [...document.querySelectorAll('#screen button')].filter(e => e.checkVisibility()
  && Math.min(e.offsetWidth, e.offsetHeight) < 48).map(e => e.outerHTML.slice(0, 80))"""


def fits(page: Page, face: str) -> None:
    """Nothing needs scrolling, lies upon another, or is too small for a finger."""
    assert (face, page.evaluate(CUT), page.evaluate(UPON), page.evaluate(SMALL)) == (face, [False] * 4, [], [])


@pytest.mark.parametrize("size", [(800, 1280), (1280, 800), (1920, 1080), (1080, 1920)])
def test_faces_fit_upright_and_lying_screens(
    kiosk_page: Page, one_shop: Shop, wang: int, size: tuple[int, int]
) -> None:
    one_shop.rule("checkin_points", 5)
    from_at = Millis(clock.now() + 5 * DAY)
    for points in (0, 100, 5000):
        opened(one_shop, from_at=from_at, until_at=Millis(from_at + HOUR), fee_points=points)
    kiosk_page.set_viewport_size({"width": size[0], "height": size[1]})
    fits(kiosk_page, "attract")
    tell(kiosk_page, "phone", ("go", "phone"))
    fits(kiosk_page, "phone")
    tell(kiosk_page, "code", ("go", "code"))
    fits(kiosk_page, "code")
    kiosk_page.keyboard.type(rotating(wang))
    kiosk_page.keyboard.press("Enter")
    kiosk_page.locator(".face-card").wait_for()
    fits(kiosk_page, "card")
    tell(kiosk_page, "events", ("go", "events"))
    fits(kiosk_page, "events")
    kiosk_page.locator('[data-event="place"]').click()
    kiosk_page.locator(".face-confirm").wait_for()
    fits(kiosk_page, "confirm")
