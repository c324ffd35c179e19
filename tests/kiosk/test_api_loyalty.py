"""Points, prepaid value, tiers and what is given, over the API, as a till or an online shop uses them."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from core.base import clock, db
from core.base.clock import DAY
from core.giving import fairness, sharing
from core.loyalty import tiers
from core.people import credentials
from tests import ledgers, shops

Key = Callable[..., dict[str, str]]


class Till:
    """A client with a key, which answers with the status and the body."""

    def __init__(self, client: FlaskClient, key: dict[str, str], shop: shops.Shop) -> None:
        self.client, self.key, self.shop, self.asked = client, key, shop, 0
        self.ann, self.bo = str(shop.member()), str(shop.member())

    def post(self, path: str, body: object = None, *, once: str = "") -> tuple[int, Any]:
        self.asked += 1
        headers = {"Idempotency-Key": once or f"k{self.asked}"} | self.key
        answer = self.client.post(f"/api/v1{path}", json=body if body is not None else {}, headers=headers)
        return answer.status_code, answer.json

    def put(self, path: str, body: object) -> tuple[int, Any]:
        answer = self.client.put(f"/api/v1{path}", json=body, headers=self.key)
        return answer.status_code, answer.json

    def get(self, path: str) -> tuple[int, Any]:
        answer = self.client.get(f"/api/v1{path}", headers=self.key)
        return answer.status_code, answer.json

    def code(self, member: str) -> str:
        """What the member's phone shows now."""
        return credentials.rotating_code(int(member), now=clock.now())

    def points(self, member: str) -> dict[str, Any]:
        return dict(self.get(f"/members/{member}")[1]["points"])

    def sell(self, product: int, cents: int, member: str, **given: Any) -> Any:
        body = {"lines": [{"product_id": str(product)}], "expected_cents": cents, "member_id": member,
                "tenders": [{"kind": "cash", "cents": cents}]}  # fmt: skip
        status, sale = self.post("/sales", body | given)
        assert status == 201, sale
        return sale


ALL = ("members", "members.edit", "sales", "refunds", "adjust", "marketing", "reports", "settings")


@pytest.fixture
def till(client: FlaskClient, key: Key, one_shop: shops.Shop) -> Till:
    return Till(client, key(*ALL), one_shop)


@pytest.fixture
def plain_till(client: FlaskClient, key: Key, one_shop: shops.Shop) -> Till:
    """A till that may sell and find members, and adjust nothing."""
    return Till(client, key("members", "sales", "refunds"), one_shop)


# --- points ------------------------------------------------------------------------------------------


def test_points_by_hand_and_passed_on_once_a_key(till: Till) -> None:
    given = till.post(f"/members/{till.ann}/points", {"points": 300, "reason": "opening"}, once="a")
    assert given == (201, {"id": given[1]["id"], "balance": 300, "usable": 300})
    assert till.post(f"/members/{till.ann}/points", {"points": 300, "reason": "opening"}, once="a")[1] == given[1]
    assert till.post(f"/members/{till.ann}/points", {"points": 301, "reason": "opening"}, once="a")[0] == 409
    body = {"from_member_id": till.ann, "to_member_id": till.bo, "points": 120, "reason": "a present"}
    assert till.post("/points/transfers", body, once="b")[1]["usable"] == 180
    assert till.post("/points/transfers", body, once="b")[1]["usable"] == 180
    assert (till.points(till.ann)["balance"], till.points(till.bo)["balance"]) == (180, 120)
    assert ledgers.broken() == {}


def test_a_statement_page_by_page(till: Till) -> None:
    for points in (5, 6, 7):
        till.post(f"/members/{till.ann}/points", {"points": points, "reason": "x"})
    first = till.get(f"/members/{till.ann}/statement?limit=2")[1]
    assert [(one["amount"], one["balance_after"]) for one in first["lines"]] == [(7, 18), (6, 11)]
    rest = till.get(f"/members/{till.ann}/statement?asset=points&cursor={first['next_cursor']}")[1]
    assert ([one["amount"] for one in rest["lines"]], rest["next_cursor"]) == ([5], None)
    assert till.get("/members/5/statement")[0] == 404


