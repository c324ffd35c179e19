"""Staff and keys: accounts changed, rights, passwords, a PIN, SSH keys, API keys, own fields, another user."""

import asyncio
from pathlib import Path

import pytest

from core.books.audit import SignedOut
from core.people import accounts, devices, ownfields, sshkeys, staff
from tests.shops import Shop, open_shop
from tests.tui.office import SIZES, lines, notices, widths
from tests.tui.shopfront import LANGUAGES, opened, pressed, screen, settled, typed
from tui.app import BackOffice
from tui.gateway import Gateway
from tui.page import Page
from tui.screens.apikeys import ApiKeysPage
from tui.screens.ownfieldspage import OwnFieldsPage
from tui.screens.settings import SettingsPage
from tui.screens.signin import SignInScreen
from tui.screens.staff import StaffPage
from tui.screens.staffforms import SecretsDiffer
from tui.screens.staffkeys import StaffKeysPage
from tui.sections import Section, SignIn

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIzk0RjkmR8mUHeihuKY0tSYJIVqaNJ7A3BIuWFBGLZy mei@laptop"


@pytest.fixture
def shop(database: Path) -> Shop:
    shop = open_shop()
    staff.create("anna", "Anna", "clerk", password="long enough", by=shop.owner, now=shop.now)
    sshkeys.add("owner", KEY.replace("mei@laptop", "office"), by=shop.owner, now=shop.now)
    devices.new_key("web shop", shop.store, ("sales", "members"), by=shop.owner, now=shop.now)
    ownfields.create("宠物", "choice", ("猫", "狗"), by=shop.owner, now=shop.now)
    return shop


def row_of(app: BackOffice, name: str) -> str:
    return next(line for line in lines(app) if name in line)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_form_of_staff_and_keys_fits_the_screen(shop: Shop, language: str, size: tuple[int, int]) -> None:
    forms: dict[type[Page], tuple[str, ...]] = {
        StaffPage: ("n", "e", "r", "p", "x"), StaffKeysPage: ("n", "x"), ApiKeysPage: ("n", "x"),
        OwnFieldsPage: ("n", "x"), SettingsPage: ("p",),
    }  # fmt: skip

    async def body() -> None:
        for page, keys in forms.items():
            async with opened(shop, page, language=language, size=size) as (app, pilot):
                assert widths(app) == {size[0]} and notices(app) == []
                for key in keys:
                    await pressed(pilot, key)
                    assert app.page is not None and app.page.overlay.is_open, (page, key)
                    assert widths(app) == {size[0]} and app.page.overlay.size.height <= size[1]
                    await pressed(pilot, "escape")

    asyncio.run(body())


def test_role_and_stores_change_and_the_open_session_ends(shop: Shop) -> None:
    anna = staff.actor_of(staff.by_login("anna"))

    async def body() -> None:
        async with opened(shop, StaffPage) as (app, pilot):
            await pressed(pilot, "e", *["backspace"] * 4)
            await typed(pilot, "Anna Wu")
            await pressed(pilot, "right", "enter", "space", "enter", "enter")
            row = row_of(app, " anna ")
            assert "Anna Wu" in row and "manager" in row and "南京东路店" in row

    asyncio.run(body())
    with pytest.raises(SignedOut):
        staff.set_language("en", by=anna, now=shop.now)


def test_own_role_is_refused_in_the_form(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, StaffPage) as (app, pilot):
            await pressed(pilot, "down", "enter", "enter", "right", "enter", "enter", "enter")
            assert "not yours to change. Another owner can." in " ".join(screen(app).split())

    asyncio.run(body())
    assert accounts.account_of(shop.owner.id).role == "owner"


def test_rights_are_given_beside_the_role(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, StaffPage) as (app, pilot):
            await pressed(pilot, "r", "enter", "enter", "space", "enter", "enter")
            assert notices(app) == ["Anna may do so from the next sign-in on."]

    asyncio.run(body())
    assert accounts.rights_of(staff.by_login("anna")) == staff.actor_of(staff.by_login("anna")).rights
    assert staff.actor_of(staff.by_login("anna")).may("goods")


def test_a_password_is_typed_twice_alike(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, StaffPage) as (app, pilot):
            await pressed(pilot, "p")
            await typed(pilot, "much longer", "much langer")
            assert "The two are not alike. Type both again." in screen(app)
            await pressed(pilot, "escape", "p")
            await typed(pilot, "much longer", "much longer")
            assert notices(app) == ["Anna signs in with the new password from now on."]

    asyncio.run(body())
    assert staff.sign_in("anna", "much longer", now=shop.now).name == "Anna"
    assert SecretsDiffer.code == "secrets_differ"


def test_a_closed_account_is_opened_again_and_not_changed_before(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, StaffPage) as (app, pilot):
            await pressed(pilot, "x", "y", "end", "e")
            assert notices(app) == ["Select an account that is in use."]
            await pressed(pilot, "x", "enter")
            assert "in use" in row_of(app, " anna ")

    asyncio.run(body())
    assert staff.sign_in("anna", "long enough", now=shop.now).name == "Anna"


