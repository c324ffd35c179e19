"""Commission 提成: what each person earned by selling in some days, what returns took back, what is left."""

from collections import defaultdict

from core.base import db
from core.base.access import Actor
from core.base.i18n import N_
from core.reports.asked import Asked
from core.reports.report import Chart, Column, Report, Row, summed
from core.selling import statements


def make(asked: Asked, *, by: Actor) -> Report:
    """By person and rule; a sale on its day, a return on the day it is made."""
    stores = {id for id, _ in asked.stores}
    sums: dict[tuple[int, str], list[int]] = defaultdict(lambda: [0] * 4)
    for one in statements.between(asked.first, asked.last):
        if one.store_id in stores:
            figures = sums[one.staff_id, one.rule.name]
            figures[0] += one.refund_id is None
            figures[1] += one.base_cents
            figures[2 if one.refund_id is None else 3] += one.cents
    names: dict[int, str] = dict(db.rows("SELECT id, name FROM staff"))
    rows: list[Row] = [
        (names[staff_id], rule, lines, base, earned, -back, earned + back)
        for (staff_id, rule), (lines, base, earned, back) in sums.items()
    ]
    rows.sort(key=lambda row: (str(row[0]), str(row[1])))
    columns = (
        Column(N_("staff"), "text"), Column(N_("rule"), "text"), Column(N_("lines")),
        Column(N_("sold, less returns"), "cents"), Column(N_("earned"), "cents"), Column(N_("taken back"), "cents"),
        Column(N_("commission"), "cents"),
    )  # fmt: skip
    notes = (
        N_("By the rule in force on the day of the sale; a line is shared by those who served it, else it is of who"
           " rang it up."),
        N_("A return takes its part back on the day it is made. Lines that no rule is about earn nothing."),
    )  # fmt: skip
    return Report(columns, tuple(rows), summed(rows, (2, 3, 4, 5, 6), 7), Chart("bars", 6), notes=notes)
