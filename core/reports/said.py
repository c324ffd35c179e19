"""How the cells of a report are said: for people in their language, and bare for files."""

from datetime import date, timedelta

from core.base import money
from core.base.i18n import Text, _, scope
from core.reports.report import FIGURES, Cell, Column, Report, Row

UNKNOWN = "—"
"""What stands where a figure cannot be told."""


def cell(value: Cell, column: Column) -> str:
    """A cell for people: '¥1,234.50', '12.3 %', '2026-05', '—'."""
    if value is None:
        return UNKNOWN if column.kind in FIGURES else ""
    if isinstance(value, date):
        return day(value, column.kind)
    if not isinstance(value, int):
        return str(value)
    if column.kind == "cents":
        return money.shown(value, scope().symbol)
    if column.kind == "quantity":
        return money.quantity_shown(value)
    if column.kind == "percent":
        return f"{tenths(value)} %"
    if column.kind == "hundredth":
        return money.plain(value)
    return f"{value:,}".replace("-", "−")


def tenths(bp: int) -> str:
    """A share in tenths of a percent, half up: 1235 is '12.4', -50 '−0.5'."""
    tenth = money.half_up(abs(bp), 10)
    return f"{'−' if bp < 0 and tenth else ''}{tenth // 10:,}.{tenth % 10}"


def bare(value: Cell, column: Column) -> str:
    """A cell for a file: figures without sign of currency, per cent or thousands."""
    if value is None:
        return ""
    if isinstance(value, date):
        return f"{value:%Y-%m}" if column.kind == "month" else value.isoformat()
    if not isinstance(value, int):
        return str(value)
    if column.kind in ("cents", "percent", "hundredth"):
        return money.plain(value)
    if column.kind == "quantity":
        return money.quantity_shown(value).replace("−", "-")
    return str(value)


def day(value: date, kind: str) -> str:
    """The name of a day, a week or a month: '05-29', '05-25 – 05-31', '2026-05'."""
    if kind == "month":
        return f"{value:%Y-%m}"
    if kind == "week":
        last = value + timedelta(days=6 - value.weekday())
        return f"{value:%m-%d} – {last:%m-%d}"
    return f"{value:%Y-%m-%d}"


def head(column: Column) -> str:
    """The name of a column in the current language."""
    return str(Text(column.name))


def line(row: Row, report: Report, *, total: bool = False) -> list[str]:
    """A row for people; what has no total is left empty."""
    said = [cell(value, column) for value, column in zip(row, report.columns, strict=True)]
    return (
        [_("total"), *("" if value is None else one for value, one in zip(row[1:], said[1:], strict=True))]
        if total
        else said
    )


def notes(report: Report) -> list[str]:
    """How the figures are defined, in the current language."""
    return [str(note if isinstance(note, Text) else Text(note)) for note in report.notes]


def rows(report: Report) -> list[Row]:
    """The rows with their totals last."""
    return [*report.rows, *([report.totals] if report.totals is not None and report.rows else [])]
