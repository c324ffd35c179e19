"""The launch kit: links made once, sheets whose codes are read, and words in the shop's own figures."""

import re
from pathlib import Path

import pytest

from core.base import db, i18n, settings, sms
from core.base.errors import NotAllowed
from core.keeping import kitsheets, kitwords, launchkit
from core.keeping.kitwords import Offer
from core.keeping.launchkit import CARD, NEWS, POSTER, KitNotWritten
from core.keeping.sheets import PosterNowhere
from core.loyalty import topups
from core.loyalty.topups import TopUpTerms
from core.outreach import care
from core.people import sources
from tests import counter
from tests.core.keeping.test_sheets import codes_read, pages
from tests.shops import Shop
from tui.screens import tillcard

ONLINE = settings.Settings(secret="test secret", public_url="https://vip.example.cn")
SHORT = kitwords.SHORT


def furnish(shop: Shop) -> None:
    """Coupons for joining and birthdays, a tier, a top-up rule."""
    shop.rule("shop_name", "桂花里")
    shop.rule("welcome_coupon_kind_id", shop.coupon_kind("新人5元", effect="amount", off_cents=500))
    gift = shop.coupon_kind("生日8折", effect="percent", off_bp=2000)
    care.set_rule("birthday", active=True, coupon_kind_id=gift, by=shop.owner, now=shop.now)
    shop.tier("gold", 1, discount_bp=500, multiplier_bp=15_000, spend_cents=300_000)
    topups.set_rule(50_000, TopUpTerms(bonus_cents=5000), by=shop.owner, now=shop.now)


def write(shop: Shop, folder: Path, language: str = "en") -> dict[str, bytes]:
    settings.use(ONLINE)
    kit = launchkit.write(
        folder, language=language, store_id=shop.store, keys=tillcard.till_keys(), by=shop.owner, now=shop.now
    )
    return {name: (folder / name).read_bytes() for name in kit.files}


def words_of(pdf: bytes) -> str:
    """The text of a page without its spaces, so that a line may break anywhere."""
    (page,), song = pages(pdf), re.search(rb"/UniGB-UCS2-H /Name /F(\d)", pdf)
    font, found = "", ""
    for named, shown in re.findall(r"/F(\d) [\d.]+ Tf|\(((?:\\.|[^\\)])*)\) Tj", page, re.DOTALL):
        font = named or font
        raw = re.sub(r"\\([0-7]{3}|.)", lambda m: chr(int(m[1], 8)) if len(m[1]) == 3 else m[1], shown)
        is_song = song is not None and font == song[1].decode()
        found += raw.encode("latin-1").decode("utf-16-be" if is_song else "cp1252")
    return found.replace(" ", "")


def test_a_kit_has_four_files(one_shop: Shop, tmp_path: Path) -> None:
    assert list(write(one_shop, tmp_path / "new" / "kit")) == [
        "counter-card.pdf", "door-poster.pdf", "till-card.pdf", "first-messages.txt",
    ]  # fmt: skip


def test_links_are_made_once_whatever_the_language(shop: Shop) -> None:
    made = launchkit.links(shop.store, by=shop.owner, now=shop.now)
    assert [(one.name, one.kind, one.daily_budget) for one in made.values()] == [
        ("柜台桌牌", "poster", 60), ("门口海报", "poster", 60), ("开业消息", "advert", 200),
    ]  # fmt: skip
    shop.rule("language", "en")
    assert launchkit.links(shop.store, by=shop.owner, now=shop.now) == made
    sources.end(made[CARD].id, by=shop.owner, now=shop.now)
    again = launchkit.links(shop.store, by=shop.owner, now=shop.now)
    assert (again[CARD].name, again[CARD].id != made[CARD].id, again[POSTER]) == ("counter card", True, made[POSTER])


def test_each_store_has_links_of_its_own(shop: Shop) -> None:
    here = launchkit.links(shop.store, by=shop.owner, now=shop.now)
    there = launchkit.links(counter.other_store(shop), by=shop.owner, now=shop.now)
    assert {one.id for one in here.values()}.isdisjoint(one.id for one in there.values())


@pytest.mark.parametrize(
    ("language", "gains", "steps"),
    [
        ("en", ("for joining: 新人5元", "for your birthday: 生日8折", "5 % off, points × 1.5"), "Show your code"),
        ("zh", ("入会即得：新人5元", "生日礼：生日8折", "优惠 5 %、积分 × 1.5"), "结账时出示会员码"),
    ],
)  # fmt: skip
def test_the_counter_card_carries_its_link_and_true_figures(
    one_shop: Shop, tmp_path: Path, language: str, gains: tuple[str, ...], steps: str
) -> None:
    furnish(one_shop)
    made = write(one_shop, tmp_path, language)["counter-card.pdf"]
    link = launchkit.links(one_shop.store, by=one_shop.owner, now=one_shop.now)[CARD]
    assert codes_read(pages(made)[0]) == [f"HTTPS://VIP.EXAMPLE.CN/Q/{link.code}"]
    words = words_of(made)
    assert words.count(f"vip.example.cn/q/{link.code}") == 2  # both halves
    assert [one for one in (*gains, steps) if one.replace(" ", "") not in words] == []


