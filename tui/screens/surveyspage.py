"""Surveys 问卷: every survey with its days and answers; drafted, started, ended, and members asked by hand."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from textual import on

from core.base import clock
from core.base.i18n import N_, T, Text, _, date_shown
from core.keeping import opening
from core.people import picking
from core.service import surveyasking, surveys
from core.service.surveys import Question, Survey, Terms
from tui.keymap import OPEN, Action
from tui.screens.lists import NO_YES, YES_NO, ListPage, whole
from tui.screens.memberdeeds import WHO_HINT
from tui.screens.surveyquestions import QuestionsPage
from tui.screens.surveyresults import ResultPage
from tui.widgets.columns import Column
from tui.widgets.dates import read_day, today
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.pagetable import Fetch, PageTable, Row
from tui.widgets.row import Words

FIRST_QUESTIONS = (
    Question(kind="nps", words_en="How likely is it that you recommend us to a friend? 0 not at all, 10 surely",
             words_zh="您有多大可能把我们推荐给朋友？0 完全不会，10 一定会"),
    Question(kind="csat", words_en="How satisfied were you with your visit? 1 not at all, 5 very",
             words_zh="您对这次光临满意吗？1 很不满意，5 非常满意", required=False),
    Question(kind="free", words_en="What should we do better?", words_zh="您希望我们改进什么？", required=False),
)  # fmt: skip
"""What a new survey begins with."""
TONES = {"running": "", "draft": "quiet", "ended": "quiet"}


class SurveysPage(ListPage):
    """Surveys, those that run first; what the selected one is stands below."""

    NAME = N_("Surveys")
    HELP = N_(
        "Questions to members by message, on their phone and at the kiosk. n writes one down, Enter on a draft opens"
        " its questions, s starts it; from then on it is fixed. Enter on any other shows what was answered."
    )
    RIGHT = "service"
    EMPTY = N_("No survey yet. n writes the first one down.")
    KEYS = (
        OPEN,
        Action("new", ("n",), N_("new"), N_("Write a survey down; it begins with three questions."), right="marketing"),
        Action("change", ("e",), N_("edit"), N_("Change name, days and points of a draft."), right="marketing"),
        Action("start", ("s",), N_("start"), N_("Let members answer it from its first day on."), right="marketing"),
        Action("stop", ("x",), N_("end"), N_("Take no more answers."), right="marketing", danger=True),
        Action("invite", ("i",), N_("ask"), N_("Write to one member, with a link of their own.")),
    )
    COLUMNS = (
        Column("name", N_("survey"), 20, min_width=10, important=True, stretch=True),
        Column("state", N_("state"), 8, min_width=6),
        Column("days", N_("from – to"), 25, min_width=23),
        Column("answers", N_("answers"), 8, min_width=7, right=True),
        Column("points", N_("points"), 7, min_width=6, right=True),
    )

    def source(self) -> Fetch:
        """A short list."""
        return whole(self._all, lambda one: Row(one, _cells(one), tone=TONES[one.state]))

    async def _all(self) -> Sequence[Survey]:
        return await self.gateway.read(surveys.listing, by=self.actor)

    def about(self, row: Row) -> Sequence[Words]:
        """How it goes out, and what it asks first."""
        return survey_words(row.key) if isinstance(row.key, Survey) else ()

    @property
    def _selected(self) -> Survey | None:
        return self.chosen(Survey)

    def refusal(self, action: Action) -> Text | None:
        """Drafts are changed and started, running ones ended and asked for."""
        wanted = {"change": "draft", "start": "draft", "stop": "running", "invite": "running"}.get(action.id)
        one = self._selected
        if wanted is not None and one is None:
            return T("The list is empty.")
        if wanted is not None and one is not None and one.state != wanted:
            return surveys.SurveyFixed(name=one.terms.name, state=Text(surveys.STATES[one.state])).as_text()
        return super().refusal(action)

    @on(PageTable.RowOpened)
    def _opened(self) -> None:
        one = self._selected
        if one is not None:
            self.app.push_screen(QuestionsPage(one.id) if one.state == "draft" else ResultPage(one.id))

    async def do_new(self) -> None:
        """Ask what it is, then show its questions."""
        begins = today()
        made = Terms(name="", intro_en="A minute of your time, please.", intro_zh="请花一分钟告诉我们您的感受。",
                     first_on=begins, last_on=begins + timedelta(days=30))  # fmt: skip

        async def write(answer: Answer) -> None:
            survey_id = await self.gateway.write(
                surveys.draft, _terms(answer), FIRST_QUESTIONS, by=self.actor, now=clock.now()
            )
            self.app.push_screen(QuestionsPage(survey_id))

        await self._ask_terms(T("New survey"), made, write)

    async def do_change(self) -> None:
        """Ask for its terms anew."""
        if (one := self._selected) is None:
            return

        async def write(answer: Answer) -> None:
            await self.gateway.write(
                surveys.change, one.id, _terms(answer), one.questions, by=self.actor, now=clock.now()
            )
            self.changed()

        await self._ask_terms(T("Change “{name}”", name=one.terms.name), one.terms, write)

    async def _ask_terms(self, title: Words, terms: Terms, write: Callable[[Answer], Awaitable[None]]) -> None:
        stores = await self.gateway.read(opening.stores_of, self.actor)
        await self.ask(Form("survey", title, (), _fields(terms, stores), done=N_("next")), write)

    async def do_start(self) -> None:
        """Ask before it is fixed."""
        if (one := self._selected) is not None:
            lines = (T("Its questions cannot be changed afterwards."), *survey_words(one))
            await self.sure(T("Start “{name}”?", name=one.terms.name), lines, surveys.start, one.id, done=N_("start"))

    async def do_stop(self) -> None:
        """Ask before it ends."""
        if (one := self._selected) is not None:
            lines = (T("Nobody can answer then; what was answered stays."),)
            await self.sure(T("End “{name}”?", name=one.terms.name), lines, surveys.end, one.id, done=N_("end"))

    async def do_invite(self) -> None:
        """Ask whom."""
        if (one := self._selected) is None:
            return

        async def seen(answer: Answer) -> Sequence[Words]:
            if not answer.text("to"):
                return ()
            hit = await self.gateway.read(picking.one, answer.text("to"), field="to", by=self.actor)
            return (T("to {whom}", whom=picking.said(hit)),)

        async def write(answer: Answer) -> None:
            hit = await self.gateway.read(picking.one, answer.text("to"), field="to", by=self.actor)
            asked = await self.gateway.write(surveyasking.invite, one.id, hit.id, by=self.actor, now=clock.now())
            self.office.tell(T("The invitation is queued.") if asked else T("They were asked or answered before."))

        title = T("Whom to ask about “{name}”?", name=one.terms.name)
        lines = (T("What the member agreed to, quiet hours and the gap between offers count as for any message."),)
        fields = (Field("to", N_("to whom"), hint=WHO_HINT),)
        await self.ask(Form("invite", title, lines, fields, done=N_("ask"), preview=seen), write)


def _fields(terms: Terms, stores: Sequence[tuple[int, str]]) -> tuple[Field, ...]:
    where: tuple[tuple[str, Words], ...] = (("", T("all stores")), *((str(id), name) for id, name in stores))
    return (
        Field("name", N_("name"), value=terms.name),
        Field("intro_en", N_("English text above"), value=terms.intro_en),
        Field("intro_zh", N_("Chinese text above"), value=terms.intro_zh),
        Field("first", N_("from"), "day", value=f"{terms.first_on:%Y-%m-%d}"),
        Field("last", N_("last day"), "day", value=f"{terms.last_on:%Y-%m-%d}"),
        Field("points", N_("points"), "number", value=terms.points),
        Field("store", N_("store"), "menu", value=str(terms.store_id or ""), choices=where, required=False),
        Field("after", N_("days after a sale"), "number", value=terms.after_days, hint=N_("0 asks nobody by itself")),
        Field("pause", N_("days between"), "number", value=terms.pause_days, hint=N_("between two questions to one")),
        Field("service", N_("as a notice"), "choice", choices=YES_NO if terms.as_service else NO_YES,
              hint=N_("only without points")),
        Field("guests", N_("guests at the kiosk"), "choice", choices=YES_NO if terms.anonymous else NO_YES),
    )  # fmt: skip


def _terms(answer: Answer) -> Terms:
    return Terms(
        name=answer.text("name"),
        intro_en=answer.text("intro_en"),
        intro_zh=answer.text("intro_zh"),
        first_on=read_day(answer.text("first"), field="first"),
        last_on=read_day(answer.text("last"), field="last"),
        points=answer.number("points") or 0,
        store_id=int(answer.text("store")) if answer.text("store") else None,
        anonymous=answer.text("guests") == "yes",
        as_service=answer.text("service") == "yes",
        after_days=answer.number("after") or 0,
        pause_days=answer.number("pause") or 0,
    )


def survey_words(one: Survey) -> list[Words]:
    """How it goes out, and how many questions it asks."""
    terms = one.terms
    said: list[Words] = [
        T("Questions: {count}; points for answering: {points}.", count=len(one.questions), points=terms.points)
    ]
    if terms.after_days:
        said.append(T("Members are asked {days} days after a sale, once in {pause} days.", days=terms.after_days,
                      pause=terms.pause_days))  # fmt: skip
    said.append(T("Invitations are notices.") if terms.as_service else T("Invitations are offers: they need consent."))
    if terms.anonymous:
        said.append(T("Guests without a card may answer at the kiosk."))
    return said


def _cells(one: Survey) -> tuple[Words, ...]:
    terms = one.terms
    days = _("{first} – {last}", first=date_shown(terms.first_on), last=date_shown(terms.last_on))
    return (terms.name, Text(surveys.STATES[one.state]), days, f"{one.replies:,}", f"{terms.points:,}")
