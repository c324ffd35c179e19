"""Kiosks, browser sessions and API keys: what a machine shows to be let in. Secrets are stored hashed."""

import functools
import json
import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

from core.base import access, codes, db, ids
from core.base.access import Actor, require
from core.base.clock import DAY, MINUTE, Millis
from core.base.errors import Invalid, NotAllowed
from core.base.i18n import N_
from core.books import audit

PAIRING_LIFE = 10 * MINUTE
SCOPES: dict[str, frozenset[str]] = {
    "members": frozenset({"member.find", "member.join"}),
    "members.phone": frozenset({"member.phone"}),
    "members.edit": frozenset({"member.edit"}),
    "sales": frozenset({"sell"}),
    "refunds": frozenset({"refund"}),
    "adjust": frozenset({"adjust"}),
    "marketing": frozenset({"marketing"}),
    "reports": frozenset({"reports"}),
    "settings": frozenset({"settings"}),
}


@dataclass(frozen=True)
class Device:
    """A paired kiosk."""

    id: int
    store_id: int
    name: str
    store: str
    paired_at: Millis
    revoked_at: Millis | None
    seen_at: Millis | None


class PairingWrong(NotAllowed):
    """The pairing code is unknown, used or too old."""

    code = "pairing_wrong"
    text = N_("This pairing code does not fit or has run out. Make a new one in the back-office, under Settings.")


class DeviceRefused(NotAllowed):
    """The kiosk's token is unknown or was revoked."""

    code = "device_refused"
    text = N_("This screen is out of service. Our staff can pair it again.")


class KeyRefused(NotAllowed):
    """The API key is missing, unknown or was revoked."""

    code = "key_refused"
    text = N_("The API key is missing or not valid. Send it as “Authorization: Bearer sk_…”.")


class ScopeUnknown(Invalid):
    """An API key was asked for with a scope that does not exist."""

    code = "scope_unknown"
    text = N_("There is no scope “{given}”. Choose from: {known}.")


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


# --- kiosks --------------------------------------------------------------------------------------


@db.atomic
def new_pairing(store_id: int, name: str, *, by: Actor, now: Millis) -> str:
    """A one-time code of eight characters that pairs one screen within ten minutes. Raises: NotAllowed."""
    require(by, "devices", store_id=store_id)
    code = "".join(secrets.choice(codes.ALPHABET) for _ in range(8))
    db.add("pairing", code_hash=_digest(code), store_id=store_id, name=name, expires_at=now + PAIRING_LIFE)
    audit.record("device.pairing", "store", store_id, by=by, now=now, store_id=store_id, after={"name": name})
    return code


@db.atomic
def pair(code: str, *, now: Millis) -> tuple[Device, str]:
    """Turn a pairing code into a device and its token, shown once. Raises: PairingWrong."""
    cleaned = code.strip().upper().replace("-", "").translate(str.maketrans("OIL", "011"))
    found = db.one(
        "UPDATE pairing SET used_at = ? WHERE code_hash = ? AND used_at IS NULL AND expires_at > ?"
        " RETURNING store_id, name",
        (now, _digest(cleaned), now),
    )
    if found is None:
        raise PairingWrong(field="code", right="devices")
    device_id, token = ids.new(), secrets.token_urlsafe(32)
    db.add(
        "device",
        id=device_id,
        store_id=found[0],
        name=found[1],
        token_hash=_digest(token),
        paired_at=now,
        seen_at=now,
    )
    return by_token(token, now=now), token


_DEVICE = (
    "SELECT d.id, d.store_id, d.name, s.name, d.paired_at, d.revoked_at, d.seen_at FROM device d"
    " JOIN store s ON s.id = d.store_id"
)


def by_token(token: str, *, now: Millis) -> Device:
    """The device a token belongs to. Raises: DeviceRefused."""
    row = db.one(_DEVICE + " WHERE d.token_hash = ? AND d.revoked_at IS NULL", (_digest(token),))
    if row is None:
        raise DeviceRefused(right="member.find")
    return Device(*row)


def by_id(device_id: int) -> Device:
    """A device that was not revoked. Raises: DeviceRefused."""
    row = db.one(_DEVICE + " WHERE d.id = ? AND d.revoked_at IS NULL", (device_id,))
    if row is None:
        raise DeviceRefused(right="member.find")
    return Device(*row)


def all_devices(*, by: Actor) -> list[Device]:
    """Every device that was ever paired. Raises: NotAllowed."""
    require(by, "devices")
    return [Device(*row) for row in db.rows(_DEVICE + " ORDER BY d.id")]


@db.atomic
def revoke(device_id: int, *, by: Actor, now: Millis) -> None:
    """Shut a device out at once. Raises: NotAllowed."""
    require(by, "devices")
    db.run("UPDATE device SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL", (now, device_id))
    audit.record("device.revoked", "device", device_id, by=by, now=now)


@db.atomic
def seen(device_id: int, *, now: Millis) -> None:
    """Note that a device was there (at most once a minute)."""
    db.run(
        "UPDATE device SET seen_at = ? WHERE id = ? AND (seen_at IS NULL OR seen_at < ?)",
        (now, device_id, now - MINUTE),
    )


def actor_of(device: Device, *, language: str = "zh") -> Actor:
    """The acting value of a kiosk."""
    return Actor(
        kind="kiosk", id=device.id, name=device.name, door="kiosk", rights=access.KIOSK,
        stores=frozenset({device.store_id}), language=language,
    )  # fmt: skip


# --- browser sessions ----------------------------------------------------------------------------


@dataclass(frozen=True)
class WebSession:
    """One browser's session as stored; `data` is the door's own, without personal facts."""

    kind: str
    member_id: int | None
    device_id: int | None
    data: dict[str, str | int | None]
    proved_at: Millis | None
    expires_at: Millis


