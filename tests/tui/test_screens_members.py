"""Members: found, filtered, marked, many at once, exported; the card with its lists, and what may be changed."""

import asyncio
from pathlib import Path

import pytest

from core.base import settings
from core.base.access import CLERK, MANAGER
from core.loyalty import coupons, points
from core.people import blanks, members, ownfields, tags
from tests.shops import Shop, open_shop
from tests.tui.office import SIZES, notices, widths
from tests.tui.shopfront import LANGUAGES, opened, pressed, screen, settled, typed
from tui.screens.member import MemberPage
from tui.screens.members import MembersPage


@pytest.fixture
def shop(database: Path) -> Shop:
    shop = open_shop()
    for number, name in enumerate(("王伟芳", "李雷", "欧阳娜娜", "Tom Baker")):
        member = shop.member(f"1380013800{number}", name=name)
        shop.give_points(member, 100 * (number + 1))
    return shop


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_list_and_card_fit_the_screen(shop: Shop, language: str, size: tuple[int, int]) -> None:
    async def body() -> None:
        async with opened(shop, MembersPage, language=language, size=size) as (app, pilot):
            assert "王伟芳" in screen(app) and widths(app) == {size[0]}
            await pressed(pilot, "enter", "2", "3", "4", "5", "1")
            assert "Tom Baker" in screen(app) and widths(app) == {size[0]}

    asyncio.run(body())


def test_typing_begins_in_the_box_and_tab_goes_to_the_list(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, MembersPage) as (app, pilot):
            await typed(pilot, "ll")
            assert isinstance(app.page, MemberPage) and "李雷" in screen(app)
            await pressed(pilot, "escape", "tab", "space")
            assert "1 found · 1 marked" in screen(app)

    asyncio.run(body())


def test_a_filter_is_said_and_narrows_the_list(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, MembersPage) as (app, pilot):
            await pressed(pilot, "ctrl+f", "down", "down", "down")
            await typed(pilot, "250", "", "")
            assert "2 found · 250 points or more" in screen(app)
            assert "王伟芳" not in screen(app) and "欧阳娜娜" in screen(app)

    asyncio.run(body())


def test_marked_members_get_a_coupon_after_a_preview(shop: Shop) -> None:
    kind = shop.coupon_kind("新客5元", effect="amount", off_cents=500)

    async def body() -> None:
        async with opened(shop, MembersPage) as (app, pilot):
            await pressed(pilot, "tab", "space", "space", "b")
            assert "For 2 marked members" in screen(app)
            await pressed(pilot, "3", "enter", "enter")
            assert "2 coupons, worth ¥10.00 if all are used." in screen(app)
            await pressed(pilot, "y")
            assert notices(app) == ["Done for 2 members."]

    asyncio.run(body())
    held = [coupons.held_by(hit.id, now=shop.now) for hit in members.find("", by=shop.owner)]
    assert [[one.kind.id for one in some] for some in held] == [[kind], [kind], [], []]


def test_the_whole_filtered_list_gets_points_but_not_above_ones_limit(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, MembersPage) as (app, pilot):
            await pressed(pilot, "ctrl+f", "down", "down", "down")
            await typed(pilot, "250", "", "")
            await pressed(pilot, "tab", "b", "4", "enter", "enter")
            await typed(pilot, "50", "店庆")
            assert "all 2 members of the list" in screen(app) and "100 points in all" in screen(app)
            await pressed(pilot, "y")

    asyncio.run(body())
    held = {hit.name: hit.points for hit in members.find("", by=shop.owner)}
    assert held == {"王伟芳": 100, "李雷": 200, "欧阳娜娜": 350, "Tom Baker": 450}


def test_esc_before_y_does_nothing_to_anyone(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, MembersPage) as (_app, pilot):
            await pressed(pilot, "tab", "b", "5", "enter", "escape")

    asyncio.run(body())
    assert {hit.state for hit in members.find("", by=shop.owner)} == {"active"}


