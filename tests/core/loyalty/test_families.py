"""Shared wallets: one pays, several buy, within a limit a month."""

import pytest

from core.base.clock import DAY, Millis
from core.loyalty import families, points, wallet
from core.selling import receipts, refunds
from core.selling.refunds import ReturnLine
from core.selling.tenders import TenderInvalid
from tests.shops import Shop


@pytest.fixture
def home(shop: Shop) -> tuple[Shop, int, int]:
    """Mother stored 500.00; the son may spend 100.00 of it a month."""
    shop.product("tea", 1800)
    shop.product("shoes", 9000)
    mother, son = shop.member(), shop.member()
    shop.top_up(mother, 50_000)
    families.share(mother, son, limit_cents=10_000, by=shop.owner, now=shop.now)
    return shop, mother, son


def stored(shop: Shop, member: int) -> int:
    return wallet.state(member, now=shop.now).total_cents


def test_the_payer_pays_and_the_buyer_earns(home: tuple[Shop, int, int]) -> None:
    shop, mother, son = home
    shop.sell(shop.basket(("tea", 1), member=son), ("family", 1800))
    assert (stored(shop, mother), stored(shop, son)) == (48_200, 0)
    assert points.state(son, now=shop.now).balance == 18
    assert families.of(son, now=shop.now) == families.Share(son, mother, 10_000, 1800)


def test_what_comes_back_is_the_payers_and_frees_the_limit(home: tuple[Shop, int, int]) -> None:
    shop, mother, son = home
    sale = shop.sell(shop.basket(("shoes", 1), member=son), ("family", 9000))
    refunds.refund(sale, (ReturnLine(receipts.of(sale).lines[0].id, 1000),), by=shop.owner, now=shop.now)
    assert (stored(shop, mother), stored(shop, son)) == (50_000, 0)
    shop.sell(shop.basket(("shoes", 1), member=son), ("family", 9000))


def test_the_limit_holds_for_a_calendar_month(home: tuple[Shop, int, int]) -> None:
    """29 May: three days later it is June."""
    shop, _, son = home
    shop.sell(shop.basket(("shoes", 1), member=son), ("family", 9000))
    with pytest.raises(families.ShareLimit) as caught:
        shop.sell(shop.basket(("tea", 1), member=son), ("family", 1800))
    assert caught.value.facts["left_cents"] == 1000
    shop.sell(shop.basket(("tea", 1), member=son), ("family", 1800), now=Millis(shop.now + 3 * DAY))


def test_one_sale_is_paid_from_one_wallet(home: tuple[Shop, int, int]) -> None:
    shop, _, son = home
    shop.top_up(son, 1000)
    with pytest.raises(TenderInvalid):
        shop.sell(shop.basket(("tea", 1), member=son), ("family", 800), ("wallet", 1000))


def test_nobody_shares_with_a_stranger(home: tuple[Shop, int, int]) -> None:
    shop = home[0]
    with pytest.raises(families.NoSharedWallet):
        shop.sell(shop.basket(("tea", 1), member=shop.member()), ("family", 1800))


def test_sharing_has_one_step_and_an_end(home: tuple[Shop, int, int]) -> None:
    shop, mother, son = home
    for payer, member in ((son, shop.member()), (shop.member(), mother), (son, son)):
        with pytest.raises(families.ShareChain):
            families.share(payer, member, limit_cents=None, by=shop.owner, now=shop.now)
    assert families.paid_by(mother) == [son]
    families.end(son, by=shop.owner, now=shop.now)
    assert families.of(son, now=shop.now) is None
    with pytest.raises(families.NoSharedWallet):
        families.end(son, by=shop.owner, now=shop.now)