def test_an_online_shop_sets_points_aside_with_the_phones_code_and_captures_them(plain_till: Till) -> None:
    till = plain_till
    till.shop.give_points(int(till.ann), 100)
    hold = {"amount": 70, "reference": "4711"}
    assert till.post(f"/members/{till.ann}/holds", hold)[1]["code"] == "spend_proof_needed"
    proved = hold | {"proof_code": till.code(till.ann)}
    status, made = till.post(f"/members/{till.ann}/holds", proved, once="h")
    assert (status, made["state"], till.points(till.ann)["usable"]) == (201, "held", 30)
    assert till.post(f"/members/{till.ann}/holds", proved, once="h") == (201, made)
    assert till.post(f"/members/{till.ann}/holds", proved)[1]["code"] == "code_used"
    assert till.get(f"/members/{till.ann}/holds")[1]["holds"] == [made]
    captured = till.post(f"/holds/{made['id']}/capture", once="c")
    assert (captured[0], captured[1]["state"], till.points(till.ann)["balance"]) == (200, "captured", 30)
    assert till.post(f"/holds/{made['id']}/capture", once="c") == captured
    assert till.post(f"/holds/{made['id']}/release")[1]["code"] == "hold_over"
    assert till.get(f"/members/{till.ann}/holds")[1]["holds"] == []


def test_an_online_shop_sets_a_coupon_aside_and_its_sale_uses_it(plain_till: Till) -> None:
    till = plain_till
    coupon = till.shop.give_coupon(till.shop.coupon_kind("3 off", effect="amount", off_cents=300), int(till.ann))
    status, made = till.post(f"/coupons/{coupon}/holds", {"reference": "70012"}, once="h")
    assert (status, made["asset"], made["amount"], made["coupon_id"]) == (201, "coupon", 1, str(coupon))
    assert till.post(f"/coupons/{coupon}/holds", {"reference": "70012"}, once="h") == (201, made)
    assert till.post(f"/coupons/{coupon}/holds", {"reference": "70013"})[1]["code"] == "coupon_held"
    assert till.get(f"/members/{till.ann}/holds")[1]["holds"] == [made]
    basket = {"lines": [{"product_id": str(till.shop.product("tea", 1800))}], "member_id": till.ann}
    dear = till.post("/quotes", basket)[1]
    cheap = till.post("/quotes", basket | {"coupon_holds": [made["id"]]})[1]
    assert dear["total_cents"] - cheap["total_cents"] == 300
    paid = {"expected_cents": cheap["total_cents"], "tenders": [{"kind": "cash", "cents": cheap["total_cents"]}]}
    assert till.post("/sales", basket | {"coupon_holds": [made["id"]]} | paid)[0] == 201
    assert till.get(f"/members/{till.ann}/holds")[1]["holds"] == []
    assert till.post(f"/holds/{made['id']}/release")[1]["code"] == "hold_over"


def test_a_coupon_is_captured_for_what_was_sold_elsewhere_or_given_free(plain_till: Till) -> None:
    till = plain_till
    kind = till.shop.coupon_kind("3 off", effect="amount", off_cents=300)
    first, second = (till.shop.give_coupon(kind, int(till.ann), occasion=number) for number in (1, 2))
    holds = [till.post(f"/coupons/{one}/holds", {"reference": "1"})[1]["id"] for one in (first, second)]
    captured = till.post(f"/holds/{holds[0]}/capture", once="c")
    assert (captured[0], captured[1]["state"]) == (200, "captured")
    assert till.post(f"/holds/{holds[0]}/capture", once="c") == captured
    assert till.post(f"/holds/{holds[1]}/release")[1]["state"] == "released"
    assert till.post("/coupons/5/holds", {"reference": "1"})[1]["code"] == "coupon_unknown"


