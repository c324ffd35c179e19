"""What a report is asked for: the days, how they are cut, and the stores; and figures added up along that cut."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

from core.base import clock, db
from core.base.access import Actor, refusal, require
from core.base.clock import Millis
from core.base.errors import Invalid, Refused
from core.base.i18n import N_
from core.books import rules
from core.reports.report import Cell, Column

Step = Literal["day", "week", "month", "store"]
STEPS: tuple[Step, ...] = ("day", "week", "month", "store")
SPANS = {
    "today": N_("today"), "week": N_("this week"), "last-week": N_("last week"), "month": N_("this month"),
    "last-month": N_("last month"), "quarter": N_("this quarter"), "last-quarter": N_("last quarter"),
    "year": N_("this year"), "last-year": N_("last year"), "12-months": N_("the last twelve months"),
}  # fmt: skip
MOST = 400
"""Lines of a report that is cut by time."""
NAMES = {"day": N_("day"), "week": N_("week"), "month": N_("month"), "store": N_("store")}


class SpanUnknown(Invalid):
    """A span that has no name, or ends before it begins."""

    code = "span_unknown"
    text = N_("“{given}” is no span. Name one of {known}, or a first and a last day in their order.")


class StepsTooMany(Refused):
    """A report of many years cut by day."""

    code = "steps_too_many"
    text = N_("That would be {count} lines; {most} is the most. Cut it by week or month, or ask for fewer days.")


@dataclass(frozen=True)
class Asked:
    """Days from first to last, both included; `stores` are those counted, `every` says whether it is all of them.

    Takings go by the store's business day, everything else by the calendar of the shop's zone.
    """

    first: date
    last: date
    step: Step
    stores: tuple[tuple[int, str], ...]
    every: bool
    zone: str
    now: Millis
    today: date

    @property
    def from_at(self) -> Millis:
        """The first moment."""
        return clock.start_of(self.first, self.zone)

    @property
    def until_at(self) -> Millis:
        """The first moment after."""
        return clock.end_of(self.last, self.zone)

    @property
    def days(self) -> tuple[int, int]:
        """First and last day as ordinals."""
        return self.first.toordinal(), self.last.toordinal()


def ask(first: date, last: date, *, step: Step, store_id: int | None, by: Actor, now: Millis) -> Asked:
    """What is asked for, for who asks. Raises: NotAllowed, SpanUnknown, StepsTooMany."""
    require(by, "reports", store_id=store_id)
    check_days(first, last)
    zone = rules.current(now=now).zone
    found = [(id, name) for id, name in db.rows("SELECT id, name FROM store ORDER BY id")]
    mine = tuple(one for one in found if (not by.stores or one[0] in by.stores) and store_id in (None, one[0]))
    if not mine and (store_id is not None or by.stores):
        raise refusal("reports")
    asked = Asked(first, last, step, mine, len(mine) == len(found), zone, now, clock.day_of(now, zone))
    count = len(periods(asked))
    if count > MOST:
        raise StepsTooMany(count=count, most=MOST)
    return asked


def check_days(first: date, last: date) -> None:
    """Raise unless days stand in their order. Raises: SpanUnknown."""
    if last < first or first.year < 1990 or last.year > 2200:
        raise SpanUnknown(given=f"{first} – {last}", known=", ".join(SPANS))


# --- spans ---------------------------------------------------------------------------------------


def span(name: str, today: date) -> tuple[date, date]:
    """The days of a named span, whole ones: this month is the whole month. Raises: SpanUnknown."""
    week = today - timedelta(days=today.weekday())
    month, year = today.replace(day=1), today.replace(month=1, day=1)
    quarter = month.replace(month=(today.month - 1) // 3 * 3 + 1)
    day = timedelta(days=1)
    found = {
        "today": (today, today),
        "week": (week, week + 6 * day),
        "last-week": (week - 7 * day, week - day),
        "month": (month, clock.add_months(month, 1) - day),
        "last-month": (clock.add_months(month, -1), month - day),
        "quarter": (quarter, clock.add_months(quarter, 3) - day),
        "last-quarter": (clock.add_months(quarter, -3), quarter - day),
        "year": (year, year.replace(month=12, day=31)),
        "last-year": (clock.add_months(year, -12), year - day),
        "12-months": (clock.add_months(month, -11), clock.add_months(month, 1) - day),
    }
    if name not in found:
        raise SpanUnknown(given=name, known=", ".join(SPANS))
    return found[name]


def before(asked: Asked, how: Literal["period", "year"]) -> Asked:
    """The same question for the time before: as many months if these are whole ones, else as many days; or a year."""
    months = _whole_months(asked.first, asked.last)
    if how == "year":
        first = clock.add_months(asked.first, -12)
        last = clock.add_months(asked.first, months - 12) - timedelta(days=1) if months else None
        return replace(asked, first=first, last=last or first + (asked.last - asked.first))
    if months:
        first = clock.add_months(asked.first, -months)
    else:
        first = asked.first - (asked.last - asked.first) - timedelta(days=1)
    return replace(asked, first=first, last=asked.first - timedelta(days=1))


def _whole_months(first: date, last: date) -> int:
    after = last + timedelta(days=1)
    if first.day != 1 or after.day != 1:
        return 0
    return (after.year - first.year) * 12 + after.month - first.month


def periods(asked: Asked) -> list[tuple[date, date]]:
    """The days, weeks from Monday or months the span is cut into; the whole span where it is cut by store."""
    if asked.step == "store":
        return [(asked.first, asked.last)]
    found, first = [], asked.first
    while first <= asked.last:
        if asked.step == "day":
            after = first + timedelta(days=1)
        elif asked.step == "week":
            after = first + timedelta(days=7 - first.weekday())
        else:
            after = clock.add_months(first.replace(day=1), 1)
        found.append((first, min(asked.last, after - timedelta(days=1))))
        first = after
    return found


# --- figures along the cut -----------------------------------------------------------------------


def head(asked: Asked) -> Column:
    """The first column of a report that is cut."""
    return Column(NAMES[asked.step], "text" if asked.step == "store" else asked.step)


def lines(asked: Asked) -> list[tuple[int, Cell]]:
    """The key and the first cell of each line."""
    if asked.step == "store":
        return list(asked.stores)
    return [(number, first) for number, (first, _) in enumerate(periods(asked))]


def figures(
    asked: Asked, what: str, source: str, *, store: str | None, given: Sequence[object] = ()
) -> dict[int, tuple[int, ...]]:
    """Sums by line. `source` is joined to the periods `p` (first_day, last_day, from_at, until_at).

    `store` is the column of the store, None where rows have none: such figures have no line by store.
    """
    if asked.step == "store" and store is None:
        return {}
    key = f"+{store}" if asked.step == "store" else "p.n"  # not in the order of an index over all days
    return {row[0]: tuple(row[1:]) for row in _along(asked, key, what, source, store, given)}


def by_store(asked: Asked, what: str, source: str, *, store: str) -> dict[tuple[int, int], int]:
    """One sum by the number of the period and the store."""
    return {(row[0], row[1]): row[2] for row in _along(asked, f"p.n, {store}", what, source, store, ())}


def _along(asked: Asked, keys: str, what: str, source: str, store: str | None, given: Sequence[object]) -> list[db.Row]:
    parts = [
        (
            number,
            *(day.toordinal() for day in one),
            clock.start_of(one[0], asked.zone),
            clock.end_of(one[1], asked.zone),
        )
        for number, one in enumerate(periods(asked))
    ]
    marks = ", ".join([f"({', '.join(['CAST(? AS BIGINT)'] * 5)})"] * len(parts))
    test, ids = within(asked, store)
    return db.rows(
        f"WITH p (n, first_day, last_day, from_at, until_at) AS (VALUES {marks})"
        f" SELECT {keys}, {what} FROM p JOIN {source} WHERE {test} GROUP BY {keys}",
        (*(value for part in parts for value in part), *given, *ids),
    )


def within(asked: Asked, column: str | None) -> tuple[str, tuple[int, ...]]:
    """The test for the stores asked for, and its values; none is needed where it is every store."""
    if asked.every or column is None:
        return "1 = 1", ()
    return f"{column} IN ({', '.join('?' * len(asked.stores))})", tuple(id for id, _ in asked.stores)


def cents(of: str) -> str:
    """A sum as both engines give it."""
    return f"coalesce(CAST(sum({of}) AS BIGINT), 0)"


GOODS = "IN ('goods', 'service')"
SOLD = f"sale s ON s.day BETWEEN p.first_day AND p.last_day JOIN sale_line l ON l.sale_id = +s.id AND l.kind {GOODS}"
BACK = (
    "refund f ON f.day BETWEEN p.first_day AND p.last_day JOIN refund_line r ON r.refund_id = +f.id"
    f" JOIN sale_line l ON l.id = +r.line_id AND l.kind {GOODS} JOIN sale s ON s.id = +f.sale_id"
)
"""What was sold and what came back, of goods and services: each on its own business day and in its own store.

The plus signs keep SQLite from beginning at the lines, which it would read whole where it knows nothing of the sizes.
"""
