"""`regulars churn`: who stays away and how good the forecast was; and the forecast on files, without a shop."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from commands.frame import AS_JSON, open_shop, owner, say, say_json, verb
from core.base.i18n import _


@click.group(help=_("Who stays away, and how good the forecast was. fit and score work on files, without a shop."))
def churn() -> None:
    """Group."""


_FILE = click.option(
    "--visits", type=click.Path(exists=True, path_type=Path), required=True, help=_("CSV with member_id,date,amount.")
)
_AS_OF = click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), required=True, help=_("The day of judgement."))


@verb(churn, "fit", _("Fit BG/NBD, MBG/NBD and gamma-gamma; prints JSON."), _FILE, _AS_OF)
def churn_fit(folder: Path, visits: Path, as_of: Any) -> None:
    """One model a line of JSON."""
    from core.insight import visits_file

    read = visits_file.read(visits, as_of=as_of.date())
    _name_bad_rows(read)
    say(json.dumps(visits_file.fit_report(read)))


@verb(
    churn,
    "score",
    _("Chance and number of visits of each member; prints CSV."),
    _FILE,
    _AS_OF,
    click.option("--horizon-days", type=click.IntRange(1, 3650), default=30, help=_("So many days after it.")),
)
def churn_score(folder: Path, visits: Path, as_of: Any, horizon_days: int) -> None:
    """A line a member."""
    from core.insight import visits_file

    read = visits_file.read(visits, as_of=as_of.date())
    _name_bad_rows(read)
    for block in visits_file.score_csv(read, horizon_days=horizon_days):
        sys.stdout.write(block)


@verb(
    churn,
    "list",
    _("Members who stay away out of rhythm, the greatest expected loss first."),
    click.option("--limit", type=click.IntRange(1, 10_000), default=100, help=_("So many at most.")),
    AS_JSON,
)
def churn_list(folder: Path, limit: int, as_json: bool) -> None:
    """A line a member, with the sentence why."""
    open_shop(folder)
    from core.base import clock
    from core.insight import warnings

    found = warnings.open_warnings(by=owner(), now=clock.now(), limit=limit)
    if as_json:
        say_json([asdict(one) | {"raised_on": one.raised_on.isoformat()} for one in found])
        return
    for one in found:
        said = " ".join(str(part) for part in warnings.sentence(one))
        say(_("{member}  {name}  {loss_cents} · {said}", member=str(one.member_id), name=one.name or "—",
              loss_cents=one.loss_cents, said=said))  # fmt: skip


@verb(churn, "backtest", _("How good the forecast was, month by month."), AS_JSON)
def churn_backtest(folder: Path, as_json: bool) -> None:
    """A line a month."""
    open_shop(folder)
    from core.base import clock
    from core.insight import months

    found = months.page(by=owner(), now=clock.now())
    if as_json:
        say_json([asdict(one) | {"on": one.on.isoformat(), "bias_bp": one.bias_bp} for one in found])
        return
    for one in found:
        said = " ".join(str(part) for part in months.sentence(one))
        say(f"{one.on.isoformat()}  {one.level}  {said}")


def _name_bad_rows(read: Any) -> None:
    for row in read.bad[:10]:
        click.echo(_("line {line}: {reason}", line=row.line, reason=str(row.reason)), err=True)
    if read.bad_rows:
        click.echo(_("{count} rows could not be read and were left out.", count=read.bad_rows), err=True)
