"""Whatever is wrong with a request: a status, a sentence, the field, and nothing written."""

import copy
import json
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core.base import clock, db, limits, settings
from core.giving import lottery, redemptions, rewards
from core.giving.lottery import LotteryTerms, PrizeTerms
from core.giving.rewards import RewardTerms
from core.loyalty import giftcards, plans
from core.loyalty.plans import Plan
from core.people import credentials
from kiosk import app as door
from kiosk.meeting import Board
from tests import shops
from tests.kiosk.conftest import SETTINGS, header

HALF = {"effect": "nth", "every": 2, "off_bp": 5000}
NASTY = "'; DROP TABLE sale; -- <script>alert(1)</script> {{7*7}}"
TODAY = date(2026, 5, 29)
WHOLE = "this is not of the kind that is needed; /api/v1/docs shows it"


class Counter:
    """A shop with one sale, one promotion, one coupon kind and one parked basket, and a key that may do all."""

    def __init__(self, client: FlaskClient, shop: shops.Shop) -> None:
        self.client, self.shop, self.asked = client, shop, 0
        self.key = header(
            shop, "members", "members.edit", "sales", "refunds", "adjust", "marketing", "reports", "settings"
        )
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
        shop.tier("silver", 1, spend_cents=100_000)
        shop.give_points(ann, 500)
        cut = shop.product("cut", 5000, kind="service")
        reward = rewards.create("cup", RewardTerms(kind="product", points=100, product_id=tea), stock=9, by=shop.owner,
                                now=shop.now)  # fmt: skip
        terms = LotteryTerms(cost_points=10, tries_day=0, first_on=TODAY, last_on=TODAY)
        prizes = (PrizeTerms(name="10 points", kind="points", odds_ppm=500_000, points=10),)
        draw = lottery.create("wheel", terms, prizes, by=shop.owner, now=shop.now)
        blank = giftcards.make_blank(1, by=shop.owner, now=shop.now)[0]
        pledge = redemptions.redeem(bo_rich(shop, bo), reward, proved=True, by=shop.owner, now=shop.now).code
        self.ids = {
            "silver": str(shop.tiers["silver"]), "cut": str(cut), "reward": str(reward), "lottery": str(draw),
            "blank": blank, "pledge": str(pledge),
            "tea": str(tea), "plan": str(plan), "month": str(month), "running": str(running),
            "ann": str(ann), "bo": str(bo), "kind": str(kind),
            "code": str(db.value("SELECT code FROM coupon")), "sale": sale["id"], "line": sale["lines"][0]["id"],
            "claim": sale["claim_code"], "parked": parked["id"],
            "promotion": str(shop.promotion("half", **HALF)),
        }  # fmt: skip

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
        if isinstance(value, dict):
            return {name: self.filled(one) for name, one in value.items()}
        if isinstance(value, list):
            return [self.filled(one) for one in value]
        if value == "{proof}":
            return credentials.rotating_code(int(self.ids["ann"]), now=clock.now())
        return value.format(**self.ids) if isinstance(value, str) and value[:1] in "/{" else value


def bo_rich(shop: shops.Shop, member: int) -> int:
    shop.give_points(member, 300)
    return member


