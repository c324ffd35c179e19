"""After an update of the program: first a copy, then the tables, then the doctor; and the way back is said."""

import random
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from core.base import db, i18n, settings
from core.base.i18n import Text
from core.keeping import upgrading
from core.keeping.upgrading import Copy, CopyUnfit, UpgradeNotBegun, UpgradeStopped
from core.tables import fingerprint, schema
from core.tables.schema import DatabaseTooNew
from tests.core.tables import furnish
from tests.faults import doors
from tests.shops import NOON, Shop

STEPS = [number for number, _name, _path in schema.steps()]
BEFORE = 21
"""The step the old database is at; segments came with step 23."""


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with i18n.use("en"):
        yield


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A database some steps behind, with rows in it."""
    settings.use(settings.Settings(secret="test secret"))
    db.open_database(str(tmp_path / "shop.db"), durable=False)
    with monkeypatch.context() as patch:
        steps = furnish.upto(BEFORE)
        patch.setattr(schema, "steps", lambda: steps)
        schema.migrate(now=NOON)
    furnish.fill(["store", "staff"], random.Random(1))
    yield tmp_path
    db.close_database()


def upgrade(folder: Path, said: list[Text]) -> upgrading.Upgraded:
    return upgrading.upgrade(folder, take=partial(upgrading.beside, now=NOON), now=NOON, tell=said.append)


def test_copy_then_tables_then_doctor(old: Path) -> None:
    said: list[Text] = []
    done = upgrade(old / "backups", said)
    assert (done.before, len(done.applied), schema.level()) == (BEFORE, STEPS[-1] - BEFORE, STEPS[-1])
    assert fingerprint.differences() == []
    assert done.copy is not None and done.copy.path.stat().st_mode & 0o777 == 0o600
    assert [str(one).strip()[:2] for one in said] == ["1.", str(done.copy.path)[:2], "2.", "3."]
    assert str(done.copy.way_back).endswith(f"put {done.copy.path} in the place of {old / 'shop.db'}.")
    assert not list(old.glob("*.before-*"))


def test_the_way_back_leads_back(old: Path) -> None:
    done = upgrade(old / "backups", [])
    assert done.copy is not None
    db.open_database(str(done.copy.path))
    assert (schema.level(), db.value("SELECT count(*) FROM staff")) == (BEFORE, 2)


def test_without_a_copy_nothing_is_changed(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(folder: Path) -> Copy:
        raise CopyUnfit(path="x", problem="malformed")

    with pytest.raises(UpgradeNotBegun) as refusal:
        upgrading.upgrade(old, take=none, now=NOON, tell=lambda _text: None)
    assert "(the copy x is not good: malformed), so nothing was changed" in refusal.value.sentence()
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": 1000}))
    with pytest.raises(UpgradeNotBegun, match="The disk is full"):
        upgrade(old / "backups", [])
    assert schema.level() == BEFORE


def test_a_step_that_fails_says_how_far_it_came_and_the_way_back(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    db.atomic(lambda: db.run("CREATE TABLE segment (id INTEGER)"))()
    with pytest.raises(UpgradeStopped) as refusal:
        upgrade(old / "backups", [])
    sentence = refusal.value.sentence()
    assert sentence.startswith(f"The update stopped at step {schema.level()} of {STEPS[-1]} (OperationalError)")
    assert "put " in sentence and schema.level() < STEPS[-1]
    db.atomic(lambda: db.run("DROP TABLE segment"))()
    assert upgrade(old / "backups", []).applied
    assert fingerprint.differences() == []


def test_up_to_date_there_is_nothing_to_copy(shop: Shop, tmp_path: Path) -> None:
    said: list[Text] = []
    done = upgrade(tmp_path / "backups", said)
    assert (done.copy, done.applied, done.found, len(said)) == (None, (), (), 2)


def test_a_newer_database_is_left_alone(one_shop: Shop, tmp_path: Path) -> None:
    db.atomic(lambda: db.add("migration", number=9999, name="later", hash="x", at=1))()
    with pytest.raises(DatabaseTooNew):
        upgrade(tmp_path, [])


def test_on_postgresql_the_copy_is_a_dump(shop: Shop, tmp_path: Path) -> None:
    made = upgrading.beside(tmp_path, now=NOON)
    assert made.path.suffix == (".db" if db.is_sqlite() else ".dump")
    assert made.path.stat().st_size > 10_000
    assert db.is_sqlite() or made.path.read_bytes().startswith(b"PGDMP")


def test_the_command_says_each_step(tmp_path: Path, empty_sqlite: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = doors.open_folder(tmp_path / "shop", empty_sqlite)
    told = doors.command(folder, "upgrade", monkeypatch=monkeypatch)
    assert "The tables are up to date" in told.said and "3. The doctor" in told.said
    assert (told.code, told.said.count("✗"), "There is no backup of this shop." in told.said) == (1, 1, True)
