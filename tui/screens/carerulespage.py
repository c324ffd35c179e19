"""Care rules 关怀规则: for each occasion whether the shop writes, when, to whom, with which gift; and how it reads."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from textual import on

from core.base import clock, sms
from core.base.errors import Invalid
from core.base.i18n import N_, T, Text, scope
from core.books import rules
from core.goods import catalogue
from core.loyalty import coupons, tiers
from core.outreach import care, costs, festivals, templates
from core.outreach.carecalendar import NAMES
from core.outreach.carerules import CareRule
from core.outreach.costs import Rate
from tui.keymap import Action
from tui.screens.lists import YES_NO, ListPage
from tui.screens.wordings import length
from tui.widgets.columns import Column
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.pagetable import PageTable, Row, Wanted
from tui.widgets.row import Words

Named = dict[str, str]
"""Names by id: of coupons, of tiers, of what there are several of."""


class DayNumbersUnreadable(Invalid):
    """What was typed are no numbers of days."""

    code = "day_numbers_unreadable"
    text = N_("“{typed}” are no numbers of days. Type them like 30 7.")


@dataclass(frozen=True)
class Known:
    """What rules name: kinds of coupons, tiers, festivals and categories; the shop's name and its rates."""

    kinds: Named
    tiers: Named
    several: Named
    shop: str
    rates: Sequence[Rate]


class CareRulesPage(ListPage):
    """Every rule; how its message reads, how long it is and what it costs stand below."""

    NAME = N_("Care rules")
    HELP = N_(
        "For each occasion: whether the shop writes, how many days before or after it, to which tiers, with which gift."
        " space switches a rule, Enter changes it, n adds a festival or a follow-up after sales of a category."
    )
    RIGHT = "care"
    KEYS = (
        Action("change", ("enter", "e"), N_("change"), N_("Change days, tiers and gift of a rule."), right="care"),
        Action("switch", ("space",), N_("on/off"), N_("Switch a rule on or off."), right="care"),
        Action("new", ("n",), N_("new"), N_("Add a festival, or a follow-up after sales of a category."), right="care"),
    )
    COLUMNS = (
        Column("name", N_("occasion"), 24, min_width=14, important=True, stretch=True),
        Column("state", N_("state"), 5, min_width=5),
        Column("days", N_("when"), 20, min_width=18),
        Column("gift", N_("gift"), 22, min_width=10),
        Column("tiers", N_("tiers"), 14, min_width=6),
    )

    def __init__(self) -> None:
        super().__init__()
        self._known = Known({}, {}, {}, "", ())
        self._said: dict[str, str] = {}

    async def load(self) -> None:
        """What rules name is read first."""
        self._known = await self.gateway.read(_known)
        await super().load()

    async def fetch(self, wanted: Wanted) -> Sequence[Row]:
        """Every rule, those of single occasions first."""
        found = await self.gateway.read(care.all_rules)
        texts = await self.gateway.read(_texts, found, scope().language)
        self._said = dict(zip((one.occasion for one in found), texts, strict=True))
        rows = [Row(one, _cells(one, self._known), tone="" if one.active else "quiet") for one in found]
        return rows[wanted.start : wanted.start + wanted.limit]

    def about(self, row: Row) -> Sequence[Words]:
        """How it reads, its length and cost; for whom."""
        if not isinstance(one := row.key, CareRule):
            return ()
        language = scope().language
        body = self._said[one.occasion]
        said = templates.preview(_template(one), language, body, shop_name=self._known.shop)
        return (said, length(said, language), *_cost(said, self._known.rates), _terms(one))

    def _rule(self) -> CareRule | None:
        return self.chosen(CareRule)

    @on(PageTable.RowOpened)
    async def _opened(self) -> None:
        await self.act("change")

    async def do_switch(self) -> None:
        """On or off; what else it says stays."""
        if (one := self._rule()) is not None:
            self.writing(self._switch, replace(one, active=not one.active))

    async def _switch(self, rule: CareRule) -> None:
        await self.gateway.write(care.save_rule, rule, by=self.actor, now=clock.now())
        self.changed()

    async def do_change(self) -> None:
        """Ask for days, gift and tiers."""
        if (one := self._rule()) is None:
            return

        async def write(answer: Answer) -> None:
            await self.gateway.write(care.save_rule, _from(one, answer), by=self.actor, now=clock.now())
            self.changed()

        await self.ask(Form("rule", _name(one.occasion, self._known), (_terms(one),), _fields(one, self._known)), write)

    async def do_new(self) -> None:
        """Ask which festival or category; it is on at once and changed from there."""
        taken = {one.occasion for one in await self.gateway.read(care.all_rules)}
        free: tuple[tuple[str, Words], ...] = tuple(
            (occasion, name) for occasion, name in self._known.several.items() if occasion not in taken
        )

        async def write(answer: Answer) -> None:
            made = CareRule(answer.text("occasion"), True, None)
            await self.gateway.write(care.save_rule, made, by=self.actor, now=clock.now())
            self.changed()

        field = Field("occasion", N_("occasion"), "choice", choices=free)
        await self.ask(Form("new", T("For which occasion?"), (), (field,), done=N_("add")), write)


