"""What tests of moving in share: a shop with the tiers of the dirty files, a file looked at and brought in."""

from pathlib import Path

from bench import dirt
from core.base import db
from core.keeping import doctor
from core.keeping.movein import mapping, moving, reading
from core.keeping.movein.fields import Kind
from core.keeping.movein.moving import Moved, Preview
from tests import ledgers
from tests.shops import Shop

HEAD = "会员卡号,姓名,手机号,积分,积分到期日,本金,赠送金\n"


def with_tiers(shop: Shop) -> Shop:
    """The shop with the tiers of the files of `bench.dirt`."""
    for rank, name in enumerate(dirt.TIERS, 1):
        shop.tier(name, rank)
    return shop


def looked(shop: Shop, path: Path, kind: Kind = "members", **by_hand: str) -> Preview:
    """A file looked at, columns taken as named beside the guess."""
    table = reading.read(path, kind)
    columns = mapping.guess(table, kind)
    for header, name in by_hand.items():
        columns = mapping.changed(columns, header, name)
    return moving.preview(table, columns, store_id=shop.store, by=shop.owner, now=shop.now)


def text(folder: Path, lines: str, name: str = "old.csv") -> Path:
    """A file of these lines."""
    path = folder / name
    path.write_text(lines, "utf-8")
    return path


def brought(shop: Shop, found: Preview) -> Moved:
    """What was looked at, brought in."""
    return moving.go_on(moving.begin(found, by=shop.owner, now=shop.now), found, by=shop.owner, now=shop.now)


def balances() -> dict[str, int]:
    """What the shop owes of each asset."""
    return dict(db.rows("SELECT asset, CAST(sum(balance) AS BIGINT) FROM account GROUP BY asset"))


def well(shop: Shop) -> bool:
    """Whether nothing is wrong with the books."""
    return doctor.examine(now=shop.now) == [] and ledgers.broken() == {}
