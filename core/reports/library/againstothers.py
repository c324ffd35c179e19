"""Members against others 会员与非会员: whose takings they are, how big the baskets, how often members come."""

from core.base.access import Actor
from core.base.i18n import N_
from core.reports import asked as cut
from core.reports.asked import Asked
from core.reports.library import sales
from core.reports.report import Chart, Column, Report, Row, each, share_bp, summed

MINE = "CASE WHEN s.member_id IS NULL THEN 0 ELSE {} END"
"""An amount of a sale, if a member bought."""


def make(asked: Asked, *, by: Actor) -> Report:
    """Members' part of the takings."""
    sold = cut.figures(
        asked,
        f"{cut.cents('l.net_cents')}, {cut.cents(MINE.format('l.net_cents'))}, count(DISTINCT s.id),"
        " count(DISTINCT CASE WHEN s.member_id IS NOT NULL THEN s.id END), count(DISTINCT s.member_id)",
        cut.SOLD,
        store="s.store_id",
    )
    back = cut.figures(
        asked, f"{cut.cents('r.cents')}, {cut.cents(MINE.format('r.cents'))}", cut.BACK, store="f.store_id"
    )
    rows = []
    for key, name in cut.lines(asked):
        cents, mine, count, my_count, members = sold.get(key, (0, 0, 0, 0, 0))
        returned, mine_back = back.get(key, (0, 0))
        cents, mine = cents - returned, mine - mine_back
        rows.append((*_row(name, cents, mine, count, my_count), each(100 * my_count, members)))
    columns = (
        cut.head(asked), Column(N_("members' takings"), "cents"), Column(N_("others' takings"), "cents"),
        Column(N_("members' share"), "percent"), Column(N_("members' sales")), Column(N_("others' sales")),
        Column(N_("members' basket"), "cents"), Column(N_("others' basket"), "cents"),
        Column(N_("sales a member"), "hundredth"),
    )  # fmt: skip
    sums = summed(rows, (1, 2, 4, 5), 6)
    mine, others, my_count, count = (int(sums[at] or 0) for at in (1, 2, 4, 5))  # type: ignore[arg-type]
    totals = (*_row(None, mine + others, mine, my_count + count, my_count), None)
    notes = (sales.TAKINGS, N_("Sales a member: sales with a member by the members who bought on that line."))
    return Report(columns, tuple(rows), totals, Chart("line", 3), compared=3, notes=notes)


def _row(name: object, cents: int, mine: int, count: int, my_count: int) -> Row:
    others = count - my_count
    return (
        name, mine, cents - mine, share_bp(mine, cents), my_count, others, each(mine, my_count),
        each(cents - mine, others),
    )  # type: ignore[return-value]  # fmt: skip
