"""`regulars upgrade` and `regulars support`: after an update of the program, and when somebody has to help."""

import functools
import sys
from contextlib import suppress
from pathlib import Path

import click

from commands.frame import VERSION, say, settings_of, verb
from core.base.i18n import _

_alone = click.Group()
"""Both stand beside the groups, not in one."""


@verb(
    _alone,
    "upgrade",
    _("After an update of the program: back up, bring the tables up to date, examine."),
    click.option(
        "--backups",
        type=click.Path(path_type=Path),
        help=_("Folder of the backup; backups in the shop's folder if left out."),
    ),
)
def upgrade(folder: Path, backups: Path | None) -> None:
    """Exit code 1 if the doctor finds anything afterwards."""
    from core.base import clock, db
    from core.keeping import upgrading

    db.open_database(settings_of(folder).database)
    now = clock.now()
    done = upgrading.upgrade(
        backups or folder / "backups", take=functools.partial(upgrading.beside, now=now), now=now,
        tell=lambda text: say(str(text)),
    )  # fmt: skip
    for one in done.found:
        say(f"✗ {one.check}: {one.what}\n  → {one.next_step}")
    if done.copy is not None:
        say(_("Applied: {names}", names=", ".join(done.applied)))
        say(
            _(
                "Now restart kiosk, scheduler and back-office. If anything is wrong, the way back: {way}",
                way=str(done.copy.way_back),
            )
        )
    sys.exit(1 if done.found else 0)


@verb(
    _alone,
    "support",
    _("A file for whoever helps you: how the installation stands, without secrets or personal data."),
    click.argument("file", type=click.Path(path_type=Path, dir_okay=False)),
    click.option("--yes", is_flag=True, help=_("Write it without asking.")),
)
def support(folder: Path, file: Path, yes: bool) -> None:
    """Shown part by part before it is written."""
    from core.base import clock, db, settings
    from core.base.drivers import peewee
    from core.base.errors import RegularsError
    from core.keeping import support as verbs

    loaded = settings_of(folder)
    with suppress(RegularsError, peewee.DatabaseError):  # what cannot be read is said in its part
        db.open_database(loaded.database)
    log = folder / (loaded.log_file or "regulars.log")
    files = {path.name: path for path in (log, folder / "crash.log") if path.exists()}
    parts = verbs.bundle(settings.told(folder), version=VERSION, log_files=files, now=clock.now())
    for name, text in parts.items():
        lines = text.splitlines()
        say(f"{name}: " + _("{count} lines", count=len(lines)))
        for line in lines[:5]:
            say(f"    {line[:110]}")
    if not yes and not click.confirm(_("Write these into {file}?", file=str(file))):
        say(_("Nothing was written."))
        return
    verbs.write(file, parts)
    say(_("{file} is written. Look into it before you send it: it is an ordinary ZIP file.", file=str(file)))
