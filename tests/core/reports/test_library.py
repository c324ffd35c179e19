"""Every report's figures against plain loops over raw rows, in a shop that traded for months, on both databases."""

import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from core.base import clock, db, limits, settings
from core.base.money import Milli
from core.reports import shelf
from core.reports.asked import Asked
from core.reports.report import Report
from core.selling import receipts, refunds
from core.selling.refunds import ReturnLine
from core.service import gatheringday, gatheringkit, gatherings, gatheringsignups, surveyanswers, surveys
from core.service.surveys import Question, Terms
from tests import shops
from tests.core.reports import traded
from tests.core.reports.traded import FIRST, LAST, TODAY, Traded, bp, mean, month, shop_day, sold, visits
from tests.core.service import gathered


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


Line = tuple[int, date, int, int | None, int, int, str, int]


def sales_of(lines: list[Line]) -> Counter[tuple[date, int | None, int]]:
    """Cents by month, member and sale; what came back stands under sale 0."""
    found = Counter[tuple[date, int | None, int]]()
    for _, day, _, member, cents, _, _, sale in lines:
        found[month(day), member, sale] += cents
    return found


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


def test_units_money_off_and_baskets(shop: Traded) -> None:
    takings, units, off, sales = Counter[date](), Counter[date](), Counter[date](), defaultdict[date, set[int]](set)
    for _, day, _, _, cents, quantity, _, sale in sold():
        takings[month(day)] += cents
        units[month(day)] += quantity if sale else 0
        sales[month(day)] |= {sale} if sale else set()
    for ordinal, cents in db.rows("SELECT s.day, l.discount_cents FROM sale s JOIN sale_line l ON l.sale_id = s.id"):
        off[month(traded.day(ordinal))] += cents
    found = column(show("sales", shop.asked(), shop), 3, 4, 5)
    assert found == {key: (mean(takings[key], len(sales[key])), units[key], off[key]) for key in found}
    assert min(off.total(), units.total()) > 0


def test_products_and_categories(shop: Traded) -> None:
    cents, units = Counter[str](), Counter[str]()
    for _, _, _, _, amount, quantity, name, _ in sold():
        cents[name] += amount
        units[name] += quantity
    wanted = {name: (cents[name], bp(cents[name], cents.total()), units[name]) for name in cents}
    assert column(show("products", shop.asked(), shop), 1, 2, 3) == wanted
    found = {str(name): figures for name, figures in column(show("categories", shop.asked(), shop), 1, 2, 3).items()}
    assert found == {"茶": wanted["珍珠奶茶"], "蛋糕": wanted["栗子蛋糕"], "none": wanted["散装"]}


def test_margin_of_products_with_a_known_cost_for_who_keeps_the_goods(shop: Traded) -> None:
    db.run("UPDATE product SET cost_mills = 612345 WHERE name = ?", ("珍珠奶茶",))
    cents = sum(one[4] for one in sold() if one[6] == "珍珠奶茶")
    margin = cents - sum(one[5] for one in sold() if one[6] == "珍珠奶茶") * 612_345 // 1_000_000
    report = show("products", shop.asked(), shop)
    assert {name: figures for name, figures in column(report, 4, 5).items() if figures != (None, None)} == {
        "珍珠奶茶": (margin, bp(margin, cents))
    }
    assert report.totals is not None
    assert report.totals[4:] == (margin, bp(margin, cents))
    reader = shop.shop.owner_with(frozenset({"reports"}))
    assert len(shelf.show("products", shop.asked(), by=reader).columns) == 4


