"""A till over the API: a shop with one of everything, a key that may do all, and the ids the examples name."""

import json
from datetime import date
from typing import Any

from flask.testing import FlaskClient

from core.base import clock, db
from core.base.money import Milli
from core.books.events import KINDS
from core.giving import lottery, punch, redemptions, rewards
from core.giving.lottery import LotteryTerms, PrizeTerms
from core.giving.rewards import RewardTerms
from core.goods import stock, transfers
from core.keeping import opening
from core.loyalty import giftcards, plans, topups
from core.loyalty.plans import Plan
from core.loyalty.topups import TopUpTerms
from core.outreach import webhooks
from core.people import credentials, devices
from core.service import bookinghours, bookings, surveys
from core.service.bookinghours import ServiceTerms
from core.service.bookings import Wanted
from core.service.surveys import Question, Terms
from kiosk.api import examples
from tests import shops
from tests.core.service import gathered

TODAY = date(2026, 5, 29)
SCOPES = ("members", "members.edit", "sales", "refunds", "adjust", "goods", "marketing", "reports", "settings",
          "service")  # fmt: skip


def header(shop: shops.Shop, *scopes: str) -> dict[str, str]:
    """The header of a new API key with scopes."""
    made = devices.new_key("till", shop.store, scopes, by=shop.owner, now=shops.NOON)
    return {"Authorization": f"Bearer {made}", "Accept-Language": "en"}


def a_survey(shop: shops.Shop) -> tuple[str, str, str]:
    """A survey that runs, and the ids of its two questions."""
    terms = Terms(name="May", intro_en="A minute, please.", intro_zh="请花一分钟。", first_on=TODAY, last_on=TODAY,
                  points=5, anonymous=True)  # fmt: skip
    asked = (Question(kind="nps", words_en="Would you recommend us?", words_zh="您会推荐我们吗？"),
             Question(kind="free", words_en="Anything else?", words_zh="还有什么？", required=False))  # fmt: skip
    survey_id = surveys.draft(terms, asked, by=shop.owner, now=shop.now)
    surveys.start(survey_id, by=shop.owner, now=shop.now)
    first, second = surveys.get(survey_id).questions
    return str(survey_id), str(first.id), str(second.id)


