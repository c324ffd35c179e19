"""Rules for tasks 跟进规则: which contacts are planned by themselves in the night, and who gets them."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from textual import on

from core.base import clock
from core.base.access import Actor
from core.base.i18n import N_, T, Text
from core.goods import catalogue
from core.keeping import opening
from core.service import followrules, followups
from core.service.followrules import GIVEN_WORDS, KIND_WORDS, KINDS, FollowRule, Terms
from tui.keymap import Action
from tui.screens.lists import ListPage, cents
from tui.widgets.columns import Column
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.pagetable import PageTable, Row, Wanted
from tui.widgets.row import Words

Choices = tuple[tuple[str, Words], ...]
BEGIN: dict[str, Terms] = {
    "after_sale": Terms("after_sale", days=7),
    "after_ticket": Terms("after_ticket", days=3),
    "after_warning": Terms("after_warning", days=1),
    "check_data": Terms("check_data", months=12, a_night=10),
}
"""What a new rule is proposed with."""


@dataclass(frozen=True)
class Known:
    """What rules name: stores, categories, who works here."""

    stores: Choices
    categories: Choices
    workers: Choices


class FollowRulesPage(ListPage):
    """Every rule, those in use first; what the one under the cursor does stands below."""

    NAME = N_("Rules for tasks")
    HELP = N_(
        "Calls that are planned in the night: some days after a sale, a complaint dealt with or a churn warning, and"
        " every so many months to ask whether phone and birthday are still right. Each occasion is planned once; what"
        " happened before a rule was switched on is left alone. space switches a rule, Enter changes it, n adds one."
    )
    RIGHT = "churn"
    EMPTY = N_("Nothing is planned by itself. n adds a rule.")
    KEYS = (
        Action("change", ("enter", "e"), N_("change"), N_("Change when, for which and for whom.")),
        Action("switch", ("space",), N_("on/off"), N_("Switch a rule on or off.")),
        Action("new", ("n",), N_("new"), N_("Add a rule; it is in use at once.")),
    )
    COLUMNS = (
        Column("kind", N_("what"), 24, min_width=14, important=True, stretch=True),
        Column("state", N_("state"), 5, min_width=5),
        Column("when", N_("when"), 16, min_width=14),
        Column("which", N_("which ones"), 18, min_width=8),
        Column("who", N_("given to"), 12, min_width=8),
        Column("planned", N_("planned"), 8, min_width=7, right=True),
    )

    async def fetch(self, wanted: Wanted) -> Sequence[Row]:
        """The rules, read as a whole."""
        found = await self.gateway.read(followrules.listing, by=self.actor)
        rows = [Row(one, _cells(one), tone="" if one.active else "quiet") for one in found]
        return rows[wanted.start : wanted.start + wanted.limit]

    def about(self, row: Row) -> Sequence[Words]:
        """How often a member hears of it, and when it last planned."""
        if not isinstance(one := row.key, FollowRule):
            return ()
        said: list[Words] = [
            T("At most one call in {days} days a member, whatever the rule.", days=one.terms.pause_days)
        ]
        if one.terms.kind == "check_data":
            said.append(
                T("At most {count} members a night, those not asked for longest first.", count=one.terms.a_night)
            )
        said.append(T("In use since {from_on}.", from_on=one.from_on) if one.active else T("Switched off."))
        if one.planned_on is not None:
            said.append(T("Last looked on {planned_on}.", planned_on=one.planned_on))
        return said

    def refusal(self, action: Action) -> Text | None:
        """There must be one to change."""
        if action.id in ("change", "switch") and self.table.row is None:
            return T("The list is empty.")
        return super().refusal(action)

    def _rule(self) -> FollowRule | None:
        return self.chosen(FollowRule)

    @on(PageTable.RowOpened)
    async def _opened(self) -> None:
        await self.act("change")

    async def do_switch(self) -> None:
        """On or off."""
        if (one := self._rule()) is not None:
            self.writing(self._switch, one)

    async def _switch(self, one: FollowRule) -> None:
        await self.gateway.write(followrules.switch, one.id, active=not one.active, by=self.actor, now=clock.now())
        self.changed()

    async def do_change(self) -> None:
        """Ask what it is to say."""
        if (one := self._rule()) is None:
            return

        async def write(answer: Answer) -> None:
            wanted = _terms(one.terms, answer)
            await self.gateway.write(followrules.change, one.id, wanted, by=self.actor, now=clock.now())
            self.changed()

        await self._ask(one.terms, write, N_("save"))

    async def do_new(self) -> None:
        """Ask after what, then the rest."""

        async def chosen(answer: Answer) -> None:
            begin = BEGIN[answer.text("kind")]

            async def write(filled: Answer) -> None:
                await self.gateway.write(
                    followrules.create, _terms(begin, filled), by=self.actor, now=clock.now()
                )  # fmt: skip
                self.changed()

            await self._ask(begin, write, N_("add"))

        field = Field("kind", N_("what"), "menu", choices=tuple((one, Text(KIND_WORDS[one])) for one in KINDS))
        await self.ask(Form("new", T("What is to be planned?"), (), (field,), done=N_("next")), chosen)

    async def _ask(self, terms: Terms, write: Callable[[Answer], Awaitable[None]], done: str) -> None:
        known = await self.gateway.read(_known, self.actor)
        form = Form("follow_rule", Text(KIND_WORDS[terms.kind]), (), _fields(terms, known), done=done)
        await self.ask(form, write)


def _known(by: Actor) -> Known:
    """What rules name, each with its id."""
    stores = [(str(id), name) for id, name in opening.stores_of(by)]
    categories = [(str(id), name) for id, name in catalogue.categories()]
    workers = [(str(id), name) for id, name in followups.workers()]
    return Known(
        (("", T("all stores")), *stores), (("", T("everything")), *categories), (("", T("nobody")), *workers)
    )  # fmt: skip


def _fields(terms: Terms, known: Known) -> tuple[Field, ...]:
    """The fields a kind of rule has."""
    if terms.kind == "check_data":
        fields = [
            Field("months", N_("every … months"), "number", value=terms.months),
            Field("a_night", N_("at most a night"), "number", value=terms.a_night),
        ]
    else:
        fields = [Field("days", N_("days after"), "number", value=terms.days)]
    if terms.kind == "after_sale":
        fields.append(Field("category", N_("category"), "menu", value=str(terms.category_id or ""),
                            choices=known.categories, required=False))  # fmt: skip
        fields.append(Field("least", N_("from an amount"), "money", value=terms.least_cents or None, required=False))
    given: Choices = tuple((one, Text(words)) for one, words in GIVEN_WORDS.items())
    return (
        *fields,
        Field("store", N_("store"), "menu", value=str(terms.store_id or ""), choices=known.stores, required=False),
        Field("given_to", N_("given to"), "choice", value=terms.given_to, choices=given),
        Field("staff", N_("person"), "menu", value=str(terms.staff_id or ""), choices=known.workers, required=False),
        Field("pause", N_("days between"), "number", value=terms.pause_days),
    )


def _terms(before: Terms, answer: Answer) -> Terms:
    """The terms a form says."""

    def number(field: str) -> int:
        return (answer.number(field) or 0) if field in answer.values else 0

    def chosen(field: str) -> int | None:
        return int(answer.text(field)) if field in answer.values and answer.text(field) else None

    given_to = next(one for one in GIVEN_WORDS if one == answer.text("given_to"))
    return Terms(
        before.kind,
        days=number("days"),
        months=number("months"),
        a_night=number("a_night"),
        store_id=chosen("store"),
        category_id=chosen("category"),
        least_cents=number("least"),
        given_to=given_to,  # type: ignore[arg-type]
        staff_id=chosen("staff") if given_to == "person" else None,
        pause_days=number("pause"),
    )


def _cells(one: FollowRule) -> tuple[Words, ...]:
    terms = one.terms
    when = T("every {months} months", months=terms.months) if terms.months else T("{days} days after", days=terms.days)
    which = [part for part in (one.category, one.store) if part]
    if terms.least_cents:
        which.insert(0, f"≥ {cents(terms.least_cents)}")
    return (
        Text(KIND_WORDS[terms.kind]),
        T("on") if one.active else T("off"),
        when,
        " · ".join(which) or T("all"),
        one.staff or Text(GIVEN_WORDS[terms.given_to]),
        f"{one.planned:,}",
    )
