"""Who signed up for an event: the list, what each still has to pay or gets back, and what one member signed up for.

A fee in money enters as a sale only. It is not written here: a sign-up is paid as far as the member bought the
event's product since it was planned, less what came back, so refunds and merges need no second book.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from core.base import db, text
from core.base.access import Actor, require, require_own
from core.base.clock import HOUR, Millis
from core.base.errors import NotFound
from core.base.i18n import N_
from core.books import merges
from core.books.merges import Merge
from core.loyalty import tiers
from core.service import gatherings
from core.service.gatheringrules import EARLY_HOURS, opens_at
from core.service.gatherings import Gathering

State = Literal["booked", "waiting", "cancelled", "attended", "absent"]
STATES: dict[str, str] = {
    "booked": N_("signed up"),
    "waiting": N_("waiting list"),
    "cancelled": N_("cancelled"),
    "attended": N_("came"),
    "absent": N_("did not come"),
}
LIVE = "('booked', 'waiting')"


@dataclass(frozen=True)
class SignUp:
    """One party: a member with so many places, and the points they gave for them."""

    id: int
    gathering_id: int
    member_id: int
    places: int
    state: State
    at: Millis
    points: int
    entry_id: int | None

    @property
    def is_live(self) -> bool:
        """Whether it holds places or waits for some."""
        return self.state in ("booked", "waiting")


@dataclass(frozen=True)
class Guest:
    """A line of the list. `phone` is masked for who may not see numbers; `place` counts the waiting list from 1.

    `to_pay` and `to_refund` are places still to be paid at the till, or paid and to be given back there.
    """

    signup: SignUp
    name: str
    phone: str
    place: int
    to_pay: int
    to_refund: int
    door: str


@dataclass(frozen=True)
class Mine:
    """What a member signed up for; `place` counts the waiting list from 1, 0 for who does not wait."""

    gathering: Gathering
    signup: SignUp
    place: int
    to_pay: int


@dataclass(frozen=True)
class Offer:
    """An event as one member sees it: what they have in it, and from when their tier may sign up (None: never)."""

    gathering: Gathering
    mine: Mine | None
    opens_at: Millis | None


class SignUpUnknown(NotFound):
    """No sign-up has this id."""

    code = "signup_unknown"
    text = N_("There is no sign-up {what}. Open the event and choose one.")


COLUMNS = "s.id, s.gathering_id, s.member_id, s.places, s.state, s.at, s.points, s.entry_id"


def get(signup_id: int) -> SignUp:
    """One sign-up. Raises: SignUpUnknown."""
    row = db.one(f"SELECT {COLUMNS} FROM gathering_signup s WHERE s.id = ?", (signup_id,))
    if row is None:
        raise SignUpUnknown(what=str(signup_id))
    return SignUp(*row)


def live(gathering_id: int, state: str = "") -> list[SignUp]:
    """Parties that hold or await places, of one state or both, in the order they signed up."""
    only, values = (" AND s.state = ?", (gathering_id, state)) if state else ("", (gathering_id,))
    sql = f"SELECT {COLUMNS} FROM gathering_signup s WHERE s.gathering_id = ? AND s.state IN {LIVE}{only}"
    return [SignUp(*row) for row in db.rows(f"{sql} ORDER BY s.at, s.id", values)]


def came(gathering_id: int) -> list[SignUp]:
    """Parties that are checked in and whose member is still one, in the order they signed up."""
    sql = (
        f"SELECT {COLUMNS} FROM gathering_signup s JOIN member m ON m.id = s.member_id AND m.state <> 'erased'"
        " WHERE s.gathering_id = ? AND s.state = 'attended' ORDER BY s.at, s.id"
    )
    return [SignUp(*row) for row in db.rows(sql, (gathering_id,))]


def of_both(gathering_id: int, member_id: int) -> list[SignUp]:
    """What a member has in an event and did not cancel; several after a merge, those with places first."""
    sql = (
        f"SELECT {COLUMNS} FROM gathering_signup s WHERE s.gathering_id = ? AND s.member_id = ?"
        " AND s.state <> 'cancelled' ORDER BY s.state = 'waiting', s.at, s.id"
    )
    return [SignUp(*row) for row in db.rows(sql, (gathering_id, member_id))]


def signups(gathering_id: int, *, by: Actor) -> list[Guest]:
    """Everyone who signed up: those with places, the waiting list in its order, who cancelled at the end.

    Raises: NotAllowed, GatheringUnknown.
    """
    require(by, "service")
    sql = (
        f"SELECT {COLUMNS}, coalesce(p.name, ''), coalesce(p.phone, ''), s.door, s.fee_back FROM gathering_signup s"
        " LEFT JOIN member_person p ON p.member_id = s.member_id WHERE s.gathering_id = ?"
        " ORDER BY CASE s.state WHEN 'waiting' THEN 1 WHEN 'cancelled' THEN 2 ELSE 0 END, s.at, s.id"
    )
    with db.read():
        found, rows = gatherings.get(gathering_id), db.rows(sql, (gathering_id,))
        left, guests, place = paid_places(found), list[Guest](), 0
        for row in rows:
            one = SignUp(*row[:8])
            place += one.state == "waiting"
            phone = row[9] if by.may("member.phone") else text.masked_phone(row[9]) if row[9] else ""
            to_pay, to_refund = _money(found, one, left, fee_back=bool(row[11]))
            guests.append(Guest(one, row[8], phone, place if one.state == "waiting" else 0, to_pay, to_refund, row[10]))
        return guests


def _money(found: Gathering, one: SignUp, left: dict[int, int], *, fee_back: bool) -> tuple[int, int]:
    """Places to pay and places to give back; what is used up leaves `left`, those with places come first."""
    if found.plan.product_id is None or one.state == "waiting":
        return 0, 0
    paid = min(one.places, left.get(one.member_id, 0))
    if one.state == "cancelled" and not fee_back:
        return 0, 0
    left[one.member_id] = left.get(one.member_id, 0) - paid
    return (0, paid) if one.state == "cancelled" else (one.places - paid, 0)


def paid_places(found: Gathering) -> dict[int, int]:
    """How many places each member bought at the till and has not brought back."""
    if found.plan.product_id is None:
        return {}
    ends = 2**53 if found.ended_at is None or found.state == "cancelled" else found.ended_at
    rows = db.rows(
        "SELECT s.member_id, CAST(sum(l.quantity_milli - coalesce((SELECT sum(r.quantity_milli) FROM refund_line r"
        " WHERE r.line_id = l.id), 0)) AS BIGINT) FROM sale_line l JOIN sale s ON s.id = l.sale_id"
        " JOIN gathering g ON g.id = ? WHERE l.product_id = g.product_id AND s.member_id IS NOT NULL"
        " AND s.at >= g.created_at AND s.at < ? GROUP BY s.member_id",
        (found.id, ends),
    )
    return {member_id: milli // 1000 for member_id, milli in rows if milli >= 1000}


def of_member(member_id: int, *, by: Actor, now: Millis, limit: int = 20) -> list[Mine]:
    """What a member signed up for and did not cancel, what comes next first, then what is over, the latest first.

    Raises: NotAllowed.
    """
    _may_see(by, member_id)
    sql = (
        f"SELECT {COLUMNS} FROM gathering_signup s JOIN gathering g ON g.id = s.gathering_id"
        " WHERE s.member_id = ? AND s.state <> 'cancelled'"
        " ORDER BY g.until_at <= ?, CASE WHEN g.until_at > ? THEN g.from_at ELSE -g.from_at END, s.id LIMIT ?"
    )
    with db.read():
        return [_mine(SignUp(*row)) for row in db.rows(sql, (member_id, now, now, limit))]


def _mine(one: SignUp) -> Mine:
    found, place = gatherings.get(one.gathering_id), 0
    if one.state == "waiting":
        ahead = (
            "SELECT count(*) FROM gathering_signup WHERE gathering_id = ? AND state = 'waiting' AND (at, id) <= (?, ?)"
        )
        place = db.value(ahead, (found.id, one.at, one.id))
    return Mine(found, one, place, _money(found, one, paid_places(found), fee_back=False)[0])


def offers(member_id: int, *, by: Actor, now: Millis) -> list[Offer]:
    """Coming events as a member sees them, the next first; those not for their tier only if they are signed up.

    Raises: NotAllowed.
    """
    with db.read():
        held = {one.gathering.id: one for one in of_member(member_id, by=by, now=now) if one.gathering.is_coming}
        rank = tiers.of(member_id, now=now).rank
        seen = [
            Offer(one, held.get(one.id), opens_at(one.plan.openings, rank)) for one in gatherings.coming(now=now)
        ]  # fmt: skip
    return [one for one in seen if one.mine or one.opens_at is not None]


def _may_see(by: Actor, member_id: int) -> None:
    if by.kind == "kiosk":
        require(by, "member.find")
    else:
        require_own(by, member_id, "member.find")


def arriving(member_id: int, *, store_id: int, now: Millis) -> Gathering | None:
    """The event in a store this member is signed up for and could be checked in to now, if there is one."""
    sql = (
        "SELECT g.id FROM gathering_signup s JOIN gathering g ON g.id = s.gathering_id WHERE s.member_id = ?"
        " AND s.state = 'booked' AND g.state IN ('open', 'closed') AND (g.store_id = ? OR g.store_id IS NULL)"
        " AND g.from_at <= ? AND g.until_at > ? ORDER BY g.from_at, g.id LIMIT 1"
    )
    found = db.value(sql, (member_id, store_id, now + EARLY_HOURS * HOUR, now))
    return None if found is None else gatherings.get(found)


def members_of(found: Sequence[SignUp]) -> list[int]:
    """Whose sign-ups these are, for locking."""
    return [one.member_id for one in found]


# --- members who merge -----------------------------------------------------------------------------


def carry(merge: Merge) -> None:
    """Sign-ups follow the person, who may then have two parties in one event; inside the caller's transaction."""
    merges.repoint(merge, "gathering_signup")


def carry_back(merge: Merge) -> None:
    """Let them go back; inside the caller's transaction."""
    merges.point_back(merge, "gathering_signup")
