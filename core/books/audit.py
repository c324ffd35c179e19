"""The audit log: who did what, from where, and what it was before and after.

Personal fields are named and masked by the caller, never copied. Every writing verb records here,
and here the staff row is read again, so that someone dismissed a moment ago can write nothing.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from core.base import db, ids
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import NotAllowed
from core.base.i18n import N_
from core.books import events


class SignedOut(NotAllowed):
    """The staff account was changed or closed since this session began."""

    code = "signed_out"
    text = N_("Your account was changed a moment ago. Sign in again; if that fails, ask the owner.")


@dataclass(frozen=True)
class AuditRow:
    """One line of the log; `name` is the staff member's, '' for everyone else."""

    id: int
    at: Millis
    actor: str
    door: str
    action: str
    entity: str
    entity_id: int
    before: str | None
    after: str | None
    name: str


def confirm(by: Actor) -> None:
    """Raise if a staff member's account changed since this session began.

    Raises: SignedOut.
    """
    if by.kind != "staff":
        return
    found = db.one("SELECT version, active FROM staff WHERE id = ?", (by.id,))
    if found is None or found != (by.version, 1):
        raise SignedOut()


def record(
    action: str,
    entity: str,
    entity_id: int,
    *,
    by: Actor,
    now: Millis,
    store_id: int | None = None,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> None:
    """Write one line. Raises: SignedOut."""
    confirm(by)
    db.add(
        "audit",
        id=ids.new(),
        at=now,
        actor=by.tag,
        door=by.door,
        store_id=store_id,
        action=action,
        entity=entity,
        entity_id=entity_id,
        before=_json(before),
        after=_json(after),
    )
    if action.startswith(OF_A_MEMBER):
        events.member_changed(action, entity_id, store_id=store_id, now=now)


OF_A_MEMBER = ("member.", "consent.")
"""Actions that change what a member is; whoever subscribed is told of them here, so that none is forgotten."""


def _json(facts: Mapping[str, object] | None) -> str | None:
    return _encoder.encode(facts) if facts else None


_encoder = json.JSONEncoder(ensure_ascii=False, sort_keys=True)


@dataclass(frozen=True)
class Sought:
    """Which lines of the log: of one actor ('staff:1000012'), of kinds of actions ('sale' for 'sale.posted' and
    all others of sales), from a moment on and before another.
    """

    actor: str = ""
    kinds: tuple[str, ...] = ()
    since: Millis | None = None
    until: Millis | None = None
    actions: tuple[str, ...] = ()
    entity_ids: tuple[int, ...] | None = None


ALL = Sought()


def newest(*, by: Actor, sought: Sought = ALL, before_id: int | None = None, limit: int = 100) -> list[AuditRow]:
    """The log from the newest line backwards, a page at a time. Raises: NotAllowed."""
    require(by, "audit")
    any_kind = " OR ".join(["a.action LIKE ?"] * len(sought.kinds))
    tests: dict[str, tuple[object, ...]] = {
        "a.actor = ?": (sought.actor,) if sought.actor else (),
        f"({any_kind})": tuple(f"{kind}.%" for kind in sought.kinds),
        f"a.action IN ({_marks(sought.actions)})": sought.actions,
        f"a.entity_id IN ({_marks(sought.entity_ids or (0,))})": ()
        if sought.entity_ids is None
        else sought.entity_ids or (0,),
        "a.at >= ?": () if sought.since is None else (sought.since,),
        "a.at < ?": () if sought.until is None else (sought.until,),
        "(a.at, a.id) < (SELECT b.at, b.id FROM audit b WHERE b.id = ?)": (before_id,) if before_id else (),
    }
    wanted = {test: values for test, values in tests.items() if values}
    where = f" WHERE {' AND '.join(wanted)}" if wanted else ""
    sql = (
        "SELECT a.id, a.at, a.actor, a.door, a.action, a.entity, a.entity_id, a.before, a.after,"
        " coalesce(s.name, '') FROM audit a LEFT JOIN staff s ON 'staff:' || s.id = a.actor"
        f"{where} ORDER BY a.at DESC, a.id DESC LIMIT ?"
    )
    given = [value for values in wanted.values() for value in values]
    return [AuditRow(*row) for row in db.rows(sql, (*given, limit))]


def _marks(values: tuple[object, ...]) -> str:
    return ", ".join("?" * len(values))


def people(*, by: Actor) -> list[tuple[str, str]]:
    """Who of the staff may stand in the log, open accounts first: actor and name. Raises: NotAllowed."""
    require(by, "audit")
    found = db.rows("SELECT id, name FROM staff ORDER BY active DESC, name, id")
    return [(f"staff:{id}", name) for id, name in found]


def mark() -> tuple[int, int]:
    """The number and time of the newest line: another one says that something was written meanwhile."""
    found = db.one("SELECT id, at FROM audit ORDER BY at DESC, id DESC LIMIT 1")
    return (0, 0) if found is None else (int(found[0]), int(found[1]))
