"""The card for the till 收银速查卡: the keys it names are those of the pages themselves."""

from core.base import clock
from core.base.access import Actor, require
from core.base.i18n import N_, T
from core.keeping import exports, opening
from core.keeping.tillkeys import TillKey
from tui import keymap
from tui.keymap import Action
from tui.page import Page
from tui.screens.lists import LANGUAGES
from tui.screens.receipt import ReceiptPage
from tui.screens.till import TillPage
from tui.sections import SECTIONS
from tui.widgets.overlay import Answer, Field, Form

SHORT = ("back", "help", "palette", "language")
"""What of the keys that work everywhere is worth its line."""


def till_keys() -> tuple[TillKey, ...]:
    """The keys of till and receipt, and the few that help everywhere, in the order of the pages."""
    section = next(one.action for one in SECTIONS if one.id == "till")
    office = [section, *(one for one in keymap.OFFICE if one.id in SHORT)]
    groups = (("till", TillPage.KEYS), ("receipt", ReceiptPage.KEYS), ("office", office))
    return tuple(
        TillKey(f"{page}.{one.id}", keymap.shown_keys(one), one.label, one.help)
        for page, actions in groups for one in actions if one.keys and not _again(page, one)
    )  # fmt: skip


def _again(page: str, one: Action) -> bool:
    """Whether a key means on the receipt what nobody needs there in a hurry."""
    return page == "receipt" and one.id in ("next", "ticket", "member", "reverse")


async def ask(page: Page) -> None:
    """Ask for which store and in which language, then write it into the folder of exports and say where it is."""
    stores = await page.gateway.read(opening.stores_of, page.actor)
    fields = (
        Field("store", N_("store"), "choice", choices=tuple((str(id), name) for id, name in stores)),
        Field("language", N_("language"), "choice", value=page.office.language, choices=LANGUAGES),
    )

    async def write(answer: Answer) -> None:
        path = await page.gateway.read(_write, answer, page.actor)
        page.office.tell(T("{path} is written.", path=str(path)), long=True)

    lines = (T("One page of A4 to lie beside the till: its keys, what to say, and what to do when something fails."),)
    await page.ask(Form("till_card", T("Card for the till"), lines, fields, done=N_("write")), write)


def _write(answer: Answer, by: Actor) -> object:
    from core.keeping import tillcard  # reportlab costs 0.3 s: when something is printed

    require(by, "sell")
    facts = tillcard.facts(int(answer.text("store")), now=clock.now())
    return exports.write_whole("till-card.pdf", tillcard.card(till_keys(), facts, language=answer.text("language")))
