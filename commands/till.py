"""`regulars sale`, `regulars day`, `regulars parked`: what was sold, how a day adds up, what waits."""

import re
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.frame import AS_JSON, STORE, columns, open_shop, owner, say, say_json, store_of, typed_day, verb
from core.base.i18n import _, written

if TYPE_CHECKING:
    from core.reports.takings import DayReport
    from core.selling.returns import ReturnLine

REASON = click.option("--reason", default="", help=_("Why, in a few words."))


@click.group(help=_("One sale: show it, take lines back, undo it."))
def sale() -> None:
    """Group."""


@verb(sale, "show", _("The receipt of a sale."), click.argument("sale_id", type=int), AS_JSON)
def sale_show(folder: Path, sale_id: int, as_json: bool) -> None:
    """As text, or as JSON with the ids of its lines."""
    open_shop(folder)
    from core.selling import receipts

    found = receipts.of(sale_id)
    if as_json:
        say_json(asdict(found))
        return
    say(receipts.as_text(found, columns=48))
    for line in found.lines:
        say(f"  {line.id}  {line.name}")


@verb(
    sale,
    "refund",
    _("Take lines back: --line ID for one piece, --line ID=2 for two."),
    click.argument("sale_id", type=int),
    click.option("--line", "lines", multiple=True, required=True, help=_("A line's id, with a quantity if not 1.")),
    click.option("--to-wallet", is_flag=True, help=_("Keep the money as the member's stored value.")),
    REASON,
)
def sale_refund(folder: Path, sale_id: int, lines: tuple[str, ...], to_wallet: bool, reason: str) -> None:
    """Prints what was paid back."""
    back = tuple(_line(one) for one in lines)
    open_shop(folder)
    from core.base import clock
    from core.selling import refunds
    from core.selling.refunds import How

    by = owner()
    planned = refunds.preview(sale_id, back, by=by, to_wallet=to_wallet)
    refunds.refund(sale_id, back, How(reason=reason, to_wallet=to_wallet), by=by, now=clock.now())
    say(_("{total_cents} paid back.", total_cents=planned.total_cents))


def _line(typed: str) -> "ReturnLine":
    from core.selling.returns import ReturnLine

    found = re.fullmatch(r"([0-9]{1,16})(?:=([0-9]{1,6})(?:\.([0-9]{1,3}))?)?", typed)
    if found is None:
        raise click.UsageError(_("Write --line ID or --line ID=2, not “{given}”.", given=typed))
    line, whole, rest = found.groups()
    return ReturnLine(int(line), int(whole or 1) * 1000 + int((rest or "0").ljust(3, "0")))


@verb(sale, "void", _("Undo a whole sale of today."), click.argument("sale_id", type=int), REASON)
def sale_void(folder: Path, sale_id: int, reason: str) -> None:
    """Its number stays on the list."""
    open_shop(folder)
    from core.base import clock
    from core.selling import reversals
    from core.selling.refunds import How

    reversals.void(sale_id, How(reason=reason), by=owner(), now=clock.now())
    say(_("Sale {sale} is undone.", sale=str(sale_id)))


@click.command(help=_("What a store took on a day, each way of paying reconciled."))
@click.argument("day", type=typed_day, metavar="[DAY]", required=False)
@STORE
@AS_JSON
@click.pass_obj
def day(folder: Path, day: Any, store: int | None, as_json: bool) -> None:
    """The day report."""
    open_shop(folder)
    from datetime import date

    from core.base import clock
    from core.reports import takings
    from core.selling import sales

    store_id = store_of(store)
    on = day or date.fromordinal(sales.business_day(store_id, clock.now()))
    found = takings.of(store_id, on, by=owner())
    if as_json:
        say_json(_as_dict(found))
        return
    _say_day(found)


def _as_dict(found: "DayReport") -> dict[str, Any]:
    ways = [
        asdict(one) | {"net_cents": one.net_cents, "difference_cents": one.difference_cents} for one in found.tenders
    ]
    return asdict(found) | {"day": found.day.isoformat(), "net_cents": found.net_cents, "tenders": ways}


def _say_day(found: "DayReport") -> None:
    from core.selling.receipts import tender_name

    say(f"{found.day.isoformat()}   " + _("sales: {sales}   undone: {voids}", sales=found.sales, voids=found.voids))
    for title, cents in (
        (_("gross"), found.gross_cents),
        (_("reductions"), -found.discount_cents),
        (_("paid with points"), -found.redeemed_cents),
        (_("sold"), found.total_cents),
        (_("paid back"), -found.refunded_cents),
        (_("left"), found.net_cents),
    ):
        say(_row(title, cents))
    if found.tenders:
        say("\n" + columns("", _("taken"), _("paid back"), _("left"), _("counted"), _("difference")))
    for one in found.tenders:
        amounts = (one.taken_cents, -one.back_cents, one.net_cents, one.counted_cents, one.difference_cents)
        shown = ["–" if cents is None else written("c_cents", cents) for cents in amounts]
        say(columns(tender_name(one.kind), *shown))
    if found.reductions or found.taxes:
        say("")
    for _kind, name, cents in found.reductions:
        say(_row(name or _("rounded off"), -cents))
    for rate in found.taxes:
        say(_row(_("tax {rate_bp}", rate_bp=rate.tax_bp), rate.tax_cents))


def _row(title: str, cents: int) -> str:
    return columns(title, written("c_cents", cents))


@click.group(help=_("Baskets put aside at the till."))
def parked() -> None:
    """Group."""


@verb(parked, "list", _("The baskets that wait in a store."), STORE, AS_JSON)
def parked_list(folder: Path, store: int | None, as_json: bool) -> None:
    """The first parked first."""
    open_shop(folder)
    from core.base import clock
    from core.books import rules
    from core.selling import parking

    found = parking.waiting(store_of(store), by=owner())
    if as_json:
        facts = [(str(one.id), one.label, one.at, len(one.basket.lines)) for one in found]
        say_json([dict(zip(("id", "label", "at", "lines"), one, strict=True)) for one in facts])
        return
    zone = rules.current(now=clock.now()).zone
    for one in found:
        say(f"{one.id:<12} {clock.local(one.at, zone):%m-%d %H:%M} {len(one.basket.lines):>3}  {one.label}")