def test_anothers_code_proves_nothing_and_stays_unused(plain_till: Till) -> None:
    till = plain_till
    for member in (till.ann, till.bo):
        till.shop.give_points(int(member), 100)
    code = till.code(till.bo)
    body = {"amount": 70, "reference": "1", "proof_code": code}
    assert till.post(f"/members/{till.ann}/holds", body)[1]["code"] == "spend_proof_needed"
    assert till.post(f"/members/{till.bo}/holds", body)[0] == 201


def test_what_was_released_is_free_again(till: Till) -> None:
    till.shop.give_points(int(till.ann), 100)
    hold = till.post(f"/members/{till.ann}/holds", {"amount": 70, "reference": "1"})[1]
    assert till.post(f"/holds/{hold['id']}/release")[1]["state"] == "released"
    assert till.points(till.ann)["usable"] == 100


@pytest.mark.parametrize(
    ("path", "body", "right"),
    [
        ("/members/{ann}/points", {"points": 1, "reason": "x"}, "adjust"),
        (
            "/points/transfers",
            {"from_member_id": "{ann}", "to_member_id": "{bo}", "points": 1, "reason": "x"},
            "adjust",
        ),
        ("/rewards", {"name": "x", "terms": {"kind": "coupon", "points": 1}}, "marketing"),
        ("/tiers", {"name": "x", "rank": 1}, "settings"),
        ("/top-up-rules", {"pay_cents": 1, "terms": {}}, "marketing"),
        ("/gift-cards", {"count": 1}, "settings"),
    ],
)  # fmt: skip
def test_a_key_without_the_scope_is_refused(plain_till: Till, path: str, body: dict[str, Any], right: str) -> None:
    ids = {"ann": plain_till.ann, "bo": plain_till.bo}
    filled = {name: value.format(**ids) if isinstance(value, str) else value for name, value in body.items()}
    assert plain_till.post(path.format(**ids), filled)[0] == 403


# --- prepaid -----------------------------------------------------------------------------------------


def test_a_top_up_rule_is_made_used_and_taken_away(till: Till) -> None:
    top_up = till.shop.product("top-up", 0, kind="top_up")
    terms = {"bonus_cents": 5000, "bonus_days": 90, "points": 50}
    status, rule = till.post("/top-up-rules", {"pay_cents": 50_000, "terms": terms})
    assert (status, rule["bonus_cents"], till.get("/top-up-rules")[1]["rules"]) == (201, 5000, [rule])
    line = {"product_id": str(top_up), "unit_cents": 50_000}
    till.sell(top_up, 50_000, till.ann, lines=[line])
    member = till.get(f"/members/{till.ann}")[1]
    assert (member["wallet"], member["points"]["balance"]) == ({"principal_cents": 50_000, "bonus_cents": 5000}, 50)
    till.post(f"/top-up-rules/{rule['id']}/retire")
    assert till.get("/top-up-rules")[1]["rules"] == []
    owed = {one["asset"]: one["amount"] for one in till.get("/liability")[1]["totals"]}
    assert owed == {"points": 50, "principal": 50_000, "bonus": 5000}


