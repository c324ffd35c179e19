"""The tea shop at the corner: small, real, in a folder of its own, with its back-office as a process on a terminal."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from core.base import clock, db, i18n, settings
from core.base.access import Actor
from core.base.clock import MINUTE, Millis
from core.base.settings import Settings
from core.keeping import opening
from core.keeping.opening import Opening
from core.loyalty import topups
from core.loyalty.topups import TopUpTerms
from core.people import members
from core.people.members import Joining
from core.selling import sales
from core.selling.quotes import Basket, BasketLine
from core.selling.sales import SaleRequest, Tender
from core.tables import schema
from tests.tui import terminals
from tests.tui.person import Person

SECRET = "corner"
LOGIN, PASSWORD = "zhouli", "long enough"
PRODUCTS = (
    ("珍珠奶茶", 1800, "6901000000015"),
    ("栗子蛋糕", 3200, "6901000000060"),
    ("保温杯", 6000, "6901000000121"),
)
MEMBERS = (
    ("13800138000", "王伟芳"), ("13912042046", "欧阳娜娜"), ("13700137001", "李雷"),
    ("13600136002", "曾小贤"), ("13500135003", "赵敏"),
)  # fmt: skip


@dataclass
class Corner:
    """The shop, and who and what is in it: ids by name."""

    folder: Path
    owner: Actor
    store: int
    now: Millis
    members: dict[str, int] = field(default_factory=dict)
    products: dict[str, int] = field(default_factory=dict)

    @property
    def database(self) -> str:
        return str(self.folder / "regulars.db")

    @contextmanager
    def books(self) -> Iterator[None]:
        """Its database, open in this process while the block runs."""
        settings.use(Settings(secret=SECRET))
        db.open_database(self.database, durable=False)
        try:
            yield
        finally:
            db.close_database()

    @contextmanager
    def office(
        self, size: tuple[int, int], *, environ: Mapping[str, str] | None = None, program: tuple[str, ...] = ()
    ) -> Iterator[Person]:
        """A person before the sign-in of its back-office."""
        with terminals.running(program or command(self.folder), environment() | (environ or {}), size=size) as shown:
            yield Person(shown, self.owner.language)

    def sell(self, member: str, *lines: tuple[str, int]) -> int:
        """A sale paid in cash, made a while ago."""
        basket = Basket(
            self.store,
            tuple(BasketLine(self.products[name], 1000 * pieces) for name, pieces in lines),  # type: ignore[arg-type]
            member_id=self.members[member],
        )
        prices = {name: cents for name, cents, _code in PRODUCTS}
        cents = sum(prices[name] * pieces for name, pieces in lines)
        return sales.post(SaleRequest(basket, (Tender("cash", cents),), cents), by=self.owner, now=self.now)


def command(folder: Path) -> tuple[str, ...]:
    """The command that starts its back-office."""
    return (sys.executable, "-m", "regulars", "--folder", str(folder), "tui")


def environment() -> dict[str, str]:
    """A terminal as most have it, and nothing of this machine's settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("REGULARS_", "LC_", "LANG"))}
    terminal = {"TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "ESCDELAY": "40"}
    return kept | terminal | {"REGULARS_SECRET": SECRET, "REGULARS_CHANNEL": "file"}


def open_corner(folder: Path, language: str = "zh") -> Corner:
    """Open the shop in a folder: three products, five members, a sale of half an hour ago, a bonus for 200.00."""
    settings.use(Settings(secret=SECRET))
    now = Millis(clock.now() - 30 * MINUTE)
    db.open_database(str(folder / "regulars.db"), durable=False)
    try:
        schema.migrate(now=now)
        told = Opening(language, "桂花里", "南京东路店", "周丽", LOGIN, PASSWORD, products=PRODUCTS)
        owner = opening.open_shop(told, now=now)
        corner = Corner(folder, owner, opening.stores()[0][0], now)
        corner.products = dict(db.rows("SELECT name, id FROM product"))
        for phone, name in MEMBERS:
            joining = Joining(phone=phone, name=name, store_id=corner.store)
            corner.members[name] = members.join(joining, by=owner, now=now)
        topups.set_rule(20_000, TopUpTerms(bonus_cents=2000, bonus_days=365), by=owner, now=now)
        corner.sell("欧阳娜娜", ("珍珠奶茶", 2), ("栗子蛋糕", 1))
    finally:
        db.close_database()
    return corner


def said(language: str, sentence: str, **facts: object) -> str:
    """A sentence as the back-office says it."""
    with i18n.use(language):
        return i18n.say(sentence, **facts)
