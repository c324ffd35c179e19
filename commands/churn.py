"""`regulars churn`: the forecast on files of visits, without a shop."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from commands.frame import say, verb
from core.base.i18n import _


@click.group(help=_("The public bench of the forecast: files in, figures out; no shop needed."))
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


def _name_bad_rows(read: Any) -> None:
    for row in read.bad[:10]:
        click.echo(_("line {line}: {reason}", line=row.line, reason=str(row.reason)), err=True)
    if read.bad_rows:
        click.echo(_("{count} rows could not be read and were left out.", count=read.bad_rows), err=True)
