"""Every message the shop means to send is a row here first, in the transaction that caused it.

Nothing leaves the process inside a transaction; only the scheduler sends.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from core.base import db, i18n, ids
from core.base.clock import DAY, Millis
from core.books import rules

Category = Literal["service", "greeting", "gift_greeting", "marketing"]
CATEGORIES: tuple[Category, ...] = ("service", "greeting", "gift_greeting", "marketing")
URGENT, ORDINARY = 0, 5
PRIORITY: dict[Category, int] = {"service": 3, "greeting": ORDINARY, "gift_greeting": ORDINARY, "marketing": 7}
"""What leaves first; a code for signing in is urgent."""


@dataclass(frozen=True)
class Letter:
    """What is to be said: a template with frozen variables, to a member or to an address.

    The dedupe key has no channel in it, so another channel cannot greet twice. Times are UTC ms.
    """

    dedupe_key: str
    template: str
    category: Category
    language: str
    variables: Mapping[str, str | int]
    expires_at: Millis
    member_id: int | None = None
    address: str | None = None
    channel: str = "sms"
    not_before: Millis | None = None
    campaign_id: int | None = None

    @property
    def priority(self) -> int:
        """Its place in the queue: the least leaves first."""
        return URGENT if self.template == "code" else PRIORITY[self.category]


_PUT = (
    "INSERT INTO outbox (id, dedupe_key, member_id, channel, address, category, template, variables,"
    " language, priority, campaign_id, state, not_before, expires_at, created_at, updated_at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'queued', ?, ?, ?, ?) ON CONFLICT (dedupe_key) DO NOTHING"
)


def _row(outbox_id: int, letter: Letter, now: Millis) -> tuple[object, ...]:
    return (
        outbox_id,
        letter.dedupe_key,
        letter.member_id,
        letter.channel,
        letter.address,
        letter.category,
        letter.template,
        json.dumps(dict(letter.variables), ensure_ascii=False),
        letter.language,
        letter.priority,
        letter.campaign_id,
        now if letter.not_before is None else letter.not_before,
        letter.expires_at,
        now,
        now,
    )


def put(letter: Letter, *, now: Millis) -> int | None:
    """Queue a message inside the caller's transaction; None if this occasion was queued before."""
    if db.value("SELECT 1 FROM outbox WHERE dedupe_key = ?", (letter.dedupe_key,)):
        return None
    outbox_id = ids.new()
    return outbox_id if db.change(_PUT, _row(outbox_id, letter, now)) else None


MOST_ASKED = 500
"""Keys looked up in one statement."""


def put_many(letters: Sequence[Letter], *, now: Millis) -> int:
    """Queue messages inside the caller's transaction, each occasion once; the number queued.

    For a campaign: some thousands a transaction, so that no till waits long.
    """
    fresh = {letter.dedupe_key: letter for letter in reversed(letters)}
    keys = tuple(fresh)
    for start in range(0, len(keys), MOST_ASKED):
        some = keys[start : start + MOST_ASKED]
        marks = ", ".join("?" * len(some))
        for (known,) in db.rows(f"SELECT dedupe_key FROM outbox WHERE dedupe_key IN ({marks})", some):
            del fresh[known]
    new = [*fresh.values()][::-1]
    db.run_many(_PUT, [_row(id, letter, now) for id, letter in zip(ids.several(len(new)), new, strict=True)])
    return len(new)


def tell(
    member_id: int, dedupe_key: str, template: str, variables: Mapping[str, str | int], *, now: Millis,
    expires_at: Millis | None = None,
) -> bool:  # fmt: skip
    """Queue a service message to a member in their language; inside the caller's transaction.

    It is good for two days where no end is given. False if this occasion was queued before.
    """
    letter = Letter(
        dedupe_key=dedupe_key,
        template=template,
        category="service",
        language=language_of(member_id, now=now),
        variables={"shop": rules.current(now=now).shop_name, **variables},
        member_id=member_id,
        expires_at=Millis(now + 2 * DAY) if expires_at is None else expires_at,
    )
    return put(letter, now=now) is not None


def language_of(member_id: int, *, now: Millis) -> str:
    """The language a member reads; the shop's, if they named none."""
    language = db.value("SELECT language FROM member WHERE id = ?", (member_id,))
    return str(language or rules.current(now=now).language)


@contextmanager
def in_language_of(member_id: int, *, now: Millis) -> Iterator[None]:
    """Say facts of a message in the member's language, and money with the shop's sign."""
    shop = rules.current(now=now)
    with i18n.use(language_of(member_id, now=now), zone=shop.zone, symbol=shop.symbol):
        yield


def cancel(member_id: int, *, categories: tuple[str, ...], reason: str, channel: str = "", now: Millis) -> int:
    """Cancel what is queued for a member in those categories, by every channel or by one; the number cancelled."""
    marks = ", ".join("?" * len(categories))
    by_one = " AND channel = ?" if channel else ""
    return db.change(
        "UPDATE outbox SET state = 'cancelled', reason = ?, updated_at = ?"
        f" WHERE member_id = ? AND state = 'queued' AND category IN ({marks}){by_one}",
        (reason, now, member_id, *categories, *([channel] if channel else [])),
    )


def withdraw(*dedupe_keys: str, reason: str, now: Millis) -> int:
    """Cancel messages of these occasions that have not left yet; inside the caller's transaction; how many."""
    sql = "UPDATE outbox SET state = 'cancelled', reason = ?, updated_at = ? WHERE dedupe_key = ? AND state = 'queued'"
    return sum(db.change(sql, (reason, now, key)) for key in dedupe_keys)


SETTLED = (
    "skipped", "expired", "accepted", "sent", "delivered", "undelivered", "failed", "refused", "dead", "cancelled",
    "review",
)  # fmt: skip
"""States in which nothing more becomes of a message: long after it was accepted no report comes any more."""
MOST_EMPTIED = 5_000
_EMPTY = "UPDATE outbox SET address = NULL, sent_to = NULL, variables = '{}', body = NULL"


def empty_before(moment: Millis) -> int:
    """Empty address and words of messages settled before a moment; how many. The bare row stays, for it counts."""
    emptied = 0
    while some := _empty_some(moment):
        emptied += some
    return emptied


@db.atomic
def _empty_some(moment: Millis) -> int:
    marks = ", ".join("?" * len(SETTLED))
    found = db.rows(
        "SELECT id FROM outbox WHERE created_at < ? AND updated_at < ? AND (address IS NOT NULL OR sent_to IS NOT NULL"
        f" OR body IS NOT NULL OR variables <> ?) AND state IN ({marks}) ORDER BY created_at LIMIT ?",
        (moment, moment, "{}", *SETTLED, MOST_EMPTIED),
    )
    db.run_many(f"{_EMPTY} WHERE id = ?", found)
    return len(found)


def forget(member_id: int, address: str | None) -> None:
    """Empty address and words of every message to a member or a number; inside the caller's transaction."""
    db.run(f"{_EMPTY} WHERE member_id = ?", (member_id,))
    if address is not None:
        db.run(f"{_EMPTY} WHERE address = ? OR sent_to = ?", (address, address))
