"""SSH keys of staff: which public key opens the back-office as whom.

OpenSSH asks for the line of a key at every login; what it may start is in that line. The account behind
the key is read again when the back-office starts, so that a closed account or a removed key opens nothing.
Key lines: RFC 4253 §6.6 (RSA), RFC 8709 (Ed25519), RFC 5656 (ECDSA), OpenSSH PROTOCOL.u2f (sk-).
"""

import binascii
import re
from base64 import b64decode, b64encode
from dataclasses import dataclass, replace
from hashlib import sha256

from core.base import db, ids, text
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Invalid, NotAllowed, NotFound, Refused
from core.base.i18n import N_, T, Text
from core.books import audit
from core.people import staff

KINDS = (
    "ssh-ed25519", "sk-ssh-ed25519@openssh.com", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
    "sk-ecdsa-sha2-nistp256@openssh.com", "ssh-rsa",
)  # fmt: skip
LEAST_RSA_BITS = 2048
LONGEST = 8_192


class SshKeyInvalid(Invalid):
    """What was given is no public key that may be used."""

    code = "ssh_key_invalid"
    text = N_("This public key cannot be used: {problem} Give the one line of a file that ends in .pub.")


class SshKeyTaken(Refused):
    """The key opens an account already."""

    code = "ssh_key_taken"
    text = N_("This key opens the account “{login}” already. Remove it there first, or make another key.")


class SshKeyUnknown(NotFound):
    """No key has this number."""

    code = "ssh_key_unknown"
    text = N_("There is no SSH key {key}. See `regulars ssh-keys list`.")


class SshKeyRefused(NotAllowed):
    """The key was removed, or its account closed."""

    code = "ssh_key_refused"
    text = N_("This key opens no account any more. Ask the owner.")


@dataclass(frozen=True)
class PublicKey:
    """A public key: its kind, its body in base64 and its fingerprint 'SHA256:…' as OpenSSH shows it."""

    kind: str
    body: str
    fingerprint: str
    label: str


@dataclass(frozen=True)
class StaffKey:
    """One key of one account, as a list shows it."""

    id: int
    staff_id: int
    login: str
    name: str
    kind: str
    fingerprint: str
    label: str
    created_at: Millis
    used_at: Millis | None


# --- pure ----------------------------------------------------------------------------------------


def parsed(line: str) -> PublicKey:
    """The key of one line 'kind base64 label'. Raises: SshKeyInvalid."""
    given = line.strip()
    parts = given.split(None, 2)
    problem: Text | None = None
    if "PRIVATE KEY" in given:
        problem = T("this is the private half; keep it to yourself.")
    elif len(given) > LONGEST or re.search(r"[\r\n\0]", given):
        problem = T("it is more than one line.")
    elif len(parts) < 2 or parts[0] not in KINDS:
        problem = T("it does not begin with one of {kinds}.", kinds=", ".join(KINDS))
    if problem is None:
        return _checked(parts[0], parts[1], parts[2] if len(parts) > 2 else "")
    raise SshKeyInvalid(field="key", problem=problem)


def _checked(kind: str, body: str, label: str) -> PublicKey:
    try:
        blob = b64decode(body, validate=True)
        fields = _fields(blob)
    except (binascii.Error, ValueError):
        raise SshKeyInvalid(field="key", problem=T("its middle part is damaged.")) from None
    if fields[0] != kind.encode():
        raise SshKeyInvalid(field="key", problem=T("its middle part is damaged."))
    if kind == "ssh-rsa" and (bits := int.from_bytes(fields[-1], "big").bit_length()) < LEAST_RSA_BITS:
        raise SshKeyInvalid(field="key", problem=T("RSA with {bits} bits, {least} are needed.", bits=bits,
                                                   least=LEAST_RSA_BITS))  # fmt: skip
    digest = b64encode(sha256(blob).digest()).decode().rstrip("=")
    return PublicKey(kind, b64encode(blob).decode(), f"SHA256:{digest}", text.clean(label)[:60])


