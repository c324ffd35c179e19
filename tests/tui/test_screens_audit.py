"""The audit log: narrowed to a person, a kind and days; what changed in words."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from core.base.clock import Millis
from core.books.audit import AuditRow
from core.goods import catalogue, stock
from core.people import accounts, staff
from tests.shops import Shop, open_shop
from tests.tui.office import SIZES, lines, notices, widths
from tests.tui.shopfront import LANGUAGES, not_allowed, opened, pressed, screen, typed
from tui.app import BackOffice
from tui.screens import auditwords
from tui.screens.auditlog import ACTIONS, KINDS, AuditPage

DAY = 86_400_000


@pytest.fixture
def shop(database: Path) -> Shop:
    shop = open_shop()
    mei = staff.actor_of(staff.create("mei", "梅", "manager", password="long enough", by=shop.owner, now=shop.now))
    tea = shop.product("珍珠奶茶", 1800)
    stock.receive(shop.store, tea, 2_500, by=mei, now=Millis(shop.now - 2 * DAY))
    terms = replace(catalogue.terms_of(catalogue.get(tea)), price_cents=1950, earns=False, tax_bp=600)
    catalogue.change(tea, terms, by=shop.owner, now=Millis(shop.now + 60_000))
    return shop


def row_of(app: BackOffice, words: str) -> str:
    return next(line for line in lines(app) if words in line)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("language", "price", "flag"),
    [("en", "price ¥18.00 → ¥19.50", "earns points yes → no"), ("zh", "价格 ¥18.00 → ¥19.50", "参加积分 是 → 否")],
)
def test_what_changed_stands_below_in_words(
    shop: Shop, language: str, price: str, flag: str, size: tuple[int, int]
) -> None:
    async def body() -> None:
        async with opened(shop, AuditPage, language=language, size=size) as (app, pilot):
            text = "".join(screen(app).split("\n")[-8:])
            assert price in text and flag in text and "6.00 %" in text and "{" not in text
            assert widths(app) == {size[0]}
            await pressed(pilot, "f")
            assert app.page is not None and app.page.overlay.size.height <= size[1]
            assert widths(app) == {size[0]}

    asyncio.run(body())


def test_log_is_narrowed_by_person_kind_and_day(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, AuditPage) as (app, pilot):
            await pressed(pilot, "f", "enter", "5", "enter")
            await typed(pilot, "2026-05-26", "2026-05-27")
            assert "goods · from 05-26 Tue · to 05-27 Wed" in screen(app)
            assert "stock taken in" in screen(app) and "product added" not in screen(app)
            await pressed(pilot, "f", "right", "right", "enter", "enter", "enter", "enter")
            assert "Nothing of that kind was written. f changes the filter." in screen(app) or "梅" in screen(app)

    asyncio.run(body())


def test_one_key_shows_what_the_person_under_the_cursor_did_and_all_again(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, AuditPage) as (app, pilot):
            await pressed(pilot, "end", "w")
            assert "梅" in row_of(app, "stock taken in") and "product added" not in screen(app)
            await pressed(pilot, "w")
            assert "product added" in screen(app) and "everything" in screen(app)

    asyncio.run(body())


def test_a_day_that_is_none_is_told_at_its_field(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, AuditPage) as (app, pilot):
            await pressed(pilot, "f", "enter", "enter")
            await typed(pilot, "yesterday", "")
            assert "“yesterday” is no date." in screen(app)

    asyncio.run(body())


def test_rights_and_roles_are_said_in_words(shop: Shop) -> None:
    mei = staff.by_login("mei")
    accounts.set_rights(mei, {"sell", "keys"}, by=shop.owner, now=Millis(shop.now + 120_000))
    accounts.change(mei, accounts.Account("梅", "clerk"), by=shop.owner, now=Millis(shop.now + 180_000))

    async def body() -> None:
        async with opened(shop, AuditPage) as (app, pilot):
            assert "role manager → clerk" in screen(app)
            await pressed(pilot, "down")
            assert "newly given API keys" in screen(app) and notices(app) == []

    asyncio.run(body())


def test_a_manager_without_the_right_sees_no_log(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, AuditPage, by=shop.owner_with(frozenset({"sell"}))) as (app, _pilot):
            assert not_allowed(app, "audit")

    asyncio.run(body())


def test_every_action_belongs_to_one_kind() -> None:
    kinds = [kind for _label, group in KINDS.values() for kind in group]
    assert len(kinds) == len(set(kinds))
    assert {action.partition(".")[0] for action in ACTIONS} <= set(kinds)


@pytest.mark.parametrize("language", LANGUAGES)
def test_facts_of_an_action_nobody_knows_are_shown_as_they_are(language: str) -> None:
    row = AuditRow(1, Millis(0), "job:0", "scheduler", "new.thing", "thing", 0, None, '{"x": {"y": [1, null]}}', "")
    assert auditwords.about(row) == ["x y 1, —"]
