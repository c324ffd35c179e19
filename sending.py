"""Sending: what is in the outbox goes out by its channel, and online shops are told what happened.

Each message is claimed and committed before it leaves; what became of one whose answer never came is looked up.
"""

import itertools
import logging
import queue
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Literal

from core.base import clock, i18n, logs, owners, sms
from core.base.clock import MINUTE, Millis
from core.base.drivers import peewee
from core.base.errors import RegularsError
from core.base.settings import Settings, hook_path, practising
from core.books import rules
from core.outreach import alerting, batches, charges, costs, delivery, envelopes, telling, unsettled
from core.outreach.alerting import Waiting
from core.outreach.delivery import Answer as Came
from core.outreach.delivery import Claimed
from core.outreach.settling import CannotAsk, Settler
from core.outreach.unsettled import Unsettled
from notify.channel import (
    Accepted,
    CannotTell,
    Channel,
    Outcome,
    OutMessage,
    Pricing,
    Refused,
    Retry,
    Unknown,
)
from notify.pace import ONE_BY_ONE
from notify.pace import Bucket as Bucket
from notify.pace import Lane as Lane
from notify.registry import ChannelConfig, open_channels
from notify.webhook import Answer, Parcel, post

log = logs.get("sending")

LOOK_BACK = 2 * MINUTE
"""A provider's clock may differ from ours; a look-up begins so much earlier."""
STALE = 5 * MINUTE
"""What was judged longer ago does not leave: it goes back into the queue and is judged again."""
THREADS, URGENT_THREADS = 8, 2
AHEAD = 2
"""Messages that wait for each thread, so that none idles while answers are written down."""
WAIT_S, LOOK_AGAIN_S = 0.05, 1.0


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


# --- how fast ------------------------------------------------------------------------------------


def buckets_for(settings: Settings) -> dict[str, Bucket]:
    """The rates of channels that send something real; what stays on this machine has none."""
    if settings.channel in ("console", "file") or settings.send_per_s <= 0:
        return {}
    return {name: Bucket(settings.send_per_s) for name in ("sms", "whatsapp", "email")}


# --- sending -------------------------------------------------------------------------------------

Left = Outcome | Literal["stale", "lost"]
"""What became of a message in a sender's thread: an outcome, or it did not begin to leave."""


