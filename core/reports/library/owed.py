"""What is owed 负债: points and stored value by the month they expire in, with breakage; as it stands now."""

from collections import defaultdict
from datetime import date

from core.base.access import Actor
from core.base.i18n import N_, T
from core.books.posting import ASSETS
from core.reports import liability
from core.reports.asked import Asked
from core.reports.report import Cell, Chart, Column, Report, Row, summed


def make(asked: Asked, *, by: Actor) -> Report:
    """Points, principal and bonus by month of expiry."""
    found = liability.of(by=by, now=asked.now)
    wanted = None if asked.every else {id for id, _ in asked.stores}
    sums: dict[date | None, dict[str, int]] = defaultdict(lambda: dict.fromkeys(ASSETS, 0))
    for owed in found.rows:
        if wanted is None or owed.store_id in wanted:
            sums[owed.month][owed.asset] += owed.amount
    rows: list[Row] = [
        (_month(month), *(of[asset] for asset in ASSETS))
        for month, of in sorted(sums.items(), key=lambda one: one[0] or date.max)
    ]
    columns = (Column(N_("can be used until"), "text"), Column(N_("points"), "points"),
               Column(N_("principal"), "cents"), Column(N_("bonus"), "cents"))  # fmt: skip
    return Report(columns, tuple(rows), summed(rows, (1, 2, 3), 4), Chart("bars"), notes=NOTES)


def breakage(asked: Asked, *, by: Actor) -> Report:
    """For each asset: owed, worth, breakage of twelve months, and what will lapse if all goes on like that."""
    found = liability.of(by=by, now=asked.now)
    rows: list[Row] = [
        (T(NAMES[one.asset]), one.worth_cents, one.breakage.lapsed, one.breakage.used, one.breakage.share_bp,
         one.worth_cents * (one.breakage.share_bp or 0) // 10_000)
        for one in found.totals
    ]  # fmt: skip
    columns = (
        Column(N_("asset"), "text"), Column(N_("worth"), "cents"), Column(N_("lapsed in 12 months")),
        Column(N_("used in 12 months")), Column(N_("breakage"), "percent"), Column(N_("expected to lapse"), "cents"),
    )  # fmt: skip
    notes = (N_("Breakage is what lapsed of what lapsed or was used within twelve months; stored value in cents."),
             N_("Expected to lapse is worth × breakage; an estimate, not a booking."))  # fmt: skip
    return Report(columns, tuple(rows), summed(rows, (1, 5), 6), Chart("bars"), notes=notes)


NAMES = {"points": N_("points"), "principal": N_("principal"), "bonus": N_("bonus")}
NOTES = (
    N_(
        "What is left in the lots as it stands now, whatever days are asked for; what has expired is not owed any more."
    ),
    N_("A store's is what that store issued."),
)


def _month(month: date | None) -> Cell:
    return f"{month:%Y-%m}" if month else T("never expires")
