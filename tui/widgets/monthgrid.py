"""A month as a grid of weeks, with a figure beside each day."""

from collections.abc import Mapping
from datetime import date, timedelta

from rich.text import Text as RichText

from core.base.i18n import WEEKDAYS, scope
from core.base.text import width
from tui.widgets.dates import month_later

CELL = 10
WEEK = 7


def grid(month: date, counts: Mapping[date, int], here: date) -> list[RichText]:
    """A month in weeks from Monday: each day with a figure, a dot for none; today stands out."""
    head = RichText("", end="", no_wrap=True)
    for name in WEEKDAYS[scope().language]:
        head.append(" " * (CELL - width(name)) + name, "quiet")
    lines, at = [head], month - timedelta(days=month.weekday())
    while at < month_later(month, 1):
        line = RichText("", end="", no_wrap=True)
        for day_ in (at + timedelta(days=number) for number in range(WEEK)):
            _cell(line, day_, counts.get(day_, 0), month=month, here=here)
        lines.append(line)
        at += timedelta(days=WEEK)
    return lines


def _cell(line: RichText, on: date, count: int, *, month: date, here: date) -> None:
    if on.month != month.month:
        line.append(" " * CELL)
        return
    figure = f"{count:,}" if count else "·"
    style = "here" if on == here else "text" if on > here else "quiet"
    line.append(f"{on.day:>4} ", style)
    line.append(f"{figure:>{CELL - 5}}", "accent" if count else "quiet")