def test_a_pass_is_sold_shown_and_ended(till: Till) -> None:
    till.shop.rule("refund_limit_cents", 100_000)
    cut, ten = till.shop.product("cut", 8000, kind="service"), till.shop.product("10 cuts", 50_000, kind="pass")
    kind = {"name": "10 cuts", "product_id": str(ten), "uses": 10, "valid_days": 90, "service_ids": [str(cut)]}
    status, made = till.post("/pass-kinds", kind)
    assert (status, till.get("/pass-kinds")[1]["kinds"]) == (201, [made])
    sale = till.sell(ten, 50_000, till.ann)
    held = till.get(f"/members/{till.ann}/passes")[1]["passes"]
    assert [(one["name"], one["uses"], one["left"]) for one in held] == [("10 cuts", 10, 10)]
    till.sell(
        cut,
        0,
        till.ann,
        lines=[{"product_id": str(cut), "pass_id": held[0]["id"]}],
        tenders=[],
        proof_code=till.code(till.ann),
    )
    status, ended = till.post(f"/sales/{sale['id']}/cancel-pass", once="e")
    assert (status, ended["sale"]["refunded_cents"]) == (201, 45_000)
    assert till.post(f"/sales/{sale['id']}/cancel-pass", once="e") == (201, ended)
    assert till.get(f"/members/{till.ann}/passes")[1]["passes"] == []


def test_a_plan_is_cancelled_and_paid_back(till: Till) -> None:
    year = till.shop.product("year", 9900, kind="plan")
    till.post("/plans", {"name": "year", "product_id": str(year), "days": 365, "discount_bp": 1000})
    sale = till.sell(year, 9900, till.ann)
    assert till.post(f"/sales/{sale['id']}/cancel-plan")[1]["sale"]["refunded_cents"] == 9900
    assert till.post(f"/sales/{sale['id']}/cancel-plan")[1]["code"] == "nothing_to_reverse"


def test_a_blank_gift_card_is_sold_looked_up_and_loaded(till: Till) -> None:
    code = till.post("/gift-cards", {"count": 1})[1]["codes"][0]
    assert till.post("/gift-cards/look-up", {"code": code})[1]["state"] == "blank"
    card = till.shop.product("gift card", 10_000, kind="gift_card")
    till.sell(card, 10_000, till.ann, lines=[{"product_id": str(card), "gift_code": code}])
    assert till.post("/gift-cards/look-up", {"code": code})[1] == {
        "state": "active", "original_cents": 10_000, "balance_cents": 10_000,
    }  # fmt: skip
    loaded = till.post("/gift-cards/load", {"code": code, "member_id": till.bo}, once="l")
    assert loaded == (200, {"moved_cents": 10_000, "principal_cents": 10_000, "bonus_cents": 0})
    assert till.post("/gift-cards/load", {"code": code, "member_id": till.bo}, once="l") == loaded
    assert till.post("/gift-cards/load", {"code": code, "member_id": till.bo})[0] == 409
    told = db.rows("SELECT variables FROM outbox WHERE template = 'wallet_balance' AND member_id = ?", (int(till.bo),))
    assert ['"¥100.00"' in row[0] for row in told] == [True]


def test_a_family_wallet_is_set_and_ended(till: Till) -> None:
    till.shop.product("tea", 1800)
    till.shop.top_up(int(till.bo), 5000)
    shared = till.put(f"/members/{till.ann}/payer", {"payer_id": till.bo, "limit_cents": 2000})
    assert shared == (200, {"payer_id": till.bo, "limit_cents": 2000, "spent_cents": 0})
    paid = [{"kind": "family", "cents": 1800}]
    till.sell(till.shop.products["tea"], 1800, till.ann, tenders=paid, proof_code=till.code(till.ann))
    changed = till.put(f"/members/{till.ann}/payer", {"payer_id": till.bo})
    assert changed == (200, {"payer_id": till.bo, "limit_cents": None, "spent_cents": 1800})
    assert till.post(f"/members/{till.ann}/payer/end")[0] == 200
    assert till.post(f"/members/{till.ann}/payer/end")[0] == 409


# --- tiers -------------------------------------------------------------------------------------------


