"""Closed months and how good their forecast was, as the owner reads them (table `backtest`)."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from core.base import db
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.i18n import T, Text
from core.books import rules

COLUMNS = (
    "day", "horizon_days", "members", "level", "auc_days_bp", "auc_rfm_bp", "auc_mbg_bp", "auc_lr_bp", "brier_mbg_bp",
    "brier_lr_bp", "first_half_bp", "expected_visitors", "visitors", "season_bp",
)  # fmt: skip


@dataclass(frozen=True)
class Month:
    """One closed window: `day` is the ordinal it was judged at, before `horizon_days` days that are known now.

    AUC (of leaving, by days silent, RFM, MBG/NBD and the challenger), Brier scores and shares in basis points;
    None where it could not be told. level: what the list would have used. first_half_bp: the leavers in the
    first half of the list. expected_visitors: with the season's factor `season_bp` where there was one.
    """

    day: int
    horizon_days: int
    members: int
    level: Literal["L0", "L1", "L2"]
    auc_days_bp: int | None
    auc_rfm_bp: int | None
    auc_mbg_bp: int | None
    auc_lr_bp: int | None
    brier_mbg_bp: int | None
    brier_lr_bp: int | None
    first_half_bp: int | None
    expected_visitors: int | None
    visitors: int
    season_bp: int | None

    @property
    def on(self) -> date:
        """The day the window was judged at."""
        return date.fromordinal(self.day)

    @property
    def bias_bp(self) -> int | None:
        """How many more were expected than came, by those who came."""
        if self.expected_visitors is None or not self.visitors:
            return None
        return round((self.expected_visitors - self.visitors) * 10_000 / self.visitors)

    @property
    def challenger_won(self) -> bool:
        """Whether the challenger ordered better and its chances were nearer to what happened."""
        if None in (self.auc_lr_bp, self.auc_mbg_bp, self.brier_lr_bp, self.brier_mbg_bp):
            return False
        better: bool = self.auc_lr_bp > self.auc_mbg_bp and self.brier_lr_bp < self.brier_mbg_bp  # type: ignore[operator]
        return better


def stored(horizon_days: int, below: int = 2**31, limit: int = 1000) -> list[Month]:
    """The rows of a horizon, the newest first."""
    sql = f"SELECT {', '.join(COLUMNS)} FROM backtest WHERE horizon_days = ? AND day < ? ORDER BY day DESC LIMIT ?"
    return [Month(*row) for row in db.rows(sql, (horizon_days, below, limit))]


def page(*, by: Actor, now: Millis, below: int = 2**31, limit: int = 100) -> list[Month]:
    """The rows of the shop's horizon, the newest first, a keyset page at a time (`below`: day). Raises: NotAllowed."""
    require(by, "churn")
    return stored(rules.current(now=now).churn_horizon_days, below, limit)


def challenger_won(*, now: Millis) -> bool:
    """Whether the challenger beat L1 on the last closed window."""
    last = stored(rules.current(now=now).churn_horizon_days, limit=1)
    return bool(last) and last[0].challenger_won


def sentence(month: Month) -> list[Text]:
    """A month in words: who was expected, who came, and what the list was worth."""
    facts = {"members": month.members, "visitors": month.visitors, "days": month.horizon_days}
    if month.expected_visitors is None:
        said = [T("{visitors} of {members} members came within {days} days; too few to forecast.", **facts)]
    else:
        expected = month.expected_visitors
        said = [T("Of {expected} expected within {days} days {visitors} came.", expected=expected, **facts)]
    if month.first_half_bp is not None:
        share = (month.first_half_bp + 50) // 100
        said.append(T("The list put {share} % of those who stayed away in its first half.", share=share))
    return said
