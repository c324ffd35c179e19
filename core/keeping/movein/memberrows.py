"""Rows of members: from cells to arrivals, or what is wrong with them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from core.base import clock, text
from core.base.clock import Millis
from core.base.i18n import T, say
from core.books import rules
from core.books.accounts import Asset
from core.keeping.movein import cells, days, faults, fields
from core.keeping.movein.faults import Fault, Wrong
from core.keeping.movein.mapping import OWN
from core.keeping.movein.mapping import Mapping as Columns
from core.keeping.movein.sides import EMPTY, Place
from core.loyalty import coupons, passes, points, tiers
from core.loyalty.arrivals import BroughtCoupon, BroughtPass, Rank
from core.people import ownfields
from core.people.arriving import Arrival
from core.people.ownfields import OwnField, OwnValueInvalid

NOBODY = Wrong(T("There is neither a phone nor a card number."), T("Give one of them; a member is found by it."))
LAPSED = Wrong(T("This has expired already."), T("Write 0, or a day that is still to come."))
UNEQUAL = Wrong(
    T("Principal and bonus do not add up to what is stored in all."),
    T("Correct one of the three, or leave the column of the sum aside."),
)
MORE_BONUS = Wrong(
    T("The bonus is more than what is stored in all."), T("Correct it, or say that the other column is the principal.")
)
PASS_FORM = Wrong(
    T("Passes are written as kind:uses left:last day."), T("For example: 洗剪吹:3:2026-12-31; several by semicolons.")
)
COUPON_FORM = Wrong(T("Coupons are written as kind:last day."), T("The day may be left out; several by semicolons."))

Reader = Callable[[Any], Any]


@dataclass
class Rows:
    """Reads rows of one file: the shop's own names are looked up once."""

    place: Place
    columns: Columns
    readers: list[tuple[int, str, str, Reader]] = field(default_factory=list)
    starts: dict[date, Millis] = field(default_factory=dict)
    points_until: Millis | None = None
    owned: list[tuple[int, str]] = field(default_factory=list)

    def read(self, number: int, row: Sequence[Any]) -> Arrival | list[Fault]:
        """The arrival of a row, or all that is wrong with it."""
        found: dict[str, Any] = {}
        wrong: list[Fault] = []
        for at, name, header, reader in self.readers:
            cell = row[at]
            if cell is None or (isinstance(cell, str) and (cell in EMPTY or cell.strip() in EMPTY)):
                continue
            value = reader(cell)
            if isinstance(value, Wrong):
                wrong.append(self._fault(number, name, header, cell, value))
            else:
                found[name] = value
        if not wrong:
            wrong = [self._fault(number, name, name, row_cell, one) for name, row_cell, one in self._together(found)]
        return wrong or self._arrival(found)

    def _fault(self, number: int, name: str, header: str, cell: object, wrong: Wrong) -> Fault:
        if header == name:
            at = self.columns.place(name)
            header = self.columns.headers[at] if at is not None else say(fields.LABELS["members"][name])
        return Fault(number, header, faults.shown(name, cells.plain(cell)), wrong.reason, wrong.step)

    def _together(self, found: Mapping[str, Any]) -> list[tuple[str, object, Wrong]]:
        """What is wrong with cells that are right each by itself."""
        wrong: list[tuple[str, object, Wrong]] = []
        if not found.get("phone") and not found.get("card"):
            wrong.append(("phone", "", NOBODY))
        stored, principal, bonus = (found.get(name) for name in ("stored", "principal", "bonus"))
        if stored is not None and principal is not None and stored != principal + (bonus or 0):
            wrong.append(("stored", f"{stored / 100:.2f}", UNEQUAL))
        if stored is not None and principal is None and (bonus or 0) > stored:
            wrong.append(("bonus", f"{(bonus or 0) / 100:.2f}", MORE_BONUS))
        for amount, until in (("points", "points_expiry"), ("bonus", "bonus_expiry")):
            if found.get(amount) and until in found and found[until] < self.place.today:
                wrong.append((until, found[until].isoformat(), LAPSED))
        if "tier" in found and "tier_until" in found and found["tier_until"] < self.place.today:
            wrong.append(("tier_until", found["tier_until"].isoformat(), LAPSED))
        return wrong

    def _arrival(self, found: Mapping[str, Any]) -> Arrival:
        get = found.get
        place, joined = self.place, get("joined")
        marketing = get("marketing")
        agreed = self._start(get("marketing_on")) or place.now
        return Arrival(
            name=get("name"),
            phones=get("phone", ()),
            card=get("card"),
            language=get("language") or place.language,
            store_id=get("store") or place.store_id,
            joined_at=self._start(joined) or place.now,
            birthday=get("birthday") or get("lunar_birthday"),
            gender=get("gender"),
            email=get("email"),
            address=get("address"),
            note=get("note"),
            tags=get("tags", ()),
            own=tuple((id, found[name]) for id, name in self.owned if name in found),
            rank=Rank(found["tier"], get("tier_until")) if "tier" in found else None,
            had=self._had(found),
            passes=get("passes", ()),
            coupons=get("coupons", ()),
            marketing=None if marketing is None else (marketing, agreed),
        )

    def _had(self, found: Mapping[str, Any]) -> dict[Asset, tuple[int, Millis | None]]:
        """What a row brings of each asset, above 0, with its expiry: as it says, or by the shop's rule for points."""
        bonus = found.get("bonus") or 0
        principal = found.get("principal")
        if principal is None:
            principal = (found.get("stored") or 0) - (bonus if "stored" in found else 0)
        had: dict[Asset, tuple[int, Millis | None]] = {}
        if found.get("points"):
            given = found.get("points_expiry")
            had["points"] = found["points"], self._end(given) if given else self.points_until
        if principal:
            had["principal"] = principal, None
        if bonus:
            until = found.get("bonus_expiry")
            had["bonus"] = bonus, self._end(until) if until else None
        return had

    def _start(self, day: date | None) -> Millis | None:
        if day is None:
            return None
        if day not in self.starts:
            self.starts[day] = clock.start_of(day, self.place.zone)
        return self.starts[day]

    def _end(self, day: date) -> Millis:
        return self._start(date.fromordinal(day.toordinal() + 1)) or self.place.now


