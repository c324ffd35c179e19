"""What a member's phone suggests: only to who agreed, and gone with the consent."""

import pytest
from flask.testing import FlaskClient

from core.base import access
from core.base.clock import DAY, Millis
from core.insight import baskets
from tests.kiosk.conftest import OURS
from tests.kiosk.test_own_pages import member_of
from tests.kiosk.test_own_pages import phone as phone
from tests.shops import Shop


def test_the_phone_shows_usual_and_suggestions_only_while_the_member_agrees(
    phone: FlaskClient, one_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(baskets, "LEAST_BASKETS", 3)
    for name in ("latte", "tart"):
        one_shop.product(name, 1800)
    for day in range(1, 5):
        one_shop.sell(one_shop.basket(("latte", 1), ("tart", 1)), now=Millis(one_shop.now - day * DAY))
    for day in (1, 2):
        one_shop.sell(one_shop.basket(("latte", 1), member=member_of()), now=Millis(one_shop.now - day * DAY))
    baskets.count(by=access.scheduler("recommend"), now=one_shop.now)
    assert "For you" not in phone.get("/me", headers=OURS).text
    phone.post("/me/consent", data={"purpose": "profiling", "granted": "1"}, headers=OURS)
    page = phone.get("/me", headers=OURS).text
    assert "Your usual: latte" in page and "You may like: tart" in page
    phone.post("/me/consent", data={"purpose": "profiling", "granted": "0"}, headers=OURS)
    assert "For you" not in phone.get("/me", headers=OURS).text
