"""Webhooks: the addresses of online shops that are told of events, and their log.

What signs an event is derived from the installation's secret, the endpoint and how often it was rotated, so
that no secret is stored. An endpoint of a store hears the sales of that store, and of every member.
"""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args
from urllib.parse import urlsplit

from core.base import db, ids, settings
from core.base.access import Actor, refusal, require
from core.base.clock import DAY, Millis
from core.base.errors import Invalid, NotFound, Refused
from core.base.i18n import N_, T, Text
from core.books import audit, events, revisions

State = Literal["queued", "sent", "failed", "dropped"]
STATES: tuple[State, ...] = get_args(State)
MOST, LONGEST = 20, 500
BOTH_VALID = DAY
"""How long the secret before a rotation still signs beside the new one."""
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_HOST = re.compile(r"[A-Za-z0-9:]([A-Za-z0-9.:-]*[A-Za-z0-9:])?\.?")


@dataclass(frozen=True)
class Webhook:
    """An endpoint; without a store it hears all of them."""

    id: int
    store_id: int | None
    url: str
    kinds: tuple[str, ...]
    created_at: Millis
    ended_at: Millis | None
    paused_at: Millis | None
    failing_since: Millis | None
    rotated_at: Millis | None
    waiting: int

    @property
    def host(self) -> str:
        """The part of its address that holds no secret."""
        return urlsplit(self.url).netloc


@dataclass(frozen=True)
class Delivery:
    """An event on its way to an endpoint; `status` is what the endpoint answered last, `error` why it counts as no."""

    event_id: int
    kind: str
    at: Millis
    state: State
    attempts: int
    next_at: Millis | None
    status: int | None
    error: str | None
    updated_at: Millis


class WebhookUnknown(NotFound):
    """There is no such endpoint, or it is another store's."""

    code = "webhook_unknown"
    text = N_("There is no webhook {webhook}. `regulars webhook list` shows them all.")


class WebhookEnded(Refused):
    """The endpoint was ended, or ended itself by answering 410."""

    code = "webhook_ended"
    text = N_("Webhook {webhook} was ended. Add it anew.")


class WebhookUrlInvalid(Invalid):
    """An address events cannot be posted to."""

    code = "webhook_url_invalid"
    text = N_("url: {problem}")


class EventKindUnknown(Invalid):
    """An endpoint asked for events that do not exist, or for none."""

    code = "event_kind_unknown"
    text = N_("types: there is no event “{given}”. Choose from: {known}.")


class WebhooksFull(Refused):
    """No more endpoints fit."""

    code = "webhooks_full"
    text = N_("There are {most} webhooks already. End one that is not used any more.")


# --- rules ---------------------------------------------------------------------------------------


def wrong_url(url: str) -> Text | None:
    """What is wrong with an address; None if events can be posted to it."""
    if len(url) > LONGEST:
        return T("at most {most} characters fit here", most=LONGEST)
    if not url.isascii() or not url.isprintable() or " " in url:
        return T("write it in ASCII without spaces; other letters percent-encoded")
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return T("this is no address")
    if parts.scheme not in ("https", "http") or not _HOST.fullmatch(host):
        return T("this is no address; it looks like https://shop.example.com/regulars")
    if parts.scheme == "http" and host not in LOOPBACK:
        return T("it must begin with https://; http:// is for this machine alone")
    if "@" in parts.netloc or "#" in url:
        return T("leave out user, password and #")
    return None


def secret_text(key: bytes) -> str:
    """A secret as it is shown and typed elsewhere."""
    return "whsec_" + base64.b64encode(key).decode()


def key_of(webhook_id: int, generation: int) -> bytes:
    """What signs the events for an endpoint."""
    return settings.derived_key(f"webhook {webhook_id} {generation}")


def keys_of(webhook_id: int, generation: int, rotated_at: Millis | None, *, now: Millis) -> tuple[bytes, ...]:
    """The keys that sign now, the newest first: two within a day of a rotation."""
    newest = key_of(webhook_id, generation)
    if rotated_at is None or now >= rotated_at + BOTH_VALID:
        return (newest,)
    return newest, key_of(webhook_id, generation - 1)


# --- reads ---------------------------------------------------------------------------------------

