"""Charts of sales 销售图表: the sales of a filter by day, by weekday and hour, by way of paying, by size."""

from collections.abc import Sequence
from datetime import date, timedelta

from rich.text import Text as RichText

from core.base import access
from core.base.errors import NotAllowed
from core.base.i18n import N_, WEEKDAYS, T, scope
from core.reports import sold
from core.reports.sold import EDGES, Charts, Sought
from core.selling.receipts import tender_name
from tui.keymap import Action
from tui.screens.drawn import DrawnPage
from tui.screens.lists import cents, day
from tui.widgets.charts import Drawing, hbars, heatmap, histogram, sparkline
from tui.widgets.row import Words, rich

MOST_BARS = 14
"""Days that are drawn as bars with their figures; more become one line."""


class ChartsPage(DrawnPage):
    """Four charts below one another; the arrow keys scroll."""

    NAME = N_("Charts")
    HELP = N_("The sales of the list, drawn. Every chart adds up to the sum in the line above; ↑ ↓ scroll.")
    KEYS = (Action("refresh", ("r",), N_("refresh"), N_("Read the figures again.")),)

    def __init__(self, sought: Sought, said: str) -> None:
        super().__init__()
        self._sought, self._said = sought, said
        self._charts: Charts | None = None

    def on_mount(self) -> None:
        """Say whose figures are read."""
        self.select(self._said)

    async def _load(self) -> None:
        try:
            self._charts = await self.gateway.read(sold.charts, self._sought, by=self.actor)
        except NotAllowed:
            self.office.tell(access.refusal("reports").as_text(), tone="warning")
            return
        self.query_one(Drawing).resay()
        count = T("{count} sales", count=self._charts.sum.sales)
        self.select(" · ".join(map(str, (self._said, count, cents(self._charts.sum.total_cents)))))

    def _lines(self, width: int) -> Sequence[RichText]:
        if self._charts is None:
            return [RichText(" …", "quiet")]
        return drawn(self._charts, width)


def drawn(charts: Charts, width: int) -> list[RichText]:
    """All charts for a width in cells."""
    room = max(20, width - 2)
    parts: list[tuple[Words, list[RichText]]] = [
        (T("takings by day"), _days(charts.days, room)),
        (T("takings by weekday and hour"), _hours(charts.hours)),
        (
            T("ways of paying"),
            hbars([(tender_name(kind), amount, cents(amount)) for kind, amount in charts.tenders], room),
        ),
        (T("sales by size"), _sizes(charts.baskets, room)),
    ]
    lines: list[RichText] = []
    for title, chart in parts:
        lines += [RichText(" ", "bold", end="") + rich(title), *(RichText(" ", end="") + line for line in chart)]
        lines.append(RichText(end=""))
    return lines


def _days(days: Sequence[tuple[date, int]], room: int) -> list[RichText]:
    if len(days) <= MOST_BARS:
        return hbars([(day(on), amount, cents(amount)) for on, amount in days], room)
    by_day, first, last = dict(days), days[0][0], days[-1][0]
    every = [by_day.get(first + timedelta(days=n), 0) for n in range((last - first).days + 1)]
    best = max(days, key=lambda one: one[1])
    told = T("{first} to {last} · best day {best}: {amount}", first=day(first), last=day(last), best=day(best[0]),
             amount=cents(best[1]))  # fmt: skip
    return [sparkline(every, room), RichText(str(told), "quiet", end="")]


def _hours(grid: Sequence[Sequence[int]]) -> list[RichText]:
    busy = [hour for hour in range(24) if any(row[hour] for row in grid)]
    if not busy:
        return []
    hours = range(busy[0], busy[-1] + 1)
    names = WEEKDAYS[scope().language]
    return heatmap([[row[hour] for hour in hours] for row in grid], names, [f"{hour:02d}" for hour in hours], cell=3)


def _sizes(counts: Sequence[int], room: int) -> list[RichText]:
    labels = ["0+", *(f"{edge // 100}+" for edge in EDGES)]
    heads = [f"{label} ({count})" if count else label for label, count in zip(labels, counts, strict=True)]
    return histogram(counts, heads, min(room, 96), 5)