def test_a_tier_is_added_changed_for_a_day_and_given_by_hand(till: Till) -> None:
    status, silver = till.post("/tiers", {"name": "silver", "rank": 1, "spend_cents": 100_000, "discount_bp": 500})
    assert (status, silver["spend_cents"], silver["points"]) == (201, 100_000, None)
    assert [one["name"] for one in till.get("/tiers")[1]["tiers"]] == ["normal", "silver"]
    body = {"name": "silver", "spend_cents": 80_000, "from_day": "2027-01-01", "keep_holders": False}
    versions = till.put(f"/tiers/{silver['id']}", body)[1]["versions"]
    assert [(one["number"], one["terms"]["spend_cents"], one["keep_holders"]) for one in versions] == [
        (1, 100_000, True), (2, 80_000, False),
    ]  # fmt: skip
    assert till.get(f"/tiers/{silver['id']}/versions")[1]["versions"] == versions
    assert till.post(f"/members/{till.ann}/tier", {"tier_id": silver["id"], "reason": "the mayor"})[0] == 200
    assert tiers.of(int(till.ann)).name == "silver"
    assert till.put("/tiers/5", body)[0] == 404


# --- giving ------------------------------------------------------------------------------------------


def test_a_reward_is_redeemed_with_the_phones_code_and_handed_over_once(till: Till) -> None:
    till.shop.give_points(int(till.ann), 500)
    cup = till.shop.product("cup", 3000)
    terms = {"kind": "product", "points": 200, "product_id": str(cup), "each": 1}
    status, reward = till.post("/rewards", {"name": "cup", "terms": terms, "stock": 3})
    assert (status, till.get("/rewards")[1]["rewards"]) == (201, [reward])
    assert till.post(f"/members/{till.ann}/redemptions", {"reward_id": reward["id"]})[1]["code"] == "spend_proof_needed"
    body = {"reward_id": reward["id"], "proof_code": till.code(till.ann)}
    status, got = till.post(f"/members/{till.ann}/redemptions", body, once="r")
    assert (status, got["points"], till.points(till.ann)["balance"]) == (201, 200, 300)
    assert till.post(f"/members/{till.ann}/redemptions", body, once="r") == (201, got)
    handed = till.post("/handovers", {"code": got["handover_code"]})
    assert (handed[0], handed[1]["name"], handed[1]["member_id"]) == (200, "cup", till.ann)
    assert till.post("/handovers", {"code": got["handover_code"]})[0] == 409
    assert till.post(f"/redemptions/{got['id']}/cancel")[0] == 409


def test_a_redemption_is_undone_before_it_is_handed_over(till: Till) -> None:
    till.shop.give_points(int(till.ann), 500)
    cup = till.shop.product("cup", 3000)
    terms = {"kind": "product", "points": 200, "product_id": str(cup)}
    reward = till.post("/rewards", {"name": "cup", "terms": terms})[1]
    body = {"reward_id": reward["id"], "proof_code": till.code(till.ann)}
    got = till.post(f"/members/{till.ann}/redemptions", body)[1]
    undone = till.post(f"/redemptions/{got['id']}/cancel", once="u")
    assert (undone[0], undone[1]["state"], till.points(till.ann)["balance"]) == (200, "cancelled", 500)
    assert till.post(f"/redemptions/{got['id']}/cancel", once="u") == undone
    changed = till.put(f"/rewards/{reward['id']}", {"name": "big cup", "terms": terms | {"points": 250}, "stock": 1})
    assert (changed[1]["name"], changed[1]["points"], changed[1]["stock"]) == ("big cup", 250, 1)
    till.post(f"/rewards/{reward['id']}/retire")
    assert till.get("/rewards")[1]["rewards"][0]["active"] is False


def test_checking_in_sharing_and_punch_cards(till: Till) -> None:
    till.shop.rule("checkin_points", 5)
    first = till.post(f"/members/{till.ann}/check-in")[1]
    assert (first["points"], first["streak_days"], first["already"]) == (5, 1, False)
    assert till.post(f"/members/{till.ann}/check-in")[1]["already"] is True
    token = till.get(f"/members/{till.ann}/share-link")[1]["token"]
    assert sharing.member_of(token) == int(till.ann)
    card = till.post("/punch-cards", {"name": "every second", "every": 2, "points": 30})[1]
    assert till.get("/punch-cards")[1]["cards"] == [card]
    till.post(f"/punch-cards/{card['id']}/retire")
    assert till.get("/punch-cards")[1]["cards"] == []


