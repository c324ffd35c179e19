"""`regulars import`, run in this process on a real shop."""

import json
from pathlib import Path

import pytest

from core.base import settings
from core.keeping.movein import moving
from core.people import cards, credentials
from tests.cli.test_cli_loyalty import Run, ok
from tests.cli.test_cli_loyalty import run as run
from tests.movers import balances, looked, text
from tests.shops import Shop

LINES = "会员资料,,,\n姓名,手机号,积分,鞋码\n王小明,13800138000,120,42\n李雷,1380013,5,40\n韩梅梅,13800138000,,\n"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three rows: one good, one with a fault, one twice."""
    monkeypatch.setenv("REGULARS_EXPORTS", str(tmp_path / "out"))
    return text(tmp_path, LINES)


def test_a_file_is_looked_at_and_nothing_is_written(run: Run, one_shop: Shop, file: Path) -> None:
    said = ok(run("import", "members", str(file), "--dry-run"))
    assert "old.csv: 3 rows, utf-8." in said
    assert ["手机号", "→", "phone", "(phone)", "13800138000"] in [line.split() for line in said.splitlines()]
    assert ["鞋码", "→", "left", "aside", "42"] in [line.split() for line in said.splitlines()]
    assert "✗ 1 × This is no phone number." in said
    assert "row 4, 手机号: “1****3”" in said
    assert len(list(Path(settings.current().exports).glob("*.csv"))) == 2
    assert json.loads(ok(run("import", "list", "--json"))) == []


def test_members_move_in_and_out_again(run: Run, one_shop: Shop, file: Path) -> None:
    said = ok(run("import", "members", str(file), "--map", "鞋码=note", "--yes"))
    assert [line.split() for line in said.splitlines()[-2:]] == [["members", "1", "1"], ["points", "120", "120"]]
    assert balances()["points"] == 120
    assert credentials.by_phone("13800138000", now=one_shop.now)
    (told,) = json.loads(ok(run("import", "list", "--json")))
    assert (told["state"], told["outcomes"]) == ("done", {"new": 1, "double": 1, "faulty": 1})
    assert "完成" in ok(run("import", "list", language="zh"))
    again = run("import", "members", str(file), "--yes")
    assert type(again.exception).__name__ == "ImportedAlready"
    assert "1 were taken back, 0 stay." in ok(run("import", "undo", told["id"], "--yes"))
    assert balances()["points"] == 0


def test_products_and_past_sales_move_in(run: Run, one_shop: Shop, file: Path, tmp_path: Path) -> None:
    goods = text(tmp_path, "名称,货号,价格,库存\n乌龙茶,T1,18.00,5\n", "goods.csv")
    assert "products" in ok(run("import", "products", str(goods), "--yes"))
    ok(run("import", "members", str(file), "--yes"))
    sales = text(tmp_path, "小票号,日期,手机号,商品,金额\n1,2026/5/1,13800138000,乌龙茶,18\n", "sales.csv")
    assert ["takings", "¥18.00", "¥18.00"] in [
        line.split() for line in ok(run("import", "sales", str(sales), "--yes")).splitlines()
    ]


def test_wrong_use_is_told(run: Run, one_shop: Shop, file: Path) -> None:
    assert "Write --map as" in run("import", "members", str(file), "--map", "note").output
    assert "was broken off" in run("import", "members", str(file), "--resume").output
    refused = run("import", "members", str(file), "--sheet", "2", "--encoding", "klingon")
    assert type(refused.exception).__name__ == "EncodingUnknown"


def test_it_asks_before_it_writes(run: Run, one_shop: Shop, file: Path) -> None:
    asked = run("import", "members", str(file))
    assert (asked.exit_code, "Bring in 1 rows now?" in asked.output) == (1, True)
    assert balances() == {}


def test_an_import_that_was_broken_off_goes_on_as_it_was_begun(run: Run, one_shop: Shop, file: Path) -> None:
    found = looked(one_shop, file, 鞋码="note")
    moving.begin(found, by=one_shop.owner, now=one_shop.now)
    assert type(run("import", "members", str(file), "--yes").exception).__name__ == "ImportUnfinished"
    assert "not finished" in ok(run("import", "list"))
    assert "is done" in ok(run("import", "members", str(file), "--resume", "--yes"))
    member = credentials.by_phone("13800138000", now=one_shop.now) or 0
    assert cards.card(member, by=one_shop.owner, now=one_shop.now).note == "42"