_WEBHOOK = (
    "SELECT w.id, w.store_id, w.url, w.kinds, w.created_at, w.ended_at, w.paused_at, w.failing_since, w.rotated_at,"
    " (SELECT count(*) FROM event_delivery d WHERE d.webhook_id = w.id AND d.state = 'queued') FROM webhook w"
)


def _webhook(row: db.Row) -> Webhook:
    return Webhook(row[0], row[1], row[2], tuple(row[3].split()), *row[4:])


def all_webhooks(*, by: Actor) -> list[Webhook]:
    """The endpoints the asker's stores have, those in use first. Raises: NotAllowed."""
    require(by, "settings")
    rows = db.rows(_WEBHOOK + " ORDER BY w.ended_at IS NOT NULL, w.created_at, w.id")
    return [_webhook(row) for row in rows if _is_theirs(row[1], by)]


def get(webhook_id: int, *, by: Actor) -> Webhook:
    """One endpoint. Raises: NotAllowed, WebhookUnknown."""
    require(by, "settings")
    row = db.one(_WEBHOOK + " WHERE w.id = ?", (webhook_id,))
    if row is None or not _is_theirs(row[1], by):
        raise WebhookUnknown(webhook=str(webhook_id))
    return _webhook(row)


def _is_theirs(store_id: int | None, by: Actor) -> bool:
    return not by.stores or store_id in by.stores


def secret_of(webhook_id: int, *, by: Actor) -> str:
    """The secret of an endpoint, shown again. Raises: NotAllowed, WebhookUnknown."""
    require(by, "keys")
    get(webhook_id, by=by)
    return secret_text(key_of(webhook_id, _generation(webhook_id)))


def _generation(webhook_id: int) -> int:
    return int(db.value("SELECT generation FROM webhook WHERE id = ?", (webhook_id,)))


def deliveries(
    webhook_id: int, *, by: Actor, state: State | None = None, before_id: int | None = None, limit: int = 100
) -> list[Delivery]:
    """What was told to an endpoint, the newest event first, a page at a time. Raises: NotAllowed, WebhookUnknown."""
    get(webhook_id, by=by)
    tests: dict[str, object] = {
        "d.state = ?": state,
        "(e.at, e.id) < (SELECT b.at, b.id FROM event b WHERE b.id = ?)": before_id,
    }
    wanted = {test: value for test, value in tests.items() if value is not None}
    found = db.rows(
        "SELECT e.id, e.kind, e.at, d.state, d.attempts, CASE WHEN d.state <> 'queued' THEN NULL"
        " WHEN d.next_at < e.at THEN e.at ELSE d.next_at END, d.status, d.error, d.updated_at"
        " FROM event_delivery d JOIN event e ON e.id = d.event_id WHERE "
        + " AND ".join(["d.webhook_id = ?", *wanted])
        + " ORDER BY e.at DESC, e.id DESC LIMIT ?",
        (webhook_id, *wanted.values(), limit),
    )
    return [Delivery(*row) for row in found]


def paused() -> list[tuple[int, str]]:
    """Endpoints that are told nothing because they failed for three days: id and host."""
    found = db.rows("SELECT id, url FROM webhook WHERE paused_at IS NOT NULL AND ended_at IS NULL ORDER BY id")
    return [(webhook_id, urlsplit(url).netloc) for webhook_id, url in found]


# --- writes --------------------------------------------------------------------------------------


@db.atomic
def add(url: str, kinds: Sequence[str], *, store_id: int | None, by: Actor, now: Millis) -> tuple[int, str]:
    """Tell an address of these kinds of events from now on; its id and its secret.

    Without a store it hears the sales of all of them. Raises: NotAllowed, WebhookUrlInvalid, EventKindUnknown,
    WebhooksFull.
    """
    require(by, "settings", store_id=store_id)
    if store_id is None and by.stores:
        raise refusal("settings")
    _check(url, kinds)
    if db.value("SELECT count(*) FROM webhook WHERE ended_at IS NULL") >= MOST:
        raise WebhooksFull(most=MOST)
    webhook_id = ids.new()
    named = " ".join(kind for kind in events.KINDS if kind in kinds)
    db.add("webhook", id=webhook_id, store_id=store_id, url=url, kinds=named, created_at=now)
    revisions.bump("webhooks")
    after = {"host": urlsplit(url).netloc, "kinds": named}
    audit.record("webhook.added", "webhook", webhook_id, by=by, now=now, store_id=store_id, after=after)
    return webhook_id, secret_text(key_of(webhook_id, 1))


