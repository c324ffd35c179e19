"""A database for the tests of the back-office's threads."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.base.clock import Millis


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Path]:
    """An empty migrated database, open in this process."""
    from core.base import db
    from core.tables import schema

    path = tmp_path / "shop.db"
    db.open_database(str(path), durable=False)
    schema.migrate(now=Millis(1_763_700_000_000))
    yield path
    db.close_database()