@db.atomic
def start_session(
    kind: Literal["kiosk", "phone"],
    *,
    now: Millis,
    life_ms: int = 30 * DAY,
    member_id: int | None = None,
    device_id: int | None = None,
    data: dict[str, str | int | None] | None = None,
    proved_at: Millis | None = None,
) -> str:
    """Open a session; its opaque id, which goes into a cookie and is stored hashed."""
    session_id = secrets.token_urlsafe(24)
    db.add(
        "web_session",
        id_hash=_digest(session_id),
        kind=kind,
        member_id=member_id,
        device_id=device_id,
        data=json.dumps(data or {}),
        proved_at=proved_at,
        created_at=now,
        expires_at=now + life_ms,
    )
    return session_id


def session(session_id: str, kind: str, *, now: Millis) -> WebSession | None:
    """A living session, or None."""
    row = db.one(
        "SELECT kind, member_id, device_id, data, proved_at, expires_at FROM web_session"
        " WHERE id_hash = ? AND kind = ? AND expires_at > ?",
        (_digest(session_id), kind, now),
    )
    return None if row is None else WebSession(row[0], row[1], row[2], json.loads(row[3]), row[4], row[5])


@db.atomic
def update_session(
    session_id: str,
    *,
    data: dict[str, str | int | None],
    member_id: int | None,
    proved_at: Millis | None,
    expires_at: Millis | None = None,
) -> None:
    """Replace what a session holds."""
    db.run(
        "UPDATE web_session SET data = ?, member_id = ?, proved_at = ?, expires_at = coalesce(?, expires_at)"
        " WHERE id_hash = ?",
        (json.dumps(data), member_id, proved_at, expires_at, _digest(session_id)),
    )


@db.atomic
def end_session(session_id: str) -> None:
    """End a session at once."""
    db.run("DELETE FROM web_session WHERE id_hash = ?", (_digest(session_id),))


@db.atomic
def end_sessions_of(member_id: int) -> int:
    """End every session of a member, on every phone and screen; how many."""
    return db.change("DELETE FROM web_session WHERE member_id = ?", (member_id,))


@db.atomic
def sweep_sessions(*, now: Millis) -> int:
    """Drop sessions and pairings whose time is over; how many."""
    db.run("DELETE FROM pairing WHERE expires_at < ?", (now - DAY,))
    return db.change("DELETE FROM web_session WHERE expires_at <= ?", (now,))


# --- API keys ------------------------------------------------------------------------------------


@db.atomic
def new_key(name: str, store_id: int, scopes: tuple[str, ...], *, by: Actor, now: Millis) -> str:
    """Make an API key for one store; the whole key, shown once. Raises: NotAllowed, ScopeUnknown."""
    require(by, "keys")
    for scope in scopes:
        if scope not in SCOPES:
            raise ScopeUnknown(field="scopes", given=scope, known=", ".join(SCOPES))
    key_id = "".join(secrets.choice(codes.ALPHABET) for _ in range(8))
    secret = "".join(secrets.choice(codes.ALPHABET) for _ in range(32))
    db.add(
        "api_key",
        id=ids.new(),
        key_id=key_id,
        secret_hash=_digest(secret),
        name=name,
        store_id=store_id,
        scopes=" ".join(scopes),
        created_at=now,
    )
    audit.record("key.created", "store", store_id, by=by, now=now, after={"name": name, "key": key_id})
    return f"sk_{key_id}_{secret}"


@dataclass(frozen=True)
class ApiKey:
    """An API key as a list shows it; the secret half is nowhere."""

    key_id: str
    name: str
    store: str
    scopes: tuple[str, ...]
    created_at: Millis
    revoked_at: Millis | None


def all_keys(*, by: Actor) -> list[ApiKey]:
    """Every API key that was ever made, those in use first. Raises: NotAllowed."""
    require(by, "keys")
    found = db.rows(
        "SELECT k.key_id, k.name, s.name, k.scopes, k.created_at, k.revoked_at FROM api_key k"
        " JOIN store s ON s.id = k.store_id ORDER BY k.revoked_at IS NOT NULL, k.created_at, k.id"
    )
    return [ApiKey(key_id, name, store, tuple(scopes.split()), made, ended)
            for key_id, name, store, scopes, made, ended in found]  # fmt: skip


def by_key(key: str) -> Actor:
    """The acting value of an API key. Raises: KeyRefused."""
    parts = key.split("_")
    row = None
    if len(parts) == 3 and parts[0] == "sk":
        row = db.one(
            "SELECT id, name, store_id, scopes, secret_hash FROM api_key WHERE key_id = ? AND revoked_at IS NULL",
            (parts[1],),
        )
    if row is None or not secrets.compare_digest(row[4], _digest(parts[2])):
        raise KeyRefused(right="sell")
    scopes, rights = _granted(row[3])
    return Actor(
        kind="key",
        id=row[0],
        name=row[1],
        door="api",
        rights=rights,
        stores=frozenset({row[2]}),
        scopes=scopes,
    )


@functools.lru_cache(256)
def _granted(stored: str) -> tuple[frozenset[str], frozenset[str]]:
    """The scopes of a key as stored, and the rights they are."""
    scopes = frozenset(stored.split())
    return scopes, frozenset(right for scope in scopes for right in SCOPES[scope])


@db.atomic
def revoke_key(key_id: str, *, by: Actor, now: Millis) -> None:
    """End an API key at once. Raises: NotAllowed."""
    require(by, "keys")
    db.run("UPDATE api_key SET revoked_at = ? WHERE key_id = ? AND revoked_at IS NULL", (now, key_id))
    audit.record("key.revoked", "api_key", 0, by=by, now=now, after={"key": key_id})
