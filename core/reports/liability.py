"""Liability 负债: what the shop still owes in points and stored value, by month of expiry and issuing store.

The sums are those of the lots: what is left of them, set aside or not, pending or not. What has expired
and waits for the sweep is no liability any more and is named apart. Breakage is the share of what left the
lots within the last twelve months that nobody used: what lapsed, of what lapsed or was used.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from core.base import clock, db, money
from core.base.access import Actor, require
from core.base.clock import Millis
from core.books import rules
from core.books.posting import ASSETS, Asset
from core.books.rules import ShopRules
from core.loyalty import points

CHUNK = 20_000
"""Rows read in one go, so that no view of the database stays open for long."""
Key = tuple[Asset, date | None, int | None]


@dataclass(frozen=True)
class Owed:
    """What is owed of one asset, to expire in one month, as issued by one store.

    `month` is the first day of the month in which it can be used for the last time, None if it never
    expires; `store_id` is None for what no store issued (by hand, by a rule of the whole shop).
    """

    asset: Asset
    month: date | None
    store_id: int | None
    store: str | None
    amount: int


@dataclass(frozen=True)
class Breakage:
    """How much of an asset left its lots within twelve months, unused and used."""

    lapsed: int
    used: int

    @property
    def share_bp(self) -> int | None:
        """What lapsed of every 10,000 that left, half up; None while nothing left any lot."""
        left = self.lapsed + self.used
        return money.half_up(self.lapsed * 10_000, left) if left else None


@dataclass(frozen=True)
class AssetOwed:
    """The totals of one asset.

    `worth_cents` is what it is worth as money, `held` what of it is set aside, `debt` what members owe,
    `unswept` what has expired and is not written off yet.
    """

    asset: Asset
    amount: int
    worth_cents: int
    held: int
    debt: int
    unswept: int
    breakage: Breakage

    @property
    def expected_lapse(self) -> int:
        """So much of it nobody will use if all goes on as in the last twelve months; 0 while that is unknown."""
        return money.half_up(self.amount * (self.breakage.share_bp or 0), 10_000)


@dataclass(frozen=True)
class Liability:
    """Totals by asset, and what they are made of, by asset, month (the soonest first) and store."""

    totals: tuple[AssetOwed, ...]
    rows: tuple[Owed, ...]


def of(*, by: Actor, now: Millis) -> Liability:
    """What is owed now. Raises: NotAllowed."""
    require(by, "reports")
    shop = rules.current(now=now)
    sums = _Sums(now, shop)
    for row in _lots():
        sums.add(*row)
    stores: dict[int | None, str] = dict(db.rows("SELECT id, name FROM store"))
    rows = [Owed(*key, stores.get(key[2]), amount) for key, amount in sums.owed.items()]
    since = clock.start_of(clock.add_months(clock.day_of(now, shop.zone), -12), shop.zone)
    used = _uses(since)
    totals = tuple(_total(asset, sums, used.get(asset, Breakage(0, 0))) for asset in ASSETS)
    return Liability(totals, tuple(sorted(rows, key=_order)))


@dataclass
class _Sums:
    """What the lots add up to as they are read."""

    now: Millis
    shop: ShopRules
    owed: dict[Key, int] = field(default_factory=dict)
    held: dict[str, int] = field(default_factory=lambda: dict.fromkeys(ASSETS, 0))
    unswept: dict[str, int] = field(default_factory=lambda: dict.fromkeys(ASSETS, 0))

    def add(self, asset: Asset, store_id: int | None, expires_at: Millis | None, left: int, held: int) -> None:
        """Add lots of one asset, store and expiry: what is left of them, and how much of that is set aside."""
        self.held[asset] += held
        month = None
        if expires_at is not None:
            month = clock.day_of(expires_at - 1, self.shop.zone).replace(day=1)
            if expires_at <= self.now:  # only what is set aside can still be used
                self.unswept[asset] += left - held
                left = held
        if left:
            key = asset, month, store_id
            self.owed[key] = self.owed.get(key, 0) + left


def _total(asset: Asset, sums: _Sums, breakage: Breakage) -> AssetOwed:
    amount = sum(owed for key, owed in sums.owed.items() if key[0] == asset)
    worth = points.worth(amount, points_per_unit=sums.shop.points_per_unit) if asset == "points" else amount
    debt = db.value("SELECT coalesce(CAST(sum(debt) AS BIGINT), 0) FROM account WHERE debt > 0 AND asset = ?", (asset,))
    return AssetOwed(asset, amount, worth, sums.held[asset], int(debt), sums.unswept[asset], breakage)


def _order(row: Owed) -> tuple[int, date, int]:
    return ASSETS.index(row.asset), row.month or date.max, row.store_id or 0


# --- reading in parts ----------------------------------------------------------------------------


def _lots() -> Iterator[tuple[Asset, int | None, Millis | None, int, int]]:
    """Open lots by asset, store and expiry: what is left and what is set aside."""
    after = 0
    while True:
        last = db.value("SELECT max(id) FROM (SELECT id FROM lot WHERE id > ? ORDER BY id LIMIT ?) c", (after, CHUNK))
        if last is None:
            return
        yield from db.rows(
            "SELECT a.asset, l.store_id, l.expires_at, CAST(sum(l.remaining) AS BIGINT), CAST(sum(l.held) AS BIGINT)"
            " FROM lot l JOIN account a ON a.id = l.account_id WHERE l.id > ? AND l.id <= ? AND l.remaining > 0"
            " GROUP BY a.asset, l.store_id, l.expires_at",
            (after, last),
        )
        after = last


def _uses(since: Millis) -> dict[str, Breakage]:
    """What lapsed and what was used since a moment, by asset; what came back counts as not used."""
    lapsed, used = dict.fromkeys(ASSETS, 0), dict.fromkeys(ASSETS, 0)
    last: tuple[int, int] = (since - 1, 2**62)
    while True:
        with db.read():
            end = db.one(f"SELECT at, id FROM ({_ENTRIES}) e ORDER BY at DESC, id DESC LIMIT 1", (*last, CHUNK))
            if end is None:
                return {asset: Breakage(lapsed[asset], max(used[asset], 0)) for asset in ASSETS}
            for asset, gone, spent in db.rows(_USED, (*last, CHUNK)):
                lapsed[asset] += gone
                used[asset] += spent
        last = end[0], end[1]


_ENTRIES = (
    "SELECT id, at, asset, kind, ref_kind, reverses_id FROM entry WHERE (at, id) > (?, ?) ORDER BY at, id LIMIT ?"
)
_USED = (
    "SELECT e.asset,"
    " CAST(sum(CASE WHEN u.why = 'expire' AND e.reverses_id IS NULL THEN u.amount ELSE 0 END) AS BIGINT),"
    " CAST(sum(CASE WHEN u.why IN ('spend', 'return') AND e.kind <> 'transfer_out' AND e.ref_kind <> 'merge'"
    " THEN u.amount ELSE 0 END) AS BIGINT)"
    f" FROM ({_ENTRIES}) e JOIN lot_use u ON u.entry_id = e.id GROUP BY e.asset"
)
