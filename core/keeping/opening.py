"""Opening a shop: from an empty database to the first sale, with sensible defaults.

What an owner is asked is language, shop, store, their name and password and the first products;
everything else has a default that can be changed later.
"""

from dataclasses import dataclass

from core.base import db, ids
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Refused
from core.base.i18n import N_
from core.base.text import clean
from core.books import audit, revisions, rules
from core.goods import catalogue
from core.loyalty import tiers
from core.loyalty.tiers import Tier
from core.outreach import care
from core.people import staff


@dataclass(frozen=True)
class Opening:
    """What the owner tells. `products` are (name, price in cents, barcode or '')."""

    language: str
    shop_name: str
    store_name: str
    owner_name: str
    login: str
    password: str
    zone: str = "Asia/Shanghai"
    region: str = "CN"
    symbol: str = "¥"
    products: tuple[tuple[str, int, str], ...] = ()


@dataclass(frozen=True)
class Store:
    """An open store; takings of the hours before `day_ends_hour` belong to the day before."""

    id: int
    name: str
    zone: str
    day_ends_hour: int


class AlreadyOpen(Refused):
    """There is a shop in this database."""

    code = "already_open"
    text = N_("There is a shop in this database already: {shop}. Choose another folder, or use this one.")


TIERS = {
    "zh": (("普通", "○"), ("银卡", "◐"), ("金卡", "●"), ("钻石", "◆")),
    "en": (("normal", "○"), ("silver", "◐"), ("gold", "●"), ("diamond", "◆")),
}
BENEFITS = ((0, 10_000, None), (300, 12_000, 100_000), (500, 15_000, 300_000), (1000, 20_000, 1_000_000))
"""Discount and multiplier in basis points, and the net spend of 365 days that earns each tier."""


@db.atomic
def open_shop(opening: Opening, *, now: Millis) -> Actor:
    """Make shop, first store, owner, tiers, the top-up product and the first products; the owner.

    Raises: AlreadyOpen, StaffInvalid, PasswordShort, ProductInvalid.
    """
    if db.value("SELECT 1 FROM staff"):
        raise AlreadyOpen(shop=rules.current(now=now).shop_name)
    owner_id = staff.create(
        opening.login, opening.owner_name, "owner", password=opening.password, by=None, now=now,
        language=opening.language,
    )  # fmt: skip
    owner = staff.actor_of(owner_id, door="command line")
    for name in ("shop_name", "language", "zone", "region", "symbol"):
        rules.change(name, getattr(opening, name), by=owner, now=now)
    add_store(opening.store_name, zone=opening.zone, by=owner, now=now)
    for rank, ((name, mark), benefit) in enumerate(zip(TIERS[opening.language], BENEFITS, strict=True)):
        discount, multiplier, spend = benefit
        tier = Tier(0, rank, name, mark, discount, multiplier, spend, None, 365, 12)
        tiers.create(tier, by=owner, now=now)
    top_up = {"zh": "储值", "en": "Top-up"}[opening.language]
    catalogue.create(top_up, 0, kind="top_up", sku="TOPUP", by=owner, now=now)
    for name, price, barcode in opening.products:
        catalogue.create(name, price, barcode=barcode or None, by=owner, now=now)
    care.set_rule("birthday", active=True, coupon_kind_id=None, by=owner, now=now)
    return owner


@db.atomic
def add_store(name: str, *, zone: str, by: Actor, now: Millis, day_ends_hour: int = 0) -> int:
    """Add a store. Raises: NotAllowed."""
    require(by, "settings")
    store_id = ids.new()
    db.add("store", id=store_id, name=clean(name), zone=zone, day_ends_hour=day_ends_hour)
    revisions.bump("stores")
    audit.record("store.created", "store", store_id, by=by, now=now, after={"name": name})
    return store_id


def stores() -> list[tuple[int, str]]:
    """Open stores: id and name."""
    found = db.rows("SELECT id, name FROM store WHERE closed_at IS NULL ORDER BY id")
    return [(row[0], row[1]) for row in found]


def open_stores() -> list[Store]:
    """Open stores with their zone and the end of their day, oldest first."""
    sql = "SELECT id, name, zone, day_ends_hour FROM store WHERE closed_at IS NULL ORDER BY id"
    return [Store(*row) for row in db.rows(sql)]


def stores_of(by: Actor) -> list[tuple[int, str]]:
    """The open stores someone works in: id and name."""
    return [store for store in stores() if not by.stores or store[0] in by.stores]
