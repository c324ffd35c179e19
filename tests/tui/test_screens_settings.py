"""Settings: rules, stores, tiers, staff, kiosks, jobs, audit log, doctor."""

import asyncio
from pathlib import Path

import pytest

from core.base import clock, db
from core.books import audit, rules
from core.keeping import jobs, opening
from core.keeping.jobs import Job
from core.loyalty import tiers
from core.people import devices, staff
from core.people.devices import PairingWrong
from core.people.staff import OwnAccount
from tests.shops import Shop, open_shop
from tests.tui.office import SIZES, lines, notices, widths
from tests.tui.shopfront import LANGUAGES, opened, pressed, screen, typed
from tui.screens.auditlog import ACTIONS, AuditPage
from tui.screens.doctor import DoctorPage
from tui.screens.kiosks import KiosksPage
from tui.screens.rulewords import RULES, value_said
from tui.screens.settings import ENTRIES, SettingsPage
from tui.screens.shop import RulesPage, StoresPage, TiersPage
from tui.screens.staff import StaffPage
from tui.widgets.big import big_lines

ROOT = Path(__file__).parents[2]


@pytest.fixture
def shop(database: Path) -> Shop:
    shop = open_shop()
    kind = shop.coupon_kind("每月一杯", effect="amount", off_cents=500)
    shop.tier("金卡", 1, discount_bp=500, multiplier_bp=15_000, spend_cents=300_000, mark="●", each_kind_id=kind)
    jobs.ensure([Job("doctor", "30 4 * * *", "Asia/Shanghai", True, 3600)])
    return shop


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_of_the_menu_fits_the_screen(shop: Shop, language: str, size: tuple[int, int]) -> None:
    async def body() -> None:
        async with opened(shop, SettingsPage, language=language, size=size) as (app, pilot):
            menu = app.page
            for entry in ENTRIES:
                assert widths(app) == {size[0]}
                await pressed(pilot, "enter")
                assert type(app.page) is entry.page
                assert widths(app) == {size[0]} and notices(app) == []
                await pressed(pilot, "escape", "down")
                assert app.page is menu

    asyncio.run(body())


def test_rule_is_changed_and_a_wrong_value_is_refused(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, RulesPage) as (app, pilot):
            await pressed(pilot, *["down"] * 5, "enter", *["backspace"] * 4)
            await typed(pilot, "0")
            assert "needs 1, 2, 3 …, not “0”." in screen(app)
            await pressed(pilot, "backspace")
            await typed(pilot, "2")
            assert "¥2.00" in next(line for line in lines(app) if "spent for one point" in line)

    asyncio.run(body())
    assert rules.current(now=shop.now + 3_600_000).cents_per_point == 200


def test_every_rule_and_every_action_of_the_log_has_words() -> None:
    import re

    assert set(RULES) == set(rules.KNOWN)
    recorded = {
        action
        for path in (ROOT / "core").rglob("*.py")
        for action in re.findall(r"audit\.record\(\s*\"([a-z_.]+)\"", path.read_text("utf-8"))
    }
    assert recorded <= set(ACTIONS)


def test_store_is_added(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, StoresPage) as (app, pilot):
            await pressed(pilot, "n")
            await typed(pilot, "静安寺店", "")
            assert "静安寺店" in screen(app)

    asyncio.run(body())
    assert [store.name for store in opening.open_stores()] == ["南京东路店", "静安寺店"]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "¥3,000.00 spent in 365 days"),
        ("zh", "365 天内消费满 ¥3,000.00"),
    ],
)
def test_tiers_are_said_in_words(shop: Shop, language: str, said: str) -> None:
    async def body() -> None:
        async with opened(shop, TiersPage, language=language) as (app, _pilot):
            gold = next(line for line in lines(app) if "● 金卡" in line)
            assert said in gold and "× 1.5" in gold

    asyncio.run(body())


def test_account_is_added_and_closed_but_never_ones_own(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, StaffPage) as (app, pilot):
            await pressed(pilot, "n")
            await typed(pilot, "anna", "Anna", "", "", "", "short")
            assert "A password has at least 8 characters" in screen(app)
            await typed(pilot, "er than you think")
            assert "in use" in next(line for line in lines(app) if " anna " in line)
            await pressed(pilot, "home", "x", "y")
            assert "closed" in next(line for line in lines(app) if " anna " in line)
            await pressed(pilot, "home", "x", "y")
            assert "This is the account you are signed in with." in screen(app)

    asyncio.run(body())
    assert [(row.login, row.active) for row in staff.listing(by=shop.owner)] == [("owner", True), ("anna", False)]


