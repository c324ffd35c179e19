"""What a fault of the disk means for the shop: full, not to be written, damaged, or held by another program."""

import errno
from collections.abc import Iterator

from core.base.errors import Refused
from core.base.i18n import N_


class StorageFull(Refused):
    """The disk has no room for another write; nothing of this one was kept."""

    code = "storage_full"
    text = N_("The disk is full, so nothing was written. Free some space on it and do it again.")


class StorageReadOnly(Refused):
    """The database file cannot be written by this account."""

    code = "storage_read_only"
    text = N_("The database cannot be written. Check who owns its file and folder, then do it again.")


class StorageBroken(Refused):
    """The database file is damaged."""

    code = "storage_broken"
    text = N_("The database is damaged. Stop selling, run `regulars doctor`, restore the last backup.")


class WriterStuck(Refused):
    """Another process has held the write lock for too long."""

    code = "writer_stuck"
    text = N_("Another program has been writing for over {seconds} seconds: {holder}. End it, then retry.")


class BeingRestored(Refused):
    """The database is being replaced by a backup."""

    code = "being_restored"
    text = N_("The database is being replaced by a backup. Start again when `regulars restore` has ended.")


MEANINGS: dict[type[Refused], tuple[tuple[str, ...], tuple[str, ...], tuple[int, ...]]] = {
    StorageFull: (("SQLITE_FULL",), ("53100",), (errno.ENOSPC, errno.EDQUOT)),
    StorageReadOnly: (("SQLITE_READONLY", "SQLITE_CANTOPEN"), ("25006",), (errno.EROFS, errno.EACCES, errno.EPERM)),
    StorageBroken: (("SQLITE_CORRUPT", "SQLITE_NOTADB"), ("XX001", "XX002"), ()),
}
"""What SQLite, PostgreSQL and the system call each of them."""


def causes(error: BaseException) -> Iterator[BaseException]:
    """An error and what it came from."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def refusal(error: BaseException) -> Refused | None:
    """The sentence for a fault of the disk, if this is one."""
    for cause in causes(error):
        sqlite, postgres = getattr(cause, "sqlite_errorname", "") or "", getattr(cause, "sqlstate", "") or ""
        system = cause.errno if isinstance(cause, OSError) else None
        for kind, (names, states, numbers) in MEANINGS.items():
            if sqlite.startswith(names) or postgres in states or system in numbers:
                return kind()
    return None
