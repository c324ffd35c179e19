"""Past sales move in: they count for visits and spend, and move nothing else."""

from datetime import date
from pathlib import Path

import pytest

from core.base import db
from core.books import stats
from core.goods import stock
from core.keeping.movein import undoing
from core.keeping.movein.moving import Preview
from core.people import cards
from core.reports import takings
from core.selling import receipts, refunds
from core.selling.refunds import AS_PAID
from tests import shops
from tests.counter import all_of
from tests.movers import balances, brought, looked, text, well
from tests.shops import Shop

HEAD = "小票号,销售日期,手机号,会员卡号,商品名称,货号,数量,金额\n"
PAST = (
    "A1,2026-03-01 18:30:00,13800138000,,乌龙茶,T1,2,36.00\n"
    "A1,2026-03-01 18:30:00,13800138000,,老茶饼,X9,1,64.00\n"
    "A2,2026/4/2,,V9,剪发,,,58\n"
    "A3,2026-04-03,,,乌龙茶,,0.5,9.00\n"
)


def furnished(shop: Shop) -> Shop:
    """Ann with a phone, Bob with an old card, tea on the shelf."""
    shop.product("乌龙茶", 1800, sku="T1")
    stock.receive(shop.store, shop.products["乌龙茶"], 5_000, by=shop.owner, now=shop.now)
    shop.member("13800138000", name="Ann")
    shop.member(name="Bob", old_card="V9")
    return shop


@pytest.fixture
def shop(shop: Shop) -> Shop:
    return furnished(shop)


def past(shop: Shop, folder: Path, lines: str = PAST) -> Preview:
    return looked(shop, text(folder, HEAD + lines, "sales.csv"), "sales")


def member(name: str) -> int:
    return int(db.value("SELECT member_id FROM member_person WHERE name = ?", (name,)))


def test_past_sales_count_for_visits_and_spend_and_move_nothing(shop: Shop, tmp_path: Path) -> None:
    found = past(shop, tmp_path)
    assert (found.rows, found.amounts) == ({"new": 4}, {"sales": 3, "total_cents": 16_700})
    assert brought(shop, found).held == {"sales": 3, "total_cents": 16_700}
    assert [(stats.of(member(name)).visits, stats.of(member(name)).net_spend_cents) for name in ("Ann", "Bob")] == [
        (1, 10_000), (1, 5_800),
    ]  # fmt: skip
    assert str(stats.of(member("Ann")).last_day) == "2026-03-01"
    assert balances() == {"points": 0, "principal": 0, "bonus": 0}
    assert stock.on_hand(shop.store, shop.products["乌龙茶"]) == 5_000
    assert well(shop)


def test_rows_of_one_receipt_are_one_sale_with_its_old_number(shop: Shop, tmp_path: Path) -> None:
    brought(shop, past(shop, tmp_path))
    (sale_id,) = (id for (id,) in db.rows("SELECT id FROM sale WHERE total_cents = 10000"))
    receipt = receipts.of(sale_id)
    assert [(line.name, line.quantity_milli, line.net_cents) for line in receipt.lines] == [
        ("乌龙茶", 2_000, 3_600), ("老茶饼", 1_000, 6_400),
    ]  # fmt: skip
    assert receipt.tenders == (("other", 10_000, "A1"),)
    assert receipt.at == shops.at(2026, 3, 1, 18) + 30 * 60_000
    assert db.value("SELECT active FROM product WHERE sku = 'EARLIER'") == 0


def test_a_past_sale_stands_in_the_report_of_its_day(shop: Shop, tmp_path: Path) -> None:
    brought(shop, past(shop, tmp_path))
    day = takings.of(shop.store, date(2026, 3, 1), by=shop.owner)
    assert (day.sales, day.net_cents) == (1, 10_000)


def sale_of(reference: str) -> int:
    return int(db.value("SELECT sale_id FROM tender WHERE reference = ?", (reference,)))