def written() -> dict[str, int]:
    """How many rows each table holds."""
    names = [name for (name,) in db.rows("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    return {name: db.value(f"SELECT count(*) FROM {name}") for name in names}


@pytest.fixture(scope="module")
def furnished(empty_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Counter]:
    """A counter at a door, made once, and its database to copy from."""
    path = tmp_path_factory.mktemp("furnished") / "shop.db"
    shutil.copy(empty_sqlite, path)
    settings.use(SETTINGS)
    db.open_database(str(path), durable=False)
    try:
        with clock.set_to(shops.NOON):
            made = Counter(door.create_app(SETTINGS).test_client(), shops.open_shop())
        db.proxy.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        db.close_database()
        limits.forget()
    return path, made


@pytest.fixture
def one_shop(tmp_path: Path, furnished: tuple[Path, Counter]) -> Iterator[shops.Shop]:
    """The shop of the counter, in a database of its own."""
    path, made = furnished
    shutil.copy(path, tmp_path / "shop.db")
    db.open_database(str(tmp_path / "shop.db"), durable=False)
    yield copy.deepcopy(made.shop)
    db.close_database()
    limits.forget()


@pytest.fixture
def app(one_shop: shops.Shop, noon: None, furnished: tuple[Path, Counter]) -> Flask:
    """The door of that counter, which remembers nothing of other tests."""
    settings.use(SETTINGS)
    same = furnished[1].client.application
    same.config.update(BOARD=Board())
    return same


@pytest.fixture
def counter(client: FlaskClient, one_shop: shops.Shop, furnished: tuple[Path, Counter]) -> Counter:
    mine = copy.copy(furnished[1])
    mine.client, mine.shop, mine.ids = client, one_shop, dict(mine.ids)
    return mine


BASKET: dict[str, Any] = {"lines": [{"product_id": "{tea}"}]}
PAID = {"expected_cents": 1800, "tenders": [{"kind": "cash", "cents": 1800}]}
BACK = [{"line_id": "{line}", "quantity_milli": 1000}]
COUPON = {"effect": "amount", "off_cents": 300}
GOOD: dict[tuple[str, str], dict[str, Any]] = {
    ("post", "/claims"): {"code": "{claim}", "member_id": "{ann}"},
    ("post", "/coupon-kinds"): {"name": "k", "terms": COUPON, "valid_days": 9},
    ("post", "/coupons/transfer"): {"code": "{code}", "to_member_id": "{bo}"},
    ("post", "/days/2026-05-29/counts"): {"kind": "cash", "counted_cents": 5},
    ("post", "/identify"): {"code": "C1.X"},
    ("post", "/members"): {"name": "Bo"},
    ("post", "/members/{ann}/coupons"): {"kind_id": "{kind}"},
    ("post", "/members/{ann}/holds"): {"amount": 50, "reference": "7"},
    ("post", "/members/{ann}/points"): {"points": 5, "reason": "sorry"},
    ("post", "/members/{ann}/redemptions"): {"reward_id": "{reward}", "proof_code": "{proof}"},
    ("post", "/members/{ann}/tier"): {"tier_id": "{silver}", "reason": "sorry"},
    ("put", "/members/{ann}/payer"): {"payer_id": "{bo}"},
    ("post", "/gift-cards"): {"count": 2},
    ("post", "/gift-cards/load"): {"code": "{blank}", "member_id": "{ann}"},
    ("post", "/gift-cards/look-up"): {"code": "{blank}"},
    ("post", "/handovers"): {"code": "{pledge}"},
    ("post", "/lotteries"): {
        "name": "wheel",
        "cost_points": 10,
        "first_day": "2026-06-01",
        "last_day": "2026-06-30",
        "prizes": [{"name": "10", "kind": "points", "odds_ppm": 1000, "points": 10}],
    },
    ("post", "/lotteries/{lottery}/draws"): {"member_id": "{ann}", "word": "luck", "proof_code": "{proof}"},
    ("post", "/pass-kinds"): {"name": "10 cuts", "uses": 10, "valid_days": 90, "service_ids": ["{cut}"]},
    ("post", "/points/transfers"): {"from_member_id": "{ann}", "to_member_id": "{bo}", "points": 5, "reason": "a gift"},
    ("post", "/punch-cards"): {"name": "tenth", "every": 10, "points": 50},
    ("post", "/rewards"): {"name": "pot", "terms": {"kind": "product", "points": 90, "product_id": "{tea}"}},
    ("put", "/rewards/{reward}"): {"name": "pot", "terms": {"kind": "product", "points": 90, "product_id": "{tea}"}},
    ("post", "/sales/{sale}/cancel-pass"): {},
    ("post", "/sales/{sale}/cancel-plan"): {},
    ("post", "/tiers"): {"name": "gold", "rank": 2, "spend_cents": 300000},
    ("put", "/tiers/{silver}"): {"name": "silver", "spend_cents": 90000, "from_day": "2027-01-01"},
    ("post", "/top-up-rules"): {"pay_cents": 50000, "terms": {"bonus_cents": 5000, "bonus_days": 90}},
    ("post", "/parked"): BASKET | {"label": "red coat"},
    ("post", "/plans"): {"name": "year", "product_id": "{plan}", "days": 365},
    ("put", "/plans/{running}"): {"name": "month", "product_id": "{month}", "days": 31},
    ("post", "/promotions"): {"name": "p", "terms": HALF},
    ("post", "/promotions/replay"): {"terms": HALF, "first_day": "2026-05-01", "last_day": "2026-05-31"},
    ("put", "/promotions/{promotion}"): {"terms": HALF},
    ("post", "/quotes"): BASKET,
    ("post", "/sales"): BASKET | PAID,
    ("post", "/sales/{sale}/exchange"): BASKET | {"back": BACK, "expected_cents": 1800, "tenders": []},
    ("post", "/sales/{sale}/exchange/preview"): BASKET | {"back": BACK},
    ("post", "/sales/{sale}/refunds"): {"lines": BACK},
    ("post", "/sales/{sale}/refunds/preview"): {"lines": BACK},
    ("post", "/sales/{sale}/reversal"): {},
    ("post", "/sales/{sale}/void"): {},
}
ROUTES = pytest.mark.parametrize(("method", "path"), GOOD, ids=[" ".join(one) for one in GOOD])


def test_every_route_that_takes_a_body_is_tried_here(counter: Counter) -> None:
    names = {
        "{sale}": "{sale_id}",
        "{promotion}": "{promotion_id}",
        "{running}": "{plan_id}",
        "{silver}": "{tier_id}",
        "{reward}": "{reward_id}",
        "{lottery}": "{lottery_id}",
        "{ann}": "{member_id}",
        "2026-05-29": "{day}",
    }
    tried = set()
    for method, path in GOOD:
        for mine, theirs in names.items():
            path = path.replace(mine, theirs)
        tried.add((method, f"/api/v1{path}"))
    spec = counter.client.get("/api/v1/openapi.json").json or {}
    taking = {(way, path) for path, ways in spec["paths"].items() for way, one in ways.items() if "requestBody" in one}
    assert taking == tried


@ROUTES
def test_the_good_body_is_taken(counter: Counter, method: str, path: str) -> None:
    status, answer = counter.ask(method, counter.filled(path), counter.filled(GOOD[method, path]))
    refused = {"/identify": "code_unknown", "/gift-cards/load": "gift_card_short"} | {
        f"/sales/{{sale}}/{verb}": "nothing_to_reverse" for verb in ("reversal", "cancel-pass", "cancel-plan")
    }
    assert status in (200, 201) or answer["code"] == refused[path], answer


@ROUTES
def test_an_unknown_field_is_named(counter: Counter, method: str, path: str) -> None:
    before = written()
    body = counter.filled(GOOD[method, path]) | {"colour": "red"}
    status, problem = counter.ask(method, counter.filled(path), body)
    assert (status, problem["field"]) == (422, "colour")
    assert problem["detail"] == "colour: this field is not known; look for a typing error"
    assert written() == before


@ROUTES
@pytest.mark.parametrize(
    ("raw", "status"),
    [("x" * 1_000_000, 413), ("[" * 60_000, 400), ('{"lines": ', 400), ("[]", 422), ("null", 422), ('"x"', 422)],
    ids=["1 MB", "deep", "half", "list", "null", "text"],
)
def test_what_is_no_body_is_refused(counter: Counter, method: str, path: str, raw: str, status: int) -> None:
    before = written()
    found, problem = counter.ask(method, counter.filled(path), raw=raw)
    assert (found, written()) == (status, before)
    assert problem["detail"]


WRONG: list[tuple[str, str, dict[str, Any], str, str]] = [
    # a negative quantity, wherever one is taken
    ("post", "/quotes", {"lines": [{"product_id": "{tea}", "quantity_milli": -1000}]}, "lines[1].quantity", "above 0"),
    ("post", "/parked", {"lines": [{"product_id": "{tea}", "quantity_milli": -1000}]}, "lines[1].quantity", "above 0"),
    ("post", "/sales", {"lines": [{"product_id": "{tea}", "quantity_milli": -1}]}, "lines[1].quantity", "above 0"),
    ("post", "/sales/{sale}/refunds", {"lines": [{"line_id": "{line}", "quantity_milli": -1000}]},
     "lines[1].quantity", "above 0"),
    ("post", "/sales/{sale}/refunds/preview", {"lines": [{"line_id": "{line}", "quantity_milli": 0}]},
     "lines[1].quantity", "above 0"),
    ("post", "/sales/{sale}/exchange", {"back": [{"line_id": "{line}", "quantity_milli": -1000}]},
     "lines[1].quantity", "above 0"),
    ("post", "/sales/{sale}/exchange", {"lines": [{"product_id": "{tea}", "quantity_milli": -1000}]},
     "lines[1].quantity", "above 0"),
    # lines
    ("post", "/quotes", {"lines": [{"product_id": "{tea}", "staff_id": "12"}]}, "lines[1].staff_id", "nobody"),
    ("post", "/quotes", {"lines": [{"product_id": "{tea}", "unit_cents": -5}]}, "lines[1].unit_cents", "above 0"),
    ("post", "/quotes", {"lines": [{"product_id": 12}]}, "lines[1].product_id", WHOLE),
    ("post", "/quotes", {"lines": []}, "lines", "empty"),
    ("post", "/quotes", {"round_off_cents": 1801}, "round_off_cents", "At most"),
    ("post", "/quotes", {"round_off_cents": -1}, "round_off_cents", "At most"),
    ("post", "/parked", {"label": "x" * 41}, "label", "at most 40 characters fit here"),
    ("post", "/sales", {"tenders": [{"kind": "gold", "cents": 1800}]}, "tenders[1].kind", "choose one of cash, card,"),
    ("post", "/sales", {"tenders": [{"kind": "cash", "cents": -5}]}, "tenders[1]", "above 0"),
    ("post", "/sales", {"approval": {"name": "owner"}}, "approval.password", "this field is needed"),
    ("post", "/sales/{sale}/refunds", {"lines": [{"line_id": "7", "quantity_milli": 1000}]}, "lines[1].line_id", "not"),
    ("post", "/sales/{sale}/refunds", {"to_wallet": True}, "to_wallet", "no member"),
    ("post", "/sales/{sale}/refunds/preview", {"to_wallet": True}, "to_wallet", "no member"),
    ("post", "/sales/{sale}/refunds", {"to_wallet": "yes"}, "to_wallet", WHOLE),
    # offers
    ("post", "/promotions", {"name": "  "}, "name", "Give a name."),
    ("post", "/promotions", {"name": "x" * 257}, "name", "at most 256 characters fit here"),
    ("post", "/promotions", {"terms": {"effect": "half"}}, "terms.effect", "choose one of percent, amount, fixed"),
    ("post", "/promotions", {"terms": HALF | {"weekdays": [7]}}, "weekdays", "0 (Monday)"),
    ("post", "/promotions", {"terms": HALF | {"weekdays": ["Tue"]}}, "terms.weekdays[1]", WHOLE),
    ("post", "/promotions", {"terms": HALF | {"product_ids": [7]}}, "terms.product_ids[1]", WHOLE),
    ("post", "/promotions", {"terms": HALF | {"off_bp": 10_001}}, "off_bp", "percentage"),
    ("post", "/promotions", {"terms": HALF | {"bundle": [{"product_id": "7"}]}}, "terms.bundle[1].pieces", "needed"),
    ("post", "/promotions", {"terms": HALF | {"every_": 2}}, "terms.every_", "not known"),
    ("post", "/promotions", {"from_day": "2026-06-02", "last_day": "2026-06-01"}, "until_at", "after the start"),
    ("put", "/promotions/{promotion}", {"last_day": "2020-01-01"}, "until_at", "after the start"),
    ("post", "/promotions/replay", {"first_day": "2020-01-01", "last_day": "2020-01-02"}, "first_day", "no sales"),
    ("post", "/promotions/replay", {"first_day": "2026-06-01", "last_day": "2026-05-01"}, "first_day", "no sales"),
    ("post", "/coupon-kinds", {"name": " "}, "name", "this field is empty"),
    ("post", "/coupon-kinds", {"valid_days": 10**15}, "valid_days", "at most 36,500 is possible"),
    ("post", "/coupon-kinds", {"valid_days": 0}, "valid_days", "At least one day."),
    ("post", "/coupon-kinds", {"terms": COUPON | {"starts_after_days": 10**12}}, "terms.starts_after_days", "at most"),
    ("post", "/coupon-kinds", {"terms": COUPON | {"uses": 0}}, "uses", "At least once"),
    ("post", "/plans", {"days": 0}, "days", "From 1 to 36,500 days."),
    ("post", "/plans", {"days": 10**9}, "days", "at most 36,500 is possible"),
    ("post", "/plans", {"discount_bp": 10_001}, "discount_bp", "between"),
    ("post", "/plans", {"product_id": "{tea}"}, "product_id", "plan"),
    ("post", "/plans", {"name": ""}, "name", "this field is empty"),
    # days
    ("post", "/days/2026-05-29/counts", {"counted_cents": -1}, "counted_cents", "0.00 or more"),
    ("post", "/days/2026-05-29/counts", {"kind": "wallet"}, "kind", "count one of cash"),
    ("post", "/claims", {"member_id": "x"}, "member_id", WHOLE),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "wrong", "field", "said"), WRONG)
def test_the_field_is_named_and_nothing_written(
    counter: Counter, method: str, path: str, wrong: dict[str, Any], field: str, said: str
) -> None:
    before = written()
    status, problem = counter.ask(method, counter.filled(path), counter.filled(GOOD[method, path] | wrong))
    assert (status, problem["field"]) == (422, field), problem
    assert said in problem["detail"]
    assert written() == before


DAYS = [
    "2026-13-01",
    "2026-5-9",
    "20260529",
    "2026-W22-5",
    "29.05.2026",
    "9999-12-31",
    "0001-01-01",
    "today",
    "２０２６-05-29",
]


@pytest.mark.parametrize("day", DAYS)
def test_a_day_is_written_one_way(counter: Counter, day: str) -> None:
    before = written()
    asked: list[tuple[str, str, Any, str]] = [
        ("get", f"/days/{day}", None, "day"),
        ("post", f"/days/{day}/counts", {"kind": "cash", "counted_cents": 5}, "day"),
        ("post", "/promotions", {"name": "p", "terms": HALF, "from_day": day}, "from_day"),
        ("post", "/promotions", {"name": "p", "terms": HALF, "last_day": day}, "last_day"),
        ("post", "/promotions/replay", {"terms": HALF, "first_day": day, "last_day": "2026-05-31"}, "first_day"),
        ("post", "/promotions/replay", {"terms": HALF, "first_day": "2026-05-01", "last_day": day}, "last_day"),
    ]
    for method, path, body, field in asked:
        status, problem = counter.ask(method, path, body)
        assert (status, problem["detail"]) == (422, f"{field}: a day is written like 2026-12-31")
    assert written() == before


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ("limit=0", 422, "limit"), ("limit=201", 422, "limit"), ("limit=-1", 422, "limit"), ("limit=٣", 422, "limit"),
        ("cursor=x", 422, "cursor"), ("member_id=", 422, "member_id"), ("member=5", 422, "member"),
        ("cursor=5", 404, None),
    ],
)  # fmt: skip
def test_what_stands_behind_the_address_is_checked(counter: Counter, query: str, status: int, field: str) -> None:
    found, problem = counter.ask("get", f"/sales?{query}")
    assert (found, problem.get("field")) == (status, field)


