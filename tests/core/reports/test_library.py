"""Every report's figures against plain loops over raw rows, in a shop that traded for months, on both databases."""

import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from core.base import clock, db, limits, settings
from core.reports import shelf
from core.reports.asked import Asked
from core.reports.report import Report
from tests.core.reports import traded
from tests.core.reports.traded import FIRST, LAST, TODAY, Traded, month, shop_day, sold, visits


@pytest.fixture(scope="module", params=[pytest.param("sqlite"), pytest.param("postgres", marks=pytest.mark.postgres)])
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Traded]:
    settings.use(settings.Settings(secret="test secret"))
    if request.param == "sqlite":
        url = str(tmp_path_factory.mktemp("traded") / "shop.db")
        shutil.copy(request.getfixturevalue("empty_sqlite"), url)
        db.open_database(url, durable=False)
    else:
        db.open_database(request.getfixturevalue("cluster").create("traded", template="migrated"))
    yield traded.trade()
    db.close_database()
    limits.forget()


def show(report_id: str, asked: Asked, shop: Traded) -> Report:
    return shelf.show(report_id, asked, by=shop.shop.owner)


def column(report: Report, *at: int) -> dict[object, object]:
    """The figures of columns by the first cell."""
    return {row[0]: row[at[0]] if len(at) == 1 else tuple(row[one] for one in at) for row in report.rows}


def test_sales_by_month_and_by_store(shop: Traded) -> None:
    takings, sales, returned = Counter[object](), defaultdict[object, set[int]](set), Counter[object]()
    for store, day, _, _, cents, _, _, sale in sold():
        for key in (month(day), store):
            takings[key] += cents
            returned[key] -= min(0, cents)
            sales[key] |= {sale} if sale else set()
    by_month = column(show("sales", shop.asked(), shop), 1, 2, 6)
    assert by_month == {key: (takings[key], len(sales[key]), returned[key]) for key in by_month}
    assert len(by_month) == 5
    names = dict(db.rows("SELECT name, id FROM store"))
    by_store = column(show("sales", shop.asked("store"), shop), 1)
    assert by_store == {name: takings[id] for name, id in names.items()}
    assert show("sales", shop.asked("day"), shop).totals[1] == sum(by_store.values())  # type: ignore[index, arg-type]


def test_sales_of_one_store_and_week(shop: Traded) -> None:
    report = show("sales", shop.asked("week", store=shop.second), shop)
    wanted = Counter[date]()
    for store, day, _, _, cents, _, _, _ in sold():
        if store == shop.second:
            wanted[max(FIRST, day - timedelta(days=day.weekday()))] += cents
    assert {key: cents for key, cents in column(report, 1).items() if cents} == dict(wanted)


def test_products_and_categories(shop: Traded) -> None:
    cents, units = Counter[str](), Counter[str]()
    for _, _, _, _, amount, quantity, name, _ in sold():
        cents[name] += amount
        units[name] += quantity
    assert column(show("products", shop.asked(), shop), 1, 3) == {name: (cents[name], units[name]) for name in cents}
    found = {str(name): amount for name, amount in column(show("categories", shop.asked(), shop), 1).items()}
    assert found == {"茶": cents["珍珠奶茶"], "蛋糕": cents["栗子蛋糕"], "none": cents["散装"]}


def test_hours_and_weekdays(shop: Traded) -> None:
    by_hour, by_both = Counter[str](), Counter[tuple[int, str]]()
    for _, _, moment, _, cents, _, _, _ in sold():
        then = clock.local(moment, "Asia/Shanghai")
        by_hour[f"{then.hour:02d}:00"] += cents
        by_both[then.weekday(), f"{then.hour:02d}"] += cents
    assert {key: cents for key, cents in column(show("hours", shop.asked(), shop), 1).items() if cents} == by_hour
    grid = show("week-hours", shop.asked(), shop)
    for weekday, row in enumerate(grid.rows):
        assert row[1:] == tuple(by_both[weekday, head.name] for head in grid.columns[1:])


def test_members_joined_came_and_stand(shop: Traded) -> None:
    joins = Counter(month(shop_day(at)) for (at,) in db.rows("SELECT joined_at FROM member"))
    came = Counter(first for _, first in {(member, month(day)) for member, day in visits()})
    report = show("members", shop.asked(), shop)
    assert column(report, 1) == {key: joins[key] for key in column(report, 1)}
    assert column(report, 2) == {key: came[key] for key in column(report, 2)}
    assert [row[3] for row in report.rows] == [sum(joins[key] for key in joins if key <= row[0]) for row in report.rows]  # type: ignore[operator]


def test_sources(shop: Traded) -> None:
    bought = {member for member, _ in visits()}
    joins, buyers = Counter[str](), Counter[str]()
    for member, source in db.rows("SELECT id, source FROM member"):
        joins[source] += 1
        buyers[source] += member in bought
    found = {str(name): figures for name, figures in column(show("sources", shop.asked(), shop), 1, 2).items()}
    assert found == {source: (joins[source], buyers[source]) for source in joins}


