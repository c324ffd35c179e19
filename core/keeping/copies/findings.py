"""What the doctor says of backups: none, too old, the last one bad, no second place, no room."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from core.base import db
from core.base.clock import HOUR, Millis
from core.base.i18n import T
from core.base.settings import Settings
from core.keeping.copies import manifest
from core.keeping.copies.manifest import Backup
from core.keeping.findings import Finding

TOO_OLD = 36 * HOUR
LEAST_FREE, LEAST_SHARE = 500 << 20, 10
"""Bytes, and the percentage, of a disk that must be free."""


def findings(settings: Settings, *, now: Millis) -> list[Finding]:
    """What is to be done about the backups of an installation; nothing where it keeps none (a demo, a test)."""
    if not settings.backups or settings.demo:
        return []
    folder = Path(settings.backups)
    found = manifest.listing(folder) if folder.is_dir() else []
    return [
        *_age(found, now),
        *_state(found),
        *_second_place(settings.backup_copy_to),
        *_room(folder if folder.is_dir() else folder.parent),
    ]


def _age(found: list[Backup], now: Millis) -> Iterator[Finding]:
    step = T("Make one now: `regulars backup take`. Is the scheduler running? It makes one each night.")
    newest = found[0].made_at if found else _made_elsewhere()
    if newest is not None:
        hours = (now - newest) // HOUR
        if now - newest > TOO_OLD:
            yield Finding("backups", T("The newest backup is {hours} hours old.", hours=hours), step)
        return
    begun = db.value("SELECT min(at) FROM audit")
    if begun is not None and now - begun > TOO_OLD:
        yield Finding("backups", T("There is no backup of this shop."), step)


def _made_elsewhere() -> Millis | None:
    """When another machine of a shop on PostgreSQL made the newest one; its folder is not here."""
    if db.is_sqlite():
        return None
    sql = "SELECT max(at) FROM audit WHERE entity = 'backup' AND entity_id = 0 AND action = 'backup.taken'"
    found: Millis | None = db.value(sql)
    return found


def _state(found: list[Backup]) -> Iterator[Finding]:
    if found and found[0].failed:
        what = T("The newest backup, {name}, was examined and is not good: {problem}", name=found[0].path.name,
                 problem=found[0].failed)  # fmt: skip
        yield Finding("backups", what, T("Run `regulars doctor`; then make another one: `regulars backup take`."))


def _second_place(place: str) -> Iterator[Finding]:
    if place and not Path(place).is_dir():
        what = T("The second place for backups, {place}, is not there.", place=place)
        yield Finding("backups", what, T("Plug the disk in or mount the share, or change `backup_copy_to`."))


def _room(folder: Path) -> Iterator[Finding]:
    if not folder.is_dir():
        return
    disk = shutil.disk_usage(folder)
    if disk.free < LEAST_FREE or disk.free * 100 < disk.total * LEAST_SHARE:
        what = T("The disk of {folder} has {free} MB free, {share_bp} of it.", folder=str(folder),
                 free=disk.free >> 20, share_bp=disk.free * 10_000 // disk.total)  # fmt: skip
        yield Finding("disk", what, T("Free some space on it, before a write is refused."))
