"""`regulars message` and `regulars suppress`, run in this process on a real shop."""

import json
from pathlib import Path

from core.base import clock
from core.outreach import templates
from tests.cli.test_cli_loyalty import Run, ok
from tests.cli.test_cli_loyalty import run as run
from tests.shops import Shop


def test_a_preview_names_parts_cost_and_faults(run: Run, one_shop: Shop) -> None:
    ok(run("message", "rate", "CN", "sms", "0.05"))
    assert ok(run("message", "rates")).strip() == "CN  sms       0.05 CNY"
    shown = ok(run("message", "preview", "winback"))
    assert "好久不见" in shown
    assert "costs 0.05 CNY" in shown
    bad = run("message", "preview", "winback", "--body", "好久不见，{nmae}", "--json")
    assert bad.exit_code == 1
    assert [one["code"] for one in json.loads(bad.output)["findings"]] == ["unknown_field", "sign", "opt_out"]


def test_all_wordings_are_looked_over(run: Run, one_shop: Shop) -> None:
    assert "Wordings with an error: 0" in ok(run("message", "lint"))
    templates.reword("winback", "zh", "快来！", by=one_shop.owner, now=one_shop.now)
    found = run("message", "lint", language="zh")
    assert found.exit_code == 1
    assert "错误" in found.output


def test_versions_are_listed_and_brought_back(run: Run, one_shop: Shop) -> None:
    first = templates.reword("winback", "zh", "【{shop}】一{stop}", by=one_shop.owner, now=one_shop.now)
    templates.reword("winback", "zh", "【{shop}】二{stop}", by=one_shop.owner, now=one_shop.now)
    ok(run("message", "back", str(first)))
    listed = ok(run("message", "wordings", "winback")).splitlines()
    assert [line.rpartition("】")[2] for line in listed] == ["一{stop}", "二{stop}", "一{stop}"]
    assert "as delivered" in ok(run("message", "wordings"))


def test_costs_are_listed_by_month(run: Run, one_shop: Shop) -> None:
    year = clock.day_of(clock.now(), "Asia/Shanghai").year
    assert (
        json.loads(ok(run("message", "costs", "--from", f"{year}-01-01", "--until", f"{year}-12-31", "--json"))) == []
    )


def test_addresses_are_shut_out_found_and_let_in_again(run: Run, one_shop: Shop, tmp_path: Path) -> None:
    ok(run("suppress", "add", "13800138000", "--offers-only"))
    assert "already" in ok(run("suppress", "add", "13800138000"))
    assert "nothing at all" in ok(run("suppress", "find", "+8613800138000"))
    numbers = tmp_path / "list.txt"
    numbers.write_text("13900139000\nnobody\n", "utf-8")
    listed = ok(run("suppress", "import", str(numbers)))
    assert "new 1   known 0" in listed
    assert "Not read, lines: 2" in listed
    assert "13900139000" not in ok(run("suppress", "list"))
    ok(run("suppress", "release", "13800138000", "--reason", "asked at the till"))
    assert "may be written to" in ok(run("suppress", "find", "13800138000"))
