"""Events on their way to endpoints: claimed before they leave, settled by what came back, at least once.

A claim is a lease: whoever took an event and died leaves it due again a minute later, with the same id. An
endpoint hears its events in their order as far as retries allow: one that must be told again lets later ones by.
"""

import json
import random
from dataclasses import dataclass

from core.base import access, db
from core.base.clock import DAY, HOUR, MINUTE, SECOND, Millis, iso
from core.books import audit
from core.outreach import webhooks

LEASE = MINUTE
"""Longer than any attempt takes."""
PAUSES = (10 * SECOND, MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 6 * HOUR, 12 * HOUR, 24 * HOUR)
REST = (10 * SECOND, MINUTE, 5 * MINUTE, 30 * MINUTE)
PATIENCE = 3
"""After so many failures in a row an endpoint rests, so that a dead one costs little."""
GIVEN_UP = 3 * DAY
GONE = 410


@dataclass(frozen=True)
class Due:
    """A delivery whose time has come, and how often it was tried before."""

    webhook_id: int
    event_id: int
    attempts: int


@dataclass(frozen=True)
class Claimed:
    """An event its owner may post now; `attempt` counts from 1, `keys` sign it."""

    webhook_id: int
    event_id: int
    attempt: int
    url: str
    body: str
    keys: tuple[bytes, ...]


# --- rules ---------------------------------------------------------------------------------------


def retry_after(attempt: int, *, jitter_bp: int) -> int | None:
    """Milliseconds until the next attempt after this one failed, up to a fifth longer; None after the last.

    `jitter_bp` from 0 to 10 000 is drawn by the caller.
    """
    if attempt > len(PAUSES):
        return None
    pause = PAUSES[attempt - 1]
    return pause + pause * jitter_bp // 50_000


def rest_after(failures: int) -> int:
    """Milliseconds an endpoint is left alone after so many failures in a row."""
    return 0 if failures < PATIENCE else REST[min(failures - PATIENCE, len(REST) - 1)]


def is_given_up(failing_since: Millis | None, now: Millis) -> bool:
    """Whether an endpoint failed for so long that it is paused."""
    return failing_since is not None and now - failing_since >= GIVEN_UP


def body_of(event_id: int, kind: str, at: Millis, about: tuple[int | None, int | None], data: str) -> str:
    """An event as it is posted; `about` is its store and its member, `data` what it was written with."""
    store_id, member_id = (None if one is None else str(one) for one in about)
    return json.dumps(
        {"id": str(event_id), "type": kind, "at": iso(at), "store_id": store_id, "member_id": member_id,
         "data": json.loads(data)},
        ensure_ascii=False, separators=(",", ":"),
    )  # fmt: skip


# --- doing ---------------------------------------------------------------------------------------


def awake(*, now: Millis) -> list[int]:
    """Endpoints that may be told something now."""
    sql = "SELECT id FROM webhook WHERE ended_at IS NULL AND paused_at IS NULL AND rests_until <= ? ORDER BY id"
    return [row[0] for row in db.rows(sql, (now,))]


def due(webhook_id: int, *, now: Millis, limit: int = 20) -> list[Due]:
    """What an endpoint is to be told now, in order."""
    found = db.rows(
        "SELECT event_id, attempts FROM event_delivery WHERE webhook_id = ? AND state = 'queued' AND next_at <= ?"
        " ORDER BY next_at, event_id LIMIT ?",
        (webhook_id, now, limit),
    )
    return [Due(webhook_id, event_id, attempts) for event_id, attempts in found]


def overdue(*, now: Millis) -> int:
    """How many deliveries to endpoints that answer have been due for over an hour."""
    found = db.value(
        "SELECT count(*) FROM event_delivery d JOIN webhook w ON w.id = d.webhook_id WHERE d.state = 'queued'"
        " AND d.next_at < ? AND w.ended_at IS NULL AND w.failing_since IS NULL",
        (now - HOUR,),
    )
    return int(found)


