"""The log: newest first by time, page by page; a dismissed clerk writes nothing."""

import pytest

from core.base import db, ids
from core.base.clock import Millis
from core.books import audit
from core.goods import catalogue
from core.people import staff
from tests.shops import Shop


@db.atomic
def _row(row_id: int, at: int) -> None:
    db.add("audit", id=row_id, at=at, actor="staff:1", door="kiosk", action=f"at {at}", entity="x", entity_id=0)


def test_pages_go_by_time_and_not_by_id(shop: Shop) -> None:
    later = shop.now + 1000
    for row_id, at in ((3, later + 3), (9, later + 1), (5, later + 2)):
        _row(ids.FIRST * 5 + row_id, at)
    first = audit.newest(by=shop.owner, limit=1)
    second = audit.newest(by=shop.owner, before_id=first[0].id, limit=2)
    assert [row.at - later for row in (*first, *second)] == [3, 2, 1]


def test_a_dismissed_clerk_stops_at_once(shop: Shop) -> None:
    manager_id = staff.create("mei", "梅", "manager", password="long enough", by=shop.owner, now=shop.now)
    manager = staff.actor_of(manager_id)
    staff.close(manager_id, by=shop.owner, now=shop.now)
    with pytest.raises(audit.SignedOut):
        catalogue.create("tea", 100, by=manager, now=Millis(shop.now + 1))
    assert db.value("SELECT count(*) FROM product") == 0
