"""Kiosks and API keys: what a machine shows to be let in. Secrets are stored hashed."""

import functools
import ipaddress
import secrets
from dataclasses import dataclass
from hashlib import sha256

from core.base import access, codes, db, ids
from core.base.access import Actor, require
from core.base.clock import DAY, MINUTE, Millis
from core.base.errors import Invalid, NotAllowed, NotFound, Refused
from core.base.i18n import N_
from core.books import audit

PAIRING_LIFE = 10 * MINUTE
ROTATION_DAYS = 7
"""How long a key is good beside the one that follows it."""
SCOPES: dict[str, frozenset[str]] = {
    "members": frozenset({"member.find", "member.join"}),
    "members.phone": frozenset({"member.phone"}),
    "members.edit": frozenset({"member.edit"}),
    "sales": frozenset({"sell"}),
    "refunds": frozenset({"refund"}),
    "adjust": frozenset({"adjust"}),
    "goods": frozenset({"goods"}),
    "marketing": frozenset({"marketing"}),
    "service": frozenset({"service"}),
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


class KeyExpired(KeyRefused):
    """The API key was good until a moment that is over."""

    code = "key_expired"
    text = N_("This API key ran out at {ended_at}. Make its next one in the back-office or with `regulars key`.")


class KeyElsewhere(KeyRefused):
    """The API key is bound to addresses, and this request comes from another one."""

    code = "key_elsewhere"
    text = N_("This API key is not good from the address {address}. Use it where it belongs, or make another one.")


class KeyUnknown(NotFound):
    """No API key in use has this name."""

    code = "key_unknown"
    text = N_("There is no API key “{what}” in use. `regulars key list` shows them all.")


class KeyReplaced(Refused):
    """The API key has one that follows it already."""

    code = "key_replaced"
    text = N_("The key {key} is followed by {after} already. Rotate that one, or end it first.")


class KeyEndsBefore(Invalid):
    """An API key was to end before it begins."""

    code = "key_ends_before"
    text = N_("The key would end at {given_at}, which is over. Choose a later day.")


class NetworkUnreadable(Invalid):
    """What a key is bound to is no address and no network."""

    code = "network_unreadable"
    text = N_("“{given}” is no address or network. Write it like 203.0.113.7 or 203.0.113.0/24.")


class ScopeUnknown(Invalid):
    """An API key was asked for with a scope that does not exist."""

    code = "scope_unknown"
    text = N_("There is no scope “{given}”. Choose from: {known}.")


def digest(secret: str) -> str:
    """How a secret that was drawn at random is stored."""
    return sha256(secret.encode()).hexdigest()


# --- kiosks --------------------------------------------------------------------------------------


@db.atomic
def new_pairing(store_id: int, name: str, *, by: Actor, now: Millis) -> str:
    """A one-time code of eight characters that pairs one screen within ten minutes. Raises: NotAllowed."""
    require(by, "devices", store_id=store_id)
    code = "".join(secrets.choice(codes.ALPHABET) for _ in range(8))
    db.add("pairing", code_hash=digest(code), store_id=store_id, name=name, expires_at=now + PAIRING_LIFE)
    audit.record("device.pairing", "store", store_id, by=by, now=now, store_id=store_id, after={"name": name})
    return code


@db.atomic
def pair(code: str, *, now: Millis) -> tuple[Device, str]:
    """Turn a pairing code into a device and its token, shown once. Raises: PairingWrong."""
    cleaned = code.strip().upper().replace("-", "").translate(str.maketrans("OIL", "011"))
    found = db.one(
        "UPDATE pairing SET used_at = ? WHERE code_hash = ? AND used_at IS NULL AND expires_at > ?"
        " RETURNING store_id, name",
        (now, digest(cleaned), now),
    )
    if found is None:
        raise PairingWrong(field="code", right="devices")
    device_id, token = ids.new(), secrets.token_urlsafe(32)
    db.add(
        "device",
        id=device_id,
        store_id=found[0],
        name=found[1],
        token_hash=digest(token),
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
    row = db.one(_DEVICE + " WHERE d.token_hash = ? AND d.revoked_at IS NULL", (digest(token),))
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


# --- API keys ------------------------------------------------------------------------------------


@db.atomic
def new_key(
    name: str,
    store_id: int,
    scopes: tuple[str, ...],
    *,
    by: Actor,
    now: Millis,
    expires_at: Millis | None = None,
    addresses: tuple[str, ...] = (),
) -> str:
    """Make an API key for one store; the whole key, shown once.

    It is good until `expires_at` (for ever, if left out) and from these addresses or networks (203.0.113.0/24;
    everywhere, if left out). Raises: NotAllowed, ScopeUnknown, KeyEndsBefore, NetworkUnreadable.
    """
    require(by, "keys")
    for scope in scopes:
        if scope not in SCOPES:
            raise ScopeUnknown(field="scopes", given=scope, known=", ".join(SCOPES))
    if expires_at is not None and expires_at <= now:
        raise KeyEndsBefore(field="expires_at", given_at=expires_at)
    kept = _Kept(name, store_id, " ".join(scopes), " ".join(_network(one) for one in addresses), None)
    return _make(kept, life_ms=None if expires_at is None else expires_at - now, by=by, now=now)


@dataclass(frozen=True)
class _Kept:
    """What a key and the one that follows it have in common, as stored."""

    name: str
    store_id: int
    scopes: str
    addresses: str
    first_id: int | None


def _make(kept: _Kept, *, life_ms: int | None, by: Actor, now: Millis) -> str:
    key_id = "".join(secrets.choice(codes.ALPHABET) for _ in range(8))
    secret = "".join(secrets.choice(codes.ALPHABET) for _ in range(32))
    expires_at = None if life_ms is None else now + life_ms
    db.add(
        "api_key", id=ids.new(), key_id=key_id, secret_hash=digest(secret), name=kept.name, store_id=kept.store_id,
        scopes=kept.scopes, created_at=now, expires_at=expires_at, life_ms=life_ms, addresses=kept.addresses,
        first_id=kept.first_id,
    )  # fmt: skip
    made = {"name": kept.name, "key": key_id, "expires_at": expires_at}
    audit.record("key.created", "store", kept.store_id, by=by, now=now, after=made)
    return f"sk_{key_id}_{secret}"


@db.atomic
def rotate_key(key_id: str, *, by: Actor, now: Millis, days: int = ROTATION_DAYS) -> str:
    """Make the key that follows one in use, with the same name, store, scopes, addresses and length of life.

    Both are good until the old one ends, after so many days. To the shop they are one program: what was sent
    with the old key and is sent again with the new one happens once. The whole new key, shown once.
    Raises: NotAllowed, KeyUnknown, KeyReplaced, KeyEndsBefore.
    """
    require(by, "keys")
    ends = now + days * DAY
    if ends < now:
        raise KeyEndsBefore(field="days", given_at=ends)
    row = db.one(
        "UPDATE api_key SET expires_at = CASE WHEN expires_at < ? THEN expires_at ELSE ? END WHERE key_id = ?"
        " AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)"
        " RETURNING name, store_id, scopes, addresses, coalesce(first_id, id), id, life_ms",
        (ends, ends, key_id, now),
    )
    if row is None:
        raise KeyUnknown(what=key_id)
    after = db.value(
        "SELECT max(key_id) FROM api_key WHERE first_id = ? AND id > ? AND revoked_at IS NULL"
        " AND (expires_at IS NULL OR expires_at > ?)",
        (row[4], row[5], now),
    )
    if after is not None:
        raise KeyReplaced(key=key_id, after=after)
    audit.record("key.rotated", "api_key", row[5], by=by, now=now, after={"key": key_id, "days": days})
    return _make(_Kept(*row[:5]), life_ms=row[6], by=by, now=now)


@dataclass(frozen=True)
class ApiKey:
    """An API key as a list shows it; the secret half is nowhere."""

    key_id: str
    name: str
    store: str
    scopes: tuple[str, ...]
    created_at: Millis
    revoked_at: Millis | None
    expires_at: Millis | None
    last_used_at: Millis | None
    addresses: tuple[str, ...]

    def living(self, *, now: Millis) -> bool:
        """Whether it lets anyone in."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)


def all_keys(*, by: Actor) -> list[ApiKey]:
    """Every API key that was ever made, those in use first. Raises: NotAllowed."""
    require(by, "keys")
    found = db.rows(
        "SELECT k.key_id, k.name, s.name, k.scopes, k.created_at, k.revoked_at, k.expires_at, k.last_used_at,"
        " k.addresses FROM api_key k JOIN store s ON s.id = k.store_id"
        " ORDER BY k.revoked_at IS NOT NULL, k.created_at, k.id"
    )
    return [ApiKey(key_id, name, store, tuple(scopes.split()), made, ended, ends, used, tuple(addresses.split()))
            for key_id, name, store, scopes, made, ended, ends, used, addresses in found]  # fmt: skip


def by_key(key: str, *, now: Millis, address: str = "") -> Actor:
    """The acting value of an API key; a program is one actor, whichever of its keys it sends.

    Raises: KeyRefused, KeyExpired, KeyElsewhere.
    """
    parts = key.split("_")
    row = None
    if len(parts) == 3 and parts[0] == "sk":
        row = db.one(
            "SELECT coalesce(first_id, id), name, store_id, scopes, secret_hash, expires_at, addresses"
            " FROM api_key WHERE key_id = ? AND revoked_at IS NULL",
            (parts[1],),
        )
    if row is None or not secrets.compare_digest(row[4], digest(parts[2])):
        raise KeyRefused(right="sell")
    if row[5] is not None and row[5] <= now:
        raise KeyExpired(ended_at=row[5])
    if row[6] and not _within(row[6], address):
        raise KeyElsewhere(address=address or "?")
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


def _network(given: str) -> str:
    """An address or network as written; '203.0.113.7' is the network of one. Raises: NetworkUnreadable."""
    try:
        return str(ipaddress.ip_network(given.strip(), strict=False))
    except ValueError:
        raise NetworkUnreadable(field="addresses", given=given) from None


@functools.lru_cache(1024)
def _within(networks: str, address: str) -> bool:
    """Whether an address lies in one of the networks as stored."""
    try:
        here = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return any(here in ipaddress.ip_network(one) for one in networks.split())


@db.atomic
def key_used(key_id: str, *, now: Millis) -> None:
    """Note that a key was used (at most once a minute)."""
    db.run(
        "UPDATE api_key SET last_used_at = ? WHERE key_id = ? AND (last_used_at IS NULL OR last_used_at < ?)",
        (now, key_id, now - MINUTE),
    )


@functools.lru_cache(256)
def _granted(stored: str) -> tuple[frozenset[str], frozenset[str]]:
    """The scopes of a key as stored, and the rights they are."""
    scopes = frozenset(stored.split())
    return scopes, frozenset(right for scope in scopes for right in SCOPES[scope])


@db.atomic
def revoke_key(key_id: str, *, by: Actor, now: Millis) -> None:
    """End an API key at once. Raises: NotAllowed, KeyUnknown."""
    require(by, "keys")
    if not db.change("UPDATE api_key SET revoked_at = ? WHERE key_id = ? AND revoked_at IS NULL", (now, key_id)):
        raise KeyUnknown(what=key_id)
    audit.record("key.revoked", "api_key", 0, by=by, now=now, after={"key": key_id})
