"""The seven steps of one customer's day, through every door, in both languages."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from core.base import clock, db
from core.people import members
from core.selling import receipts
from core.tables import schema
from tests.journeys import day
from tests.journeys.day import Walk
from tests.journeys.street import Street

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(240)]


@pytest.fixture
def street(tmp_path: Path, browser: Browser) -> Iterator[Street]:
    db.open_database(str(tmp_path / "regulars.db"))
    schema.migrate(now=clock.now())
    with Street(tmp_path, browser).open_doors() as street:
        yield street
    db.close_database()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_one_customers_day(street: Street, language: str) -> None:
    the_day(street, language)


def the_day(street: Street, language: str) -> None:
    """Walk the seven steps and look at what each door shows."""
    locale = {"zh": "zh-CN", "en": "en-GB"}[language]
    walk = Walk(street, street.kiosk(locale), street.page(phone=True, locale=locale))

    day.join_by_kiosk(walk)
    member = int(db.value("SELECT member_id FROM member_person WHERE name = '王伟芳'"))
    assert "桂花里" in walk.seen["code message"]
    assert "新客5元" in walk.seen["card"]

    street.office(day.give_points, language=language)
    street.office(day.top_up, language=language)
    street.office(day.first_purchase, language=language)
    walk.phone.reload()
    receipt = street.office(day.sale(day.qr_in(walk.phone)), language=language)
    (latest, *_earlier) = receipts.recent(member_id=member)
    assert latest.total_cents == 9616
    assert "96.16" in receipt or street.size[1] < 30  # a long receipt scrolls on a short screen
    card = members.card(member, by=street.owner, now=clock.now())
    assert (card.wallet.principal_cents, card.wallet.bonus_cents) == (15_000, 2000)
    assert (card.points.balance, card.standing.tier.name) == (300 + 1180 - 300 + 115, "银卡")
    assert card.coupons == ()

    kiosk = day.look_at_kiosk(walk)
    assert "王**" in kiosk
    assert "1,295" in kiosk
    assert "银卡" in kiosk

    street.post()
    returned = street.office(day.give_back, language=language)
    assert receipts.of(latest.id).refunded_cents == 1177
    assert "11.77" in returned or street.size[1] < 30
    card = members.card(member, by=street.owner, now=clock.now())
    assert (card.points.balance, card.wallet.principal_cents) == (1295 + 37 - 14, 15_612)
    tea = "SELECT sum(quantity_milli) FROM stock s JOIN product p ON p.id = s.product_id WHERE p.name = '珍珠奶茶'"
    assert db.value(tea) == -1000

    days(street, walk, member)

    today, shown, churn, outbox = street.office(day.look_back, language=language)
    assert "王伟芳" in shown
    assert "王伟芳" in churn
    assert "王伟芳" in outbox
    assert "¥1,2" in today

    well = street.command("doctor", "--json", language=language)
    found = {one["check"] for one in json.loads(well.stdout)}
    assert (found, well.stderr) == ({"clock"}, "")  # the jobs of a year hence have left their entries


def days(street: Street, walk: Walk, member: int) -> None:
    """5. The scheduler greets her birthday with a coupon, warns, expires, and raises a churn warning."""
    assert street.jobs_of(walk.birthday)["birthdays"] == "1"
    texts = [message["body"] for message in street.post()]
    assert [text for text in texts if "生日" in text or "birthday" in text]
    gift = "SELECT k.name FROM coupon c JOIN coupon_kind k ON k.id = c.kind_id WHERE c.ref_kind = 'birthday'"
    assert db.value(gift) == "生日8折"
    today = clock.day_of(clock.now(), "Asia/Shanghai")
    assert "1 warned" in street.jobs_of(today + timedelta(days=90))["churn"]
    year = clock.add_months(today, 12)
    assert street.jobs_of(year - timedelta(days=5))["points-notice"] != "0"
    assert street.jobs_of(year + timedelta(days=2))["points-expire"] != "0"
    balance = "SELECT balance FROM account WHERE member_id = ? AND asset = 'points'"
    assert db.value(balance, (member,)) == 0
