"""Consents 授权: per purpose who agreed, took it back or was never asked; from where, when and to which words."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.base import clock
from core.base.i18n import N_, T, Text, scope
from core.keeping import consentlist
from core.people.consent import PURPOSE_WORDS
from core.reports import consents
from core.reports.consents import ConsentReport, Part
from tui.keymap import Action
from tui.screens.lists import whole
from tui.screens.tabbed import Tab, TabbedPage
from tui.widgets.columns import Column
from tui.widgets.pagetable import Fetch, Row
from tui.widgets.row import Words

NOBODY = N_("There are no members yet.")
PURPOSE = Column("purpose", N_("purpose"), 18, min_width=12, important=True)
YES = Column("yes", N_("yes"), 12, min_width=8, right=True)
NO = Column("no", N_("no"), 12, min_width=8, right=True)


def _parts(id: str, key: str, label: str, help: str, part: str) -> Tab:
    columns = (PURPOSE, Column("part", part, 24, min_width=10, stretch=True), YES, NO)
    return Tab(id, key, label, help, columns, NOBODY)


@dataclass(frozen=True)
class Figure:
    """A line of the report; `about` is what is cut of it."""

    cells: tuple[Words, ...]
    about: str = ""


class ConsentsPage(TabbedPage):
    """The figures of one report in five lists."""

    NAME = N_("Consents")
    HELP = N_(
        "Where members stand with each purpose. The last word of everyone who is neither merged nor erased counts;"
        " by month every word does. 1 to 5 change the list, ctrl+x exports it, w writes everyone's last word."
    )
    RIGHT = "reports"
    KEYS = (
        Action("words", ("w",), N_("every word"), N_("Write the last word of every member to a file."), right="export"),
        Action("refresh", ("r",), N_("refresh"), N_("Count again.")),
    )
    TABS = (
        Tab("purposes", "1", N_("by purpose"), N_("Show who agreed, took it back or was never asked."),
            (Column("purpose", N_("purpose"), 24, min_width=12, important=True, stretch=True), YES, NO,
             Column("never", N_("never asked"), 12, min_width=8, right=True)), NOBODY),
        _parts("sources", "2", N_("by source"), N_("Show where each word was said."), N_("source")),
        _parts("stores", "3", N_("by store"), N_("Show in which store each word was said."), N_("store")),
        _parts("months", "4", N_("by month"), N_("Show every word by the month it was said in."), N_("month")),
        Tab("wordings", "5", N_("by wording"), N_("Show which wording those who agreed stand on."),
            (PURPOSE, Column("language", N_("language"), 9, min_width=8), YES,
             Column("wording", N_("wording"), 40, min_width=20, stretch=True)), NOBODY),
    )  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self._report: ConsentReport | None = None

    def source(self) -> Fetch:
        """The list that is shown."""
        return whole(self._figures, lambda one: Row(one, one.cells))

    async def _figures(self) -> list[Figure]:
        if self._report is None:  # counted once, for it reads every member
            self._report = await self.gateway.read(consents.of, by=self.actor, now=clock.now())
        self.select(T("members counted: {members}", members=self._report.members))
        return figures(self._report, self.shown) if self._report.members else []

    def about(self, row: Row) -> Sequence[Words]:
        """The whole wording."""
        return (row.key.about,) if isinstance(row.key, Figure) and row.key.about else ()

    def do_refresh(self) -> None:
        """Count again."""
        self._report = None
        self.reading(self.load)

    def do_words(self) -> None:
        """Write everyone's last word to a file."""
        self.writing(self._words)

    async def _words(self) -> None:
        made = await self.gateway.write(consentlist.export, by=self.actor, now=clock.now(), zone=scope().zone)
        self.office.tell(T("{path} is written.", path=str(made)), long=True)


def figures(report: ConsentReport, list_id: str) -> list[Figure]:
    """One list of the report as lines."""
    if list_id == "purposes":
        return [
            Figure((_purpose(one.purpose), *_counts(one.granted, one.withdrawn, one.never_asked)))
            for one in report.purposes
        ]
    if list_id == "wordings":
        return [
            Figure((_purpose(one.purpose), one.language or "—", *_counts(one.granted), one.wording), one.wording)
            for one in report.wordings
        ]
    parts: dict[str, tuple[Part, ...]] = {"sources": report.sources, "stores": report.stores, "months": report.months}
    return [
        Figure((_purpose(one.purpose), one.part or "—", *_counts(one.granted, one.withdrawn))) for one in parts[list_id]
    ]


def _purpose(name: str) -> Text:
    return Text(PURPOSE_WORDS[name])


def _counts(*counts: int) -> list[str]:
    return [f"{count:,}" for count in counts]
