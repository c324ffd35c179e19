"""The month on a page 月报: key figures beside the month and the year before, and four small charts, as PDF of A4.

Nothing that starts imports this file: reportlab costs 0.3 s.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from core.base import clock, i18n
from core.base.access import Actor
from core.base.clock import Millis
from core.base.i18n import N_, Text, _
from core.books import rules
from core.keeping import pen
from core.keeping.reportfiles import under
from core.reports import asked as cut
from core.reports import said, shelf
from core.reports.asked import Asked
from core.reports.report import Cell, Column, Report, number, share_bp

LEFT, RIGHT = 45, 550
INK, QUIET, BAR = (0.1, 0.1, 0.1), (0.45, 0.45, 0.45), (0.18, 0.43, 0.56)


@dataclass(frozen=True)
class Figure:
    """One key figure: now, the month before, the year before."""

    name: str
    kind: Column
    now: int | None
    before: int | None
    year: int | None


KEY = (
    ("sales", 1, N_("takings"), "cents"), ("sales", 2, N_("sales"), "count"), ("sales", 3, N_("basket"), "cents"),
    ("against-others", 3, N_("members' share of takings"), "percent"), ("members", 1, N_("new members"), "count"),
    ("activity", 1, N_("members' visits"), "count"), ("churn-rate", 2, N_("fell silent"), "count"),
    ("churn-rate", 4, N_("came again"), "count"), ("points", 1, N_("points given"), "points"),
    ("points", 2, N_("points taken"), "points"), ("coupons", 2, N_("coupons used"), "count"),
    ("sales", 6, N_("returned"), "cents"),
)  # fmt: skip


def figures(month: date, *, store_id: int | None, by: Actor, now: Millis) -> list[Figure]:
    """The key figures of a month. Raises: NotAllowed."""
    asked = _asked(month, store_id, by, now)
    found: dict[tuple[str, int], Report] = {}
    times = asked, cut.before(asked, "period"), cut.before(asked, "year")
    for report_id in dict.fromkeys(one[0] for one in KEY):
        for place, time in enumerate(times):
            found[report_id, place] = shelf.show(report_id, replace(time, step="month"), by=by)
    return [
        Figure(name, Column(name, kind), *(_total(found[report_id, place], at) for place in range(3)))  # type: ignore[arg-type]
        for report_id, at, name, kind in KEY
    ]


def _asked(month: date, store_id: int | None, by: Actor, now: Millis) -> Asked:
    first = month.replace(day=1)
    last = clock.add_months(first, 1) - timedelta(days=1)
    return cut.ask(first, last, step="day", store_id=store_id, by=by, now=now)


def _total(report: Report, at: int) -> int | None:
    value: Cell = report.totals[at] if report.totals is not None else None
    return value if isinstance(value, int) else None


def page(month: date, *, language: str, store_id: int | None = None, by: Actor, now: Millis) -> bytes:
    """The page of a month. Raises: NotAllowed."""
    shop = rules.current(now=now)
    with i18n.use(language, symbol=shop.symbol, zone=shop.zone):
        asked = _asked(month, store_id, by, now)
        title = _("The month {month}", month=f"{month:%Y-%m}")
        sheet, done = pen.begun(title, shop.shop_name, language)
        pen.say(sheet, LEFT, 785, f"{shop.shop_name} · {title}", 20, bold=True)
        _quiet(sheet, LEFT, 767, under(asked))
        y = _table(sheet, 740, figures(month, store_id=store_id, by=by, now=now))
        _charts(sheet, y - 20, asked, by)
        for at, note in enumerate(_NOTES):
            _quiet(sheet, LEFT, 48 - 12 * at, _(note), 8)
        sheet.showPage()
    return done()


_NOTES = (
    N_("Takings are goods and services sold, less what came back; top-ups, cards and plans are not in."),
    N_("Fell silent: no visit within the shop's days of silence. Each report says how its figures are defined."),
)


def _quiet(sheet: Any, x: float, y: float, text: str, size: float = 10) -> None:
    sheet.setFillColorRGB(*QUIET)
    pen.say(sheet, x, y, text, size)
    sheet.setFillColorRGB(*INK)


def _table(sheet: Any, y: float, found: Sequence[Figure]) -> float:
    """Key figures, one a line, each beside two earlier ones; where the table ends."""
    for x, name in ((385, _("month before")), (515, _("year before"))):
        _quiet(sheet, x - pen.width(name, 9), y, name, 9)
    for one in found:
        y -= 20
        pen.say(sheet, LEFT, y, str(Text(one.name)), 11)
        _right(sheet, 250, y, said.cell(one.now, one.kind), 12, bold=True)
        for x, earlier in ((385, one.before), (515, one.year)):
            _right(sheet, x - 45, y, said.cell(earlier, one.kind), 10)
            _right(sheet, x, y, _change(one.now, earlier), 9)
        sheet.setStrokeColorRGB(0.85, 0.85, 0.85)
        sheet.line(LEFT, y - 6, RIGHT, y - 6)
    return y - 6


def _change(now: int | None, before: int | None) -> str:
    bp = share_bp(now - before, before) if now is not None and before else None
    return "" if bp is None else f"{'+' if bp > 0 else ''}{said.tenths(bp)} %"


def _right(sheet: Any, x: float, y: float, text: str, size: float, *, bold: bool = False) -> None:
    pen.say(sheet, x - pen.width(text, size, bold), y, text, size, bold=bold)


def _charts(sheet: Any, top: float, asked: Asked, by: Actor) -> None:
    """Four small charts, two in a row."""
    wide, high = 235, 150
    places = ((LEFT, top), (LEFT + wide + 35, top), (LEFT, top - high - 30), (LEFT + wide + 35, top - high - 30))
    wanted = (("sales", 1, N_("takings by day")), ("hours", 1, N_("takings by hour")),
              ("products", 1, N_("best products")), ("members", 1, N_("new members by day")))  # fmt: skip
    for (x, y), (report_id, at, name) in zip(places, wanted, strict=True):
        report = shelf.show(report_id, asked, by=by)
        pen.say(sheet, x, y - 10, str(Text(name)), 11, bold=True)
        draw = _lying if report_id == "products" else _standing
        draw(sheet, (x, y - high, wide, high - 22), report, at)


def _standing(sheet: Any, box: tuple[float, float, float, float], report: Report, at: int) -> None:
    x, y, wide, high = box
    values = [max(0, number(row[at])) for row in report.rows]
    top = max(values, default=0)
    if not top:
        _quiet(sheet, x, y + high / 2, said.UNKNOWN)
        return
    _quiet(sheet, x, y + high - 8, said.cell(top, report.columns[at]), 8)
    room, step = high - 24, wide / len(values)
    sheet.setFillColorRGB(*BAR)
    for place, value in enumerate(values):
        sheet.rect(x + place * step, y + 12, step * 0.8, room * value / top, stroke=0, fill=1)
    sheet.setFillColorRGB(*INK)
    sheet.setStrokeColorRGB(*QUIET)
    sheet.line(x, y + 12, x + wide, y + 12)
    first, last = (said.cell(report.rows[end][0], report.columns[0]) for end in (0, -1))
    _quiet(sheet, x, y + 2, first[-5:], 8)
    _quiet(sheet, x + wide - pen.width(last[-5:], 8), y + 2, last[-5:], 8)


def _lying(sheet: Any, box: tuple[float, float, float, float], report: Report, at: int) -> None:
    x, y, wide, high = box
    best = [row for row in report.rows if number(row[at]) > 0][:7]
    if not best:
        _quiet(sheet, x, y + high / 2, said.UNKNOWN)
        return
    top, step = number(best[0][at]), high / 7
    for place, row in enumerate(best):
        low = y + high - (place + 1) * step
        name = str(row[0])
        while pen.width(name, 8) > 80:
            name = name.removesuffix("…")[:-1] + "…"
        pen.say(sheet, x, low + 4, name, 8)
        sheet.setFillColorRGB(*BAR)
        sheet.rect(x + 85, low + 2, (wide - 150) * number(row[at]) / top, step - 6, stroke=0, fill=1)
        sheet.setFillColorRGB(*INK)
        _right(sheet, x + wide, low + 4, said.cell(row[at], report.columns[at]), 8)
