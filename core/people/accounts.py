"""Accounts of staff, changed: name, role, stores, language, rights beside the role, password, opened again.

Whoever may do more or less from now on has to sign in again: each change of that kind ends open sessions.
"""

from collections.abc import Collection
from dataclasses import asdict, dataclass

from core.base import access, db, ids, text
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import NotAllowed, NotFound, Refused
from core.base.i18n import N_
from core.books import audit
from core.people import staff
from core.people.staff import StaffInvalid


@dataclass(frozen=True)
class Account:
    """What may be changed of an account; no stores means every store."""

    name: str
    role: str
    stores: tuple[int, ...] = ()
    language: str = "zh"


class AccountUnknown(NotFound):
    """No account has this id."""

    code = "account_unknown"
    text = N_("There is no account {what}. See Settings, staff.")


class OwnRole(Refused):
    """Nobody changes what they may do themselves."""

    code = "own_role"
    text = N_("Your own role, stores and rights are not yours to change. Another owner can.")


class AboveOwn(NotAllowed):
    """Nobody gives, or takes over, what they may not do themselves."""

    code = "above_own"
    text = N_("This account may “{right}”, you may not. Ask an owner.")


def account_of(staff_id: int) -> Account:
    """An account as it is now. Raises: AccountUnknown."""
    with db.read():
        found = db.one("SELECT name, role, language FROM staff WHERE id = ?", (staff_id,))
        if found is None:
            raise AccountUnknown(what=str(staff_id))
        stores = db.rows("SELECT store_id FROM staff_store WHERE staff_id = ? ORDER BY store_id", (staff_id,))
    return Account(found[0], found[1], tuple(store for (store,) in stores), found[2])


def rights_of(staff_id: int) -> frozenset[str]:
    """What an account may do: the rights of its role, with those given and taken beside it. Raises: AccountUnknown."""
    beside = db.rows("SELECT name, granted FROM staff_right WHERE staff_id = ?", (staff_id,))
    return access.rights_of(account_of(staff_id).role, [(right, bool(granted)) for right, granted in beside])


def _require_over(by: Actor, staff_id: int, rights: Collection[str] = ()) -> None:
    """Raise unless one may do all that the account may, and all it would. Raises: NotAllowed, AboveOwn."""
    require(by, "staff")
    more = sorted((rights_of(staff_id) | set(rights)) - by.rights)
    if more:
        raise AboveOwn(right=access.named(more[0]))


@db.atomic
def change(staff_id: int, account: Account, *, by: Actor, now: Millis) -> None:
    """Change an account; another role or other stores end its sessions.

    Raises: NotAllowed, AboveOwn, AccountUnknown, StaffInvalid, OwnRole, LastOwner.
    """
    if account.role not in access.ROLES:
        raise StaffInvalid(field="role", given=account.role, wanted=" | ".join(access.ROLES))
    before = account_of(staff_id)
    _require_over(by, staff_id, access.ROLES[account.role] if account.role != before.role else ())
    name, stores = text.clean(account.name) or before.name, tuple(sorted(set(account.stores)))
    after = Account(name, account.role, stores, account.language)
    may_other = (before.role, before.stores) != (after.role, after.stores)
    if may_other and by.kind == "staff" and by.id == staff_id:
        raise OwnRole(field="role" if before.role != after.role else "stores")
    if after.role != "owner":
        staff.keep_an_owner(staff_id)
    was, will = asdict(before), asdict(after)
    facts = {one for one in was if was[one] != will[one]}
    audit.record(
        "staff.changed", "staff", staff_id, by=by, now=now, before={one: was[one] for one in facts},
        after={one: will[one] for one in facts},
    )  # fmt: skip
    sql = "UPDATE staff SET name = ?, role = ?, language = ? WHERE id = ?"
    db.run(sql, (after.name, after.role, after.language, staff_id))
    if before.role != after.role:
        # Commission goes by the role held at a sale.
        db.add("staff_role", id=ids.new(), staff_id=staff_id, before=before.role, after=after.role, at=now)
    if may_other:
        db.run("DELETE FROM staff_store WHERE staff_id = ?", (staff_id,))
        db.add_many("staff_store", [{"staff_id": staff_id, "store_id": store} for store in after.stores])
        staff.end_sessions(staff_id)


@db.atomic
def set_rights(staff_id: int, rights: Collection[str], *, by: Actor, now: Millis) -> None:
    """Say what an account may do, whatever its role; its sessions end.

    Raises: NotAllowed, AboveOwn, AccountUnknown, StaffInvalid, OwnRole.
    """
    if unknown := sorted(set(rights) - set(access.RIGHTS)):
        raise StaffInvalid(field="rights", given=unknown[0], wanted=" | ".join(access.RIGHTS))
    before, after = rights_of(staff_id), frozenset(rights)
    _require_over(by, staff_id, after)
    if by.kind == "staff" and by.id == staff_id:
        raise OwnRole()
    given, taken = sorted(after - before), sorted(before - after)
    audit.record("staff.rights", "staff", staff_id, by=by, now=now, after={"given": given, "taken": taken})
    usual = access.ROLES[account_of(staff_id).role]
    db.run("DELETE FROM staff_right WHERE staff_id = ?", (staff_id,))
    beside = [{"staff_id": staff_id, "name": one, "granted": int(one in after)} for one in sorted(after ^ usual)]
    db.add_many("staff_right", beside)
    staff.end_sessions(staff_id)


@db.atomic
def reset_password(staff_id: int, password: str, *, by: Actor, now: Millis) -> None:
    """Give an account another password; its sessions end, waiting after wrong ones too.

    Raises: NotAllowed, AboveOwn, AccountUnknown, PasswordShort.
    """
    _require_over(by, staff_id)
    hashed = staff.hashed(password)
    audit.record("staff.password", "staff", staff_id, by=by, now=now)
    db.run("UPDATE staff SET password_hash = ?, failures = 0, retry_at = 0 WHERE id = ?", (hashed, staff_id))
    staff.end_sessions(staff_id)


@db.atomic
def reopen(staff_id: int, *, by: Actor, now: Millis) -> None:
    """Let a closed account in again, with the password and keys it had.

    Raises: NotAllowed, AboveOwn, AccountUnknown.
    """
    _require_over(by, staff_id)
    if db.change("UPDATE staff SET active = 1, failures = 0, retry_at = 0 WHERE id = ? AND active = 0", (staff_id,)):
        staff.end_sessions(staff_id)
        audit.record("staff.reopened", "staff", staff_id, by=by, now=now)
