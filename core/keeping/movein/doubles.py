"""Doubles: rows that stand for the same person, surely (a phone, a card) or perhaps (a name and nearly a phone)."""

from collections.abc import Iterable, Iterator, Sequence

from core.base import db, text
from core.keeping.movein.sides import Double, Item
from core.people.arriving import Arrival

MARKS, MOST_ALIKE = 400, 300
"""So many values are asked for at once; of so many people of one name with the same first digits each is compared."""
Person = tuple[int | None, str, str, tuple[object, ...] | None]
"""A row (None: a member of the shop), the name, the phone, the birthday."""


def credentials_of(one: Arrival) -> list[tuple[str, str]]:
    """What proves someone: kind and value."""
    proofs = [("phone", phone) for phone in one.phones]
    return [*proofs, ("old_card", one.card)] if one.card else proofs


def taken(wanted: Sequence[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Which of these credentials belong to a member already, and to whom."""
    found: dict[tuple[str, str], int] = {}
    for kind in ("phone", "old_card"):
        values = [value for one, value in wanted if one == kind]
        for start in range(0, len(values), MARKS):
            part = values[start : start + MARKS]
            marks = ", ".join("?" * len(part))
            sql = f"SELECT value, member_id FROM credential WHERE kind = ? AND state = 'active' AND value IN ({marks})"
            found |= {(kind, value): member_id for value, member_id in db.rows(sql, (kind, *part))}
    return found


def near(items: Iterable[Item]) -> Iterator[Double]:
    """New rows that may be someone who stands elsewhere in the file or in the shop: the same name, and a phone that
    differs by one slip of the finger (Damerau-Levenshtein 1) or the same birthday.
    """
    people = [_person(item) for item in items if item.outcome == "new"]
    names = {person[1] for person in people if person[1]}
    blocks: dict[tuple[object, ...], list[Person]] = {}
    told: set[int | None] = set()
    for person in (*_members(names), *people):
        row, name, phone, born = person
        if not name:
            continue
        found: tuple[int | None, str] | None = None
        for block in blocks_of(name, phone, born):
            for other in blocks.get(block, ())[:MOST_ALIKE]:
                same = block[0] == "born" or one_slip(phone, other[2])
                if row is not None and found is None and same and (phone != other[2] or not phone):
                    found = other[0], "near_birthday" if block[0] == "born" else "near_phone"
            blocks.setdefault(block, []).append(person)
        if row is not None and found is not None and row not in told:
            told.add(row)
            yield Double(row, found[0], found[1], f"{text.masked_name(name)} {text.masked_phone(phone)}".strip())


def _person(item: Item) -> Person:
    one: Arrival = item.value
    born = one.birthday
    key = None if born is None else (born.calendar, born.month, born.day, born.year)
    return item.rows[0], text.folded(one.name or ""), one.phones[0] if one.phones else "", key


def blocks_of(name: str, phone: str, born: tuple[object, ...] | None) -> Iterator[tuple[object, ...]]:
    """Where a person is looked for: one slip leaves the first or the last five digits as they are."""
    if len(phone) > 8:
        national = phone.removeprefix("+86")
        yield "first", name, national[:5]
        yield "last", name, national[-5:]
    if born is not None:
        yield "born", name, *born


def one_slip(phone: str, other: str) -> bool:
    """Whether two numbers differ by one slip of the finger at most."""
    from rapidfuzz.distance import DamerauLevenshtein  # 20 ms to import: only when people are compared

    return DamerauLevenshtein.distance(phone, other, score_cutoff=1) <= 1


def _members(names: set[str]) -> Iterator[Person]:
    """Members of the shop who have one of these names."""
    after = 0
    sql = (
        "SELECT p.member_id, p.name, p.phone, p.birth_calendar, p.birth_month, p.birth_day, p.birth_year"
        " FROM member_person p JOIN member m ON m.id = p.member_id AND m.state = 'active'"
        " WHERE p.member_id > ? ORDER BY p.member_id LIMIT 5000"
    )
    while found := db.rows(sql, (after,)):
        after = found[-1][0]
        for _id, name, phone, *born in found:
            if name and (plain := text.folded(name)) in names:
                yield None, plain, phone or "", tuple(born) if born[0] else None
