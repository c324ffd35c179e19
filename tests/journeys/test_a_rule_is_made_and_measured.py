"""第二件半价 on Tuesdays for gold, not with coupons: made by the command, tried over past sales, sold under
through the API, measured by both. June 2026: the 2nd, 9th and 16th are Tuesdays."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from core.base import clock, db, settings
from core.keeping import opening
from core.people import devices
from core.tables import schema
from kiosk import app as door
from tests.shops import Shop, at, open_shop

TERMS = ("effect=nth", "every=2", "off_bp=5000", "weekdays=1", "not_with=coupon")


class Street:
    """One shop, its command line in processes of their own, and its API."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.shop: Shop = open_shop(at(2026, 5, 1))
        self.shop.tier("silver", 1, spend_cents=10**9)
        self.gold = self.shop.tier("gold", 2, spend_cents=10**9)
        self.tea = self.shop.product("tea", 2000)
        self.ann, self.sue = self.shop.member(tier="gold"), self.shop.member(tier="silver")
        store = opening.stores()[0][0]
        key = devices.new_key("till", store, ("sales", "refunds", "marketing", "reports"), by=self.shop.owner, now=1)  # type: ignore[arg-type]
        self.headers = {"Authorization": f"Bearer {key}", "Accept-Language": "en"}
        self.client: FlaskClient = door.create_app(settings.current()).test_client()
        self.asked = 0

    def command(self, *arguments: str) -> str:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("REGULARS_")}
        done = subprocess.run(
            [sys.executable, "-m", "regulars", "--folder", str(self.folder), *arguments],
            capture_output=True, text=True, env=kept | {"LANG": "en_US.UTF-8", "LC_ALL": "en_US.UTF-8"}, timeout=60,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def post(self, path: str, body: object) -> Any:
        self.asked += 1
        headers = self.headers | {"Idempotency-Key": str(self.asked)}
        answer = self.client.post(f"/api/v1{path}", json=body, headers=headers)
        assert answer.status_code in (200, 201), answer.json
        return answer.json

    def basket(self, member: int, pieces: int) -> dict[str, Any]:
        return {"lines": [{"product_id": str(self.tea), "quantity_milli": pieces * 1000}], "member_id": str(member)}

    def sell(self, member: int, pieces: int, cents: int, day: int) -> Any:
        with clock.set_to(at(2026, 6, day)):
            tenders = [{"kind": "cash", "cents": cents}]
            return self.post("/sales", self.basket(member, pieces) | {"expected_cents": cents, "tenders": tenders})

    def total(self, member: int, pieces: int, day: int) -> int:
        with clock.set_to(at(2026, 6, day)):
            return int(self.post("/quotes", self.basket(member, pieces))["total_cents"])


@pytest.fixture
def street(tmp_path: Path) -> Iterator[Street]:
    (tmp_path / "secret.key").write_text("journey")
    settings.use(settings.Settings(database=str(tmp_path / "regulars.db"), secret="journey"))
    db.open_database(str(tmp_path / "regulars.db"), durable=False)
    schema.migrate(now=at(2026, 5, 1))
    yield Street(tmp_path)
    db.close_database()


def played(street: Street) -> dict[str, Any]:
    days = ("--from", "2026-06-01", "--until", "2026-06-30")
    sets = [word for term in (*TERMS, f"tier_ids={street.gold}") for word in ("--set", term)]
    found: dict[str, Any] = json.loads(street.command("promotion", "replay", *sets, *days, "--json"))
    return found


def test_a_managers_rule_from_the_draft_to_its_figures(street: Street) -> None:
    # June as it was: gold buys 2 and 3 teas on Tuesdays and 2 on a Wednesday, silver 2 on a Tuesday.
    for member, pieces, day in ((street.ann, 2, 2), (street.ann, 3, 9), (street.ann, 2, 10), (street.sue, 2, 9)):
        street.sell(member, pieces, pieces * 2000, day)

    # Tried before it is switched on, by the command and by the API: two sales, 10.00 each.
    draft = played(street)
    assert (draft["sales"], draft["used"], draft["before_cents"], draft["cost_cents"]) == (4, 2, 18_000, 2000)
    terms = {"effect": "nth", "every": 2, "off_bp": 5000, "weekdays": [1], "not_with": ["coupon"],
             "tier_ids": [str(street.gold)]}  # fmt: skip
    replayed = street.post("/promotions/replay", {"terms": terms, "first_day": "2026-06-01", "last_day": "2026-06-30"})
    assert (replayed["cost_cents"], replayed["winners"]) == (
        2000,
        [{"member_id": str(street.ann), "sales": 2, "cents": 2000}],
    )

    # Switched on by the command.
    sets = [word for term in (*TERMS, f"tier_ids={street.gold}") for word in ("--set", term)]
    rule = street.command("promotion", "add", "第二件半价", *sets, "--from", "2026-06-15")

    # Gold on a Tuesday gets it; silver, a Wednesday and one piece do not.
    asked = [(street.ann, 2, 16), (street.sue, 2, 16), (street.ann, 2, 17), (street.ann, 1, 16)]
    assert [street.total(*one) for one in asked] == [3000, 4000, 4000, 2000]
    sale = street.sell(street.ann, 2, 3000, 16)
    assert sale["lines"][0]["reasons"] == [{"name": "第二件半价", "kind": "promotion", "cents": 1000}]

    # A coupon that is worth more stands alone; one that is worth less is left, and says why.
    better = street.shop.coupon_kind("12 off", effect="amount", off_cents=1200, valid_days=90)
    given = street.shop.give_coupon(better, street.ann, now=at(2026, 6, 16))
    assert street.total(street.ann, 2, 16) == 2800
    with clock.set_to(at(2026, 6, 16)):
        left_aside = street.basket(street.ann, 2) | {"without_coupons": [str(given)]}
        assert street.post("/quotes", left_aside)["total_cents"] == 3000
        smaller = street.shop.coupon_kind("5 off", effect="amount", off_cents=500, valid_days=90)
        street.shop.give_coupon(smaller, street.ann, now=at(2026, 6, 16))
        quote = street.post("/quotes", left_aside)
    assert [one["reason"] for one in quote["not_used"] if one["name"] == "5 off"] == ["not with 第二件半价"]

    # One of the two comes back, then the other: 15.00 and 15.00 of what was paid.
    line = sale["lines"][0]["id"]
    for refunded in (1500, 3000):
        with clock.set_to(at(2026, 6, 18)):
            back = {"lines": [{"line_id": line, "quantity_milli": 1000}]}
            answer = street.post(f"/sales/{sale['id']}/refunds", back)
        assert answer["sale"]["refunded_cents"] == refunded

    # Measured: one sale used the rule and came back; the one with both coupons is not its own.
    street.sell(street.ann, 2, 2300, 23)
    result = json.loads(street.command("promotion", "result", rule, "--json"))
    assert result == {"sales": 1, "members": 1, "off_cents": 1000, "paid_cents": 0}
    api = street.client.get(f"/api/v1/promotions/{rule}/result", headers=street.headers).json
    assert api == result
