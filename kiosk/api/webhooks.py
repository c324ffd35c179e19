"""Webhooks over the API: addresses that are told of events, their secrets, and the log of what was told."""

from typing import Annotated, Literal

from flask import Response
from pydantic import BeforeValidator, Field

from core.base import clock
from core.base.clock import Millis, iso
from core.books.events import KINDS
from core.outreach import webhooks
from core.outreach.webhooks import Delivery, Webhook
from kiosk.api import door as api
from kiosk.api.offers import DoneOut
from kiosk.api.schemas import Id, Shape, Str, whole_of_text

ONE = "/webhooks/<int:webhook_id>"


class WebhookIn(Shape):
    """An address to be told of these types of events, over TLS unless it is on the shop's own machine."""

    url: Annotated[str, Field(strict=True, max_length=500)]
    types: list[Str] = Field(max_length=len(KINDS) * 2)


class WebhookOut(Shape):
    """An endpoint; `waiting` events are queued for it. Paused, it is told again after a test that it passes."""

    id: str
    store_id: str | None
    url: str
    types: list[str]
    created_at: str
    ended_at: str | None
    paused_at: str | None
    failing_since: str | None
    waiting: int


class WebhooksOut(Shape):
    """The endpoints of the key's store, those in use first."""

    webhooks: list[WebhookOut]


class WebhookMadeOut(Shape):
    """A new endpoint, and the secret that signs what it is told."""

    id: str
    secret: str


class SecretOut(Shape):
    """The new secret; the one before signs beside it for a day."""

    secret: str


class DeliveriesAsked(Shape):
    """Which deliveries: of a state, those before a cursor, so many."""

    state: Literal["queued", "sent", "failed", "dropped"] | None = None
    cursor: Id | None = None
    limit: Annotated[int, BeforeValidator(whole_of_text), Field(ge=1, le=200)] = 50


class DeliveryOut(Shape):
    """An event on its way: how often it was tried, what came back last, when it is tried again."""

    event_id: str
    type: str
    at: str
    state: str
    attempts: int
    next_at: str | None
    status: int | None
    error: str | None
    updated_at: str


class DeliveriesOut(Shape):
    """A page of deliveries, the newest event first."""

    deliveries: list[DeliveryOut]
    next_cursor: str | None


class PingOut(Shape):
    """The event that was queued."""

    event_id: str


class ResendIn(Shape):
    """Since when: a moment like 2026-05-28T00:00:00Z."""

    since: Str


class ResentOut(Shape):
    """How many events are told again."""

    queued: int


@api.pages.get("/webhooks")
@api.operation(200, WebhooksOut, refusals=(401, 403, 500, 503))
def all_webhooks() -> Response:
    """List the endpoints of the key's store.

    Needs the scope settings.
    """
    return api.answer(WebhooksOut(webhooks=[_shown(one) for one in webhooks.all_webhooks(by=api.actor())]))


@api.pages.post("/webhooks")
@api.operation(201, WebhookMadeOut, body=WebhookIn)
def add_webhook() -> Response:
    """Tell an address of sales of the key's store and of what happens to members; the secret is shown once.

    Needs the scope settings.
    """
    given = api.body_of(WebhookIn)
    made = webhooks.add(given.url, given.types, store_id=api.store_id(), by=api.actor(), now=clock.now())
    return api.answer(WebhookMadeOut(id=str(made[0]), secret=made[1]), 201)


@api.pages.get(f"{ONE}/deliveries")
@api.operation(200, DeliveriesOut, query=DeliveriesAsked)
def deliveries(webhook_id: int) -> Response:
    """Show what an endpoint was told in the last 30 days, the newest event first.

    Needs the scope settings. `cursor` is the last answer's `next_cursor`, `limit` at most 200.
    """
    asked = api.query_of(DeliveriesAsked)
    before = int(asked.cursor) if asked.cursor else None
    found = webhooks.deliveries(webhook_id, by=api.actor(), state=asked.state, before_id=before, limit=asked.limit + 1)
    page = [_delivery(one) for one in found[: asked.limit]]
    return api.answer(
        DeliveriesOut(deliveries=page, next_cursor=page[-1].event_id if len(found) > asked.limit else None)
    )


@api.pages.post(f"{ONE}/rotate")
@api.operation(200, SecretOut)
def rotate_webhook(webhook_id: int) -> Response:
    """Make a new secret; for a day events are signed with the old one too.

    Needs the scope settings.
    """
    return api.answer(SecretOut(secret=webhooks.rotate(webhook_id, by=api.actor(), now=clock.now())))


@api.pages.post(f"{ONE}/test")
@api.operation(200, PingOut)
def test_webhook(webhook_id: int) -> Response:
    """Queue an event of the type ping, before all others; a paused endpoint goes on.

    Needs the scope settings.
    """
    return api.answer(PingOut(event_id=str(webhooks.test(webhook_id, by=api.actor(), now=clock.now()))))


@api.pages.post(f"{ONE}/resend")
@api.operation(200, ResentOut, body=ResendIn)
def resend(webhook_id: int) -> Response:
    """Tell again what failed of the events since a moment; a paused endpoint goes on.

    Needs the scope settings.
    """
    since = api.moment_of(api.body_of(ResendIn).since, "since")
    return api.answer(ResentOut(queued=webhooks.resend(webhook_id, since=since, by=api.actor(), now=clock.now())))


@api.pages.post(f"{ONE}/end")
@api.operation(200, DoneOut)
def end_webhook(webhook_id: int) -> Response:
    """Tell an endpoint nothing more; what waits for it is dropped.

    Needs the scope settings.
    """
    webhooks.end(webhook_id, by=api.actor(), now=clock.now())
    return api.answer(DoneOut())


def _iso(moment: Millis | None) -> str | None:
    return None if moment is None else iso(moment)


def _shown(one: Webhook) -> WebhookOut:
    return WebhookOut(
        id=str(one.id),
        store_id=None if one.store_id is None else str(one.store_id),
        url=one.url,
        types=list(one.kinds),
        created_at=iso(one.created_at),
        ended_at=_iso(one.ended_at),
        paused_at=_iso(one.paused_at),
        failing_since=_iso(one.failing_since),
        waiting=one.waiting,
    )


def _delivery(one: Delivery) -> DeliveryOut:
    return DeliveryOut(
        event_id=str(one.event_id),
        type=one.kind,
        at=iso(one.at),
        state=one.state,
        attempts=one.attempts,
        next_at=_iso(one.next_at),
        status=one.status,
        error=one.error,
        updated_at=iso(one.updated_at),
    )
