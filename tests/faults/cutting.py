"""A poster on a file system that can lose its power: `python -m tests.faults.cutting FILE OUT DURABLE POSTS …`.

Its notes are written to OUT: what was written and synced, and which answers were given in between.
"""

import pickle
import sys
from pathlib import Path

from core.base import db, settings
from tests.faults.cuttable import Recorder
from tests.faults.posting import Poster


def main(url: str, out: str, durable: int, posts: int, store: int, tea: int, top_up: int, *members: int) -> None:
    settings.use(settings.Settings(secret="kills"))
    recorder = Recorder()
    db.open_database(url, durable=bool(durable))
    db.proxy.execute_sql("PRAGMA wal_autocheckpoint = 60")
    poster = Poster("p0", store, tea, top_up, (members[0], members[1]))
    for number in range(1, posts + 1):
        recorder.answered(poster.post(number))
    Path(out).write_bytes(pickle.dumps([(one.what, one.path, one.offset, one.data) for one in recorder.notes]))
    db.close_database()  # while the functions it calls are still there


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *(int(one) for one in sys.argv[3:]))
