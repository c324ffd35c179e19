"""What stands out at the till against the peers, goals of one person, and the reports about staff."""

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base import db
from core.base.access import Actor
from core.base.clock import DAY, HOUR, Millis
from core.base.errors import NotAllowed
from core.base.money import Milli
from core.books import audit
from core.loyalty import points
from core.people import attendance, lookups, owncards, staff
from core.reports import asked as cut
from core.reports import conduct, goals, outlying, shelf
from core.reports.asked import Asked
from core.reports.goals import GoalInvalid, GoalUnknown
from core.reports.report import Report
from core.selling import commission, receipts, refunds, sales
from core.selling.earnings import CommissionTerms
from core.selling.quotes import Basket, BasketLine
from core.selling.refunds import ReturnLine
from core.selling.sales import SaleRequest, Tender
from tests.shops import Shop

FIRST, LAST = date(2026, 5, 1), date(2026, 5, 31)


@dataclass
class Busy:
    """A shop with seven clerks, of whom one takes much back."""

    shop: Shop
    clerks: list[Actor]
    member: int

    @property
    def asked(self) -> Asked:
        return cut.ask(FIRST, LAST, step="day", store_id=None, by=self.shop.owner, now=self.shop.now)


def ring(shop: Shop, by: Actor, product: str, *, member: int | None = None, served: tuple[tuple[int, int], ...] = (),
         unit: int | None = None, now: Millis) -> int:  # fmt: skip
    line = BasketLine(shop.products[product], Milli(1000), unit_cents=unit, served_by=served)
    basket = Basket(shop.store, (line,), member_id=member)
    total = shop.quote(basket, now=now).total_cents
    approved = shop.owner if unit is not None and by.role == "clerk" else None
    request = SaleRequest(basket, (Tender("cash", total),) if total else (), total, approved_by=approved)
    return sales.post(request, by=by, now=now)


@pytest.fixture
def busy(one_shop: Shop) -> Busy:
    """Enough sales to compare, on one engine."""
    return fill(one_shop, 7, 20)


@pytest.fixture
def few(shop: Shop) -> Busy:
    """A few sales, on each engine."""
    return fill(shop, 5, 2)


def fill(shop: Shop, people: int, each: int) -> Busy:
    shop.product("tea", 2000)
    names = [f"clerk{number}" for number in range(people)]
    clerks = [
        staff.actor_of(staff.create(one, one, "clerk", password="correct horse", by=shop.owner, now=shop.now))
        for one in names
    ]
    member = shop.member("13800138000")
    for number, clerk in enumerate(clerks):
        sold = [ring(shop, clerk, "tea", now=Millis(shop.now + at)) for at in range(each)]
        for sale in sold[: 8 if number == 0 else 1 + number % 2]:
            back = ReturnLine(receipts.of(sale).lines[0].id, Milli(1000))
            refunds.refund(sale, (back,), by=clerk, now=shop.now)
    return Busy(shop, clerks, member)


def found(busy: Busy, what: str) -> dict[str, conduct.Line]:
    return {one.name: one for one in conduct.lines(busy.asked, by=busy.shop.owner) if one.what == what}


# --- the distance ----------------------------------------------------------------------------------


def test_the_distance_of_a_fixed_example() -> None:
    """Peers 2, 3, 3, 4, 5, 6: median 3.5, distances 1.5 0.5 0.5 0.5 1.5 2.5, MAD 1; 8 is 4.5 / 1.4826 = 3.04 away."""
    peers = [200, 300, 300, 400, 500, 600]
    assert outlying.median(peers) == 350
    assert outlying.distance(800, peers) == 304
    assert outlying.distance(350, peers) == 0


def test_peers_alike_leave_the_mean_distance() -> None:
    """Peers 0 0 0 0 0 6: MAD 0, mean distance 1; 5 is 5 / 1.2533 = 3.99 away. All alike: as far as can be."""
    assert outlying.distance(500, [0, 0, 0, 0, 0, 600]) == 399
    assert outlying.distance(1, [0] * 6) == 9_999
    assert outlying.distance(0, [0] * 6) == 0


