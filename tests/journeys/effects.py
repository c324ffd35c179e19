"""What each task has done, asked of core's public verbs; the name of a function is the name of the task's file."""

from core.base import clock, db
from core.base.money import Milli
from core.loyalty import statement
from core.people import members
from core.people.members import MemberCard
from core.selling import promotions, quotes, receipts, shifts
from core.selling.quotes import Basket, BasketLine
from core.selling.receipts import SaleReceipt
from core.service import ticketlists
from tests.tui.corner import Corner


def _card(corner: Corner, member_id: int) -> MemberCard:
    return members.card(member_id, by=corner.owner, now=clock.now())


def _sales(corner: Corner, name: str) -> list[SaleReceipt]:
    """The sales of a member, the newest first."""
    return [receipts.of(head.id) for head in receipts.recent(member_id=corner.members[name])]


def join_a_member(corner: Corner) -> None:
    (hit,) = members.find("13800138001", by=corner.owner)
    card = _card(corner, hit.id)
    assert card.name == "陈小美"
    assert card.birthday is not None
    assert (card.birthday.month, card.birthday.day, card.birthday.calendar) == (8, 15, "solar")
    assert {one.purpose for one in card.consents if one.granted} == {"membership", "service"}


def find_a_member(corner: Corner) -> None:
    assert _sales(corner, "曾小贤") == []


def sell(corner: Corner) -> None:
    (sale,) = _sales(corner, "王伟芳")
    assert [(line.name, line.quantity_milli, line.net_cents) for line in sale.lines] == [
        ("珍珠奶茶", 2000, 3600),
        ("栗子蛋糕", 1000, 3200),
    ]
    assert (sale.total_cents, [(kind, cents) for kind, cents, _ in sale.tenders]) == (6800, [("cash", 6800)])
    assert _card(corner, corner.members["王伟芳"]).points.balance == 68


def refund(corner: Corner) -> None:
    (sale,) = _sales(corner, "欧阳娜娜")
    assert (sale.total_cents, sale.refunded_cents) == (6800, 1800)
    assert _card(corner, corner.members["欧阳娜娜"]).points.balance == 50


def top_up(corner: Corner) -> None:
    wallet = _card(corner, corner.members["李雷"]).wallet
    assert (wallet.principal_cents, wallet.bonus_cents) == (20_000, 2000)


def adjust_points(corner: Corner) -> None:
    (line,) = statement.of(corner.members["曾小贤"], "points", limit=5)
    assert (line.amount, line.reason) == (50, "上错了茶")
    assert _card(corner, corner.members["曾小贤"]).points.usable == 50


def block_a_membership(corner: Corner) -> None:
    assert _card(corner, corner.members["赵敏"]).state == "blocked"


def make_second_at_half_price(corner: Corner) -> None:
    (made,) = promotions.running(now=clock.now())
    assert (made.name, made.terms.effect, made.terms.every, made.terms.off_bp) == ("第二件半价", "nth", 2, 5000)
    two_cups = Basket(corner.store, (BasketLine(corner.products["保温杯"], Milli(2000)),))
    quote = quotes.quote(two_cups, by=corner.owner, now=clock.now())
    assert (quote.total_cents, [off.cents for off in quote.lines[0].offs]) == (9000, [3000])
    two_cakes = Basket(corner.store, (BasketLine(corner.products["栗子蛋糕"], Milli(2000)),))
    assert quotes.quote(two_cakes, by=corner.owner, now=clock.now()).total_cents == 6400


def close_the_shift(corner: Corner) -> None:
    assert shifts.open_of(corner.store, "1") is None
    counted = db.rows("SELECT opening_cents, counted_cents FROM shift WHERE closed_at IS NOT NULL")
    assert counted == [(50_000, 51_750)]
    (latest, *_before) = receipts.recent(store_id=corner.store)
    assert (latest.total_cents, latest.member) == (1800, "")


def find_a_past_sale(corner: Corner) -> None:
    (sale,) = _sales(corner, "欧阳娜娜")
    assert sale.total_cents == 6800


def open_a_ticket(corner: Corner) -> None:
    (one,) = ticketlists.queue(by=corner.owner, now=clock.now())
    assert (one.kind, one.subject, one.member_id) == ("complaint", "杯子漏水", corner.members["王伟芳"])
    assert "新买的" in [line.body for line in ticketlists.history(one.id, by=corner.owner, now=clock.now())]


def receive_a_delivery(corner: Corner) -> None:
    came = "SELECT product_id, quantity_milli FROM stock_move WHERE kind = 'in'"
    assert db.rows(came) == [(corner.products["栗子蛋糕"], 12_000)]
