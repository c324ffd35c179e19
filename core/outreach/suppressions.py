"""Addresses that must not be written to: a keyed hash of each, so that it outlives erasure and a new import.

By channel ('' is every one) and scope: everything, or offers alone. Who stopped by themselves are lifted by their own
START; a bad address or one that staff put here is released by staff, with a reason.
"""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

from core.base import db, phones, settings, text
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Invalid, NotFound
from core.base.i18n import N_
from core.base.phones import PhoneInvalid
from core.books import audit, rules

Scope = Literal["all", "marketing"]
THEIR_OWN = ("stop", "opted_out")
"""Reasons that somebody gave by themselves."""
WORDS = {
    "stop": N_("replied STOP"), "opted_out": N_("opted out at the provider"), "address": N_("bad address"),
    "staff": N_("put here by staff"), "import": N_("from a list"), "complaint": N_("complained"),
}  # fmt: skip
LEAST_REASON = 3


@dataclass(frozen=True)
class Suppressed:
    """One address that gets nothing, known by its hash alone."""

    address_hash: str
    channel: str
    scope: Scope
    reason: str
    at: Millis
    actor: str


@dataclass(frozen=True)
class Listed:
    """What became of a list: how many were new, known already, and which lines (from 1) could not be read."""

    added: int
    known: int
    unread: tuple[int, ...]


class AddressUnreadable(Invalid):
    """Neither a phone number nor an e-mail address."""

    code = "address_unreadable"
    text = N_("“{typed}” is neither a phone number nor an e-mail address. Write 138 0013 8000 or name@example.com.")


class NotSuppressed(NotFound):
    """The address is not on the list."""

    code = "not_suppressed"
    text = N_(
        "This address is not on the list of addresses that get nothing. Look it up with `regulars suppress find`."
    )


class ReasonMissing(Invalid):
    """Nobody is written to again without a reason."""

    code = "release_reason_missing"
    text = N_("Say in at least {least} characters why this address may be written to again.")


def address_hash(address: str) -> str:
    """The keyed hash under which an address is kept; '+86…' with or without 'whatsapp:', mail in any case."""
    plain = address.removeprefix("whatsapp:").strip()
    plain = plain.casefold() if "@" in plain else plain
    return hmac.new(settings.derived_key("suppression"), plain.encode(), sha256).hexdigest()


def normal(typed: str, *, now: Millis) -> str:
    """An address as messages know it. Raises: AddressUnreadable."""
    given = typed.strip()
    if given.count("@") == 1 and all(given.split("@")) and not any(char.isspace() for char in given):
        return given.casefold()
    try:
        return phones.normal(given, region=rules.current(now=now).region)
    except PhoneInvalid as error:
        raise AddressUnreadable(field="address", typed=given[:40]) from error


def scopes(address: str, channel: str) -> frozenset[str]:
    """What an address does not want by a channel: 'all', 'marketing', both or nothing."""
    sql = "SELECT scope FROM suppression WHERE address_hash = ? AND channel IN ('', ?)"
    return frozenset(row[0] for row in db.rows(sql, (address_hash(address), channel)))


def put(address: str, scope: Scope, *, reason: str, now: Millis, channel: str = "", actor: str = "") -> bool:
    """Never write to an address again; whether it is new. Inside the caller's transaction.

    A reason that is not their own stands before one that is: their START must not lift what staff put there.
    """
    hashed = address_hash(address)
    known = db.value("SELECT 1 FROM suppression WHERE address_hash = ? AND channel = ?", (hashed, channel))
    db.run(
        "INSERT INTO suppression (address_hash, channel, scope, reason, at, actor) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (address_hash, channel)"
        " DO UPDATE SET scope = CASE WHEN suppression.scope = 'all' THEN 'all' ELSE excluded.scope END,"
        " reason = CASE WHEN suppression.reason IN (?, ?) THEN excluded.reason ELSE suppression.reason END,"
        " actor = CASE WHEN suppression.reason IN (?, ?) THEN excluded.actor ELSE suppression.actor END",
        (hashed, channel, scope, reason, now, actor, *THEIR_OWN, *THEIR_OWN),
    )
    return known is None


