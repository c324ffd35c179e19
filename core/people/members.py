"""Members: joining, finding, the card staff see, and changes to a profile."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from core.base import db, ids, phones, text
from core.base.access import Actor, require
from core.base.clock import DAY, Millis
from core.base.errors import Invalid, Refused
from core.base.i18n import N_
from core.books import audit, locks, merges, outbox, posting, rules, stats
from core.books.outbox import Letter
from core.giving import joins, referral
from core.loyalty import coupons, tiers
from core.people import birthdays, blanks, consent, credentials, sources
from core.people.birthdays import Birthday as Birthday
from core.people.cards import MemberCard as MemberCard
from core.people.cards import MemberSummary as MemberSummary
from core.people.cards import card as card
from core.people.cards import own_card as own_card
from core.people.cards import summary as summary
from core.people.consent import Purpose

Source = Literal["poster", "advert", "partner", "staff", "friend", "kiosk", "till", "online", "import"]
NAME_LIMIT = 40


@dataclass(frozen=True)
class Joining:
    """What someone tells when joining; everything but one credential is optional.

    `device_id` is the screen whose code was scanned, `link_id` the source link, which says where from and which store;
    `browser` is the lasting mark of the phone's browser, `card` a blank card that was handed out.
    """

    phone: str | None = None
    name: str | None = None
    birthday: Birthday | None = None
    language: str = "zh"
    source: Source = "till"
    store_id: int | None = None
    purposes: tuple[Purpose, ...] = ("membership",)
    referrer_card: str | None = None
    old_card: str | None = None
    gender: str | None = None
    email: str | None = None
    device_id: int | None = None
    browser: str | None = None
    link_id: int | None = None
    card: str | None = None


@dataclass(frozen=True)
class MemberHit:
    """One line of a search: enough to choose, the phone masked for those who may not see it."""

    id: int
    name: str
    phone: str
    tier_id: int
    points: int
    state: str
    last_day: date | None


class PhoneTaken(Refused):
    """The number belongs to a member already."""

    code = "phone_taken"
    text = N_("{phone} belongs to a member already. Find them by the number; two people need two numbers.")


class CardTaken(Refused):
    """The old card belongs to a member already."""

    code = "card_taken"
    text = N_("Card {card} belongs to a member already. Scan it to find them, or give a new card.")


class NameInvalid(Invalid):
    """A name that cannot be one."""

    code = "name_invalid"
    text = N_("name: “{given}” cannot be used. Names have up to {limit} letters, spaces, dots, dashes.")


def clean_name(name: str | None) -> str | None:
    """A name fit to store and show anywhere; None for an empty one. Raises: NameInvalid."""
    cleaned = text.clean(name or "")
    allowed = all(char.isalpha() or char in " .·'’-" or char.isdigit() for char in cleaned)
    if len(cleaned) > NAME_LIMIT or not allowed:
        raise NameInvalid(field="name", given=cleaned[:20], limit=NAME_LIMIT)
    return cleaned or None


@db.atomic
def join(joining: Joining, *, by: Actor, now: Millis) -> int:
    """Make someone a member: card, tier, consents, welcome coupon, referral. Returns the member's id.

    Raises: NotAllowed, JoinsTooMany, PhoneInvalid, PhoneTaken, CardTaken, NameInvalid, BirthdayInvalid, and for a
    source link SourceOver, SourceBusy …, for a blank card BlankUnknown, BlankUsed, BlankVoid.
    """
    require(by, "member.join")
    shop, screen = rules.current(now=now), joins.admit(joining.device_id, by=by, now=now)
    name = clean_name(joining.name)
    if joining.birthday:
        birthdays.check(joining.birthday)
    phone = phones.normal(joining.phone, region=shop.region) if joining.phone else None
    joining, credited = _by_link(joining, now)
    member_id = _new_rows(joining, name, phone, by, now)
    joins.trace(member_id, screen, joining.browser, now=now)
    if joining.referrer_card:
        referrer_id = credentials.member_with("card", joining.referrer_card)
        if referrer_id is not None:
            referral.referred(member_id, referrer_id, by=by, now=now)
    if shop.welcome_coupon_kind_id:
        coupons.issue(shop.welcome_coupon_kind_id, member_id, ref_kind="join", ref_id=member_id, now=now)
    if phone and "service" in joining.purposes:
        _welcome(member_id, joining.language, shop.shop_name, now)
    after = {"source": joining.source, "phone": text.masked_phone(phone) if phone else None} | credited
    audit.record("member.joined", "member", member_id, by=by, now=now, store_id=joining.store_id, after=after)
    return member_id


def _by_link(joining: Joining, now: Millis) -> tuple[Joining, dict[str, str]]:
    """Somebody who came by a source link belongs to its store; what the audit log says of it."""
    if joining.link_id is None:
        return joining, {}
    link = sources.take_join(joining.link_id, now=now)
    staff = {} if link.staff_id is None else {"staff": str(link.staff_id)}
    return replace(joining, source=link.kind, store_id=link.store_id), {"link": str(link.id)} | staff


def _new_rows(joining: Joining, name: str | None, phone: str | None, by: Actor, now: Millis) -> int:
    member_id = ids.new()
    birthday = joining.birthday
    db.add(
        "member",
        id=member_id,
        state="active",
        home_store_id=joining.store_id,
        source=joining.source,
        language=joining.language,
        joined_at=now,
        source_link_id=joining.link_id,
    )
    given = joining.card
    card = blanks.bind(given, member_id, now=now) if given else credentials.add_card(member_id, now=now)
    keys = search_keys(name, [phone or ""], [card, joining.old_card or ""])
    db.add(
        "member_person",
        member_id=member_id,
        name=name,
        phone=phone,
        email=joining.email,
        gender=joining.gender,
        birth_calendar=birthday.calendar if birthday else None,
        birth_year=birthday.year if birthday else None,
        birth_month=birthday.month if birthday else None,
        birth_day=birthday.day if birthday else None,
        birth_leap=int(birthday.leap) if birthday else 0,
        search_keys=keys,
    )
    if phone and not credentials.add(member_id, "phone", phone, now=now):
        raise PhoneTaken(field="phone", phone=phone)
    if joining.old_card and not credentials.add(member_id, "old_card", joining.old_card, now=now):
        raise CardTaken(field="old_card", card=joining.old_card[:24])
    posting.open_accounts(member_id)
    stats.open_for(member_id)
    tiers.start(member_id, by=by, now=now)
    _index(member_id, "", keys)
    consent.give(
        member_id, joining.purposes, source=joining.source, language=joining.language, by=by, now=now,
        store_id=joining.store_id,
    )  # fmt: skip
    return member_id


def _welcome(member_id: int, language: str, shop_name: str, now: Millis) -> None:
    outbox.put(
        Letter(
            dedupe_key=f"welcome:{member_id}",
            template="welcome",
            category="service",
            language=language,
            variables={"shop": shop_name},
            member_id=member_id,
            expires_at=Millis(now + DAY),
        ),
        now=now,
    )


# --- search --------------------------------------------------------------------------------------


def search_keys(name: str | None, phone_numbers: Sequence[str], cards: Sequence[str]) -> str:
    """The keys a member is found by."""
    numbers: list[str] = []
    for phone in phone_numbers:
        national = phone.removeprefix("+86")
        digits = national.removeprefix("+")
        # a foreign one is found with its country code of one to three digits, and without
        numbers += [digits[i:] for i in range(4)] if national.startswith("+") else [national]
        numbers.append(national[-4:])
    return text.search_keys(name, (*numbers, *(card.removeprefix("C1.") for card in cards)))


def _index(member_id: int, before: str, after: str) -> None:
    """Replace a member's search keys; the old ones leave the index's pages too."""
    if db.is_sqlite():
        if before:
            sql = "INSERT INTO member_search (member_search, rowid, keys) VALUES ('delete', ?, ?)"
            db.run(sql, (member_id, before))
        if after:
            db.run("INSERT INTO member_search (rowid, keys) VALUES (?, ?)", (member_id, after))
        return
    db.run(
        "INSERT INTO member_search (rowid, keys) VALUES (?, array_to_tsvector(string_to_array(?, ' ')))"
        " ON CONFLICT (rowid) DO UPDATE SET keys = excluded.keys",
        (member_id, after),
    )


def index_new(keys: Sequence[tuple[int, str]]) -> None:
    """Let new members be found by their keys; in the caller's transaction."""
    said = "?" if db.is_sqlite() else "array_to_tsvector(string_to_array(?, ' '))"
    db.run_many(f"INSERT INTO member_search (rowid, keys) VALUES (?, {said})", keys)


