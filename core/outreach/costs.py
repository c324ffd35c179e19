"""Costs of messages: the rate card, what a message will cost, what it did cost, and sums that add up to the rows.

Money of providers is in millionths (micros) of the currency of the rate card; a shop has one such currency.
"""

from dataclasses import dataclass

from core.base import db, ids, phones, sms
from core.base.access import Actor, require
from core.base.clock import EPOCH, Millis
from core.base.errors import Invalid
from core.base.i18n import N_
from core.books import audit
from core.outreach import budget

CHANNELS = ("sms", "whatsapp", "email")
LEFT = ("sending", "unknown", "review", "accepted", "sent", "delivered", "undelivered", "failed")
"""States of messages that left, or may have."""
ANYWHERE = ""
"""The country of a rate for every country that has none of its own."""


@dataclass(frozen=True)
class Rate:
    """What one part of a message costs to a country by a channel, from a moment on."""

    country: str
    channel: str
    currency: str
    segment_micros: int
    from_at: Millis = EPOCH


@dataclass(frozen=True)
class Estimate:
    """Parts, and what they will cost; `micros` is None where the rate card says nothing."""

    segments: int
    micros: int | None
    currency: str | None


@dataclass(frozen=True)
class CostLine:
    """What messages of one month, campaign and category cost; `open` of them have an estimate only."""

    month: str
    campaign_id: int | None
    category: str
    currency: str
    messages: int
    segments: int
    micros: int
    open: int


class RateInvalid(Invalid):
    """A rate that cannot be."""

    code = "rate_invalid"
    text = N_("Rate for {country} {channel}: {wanted}.")


@db.atomic
def set_rate(rate: Rate, *, by: Actor, now: Millis) -> None:
    """Put a rate on the card; it counts from its moment, at the earliest from now. Raises: NotAllowed, RateInvalid."""
    require(by, "settings")
    wanted = _wrong(rate)
    if wanted is not None:
        raise RateInvalid(field="rate", country=rate.country or "*", channel=rate.channel, wanted=wanted)
    db.add("rate_card", id=ids.new(), country=rate.country, channel=rate.channel, currency=rate.currency,
           segment_micros=rate.segment_micros, from_at=max(rate.from_at, now), at=now, actor=by.tag)  # fmt: skip
    after = {"country": rate.country, "channel": rate.channel, "micros": rate.segment_micros, "currency": rate.currency}
    audit.record("rate.set", "rate_card", 0, by=by, now=now, after=after)


def _wrong(rate: Rate) -> str | None:
    if rate.channel not in CHANNELS:
        return " | ".join(CHANNELS)
    if rate.country and not phones.is_region(rate.country):
        return "CN, US, GB …"
    if len(rate.currency) != 3 or not (rate.currency.isascii() and rate.currency.isalpha() and rate.currency.isupper()):
        return "CNY, USD …"
    if rate.segment_micros < 0:
        return "0, 1, 2 …"
    used = db.value("SELECT currency FROM rate_card ORDER BY id LIMIT 1")
    return str(used) if used is not None and used != rate.currency else None


def micros_of(typed: str) -> int:
    """An amount as it is typed, '0.0079', in micros; -1 if it is none."""
    whole, _, rest = typed.strip().partition(".")
    fits = whole.isascii() and whole.isdecimal() and (rest == "" or (rest.isascii() and rest.isdecimal()))
    return int(whole) * 1_000_000 + int(rest.ljust(6, "0")) if fits and len(rest) <= 6 and len(whole) <= 6 else -1


def shown(micros: int) -> str:
    """Micros as an amount: '0.0079'; at least two decimals."""
    whole, rest = divmod(micros, 1_000_000)
    return f"{whole}.{f'{rest:06d}'.rstrip('0').ljust(2, '0')}"


def card(*, now: Millis) -> list[Rate]:
    """The rates in force, by country and channel."""
    found = db.rows(
        "SELECT country, channel, currency, segment_micros, from_at FROM rate_card WHERE from_at <= ?"
        " ORDER BY country, channel, from_at, id",
        (now,),
    )
    return list({(row[0], row[1]): Rate(*row) for row in found}.values())


def estimate(address: str, channel: str, body: str, *, now: Millis) -> Estimate:
    """How many parts a message has and what it will cost to go to an address."""
    return estimate_to(phones.region_of(address) if address.startswith("+") else ANYWHERE, channel, body, now=now)


def estimate_to(country: str, channel: str, body: str, *, now: Millis) -> Estimate:
    """The same for a country by its two letters."""
    segments = 1 if channel == "email" else sms.count(body).parts
    row = db.one(
        "SELECT segment_micros, currency FROM rate_card WHERE channel = ? AND country IN (?, '') AND from_at <= ?"
        " ORDER BY CASE WHEN country = '' THEN 1 ELSE 0 END, from_at DESC, id DESC LIMIT 1",
        (channel, country, now),
    )
    return Estimate(segments, None, None) if row is None else Estimate(segments, segments * row[0], row[1])


@db.atomic
def note(sid: str, *, micros: int, currency: str, segments: int, now: Millis) -> bool:
    """Note what a provider charged for a message; False if the message is not ours. The budgets follow."""
    row = db.one(
        "SELECT id, coalesce(cost_micros, estimate_micros, 0), campaign_id, claimed_at FROM outbox WHERE sid = ?",
        (sid,),
    )
    if row is None:
        return False
    sql = "UPDATE outbox SET cost_micros = ?, currency = ?, segments = ?, updated_at = ? WHERE id = ?"
    db.run(sql, (micros, currency, segments, now, row[0]))
    budget.correct(row[2], micros - row[1], at=Millis(row[3] or now))
    return True


def sums(*, since: Millis, until: Millis, by: Actor) -> list[CostLine]:
    """What messages that left in a span cost, by month of the shop, campaign and category. Raises: NotAllowed."""
    require(by, "care")
    lines: list[CostLine] = []
    known = db.one(
        "SELECT min(claimed_at), max(claimed_at) FROM outbox WHERE claimed_at >= ? AND claimed_at < ?", (since, until)
    )
    if known is None or known[0] is None:
        return lines
    since, until = Millis(known[0]), Millis(known[1] + 1)
    while since < until:
        ends = min(budget.next_month(since), until)
        found = db.rows(
            "SELECT campaign_id, category, coalesce(currency, ''), count(*),"
            " CAST(sum(coalesce(segments, 0)) AS BIGINT),"
            " CAST(sum(coalesce(cost_micros, estimate_micros, 0)) AS BIGINT),"
            " CAST(sum(CASE WHEN cost_micros IS NULL THEN 1 ELSE 0 END) AS BIGINT) FROM outbox"
            f" WHERE claimed_at >= ? AND claimed_at < ? AND state IN ({', '.join('?' * len(LEFT))})"
            " GROUP BY campaign_id, category, coalesce(currency, '') ORDER BY coalesce(campaign_id, 0), category, 3",
            (since, ends, *LEFT),
        )
        lines += [CostLine(budget.month_of(since), *row) for row in found]
        since = ends
    return lines
