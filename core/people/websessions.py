"""Sessions of browsers: a customer's phone and a kiosk. Their ids are stored hashed."""

import json
import secrets
from dataclasses import dataclass
from typing import Literal

from core.base import clock, db
from core.base.clock import DAY, Millis
from core.books import rules
from core.people.devices import digest


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
        id_hash=digest(session_id),
        kind=kind,
        member_id=member_id,
        device_id=device_id,
        data=json.dumps(data or {}),
        proved_at=proved_at,
        created_at=now,
        expires_at=now + life_ms,
    )
    if member_id is not None:
        _count(kind, member_id, device_id, now)
    return session_id


def _count(door: str, member_id: int, device_id: int | None, now: Millis) -> None:
    """Count that a member used a door today: at the screen's store, or the one they joined in. Nobody is named."""
    store_id = db.value(
        "SELECT store_id FROM device WHERE id = ? UNION ALL SELECT home_store_id FROM member WHERE id = ? LIMIT 1",
        (device_id, member_id),
    )
    day = clock.day_of(now, rules.current(now=now).zone)
    db.run(
        "INSERT INTO door_day (store_id, day, door, times) VALUES (?, ?, ?, 1)"
        " ON CONFLICT (day, door, store_id) DO UPDATE SET times = door_day.times + 1",
        (store_id or 0, day.toordinal(), door),
    )


def session(session_id: str, kind: str, *, now: Millis) -> WebSession | None:
    """A living session, or None."""
    row = db.one(
        "SELECT kind, member_id, device_id, data, proved_at, expires_at FROM web_session"
        " WHERE id_hash = ? AND kind = ? AND expires_at > ?",
        (digest(session_id), kind, now),
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
        (json.dumps(data), member_id, proved_at, expires_at, digest(session_id)),
    )


@db.atomic
def end_session(session_id: str) -> None:
    """End a session at once."""
    db.run("DELETE FROM web_session WHERE id_hash = ?", (digest(session_id),))


@db.atomic
def end_sessions_of(member_id: int) -> int:
    """End every session of a member, on every phone and screen; how many."""
    return db.change("DELETE FROM web_session WHERE member_id = ?", (member_id,))


@db.atomic
def sweep_sessions(*, now: Millis) -> int:
    """Drop sessions and pairings whose time is over; how many."""
    db.run("DELETE FROM pairing WHERE expires_at < ?", (now - DAY,))
    return db.change("DELETE FROM web_session WHERE expires_at <= ?", (now,))


@db.atomic
def end_all_sessions() -> int:
    """End every session and pairing code, after a restore; how many sessions. Paired screens stay paired."""
    db.run("DELETE FROM pairing")
    return db.change("DELETE FROM web_session")
