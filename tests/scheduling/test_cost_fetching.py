"""What messages cost: the provider is asked at night, and each row gets its price once it is known."""

from collections.abc import Iterator

import pytest

import scheduler
from core.base import clock, db, settings
from core.base.clock import DAY, Millis
from core.base.settings import Settings
from core.books import outbox
from core.books.outbox import Letter
from tests.fakes.twilio import ACCOUNT_SID, AUTH_TOKEN, SENDER, FakeTwilio
from tests.shops import Shop


@pytest.fixture
def twilio() -> Iterator[FakeTwilio]:
    with FakeTwilio() as fake:
        yield fake


@pytest.fixture
def by_twilio(shop: Shop, twilio: FakeTwilio) -> Settings:
    """A shop whose two messages went by Twilio at noon."""
    twilio.clock = lambda: clock.local(shop.now, "UTC")
    mine = Settings(secret="test secret", channel="twilio", twilio_account_sid=ACCOUNT_SID,
                    twilio_auth_token=AUTH_TOKEN, twilio_from=SENDER, twilio_base_url=twilio.url)  # fmt: skip
    settings.use(mine)
    for number in ("+8613800138000", "+8613900139000"):
        letter = Letter(number, "welcome", "service", "zh", {"shop": "山茶"}, Millis(2**50), address=number)
        db.atomic(outbox.put)(letter, now=shop.now)
    channels = scheduler.channels_for(mine)
    with clock.set_to(shop.now):
        assert scheduler.send_due(channels, "a") == 2
    for channel in channels.values():
        channel.close()
    return mine


def run(shop: Shop, day: int) -> str:
    now = Millis(shop.now + day * DAY)
    with clock.set_to(now):
        return scheduler.run_job("costs", f"day {day}", now=now)


def prices() -> list[tuple[int | None, str | None, int | None]]:
    return db.rows("SELECT cost_micros, currency, segments FROM outbox ORDER BY id")


def test_a_price_is_noted_once_it_is_known(shop: Shop, twilio: FakeTwilio, by_twilio: Settings) -> None:
    assert run(shop, 0) == "0"
    for message in twilio.accepted:
        message.status = "delivered"
    twilio.accepted[0].price, twilio.accepted[0].segments = "-0.04210", 2
    assert run(shop, 1) == "1"
    assert prices()[0] == (42_100, "USD", 2)
    assert prices()[1][0] is None
    twilio.accepted[1].price = "-0.02105"
    assert (run(shop, 2), run(shop, 3)) == ("1", "0")
    assert [row[0] for row in prices()] == [42_100, 21_050]


def test_after_three_days_nobody_asks_any_more(shop: Shop, twilio: FakeTwilio, by_twilio: Settings) -> None:
    before = twilio.requests
    assert run(shop, 3) == "0"
    assert twilio.requests == before


def test_a_provider_that_does_not_answer_is_a_failed_job(shop: Shop, twilio: FakeTwilio, by_twilio: Settings) -> None:
    twilio.list_faults.append("500-before")
    assert run(shop, 1) == "RuntimeError: http-500"
    assert db.rows("SELECT kind, about FROM alert") == [("job", "costs")]


def test_a_shop_without_a_provider_asks_nobody(one_shop: Shop) -> None:
    settings.use(Settings(secret="test secret", channel="console"))
    assert run(one_shop, 0) == "0"
