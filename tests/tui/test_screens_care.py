"""The outbox and the wordings: what was said to whom, what became of it, and how it is said."""

import asyncio
from pathlib import Path

import pytest

from core.base import db
from core.base.clock import DAY, Millis
from core.books import alerts, outbox
from core.books.outbox import Letter
from core.outreach import delivery, deskwork
from tests.shops import NOON, Shop, open_shop
from tests.tui.office import SIZES, lines, notices, widths
from tests.tui.shopfront import LANGUAGES, opened, pressed, screen
from tui.screens.care import CarePage
from tui.screens.fates import fate


def letter(shop: Shop, key: str, template: str, *, now: Millis, state: str = "queued", reason: str = "",
           body: str = "", **to: object) -> int:  # fmt: skip
    variables = {"shop": "桂花里", "code": "482913"}
    expires = Millis(now + DAY)
    sent = Letter(key, template, "service", "zh", variables, expires, **to)  # type: ignore[arg-type]

    @db.atomic
    def put() -> int:
        id = outbox.put(sent, now=now)
        assert id is not None
        db.run("UPDATE outbox SET state = ?, reason = ?, body = ? WHERE id = ?", (state, reason, body, id))
        return id

    return put()


@pytest.fixture
def shop(database: Path) -> Shop:
    shop = open_shop()
    member_id = shop.member("13812042046", name="王伟芳")
    letter(shop, "a", "welcome", now=shop.now, member_id=member_id, state="skipped", reason="no consent (service)")
    letter(shop, "b", "code", now=Millis(shop.now + 1000), address="+8613900001111", state="delivered")
    said = "【桂花里】您有 320 积分，12-31 周四 前可用，过期作废。"
    letter(shop, "c", "points_expiring", now=Millis(shop.now + 2000), member_id=member_id, state="failed",
           reason="30008", body=said)  # fmt: skip
    return shop


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_outbox_fits_the_screen(shop: Shop, language: str, size: tuple[int, int]) -> None:
    async def body() -> None:
        async with opened(shop, CarePage, language=language, size=size) as (app, pilot):
            assert widths(app) == {size[0]}
            assert "320 积分" in screen(app)
            await pressed(pilot, "w")
            assert widths(app) == {size[0]}

    asyncio.run(body())


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", ["Not sent.", "The member did not agree to notices."]),
        ("zh", ["未发送。", "会员未同意"]),
    ],
)
def test_newest_comes_first_and_the_selected_one_says_its_fate(shop: Shop, language: str, told: list[str]) -> None:
    async def body() -> None:
        async with opened(shop, CarePage, language=language) as (app, pilot):
            listed = lines(app)[7:10]
            assert "王伟芳" in listed[0] and "13900001111" in listed[1]
            assert "30008" in screen(app)
            await pressed(pilot, "down", "down")
            assert all(sentence in screen(app) for sentence in told)

    asyncio.run(body())


def test_filter_leaves_one_state(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, CarePage) as (app, pilot):
            await pressed(pilot, "f", *["right"] * 6, "enter")
            assert "Care · delivered" in screen(app)
            assert "13900001111" in screen(app) and "王伟芳" not in screen(app)

    asyncio.run(body())


def test_pages_of_the_outbox_follow_time_not_ids(shop: Shop) -> None:
    late = letter(shop, "d", "welcome", now=Millis(shop.now - DAY), address="+8613900002222")
    found = deskwork.listing(by=shop.owner, limit=3)
    rest = deskwork.listing(by=shop.owner, before_id=found[-1].id)
    assert [one.id for one in rest] == [late]


def test_unknown_reason_is_told_as_the_provider_said_it() -> None:
    assert [str(part) for part in fate("dead", "odd thing")] == [
        "Given up after several tries.",
        "The provider says: odd thing.",
    ]


def test_filter_leaves_one_members_messages(shop: Shop) -> None:
    async def body() -> None:
        async with opened(shop, CarePage) as (app, pilot):
            await pressed(pilot, "f", "tab", "tab", *"nobody", "enter")
            assert "Nobody is found by “nobody”." in screen(app)
            await pressed(pilot, *["backspace"] * 6, *"2046", "enter")
            assert "Care · 王伟芳" in screen(app) and "13900001111" not in screen(app)

    asyncio.run(body())