def test_a_past_sale_can_be_refunded(shop: Shop, tmp_path: Path) -> None:
    brought(shop, past(shop, tmp_path))
    refunds.refund(sale_of("A1"), all_of(sale_of("A1")), AS_PAID, by=shop.owner, now=shop.now)
    assert stats.of(member("Ann")).net_spend_cents == 0
    assert stock.on_hand(shop.store, shop.products["乌龙茶"]) == 5_000
    assert well(shop)


@pytest.mark.parametrize(
    ("line", "column", "reason"),
    [
        ("B1,,13800138000,,茶,,1,5", "销售日期", "There is no day."),
        ("B1,2026-03-01,13800138000,,茶,,1,", "金额", "There is no amount."),
        ("B1,2026-03-01,13800138000,,茶,,1,-5", "金额", "This is a return."),
        ("B1,2026-03-01,13900139000,,茶,,1,5", "手机号", "No member has this number."),
        ("B1,2026-03-01,,V7,茶,,1,5", "会员卡号", "No member has this number."),
        ("B1,2031-03-01,,,茶,,1,5", "销售日期", "This day lies in the future."),
        ("B1,2026-03-01,,,茶,,0,5", "数量", "A quantity is above 0 and has at most three decimals."),
    ],
)
def test_a_sale_that_cannot_be_is_a_fault(one_shop: Shop, tmp_path: Path, line: str, column: str, reason: str) -> None:
    found = past(furnished(one_shop), tmp_path, f"{line}\n")
    assert [(one.row, one.column, str(one.reason)) for one in found.faults] == [(2, column, reason)]


def test_a_receipt_comes_whole_or_not(one_shop: Shop, tmp_path: Path) -> None:
    lines = "B1,2026-03-01,,,茶,,1,5\nB1,2026-03-01,,,糕,,1,oops\n"
    lines += "B2,2026-03-01,13800138000,,茶,,1,5\nB2,2026-03-01,,V9,茶,,1,5\n"
    found = past(furnished(one_shop), tmp_path, lines)
    assert found.rows == {"faulty": 4}
    assert [(one.row, str(one.reason)) for one in found.faults] == [
        (2, "Another row of this receipt has a fault."),
        (3, "This is no amount that can be read with certainty."),
        (4, "Rows of one receipt name different members."),
        (5, "Rows of one receipt name different members."),
    ]


def test_receipts_that_are_there_stay_outside(shop: Shop, tmp_path: Path) -> None:
    brought(shop, past(shop, tmp_path))
    found = past(shop, tmp_path, PAST + "A4,2026-04-04,,,茶,,1,5\n")
    assert found.rows == {"there": 4, "new": 1}
    assert brought(shop, found).held == {"sales": 1, "total_cents": 500}


def test_past_sales_undone_leave_everything_as_before(shop: Shop, tmp_path: Path) -> None:
    done = brought(shop, past(shop, tmp_path))
    assert undoing.undo(done.batch_id, by=shop.owner, now=shop.now).undone == 3
    assert [stats.of(member(name)) for name in ("Ann", "Bob")] == [stats.NOTHING, stats.NOTHING]
    day = takings.of(shop.store, date(2026, 3, 1), by=shop.owner)
    assert (day.total_cents, day.net_cents) == (10_000, 0)
    assert well(shop)
    assert brought(shop, past(shop, tmp_path)).held == {"sales": 3, "total_cents": 16_700}


def test_a_sale_that_was_refunded_since_is_kept(shop: Shop, tmp_path: Path) -> None:
    done = brought(shop, past(shop, tmp_path))
    sale_id = sale_of("A2")
    refunds.refund(sale_id, all_of(sale_id), AS_PAID, by=shop.owner, now=shop.now)
    undone = undoing.undo(done.batch_id, by=shop.owner, now=shop.now)
    assert (undone.undone, [(one.row, one.shown) for one in undone.kept]) == (2, [(4, "20260402-0001")])
    assert well(shop)


def test_whoever_has_a_past_is_no_new_buyer(shop: Shop, tmp_path: Path) -> None:
    brought(shop, past(shop, tmp_path))
    shop.sell(shop.basket(("乌龙茶", 1), member=member("Ann")))
    assert cards.card(member("Ann"), by=shop.owner, now=shop.now).stats.visits == 2
