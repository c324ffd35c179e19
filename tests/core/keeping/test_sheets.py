"""Posters and sheets of cards: what stands in the PDF, and that its QR codes are read."""

import base64
import re
import subprocess
import sys
import zlib
from itertools import pairwise

import pytest
import zxingcpp
from PIL import Image, ImageDraw

from core.base import settings
from core.keeping import sheets
from core.keeping.sheets import NoneBlank, PosterNowhere
from core.people import blanks, sources
from core.people.sources import SourceLink, SourceOver, SourceTerms
from tests.shops import Shop

MM = 72 / 25.4
SCALE = 3
"""Pixels a point where a page is drawn."""


@pytest.fixture(autouse=True)
def online(one_shop: Shop) -> None:
    """The shop has a public address, and a name in both scripts."""
    settings.use(settings.Settings(secret="test secret", public_url="https://vip.example.cn"))
    one_shop.rule("shop_name", "山水茶行 Shanshui")


def poster(shop: Shop) -> SourceLink:
    return sources.create("window", SourceTerms("poster", shop.store), by=shop.owner, now=shop.now)


def pages(pdf: bytes) -> list[str]:
    """What each page draws, in the words of PDF."""
    found = re.findall(rb"/ASCII85Decode /FlateDecode.*?stream\r?\n(.*?)endstream", pdf, re.DOTALL)
    return [zlib.decompress(base64.a85decode(b"<~" + one.strip(), adobe=True)).decode("latin-1") for one in found]


def codes_read(page: str) -> list[str]:
    """The QR codes on a page, read from its rectangles as drawn."""
    picture = Image.new("L", (int(595.3 * SCALE), int(841.9 * SCALE)), 255)
    pen = ImageDraw.Draw(picture)
    for found in re.findall(r"([\d.]+) ([\d.]+) ([\d.]+) ([\d.]+) re", page):
        x, y, wide, high = (float(one) * SCALE for one in found)
        top = picture.height - y - high
        pen.rectangle((round(x), round(top), round(x + wide) - 1, round(top + high) - 1), fill=0)
    return sorted(one.text for one in zxingcpp.read_barcodes(picture))


def said(page: str) -> str:
    """The text of a page; two bytes a letter in Chinese."""
    parts = re.findall(r"/F(\d)\+?\d* [\d.]+ Tf.*?\(((?:\\.|[^\\)])*)\) Tj", page, re.DOTALL)
    text = ""
    for _font, raw in parts:
        plain = re.sub(r"\\([0-7]{3}|.)", lambda m: chr(int(m[1], 8)) if len(m[1]) == 3 else m[1], raw)
        data = plain.encode("latin-1")
        wide = len(data) % 2 == 0 and any(byte < 32 or byte > 126 for byte in data)
        text += data.decode("utf-16-be" if wide else "cp1252")
    return text


@pytest.mark.parametrize(("language", "headline"), [("zh", "成为熟客"), ("en", "Become a regular")])
def test_a_poster_carries_its_link_twice(one_shop: Shop, language: str, headline: str) -> None:
    link = poster(one_shop)
    made = sheets.poster(link.id, language=language, by=one_shop.owner, now=one_shop.now)
    (page,) = pages(made)
    assert codes_read(page) == [f"HTTPS://VIP.EXAMPLE.CN/Q/{link.code}"]
    assert f"vip.example.cn/q/{link.code}" in said(page)
    assert headline in said(page)
    assert "山水茶行 Shanshui" in said(page)


def test_a_poster_says_what_becomes_of_ones_data(one_shop: Shop) -> None:
    link = poster(one_shop)
    told = {}
    for language in ("zh", "en"):
        made = sheets.poster(link.id, language=language, by=one_shop.owner, now=one_shop.now)
        told[language] = said(pages(made)[0])
    assert "手机号可以不留" in told["zh"]
    assert "Your phone number is optional" in told["en"]


