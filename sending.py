"""Sending: what is in the outbox goes out by its channel, and online shops are told what happened.

Each message is claimed and committed before it leaves; what became of one whose answer never came is looked up.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from core.base import clock, i18n, logs
from core.base.clock import MINUTE, Millis
from core.base.settings import Settings, hook_path, practising
from core.books import rules
from core.outreach import alerting, charges, costs, delivery, envelopes, telling
from core.outreach.alerting import Waiting
from core.outreach.delivery import Claimed, Unsettled
from notify.channel import Accepted, CannotTell, Channel, OutMessage, Pricing, Refused, Retry
from notify.registry import ChannelConfig, open_channels
from notify.webhook import Answer, Parcel, post

log = logs.get("sending")

LOOK_BACK = 2 * MINUTE
"""A provider's clock may differ from ours; a look-up begins so much earlier."""


def channels_for(settings: Settings) -> dict[str, Channel]:
    """The channels of this installation; a demo can only have ones that send nothing real."""
    return open_channels(
        ChannelConfig(
            kind=settings.channel,  # type: ignore[arg-type]
            file_path=Path(settings.outbox_file),
            twilio_account_sid=settings.twilio_account_sid,
            twilio_auth_token=settings.twilio_auth_token,
            twilio_from=settings.twilio_from,
            twilio_messaging_service_sid=settings.twilio_messaging_service_sid,
            twilio_whatsapp_from=settings.twilio_whatsapp_from,
            twilio_base_url=settings.twilio_base_url,
            gateway_file=Path(settings.gateway_file),
            gateway_key=settings.gateway_key,
            gateway_secret=settings.gateway_secret,
            hook_url=settings.public_url and f"{settings.public_url.rstrip('/')}{hook_path()}/status",
            now_ms=clock.now,
            smtp_url=settings.smtp_url,
            mail_from=settings.mail_from,
            public_base_url=settings.public_url,
            demo=settings.demo or settings.practice,
        )
    )


def send_due(channels: Mapping[str, Channel], owner: str, *, stop: threading.Event | None = None) -> int:
    """Send what is due, one message at a time, each committed as being sent before it leaves; how many left."""
    sent = 0
    for outbox_id in delivery.due_ids(now=clock.now()):
        if stop is not None and stop.is_set():
            break
        claimed = delivery.claim(outbox_id, owner=owner, now=clock.now())
        if claimed is not None:
            _send(channels, claimed)
            sent += 1
    return sent


def _send(channels: Mapping[str, Channel], message: Claimed) -> None:
    channel = channels.get(message.channel)
    now = clock.now()
    if channel is None:
        delivery.refused(message.id, code=f"no channel {message.channel}", about="sender", now=now)
        _note(message, "no channel")
        return
    outcome = channel.send(_enveloped(channel, _letter(message)))
    now = clock.now()
    _note(message, type(outcome).__name__.lower())
    if isinstance(outcome, Accepted):
        delivery.accepted(message.id, sid=outcome.sid, now=now)
    elif isinstance(outcome, Retry):
        delivery.not_accepted(message.id, reason=outcome.reason, after_s=outcome.after_s, now=now)
    elif isinstance(outcome, Refused):
        delivery.refused(message.id, code=outcome.code, about=outcome.about, now=now)
    else:
        delivery.unknown(message.id, reason=outcome.reason, now=now)


def _note(message: Claimed, outcome: str) -> None:
    """One line a message: which row, by which channel, what came back; never to whom."""
    logs.note(log, "message", id=message.id, attempt=message.attempt, channel=message.channel, outcome=outcome)


def _letter(message: Claimed) -> OutMessage:
    return OutMessage(
        outbox_id=message.id,
        attempt=message.attempt,
        to=message.address,
        body=message.body,
        subject=message.subject or None,
        language=message.language,
        unsubscribe_url=message.unsubscribe_url,
        created_at=message.created_at,
    )


def _enveloped(channel: Channel, message: OutMessage) -> OutMessage:
    """With its template and what stands in it, for a provider that sends registered ones."""
    if not channel.by_template:
        return message
    found = envelopes.of(message.outbox_id, address=message.to, now=clock.now())
    return replace(message, template=found.template, provider_template=found.provider_template, fields=found.fields,
                   answered=found.answered)  # fmt: skip


def _out(outbox_id: int, attempt: int, to: str, body: str, created_at: int) -> OutMessage:
    return OutMessage(outbox_id=outbox_id, attempt=attempt, to=to, body=body, created_at=created_at)


