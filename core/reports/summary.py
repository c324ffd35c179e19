"""The day in a few figures, told to managers in the evening the way alerts are."""

from core.base import db
from core.base.access import Actor
from core.base.clock import Millis
from core.books import alerts
from core.reports import today


def tell(*, by: Actor, now: Millis) -> str:
    """Note the figures of the business day a moment belongs to; which day it was."""
    figures = today.today(by=by, now=now)
    _note(figures, now=now)
    return str(figures.day)


@db.atomic
def _note(figures: today.Today, *, now: Millis) -> None:
    alerts.note(
        "summary", str(figures.day), now=now, takings_cents=figures.takings_cents, sales=figures.sales,
        member_sales=figures.member_sales, new_members=figures.new_members, messages_sent=figures.messages_sent,
        messages_failed=figures.messages_failed, warnings=figures.warnings,
    )  # fmt: skip