def test_no_font_of_the_server_is_needed(one_shop: Shop) -> None:
    made = sheets.poster(poster(one_shop).id, language="zh", by=one_shop.owner, now=one_shop.now)
    assert b"/STSong-Light" in made
    assert b"FontFile" not in made
    assert len(made) < 10_000


def test_a_headline_of_ones_own(one_shop: Shop) -> None:
    link = poster(one_shop)
    long = "入会即送龙井一泡，" * 40
    for headline, shown in (("新茶上市", "新茶上市"), (long, "入会即送龙井一泡")):
        made = sheets.poster(link.id, language="zh", headline=headline, by=one_shop.owner, now=one_shop.now)
        (page,) = pages(made)
        assert shown in said(page)
        assert codes_read(page) == [f"HTTPS://VIP.EXAMPLE.CN/Q/{link.code}"]
    assert "…" in said(page)


def test_a_poster_nobody_could_use_is_refused(one_shop: Shop) -> None:
    link = poster(one_shop)
    settings.use(settings.Settings(secret="test secret"))
    with pytest.raises(PosterNowhere, match=r"127\.0\.0\.1:8080"):
        sheets.poster(link.id, language="en", by=one_shop.owner, now=one_shop.now)
    sources.end(link.id, by=one_shop.owner, now=one_shop.now)
    with pytest.raises(SourceOver):
        sheets.poster(link.id, language="en", by=one_shop.owner, now=one_shop.now)


def test_a_batch_is_printed_ten_to_a_page_without_those_that_were_handed_out(one_shop: Shop) -> None:
    batch = blanks.make(13, by=one_shop.owner, now=one_shop.now)
    numbers = blanks.blank_of(batch, by=one_shop.owner)
    one_shop.member("13800138000", card=numbers.pop(4))
    made = pages(sheets.cards(batch, language="zh", by=one_shop.owner, now=one_shop.now))
    assert [codes_read(page) for page in made] == [numbers[:10], numbers[10:]]
    assert all(blanks.grouped(number) in said(made[0]) for number in numbers[:10])
    assert said(made[0]).count("会员卡") == 10


def test_cards_are_cut_to_85_by_54_mm(one_shop: Shop) -> None:
    batch = blanks.make(1, by=one_shop.owner, now=one_shop.now)
    (page,) = pages(sheets.cards(batch, language="en", by=one_shop.owner, now=one_shop.now))
    lines = [[float(one) for one in found] for found in re.findall(r"([\d.]+) ([\d.]+) m ([\d.]+) ([\d.]+) l", page)]
    across = sorted({x for x, _, to_x, _ in lines if x == to_x})
    down = sorted({y for _, y, _, to_y in lines if y == to_y})
    assert [round((b - a) / MM, 1) for a, b in pairwise(across)] == [85.0, 85.0]
    assert [round((b - a) / MM, 1) for a, b in pairwise(down)] == [54.0] * 5
    inside = (across[0] < x < across[-1] and down[0] < y < down[-1] for x, y, _, _ in lines)
    assert not any(inside)


def test_a_long_name_of_a_shop_stays_on_its_card(one_shop: Shop) -> None:
    one_shop.rule("shop_name", "上海市黄浦区南京东路山水人家精品茶叶茶具专营店有限公司 The Shanshui Tea Company")
    batch = blanks.make(1, by=one_shop.owner, now=one_shop.now)
    (page,) = pages(sheets.cards(batch, language="zh", by=one_shop.owner, now=one_shop.now))
    assert "Company" in said(page)
    assert codes_read(page) == blanks.blank_of(batch, by=one_shop.owner)


def test_a_batch_without_blank_cards_prints_nothing(one_shop: Shop) -> None:
    batch = blanks.make(1, by=one_shop.owner, now=one_shop.now)
    blanks.void(batch, by=one_shop.owner, now=one_shop.now)
    with pytest.raises(NoneBlank):
        sheets.cards(batch, language="en", by=one_shop.owner, now=one_shop.now)


def test_nothing_that_starts_loads_the_library_for_pdf() -> None:
    code = "import sys, regulars, scheduler, kiosk.app, tui.app, commands.sources; print('reportlab' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