class Sender:
    """Lets messages out: claims them in batches, sends by several threads, and notes the answers in groups.

    Threads only ask the channel. Whoever calls `send` reads and writes the database, so that what eight
    threads were answered costs one commit.
    """

    def __init__(
        self,
        channels: Mapping[str, Channel],
        owner: str,
        *,
        lane: Lane = ONE_BY_ONE,
        hold: owners.Hold | None = None,
        buckets: Mapping[str, Bucket] | None = None,
        stop: threading.Event | None = None,
    ) -> None:
        self.channels, self.owner, self.lane = channels, owner, lane
        self.busy: set[int] = set()
        """What this sender has claimed and not yet noted."""
        self._unnoted: list[tuple[Claimed, Left]] = []
        """What is known of messages and not yet in the database: it is written again until it is."""
        self._hold, self._buckets, self._stop = hold, buckets or {}, stop
        self._answers: queue.SimpleQueue[tuple[Claimed, Left]] = queue.SimpleQueue()
        self._pools: dict[str, ThreadPoolExecutor] = {}
        self._waiting: dict[str, deque[Claimed]] = {}
        self._dry: set[str] = set()
        self._flying: Counter[str] = Counter()
        self._left, self._look_s = 0, 0.0
        self._most_flying = lane.threads * (1 + AHEAD) if lane.threads > 1 else 1
        self._lost = False
        self._rests: set[str] = set()

    def send(self, *, most: int | None = None) -> int:
        """Send what is due until nothing is, so many were claimed, or one is told to stop; how many left.

        What was claimed and has not begun to leave is given back, what has begun is waited for.
        """
        self._left, room = 0, most
        self._write_down()
        self._waiting, self._look_s = {}, 0.0
        try:
            while not self._ended():
                claimed = self._claim(room)
                room = None if room is None else room - claimed
                self._start()
                at_work = self._flying.total() > 0 or any(self._waiting.values())
                if not at_work and self._is_dry(room):
                    break
                self._note(WAIT_S if at_work else 0.0)
        finally:
            self._wind_up()
        return self._left

    def _wind_up(self) -> None:
        """Give back what waits and wait for what flies; what cannot be written down now is kept for the next time."""
        for name in self._waiting:
            self._give_back(name)
        while self._flying.total():
            with suppress(RegularsError, peewee.DatabaseError):  # told below
                self._write_down()
            self._collect(1.0)
        self._write_down()

    def close(self) -> None:
        """End the threads."""
        for pool in self._pools.values():
            pool.shutdown()

    def _ended(self) -> bool:
        return self._lost or (self._stop is not None and self._stop.is_set())

    def _is_dry(self, room: int | None) -> bool:
        return (room is not None and room <= 0) or self._dry.issuperset(self._waiting)

    def _claim(self, room: int | None) -> int:
        """Claim a batch for each channel that has none waiting; how many messages."""
        self._look_again()
        count = 0
        for name, waiting in self._waiting.items():
            limit = self._limit(name, room, count)
            if name in self._dry or waiting or limit <= 0:
                continue
            batch = batches.claim_some(name, urgent=self.lane.urgent, owner=self.owner, now=clock.now(), limit=limit)
            if not batch.seen:
                self._dry.add(name)
            self.busy.update(one.id for one in batch.claimed)
            waiting.extend(batch.claimed)
            count += len(batch.claimed)
        return count

    def _look_again(self) -> None:
        """Once a second see what else is queued: a long run on one channel keeps none of another waiting."""
        if time.monotonic() >= self._look_s:
            self._look_s = time.monotonic() + LOOK_AGAIN_S
            self._waiting |= {name: deque() for name in delivery.waiting_channels() if name not in self._waiting}
            self._dry, self._rests = set(), {name for name in self._rests if self._flying[name]}

    def _limit(self, name: str, room: int | None, count: int) -> int:
        """So many at once: what the channel takes in a second, for what is claimed long before it leaves is stale."""
        bucket = self._buckets.get(name)
        limit = batches.BATCH if bucket is None else max(1, min(batches.BATCH, bucket.per_s))
        return limit if room is None else min(limit, room - count)

    def _start(self) -> None:
        """Hand to the threads what they and the channel's rate can take: some at once, for each time is a commit."""
        for name, waiting in self._waiting.items():
            if self._flying[name] and self._most_flying - self._flying[name] < self.lane.threads:
                continue
            some = self._some(name, waiting)
            begun = batches.begin(some, owner=self.owner) if some else set()
            for message in some:
                out = _enveloped(self.channels.get(name), _out(message))
                waiting.popleft()
                if message.id in begun:
                    self._fly(message, out)
                else:
                    self._unnoted.append((message, "stale"))

    def _some(self, name: str, waiting: deque[Claimed]) -> list[Claimed]:
        """The next of a channel that there is room and rate for."""
        bucket, some = self._buckets.get(name), list[Claimed]()
        for message in itertools.islice(waiting, self._most_flying - self._flying[name]):
            if bucket is not None and not bucket.take(_parts(message), urgent=self.lane.urgent is True):
                break
            some.append(message)
        return some

    def _fly(self, message: Claimed, out: OutMessage) -> None:
        name = message.channel
        self._flying[name] += 1
        if self.lane.threads == 1:
            self._leave(message, out)
            return
        if name not in self._pools:  # its own threads, so that a slow server takes none of another's
            self._pools[name] = ThreadPoolExecutor(self.lane.threads, f"send {name}")
        self._pools[name].submit(self._leave, message, out).add_done_callback(_loud)

    def _leave(self, message: Claimed, out: OutMessage) -> None:
        """Send one message, in a thread; an error of ours leaves its fate unknown."""
        outcome: Left = Unknown("broke off")
        try:
            outcome = self._sent(message, out)
        finally:
            self._answers.put((message, outcome))

    def _sent(self, message: Claimed, out: OutMessage) -> Left:
        if self._hold is not None and not self._hold.holds():
            return "lost"
        now, held = clock.now(), self._ended() or message.channel in self._rests
        left_s = message.left_s(now)
        if held or not left_s or now - message.claimed_at > STALE:
            return "stale"
        channel = self.channels.get(message.channel)
        if channel is None:
            return Refused(f"no channel {message.channel}", "sender")
        return channel.send(replace(out, valid_for_s=left_s))

    def _note(self, wait_s: float) -> None:
        """Note all answers there are, in one transaction; wait a little for the first."""
        self._collect(wait_s)
        self._write_down()

    def _collect(self, wait_s: float) -> None:
        for message, outcome in self._answered(wait_s):
            self._flying[message.channel] -= 1
            self._unnoted.append((message, outcome))
            self._lost = self._lost or outcome == "lost"
            logs.note(log, "message", id=message.id, attempt=message.attempt, channel=message.channel,
                      outcome=_word(outcome))  # fmt: skip
            if isinstance(outcome, Retry) and outcome.pause_channel:
                self._rests.add(message.channel)
                self._give_back(message.channel)

    def _write_down(self) -> None:
        """Write what is known; what the database does not take now stays known, and in hand."""
        done = self._unnoted
        try:
            self._write(done)
        except (peewee.DataError, peewee.IntegrityError):
            self._write_apart(done)
        self._unnoted = []
        self.busy.difference_update(message.id for message, _ in done)
        self._left += sum(not isinstance(outcome, str) for _, outcome in done)

    def _write_apart(self, done: list[tuple[Claimed, Left]]) -> None:
        """One answer that no column holds spoils no other; what becomes of its message is looked up."""
        for one in done:
            try:
                self._write([one])
            except (peewee.DataError, peewee.IntegrityError) as error:
                logs.note(log, "answer not noted", level=logging.ERROR, error=error, id=one[0].id)

    def _write(self, done: list[tuple[Claimed, Left]]) -> None:
        answers = [_came(message, outcome) for message, outcome in done if not isinstance(outcome, str)]
        stale = [message.id for message, outcome in done if outcome == "stale"]
        if answers or stale:
            batches.note(answers, stale, owner=self.owner, now=clock.now())

    def _answered(self, wait_s: float) -> list[tuple[Claimed, Left]]:
        done = []
        try:
            done.append(self._answers.get(timeout=0.001 if self.lane.threads == 1 else wait_s))
            while True:
                done.append(self._answers.get_nowait())
        except queue.Empty:
            return done

    def _give_back(self, name: str) -> None:
        """What waits on a channel did not begin to leave: it is queued again, unless another has taken over."""
        self._unnoted += [(message, "lost" if self._lost else "stale") for message in self._waiting[name]]
        self._waiting[name].clear()