def test_demographics_hide_a_group_of_a_few(shop: Traded) -> None:
    genders = {
        str(row[1]): str(row[2]) for row in show("demographics", shop.asked(), shop).rows if str(row[0]) == "gender"
    }
    women = db.value("SELECT count(*) FROM member_person WHERE gender = 'female'")
    assert genders == {"female": str(women), "unknown": str(len(shop.members) - women)}
    one_store = show("demographics", shop.asked(store=shop.second), shop)
    assert one_store.rows == ()


def test_activity_counts_visits_and_phones(shop: Traded) -> None:
    by_month = Counter(month(day) for _, day in visits())
    report = show("activity", shop.asked(), shop)
    assert column(report, 1) == {key: by_month[key] for key in column(report, 1)}
    assert column(report, 4)[date(2026, 5, 1)] == 3
    assert column(show("activity", shop.asked("store"), shop), 4)["南京东路店"] == 3


def test_members_against_others(shop: Traded) -> None:
    mine, others = Counter[date](), Counter[date]()
    for _, day, _, member, cents, _, _, _ in sold():
        (others if member is None else mine)[month(day)] += cents
    report = show("against-others", shop.asked(), shop)
    assert column(report, 1, 2) == {key: (mine[key], others[key]) for key in column(report, 1)}
    assert report.totals is not None
    assert report.totals[1:3] == (mine.total(), others.total())


def test_return_rate(shop: Traded) -> None:
    days: dict[int, list[date]] = defaultdict(list)
    for member, day in sorted(visits()):
        days[member].append(day)
    known, again = Counter[date](), Counter[date]()
    for one in days.values():
        if one[0] + timedelta(days=30) < shop_day(TODAY):
            known[month(one[0])] += 1
            again[month(one[0])] += len(one) > 1 and (one[1] - one[0]).days <= 30
    report = show("return-rate", shop.asked(), shop)
    wanted = {key: (10_000 * again[key] * 2 + known[key]) // (2 * known[key]) if known[key] else None
              for key in column(report, 2)}  # fmt: skip
    assert column(report, 2) == wanted
    assert again.total() > 0


def test_churn_rate_is_recomputed_from_visits(shop: Traded) -> None:
    days: dict[int, list[date]] = defaultdict(list)
    for member, day in sorted(visits()):
        days[member].append(day)
    left, back = Counter[date](), Counter[date]()
    for one in days.values():
        for at, day in enumerate(one):
            gone = day + timedelta(days=61)
            if gone <= shop_day(TODAY) and (at + 1 == len(one) or one[at + 1] >= gone):
                left[month(gone)] += 1
            if at and (day - one[at - 1]).days > 60:
                back[month(day)] += 1
    report = show("churn-rate", shop.asked(), shop)
    assert column(report, 2, 4) == {key: (left[key], back[key]) for key in column(report, 2)}
    assert left.total() > 0
    active = {member for member, day in visits() if date(2026, 3, 2) <= day <= date(2026, 4, 30)}
    assert column(report, 1)[date(2026, 5, 1)] == len(active)


def test_compass_multiplies_to_the_takings(shop: Traded) -> None:
    cents = Counter[int]()
    buyers = defaultdict[int, set[int]](set)
    for store, _, _, member, amount, _, _, sale in sold():
        if member is not None:
            cents[store] += amount
            buyers[store] |= {member} if sale else set()
    names = dict(db.rows("SELECT name, id FROM store"))
    report = show("compass", shop.asked(), shop)
    assert column(report, 1, 7) == {name: (len(buyers[id]), cents[id]) for name, id in names.items()}
    first, second = (row[8] for row in report.rows)
    assert abs(int(first) * int(second) - 10_000**2) < 20_000  # type: ignore[arg-type]


def test_cohorts(shop: Traded) -> None:
    months: dict[int, set[date]] = defaultdict(set)
    for member, day in visits():
        months[member].add(month(day))
    report = show("cohorts", shop.asked(), shop)
    for row in report.rows:
        first, this_month = row[0], month(shop_day(TODAY))
        assert isinstance(first, date)
        these = [came for came in months.values() if min(came) == first]
        told = [row[1] == len(these)]
        for n in (1, 2, 3):
            after = clock.add_months(first, n)
            count = sum(after in came for came in these)
            share = (20_000 * count + len(these)) // (2 * len(these))
            told.append(row[1 + n] == (share if after <= this_month else None))
        assert all(told)


def test_points_by_source_and_use(shop: Traded) -> None:
    given, taken = Counter[str](), Counter[str]()
    for asset, kind, amount in db.rows("SELECT asset, kind, amount FROM entry"):
        if asset == "points":
            given[kind] += max(amount, 0)
            taken[kind] -= min(amount, 0)
    report = show("points", shop.asked(), shop)
    assert report.totals is not None
    assert report.totals[1:3] == (given.total(), taken.total())
    found = {str(row[0]): row[1] for row in report.rows}
    assert (found["earned"], found["adjusted"]) == (given["earn"], 300)


