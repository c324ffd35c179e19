"""Satisfaction 满意度: who would recommend the shop and who was satisfied, by the day the answer came."""

from core.base.access import Actor
from core.base.i18n import N_
from core.insight.satisfaction import FEW
from core.reports import asked as cut
from core.reports.asked import Asked
from core.reports.report import Cell, Chart, Column, Report, Row, share_bp


def make(asked: Asked, *, by: Actor) -> Report:
    """Net promoter score and share of satisfied, of every survey together."""
    figures = (("nps", "1 = 1"), ("nps", "a.number >= 9"), ("nps", "a.number <= 6"), ("csat", "1 = 1"),
               ("csat", "a.number >= 4"))  # fmt: skip
    sums = (cut.cents(f"CASE WHEN q.kind = '{kind}' AND {test} THEN 1 ELSE 0 END") for kind, test in figures)
    found = cut.figures(
        asked, f"count(DISTINCT r.id), {', '.join(sums)}",
        "survey_reply r ON r.at >= p.from_at AND r.at < p.until_at JOIN survey_answer a ON a.reply_id = r.id"
        " JOIN survey_question q ON q.id = a.question_id",
        store="r.store_id",
    )  # fmt: skip
    none = (0,) * 6
    rows = [_row(name, found.get(key, none)) for key, name in cut.lines(asked)]
    whole = tuple(sum(one[at] for one in found.values()) for at in range(6))
    columns = (cut.head(asked), Column(N_("answers")), Column(N_("NPS"), "hundredth"),
               Column(N_("promoters"), "percent"), Column(N_("detractors"), "percent"),
               Column(N_("satisfied"), "percent"))  # fmt: skip
    notes = (
        N_("NPS: the share of 9 and 10 less the share of 0 to 6, of those asked whether they recommend the shop."),
        N_("Satisfied: the share of 4 and 5 of five. Fewer than five answers show no score."),
        N_("An answer counts on the day it came, in the store it was about."),
    )  # fmt: skip
    return Report(columns, tuple(rows), _row(None, whole), Chart("line", 2), compared=2, notes=notes)


def _row(name: Cell, counts: tuple[int, ...]) -> Row:
    replies, asked, promoters, detractors, rated, good = counts
    nps = (share_bp(promoters - detractors, asked), share_bp(promoters, asked), share_bp(detractors, asked))
    return (name, replies, *(nps if asked >= FEW else (None,) * 3), share_bp(good, rated) if rated >= FEW else None)
