"""Files full of made-up members: built once a size with bulk SQL, kept under .bench/.

Each member has what a look-up reads: card and phone, three accounts, points in a lot, a tier, a visit,
consents, and every second one a coupon. Names are Chinese for four of five, English for the others.
"""

import os
import random
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import peewee

from bench.figures import SEED, Say, Size, Unmeasurable
from core.base import clock, codes, db, text
from core.base.clock import DAY, Millis
from core.base.errors import RegularsError
from core.keeping import opening
from core.keeping.demo import GIVEN, SURNAMES
from core.loyalty import coupons, tiers
from core.loyalty.coupons import Terms
from core.tables import schema

FOLDER = Path(__file__).parents[1] / ".bench"
COUNTS: dict[Size, int] = {"tiny": 2_000, "small": 20_000, "full": 1_000_000}
STEP = 16
"""Ids a member takes: the first is the member's, the others are of the rows around it."""
CHUNK = 10_000
NOW = Millis(1_780_000_000_000)
NEVER = clock.at_time(clock.day_of(4_100_000_000_000, "Asia/Shanghai"), 0, 0, "Asia/Shanghai")

FIRST_NAMES = (
    "Anna", "Tom", "Grace", "Daniel", "Emily", "James", "Olivia", "Sam", "Chloe", "Henry", "Zoë", "Liam",
    "Sofia", "Marcus", "Nadia", "Peter", "Renée", "Oscar", "Alice", "Victor", "Wendy", "Hugo", "Ingrid", "Yusuf",
)  # fmt: skip
LAST_NAMES = (
    "Reed", "Baker", "Lin", "Wu", "Chen", "Fox", "Hart", "Young", "O'Neil", "Walker", "Martin", "Evans", "Wood",
    "Hughes", "Green", "Hall", "Clarke", "Wright", "Turner", "Hill", "Moore", "Cooper", "Ward", "Morgan",
)  # fmt: skip

COLUMNS = {
    "member": "id, state, home_store_id, source, language, joined_at",
    "member_person": "member_id, name, phone, search_keys",
    "member_search": "rowid, keys",
    "credential": "id, member_id, kind, value, state, created_at",
    "account": "id, member_id, asset, balance, version",
    "entry": "id, account_id, number, member_id, asset, kind, amount, balance_after, ref_kind, ref_id, at, actor",
    "lot": "id, account_id, entry_id, original, remaining, available_at, expires_at, ref_kind, ref_id",
    "consent": "id, member_id, purpose, granted, wording, language, source, at, actor",
    "member_stats": "member_id, visits, net_spend_cents, first_day, last_day, last_at",
    "member_day": "member_id, day, net_cents, sales, points",
    "member_tier": "member_id, tier_id, since_at",
    "tier_change": "id, member_id, to_tier_id, why, ref_id, at, actor",
    "coupon": "id, kind_id, member_id, code, state, valid_from_at, valid_until_at, ref_kind, ref_id",
}
Rows = dict[str, list[tuple[Any, ...]]]


def file_of(size: Size, say: Say) -> Path:
    """The file of a size, built if it is not there or was built by older code. Raises: Unmeasurable."""
    count = COUNTS[size]
    path = FOLDER / f"members-{count}-{_version()}.db"
    if path.exists():
        return path
    fresh = FOLDER / f"building-{os.getpid()}.db"
    try:
        FOLDER.mkdir(exist_ok=True)
        for old in FOLDER.glob(f"members-{count}-*"):
            old.unlink()
        _build(fresh, count, say)
        fresh.replace(path)
    except (OSError, peewee.DatabaseError, RegularsError) as error:
        reason = f"The file of {count:,} members could not be built in {FOLDER}: {error}"
        raise Unmeasurable(f"{reason}. Make room there (a million take 2 GB) or choose a smaller SIZE.") from error
    finally:
        db.close_database()
        for left in FOLDER.glob(f"{fresh.name}*"):
            with suppress(OSError):
                left.unlink()
    return path


def _version() -> str:
    """Changes with the tables and with what is built here."""
    parts = [path.read_bytes() for path in (Path(__file__), *sorted(schema.FOLDER.glob("*.sql")))]
    return sha256(b"".join(parts)).hexdigest()[:12]


def _build(path: Path, count: int, say: Say) -> None:
    db.open_database(str(path), durable=False)
    db.run("PRAGMA cache_size = -400000")
    schema.migrate(now=NOW)
    maker = _Maker(count)
    for start in range(0, count, CHUNK):
        maker.write(range(start, min(start + CHUNK, count)))
        say(f"members: {min(start + CHUNK, count):,} of {count:,}")
    db.run("PRAGMA wal_checkpoint(TRUNCATE)")


