"""`regulars migrate --to`: the shop moves to the other engine."""

import sys
from pathlib import Path

import click

from commands.frame import say, settings_of
from core.base.i18n import _


def move(folder: Path, to: str, *, again: bool) -> None:
    """Copy everything, compare, and say what is to be changed."""
    loaded = settings_of(folder)
    from core.base import clock
    from core.keeping import moving

    target = to if to.startswith("postgres") else str(folder / to.removeprefix("sqlite:///"))
    done = moving.move(loaded.database, target, again=again, now=clock.now(), progress=_progress)
    if sys.stderr.isatty():
        click.echo(err=True)
    say(_("Moved: {rows} rows in {tables} tables, each the same on both sides.", rows=done.rows, tables=len(done.sums)))
    say(_("Now change `database` in regulars.toml to the new one, run `regulars doctor`, and start everything again."))
    say(_("The old database is as it was. Let nothing write to it any more."))


def _progress(table: str, done: int, whole: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{done:3d}/{whole} {table:<24}", nl=False, err=True)
