"""The questions of a draft 问卷题目: added, changed, moved and taken away until the survey starts."""

from collections.abc import Sequence

from textual import on

from core.base import clock
from core.base.i18n import N_, T, Text, scope
from core.service import surveys
from core.service.surveys import KIND_WORDS, KINDS, Question, Survey
from tui.keymap import Action
from tui.screens.lists import NO_YES, YES_NO, ListPage, whole
from tui.widgets.columns import Column
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.pagetable import Fetch, PageTable, Row
from tui.widgets.row import Words

BETWEEN = "/"
"""Stands between the choices of a question as they are typed."""


class QuestionsPage(ListPage):
    """One survey's questions in their order; how a question reads in both languages stands below."""

    NAME = N_("Questions")
    HELP = N_(
        "What the survey asks, in this order, in both languages. a adds a question, e changes one, u moves it up,"
        " x takes it away, s starts the survey. Ask how likely they recommend the shop once at most."
    )
    RIGHT = "marketing"
    EXPORTED = False
    KEYS = (
        Action("change", ("enter", "e"), N_("change"), N_("Change the selected question.")),
        Action("add", ("a",), N_("add"), N_("Add a question at the end.")),
        Action("up", ("u",), N_("up"), N_("Move the question one place up.")),
        Action("drop", ("x",), N_("strike out"), N_("Take the question away.")),
        Action("start", ("s",), N_("start"), N_("Let members answer it from its first day on.")),
    )
    COLUMNS = (
        Column("words", N_("what is asked"), 40, min_width=20, important=True, stretch=True),
        Column("kind", N_("kind"), 16, min_width=10),
        Column("required", N_("must"), 6, min_width=4),
        Column("choices", N_("choices"), 16, min_width=7),
    )

    def __init__(self, survey_id: int) -> None:
        super().__init__()
        self.survey_id = survey_id
        self._survey: Survey | None = None

    def source(self) -> Fetch:
        """A short list."""
        return whole(self._all, lambda one: Row(one, _cells(one)))

    async def _all(self) -> Sequence[Question]:
        self._survey = await self.gateway.read(surveys.get, self.survey_id)
        self.select(self._survey.terms.name)
        return self._survey.questions

    def about(self, row: Row) -> Sequence[Words]:
        """The question in both languages."""
        one = row.key
        if not isinstance(one, Question):
            return ()
        said: list[Words] = [one.words_en, one.words_zh]
        return [*said, *(f"{en} · {zh}" for en, zh in one.choices)]

    def refusal(self, action: Action) -> Text | None:
        """Only a draft changes."""
        one = self._survey
        if action.id in self._deeds and one is not None and one.state != "draft":
            return surveys.SurveyFixed(name=one.terms.name, state=Text(surveys.STATES[one.state])).as_text()
        return super().refusal(action)

    _deeds = frozenset({"change", "add", "up", "drop", "start"})

    @property
    def _selected(self) -> Question | None:
        return self.chosen(Question)

    @on(PageTable.RowOpened)
    async def _opened(self) -> None:
        await self.act("change")

    async def _write(self, questions: Sequence[Question]) -> None:
        if self._survey is not None:
            await self.gateway.write(
                surveys.change, self.survey_id, self._survey.terms, tuple(questions), by=self.actor, now=clock.now()
            )
            self.changed()

    def _asked(self) -> list[Question]:
        return list(self._survey.questions) if self._survey is not None else []

    async def do_add(self) -> None:
        """Ask for one more."""

        async def write(answer: Answer) -> None:
            await self._write([*self._asked(), _question(answer)])

        await self.ask(_form(T("New question"), Question(kind="csat", words_en="", words_zh="")), write)

    async def do_change(self) -> None:
        """Ask for it anew."""
        if (one := self._selected) is None:
            return

        async def write(answer: Answer) -> None:
            made = _question(answer)
            await self._write([made if other.id == one.id else other for other in self._asked()])

        await self.ask(_form(T("Change the question"), one), write)

    async def do_up(self) -> None:
        """One place up; the cursor goes with it."""
        asked, one = self._asked(), self._selected
        at = next((place for place, other in enumerate(asked) if one is not None and other.id == one.id), 0)
        if at:
            asked[at - 1 : at + 1] = [asked[at], asked[at - 1]]
            await self._write(asked)
            self.table.move("up")

    async def do_drop(self) -> None:
        """Without it; the last one stays."""
        if (one := self._selected) is not None:
            await self._write([other for other in self._asked() if other.id != one.id])

    async def do_start(self) -> None:
        """Ask before it is fixed."""
        if (one := self._survey) is None:
            return

        async def write(answer: Answer) -> None:
            await self.gateway.write(surveys.start, self.survey_id, by=self.actor, now=clock.now())
            self.office.tell(T("“{name}” is started.", name=one.terms.name))
            self.changed()

        title = T("Start “{name}”?", name=one.terms.name)
        lines = (T("Its questions cannot be changed afterwards."),)
        await self.ask(Form("sure", title, lines, done=N_("start"), danger=True), write)


def _form(title: Words, one: Question) -> Form:
    kinds = tuple((kind, Text(KIND_WORDS[kind])) for kind in KINDS)
    fields = (
        Field("kind", N_("kind"), "choice", value=one.kind, choices=kinds),
        Field("words_en", N_("in English"), value=one.words_en),
        Field("words_zh", N_("in Chinese"), value=one.words_zh),
        Field("choices_en", N_("English choices"), value=f" {BETWEEN} ".join(en for en, _zh in one.choices),
              required=False, hint=N_("tea / cake / something else")),
        Field("choices_zh", N_("Chinese choices"), value=f" {BETWEEN} ".join(zh for _en, zh in one.choices),
              required=False, hint=N_("as many, in the same order")),
        Field("required", N_("must"), "choice", choices=YES_NO if one.required else NO_YES),
    )  # fmt: skip
    return Form("question", title, (), fields)


def _question(answer: Answer) -> Question:
    sides = [
        [one.strip() for one in answer.text(name).split(BETWEEN) if one.strip()]
        for name in ("choices_en", "choices_zh")
    ]
    longest = max(len(side) for side in sides)
    pairs = tuple((en, zh) for en, zh in zip(*(side + [""] * (longest - len(side)) for side in sides), strict=True))
    kind = next(one for one in KINDS if one == answer.text("kind"))
    return Question(
        kind=kind,
        words_en=answer.text("words_en"),
        words_zh=answer.text("words_zh"),
        choices=pairs,
        required=answer.text("required") == "yes",
    )


def _cells(one: Question) -> tuple[Words, ...]:
    language = scope().language
    chosen = " · ".join(words for _number, words in one.numbers(language)) if one.kind == "choice" else "—"
    return one.words(language), Text(KIND_WORDS[one.kind]), "✓" if one.required else "", chosen