def _check(url: str, kinds: Sequence[str]) -> None:
    problem = wrong_url(url)
    if problem is not None:
        raise WebhookUrlInvalid(field="url", problem=problem)
    strange = [kind for kind in kinds if kind not in events.KINDS]
    if strange or not kinds:
        given = strange[0][:40] if strange else "—"
        raise EventKindUnknown(field="types", given=given, known=", ".join(events.KINDS))


def _living(webhook_id: int, by: Actor) -> Webhook:
    found = get(webhook_id, by=by)
    if found.ended_at is not None:
        raise WebhookEnded(webhook=str(webhook_id))
    return found


@db.atomic
def rotate(webhook_id: int, *, by: Actor, now: Millis) -> str:
    """Give an endpoint a new secret; the one before signs beside it for a day. The new secret.

    Raises: NotAllowed, WebhookUnknown, WebhookEnded.
    """
    found = _living(webhook_id, by)
    db.run("UPDATE webhook SET generation = generation + 1, rotated_at = ? WHERE id = ?", (now, webhook_id))
    audit.record("webhook.rotated", "webhook", webhook_id, by=by, now=now, store_id=found.store_id)
    return secret_text(key_of(webhook_id, _generation(webhook_id)))


@db.atomic
def test(webhook_id: int, *, by: Actor, now: Millis) -> int:
    """Queue an event that says nothing, before all that wait; a paused endpoint goes on. The event's id.

    Raises: NotAllowed, WebhookUnknown, WebhookEnded.
    """
    found = _living(webhook_id, by)
    _wake(webhook_id)
    event_id = events.write(
        events.PING, [webhook_id], store_id=found.store_id, member_id=None, now=now, facts={"webhook_id": webhook_id}
    )
    # Its turn comes before that of whatever waited longer.
    sql = "UPDATE event_delivery SET next_at = 0 WHERE webhook_id = ? AND event_id = ?"
    db.run(sql, (webhook_id, event_id))
    audit.record("webhook.tested", "webhook", webhook_id, by=by, now=now, store_id=found.store_id)
    return event_id


@db.atomic
def resend(webhook_id: int, *, since: Millis, by: Actor, now: Millis) -> int:
    """Queue again what failed of the events since a moment; a paused endpoint goes on. How many.

    Raises: NotAllowed, WebhookUnknown, WebhookEnded.
    """
    found = _living(webhook_id, by)
    _wake(webhook_id)
    queued = db.change(
        "UPDATE event_delivery SET state = 'queued', attempts = 0, next_at = ?, updated_at = ? WHERE webhook_id = ?"
        " AND state = 'failed' AND event_id IN (SELECT id FROM event WHERE at >= ?)",
        (now, now, webhook_id, since),
    )
    after = {"events": queued}
    audit.record("webhook.resent", "webhook", webhook_id, by=by, now=now, store_id=found.store_id, after=after)
    return queued


def _wake(webhook_id: int) -> None:
    sql = "UPDATE webhook SET paused_at = NULL, failing_since = NULL, failures = 0, rests_until = 0 WHERE id = ?"
    db.run(sql, (webhook_id,))


@db.atomic
def end(webhook_id: int, *, by: Actor, now: Millis) -> None:
    """Tell an endpoint nothing more; what waits for it is dropped. Ending it twice changes nothing.

    Raises: NotAllowed, WebhookUnknown.
    """
    found = get(webhook_id, by=by)
    if found.ended_at is None:
        finish(webhook_id, found.store_id, by=by, now=now)


def finish(webhook_id: int, store_id: int | None, *, by: Actor, now: Millis) -> None:
    """End an endpoint; inside the caller's transaction."""
    db.run("UPDATE webhook SET ended_at = ? WHERE id = ?", (now, webhook_id))
    db.run(
        "UPDATE event_delivery SET state = 'dropped', updated_at = ? WHERE webhook_id = ? AND state = 'queued'",
        (now, webhook_id),
    )
    revisions.bump("webhooks")
    audit.record("webhook.ended", "webhook", webhook_id, by=by, now=now, store_id=store_id)
