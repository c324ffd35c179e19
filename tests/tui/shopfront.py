"""A back-office on a real small shop: its pages, its gateway, and what stands on its screen."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import zip_longest
from pathlib import Path

from textual.pilot import Pilot

from core.base import access, clock, db, i18n
from core.base.access import Actor
from core.base.clock import MINUTE
from tests.shops import Shop
from tests.tui.hand import Hand, at_rest
from tests.tui.office import screen_text as screen
from tui.app import BackOffice
from tui.gateway import Gateway
from tui.page import Page
from tui.sections import Section

__all__ = ["opened", "pressed", "screen", "settled", "typed"]

LANGUAGES = ("en", "zh")


@asynccontextmanager
async def opened(
    shop: Shop,
    page: Callable[[], Page],
    *,
    by: Actor | None = None,
    language: str = "en",
    size: tuple[int, int] = (120, 40),
    section: str = "shown",
    log: Path = Path("/nonexistent/crash.log"),
) -> AsyncIterator[tuple[BackOffice, Pilot[int]]]:
    """The back-office with one page on top, an hour after the shop was opened."""
    gateway = Gateway()
    gateway.start()
    try:
        sections = [Section("f2", section, "Today", page)]
        app = BackOffice(by or shop.owner, gateway, log=log, sections=sections)
        app.set_language(language)
        with clock.set_to(shop.now + 60 * MINUTE):
            async with app.run_test(size=size):
                app.speak_here()  # a pilot's pause draws in the task of the test
                pilot = Hand(app)
                await settled(pilot)
                yield app, pilot
    finally:
        gateway.close()
        db.attach()


async def settled(pilot: Pilot[int]) -> None:
    """Wait until no read, write or form is on its way, nor a search or preview that waits for a pause."""
    await at_rest(pilot.app)


async def pressed(pilot: Pilot[int], *keys: str) -> None:
    """Press keys one by one, each when the one before is done; letters are typed in one go."""
    for key, after in zip_longest(keys, keys[1:], fillvalue="the end"):
        await pilot.press(key)
        if len(key) > 1 or len(after) > 1:
            await settled(pilot)


async def typed(pilot: Pilot[int], *words: str) -> None:
    """Fill in a form: each word into its field, Enter after each."""
    for word in words:
        await pilot.press(*word, "enter")
        await settled(pilot)


def not_allowed(app: BackOffice, right: str) -> bool:
    """Whether the sentence that refuses a right stands on the screen, in its language."""
    with i18n.use(app.language):
        return access.refusal(right).sentence() in screen(app)
