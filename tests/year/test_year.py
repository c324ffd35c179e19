"""A year of a shop, day by day: what is owed equals the lots, tiers a recomputation, and no notice is late."""

import os
import random
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

import scheduler
from core.base import clock, db
from core.base.clock import DAY, Millis
from core.base.money import Milli
from core.keeping import doctor, jobs
from core.keeping.findings import Finding
from core.loyalty import plans, tiers, topups
from core.loyalty.plans import Plan
from core.loyalty.topups import TopUpTerms
from core.outreach import care
from core.people.birthdays import Birthday
from core.reports import liability
from core.selling import refunds
from core.selling.quotes import Basket, BasketLine
from core.selling.refunds import ReturnLine
from tests.shops import Shop
from tests.year.brute import Book, Deed, Member, Step, Terms

SEED = int(os.environ.get("REGULARS_SEED", "20261124"))
ZONE = "Asia/Shanghai"
FIRST = date(2026, 1, 1)
DAYS = 400
LONG_AGO = datetime(2000, 1, 1)  # noqa: DTZ001  # wall times of the shop, as in the history
NIGHT, MORNING = timedelta(hours=4, minutes=15), timedelta(hours=9, minutes=45)
GOODS = {"tea": 1800, "cake": 3200, "gift box": 16_800, "tea set": 48_000}
PRINCIPAL_MOVES = ("topup", "spend", "refund_return", "refund_credit")


def moment(day: date, at: timedelta) -> Millis:
    return Millis(clock.start_of(day, ZONE) + int(at.total_seconds() * 1000))


def local(at: Millis) -> datetime:
    return clock.local(at, ZONE).replace(tzinfo=None)