def test_draws_can_be_checked_by_an_outsider_when_the_day_is_over(till: Till, client: FlaskClient) -> None:
    till.shop.give_points(int(till.ann), 500)
    today = clock.day_of(clock.now(), "Asia/Shanghai").isoformat()
    prizes = [{"name": "5 points", "kind": "points", "odds_ppm": 400_000, "points": 5}]
    body = {"name": "wheel", "cost_points": 10, "tries_day": 0, "first_day": today, "last_day": today, "prizes": prizes}
    status, wheel = till.post("/lotteries", body)
    assert (status, till.get("/lotteries")[1]["lotteries"]) == (201, [wheel])
    drawn = []
    for number in range(3):
        draw = {"member_id": till.ann, "word": f"luck {number}", "proof_code": till.code(till.ann)}
        with clock.set_to(clock.now() + number * 60_000):
            draw["proof_code"] = till.code(till.ann)
            drawn.append(till.post(f"/lotteries/{wheel['id']}/draws", draw)[1])
    assert [one["n"] for one in drawn] == [1, 2, 3]
    public = client.get(f"/lottery/{wheel['id']}.json")
    assert (public.status_code, public.json["seeds"], public.json["commitment"]) == (200, {}, wheel["commitment"])
    with clock.set_to(clock.now() + DAY):
        published = client.get(f"/lottery/{wheel['id']}.json").json
        page = client.get(f"/lottery/{wheel['id']}").get_data(as_text=True)
    assert ([one["n"] for one in published["draws"]], fairness.verify(published)) == ([1, 2, 3], [])
    assert wheel["commitment"] in page
    assert till.ann not in str(published)
    published["draws"][1]["number"] += 1
    assert [one.n for one in fairness.verify(published)] == [2]
    assert client.get("/lottery/5").status_code == 404
    assert till.post(f"/lotteries/{wheel['id']}/end")[1]["ended"] is True


def test_nothing_is_left_uneven(till: Till) -> None:
    assert (ledgers.broken(), db.value("SELECT count(*) FROM entry")) == ({}, 0)


# --- what to offer ---------------------------------------------------------------------------------


def test_what_a_member_takes_and_may_like_with_why(till: Till) -> None:
    shop = till.shop
    latte, tart = (shop.product(name, cents) for name, cents in (("latte", 2400), ("tart", 800)))
    cat = shop.member(purposes=("membership", "profiling"))
    for days in (3, 2):
        shop.sell(shop.basket(("latte", 1), member=cat), now=clock.Millis(shop.now - days * DAY))

    @db.atomic
    def counted() -> None:
        db.add("basket_run", id=1, since_day=1, day=2, baskets=400, made_at=shop.now, in_force=1)
        db.add(
            "neighbour", run_id=1, product_id=latte, place=1, other_id=tart, together=5, baskets=6, score_ppm=900_000
        )

    counted()
    assert till.get(f"/members/{cat}/recommendations") == (200, {
        "agreed": True,
        "usual": [{"product_id": str(latte), "name": "latte", "times": 2, "reason": "taken on 2 visits"}],
        "may_like": [{"product_id": str(tart), "name": "tart", "beside": "latte", "together": 5, "baskets": 6,
                      "reason": "bought together with latte in 5 of 6 baskets"}],
        "time": None,
    })  # fmt: skip


def test_without_consent_to_suggestions_nothing_is_said(till: Till) -> None:
    empty = {"agreed": False, "usual": [], "may_like": [], "time": None}
    assert till.get(f"/members/{till.ann}/recommendations") == (200, empty)
    assert till.get("/members/5/recommendations")[0] == 404
