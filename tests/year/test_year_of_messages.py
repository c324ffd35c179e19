"""A year of a shop's messages, day by day: nobody is harassed, no birthday is missed, no points lapse unannounced."""

import json
import os
import random
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import ClassVar

import pytest

import scheduler
from core.base import clock, db, settings, sms
from core.base.access import Actor
from core.base.clock import DAY, Millis
from core.base.money import Milli
from core.keeping import demo, doctor, jobs, opening
from core.outreach import care, costs
from core.outreach.campaigns import approving, drafting
from core.outreach.campaigns.plan import Plan, Words
from core.outreach.carerules import CareRule
from core.outreach.costs import Rate
from core.outreach.segments import saved, typed
from core.people import members
from core.people.birthdays import Birthday
from core.people.members import Joining
from core.selling.quotes import Basket, BasketLine
from tests.campaigns import BODY
from tests.shops import Shop

SEED = int(os.environ.get("REGULARS_SEED", "20261129"))
ZONES = {"南京东路店": "Asia/Shanghai", "东京店": "Asia/Tokyo"}
HOURS = {"service": (8, 21), "greeting": (9, 20), "gift_greeting": (9, 20), "marketing": (10, 20)}
OFFERS = ("marketing", "gift_greeting")
FIRST = date(2026, 1, 1)
SEGMENT_MICROS = 80_000
CAMPAIGNS = {(1, 26), (3, 9), (4, 20), (5, 28), (7, 10), (9, 1), (11, 5)}
EVERY = ("membership", "service", "marketing")


class Year:
    """A shop with its members; each day they come, and the scheduler runs once."""

    worth: ClassVar[dict[str, int]] = {"spring": 30, "moon": 0, "christmas": 10}
    """The points of a festival's greeting."""
    notice_days = 5
    """So many days before a coupon lapses its member is told."""

    def __init__(self, shop: Shop, members_: int, seed: int) -> None:
        self.shop, self.rng = shop, random.Random(seed)
        self.shop.now = clock.at_time(date(2025, 6, 1), 12, 0, "Asia/Shanghai")
        self.stores = [shop.store, opening.add_store("东京店", zone="Asia/Tokyo", by=shop.owner, now=shop.now)]
        self._rules()
        self.born: dict[int, Birthday] = {}
        self.visits: dict[int, list[date]] = defaultdict(list)
        self.gap = {self._join(number): self.rng.choice((12, 30, 45, 120)) for number in range(members_)}
        self.away = {member: FIRST + timedelta(days=self.rng.randrange(20, 300)) for member in list(self.gap)[::4]}

    def _rules(self) -> None:
        shop, by, now = self.shop, self.shop.owner, self.shop.now
        shop.rule("points_months", 3)
        shop.rule("birthday_points", 20)
        shop.product("tea", 1800)
        shop.product("tea set", 48_000, category="茶具")
        shop.tier("silver", 1, spend_cents=60_000)
        self.gift = shop.coupon_kind("生日8折", effect="percent", off_bp=2000)
        (category,) = db.rows("SELECT id FROM category")
        for rule in (
            CareRule("birthday", True, self.gift),
            CareRule("anniversary", True, None),
            CareRule("points", True, None, days=(30, 7)),
            CareRule("coupons", True, None, days=(5,)),
            CareRule("winback", True, self.gift, days=(60, 90)),
            CareRule("welcome", True, None, points=10),
            CareRule("tier_near", True, None, near_cents=10_000),
            CareRule(f"followup:{category[0]}", True, None, points=5),
            CareRule("festival:spring", True, None, points=30),
            CareRule("festival:moon", True, self.gift),
            CareRule("festival:dragon", True, None),
            CareRule("festival:christmas", True, None, points=10, days=(2,)),
        ):
            care.save_rule(rule, by=by, now=now)
        costs.set_rate(Rate("CN", "sms", "CNY", SEGMENT_MICROS), by=by, now=now)
        jobs.ensure(scheduler.default_jobs(now))
        _rest_jobs(by, now)

    def _join(self, number: int) -> int:
        calendar = self.rng.choice(("solar", "lunar"))
        born = Birthday(calendar, self.rng.randint(1, 12), self.rng.randint(1, 28), 1990)
        if number < 4:
            born = (Birthday("solar", 2, 29, 1996), Birthday("lunar", 12, 30), Birthday("lunar", 11, 20),
                    Birthday("lunar", 6, 10, 1987, leap=True))[number]  # fmt: skip
        joining = Joining(
            phone=f"138{number:08d}", name="王伟", birthday=born, store_id=self.rng.choice(self.stores),
            purposes=EVERY if self.rng.random() < 0.7 else ("membership", "service"), source="till", language="zh",
        )  # fmt: skip
        joined = Millis(self.shop.now + self.rng.randrange(200) * DAY)
        member = members.join(joining, by=self.shop.owner, now=joined)
        self.born[member] = born
        return member

    def day(self, day: date) -> None:
        """Whoever comes that day comes; the sender wakes early and late, the scheduler runs at noon.

        On some days a campaign to all who have a number begins.
        """
        self._send(day, 6)
        if (day.month, day.day) in CAMPAIGNS:
            self._campaign(day)
        scheduler.once(settings.current(), on=day)
        for member, gap in self.gap.items():
            if self.rng.random() < 1 / gap and day < self.away.get(member, date.max):
                self._visit(member, day)
        self._send(day, 23)

    def _campaign(self, day: date) -> None:
        by, now = self.shop.owner, clock.at_time(day, 11, 0, "Asia/Shanghai")
        segment = saved.save(f"有号码 {day}", typed.read("has:phone"), by=by, now=now)
        plan = Plan(words={"zh": Words(BODY)}, send_at=now, until_at=Millis(now + 3 * DAY), holdout_bp=1_000,
                    per_minute=600)  # fmt: skip
        one = drafting.draft(f"新茶 {day}", segment.id, plan, by=by, now=now)
        approving.approve(one.id, version=one.version, by=by, now=now)

    def _visit(self, member: int, day: date) -> None:
        name = "tea set" if self.rng.random() < 0.1 else "tea"
        now = clock.at_time(day, self.rng.randrange(13, 22), 0, "Asia/Shanghai")
        line = BasketLine(self.shop.products[name], Milli(1000 * self.rng.randint(1, 4)))
        self.shop.sell(Basket(self.shop.store, (line,), member), now=now)
        self.visits[member].append(day)

    def _send(self, day: date, hour: int) -> None:
        with clock.set_to(clock.at_time(day, hour, 30, "Asia/Shanghai")):
            scheduler.send_due(scheduler.channels_for(settings.current()), "year")


