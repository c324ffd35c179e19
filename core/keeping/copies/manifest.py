"""What stands beside each backup: when it was made, of what, how large, and what is in it.

A backup is `regulars-20261128T023000Z.db` (SQLite) or `.dump` (PostgreSQL), with `.age` behind it when it is
sealed; its manifest ends in `.json`. A backup without one is a file somebody put there.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from hashlib import file_digest
from pathlib import Path
from typing import Literal

from core.base import db, files
from core.base.clock import Millis, local
from core.base.errors import Invalid, NotFound
from core.base.i18n import N_

PREFIX = "regulars-"
COUNTED = ("member", "sale", "refund", "entry", "coupon", "audit")
"""Tables whose rows are counted in the manifest."""
ERASED = "erased-members.txt"
"""Ids of members whose deletion must be done again in any backup that is restored."""


@dataclass(frozen=True)
class Contents:
    """What a database holds, in figures that tell whether another one is younger."""

    schema: int
    rows: Mapping[str, int]
    taken_cents: int
    last_sale_id: int | None
    last_sale_at: Millis | None
    counter: int


@dataclass(frozen=True)
class Backup:
    """One backup; sizes in bytes. `verified_at` is when a copy of it was examined without a finding.

    `secret_mark` says which installation's secret belongs to it; `sealed_secret` and `sealed_key` are ASCII armour.
    """

    path: Path
    made_at: Millis
    engine: Literal["sqlite", "postgres"]
    program: str
    size: int
    sha256: str
    contents: Contents
    secret_mark: str = ""
    sealed: Literal["", "recipient", "passphrase"] = ""
    sealed_key: str = field(default="", repr=False)
    sealed_secret: str = field(default="", repr=False)
    verified_at: Millis | None = None
    failed: str = ""
    copied: bool = False

    @property
    def manifest(self) -> Path:
        """The file its facts stand in."""
        return manifest_of(self.path)


class BackupUnknown(NotFound):
    """There is no such backup, or nothing says what it is."""

    code = "backup_unknown"
    text = N_("{path} is no backup with its manifest (.json) beside it. `regulars backup list` shows them all.")


class ManifestUnreadable(Invalid):
    """The manifest of a backup cannot be read."""

    code = "manifest_unreadable"
    text = N_("The manifest {path} cannot be read. Take it from the second place, or choose another backup.")


def name_of(made_at: Millis, engine: str) -> str:
    """The name of a backup's file, unsealed."""
    return f"{PREFIX}{local(made_at, 'UTC'):%Y%m%dT%H%M%SZ}.{'db' if engine == 'sqlite' else 'dump'}"


def manifest_of(path: Path) -> Path:
    """The manifest beside a backup."""
    return path.with_name(path.name.removesuffix(".age").rpartition(".")[0] + ".json")


def contents(ask: Callable[[str], db.Row | None], *, sqlite: bool) -> Contents:
    """What a database holds; `ask` gives the first row of a query to it."""

    def figure(sql: str) -> int:
        found = ask(sql)
        return int(found[0]) if found is not None else 0

    rows = {table: figure(f"SELECT count(*) FROM {table}") for table in COUNTED}
    last = ask("SELECT id, at FROM sale ORDER BY at DESC, id DESC LIMIT 1") or (None, None)
    return Contents(
        schema=figure("SELECT coalesce(max(number), 0) FROM migration"),
        rows=rows,
        taken_cents=figure("SELECT coalesce(sum(total_cents), 0) FROM sale"),
        last_sale_id=last[0],
        last_sale_at=last[1],
        counter=figure("SELECT next FROM id_counter" if sqlite else "SELECT last_value FROM id_block"),
    )


def sha256_of(path: Path) -> str:
    """The hash of a file's bytes."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


# --- reading and writing -----------------------------------------------------------------------------


def read(path: Path) -> Backup:
    """A backup by its file. Raises: BackupUnknown, ManifestUnreadable."""
    beside = manifest_of(path)
    if not path.is_file() or not beside.is_file():
        raise BackupUnknown(path=str(path))
    try:
        told = json.loads(beside.read_text("utf-8"))
        held = told.pop("contents")
        known = {one.name for one in fields(Backup)}
        facts = {name: value for name, value in told.items() if name in known}
        return Backup(**facts | {"path": path, "contents": Contents(**held)})
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ManifestUnreadable(field="path", path=str(beside)) from error


def write(backup: Backup) -> None:
    """Write a backup's manifest beside it."""
    told = asdict(backup) | {"path": backup.path.name}
    files.write_text(backup.manifest, json.dumps(told, indent=1, ensure_ascii=False) + "\n")


def note(backup: Backup, **facts: object) -> Backup:
    """The same backup with other facts, on disk too."""
    changed = replace(backup, **facts)  # type: ignore[arg-type]
    write(changed)
    return changed


def listing(folder: Path) -> list[Backup]:
    """The backups of a folder, the newest first; what cannot be read is left out."""
    found = []
    for path in folder.glob(f"{PREFIX}*"):
        if path.suffix in (".db", ".dump", ".age"):
            try:
                found.append(read(path))
            except (BackupUnknown, ManifestUnreadable):
                continue
    return sorted(found, key=lambda one: (one.made_at, one.path.name), reverse=True)


def erased(folder: Path) -> set[int]:
    """Members that were deleted, as the backups of a folder know it."""
    try:
        words = (folder / ERASED).read_text("ascii").split()
    except (FileNotFoundError, UnicodeDecodeError):
        return set()
    return {int(word) for word in words if word.isdigit()}


def note_erased(folder: Path, ids: set[int]) -> None:
    """Add members to those that were deleted."""
    known = erased(folder)
    if not ids <= known:
        files.write_text(folder / ERASED, "".join(f"{one}\n" for one in sorted(known | ids)))
