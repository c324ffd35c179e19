"""A database for the tests of the back-office's threads."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.base import db, settings


@pytest.fixture
def database(tmp_path: Path, empty_sqlite: Path) -> Iterator[Path]:
    """An empty migrated database, open in this process."""
    settings.use(settings.Settings(secret="test secret"))
    path = tmp_path / "shop.db"
    shutil.copy(empty_sqlite, path)
    db.open_database(str(path), durable=False)
    yield path
    db.close_database()