class Counter:
    """A shop with one sale, one promotion, one coupon kind and one parked basket, and a key that may do all."""

    def __init__(self, client: FlaskClient, shop: shops.Shop) -> None:
        self.client, self.shop, self.asked = client, shop, 0
        self.key = header(shop, *SCOPES)
        tea, plan = shop.product("tea", 1800), shop.product("year", 9900, kind="plan")
        month = shop.product("month", 1900, kind="plan")
        running = plans.create(Plan(0, month, "month", 30, 1000, 10_000), by=shop.owner, now=shop.now)
        ann, bo = shop.member(), shop.member()
        kind = shop.coupon_kind("3 off", effect="amount", off_cents=300, transferable=True)
        shop.give_coupon(kind, ann)
        sale = self.ask("post", "/sales", {
            "lines": [{"product_id": str(tea)}], "expected_cents": 1800, "tenders": [{"kind": "cash", "cents": 1800}],
        })[1]  # fmt: skip
        parked = self.ask("post", "/parked", {"lines": [{"product_id": str(tea)}]})[1]
        shop.rule("checkin_points", 5)
        shop.tier("silver", 1, spend_cents=100_000)
        shop.give_points(ann, 500)
        cut = shop.product("cut", 5000, kind="service")
        reward = rewards.create("cup", RewardTerms(kind="product", points=100, product_id=tea), stock=9, by=shop.owner,
                                now=shop.now)  # fmt: skip
        terms = LotteryTerms(cost_points=10, tries_day=0, first_on=TODAY, last_on=TODAY)
        prizes = (PrizeTerms(name="10 points", kind="points", odds_ppm=500_000, points=10),)
        draw = lottery.create("wheel", terms, prizes, by=shop.owner, now=shop.now)
        terms_of_cut = ServiceTerms(30, 0, True, (shop.owner.id,))
        bookinghours.set_service(cut, terms_of_cut, by=shop.owner, now=shop.now)
        bookinghours.set_hours(shop.owner.id, shop.store, 5, [(600, 1200)], by=shop.owner, now=shop.now)
        at = clock.at_time(date(2026, 5, 30), 15, 0, "Asia/Shanghai")
        booked = bookings.book(Wanted(shop.store, cut, at, member_id=bo), by=shop.owner, now=shop.now)
        blank = giftcards.make_blank(1, by=shop.owner, now=shop.now)[0]
        pledge = redemptions.redeem(bo_rich(shop, bo), reward, proved=True, by=shop.owner, now=shop.now).code
        punched = punch.create("tenth", 10, points=50, by=shop.owner, now=shop.now)
        rule = topups.set_rule(20_000, TopUpTerms(bonus_cents=1000, bonus_days=30), by=shop.owner, now=shop.now)
        hook, _ = webhooks.add("https://a.example/", KINDS, store_id=shop.store, by=shop.owner, now=shop.now)
        survey, nps, words = a_survey(shop)
        soon = clock.Millis(shop.now + clock.HOUR)
        event = gathered.opened(shop, from_at=soon, until_at=clock.Millis(soon + clock.HOUR), places=9)
        signup = gathered.sign_up(shop, event, bo)
        other, sent, coming = in_transit(shop, tea)
        self.ids = {
            "other": str(other), "sent": str(sent), "transfer": str(coming),
            "event": str(event), "signup": str(signup.id), "survey": survey, "nps": nps, "words": words,
            "silver": str(shop.tiers["silver"]), "cut": str(cut), "reward": str(reward), "lottery": str(draw),
            "blank": blank, "pledge": str(pledge), "punch": str(punched), "rule": str(rule),
            "card": str(credentials.card_of(ann)), "redemption": str(db.value("SELECT id FROM redemption")),
            "coupon": str(db.value("SELECT id FROM coupon")), "hold": "", "booking": str(booked), "ticket": "",
            "webhook": str(hook),
            "tea": str(tea), "plan": str(plan), "month": str(month), "running": str(running),
            "ann": str(ann), "bo": str(bo), "kind": str(kind),
            "code": str(db.value("SELECT code FROM coupon")), "sale": sale["id"], "line": sale["lines"][0]["id"],
            "claim": sale["claim_code"], "parked": parked["id"],
            "promotion": str(shop.promotion("half", **examples.TERMS)),
        }  # fmt: skip
        asked = {"kind": "order", "subject": "Where is it?", "member_id": str(ann)}
        self.ids["ticket"] = self.ask("post", "/tickets", asked)[1]["id"]
        self.ids["hold"] = self.ask("post", f"/members/{ann}/holds", {"amount": 20, "reference": "7"})[1]["id"]

    def ask(self, method: str, path: str, body: object = None, *, raw: str | None = None) -> tuple[int, Any]:
        self.asked += 1
        given = raw if raw is not None else json.dumps(body)
        headers = self.key | {"Idempotency-Key": f"k{self.asked}"}
        send = getattr(self.client, method)
        answer = send(f"/api/v1{path}", data=given, content_type="application/json", headers=headers)
        if answer.status_code >= 400:
            assert answer.mimetype == "application/problem+json"
        return answer.status_code, answer.json

    def filled(self, value: Any) -> Any:
        """A path or body with the ids of this shop in the place of their names."""
        if isinstance(value, str) and value.startswith("/"):
            return value.format(**self.ids)
        return examples.filled(value, self.all_ids())

    def all_ids(self) -> dict[str, str]:
        """The ids of this shop and the code on a phone now."""
        return self.ids | {"proof": credentials.rotating_code(int(self.ids["ann"]), now=clock.now())}


def in_transit(shop: shops.Shop, product_id: int) -> tuple[int, int, int]:
    """Another store, what was sent to it, and what it sent."""
    other = opening.add_store("other", zone="Asia/Shanghai", by=shop.owner, now=shop.now)
    for store in (shop.store, other):
        stock.receive(store, product_id, Milli(9000), by=shop.owner, now=shop.now)
    sent, coming = (
        transfers.send(*way, [(product_id, 2000)], by=shop.owner, now=shop.now)
        for way in ((shop.store, other), (other, shop.store))
    )
    return other, sent, coming


def bo_rich(shop: shops.Shop, member: int) -> int:
    shop.give_points(member, 300)
    return member


def short(path: str) -> str:
    """A path of the document with the names of this shop's ids: '/sales/{sale}'."""
    for name, value in examples.IN_PATHS.items():
        path = path.replace("{" + name + "}", value)
    return path