def test_the_list_is_exported_by_who_may(shop: Shop, tmp_path: Path) -> None:
    settings.use(settings.Settings(secret="test secret", exports=str(tmp_path / "out")))

    async def body() -> None:
        async with opened(shop, MembersPage) as (app, pilot):
            await pressed(pilot, "ctrl+x", "enter")
            assert "4 rows are in" in notices(app)[0]
        async with opened(shop, MembersPage, by=shop.owner_with(MANAGER)) as (app, pilot):
            await pressed(pilot, "ctrl+x")
            assert "export" in notices(app)[0]

    asyncio.run(body())
    (path,) = (tmp_path / "out").iterdir()
    rows = path.read_text("utf-8-sig").splitlines()
    assert rows[0] == "name,phone,tier,points,last visit,state"
    assert rows[1].startswith("Tom Baker,13800138003,○ normal,400,")


def test_the_clipboard_takes_a_short_list(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, MembersPage) as (app, pilot):
            await pressed(pilot, "ctrl+x", "2", "enter")
            assert notices(app) == ["4 rows are in the clipboard."]
            assert app.clipboard.splitlines()[4].startswith("王伟芳\t13800138000\t")

    asyncio.run(body())


def test_profile_and_own_fields_are_edited_in_one_form(shop: Shop) -> None:
    field = ownfields.create("尺码", "choice", ("S", "M"), by=shop.owner, now=shop.now)
    (member,) = [hit.id for hit in members.find("李雷", by=shop.owner)]

    async def body() -> None:
        async with opened(shop, lambda: MemberPage(member)) as (app, pilot):
            await pressed(pilot, "e")
            for _ in range(6):
                await pressed(pilot, "down")
            await pressed(pilot, "right", "right", "enter")
            assert "尺码 M" in screen(app)
            await pressed(pilot, "t")
            await typed(pilot, "vip 常客")
            assert "#vip #常客" in screen(app)

    asyncio.run(body())
    assert [(one.id, value) for one, value in ownfields.of(member)] == [(field, "M")]
    assert tags.of(member) == ("vip", "常客")


def test_a_number_that_is_taken_stays_in_the_form(shop: Shop) -> None:
    (member,) = [hit.id for hit in members.find("李雷", by=shop.owner)]

    async def body() -> None:
        async with opened(shop, lambda: MemberPage(member)) as (app, pilot):
            await pressed(pilot, "e", "down", *["backspace"] * 14)
            await pressed(pilot, *"13800138000", "enter", "enter", "enter", "enter", "enter")
            assert "belongs to a member already" in screen(app)

    asyncio.run(body())
    assert members.card(member, by=shop.owner, now=shop.now).phone == "+8613800138001"


def test_a_lost_card_is_replaced_and_shown(shop: Shop) -> None:
    (member,) = [hit.id for hit in members.find("李雷", by=shop.owner)]
    old, shown = members.card(member, by=shop.owner, now=shop.now).card, list[str]()

    async def body() -> None:
        async with opened(shop, lambda: MemberPage(member)) as (app, pilot):
            await pressed(pilot, "n")
            await typed(pilot, "lost", "")
            await pressed(pilot, "y")
            shown.append(screen(app))

    asyncio.run(body())
    fresh = members.card(member, by=shop.owner, now=shop.now).card
    assert fresh != old and fresh in shown[0] and old not in shown[0]


def test_a_printed_card_takes_the_place_of_a_lost_one(shop: Shop) -> None:
    (member,) = [hit.id for hit in members.find("李雷", by=shop.owner)]
    card = blanks.blank_of(blanks.make(1, by=shop.owner, now=shop.now), by=shop.owner)[0]

    async def body() -> None:
        async with opened(shop, lambda: MemberPage(member)) as (app, pilot):
            await pressed(pilot, "n")
            await typed(pilot, "worn", blanks.grouped(card))
            await pressed(pilot, "y")
            assert card in screen(app)

    asyncio.run(body())
    assert members.card(member, by=shop.owner, now=shop.now).card == card


def test_consent_is_noted_and_taken_back(shop: Shop) -> None:
    (member,) = [hit.id for hit in members.find("李雷", by=shop.owner)]

    async def body() -> None:
        async with opened(shop, lambda: MemberPage(member)) as (app, pilot):
            await pressed(pilot, "k", "down", "down", "right", "down", "down", "enter")
            assert "✓ offers" in screen(app)
            await pressed(pilot, "k", "down", "down", "right", "down", "down", "enter")
            assert "✗ offers" in screen(app)

    asyncio.run(body())


