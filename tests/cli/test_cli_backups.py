"""`regulars backup` and `regulars restore`, run in this process on a real shop."""

import json
from pathlib import Path

import pytest

from core.base import db
from tests.cli.test_cli_loyalty import Run, ok
from tests.cli.test_cli_loyalty import run as run
from tests.shops import Shop


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "backups"


def newest(run: Run) -> str:
    return str(json.loads(ok(run("backup", "list", "--json")))[0]["file"])


def test_a_backup_is_made_listed_and_examined(run: Run, one_shop: Shop, folder: Path) -> None:
    assert ok(run("backup")).strip() == f"{folder / 'regulars-20260529T040000Z.db'}: 2 MB."
    (told,) = json.loads(ok(run("backup", "list", "--json")))
    assert (told["verified_at"], told["sealed"], told["rows"]["sale"]) == (one_shop.now, "", 0)
    assert "regulars-20260529T040000Z.db   2 MB   0 sales   examined" in ok(run("backup", "list"))
    assert "可以用来恢复" in ok(run("backup", "verify", newest(run), language="zh"))


def test_a_damaged_backup_ends_with_code_one(run: Run, one_shop: Shop) -> None:
    ok(run("backup", "take"))
    Path(newest(run)).write_bytes(b"x")
    looked = run("backup", "verify", newest(run))
    assert (looked.exit_code, "→ Do not restore it." in looked.output) == (1, True)
    assert run("backup", "drill").exit_code == 1


def test_a_drill_says_what_was_tried(run: Run, one_shop: Shop) -> None:
    ok(run("backup", "take"))
    assert ok(run("backup", "drill")) == "regulars-20260529T040000Z.db was restored and is good.\n"


def test_a_restore_says_what_it_did(run: Run, one_shop: Shop) -> None:
    one_shop.product("tea", 1800)
    ok(run("backup", "take"))
    one_shop.sell(one_shop.basket(("tea", 1)))
    refused = run("restore", newest(run))
    assert (refused.exit_code, type(refused.exception).__name__) == (1, "WouldLose")
    said = ok(run("restore", newest(run), "--force")).splitlines()
    assert said[0] == "regulars-20260529T040000Z.db of 2026-05-29 12:00 is in place: 0 members, 0 sales."
    assert said[2] == "Not in it: 1 sales worth ¥18.00, 0 members, 0 moves of value."
    assert said[-1].startswith("Next: `regulars doctor`")
    assert db.value("SELECT count(*) FROM sale") == 0


def test_a_second_place_that_is_missing_is_said(
    run: Run, one_shop: Shop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("REGULARS_BACKUP_COPY_TO", str(tmp_path / "usb"))
    made = run("backup", "take")
    assert (made.exit_code, "there is one copy only" in made.output) == (0, True)
