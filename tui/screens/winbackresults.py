"""What winning back brought 挽回成效: by reason and strategy, against those held out; and the table of strategies."""

from collections.abc import Sequence
from datetime import date, timedelta

from core.base import clock
from core.base.i18n import N_, T, Text, _
from core.insight.warnings import REASONS
from core.service import followups, verdicts
from core.service.strategies import WORDS
from core.service.verdicts import Line
from tui.keymap import Action
from tui.screens.lists import ListPage, Whole, cents, whole
from tui.screens.strategiespage import StrategiesPage
from tui.widgets.columns import Column
from tui.widgets.pagetable import Fetch, Row
from tui.widgets.row import Words

SPANS: tuple[tuple[int, str], ...] = ((0, N_("all time")), (365, N_("last 365 days")), (90, N_("last 90 days")))


class ResultsPage(ListPage):
    """A line for each reason and strategy; its figures in words below."""

    NAME = N_("Results")
    HELP = N_(
        "Judged cases by reason and strategy: how many came again, what they spent, what it cost. Against those held"
        " out of the same offers stands how many more came, with its interval; with fewer than 50 on a side there is"
        " too little to tell, and without a hold-out no proof."
    )
    RIGHT = "churn"
    EMPTY = N_("No case is judged yet. Each is, once the days the shop looks ahead are over.")
    ORDERED = True
    KEYS = (
        Action("span", ("p",), N_("time"), N_("All time, the last 365 days, the last 90 days."), right="churn"),
        Action("strategies", ("s",), N_("strategies"), N_("What is done about each reason."), right="churn"),
    )
    COLUMNS = (
        Column("reason", N_("reason"), 10, min_width=10, important=True, stretch=True),
        Column("strategy", N_("strategy"), 20, min_width=20),
        Column("cases", N_("cases"), 6, min_width=5, right=True),
        Column("returned", N_("came"), 6, min_width=5, right=True),
        Column("more", N_("more came"), 18, min_width=16),
        Column("spent", N_("spent"), 9, min_width=8, right=True),
        # On a small screen these two are left out; both stand in the words below.
        Column("cost", N_("cost"), 9, min_width=8, right=True),
        Column("held", N_("held out"), 8, min_width=6, right=True),
    )

    def __init__(self) -> None:
        super().__init__()
        self._place = 0

    def source(self) -> Fetch:
        """A short list."""
        return _source(self)

    async def lines_of_span(self) -> Sequence[Line]:
        """What the chosen span has."""
        length = SPANS[self._place][0]
        today = await self.gateway.read(followups.today_of, clock.now())
        since: date | None = today - timedelta(days=length) if length else None
        return await self.gateway.read(verdicts.results, since=since, by=self.actor)

    async def load(self) -> None:
        """The list, and of which time it is."""
        await super().load()
        self.select(Text(SPANS[self._place][1]))

    def do_span(self) -> None:
        """The next span."""
        self._place = (self._place + 1) % len(SPANS)
        self.reading(self.load)

    def do_strategies(self) -> None:
        """Open the table."""
        self.app.push_screen(StrategiesPage())

    def about(self, row: Row) -> Sequence[Words]:
        """The figures in words."""
        return line_words(row.key) if isinstance(row.key, Line) else ()


def _source(page: ResultsPage) -> Whole[Line]:
    return whole(page.lines_of_span, lambda one: Row(one, _cells(one), tone="good" if one.has_proof else ""))


def share(bp: int) -> str:
    """A share in whole percent: '42 %'."""
    return f"{(bp + 50) // 100} %"


def more_words(one: Line) -> str:
    """How many more came than of those held out: '+20 % (+5…+33)', or why that is not said."""
    if not one.held:
        return _("no proof")
    if one.came_bp is None:
        return _("too few to tell")
    found = one.came_bp
    low, high = round(found.low / 100), round(found.high / 100)
    return f"{round(found.difference / 100):+d} % ({low:+d}…{high:+d})"


def line_words(one: Line) -> list[Words]:
    """Sentences about a line."""
    said: list[Words] = [
        T("{returned} of {cases} came again.", returned=one.returned, cases=one.cases),
        T("Each spent {spent_cents}; in as many days before {before_cents}.", spent_cents=one.spent_cents,
          before_cents=one.before_cents),
    ]  # fmt: skip
    if one.held:
        said.append(
            T("Of those offered at once {offered} came, of {held} held out {came} by themselves.",
              offered=share(one.by_batch_bp), held=one.held, came=share(one.held_bp))
        )  # fmt: skip
    if one.satisfaction_tenths is not None:
        mean = f"{one.satisfaction_tenths / 10:.1f}"
        said.append(T("Satisfaction {mean} of 5 ({answers} asked).", mean=mean, answers=one.answers))
    if one.bought is not None:
        said.append(T("{bought} of {cases} bought the new product.", bought=one.bought, cases=one.cases))
    said.append(
        T("Cost: coupons {coupons_cents}, points {points_cents}, messages {messages_cents}.",
          coupons_cents=one.coupons_cents, points_cents=one.points_cents,
          messages_cents=one.messages_cents)
    )  # fmt: skip
    return said


def _cells(one: Line) -> tuple[Words, ...]:
    return (
        Text(REASONS[one.reason]) if one.reason in REASONS else Text(N_("no reason given")),
        Text(WORDS[one.strategy]) if one.strategy in WORDS else one.strategy,
        f"{one.cases:,}",
        share(one.returned_bp),
        more_words(one),
        cents(one.spent_cents),
        cents(one.cost_cents),
        f"{one.held:,}",
    )
