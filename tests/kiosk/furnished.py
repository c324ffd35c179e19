"""Fixtures of a counter made once for a file of tests: each gets a copy of its database and the same door."""

import copy
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core.base import clock, db, limits, settings
from kiosk import app as door
from kiosk.meeting import Board
from tests import shops
from tests.kiosk.conftest import SETTINGS
from tests.kiosk.counter import Counter


@pytest.fixture(scope="module")
def furnished(empty_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Counter]:
    """A counter at a door, made once, and its database to copy from."""
    path = tmp_path_factory.mktemp("furnished") / "shop.db"
    shutil.copy(empty_sqlite, path)
    settings.use(SETTINGS)
    db.open_database(str(path), durable=False)
    try:
        with clock.set_to(shops.NOON):
            made = Counter(door.create_app(SETTINGS).test_client(), shops.open_shop())
        db.proxy.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        db.close_database()
        limits.forget()
    return path, made


@pytest.fixture
def one_shop(tmp_path: Path, furnished: tuple[Path, Counter]) -> Iterator[shops.Shop]:
    """The shop of the counter, in a database of its own."""
    path, made = furnished
    shutil.copy(path, tmp_path / "shop.db")
    db.open_database(str(tmp_path / "shop.db"), durable=False)
    yield copy.deepcopy(made.shop)
    db.close_database()
    limits.forget()


@pytest.fixture
def app(one_shop: shops.Shop, noon: None, furnished: tuple[Path, Counter]) -> Flask:
    """The door of that counter, which remembers nothing of other tests."""
    settings.use(SETTINGS)
    same = furnished[1].client.application
    same.config.update(BOARD=Board())
    return same


@pytest.fixture
def counter(client: FlaskClient, one_shop: shops.Shop, furnished: tuple[Path, Counter]) -> Counter:
    """The counter with a browser, a shop and a count of its own."""
    mine = copy.copy(furnished[1])
    mine.client, mine.shop, mine.ids = client, one_shop, dict(mine.ids)
    return mine
