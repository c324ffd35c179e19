"""Conduct at the till 操作核查: refunds, points by hand, look-ups and the like, each against the peers."""

from core.base.access import Actor
from core.base.i18n import N_, T, Text
from core.reports import conduct
from core.reports.asked import Asked
from core.reports.report import Column, Report, Row


def make(asked: Asked, *, by: Actor) -> Report:
    """What was done at all, what stands out first."""
    rows: list[Row] = [
        (
            one.name, Text(conduct.WHATS[one.what]), one.count, one.rate, one.median, one.distance,
            T("look at it") if one.flagged else "",
        )
        for one in conduct.lines(asked, by=by)
    ]  # fmt: skip
    columns = (
        Column(N_("staff"), "text"), Column(N_("what"), "text"), Column(N_("seen")),
        Column(N_("rate"), "hundredth"), Column(N_("peers' median"), "hundredth"), Column(N_("distance"), "hundredth"),
        Column(N_("remark"), "text"),
    )  # fmt: skip
    return Report(columns, tuple(rows), None, notes=NOTES)


NOTES = (
    N_("The rate is for 100 sales rung up, of cards opened for each day with sales; of under 20 sales there is none."),
    N_("The distance says how many usual differences from the peers' median it is (median absolute deviation); 3.5 and"
       " more, at 3 times or more, is worth a look. Of fewer than 5 peers only the figures are shown."),
    N_("What stands out is a question, not an answer: read the rows of the audit log behind it."),
)  # fmt: skip
