"""Which statements a piece of work asks the database for, so that none is asked once a row."""

from collections.abc import Iterator
from contextlib import contextmanager

from core.base import db


@contextmanager
def noted() -> Iterator[list[str]]:
    """The statements inside the block, as they are asked."""
    run, found = db.run, list[str]()

    def asked(sql: str, params: tuple[object, ...] = ()) -> object:
        found.append(sql)
        return run(sql, params)

    db.run = asked  # type: ignore[assignment]
    try:
        yield found
    finally:
        db.run = run  # type: ignore[assignment]
