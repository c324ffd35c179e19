"""Whatever page breaks, and wherever: a number and a sentence in both languages, and nobody's name."""

import asyncio
import inspect
import re
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from core.base import db, settings
from core.base.clock import Millis
from core.books.events import KINDS
from core.goods import catalogue
from core.goods.counts import Sheet
from core.goods.transfers import Transfer
from core.keeping.movein.mapping import Mapping
from core.keeping.movein.moving import Preview
from core.keeping.movein.reading import Table
from core.loyalty import coupons
from core.outreach import deskwork, templates
from core.outreach.campaigns.plan import Campaign, Plan, Words
from core.outreach.segments import typed
from core.outreach.segments.saved import Segment
from core.outreach.webhooks import Webhook
from core.people import members
from core.reports import shelf
from core.selling import promotions, receipts
from core.service import gatherings
from tests.core.service import gathered
from tests.counter import unsound
from tests.shops import Shop
from tests.tui import showcase
from tests.tui.shopfront import LANGUAGES, opened, settled
from tests.tui.test_screens_keys import OWN
from tui import crash
from tui.app import BackOffice
from tui.help import Command, CommandPage, HelpPage
from tui.keymap import OFFICE
from tui.page import Blank, Page
from tui.screens import rulefields
from tui.screens.campaignspage import CampaignPage, ChannelsPage
from tui.screens.mergepage import Merged
from tui.screens.messagepage import MessagePage
from tui.screens.ruleeditor import CouponKindPage
from tui.screens.wordings import VersionsPage
from tui.widgets.crumbs import WhereLine

pytestmark = pytest.mark.slow

NAME, PHONE = "王伟芳", "13812042046"
SECRET = re.compile(rf"{NAME}|{PHONE}|(?<![0-9a-f]){PHONE[-4:]}(?![0-9a-f])")
"""Last digits count where they stand alone: an error's number or an address in memory may hold them too."""
FILE = Table("old.csv", "0" * 64, "utf-8", ",", (), "", 1, ("phone",), ((2, [PHONE]),))
COLUMNS = Mapping("members", FILE.headers, {0: "phone"})
PAGES: list[type[Page]] = [*(page for page in OWN if page.NAME), HelpPage, CommandPage]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, empty_sqlite: Path) -> Iterator[Shop]:
    settings.use(settings.Settings(secret="showcase"))
    url = tmp_path_factory.mktemp("showcase") / "shop.db"
    shutil.copy(empty_sqlite, url)
    db.open_database(str(url), durable=False)
    yield showcase.open_showcase()
    db.close_database()


def shop_member() -> int:
    """Who must not be told."""
    return int(db.value("SELECT member_id FROM member_person WHERE name = ?", (NAME,)))


async def nothing(_name: str) -> None:
    """A choice that changes nothing."""


def shop_event(shop: Shop) -> int:
    """One event, planned once."""
    known = gatherings.calendar(Millis(0), Millis(2**52))
    return known[0].id if known else gathered.opened(shop)


def one_of(page: type[Page], shop: Shop) -> object:
    """The row a page is opened on."""
    if page in (CampaignPage, ChannelsPage):
        segment = Segment(1, "all", 1, 1, typed.read("visits >= 0"), shop.now)
        plan = Plan({"zh": Words("")}, shop.now, Millis(shop.now + 1))
        return Campaign(1, NAME, "draft", segment, plan, 1, shop.now, "staff:1", *[None] * 6, "salt")  # type: ignore[arg-type]
    if page is VersionsPage:
        return templates.all_wordings("sms")[0]
    if page is MessagePage:
        return deskwork.listing(deskwork.ALL, by=shop.owner, limit=1)[0]
    return None


def made(page: type[Page], shop: Shop) -> Callable[[], Page]:
    """How a page is made: what its constructor asks for is in the shop, or empty."""
    (sale, *_older) = receipts.recent(member_id=None)
    commands = [Command(action) for action in OFFICE]
    terms = (coupons.kinds() if page is CouponKindPage else promotions.running(now=shop.now))[0].terms
    known = {
        "member_id": shop_member(), "kept_id": shop_member(), "gone_id": shop_member(), "sale_id": sale.id,
        "ticket_id": db.value("SELECT min(id) FROM ticket"),
        "store_id": shop.store, "store": "南京东路店", "name": NAME, "code": "ABCD2345",
        "about": Blank(), "here": commands, "around": commands, "commands": commands,
        "product": catalogue.find("珍珠奶茶")[0], "have": rulefields.known(terms), "made_from": terms,
        "table": FILE, "columns": COLUMNS, "begun": None, "at": 0, "options": [], "taken": nothing,
        "found": Preview("members", FILE, COLUMNS, shop.store, {"new": 1}, 0, {"points": 5}, (), (), (), ()),
        "merged": Merged(1, members.summary(shop_member(), by=shop.owner, now=shop.now), shop.now),
        "webhook": Webhook(1, None, "https://shop.example.com/", KINDS, shop.now, None, None, None, None, 0),
        "one": one_of(page, shop), "entry": shelf.ENTRIES[0], "survey_id": db.value("SELECT min(id) FROM survey"),
        "gathering_id": shop_event(shop),
        "transfer": Transfer(1, shop.store, NAME, 2, "B", "sent", PHONE, shop.now, None, 1, 0),
        "sheet": Sheet(1, shop.store, NAME, "", "", "open", shop.now, 1, 0, 0, 0, 0),
    }  # fmt: skip
    asked = inspect.signature(page).parameters.values()
    needed = [one for one in asked if one.default is inspect.Parameter.empty]
    return partial(page, **{one.name: known[one.name] if one.name in known else one.annotation() for one in needed})


def boom() -> None:
    """Breaks with everything that must not be told in its message and beside it."""
    name, phone = NAME, PHONE
    raise LookupError(f"{name} {phone}")


async def broken_read() -> None:
    boom()


def in_a_worker(page: Page) -> None:
    page.reading(broken_read)


def in_a_handler(page: Page) -> None:
    page.call_later(boom)


def while_drawing(page: Page) -> None:
    where = page.query_one("#where", WhereLine)
    where.line = lambda cells: boom()  # type: ignore[method-assign,assignment,return-value]
    where.refresh()


async def broken(shop: Shop, page: Callable[[], Page], way: Callable[[Page], None], log: Path, language: str) -> int:
    """Open a page, break it, and say how the program ended."""
    app: BackOffice | None = None
    try:
        async with opened(shop, page, language=language, log=log) as (app, pilot):
            assert app.page is not None
            way(app.page)
            await settled(pilot)
    except Exception as error:  # the pilot hands on what broke
        assert NAME in str(error) or "LookupError" in repr(error)
    assert app is not None
    return app.return_code or 0


@pytest.mark.parametrize("way", [in_a_worker, in_a_handler, while_drawing], ids=lambda way: way.__name__)
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.__name__)
def test_a_broken_page_ends_with_a_number_and_tells_nothing(
    shop: Shop, page: type[Page], way: Callable[[Page], None], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "crash.log"
    language = LANGUAGES[PAGES.index(page) % 2]
    assert asyncio.run(broken(shop, made(page, shop), way, log, language)) == 1
    shown, kept = "".join(capfd.readouterr()), log.read_text("utf-8")
    told = crash.both(crash.SENTENCE, id=kept.split()[1])
    assert "".join(told.split()) in "".join(shown.split()) and "Traceback" not in shown
    assert "LookupError" in kept and "boom" in kept
    assert not SECRET.findall(shown + kept)


def test_after_every_break_the_ledgers_add_up(shop: Shop) -> None:
    assert unsound(shop) == []
