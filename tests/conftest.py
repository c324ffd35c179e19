"""Fixtures: a migrated database per test on each engine, and a small shop in it."""

import gc
import os
import shutil
from collections.abc import Iterator
from ctypes.util import find_library
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from core.base import db, limits, settings
from core.tables import schema
from tests import postgres, shops

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--remake` keeps the back-office's pages as they look now."""
    parser.addoption("--remake", action="store_true", help="keep the snapshots of the back-office as they are now")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow files first, so that at the end no process waits for one of them."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def pytest_configure() -> None:
    """Look for circles of garbage seldom: there is memory enough, and looking took a tenth of the time."""
    gc.set_threshold(100_000, 20, 50)


@pytest.fixture(scope="session", autouse=True)
def fast_passwords() -> Iterator[None]:
    """Password hashing at its cheapest: its strength is the library's matter, not ours."""
    import argon2

    full = argon2.PasswordHasher.__init__.__kwdefaults__, argon2.PasswordHasher.__init__.__defaults__
    argon2.PasswordHasher.__init__.__defaults__ = (1, 8, 1, 16, 8, *(full[1] or ())[5:])
    yield
    argon2.PasswordHasher.__init__.__defaults__ = full[1]


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file to copy from."""
    path = tmp_path_factory.mktemp("empty") / "shop.db"
    db.open_database(str(path))
    schema.migrate(now=shops.NOON)
    db.proxy.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close_database()
    return path


@pytest.fixture(scope="session")
def cluster() -> Iterator[postgres.Cluster]:
    """A running PostgreSQL with a migrated template database."""
    if postgres.binaries() is None:
        reason = "PostgreSQL is not installed"
        if os.environ.get("REGULARS_NO_SKIPS"):
            pytest.fail(reason)
        pytest.skip(reason)
    running = postgres.Cluster(postgres.new_folder())
    try:
        running.start()
        db.open_database(running.create("migrated"))
        schema.migrate(now=shops.NOON)
        db.close_database()
        yield running
    finally:
        running.stop()


@pytest.fixture(params=[pytest.param("sqlite"), pytest.param("postgres", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An open, migrated, empty database on each engine; its address."""
    settings.use(settings.Settings(secret="test secret"))
    if request.param == "sqlite":
        url = str(tmp_path / "shop.db")
        shutil.copy(request.getfixturevalue("empty_sqlite"), url)
        db.open_database(url, durable=False)
    else:
        url = request.getfixturevalue("cluster").create("shop", template="migrated")
        db.open_database(url)
    yield url
    db.close_database()
    limits.forget()


@pytest.fixture
def sqlite(tmp_path: Path, empty_sqlite: Path) -> Iterator[str]:
    """An open, migrated, empty SQLite database; its path."""
    settings.use(settings.Settings(secret="test secret"))
    url = str(tmp_path / "shop.db")
    shutil.copy(empty_sqlite, url)
    db.open_database(url, durable=False)
    yield url
    db.close_database()
    limits.forget()


@pytest.fixture
def shop(engine: str) -> shops.Shop:
    """A small shop on each engine."""
    return shops.open_shop()


@pytest.fixture
def one_shop(sqlite: str) -> shops.Shop:
    """A small shop on SQLite only."""
    return shops.open_shop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, one a module, because its driver keeps an event loop running meanwhile.

    Its tests are skipped by name where it is missing, unless nothing may be skipped.
    """
    missing = [] if Path(CHROMIUM).exists() else [CHROMIUM]
    if find_library("atomic") is None:
        missing.append("libatomic1")  # the driver's own need, which no package names
    if missing:
        reason = f"{' and '.join(missing)} is missing"
        if os.environ.get("REGULARS_NO_SKIPS"):
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        yield running
        running.close()