def test_nobody_closes_their_own_account(shop: Shop) -> None:
    with pytest.raises(OwnAccount):
        staff.close(shop.owner.id, by=shop.owner, now=shop.now)
    assert staff.listing(by=shop.owner)[0].active


def test_kiosk_is_paired_by_a_large_code_and_shut_out(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, KiosksPage) as (app, pilot):
            await pressed(pilot, "p")
            await typed(pilot, "door", "")
            text = screen(app)
            code = text.partition("Type ")[2][:9].replace("-", "")
            assert all(line.plain.rstrip() in text for line in big_lines(code))
            await app.gateway.write(devices.pair, code, now=shop.now)
            await pressed(pilot, "escape")
            assert "in use" in next(line for line in lines(app) if "door" in line)
            await pressed(pilot, "x", "y")
            assert "shut out" in next(line for line in lines(app) if "door" in line)
            with pytest.raises(PairingWrong):
                await app.gateway.write(devices.pair, code, now=shop.now)

    asyncio.run(body())
    assert devices.all_devices(by=shop.owner)[0].revoked_at is not None


def test_log_names_who_and_what_changed(shop: Shop) -> None:
    shop.rule("gap_days", 7)

    async def body() -> None:
        async with opened(shop, AuditPage, language="zh") as (app, _pilot):
            text = screen(app)
            assert "周丽" in lines(app)[5] and "后台" in lines(app)[5]
            assert "10 天 → 7 天" in text

    asyncio.run(body())
    assert audit.newest(by=shop.owner, limit=1)[0].name == "周丽"


def test_doctor_says_all_is_well_or_what_is_wrong_and_what_to_do(shop: Shop) -> None:
    member_id = shop.member("13812042046")

    async def body() -> None:
        async with opened(shop, DoctorPage) as (app, pilot):
            assert "All is well: every ledger adds up." in screen(app)

            @db.atomic
            def damage() -> None:
                db.run("UPDATE account SET balance = 5 WHERE member_id = ? AND asset = 'points'", (member_id,))

            await app.gateway.write(damage)
            await pressed(pilot, "r")
            text = screen(app)
            assert "balance 5, its ledger sums to 0" in text and "Do not correct it by hand." in text

    asyncio.run(body())


def test_a_tier_is_added_and_its_terms_change_from_a_day(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, TiersPage) as (app, pilot):
            await pressed(pilot, "n")
            await typed(pilot, "platinum", "", "5000", "", "", "", "", "")
            row = next(line for line in lines(app) if "platinum" in line)
            assert "¥5,000.00 spent in 365 days" in row
            await pressed(pilot, "end", "enter")
            await typed(pilot, "", "", "", "20", "", "", "", "", "2027-01-01")
            await pressed(pilot, "right", "enter")
            assert "¥5,000.00 spent in 365 days" in next(line for line in lines(app) if "platinum" in line)

    asyncio.run(body())
    found = [one for one in tiers.versions() if one.tier.name == "platinum"]
    assert [(one.number, one.tier.visits, one.keep_holders) for one in found] == [(1, None, True), (2, 20, False)]
    assert clock.local(found[1].from_at, "Asia/Shanghai").date().isoformat() == "2027-01-01"


def test_terms_of_a_tier_that_cannot_be_stay_in_the_form(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, TiersPage) as (app, pilot):
            await pressed(pilot, "n")
            await typed(pilot, "platinum", "", "5000", "", "999", "", "", "")
            assert "lies between 0 % and 100 %." in screen(app)

    asyncio.run(body())
    assert "platinum" not in {one.name for one in tiers.all_tiers()}


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("gap_days", 0, "no gap: offers may follow each other at once"),
        ("gap_days", 10, "10 days"),
        ("budget_month_cents", 0, "no limit"),
    ],
)
def test_a_rule_that_is_off_says_so(name: str, value: int, said: str) -> None:
    assert value_said(name, value, {}) == said