def test_hours_and_weekdays(shop: Traded) -> None:
    by_hour, by_both, sales = Counter[str](), Counter[tuple[int, str]](), defaultdict[str, set[int]](set)
    for _, _, moment, _, cents, _, _, sale in sold():
        then = clock.local(moment, "Asia/Shanghai")
        by_hour[f"{then.hour:02d}:00"] += cents
        sales[f"{then.hour:02d}:00"] |= {sale} if sale else set()
        by_both[then.weekday(), f"{then.hour:02d}"] += cents
    found = {key: figures for key, figures in column(show("hours", shop.asked(), shop), 1, 2, 3).items() if figures[0]}  # type: ignore[index]
    assert found == {key: (by_hour[key], len(sales[key]), mean(by_hour[key], len(sales[key]))) for key in by_hour}
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
    joins, buyers, spent = Counter[str](), Counter[str](), Counter[str]()
    for member, source in db.rows("SELECT id, source FROM member"):
        joins[source] += 1
        buyers[source] += member in bought
        spent[source] += sum(cents for _, _, _, whose, cents, *_ in sold() if whose == member)
    found = {str(name): figures for name, figures in column(show("sources", shop.asked(), shop), 1, 2, 3, 4).items()}
    assert found == {one: (joins[one], buyers[one], bp(buyers[one], joins[one]), spent[one]) for one in joins}


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
    people = Counter(first for _, first in {(member, month(day)) for member, day in visits()})
    assert column(report, 1, 2) == {key: (by_month[key], people[key]) for key in column(report, 1)}
    assert column(report, 4)[date(2026, 5, 1)] == 3
    assert column(show("activity", shop.asked("store"), shop), 4)["南京东路店"] == 3


def test_members_against_others(shop: Traded) -> None:
    mine, others = Counter[date](), Counter[date]()
    my_sales, their_sales, members = Counter[date](), Counter[date](), defaultdict[date, set[int]](set)
    for (day, member, _), cents in sales_of(sold()).items():
        (others if member is None else mine)[day] += cents
    for day, member, sale in sales_of(sold()):
        if sale:
            (their_sales if member is None else my_sales)[day] += 1
            members[day] |= set() if member is None else {member}
    report = show("against-others", shop.asked(), shop)
    assert column(report, *range(1, 9)) == {
        key: (mine[key], others[key], bp(mine[key], mine[key] + others[key]), my_sales[key], their_sales[key],
              mean(mine[key], my_sales[key]), mean(others[key], their_sales[key]),
              mean(100 * my_sales[key], len(members[key])))
        for key in column(report, 1)
    }  # fmt: skip
    assert report.totals is not None
    assert report.totals[1:3] == (mine.total(), others.total())


def test_return_rate(shop: Traded) -> None:
    days: dict[int, list[date]] = defaultdict(list)
    for member, day in sorted(visits()):
        days[member].append(day)
    report = show("return-rate", shop.asked(), shop)
    for at, within in enumerate((30, 60, 90), 2):
        known, again = Counter[date](), Counter[date]()
        for one in days.values():
            if one[0] + timedelta(days=within) < shop_day(TODAY):
                known[month(one[0])] += 1
                again[month(one[0])] += len(one) > 1 and (one[1] - one[0]).days <= within
        assert column(report, at) == {key: bp(again[key], known[key]) for key in column(report, at)}
        assert again.total() > 0
    assert column(report, 1) == Counter(month(one[0]) for one in days.values())


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
    active = {member for member, day in visits() if date(2026, 3, 1) <= day <= date(2026, 4, 30)}
    may = date(2026, 5, 1)
    assert column(report, 1, 3)[may] == (len(active), bp(left[may], len(active)))


def test_nobody_falls_silent_who_was_not_active(shop: Traded) -> None:
    for step in ("day", "week", "month", "store"):
        for _, active, fell, share, _ in show("churn-rate", shop.asked(step), shop).rows:
            assert fell <= active and (share is None or 0 <= share <= 10_000)


def test_compass_multiplies_to_the_takings(shop: Traded) -> None:
    cents = Counter[int]()
    buyers, sales = defaultdict[int, set[int]](set), defaultdict[int, set[int]](set)
    for store, _, _, member, amount, _, _, sale in sold():
        if member is not None:
            cents[store] += amount
            buyers[store] |= {member} if sale else set()
            sales[store] |= {sale} if sale else set()
    names = dict(db.rows("SELECT name, id FROM store"))
    report = show("compass", shop.asked(), shop)
    found = {name: (len(buyers[id]), mean(100 * len(sales[id]), len(buyers[id])), mean(cents[id], len(sales[id])),
                    cents[id]) for name, id in names.items()}  # fmt: skip
    assert column(report, 1, 3, 5, 7) == found
    one, other = names.values()
    (_, *row), _ = report.rows
    assert row[1::2] == [
        bp(len(buyers[one]), len(buyers[other])),
        bp(len(sales[one]) * len(buyers[other]), len(sales[other]) * len(buyers[one])),
        bp(cents[one] * len(sales[other]), cents[other] * len(sales[one])), bp(cents[one], cents[other]),
    ]  # fmt: skip
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
    given, taken, times = Counter[str](), Counter[str](), Counter[str]()
    for asset, kind, amount in db.rows("SELECT asset, kind, amount FROM entry"):
        if asset == "points":
            given[kind] += max(amount, 0)
            taken[kind] -= min(amount, 0)
            times[kind] += 1
    report = show("points", shop.asked(), shop)
    assert report.totals is not None
    assert report.totals[1:] == (given.total(), taken.total(), times.total())
    found = {row[1:] for row in report.rows}
    assert found == {(given[kind], taken[kind], times[kind]) for kind in times} and len(times) > 2
    assert (given["adjust"], times["adjust"]) == (300, 3)