def _rest_jobs(by: Actor, now: Millis) -> None:
    """What a year of messages needs no run of."""
    for name in ("doctor", "backup", "restore-drill", "retention", "log-wipe"):
        jobs.set_enabled(name, False, by=by, now=now)


class DemoYear(Year):
    """The demo shop as it is made, lived on for a year by the rules it was made with."""

    worth: ClassVar[dict[str, int]] = {"spring": 20, "moon": 20}
    notice_days = 7

    def __init__(self, seed: int) -> None:
        now = clock.at_time(FIRST - timedelta(days=1), 21, 0, "Asia/Shanghai")
        owner = demo.build(now=now)
        store = db.value("SELECT id FROM store ORDER BY id LIMIT 1")
        self.shop, self.rng = Shop(store, owner, now), random.Random(seed)
        self.shop.products["tea"] = db.value("SELECT id FROM product WHERE name = '珍珠奶茶'")
        self.shop.products["tea set"] = db.value("SELECT id FROM product WHERE name = '保温杯'")
        costs.set_rate(Rate("CN", "sms", "CNY", SEGMENT_MICROS), by=owner, now=now)
        jobs.ensure(scheduler.default_jobs(now))
        _rest_jobs(owner, now)
        born = db.rows(
            "SELECT m.id, p.birth_calendar, p.birth_month, p.birth_day FROM member m JOIN member_person p ON"
            " p.member_id = m.id WHERE p.phone IS NOT NULL AND p.birth_month IS NOT NULL AND m.state = 'active'"
        )
        self.born = {member: Birthday(*birthday) for member, *birthday in born}
        self.visits = defaultdict(list)
        for member, day in db.rows("SELECT member_id, day FROM member_day WHERE net_cents > 0 ORDER BY day"):
            self.visits[member].append(date.fromordinal(day))
        reached = [row[0] for row in db.rows("SELECT id FROM member WHERE state = 'active' ORDER BY id")]
        self.gap = {member: self.rng.choice((12, 30, 45, 120)) for member in reached}
        self.away = {member: FIRST + timedelta(days=self.rng.randrange(20, 300)) for member in reached[::4]}