@db.atomic
def claim(due: Due, *, now: Millis) -> Claimed | None:
    """Take a delivery for a minute; None if another took it, or its endpoint ended or was paused meanwhile."""
    found = db.one(
        "SELECT w.url, w.generation, w.rotated_at, e.kind, e.at, e.store_id, e.member_id, e.data FROM webhook w,"
        " event e WHERE w.id = ? AND w.ended_at IS NULL AND w.paused_at IS NULL AND e.id = ?",
        (due.webhook_id, due.event_id),
    )
    if found is None:
        return None
    taken = db.change(
        "UPDATE event_delivery SET attempts = attempts + 1, next_at = ?, updated_at = ? WHERE webhook_id = ?"
        " AND event_id = ? AND state = 'queued' AND attempts = ? AND next_at <= ?",
        (now + LEASE, now, due.webhook_id, due.event_id, due.attempts, now),
    )
    if not taken:
        return None
    url, generation, rotated_at, kind, at, *about, data = found
    keys = webhooks.keys_of(due.webhook_id, generation, rotated_at, now=now)
    body = body_of(due.event_id, kind, at, (about[0], about[1]), data)
    return Claimed(due.webhook_id, due.event_id, due.attempts + 1, url, body, keys)


@db.atomic
def settle(claimed: Claimed, *, status: int | None, error: str, now: Millis) -> bool:
    """Note what came back; whether the endpoint took it. `status` is None if nothing came, `error` says why."""
    if status is not None and 200 <= status < 300:
        sql = (
            "UPDATE webhook SET failing_since = NULL, failures = 0, rests_until = 0, paused_at = NULL"
            " WHERE id = ? AND failing_since IS NOT NULL"
        )
        db.run(sql, (claimed.webhook_id,))
        _settled(claimed, "sent", status, None, now)
        return True
    _failed(claimed.webhook_id, now)  # first, which locks the endpoint as whoever ends it does
    pause = retry_after(claimed.attempt, jitter_bp=random.randint(0, 10_000))  # noqa: S311 (jitter)
    if status == GONE or pause is None:
        _settled(claimed, "failed", status, error, now)
    else:
        db.run(
            "UPDATE event_delivery SET next_at = ?, status = ?, error = ?, updated_at = ? WHERE webhook_id = ?"
            " AND event_id = ? AND state = 'queued' AND attempts = ?",
            (now + pause, status, error, now, claimed.webhook_id, claimed.event_id, claimed.attempt),
        )
    if status == GONE:
        _end(claimed.webhook_id, now)
    return False


def _settled(claimed: Claimed, state: webhooks.State, status: int | None, error: str | None, now: Millis) -> None:
    """One that was taken stays taken, whatever a later attempt brings."""
    db.run(
        "UPDATE event_delivery SET state = ?, status = ?, error = ?, updated_at = ? WHERE webhook_id = ?"
        " AND event_id = ? AND state = 'queued'",
        (state, status, error, now, claimed.webhook_id, claimed.event_id),
    )


def _failed(webhook_id: int, now: Millis) -> None:
    """One failure more of an endpoint: it rests, and after three days it is paused."""
    store_id, paused_at, since, failures = db.rows(
        "UPDATE webhook SET failures = failures + 1, failing_since = coalesce(failing_since, ?) WHERE id = ?"
        " RETURNING store_id, paused_at, failing_since, failures",
        (now, webhook_id),
    )[0]
    db.run("UPDATE webhook SET rests_until = ? WHERE id = ?", (now + rest_after(failures), webhook_id))
    if paused_at is None and is_given_up(since, now):
        db.run("UPDATE webhook SET paused_at = ? WHERE id = ?", (now, webhook_id))
        by = access.scheduler("webhooks")
        audit.record("webhook.paused", "webhook", webhook_id, by=by, now=now, store_id=store_id)


def _end(webhook_id: int, now: Millis) -> None:
    """The endpoint answered that it is gone for good."""
    store_id, ended_at = db.rows("SELECT store_id, ended_at FROM webhook WHERE id = ?", (webhook_id,))[0]
    if ended_at is None:
        webhooks.finish(webhook_id, store_id, by=access.scheduler("webhooks"), now=now)
