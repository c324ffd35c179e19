"""RFM grid RFM 方格: members by how lately and how often they came, five by five."""

from collections import Counter

from core.base import db
from core.base.access import Actor
from core.base.i18n import N_, T
from core.reports import asked as cut
from core.reports.asked import Asked
from core.reports.report import Chart, Column, Report, Row, summed

FIFTHS = (5, 4, 3, 2, 1)


def make(asked: Asked, *, by: Actor) -> Report:
    """As the last night judged it; worked out anew where no night has judged yet."""
    test, ids = cut.within(asked, "m.home_store_id")
    counts = Counter[tuple[int, int]]()
    for recency, frequency, people in db.rows(
        "SELECT i.recency_score, i.frequency_score, count(*) FROM member_insight i"
        f" JOIN member m ON m.id = i.member_id AND m.state = 'active' WHERE {test} GROUP BY 1, 2",
        ids,
    ):
        counts[recency, frequency] += people
    if not counts:
        counts = _anew(test, ids)
    rows: list[Row] = [
        (T("recency {score}", score=recency), *(counts[recency, frequency] for frequency in sorted(FIFTHS)))
        for recency in FIFTHS
    ]
    columns = (Column(N_("recency"), "text"), *(Column(f"F{frequency}") for frequency in sorted(FIFTHS)))
    notes = (
        N_("Fifths of the shop's active members who ever came: recency 5 came latest, F5 came most often."),
        N_("Everyone with the same figure has the same score, so a field may be empty."),
    )
    return Report(columns, tuple(rows), summed(rows, range(1, 6), 6), Chart("grid"), notes=notes)


def _anew(test: str, ids: tuple[int, ...]) -> Counter[tuple[int, int]]:
    import numpy as np  # 100 ms

    from core.insight import rfm

    found = db.rows(
        "SELECT s.last_day, s.visits, m.home_store_id FROM member_stats s JOIN member m ON m.id = s.member_id"
        " WHERE m.state = 'active' AND s.visits > 0"
    )
    if not found:
        return Counter()
    last, visits = (np.array([row[at] for row in found]) for at in (0, 1))
    recency, frequency = rfm.quintile_scores(last), rfm.quintile_scores(visits)
    mine = set(ids)
    return Counter((int(recency[at]), int(frequency[at])) for at, row in enumerate(found) if not mine or row[2] in mine)
