"""What proves a member, and what each proof allows; kept apart from the member."""

import hmac
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

from core.base import clock, codes, db, ids, phones, settings
from core.base.clock import Millis
from core.base.errors import NotAllowed, NotFound, Refused
from core.base.i18n import N_
from core.books import merges, rules

ProofKind = Literal["spoken", "card", "rotating", "code", "session", "fresh_code"]

ALLOWS: dict[ProofKind, frozenset[str]] = {
    "spoken": frozenset({"earn", "coupon"}),
    "card": frozenset({"see", "earn", "coupon", "spend_little"}),
    "rotating": frozenset({"see", "earn", "coupon", "spend", "place"}),
    "code": frozenset({"see", "earn", "coupon", "spend", "place"}),
    "session": frozenset({"see", "profile", "ask", "place"}),
    "fresh_code": frozenset({"see", "profile", "place", "phone", "export", "erase"}),
}
"""What each proof allows: the whole table, in one place.

`place`: points for places at an event, in the member's own name, which come back when they cancel.
"""


@dataclass(frozen=True)
class Proof:
    """Someone proved to be a member, how, and until when it counts."""

    member_id: int
    kind: ProofKind
    until_at: Millis

    def allows(self, what: str, *, now: Millis) -> bool:
        """Whether this proof allows something now."""
        return what in ALLOWS[self.kind] and now <= self.until_at


class CodeUnknown(NotFound):
    """The scanned code belongs to no member."""

    code = "code_unknown"
    text = N_("This code is not known. Scan it again, or find the member by phone or name.")


class CodeOld(Refused):
    """A rotating code was shown too long ago, or never by this phone."""

    code = "code_old"
    text = N_("This code has run out. The page on the phone shows a new one every 15 seconds; scan that.")


class CodeUsed(Refused):
    """A rotating code can move value once."""

    code = "code_used"
    text = N_("This code was used already. Wait for the next one on the phone (up to 15 seconds) and scan that.")


class FreshProofNeeded(NotAllowed):
    """A step that needs a code entered within the last ten minutes."""

    code = "fresh_proof_needed"
    text = N_("This needs a fresh code. Ask for one by text message and enter it; it then counts for ten minutes.")


PROOF_MINUTES = 10


def add_card(member_id: int, *, now: Millis) -> str:
    """Give a member a fresh card number; inside the caller's transaction."""
    card = codes.new_card()
    while not add(member_id, "card", card, now=now):
        card = codes.new_card()
    return card


def add(member_id: int, kind: Literal["phone", "card", "old_card"], value: str, *, now: Millis) -> bool:
    """Let a member be found by a credential; False if an active one has this value already.

    Inside the caller's transaction.
    """
    sql = (
        "INSERT INTO credential (id, member_id, kind, value, state, created_at)"
        " VALUES (?, ?, ?, ?, 'active', ?) ON CONFLICT (kind, value) WHERE state = 'active' DO NOTHING"
    )
    return db.change(sql, (ids.new(), member_id, kind, value, now)) == 1


def end(member_id: int, kind: Literal["phone", "card", "old_card"], *, now: Millis) -> int:
    """Let a member no longer be found by credentials of a kind; how many ended. Inside the caller's transaction."""
    sql = "UPDATE credential SET state = 'revoked', ended_at = ? WHERE member_id = ? AND kind = ? AND state = 'active'"
    return db.change(sql, (now, member_id, kind))


def member_with(kind: str, value: str) -> int | None:
    """The member an active credential belongs to."""
    sql = "SELECT member_id FROM credential WHERE kind = ? AND value = ? AND state = 'active'"
    found = db.value(sql, (kind, value))
    return None if found is None else int(found)


def card_of(member_id: int) -> str | None:
    """A member's active card number."""
    return value_of(member_id, "card")


def value_of(member_id: int, kind: str) -> str | None:
    """The active credential of a kind; of several numbers the one messages go to, else the newest."""
    sql = (
        "SELECT c.value FROM credential c LEFT JOIN member_person p ON p.member_id = c.member_id AND p.phone = c.value"
        " WHERE c.member_id = ? AND c.kind = ? AND c.state = 'active'"
        " ORDER BY p.phone IS NULL, c.created_at DESC, c.id DESC LIMIT 1"
    )
    found: str | None = db.value(sql, (member_id, kind))
    return found


