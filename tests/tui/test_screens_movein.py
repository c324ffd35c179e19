"""Moving in from the back-office: a file is chosen, its columns set right, looked through, brought in, taken back."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from core.base import db, settings
from core.keeping.movein import batches, files
from core.keeping.movein.files import FileGone
from tests.shops import Shop, open_shop
from tests.tui.office import SIZES, lines, notices, widths
from tests.tui.shopfront import LANGUAGES, opened, pressed, screen, typed
from tui.screens.movein import MoveInPage

OLD = "\n".join(
    [
        "手机,姓名,积分,储值余额,暗号",
        "13812042046,王伟,120,50.00,甲",
        "13812042047,李娜,80,0,乙",
        "13812042047,李娜,80,0,乙",
        "12345,坏行,5,0,丙",
    ]
)


@pytest.fixture
def shop(database: Path, tmp_path: Path) -> Shop:
    (tmp_path / "in").mkdir()
    places = {"exports": str(tmp_path / "out"), "imports": str(tmp_path / "in")}
    settings.use(replace(settings.Settings(secret="test secret"), **places))
    (tmp_path / "in" / "旧系统.csv").write_bytes(OLD.encode("gb18030"))
    return open_shop()


def members() -> int:
    return int(db.value("SELECT count(*) FROM member WHERE state = 'active'"))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_of_the_way_fits_the_screen(shop: Shop, language: str, size: tuple[int, int]) -> None:
    async def body() -> None:
        async with opened(shop, MoveInPage, language=language, size=size) as (app, pilot):
            await pressed(pilot, "n")
            assert widths(app) == {size[0]} and "旧系统.csv" in screen(app)
            await typed(pilot, "", "", "", "")
            assert widths(app) == {size[0]} and "gb18030" in screen(app)
            await pressed(pilot, "l")
            assert widths(app) == {size[0]} and "¥50.00" in screen(app)

    asyncio.run(body())


def test_a_file_is_brought_in_and_taken_back(shop: Shop, tmp_path: Path) -> None:
    before = members()

    async def body() -> None:
        async with opened(shop, MoveInPage) as (app, pilot):
            await pressed(pilot, "n")
            await typed(pilot, "", "", "", "")
            assert any("暗号" in line and "left aside" in line for line in lines(app))
            await pressed(pilot, "l")
            assert any("new" in line and " 2" in line for line in lines(app))
            await pressed(pilot, "w")
            assert "are written." in notices(app)[-1]
            await pressed(pilot, "b", "y")
            assert "points: 200 = 200" in screen(app)
            await pressed(pilot, "enter")
            assert any("旧系统.csv" in line and "done" in line for line in lines(app))
            await pressed(pilot, "u", "y")
            assert notices(app)[-1] == "All 2 are taken back."

    asyncio.run(body())
    (one,) = batches.listing(by=shop.owner)
    assert (one.state, members() - before) == ("undone", 0)
    assert len(list((tmp_path / "out").iterdir())) == 2


def test_a_column_is_taken_for_something_else(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, MoveInPage) as (app, pilot):
            await pressed(pilot, "n")
            await typed(pilot, "", "", "", "")
            await pressed(pilot, "down", "down", "enter")
            assert "points expire on" in screen(app)
            await pressed(pilot, "home", "enter")
            assert any("积分" in line and "left aside" in line for line in lines(app))
            await pressed(pilot, "l")
            assert not any("they bring: points" in line for line in lines(app))
            await pressed(pilot, "escape", "d", "right", "enter")
            assert "A day like 03/04/2024 is taken as: day, month, year." in screen(app)

    asyncio.run(body())


def test_an_empty_folder_says_where_files_go(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "in" / "旧系统.csv").unlink()

    async def body() -> None:
        async with opened(shop, MoveInPage) as (app, pilot):
            await pressed(pilot, "n")
            assert f"No file lies in {tmp_path / 'in'}." in notices(app)[-1]

    asyncio.run(body())


def test_only_files_of_the_folder_can_be_named(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("手机\n13812042046\n", "utf-8")
    (tmp_path / "in" / "link.csv").symlink_to(tmp_path / "secret.csv")
    assert [one.name for one in files.waiting(by=shop.owner)] == ["旧系统.csv"]
    for name in ("../secret.csv", "link.csv", str(tmp_path / "secret.csv")):
        with pytest.raises(FileGone):
            files.path_of(name, by=shop.owner)
