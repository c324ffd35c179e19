"""Two memberships of one person in the back-office: compared, merged, brought back; and a person who is erased."""

import asyncio
from pathlib import Path

import pytest

from core.base import settings
from core.base.access import CLERK, MANAGER
from core.base.clock import HOUR, Millis
from core.keeping import merging
from core.loyalty import points, reserves
from core.people import consent, members, profile
from core.people.profile import Changes
from tests.shops import Shop, open_shop
from tests.tui.office import SIZES, lines, notices, widths
from tests.tui.shopfront import LANGUAGES, opened, pressed, screen, typed
from tui.screens.member import MemberPage
from tui.screens.members import MembersPage
from tui.screens.mergepage import MergePage, MergesPage


@pytest.fixture
def shop(database: Path) -> Shop:
    settings.use(settings.Settings(secret="test secret"))
    return open_shop()


@pytest.fixture
def wang(shop: Shop) -> int:
    member = shop.member("13800138000", name="王伟芳")
    shop.give_points(member, 100)
    return member


@pytest.fixture
def other(shop: Shop, wang: int) -> int:
    member = shop.member("13900139000", name="王伟")
    shop.give_points(member, 40)
    shop.top_up(member, 10_000)
    return member


def merged(shop: Shop, kept: int, gone: int) -> int:
    seen = merging.preview(kept, gone, by=shop.owner, now=shop.now)
    return merging.merge(kept, gone, mark=seen.mark, by=shop.owner, now=shop.now)


def row(app: object, *words: str) -> bool:
    return any(all(word in line for word in words) for line in lines(app))  # type: ignore[arg-type]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_of_a_merge_fit_the_screen(
    shop: Shop, wang: int, other: int, language: str, size: tuple[int, int]
) -> None:
    async def body() -> None:
        async with opened(shop, lambda: MergePage(wang, other), language=language, size=size) as (app, pilot):
            assert row(app, "王伟芳", "王伟 ") and "140" in screen(app) and widths(app) == {size[0]}
            await pressed(pilot, "y")
        async with opened(shop, lambda: MergesPage(wang), language=language, size=size) as (app, pilot):
            assert "139****9000" in screen(app) and widths(app) == {size[0]}
            await pressed(pilot, "enter")
            assert "40" in screen(app) and "¥100.00" in screen(app) and widths(app) == {size[0]}

    asyncio.run(body())


def test_the_other_membership_is_asked_for_compared_and_merged(shop: Shop, wang: int, other: int) -> None:
    async def body() -> None:
        async with opened(shop, lambda: MemberPage(wang)) as (app, pilot):
            await pressed(pilot, "u")
            await typed(pilot, "13800138000")
            assert f"Both are member {wang}." in " ".join(screen(app).split())
            await pressed(pilot, *["backspace"] * 11)
            await typed(pilot, "13900139000")
            assert row(app, "points", "100", "40", "140") and row(app, "principal", "¥0.00", "¥100.00")
            assert row(app, "numbers and cards", "2", "comes over")
            await pressed(pilot, "y")
            assert notices(app)[-1].endswith("z on the card undoes it.")
            assert isinstance(app.page, MemberPage) and "140 points" in screen(app)

    asyncio.run(body())
    assert members.card(other, by=shop.owner, now=shop.now).state == "merged"


def test_space_lets_the_other_name_stay(shop: Shop, wang: int, other: int) -> None:
    async def body() -> None:
        async with opened(shop, lambda: MergePage(wang, other)) as (app, pilot):
            assert lines(app)[5].split()[:4] == ["name", "王伟芳", "王伟", "王伟芳"]
            await pressed(pilot, "space")
            assert lines(app)[5].split()[:4] == ["name", "王伟芳", "王伟", "王伟"]
            await pressed(pilot, "y")

    asyncio.run(body())
    assert members.card(wang, by=shop.owner, now=shop.now).name == "王伟"


def test_two_who_are_marked_are_merged_and_x_turns_them_round(shop: Shop, wang: int, other: int) -> None:
    async def body() -> None:
        async with opened(shop, MembersPage) as (app, pilot):
            await pressed(pilot, "tab", "space", "m")
            assert notices(app)[-1] == "Mark the two memberships of one person with space."
            await pressed(pilot, "space", "m")
            assert "王伟 139****9000 goes into 王伟芳 138****8000" in screen(app)
            await pressed(pilot, "x")
            assert "王伟芳 138****8000 goes into 王伟 139****9000" in screen(app)
            await pressed(pilot, "y")
            assert isinstance(app.page, MembersPage) and "marked" not in screen(app)

    asyncio.run(body())
    assert members.card(wang, by=shop.owner, now=shop.now).state == "merged"


