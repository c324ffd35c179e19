"""Brings a file in and says after each part how far it is: `python -m tests.faults.moving URL FILE BATCH STORE`.

It waits a moment after each word, so that a kill meets it between two words at any place of the next part.
"""

import sys
import time
from pathlib import Path

from core.base import db, settings
from core.keeping.movein import mapping, moving, reading
from core.people import staff
from tests import shops


def main(url: str, file: str, batch: str, store: str) -> None:
    settings.use(settings.Settings(secret="kills"))
    db.open_database(url)
    by = staff.actor_of(int(db.value("SELECT id FROM staff WHERE role = 'owner'")))
    table = reading.read(Path(file), "members")
    columns = mapping.guess(table, "members")
    found = moving.preview(table, columns, store_id=int(store), by=by, now=shops.NOON)

    def tell(done: int, _of: int) -> None:
        sys.stdout.write(f"{done}\n")
        sys.stdout.flush()
        time.sleep(0.005)

    tell(0, 0)
    moving.go_on(int(batch), found, by=by, now=shops.NOON, progress=tell)


if __name__ == "__main__":
    main(*sys.argv[1:])
