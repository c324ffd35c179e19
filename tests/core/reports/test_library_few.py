"""Reports whose rows a trading shop lacks, such as campaigns, the night's grid and breakage: few rows, read raw."""

from collections import Counter
from collections.abc import Sequence
from datetime import date

from core.base import access, db
from core.base.clock import DAY, Millis
from core.base.money import Milli
from core.books import stats
from core.giving import checkin
from core.goods import bundles, stock
from core.insight import profiles, scan
from core.keeping import erasure, merging
from core.loyalty import points, tiers, topups
from core.loyalty.topups import TopUpTerms
from core.outreach import costs
from core.outreach.costs import Rate
from core.outreach.segments import reading, typed
from core.people import members as members_of
from core.people import staff, websessions
from core.reports import asked as cut
from core.reports import goals, shelf
from core.reports import said as words
from core.reports.report import Cell, Report, Row
from core.selling import receipts, refunds
from core.selling.quotes import Basket, BasketLine
from core.selling.refunds import ReturnLine
from tests.campaigns import approved, leave, people, run
from tests.core.reports.traded import bp, mean
from tests.shops import Shop, at

MAY, YEAR = (date(2026, 5, 1), date(2026, 5, 31)), (date(2026, 1, 1), date(2027, 12, 31))


def show(shop: Shop, report_id: str, days: tuple[date, date] = MAY, **given: object) -> Report:
    asked = cut.ask(*days, **({"step": "month", "store_id": None, "by": shop.owner, "now": shop.now} | given))  # type: ignore[arg-type]
    return shelf.show(report_id, asked, by=shop.owner)


def said(row: Row) -> tuple[Cell, ...]:
    """A row with its words as plain text."""
    return tuple(cell if isinstance(cell, int | date) or cell is None else str(cell) for cell in row)


@db.atomic
def spent(member_ids: Sequence[int], cents: int, *, day: int) -> None:
    for member_id in member_ids:
        db.add("member_day", member_id=member_id, day=day, net_cents=cents, sales=1)


@db.atomic
def sold(member_id: int, cents: int, *, day: int) -> None:
    stats.count_sale(member_id, day=date.fromordinal(day), net_cents=cents, points=0, at=Millis(0))


def value(sql: str, *given: object) -> int:
    return int(db.value(f"SELECT CAST(({sql}) AS BIGINT)", given))


# --- campaigns -------------------------------------------------------------------------------------

ARM = "SELECT member_id FROM campaign_audience WHERE arm "


def test_a_campaign_with_its_cost_and_no_proof(shop: Shop) -> None:
    shop.product("tea", 1800)
    costs.set_rate(Rate("CN", "sms", "CNY", 50_000), by=shop.owner, now=shop.now)
    kind = shop.coupon_kind("五元券", effect="amount", off_cents=500)
    people(shop, 8)
    one = approved(shop, holdout_bp=2_500, coupon_kind_id=kind, points=20)
    run(shop)
    leave(shop, one)
    written = [member for (member,) in db.rows(f"{ARM} = 'A' ORDER BY member_id")]
    for member, days in ((written[3], 1), (written[4], 40)):
        shop.sell(shop.basket(("tea", 1), member=member), now=Millis(shop.now + days * DAY))
    report = show(shop, "campaigns", now=Millis(shop.now + 60 * DAY))
    first = value("SELECT started_day FROM campaign")
    came = value(f"SELECT count(DISTINCT member_id) FROM sale WHERE local_day BETWEEN {first} AND {first + 13}"
                 f" AND member_id IN ({ARM} = 'A')")  # fmt: skip
    used = value("SELECT count(*) FROM coupon_use WHERE returned_at IS NULL")
    cost = (
        value("SELECT sum(coalesce(cost_micros, estimate_micros)) FROM outbox WHERE campaign_id IS NOT NULL") // 10_000
        + value("SELECT sum(cents) FROM sale_discount WHERE rule_kind = 'coupon'")
        + value("SELECT sum(points) FROM award WHERE occasion = 'campaign'")
    )
    assert said(report.rows[0]) == ("夏日", len(written), len(written), bp(came, 6), bp(used, 6), cost, "not proven")
    assert (len(written), came, used, cost, report.totals) == (
        6,
        1,
        1,
        30 + 500 + 120,
        (None, 6, 6, None, None, 650, None),
    )