@pytest.fixture
def sending(shop: Shop, engine: str, tmp_path: Path) -> Shop:
    """A shop that sends into a file."""
    sent = str(tmp_path / "sent.jsonl")
    settings.use(replace(settings.current(), database=engine, channel="file", outbox_file=sent))
    return shop


def live(shop: Shop, members_: int, days: int) -> Counter[str]:
    """Let so many days go by and look at all that left; how many of each message."""
    if db.is_sqlite():
        db.proxy.execute_sql("PRAGMA synchronous = OFF")
    return live_on(Year(shop, members_, SEED), days)


def live_on(year: Year, days: int) -> Counter[str]:
    """The same for a shop that is there."""
    for number in range(days):
        year.day(FIRST + timedelta(days=number))
    last = FIRST + timedelta(days=days - 1)
    _nobody_is_harassed()
    _nothing_leaves_in_quiet_hours()
    _each_birthday_is_greeted_once(year, last)
    _points_lapse_announced()
    _coupons_lapse_announced(year)
    _nobody_is_won_back_who_came(year)
    _gifts_add_up(year)
    _costs_add_up(year)
    end = clock.at_time(last, 23, 45, "Asia/Shanghai")
    assert [one for one in doctor.examine(now=end) if one.check not in ("messages", "clock", "jobs", "backups")] == []
    named = "CASE WHEN campaign_id IS NULL THEN template ELSE 'campaign' END"
    return Counter(dict(db.rows(f"SELECT {named}, count(*) FROM outbox WHERE sid IS NOT NULL GROUP BY {named}")))


BEGUN = clock.start_of(FIRST, "Asia/Shanghai")


# --- what must hold ------------------------------------------------------------------------------


def _nobody_is_harassed() -> None:
    """Two messages with an offer or gift to one member lie ten days apart, and so does such a one after a greeting."""
    sql = (
        "SELECT member_id, claimed_at, category, dedupe_key FROM outbox WHERE sid IS NOT NULL"
        " AND category <> 'service' ORDER BY member_id, claimed_at"
    )
    found = db.rows(sql)
    near = [
        (one, after)
        for one, after in pairwise(found)
        if one[0] == after[0] and after[2] in OFFERS and after[1] - one[1] < 10 * DAY
    ]
    assert near == []


def _nothing_leaves_in_quiet_hours() -> None:
    sql = (
        "SELECT o.claimed_at, o.category, s.name, o.template FROM outbox o JOIN member m ON m.id = o.member_id"
        " JOIN store s ON s.id = m.home_store_id WHERE o.sid IS NOT NULL"
    )
    for claimed_at, category, store, template in db.rows(sql):
        first, last = HOURS[category]
        assert first <= clock.local(claimed_at, ZONES.get(store, "Asia/Shanghai")).hour < last, template


@cache
def _lunar_days() -> dict[date, tuple[int, int]]:
    """Month and day by another calendar than the shop's, from the lunar year 2025 on; a leap month is negative."""
    from lunar_python import LunarYear

    found, day = {}, date(2025, 1, 29)
    for year in (2025, 2026, 2027):
        for month in LunarYear.fromYear(year).getMonthsInYear():
            for number in range(1, month.getDayCount() + 1):
                found[day] = month.getMonth(), number
                day += timedelta(days=1)
    assert day == date(2028, 1, 26)
    return found


