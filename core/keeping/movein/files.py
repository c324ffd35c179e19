"""Files that wait to be moved in: those laid into one folder of the shop's machine, and no others.

Whoever sits at the back-office, perhaps far away over SSH, names a file of that folder and never a path.
"""

from dataclasses import dataclass
from pathlib import Path

from core.base import settings
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import NotFound
from core.base.i18n import N_
from core.keeping.movein import batches

ENDINGS = frozenset({".csv", ".tsv", ".txt", ".xls", ".xlsx", ".xlsb", ".ods"})


@dataclass(frozen=True)
class WaitingFile:
    """A file that could be moved in."""

    name: str
    size: int
    changed_at: Millis


class FileGone(NotFound):
    """The folder has no such file."""

    code = "file_gone"
    text = N_("{file} does not lie in {folder} any more. Put it there again.")


def folder() -> Path:
    """Where they lie."""
    return Path(settings.current().imports)


def waiting(*, by: Actor) -> list[WaitingFile]:
    """The files of the folder, the newest first. Raises: NotAllowed."""
    require(by, batches.RIGHT)
    found = []
    for path in folder().iterdir() if folder().is_dir() else ():
        if path.suffix.lower() in ENDINGS and path.is_file() and not path.is_symlink():
            about = path.stat()
            found.append(WaitingFile(path.name, about.st_size, Millis(int(about.st_mtime * 1000))))
    return sorted(found, key=lambda one: (-one.changed_at, one.name))


def path_of(name: str, *, by: Actor) -> Path:
    """The path of one of them. Raises: NotAllowed, FileGone."""
    if name not in {one.name for one in waiting(by=by)}:
        raise FileGone(file=name[:80], folder=str(folder()))
    return folder() / name