def index_again(member_id: int) -> None:
    """Let a member be found by what they are called and by the credentials of now; in the caller's transaction.

    Raises: MemberUnknown.
    """
    found = db.one("SELECT name, phone, search_keys FROM member_person WHERE member_id = ?", (member_id,))
    if found is None:
        raise locks.MemberUnknown(member=str(member_id))
    known = {kind: credentials.values_of(member_id, kind) for kind in ("phone", "card", "old_card")}
    numbers = list(dict.fromkeys([found[1] or "", *known["phone"]]))
    keys = search_keys(found[0], numbers, [*known["card"], *known["old_card"]])
    db.run("UPDATE member_person SET search_keys = ? WHERE member_id = ?", (keys, member_id))
    _index(member_id, found[2], keys)


def unindex(member_id: int) -> None:
    """Let a member no longer be found by any word; in the caller's transaction."""
    _index(member_id, db.value("SELECT search_keys FROM member_person WHERE member_id = ?", (member_id,)) or "", "")


def unindex_many(member_ids: Sequence[int]) -> None:
    """Let members no longer be found by any word, all in one go; in the caller's transaction."""
    if not db.is_sqlite():
        db.run_many("DELETE FROM member_search WHERE rowid = ?", [(member_id,) for member_id in member_ids])
        return
    sql = f"SELECT member_id, search_keys FROM member_person WHERE member_id IN ({', '.join('?' * len(member_ids))})"
    found = db.rows(sql, tuple(member_ids)) if member_ids else []
    sql = "INSERT INTO member_search (member_search, rowid, keys) VALUES ('delete', ?, ?)"
    db.run_many(sql, [(member_id, keys) for member_id, keys in found if keys])


