"""Every face of the kiosk and every page on the phone, in both languages: axe finds nothing, all can be touched."""

import re
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.base import clock
from core.giving import lottery, rewards
from core.giving.lottery import LotteryTerms, PrizeTerms
from core.giving.rewards import RewardTerms
from core.loyalty import passes
from core.selling import claims
from core.service.gatheringrules import Opening
from tests import shops
from tests.core.service import gathered
from tests.kiosk.conftest import Windows, code_sent, rotating
from tests.kiosk.faces import barriers, tell, unfit, visit_url

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LANGUAGES = pytest.mark.parametrize("language", ["zh-CN", "en"])


@pytest.fixture
def treats(one_shop: shops.Shop, wang: int) -> tuple[int, int]:
    """Six rewards, one of them had for 200 points, and a lottery of today."""
    cup = one_shop.product("一杯好茶", 1800)
    by, now = one_shop.owner, one_shop.now
    made = [
        rewards.create(f"{name}茶礼盒", _worth(points, cup), stock=9, by=by, now=now)
        for name, points in (("春", 200), ("夏", 500), ("秋", 900), ("冬", 2000), ("年", 5000), ("大", 9000))
    ]
    today = clock.day_of(clock.now(), "Asia/Shanghai")
    terms = LotteryTerms(cost_points=0, tries_day=0, first_on=min(today, date(2026, 5, 29)), last_on=today)
    prizes = (
        PrizeTerms(name="50 积分", kind="points", odds_ppm=900_000, points=50),
        PrizeTerms(name="茶具一套", kind="product", odds_ppm=1_000),
    )
    return made[0], lottery.create("夏日大转盘", terms, prizes, by=by, now=now)


def _worth(points: int, product: int) -> RewardTerms:
    return RewardTerms(kind="product", points=points, product_id=product)


@pytest.fixture
def evenings(one_shop: shops.Shop) -> int:
    """Five events: one that begins in an hour, the others free, for points, full, and for later."""
    now = clock.now()
    terms: tuple[dict[str, object], ...] = (
        {}, {}, {"fee_points": 200}, {"places": 1}, {"openings": (Opening(0, clock.Millis(now + clock.DAY)),)},
    )  # fmt: skip
    made = []
    for place, one in enumerate(terms):
        from_at = clock.Millis(now + (1 + 30 * place) * clock.HOUR)
        made.append(gathered.opened(
            one_shop, name_zh="桂花乌龙新茶品鉴与团扇彩绘下午茶", name_en="Tasting of new teas and fan painting",
            from_at=from_at, until_at=clock.Millis(from_at + 2 * clock.HOUR), **one,
        ))  # fmt: skip
    gathered.sign_up(one_shop, made[3], one_shop.member(), now=now)
    return made[0]


@LANGUAGES
def test_every_face_can_be_read_and_touched(
    kiosk_page: Page, wang: int, treats: tuple[int, int], evenings: int, tmp_path: Path, language: str
) -> None:
    page, (reward, wheel) = kiosk_page, treats
    card = ("scan", rotating(wang))
    ways: dict[str, list[tuple[str, str]]] = {
        "attract": [], "code": [("go", "code")], "help": [("go", "help")], "tiers": [("go", "tiers")],
        "phone": [("go", "phone")], "sent": [("phone", "13800138000")], "card": [card],
        "events": [("go", "events")], "rewards": [("go", "rewards")], "confirm": [("reward", str(reward))],
        "got": [card], "problem": [("scan", "C1.0000000000000")], "wheel": [card, ("go", "wheel")],
        "drawn": [("draw", str(wheel))], "wipe": [("end", "")],
    }  # fmt: skip
    if language == "en":
        page.locator('[data-event="lang"]').click()
    for face, events in ways.items():
        tell(page, face, *events)
        if face != "wipe":
            expect(page.locator("html")).to_have_attribute("lang", language)
        page.screenshot(path=tmp_path / f"{face}-{language}.png")
        assert (face, unfit(page)) == (face, {})


