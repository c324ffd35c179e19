"""Staff: accounts, roles, signing in, and the approvals a manager gives at the till."""

import re
from dataclasses import dataclass

from core.base import access, db, ids, logs, text
from core.base.access import Actor, Door, require
from core.base.clock import MINUTE, SECOND, Millis
from core.base.errors import Invalid, NotAllowed, NotFound, Refused
from core.base.i18n import N_, T
from core.books import audit, rules

log = logs.get("staff")

LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,31}")
MIN_PASSWORD = 8
PIN_DIGITS = 6
FREE_TRIES = 5


class SignInFailed(NotAllowed):
    """Name and password do not fit; which of them is not said."""

    code = "sign_in_failed"
    text = N_("Name or password is wrong. Check the name's spelling and Caps Lock, then try again.")


class SignInWait(NotAllowed):
    """Too many wrong passwords for this account."""

    code = "sign_in_wait"
    text = N_("Too many wrong passwords for this name. Wait {seconds} seconds, then try again.")


class StaffInvalid(Invalid):
    """The data of a staff account cannot be used."""

    code = "staff_invalid"
    text = N_("{field}: “{given}” does not fit. {wanted}")


class PasswordShort(Invalid):
    """A password is too easy to guess."""

    code = "password_short"
    text = N_("A password has at least {least} characters, this one has {given}.")


class PinInvalid(Invalid):
    """A PIN is too easy to guess or no PIN."""

    code = "pin_invalid"
    text = N_("A PIN has {digits} digits, at least three of them different.")


class LoginTaken(Refused):
    """Another account has this name."""

    code = "login_taken"
    text = N_("The sign-in name “{login}” is taken. Choose another.")


class OwnAccount(Refused):
    """Nobody closes the account they are signed in with."""

    code = "own_account"
    text = N_("This is the account you are signed in with. Another owner can close it.")


class LastOwner(Refused):
    """A shop without an owner could not be set up any more."""

    code = "last_owner"
    text = N_("{name} is the last owner in use. Make someone else an owner first.")


class StaffUnknown(NotFound):
    """No account has this sign-in name."""

    code = "staff_unknown"
    text = N_("There is no open account “{login}”. See Settings, staff.")


@dataclass(frozen=True)
class StaffRow:
    """One account as a list shows it; no stores named means every store."""

    id: int
    login: str
    name: str
    role: str
    language: str
    active: bool
    stores: tuple[str, ...]


@db.atomic
def create(
    login: str,
    name: str,
    role: str,
    *,
    password: str,
    by: Actor | None,
    now: Millis,
    stores: tuple[int, ...] = (),
    language: str = "zh",
) -> int:
    """Add a staff account; the very first one (the owner) needs nobody's right.

    Raises: NotAllowed, StaffInvalid, PasswordShort, LoginTaken.
    """
    if by is not None:
        require(by, "staff")
    elif db.value("SELECT 1 FROM staff"):
        raise access.refusal("staff")
    login, name = login.strip().lower(), text.clean(name)
    if not LOGIN.fullmatch(login):
        wanted = T("Use 2 to 32 small letters, digits, dots or dashes.")
        raise StaffInvalid(field="login", given=login[:32], wanted=wanted)
    if role not in access.ROLES:
        raise StaffInvalid(field="role", given=role, wanted=" | ".join(access.ROLES))
    if db.value("SELECT 1 FROM staff WHERE login = ?", (login,)):
        raise LoginTaken(field="login", login=login)
    staff_id = ids.new()
    db.add(
        "staff",
        id=staff_id,
        login=login,
        name=name or login,
        role=role,
        password_hash=hashed(password),
        language=language,
        created_at=now,
    )
    db.add_many("staff_store", [{"staff_id": staff_id, "store_id": store} for store in stores])
    actor = by or actor_of(staff_id, door="command line")
    audit.record("staff.created", "staff", staff_id, by=actor, now=now, after={"login": login, "role": role})
    return staff_id


def hashed(password: str, *, least: int = MIN_PASSWORD) -> str:
    """A password as it is stored. Raises: PasswordShort."""
    from argon2 import PasswordHasher  # 40 ms to import, needed at sign-in only

    if len(password) < least:
        raise PasswordShort(field="password", least=least, given=len(password))
    return PasswordHasher().hash(password)