def test_every_move_of_points_is_listed(shop: Shop) -> None:
    (member,) = [hit.id for hit in members.find("李雷", by=shop.owner)]
    points.adjust(member, -30, reason="纠错", by=shop.owner, now=shop.now)

    async def body() -> None:
        async with opened(shop, lambda: MemberPage(member)) as (app, pilot):
            await pressed(pilot, "2")
            assert "−30" in screen(app) and "170" in screen(app) and "纠错" in screen(app)

    asyncio.run(body())


def test_a_clerk_is_told_what_needs_a_manager(shop: Shop) -> None:
    (member,) = [hit.id for hit in members.find("李雷", by=shop.owner)]

    async def body() -> None:
        async with opened(shop, lambda: MemberPage(member), by=shop.owner_with(CLERK)) as (app, pilot):
            await pressed(pilot, "p", "n", "g")
            assert len(notices(app)) == 3

    asyncio.run(body())


def test_a_long_list_is_too_much_for_the_clipboard(shop: Shop) -> None:
    for number in range(1800):
        shop.member(name=f"欧阳娜娜{number}")

    async def body() -> None:
        async with opened(shop, MembersPage) as (app, pilot):
            await pressed(pilot, "ctrl+x", "2", "enter")
            assert "rows are more than a clipboard takes" in screen(app)  # clipboard_full

    asyncio.run(body())


def test_the_line_above_is_said_again_in_another_language(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, MembersPage) as (app, pilot):
            assert "4 found" in screen(app)
            app.set_language("zh")
            await settled(pilot)
            assert "4 found" not in screen(app) and "共 4 条" in screen(app)

    asyncio.run(body())


def test_points_are_passed_on_to_whom_the_typed_words_mean(shop: Shop) -> None:
    (member,) = [hit.id for hit in members.find("李雷", by=shop.owner)]

    async def body() -> None:
        async with opened(shop, lambda: MemberPage(member)) as (app, pilot):
            await pressed(pilot, "m", "1", "enter")
            await typed(pilot, "1380013800", "50", "生日")
            assert "fits" in screen(app)  # member_several
            await pressed(pilot, *["backspace"] * 10, *"zzz", "enter", "enter", "enter")
            assert "Nobody is found by “zzz”." in screen(app)  # member_not_found
            await pressed(pilot, *["backspace"] * 3, *"wwf", "enter")
            await pilot.pause(0.3)
            assert "to 王伟芳 13800138000" in screen(app)
            await pressed(pilot, "enter", "enter")
            assert "150 usable" in screen(app)

    asyncio.run(body())
    held = {hit.name: hit.points for hit in members.find("", by=shop.owner)}
    assert (held["李雷"], held["王伟芳"]) == (150, 150)


def test_stored_value_is_shared_and_the_share_ended(shop: Shop) -> None:
    (payer,), (member,) = ([hit.id for hit in members.find(name, by=shop.owner)] for name in ("李雷", "王伟芳"))

    async def body() -> None:
        async with opened(shop, lambda: MemberPage(payer)) as (_app, pilot):
            await pressed(pilot, "m", "2", "enter")
            await typed(pilot, "wwf", "100")
        async with opened(shop, lambda: MemberPage(member)) as (app, pilot):
            assert "pays from a shared wallet" in screen(app)
            await pressed(pilot, "m", "3", "enter", "y")
            assert "pays from a shared wallet" not in screen(app)

    asyncio.run(body())


def test_a_tier_is_given_by_hand_and_an_adviser_named(shop: Shop) -> None:
    shop.tier("gold", 1, mark="●", adviser=True)
    (member,) = [hit.id for hit in members.find("李雷", by=shop.owner)]

    async def body() -> None:
        async with opened(shop, lambda: MemberPage(member)) as (app, pilot):
            await pressed(pilot, "m", "4", "enter", "2", "enter")
            await typed(pilot, "老朋友")
            assert "● gold" in screen(app)
            await pressed(pilot, "m", "5", "enter", "2", "enter")
            assert "adviser   周丽" in screen(app)

    asyncio.run(body())