def test_owed_and_breakage(shop: Traded) -> None:
    balance = dict(db.rows("SELECT asset, CAST(sum(balance) AS BIGINT) FROM account GROUP BY asset"))
    totals = show("owed", shop.asked(), shop).totals
    assert totals is not None
    assert totals[1:] == (balance["points"], balance["principal"], balance.get("bonus", 0))
    by_month = Counter[str]()
    for until, left in db.rows("SELECT l.expires_at, l.remaining FROM lot l JOIN account a ON a.id = l.account_id"
                               " WHERE a.asset = 'points' AND l.remaining > 0"):  # fmt: skip
        by_month[f"{shop_day(until - 1):%Y-%m}"] += left
    assert {str(row[0]): row[1] for row in show("owed", shop.asked(), shop).rows if row[1]} == by_month


def test_coupons(shop: Traded) -> None:
    (row,) = show("coupons", shop.asked(), shop).rows
    uses = db.rows("SELECT u.sale_id, u.coupon_id FROM coupon_use u WHERE u.returned_at IS NULL")
    cost = db.rows("SELECT cents, sale_id FROM sale_discount WHERE rule_kind = 'coupon'")
    totals = dict(db.rows("SELECT id, total_cents FROM sale"))
    kept = {sale for sale, _ in uses}
    assert row[:3] == ("新客5元", 6, len(uses))
    assert row[4:] == (sum(cents for cents, sale in cost if sale in kept), sum(totals[sale] for sale, _ in uses))
    until = db.rows("SELECT valid_until_at, used FROM coupon")
    assert row[3] == sum(not used and moment <= TODAY for moment, used in until) > 0


def test_tiers(shop: Traded) -> None:
    held = Counter(name for (name,) in db.rows("SELECT t.name FROM member_tier h JOIN tier t ON t.id = h.tier_id"))
    rose = db.value("SELECT count(*) FROM tier_change WHERE why = 'promoted'")
    report = show("tiers", shop.asked(), shop)
    assert column(report, 1) == dict(held)
    assert column(report, 3)["金卡"] == rose > 0
    assert report.totals is not None
    assert report.totals[5] == sum(cents for _, _, _, member, cents, _, _, _ in sold() if member is not None)
    tier_of = dict(db.rows("SELECT h.member_id, t.name FROM member_tier h JOIN tier t ON t.id = h.tier_id"))
    spent = Counter[str]()
    for _, _, _, member, cents, *_ in sold():
        spent[tier_of.get(member, "")] += cents
    assert column(report, 2, 5, 6) == {
        name: (bp(held[name], held.total()), spent[name], mean(spent[name], held[name])) for name in held
    }  # fmt: skip


def test_staff(shop: Traded) -> None:
    (row,) = show("staff", shop.asked(), shop).rows
    lines = sold()
    back = [one for one in lines if one[7] == 0]
    assert row[:3] == ("周丽", len({one[7] for one in lines} - {0}), sum(one[4] for one in lines if one[7]))
    assert row[5:7] == (db.value("SELECT count(*) FROM refund"), -sum(one[4] for one in back))
    off = db.value("SELECT CAST(sum(discount_cents) AS BIGINT) FROM sale_line WHERE kind IN ('goods', 'service')")
    assert row[3:5] == (mean(int(row[2]), int(row[1])), off)  # type: ignore[arg-type]


