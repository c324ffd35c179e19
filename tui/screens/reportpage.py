"""One report 报表: a chart above its table, the keys to ask it differently, and its way to a file."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from rich.text import Text as RichText

from core.base import access, clock
from core.base.errors import NotAllowed
from core.base.i18n import N_, T, Text, scope
from core.keeping import opening, reportfiles
from core.reports import asked as cut
from core.reports import shelf
from core.reports.asked import SPANS, STEPS, Asked, Step
from core.reports.report import BEFORE, Report
from core.reports.shelf import Against, Entry
from tui.keymap import Action
from tui.screens import reportdrawing
from tui.screens.drawn import DrawnPage
from tui.widgets.charts import Drawing
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.row import Words

AGAINST: tuple[Against, ...] = ("", "period", "year")


@dataclass(frozen=True)
class Question:
    """How a report is asked for: a named span, or its own days; cut, store and what it stands beside."""

    span: str = "month"
    first: date | None = None
    last: date | None = None
    step: Step = "day"
    store_id: int | None = None
    against: Against = ""


class ReportPage(DrawnPage):
    """A report."""

    NAME = N_("Report")
    HELP = N_(
        "A report as it stands now. s changes the days, t cuts it by day, week, month or store, o shows one store,"
        " v sets it beside an earlier time, ctrl+x writes it to a file. What a figure means stands below the table."
    )
    KEYS = (
        Action("span", ("s",), N_("span"), N_("Show other days: a month, a quarter, from one day to another."),
               right="reports"),
        Action("step", ("t",), N_("cut"), N_("Cut it by day, week, month or store."), right="reports"),
        Action("against", ("v",), N_("beside"), N_("Set it beside the time before, the year before, or nothing."),
               right="reports"),
        Action("export", ("ctrl+x",), N_("export"), N_("Write it as CSV or as a workbook with a chart."),
               right="reports"),
        Action("store", ("o",), N_("store"), N_("Show one store, or all of them."), right="reports"),
        Action("columns", ("c",), N_("columns"), N_("Show the columns there was no room for."), right="reports"),
        Action("refresh", ("r",), N_("refresh"), N_("Read the figures again."), right="reports"),
    )  # fmt: skip

    def __init__(self, entry: Entry) -> None:
        super().__init__(name_of=Text(entry.title))
        self._entry, self._question = entry, Question(span=entry.span)
        self._report: Report | None = None
        self._asked: Asked | None = None
        self._stores: list[tuple[int, str]] = []
        self._from_column = 1

    async def _load(self) -> None:
        try:
            if not self.actor.may("reports"):
                raise access.refusal("reports")
            if not self._stores:
                self._stores = await self.gateway.read(opening.stores_of, self.actor)
            asked, self._report = await self.gateway.latest("report", self._read, self._question)
        except NotAllowed as error:
            self.office.tell(error.as_text(), tone="warning")
            return
        self._asked = asked
        self.query_one(Drawing).resay()
        self.select(" · ".join(map(str, self._said(asked))))
        self.refresh_keys()

    def _read(self, question: Question) -> tuple[Asked, Report]:
        """Work it out, beside the page."""
        now = clock.now()
        first, last = question.first, question.last
        if first is None or last is None:
            first, last = cut.span(question.span, clock.day_of(now, scope().zone))
        asked = cut.ask(first, last, step=question.step, store_id=question.store_id, by=self.actor, now=now)
        return asked, shelf.show(self._entry.id, asked, compare=question.against, by=self.actor)

    def _said(self, asked: Asked) -> list[Words]:
        """The days, the cut, the stores and what it stands beside."""
        one = self._question
        span: Words = Text(SPANS[one.span]) if one.first is None else ""
        parts: list[Words] = []
        if self._entry.dated:
            parts += [part for part in (span, f"{asked.first} – {asked.last}") if str(part)]
        else:
            parts.append(T("as of {day}", day=asked.today.isoformat()))
        if self._entry.steps:
            parts.append(Text(cut.NAMES[one.step]))
        parts.append(dict(self._stores)[one.store_id] if one.store_id else T("all stores"))
        if one.against and self._report is not None and self._report.compared is not None:
            parts.append(Text(BEFORE[one.against]))
        return parts

    def _lines(self, width: int) -> Sequence[RichText]:
        if self._report is None:
            return [RichText(" …", "quiet")]
        today = date.max if self._asked is None else self._asked.today
        return reportdrawing.drawn(self._report, width, from_column=self._from_column, today=today)

    def refusal(self, action: Action) -> Text | None:
        """Some reports are not cut, not dated or not compared."""
        report = self._report
        if action.id == "step" and not self._entry.steps:
            return T("This report has lines of its own.")
        if action.id == "span" and not self._entry.dated:
            return T("This report is of now.")
        if action.id == "against" and report is not None and report.compared is None:
            return T("This report stands beside nothing earlier.")
        if action.id in ("export", "columns") and (report is None or not report.rows):
            return T("The list is empty.")
        return super().refusal(action)

    # --- asking differently ------------------------------------------------------------------------

    def _ask(self, question: Question) -> None:
        self._question, self._from_column = question, 1
        self.reading(self._load)

    def do_step(self) -> None:
        """The next cut."""
        at = STEPS.index(self._question.step)
        self._ask(replace(self._question, step=STEPS[(at + 1) % len(STEPS)]))

    def do_against(self) -> None:
        """The time before, the year before, nothing."""
        at = AGAINST.index(self._question.against)
        self._ask(replace(self._question, against=AGAINST[(at + 1) % len(AGAINST)]))

    def do_columns(self) -> None:
        """Begin with a later column, and from the first again after the last."""
        if self._report is not None:
            drawing = self.query_one(Drawing)
            self._from_column = reportdrawing.next_column(self._report, drawing.size.width, self._from_column)
            drawing.resay()

    async def do_span(self) -> None:
        """Ask for other days."""

        async def show(answer: Answer) -> None:
            first, last = answer.text("first"), answer.text("last")
            if first or last:
                until = date.fromisoformat(last) if last else clock.day_of(clock.now(), scope().zone)
                since = date.fromisoformat(first) if first else until.replace(day=1)
                cut.check_days(since, until)
                self._ask(replace(self._question, first=since, last=until))
            else:
                self._ask(replace(self._question, span=answer.text("span"), first=None, last=None))

        one = self._question
        spans = tuple((name, Text(said)) for name, said in SPANS.items())
        fields = (
            Field("span", N_("span"), "choice", value=one.span, choices=spans),
            Field("first", N_("or from day"), "day", value=str(one.first or ""), required=False),
            Field("last", N_("to day"), "day", value=str(one.last or ""), required=False),
        )
        await self.ask(Form("span", T("Which days?"), fields=fields, done=N_("show")), show)

    async def do_store(self) -> None:
        """Ask for a store."""

        async def show(answer: Answer) -> None:
            chosen = answer.text("store")
            self._ask(replace(self._question, store_id=int(chosen) if chosen else None))

        stores: tuple[tuple[str, Words], ...] = (("", T("all stores")), *((str(id), name) for id, name in self._stores))
        value = str(self._question.store_id or "")
        field = Field("store", N_("store"), "choice", value=value, choices=stores, required=False)
        await self.ask(Form("store", T("Which store?"), fields=(field,), done=N_("show")), show)

    async def do_export(self) -> None:
        """Ask for a kind of file."""

        async def write(answer: Answer) -> None:
            if self._report is None or self._asked is None:
                return
            now = clock.now()
            if answer.text("form") == "csv":
                path = await self.gateway.write(
                    reportfiles.write_csv, self._entry, self._report, by=self.actor, now=now
                )
            else:
                path = await self.gateway.write(reportfiles.write_workbook, self._entry, self._report, self._asked,
                                                by=self.actor, now=now)  # fmt: skip
            self.office.tell(T("{path} is written.", path=str(path)), long=True)

        forms = (("xlsx", T("a workbook with a chart")), ("csv", T("CSV, for any program")))
        field = Field("form", N_("as"), "choice", choices=forms)
        title = T("Export “{name}”", name=Text(self._entry.title))
        await self.ask(Form("export", title, fields=(field,), done=N_("export")), write)
