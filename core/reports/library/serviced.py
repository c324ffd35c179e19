"""Service 服务: tickets opened and closed, how long the first answer and the end took, how satisfied members were."""

from core.base import db
from core.base.access import Actor
from core.base.clock import HOUR
from core.base.i18n import N_, Text
from core.reports import asked as cut
from core.reports.asked import Asked
from core.reports.report import Cell, Chart, Column, Report, each, summed
from core.service.ticketrules import KIND_WORDS, KINDS, STATES


def make(asked: Asked, *, by: Actor) -> Report:
    """By the day of opening, of closing and of the answer to the question, each on its own."""
    began = cut.figures(
        asked,
        f"count(*), count(t.answered_at), {cut.cents('t.answered_at - t.opened_at')}",
        "ticket t ON t.opened_at >= p.from_at AND t.opened_at < p.until_at",
        store="t.store_id",
    )
    ended = cut.figures(
        asked,
        f"count(*), {cut.cents('t.closed_at - t.opened_at')}",
        "ticket t ON t.closed_at >= p.from_at AND t.closed_at < p.until_at",
        store="t.store_id",
    )
    rated = cut.figures(
        asked,
        f"count(*), {cut.cents('t.satisfaction')}",
        "ticket t ON t.rated_at >= p.from_at AND t.rated_at < p.until_at",
        store="t.store_id",
    )
    rows = []
    for key, name in cut.lines(asked):
        opened, answered, waited = began.get(key, (0, 0, 0))
        closed, took = ended.get(key, (0, 0))
        answers, stars = rated.get(key, (0, 0))
        rows.append(
            (name, opened, _hours(waited, answered), closed, _hours(took, closed), answers, each(stars * 100, answers))
        )
    columns = (
        cut.head(asked), Column(N_("tickets opened")), Column(N_("hours to the first answer"), "hundredth"),
        Column(N_("dealt with")), Column(N_("hours to the end"), "hundredth"), Column(N_("answers")),
        Column(N_("satisfaction"), "hundredth"),
    )  # fmt: skip
    notes = (
        N_("Means of hours by the clock, closed hours included; a ticket closed without a reply is answered then."),
        N_("Satisfaction is the mean of the answers given in that time, 1 to 5."),
    )
    return Report(columns, tuple(rows), summed(rows, (1, 3, 5), 7), Chart("bars"), compared=1, notes=notes)


def _hours(spent: int, count: int) -> int | None:
    """The mean of a sum of milliseconds, in hundredths of an hour."""
    return each(spent * 100, count * HOUR) if count else None


def kinds(asked: Asked, *, by: Actor) -> Report:
    """The tickets opened in the span by kind, and the state they are in now."""
    test, stores = cut.within(asked, "t.store_id")
    counted = {
        (kind, state): count
        for kind, state, count in db.rows(
            "SELECT t.kind, t.state, count(*) FROM ticket t WHERE t.opened_at >= ? AND t.opened_at < ?"
            f" AND {test} GROUP BY t.kind, t.state",
            (asked.from_at, asked.until_at, *stores),
        )
    }
    rows: list[tuple[Cell, ...]] = []
    for kind in KINDS:
        of = [counted.get((kind, state), 0) for state in STATES]
        rows.append((Text(KIND_WORDS[kind]), sum(of), *of))
    columns = (Column(N_("kind"), "text"), Column(N_("tickets opened")), *(Column(words) for words in STATES.values()))
    notes = (N_("Tickets opened within these days, by the state they are in now."),)
    return Report(columns, tuple(rows), summed(rows, (1, 2, 3, 4), 5), Chart("bars"), compared=1, notes=notes)
