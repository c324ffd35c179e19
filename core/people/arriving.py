"""Arriving 迁入: members of the system before as members of this shop, many at once; and gone again.

What `members.join` writes for one, with the same rules, in one statement a table. Nobody is welcomed, nobody
rewarded for bringing a friend: these people were members already.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from core.base import codes, db, ids
from core.base.clock import Millis
from core.books import events, openings, posting, stats
from core.books.accounts import ASSETS, Cause
from core.books.openings import Had
from core.loyalty import arrivals
from core.loyalty.arrivals import BroughtCoupon, BroughtPass, Rank
from core.people import consent, members
from core.people.birthdays import Birthday

SOURCE = "import"


@dataclass(frozen=True, slots=True)
class Arrival:
    """One member of the system before, checked: nobody else has these numbers, the tier and kinds exist.

    `had` is what they have of points and stored value; `marketing` their last word on offers, and when.
    """

    name: str | None
    phones: tuple[str, ...]
    card: str | None
    language: str
    store_id: int
    joined_at: Millis
    birthday: Birthday | None = None
    gender: str | None = None
    email: str | None = None
    address: str | None = None
    note: str | None = None
    tags: tuple[str, ...] = ()
    own: tuple[tuple[int, str], ...] = ()
    rank: Rank | None = None
    had: Had | None = None
    passes: tuple[BroughtPass, ...] = ()
    coupons: tuple[BroughtCoupon, ...] = ()
    marketing: tuple[bool, Millis] | None = None


def arrive(arrived: Sequence[Arrival], cause: Cause) -> list[int]:
    """Make members of these, with all they bring; their ids. Inside the caller's transaction."""
    member_ids = ids.several(len(arrived))
    pairs = list(zip(member_ids, arrived, strict=True))
    _write_members(pairs)
    _write_people(pairs, cause.now)
    _write_words(pairs, cause)
    openings.open_with([(member_id, one.had or {}) for member_id, one in pairs], cause)
    stats.open_for_many(member_ids)
    arrivals.start_tiers([(member_id, one.rank) for member_id, one in pairs], cause)
    arrivals.give_passes([(member_id, held) for member_id, one in pairs for held in one.passes], cause)
    arrivals.give_coupons([(member_id, held) for member_id, one in pairs for held in one.coupons], cause)
    for member_id, one in pairs:
        events.tell("member.joined", store_id=one.store_id, member_id=member_id, now=cause.now)
    return member_ids


def _write_members(pairs: Sequence[tuple[int, Arrival]]) -> None:
    rows = [(id, one.store_id, SOURCE, one.language, one.joined_at) for id, one in pairs]
    sql = (
        "INSERT INTO member (id, state, home_store_id, source, language, joined_at) VALUES (?, 'active', ?, ?, ?, ?)"
    )  # fmt: skip
    db.run_many(sql, rows)


_PERSON = (
    "INSERT INTO member_person (member_id, name, phone, email, gender, birth_calendar, birth_year, birth_month,"
    " birth_day, birth_leap, address, note, search_keys) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_CREDENTIAL = (
    "INSERT INTO credential (id, member_id, kind, value, state, created_at) VALUES (?, ?, ?, ?, 'active', ?)"
)  # fmt: skip


def _write_people(pairs: Sequence[tuple[int, Arrival]], now: Millis) -> None:
    """Profiles, what proves each, and the keys each is found by."""
    people, proofs, found_by = [], [], []
    fresh = iter(ids.several(sum(1 + len(one.phones) + bool(one.card) for _, one in pairs)))
    for (member_id, one), card in zip(pairs, codes.new_cards(len(pairs)), strict=True):
        phone = one.phones[0] if one.phones else None
        keys = members.search_keys(one.name, one.phones or [""], [card, one.card or ""])
        born = one.birthday
        said = (None, None, None, None, 0)
        if born is not None:
            said = (born.calendar, born.year, born.month, born.day, int(born.leap))  # type: ignore[assignment]
        people.append(
            (member_id, one.name, phone, one.email, one.gender, *said, one.address, one.note, keys)
        )  # fmt: skip
        found_by.append((member_id, keys))
        # the newest of several numbers counts as theirs, so the first is written last
        values = [("card", card), *(("phone", number) for number in reversed(one.phones))]
        if one.card:
            values.append(("old_card", one.card))
        proofs += [(next(fresh), member_id, kind, value, now) for kind, value in values]
    db.run_many(_PERSON, people)
    db.run_many(_CREDENTIAL, proofs)
    members.index_new(found_by)


def _write_words(pairs: Sequence[tuple[int, Arrival]], cause: Cause) -> None:
    """What was agreed to, tags, and the shop's own fields."""
    consent.give_many(
        [
            (member_id, purpose, granted, one.language, one.store_id, at)
            for member_id, one in pairs
            for purpose, granted, at in _agreed(one, cause.now)
        ],
        source=SOURCE,
        by=cause.by,
    )
    tagged = {name for _, one in pairs for name in one.tags}
    tag_ids = {name: _tag(name, cause.now) for name in sorted(tagged)}
    rows = [(tag_ids[name], member_id, cause.now) for member_id, one in pairs for name in one.tags]
    db.run_many("INSERT INTO member_tag (tag_id, member_id, at) VALUES (?, ?, ?)", rows)
    own = [(member_id, field_id, value) for member_id, one in pairs for field_id, value in one.own]
    db.run_many("INSERT INTO own_value (member_id, field_id, value) VALUES (?, ?, ?)", own)


def _agreed(one: Arrival, now: Millis) -> list[tuple[consent.Purpose, bool, Millis]]:
    """To be a member, as of now; to offers, if a column said so."""
    said: list[tuple[consent.Purpose, bool, Millis]] = [("membership", True, now)]
    return said if one.marketing is None else [*said, ("marketing", *one.marketing)]


def _tag(name: str, now: Millis) -> int:
    db.run("INSERT INTO tag (id, name, created_at) VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING",
           (ids.new(), name, now))  # fmt: skip
    return int(db.value("SELECT id FROM tag WHERE name = ?", (name,)))


def leave_again(member_ids: Sequence[int], cause: Cause) -> None:
    """Undo arrivals that nobody used: value goes back, the people go, numbers the books refer to stay.

    Inside the caller's transaction, the members locked.
    """
    for member_id in member_ids:
        for asset in ASSETS:
            posting.take_all(posting.account(member_id, asset), cause)
        arrivals.cancel_all(member_id, cause)
    members.unindex_many(member_ids)
    each = [(member_id,) for member_id in member_ids]
    for table in ("member_tag", "own_value", "credential", "member_person"):
        db.run_many(f"DELETE FROM {table} WHERE member_id = ?", each)
    db.run_many("UPDATE member SET state = 'erased', version = version + 1 WHERE id = ?", each)
