"""`regulars alert`: what staff are told at once, and a trial of it."""

from pathlib import Path

import click

from commands.frame import open_shop, owner, say, verb
from core.base.i18n import _, written


@click.group(help=_("Alerts: what staff are told at once."))
def alert() -> None:
    """Group."""


@verb(alert, "test", _("Have staff told that alerts arrive; the scheduler does it within a second."))
def alert_test(folder: Path) -> None:
    """A row first, like every alert."""
    loaded = open_shop(folder)
    from core.base import clock
    from core.outreach import alerting

    alerting.test(by=owner(), now=clock.now())
    if not loaded.alert_urls:
        say(_("Nobody is told yet: set alert_urls ({page}). Until then alerts stand in the back-office alone.",
              page="docs/en/alerts.md"))  # fmt: skip
        return
    say(_("A test waits for the scheduler. `regulars alert list` shows what became of it."))


@verb(
    alert,
    "list",
    _("The newest alerts, and whether staff were told."),
    click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help=_("So many lines.")),
)
def alert_list(folder: Path, limit: int) -> None:
    """One line an alert."""
    open_shop(folder)
    from core.base import clock
    from core.outreach import alerting

    found = alerting.recent(by=owner(), limit=limit)
    for one in found:
        state = _("told") if one.told_at else _("given up") if one.is_given_up(clock.now()) else _("waiting")
        say(f"{written('at_at', one.at)}  {one.kind}  {one.about}  {state}  {one.error}".rstrip())
    if not found:
        say(_("Nothing had to be told."))