def _fits(stored: str | None, password: str) -> bool:
    from argon2 import PasswordHasher
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return PasswordHasher().verify(stored or _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return False


_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$qj5nq8S2VXm0oFdFRWZCvoJ8pDUXQ9l0Pi0Wqz5Cz0E"
"""Compared with when a name is unknown, so that both answers take as long."""


def actor_of(staff_id: int, *, door: Door = "back-office") -> Actor:
    """The acting value of an active account. Raises: SignInFailed."""
    found = db.one("SELECT name, role, version, language, active FROM staff WHERE id = ?", (staff_id,))
    if found is None or not found[4]:
        raise SignInFailed(right="sell")
    name, role, version, language, _active = found
    changes = db.rows("SELECT name, granted FROM staff_right WHERE staff_id = ?", (staff_id,))
    stores = db.rows("SELECT store_id FROM staff_store WHERE staff_id = ?", (staff_id,))
    return Actor(
        kind="staff",
        id=staff_id,
        name=name,
        door=door,
        rights=access.rights_of(role, [(right, bool(granted)) for right, granted in changes]),
        stores=frozenset(row[0] for row in stores),
        role=role,
        language=language,
        version=version,
    )


def listing(*, by: Actor) -> list[StaffRow]:
    """Every account, those in use first, by sign-in name. Raises: NotAllowed."""
    require(by, "staff")
    with db.read():
        found = db.rows("SELECT id, login, name, role, language, active FROM staff ORDER BY active DESC, login")
        places: dict[int, list[str]] = {}
        for staff_id, store in db.rows(
            "SELECT w.staff_id, s.name FROM staff_store w JOIN store s ON s.id = w.store_id ORDER BY s.id"
        ):
            places.setdefault(staff_id, []).append(store)
    return [
        StaffRow(staff_id, login, name, role, language, bool(active), tuple(places.get(staff_id, ())))
        for staff_id, login, name, role, language, active in found
    ]


def sign_in(login: str, password: str, *, now: Millis, door: Door = "back-office") -> Actor:
    """Check name and password. Raises: SignInFailed, SignInWait."""
    actor = actor_of(_checked(login, password, now), door=door)
    logs.note(log, "signed in", account=actor.id, door=door)
    return actor


def _checked(login: str, secret: str, now: Millis, *, pin: bool = False) -> int:
    """The account a name and a password (or a PIN, where that is enough) fit; wrong ones are counted."""
    sql = "SELECT id, password_hash, retry_at, active, pin_hash FROM staff WHERE login = ?"
    found = db.one(sql, (login.strip().lower(),))
    if found is not None and found[2] > now:
        logs.note(log, "sign-in refused for a while", account=found[0])
        raise SignInWait(seconds=-(-(found[2] - now) // SECOND), right="sell")
    by_pin = pin and len(secret) == PIN_DIGITS and secret.isdecimal()
    fits = _fits(found[4 if by_pin else 1] if found else None, secret)
    if found is None or not fits or not found[3]:
        if found is not None:
            _count_failure(found[0], now)
        logs.note(log, "sign-in refused", account=found[0] if found else None)
        raise SignInFailed(right="sell")
    _clear_failures(found[0])
    return int(found[0])


@db.atomic
def _count_failure(staff_id: int, now: Millis) -> None:
    failures = db.value("UPDATE staff SET failures = failures + 1 WHERE id = ? RETURNING failures", (staff_id,))
    if failures >= FREE_TRIES:
        wait = min(30 * SECOND * 2 ** (failures - FREE_TRIES), 30 * MINUTE)
        db.run("UPDATE staff SET retry_at = ? WHERE id = ?", (now + wait, staff_id))


@db.atomic
def _clear_failures(staff_id: int) -> None:
    db.run("UPDATE staff SET failures = 0, retry_at = 0 WHERE id = ?", (staff_id,))


@db.atomic
def set_pin(pin: str, *, by: Actor, now: Millis) -> None:
    """Give oneself the PIN with which one approves at a till; it opens nothing else. Raises: PinInvalid."""
    if not (pin.isascii() and pin.isdecimal() and len(pin) == PIN_DIGITS) or len(set(pin)) < 3:
        raise PinInvalid(field="pin", digits=PIN_DIGITS)
    db.run("UPDATE staff SET pin_hash = ? WHERE id = ?", (hashed(pin, least=PIN_DIGITS), by.id))
    audit.record("staff.pin", "staff", by.id, by=by, now=now)


def first_owner() -> Actor:
    """Who acts at the command line of the shop's own machine: its owner account."""
    owner_id = db.value("SELECT id FROM staff WHERE role = 'owner' AND active = 1 ORDER BY id LIMIT 1")
    return actor_of(int(owner_id or 0), door="command line")


def approver(login: str, password: str, *, right: str, now: Millis) -> Actor:
    """Someone with a right approves at the till with their own name and their PIN or password.

    Raises: SignInFailed, SignInWait, NotAllowed.
    """
    actor = actor_of(_checked(login, password, now, pin=True))
    require(actor, "approve")
    require(actor, right)
    return actor


def may_alone(by: Actor, cents: int, *, limit_cents: int) -> bool:
    """Whether an amount is within what this person may do without an approval."""
    return by.role in ("owner", "manager") or cents <= limit_cents


def sellers(store_id: int) -> list[tuple[int, str]]:
    """Open accounts that work in a store, with their names: who may be named on a line of a sale."""
    sql = (
        "SELECT f.id, f.name FROM staff f WHERE f.active = 1 AND (NOT EXISTS (SELECT 1 FROM staff_store w"
        " WHERE w.staff_id = f.id) OR EXISTS (SELECT 1 FROM staff_store w WHERE w.staff_id = f.id AND w.store_id = ?))"
        " ORDER BY f.name, f.id"
    )
    return [(id, name) for id, name in db.rows(sql, (store_id,))]


def names() -> list[tuple[int, str]]:
    """Every account by name, those in use first: id and name."""
    return [(id, name) for id, name in db.rows("SELECT id, name FROM staff ORDER BY active DESC, name, id")]


@db.atomic
def close(staff_id: int, *, by: Actor, now: Millis) -> None:
    """End an account at once; open sessions can write nothing more. Raises: NotAllowed, OwnAccount, LastOwner."""
    require(by, "staff")
    if by.kind == "staff" and by.id == staff_id:
        raise OwnAccount()
    keep_an_owner(staff_id)
    db.run("UPDATE staff SET active = 0, version = version + 1 WHERE id = ?", (staff_id,))
    audit.record("staff.closed", "staff", staff_id, by=by, now=now)


def keep_an_owner(staff_id: int) -> None:
    """Raise if nobody else would be an owner in use; inside the caller's transaction. Raises: LastOwner."""
    lock = "" if db.is_sqlite() else " FOR UPDATE"
    owners: dict[int, str] = dict(
        db.rows(f"SELECT id, name FROM staff WHERE role = 'owner' AND active = 1 ORDER BY id{lock}")
    )
    if list(owners) == [staff_id]:
        raise LastOwner(name=owners[staff_id])


def by_login(login: str) -> int:
    """The id of the open account with a sign-in name. Raises: StaffUnknown."""
    found: int | None = db.value("SELECT id FROM staff WHERE login = ? AND active = 1", (login.strip().lower(),))
    if found is None:
        raise StaffUnknown(field="login", login=login[:32])
    return found


def end_sessions(staff_id: int) -> None:
    """Open sessions of an account can write nothing more; inside the caller's transaction."""
    db.run("UPDATE staff SET version = version + 1 WHERE id = ?", (staff_id,))


@db.atomic
def set_language(language: str, *, by: Actor, now: Millis) -> None:
    """Remember the language a staff member works in."""
    db.run("UPDATE staff SET language = ? WHERE id = ?", (language, by.id))
    audit.record("staff.language", "staff", by.id, by=by, now=now, after={"language": language})


def refund_limit(by: Actor, *, now: Millis) -> int | None:
    """What this person may refund without an approval, in cents; None for no limit."""
    return None if by.role in ("owner", "manager") else rules.current(now=now).refund_limit_cents
