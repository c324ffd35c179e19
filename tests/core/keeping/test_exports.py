"""Exports: figures bare, formulas harmless, whole files only, people only by who may."""

import os
from pathlib import Path

import pytest

from core.base import settings
from core.base.access import MANAGER
from core.base.errors import NotAllowed
from core.books import audit
from core.keeping import exports
from core.keeping.exports import ExportFailed, Writing
from core.people import staff
from tests.shops import NOON, Shop, open_shop


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings, "_in_use", [settings.Settings(secret="test secret", exports=str(tmp_path / "out"))])
    return tmp_path / "out"


@pytest.mark.parametrize(
    ("shown", "written"),
    [
        ("¥1,234.50", "1234.50"), ("−40", "-40"), ("+120", "120"), ("−¥3.60", "-3.60"), ("12", "12"),
        ("=1+1", "'=1+1"), ("@cmd", "'@cmd"), ("-2+3", "'-2+3"), ("＝1", "'＝1"), ("\tx", "'\tx"),
        ("+447911123456", "'+447911123456"), ("13800138000", "13800138000"), ("王伟芳", "王伟芳"), ("", ""),
    ],
)  # fmt: skip
def test_a_cell_is_a_figure_or_harmless_text(shown: str, written: str) -> None:
    assert exports.safe(shown, "¥") == written


def test_a_file_has_its_name_only_when_it_is_whole(folder: Path) -> None:
    writing = Writing("Sales / all", ("name", "=total"), symbol="¥", now=NOON, zone="Asia/Shanghai")
    writing.add([("桂花拿铁", "¥1,018.00"), ("a,b", "x")])
    assert [path.suffix for path in folder.iterdir()] == [".part"]
    path = writing.finish()
    assert [one.name for one in folder.iterdir()] == [path.name] == ["Sales-all-20260529-120000.csv"]
    assert path.read_bytes() == '\ufeffname,\'=total\r\n桂花拿铁,1018.00\r\n"a,b",x\r\n'.encode()
    assert path.stat().st_mode & 0o077 == 0


def test_giving_up_leaves_nothing(folder: Path) -> None:
    writing = Writing("x", ("a",), symbol="¥", now=NOON, zone="Asia/Shanghai")
    writing.give_up()
    assert list(folder.iterdir()) == []


def test_the_clipboard_gets_tabs() -> None:
    assert exports.as_table([("name", "total"), ("茶", "¥18.00")], "¥") == "name\ttotal\n茶\t18.00\n"


def test_people_go_out_only_by_who_may_and_it_is_noted(engine: str) -> None:
    shop: Shop = open_shop()
    staff.create("lin", "林", "manager", password="long enough", by=shop.owner, now=shop.now)
    manager = staff.actor_of(staff.by_login("lin"))
    assert "export" not in MANAGER
    with pytest.raises(NotAllowed):
        exports.record("Members", 3, personal=True, by=manager, now=shop.now)
    exports.record("Goods", 3, personal=False, by=manager, now=shop.now)
    exports.record("Members", 7, personal=True, by=shop.owner, now=shop.now)
    noted = [row.after for row in audit.newest(by=shop.owner) if row.action == "list.exported"]
    assert noted == ['{"list": "Members", "rows": 7}', '{"list": "Goods", "rows": 3}']


def test_a_folder_that_takes_no_file_is_told_with_the_reason(folder: Path) -> None:
    folder.write_text("a file where the folder should be")
    with pytest.raises(ExportFailed) as refused:  # export_failed
        Writing("x", ("a",), symbol="¥", now=NOON, zone="Asia/Shanghai")
    assert refused.value.sentence().startswith(f"The list was not written to {folder}: File exists.")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_told_and_leaves_nothing(folder: Path) -> None:
    writing = Writing("x", ("a",), symbol="¥", now=NOON, zone="Asia/Shanghai")
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, writing._file.fileno())
    os.close(full)
    with pytest.raises(ExportFailed, match="No space left"):
        writing.add([("x" * 10_000,)] * 10)
    writing.give_up()
    assert list(folder.iterdir()) == []
