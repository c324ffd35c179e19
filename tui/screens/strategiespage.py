"""Strategies 挽回策略: what is done about each reason for leaving, and what it gives."""

from collections.abc import Sequence

from textual import on

from core.base import clock
from core.base.i18n import N_, T, Text, _
from core.goods import catalogue
from core.insight.warnings import REASONS
from core.loyalty import coupons
from core.service import strategies
from core.service.strategies import WORDS, Offer, Strategy
from tui.keymap import Action
from tui.screens.lists import NO_YES, YES_NO, ListPage
from tui.widgets.columns import Column
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.pagetable import PageTable, Row, Wanted
from tui.widgets.row import Words

Named = dict[int, str]


class StrategiesPage(ListPage):
    """Every reason with every strategy, those in use first."""

    NAME = N_("Strategies")
    HELP = N_("For each reason what is done about it: the first in use is proposed first. Enter changes a line.")
    RIGHT = "churn"
    NOTED = False
    KEYS = (
        Action("change", ("enter", "e"), N_("change"), N_("Use a strategy or not, and what it gives."),
               right="settings"),
    )  # fmt: skip
    COLUMNS = (
        Column("reason", N_("reason"), 20, min_width=20, important=True, stretch=True),
        Column("strategy", N_("strategy"), 20, min_width=18),
        Column("active", N_("in use"), 6, min_width=4),
        Column("coupon", N_("coupon"), 16, min_width=7),
        Column("points", N_("points"), 8, min_width=6, right=True),
        Column("product", N_("product"), 16, min_width=7),
    )

    async def fetch(self, wanted: Wanted) -> Sequence[Row]:
        """The table, read as a whole."""
        found, kinds, products = await self.gateway.read(_known)
        names = dict(products)
        rows = [Row(one, _cells(one, kinds, names), tone="" if one.active else "quiet") for one in found]
        return rows[wanted.start : wanted.start + wanted.limit]

    @on(PageTable.RowOpened)
    async def _opened(self) -> None:
        await self.act("change")

    async def do_change(self) -> None:
        """Ask what the line is to be."""
        row = self.table.row
        if row is None or not isinstance(row.key, Strategy):
            return
        one = row.key
        _table, kinds, products = await self.gateway.read(_known)

        async def write(answer: Answer) -> None:
            wanted = Offer(
                one.offer.kind, _id(answer, "coupon"), answer.number("points") or 0, _id(answer, "product")
            )  # fmt: skip
            await self.gateway.write(
                strategies.change, one.reason, wanted, active=answer.text("active") == "yes", by=self.actor,
                now=clock.now(),
            )  # fmt: skip
            self.changed()

        fields = (
            Field("active", N_("in use"), "choice", value="yes" if one.active else "no",
                  choices=YES_NO if one.active else NO_YES),
            Field("coupon", N_("coupon"), "choice", value=str(one.offer.coupon_kind_id or ""),
                  choices=_choices(kinds), required=False),
            Field("points", N_("points"), "number", value=one.offer.points or None, required=False),
            Field("product", N_("product"), "menu", value=str(one.offer.product_id or ""),
                  choices=_choices(products), required=False),
        )  # fmt: skip
        title = f"{_(REASONS[one.reason])} · {_(WORDS[one.offer.kind])}"
        await self.ask(Form("strategy", title, (), fields), write)


def _known() -> tuple[list[Strategy], Named, Named]:
    """The table with the names of what it gives."""
    table = strategies.table()
    kinds = {kind.id: kind.name for kind in coupons.kinds()}
    own = catalogue.many([one.offer.product_id for one in table if one.offer.product_id])
    shelf = {one.id: one.name for one in catalogue.everything(limit=50) if one.kind in ("goods", "service")}
    return table, kinds, shelf | {id: one.name for id, one in own.items()}


def _choices(names: Named) -> tuple[tuple[str, Words], ...]:
    return (("", T("none")), *((str(id), name) for id, name in names.items()))


def _id(answer: Answer, field: str) -> int | None:
    return int(answer.text(field)) if answer.text(field) else None


def _cells(one: Strategy, kinds: Named, products: Named) -> tuple[Words, ...]:
    return (
        Text(REASONS[one.reason]),
        Text(WORDS[one.offer.kind]),
        "✓" if one.active else "",
        kinds.get(one.offer.coupon_kind_id or 0, "—"),
        f"{one.offer.points:,}" if one.offer.points else "—",
        products.get(one.offer.product_id or 0, "—"),
    )
