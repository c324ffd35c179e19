"""A scheduler that tells online shops, for tests that kill it or run two at once.

`python -m tests.faults.telling URL MOMENT die|work`: `die` ends by SIGKILL when the first answer has come and is
not noted yet; `work` goes on until nothing is due and prints how many were taken.
"""

import os
import signal
import sys

import scheduler
from core.base import clock, db, settings
from notify.webhook import Answer, Parcel, post


def dying(parcel: Parcel) -> Answer:
    """Post, and die with the answer in hand."""
    post(parcel)
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("unreachable")


def main(url: str, moment: int, way: str) -> None:
    settings.use(settings.Settings(secret="test secret"))
    db.open_database(url)
    taken = 0
    with clock.set_to(moment):
        while more := scheduler.tell_due(dying if way == "die" else post):
            taken += more
    print(taken)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
