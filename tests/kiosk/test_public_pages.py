"""The pages anyone may read: tiers and lotteries, in both languages, without a session."""

import pytest
from flask.testing import FlaskClient

from core.base import clock
from core.giving import lottery
from core.giving.lottery import LotteryTerms, PrizeTerms
from kiosk.public import percent
from tests.kiosk.conftest import OURS
from tests.shops import Shop


def page(client: FlaskClient, path: str, language: str) -> str:
    answer = client.get(path, headers={"Accept-Language": language})
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_every_tier_with_what_it_asks_and_gives(client: FlaskClient, one_shop: Shop) -> None:
    one_shop.tier("silver", 1, spend_cents=100_000, discount_bp=500, multiplier_bp=12_000)
    english, chinese = (page(client, "/tiers", language) for language in ("en", "zh"))
    for said in ("Our tiers", "everyone", "¥1,000.00 spent in 365 days", "5 % off", "points × 1.2"):
        assert said in english
    for said in ("会员等级", "所有会员", "365 天内消费满 ¥1,000.00", "积分 × 1.2"):
        assert said in chinese


def test_the_odds_of_a_lottery_add_up_and_its_language_can_be_chosen(client: FlaskClient, one_shop: Shop) -> None:
    today = clock.day_of(clock.now(), "Asia/Shanghai")
    terms = LotteryTerms(cost_points=10, tries_day=1, first_on=today, last_on=today)
    prizes = (PrizeTerms(name="cup", kind="points", odds_ppm=12_500, points=5, stock=3),)
    made = lottery.create("wheel", terms, prizes, by=one_shop.owner, now=one_shop.now)
    shown = page(client, f"/lottery/{made}", "en")
    for said in ("wheel", "cup · 1.25 % · 3 in all", "no prize · 98.75 %", f"/lottery/{made}.json"):
        assert said in shown
    answer = client.post("/language", data={"language": "zh", "back": f"/lottery/{made}"}, headers=OURS)
    assert (answer.status_code, answer.location) == (303, f"/lottery/{made}")
    assert "未中奖 · 98.75 %" in page(client, f"/lottery/{made}", "en")


@pytest.mark.parametrize("back", ["https://elsewhere.example/", "//elsewhere.example", "/lottery/1/../../x", "/kiosk"])
def test_the_choice_of_language_leads_nowhere_else(client: FlaskClient, one_shop: Shop, back: str) -> None:
    assert client.post("/language", data={"language": "zh", "back": back}, headers=OURS).location == "/"


@pytest.mark.parametrize(("ppm", "said"), [(0, "0 %"), (1, "0.0001 %"), (50_000, "5 %"), (1_000_000, "100 %")])
def test_parts_per_million_as_they_are_read(ppm: int, said: str) -> None:
    assert percent(ppm) == said


def test_what_there_is_not_is_told(client: FlaskClient, one_shop: Shop) -> None:
    assert client.get("/lottery/7").status_code == 404
    assert client.get("/lottery/7.json").status_code == 404