def put_in(shop: Shop, key: str, state: str) -> int:
    return letter(shop, key, "welcome", now=Millis(shop.now + 3000), address="+8613900003333", state=state)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_page_of_a_message_fits_and_shows_its_steps(shop: Shop, language: str, size: tuple[int, int]) -> None:
    one = put_in(shop, "d", "queued")
    delivery.claim(one, owner="x", now=Millis(shop.now + 4000))
    delivery.accepted(one, sid="SM1", now=Millis(shop.now + 4000))
    delivery.note_status(sid="SM1", status="delivered", outbox_id=None, attempt=None, now=Millis(shop.now + 5000))
    told = {"en": ["handed to the channel, try 1", "arrived on the phone", "wording as delivered"],
            "zh": ["交给通道，第 1 次", "已送达手机", "自带文案"]}  # fmt: skip

    async def body() -> None:
        async with opened(shop, CarePage, language=language, size=size) as (app, pilot):
            await pressed(pilot, "enter")
            assert widths(app) == {size[0]}
            assert [words for words in told[language] if words not in screen(app)] == []

    asyncio.run(body())


def test_a_message_given_up_goes_again_after_a_question(shop: Shop) -> None:
    one = put_in(shop, "d", "dead")

    async def body() -> None:
        async with opened(shop, CarePage) as (app, pilot):
            await pressed(pilot, "enter", "r", "y")
            assert "queued again" in screen(app) and "周丽" in screen(app)
            await pressed(pilot, "r")
            assert notices(app)[-1].startswith("Only a message that was given up")

    asyncio.run(body())
    assert deskwork.look(one, by=shop.owner).row.state == "queued"


def test_a_message_that_waits_is_taken_back(shop: Shop) -> None:
    one = put_in(shop, "d", "queued")

    async def body() -> None:
        async with opened(shop, CarePage) as (app, pilot):
            await pressed(pilot, "x", "y")
            assert "Staff took it back." in screen(app)
            await pressed(pilot, "x")
            assert notices(app)[-1].startswith("It does not wait any more")

    asyncio.run(body())
    assert deskwork.look(one, by=shop.owner).row.state == "cancelled"


@pytest.mark.parametrize(("keys", "state"), [(("enter",), "dead"), (("right", "enter"), "sent")])
def test_an_unclear_message_is_marked_as_what_was_found(shop: Shop, keys: tuple[str, ...], state: str) -> None:
    one = put_in(shop, "d", "review")

    async def body() -> None:
        async with opened(shop, CarePage) as (app, pilot):
            await pressed(pilot, "k", *keys)
            assert "Staff looked it up with the provider." in screen(app)

    asyncio.run(body())
    assert deskwork.look(one, by=shop.owner).row.state == state


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_channel_at_rest_stands_above_and_is_woken(shop: Shop, language: str, size: tuple[int, int]) -> None:
    rest()

    async def body() -> None:
        async with opened(shop, CarePage, language=language, size=size) as (app, pilot):
            assert "401" in screen(app) and widths(app) == {size[0]}
            await pressed(pilot, "u", "y")
            assert "401" not in screen(app)

    asyncio.run(body())
    assert delivery.resting() == []


@db.atomic
def rest() -> None:
    db.add("channel_rest", channel="sms", reason="401", at=NOON, actor="job:0")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_alerts_say_what_happened_and_what_to_do(shop: Shop, language: str, size: tuple[int, int]) -> None:
    note(shop)
    told = {"en": ["Messages wait", "Nothing goes out by text message any more: 401.", "came once more"],
            "zh": ["消息发不出去", "短信 渠道已停发：401。", "期间又发生了一次。"]}  # fmt: skip

    async def body() -> None:
        async with opened(shop, CarePage, language=language, size=size) as (app, pilot):
            await pressed(pilot, "a")
            assert widths(app) == {size[0]}
            assert [words for words in told[language] if words not in screen(app)] == []
            await pressed(pilot, "f")
            assert ("doctor" in screen(app), "体检" in screen(app)) == (False, False)
            assert ("A job failed" in screen(app), "任务失败" in screen(app)) == (False, False)

    asyncio.run(body())


@db.atomic
def note(shop: Shop) -> None:
    alerts.note("job", "doctor", now=shop.now)
    db.run("UPDATE alert SET told_at = ?", (shop.now,))
    for later in (1000, 2000):
        alerts.note("channel_rests", "sms", now=Millis(shop.now + later), reason="401")
