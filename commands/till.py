"""`regulars sale`, `regulars day`, `regulars parked`: what was sold, how a day adds up, what waits."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from commands.frame import open_shop, owner, say, say_json, verb
from core.base.i18n import _, written

AS_JSON = click.option("--json", "as_json", is_flag=True, help=_("For programs."))
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
    open_shop(folder)
    from core.base import clock
    from core.selling import refunds
    from core.selling.refunds import How

    back = tuple(_line(one) for one in lines)
    by = owner()
    planned = refunds.preview(sale_id, back, by=by)
    refunds.refund(sale_id, back, How(reason=reason, to_wallet=to_wallet), by=by, now=clock.now())
    say(_("{total_cents} paid back.", total_cents=planned.total_cents))


def _line(typed: str) -> Any:
    from core.selling.returns import ReturnLine

    line, _sign, quantity = typed.partition("=")
    whole, _dot, rest = (quantity or "1").partition(".")
    if not (line.isdecimal() and whole.isdecimal() and (rest or "0").isdecimal() and len(rest) <= 3):
        raise click.UsageError(_("Write --line ID or --line ID=2, not “{given}”.", given=typed))
    return ReturnLine(int(line), int(whole) * 1000 + int((rest or "0").ljust(3, "0")))


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
@click.argument("day", type=click.DateTime(["%Y-%m-%d"]), required=False)
@click.option("--store", type=int, help=_("Store id; the first store if left out."))
@AS_JSON
@click.pass_obj
def day(folder: Path, day: Any, store: int | None, as_json: bool) -> None:
    """The day report."""
    open_shop(folder)
    from datetime import date

    from core.base import clock
    from core.keeping import opening
    from core.reports import takings
    from core.selling import sales

    store_id = store or opening.stores()[0][0]
    on = day.date() if day else date.fromordinal(sales.business_day(store_id, clock.now()))
    found = takings.of(store_id, on, by=owner())
    if as_json:
        say_json(asdict(found) | {"day": on.isoformat()})
        return
    _say_day(found)


def _say_day(found: Any) -> None:
    say(f"{found.day.isoformat()}   " + _("sales: {sales}   undone: {voids}", sales=found.sales, voids=found.voids))
    rows = (
        (_("gross"), found.gross_cents),
        (_("reductions"), -found.discount_cents),
        (_("paid with points"), -found.redeemed_cents),
        (_("sold"), found.total_cents),
        (_("paid back"), -found.refunded_cents),
        (_("left"), found.net_cents),
    )
    for title, cents in rows:
        say(_row(title, cents))
    for one in found.tenders:
        counted = (
            "" if one.difference_cents is None else _("counted, difference {d_cents}", d_cents=one.difference_cents)
        )
        say(_row(one.kind, one.net_cents) + ("   " + counted if counted else ""))
    for kind, name, cents in found.reductions:
        say(_row(f"{name or _('rounded off')} ({kind})", -cents))
    for one in found.taxes:
        say(_row(_("tax {rate_bp}", rate_bp=one.tax_bp), one.tax_cents))


def _row(title: str, cents: int) -> str:
    from core.base import text

    return "  " + text.fit(title, 28) + written("c_cents", cents).rjust(14)


@click.group(help=_("Baskets put aside at the till."))
def parked() -> None:
    """Group."""


@verb(parked, "list", _("The baskets that wait in a store."), click.option("--store", type=int), AS_JSON)
def parked_list(folder: Path, store: int | None, as_json: bool) -> None:
    """The first parked first."""
    open_shop(folder)
    from core.keeping import opening
    from core.selling import parking

    found = parking.waiting(store or opening.stores()[0][0], by=owner())
    if as_json:
        say_json([{"id": str(one.id), "label": one.label, "at": one.at} for one in found])
        return
    for one in found:
        say(f"{one.id:<12} {len(one.basket.lines):>3}  {one.label}")