def values_of(member_id: int, kind: str) -> list[str]:
    """All active credentials of a kind, the newest first; who was merged with another has several."""
    sql = (
        "SELECT value FROM credential WHERE member_id = ? AND kind = ? AND state = 'active'"
        " ORDER BY created_at DESC, id DESC"
    )
    return [value for (value,) in db.rows(sql, (member_id, kind))]


def _rotation_key(card: str, generation: int) -> bytes:
    message = f"{card}/{generation}".encode()
    return hmac.new(settings.derived_key("rotating code"), message, sha256).digest()[:20]


def rotating_code(member_id: int, *, now: Millis) -> str:
    """The code a member's phone shows now; the next one in at most 15 seconds. Raises: CodeUnknown."""
    sql = (
        "SELECT value, generation FROM credential WHERE member_id = ? AND kind = 'card' AND state = 'active'"
        " ORDER BY id DESC"
    )
    found = db.one(sql, (member_id,))
    if found is None:
        raise CodeUnknown(what="card")
    return codes.rotating(found[0], _rotation_key(*found), now // clock.SECOND)


def identify(scanned: str, *, now: Millis) -> Proof:
    """Who a scanned code belongs to and what it proves; uses nothing up.

    Raises: CodeUnknown, CodeOld.
    """
    code = codes.parse(scanned)
    until = Millis(now + PROOF_MINUTES * clock.MINUTE)
    if code is None or code.kind in ("coupon", "badge"):
        member_id = member_with("old_card", scanned.strip())
        if member_id is None:
            raise CodeUnknown(what=scanned[:24])
        return Proof(member_id, "card", until)
    if code.kind == "card":
        member_id = member_with("card", code.body)
        if member_id is None:
            raise CodeUnknown(what=code.body)
        return Proof(member_id, "card", until)
    member_id, _row, _step, _last = _rotating_row(code, now)
    return Proof(member_id, "rotating", until)


def _rotating_row(code: codes.Code, now: Millis) -> tuple[int, int, int, int]:
    found = db.one(
        "SELECT member_id, id, generation, last_step FROM credential WHERE kind = 'card' AND value = ?"
        " AND state = 'active'",
        (code.body,),
    )
    if found is None:
        raise CodeUnknown(what=code.body)
    step = now // clock.SECOND // codes.STEP_S
    key = _rotation_key(code.body, found[2])
    for candidate in (step, step - 1):
        if hmac.compare_digest(codes.totp(key, candidate), code.digits):
            return int(found[0]), int(found[1]), candidate, int(found[3])
    raise CodeOld()


@db.atomic
def prove(scanned: str, *, now: Millis) -> Proof:
    """As identify, and a rotating code is used up: the same one proves nothing again.

    Raises: CodeUnknown, CodeOld, CodeUsed.
    """
    code = codes.parse(scanned)
    if code is None or code.kind != "rotating":
        return identify(scanned, now=now)
    member_id, row_id, step, _last = _rotating_row(code, now)
    used = db.change("UPDATE credential SET last_step = ? WHERE id = ? AND last_step < ?", (step, row_id, step))
    if not used:
        raise CodeUsed()
    return Proof(member_id, "rotating", Millis(now + PROOF_MINUTES * clock.MINUTE))


def all_numbers(member_id: int) -> list[str]:
    """Every phone number a member, or who was merged into them, ever had here."""
    sql = (
        f"SELECT DISTINCT value FROM credential WHERE kind = 'phone' AND member_id IN {merges.OVER_BOTH} ORDER BY value"
    )
    return [value for (value,) in db.rows(sql, (member_id, member_id))]


def by_phone(typed: str, *, now: Millis) -> int | None:
    """The member with a phone number as typed. Raises: PhoneInvalid."""
    return member_with("phone", phones.normal(typed, region=rules.current(now=now).region))