def test_what_a_shop_does_not_give_is_not_promised(one_shop: Shop) -> None:
    one_shop.rule("referral_points", 0)
    one_shop.rule("redeem_cap_bp", 0)
    given = kitwords.offer(now=one_shop.now)
    assert kitwords.gains(given) == ["1 point for each ¥1.00 you spend"]
    one_shop.rule("redeem_cap_bp", 10_000)
    one_shop.rule("cents_per_point", 200)
    assert kitwords.gains(kitwords.offer(now=one_shop.now)) == [
        "1 point for each ¥2.00 you spend; 100 points pay ¥1.00"
    ]


def test_too_many_gains_leave_the_last_ones_out_and_the_card_whole(one_shop: Shop, tmp_path: Path) -> None:
    furnish(one_shop)
    kinds = tuple(
        one_shop.coupon_kind("a coupon with a very long name indeed " * 2, effect="amount", off_cents=1)
        for _ in range(9)
    )
    for rank in (2, 3):
        one_shop.tier(f"{rank} pinnacle of all our tiers", rank, spend_cents=100_000 * rank, welcome=kinds)
    settings.use(ONLINE)
    link = launchkit.links(one_shop.store, by=one_shop.owner, now=one_shop.now)[CARD]
    made = kitsheets.counter_card(link, kitwords.offer(now=one_shop.now), language="en")
    words = words_of(made)
    assert ("forjoining" in words, "3pinnacle" in words) == (True, False)
    assert codes_read(pages(made)[0]) == [f"HTTPS://VIP.EXAMPLE.CN/Q/{link.code}"]


def test_the_card_for_the_till_is_in_the_kit_with_top_ups_limit_and_whom_to_ask(one_shop: Shop, tmp_path: Path) -> None:
    furnish(one_shop)
    counter.hired(one_shop, "manager")
    words = words_of(write(one_shop, tmp_path)["till-card.pdf"])
    for told in ("ctrl+t", "ctrl+k", "Pay¥500.00,get¥50.00more", "Above¥200.00", "Ask:周丽,manager"):
        assert told in words
    chinese = words_of(write(one_shop, tmp_path, "zh")["till-card.pdf"])
    assert "充¥500.00送¥50.00" in chinese and "有疑问找：周丽" in chinese


def test_first_messages_stand_in_both_languages_with_their_length(one_shop: Shop, tmp_path: Path) -> None:
    furnish(one_shop)
    words = write(one_shop, tmp_path)["first-messages.txt"].decode()
    link = launchkit.links(one_shop.store, by=one_shop.owner, now=one_shop.now)[NEWS]
    url = f"https://vip.example.cn/q/{link.code}"
    assert words.count(url) == 8
    assert f"【桂花里】您的会员卡已搬到手机上，点开即用：{url} 回复 退订 不再接收" in words
    assert "（UCS-2 编码，67 / 70 字，共 1 条）" in words
    assert "入会即得：新人5元" in words and "for joining: 新人5元" in words


@pytest.mark.parametrize(
    ("shop_name", "host", "which", "encoding", "parts"),
    [
        ("Tea House", "vip.example.cn", 0, "GSM-7", 1),
        ("桂花里", "vip.example.cn", 2, "UCS-2", 1),
        ("Tea House", "a-rather-long-name.of-a-shop.example.com.cn", 1, "GSM-7", 1),
        ("桂花里", "a-rather-long-name.of-a-shop.example.com.cn", 2, "UCS-2", 2),
    ],
)
def test_the_text_message_is_the_fullest_that_is_one_part(
    shop_name: str, host: str, which: int, encoding: str, parts: int
) -> None:
    url = f"https://{host}/q/2B7KQ9XW4"
    with i18n.use("en"):
        text, length = kitwords.text_message(shop_name, url)
    assert text == SHORT[which].format(shop=shop_name, url=url)
    assert (length.encoding, length.parts) == (encoding, parts)
    assert length == sms.count(text)


def test_a_shop_no_phone_can_reach_prints_nothing(one_shop: Shop, tmp_path: Path) -> None:
    folder = tmp_path / "kit"
    with pytest.raises(PosterNowhere):
        launchkit.write(folder, language="en", store_id=one_shop.store, keys=(), by=one_shop.owner, now=one_shop.now)
    assert not folder.exists()
    assert db.value("SELECT count(*) FROM source_link") == 0


def test_a_folder_that_cannot_be_written_is_named(one_shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "kit").write_text("a file")
    with pytest.raises(KitNotWritten, match="kit"):
        write(one_shop, tmp_path / "kit")


def test_a_clerk_makes_no_kit(shop: Shop) -> None:
    with pytest.raises(NotAllowed):
        launchkit.links(shop.store, by=counter.hired(shop, "clerk"), now=shop.now)


def test_an_offer_holds_only_what_runs(one_shop: Shop) -> None:
    furnish(one_shop)
    given: Offer = kitwords.offer(now=one_shop.now)
    care.set_rule("birthday", active=False, coupon_kind_id=None, by=one_shop.owner, now=one_shop.now)
    assert (given.birthday, kitwords.offer(now=one_shop.now).birthday) == ("生日8折", "")
    assert given.top_ups == ((50_000, 5000),)
