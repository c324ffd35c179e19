"""Everything goes out: one file a kind, harmless in a spreadsheet, with a page that says what each column is."""

import csv
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from core.base.errors import NotAllowed
from core.base.i18n import use
from core.goods import stock
from core.keeping import everything
from core.keeping.everything import README
from core.keeping.exports import ExportFailed
from core.keeping.sheetlist import SHEETS
from core.people import members, tags
from tests.cli.test_cli_loyalty import Run, ok
from tests.cli.test_cli_loyalty import run as run
from tests.shops import Shop


@pytest.fixture
def shop(shop: Shop) -> Shop:
    """Ann bought a tea; her note begins like a formula."""
    shop.product("tea", 1800, sku="T1")
    stock.receive(shop.store, shop.products["tea"], 5_500, by=shop.owner, now=shop.now)
    ann = shop.member("13800138000", name="Ann")
    members.set_note(ann, note="=HYPERLINK(1)", alert="", by=shop.owner, now=shop.now)
    tags.set_tags(ann, ["vip"], by=shop.owner, now=shop.now)
    shop.sell(shop.basket(("tea", 1), member=ann))
    shop.top_up(ann, 10_000)
    return shop


def sheet(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_everything_is_written_with_its_units(shop: Shop, tmp_path: Path) -> None:
    out = tmp_path / "out"
    written = everything.write_all(out, by=shop.owner, now=shop.now)
    assert [one.name for one in written] == [f"{one.name}.csv" for one in SHEETS]
    (ann,) = sheet(out, "members")
    assert ann | {
        "name": "Ann", "phone": "13800138000", "note": "'=HYPERLINK(1)", "tags": "vip", "points": "18",
        "principal": "100.00", "net_spend": "18.00", "last": "2026-05-29",
    } == ann  # fmt: skip
    assert [(row["total"], row["business_day"], row["at"]) for row in sheet(out, "sales")] == [
        ("18.00", "2026-05-29", "2026-05-29 12:00:00"), ("100.00", "2026-05-29", "2026-05-29 12:00:00"),
    ]  # fmt: skip
    assert [(row["product"], row["quantity"]) for row in sheet(out, "stock")] == [("tea", "4.5")]
    assert [(row["asset"], row["remaining"]) for row in sheet(out, "balances")] == [
        ("points", "18"),
        ("principal", "10000"),
    ]
    assert {row["purpose"] for row in sheet(out, "consents")} == {"membership"}


def test_only_the_owner_can_read_the_files(one_shop: Shop, tmp_path: Path) -> None:
    everything.write_all(tmp_path / "out", by=one_shop.owner, now=one_shop.now)
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "out").iterdir()} == {0o600}


def test_a_page_names_every_column_in_both_languages(one_shop: Shop, tmp_path: Path) -> None:
    for language, said in (("en", "points held"), ("zh", "现有积分")):
        with use(language):
            everything.write_all(tmp_path / language, by=one_shop.owner, now=one_shop.now)
        page = (tmp_path / language / README).read_text("utf-8-sig")
        assert f"points: {said}" in page
        assert all(f"\n    {everything.header(column)}" in page for one in SHEETS for column in one.columns)


def test_everything_needs_the_right_and_room(one_shop: Shop, tmp_path: Path) -> None:
    clerk = replace(one_shop.owner, rights=frozenset({"reports"}))
    with pytest.raises(NotAllowed):
        everything.write_all(tmp_path / "out", by=clerk, now=one_shop.now)
    assert not (tmp_path / "out").exists()
    (tmp_path / "file").write_text("")
    with pytest.raises(ExportFailed):
        everything.write_all(tmp_path / "file", by=one_shop.owner, now=one_shop.now)


def test_everything_at_the_command_line(run: Run, one_shop: Shop, tmp_path: Path) -> None:
    said = ok(run("export", "all", str(tmp_path / "out"))).splitlines()
    assert len(said) == len(SHEETS) + 1
    assert said[0].split() == ["0", "members.csv"]