def test_names_are_only_names(counter: Counter) -> None:
    made = {
        "promotion": counter.ask("post", "/promotions", {"name": NASTY, "terms": HALF})[1]["name"],
        "coupon": counter.ask("post", "/coupon-kinds", {"name": NASTY, "terms": COUPON, "valid_days": 9})[1]["name"],
        "plan": counter.ask("post", "/plans", counter.filled(GOOD["post", "/plans"]) | {"name": NASTY})[1]["name"],
    }
    assert set(made.values()) == {NASTY}
    parked = counter.ask("post", "/parked", counter.filled(BASKET) | {"label": NASTY[:40]})[1]
    assert parked["label"] == NASTY[:40].strip()
    quote = counter.ask("post", "/quotes", {"lines": [{"product_id": counter.ids["tea"], "quantity_milli": 4000}]})[1]
    assert NASTY in [reason["name"] for reason in quote["lines"][0]["reasons"]] + [
        one["name"] for one in quote["not_used"]
    ]
    assert db.value("SELECT count(*) FROM sale") == 1


def test_a_wrong_approval_sells_nothing(counter: Counter, one_shop: shops.Shop) -> None:
    one_shop.rule("override_limit_cents", 100)
    before = written()
    cheap = {"lines": [{"product_id": counter.ids["tea"], "unit_cents": 5}], "expected_cents": 5}
    body = cheap | {"tenders": [{"kind": "cash", "cents": 5}], "approval": {"name": "owner", "password": "guessed"}}
    status, problem = counter.ask("post", "/sales", body)
    assert (status, problem["code"], written()) == (403, "sign_in_failed", before)


@pytest.mark.parametrize(
    ("scopes", "method", "path"),
    [
        (("sales",), "post", "/days/2026-05-29/counts"),
        (("reports",), "post", "/days/2026-05-29/counts"),
        (("refunds",), "post", "/sales/{sale}/exchange/preview"),
        (("refunds",), "post", "/sales/{sale}/exchange"),
        (("sales",), "post", "/sales/{sale}/exchange"),
        (("sales",), "post", "/sales/{sale}/void"),
        (("sales",), "post", "/claims"),
        (("sales", "reports"), "post", "/promotions"),
        (("marketing",), "post", "/plans"),
        (("reports",), "post", "/promotions/replay"),
    ],
)
def test_half_of_what_is_needed_writes_nothing(
    counter: Counter, key: Callable[..., dict[str, str]], scopes: tuple[str, ...], method: str, path: str
) -> None:
    counter.key = key(*scopes)
    before = written()
    status, problem = counter.ask(method, counter.filled(path), counter.filled(GOOD[method, path]))
    assert (status, problem["code"], written()) == (403, "not_allowed", before)