@LANGUAGES
def test_the_faces_of_joining_and_of_waiting_too(
    kiosk_page: Page, windows: Windows, wang: int, tmp_path: Path, language: str
) -> None:
    page, phone = kiosk_page, windows.open(phone=True)
    if language == "en":
        page.locator('[data-event="lang"]').click()
    tell(page, "card", ("scan", rotating(wang)))
    page.clock.fast_forward(16_000)
    page.clock.run_for(500)
    expect(page.locator("#still")).to_be_visible()
    page.screenshot(path=tmp_path / f"still-{language}.png")
    assert unfit(page) == {}
    page.clock.fast_forward(40_000)
    page.clock.run_for(4000)
    expect(page.locator(".face-attract")).to_be_visible()
    phone.goto(visit_url(page))
    page.clock.run_for(1500)
    expect(page.locator(".face-matched")).to_be_visible()
    assert unfit(page) == {}
    phone.get_by_role("button", name="Card only").click()
    phone.get_by_label("I want to be a member.").check()
    phone.get_by_label("Yes").check()
    phone.get_by_role("button", name="Join").click()
    page.clock.run_for(1500)
    expect(page.locator(".face-welcome")).to_be_visible()
    assert unfit(page) == {}


def test_a_screen_without_a_store_and_one_without_a_server(windows: Windows, site: str, tmp_path: Path) -> None:
    page = windows.open(locale="zh-CN")
    page.clock.install()
    page.goto(f"{site}/kiosk")
    expect(page.locator(".face-pair")).to_be_visible()
    page.screenshot(path=tmp_path / "pair.png")
    assert unfit(page) == {}
    page.evaluate("document.getElementById('offline').hidden = false")
    assert unfit(page) == {}


PAGES = (
    "/me", "/me/history", "/me/receipt", "/me/profile", "/me/settings", "/me/confirm?next=copy", "/me/number",
    "/me/copy", "/me/leave", "/tiers", "/lottery/{wheel}", "/s/{claim}", "/nowhere",
)  # fmt: skip


@LANGUAGES
def test_every_page_on_the_phone(
    kiosk_page: Page, windows: Windows, site: str, wang: int, treats: tuple[int, int], one_shop: shops.Shop,
    tmp_path: Path, language: str,
) -> None:  # fmt: skip
    _gifts(one_shop, wang)
    sale = one_shop.sell(one_shop.basket(("一杯好茶", 1)), ("cash", 1800))
    phone = windows.open(phone=True, locale="zh-CN" if language == "zh-CN" else "en-GB")
    _seen(phone, visit_url(kiosk_page), tmp_path / f"join-{language}.png")
    phone.locator("#phone").fill("13800138000")
    phone.locator("button.main").click()
    _seen(phone, None, tmp_path / f"code-{language}.png")
    phone.locator("#code").fill(code_sent())
    phone.locator("button.main").click()
    expect(phone.locator("html")).to_have_attribute("lang", language)
    for path in PAGES:
        at = site + path.format(wheel=treats[1], claim=claims.code_of(sale))
        _seen(phone, at, tmp_path / f"{re.sub('[^a-z]+', '-', path.strip('/'))}-{language}.png")
    windows.complaints[:] = [one for one in windows.complaints if "404" not in one]


def _gifts(shop: shops.Shop, member: int) -> None:
    """A pass and a purchase, so that no page is empty."""
    cut = shop.product("剪发", 5000, kind="service")
    card = shop.product("十次卡", 40_000, kind="pass")
    passes.create_kind("十次卡", card, uses=10, valid_days=900, service_ids=[cut], by=shop.owner, now=shop.now)
    shop.sell(shop.basket(("十次卡", 1), member=member), ("cash", 40_000))


def _seen(phone: Page, url: str | None, shot: Path) -> None:
    """A page that fits its phone and that axe has nothing against."""
    if url:
        phone.goto(url)
    phone.screenshot(path=shot, full_page=True)
    wide = phone.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert (shot.stem, wide, barriers(phone)) == (shot.stem, False, [])


def test_a_form_that_was_refused_and_a_way_back(kiosk_page: Page, windows: Windows, tmp_path: Path) -> None:
    phone = windows.open(phone=True)
    phone.goto(visit_url(kiosk_page))
    phone.get_by_label("Phone number").fill("123")
    phone.get_by_role("button", name="Send the code").click()
    _seen(phone, None, tmp_path / "refused.png")
    phone.get_by_role("button", name="Card only").click()
    _seen(phone, None, tmp_path / "terms.png")
    phone.get_by_role("button", name="Join").click()
    _seen(phone, None, tmp_path / "unticked.png")
    windows.complaints[:] = [one for one in windows.complaints if "422" not in one]


def test_axe_sees_what_is_planted(windows: Windows, site: str) -> None:
    page = windows.open()
    page.goto(f"{site}/tiers")
    page.evaluate("document.querySelector('main').append(document.createElement('button'))")
    assert [rule for rule, _ in barriers(page)] == ["button-name"]
