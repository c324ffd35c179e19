"""Statement, liability and lottery at the command line, run in this process on a real shop."""

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import regulars
from core.base import clock, db, i18n
from core.base.clock import DAY, Millis
from core.giving import draws, lottery
from core.giving.lottery import LotteryTerms, PrizeTerms
from core.loyalty import statement
from tests.shops import Shop

Run = Callable[..., Result]
TODAY = date(2026, 5, 29)


@pytest.fixture
def run(one_shop: Shop, sqlite: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command on the shop of this test, its clock at the shop's noon."""
    folder = Path(sqlite).parent
    monkeypatch.setenv("REGULARS_DATABASE", sqlite)
    monkeypatch.setenv("REGULARS_SECRET", "test secret")

    def invoke(*arguments: str, day: int = 0, language: str = "en") -> Result:
        with i18n.use(language), clock.set_to(one_shop.now + day * DAY):
            try:
                return CliRunner().invoke(regulars.cli, ["--folder", str(folder), *arguments])
            finally:
                db.open_database(sqlite, durable=False)

    return invoke


def ok(result: Result) -> str:
    assert result.exit_code == 0, (result.output, result.exception)
    return result.output


@pytest.fixture
def ann(one_shop: Shop) -> int:
    """Ann: 300 points, a tea of 18.00 and 100.00 stored."""
    one_shop.product("tea", 1800)
    member = one_shop.member("13800138000", name="Ann")
    one_shop.give_points(member, 300)
    one_shop.sell(one_shop.basket(("tea", 1), member=member))
    one_shop.top_up(member, 10_000)
    return member


def test_a_statement_in_both_languages(run: Run, ann: int) -> None:
    said = ok(run("statement", "Ann")).splitlines()
    assert said[0].split() == [str(ann), "Ann", "+8613800138000"]
    assert [line.split()[2:] for line in said[1:]] == [
        ["paid", "in", "¥100.00", "¥100.00", "with", "a", "top-up", said[1].split()[-1]],
        ["points", "18", "318", "earned", said[2].split()[-1]],
        ["points", "300", "300", "adjusted", "test"],
    ]
    assert "获得" in ok(run("statement", "Ann", "--asset", "points", language="zh"))
    assert len(ok(run("statement", str(ann), "--limit", "1")).splitlines()) == 2


def test_a_statement_for_programs(run: Run, ann: int) -> None:
    shown = json.loads(ok(run("statement", str(ann), "--asset", "points", "--json")))
    assert shown == [asdict(line) for line in statement.of(ann, "points")]


def test_a_member_must_be_named_clearly(run: Run, ann: int, one_shop: Shop) -> None:
    one_shop.member(name="Ann")
    several = run("statement", "Ann")
    assert (several.exit_code, f"{ann} (Ann)" in several.output) == (2, True)
    nobody = run("statement", "Zoe")
    assert type(nobody.exception).__name__ == "MemberUnknown"


def test_what_is_owed(run: Run, ann: int) -> None:
    said = ok(run("liability"))
    assert "points: 318 (nothing has lapsed yet)" in said
    assert "paid in: ¥100.00" in said
    assert "does not expire" in said
    shown = json.loads(ok(run("liability", "--json")))
    assert {one["asset"]: one["amount"] for one in shown["totals"]} == {"points": 318, "principal": 10_000, "bonus": 0}
    assert sum(one["amount"] for one in shown["rows"] if one["asset"] == "points") == 318


@pytest.fixture
def drawn(one_shop: Shop, ann: int) -> lottery.Lottery:
    """Five draws of one day."""
    terms = LotteryTerms(cost_points=10, tries_day=0, first_on=TODAY, last_on=TODAY)
    prizes = (PrizeTerms(name="5", kind="points", odds_ppm=300_000, points=5),)
    made = lottery.create("wheel", terms, prizes, by=one_shop.owner, now=one_shop.now)
    for number in range(5):
        draws.draw(ann, made, f"word {number}", proved=True, by=one_shop.owner, now=Millis(one_shop.now + number))
    return lottery.get(made)


def test_a_lottery_is_published_and_checked_by_an_outsider(run: Run, drawn: lottery.Lottery, tmp_path: Path) -> None:
    assert drawn.commitment in ok(run("lottery", "list"))
    out = tmp_path / "list.json"
    assert "lottery verify" in ok(run("lottery", "publish", str(drawn.id), "--out", str(out), day=1))
    before = ["--commitment", drawn.commitment.upper()]
    assert ok(run("lottery", "verify", str(out), *before)).startswith("5 draws fit.")
    assert run("lottery", "verify", str(out), "--commitment", "00").exit_code == 1
    published = json.loads(out.read_text())
    published["draws"][2]["number"] = (published["draws"][2]["number"] + 1) % 1_000_000
    out.write_text(json.dumps(published))
    changed = run("lottery", "verify", str(out))
    assert (changed.exit_code, changed.output.split()[:2]) == (1, ["2026-05-29", "3"])


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"seeds": 1}', '"x"'])
def test_what_is_no_list_is_refused(run: Run, tmp_path: Path, text: str) -> None:
    file = tmp_path / "list.json"
    file.write_text(text)
    assert run("lottery", "verify", str(file)).exit_code == 2


def test_the_list_is_checked_without_a_shop(tmp_path: Path, drawn: lottery.Lottery, one_shop: Shop) -> None:
    file = tmp_path / "list.json"
    file.write_text(json.dumps(lottery.published(drawn.id, now=Millis(one_shop.now + DAY))))
    nowhere = tmp_path / "nowhere"
    done = CliRunner().invoke(regulars.cli, ["--folder", str(nowhere), "lottery", "verify", str(file)])
    assert (done.exit_code, nowhere.exists()) == (0, False)
