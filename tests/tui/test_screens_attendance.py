"""Attendance, commission, conduct and who served, in the back-office."""

import asyncio
from datetime import date
from pathlib import Path

import pytest

from core.base import db, settings
from core.base.access import Actor
from core.base.clock import HOUR, Millis
from core.keeping import opening
from core.people import attendance, badges, corrections, owncards, staff
from core.selling import commission
from core.selling.earnings import CommissionTerms
from tests.shops import Shop, open_shop
from tests.tui.office import SIZES, lines, notices, widths
from tests.tui.shopfront import LANGUAGES, opened, pressed, screen, settled, typed
from tui.app import BackOffice
from tui.screens.attendancepage import AttendancePage, NothingToCorrect
from tui.screens.commissionpage import CommissionPage, StatementPage
from tui.screens.conductpage import ConductPage
from tui.screens.member import MemberPage
from tui.screens.serving import SharesDoNotAddUp
from tui.screens.staff import StaffPage
from tui.screens.till import TillPage

DAY = date(2026, 5, 29)


@pytest.fixture
def shop(database: Path) -> Shop:
    shop = open_shop()
    shop.product("珍珠奶茶", 1800)
    return shop


def hire(shop: Shop, login: str, role: str = "clerk", *, stores: tuple[int, ...] = ()) -> Actor:
    new = staff.create(login, login, role, password="correct horse", stores=stores, by=shop.owner, now=shop.now)
    return staff.actor_of(new)


def toast(app: BackOffice) -> str:
    return " ".join(map(str, notices(app)))


def test_one_key_comes_and_goes(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, AttendancePage, by=hire(shop, "xiaowu")) as (app, pilot):
            assert "Nobody is in" in screen(app)
            await pressed(pilot, "i")
            assert "xiaowu" in screen(app) and "You are in since 13:00." in toast(app)
            await pressed(pilot, "ctrl+p", *"come / go", "enter")
            assert "You are out. Worked 0:00 today." in toast(app)

    asyncio.run(body())
    assert [way for (way,) in db.rows("SELECT way FROM punch ORDER BY id")] == ["in", "out"]


def test_who_has_no_store_is_told(shop: Shop) -> None:
    other = opening.add_store("静安寺店", zone="Asia/Shanghai", by=shop.owner, now=shop.now)
    clerk = hire(shop, "xiaowu", stores=(other,))
    db.atomic(lambda: db.run("UPDATE store SET closed_at = 1 WHERE id = ?", (other,)))()

    async def body() -> None:
        async with opened(shop, AttendancePage, by=clerk) as (app, pilot):
            await pressed(pilot, "i")
            assert "No store of yours is open." in toast(app)

    asyncio.run(body())


def test_a_forgotten_going_is_asked_for_and_agreed_to(shop: Shop) -> None:
    clerk = hire(shop, "xiaowu")
    attendance.punch(shop.store, by=clerk, now=Millis(shop.now - 27 * HOUR))

    async def ask() -> None:
        async with opened(shop, AttendancePage, by=clerk) as (app, pilot):
            await pressed(pilot, "2")
            assert "going is missing" in screen(app) and "09:00–?" in screen(app)
            await pressed(pilot, "c", "enter", "enter")
            await typed(pilot, "", "", "forgot")
            assert NothingToCorrect().sentence()[:50] in screen(app)
            await typed(pilot, "17:30", "", "")
            assert "It waits for a manager's yes." in toast(app)
            await pressed(pilot, "3", "a")
            assert "approve" in toast(app)

    async def agree() -> None:
        async with opened(shop, AttendancePage) as (app, pilot):
            await pressed(pilot, "3")
            assert "Why: forgot" in screen(app)
            await pressed(pilot, "a", "2")
            assert "8:30" in screen(app) and "missing" not in screen(app)
            assert f"{clerk.name} in this week: 8:30" in screen(app)

    asyncio.run(ask())
    asyncio.run(agree())
    assert corrections.waiting(by=shop.owner) == []