_HIT = (
    "SELECT m.id, p.name, p.phone, t.tier_id, a.balance, m.state, s.last_day FROM member m"
    " JOIN member_person p ON p.member_id = m.id JOIN member_tier t ON t.member_id = m.id"
    " JOIN account a ON a.member_id = m.id AND a.asset = 'points' JOIN member_stats s ON s.member_id = m.id"
)


def _hit(row: db.Row, by: Actor) -> MemberHit:
    phone = row[2] or ""
    shown = phone if by.may("member.phone") else text.masked_phone(phone)
    return MemberHit(
        row[0], row[1] or "", shown if phone else "", row[3], row[4], row[5],
        date.fromordinal(row[6]) if row[6] else None,
    )  # fmt: skip


def find(typed: str, *, by: Actor, limit: int = 50, before_id: int = 2**53) -> list[MemberHit]:
    """Members whose keys begin with every word typed, the newest first, a page at a time.

    Words may be a phone or its last four digits, a card, a name or an ending of it, pinyin or
    initials. Nothing typed lists the newest members. Raises: NotAllowed.
    """
    require(by, "member.find")
    match = matching(typed)
    if match is None:
        sql = _HIT + " WHERE m.id < ? AND m.state <> 'merged' ORDER BY m.id DESC LIMIT ?"
        return [_hit(row, by) for row in db.rows(sql, (before_id, limit))]
    found = f"SELECT rowid FROM member_search WHERE {match[0]} AND rowid < ? ORDER BY rowid DESC LIMIT ?"
    sql = _HIT + f" WHERE m.id IN ({found}) ORDER BY m.id DESC"
    return [_hit(row, by) for row in db.rows(sql, (match[1], before_id, limit))]


def matching(typed: str) -> tuple[str, str] | None:
    """The condition on `member_search` for what is typed, and its value; None if nothing is typed."""
    words = text.search_words(typed)
    if not words:
        return None
    if db.is_sqlite():
        return "member_search MATCH ?", " AND ".join(f'"{word}"*' for word in words)
    return "keys @@ ?::tsquery", " & ".join(f"'{word}':*" for word in words)


def hits(member_ids: Sequence[int], *, by: Actor) -> list[MemberHit]:
    """The lines of these members, the newest first. Raises: NotAllowed."""
    require(by, "member.find")
    if not member_ids:
        return []
    marks = ", ".join("?" * len(member_ids))
    found = db.rows(_HIT + f" WHERE m.id IN ({marks}) ORDER BY m.id DESC", tuple(member_ids))
    return [_hit(row, by) for row in found]


