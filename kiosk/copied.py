"""The member's own copy as a page 个人数据副本: what the file holds, kind by kind, the newest rows of each in words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from core.base import clock, i18n
from core.base.i18n import N_, _, date_shown, written
from core.loyalty import statement
from core.people.consent import PURPOSE_WORDS
from core.service import bookinglists, followups, gatheringguests, ticketrules

SHOWN = 20
"""Rows of a kind on the page; the file has them all."""
CHANNELS = {"sms": N_("text message"), "email": N_("e-mail"), "whatsapp": "WhatsApp"}
Line = tuple[str, str]


@dataclass(frozen=True)
class Part:
    """One kind of what is kept: how many rows, and the newest of them as what and how much."""

    title: str
    count: int
    lines: Sequence[Line]


def _at(moment: str | None) -> str:
    """A moment of the file in the shop's zone: '2026-11-21 14:32'."""
    if moment is None:
        return "–"
    return written("on_at", int(datetime.fromisoformat(moment).timestamp() * clock.SECOND))


def _word(words: Mapping[str, str], code: object) -> str:
    """A code in words; one the file has and no word stands as it is."""
    return _(words[str(code)]) if code in words else str(code or "")


def _said(*parts: object) -> str:
    return " · ".join(str(one) for one in parts if one)


def _purchase(row: Mapping[str, Any]) -> Line:
    return _said(_at(row["at"]), row["store"]), written("total_cents", row["total_cents"])


def _move(row: Mapping[str, Any]) -> Line:
    amount, sign = row["amount"], "+" if row["amount"] > 0 else ""
    moved = _("{points} points", points=amount) if row["asset"] == "points" else written("amount_cents", amount)
    return _said(_at(row["at"]), _word(statement.WORDS, row["kind"]), row["store"]), f"{sign}{moved}"


def _redeemed(row: Mapping[str, Any]) -> Line:
    return _said(_at(row["at"]), row["name"]), _("{points} points", points=row["points"])


def _checked_in(day: int) -> Line:
    return date_shown(date.fromordinal(day)), ""


def _answer(row: Mapping[str, Any]) -> Line:
    question = row["question_zh"] if i18n.scope().language == "zh" else row["question_en"]
    given = row["words"] if row["number"] is None else row["number"]
    return _said(_at(row["at"]), question), str(given or "–")


def _ticket(row: Mapping[str, Any]) -> Line:
    what = _word(ticketrules.KIND_WORDS, row["kind"])
    return _said(_at(row["at"]), what, row["subject"]), _word(ticketrules.STATES, row["state"])


def _booking(row: Mapping[str, Any]) -> Line:
    return _said(_at(row["at"]), row["service"], row["staff"]), _word(bookinglists.STATES, row["state"])


def _event(row: Mapping[str, Any]) -> Line:
    chinese, english = row["event_zh"], row["event_en"]
    name = (chinese or english) if i18n.scope().language == "zh" else (english or chinese)
    return _said(_at(row["from_at"]), name), _word(gatheringguests.STATES, row["state"])


def _contact(row: Mapping[str, Any]) -> Line:
    how = _word(followups.WAY_WORDS, row["way"])
    return _said(_at(row["at"]), how), _word(followups.STATES, row["state"])


def _consent(row: Mapping[str, Any]) -> Line:
    channel = _word(CHANNELS, row["channel"])
    return _said(_at(row["at"]), _word(PURPOSE_WORDS, row["purpose"]), channel), _("yes") if row["granted"] else _("no")


def _message(row: Mapping[str, Any]) -> Line:
    return _at(row["at"]), _word(CHANNELS, row["channel"])


KINDS: tuple[tuple[str, str, Callable[[Any], Line]], ...] = (
    ("purchases", N_("Purchases"), _purchase),
    ("moves", N_("Moves of points and stored value"), _move),
    ("redemptions", N_("Rewards"), _redeemed),
    ("check_ins", N_("Check-ins"), _checked_in),
    ("bookings", N_("Bookings"), _booking),
    ("events", N_("Events"), _event),
    ("tickets", N_("Questions and complaints"), _ticket),
    ("answers", N_("Answers to surveys"), _answer),
    ("contacts", N_("Calls of the shop"), _contact),
    ("consents", N_("Answers about consent"), _consent),
    ("messages", N_("Messages"), _message),
)
"""What the file holds beside profile and balances, in the order of the page."""


def parts(kept: Mapping[str, Any]) -> list[Part]:
    """Every kind that has rows."""
    found = []
    for name, title, said in KINDS:
        rows = kept[name] if name == "moves" else kept[name][::-1]  # moves come with the newest first
        if rows:
            found.append(Part(_(title), len(rows), [said(row) for row in rows[:SHOWN]]))
    return found
