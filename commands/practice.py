"""`regulars practice`: a copy of the shop on which everything may be tried."""

import sys
from pathlib import Path

import click

from commands.frame import open_shop, owner, say
from core.base.i18n import _


@click.command("practice", help=_("Try everything on a copy of the shop, where nothing counts."))
@click.option("--fresh", is_flag=True, help=_("Make the copy anew."))
@click.option("--end", is_flag=True, help=_("Delete the copy."))
@click.option("--yes", is_flag=True, help=_("Ask nothing."))
@click.pass_obj
def practice(folder: Path, fresh: bool, end: bool, yes: bool) -> None:
    """The back-office on the copy, with kiosk and scheduler beside it; all ends with it."""
    loaded = open_shop(folder)
    from core.keeping import beside
    from core.keeping import practice as verbs

    on_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    if end:
        if on_terminal and not yes:
            click.confirm(_("Delete the copy? The shop itself loses nothing."), abort=True)
        say(_("The copy is deleted.") if verbs.end(verbs.place_of(loaded)) else _("There is no copy."))
        return
    ask = click.confirm if on_terminal and not yes else lambda _question: yes
    with verbs.running(fresh=fresh, say=say, ask=ask, by=owner()) as held:
        for line in held.lines():
            say(line)
        if not on_terminal:
            say(_("Not on a terminal: everything was started, answered, and ends here."))
            return
        click.pause(_("Press any key to open the back-office …"))
        sys.exit(beside.back_office(held.folder))
