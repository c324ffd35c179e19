"""What every verb of the command line needs: its shop, who acts, how it is registered and speaks."""

import json
import locale
import os
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core.base import i18n
from core.base.i18n import _

if TYPE_CHECKING:
    from core.base.access import Actor
    from core.base.settings import Settings


VERSION = "0.1.0"


def language() -> str | None:
    """The language of this terminal; None where its locale names none (C, POSIX)."""
    told = (os.environ.get(name) for name in ("REGULARS_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"))
    named = next((one for one in told if one), None) or locale.getlocale()[0] or "C"
    return None if named.partition(".")[0] in ("C", "POSIX") else i18n.negotiate(named)


i18n.set_scope(language() or "en")
"""Before the first sentence: what verbs and flags say of themselves is said when they are registered."""
AS_JSON = click.option("--json", "as_json", is_flag=True, help=_("For programs."))
STORE = click.option("--store", type=int, help=_("Store id; the first store if left out."))


def typed_day(typed: str) -> date:
    """A day typed as 2026-12-31, from 2000 to 2999. Raises: UsageError."""
    try:
        return date.fromisoformat(typed if re.fullmatch("2[0-9]{3}-[0-9]{2}-[0-9]{2}", typed) else "")
    except ValueError:
        raise click.UsageError(_("Write a day like 2026-12-31, not “{given}”.", given=typed)) from None


def settings_of(folder: Path) -> "Settings":
    """The settings of a folder, in force from now on; what happens is noted in its log."""
    from core.base import settings

    loaded = settings.load(folder)
    settings.use(loaded)
    keep_log(loaded, folder)
    return loaded


def keep_log(loaded: "Settings", folder: Path, *, serving: bool = False) -> None:
    """Where this process notes what happens: the file of the settings, else regulars.log in the folder.

    A server writes to standard error instead of that, where the service manager takes it.
    """
    from core.base import logs

    named = folder / loaded.log_file if loaded.log_file else None
    file = named if serving or named else folder / "regulars.log"
    logs.begin(file=file, form=loaded.log_format, level=loaded.log_level)


def open_shop(folder: Path) -> "Settings":
    """Open the shop of a folder; refuse politely if there is none."""
    from core.base import clock, db, settings
    from core.books import rules
    from core.keeping import copymark
    from core.tables import schema

    database = settings.load(folder, look_only=True).database
    if not database.startswith("postgres") and not Path(database).exists():
        raise click.UsageError(_("There is no shop in {folder}. Open one with `regulars init`.", folder=str(folder)))
    loaded = settings_of(folder)
    db.open_database(loaded.database)
    schema.check()
    copymark.check(loaded)
    shop = rules.current(now=clock.now())
    i18n.set_scope(i18n.scope().language, symbol=shop.symbol, zone=shop.zone)
    return loaded


def owner() -> "Actor":
    """Who acts at the command line of the shop's own machine: its owner account."""
    from core.people import staff

    return staff.first_owner()


def store_of(given: int | None) -> int:
    """The store that was named, or the first one."""
    from core.keeping import opening

    return opening.stores()[0][0] if given is None else given


def say(text: str) -> None:
    """One line on standard output."""
    click.echo(text)


def columns(title: str, *figures: str, cells: int = 14) -> str:
    """A title and figures that stand one under the other, whatever their script."""
    from core.base import text

    return "  " + text.fit(title, 24) + "".join(" " * (cells - text.width(one)) + one for one in figures)


def say_json(value: object) -> None:
    """A value for programs."""
    click.echo(json.dumps(value, ensure_ascii=False))


def verb(group: click.Group, name: str, help_: str, *options: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Register a verb with its help in the terminal's language."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            function = option(function)
        return group.command(name, help=help_)(click.pass_obj(function))

    return register