def lift(address: str, channel: str) -> int:
    """Take away what somebody asked for by themselves; inside the caller's transaction."""
    return db.change(
        "DELETE FROM suppression WHERE address_hash = ? AND channel IN ('', ?) AND reason IN (?, ?)",
        (address_hash(address), channel, *THEIR_OWN),
    )


# --- by staff --------------------------------------------------------------------------------------


@db.atomic
def add(typed: str, *, scope: Scope = "all", channel: str = "", by: Actor, now: Millis) -> bool:
    """Put an address on the list; whether it is new. Raises: NotAllowed, AddressUnreadable."""
    require(by, "care")
    added = put(normal(typed, now=now), scope, reason="staff", now=now, channel=channel, actor=by.tag)
    audit.record("suppression.added", "suppression", 0, by=by, now=now, after={"scope": scope, "channel": channel})
    return added


@db.atomic
def add_list(
    lines: Iterable[str], *, scope: Scope = "all", channel: str = "", by: Actor, now: Millis
) -> Listed:  # fmt: skip
    """Put a list on the list, an address a line; what cannot be read is named by its line. Raises: NotAllowed."""
    require(by, "care")
    counted, unread = {True: 0, False: 0}, []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            address = normal(line, now=now)
        except AddressUnreadable:
            unread.append(number)
            continue
        counted[put(address, scope, reason="import", now=now, channel=channel, actor=by.tag)] += 1
    after = {"added": counted[True], "known": counted[False], "unread": len(unread)}
    audit.record("suppression.listed", "suppression", 0, by=by, now=now, after=after)
    return Listed(counted[True], counted[False], tuple(unread))


@db.atomic
def release(hashed: str, channel: str, *, reason: str, by: Actor, now: Millis) -> None:
    """Let an address be written to again. Consent that was withdrawn stays withdrawn.

    Raises: NotAllowed, ReasonMissing, NotSuppressed.
    """
    require(by, "care")
    why = text.clean(reason)
    if len(why) < LEAST_REASON:
        raise ReasonMissing(field="reason", least=LEAST_REASON)
    row = db.one("SELECT scope, reason FROM suppression WHERE address_hash = ? AND channel = ?", (hashed, channel))
    if row is None:
        raise NotSuppressed(what=hashed[:8])
    db.run("DELETE FROM suppression WHERE address_hash = ? AND channel = ?", (hashed, channel))
    before = {"scope": row[0], "reason": row[1], "channel": channel}
    audit.record("suppression.released", "suppression", 0, by=by, now=now, before=before, after={"reason": why})


_COLUMNS = "SELECT address_hash, channel, scope, reason, at, actor FROM suppression"


def find(typed: str, *, by: Actor, now: Millis) -> list[Suppressed]:
    """What stands about an address. Raises: NotAllowed, AddressUnreadable."""
    require(by, "care")
    hashed = address_hash(normal(typed, now=now))
    return [Suppressed(*row) for row in db.rows(f"{_COLUMNS} WHERE address_hash = ? ORDER BY channel", (hashed,))]


def listing(*, by: Actor, after: Suppressed | None = None, limit: int = 100) -> list[Suppressed]:
    """The list, newest first, a keyset page at a time; `after` is the last one seen. Raises: NotAllowed."""
    require(by, "care")
    where = "" if after is None else " WHERE (at, address_hash, channel) < (?, ?, ?)"
    seen = () if after is None else (after.at, after.address_hash, after.channel)
    sql = f"{_COLUMNS}{where} ORDER BY at DESC, address_hash DESC, channel DESC LIMIT ?"
    return [Suppressed(*row) for row in db.rows(sql, (*seen, limit))]
