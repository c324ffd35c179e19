"""What a survey came to 问卷结果: each question's score and answers drawn, scores by group, own words."""

from collections.abc import Sequence

from rich.text import Text as RichText

from core.base import access, clock
from core.base.errors import NotAllowed
from core.base.i18n import N_, T, Text, scope
from core.insight.satisfaction import FEW, Score
from core.reports.said import tenths
from core.service import surveyscores
from core.service.surveyscores import CUT_WORDS, CUTS, Asked, Cut, Group, Result, Said
from tui.keymap import Action
from tui.screens.drawn import DrawnPage
from tui.screens.lists import ListPage, moment, whole
from tui.widgets.charts import Drawing, hbars
from tui.widgets.columns import Column
from tui.widgets.note import wrapped
from tui.widgets.pagetable import Fetch, Row, Wanted
from tui.widgets.row import Words, rich

WIDEST = 72
"""Cells of a drawing of bars; wider ones are hard to read."""


class ResultPage(DrawnPage):
    """Each question with its score, its interval and how often each answer was given. The arrow keys scroll."""

    NAME = N_("Result")
    HELP = N_(
        "NPS is the share of 9 and 10 less the share of 0 to 6; satisfied are 4 and 5 of five. In brackets stands where"
        " the true score lies with 95 % confidence. Fewer than five answers show no score. g compares stores, tiers,"
        " staff and months, w lists own words; ↑ ↓ scroll."
    )
    RIGHT = "service"
    KEYS = (
        Action("groups", ("g",), N_("groups"), N_("Scores by store, tier, staff and month.")),
        Action("words", ("w",), N_("own words"), N_("What was written in own words.")),
        Action("refresh", ("r",), N_("refresh"), N_("Read the figures again.")),
    )

    def __init__(self, survey_id: int) -> None:
        super().__init__()
        self.survey_id = survey_id
        self._found: Result | None = None

    def do_groups(self) -> None:
        """The scores of groups."""
        self.app.push_screen(GroupsPage(self.survey_id))

    def do_words(self) -> None:
        """What was written."""
        self.app.push_screen(WordsPage(self.survey_id))

    async def _load(self) -> None:
        try:
            self._found = await self.gateway.read(surveyscores.result, self.survey_id, by=self.actor)
        except NotAllowed:
            self.office.tell(access.refusal("service").as_text(), tone="warning")
            return
        self.query_one(Drawing).resay()
        found = self._found
        facts = {"name": found.survey.terms.name, "replies": found.replies, "came": found.came}
        said = T("{name} · {replies} answered · {came} of {invited} asked by message", **facts, invited=found.invited)
        self.select(said)

    def _lines(self, width: int) -> Sequence[RichText]:
        if self._found is None:
            return [RichText(" …", "quiet")]
        lines = [line for one in self._found.asked for line in _drawn(one, min(width, WIDEST) - 2)]
        return [RichText(" ", end="") + line for line in lines]


def _drawn(one: Asked, cells: int) -> list[RichText]:
    """A question, its score, and a bar for each answer."""
    language = scope().language
    lines = [*wrapped(one.question.words(language), cells, "bold"), rich(score_words(one))]
    if one.counts:
        named = one.question.numbers(language)
        lines += hbars(
            [(words, count, f"{count:,}") for (_, words), count in zip(named, one.counts, strict=True)], cells
        )
    return [*lines, RichText(end="")]


def score_words(one: Asked) -> Words:
    """The score in words, or why there is none."""
    kind = one.question.kind
    if kind == "free":
        return T("{count} wrote something; w shows it.", count=one.answers)
    if one.answers < FEW:
        return T("{count} answered; from {few} on there is something to see.", count=one.answers, few=FEW)
    if one.score is None:
        return T("{count} answered.", count=one.answers)
    facts = {"score": score_shown(kind, one.score), "range": range_shown(kind, one.score), "count": one.answers}
    if kind == "nps":
        return T("NPS {score} ({range}), {count} answered.", **facts)
    return T("{score} satisfied ({range}), {count} answered.", **facts)