def rows_of(columns: Columns, place: Place) -> Rows:
    """A reader for the rows of a file."""
    own = {one.id: one for one in ownfields.all_fields()}
    known = Rows(place, columns, points_until=points.expiry_of(place.now, rules.current(now=place.now)))
    readers = _readers(place, columns)
    for at, name in sorted(columns.columns.items()):
        reader = _own_reader(own[int(name[len(OWN) :])]) if name.startswith(OWN) else readers[name]
        known.readers.append((at, name, columns.headers[at], reader))
        if name.startswith(OWN):
            known.owned.append((int(name[len(OWN) :]), name))
    return known


def _readers(place: Place, columns: Columns) -> dict[str, Reader]:
    order, today = columns.day_order, place.today
    return {
        "name": cells.name,
        "phone": lambda cell: cells.phone(cell, place.region),
        "card": cells.card,
        "birthday": lambda cell: days.birthday(cell, today, order),
        "lunar_birthday": lambda cell: days.birthday(cell, today, order, is_lunar=True),
        "gender": cells.gender,
        "email": cells.email,
        "address": lambda cell: cells.words(cell, 200),
        "language": cells.language,
        "tags": cells.tags,
        "note": lambda cell: cells.words(cell, 500),
        "store": lambda cell: cells.known(cell, place.stores),
        "joined": lambda cell: days.past(cell, today, order),
        "tier": _tier_reader(place),
        "tier_until": lambda cell: days.day(cell, order),
        "points": cells.points,
        "points_expiry": lambda cell: days.day(cell, order),
        "stored": cells.money,
        "principal": cells.money,
        "bonus": cells.money,
        "bonus_expiry": lambda cell: days.day(cell, order),
        "passes": _pass_reader(today, order),
        "coupons": _coupon_reader(today, order),
        "marketing": cells.truth,
        "marketing_on": lambda cell: days.past(cell, today, order),
    }


def _tier_reader(place: Place) -> Reader:
    """A tier by its name; 普通会员 is 普通 and the other way round, where only one can be meant."""
    ids = {text.folded(tier.name): tier.id for tier in tiers.all_tiers(now=place.now)}
    bare: dict[str, set[int]] = {}
    for name, tier_id in ids.items():
        bare.setdefault(name.removesuffix("会员"), set()).add(tier_id)

    def read(cell: object) -> int | Wrong:
        found = cells.known(cell, ids)
        meant = bare.get(text.folded(cells.plain(cell)).removesuffix("会员"), set())
        return min(meant) if isinstance(found, Wrong) and len(meant) == 1 else found

    return read


def _own_reader(one: OwnField) -> Reader:
    def read(cell: object) -> str | Wrong | None:
        given: object = cells.plain(cell)
        if one.kind == "day":
            found = days.day(cell)
            if isinstance(found, Wrong):
                return found
            given = found.isoformat()
        try:
            return ownfields.read(one, str(given))
        except OwnValueInvalid as error:
            return Wrong(error.as_text(), T("Correct it, or empty the cell."))

    return read


def _several(cell: object) -> list[list[str]]:
    """What stands between semicolons, each in its parts between colons."""
    plain = cells.plain(cell).replace("、", ";").replace("\n", ";").replace(",", ";")
    return [[part.strip() for part in one.split(":")] for one in plain.split(";") if one.strip()]


def _coming(given: str, today: date, order: str) -> date | Wrong:
    found = days.day(given, order)
    return LAPSED if isinstance(found, date) and found < today else found


def _kind_and_end(
    name: str, end: Sequence[str], kinds: Mapping[str, int], today: date, order: str
) -> tuple[int, date | None] | Wrong:
    """The kind of a pass or coupon by its name, and its last day if one is said."""
    kind, until = cells.known(name, kinds), _coming(end[0], today, order) if end else None
    if isinstance(kind, Wrong):
        return kind
    return until if isinstance(until, Wrong) else (kind, until)


def _pass_reader(today: date, order: str) -> Reader:
    kinds = {text.folded(kind.name): kind.id for kind in passes.kinds()}

    def read(cell: object) -> tuple[BroughtPass, ...] | Wrong:
        found = []
        for parts in _several(cell):
            if len(parts) not in (2, 3) or not parts[1].isdecimal() or not 1 <= int(parts[1]) <= 10_000:
                return PASS_FORM
            said = _kind_and_end(parts[0], parts[2:], kinds, today, order)
            if isinstance(said, Wrong):
                return said
            found.append(BroughtPass(said[0], int(parts[1]), said[1]))
        return tuple(found)

    return read


def _coupon_reader(today: date, order: str) -> Reader:
    kinds = {text.folded(kind.name): kind.id for kind in coupons.kinds()}

    def read(cell: object) -> tuple[BroughtCoupon, ...] | Wrong:
        found = []
        for parts in _several(cell):
            if len(parts) not in (1, 2):
                return COUPON_FORM
            said = _kind_and_end(parts[0], parts[1:], kinds, today, order)
            if isinstance(said, Wrong):
                return said
            found.append(BroughtCoupon(*said))
        return tuple(found)

    return read
