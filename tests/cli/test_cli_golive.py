"""`regulars checklist`, `regulars practice` and `regulars launch-kit`, run in this process on a real shop."""

import json
from pathlib import Path

import pytest

from core.base import settings
from core.base.settings import Settings
from core.keeping import practice
from tests.cli.test_cli_loyalty import Run, ok
from tests.cli.test_cli_loyalty import run as run
from tests.shops import Shop


def test_the_checklist_says_what_is_done_and_how_the_rest_is(run: Run, one_shop: Shop) -> None:
    one_shop.product("tea", 1800)
    said = ok(run("checklist")).splitlines()
    assert "✓ Products to sell: 1 for sale" in said
    first_sale = said.index("· The first sale: not yet")
    assert said[first_sale + 1] == "  → Till (F3): type a product, ctrl+t, Enter."
    assert said[-1] == "3 of 18 done."
    assert "✓ 在售商品: 在售 1 种" in ok(run("checklist", language="zh")).splitlines()


def test_a_step_is_left_as_it_is_at_the_command_line(run: Run, one_shop: Shop) -> None:
    told = {one["id"]: one for one in json.loads(ok(run("checklist", "--confirm", "members", "--json")))}
    assert (told["members"]["done"], told["members"]["confirmed"]) == (True, True)
    assert (told["sales"]["done"], told["sales"]["can_be_confirmed"]) == (False, False)
    told = {one["id"]: one for one in json.loads(ok(run("checklist", "--withdraw", "members", "--json")))}
    assert told["members"]["done"] is False
    refused = run("checklist", "--confirm", "sales")
    assert (refused.exit_code, type(refused.exception).__name__) == (1, "NothingToConfirm")


def test_a_copy_to_practise_on_is_opened_and_deleted_by_its_own_folder_only(
    run: Run, one_shop: Shop, sqlite: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ok(run("practice", "--end")).strip() == "There is no copy."
    shop = Settings(database=sqlite, secret="test secret")
    settings.use(shop)
    practice.make(practice.place_of(shop), shop, now=one_shop.now)
    monkeypatch.setenv("REGULARS_PRACTICE", "1")
    assert type(run("rule", "list").exception).__name__ == "NotForPractice"
    monkeypatch.setenv("REGULARS_PRACTICE", "0")
    monkeypatch.setenv("REGULARS_DATABASE", str(practice.place_of(shop) / "practice.db"))
    assert type(run("rule", "list").exception).__name__ == "NotTheRealShop"
    monkeypatch.setenv("REGULARS_DATABASE", sqlite)
    assert ok(run("practice", "--end")).strip() == "The copy is deleted."


def test_a_launch_kit_is_written_in_the_shops_language(
    run: Run, one_shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGULARS_PUBLIC_URL", "https://vip.example.cn")
    out = tmp_path / "kit"
    assert ok(run("launch-kit", str(out))).count("is written") == 4
    assert b"(zh-CN)" in (out / "counter-card.pdf").read_bytes()
    ok(run("launch-kit", str(out), "--language", "en"))
    assert b"(en)" in (out / "counter-card.pdf").read_bytes()
    assert len(json.loads(ok(run("source", "list", "--json")))) == 3


def test_the_card_for_the_till_is_written_in_the_shops_language(run: Run, one_shop: Shop, tmp_path: Path) -> None:
    out = tmp_path / "card.pdf"
    assert ok(run("till-card", str(out))) == f"{out} is written.\n"
    assert b"(zh-CN)" in out.read_bytes()
    ok(run("till-card", str(out), "--language", "en"))
    assert b"(en)" in out.read_bytes()
    assert run("till-card", str(tmp_path / "nowhere" / "card.pdf")).exit_code == 1