class Year:
    """A shop with its members, what they do each day, and what must hold after it."""

    def __init__(self, shop: Shop, members: int, seed: int) -> None:
        self.shop, self.rng = shop, random.Random(seed)
        self.shop.now = moment(FIRST, timedelta(0))
        self.history: dict[int, list[Deed]] = defaultdict(list)
        self.sold: dict[int, list[tuple[int, date]]] = defaultdict(list)
        self.born: dict[int, tuple[int, int]] = {}
        self.last: dict[int, Member] = {}
        self._open()
        self.members = [self._join() for _ in range(members)]
        self.gap = {member: self.rng.choice((4, 9, 20, 45)) for member in self.members}
        self.seen: dict[str, int] = defaultdict(int)

    # --- the shop ------------------------------------------------------------------------------------

    def _open(self) -> None:
        shop, by, now = self.shop, self.shop.owner, self.shop.now
        for name, value in (("points_months", 3), ("tier_demotion", "step")):
            shop.rule(name, value)
        for name, cents in GOODS.items():
            shop.product(name, cents)
        shop.product("top-up", 0, kind="top_up")
        month = shop.product("month", 2900, kind="plan")
        plans.create(Plan(0, month, "month", 30, 500, 15_000), by=by, now=now)
        topups.set_rule(30_000, TopUpTerms(bonus_cents=3000, bonus_days=60), by=by, now=now)
        care.set_rule("birthday", active=True, coupon_kind_id=None, by=by, now=now)
        first = (
            Step((None, None), 365, 12), Step((30_000, 8), 90, 3), Step((90_000, None), 180, 4),
            Step((200_000, None), 365, 6),
        )  # fmt: skip
        for rank, (name, step) in enumerate(zip(("silver", "gold", "diamond"), first[1:], strict=True), 1):
            shop.tier(name, rank, spend_cents=step.asked[0], visits=step.asked[1], window_days=step.window_days,
                      hold_months=step.hold_months, multiplier_bp=10_000 + rank * 2000)  # fmt: skip
        self.ranks = {shop.tiers[name]: rank for rank, name in enumerate(("normal", "silver", "gold", "diamond"))}
        harder, easier = moment(date(2026, 7, 1), timedelta(0)), moment(date(2026, 10, 15), timedelta(0))
        gold, silver = tiers.get(shop.tiers["gold"], now=now), tiers.get(shop.tiers["silver"], now=now)
        tiers.change(replace(gold, spend_cents=140_000), from_at=harder, keep_holders=False, by=by, now=now)
        tiers.change(replace(silver, spend_cents=20_000, visits=6), from_at=easier, keep_holders=True, by=by, now=now)
        second = (first[0], first[1], Step((140_000, None), 180, 4), first[3])
        third = (first[0], Step((20_000, 6), 90, 3), *second[2:])
        self.book = Book(
            [Terms(LONG_AGO, first), Terms(local(harder), second, strict=2), Terms(local(easier), third)],
            "step",
            timedelta(hours=4, minutes=15),
        )
        jobs.ensure(scheduler.default_jobs(now))
        for name in ("churn", "doctor"):
            jobs.set_enabled(name, False, by=by, now=now)

    def _join(self) -> int:
        born = Birthday("solar", self.rng.randint(1, 12), self.rng.randint(1, 28), 1990)
        member = self.shop.member(birthday=born, purposes=("membership", "service"))
        self.born[member] = (born.month, born.day)
        return member

    # --- a day ---------------------------------------------------------------------------------------

    def day(self, day: date) -> None:
        for at in (NIGHT, MORNING):
            with clock.set_to(moment(day, at)):
                scheduler.run_due("year", now=moment(day, at))
        self._notices(day)
        coming = [member for member in self.members if self.rng.random() < 1 / self.gap[member]]
        times = sorted(self.rng.sample(range(10 * 3600, 20 * 3600), len(coming)))
        for member, second in zip(coming, times, strict=True):
            self._visit(member, day, moment(day, timedelta(seconds=second)))
        self._tiers(day, coming)
        self._owed(moment(day, timedelta(hours=22)))

    def _visit(self, member: int, day: date, now: Millis) -> None:
        what, visit = self.rng.random(), Deed(local(now), day, 0)
        if what < 0.14 and self.sold[member]:
            self._refund(member, now)
        elif what < 0.19:
            self.shop.top_up(member, self.rng.choice((10_000, 30_000)), now=now)
            self.history[member].append(visit)
            self.seen["top-up"] += 1
        elif what < 0.22:
            self.shop.sell(self.shop.basket(("month", 1), member=member), now=now)
            self.history[member].append(visit)
            self.seen["plan"] += 1
        else:
            self._buy(member, day, now)

    def _buy(self, member: int, day: date, now: Millis) -> None:
        names = self.rng.choices(list(GOODS), weights=(8, 6, 2, 1), k=self.rng.randint(1, 3))
        lines = tuple(BasketLine(self.shop.products[name], Milli(1000)) for name in names)
        basket, paid = Basket(self.shop.store, lines, member), ()
        if self.rng.random() < 0.3:
            usable = min(
                db.value("SELECT balance FROM account WHERE member_id = ? AND asset = 'points'", (member,)), 300
            )
            with_points = replace(basket, points=max(usable, 0))
            basket = with_points if self._priced(with_points, now) else basket
        total = self.shop.quote(basket, now=now).total_cents
        if self.rng.random() < 0.4:
            stored = min(self._stored(member, now), total)
            paid = (("wallet", stored),) if stored else ()
        sale = self.shop.sell(basket, *paid, now=now)
        bonus = db.value("SELECT coalesce(sum(cents), 0) FROM tender WHERE sale_id = ? AND kind = 'bonus'", (sale,))
        self.history[member].append(Deed(local(now), day, total - bonus))
        self.sold[member].append((sale, day))
        self.seen["sale"] += 1

    def _priced(self, basket: Basket, now: Millis) -> bool:
        from core.base.errors import RegularsError

        try:
            self.shop.quote(basket, now=now)
        except RegularsError:
            return False
        return True

    def _stored(self, member: int, now: Millis) -> int:
        sql = (
            "SELECT coalesce(sum(l.remaining), 0) FROM lot l JOIN account a ON a.id = l.account_id"
            " WHERE a.member_id = ? AND a.asset IN ('principal', 'bonus')"
            " AND (l.expires_at IS NULL OR l.expires_at > ?)"
        )
        return int(db.value(sql, (member, now)))

    def _refund(self, member: int, now: Millis) -> None:
        sale, day = self.sold[member].pop(self.rng.randrange(len(self.sold[member])))
        lines = refunds.sold_lines(sale)
        back = [line for line in lines if self.rng.random() < 0.7] or lines[:1]
        refund = refunds.refund(
            sale, tuple(ReturnLine(line.id, line.left) for line in back), by=self.shop.owner, now=now
        )
        sql = (
            "SELECT coalesce(sum(r.cents), 0) FROM refund_tender r JOIN tender t ON t.id = r.tender_id"
            " WHERE r.refund_id = ? AND t.kind <> 'bonus'"
        )
        self.history[member].append(Deed(local(now), day, -db.value(sql, (refund,)), refund=True))
        self.seen["refund"] += 1

    # --- what must hold --------------------------------------------------------------------------------

    def _tiers(self, day: date, touched: list[int]) -> None:
        """Every member's tier is that of a recomputation from the beginning."""
        now, joined = datetime.combine(day, datetime.max.time()), local(self.shop.now)
        terms_changed = any(one.at.date() == day for one in self.book.terms[1:])
        for member in self.members:
            before = self.last.get(member)
            due = before is None or terms_changed or (before.held.until is not None and before.held.until <= day)
            if due or member in touched:
                self.last[member] = self.book.after(joined, self.history[member], now)
        found = db.rows("SELECT member_id, tier_id, until_at FROM member_tier")
        differing = [
            (member, self.ranks[tier], until, expected, self.last[member].path)
            for member, tier, until in found
            if (expected := self.last[member].held).rank != self.ranks[tier]
            or (expected.until is None) != (until is None)
            or (until is not None and local(until).date() != expected.until)
        ]  # fmt: skip
        for one in differing:
            print(f"member {one[0]} differs: {one[1:]}", *self.history[one[0]], sep="\n  ")
        assert differing == [], day

    def _owed(self, now: Millis) -> None:
        """What is owed is what is left of the lots, as the balances say too."""
        found = {one.asset: one for one in liability.of(by=self.shop.owner, now=now).totals}
        lots = dict(
            db.rows(
                "SELECT a.asset, sum(l.remaining) FROM lot l JOIN account a ON a.id = l.account_id"
                " WHERE l.expires_at IS NULL OR l.expires_at > ? GROUP BY a.asset",
                (now,),
            )
        )
        books = {
            row[0]: row[1:] for row in db.rows("SELECT asset, sum(balance), sum(debt) FROM account GROUP BY asset")
        }
        for asset, (balance, debt) in books.items():
            assert found[asset].amount == lots.get(asset, 0)
            assert found[asset].amount + found[asset].unswept - debt == balance
            assert found[asset].debt == debt

    def _notices(self, day: date) -> None:
        """On the morning of a day everyone was told what the shop promised to tell by then."""
        now = moment(day, MORNING)
        until = moment(day + timedelta(days=15), timedelta(0))
        untold = db.rows(
            "SELECT DISTINCT a.member_id, l.expires_at FROM lot l JOIN account a ON a.id = l.account_id"
            " WHERE a.asset = 'points' AND l.remaining > 0 AND l.expires_at > ? AND l.expires_at <= ?"
            " AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.member_id = a.member_id AND o.template = 'points_expiring'"
            " AND o.expires_at = l.expires_at)",
            (now, until),
        )
        assert untold == [], day
        born_today = [member for member, born in self.born.items() if born == (day.month, day.day)]
        for member in born_today:
            sql = "SELECT count(*) FROM outbox WHERE member_id = ? AND template LIKE 'birthday%' AND created_at > ?"
            assert db.value(sql, (member, now - DAY)) == 1
        self.seen["birthday"] += len(born_today)

    def at_the_end(self) -> None:
        """Reviews were warned of 30 days before, plans 7 days, every move of stored value told at once."""
        late = []
        for change, member, to, before, at in db.rows(
            "SELECT id, member_id, to_tier_id, from_tier_id, at FROM tier_change WHERE why = 'review'"
        ):
            if self.ranks[to] >= self.ranks[before] or self._came_back_over(change, member, at):
                continue
            self.seen["demotion"] += 1
            key = f"tier-warning:{member}:{at}"
            told = db.value("SELECT created_at FROM outbox WHERE dedupe_key = ?", (key,))
            month_before = moment(local(at).date() - timedelta(days=30), timedelta(hours=10))
            if told is None or (told > month_before and not self._changed_since(member, month_before, at)):
                late.append((member, at, told))
        for member, *_ in late:
            print(f"member {member} was warned late", *self.history[member], sep="\n  ")
            print(*db.rows("SELECT why, at, ref_id, to_tier_id FROM tier_change WHERE member_id = ?", (member,)))
        assert late == []
        self._plans()
        moves = ", ".join(f"'{kind}'" for kind in PRINCIPAL_MOVES)
        silent = db.rows(
            "SELECT e.id FROM entry e JOIN account a ON a.id = e.account_id WHERE a.asset IN ('principal', 'bonus')"
            f" AND e.kind IN ({moves}) AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.member_id = a.member_id"
            " AND o.template = 'wallet_balance' AND o.created_at = e.at)"
        )
        assert silent == []
        assert [one for one in jobs.runs(limit=10**6) if one.state != "done"] == []

    def _came_back_over(self, change: int, member: int, ended: Millis) -> bool:
        """Whether a refund brought a tier back whose period had ended before: nobody can be warned of that."""
        sql = "SELECT 1 FROM tier_change WHERE member_id = ? AND why = 'refund' AND at >= ? AND id < ? LIMIT 1"
        return db.value(sql, (member, ended, change)) is not None

    def _changed_since(self, member: int, first: Millis, last: Millis) -> bool:
        """Whether something was refunded or the terms changed after the day of the warning."""
        refunded = any(deed.refund and local(first) <= deed.at < local(last) for deed in self.history[member])
        return refunded or any(local(first) <= one.at < local(last) for one in self.book.terms[1:])

    def _plans(self) -> None:
        ended = moment(FIRST + timedelta(days=DAYS - 1), MORNING)
        for bought, member, until in db.rows(
            "SELECT id, member_id, until_at FROM member_plan WHERE until_at < ? AND ended_at IS NULL", (ended,)
        ):
            followed = db.value(
                "SELECT 1 FROM member_plan b JOIN sale s ON s.id = b.sale_id WHERE b.member_id = ? AND b.until_at > ?"
                " AND s.at < ?",
                (member, until, until - 7 * DAY),
            )
            told = db.value("SELECT created_at FROM outbox WHERE dedupe_key = ?", (f"plan-ending:{bought}",))
            if not followed:
                assert told is not None
                assert told < until - 6 * DAY
                self.seen["plan ended"] += 1