def settle(channels: Mapping[str, Channel], owner: str, *, now: Millis) -> int:
    """Find out what became of messages whose owner died or whose answer never came; how many were settled."""
    settled = 0
    for row in delivery.unsettled():
        if row.state == "sending" and row.owner == owner:
            continue
        settled += _settle_one(channels, row, now)
    return settled


def _settle_one(channels: Mapping[str, Channel], row: Unsettled, now: Millis) -> int:
    channel, surely_not = channels.get(row.channel), False
    if channel is not None and channel.can_list:
        since = Millis(row.claimed_at - LOOK_BACK)
        message = _enveloped(channel, _out(row.id, row.attempt, row.address, row.body, row.claimed_at))
        try:
            sid = channel.find(message, since_ms=since, taken=delivery.known_sids(since=since))
        except CannotTell:
            sid = None
        else:
            surely_not = sid is None
        if sid is not None:
            delivery.accepted(row.id, sid=sid, now=now)
            return 1
    if row.claimed_at + delivery.GRACE <= now:
        delivery.give_up_waiting(row.id, surely_not=surely_not, now=now)
        return 1
    return 0


# --- telling online shops ------------------------------------------------------------------------


def tell_due(send: Callable[[Parcel], Answer] = post, *, stop: threading.Event | None = None) -> int:
    """Post what online shops are to be told, each event claimed before it leaves; how many were taken.

    An endpoint that fails is left for the next time, so that it keeps no other waiting.
    """
    taken = 0
    if practising():
        return taken
    for webhook_id in telling.awake(now=clock.now()):
        for due in telling.due(webhook_id, now=clock.now()):
            if stop is not None and stop.is_set():
                return taken
            claimed = telling.claim(due, now=clock.now())
            if claimed is None:
                continue
            at_s = clock.now() // clock.SECOND
            parcel = Parcel(claimed.url, str(claimed.event_id), at_s, claimed.body.encode(), claimed.keys)
            answer = send(parcel)
            logs.note(log, "webhook", webhook=webhook_id, event=claimed.event_id, status=answer.status)
            if not telling.settle(claimed, status=answer.status, error=answer.error, now=clock.now()):
                break
            taken += 1
    return taken


# --- what it cost ----------------------------------------------------------------------------------


def fetch_costs(settings: Settings, *, now: Millis) -> int:
    """Ask the provider what it charged for messages that have no price yet; how many have one now.

    Raises: RuntimeError when it could not be asked.
    """
    waiting, noted = charges.unpriced(now=now), 0
    if not waiting:
        return noted
    channels = channels_for(settings)
    try:
        asked = next((one for one in channels.values() if isinstance(one, Pricing)), None)
        for price in asked.prices(since_ms=now - charges.WAITED) if asked is not None else ():
            if price.sid in waiting:
                noted += costs.note(price.sid, micros=price.micros, currency=price.currency, segments=price.segments,
                                    now=now)  # fmt: skip
    except CannotTell as error:
        raise RuntimeError(str(error)) from error
    finally:
        for channel in channels.values():
            channel.close()
    return noted


# --- telling staff ---------------------------------------------------------------------------------


def tell_staff(settings: Settings, *, stop: threading.Event | None = None) -> int:
    """Tell staff what they must know, each alert claimed before it leaves; how many were told everywhere.

    In a demo and where no address is set, alerts stay rows for the back-office.
    """
    urls, told = settings.alert_urls.split(), 0
    if not urls or settings.demo or settings.practice:
        return told
    for alert_id in alerting.due(now=clock.now()):
        if stop is not None and stop.is_set():
            break
        waiting = alerting.claim(alert_id, now=clock.now())
        if waiting is not None:
            told += _tell_everywhere(urls, waiting)
    return told


def _tell_everywhere(urls: list[str], waiting: Waiting) -> bool:
    """Tell every address that has not taken it yet, in the shop's language; whether all have it now."""
    from notify import alerts

    shop = rules.current(now=clock.now())
    with i18n.use(shop.language, zone=shop.zone, symbol=shop.symbol):
        title, text = alerting.said(waiting.kind, waiting.about, waiting.facts, again=waiting.again)
    reached, errors = [], []
    for url in urls:
        if alerts.mark(url) in waiting.reached:
            continue
        error = alerts.tell(url, f"{shop.shop_name} · {title}", text, now_ms=clock.now())
        logs.note(log, "alert", id=waiting.id, kind=waiting.kind, at=alerts.mark(url), taken=not error)
        if error:
            errors.append(f"{url.partition('://')[0]}: {error}")
        else:
            reached.append(alerts.mark(url))
    alerting.settle(waiting, reached=reached, error="; ".join(errors), now=clock.now())
    return not errors
