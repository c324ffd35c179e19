"""Staff 员工: what each person sold, gave off and took back."""

from collections import defaultdict

from core.base import db
from core.base.access import Actor
from core.base.i18n import N_, T
from core.reports import asked as cut
from core.reports import goals
from core.reports.asked import Asked
from core.reports.report import Cell, Chart, Column, Report, Row, each, share_bp, summed


def make(asked: Asked, *, by: Actor) -> Report:
    """By who stands on a line or, where nobody does, who rang the sale up."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0] * 5)
    who = "coalesce('staff:' || l.staff_id, s.actor)"
    test, ids = cut.within(asked, "s.store_id")
    for actor, count, cents, off in db.rows(
        f"SELECT {who}, count(DISTINCT s.id), {cut.cents('l.net_cents')}, {cut.cents('l.discount_cents')} FROM sale s"
        f" JOIN sale_line l ON l.sale_id = s.id AND l.kind {cut.GOODS} WHERE s.day BETWEEN ? AND ? AND {test}"
        " GROUP BY 1",
        (*asked.days, *ids),
    ):
        sums[actor][:3] = [count, cents, off]
    test, ids = cut.within(asked, "f.store_id")
    for actor, count, cents in db.rows(
        f"SELECT f.actor, count(DISTINCT f.id), {cut.cents('r.cents')} FROM refund f"
        f" JOIN refund_line r ON r.refund_id = f.id JOIN sale_line l ON l.id = r.line_id AND l.kind {cut.GOODS}"
        f" WHERE f.day BETWEEN ? AND ? AND {test} GROUP BY 1",
        (*asked.days, *ids),
    ):
        sums[actor][3:] = [count, cents]
    names = {f"staff:{id}": name for id, name in db.rows("SELECT id, name FROM staff")}
    targets = goals.personal(asked.first, asked.last)
    rows: list[Row] = [
        (
            _name(actor, names), count, cents, each(cents, count), off, refunds, back,
            _reached(cents, targets, actor, "takings"), _reached(count, targets, actor, "sales"),
        )
        for actor, (count, cents, off, refunds, back) in sorted(sums.items(), key=lambda one: (-one[1][1], one[0]))
    ]  # fmt: skip
    columns = (
        Column(N_("staff"), "text"), Column(N_("sales")), Column(N_("sold"), "cents"), Column(N_("basket"), "cents"),
        Column(N_("money off"), "cents"), Column(N_("refunds")), Column(N_("returned"), "cents"),
        Column(N_("of takings goal"), "percent"), Column(N_("of sales goal"), "percent"),
    )  # fmt: skip
    notes = (
        N_("A line belongs to who stands on it, else to who rang the sale up; a refund to who made it."),
        N_("Sold is before returns, so that nobody answers for what another took back; goods and services only."),
        N_("Goals of a person are those of whole months; what is sold, before returns, counts towards them."),
    )
    return Report(columns, tuple(rows), summed(rows, (2, 4, 5, 6), 9), Chart("bars", 2), compared=2, notes=notes)


def _reached(came: int, targets: dict[tuple[int, str], int], actor: str, what: str) -> Cell:
    target = targets.get((int(actor[6:]), what)) if actor.startswith("staff:") else None
    return share_bp(came, target) if target else None


def _name(actor: str, names: dict[str, str]) -> Cell:
    if actor.startswith("key:"):
        return T("online shop")
    return names.get(actor, actor)
