"""A rule as one condition of SQL over `member m`, the same for both engines.

Each fact is a look-up by the member's id along an index there already is, so that a page of members costs the
same wherever it lies, and the engine may begin at the narrowest of them. Every condition is true or false,
never unknown, so that "not" means what it says. Of "and", what reads little comes first.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from core.base import clock, lunar
from core.base.clock import Millis
from core.base.i18n import T
from core.books import rules
from core.outreach.segments import names, scores, tree
from core.outreach.segments.tree import ANY, FACTS, All, Is, Not, Rule

Part = tuple[str, list[object]]
NOBODY: Part = ("1 = 0", [])


@dataclass(frozen=True)
class _Day:
    """The day a rule is asked on, and what is worked out once for it."""

    now: Millis

    @cached_property
    def shop(self) -> rules.ShopRules:
        return rules.current(now=self.now)

    @cached_property
    def today(self) -> int:
        return clock.day_of(self.now, self.shop.zone).toordinal()

    @cached_property
    def cuts(self) -> scores.Cuts | None:
        return scores.cuts(now=self.now)

    def since_day(self, days: int) -> int:
        """The day before the first of the last so many days, today included."""
        return self.today - days

    def since_at(self, days: int) -> Millis:
        """The first moment of the last so many days, today included."""
        first = clock.day_of(self.now, self.shop.zone) - timedelta(days=days - 1)
        return clock.start_of(first, self.shop.zone)

    def until_at(self, days: int) -> Millis:
        """The end of the next so many days after today."""
        return clock.end_of(clock.day_of(self.now, self.shop.zone) + timedelta(days=days), self.shop.zone)


def compiled(rule: Rule, *, now: Millis) -> Part:
    """The condition and its values. Raises: SegmentRuleInvalid for a name the shop does not have."""
    tree.check(rule)
    return _part(rule, _Day(now), "")


def _part(rule: Rule, day: _Day, path: str) -> Part:
    if isinstance(rule, Is):
        return _SQL[rule.fact](rule, day, path)
    if isinstance(rule, Not):
        sql, values = _part(rule.part, day, f"{path}.not".strip("."))
        return f"NOT ({sql})", values
    name, word = ("and", " AND ") if isinstance(rule, All) else ("or", " OR ")
    placed = sorted(enumerate(rule.parts), key=lambda one: _cost(one[1]))
    parts = [_part(part, day, f"{path}.{name}[{at}]".strip(".")) for at, part in placed]
    return "(" + word.join(sql for sql, _ in parts) + ")", [one for _, values in parts for one in values]


def _cost(rule: Rule) -> int:
    if isinstance(rule, Is):
        return FACTS[rule.fact].cost + (2 if rule.fact in ("visits", "spend") and rule.days else 0)
    return max(_cost(part) for part in ((rule.part,) if isinstance(rule, Not) else rule.parts))


def _exists(tables: str, *tests: str, values: list[object]) -> Part:
    return f"EXISTS (SELECT 1 FROM {tables} WHERE {' AND '.join(tests)})", values


def _ids(one: Is, path: str) -> list[int] | None:
    """The rows a name means; None for any of them."""
    return None if one.value == ANY and one.fact in tree.WITH_ANY else names.ids(one, path)


def _among(column: str, ids: list[int] | None) -> tuple[list[str], list[object]]:
    """The test for being one of some rows; none at all for any."""
    if ids is None:
        return [], []
    return [f"{column} IN ({', '.join('?' * len(ids))})"], [*ids]


# --- the member and the person ---------------------------------------------------------------------


def _column(one: Is, day: _Day, path: str) -> Part:
    return f"m.{one.fact} = ?", [one.value]


def _store(one: Is, day: _Day, path: str) -> Part:
    tests, values = _among("m.home_store_id", names.ids(one, path))
    return f"(m.home_store_id IS NOT NULL AND {tests[0]})", values


def _link(one: Is, day: _Day, path: str) -> Part:
    tests, values = _among("m.source_link_id", _ids(one, path))
    return "(" + " AND ".join(["m.source_link_id IS NOT NULL", *tests]) + ")", values


def _joined(one: Is, day: _Day, path: str) -> Part:
    return "m.joined_at >= ?", [day.since_at(one.days or 1)]


def _person(test: str, *values: object) -> Part:
    return _exists("member_person p", "p.member_id = m.id", test, values=[*values])


def _word(one: Is, day: _Day, path: str) -> Part:
    return _person(f"p.{one.fact} = ?", one.value)


def _age(one: Is, day: _Day, path: str) -> Part:
    """The age somebody reaches this year."""
    year = clock.day_of(day.now, day.shop.zone).year
    return _person(f"p.birth_year IS NOT NULL AND ? - p.birth_year {one.op} ?", year, one.value)


_HAS = {"phone": "p.phone", "email": "p.email", "name": "p.name", "birthday": "p.birth_month"}


def _has(one: Is, day: _Day, path: str) -> Part:
    return _person(f"{_HAS[str(one.value)]} IS NOT NULL")


def _birthday(one: Is, day: _Day, path: str) -> Part:
    """Kept on one of the next days, today included: solar or lunar, as the shop keeps 29 February."""
    first = clock.day_of(day.now, day.shop.zone)
    days = (first + timedelta(days=ahead) for ahead in range(min(one.days or 1, 366)))
    keys = {key for one_day in days for key in lunar.kept_on(one_day, leap_day=day.shop.leap_day)}
    tests, values = [], list[object]()
    for calendar in ("solar", "lunar"):
        marks = sorted({key.month * 100 + key.day for key in keys if key.calendar == calendar}) or [0]
        tests.append(f"(p.birth_calendar = ? AND p.birth_month * 100 + p.birth_day IN ({', '.join('?' * len(marks))}))")
        values += [calendar, *marks]
    return _person("(" + " OR ".join(tests) + ")", *values)


def _tag(one: Is, day: _Day, path: str) -> Part:
    tests, values = _among("g.tag_id", _ids(one, path))
    return _exists("member_tag g", "g.member_id = m.id", *tests, values=values)


def _own(one: Is, day: _Day, path: str) -> Part:
    field_id, kind = names.own_field(one, path)
    if one.op == "is":
        test, value = "v.value = ?", str(one.value)
    elif kind == "number" and isinstance(one.value, int):
        return _own_number(one, field_id)
    elif kind == "day" and isinstance(one.value, str):
        test, value = f"v.value {one.op} ?", one.value
    else:
        raise tree.wrong(path, T("“{name}” holds no such value; compare it by “:” or with what it holds.", name=one.of))
    return _exists("own_value v", "v.member_id = m.id", "v.field_id = ?", test, values=[field_id, value])


def _own_number(one: Is, field_id: int) -> Part:
    test = f"CAST(v.value AS BIGINT) {one.op} ?"
    return _exists("own_value v", "v.member_id = m.id", "v.field_id = ?", test, values=[field_id, one.value])


# --- what they hold --------------------------------------------------------------------------------


def _tier(one: Is, day: _Day, path: str) -> Part:
    tests, values = _among("r.tier_id", names.ids(one, path))
    return _exists("member_tier r", "r.member_id = m.id", *tests, values=values)


def _plan(one: Is, day: _Day, path: str) -> Part:
    tests, values = _among("k.plan_id", _ids(one, path))
    runs = "k.ended_at IS NULL AND k.from_at <= ? AND k.until_at > ?"
    return _exists("member_plan k", "k.member_id = m.id", runs, *tests, values=[day.now, day.now, *values])


def _points(one: Is, day: _Day, path: str) -> Part:
    balance = "coalesce((SELECT a.balance FROM account a WHERE a.member_id = m.id AND a.asset = 'points'), 0)"
    return f"{balance} {one.op} ?", [one.value]


def _expiring(one: Is, day: _Day, path: str) -> Part:
    left = (
        "(SELECT coalesce(CAST(sum(l.remaining) AS BIGINT), 0) FROM account a JOIN lot l ON l.account_id = a.id"
        " WHERE a.member_id = m.id AND a.asset = 'points' AND l.remaining > 0 AND l.expires_at > ?"
        " AND l.expires_at <= ?)"
    )
    return f"{left} {one.op} ?", [day.now, day.until_at(one.days or 1), one.value]


def _wallet(one: Is, day: _Day, path: str) -> Part:
    stored = (
        "(SELECT coalesce(CAST(sum(a.balance) AS BIGINT), 0) FROM account a WHERE a.member_id = m.id"
        " AND a.asset IN ('principal', 'bonus'))"
    )
    return f"{stored} {one.op} ?", [one.value]


def _coupon(one: Is, day: _Day, path: str) -> Part:
    tests, values = _among("c.kind_id", _ids(one, path))
    good = "c.state = 'issued' AND c.valid_until_at > ?"
    return _exists("coupon c", "c.member_id = m.id", good, *tests, values=[day.now, *values])


def _used(one: Is, day: _Day, path: str) -> Part:
    return _coupon_used(one, day, *_among("c.kind_id", _ids(one, path)))


def _coupon_used(one: Is, day: _Day, tests: list[str], values: list[object]) -> Part:
    if one.days is not None:
        tests, values = [*tests, "u.at >= ?"], [*values, day.since_at(one.days)]
    return _exists("coupon c JOIN coupon_use u ON u.coupon_id = c.id", "c.member_id = m.id",
                   "u.returned_at IS NULL", *tests, values=values)  # fmt: skip


def _pass(one: Is, day: _Day, path: str) -> Part:
    tests, values = _among("z.kind_id", _ids(one, path))
    good = "z.left_uses > 0 AND z.ended_at IS NULL AND z.until_at > ?"
    return _exists("pass z", "z.member_id = m.id", good, *tests, values=[day.now, *values])


# --- what they did ---------------------------------------------------------------------------------


def _counted(one: Is, day: _Day, total: str, of_days: str) -> Part:
    """A total of the member, or of the last days; who did nothing has 0."""
    if one.days is None:
        return f"coalesce((SELECT s.{total} FROM member_stats s WHERE s.member_id = m.id), 0) {one.op} ?", [one.value]
    since = day.since_day(one.days)
    sql = f"(SELECT {of_days} FROM member_day d WHERE d.member_id = m.id AND d.day > ?) {one.op} ?"
    if isinstance(one.value, int) and _excludes_nothing_done(one.op, one.value):
        # Whoever did not come lately needs no look at their days.
        came = "EXISTS (SELECT 1 FROM member_stats s WHERE s.member_id = m.id AND s.last_day > ?)"
        return f"({came} AND {sql})", [since, since, one.value]
    return sql, [since, one.value]


def _excludes_nothing_done(op: str, value: int) -> bool:
    return (value > 0 and op in (">=", ">", "=")) or (value == 0 and op == ">")


def _visits(one: Is, day: _Day, path: str) -> Part:
    return _counted(one, day, "visits", "coalesce(CAST(sum(CASE WHEN d.net_cents > 0 THEN 1 ELSE 0 END) AS BIGINT), 0)")


def _spend(one: Is, day: _Day, path: str) -> Part:
    return _counted(one, day, "net_spend_cents", "coalesce(CAST(sum(d.net_cents) AS BIGINT), 0)")


def _stats(test: str, *values: object) -> Part:
    return _exists("member_stats s", "s.member_id = m.id", test, values=[*values])


def _away(one: Is, day: _Day, path: str) -> Part:
    return _stats(f"s.last_day IS NOT NULL AND ? - s.last_day {one.op} ?", day.today, one.value)


def _bought(one: Is, day: _Day, path: str) -> Part:
    """At least one piece of a product, or of a category, that was not brought back."""
    tests, values = _among("l.product_id", names.ids(one, path))
    when: list[object] = []
    if one.days is not None:
        tests, when = ["x.at >= ?", *tests], [day.since_at(one.days)]
    kept = (
        "l.quantity_milli > (SELECT coalesce(CAST(sum(q.quantity_milli) AS BIGINT), 0) FROM refund_line q"
        " WHERE q.line_id = l.id)"
    )
    return _exists("sale x JOIN sale_line l ON l.sale_id = x.id", "x.member_id = m.id", *tests, kept,
                   values=[*when, *values])  # fmt: skip


_SCORED = {"recency": "last_day", "frequency": "visits", "money": "net_spend_cents"}


def _score(one: Is, day: _Day, path: str) -> Part:
    if day.cuts is None:
        return NOBODY
    column, lines = _SCORED[one.fact], getattr(day.cuts, one.fact)
    steps = " ".join(f"WHEN s.{column} > ? THEN {5 - at}" for at in range(4))
    return _stats(f"s.visits > 0 AND CASE {steps} ELSE 1 END {one.op} ?", *reversed(lines), one.value)


def _group(one: Is, day: _Day, path: str) -> Part:
    if day.cuts is None:
        return NOBODY
    new = "s.visits = 1 AND s.first_day >= ?"
    if one.value == "new":
        return _stats(f"s.visits > 0 AND {new}", day.cuts.new_since)
    often = one.value in ("good", "basket")
    big = one.value in ("good", "frequency")
    basket = "CAST(s.net_spend_cents AS DOUBLE PRECISION) / s.visits"
    tests = f"s.visits {'>=' if often else '<'} ? AND {basket} {'>=' if big else '<'} ?"
    lines = day.cuts.visits_line, day.cuts.basket_line
    return _stats(f"s.visits > 0 AND NOT ({new}) AND {tests}", day.cuts.new_since, *lines)


def _churn(one: Is, day: _Day, path: str) -> Part:
    tests, values = ([], []) if one.value == ANY else (["w.kind = ?"], list[object]([one.value]))
    still = "w.state IN ('open', 'contacted')"
    return _exists("churn_warning w", "w.member_id = m.id", still, *tests, values=values)


# --- what they answered ----------------------------------------------------------------------------


def _sent(one: Is, day: _Day, path: str) -> Part:
    tests, values = _among("o.campaign_id", _ids(one, path))
    if one.days is not None:
        tests, values = [*tests, "o.created_at >= ?"], [*values, day.since_at(one.days)]
    left = "o.campaign_id IS NOT NULL AND o.state IN ('accepted', 'sent', 'delivered')"
    return _exists("outbox o", "o.member_id = m.id", left, *tests, values=values)


def _clicked(one: Is, day: _Day, path: str) -> Part:
    """Who opened the link of a campaign's message; with days, for the last time within them."""
    tests, values = _among("o.campaign_id", _ids(one, path))
    if one.days is not None:
        tests, values = [*tests, "i.last_at >= ?"], [*values, day.since_at(one.days)]
    opened = "o.campaign_id IS NOT NULL AND i.first_at IS NOT NULL"
    return _exists("outbox o JOIN short_link i ON i.outbox_id = o.id", "o.member_id = m.id", opened, *tests,
                   values=values)  # fmt: skip