class _Maker:
    """Makes members in order, the same ones each time, in a shop that it opens."""

    def __init__(self, count: int) -> None:
        self._dice = random.Random(SEED)
        owner = opening.open_shop(_opening(), now=NOW)
        self._actor = owner.tag
        self._store = opening.stores()[0][0]
        self._tiers = [tier.id for tier in tiers.all_tiers()]
        self._coupon_kind = coupons.create_kind(
            "新客5元", Terms(effect="amount", off_cents=500, threshold_cents=3000), valid_days=30, by=owner, now=NOW
        )
        self._first = _taken_ids(count * STEP)

    @db.atomic
    def write(self, numbers: range) -> None:
        """Insert the members of these numbers."""
        rows: Rows = {table: [] for table in COLUMNS}
        for number in numbers:
            for table, row in self._rows(number):
                rows[table].append(row)
        for table, many in rows.items():
            marks = ", ".join("?" * (COLUMNS[table].count(",") + 1))
            db.proxy.connection().executemany(f"INSERT INTO {table} ({COLUMNS[table]}) VALUES ({marks})", many)

    def _rows(self, number: int) -> Iterator[tuple[str, tuple[Any, ...]]]:
        dice, id, actor = self._dice, self._first + number * STEP, self._actor
        name, phone, card = self._name(), f"199{number * 7919 % 10**8:08d}", self._code(codes.CARD_LENGTH)
        at = Millis(NOW - dice.randrange(700) * DAY)
        last, points = Millis(NOW - dice.randrange(90) * DAY), dice.randrange(1, 5000)
        keys = text.search_keys(name, (phone, phone[-4:], card))
        tier = dice.choices(self._tiers, (70, 20, 8, 2))[0]
        yield "member", (id, "active", self._store, "till", "zh", at)
        yield "member_person", (id, name, f"+86{phone}", keys)
        yield "member_search", (id, keys)
        yield "credential", (id + 1, id, "card", f"C1.{card}", "active", at)
        yield "credential", (id + 2, id, "phone", f"+86{phone}", "active", at)
        yield "account", (id + 3, id, "points", points, 1)
        yield "account", (id + 4, id, "principal", 0, 0)
        yield "account", (id + 5, id, "bonus", 0, 0)
        yield "entry", (id + 6, id + 3, 1, id, "points", "adjust", points, points, "member", id, last, actor)
        yield "lot", (id + 7, id + 3, id + 6, points, points, last, NEVER, "member", id)
        yield "consent", (id + 8, id, "membership", 1, "m1", "zh", "till", at, actor)
        yield "consent", (id + 9, id, "service", 1, "s1", "zh", "till", at, actor)
        yield "tier_change", (id + 10, id, tier, "joined", 0, at, actor)
        yield "member_tier", (id, tier, at)
        day = clock.day_of(last, "Asia/Shanghai").toordinal()
        yield "member_stats", (id, 1, points * 100, day, day, last)
        yield "member_day", (id, day, points * 100, 1, points)
        if number % 2:
            code = f"K1.{self._code(codes.COUPON_LENGTH)}"
            yield "coupon", (id + 11, self._coupon_kind, id, code, "issued", at, NEVER, "join", id)

    def _name(self) -> str:
        dice = self._dice
        if dice.random() < 0.8:
            return dice.choice(SURNAMES) + "".join(dice.choices(GIVEN, k=dice.choice((1, 2, 2))))
        return f"{dice.choice(FIRST_NAMES)} {dice.choice(LAST_NAMES)}"

    def _code(self, length: int) -> str:
        body = "".join(self._dice.choices(codes.ALPHABET, k=length))
        return body + codes.check_char(body)


def _opening() -> opening.Opening:
    return opening.Opening(
        language="zh",
        shop_name="桂花里",
        store_name="南京东路店",
        owner_name="周丽",
        login="owner",
        password="bench-bench",
    )


@db.atomic
def _taken_ids(many: int) -> int:
    """Take so many ids from the counter; the first of them."""
    return int(db.value("UPDATE id_counter SET next = next + ? WHERE one = 1 RETURNING next", (many,))) - many


def ids_in(path: Path) -> range:
    """The ids of the members in a file."""
    db.open_database(str(path))
    first, last = db.one("SELECT min(id), max(id) FROM member") or (0, 0)
    db.close_database()
    return range(first, last + 1, STEP)
