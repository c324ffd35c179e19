"""`regulars backup` and `regulars restore`: copies of the shop's database, tried before they are needed."""

import sys
from pathlib import Path
from typing import Any

import click

from commands.frame import AS_JSON, open_shop, owner, say, say_json, settings_of, verb
from core.base.i18n import _

FILE = click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
IDENTITY = click.option("--identity", default="", metavar="FILE", help=_("The file with the key that opens it."))
PASSPHRASE = click.option(
    "--passphrase-file", default="", metavar="FILE", help=_("The file with the passphrase that opens it.")
)


@click.group(
    help=_("Backups: made while the shop sells, examined, and tried. Alone: make one now."), invoke_without_command=True
)
@click.pass_context
def backup(context: click.Context) -> None:
    """Without a verb: take one."""
    if context.invoked_subcommand is None:
        context.invoke(backup_take)


@verb(backup, "take", _("Make a backup now, examine it, put it in the second place, remove the old ones."))
def backup_take(folder: Path) -> None:
    """Prints its file."""
    loaded = open_shop(folder)
    from core.base import clock
    from core.keeping import backup as verbs

    made = verbs.nightly(by=owner(), now=clock.now(), progress=_progress())
    say(_("{path}: {size} MB.", path=str(made.path), size=-(-made.size >> 20)))
    if loaded.backup_copy_to and not made.copied:
        click.echo(_("The second place is not there, so there is one copy only."), err=True)


def _progress() -> Any:
    """A line that counts, on a terminal only."""
    if not sys.stderr.isatty():
        return None

    def tell(done: int, whole: int) -> None:
        click.echo(f"\r{min(done * 100 // max(whole, 1), 100):3d} %", nl=False, err=True)

    return tell


@verb(backup, "list", _("All backups, the newest first."), AS_JSON)
def backup_list(folder: Path, as_json: bool) -> None:
    """Reads the folder alone, so that it helps when the database is gone."""
    loaded = settings_of(folder)
    from core.base.i18n import written
    from core.keeping.copies import manifest

    found = manifest.listing(Path(loaded.backups))
    if as_json:
        say_json([{"file": str(one.path), "made_at": one.made_at, "bytes": one.size, "sealed": one.sealed,
                   "verified_at": one.verified_at, "failed": one.failed, "copied": one.copied,
                   "rows": dict(one.contents.rows)} for one in found])  # fmt: skip
        return
    for one in found:
        state = one.failed or (_("examined") if one.verified_at else _("not examined"))
        sealed = f"   {_('sealed')}" if one.sealed else ""
        sales = _("{count} sales", count=one.contents.rows["sale"])
        say(
            f"{written('made_at', one.made_at)}   {one.path.name}   {-(-one.size >> 20)} MB   {sales}   {state}{sealed}"
        )


@verb(
    backup, "verify", _("Examine a backup: its bytes, the whole file, every ledger in it."), FILE, IDENTITY, PASSPHRASE
)
def backup_verify(folder: Path, file: Path, identity: str, passphrase_file: str) -> None:
    """Exit code 1 if anything is wrong."""
    settings_of(folder)
    from core.keeping import verify
    from core.keeping.copies import manifest
    from core.keeping.copies.sealing import Opener

    opener = Opener(identity, passphrase_file)
    found = verify.verify(file, opener=opener)
    _say_findings(found)
    if not found and manifest.read(file).sealed and opener == verify.CLOSED:
        say(_("Its bytes are as they were written; with --identity it is examined within."))
    elif not found:
        say(_("It can be restored."))
    sys.exit(1 if found else 0)


def _say_findings(found: list[Any]) -> None:
    for one in found:
        say(f"✗ {one.check}: {one.what}\n  → {one.next_step}")


@verb(
    backup, "drill", _("Restore the newest backup into a place of its own and replay its books."), IDENTITY, PASSPHRASE
)
def backup_drill(folder: Path, identity: str, passphrase_file: str) -> None:
    """Exit code 1 if anything is wrong."""
    open_shop(folder)
    from core.base import clock
    from core.keeping import drill
    from core.keeping.copies.sealing import Opener

    done = drill.drill(opener=Opener(identity, passphrase_file), by=owner(), now=clock.now())
    _say_findings(done.found)
    if not done.found and done.whole:
        say(_("{name} was restored and is good.", name=done.backup.path.name))
    elif not done.found:
        say(_("{name} is as it was written. It is sealed; with --identity it is restored as well.",
              name=done.backup.path.name))  # fmt: skip
    sys.exit(1 if done.found else 0)


@click.command(
    "restore", help=_("Put a backup in the place of the database, which is moved aside. Nothing may be using it.")
)
@FILE
@IDENTITY
@PASSPHRASE
@click.option("--force", is_flag=True, help=_("Although the present database is younger, or findings remain."))
@click.pass_obj
def restore(folder: Path, file: Path, identity: str, passphrase_file: str, force: bool) -> None:
    """Says what was done about everything that came after the backup."""
    loaded = settings_of(folder)
    from core.base import clock, i18n
    from core.books import rules
    from core.keeping import restore as verbs
    from core.keeping.copies.sealing import Opener

    own = folder / "secret.key"
    ours = not own.exists() or own.read_text("ascii").strip() == loaded.secret
    done = verbs.restore(
        file, opener=Opener(identity, passphrase_file), secret_file=own if ours else None, force=force, now=clock.now()
    )
    shop = rules.current(now=clock.now())
    i18n.set_scope(i18n.scope().language, symbol=shop.symbol, zone=shop.zone)
    for sentence in done.sentences():
        say(str(sentence))
    say(_("Next: `regulars doctor`; then start the back-office, kiosk and scheduler again."))
