"""Back-test 预测检验: each closed month, what the list would have said and what then happened."""

from collections.abc import Sequence

from core.base import clock
from core.base.i18n import N_, Text
from core.insight import months
from core.insight.months import Month
from tui.screens.lists import ListPage, day
from tui.widgets.columns import Column
from tui.widgets.pagetable import Row, Wanted
from tui.widgets.row import Words

LEVELS = {"L0": N_("order by visits"), "L1": N_("model"), "L2": N_("challenger")}


class BackTestsPage(ListPage):
    """A row a month; what it means stands below."""

    NAME = N_("Back-test")
    HELP = N_(
        "How good the forecast was, month by month: judged by what was known then, counted after. The order columns say"
        " in how many of 100 pairs a member who stayed away stood above one who came; 50 is chance."
    )
    RIGHT = "churn"
    EMPTY = N_("No month is closed yet. The first row comes when a month and the days looked ahead are over.")
    COLUMNS = (
        Column("day", N_("judged on"), 14, min_width=10, important=True),
        Column("members", N_("members"), 9, min_width=7, right=True),
        Column("expected", N_("expected"), 9, min_width=8, right=True),
        Column("came", N_("came"), 9, min_width=6, right=True),
        Column("half", N_("first half"), 10, min_width=10, right=True),
        Column("days", N_("days"), 6, min_width=5, right=True),
        Column("rfm", "RFM", 6, min_width=5, right=True),
        Column("model", N_("model"), 6, min_width=5, right=True),
        Column("challenger", N_("challenger"), 10, min_width=6, right=True),
        Column("used", N_("used"), 16, min_width=6, stretch=True),
    )

    async def fetch(self, wanted: Wanted) -> Sequence[Row]:
        """Months, the newest first."""
        below = wanted.after.day if isinstance(wanted.after, Month) else 2**31
        found = await self.gateway.read(months.page, by=self.actor, now=clock.now(), below=below, limit=wanted.limit)
        return [Row(one, _cells(one)) for one in found]

    def about(self, row: Row) -> Sequence[Words]:
        """The month in words."""
        return months.sentence(row.key) if isinstance(row.key, Month) else ()


def _percent(share_bp: int | None) -> str:
    return "—" if share_bp is None else f"{(share_bp + 50) // 100} %"


def _cells(one: Month) -> tuple[Words, ...]:
    return (
        day(one.on), f"{one.members:,}", "—" if one.expected_visitors is None else f"{one.expected_visitors:,}",
        f"{one.visitors:,}", _percent(one.first_half_bp), _percent(one.auc_days_bp), _percent(one.auc_rfm_bp),
        _percent(one.auc_mbg_bp), _percent(one.auc_lr_bp), Text(LEVELS[one.level]),
    )  # fmt: skip
