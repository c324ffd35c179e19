"""Events 会员活动: how many, who signed up and came, who stayed away, cost against budget, fees paid."""

from core.base.access import Actor
from core.base.i18n import N_
from core.reports import asked as cut
from core.reports.asked import Asked
from core.reports.report import Cell, Chart, Column, Report, Row, share_bp

_PLACES = "coalesce((SELECT sum(u.places) FROM gathering_signup u WHERE u.gathering_id = g.id AND u.state IN ({})), 0)"
_BOOKED, _CAME, _ABSENT = (
    _PLACES.format(states) for states in ("'booked', 'attended', 'absent'", "'attended'", "'absent'")
)
_PAID = (
    "CASE WHEN g.product_id IS NULL THEN 0 ELSE coalesce((SELECT sum(l.net_cents - coalesce((SELECT sum(r.cents)"
    " FROM refund_line r WHERE r.line_id = l.id), 0)) FROM sale_line l JOIN sale s ON s.id = l.sale_id"
    " WHERE l.product_id = g.product_id AND s.at >= g.created_at"
    " AND (g.state = 'cancelled' OR g.ended_at IS NULL OR s.at < g.ended_at)), 0) END"
)
_COST = (
    "coalesce((SELECT sum(k.cost_cents) FROM gathering_supply k WHERE k.gathering_id = g.id), 0)"
    " + coalesce((SELECT sum(c.cents) FROM gathering_cost c WHERE c.gathering_id = g.id), 0)"
)
_EACH = (
    "(SELECT g.store_id, g.from_at, g.budget_cents, CASE WHEN g.state = 'cancelled' THEN 1 ELSE 0 END AS off,"
    f" {_BOOKED} AS booked, {_CAME} AS came,"
    f" {_ABSENT} AS absent, {_COST} AS cost, {_PAID} AS paid"
    " FROM gathering g WHERE g.state <> 'draft') e ON e.from_at >= p.from_at AND e.from_at < p.until_at"
)
FIGURES = ("1 - e.off", "e.off", "e.booked", "e.came", "e.absent", "e.cost", "e.budget_cents", "e.paid")


def make(asked: Asked, *, by: Actor) -> Report:
    """By the day an event begins and its store."""
    sums = ", ".join(cut.cents(of) for of in FIGURES)
    found = cut.figures(asked, sums, _EACH, store="e.store_id")
    none = (0,) * len(FIGURES)
    rows = tuple(_row(name, found.get(key, none)) for key, name in cut.lines(asked))
    whole = tuple(sum(found.get(key, none)[at] for key, _ in cut.lines(asked)) for at in range(len(FIGURES)))
    columns = (
        cut.head(asked), Column(N_("events held")), Column(N_("called off")), Column(N_("signed up")),
        Column(N_("guests who came")), Column(N_("stayed away"), "percent"), Column(N_("cost"), "cents"),
        Column(N_("budget"), "cents"), Column(N_("fees paid"), "cents"),
    )  # fmt: skip
    notes = (
        N_("By the day an event begins, drafts left out; signed up and came are places. An event elsewhere or online"
           " has no store and no line by store."),
        N_("Stayed away: of the places kept until an event was ended the share nobody came for."),
        N_("Cost: supplies and other costs, of events called off too. Fees paid are less what was given back; points"
           " are no income."),
    )  # fmt: skip
    return Report(columns, rows, _row(None, whole), Chart("bars", 4), compared=4, notes=notes)


def _row(name: Cell, counts: tuple[int, ...]) -> Row:
    held, off, booked, came, absent, cost, budget, paid = counts
    return (name, held, off, booked, came, share_bp(absent, came + absent), cost, budget, paid)
