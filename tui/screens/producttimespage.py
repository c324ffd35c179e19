"""Products by hour and weekday 时段与商品: when each is bought, and where that is more than the shop's own rhythm."""

from collections.abc import Sequence
from datetime import timedelta

from rich.text import Text as RichText

from core.base import access, clock
from core.base.errors import NotAllowed
from core.base.i18n import N_, WEEKDAYS, T, scope
from core.insight.slots import Slot
from core.reports import producttimes
from core.reports.producttimes import DAYS, ProductTimes
from tui.keymap import Action
from tui.screens.drawn import DrawnPage
from tui.widgets.charts import Drawing, heatmap
from tui.widgets.row import Words, rich

MOST_ROWS = 40
"""Products that are drawn, the most bought ones."""
MOST_PEAKS = 12


class ProductTimesPage(DrawnPage):
    """A grid of products and hours, or weekdays; below it what is surely bought more then. The arrow keys scroll."""

    NAME = N_("Products by time")
    HELP = N_(
        "When each product was bought in the last 90 days, in all stores you see. A row's darkest cell is its own best"
        " hour. Below, the times in which a product sells more than the shop does: at least 30 purchases, and more"
        " than chance would bring. d changes between hours and weekdays; ↑ ↓ scroll."
    )
    RIGHT = "reports"
    KEYS = (
        Action("weekdays", ("d",), N_("hours, weekdays"), N_("Show weekdays, or hours again.")),
        Action("refresh", ("r",), N_("refresh"), N_("Read the figures again.")),
    )

    def __init__(self) -> None:
        super().__init__()
        self._found: list[ProductTimes] | None = None
        self._by_weekday = False

    def do_weekdays(self) -> None:
        """The other of the two grids."""
        self._by_weekday = not self._by_weekday
        self.query_one(Drawing).resay()

    async def _load(self) -> None:
        today = clock.day_of(clock.now(), scope().zone)
        since = today - timedelta(days=DAYS - 1)
        try:
            self._found = await self.gateway.read(producttimes.of, since, today, by=self.actor)
        except NotAllowed:
            self.office.tell(access.refusal("reports").as_text(), tone="warning")
            return
        self.query_one(Drawing).resay()
        count = sum(one.count for one in self._found)
        self.select(T("last {days} days · {products} products · {count} lines of sales", days=DAYS,
                      products=len(self._found), count=count))  # fmt: skip

    def _lines(self, width: int) -> Sequence[RichText]:
        if self._found is None:
            return [RichText(" …", "quiet")]
        if not self._found:
            return [RichText(" ", end="") + rich(T("Nothing was sold in these days."))]
        return drawn(self._found, width, by_weekday=self._by_weekday)


def drawn(found: Sequence[ProductTimes], width: int, *, by_weekday: bool) -> list[RichText]:
    """The grid and the peaks below it, for a width in cells; each row is shaded against its own best time."""
    rows = [one.weekdays if by_weekday else one.hours for one in found]
    busy = [at for at in range(len(rows[0])) if any(row[at].count for row in rows)]
    times = range(busy[0], busy[-1] + 1)
    heads = [_head(at, by_weekday) for at in times]
    names = [rich(one.name) for one in found[:MOST_ROWS]]
    for name in names:
        name.truncate(max(10, width - 2 - len(times) * _cell(by_weekday)), overflow="ellipsis")
    shares = [[_share(row[at], row) for at in times] for row in rows[:MOST_ROWS]]
    grid = heatmap(shares, names, heads, cell=_cell(by_weekday))
    lines = [RichText(" ", end="") + line for line in grid]
    said = peaks(found, by_weekday=by_weekday)
    lines += [RichText(end=""), RichText(" ", "bold", end="") + rich(T("bought more then than the shop sells"))]
    lines += [RichText(" ", end="") + rich(one) for one in said or [T("No product has a time of its own so far.")]]
    for line in lines:
        line.truncate(width, overflow="ellipsis")
    return lines


def peaks(found: Sequence[ProductTimes], *, by_weekday: bool) -> list[Words]:
    """The times in which a product surely sells more than the shop, the strongest first."""
    sure = [
        (slot.lift_bp, one.name, at, slot.count)
        for one in found
        for at, slot in enumerate(one.weekdays if by_weekday else one.hours)
        if slot.lift_bp is not None and slot.sure and slot.lift_bp > 10_000
    ]
    sure.sort(key=lambda one: (-one[0], one[1], one[2]))
    return [
        T("{name} {time}: {lift} × the shop's share, {count} bought", name=name, time=_time(at, by_weekday),
          lift=f"{lift / 10_000:.1f}", count=count)
        for lift, name, at, count in sure[:MOST_PEAKS]
    ]  # fmt: skip


def _share(slot: Slot, row: Sequence[Slot]) -> int:
    most = max(one.count for one in row)
    return round(1000 * slot.count / most) if most else 0


def _cell(by_weekday: bool) -> int:
    return 5 if by_weekday else 3


def _head(at: int, by_weekday: bool) -> str:
    return WEEKDAYS[scope().language][at] if by_weekday else f"{at:02d}"


def _time(at: int, by_weekday: bool) -> str:
    return WEEKDAYS[scope().language][at] if by_weekday else f"{at:02d}:00–{at + 1:02d}:00"