@pytest.mark.parametrize("page", [AttendancePage, CommissionPage, StatementPage, ConductPage])
@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_of_the_staff_fit_the_smallest_screen(shop: Shop, page: type[AttendancePage], language: str) -> None:
    commission.create("全部商品 3%", CommissionTerms(rate_bp=300), from_day=DAY, by=shop.owner, now=shop.now)
    shop.sell(shop.basket(("珍珠奶茶", 2)))
    attendance.punch(shop.store, by=shop.owner, now=shop.now)

    async def body() -> None:
        async with opened(shop, page, language=language, size=SIZES[0]) as (app, pilot):
            assert widths(app) == {SIZES[0][0]} and notices(app) == []
            if page is AttendancePage:
                await pressed(pilot, "2")
                assert widths(app) == {SIZES[0][0]} and "12:00–…" in screen(app)
            if page is StatementPage:
                assert "¥1.08" in screen(app)

    asyncio.run(body())


def test_a_rule_is_made_and_ended(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, CommissionPage) as (app, pilot):
            await pressed(pilot, "n")
            await typed(pilot, "tea 3 %", "", "", "", "3", "", "", "")
            assert "3.00 %" in next(line for line in lines(app) if "tea 3 %" in line)
            await pressed(pilot, "x")
            await typed(pilot, "", "")
            assert "05-29" in next(line for line in lines(app) if "tea 3 %" in line)

    asyncio.run(body())
    (row,) = commission.listing(by=shop.owner, now=shop.now)
    assert row.version.terms == CommissionTerms(rate_bp=300)


def test_two_share_the_counter(shop: Shop) -> None:
    clerk = hire(shop, "xiaowu")

    async def body() -> None:
        async with opened(shop, TillPage) as (app, pilot):
            await typed(pilot, "zznc")
            assert isinstance(app.page, TillPage)
            await app.page.act("served")
            await pressed(pilot, "tab", "down", "tab")
            await typed(pilot, "60", "", "", "", "")
            assert SharesDoNotAddUp(total_bp=6000).sentence()[:40] in screen(app)
            await pressed(pilot, *["backspace"] * 4)
            await typed(pilot, "", "", "", "", "")
            assert isinstance(app.page, TillPage)
            await app.page.act("served")
            await settled(pilot)
            assert "100" in next(line for line in lines(app) if "share" in line)

    asyncio.run(body())
    assert clerk.name == "xiaowu"


def test_a_line_is_shared_from_its_own_form(shop: Shop) -> None:
    clerk = hire(shop, "xiaowu")

    async def body() -> None:
        async with opened(shop, TillPage) as (app, pilot):
            await typed(pilot, "zznc")
            page = app.page
            assert isinstance(page, TillPage)
            await pressed(pilot, "ctrl+e", "tab", "tab", "left")  # the last choice of who sold it
            assert "several people …" in screen(app)
            await pressed(pilot, "enter")
            assert "Who served?" in screen(app)
            await pressed(pilot, "tab", "down", "tab", "tab", "down", "down")
            await typed(pilot, *[""] * 4)
            (line,) = page.counter.lines
            assert (line.staff_id, [share for _who, share in line.served_by]) == (None, [5000, 5000])
            await pressed(pilot, "ctrl+e", "end", "backspace", "2", "enter")
            assert page.counter.lines[0].quantity == 2000
            assert page.counter.lines[0].served_by == line.served_by  # another quantity leaves the shares

    asyncio.run(body())
    assert clerk.name == "xiaowu"


def test_a_badge_is_written_and_a_card_noted(shop: Shop, tmp_path: Path) -> None:
    settings.use(settings.Settings(secret="test secret", exports=str(tmp_path / "out")))
    clerk = hire(shop, "xiaowu")
    member = shop.member("13800138000")

    async def body() -> None:
        async with opened(shop, StaffPage) as (_app, pilot):
            await pressed(pilot, "down", "b", "enter")
            await pressed(pilot, "m")
            await typed(pilot, "13800138000")

    asyncio.run(body())
    noted = {one: owncards.of(one) for one in (clerk.id, shop.owner.id)}
    badged = {one: badges.of(one) is not None for one in (clerk.id, shop.owner.id)}
    assert sorted(map(str, noted.values())) == sorted([str(member), "None"])
    assert sorted(badged.values()) == [False, True]
    assert [one.name for one in (tmp_path / "out").iterdir()] == ["badge-xiaowu.pdf"]


def test_opened_cards_are_counted(shop: Shop) -> None:
    member = shop.member("13800138000")

    async def body() -> None:
        async with opened(shop, lambda: MemberPage(member)) as (_app, pilot):
            await pressed(pilot, "2")

    asyncio.run(body())
    assert db.rows("SELECT staff_id, times FROM card_open_day") == [(shop.owner.id, 1)]