def test_what_a_hold_out_proves_is_the_mean_of_one_arm_over_the_other(shop: Shop) -> None:
    people(shop, 150)
    approved(shop, holdout_bp=5_334, per_minute=600)
    run(shop)
    day = value("SELECT started_day FROM campaign")
    for arm, came in (("A", 56), ("holdout", 48)):
        spent([id for (id,) in db.rows(f"{ARM} = ? ORDER BY member_id", (arm,))][:came], 1000, day=day + 1)
    (row,) = show(shop, "campaigns", now=Millis(shop.now + 20 * DAY)).rows
    mine, others = (
        value(f"SELECT sum(net_cents) FROM member_day WHERE member_id IN ({ARM} = '{arm}')") for arm in ("A", "holdout")
    )
    assert row[1:4] == (70, 0, bp(56, 70))
    assert row[6] == (mine * 80 - others * 70) // 80 == 14_000
    assert show(shop, "campaigns", (date(2026, 6, 1), date(2026, 6, 30))).rows == ()


# --- the grid of the night -------------------------------------------------------------------------


def fifth(value: int, values: Sequence[int]) -> int:
    """1 to 5: one more than how many of the four lines a value is above; a line is the k-th fifth's last value."""
    order = sorted(values)
    return 1 + sum(order[-(-part * len(order) // 5) - 1] < value for part in (1, 2, 3, 4))


def grid_of(rows: dict[int, tuple[int, int]]) -> list[list[int]]:
    last, often = ([row[at] for row in rows.values()] for at in (0, 1))
    counts = Counter((fifth(one, last), fifth(many, often)) for one, many in rows.values())
    return [[counts[recency, frequency] for frequency in range(1, 6)] for recency in (5, 4, 3, 2, 1)]


def test_the_grid_is_that_of_the_night_and_of_who_is_still_active(shop: Shop) -> None:
    members = [shop.member() for _ in range(11)]
    today = date(2026, 5, 29).toordinal()
    for number, member in enumerate(members):
        for visit in range(1 + number % 4):
            sold(member, 1000, day=today - 3 * number - 10 * visit)
    sold(shop.member(), -500, day=today)
    rows = {
        member: (last, often) for member, last, often in
        db.rows("SELECT member_id, max(day), count(*) FROM member_day WHERE net_cents > 0 GROUP BY member_id")
    }  # fmt: skip
    before = show(shop, "rfm")
    scan.scan(by=access.scheduler("churn"), now=shop.now)
    report = show(shop, "rfm")
    assert value("SELECT count(*) FROM member_insight") == 11
    assert [list(row[1:]) for row in report.rows] == grid_of(rows)
    assert before == report
    members_of.set_state(members[0], "blocked", by=shop.owner, now=shop.now)
    assert show(shop, "rfm").totals[1:] != report.totals[1:]  # type: ignore[index]
    assert sum(show(shop, "rfm").totals[1:]) == 10  # type: ignore[index, arg-type]


GROUPS = ("comes often and buys much", "comes often and buys little at a time",
          "comes seldom and buys much at a time", "comes seldom and buys little", "came once, lately")  # fmt: skip


def groups_of(often: float, much: float, *, new_since: int) -> dict[str, tuple[Cell, ...]]:
    """Members, share, visits, basket and spend of each group, from the days alone."""
    sums = {name: [0, 0, 0] for name in GROUPS}
    days = "SELECT member_id, min(day), count(*), CAST(sum(net_cents) AS BIGINT) FROM member_day WHERE net_cents > 0"
    for _, first, visits, cents in db.rows(f"{days} GROUP BY member_id"):
        at = 4 if visits == 1 and first >= new_since else 2 * (visits < often) + (cents / visits < much)
        sums[GROUPS[at]] = [before + more for before, more in zip(sums[GROUPS[at]], (1, visits, cents), strict=True)]
    whole = sum(members for members, _, _ in sums.values())
    return {name: (members, bp(members, whole), mean(100 * visits, members), mean(cents, visits), cents)
            for name, (members, visits, cents) in sums.items()}  # fmt: skip


def test_the_four_groups_by_medians_and_by_the_owners_own_lines(shop: Shop) -> None:
    today = date(2026, 5, 29).toordinal()
    visits = {1: (900, 3), 2: (4_000, 3), 3: (2_000, 90), 5: (1_500, 30), 6: (3_000, 20), 8: (5_000, 10), 9: (800, 10)}
    members = [shop.member() for _ in visits]
    for member, (times, (cents, ago)) in zip(members, visits.items(), strict=True):
        for visit in range(times):
            sold(member, cents, day=today - ago - 7 * visit)
    job = access.scheduler("churn")
    new_since = today - 30
    for own_visits, own_cents, often, much in ((0, 0, 5, 2_000), (6, 0, 6, 2_000), (8, 4_000, 8, 4_000)):
        shop.rule("group_visits", own_visits)
        shop.rule("group_basket_cents", own_cents)
        db.atomic(lambda: db.run("DELETE FROM member_insight"))()
        anew = show(shop, "groups")
        scan.scan(by=job, now=shop.now)
        report = show(shop, "groups")
        assert {str(row[0]): row[1:] for row in report.rows} == groups_of(often, much, new_since=new_since)
        assert anew.rows == report.rows
    profile = profiles.of(members[4], now=shop.now)
    assert profile is not None and str(profiles.grouped(profile)) == "comes seldom and buys little"
    assert said_of_lines(report) == ["Often is from 8 visits on, as the shop set it.",
                                     "Much is from ¥40.00 a visit on, as the shop set it."]  # fmt: skip
    assert reading.count(typed.read("group:good"), by=shop.owner, now=shop.now) == report.rows[0][1] == 1


def said_of_lines(report: Report) -> list[str]:
    return words.notes(report)[1:]


# --- breakage --------------------------------------------------------------------------------------


def test_breakage_is_what_lapsed_of_what_lapsed_or_was_used(shop: Shop) -> None:
    shop.product("dress", 2_000)
    topups.set_rule(5000, TopUpTerms(bonus_cents=1000, bonus_days=30), by=shop.owner, now=shop.now)
    shop.rule("wallet_order", "proportional")
    member, friend = shop.member(), shop.member()
    shop.give_points(member, 100)
    shop.give_points(member, -7)  # before the twelve months
    shop.now = at(2026, 6, 10)
    shop.give_points(member, -30)
    points.transfer(member, friend, 20, reason="gift", by=shop.owner, now=shop.now)
    shop.top_up(member, 5000)
    shop.sell(shop.basket(("dress", 1), member=member), ("wallet", 1_500), now=Millis(shop.now + DAY))
    sale = shop.sell(shop.basket(("dress", 1), member=member), ("wallet", 1_200), now=Millis(shop.now + DAY))
    back = (ReturnLine(receipts.of(sale).lines[0].id, Milli(1000)),)
    shop.now = at(2026, 7, 10)
    refunds.refund(sale, back, by=shop.owner, now=shop.now)
    shop.now = at(2027, 6, 1)
    for one in (member, friend):
        points.expire(one, by=shop.owner, now=shop.now)
    shop.give_points(member, 200)
    found = {str(row[0]): row[1:] for row in show(shop, "breakage").rows}
    since = at(2026, 6, 1, 0)
    of = "SELECT coalesce(sum({}), 0) FROM {} WHERE asset = '{}'"
    recent = f"at >= {since} AND kind"
    for asset, share in (("points", 6_774), ("principal", 0), ("bonus", 7_500)):
        left = value(of.format("l.remaining", "lot l JOIN account a ON a.id = l.account_id", asset))
        lapsed = -value(of.format("amount", "entry", asset) + f" AND {recent} = 'expire'")
        used = -value(of.format("amount", "entry", asset) + f" AND {recent} IN ('spend', 'refund_return', 'adjust')"
                      " AND (amount < 0 OR reverses_id IS NOT NULL)")  # fmt: skip
        assert found[asset] == (left, lapsed, used, bp(lapsed, lapsed + used), left * share // 10_000)
        assert found[asset][3] == share


# --- who members are -------------------------------------------------------------------------------


def test_members_by_age_region_and_tier_and_no_group_of_a_few(shop: Shop) -> None:
    shop.tier("金卡", 1)
    members = [shop.member(gender="female") for _ in range(16)]
    late = shop.member(gender="female")
    for member in members[:6]:
        shop.put_in_tier(member, "金卡")

    @db.atomic
    def told() -> None:
        for member, year, region in zip(
            members, [2009] * 5 + [2008] * 7 + [None] * 4, ["上海"] * 13 + [""] * 3, strict=True
        ):
            db.run("UPDATE member_person SET birth_year = ?, region = ? WHERE member_id = ?", (year, region, member))
        db.run("UPDATE member SET joined_at = ? WHERE id = ?", (at(2026, 6, 1, 0), late))

    told()
    for gone in members[12:14]:  # one without a year is erased, one goes into another: neither is a member
        if gone == members[12]:
            mark = erasure.preview(gone, now=shop.now).mark
            erasure.erase(gone, mark=mark, by=shop.owner, now=shop.now)
        else:
            mark = merging.preview(members[0], gone, by=shop.owner, now=shop.now).mark
            merging.merge(members[0], gone, mark=mark, by=shop.owner, now=shop.now)
    found = [said(row) for row in show(shop, "demographics").rows]
    living = "FROM member m JOIN member_person p ON p.member_id = m.id WHERE m.state = 'active' AND m.joined_at < ?"
    before = at(2026, 6, 1, 0)
    adults = value(f"SELECT count(*) {living} AND p.birth_year <= 2008", before)
    minors = value(f"SELECT count(*) {living} AND p.birth_year > 2008", before)
    shanghai = value(f"SELECT count(*) {living} AND p.region = '上海'", before)
    gold = value("SELECT count(*) FROM member_tier WHERE tier_id = ?", shop.tiers["金卡"])
    assert found == [
        ("age", "18–24", adults, bp(adults, 14)), ("age", "< 18", minors, bp(minors, 14)),
        ("age", "unknown", "few", None),
        ("gender", "female", 14, 10_000),
        ("region", "上海", shanghai, bp(shanghai, 14)), ("region", "unknown", "few", None),
        ("tier", "normal", 14 - gold, bp(14 - gold, 14)), ("tier", "金卡", gold, bp(gold, 14)),
    ]  # fmt: skip
    assert (adults, minors, shanghai, gold) == (7, 5, 12, 6)


# --- the rest --------------------------------------------------------------------------------------


def test_a_line_belongs_to_who_stands_on_it_and_a_refund_to_who_made_it(shop: Shop) -> None:
    shop.product("tea", 1800)
    shop.product("cake", 3200)
    mei = staff.create("mei", "梅", "clerk", password="long enough", by=shop.owner, now=shop.now)
    lines = (
        BasketLine(shop.products["tea"], Milli(2000), staff_id=mei),
        BasketLine(shop.products["cake"], Milli(1000)),
    )
    sale = shop.sell(Basket(shop.store, lines))
    refunds.refund(sale, (ReturnLine(receipts.of(sale).lines[0].id, Milli(1000)),), by=shop.owner, now=shop.now)
    of_mei = value("SELECT sum(net_cents) FROM sale_line WHERE staff_id = ?", mei)
    of_none = value("SELECT sum(net_cents) FROM sale_line WHERE staff_id IS NULL")
    assert show(shop, "staff").rows == (
        ("梅", 1, of_mei, of_mei, 0, 0, 0, None, None),
        ("周丽", 1, of_none, of_none, 0, 1, value("SELECT total_cents FROM refund"), None, None),
    )  # fmt: skip
    assert (of_mei, of_none) == (3600, 3200)


def test_who_fell_and_rose_in_these_days(shop: Shop) -> None:
    shop.tier("金卡", 1)
    members = [shop.member() for _ in range(3)]
    for number, (member, name) in enumerate([(members[0], "金卡"), (members[1], "金卡"), (members[0], "normal")]):
        tiers.put_by_hand(member, shop.tiers[name], reason="test", by=shop.owner, now=Millis(shop.now + number))
    tiers.put_by_hand(members[2], shop.tiers["金卡"], reason="test", by=shop.owner, now=at(2026, 6, 1, 0))
    found = {row[0]: row[1:5] for row in show(shop, "tiers").rows}
    moves = "SELECT count(*) FROM tier_change WHERE from_tier_id IS NOT NULL AND at < ? AND to_tier_id = ?"
    rose, fell = (value(moves, at(2026, 6, 1, 0), shop.tiers[name]) for name in ("金卡", "normal"))
    assert found == {"normal": (1, bp(1, 3), 0, fell), "金卡": (2, bp(2, 3), rose, 0)}
    assert (rose, fell) == (2, 1)


def test_stock_is_low_gone_or_lies_still(shop: Shop) -> None:
    for name, pieces in (("few", 12_000), ("many", 90_000), ("still", 5_000), ("none", 3_000)):
        shop.product(name, 100)
        stock.receive(shop.store, shop.products[name], Milli(pieces), by=shop.owner, now=shop.now)
    for name, pieces in (("few", 10), ("many", 2), ("none", 3)):
        shop.sell(shop.basket((name, pieces)))
    lies = dict(db.rows("SELECT p.name, k.quantity_milli FROM stock k JOIN product p ON p.id = k.product_id"))
    found = {row[0]: said(row)[1:6] for row in show(shop, "stock", (date(2026, 5, 20), MAY[1])).rows}
    assert found == {  # ten days up to today, not twelve
        "still": (lies["still"], 500, 0, None, "not sold"), "many": (lies["many"], 8_800, 2_000, 440, ""),
        "few": (lies["few"], 200, 10_000, 2, "low"), "none": (lies["none"], 0, 3_000, 0, "gone"),
    }  # fmt: skip


def test_what_went_in_a_set_counts_as_sold(shop: Shop) -> None:
    cup, bag = shop.product("cup", 100), shop.product("bag", 10)
    stock.receive(shop.store, cup, Milli(9_000), by=shop.owner, now=shop.now)
    stock.receive(shop.store, bag, Milli(9_000), by=shop.owner, now=shop.now)
    shop.products["pair"] = bundles.create("pair", 180, [(cup, 2_000), (bag, 1_000)], by=shop.owner, now=shop.now)
    shop.sell(shop.basket(("pair", 3), ("cup", 1)))
    found = {row[0]: said(row)[1:5:2] for row in show(shop, "stock").rows}
    assert found == {"cup": (2_000, 7_000), "bag": (6_000, 3_000)}


def test_check_ins_and_looks_at_a_kiosk(shop: Shop) -> None:
    shop.rule("checkin_points", 5)
    members = [shop.member() for _ in range(2)]
    for member, days in ((members[0], 0), (members[0], 1), (members[1], 0), (members[1], 3)):
        checkin.check_in(member, by=shop.owner, now=Millis(shop.now + days * DAY))
    websessions.start_session("kiosk", now=shop.now, member_id=members[0])
    (row,) = show(shop, "activity").rows
    days = [day for (day,) in db.rows("SELECT day FROM checkin") if day <= MAY[1].toordinal()]
    assert row[3:] == (len(days), 0, value("SELECT sum(times) FROM door_day WHERE door = 'kiosk'")) == (3, 0, 1)


def test_a_goal_with_its_share_and_how_much_of_the_month_is_over(shop: Shop) -> None:
    shop.product("tea", 1_800)
    member = shop.member()
    shop.sell(shop.basket(("tea", 2), member=member))
    shop.sell(shop.basket(("tea", 9), member=member), now=at(2026, 6, 1, 0))
    for what, target in (("points", 90), ("takings", 7_200)):
        goals.set_goal(what, target, month=MAY[0], store_id=None, by=shop.owner, now=shop.now)
    earned = value("SELECT sum(amount) FROM entry WHERE kind = 'earn' AND at < ?", at(2026, 6, 1, 0))
    assert [said(row)[2:] for row in show(shop, "goals").rows] == [
        ("points given", None, None, 90, earned, bp(earned, 90), 29 * 10_000 // 31),
        ("takings", 7_200, 3_600, None, None, 5_000, 29 * 10_000 // 31),
    ]


def test_a_coupon_given_back_with_its_sale_was_not_used(shop: Shop) -> None:
    shop.product("tea", 1_800)
    kind = shop.coupon_kind("五元券", effect="amount", off_cents=500, valid_days=20)
    member = shop.member()
    for number in range(3):
        shop.give_coupon(kind, member, occasion=number)
    sales = [shop.sell(shop.basket(("tea", 1), member=member)) for _ in range(2)]
    refunds.refund(sales[0], (ReturnLine(receipts.of(sales[0]).lines[0].id, Milli(1000)),), by=shop.owner, now=shop.now)
    (row,) = show(shop, "coupons", YEAR, now=at(2026, 8, 1), step="month").rows
    used = value("SELECT count(*) FROM coupon_use WHERE returned_at IS NULL")
    assert row == ("五元券", value("SELECT count(*) FROM coupon"), used, 3 - used, 500 * used, 1_300 * used)
    assert used == 1


def test_a_sale_with_coupons_of_two_kinds_counts_once_in_the_total(shop: Shop) -> None:
    shop.product("tea", 3_000)
    member = shop.member()
    for name in ("五元券", "三元券"):
        kind = shop.coupon_kind(name, effect="amount", off_cents=500 if name == "五元券" else 300, valid_days=20)
        shop.give_coupon(kind, member)
    sale = shop.sell(shop.basket(("tea", 1), member=member))
    report = show(shop, "coupons")
    assert sorted(row[4:] for row in report.rows) == [(300, 2_200), (500, 2_200)]
    assert report.totals is not None
    assert report.totals[1:] == (2, 2, 0, 800, 2_200)
    assert receipts.of(sale).total_cents == 2_200


def test_a_sale_after_midnight_is_that_of_the_business_day_and_of_its_own_hour(shop: Shop) -> None:
    shop.product("tea", 1_800)
    db.atomic(lambda: db.run("UPDATE store SET day_ends_hour = 4"))()
    for month, day, hour in ((5, 1, 3), (6, 1, 3), (6, 1, 5)):
        shop.sell(shop.basket(("tea", 1)), now=at(2026, month, day, hour))
    (row,) = show(shop, "sales").rows
    in_may = value("SELECT count(*) FROM sale WHERE at >= ? AND at < ?", at(2026, 5, 1, 4), at(2026, 6, 1, 4))
    assert (row[1], row[2]) == (1_800 * in_may, in_may) and in_may == 1
    assert [row[:2] for row in show(shop, "hours").rows] == [("03:00", 1_800)]