def test_a_pin_of_ones_own_is_set_from_the_palette_by_anyone(shop: Shop) -> None:
    anna = staff.actor_of(staff.by_login("anna"))

    async def body() -> None:
        async with opened(shop, SettingsPage, by=anna) as (app, pilot):
            await pressed(pilot, "ctrl+p", *"pin", "enter")
            await typed(pilot, "111111", "111111")
            assert "at least three of them different" in screen(app)
            await pressed(pilot, *["backspace"] * 6)
            await typed(pilot, "482913")
            await pressed(pilot, *["backspace"] * 6)
            await typed(pilot, "482913")
            assert notices(app) == ["Your PIN is set. It approves at any till from now on."]

    asyncio.run(body())
    accounts.change(anna.id, accounts.Account("Anna", "manager"), by=shop.owner, now=shop.now)
    assert staff.approver("anna", "482913", right="refund", now=shop.now).name == "Anna"


def test_an_ssh_key_is_pasted_shown_by_its_fingerprint_and_removed(shop: Shop) -> None:
    other = KEY.replace("LZy mei", "LZz mei")

    async def body() -> None:
        async with opened(shop, StaffKeysPage) as (app, pilot):
            await pressed(pilot, "n")
            await typed(pilot, "", "ssh-ed25519 AAAA")
            assert "its middle part is damaged." in " ".join(screen(app).split())
            await pressed(pilot, *["backspace"] * 16)
            await typed(pilot, other)
            assert sshkeys.parsed(other).fingerprint in row_of(app, " anna ")
            await pressed(pilot, "home", "x", "y")
            assert " anna " not in screen(app) and "office" in screen(app)

    asyncio.run(body())


def test_an_api_key_is_shown_once_and_ends(shop: Shop) -> None:
    made: list[str] = []

    async def body() -> None:
        async with opened(shop, ApiKeysPage) as (app, pilot):
            await pressed(pilot, "n")
            await typed(pilot, "till 2", "", "", "")
            await pressed(pilot, "up", "space", "enter", "enter")
            made.extend(word for word in screen(app).split() if word.startswith("sk_") and len(word) > 40)
            await pressed(pilot, "enter")
            assert app.clipboard == made[0]
            assert made[0] not in screen(app) and "sell" in row_of(app, "till 2")
            await pressed(pilot, "end", "x", "y")
            assert "ended" in row_of(app, "till 2")

    asyncio.run(body())
    with pytest.raises(devices.KeyRefused):
        devices.by_key(made[0], now=shop.now)


def test_an_api_key_is_followed_by_the_next_one(shop: Shop) -> None:
    made: list[str] = []

    async def body() -> None:
        async with opened(shop, ApiKeysPage) as (app, pilot):
            await pressed(pilot, "r", "enter")
            assert "It is shown this once." in screen(app)
            await pressed(pilot, "enter")
            made.append(app.clipboard)
            assert [("until" in line, "–" in line) for line in lines(app) if "web shop" in line] == [
                (True, True), (False, True),
            ]  # fmt: skip

    asyncio.run(body())
    assert devices.by_key(made[0], now=shop.now).name == "web shop"


def test_a_field_is_added_with_its_choices_and_retired(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, OwnFieldsPage) as (app, pilot):
            await pressed(pilot, "n")
            await typed(pilot, "尺码")
            await pressed(pilot, "left", "enter", "enter")
            assert "A choice needs at least two things to choose from" in " ".join(screen(app).split())
            await typed(pilot, "S,M,L")
            assert "S · M · L" in row_of(app, "尺码")
            await pressed(pilot, "home", "x", "y")
            assert "宠物" not in screen(app)

    asyncio.run(body())
    assert [(one.name, one.choices) for one in ownfields.all_fields()] == [("尺码", ("S", "M", "L"))]


def switching(shop: Shop) -> BackOffice:
    sections = [Section("f2", "shown", "Today", StaffPage)]
    gateway = Gateway()
    gateway.start()
    return BackOffice(
        shop.owner, gateway, log=Path("/nonexistent/log"), sign_in=SignIn(SignInScreen), sections=sections
    )


def test_another_user_signs_in_without_ending_the_program(shop: Shop) -> None:
    async def body() -> None:
        app = switching(shop)
        async with app.run_test(size=(120, 40)) as pilot:
            app.speak_here()
            await settled(pilot)
            await app.act("switch")
            await settled(pilot)
            assert isinstance(app.screen, SignInScreen)
            await pressed(pilot, "escape")
            assert app.actor.name == "周丽" and isinstance(app.page, StaffPage)
            await app.act("switch")
            await settled(pilot)
            await typed(pilot, "anna", "long enough")
            assert app.actor.name == "Anna" and not app.actor.may("staff")
        app.gateway.close()

    asyncio.run(body())


def test_a_sign_in_that_was_left_alone_lets_nobody_go_back(shop: Shop) -> None:
    async def body() -> None:
        app = switching(shop)
        async with app.run_test(size=(120, 40)) as pilot:
            await settled(pilot)
            await app.act("switch")
            await settled(pilot)
            app._left_alone()
            await pressed(pilot, "escape")
            assert app.return_value == 0
        app.gateway.close()

    asyncio.run(body())