def _kept(born: Birthday, day: date) -> bool:
    """Whether a birthday is kept on a day."""
    tomorrow = day + timedelta(days=1)
    if born.calendar == "solar":
        instead = (born.month, born.day) == (2, 29) and (day.month, tomorrow.day) == (2, 1)
        return (day.month, day.day) == (born.month, born.day) or instead
    short = born.day == 30 and _lunar_days()[day][1] == 29 and _lunar_days()[tomorrow][1] == 1
    return _lunar_days()[day][0] == born.month and (_lunar_days()[day][1] == born.day or short)


def _each_birthday_is_greeted_once(year: Year, last: date) -> None:
    found: dict[date, set[int]] = defaultdict(set)
    sql = (
        "SELECT member_id, claimed_at, state FROM outbox o WHERE template IN ('birthday', 'birthday_gift')"
        " AND created_at >= ? AND EXISTS (SELECT 1 FROM member_person p WHERE p.member_id = o.member_id"
        " AND p.phone IS NOT NULL)"
    )
    for member, claimed_at, state in db.rows(sql, (BEGUN,)):
        assert state not in ("expired", "skipped", "queued"), member
        day = clock.day_of(claimed_at, "Asia/Shanghai")
        assert member not in found[day]
        found[day].add(member)
    for number in range((last - FIRST).days + 1):
        day = FIRST + timedelta(days=number)
        assert found[day] == {member for member, born in year.born.items() if _kept(born, day)}, day


AGREED = "EXISTS (SELECT 1 FROM consent s WHERE s.member_id = {}.member_id AND s.purpose = 'service' AND s.granted = 1)"
"""Who did not agree to service messages is told nothing."""


def _last_day(moment: Millis) -> date:
    return clock.day_of(Millis(moment - 1), "Asia/Shanghai")


def _points_lapse_announced() -> None:
    """Whatever expired was announced before, more than six days ahead."""
    sql = (
        "SELECT e.member_id, substr(a.asset, 1, 5), l.expires_at FROM entry e JOIN lot_use u ON u.entry_id = e.id"
        " JOIN account a ON a.id = e.account_id"
        " JOIN lot l ON l.id = u.lot_id JOIN member_person p ON p.member_id = e.member_id"
        f" WHERE e.kind = 'expire' AND e.at >= ? AND p.phone IS NOT NULL AND {AGREED.format('e')}"
    )
    lapsed = db.rows(sql, (clock.at_time(FIRST + timedelta(days=32), 0, 0, "Asia/Shanghai"),))
    told = defaultdict(list)
    for member, expires_at, claimed_at, template in db.rows(
        "SELECT member_id, expires_at, claimed_at, template FROM outbox"
        " WHERE template IN ('points_expiring', 'bonus_expiring') AND sid IS NOT NULL"
    ):
        told[(member, template[:5], _last_day(expires_at))].append(expires_at - claimed_at)
    late = [one for one in lapsed if not any(ahead > 6 * DAY for ahead in told[(one[0], one[1], _last_day(one[2]))])]
    assert late == []
    assert all(len(ahead) <= 2 for ahead in told.values())


def _coupons_lapse_announced(year: Year) -> None:
    """A coupon that lapsed was announced before, if it was good for longer than the notice."""
    told = {
        (int(key.split(":")[1]), date.fromisoformat(key.split(":")[2]))
        for (key,) in db.rows("SELECT dedupe_key FROM outbox WHERE template = 'coupons_expiring' AND sid IS NOT NULL")
    }
    sql = (
        "SELECT c.member_id, c.valid_until_at FROM coupon c JOIN member_person p ON p.member_id = c.member_id"
        " WHERE c.state = 'lapsed' AND c.valid_until_at >= ? AND c.valid_until_at - c.valid_from_at > ?"
        f" AND p.phone IS NOT NULL AND {AGREED.format('c')}"
    )
    span = BEGUN + (year.notice_days + 1) * DAY, (year.notice_days + 1) * DAY
    lapsed = {(member, clock.day_of(until_at - 1, "Asia/Shanghai")) for member, until_at in db.rows(sql, span)}
    assert lapsed
    assert lapsed - told == set()