def send_due(channels: Mapping[str, Channel], owner: str, *, stop: threading.Event | None = None) -> int:
    """Send some of what is due, one message at a time; how many left, 0 when nothing is due."""
    return Sender(channels, owner, stop=stop).send(most=50)


def _parts(message: Claimed) -> int:
    return max(1, sms.count(message.body).parts) if message.channel == "sms" else 1


def _out(message: Claimed) -> OutMessage:
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


def _enveloped(channel: Channel | None, message: OutMessage) -> OutMessage:
    """With its template and what stands in it, for a provider that sends registered ones."""
    if channel is None or not channel.by_template:
        return message
    found = envelopes.of(message.outbox_id, address=message.to, now=clock.now())
    return replace(message, template=found.template, provider_template=found.provider_template, fields=found.fields,
                   answered=found.answered)  # fmt: skip


def _loud(sent: "Future[None]") -> None:
    """An error of ours in a thread is in the log; the message's fate is unknown."""
    if (error := sent.exception()) is not None:
        logs.note(log, "sending broke", level=logging.ERROR, error=error)


def _word(outcome: Left) -> str:
    """What the log says of it, never to whom."""
    return outcome if isinstance(outcome, str) else type(outcome).__name__.lower()


def _came(message: Claimed, outcome: Outcome) -> Came:
    if isinstance(outcome, Accepted):
        return Came(message.id, "accepted", sid=outcome.sid)
    if isinstance(outcome, Retry):
        rests = outcome.pause_channel
        return Came(message.id, "not_accepted", reason=outcome.reason, after_s=outcome.after_s, rests=rests)
    if isinstance(outcome, Refused):
        return Came(message.id, "refused", reason=outcome.code, about=outcome.about)
    return Came(message.id, "unknown", reason=outcome.reason)


# --- what became of it -----------------------------------------------------------------------------


def settler(channels: Mapping[str, Channel], owner: str, *, stop: threading.Event | None = None) -> Settler:
    """What finds out by these channels what became of messages, a part at a time."""
    return Settler(lambda row: _asked(channels, row), owner, stop=stop)


def settle(channels: Mapping[str, Channel], owner: str, *, now: Millis, busy: Collection[int] | None = None) -> int:
    """Find out what became of all messages whose owner died or whose answer never came; how many were settled."""
    return settler(channels, owner).settle(now=now, busy=busy)


def _asked(channels: Mapping[str, Channel], row: Unsettled) -> str | None:
    channel = channels.get(row.channel)
    if channel is None or not channel.can_list:
        raise CannotAsk(unsettled.GRACE)
    try:
        return _found(channel, row)
    except CannotTell as error:
        raise CannotAsk(unsettled.LONGEST) from error


def _found(channel: Channel, row: Unsettled) -> str | None:
    """The provider's sid of a message, of those that belong to no other. Raises: CannotTell."""
    if not row.address:
        raise CannotTell("where it went is not kept any more")
    since = Millis(row.claimed_at - LOOK_BACK)
    message = OutMessage(
        outbox_id=row.id, attempt=row.attempt, to=row.address, body=row.body, created_at=row.claimed_at
    )
    message, taken = _enveloped(channel, message), set[str]()
    while (sid := channel.find(message, since_ms=since, taken=taken)) is not None:
        if delivery.whose(sid) in (None, row.id):
            return sid
        taken.add(sid)
    return None


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
