"""`regulars export`: everything of the shop in open files."""

import sys
from pathlib import Path

import click

from commands.frame import open_shop, owner, say, verb
from core.base.i18n import _


@click.group(help=_("Take the shop's data out in open files."))
def export() -> None:
    """Group."""


@verb(
    export,
    "all",
    _("Everything into a folder: one CSV a kind, and a page that says what each column is."),
    click.argument("into", type=click.Path(file_okay=False, path_type=Path)),
)
def export_all(folder: Path, into: Path) -> None:
    """Names each file with its rows."""
    open_shop(folder)
    from core.base import clock
    from core.keeping import everything
    from core.keeping.sheetlist import SHEETS

    hidden = not sys.stderr.isatty()
    with click.progressbar(length=len(SHEETS), label=_("Writing"), file=sys.stderr, hidden=hidden) as bar:
        written = everything.write_all(
            into, by=owner(), now=clock.now(), progress=lambda done, _of: bar.update(done - bar.pos)
        )
    for one in written:
        say(f"{one.rows:>9,}  {one.name}")
    say(_("{path} is written.", path=str(into)))
