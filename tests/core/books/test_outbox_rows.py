"""Putting messages in the outbox and cancelling what is queued."""

import dataclasses

from core.base import db
from core.base.clock import Millis
from core.books import outbox
from core.books.outbox import Letter

LETTER = Letter("birthday:1:2026", "birthday", "greeting", "zh", {"name": "王"}, Millis(100), member_id=1)


@db.atomic
def put(letter: Letter) -> int | None:
    return outbox.put(letter, now=Millis(5))


@db.atomic
def cancel(*categories: str, member: int = 1) -> int:
    return outbox.cancel(member, categories=categories, reason="withdrawn", now=Millis(9))


def test_an_occasion_is_queued_once(engine: str) -> None:
    assert put(LETTER) is not None
    assert put(LETTER) is None
    assert db.value("SELECT count(*) FROM outbox") == 1


def test_another_channel_is_the_same_occasion(engine: str) -> None:
    put(LETTER)
    assert put(dataclasses.replace(LETTER, channel="email")) is None


def test_an_undated_message_may_leave_at_once(engine: str) -> None:
    put(LETTER)
    assert db.value("SELECT not_before FROM outbox") == 5


def test_only_the_members_queued_messages_of_the_categories_are_cancelled(engine: str) -> None:
    ours, kept = put(LETTER), put(dataclasses.replace(LETTER, dedupe_key="b", category="service"))
    other = put(dataclasses.replace(LETTER, dedupe_key="c", member_id=2))
    assert cancel("greeting", "marketing") == 1
    states = dict(db.rows("SELECT id, state FROM outbox"))
    assert states == {ours: "cancelled", kept: "queued", other: "queued"}


def test_a_sent_message_is_not_cancelled(engine: str) -> None:
    put(LETTER)
    db.run("UPDATE outbox SET state = 'sent'")
    assert cancel("greeting") == 0