def test_under_five_peers_nothing_is_said() -> None:
    assert outlying.distance(10**6, [1, 2, 3, 4]) is None


@given(st.lists(st.integers(0, 10**5), min_size=5, max_size=12), st.integers(0, 10**5), st.integers(0, 10**4))
def test_more_is_never_nearer(peers: list[int], figure: int, more: int) -> None:
    near, far = outlying.distance(figure, peers), outlying.distance(figure + more, peers)
    assert near is not None and far is not None and near <= far


# --- what is counted -------------------------------------------------------------------------------


def test_who_takes_much_back_stands_out(busy: Busy) -> None:
    line = found(busy, "refunds")["clerk0"]
    assert (line.count, line.rate, line.median, line.flagged) == (8, 4000, 750, True)
    assert [name for name, one in found(busy, "refunds").items() if one.flagged] == ["clerk0"]


def test_the_rows_behind_a_line_are_opened(busy: Busy) -> None:
    shop, clerk = busy.shop, busy.clerks[0]
    sought = conduct.behind(found(busy, "refunds")["clerk0"], busy.asked, by=shop.owner)
    assert sought is not None
    rows = audit.newest(by=shop.owner, sought=sought)
    assert (len(rows), {row.action for row in rows}, {row.actor for row in rows}) == (8, {"sale.refunded"}, {clerk.tag})


def test_lowered_prices_and_their_approvals_are_seen(few: Busy) -> None:
    shop, clerk = few.shop, few.clerks[1]
    shop.rule("override_limit_cents", 100)
    sale = ring(shop, clerk, "tea", unit=500, now=shop.now)
    lowered, approved = found(few, "overrides")["clerk1"], found(few, "approvals")["周丽"]
    assert (lowered.count, approved.count, approved.rate) == (1, 1, None)
    for line in (lowered, approved):
        sought = conduct.behind(line, few.asked, by=shop.owner)
        assert sought is not None
        assert [row.entity_id for row in audit.newest(by=shop.owner, sought=sought)] == [sale]


def test_points_by_hand_and_own_cards_are_seen(few: Busy) -> None:
    shop, clerk = few.shop, few.clerks[2]
    for _ in range(2):
        points.adjust(few.member, 5, reason="sorry", by=replace(clerk, rights=shop.owner.rights), now=shop.now)
    owncards.set_own(clerk.id, few.member, by=shop.owner, now=shop.now)
    ring(shop, clerk, "tea", member=few.member, now=shop.now)
    ring(shop, few.clerks[3], "tea", member=few.member, now=shop.now)
    assert {name: one.count for name, one in found(few, "points").items()} == {"clerk2": 2}
    assert {name: one.count for name, one in found(few, "own_card").items()} == {"clerk2": 1}


def test_look_ups_without_a_sale_are_counted_by_day(few: Busy) -> None:
    shop, clerk = few.shop, few.clerks[4]
    before = db.value("SELECT count(*) FROM audit")
    for at in (0, 1, 2, 3, DAY):
        lookups.opened(by=clerk, now=Millis(shop.now + at))
    assert db.value("SELECT count(*) FROM audit") == before
    assert db.value("SELECT count(*) FROM card_open_day") == 2
    ring(shop, clerk, "tea", member=few.member, now=shop.now)
    line = found(few, "lookups")["clerk4"]
    assert (line.count, line.rate) == (4, None)
    assert conduct.behind(line, few.asked, by=shop.owner) is None


def test_a_clerk_does_not_look_into_conduct(few: Busy) -> None:
    with pytest.raises(NotAllowed):
        conduct.lines(few.asked, by=few.clerks[0])


# --- goals and reports -----------------------------------------------------------------------------


def show(busy: Busy, report: str) -> Report:
    return shelf.show(report, busy.asked, by=busy.shop.owner)


