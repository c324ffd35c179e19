"""A day of bookings as a picture: a column for each person, a row for each half hour or hour."""

from collections.abc import Sequence

from rich.text import Text as RichText

from core.base.clock import HOUR, MINUTE, Millis
from core.base.i18n import Text
from core.service.bookinglists import STATES, Booking, Person, time_shown
from tui.widgets.row import fitted

TONES = {"booked": "text", "arrived": "good", "done": "quiet", "no_show": "warn", "cancelled": "quiet"}
TIME_CELLS = 6
LEAST_CELLS = 14


def grid(
    people: Sequence[Person], booked: Sequence[Booking], zone: str, size: tuple[int, int], chosen: int = 0
) -> list[RichText]:
    """Lines for so many cells and rows; the `chosen` booking stands out. People who do not fit are left out."""
    cells, rows = size
    people = people[: max(1, (cells - TIME_CELLS) // LEAST_CELLS)]
    moments = _moments(people, booked, rows - 1)
    if not people or not moments:
        return []
    wide = (cells - TIME_CELLS) // len(people)
    head = fitted("", TIME_CELLS)
    for one in people:
        head.append_text(fitted(one.name, wide))
    head.stylize("label")
    step = moments[1] - moments[0] if len(moments) > 1 else HOUR
    lines = [head]
    for moment in moments:
        line = fitted(time_shown(moment, zone), TIME_CELLS)
        line.stylize("quiet")
        for one in people:
            line.append_text(_cell(one, booked, (moment, Millis(moment + step)), wide, chosen))
        lines.append(line)
    return lines


def _moments(people: Sequence[Person], booked: Sequence[Booking], rows: int) -> list[Millis]:
    """The rows: by half hours if they fit, else by hours."""
    edges = [edge for one in people for span in one.spans for edge in (span.from_at, span.until_at)]
    edges += [edge for one in booked for edge in (one.from_at, one.until_at)]
    if not edges:
        return []
    first, last = min(edges) // HOUR * HOUR, max(edges)
    step = 30 * MINUTE if (last - first) / (30 * MINUTE) <= rows else HOUR
    return [Millis(moment) for moment in range(first, last, step)][: max(1, rows)]


def _cell(who: Person, booked: Sequence[Booking], row: tuple[Millis, Millis], wide: int, chosen: int) -> RichText:
    start, end = row
    here = [one for one in booked if one.staff_id == who.staff_id and one.from_at < end and one.until_at > start]
    if not here:
        works = any(span.from_at < end and span.until_at > start for span in who.spans)
        found = fitted("·" if works else "", wide)
        found.stylize("quiet")
        return found
    one = here[-1]
    said = (
        f"{one.time} {one.name}"
        if one.from_at >= start
        else f"│ {one.service}"
        if one.from_at >= start - (end - start)
        else "│"
    )
    if one.from_at >= start and one.state not in ("booked", "done"):
        said += f" · {Text(STATES[one.state])}"
    found = fitted(said, wide - 1)
    found.append(" ")
    found.stylize("key" if one.id == chosen else TONES[one.state])
    return found
