"""`regulars source` and `regulars cards`, run in this process on a real shop."""

import json
from pathlib import Path

import pytest

from core.people import members, sources
from core.people.members import Joining
from tests.cli.test_cli_loyalty import Run, ok
from tests.cli.test_cli_loyalty import run as run
from tests.shops import Shop


@pytest.fixture(autouse=True)
def online(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shop has a public address."""
    monkeypatch.setenv("REGULARS_PUBLIC_URL", "https://vip.example.cn")


def test_a_link_is_made_listed_and_ended(run: Run, one_shop: Shop) -> None:
    link, url = ok(run("source", "add", "窗口海报", "--kind", "poster", "--budget", "5")).split()
    assert url.startswith("HTTPS://VIP.EXAMPLE.CN/Q/")
    member = Joining(link_id=int(link))
    members.join(member, by=one_shop.owner, now=one_shop.now)
    (told,) = json.loads(ok(run("source", "list", "--json")))
    assert (told["id"], told["joined"], told["daily_budget"], told["state"]) == (link, 1, 5, "running")
    assert "已消费 0 人" in ok(run("source", "list", language="zh"))
    ok(run("source", "budget", link, "7"))
    ok(run("source", "end", link))
    assert "ended" in ok(run("source", "list"))
    assert sources.get(int(link), by=one_shop.owner).daily_budget == 7


def test_a_link_of_a_staff_member_has_days(run: Run, one_shop: Shop) -> None:
    ok(
        run(
            "source",
            "add",
            "周丽",
            "--kind",
            "staff",
            "--staff",
            "owner",
            "--from",
            "2026-06-01",
            "--until",
            "2026-06-30",
        )
    )
    (told,) = json.loads(ok(run("source", "list", "--json")))
    assert (told["staff"], told["state"], told["daily_budget"]) == ("周丽", "coming", 30)
    refused = run("source", "add", "x", "--kind", "staff")
    assert (refused.exit_code, type(refused.exception).__name__) == (1, "SourceInvalid")


def test_a_poster_is_written(run: Run, one_shop: Shop, tmp_path: Path) -> None:
    link = ok(run("source", "add", "window")).split()[0]
    out = tmp_path / "poster.pdf"
    assert "is written" in ok(run("source", "poster", link, "--out", str(out), "--language", "en"))
    assert out.read_bytes()[:5] == b"%PDF-"
    refused = run("source", "poster", link, "--out", str(tmp_path / "none" / "poster.pdf"))
    assert (refused.exit_code, "No such file" in refused.output) == (1, True)


def test_cards_are_made_printed_and_declared_void(run: Run, one_shop: Shop, tmp_path: Path) -> None:
    batch = ok(run("cards", "make", "12")).strip()
    out = tmp_path / "cards.pdf"
    ok(run("cards", "sheet", batch, "--out", str(out)))
    assert out.read_bytes().count(b"/Type /Page\n") == 2
    assert "12 cards are void." in ok(run("cards", "void", batch))
    assert "blank 0   used 0   void 12" in ok(run("cards", "list"))
    assert json.loads(ok(run("cards", "list", "--json")))[0]["id"] == batch
