"""Sheets to print 打印件: asked for in a form, drawn, and written as PDF to the shop's machine."""

from collections.abc import Callable
from pathlib import Path

from core.base import clock
from core.base.access import Actor
from core.base.i18n import N_, T
from core.keeping import exports
from tui.page import Page
from tui.screens.lists import LANGUAGES
from tui.widgets.overlay import Answer, Field, Form

Draw = Callable[[Answer, Actor], bytes]


async def ask(page: Page, name: str, draw: Draw, *fields: Field) -> None:
    """Ask in which language, and what else the sheet needs; then write it under a name and say where it is."""

    async def write(answer: Answer) -> None:
        path = await page.gateway.read(_write, name, draw, answer, page.actor)
        page.office.tell(T("{path} is written.", path=str(path)), long=True)

    language = Field("language", N_("language"), "choice", choices=LANGUAGES)
    lines = (T("A PDF of A4 in the folder of exports, on the shop's machine."),)
    await page.ask(Form("paper", T("Write a sheet to print"), lines, (language, *fields), done=N_("write")), write)


def _write(name: str, draw: Draw, answer: Answer, by: Actor) -> Path:
    return exports.write_whole(name, draw(answer, by))


def poster(link_id: int, answer: Answer, by: Actor) -> bytes:
    """The poster of a link. Raises: what `sheets.poster` raises."""
    from core.keeping import sheets  # reportlab costs 0.3 s: when something is printed

    return sheets.poster(
        link_id, language=answer.text("language"), headline=answer.text("headline"), by=by, now=clock.now()
    )


def badge(staff_id: int, answer: Answer, by: Actor) -> bytes:
    """A fresh badge of one of the staff. Raises: what `sheets.badge` raises."""
    from core.keeping import sheets

    return sheets.badge(staff_id, language=answer.text("language"), by=by, now=clock.now())


def cards(batch_id: int, answer: Answer, by: Actor) -> bytes:
    """The blank cards of a batch. Raises: what `sheets.cards` raises."""
    from core.keeping import sheets

    return sheets.cards(batch_id, language=answer.text("language"), by=by, now=clock.now())
