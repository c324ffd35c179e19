"""What two members are and have, in words that do not depend on row ids; and what they may do, one step each."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from core.base import db
from core.base.clock import DAY, Millis
from core.base.errors import RegularsError
from core.giving import checkin
from core.loyalty import coupons, points, topups
from core.loyalty.topups import TopUpTerms
from core.people import consent, ownfields, tags
from core.selling import refunds
from core.selling.refunds import ReturnLine
from tests.shops import Shop

Step = tuple[str, int, int]
"""What is done, by which of the two, how much of it."""


@dataclass
class Pair:
    """Two members of a shop who live through some steps; each takes its time."""

    shop: Shop
    members: tuple[int, int]
    kind: int
    field_id: int
    now: Millis
    sales: list[int] = field(default_factory=list)

    def live(self, steps: list[Step]) -> None:
        """Do every step that is allowed; what is refused leaves nothing."""
        for what, who, amount in steps:
            self.now = Millis(self.now + 7_000)
            try:
                DOING[what](self, self.members[who], amount)
            except RegularsError:
                continue

    def wait(self, _member: int, amount: int) -> None:
        self.now = Millis(self.now + amount * 9 * DAY)

    def sweep(self, member: int, _amount: int) -> None:
        points.expire(member, by=self.shop.owner, now=self.now)

    def earn(self, member: int, amount: int) -> None:
        points.adjust(member, amount * 10, reason="test", by=self.shop.owner, now=self.now)

    def spend(self, member: int, amount: int) -> None:
        there = points.state(member, now=self.now).usable
        points.adjust(member, -max(there * amount // 5, 1), reason="test", by=self.shop.owner, now=self.now)

    def buy(self, member: int, amount: int) -> None:
        usable = points.state(member, now=self.now).usable
        basket = self.shop.basket(("tea", amount), member=member, points=min(usable // 100 * 100, 200))
        paid = (("wallet", 900),) if amount % 2 else ()
        self.sales.append(self.shop.sell(basket, *paid, now=self.now))

    def top_up(self, member: int, amount: int) -> None:
        self.shop.top_up(member, amount * 1000, now=self.now)

    def give_back(self, member: int, amount: int) -> None:
        mine = [one for one in self.sales if db.value("SELECT member_id FROM sale WHERE id = ?", (one,)) == member]
        line = refunds.sold_lines(mine[amount % len(mine)])[0] if mine else None
        if line is not None and line.left:
            back = ReturnLine(line.id, line.left if amount > 2 else 1000)
            sale = mine[amount % len(mine)]
            refunds.refund(sale, (back,), by=self.shop.owner, now=self.now)

    def coupon(self, member: int, amount: int) -> None:
        if not db.value("SELECT 1 FROM coupon WHERE member_id = ? AND ref_id = ?", (member, amount)):
            self.shop.give_coupon(self.kind, member, occasion=amount, now=self.now)

    def say(self, member: int, amount: int) -> None:
        purpose: consent.Purpose = "marketing" if amount > 2 else "profiling"
        if amount % 2:
            consent.grant(member, purpose, source="till", language="zh", by=self.shop.owner, now=self.now)
        else:
            consent.withdraw(member, purpose, source="till", by=self.shop.owner, now=self.now)

    def tag(self, member: int, amount: int) -> None:
        tags.set_tags(member, ["tea", "vip", "cake"][: amount % 4], by=self.shop.owner, now=self.now)
        ownfields.set_values(member, {self.field_id: str(amount % 3 or "")}, by=self.shop.owner, now=self.now)

    def check_in(self, member: int, _amount: int) -> None:
        checkin.check_in(member, by=self.shop.owner, now=self.now)


DOING: dict[str, Callable[[Pair, int, int], None]] = {
    "wait": Pair.wait, "sweep": Pair.sweep, "earn": Pair.earn, "spend": Pair.spend, "buy": Pair.buy,
    "top_up": Pair.top_up, "give_back": Pair.give_back, "coupon": Pair.coupon, "say": Pair.say, "tag": Pair.tag,
    "check_in": Pair.check_in,
}  # fmt: skip


def open_pair(shop: Shop) -> Pair:
    """A shop in which everything can happen to two members."""
    shop.product("tea", 1800)
    shop.tier("silver", 1, spend_cents=6000)
    shop.rule("checkin_points", 5)
    shop.rule("points_months", 2)
    topups.set_rule(3000, TopUpTerms(bonus_cents=500, bonus_days=40), by=shop.owner, now=shop.now)
    kind = shop.coupon_kind("3 off", effect="amount", off_cents=300)
    dog = ownfields.create("dog", "text", by=shop.owner, now=shop.now)
    pair = shop.member("13800138000", name="王伟芳"), shop.member("13900139000", name="王伟", email="w@example.org")
    return Pair(shop, pair, kind, dog, shop.now)


_DUMPED: dict[str, str] = {
    "member": "SELECT state, language, home_store_id, merged_into FROM member WHERE id = ?",
    "person": "SELECT name, phone, email, search_keys FROM member_person WHERE member_id = ?",
    "accounts": "SELECT asset, balance, debt, held FROM account WHERE member_id = ? ORDER BY asset",
    "lots": "SELECT a.asset, l.id, l.remaining, l.available_at, l.expires_at, l.store_id, l.ref_kind, l.ref_id FROM"
    " lot l JOIN account a ON a.id = l.account_id WHERE a.member_id = ? AND l.remaining > 0 ORDER BY l.id",
    "coupons": "SELECT id, state, used, ref_kind, ref_id FROM coupon WHERE member_id = ? ORDER BY id",
    "sales": "SELECT id, refunds, earned_points FROM sale WHERE member_id = ? ORDER BY id",
    "tier": "SELECT tier_id, since_at, until_at, promoted_by, adviser_id FROM member_tier WHERE member_id = ?",
    "credentials": "SELECT kind, value, state FROM credential WHERE member_id = ? ORDER BY id",
    "stats": "SELECT visits, net_spend_cents, first_day, last_day, last_at FROM member_stats WHERE member_id = ?",
    "days": "SELECT day, net_cents, sales, points, events FROM member_day WHERE member_id = ? ORDER BY day",
    "tags": "SELECT tag_id, at FROM member_tag WHERE member_id = ? ORDER BY tag_id",
    "own": "SELECT field_id, value FROM own_value WHERE member_id = ? ORDER BY field_id",
    "queued": "SELECT id, state FROM outbox WHERE member_id = ? AND state = 'queued' ORDER BY id",
}


def dump(pair: Pair) -> list[dict[str, Any]]:
    """Everything the two are and have; a lot that holds nothing any more says nothing."""
    found: list[dict[str, Any]] = []
    for member in pair.members:
        one: dict[str, Any] = {name: db.rows(sql, (member,)) for name, sql in _DUMPED.items()}
        one["consents"] = [(purpose, consent.holds(member, purpose)) for purpose in consent.PURPOSES]
        one["held coupons"] = [coupon.id for coupon in coupons.held_by(member, now=pair.now)]
        found.append(one)
    return found
