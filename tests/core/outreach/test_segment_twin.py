"""Any rule over any members finds what plain Python finds by looking at one member after another."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.base import clock, db, ids, lunar
from core.base.clock import DAY
from core.insight import rfm
from core.outreach.segments import compiling, reading, tree, typed, words
from core.outreach.segments.tree import All, Any_, Is, Not, Rule
from tests.core.service.gathered import opened
from tests.shops import Shop

TODAY = date(2026, 5, 29)
MEMBERS = 40


@dataclass
class One:
    """A member as plain Python knows them."""

    id: int
    columns: dict[str, Any]
    person: dict[str, Any]
    days: dict[int, int]
    points: int = 0
    wallet: int = 0
    lots: list[tuple[int, int]] = field(default_factory=list)
    tags: set[str] = field(default_factory=set)
    own: dict[str, str] = field(default_factory=dict)
    tier: str = "normal"
    coupons: list[tuple[str, str, int, int | None]] = field(default_factory=list)
    bought: list[tuple[str, str, int, bool]] = field(default_factory=list)
    churn: str = ""
    events: list[tuple[str, int, int | None]] = field(default_factory=list)

    @property
    def visits(self) -> list[int]:
        return sorted(day for day, cents in self.days.items() if cents > 0)


def fill(shop: Shop, chance: random.Random) -> list[One]:
    """Members of every kind, as rows and as values."""
    shop.tier("gold", 2)
    shop.product("oolong", 1800, category="teas")
    shop.product("green tea", 1500, category="teas")
    shop.product("cake", 3200, category="cakes")
    kind = shop.coupon_kind("five off", effect="amount", off_cents=500)
    fields = {"city": ids.new(), "shoe": ids.new()}
    tags = {"vip": ids.new(), "烘焙": ids.new()}

    @db.atomic
    def shelves() -> None:
        for name, id in tags.items():
            db.add("tag", id=id, name=name, created_at=shop.now)
        for name, id in fields.items():
            kind_ = "number" if name == "shoe" else "text"
            db.add("own_field", id=id, name=name, kind=kind_, choices="[]", created_at=shop.now)

    shelves()
    events = {name: opened(shop, name_en=name, name_zh="", places=999) for name in ("tasting", "baking")}
    return [_member(shop, chance, kind, fields, tags, events) for _ in range(MEMBERS)]


@db.atomic
def _member(
    shop: Shop, chance: random.Random, kind: int, fields: dict[str, int], tags: dict[str, int], events: dict[str, int]
) -> One:  # fmt: skip
    joined = shop.now - chance.randrange(200) * DAY
    columns = {"state": chance.choice(["active"] * 6 + ["blocked"]), "source": chance.choice(["till", "kiosk"]),
               "language": chance.choice(["zh", "en"]), "joined_at": joined,
               "home_store_id": chance.choice([None, shop.store])}  # fmt: skip
    one = One(ids.new(), columns, _person(chance), {}, tier=chance.choice(["normal", "gold"]))
    db.add("member", id=one.id, **columns)
    db.add("member_person", member_id=one.id, **one.person)
    db.add("member_tier", member_id=one.id, tier_id=shop.tiers[one.tier], since_at=joined)
    for _ in range(chance.choice([0, 1, 1, 2, 5])):
        one.days[TODAY.toordinal() - chance.randrange(0, 120)] = chance.choice([0, 800, 5_000, 20_000])
    for day, cents in one.days.items():
        db.add("member_day", member_id=one.id, day=day, net_cents=cents, sales=1, points=0, events=0)
    seen = one.visits
    db.add("member_stats", member_id=one.id, visits=len(seen), net_spend_cents=sum(one.days.values()),
           first_day=seen[0] if seen else None, last_day=seen[-1] if seen else None)  # fmt: skip
    _holdings(shop, one, chance, kind)
    _words(one, chance, fields, tags)
    _purchases(shop, one, chance)
    _sign_ups(shop, one, chance, events)
    return one


def _person(chance: random.Random) -> dict[str, Any]:
    calendar = chance.choice([None, "solar", "lunar"])
    return {"name": chance.choice([None, "王"]), "phone": None, "email": chance.choice([None, "a@example.cn"]),
            "gender": chance.choice([None, "female", "male"]), "region": chance.choice([None, "上海"]),
            "occupation": chance.choice([None, "teacher"]), "birth_calendar": calendar,
            "birth_year": chance.choice([None, 1980, 2000]) if calendar else None,
            "birth_month": chance.choice([4, 5, 6]) if calendar else None,
            "birth_day": chance.randrange(1, 31) if calendar else None}  # fmt: skip


def _holdings(shop: Shop, one: One, chance: random.Random, kind: int) -> None:
    one.points, one.wallet = chance.choice([0, 50, 300]), chance.choice([0, 0, 12_345])
    for asset, balance in (("points", one.points), ("principal", one.wallet)):
        db.add("account", id=ids.new(), member_id=one.id, asset=asset, balance=balance)
    if one.points:
        expires = shop.now + chance.randrange(-5, 40) * DAY
        account = db.value("SELECT id FROM account WHERE member_id = ? AND asset = 'points'", (one.id,))
        entry = ids.new()
        db.add("entry", id=entry, account_id=account, number=1, member_id=one.id, asset="points", kind="earn",
               amount=one.points, balance_after=one.points, ref_kind="test", ref_id=1, at=shop.now,
               actor="t")  # fmt: skip
        db.add("lot", id=ids.new(), account_id=account, entry_id=entry, original=one.points, remaining=one.points,
               available_at=0, expires_at=expires, ref_kind="test", ref_id=1)  # fmt: skip
        one.lots.append((one.points, expires))
    if chance.random() < 0.5:
        coupon, used = ids.new(), chance.random() < 0.5
        until, used_at = shop.now + chance.choice([-1, 9]) * DAY, shop.now - chance.randrange(60) * DAY
        db.add("coupon", id=coupon, kind_id=kind, member_id=one.id, code=str(coupon),
               state="used" if used else "issued", valid_from_at=0, valid_until_at=until, used=int(used),
               ref_kind="test", ref_id=1)  # fmt: skip
        if used:
            db.add("coupon_use", sale_id=coupon, coupon_id=coupon, at=used_at)
        one.coupons.append(("five off", "used" if used else "issued", until, used_at if used else None))


def _words(one: One, chance: random.Random, fields: dict[str, int], tags: dict[str, int]) -> None:
    one.tags = {name for name in tags if chance.random() < 0.3}
    db.add_many("member_tag", [{"tag_id": tags[name], "member_id": one.id, "at": 1} for name in sorted(one.tags)])
    for name, value in (("city", chance.choice(["", "苏州"])), ("shoe", chance.choice(["", "9", "41"]))):
        if value:
            one.own[name] = value
            db.add("own_value", member_id=one.id, field_id=fields[name], value=value)
    one.churn = chance.choice(["", "", "warning", "lost"])
    if one.churn:
        db.add("churn_warning", id=ids.new(), member_id=one.id, raised_day=1,
               state=chance.choice(["open", "contacted"]), kind=one.churn, silent_days=1, usual_days=1, after_days=1,
               visits=1, loss_cents=1,
               last_visit_day=1)  # fmt: skip


def _purchases(shop: Shop, one: One, chance: random.Random) -> None:
    for _ in range(chance.choice([0, 1, 2])):
        sale, line, at = ids.new(), ids.new(), shop.now - chance.randrange(100) * DAY
        name = chance.choice(["oolong", "green tea", "cake"])
        db.add("sale", id=sale, store_id=shop.store, member_id=one.id, day=1, local_day=1, receipt_no=sale, at=at,
               gross_cents=1, total_cents=1, redeemed_points=0, earned_points=0, versions="{}", actor="t")  # fmt: skip
        db.add("sale_line", id=line, sale_id=sale, position=1, product_id=shop.products[name], name=name, kind="goods",
               quantity_milli=2000, unit_cents=1, amount_cents=1, discount_cents=0, redeemed_points=0, redeemed_cents=0,
               net_cents=1, earned_points=0)  # fmt: skip
        back = chance.choice([0, 0, 1000, 2000])
        if back:
            refund = ids.new()
            db.add("refund", id=refund, sale_id=sale, number=1, kind="return", store_id=shop.store, day=1, at=at,
                   total_cents=1, returned_points=0, taken_points=0, actor="t")  # fmt: skip
            db.add("refund_line", id=ids.new(), refund_id=refund, line_id=line, quantity_milli=back, cents=1,
                   returned_points=0, taken_points=0, restocked=1)  # fmt: skip
        one.bought.append((name, "cakes" if name == "cake" else "teas", at, back < 2000))


def _sign_ups(shop: Shop, one: One, chance: random.Random, events: dict[str, int]) -> None:
    for name, event in events.items():
        if chance.random() < 0.4:
            state = chance.choice(["booked", "cancelled", "attended"])
            at = shop.now - chance.randrange(60) * DAY
            came_at = None if state == "booked" else at + DAY
            db.add("gathering_signup", id=ids.new(), gathering_id=event, member_id=one.id, places=1, state=state,
                   at=at, door="t", actor="t", ended_at=came_at)  # fmt: skip
            one.events.append((name, at, came_at if state == "attended" else None))


# --- the twin --------------------------------------------------------------------------------------

COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    ">=": lambda a, b: a >= b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, "<": lambda a, b: a < b,
    "=": lambda a, b: a == b,
}  # fmt: skip


def found_by_hand(rule: Rule, everyone: list[One], now: int) -> list[int]:
    return [one.id for one in everyone if one.columns["state"] == "active" and _holds(rule, one, everyone, now)]


def _holds(rule: Rule, one: One, everyone: list[One], now: int) -> bool:
    if isinstance(rule, Not):
        return not _holds(rule.part, one, everyone, now)
    if isinstance(rule, All):
        return all(_holds(part, one, everyone, now) for part in rule.parts)
    if isinstance(rule, Any_):
        return any(_holds(part, one, everyone, now) for part in rule.parts)
    if rule.fact in ("recency", "frequency", "money", "group"):
        return _scored(rule, one, everyone)
    return _fact(rule, one, now)


def _since(rule: Is) -> int:
    return clock.start_of(TODAY - timedelta(days=(rule.days or 1) - 1), "Asia/Shanghai") if rule.days else 0


def _fact(rule: Is, one: One, now: int) -> bool:
    fact, value, today = rule.fact, rule.value, TODAY.toordinal()
    person, columns = one.person, one.columns
    if fact in ("language", "source"):
        return bool(columns[fact] == value)
    if fact in ("gender", "region", "occupation"):
        return bool(person[fact] == value)
    if fact == "has":
        return person["birth_month" if value == "birthday" else str(value)] is not None
    window = [cents for day, cents in one.days.items() if rule.days is None or day > today - rule.days]
    number = {
        "visits": lambda: len([cents for cents in window if cents > 0]), "spend": lambda: sum(window),
        "points": lambda: one.points, "wallet": lambda: one.wallet,
        "age": lambda: person["birth_year"] and 2026 - person["birth_year"],
        "away": lambda: today - one.visits[-1] if one.visits else None,
        "expiring": lambda: sum(left for left, at in one.lots if now < at <= _end(rule.days or 1)),
    }  # fmt: skip
    if fact in number:
        figure = number[fact]()
        return figure is not None and COMPARE[rule.op](figure, value)
    yes: dict[str, Callable[[], bool]] = {
        "store": lambda: columns["home_store_id"] is not None,
        "joined": lambda: columns["joined_at"] >= _since(rule),
        "birthday": lambda: _kept_soon(person, rule.days or 1),
        "tag": lambda: bool(one.tags) if value == "any" else value in one.tags,
        "own": lambda: _own(rule, one),
        "tier": lambda: one.tier == value,
        "coupon": lambda: any(state == "issued" and until > now for _, state, until, _ in one.coupons),
        "used": lambda: any(at is not None and at >= _since(rule) for *_, at in one.coupons),
        "bought": lambda: any(value in (name, group) and kept and at >= _since(rule)
                              for name, group, at, kept in one.bought),
        "event": lambda: any(value in ("any", name) and at >= _since(rule) for name, at, _ in one.events),
        "attended": lambda: any(value in ("any", name) and came_at is not None and came_at >= _since(rule)
                                for name, _, came_at in one.events),
        "churn": lambda: one.churn != "" if value == "any" else one.churn == value,
    }  # fmt: skip
    return yes[fact]()


def _end(days: int) -> int:
    return clock.end_of(TODAY + timedelta(days=days), "Asia/Shanghai")


def _own(rule: Is, one: One) -> bool:
    held = one.own.get(rule.of)
    if held is None:
        return False
    return held == rule.value if rule.op == "is" else COMPARE[rule.op](int(held), rule.value)


def _kept_soon(person: dict[str, Any], days: int) -> bool:
    key = (person["birth_calendar"], person["birth_month"], person["birth_day"])
    return any(key == (one.calendar, one.month, one.day)
               for ahead in range(days) for one in lunar.kept_on(TODAY + timedelta(days=ahead)))  # fmt: skip


def _scored(rule: Is, one: One, everyone: list[One]) -> bool:
    seen = [other for other in everyone if other.columns["state"] == "active" and other.visits]
    if one not in seen:
        return False
    last, visits = (np.array([f(o) for o in seen]) for f in (lambda o: o.visits[-1], lambda o: len(o.visits)))
    money = np.array([sum(o.days.values()) for o in seen])
    at = seen.index(one)
    if rule.fact == "group":
        ages = np.array([TODAY.toordinal() - o.visits[0] for o in seen])
        place = rfm.groups(visits, money, ages, lines=rfm.shop_lines(visits, money), new_days=30)[at]
        return ("good", "basket", "frequency", "poor", "new")[place] == rule.value
    scores = rfm.scores(TODAY.toordinal() - last, visits, money)
    return COMPARE[rule.op](int(getattr(scores, rule.fact)[at]), rule.value)


OPS = st.sampled_from([">=", "<=", ">", "<", "="])
DAYS = st.sampled_from([1, 7, 30, 90])
LEAVES = st.one_of(
    st.builds(Is, st.sampled_from(["visits"]), OPS, st.integers(0, 4), st.none() | DAYS),
    st.builds(Is, st.sampled_from(["spend"]), OPS, st.sampled_from([0, 800, 5_000, 20_000]), st.none() | DAYS),
    st.builds(Is, st.sampled_from(["away"]), OPS, st.integers(0, 100)),
    st.builds(Is, st.sampled_from(["points", "wallet"]), OPS, st.sampled_from([0, 50, 300, 12_345])),
    st.builds(Is, st.just("expiring"), OPS, st.sampled_from([0, 50, 300]), DAYS),
    st.builds(Is, st.just("age"), OPS, st.sampled_from([26, 46])),
    st.builds(Is, st.sampled_from(["recency", "frequency", "money"]), OPS, st.integers(1, 5)),
    st.builds(Is, st.sampled_from(["joined", "birthday"]), days=DAYS),
    st.builds(Is, st.just("bought"), st.just("is"), st.sampled_from(["oolong", "teas", "cakes"]), st.none() | DAYS),
    st.builds(Is, st.just("used"), st.just("is"), st.sampled_from(["any", "five off"]), st.none() | DAYS),
    st.builds(Is, st.sampled_from(["event", "attended"]), st.just("is"), st.sampled_from(["any", "tasting"]),
              st.none() | DAYS),
    st.builds(Is, st.just("own"), OPS, st.sampled_from([9, 40]), st.none(), st.just("shoe")),
    st.sampled_from([Is("own", "is", "苏州", None, "city"), Is("store", "is", "南京东路店"), Is("tag", "is", "烘焙"),
                     Is("tag", "is", "any"), Is("tier", "is", "gold"), Is("coupon", "is", "any"),
                     Is("language", "is", "zh"), Is("source", "is", "kiosk"), Is("gender", "is", "female"),
                     Is("region", "is", "上海"), Is("occupation", "is", "teacher"), Is("has", "is", "email"),
                     Is("has", "is", "birthday"), Is("churn", "is", "any"), Is("churn", "is", "lost"),
                     *(Is("group", "is", name) for name in ("good", "basket", "frequency", "poor", "new"))]),
)  # fmt: skip
RULES = st.recursive(
    LEAVES,
    lambda part: st.one_of(
        st.builds(All, st.lists(part, min_size=1, max_size=3).map(tuple)),
        st.builds(Any_, st.lists(part, min_size=1, max_size=3).map(tuple)),
        st.builds(Not, part),
    ),
    max_leaves=6,
)


def compared(shop: Shop, rules: int) -> None:
    """So many rules asked of the database and of plain Python."""
    everyone = fill(shop, random.Random(1))

    @settings(max_examples=rules, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(RULES)
    def compare(rule: Rule) -> None:
        if tree.depth(rule) <= tree.DEEPEST:
            wanted = found_by_hand(rule, everyone, shop.now)
            assert reading.page(rule, by=shop.owner, now=shop.now, size=1000) == wanted
            assert reading.count(rule, by=shop.owner, now=shop.now) == len(wanted)

    compare()


def test_any_rule_finds_who_is_found_by_hand(shop: Shop) -> None:
    compared(shop, 30)


@pytest.mark.long
def test_very_many_rules_find_who_is_found_by_hand(shop: Shop) -> None:
    compared(shop, 1_000)


@settings(max_examples=150, deadline=None)
@given(RULES)
def test_a_rule_reads_back_from_its_text_and_from_json(rule: Rule) -> None:
    if tree.depth(rule) <= tree.DEEPEST and not _bare(rule):
        assert typed.read(typed.write(rule)) == rule
    if tree.depth(rule) <= tree.DEEPEST:
        assert tree.from_json(tree.as_json(rule)) == rule
        assert words.say(rule)


def _bare(rule: Rule) -> bool:
    """Whether an “and” or “or” of one part alone is in it, which text has no sign for."""
    if isinstance(rule, Is):
        return False
    parts = (rule.part,) if isinstance(rule, Not) else rule.parts
    alone = not isinstance(rule, Not) and len(parts) == 1
    return alone or any(_bare(part) for part in parts)


def test_chunks_together_are_the_whole(one_shop: Shop) -> None:
    everyone = fill(one_shop, random.Random(3))
    rule = typed.read("visits >= 1")
    parts = list(reading.chunks(rule, by=one_shop.owner, now=one_shop.now, size=7))
    assert [len(part) for part in parts[:-1]] == [7] * (len(parts) - 1)
    assert [id for part in parts for id in part] == found_by_hand(rule, everyone, one_shop.now)


def test_of_and_what_reads_little_comes_first(one_shop: Shop) -> None:
    one_shop.product("oolong", 1800)
    sql, _ = compiling.compiled(typed.read("bought:oolong and language:zh"), now=one_shop.now)
    assert sql.index("m.language") < sql.index("sale_line")
