"""Alerts on their way to staff: claimed before they leave, told at every address at least once.

A claim is a lease, so whoever died while telling leaves the alert due again. An address that took it is not told a
second time; the others are, with growing pauses, for a day.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from core.base import db
from core.base.access import Actor, require
from core.base.clock import DAY, HOUR, MINUTE, SECOND, Millis, iso
from core.base.i18n import N_, Text
from core.books import alerts
from core.books.alerts import Fact

LEASE = MINUTE
"""Longer than telling takes."""
PAUSES = (10 * SECOND, MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR)
GIVEN_UP = DAY


@dataclass(frozen=True)
class Waiting:
    """An alert its owner may tell now; `reached` are the addresses that have it already, by their marks."""

    id: int
    kind: str
    about: str
    facts: Mapping[str, Fact]
    again: int
    attempt: int
    reached: frozenset[str]


@dataclass(frozen=True)
class Told:
    """An alert as it stands: `again` counts how often it came anew; `error` is why the last attempt failed."""

    id: int
    kind: str
    about: str
    facts: tuple[tuple[str, Fact], ...]
    at: Millis
    again: int
    told_at: Millis | None
    attempts: int
    next_at: Millis
    error: str

    def is_given_up(self, now: Millis) -> bool:
        """Whether nobody could be told for so long that it is not tried again."""
        return self.told_at is None and self.at <= now - GIVEN_UP


@dataclass(frozen=True)
class _Words:
    """What is said of one kind: a title, the sentence, what to do."""

    title: str
    sentence: str
    step: str = ""


KINDS: dict[str, _Words] = {
    "channel_rests": _Words(
        N_("Messages wait"),
        N_("Nothing goes out by {about} any more: {reason}."),
        N_("Put its account, password or balance right, then wake it in the back-office (F6)."),
    ),
    "sender": _Words(
        N_("Sender refused"),
        N_("The provider refuses us as sender by {about}: {code}."),
        N_("Look at your provider's page: the sending number, its region or the template is not allowed."),
    ),
    "unmade": _Words(
        N_("A message cannot be written"),
        N_("A message of the kind {about} could not be put into words: {code}."),
        N_("Look at its wording and link (F6), then send it again from the outbox."),
    ),
    "job": _Words(
        N_("A job failed"),
        N_("Job {about} failed: {error}"),
        N_("Run it again: `regulars job run {about}`."),
    ),
    "backup": _Words(
        N_("No backup"),
        N_("Job {about} failed: {error}"),
        N_("Make a backup by hand: `regulars backup take`, then see what it says."),
    ),
    "doctor": _Words(
        N_("The doctor found something"),
        N_("Findings: {count}; the first: {first}"),
        N_("`regulars doctor` names each with its next step."),
    ),
    "budget": _Words(
        N_("Budget used up"),
        N_("The budget of {about} for messages is used up; what is over waits."),
        N_("Raise it in the shop rules, or let it wait."),
    ),
    "campaign": _Words(
        N_("A campaign is paused"),
        N_("Campaign {about} was paused: {reason}."),
        N_("Look at its result before it goes on (F5)."),
    ),
    "reply": _Words(
        N_("Somebody replied"),
        N_("A customer's reply waits for an answer."),
        N_("Read it in the back-office (F6)."),
    ),
    "summary": _Words(
        N_("The day {about}"),
        N_("Takings {takings_cents} in {sales} sales, {member_sales} by members; {new_members} new members."
           " Messages: {messages_sent} sent, {messages_failed} failed. {warnings} churn warnings wait."),
    ),
    "report_mail": _Words(
        N_("A report was not mailed"),
        N_("The report {about} did not leave: {reason}."),
        N_("F10, e shows its state. Put the mail server or the address right; the next period goes out by itself."),
    ),
    "stock": _Words(
        N_("Stock"),
        N_("Running low: {low}. Expiring soon: {expiring}."),
        N_("F9, m lists what runs low and what expires."),
    ),
    "test": _Words(N_("Test"), N_("This is a test. Whoever reads it will be told what must be known at once.")),
}  # fmt: skip
OTHER = _Words(N_("Something needs you"), N_("{kind}: {about}"))
_MARKS = (
    "about", "kind", "reason", "code", "error", "count", "first", "takings_cents", "sales", "member_sales",
    "new_members", "messages_sent", "messages_failed", "warnings", "low", "expiring",
)  # fmt: skip


# --- rules ---------------------------------------------------------------------------------------


def worded(kind: str, about: str | Text, facts: Mapping[str, Fact], *, again: int = 0) -> tuple[Text, tuple[Text, ...]]:
    """Title and lines of an alert, said in the language of whoever reads; a fact it came without is left empty."""
    words = KINDS.get(kind, OTHER)
    given: dict[str, object] = dict.fromkeys(_MARKS, "") | {"kind": kind, "about": about} | dict(facts)
    known = tuple(given.items())
    lines = [Text(words.sentence, known), *([Text(words.step, known)] if words.step else [])]
    if again:
        often = N_("It came once more meanwhile.") if again == 1 else N_("It came {count} times more meanwhile.")
        lines.append(Text(often, (("count", again),)))
    return Text(words.title, known), tuple(lines)


def said(kind: str, about: str, facts: Mapping[str, Fact], *, again: int = 0) -> tuple[str, str]:
    """Title and text of an alert, in the current language."""
    title, lines = worded(kind, about, facts, again=again)
    return str(title), "\n".join(str(line) for line in lines)


def pause_after(attempt: int) -> int:
    """Milliseconds until the next attempt after this one failed."""
    return PAUSES[min(attempt, len(PAUSES)) - 1]


# --- doing ---------------------------------------------------------------------------------------


def due(*, now: Millis, limit: int = 20) -> list[int]:
    """Alerts to be told now, the oldest first; what nobody could be told within a day is given up."""
    sql = "SELECT id FROM alert WHERE told_at IS NULL AND next_at <= ? AND at > ? ORDER BY next_at, id LIMIT ?"
    return [row[0] for row in db.rows(sql, (now, now - GIVEN_UP, limit))]


@db.atomic
def claim(alert_id: int, *, now: Millis) -> Waiting | None:
    """Take one alert for the time of a lease; None if another has it or it was told."""
    taken = db.change(
        "UPDATE alert SET attempts = attempts + 1, next_at = ? WHERE id = ? AND told_at IS NULL AND next_at <= ?",
        (now + LEASE, alert_id, now),
    )
    if not taken:
        return None
    row = db.one("SELECT kind, about, facts, again, attempts, reached FROM alert WHERE id = ?", (alert_id,))
    assert row is not None  # noqa: S101 (changed a moment ago)
    return Waiting(alert_id, row[0], row[1], json.loads(row[2]), row[3], row[4], frozenset(row[5].split()))


@db.atomic
def settle(waiting: Waiting, *, reached: Collection[str], error: str, now: Millis) -> None:
    """Note who took it and, where somebody did not, why: then it is told there again later."""
    marks = " ".join(sorted(waiting.reached | set(reached)))
    told_at = None if error else now
    db.run(
        "UPDATE alert SET reached = ?, error = ?, told_at = ?, next_at = ? WHERE id = ? AND told_at IS NULL"
        " AND attempts = ?",
        (marks, error or None, told_at, now + pause_after(waiting.attempt), waiting.id, waiting.attempt),
    )


@db.atomic
def test(*, by: Actor, now: Millis) -> None:
    """Have staff told that this works. Raises: NotAllowed."""
    require(by, "settings")
    alerts.note("test", iso(now), now=now)


def recent(*, by: Actor, waiting: bool = False, before_id: int | None = None, limit: int = 20) -> list[Told]:
    """The newest alerts, or only those that wait to be told; a keyset page at a time. Raises: NotAllowed."""
    require(by, "care")
    where = ["told_at IS NULL"] * waiting + ["(at, id) < (SELECT at, id FROM alert WHERE id = ?)"] * bool(before_id)
    found = db.rows(
        "SELECT id, kind, about, facts, at, again, told_at, attempts, next_at, coalesce(error, '') FROM alert"
        f"{' WHERE ' * bool(where)}{' AND '.join(where)} ORDER BY at DESC, id DESC LIMIT ?",
        (*([before_id] * bool(before_id)), limit),
    )
    return [Told(*[*row[:3], tuple(json.loads(row[3]).items()), *row[4:]]) for row in found]


@db.atomic
def forget_before(moment: Millis) -> int:
    """Drop alerts of before a moment; how many."""
    return db.change("DELETE FROM alert WHERE at < ?", (moment,))