def unsound(now: Millis) -> list[Finding]:
    """What the doctor finds; messages wait, as no channel is open here."""
    return [one for one in doctor.examine(now=now) if one.check not in ("messages", "clock")]


@contextmanager
def unsynced() -> Iterator[None]:
    """A year of days without waiting for the disk: power cuts are tried elsewhere."""
    db.proxy.execute_sql("PRAGMA synchronous = OFF")
    yield


def live(shop: Shop, members: int, seed: int) -> Year:
    print(f"a year of {members} members, seed {seed}")
    with unsynced():
        year = Year(shop, members, seed)
        for offset in range(DAYS):
            day = FIRST + timedelta(days=offset)
            year.day(day)
            if day.day == 28 and day.month % 4 == 0:
                assert unsound(moment(day, timedelta(hours=23))) == []
        year.at_the_end()
        assert unsound(moment(FIRST + timedelta(days=DAYS), timedelta(0))) == []
    print(dict(year.seen))
    return year


@pytest.mark.timeout(300)
def test_a_year_of_forty_members(one_shop: Shop) -> None:
    seen = live(one_shop, 40, SEED).seen
    least = {"sale": 500, "refund": 60, "top-up": 30, "plan": 15, "demotion": 10, "birthday": 40, "plan ended": 10}
    assert {name: seen[name] for name in least if seen[name] < least[name]} == {}


@pytest.mark.long
def test_a_year_of_two_thousand_members(one_shop: Shop) -> None:
    seen = live(one_shop, 2000, SEED + 1).seen
    least = {"sale": 30_000, "refund": 3000, "top-up": 1500, "plan": 800, "demotion": 500, "birthday": 2000}
    assert {name: seen[name] for name in least if seen[name] < least[name]} == {}
