"""What a planned contact is about, in sentences: the sale, the ticket, the answer to a survey, the data to be checked.

Read for a whole list at once: one question for each kind of contact on it.
"""

from collections.abc import Sequence
from datetime import date

from core.base import clock, db, lunar
from core.base.clock import Millis
from core.base.i18n import T, Text, scope
from core.books import rules
from core.service import ticketlists, ticketrules
from core.service.followups import Task

OF_TICKETS = frozenset({"ticket", "after_ticket"})
"""Kinds of contacts that are about a ticket."""
GOODS = 3
"""So many names of goods are told of a sale."""
Said = dict[int, list[Text]]


def of_tasks(tasks: Sequence[Task], *, now: Millis) -> Said:
    """The sentences of each task that has any, by its id."""
    said: Said = {}
    for kinds, sentences in (
        ({"after_sale"}, _sales),
        (OF_TICKETS, _tickets),
        ({"survey"}, _answers),
    ):
        if chosen := [one for one in tasks if one.kind in kinds]:
            by_ref = sentences(sorted({one.ref_id for one in chosen}), now)
            said |= {one.id: by_ref[one.ref_id] for one in chosen if one.ref_id in by_ref}
    if checked := [one for one in tasks if one.kind == "check_data"]:
        said |= _data(checked)
    return said


def _marks(ids: Sequence[int]) -> str:
    return ", ".join("?" * len(ids))


def _sales(sale_ids: Sequence[int], now: Millis) -> Said:
    """When they bought, for how much, and what."""
    found = db.rows(
        "SELECT s.id, s.day, s.total_cents, l.name FROM sale s JOIN sale_line l ON l.sale_id = s.id"
        f" WHERE s.id IN ({_marks(sale_ids)}) ORDER BY s.id, l.net_cents DESC, l.position",
        sale_ids,
    )
    names: dict[int, list[str]] = {}
    facts = {sale_id: (date.fromordinal(day), cents) for sale_id, day, cents, _ in found}
    for sale_id, _day, _cents, name in found:
        names.setdefault(sale_id, []).append(name)
    return {
        sale_id: [
            T("Bought on {bought_on} for {spent_cents}: {goods}.", bought_on=on, spent_cents=cents,
              goods=" · ".join(names[sale_id][:GOODS])),
            T("Ask how they like it, and whether anything is missing."),
        ]
        for sale_id, (on, cents) in facts.items()
    }  # fmt: skip


def _tickets(ticket_ids: Sequence[int], now: Millis) -> Said:
    """What they came with, how it ended, and how satisfied they said they were."""
    found = db.rows(
        f"SELECT t.id, {ticketlists.SUBJECT}, t.kind, t.closed_at, t.outcome, t.satisfaction FROM ticket t"
        f" WHERE t.id IN ({_marks(ticket_ids)})",
        ticket_ids,
    )
    zone = rules.current(now=now).zone
    return {row[0]: _ticket(*row[1:], zone=zone) for row in found}


def _ticket(
    subject: str, kind: str, closed_at: int | None, outcome: str | None, rated: int | None, *, zone: str
) -> list[Text]:
    said = [
        T(
            "{kind}: {subject}",
            kind=Text(ticketrules.KIND_WORDS[kind]),
            subject=subject[: ticketrules.LONGEST_SUBJECT] or "—",
        )
    ]
    if closed_at is not None and outcome is not None:
        ended = Text(ticketrules.OUTCOMES.get(outcome, outcome))
        said.append(T("Dealt with on {closed_on}: {outcome}.", closed_on=clock.day_of(closed_at, zone), outcome=ended))
    if rated is not None:
        said.append(T("Satisfied {score} of 5. Ask what would have been better.", score=rated))
    elif closed_at is not None:
        said.append(T("Ask whether it is really all right now."))
    return said


def _answers(reply_ids: Sequence[int], now: Millis) -> Said:
    """What they answered, the lowest score first, then their own words."""
    found = db.rows(
        "SELECT a.reply_id, q.kind, q.words_en, q.words_zh, a.number, a.words FROM survey_answer a"
        f" JOIN survey_question q ON q.id = a.question_id WHERE a.reply_id IN ({_marks(reply_ids)})"
        " AND (q.kind IN ('nps', 'csat') OR a.words IS NOT NULL)"
        " ORDER BY a.reply_id, a.number IS NULL, a.number, q.position",
        reply_ids,
    )
    chinese, said = scope().language == "zh", Said()
    for reply_id, kind, words_en, words_zh, number, words in found:
        facts = {"question": words_zh if chinese else words_en}
        if number is not None:
            of = 10 if kind == "nps" else 5
            said.setdefault(reply_id, []).append(T("“{question}” {score} of {of}", **facts, score=number, of=of))
        elif words:
            said.setdefault(reply_id, []).append(T("“{question}” {answer}", **facts, answer=words))
    return said


def _data(tasks: Sequence[Task]) -> Said:
    """What is kept: the birthday; the number stands in the list."""
    member_ids = sorted({one.member_id for one in tasks})
    found = db.rows(
        "SELECT member_id, birth_calendar, birth_year, birth_month, birth_day, birth_leap FROM member_person"
        f" WHERE member_id IN ({_marks(member_ids)})",
        member_ids,
    )
    birthdays = {row[0]: _birthday(*row[1:]) for row in found}
    asks = T("Ask whether phone and birthday are still right; Enter opens the card to change them.")
    return {one.id: [*birthdays.get(one.member_id, ()), asks] for one in tasks}


def _birthday(calendar: str | None, year: int | None, month: int, day: int, leap: int) -> list[Text]:
    if calendar is None:
        return [T("Birthday not known.")]
    if calendar == "lunar":
        return [T("Birthday {day} (lunar).", day=lunar.shown(month, day, leap=bool(leap)))]
    return [T("Birthday {day}.", day=f"{year}-{month:02d}-{day:02d}" if year else f"{month:02d}-{day:02d}")]