def score_shown(kind: str, score: Score | None) -> str:
    """'+33.3' of an NPS, '80.0 %' of who is satisfied; a dash where it is not told."""
    return _figure(kind, score.value_bp) if score is not None else "—"


def range_shown(kind: str, score: Score | None) -> str:
    """The interval of a score."""
    return f"{_figure(kind, score.low_bp)} … {_figure(kind, score.high_bp)}" if score is not None else ""


def _figure(kind: str, bp: int) -> str:
    if kind == "nps":
        return f"{'+' if bp > 0 else ''}{tenths(bp)}"
    return f"{tenths(bp)} %"


class GroupsPage(ListPage):
    """The scores of each store; c goes on to tiers, staff and months."""

    NAME = N_("By group")
    HELP = N_(
        "Scores by store, tier at that time, who served the last sale, and month; c goes on to the next. A group of"
        " fewer than five answers shows no score: it would be chance, and tell who said what."
    )
    RIGHT = "service"
    NOTED = False
    ORDERED = True
    EMPTY = N_("Nobody has answered yet.")
    KEYS = (Action("cut", ("c",), N_("cut"), N_("Store, tier, staff, month.")),)
    COLUMNS = (
        Column("name", N_("group"), 20, min_width=10, important=True, stretch=True),
        Column("answers", N_("answers"), 8, min_width=7, right=True),
        Column("nps", N_("NPS"), 8, min_width=6, right=True),
        Column("nps_range", N_("interval"), 17, min_width=15),
        Column("csat", N_("satisfied"), 9, min_width=8, right=True),
        Column("csat_range", N_("interval"), 18, min_width=15),
    )

    def __init__(self, survey_id: int) -> None:
        super().__init__()
        self.survey_id = survey_id
        self._cut: Cut = CUTS[0]

    def source(self) -> Fetch:
        """A short list."""
        return whole(self._all, lambda one: Row(one, _cells(one)))

    async def _all(self) -> Sequence[Group]:
        return await self.gateway.read(
            surveyscores.groups, self.survey_id, self._cut, by=self.actor, now=clock.now()
        )  # fmt: skip

    async def load(self) -> None:
        """The list, and of what its groups are."""
        await super().load()
        self.select(Text(CUT_WORDS[self._cut]))

    def do_cut(self) -> None:
        """The next cut."""
        self._cut = CUTS[(CUTS.index(self._cut) + 1) % len(CUTS)]
        self.reading(self.load)


def _cells(one: Group) -> tuple[Words, ...]:
    name = one.name if isinstance(one.name, str | Text) else f"{one.name:%Y-%m}"
    return (
        name, f"{one.replies:,}", score_shown("nps", one.nps), range_shown("nps", one.nps),
        score_shown("csat", one.csat), range_shown("csat", one.csat),
    )  # fmt: skip


class WordsPage(ListPage):
    """What was written in own words, the newest first; whole below."""

    NAME = N_("Own words")
    HELP = N_("What was written in own words, the newest first, with the name for who may find members.")
    RIGHT = "service"
    PERSONAL = True
    EMPTY = N_("Nobody has written anything yet.")
    COLUMNS = (
        Column("at", N_("when"), 16, min_width=11),
        Column("words", N_("words"), 40, min_width=20, important=True, stretch=True),
        Column("name", N_("name"), 12, min_width=6),
        Column("question", N_("asked about"), 20, min_width=11),
    )

    def __init__(self, survey_id: int) -> None:
        super().__init__()
        self.survey_id = survey_id

    async def fetch(self, wanted: Wanted) -> Sequence[Row]:
        """A page of them."""
        last = wanted.after
        after = (last.id, last.question.id) if isinstance(last, Said) else None
        found = await self.gateway.read(
            surveyscores.words, self.survey_id, by=self.actor, after=after, limit=wanted.limit
        )  # fmt: skip
        language = scope().language
        return [Row(one, (moment(one.at), one.words, one.name or "—", one.question.words(language))) for one in found]

    def about(self, row: Row) -> Sequence[Words]:
        """The whole of it."""
        return (row.key.question.words(scope().language), row.key.words) if isinstance(row.key, Said) else ()
