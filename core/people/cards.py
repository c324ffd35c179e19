"""What is shown of one member: in short at a till or a screen, and the whole card."""

from dataclasses import dataclass, field, replace
from typing import Any

from core.base import db, text
from core.base.access import Actor, require
from core.base.clock import Millis
from core.books import accounts, locks, stats
from core.books.accounts import Lot
from core.books.stats import MemberStats
from core.loyalty import coupons, points, tiers
from core.loyalty.coupons import Coupon
from core.loyalty.points import PointsState
from core.loyalty.tiers import Standing
from core.loyalty.wallet import Wallet
from core.people import consent, ownfields, tags
from core.people.birthdays import Birthday
from core.people.consent import ConsentState
from core.people.ownfields import OwnField


@dataclass(frozen=True)
class MemberSummary:
    """What a till or a screen shows of one member, as one consistent view."""

    id: int
    name: str
    phone: str
    card: str
    state: str
    language: str
    birthday: Birthday | None
    alert: str
    note: str
    joined_at: Millis
    standing: Standing
    points: PointsState
    wallet: Wallet
    coupons: tuple[Coupon, ...]


@dataclass(frozen=True)
class MemberCard(MemberSummary):
    """Everything the asker may see of one member, as one consistent view."""

    stats: MemberStats
    consents: tuple[ConsentState, ...] = field(default=())
    tags: tuple[str, ...] = ()
    own: tuple[tuple[OwnField, str], ...] = ()


_SUMMARY = (
    "SELECT m.state, m.language, m.joined_at, p.name, p.phone, p.birth_calendar, p.birth_month,"
    " p.birth_day, p.birth_year, p.birth_leap, p.alert, p.note, (SELECT value FROM credential"
    "  WHERE member_id = m.id AND kind = 'card' AND state = 'active' ORDER BY created_at DESC, id DESC LIMIT 1),"
    " h.tier_id, h.since_at, h.until_at FROM member m JOIN member_person p ON p.member_id = m.id"
    " LEFT JOIN member_tier h ON h.member_id = m.id WHERE m.id = ?"
)


def summary(member_id: int, *, by: Actor, now: Millis) -> MemberSummary:
    """What of one member the asker may see at a till. Raises: NotAllowed, MemberUnknown."""
    require(by, "member.find")
    with db.read():
        return MemberSummary(**_summary(member_id, full_phone=by.may("member.phone"), now=now))


def card(member_id: int, *, by: Actor, now: Millis) -> MemberCard:
    """One member as the asker may see them. Raises: NotAllowed, MemberUnknown."""
    require(by, "member.find")
    with db.read():
        found = _card(member_id, full_phone=by.may("member.phone"), now=now)
        return replace(found, tags=tags.of(member_id), own=ownfields.of(member_id))


def own_card(member_id: int, *, now: Millis) -> MemberCard:
    """The member's own view, for the phone session of that member."""
    return _card(member_id, full_phone=True, now=now)


def _card(member_id: int, *, full_phone: bool, now: Millis) -> MemberCard:
    with db.read():
        found = _summary(member_id, full_phone=full_phone, now=now)
        return MemberCard(**found, stats=stats.of(member_id), consents=tuple(consent.states(member_id)))


def _summary(member_id: int, *, full_phone: bool, now: Millis) -> dict[str, Any]:
    """The fields of a summary, inside a view."""
    found = db.one(_SUMMARY, (member_id,))
    if found is None:
        raise locks.MemberUnknown(member=str(member_id), what=str(member_id))
    state, language, joined_at, name, phone, calendar, month, day, year, leap, alert, note, number, *held = found
    purse = accounts.purse(member_id, now=now)
    return {
        "id": member_id,
        "name": name or "",
        "phone": (phone if full_phone else text.masked_phone(phone)) if phone else "",
        "card": number or "",
        "state": state,
        "language": language,
        "birthday": Birthday(calendar, month, day, year, bool(leap)) if calendar else None,
        "alert": alert or "",
        "note": note or "",
        "joined_at": joined_at,
        "standing": tiers.standing_of(member_id, (held[0], held[1], held[2]), now=now),
        "points": points.of_lots(*purse["points"], now=now),
        "wallet": Wallet(_free(purse["principal"][1]), _free(purse["bonus"][1])),
        "coupons": tuple(coupons.held_by(member_id, now=now)),
    }


def _free(lots: list[Lot]) -> int:
    return sum(lot.free for lot in lots)
