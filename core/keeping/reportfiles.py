"""Reports as files 报表文件: CSV for any program, a workbook with a chart of its own for a spreadsheet.

Nothing that starts imports xlsxwriter: it costs 0.1 s.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

from core.base import clock, db
from core.base.access import Actor
from core.base.clock import Millis
from core.base.i18n import Text, _, scope
from core.keeping import exports
from core.reports import said
from core.reports.asked import Asked
from core.reports.report import FIGURES, Cell, Column, Report
from core.reports.shelf import Entry

SCALES = {"cents": -2, "percent": -4, "quantity": -3, "hundredth": -2}
FORMATS = {"cents": "#,##0.00", "percent": "0.0%", "quantity": "#,##0.###", "hundredth": "0.00", "count": "#,##0",
           "points": "#,##0"}  # fmt: skip


def write_csv(entry: Entry, report: Report, *, by: Actor, now: Millis) -> Path:
    """A report as CSV among the exports; noted in the audit log. Raises: ExportFailed."""
    name = str(Text(entry.title))
    head = [said.head(column) for column in report.columns]
    writing = exports.Writing(name, head, symbol="", now=now, zone=scope().zone)
    try:
        rows = [[said.bare(*pair) for pair in _pairs(row, report)] for row in said.rows(report)]
        if len(rows) > len(report.rows):
            rows[-1][0] = _("total")
        writing.add(rows)
        exports.record(entry.title, writing.rows, personal=False, by=by, now=now)
        return writing.finish()
    finally:
        if not writing.finished:
            writing.give_up()


def write_workbook(entry: Entry, report: Report, asked: Asked, *, by: Actor, now: Millis) -> Path:
    """A report as a workbook among the exports; noted in the audit log. Raises: ExportFailed."""
    exports.record(entry.title, len(report.rows), personal=False, by=by, now=now)
    when = clock.local(now, scope().zone)
    return exports.write_whole(f"{entry.id}-{when:%Y%m%d-%H%M%S}.xlsx", workbook(entry, report, asked))


def _pairs(row: Sequence[Cell], report: Report) -> list[tuple[Cell, Column]]:
    return list(zip(row, report.columns, strict=True))


def workbook(entry: Entry, report: Report, asked: Asked) -> bytes:
    """One sheet: title, days, table with totals, a native chart beside it, the notes below."""
    import xlsxwriter

    buffer = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "remove_timezone": True}
    book = xlsxwriter.Workbook(buffer, options)
    book.set_properties(
        {"title": str(Text(entry.title)), "created": clock.local(asked.now, "UTC").replace(tzinfo=None)}
    )
    sheet = book.add_worksheet(str(Text(entry.title))[:31])
    bold, quiet = book.add_format({"bold": True}), book.add_format({"font_color": "#666666"})
    sheet.write_string(0, 0, str(Text(entry.title)), book.add_format({"bold": True, "font_size": 16}))
    sheet.write_string(1, 0, under(asked) if entry.dated else _("as of {day}", day=asked.today.isoformat()), quiet)
    for at, column in enumerate(report.columns):
        sheet.write_string(3, at, said.head(column), bold)
        sheet.set_column(at, at, 18 if column.kind == "text" else 14)
    for down, row in enumerate(said.rows(report)):
        strong = down == len(report.rows)
        for at, (value, column) in enumerate(_pairs(row, report)):
            style = book.add_format({"num_format": FORMATS.get(column.kind, "@"), "bold": strong})
            _write(sheet, 4 + down, at, (value, column), style)
        if strong:
            sheet.write_string(4 + down, 0, _("total"), bold)
    sheet.freeze_panes(4, 1)
    last = 4 + len(said.rows(report))
    for at, note in enumerate(said.notes(report)):
        sheet.write_string(last + 1 + at, 0, note, quiet)
    _draw(book, sheet, report)
    book.close()
    return buffer.getvalue()


def under(asked: Asked) -> str:
    """The days and stores of a report in a line."""
    stores = _("all stores") if asked.every else ", ".join(name for _id, name in asked.stores)
    return f"{asked.first} – {asked.last} · {stores}"


def _write(sheet: Any, row: int, at: int, cell: tuple[Cell, Column], style: Any) -> None:
    value, column = cell
    if value is None:
        sheet.write_blank(row, at, None, style)
    elif isinstance(value, int):
        sheet.write_number(row, at, Decimal(value).scaleb(SCALES.get(column.kind, 0)), style)
    elif isinstance(value, date):
        sheet.write_string(row, at, said.day(value, column.kind), style)
    else:
        sheet.write_string(row, at, str(value), style)


def _draw(book: Any, sheet: Any, report: Report) -> None:
    """A native chart, or colours over the fields of a grid."""
    chart, count = report.chart, len(report.rows)
    if chart is None or not count:
        return
    if chart.kind == "grid":
        colours = {"type": "2_color_scale", "min_color": "#FFFFFF", "max_color": "#2F6F8F"}
        sheet.conditional_format(4, chart.column, 3 + count, len(report.columns) - 1, colours)
        return
    drawn = book.add_chart({"type": "line" if chart.kind == "line" else "column"})
    name, last = sheet.get_name(), 3 + count
    labels = max(0, chart.column - 1) if report.columns[0].kind == "text" and chart.column == 2 else 0
    labels = labels if report.columns[labels].kind not in FIGURES else 0
    drawn.add_series({
        "name": [name, 3, chart.column], "categories": [name, 4, labels, last, labels],
        "values": [name, 4, chart.column, last, chart.column], "fill": {"color": "#2F6F8F"},
    })  # fmt: skip
    drawn.set_legend({"none": True})
    drawn.set_size({"width": 640, "height": 320})
    sheet.insert_chart(3, len(report.columns) + 1, drawn)


@db.atomic
def note_page(month: date, *, by: Actor, now: Millis) -> None:
    """Note in the audit log that the page of a month goes out."""
    exports.record(f"month {month:%Y-%m}", 1, personal=False, by=by, now=now)
