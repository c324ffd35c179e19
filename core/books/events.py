"""Events 事件: what an online shop is told is a row first, in the transaction of its cause.

A row is written only if some endpoint subscribed to its kind, so a shop without webhooks pays one look
into memory. A row holds ids and figures, never a name or a number; who wants more reads it over the API.
Posting them is the scheduler's.
"""

import json
from collections.abc import Iterable

from core.base import db, ids
from core.base.clock import Millis, iso
from core.books import revisions

KINDS = (
    "sale.completed", "sale.refunded", "points.changed", "wallet.changed",
    "member.joined", "member.changed", "tier.changed", "coupon.issued",
)  # fmt: skip
PING = "ping"
"""What is told to try an endpoint; nobody subscribes to it."""
MOST_FORGOTTEN = 5_000

Fact = str | int | None


def tell(
    kind: str, /, *, store_id: int | None = None, member_id: int | None = None, now: Millis, **facts: Fact
) -> None:
    """Note an event for whoever subscribed to its kind; inside the transaction of its cause.

    A sale is told to endpoints of its store and of all stores; what happens to a member to every endpoint, for
    a membership is of the whole shop. Facts named `…_id` become strings and `…_at` times as in the API.
    """
    told = _subscribed().get(kind)
    if not told:
        return
    if kind.startswith("sale."):
        told = [(webhook_id, of_store) for webhook_id, of_store in told if of_store in (None, store_id)]
    if told:
        write(kind, [one for one, _ in told], store_id=store_id, member_id=member_id, now=now, facts=facts)


def member_changed(action: str, member_id: int, *, store_id: int | None, now: Millis) -> None:
    """Tell what the audit log notes of a member: 'member.joined', 'member.renamed', 'consent.given' …"""
    topic, _, what = action.partition(".")
    if action == "member.joined":
        tell("member.joined", store_id=store_id, member_id=member_id, now=now)
    elif topic == "consent":
        tell("member.changed", store_id=store_id, member_id=member_id, now=now, what="consent")
    else:
        tell("member.changed", store_id=store_id, member_id=member_id, now=now, what=WHAT.get(what, what))


WHAT = {"renamed": "name", "tagged": "tags", "active": "state", "blocked": "state"}
"""What changed, where the audit log has another word for it."""


def write(
    kind: str, webhook_ids: Iterable[int], *, store_id: int | None, member_id: int | None, now: Millis,
    facts: dict[str, Fact],
) -> int:  # fmt: skip
    """Write an event and queue it for these endpoints; the event's id."""
    event_id = ids.new()
    data = _encoder.encode({name: _plain(name, fact) for name, fact in facts.items()})
    db.add("event", id=event_id, kind=kind, at=now, store_id=store_id, member_id=member_id, data=data)
    for webhook_id in webhook_ids:
        db.add("event_delivery", webhook_id=webhook_id, event_id=event_id, state="queued", next_at=now, updated_at=now)
    return event_id


_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def _plain(name: str, fact: Fact) -> Fact:
    if isinstance(fact, int):
        if name.endswith("_id"):
            return str(fact)
        if name.endswith("_at"):
            return iso(fact)
    return fact


def _load() -> dict[str, list[tuple[int, int | None]]]:
    """Who is told, by kind: (endpoint, its store). A paused endpoint is told when it goes on."""
    found: dict[str, list[tuple[int, int | None]]] = {}
    sql = "SELECT id, store_id, kinds FROM webhook WHERE ended_at IS NULL ORDER BY id"
    for webhook_id, store_id, kinds in db.rows(sql):
        for kind in kinds.split():
            found.setdefault(kind, []).append((webhook_id, store_id))
    return found


_subscribed = revisions.Remembered("webhooks", _load)


def forget_before(moment: Millis) -> int:
    """Drop events older than their retention with their deliveries, sent or not; how many."""
    dropped = 0
    while some := _forget_some(moment):
        dropped += some
    return dropped


@db.atomic
def _forget_some(moment: Millis) -> int:
    found = [row[0] for row in db.rows("SELECT id FROM event WHERE at < ? LIMIT ?", (moment, MOST_FORGOTTEN))]
    db.run_many("DELETE FROM event_delivery WHERE event_id = ?", [(one,) for one in found])
    db.run_many("DELETE FROM event WHERE id = ?", [(one,) for one in found])
    return len(found)