def _redeemed(one: Is, day: _Day, path: str) -> Part:
    tests, values = _among("c.ref_id", _ids(one, path))
    return _coupon_used(one, day, ["c.ref_kind = 'campaign'", *tests], values)


def _came(one: Is, day: _Day, path: str) -> Part:
    tests, values = _among("w.campaign_id", _ids(one, path))
    tables = (
        "campaign_audience w JOIN campaign k ON k.id = w.campaign_id JOIN member_stats s ON s.member_id = w.member_id"
    )
    after = "w.queued_at IS NOT NULL AND s.last_day >= k.started_day"
    return _exists(tables, "w.member_id = m.id", after, *tests, values=values)


def _event(one: Is, day: _Day, path: str) -> Part:
    """Who ever signed up for an event, also who cancelled; with days, within them."""
    tests, values = _among("e.gathering_id", _ids(one, path))
    if one.days is not None:
        tests, values = [*tests, "e.at >= ?"], [*values, day.since_at(one.days)]
    return _exists("gathering_signup e", "e.member_id = m.id", *tests, values=values)


def _attended(one: Is, day: _Day, path: str) -> Part:
    """Who was checked in to an event; with days, within them."""
    tests, values = _among("e.gathering_id", _ids(one, path))
    if one.days is not None:
        tests, values = [*tests, "e.ended_at >= ?"], [*values, day.since_at(one.days)]
    return _exists("gathering_signup e", "e.member_id = m.id", "e.state = 'attended'", *tests, values=values)


_SQL: dict[str, Callable[[Is, _Day, str], Part]] = {
    "language": _column, "source": _column, "store": _store, "link": _link, "joined": _joined, "gender": _word,
    "region": _word, "occupation": _word, "age": _age, "has": _has, "birthday": _birthday, "tag": _tag, "own": _own,
    "tier": _tier, "plan": _plan, "points": _points, "expiring": _expiring, "wallet": _wallet, "coupon": _coupon,
    "used": _used, "pass": _pass, "visits": _visits, "away": _away, "spend": _spend, "bought": _bought,
    "recency": _score, "frequency": _score, "money": _score, "group": _group, "churn": _churn, "sent": _sent,
    "clicked": _clicked,
    "redeemed": _redeemed, "came": _came, "event": _event, "attended": _attended,
}  # fmt: skip
