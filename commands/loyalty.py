"""`regulars statement`, `regulars liability`, `regulars lottery`: what members hold, what is owed, fair draws."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.frame import AS_JSON, columns, open_shop, owner, say, say_json, verb
from core.base.i18n import N_, T, _, written

if TYPE_CHECKING:
    from core.loyalty.statement import StatementLine
    from core.people.members import MemberHit

ASSETS = {"points": N_("points"), "principal": N_("paid in"), "bonus": N_("bonus")}


# --- statement -------------------------------------------------------------------------------------


@click.command("statement", help=_("What moved in a member's points and stored value, the newest first."))
@click.argument("member")
@click.option("--asset", type=click.Choice([*ASSETS]), help=_("Only one of them."))
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help=_("So many lines."))
@AS_JSON
@click.pass_obj
def statement(folder: Path, member: str, asset: str | None, limit: int, as_json: bool) -> None:
    """MEMBER is an id, a phone number, a card, or part of a name."""
    open_shop(folder)
    from core.base import text
    from core.loyalty import statement as statements

    hit = _member(member)
    lines = statements.of(hit.id, asset, limit=limit)  # type: ignore[arg-type]
    if as_json:
        say_json([asdict(line) for line in lines])
        return
    say(f"{hit.id}  {hit.name or '—'}  {hit.phone}".rstrip())
    for line in lines:
        moved = str(T(statements.WORDS.get(line.kind, line.kind)))
        number = line.sale_number or line.reason or ""
        amounts = text.fit(_amount(line, line.amount), 14), text.fit(_amount(line, line.balance_after), 14)
        say(
            "  ".join((written("at_at", line.at), text.fit(_(ASSETS[line.asset]), 8), *amounts, moved, number)).rstrip()
        )
    if not lines:
        say(_("Nothing has moved yet."))


def _amount(line: "StatementLine", value: int) -> str:
    return written("points" if line.asset == "points" else "amount_cents", value)


def _member(typed: str) -> "MemberHit":
    """The one member that is meant. Raises: MemberUnknown; UsageError if several fit."""
    from core.books.locks import MemberUnknown
    from core.people import members

    by = owner()
    if typed.isascii() and typed.isdigit() and (found := members.by_id(int(typed), by=by)) is not None:
        return found
    hits = members.find(typed, by=by, limit=6)
    if not hits:
        raise MemberUnknown(member=typed)
    if len(hits) > 1:
        known = ", ".join(f"{hit.id} ({hit.name or hit.phone or '—'})" for hit in hits[:5])
        raise click.UsageError(
            _("Several members fit “{given}”: {known}. Name one by its id.", given=typed, known=known)
        )
    return hits[0]


# --- what is owed ----------------------------------------------------------------------------------


@click.command("liability", help=_("What the shop owes in points and stored value, by month of expiry."))
@AS_JSON
@click.pass_obj
def liability(folder: Path, as_json: bool) -> None:
    """Totals of each asset, then by the month in which it can be used for the last time."""
    open_shop(folder)
    from core.base import clock
    from core.reports import liability as report

    found = report.of(by=owner(), now=clock.now())
    if as_json:
        say_json({
            "totals": [asdict(one) | {"expected_lapse": one.expected_lapse} for one in found.totals],
            "rows": [asdict(one) | {"month": one.month.isoformat()[:7] if one.month else None} for one in found.rows],
        })  # fmt: skip
        return
    for total in found.totals:
        share = total.breakage.share_bp
        lapsing = _("nothing has lapsed yet") if share is None else _("{share_bp} of it lapses", share_bp=share)
        say(f"{_(ASSETS[total.asset])}: {_written(total.asset, total.amount)} ({lapsing})")
        for row in found.rows:
            if row.asset == total.asset:
                month = row.month.isoformat()[:7] if row.month else _("does not expire")
                say(columns(f"{month}  {row.store or _('whole shop')}", _written(row.asset, row.amount)))


def _written(asset: str, amount: int) -> str:
    return written("points" if asset == "points" else "amount_cents", amount)


# --- the lottery -----------------------------------------------------------------------------------


@click.group(help=_("Lotteries: publish the list of draws, and check such a list."))
def lottery() -> None:
    """Group."""


@verb(lottery, "list", _("All lotteries, the newest first."), AS_JSON)
def lottery_list(folder: Path, as_json: bool) -> None:
    """With days and commitment."""
    open_shop(folder)
    from core.giving import lottery as lotteries

    found = lotteries.all_lotteries()
    if as_json:
        say_json([{"id": str(one.id), "name": one.name, "commitment": one.commitment} for one in found])
        return
    for one in found:
        say(f"{one.id}  {one.name}  {one.terms.first_on} – {one.terms.last_on}  {one.commitment}")


@verb(
    lottery,
    "publish",
    _("Write the list by which anyone can check a lottery."),
    click.argument("lottery_id", type=int),
    click.option("--out", type=click.Path(path_type=Path), help=_("A file; standard output if left out.")),
)
def lottery_publish(folder: Path, lottery_id: int, out: Path | None) -> None:
    """No member and no word stand in it, and no seed of today or later."""
    open_shop(folder)
    from core.base import clock
    from core.giving import lottery as lotteries

    found = json.dumps(lotteries.published(lottery_id, now=clock.now()), ensure_ascii=False, indent=1)
    if out is None:
        say(found)
        return
    out.write_text(found + "\n", "utf-8")
    say(_("{path} is written. Anyone can check it with `regulars lottery verify`.", path=str(out)))


@verb(
    lottery,
    "verify",
    _("Work out every draw of a published list again; exit code 1 if one does not fit."),
    click.argument("file", type=click.File("r", "utf-8")),
    click.option("--commitment", help=_("The number that was published before the first draw.")),
)
def lottery_verify(_folder: Path, file: Any, commitment: str | None) -> None:
    """Needs no shop: only the list, and the commitment as it was seen before."""
    from core.giving import fairness

    try:
        published = json.load(file)
        misfits = fairness.verify(published)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise click.UsageError(_("This is no list of a lottery. Download it anew from the shop's page.")) from None
    if commitment is not None and commitment.strip().lower() != published.get("commitment"):
        say(_("The list names another commitment than the one that was published before."))
        sys.exit(1)
    for one in misfits:
        say(f"{one.day}  {one.n}  {one.why}")
    if misfits:
        sys.exit(1)
    say(
        _(
            "{draws} draws fit. Commitment: {commitment}",
            draws=len(published["draws"]),
            commitment=published["commitment"],
        )
    )