def test_a_persons_goal_is_on_the_staff_report(few: Busy) -> None:
    owner, now, clerk = few.shop.owner, few.shop.now, few.clerks[0]
    goals.set_personal(clerk.id, "takings", 100_000, month=FIRST, by=owner, now=now)
    goals.set_personal(clerk.id, "takings", 80_000, month=FIRST, by=owner, now=now)
    goals.set_personal(clerk.id, "sales", 10, month=FIRST, by=owner, now=now)
    reached = {row[0]: row[7:] for row in show(few, "staff").rows}
    assert (reached["clerk0"], reached["clerk1"]) == ((500, 2000), (None, None))
    goals.end_personal(clerk.id, "takings", month=FIRST, by=owner, now=now)
    with pytest.raises(GoalUnknown):
        goals.end_personal(clerk.id, "takings", month=FIRST, by=owner, now=now)
    with pytest.raises(GoalInvalid):
        goals.set_personal(7, "sales", 10, month=FIRST, by=owner, now=now)
    assert goals.personal(FIRST, date(2026, 5, 30)) == {}


def test_the_timesheet_against_plain_differences(few: Busy) -> None:
    start = Millis(few.shop.now - 20 * DAY)
    wanted = Counter[tuple[str, date]]()
    for number, clerk in enumerate(few.clerks[:3]):
        for day in range(6):
            came = Millis(start + day * DAY + number * HOUR)
            went = Millis(came + (7 + day % 3) * HOUR + number * 61_000)
            attendance.punch(few.shop.store, by=clerk, now=came)
            attendance.punch(few.shop.store, by=clerk, now=went)
            wanted[clerk.name, date.fromordinal(date(2026, 5, 9).toordinal() + day)] = (went - came) // 60_000
    report = show(few, "timesheet")
    assert {(row[1], row[0]): row[4] for row in report.rows} == dict(wanted)
    assert report.totals is not None and report.totals[4] == wanted.total()
    attendance.punch(few.shop.store, by=few.clerks[0], now=Millis(start + 8 * DAY))
    assert str(show(few, "timesheet").rows[-1][7]) == "going is missing"


def test_the_commission_report_against_plain_loops(few: Busy) -> None:
    shop, (ann, bob) = few.shop, few.clerks[:2]
    commission.create("3 %", CommissionTerms(rate_bp=300), from_day=date(2026, 5, 29), by=shop.owner, now=shop.now)
    for number in range(4):
        ring(shop, ann, "tea", served=((ann.id, 2500), (bob.id, 7500)), now=Millis(shop.now + number))
    earned, back = defaultdict[str, int](int), defaultdict[str, int](int)
    names = dict(db.rows("SELECT id, name FROM staff"))
    for line_id, actor, net in db.rows(
        "SELECT l.id, s.actor, l.net_cents FROM sale_line l JOIN sale s ON s.id = l.sale_id"
    ):
        shares = db.rows("SELECT staff_id, share_bp FROM sale_server WHERE line_id = ?", (line_id,))
        for who, share in shares or [(int(actor[6:]), 10_000)]:
            part = net * 300 // 10_000 * share // 10_000  # whole cents in this example
            earned[names[who]] += part
            back[names[who]] += part * db.value("SELECT count(*) FROM refund_line WHERE line_id = ?", (line_id,))
    rows = {row[0]: row[4:] for row in show(few, "commission").rows}
    assert rows == {name: (earned[name], back[name], earned[name] - back[name]) for name in earned}
    assert rows["clerk0"][1] == 2 * 60


def test_the_report_of_conduct_says_what_the_view_says(busy: Busy) -> None:
    rows = show(busy, "conduct").rows
    assert (rows[0][0], str(rows[0][1]), rows[0][2:4], str(rows[0][6])) == (
        "clerk0",
        "refunds",
        (8, 4000),
        "look at it",
    )
    assert len(rows) == len(conduct.lines(busy.asked, by=busy.shop.owner))
