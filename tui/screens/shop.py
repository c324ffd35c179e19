"""The shop 店铺: its rules, its stores and its tiers."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from textual import on

from core.base import clock
from core.base.i18n import N_, T, scope
from core.books import rules
from core.keeping import opening
from core.keeping.opening import Store
from core.loyalty import benefits, coupons, tiers
from core.loyalty.tiers import Tier
from tui.keymap import Action
from tui.screens import offers, terms
from tui.screens.lists import ListPage, whole
from tui.screens.rulewords import CHOICES, RULES, RuleWords, rule_label, value_said
from tui.widgets.columns import Column
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.pagetable import Fetch, PageTable, Row, Wanted
from tui.widgets.row import Words


@dataclass(frozen=True)
class Rule:
    """A rule of the shop and its value now."""

    name: str
    value: str | int


class RulesPage(ListPage):
    """Every rule with its value."""

    NAME = N_("Shop rules")
    HELP = N_("What the shop has set. A change counts from now on and stands in the audit log.")
    NOTED = False
    KEYS = (Action("edit", ("enter", "e"), N_("change"), N_("Change the selected rule."), right="settings"),)
    COLUMNS = (
        Column("rule", N_("rule"), 36, min_width=24, important=True),
        Column("value", N_("value"), 34, min_width=20, stretch=True),
    )

    async def fetch(self, wanted: Wanted) -> Sequence[Row]:
        """The rules in force."""
        now = asdict(await self.gateway.read(rules.current, now=clock.now()))
        names = await self._coupons()
        shown = list(now.items())[wanted.start : wanted.start + wanted.limit]
        return [Row(Rule(name, value), (rule_label(name), value_said(name, value, names))) for name, value in shown]

    async def _coupons(self) -> dict[int, str]:
        return {kind.id: kind.name for kind in await self.gateway.read(coupons.kinds)}

    @on(PageTable.RowOpened)
    async def _opened(self) -> None:
        await self.act("edit")

    async def do_edit(self) -> None:
        """Ask for another value."""
        if (row := self.table.row) is None or not isinstance(row.key, Rule):
            return
        rule, words = row.key, RULES.get(row.key.name, RuleWords(row.key.name, "text"))

        async def write(answer: Answer) -> None:
            value = _typed(words, answer)
            await self.gateway.write(rules.change, rule.name, value, by=self.actor, now=clock.now())
            self.changed()

        field = _field(rule, words, await self._coupons())
        lines = (T("It counts from now on; what was done before stays as it was."),)
        await self.ask(Form("rule", rule_label(rule.name), lines, (field,)), write)


def _field(rule: Rule, words: RuleWords, names: dict[int, str]) -> Field:
    if words.kind == "choice":
        choices: tuple[tuple[str, Words], ...] = tuple((id, CHOICES.get(id, id)) for id in rules.CHOICES[rule.name])
        return Field(rule.name, N_("value"), "choice", value=str(rule.value), choices=choices)
    if words.kind == "coupon":
        kinds: tuple[tuple[str, Words], ...] = tuple((str(id), name) for id, name in names.items())
        return Field(rule.name, N_("value"), "choice", value=str(rule.value), choices=(("0", T("none")), *kinds))
    if words.kind == "percent":
        return Field(rule.name, N_("percent"), "number", value=int(rule.value) // 100)
    if words.kind == "money":
        return Field(rule.name, N_("value"), "money", value=rule.value)
    if words.kind == "number":
        return Field(rule.name, words.unit or N_("value"), "number", value=rule.value)
    return Field(rule.name, N_("value"), value=rule.value)


def _typed(words: RuleWords, answer: Answer) -> str | int:
    id = answer.form.fields[0].id
    if words.kind == "percent":
        return (answer.number(id) or 0) * 100
    if words.kind in ("money", "number"):
        return answer.number(id) or 0
    return int(answer.text(id)) if words.kind == "coupon" else answer.text(id)


class StoresPage(ListPage):
    """Open stores."""

    NAME = N_("Stores")
    HELP = N_("The stores that sell. Members, points and coupons count in all of them.")
    NOTED = False
    ORDERED = True
    KEYS = (Action("new", ("n",), N_("new"), N_("Add a store."), right="settings"),)
    COLUMNS = (
        Column("name", N_("store"), 28, min_width=12, important=True, stretch=True),
        Column("zone", N_("time zone"), 24, min_width=14),
        Column("ends", N_("day ends at"), 12, right=True),
    )

    def source(self) -> Fetch:
        """The stores, oldest first."""
        return whole(lambda: self.gateway.read(opening.open_stores), _store)

    async def do_new(self) -> None:
        """Ask for a name and where it is."""

        async def write(answer: Answer) -> None:
            name, zone = answer.text("name"), answer.text("zone")
            await self.gateway.write(opening.add_store, name, zone=zone, by=self.actor, now=clock.now())
            self.changed()

        fields = (Field("name", N_("store")), Field("zone", N_("time zone"), value=scope().zone))
        await self.ask(Form("store", T("New store"), fields=fields), write)


def _store(one: Store) -> Row:
    return Row(one, (one.name, one.zone, f"{one.day_ends_hour:02d}:00"))


class TiersPage(ListPage):
    """The tiers, lowest first."""

    NAME = N_("Tiers")
    HELP = N_(
        "What it takes to reach each tier, what it gives and how long it is held. Other terms count from a day on."
    )
    NOTED = False
    ORDERED = True
    KEYS = (
        Action("edit", ("enter", "e"), N_("change"), N_("Give the selected tier other terms."), right="settings"),
        Action("new", ("n",), N_("new"), N_("Add a tier above the highest."), right="settings"),
    )
    COLUMNS = (
        Column("name", N_("tier"), 16, min_width=8, important=True),
        Column("needs", N_("for"), 34, min_width=20, stretch=True),
        Column("gives", N_("gives"), 23, min_width=16),
        Column("lasts", N_("held for"), 9, min_width=9, right=True),
    )

    def __init__(self) -> None:
        super().__init__()
        self._names: dict[int, str] = {}

    def source(self) -> Fetch:
        """The tiers by rank."""
        return whole(self._read, lambda one: _tier(one, self._names))

    async def _read(self) -> list[Tier]:
        self._names = {kind.id: kind.name for kind in await self.gateway.read(coupons.kinds)}
        return await self.gateway.read(tiers.all_tiers, now=clock.now())

    @on(PageTable.RowOpened)
    async def _opened(self) -> None:
        await self.act("edit")

    async def do_new(self) -> None:
        """Ask for a tier above the others."""

        async def write(answer: Answer) -> None:
            await self.gateway.write(offers.create_tier, answer, self.actor, clock.now())
            self.changed()

        await self.ask(offers.tier_form(None), write)

    async def do_edit(self) -> None:
        """Ask for other terms, from when, and what becomes of those who hold the tier."""
        if (row := self.table.row) is None or not isinstance(row.key, Tier):
            return
        chosen = row.key

        async def write(answer: Answer) -> None:
            await self.gateway.write(offers.change_tier, chosen, answer, self.actor, clock.now())
            self.changed()

        await self.ask(offers.tier_form(chosen), write)


def _tier(one: Tier, names: dict[int, str]) -> Row:
    cells = (f"{one.mark} {one.name}", benefits.asked(one), benefits.said(one, names), terms.tier_lasts(one))
    return Row(one, cells)