def _known() -> Known:
    """Everything rules name, in the language of now."""
    now, language = clock.now(), scope().language
    several = {f"festival:{one.code}": one.name(language) for one in festivals.all_festivals()}
    several |= {
        f"followup:{id}": str(T("after sales of {category}", category=name)) for id, name in catalogue.categories()
    }
    return Known(
        {str(kind.id): kind.name for kind in coupons.kinds()},
        {str(tier.id): tier.name for tier in tiers.all_tiers(now=now)},
        several,
        rules.current(now=now).shop_name,
        tuple(rate for rate in costs.card(now=now) if rate.channel == "sms"),
    )


def _texts(found: Sequence[CareRule], language: str) -> list[str]:
    """The wording of each rule's message."""
    return [templates.wording(_template(one), language).body for one in found]


def _template(one: CareRule) -> str:
    has_gift = one.coupon_kind_id is not None or one.points > 0
    return one.kind.gift_template if has_gift and one.kind.gift_template else one.kind.template


def _cost(said: str, rates: Sequence[Rate]) -> list[Words]:
    """What one such message costs, by country; nothing where the rate card is empty."""
    parts = sms.count(said).parts
    each = [f"{rate.country or '*'} {rate.currency} {_micros(parts * rate.segment_micros)}" for rate in rates]
    return [T("costs {amounts} each", amounts=" · ".join(each))] if each else []


def _micros(micros: int) -> str:
    return f"{micros // 1_000_000}.{micros % 1_000_000 // 100:04d}"


def _name(occasion: str, known: Known) -> Words:
    if occasion in NAMES:
        return Text(NAMES[occasion])
    return known.several.get(occasion, occasion)


def _days(one: CareRule) -> str:
    stages = " · ".join(str(day) for day in one.stages)
    if not one.kind.when or not stages:
        return ""
    if stages == "0":
        return str(T("on the day"))
    before, after = T("{days} days before", days=stages), T("{days} days after", days=stages)
    return str(before if one.kind.when == "before" else after)


def _gift(one: CareRule, known: Known) -> str:
    given = [known.kinds.get(str(one.coupon_kind_id), "—")] if one.coupon_kind_id is not None else []
    return " + ".join([*given, *([str(T("{points} points", points=one.points))] if one.points else [])])


def _cells(one: CareRule, known: Known) -> tuple[Words, ...]:
    who = " · ".join(known.tiers.get(str(tier), "—") for tier in one.tier_ids)
    return (
        _name(one.occasion, known),
        T("on") if one.active else T("off"),
        _days(one),
        _gift(one, known),
        who or T("all"),
    )


def _terms(one: CareRule) -> Text:
    """What it takes for such a message to leave."""
    gift = one.coupon_kind_id is not None or one.points > 0
    category = one.kind.gift_category if gift and one.kind.gift_template else one.kind.category
    if category in ("marketing", "gift_greeting"):
        return T("It needs consent to offers and keeps the shop's pause between two of them.")
    if category == "greeting":
        return T("A greeting without a gift needs no consent to offers and is not held back by the pause.")
    return T("A notice: it waits for nothing but the shop's hours.")


def _fields(one: CareRule, known: Known) -> tuple[Field, ...]:
    """The fields an occasion has."""
    kinds: tuple[tuple[str, Words], ...] = (("", T("no gift")), *known.kinds.items())
    fields = [Field("active", N_("on"), "choice", value="yes" if one.active else "no", choices=YES_NO)]
    if one.kind.most:
        days = " ".join(str(day) for day in one.days)
        hint = " ".join(str(day) for day in one.kind.days)
        fields.append(Field("days", N_("days"), value=days, required=False, hint=hint))
    if one.kind.gift_template:
        gift = str(one.coupon_kind_id or "")
        fields.append(Field("gift", N_("coupon"), "choice", value=gift, choices=kinds, required=False))
    if one.kind.gift_template and one.occasion != "birthday":
        fields.append(Field("points", N_("points"), "number", value=one.points or None, required=False))
    if one.occasion == "tier_near":
        fields.append(Field("near", N_("missing at most"), "money", value=one.near_cents))
    of_tiers = " ".join(str(id) for id in one.tier_ids)
    fields.append(
        Field("tiers", N_("tiers"), "several", value=of_tiers, choices=tuple(known.tiers.items()), required=False)
    )
    return tuple(fields)


def _from(one: CareRule, answer: Answer) -> CareRule:
    """The rule as the form says. Raises: DayNumbersUnreadable."""
    asked = answer.values
    gift = answer.text("gift") if "gift" in asked else ""
    return replace(
        one,
        active=answer.text("active") == "yes",
        days=read_days(answer.text("days")) if "days" in asked else (),
        coupon_kind_id=int(gift) if gift else None,
        points=(answer.number("points") or 0) if "points" in asked else one.points,
        near_cents=(answer.number("near") or 0) if "near" in asked else one.near_cents,
        tier_ids=tuple(int(id) for id in answer.text("tiers").split()),
    )


def read_days(typed: str) -> tuple[int, ...]:
    """Numbers of days as they are typed. Raises: DayNumbersUnreadable."""
    parts = typed.replace(",", " ").replace("，", " ").split()
    if any(not part.isdecimal() or len(part) > 3 for part in parts):
        raise DayNumbersUnreadable(field="days", typed=typed[:24])
    return tuple(int(part) for part in parts)