def by_id(member_id: int, *, by: Actor) -> MemberHit | None:
    """The line of one member, if there is one with this id; of a merged one whom they went into. Raises: NotAllowed."""
    require(by, "member.find")
    row = db.one(_HIT + " WHERE m.id = ?", (merges.leads_to(member_id),))
    return None if row is None else _hit(row, by)


def count_found(typed: str, *, limit: int = 1001) -> int:
    """How many members a search finds, counted up to a limit."""
    match = matching(typed)
    if match is None:
        sql = "SELECT count(*) FROM (SELECT 1 FROM member WHERE state <> 'merged' LIMIT ?) AS found"
        return int(db.value(sql, (limit,)))
    sql = f"SELECT count(*) FROM (SELECT 1 FROM member_search WHERE {match[0]} LIMIT ?) AS found"
    return int(db.value(sql, (match[1], limit)))


# --- changes -------------------------------------------------------------------------------------


@db.atomic
def rename(member_id: int, name: str, *, by: Actor, now: Millis) -> None:
    """Change a member's name. Raises: NotAllowed, NameInvalid, MemberUnknown …"""
    check_may_edit(member_id, by)
    locks.hold(member_id)
    db.run("UPDATE member_person SET name = ? WHERE member_id = ?", (clean_name(name), member_id))
    index_again(member_id)
    audit.record("member.renamed", "member", member_id, by=by, now=now, after={"field": "name"})


@db.atomic
def set_birthday(member_id: int, birthday: Birthday, *, by: Actor, now: Millis) -> None:
    """Set a birthday; a member may do so once alone, later with staff.

    Raises: NotAllowed, BirthdayInvalid, BirthdayFixed, MemberUnknown …
    """
    check_may_edit(member_id, by)
    birthdays.check(birthday)
    locks.hold(member_id)
    sql = "SELECT birthday_changes, birth_calendar FROM member_person WHERE member_id = ?"
    changes, known = db.one(sql, (member_id,)) or (0, None)
    if by.kind == "member" and known and changes >= 1:
        raise birthdays.BirthdayFixed(field="birthday")
    db.run(
        "UPDATE member_person SET birth_calendar = ?, birth_month = ?, birth_day = ?, birth_year = ?,"
        " birth_leap = ?, birthday_changes = ? WHERE member_id = ?",
        (birthday.calendar, birthday.month, birthday.day, birthday.year, int(birthday.leap),
         changes + (1 if known else 0), member_id),
    )  # fmt: skip
    audit.record("member.birthday", "member", member_id, by=by, now=now, after={"field": "birthday"})


@db.atomic
def set_note(member_id: int, *, note: str, alert: str, by: Actor, now: Millis) -> None:
    """Set a member's note and the alert pinned to the till. Raises: NotAllowed, MemberUnknown …"""
    require(by, "member.edit")
    locks.hold(member_id)
    db.run(
        "UPDATE member_person SET note = ?, alert = ? WHERE member_id = ?",
        (text.clean(note)[:500], text.clean(alert)[:80], member_id),
    )
    audit.record("member.note", "member", member_id, by=by, now=now, after={"field": "note"})


def is_active(member_id: int) -> bool:
    """Whether a membership may be used: neither blocked nor merged nor erased."""
    return bool(db.value("SELECT state FROM member WHERE id = ?", (member_id,)) == "active")


@db.atomic
def set_state(member_id: int, state: Literal["active", "blocked"], *, by: Actor, now: Millis) -> None:
    """Block a membership or open it again. Raises: NotAllowed."""
    require(by, "member.edit")
    sql = "UPDATE member SET state = ?, version = version + 1 WHERE id = ? AND state IN ('active', 'blocked')"
    if not db.change(sql, (state, member_id)):
        raise locks.MemberUnknown(member=str(member_id))
    audit.record(f"member.{state}", "member", member_id, by=by, now=now)


def check_may_edit(member_id: int, by: Actor) -> None:
    """Raise unless someone may change a profile: their own, or by right. Raises: NotAllowed."""
    if not (by.kind == "member" and by.id == member_id):
        require(by, "member.edit")


def themselves(member_id: int, *, name: str = "") -> Actor:
    """The actor of a member on their own phone."""
    return Actor(kind="member", id=member_id, name=name, door="phone", rights=frozenset())