def _fields(blob: bytes) -> list[bytes]:
    """The length-prefixed fields of a key. Raises: ValueError."""
    fields, at = [], 0
    while at < len(blob):
        size = int.from_bytes(blob[at : at + 4], "big")
        field = blob[at + 4 : at + 4 + size]
        if len(field) < size or at + 4 > len(blob):
            raise ValueError("cut short")
        fields.append(field)
        at += 4 + size
    if len(fields) < 2:
        raise ValueError("no key in it")
    return fields


def authorized_line(key_id: int, kind: str, body: str, command: str) -> str:
    """What OpenSSH is told of a key: a terminal and this command, nothing else whatever is asked for."""
    quoted = command.replace("\\", "\\\\").replace('"', '\\"')
    return f'restrict,pty,command="{quoted} {key_id}" {kind} {body}'


# --- reads ---------------------------------------------------------------------------------------


def listing(*, by: Actor) -> list[StaffKey]:
    """Every key in use, by account. Raises: NotAllowed."""
    require(by, "staff")
    found = db.rows(
        "SELECT k.id, k.staff_id, s.login, s.name, k.kind, k.fingerprint, k.label, k.created_at, k.used_at"
        " FROM staff_key k JOIN staff s ON s.id = k.staff_id WHERE k.removed_at IS NULL ORDER BY s.login, k.id"
    )
    return [StaffKey(*row) for row in found]


def offered(kind: str, body: str) -> int | None:
    """The id of a key that is offered, if its account is open; None for anything else."""
    try:
        key = parsed(f"{kind} {body}")
    except SshKeyInvalid:
        return None
    found: int | None = db.value(
        "SELECT k.id FROM staff_key k JOIN staff s ON s.id = k.staff_id"
        " WHERE k.fingerprint = ? AND k.removed_at IS NULL AND s.active = 1",
        (key.fingerprint,),
    )
    return found


# --- doing ---------------------------------------------------------------------------------------


@db.atomic
def add(login: str, line: str, *, by: Actor, now: Millis) -> StaffKey:
    """Let a key open an account. Raises: NotAllowed, SshKeyInvalid, SshKeyTaken, StaffUnknown."""
    require(by, "staff")
    key, staff_id = parsed(line), staff.by_login(login)
    sql = "SELECT s.login FROM staff_key k JOIN staff s ON s.id = k.staff_id WHERE k.fingerprint = ?"
    if taken := db.value(f"{sql} AND k.removed_at IS NULL", (key.fingerprint,)):
        raise SshKeyTaken(field="key", login=taken)
    key_id = ids.new()
    db.add(
        "staff_key",
        id=key_id,
        staff_id=staff_id,
        kind=key.kind,
        body=key.body,
        fingerprint=key.fingerprint,
        label=key.label,
        created_at=now,
    )
    audit.record("staff.key_added", "staff", staff_id, by=by, now=now, after={"key": key.fingerprint})
    return next(one for one in listing(by=by) if one.id == key_id)


@db.atomic
def remove(key_id: int, *, by: Actor, now: Millis) -> None:
    """A key opens nothing any more; who is in may read on but write nothing. Raises: NotAllowed, SshKeyUnknown."""
    require(by, "staff")
    sql = "UPDATE staff_key SET removed_at = ? WHERE id = ? AND removed_at IS NULL RETURNING staff_id, fingerprint"
    found = db.one(sql, (now, key_id))
    if found is None:
        raise SshKeyUnknown(key=str(key_id))
    staff.end_sessions(found[0])
    audit.record("staff.key_removed", "staff", found[0], by=by, now=now, before={"key": found[1]})


@db.atomic
def enter(key_id: int, *, now: Millis) -> Actor:
    """Who a key stands for, at the moment they come in. Raises: SshKeyRefused."""
    sql = (
        "UPDATE staff_key SET used_at = ? WHERE id = ? AND removed_at IS NULL"
        " AND EXISTS (SELECT 1 FROM staff s WHERE s.id = staff_id AND s.active = 1) RETURNING staff_id, fingerprint"
    )
    found = db.one(sql, (now, key_id))
    if found is None:
        raise SshKeyRefused(right="sell")
    actor = replace(staff.actor_of(found[0]), door="ssh")
    audit.record("staff.came_in", "staff", found[0], by=actor, now=now, after={"key": found[1]})
    return actor