def test_owed_and_breakage(shop: Traded) -> None:
    balance = dict(db.rows("SELECT asset, CAST(sum(balance) AS BIGINT) FROM account GROUP BY asset"))
    totals = show("owed", shop.asked(), shop).totals
    assert totals is not None
    assert totals[1:] == (balance["points"], balance["principal"], balance.get("bonus", 0))
    assert [row[1] for row in show("breakage", shop.asked(), shop).rows][1] == balance["principal"]


def test_coupons(shop: Traded) -> None:
    (row,) = show("coupons", shop.asked(), shop).rows
    uses = db.rows("SELECT u.sale_id, u.coupon_id FROM coupon_use u WHERE u.returned_at IS NULL")
    cost = db.rows("SELECT cents, sale_id FROM sale_discount WHERE rule_kind = 'coupon'")
    totals = dict(db.rows("SELECT id, total_cents FROM sale"))
    kept = {sale for sale, _ in uses}
    assert row[:3] == ("新客5元", 6, len(uses))
    assert row[4:] == (sum(cents for cents, sale in cost if sale in kept), sum(totals[sale] for sale, _ in uses))
    assert int(row[2]) + int(row[3]) == 6  # type: ignore[arg-type]


def test_tiers(shop: Traded) -> None:
    held = Counter(name for (name,) in db.rows("SELECT t.name FROM member_tier h JOIN tier t ON t.id = h.tier_id"))
    rose = db.value("SELECT count(*) FROM tier_change WHERE why = 'promoted'")
    report = show("tiers", shop.asked(), shop)
    assert column(report, 1) == dict(held)
    assert column(report, 3)["金卡"] == rose > 0
    assert report.totals is not None
    assert report.totals[5] == sum(cents for _, _, _, member, cents, _, _, _ in sold() if member is not None)


def test_staff(shop: Traded) -> None:
    (row,) = show("staff", shop.asked(), shop).rows
    lines = sold()
    back = [one for one in lines if one[7] == 0]
    assert row[:3] == ("周丽", len({one[7] for one in lines} - {0}), sum(one[4] for one in lines if one[7]))
    assert row[5:7] == (db.value("SELECT count(*) FROM refund"), -sum(one[4] for one in back))


def test_stock_lasts_as_long_as_it_sells(shop: Traded) -> None:
    lies, went = Counter[str](), Counter[str]()
    for name, quantity in db.rows("SELECT p.name, k.quantity_milli FROM stock k JOIN product p ON p.id = k.product_id"):
        lies[name] += quantity
    for _, _, _, _, _, units, name, sale in sold():
        went[name] += units if sale else 0
    report = show("stock", shop.asked(), shop)
    assert column(report, 1, 3) == {name: (lies[name], went[name]) for name in column(report, 1)}
    assert column(report, 2)["珍珠奶茶"] == lies["珍珠奶茶"] * 1800 // 1000


def test_rfm_grid_holds_everyone_who_came(shop: Traded) -> None:
    report = show("rfm", shop.asked(), shop)
    assert sum(report.totals[1:]) == len({member for member, _ in visits()})  # type: ignore[index, arg-type]
    last = max(day for _, day in visits())
    latest = {member for member, day in visits() if day == last}
    assert sum(report.rows[0][1:]) >= len(latest)  # type: ignore[arg-type]


def test_referral_counts_friends(shop: Traded) -> None:
    @db.atomic
    def bring() -> None:
        db.add("referral", friend_id=shop.members[4], referrer_id=shop.members[0], at=TODAY, sale_id=1,
               rewarded_at=TODAY, friend_points=20, referrer_points=30)  # fmt: skip
        db.add("referral", friend_id=shop.members[5], referrer_id=shop.members[0], at=TODAY)

    bring()
    spent = db.value("SELECT sum(net_spend_cents) FROM member_stats WHERE member_id IN (?, ?)", shop.members[4:6])
    assert column(show("referral", shop.asked(), shop), 1, 2, 4, 5, 6)[date(2026, 5, 1)] == (2, 1, 1, 50, int(spent))


def test_goals_say_how_far_they_came(shop: Traded) -> None:
    may = [one for one in sold() if month(one[1]) == date(2026, 5, 1)]
    found = {str(row[2]): (row[4] if row[4] is not None else row[6]) for row in show("goals", shop.asked(), shop).rows}
    joins = sum(month(shop_day(at)) == date(2026, 4, 1) for (at,) in db.rows("SELECT joined_at FROM member"))
    assert found == {
        "takings": sum(one[4] for one in may),
        "sales": len({one[7] for one in may if one[0] == shop.second} - {0}),
        "new members": joins,
    }


def test_a_period_stands_beside_the_one_before(shop: Traded) -> None:
    may = shop.asked("day", first=date(2026, 5, 1), last=LAST)
    report = shelf.show("sales", may, compare="period", by=shop.shop.owner)
    april = show("sales", shop.asked("day", first=date(2026, 4, 1), last=date(2026, 4, 30)), shop)
    assert [row[2] for row in report.rows] == [*(row[1] for row in april.rows), None]
    assert report.totals is not None and april.totals is not None
    assert report.totals[2] == april.totals[1]
