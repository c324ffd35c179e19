"""Churn rate 流失率: who fell silent in a day, week or month, of those who were active before, and who came back.

Recomputed from the visits alone, by the fixed days of the shop's rule, so that it never changes with a model.
"""

from dataclasses import dataclass

import numpy as np

from core.base import db
from core.base.access import Actor
from core.base.i18n import N_
from core.books import rules
from core.insight import visit_days
from core.insight.visit_days import Days
from core.insight.visiting import Bools, Ints
from core.reports import asked as cut
from core.reports.asked import Asked
from core.reports.report import Chart, Column, Report, share_bp, summed

Line = tuple[int, int, int]
"""Active members, leavers and returns."""


def make(asked: Asked, *, by: Actor) -> Report:
    """Leavers, who came back, and the rate."""
    found = _by_line(asked, int(rules.current(now=asked.now).churn_silent_days))
    rows = [(name, was, fell, share_bp(fell, was), again)
            for (_, name), (was, fell, again) in zip(cut.lines(asked), found, strict=True)]  # fmt: skip
    columns = (cut.head(asked), Column(N_("active members")), Column(N_("fell silent")),
               Column(N_("churn rate"), "percent"), Column(N_("came again")))  # fmt: skip
    notes = (
        N_("Active is who had not fallen silent when the line begins, or came in it and may fall silent in it still;"
           " the days of silence are the shop's (rule churn_silent_days)."),
        N_("Who falls silent is counted on the day after those days ended without a visit, once a line; who came back,"
           " on the visit that ended the silence."),
    )  # fmt: skip
    return Report(columns, tuple(rows), summed(rows, (2, 4), 5), Chart("line", 3), compared=3, notes=notes)


def _by_line(asked: Asked, silent: int) -> list[Line]:
    by_store = asked.step == "store"
    low, last = asked.first.toordinal() - silent - 1, asked.last.toordinal()
    homes = None if asked.every and not by_store else [id for id, _ in asked.stores]
    came = visit_days.between(low, last, homes=homes)
    known = np.array(db.rows("SELECT member_id FROM member_stats WHERE first_day < ?", (low,)), dtype=np.int64).ravel()
    spells = [_spells(one, known, (low, last), silent)
              for one in ([came.of_home(id) for id, _ in asked.stores] if by_store else [came])]  # fmt: skip
    today, spans = asked.today.toordinal(), cut.periods(asked)
    return [one.line(start.toordinal(), end.toordinal(), today) for one in spells for start, end in spans]


@dataclass(frozen=True, eq=False)
class _Spells:
    """A spell begins with a visit and ends with the member's next one, or in silence on the day after so many days.

    `silenced` says of each visit whether its spell ended so. Arrays of counts begin with the day `low`.
    """

    came: Days
    silenced: Bools
    low: int
    silent: int
    begun: Ints
    ended: Ints
    fallen: Ints
    returned: Ints

    def line(self, first: int, last: int, today: int) -> Line:
        """The figures from one day to another, of what had happened by today.

        Where a member can fall silent only once, whoever's spell is under way as it begins was active; in a longer
        line members are counted.
        """
        start, end = first - self.low, last - self.low + 1
        returned = int(self.returned[start:end].sum())
        if last - first <= self.silent:
            active = int(self.begun[:start].sum() - self.ended[:start].sum())
            return active, int(self.fallen[start : min(end, max(start, today - self.low + 1))].sum()), returned
        days, gone = self.came.days, self.silent + 1
        inside = (days >= first - gone) & (days <= last - gone)
        fell = inside & self.silenced & (days <= today - gone)
        return _members(self.came.member_ids[inside]), _members(self.came.member_ids[fell]), returned


def _spells(came: Days, known: Ints, span: tuple[int, int], silent: int) -> _Spells:
    """What follows from visits of a span; `known` are members who had come before it."""
    follows, gap = came.member_ids[1:] == came.member_ids[:-1], np.diff(came.days)
    silenced, returned = np.ones(len(came.days), dtype=bool), np.isin(came.member_ids, known)
    silenced[:-1] = ~follows | (gap > silent)
    returned[1:] = np.where(follows, gap > silent, returned[1:])
    until = came.days + silent + 1
    until[:-1] = np.where(silenced[:-1], until[:-1], came.days[1:])
    low, length = span[0], span[1] - span[0] + silent + 2
    begun, ended, fallen, back = (
        np.bincount(days - low, minlength=length) for days in (came.days, until, until[silenced], came.days[returned])
    )
    return _Spells(came, silenced, low, silent, begun, ended, fallen, back)


def _members(ids: Ints) -> int:
    """How many members a sorted list names."""
    return int(np.count_nonzero(np.diff(ids))) + bool(len(ids))