def test_stock_lasts_as_long_as_it_sells(shop: Traded) -> None:
    lies, went = Counter[str](), Counter[str]()
    for name, quantity in db.rows("SELECT p.name, k.quantity_milli FROM stock k JOIN product p ON p.id = k.product_id"):
        lies[name] += quantity
    for _, _, _, _, _, units, name, sale in sold():
        went[name] += units if sale else 0
    db.run("UPDATE product SET cost_mills = 612345 WHERE name = ?", ("珍珠奶茶",))
    report = show("stock", shop.asked(), shop)
    assert column(report, 6) == {
        name: lies[name] * 612_345 // 1_000_000 if name == "珍珠奶茶" else None for name in column(report, 6)
    }
    assert column(report, 1, 3) == {name: (lies[name], went[name]) for name in column(report, 1)}
    assert column(report, 2)["珍珠奶茶"] == lies["珍珠奶茶"] * 1800 // 1000
    days = (shop_day(TODAY) - FIRST).days + 1
    assert column(report, 4) == {name: max(0, lies[name]) * days // went[name] for name in lies}
    assert [str(row[5]) for row in report.rows] == ["" if lies[row[0]] > 0 else "gone" for row in report.rows]  # type: ignore[index]


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
    spent = sum(cents for _, _, _, member, cents, *_ in sold() if member in shop.members[4:6])
    found = column(show("referral", shop.asked(), shop), *range(1, 7))[date(2026, 5, 1)]
    assert found == (2, 1, 5000, 1, 50, spent)


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


def test_satisfaction_by_month_and_store(shop: Traded) -> None:
    answer_surveys(shop)
    answers: dict[object, list[tuple[str, int]]] = defaultdict(list)
    replies: dict[object, set[int]] = defaultdict(set)
    stores = dict(db.rows("SELECT id, name FROM store"))
    asked = dict(db.rows("SELECT id, kind FROM survey_question"))
    for reply, moment, store in db.rows("SELECT id, at, store_id FROM survey_reply"):
        for question, number in db.rows("SELECT question_id, number FROM survey_answer WHERE reply_id = ?", (reply,)):
            for key in (month(shop_day(moment)), stores[store]):
                answers[key].append((asked[question], number))
                replies[key].add(reply)
    for step in ("month", "store"):
        report = show("satisfaction", shop.asked(step), shop)  # type: ignore[arg-type]
        assert column(report, 1) == {key: len(replies[key]) for key in column(report, 1)}
        assert column(report, 2, 5) == {key: (net(answers[key]), good(answers[key])) for key in column(report, 1)}
    april = next(row for row in show("satisfaction", shop.asked(), shop).rows if row[0] == date(2026, 4, 1))
    assert april[1:] == (4, None, None, None, None)


def answer_surveys(shop: Traded) -> None:
    """Everyone answers in March or May, four in April; low and high, in both stores."""
    questions = (Question(kind="nps", words_en="?", words_zh="？", required=False),
                 Question(kind="csat", words_en="?", words_zh="？", required=False))  # fmt: skip
    by, first = shop.shop.owner, shops.at(2026, 3, 2)
    for number, (moment, count) in enumerate(((first, 14), (shops.at(2026, 4, 5), 4), (shops.at(2026, 5, 7), 14))):
        terms = Terms(name=f"S{number}", intro_en="?", intro_zh="？", first_on=FIRST, last_on=LAST)
        survey_id = surveys.draft(terms, questions, by=by, now=first)
        surveys.start(survey_id, by=by, now=first)
        nps, csat = (one.id for one in surveys.get(survey_id).questions)
        for place, member in enumerate(shop.members[:count]):
            given = {nps: str(place * 3 % 11)} | ({csat: str(1 + place % 5)} if place % 2 else {})
            store = shop.second if place % 3 else shop.shop.store
            surveyanswers.answer(survey_id, member, given, place=surveyanswers.Place(store), by=by, now=moment)


def net(said: list[tuple[str, int]]) -> int | None:
    marks = [1 if number > 8 else -1 if number < 7 else 0 for kind, number in said if kind == "nps"]
    return (20_000 * sum(marks) + len(marks)) // (2 * len(marks)) if len(marks) > 4 else None


def good(said: list[tuple[str, int]]) -> int | None:
    marks = [number > 3 for kind, number in said if kind == "csat"]
    return (20_000 * sum(marks) + len(marks)) // (2 * len(marks)) if len(marks) > 4 else None


def test_service_is_recomputed_from_tickets(shop: Traded) -> None:
    names = ("kind", "store", "state", "at", "answered", "closed", "stars", "rated")
    tickets = [dict(zip(names, row, strict=True))
               for row in db.rows("SELECT kind, store_id, state, opened_at, answered_at, closed_at, satisfaction,"
                                  " rated_at FROM ticket")]  # fmt: skip
    report = show("service", shop.asked(), shop)
    for key, opened, answer_h, closed, end_h, answers, stars in report.rows:
        began = [one for one in tickets if month(shop_day(one["at"])) == key]
        ended = [one for one in tickets if one["closed"] and month(shop_day(one["closed"])) == key]
        rated = [one for one in tickets if one["rated"] and month(shop_day(one["rated"])) == key]
        assert (opened, closed, answers) == (len(began), len(ended), len(rated))
        waited = [one["answered"] - one["at"] for one in began if one["answered"]]
        assert answer_h == (round(sum(waited) / len(waited) / 36_000) if waited else None)
        took = [one["closed"] - one["at"] for one in ended]
        assert end_h == (round(sum(took) / len(took) / 36_000) if took else None)
        assert stars == (round(100 * sum(one["stars"] for one in rated) / len(rated)) if rated else None)
    by_store = Counter(one["store"] for one in tickets)
    opened = [row[1] for row in show("service", shop.asked("store"), shop).rows]
    assert opened == [by_store[shop.shop.store], by_store[shop.second]]
    states = Counter((one["kind"], one["state"]) for one in tickets)
    found = [row[1:] for row in show("service-kinds", shop.asked(), shop).rows if row[1]]
    wanted = [[states[kind, state] for state in ("open", "waiting", "closed")]
              for kind in ("enquiry", "complaint", "repair")]  # fmt: skip
    assert found == [(sum(row), *row) for row in wanted]
    assert (states["enquiry", "open"], states["complaint", "closed"], states["repair", "waiting"]) == (1, 2, 1)


def test_bookings_are_recomputed_by_person_and_weekday(shop: Traded) -> None:
    names = dict(db.rows("SELECT id, name FROM staff"))
    counts: dict[object, Counter[str]] = defaultdict(Counter)
    for staff_id, moment, until, state in db.rows("SELECT staff_id, from_at, until_at, state FROM booking"):
        for key in (names[staff_id], f"{clock.local(moment, 'Asia/Shanghai'):%a}"):
            counts[key][state] += 1
            takes = moment < shops.at(2026, 5, 30, 0) and state in ("booked", "arrived", "done")
            counts[key]["busy"] += (until - moment) // 60_000 if takes else 0
    for key, minutes in worked_minutes():
        counts[key]["worked"] += minutes
    found = show("bookings", shop.asked(), shop).rows + show("booking-days", shop.asked(), shop).rows
    assert {row[0] for row in found} == {"李娜", "王强", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}
    for name, booked, done, missed, not_kept, cancelled, busy, worked, use in found:
        one = counts[name]
        assert booked == one["booked"] + one["arrived"] + one["done"] + one["no_show"]
        assert (done, missed, cancelled) == (one["done"], one["no_show"], one["cancelled"])
        assert not_kept == bp(one["no_show"], one["done"] + one["no_show"])
        assert (busy, worked) == (mean(one["busy"] * 100, 60), mean(one["worked"] * 100, 60))
        assert use == bp(one["busy"], one["worked"])
    for state in ("booked", "done", "no_show", "cancelled"):
        assert counts["李娜"][state] + counts["王强"][state] > 1


def worked_minutes() -> Iterator[tuple[str, int]]:
    """The plan of everyone's days, read off by hand: 李娜 is off on 9 May, 王强 works two hours more on 12 May."""
    for number in range((shop_day(TODAY) - FIRST).days + 1):
        day = FIRST + timedelta(days=number)
        for name, minutes in (("李娜", 360), ("王强", 420)):
            worked = minutes if day.weekday() >= 2 else 0
            worked = {("李娜", date(2026, 5, 9)): 0, ("王强", date(2026, 5, 12)): 120}.get((name, day), worked)
            yield name, worked
            yield f"{day:%a}", worked


def test_bookings_of_one_store_and_of_a_few_days(shop: Traded) -> None:
    days = (date(2026, 5, 6), date(2026, 5, 12))
    for store in (shop.shop.store, shop.second):
        report = show("bookings", shop.asked(first=days[0], last=days[1], store=store), shop)
        kept = [day for state, moment in db.rows("SELECT state, from_at FROM booking WHERE store_id = ?", (store,))
                if state != "cancelled" and days[0] <= (day := shop_day(moment)) <= days[1]]  # fmt: skip
        assert report.totals is not None
        assert report.totals[1] == len(kept) > 0
        # Wednesday, Friday, Sunday in the first; Thursday, Saturday and two hours on the 12th in the second.
        wanted = {"李娜": 6_00, "王强": 16_00} if store == shop.second else {"李娜": 18_00, "王强": 21_00}
        assert column(report, 7) == wanted


def events_of(shop: Traded) -> None:
    """One that took place for a fee, one called off, one elsewhere that is to come, and a draft."""
    own, (ann, bo, cai, *_) = shop.shop, shop.members
    own.now, fee = shops.at(2026, 4, 1), own.product("品茶会", 5000, kind="service")
    tea = gathered.opened(own, product_id=fee, budget_cents=20_000)
    for member in (ann, bo):
        gathered.sign_up(own, tea, member)
        sale = own.sell(own.basket(("品茶会", 1), member=member))
    refunds.refund(sale, (ReturnLine(receipts.of(sale).lines[0].id, Milli(1000)),), by=own.owner, now=own.now)
    gatheringkit.add_supply(tea, "茶杯", 8, 12_000, by=own.owner, now=own.now)
    gatheringkit.add_cost(tea, "老师", 9000, by=own.owner, now=own.now)
    end = clock.Millis(own.now + 7 * clock.DAY)
    gatheringday.check_in(tea, ann, by=own.owner, now=end)
    gatheringday.close(tea, by=own.owner, now=end)
    own.sell(own.basket(("品茶会", 1), member=cai), now=clock.Millis(end + 1))
    own.now = shops.at(2026, 5, 1)
    off = gathered.opened(own, store_id=shop.second, budget_cents=500)
    gatheringkit.add_cost(off, "海报", 700, by=own.owner, now=own.now)
    gatheringsignups.call_off(off, by=own.owner, now=own.now)
    fair = gathered.opened(own, store_id=None, venue="公园")
    for member in (ann, bo, cai):
        gathered.sign_up(own, fair, member)
    gatherings.draft(gathered.plan(own, budget_cents=99), by=own.owner, now=own.now)
    own.now = TODAY


def test_events_are_recomputed_from_raw_rows(shop: Traded) -> None:
    events_of(shop)
    wanted: dict[date, list[int]] = defaultdict(lambda: [0] * 8)
    places = db.rows("SELECT gathering_id, state, places FROM gathering_signup")
    costs = [*db.rows("SELECT gathering_id, cost_cents FROM gathering_supply"),
             *db.rows("SELECT gathering_id, cents FROM gathering_cost")]  # fmt: skip
    lines = db.rows("SELECT l.id, l.product_id, l.net_cents, s.at FROM sale_line l JOIN sale s ON s.id = l.sale_id")
    back = Counter[int]()
    for line_id, cents in db.rows("SELECT line_id, cents FROM refund_line"):
        back[line_id] += cents
    for id, state, from_at, budget, product, made, ended in db.rows(
        "SELECT id, state, from_at, budget_cents, product_id, created_at, ended_at FROM gathering"
    ):
        if state == "draft":
            continue
        count = Counter[str]()
        for of, party, number in places:
            count[party] += number if of == id else 0
        paid = sum(cents - back[line] for line, sold_as, cents, at in lines
                   if sold_as == product and made <= at and (ended is None or at < ended))  # fmt: skip
        off, kept = state == "cancelled", count["booked"] + count["attended"] + count["absent"]
        cost = sum(cents for of, cents in costs if of == id)
        figures = (not off, off, kept, count["attended"], count["absent"], cost, budget, paid)
        sums = wanted[month(shop_day(from_at))]
        sums[:] = [old + new for old, new in zip(sums, figures, strict=True)]
    assert wanted[date(2026, 4, 1)] == [1, 0, 2, 1, 1, 21_000, 20_000, 4750]
    assert wanted[date(2026, 5, 1)] == [1, 1, 2, 0, 0, 700, 500, 0]
    report = show("events", shop.asked(), shop)
    for key, *cells in report.rows:
        held, called_off, booked, came, absent, *money = wanted[key]  # type: ignore[index]
        assert cells == [held, called_off, booked, came, bp(absent, came + absent), *money]
    assert report.totals == (None, 2, 1, 4, 1, 5000, 21_700, 20_500, 4750)
    assert [row[1:5] for row in show("events", shop.asked("store"), shop).rows] == [(1, 0, 2, 1), (0, 1, 0, 0)]