def test_what_stands_in_the_way_is_said_before_and_nothing_merged(shop: Shop, wang: int, other: int) -> None:
    reserves.reserve(other, 30, lapses_at=Millis(shop.now + 3 * HOUR), ref=("order", 1), by=shop.owner, now=shop.now)

    async def body() -> None:
        async with opened(shop, lambda: MergePage(wang, other)) as (app, pilot):
            assert "in the way" in screen(app)
            await pressed(pilot, "y")
            assert "is set aside until" in notices(app)[-1]

    asyncio.run(body())
    assert members.card(other, by=shop.owner, now=shop.now).state == "active"


def test_what_changed_meanwhile_is_shown_again_instead_of_merged(shop: Shop, wang: int, other: int) -> None:
    async def body() -> None:
        async with opened(shop, lambda: MergePage(wang, other)) as (app, pilot):
            changes = Changes(name="王小伟")
            await app.gateway.write(profile.change, other, changes, by=shop.owner, now=shop.now)
            await pressed(pilot, "y")
            assert notices(app)[-1].startswith("Something changed on one of the two in between")
            assert "王小伟" in screen(app)

    asyncio.run(body())
    assert members.card(other, by=shop.owner, now=shop.now).state == "active"


def test_a_merge_is_undone_from_the_card_of_who_stayed(shop: Shop, wang: int, other: int) -> None:
    merged(shop, wang, other)
    points.adjust(wang, -120, reason="x", by=shop.owner, now=shop.now, key="k")

    async def body() -> None:
        async with opened(shop, lambda: MemberPage(wang)) as (app, pilot):
            await pressed(pilot, "z", "enter")
            assert row(app, "points", "comes back", "20") and row(app, "points", "stays spent", "20")
            await pressed(pilot, "y")
            assert notices(app)[-1] == "王伟 139****9000 is a membership of its own again."
            assert "No other membership went into this one." in screen(app)

    asyncio.run(body())
    assert points.state(other, now=shop.now).balance == 20
    assert members.card(other, by=shop.owner, now=shop.now).state == "active"


def test_the_later_word_on_a_consent_is_shown(shop: Shop, wang: int, other: int) -> None:
    consent.grant(wang, "marketing", source="till", language="zh", by=shop.owner, now=shop.now)
    consent.withdraw(other, "marketing", source="till", by=shop.owner, now=Millis(shop.now + 1))

    async def body() -> None:
        async with opened(shop, lambda: MergePage(wang, other)) as (app, _pilot):
            assert row(app, "consent: offers", "✓", "✗", "✗")

    asyncio.run(body())


def test_a_clerk_merges_nobody_and_a_manager_erases_nobody(shop: Shop, wang: int, other: int) -> None:
    async def body() -> None:
        async with opened(shop, lambda: MemberPage(wang), by=shop.owner_with(CLERK)) as (app, pilot):
            await pressed(pilot, "u")
            assert "merge members" in notices(app)[-1]
        async with opened(shop, lambda: MemberPage(wang), by=shop.owner_with(MANAGER)) as (app, pilot):
            await pressed(pilot, "d")
            assert "erase members" in notices(app)[-1]

    asyncio.run(body())


# --- erasing ---------------------------------------------------------------------------------------


def test_a_person_is_erased_after_their_stored_value_was_given_up(shop: Shop, other: int) -> None:
    async def body() -> None:
        async with opened(shop, lambda: MemberPage(other)) as (app, pilot):
            await pressed(pilot, "d")
            assert "40 points" in screen(app) and "¥100.00 of stored value" in screen(app)
            await pressed(pilot, "enter")
            assert "tick that you give it up" in " ".join(screen(app).split())
            await pressed(pilot, "2", "enter")
            assert "Delete this person for good?" in screen(app)
            await pressed(pilot, "enter", "y")
            assert "asked to be forgotten" in screen(app) and "王伟" not in screen(app)

    asyncio.run(body())
    card = members.card(other, by=shop.owner, now=shop.now)
    assert (card.state, card.name, card.phone) == ("erased", "", "")


def test_nobody_is_erased_after_something_happened_in_between(shop: Shop, wang: int) -> None:
    async def body() -> None:
        async with opened(shop, lambda: MemberPage(wang)) as (app, pilot):
            await pressed(pilot, "d", "enter")
            await app.gateway.write(points.adjust, wang, 5, reason="x", by=shop.owner, now=shop.now, key="k")
            await pressed(pilot, "y")
            assert "so nothing was deleted" in " ".join(screen(app).split())

    asyncio.run(body())
    assert members.card(wang, by=shop.owner, now=shop.now).state == "active"
