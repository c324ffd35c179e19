"""The day report 日报: what a store took, how it was paid, what was counted of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from rich.text import Text as RichText
from textual.app import ComposeResult

from core.base import clock
from core.base.access import Actor
from core.base.i18n import N_, T, _
from core.reports import takings
from core.reports.takings import DayReport, TenderDay
from core.selling import sales, shifts
from core.selling.receipts import tender_name
from core.selling.tenders import COUNTED
from tui.keymap import Action
from tui.page import Page
from tui.screens.lists import cents, day
from tui.widgets.charts import Drawing
from tui.widgets.dates import read_day
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.row import fitted, rich

REASONS = {
    "promotion": N_("promotion"), "tier": N_("tier"), "plan": N_("plan"), "coupon": N_("coupon"),
    "pass": N_("pass"), "rounding": N_("rounding"),
}  # fmt: skip


@dataclass(frozen=True)
class _Read:
    """A report with the store's business day of now."""

    report: DayReport
    today: date


def _read(store_id: int, on: date | None, by: Actor) -> _Read:
    today = date.fromordinal(sales.business_day(store_id, clock.now()))
    return _Read(takings.of(store_id, on or today, by=by), today)


class DayPage(Page):
    """One business day of one store."""

    NAME = N_("Day report")
    HELP = N_("What was taken, what came back, by way of paying; what was counted stands beside it.")
    KEYS = (
        Action("count", ("c",), N_("count"), N_("Note what was counted of a way of paying."), right="sell"),
        Action("earlier", ("left",), N_("day before"), N_("Show the day before.")),
        Action("later", ("right",), N_("day after"), N_("Show the day after.")),
        Action("pick", ("d",), N_("day"), N_("Show another day.")),
    )

    def __init__(self, store_id: int, store: str, on: date | None = None) -> None:
        super().__init__()
        self._store_id, self._store, self._on = store_id, store, on
        self._shown: _Read | None = None

    def body(self) -> ComposeResult:
        """The report; it scrolls."""
        yield Drawing(self._lines, id="receipt", focusable=True)

    def on_mount(self) -> None:
        """Read the day."""
        self.query_one(Drawing).focus()
        self.reading(self._load)

    def resay(self) -> None:
        """Said again in the language of now."""
        super().resay()
        self.reading(self._load)

    async def _load(self) -> None:
        self._shown = await self.gateway.read(_read, self._store_id, self._on, self.actor)
        self._on = self._shown.report.day
        self.select(f"{self._store} · {day(self._on)}")
        self.query_one(Drawing).draw(self._lines)

    def _lines(self, cells: int) -> Sequence[RichText]:
        return [] if self._shown is None else report_lines(self._shown.report, min(cells, 78))

    def _go(self, days: int) -> None:
        if self._on is not None and self._shown is not None:
            self._on = min(self._on + timedelta(days=days), self._shown.today)
            self.reading(self._load)

    def do_earlier(self) -> None:
        """The day before."""
        self._go(-1)

    def do_later(self) -> None:
        """The day after, up to today."""
        self._go(1)

    async def do_pick(self) -> None:
        """Ask for a day."""
        field = Field("day", N_("day"), "day", self._on.isoformat() if self._on else None)

        async def show(answer: Answer) -> None:
            self._on = read_day(answer.text("day"), field="day")
            self.reading(self._load)

        await self.ask(Form("day", T("Which day?"), fields=(field,), done=N_("show")), show)

    async def do_count(self) -> None:
        """Ask what was counted; what should be there is not shown in the form."""
        kinds = tuple((kind, tender_name(kind)) for kind in COUNTED)
        fields = (Field("kind", N_("what"), "choice", choices=kinds), Field("counted", N_("counted"), "money"))

        async def write(answer: Answer) -> None:
            if self._on is None:
                return
            await self.gateway.write(
                shifts.count_tender,
                self._store_id,
                self._on,
                answer.text("kind"),
                answer.number("counted") or 0,
                by=self.actor,
                now=clock.now(),
            )
            self.reading(self._load)

        await self.ask(Form("count", T("What was counted?"), fields=fields), write)


def report_lines(report: DayReport, cells: int) -> list[RichText]:
    """The report as lines of at most so many cells."""
    sold = T("{count} sales, {voids} undone", count=report.sales, voids=report.voids)
    lines = [
        _pair(_("goods and services"), cents(report.gross_cents), str(sold)),
        *[_pair("  " + (name or str(T(REASONS.get(kind, kind)))), cents(-off), "")
          for kind, name, off in report.reductions],
        _pair(_("points as money"), cents(-report.redeemed_cents), "") if report.redeemed_cents else None,
        _pair(_("sold"), cents(report.total_cents), _("of it paid in: {in_cents}", in_cents=report.stored_in_cents)
              if report.stored_in_cents else ""),
        _pair(_("paid back"), cents(-report.refunded_cents), _("{count} times", count=report.refunds))
        if report.refunds else None,
        _pair(_("net"), cents(report.net_cents), ""),
        *[_pair(_("tax {rate} %", rate=f"{rate.tax_bp / 100:g}"), cents(rate.tax_cents),
                _("in {net_cents}", net_cents=rate.net_cents)) for rate in report.taxes],
        rich(""),
        _table([_("way of paying"), _("taken"), _("paid back"), _("by hand"), _("net"), _("counted"), _("difference")]),
        *[_tender(one) for one in report.tenders],
    ]  # fmt: skip
    lines[-1 - len(report.tenders)].stylize("quiet")  # type: ignore[union-attr]
    if not report.tenders:
        lines.append(rich(_("Nothing was taken on this day.")))
    shown = [line for line in lines if line is not None]
    for line in shown:
        line.truncate(cells, overflow="ellipsis")
    return shown


def _pair(label: str, figure: str, note: str) -> RichText:
    line = RichText(" ", end="", no_wrap=True)
    line.append_text(fitted(label, 24)).append_text(fitted(figure, 14, right=True))
    return line.append("  " + note, "quiet")


def _table(parts: Sequence[str]) -> RichText:
    line = RichText(" ", end="", no_wrap=True)
    line.append_text(fitted(parts[0], 16))
    for part in parts[1:]:
        line.append_text(fitted(part, 10, right=True))
    return line


def _tender(one: TenderDay) -> RichText:
    difference = one.difference_cents
    counted = "" if one.counted_cents is None else cents(one.counted_cents)
    line = _table(
        [
            tender_name(one.kind),
            cents(one.taken_cents),
            cents(-one.back_cents) if one.back_cents else "",
            cents(one.moved_cents) if one.moved_cents else "",
            cents(one.net_cents),
            counted,
        ]
    )
    if difference is not None:
        line.append_text(fitted(cents(difference), 10, right=True))
        line.stylize("good" if not difference else "warn", len(line) - 10)
    return line
