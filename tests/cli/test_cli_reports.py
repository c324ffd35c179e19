"""`regulars report`, run in this process on a real shop."""

import json
from pathlib import Path

from core.base import db
from core.people import consent
from tests.cli.test_cli_loyalty import Run, ok
from tests.cli.test_cli_loyalty import run as run
from tests.shops import Shop


def test_consents_are_counted_and_listed(run: Run, one_shop: Shop) -> None:
    member = one_shop.member("13800138000")
    consent.grant(member, "marketing", source="till", language="zh", by=one_shop.owner, now=one_shop.now)
    told = json.loads(ok(run("report", "consents", "--json")))
    assert told["purposes"][2] == {"purpose": "marketing", "granted": 1, "withdrawn": 0, "never_asked": 0}
    assert "优惠" in ok(run("report", "consents", language="zh"))
    assert "is written" in ok(run("report", "consents", "--csv"))


def test_reports_are_listed_and_shown_in_four_forms(run: Run, one_shop: Shop) -> None:
    one_shop.product("茶", 1900)
    one_shop.sell(one_shop.basket(("茶", 2)))
    assert "week-hours" in ok(run("report", "list"))
    assert {"id": "cohorts", "title": "Cohorts", "steps": []} in json.loads(ok(run("report", "list", "--json")))
    days = ("--since", "2026-05-01", "--until", "2026-05-31", "--step", "month")
    told = json.loads(ok(run("report", "show", "sales", *days, "--format", "json")))
    assert told["rows"] == [["2026-05", 3800, 1, 3800, 2000, 0, 0]]
    assert told["totals"][1] == 3800
    assert "¥38.00" in ok(run("report", "show", "sales", *days, "--compare", "year"))
    for form in ("csv", "xlsx"):
        assert f".{form} is written" in ok(run("report", "show", "products", *days, "--format", form))


def test_a_month_is_drawn_and_its_goals_are_set(run: Run, one_shop: Shop, tmp_path: Path) -> None:
    page = tmp_path / "may.pdf"
    ok(run("report", "month", "2026-05", "--pdf", str(page)))
    assert page.read_bytes().startswith(b"%PDF")
    ok(run("report", "goal", "2026-05", "takings", "1000"))
    days = ("--since", "2026-05-01", "--until", "2026-05-31")
    assert "¥1,000.00" in ok(run("report", "show", "goals", *days))
    ok(run("report", "goal", "2026-05", "takings", "0"))
    assert "¥1,000.00" not in ok(run("report", "show", "goals", *days))


def test_a_report_is_mailed_listed_and_ended(run: Run, one_shop: Shop) -> None:
    login = str(db.value("SELECT login FROM staff"))
    added = ok(run("report", "mail", "add", "sales", "week", login, "zhou@example.com", "--language", "zh"))
    (one,) = json.loads(ok(run("report", "mail", "list", "--json")))
    assert (one["report"], one["every"], one["address"]) == ("sales", "week", "zhou@example.com")
    assert one["id"] in added and "<zhou@example.com>" in ok(run("report", "mail", "list"))
    ok(run("report", "mail", "end", one["id"]))
    assert json.loads(ok(run("report", "mail", "list", "--json"))) == []
