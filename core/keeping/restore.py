"""Restoring a backup: examined, made ready beside the present database, made safe, and put in its place in one step.

The present database is moved aside, never deleted. It must be in use by nobody; a younger one is replaced only if
that is meant.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from core.base import db, files, settings
from core.base.clock import Millis, local
from core.base.errors import Refused
from core.base.i18n import N_, T, Text
from core.keeping import afterrestore, doctor, verify
from core.keeping.afterrestore import Safe
from core.keeping.backup import secret_mark
from core.keeping.copies import copying, manifest, placing, servers
from core.keeping.copies.manifest import Backup
from core.keeping.copies.present import Ended, Present
from core.keeping.copies.sealing import Opener
from core.keeping.verify import CLOSED, Plain
from core.people import staff
from core.tables import schema


class BackupUnfit(Refused):
    """The backup is damaged, or its books do not add up."""

    code = "backup_unfit"
    text = N_("{name} cannot be restored: {problem} Choose another one: `regulars backup list`.")


class OtherEngine(Refused):
    """The backup is of another kind of database than the settings name."""

    code = "other_engine"
    text = N_(
        "{name} is a backup of {engine}. Set `database` to such a database, restore, then `regulars migrate --to`."
    )


class WouldLose(Refused):
    """The present database is younger than the backup."""

    code = "would_lose"
    text = N_(
        "The present database is younger than this backup of {made_at}: {sales} sales worth {lost_cents}, {members}"
        " members and {entries} moves of value would be lost. If that is meant, restore with --force."
    )


class SecretMissing(Refused):
    """The installation's secret is another one than the backup's."""

    code = "secret_missing"
    text = N_(
        "This backup belongs to another secret.key: cards, codes and the list of who wants no messages would not work."
        " Put the shop's secret.key into its folder and restore again; if it is lost, restore with --force."
    )


@dataclass(frozen=True)
class Lost:
    """What the present database has and the backup has not."""

    sales: int
    cents: int
    members: int
    entries: int

    def __bool__(self) -> bool:
        return self.sales > 0 or self.members > 0 or self.entries > 0


@dataclass(frozen=True)
class Restored:
    """What was restored and what was done about what came after; `aside` is where the database before it is."""

    backup: Backup
    aside: str | None
    lost: Lost | None
    safe: Safe
    secret: str

    def sentences(self) -> list[Text]:
        """All of it, in words."""
        return [*_place(self), *_messages(self.safe), *_people(self.safe)]


@dataclass(frozen=True)
class _Secret:
    """The secret after the restore: as it was ('same'), the backup's ('replaced'), or one that does not fit."""

    kind: Literal["same", "replaced", "other"]
    text: str = field(default="", repr=False)
    file: Path | None = None

    @property
    def change(self) -> bool:
        return self.kind == "replaced"

    def put(self, now: Millis) -> None:
        """Write it into its file; the one before is kept beside it."""
        if self.file is None:
            return
        if self.file.exists():
            self.file.rename(self.file.with_name(f"{self.file.name}.before-{local(now, 'UTC'):%Y%m%dT%H%M%SZ}"))
        files.write_text(self.file, self.text)


def _secret_for(backup: Backup, plain: Plain, file: Path | None, force: bool) -> _Secret:
    if not backup.secret_mark or backup.secret_mark == secret_mark(settings.current().secret):
        return _Secret("same")
    if plain.secret and file is not None:
        return _Secret("replaced", plain.secret, file)
    if not force:
        raise SecretMissing()
    return _Secret("other")


def restore(
    path: Path, *, opener: Opener = CLOSED, secret_file: Path | None = None, force: bool = False, now: Millis
) -> Restored:
    """Put a backup in the place of the installation's database. Whoever stands at the shop's own machine acts as owner.

    A secret sealed with the backup replaces another one in `secret_file`. This process must have no database open
    and has the restored one open afterwards. Raises: BackupUnknown, ManifestUnreadable, KeyNeeded, KeyWrong,
    OtherEngine, BackupUnfit, SecretMissing, StillOpen, WouldLose, NoRoomForBackup, DatabaseTooNew, ServerRefused …
    """
    backup = manifest.read(path)
    database = settings.current().database
    if (backup.engine == "postgres") != database.startswith("postgres"):
        raise OtherEngine(name=path.name, engine={"postgres": "PostgreSQL", "sqlite": "SQLite"}[backup.engine])
    db.close_database()
    problems = verify.bytes_of(backup)
    if problems:
        raise BackupUnfit(name=path.name, problem=problems[0].what)
    with verify.opened(backup, opener) as plain:
        problems = verify.examine_copy(plain.path)
        if problems and (problems[0].check == "file" or not force):
            raise BackupUnfit(name=path.name, problem=problems[0].what)
        secret = _secret_for(backup, plain, secret_file, force)
        before = settings.current()
        if secret.change:
            settings.use(replace(before, secret=secret.text))
        try:
            return _placed(backup, plain, secret, force=force, now=now)
        except BaseException:
            settings.use(before)
            raise


