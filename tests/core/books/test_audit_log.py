"""The log: newest first by time, page by page; a dismissed clerk writes nothing."""

import pytest

from core.base import db, ids
from core.base.clock import Millis
from core.books import audit
from core.books.audit import Sought
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


def test_log_is_narrowed_to_a_person_a_kind_and_days(shop: Shop) -> None:
    mei = staff.actor_of(staff.create("mei", "梅", "manager", password="long enough", by=shop.owner, now=shop.now))
    for hour, by in ((1, mei), (2, shop.owner), (30, mei)):
        catalogue.create(f"tea {hour}", 100, by=by, now=Millis(shop.now + hour * 3_600_000))
    staff.set_language("zh", by=mei, now=Millis(shop.now + 31 * 3_600_000))

    def found(**sought: object) -> list[str]:
        rows = audit.newest(by=shop.owner, sought=Sought(**sought), limit=20)  # type: ignore[arg-type]
        return [row.action for row in rows]

    assert found(actor=mei.tag) == ["staff.language", "product.created", "product.created"]
    assert found(actor=mei.tag, kinds=("product", "stock")) == ["product.created"] * 2
    assert found(since=shop.now + 30 * 3_600_000) == ["staff.language", "product.created"]
    assert found(kinds=("product",), until=shop.now + 30 * 3_600_000) == ["product.created"] * 2
    assert found(kinds=("prod",)) == []
    assert dict(audit.people(by=shop.owner)) == {mei.tag: "梅", shop.owner.tag: "周丽"}


def test_narrowed_log_comes_a_page_at_a_time(shop: Shop) -> None:
    for minute in range(5):
        catalogue.create(f"tea {minute}", 100, by=shop.owner, now=Millis(shop.now + minute))
    sought = Sought(actor=shop.owner.tag, kinds=("product",))
    first = audit.newest(by=shop.owner, sought=sought, limit=3)
    rest = audit.newest(by=shop.owner, sought=sought, before_id=first[-1].id, limit=3)
    assert [row.at - shop.now for row in (*first, *rest)] == [4, 3, 2, 1, 0]


def test_what_one_person_did_is_read_through_an_index(one_shop: Shop) -> None:
    sql = "EXPLAIN QUERY PLAN SELECT id FROM audit a WHERE a.actor = ? ORDER BY a.at DESC, a.id DESC LIMIT 100"
    plan = " ".join(str(row) for row in db.rows(sql, (one_shop.owner.tag,)))
    assert "audit_actor" in plan and "TEMP B-TREE" not in plan
