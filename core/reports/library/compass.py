"""Store compass 门店罗盘: members × visits × basket of each store, against the mean of the others."""

from dataclasses import replace

from core.base.access import Actor
from core.base.i18n import N_
from core.reports import asked as cut
from core.reports.asked import Asked
from core.reports.library import sales
from core.reports.library.againstothers import MINE
from core.reports.report import Chart, Column, Report, Row, each, share_bp


def make(asked: Asked, *, by: Actor) -> Report:
    """Three factors of each store's takings with members."""
    asked = replace(asked, step="store")
    sold = cut.figures(
        asked,
        "count(DISTINCT s.member_id), count(DISTINCT CASE WHEN s.member_id IS NOT NULL THEN s.id END),"
        f" {cut.cents(MINE.format('l.net_cents'))}",
        cut.SOLD,
        store="s.store_id",
    )
    back = cut.figures(asked, cut.cents(MINE.format("r.cents")), cut.BACK, store="f.store_id")
    found = []
    for key, name in cut.lines(asked):
        members, visits, cents = sold.get(key, (0, 0, 0))
        found.append((name, members, visits, cents - back.get(key, (0,))[0]))
    rows = tuple(_row(one, [other for other in found if other is not one]) for one in found)
    columns = (
        Column(N_("store"), "text"), Column(N_("members"), "count"), Column(N_("against others"), "percent"),
        Column(N_("sales a member"), "hundredth"), Column(N_("against others"), "percent"),
        Column(N_("basket"), "cents"), Column(N_("against others"), "percent"),
        Column(N_("members' takings"), "cents"), Column(N_("against others"), "percent"),
    )  # fmt: skip
    notes = (
        N_("Members who bought × sales a member × basket = takings with members."),
        N_("Against others: 100 % is the mean of the other stores; which factor is low shows where to begin."),
        sales.TAKINGS,
    )
    return Report(columns, rows, None, Chart("bars", 7), notes=notes)


def _row(one: tuple[object, int, int, int], others: list[tuple[object, int, int, int]]) -> Row:
    name, members, visits, cents = one
    all_members, all_visits, all_cents = (sum(other[at] for other in others) for at in (1, 2, 3))  # type: ignore[misc]
    count = len(others)
    return (
        name, members, share_bp(members * count, all_members),
        each(100 * visits, members), share_bp(visits * all_members, all_visits * members) if members else None,
        each(cents, visits), share_bp(cents * all_visits, all_cents * visits) if visits else None,
        cents, share_bp(cents * count, all_cents),
    )  # type: ignore[return-value]  # fmt: skip