def _placed(backup: Backup, plain: Plain, secret: _Secret, *, force: bool, now: Millis) -> Restored:
    database = settings.current().database
    with ExitStack() as held:
        if backup.engine == "sqlite":
            held.enter_context(placing.alone(Path(database)))
        present = placing.settled(Path(database)) if backup.engine == "sqlite" else servers.settled(database)
        lost = None if present is None else _lost(present, backup)
        if lost and not force:
            raise WouldLose(
                made_at=backup.made_at, sales=lost.sales, lost_cents=lost.cents, members=lost.members,
                entries=lost.entries,
            )  # fmt: skip
        with _ready(backup, plain, database) as ready:
            safe = _made_safe(ready, backup, present, lost, force=force, now=now)
            db.close_database()
            secret.put(now)
            aside = _swap(backup, ready, database, now)
    db.open_database(database)
    return Restored(backup, aside, lost, safe, secret.kind)


def _lost(present: Present, backup: Backup) -> Lost:
    now, then = present.contents, backup.contents

    def more(table: str) -> int:
        return max(now.rows.get(table, 0) - then.rows.get(table, 0), 0)

    return Lost(more("sale"), max(now.taken_cents - then.taken_cents, 0), more("member"), more("entry"))


@contextmanager
def _ready(backup: Backup, plain: Plain, database: str) -> Iterator[str]:
    """The backup as a database of its own, beside the present one; gone afterwards unless it took its place."""
    if backup.engine == "postgres":
        url = servers.stage(database, plain.path)
        try:
            yield url
        except BaseException:
            db.close_database()
            servers.drop(url)
            raise
        return
    folder = Path(database).absolute().parent
    copying.check_room(folder, plain.path.stat().st_size)
    ready = placing.staging(Path(database).absolute())
    try:
        placing.copy(plain.path, ready)
        yield str(ready)
    finally:
        db.close_database()
        placing.sweep(ready)


def _made_safe(
    ready: str, backup: Backup, present: Present | None, lost: Lost | None, *, force: bool, now: Millis
) -> Safe:
    """Bring the copy up to date, replay its books, and see to it that nothing stale leaves it."""
    db.open_database(ready)
    updated = schema.migrate(now=now)
    wrong = doctor.books() if updated or backup.engine == "postgres" else []  # others were replayed before
    if wrong and not force:
        raise BackupUnfit(name=backup.path.name, problem=wrong[0].what)
    ended = Ended() if present is None else present.ended
    known = manifest.erased(backup.path.parent) | manifest.erased(Path(settings.current().backups or "backups"))
    ended = replace(ended, members=ended.members | known)
    by = staff.first_owner()
    safe = afterrestore.make_safe(
        made_at=backup.made_at, ended=ended, runs=None if present is None else present.runs, by=by, now=now
    )
    facts: dict[str, object] = {"file": backup.path.name, "made_at": backup.made_at}
    if lost:
        facts |= {"sales": lost.sales, "cents": lost.cents}
    afterrestore.note(facts, by=by, now=now)
    return safe


def _swap(backup: Backup, ready: str, database: str, now: Millis) -> str | None:
    if backup.engine == "postgres":
        return servers.swap(ready, database, now=now)
    aside = placing.swap(Path(ready), Path(database).absolute(), now=now)
    return None if aside is None else str(aside)


# --- in words --------------------------------------------------------------------------------------


def _place(done: Restored) -> Iterator[Text]:
    rows = done.backup.contents.rows
    yield T("{name} of {made_at} is in place: {members} members, {sales} sales.", name=done.backup.path.name,
            made_at=done.backup.made_at, members=rows.get("member", 0), sales=rows.get("sale", 0))  # fmt: skip
    if done.aside is not None:
        yield T("The database before it is kept as {aside}.", aside=done.aside)
    if done.lost is None and done.aside is not None:
        yield T(
            "It could not be read, so what was deleted, shut out or called off after the backup is known only in part."
        )
    if done.lost:
        yield T("Not in it: {sales} sales worth {lost_cents}, {members} members, {entries} moves of value.",
                sales=done.lost.sales, lost_cents=done.lost.cents, members=done.lost.members,
                entries=done.lost.entries)  # fmt: skip
    if done.secret == "replaced":  # noqa: S105 (a word for what happened)
        yield T("The secret sealed with the backup is in use; the one before it is kept beside it.")
    if done.secret == "other":  # noqa: S105
        yield T("The secret is not the backup's: print cards anew, and expect old codes to be refused.")


def _messages(safe: Safe) -> Iterator[Text]:
    yield T("Messages called off because they may have left already: {count}.", count=safe.messages.cancelled)
    if safe.messages.review:
        yield T("Messages on their way then, for a person to look at: {count}.", count=safe.messages.review)
    if safe.messages.kept:
        yield T("Messages that are due later and stay: {count}.", count=safe.messages.kept)
    if safe.skipped:
        runs = ", ".join(f"{job} {slot}" for job, slot in safe.skipped)
        yield T("Not run a second time, for they write to members: {runs}. Gifts of those days are given by hand.",
                runs=runs)  # fmt: skip


def _people(safe: Safe) -> Iterator[Text]:
    yield T("Sessions ended: {count}. Customers and screens begin anew; screens stay paired.", count=safe.sessions)
    words = {
        "members": N_("Deleted again, as they were after the backup: {count} members."),
        "keys": N_("Ended again: {count} API keys."),
        "devices": N_("Shut out again: {count} screens."),
        "staff": N_("Closed again: {count} accounts."),
        "consents": N_("Withdrawn again: {count} consents."),
        "addresses": N_("Not written to, again: {count} addresses."),
    }
    yield from (Text(words[kind], (("count", count),)) for kind, count in safe.again.items() if count)
    if safe.left:
        yield T("Could not be done again; look at them: {what}.", what=", ".join(safe.left[:20]))