def _nobody_is_won_back_who_came(year: Year) -> None:
    sql = "SELECT member_id, dedupe_key, claimed_at FROM outbox WHERE template LIKE ? AND sid IS NOT NULL"
    for member, key, claimed_at in db.rows(sql, ("winback%",)):
        day = clock.day_of(claimed_at, "Asia/Shanghai")
        before = [one for one in year.visits[member] if one < day]
        assert key.split(":")[2] == str(before[-1].toordinal()), key


def _gifts_add_up(year: Year) -> None:
    """Every message that speaks of a gift gave it, and nothing else did; it left, waits, or says why it never will."""
    sql = "SELECT template, variables, sid, state, reason FROM outbox WHERE template LIKE ? AND created_at >= ?"
    spoken: Counter[str] = Counter()
    for template, variables, sid, state, reason in db.rows(sql, ("%gift", BEGUN)):
        assert sid or state == "queued" or (state in ("skipped", "expired") and reason), (template, state)
        spoken["coupons"] += "生日8折" in json.loads(variables)["coupon"] and template != "birthday_gift"
        spoken[template] += 1
    points_of = {"welcome_gift": 10, "followup_gift": 5}
    given = db.value("SELECT coalesce(sum(amount), 0) FROM entry WHERE kind = 'care' AND at >= ?", (BEGUN,))
    festive = db.rows("SELECT dedupe_key FROM outbox WHERE template = 'festival_gift' AND created_at >= ?", (BEGUN,))
    wanted = sum(points_of[name] * spoken[name] for name in points_of)
    wanted += sum(year.worth[key.split(":")[2]] for (key,) in festive)
    assert given == wanted
    cared = "ref_kind IN ('winback', 'festival', 'anniversary', 'followup') AND valid_from_at >= ?"
    issued = db.value(f"SELECT count(*) FROM coupon WHERE {cared}", (BEGUN,))
    assert issued == spoken["coupons"]
    birthdays = db.value("SELECT count(*) FROM coupon WHERE ref_kind = 'birthday' AND valid_from_at >= ?", (BEGUN,))
    awarded = db.value("SELECT count(*) FROM award WHERE occasion = 'birthday'")
    assert birthdays >= spoken["birthday_gift"]
    assert awarded in (birthdays, 0)


def _costs_add_up(year: Year) -> None:
    """Each message left once, and what all cost is what their parts cost, by month and kind."""
    bodies = [body for (body,) in db.rows("SELECT body FROM outbox WHERE sid IS NOT NULL")]
    assert len(Path(settings.current().outbox_file).read_text("utf-8").splitlines()) == len(bodies)
    lines = costs.sums(since=Millis(0), until=Millis(2**52), by=year.shop.owner)
    assert sum(line.messages for line in lines) == len(bodies)
    assert sum(line.micros for line in lines) == SEGMENT_MICROS * sum(sms.count(body).parts for body in bodies)


LEAST = {
    "birthday": 3, "birthday_gift": 5, "points_expiring": 10, "winback_gift": 2, "festival_gift": 10, "followup": 1,
    "welcome_gift": 0, "coupons_expiring": 3, "tier_near": 1, "campaign": 20,
}  # fmt: skip


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_quarter_of_messages(sending: Shop) -> None:
    seen = live(sending, 60, 92)
    assert {name: seen[name] for name in LEAST if seen[name] < LEAST[name]} == {}


@pytest.mark.long
def test_a_year_of_messages(sending: Shop) -> None:
    seen = live(sending, 120, 365)
    print(dict(seen))
    assert {name: seen[name] for name in LEAST if seen[name] < 4 * LEAST[name]} == {}
    assert seen["festival"] > 20
    assert seen["anniversary"] > 50


@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_year_of_messages_of_the_demo(sqlite: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tzlocal.get_localzone_name", lambda: "Asia/Shanghai")
    sent = str(tmp_path / "sent.jsonl")
    settings.use(replace(settings.current(), database=sqlite, channel="file", outbox_file=sent))
    db.proxy.execute_sql("PRAGMA synchronous = OFF")
    seen = live_on(DemoYear(SEED), 365)
    print(dict(seen))
    assert seen["birthday"] + seen["birthday_gift"] > 200
    assert min(seen[name] for name in ("points_expiring", "coupons_expiring", "winback_gift", "festival_gift")) > 40
    assert seen["campaign"] > 400
