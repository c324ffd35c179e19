"""What was written into a ledger or log is never changed or taken away."""

import peewee
import pytest

from core.base import db
from tests.shops import Shop

TABLES = (
    "shop_rule", "entry", "lot_use", "audit", "consent", "stock_move", "tier_change", "promotion_version",
    "sale_line", "sale_discount", "tender", "refund", "refund_line", "refund_tender",
)  # fmt: skip


@pytest.fixture
def busy_shop(shop: Shop) -> Shop:
    """A shop in which every ledger has a row."""
    from core.selling import receipts, refunds

    shop.rule("shop_name", "茶")
    shop.product("tea", 1000)
    shop.promotion("满5减1", effect="reduction", threshold_cents=500, off_cents=100)
    member = shop.member("13800138000")
    shop.give_points(member, 100)
    sale = shop.sell(shop.basket(("tea", 2), member=member, points=100))
    refunds.refund(sale, (refunds.ReturnLine(receipts.of(sale).lines[0].id, 1000),), by=shop.owner, now=shop.now)
    return shop


@pytest.mark.parametrize("change", ["UPDATE {table} SET id = id + 1", "DELETE FROM {table}"])
def test_rows_of_the_books_stay(busy_shop: Shop, change: str) -> None:
    for table in TABLES:
        assert db.value(f"SELECT count(*) FROM {table}"), table
        with pytest.raises(peewee.DatabaseError, match=f"{table} is append-only"):
            db.run(change.format(table=table))
