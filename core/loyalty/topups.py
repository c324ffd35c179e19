"""Top-up rules 充值规则: 充500送50, also points, coupons and passes; by tier, date and store.

Who pays in gets what the best fitting rule gives: of those not above the amount the largest, of equal
ones the larger bonus. A bonus may come in monthly instalments. Reversing takes everything back: what
was used of points and coupons at face value.
"""

from dataclasses import dataclass

from core.base import clock, db, ids, money
from core.base.access import Actor, require
from core.base.clock import DAY, Millis
from core.base.errors import Invalid, Refused
from core.base.i18n import N_, T, Text
from core.books import audit, posting, rules
from core.books.posting import Cause
from core.loyalty import coupons, limits, passes, points, wallet
from core.loyalty.limits import Limits, Moment


@dataclass(frozen=True, kw_only=True)
class TopUpTerms(Limits):
    """What a top-up brings beside its principal. `bonus_days` None: the bonus does not expire.

    `instalments` n gives the bonus in n parts, the first at once, then one a month.
    """

    bonus_cents: int = 0
    bonus_days: int | None = None
    instalments: int = 1
    points: int = 0
    coupon_kind_id: int | None = None
    pass_kind_id: int | None = None


@dataclass(frozen=True)
class TopUpRule:
    """A preset: who pays so much gets this, while it runs."""

    id: int
    pay_cents: int
    terms: TopUpTerms
    from_at: Millis
    until_at: Millis | None

    @property
    def bonus_cents(self) -> int:
        """The bonus in all."""
        return self.terms.bonus_cents

    @property
    def bonus_days(self) -> int | None:
        """So many days a part of the bonus lives."""
        return self.terms.bonus_days


class TopUpRuleInvalid(Invalid):
    """A top-up rule cannot be right."""

    code = "top_up_rule_invalid"
    text = N_("Top-up rule for {pay_cents}: {field} does not fit. {wanted}")


class WalletFull(Refused):
    """The law bounds what may be stored."""

    code = "wallet_full"
    text = N_("At most {cap_cents} may be stored here and {stored_cents} is; {room_cents} more can be paid in.")


# --- pure ----------------------------------------------------------------------------------------


def best(found: list[TopUpRule], pay_cents: int, moment: Moment) -> TopUpRule | None:
    """The rule for an amount: the largest preset not above it that holds, of equal ones the larger bonus."""
    fitting = [one for one in found if one.pay_cents <= pay_cents and limits.unmet(one.terms, moment) is None]
    return max(fitting, key=lambda one: (one.pay_cents, one.bonus_cents, -one.id), default=None)


def _wrong(terms: TopUpTerms) -> tuple[str, Text] | None:
    if min(terms.bonus_cents, terms.points) < 0:
        return "bonus_cents", T("Amounts are 0 or more.")
    if terms.bonus_days is not None and terms.bonus_days < 1:
        return "bonus_days", T("At least one day.")
    if not 1 <= terms.instalments <= 36:
        return "instalments", T("From 1 to 36 months.")
    return limits.wrong(terms)


# --- rules ---------------------------------------------------------------------------------------


def running(*, now: Millis) -> list[TopUpRule]:
    """The presets in force, smallest first."""
    found = db.rows(
        "SELECT id, pay_cents, terms, from_at, until_at FROM topup_rule WHERE active = 1 AND from_at <= ?"
        " AND (until_at IS NULL OR until_at > ?) ORDER BY pay_cents, id",
        (now, now),
    )
    return [TopUpRule(row[0], row[1], limits.read(TopUpTerms, row[2]), row[3], row[4]) for row in found]


@db.atomic
def set_rule(
    pay_cents: int,
    terms: TopUpTerms,
    *,
    by: Actor,
    now: Millis,
    from_at: Millis | None = None,
    until_at: Millis | None = None,
) -> int:
    """Add a preset; one for everyone takes the place of that for the same amount.

    Raises: NotAllowed, TopUpRuleInvalid.
    """
    require(by, "marketing")
    found = ("pay_cents", T("An amount above 0 is needed.")) if pay_cents <= 0 else _wrong(terms)
    if found is not None:
        raise TopUpRuleInvalid(pay_cents=pay_cents, field=found[0], wanted=found[1])
    if _for_everyone(terms) and until_at is None:
        for one in running(now=now):
            if one.pay_cents == pay_cents and one.until_at is None and _for_everyone(one.terms):
                db.run("UPDATE topup_rule SET active = 0 WHERE id = ?", (one.id,))
    rule_id: int = db.value(
        "INSERT INTO topup_rule (id, pay_cents, terms, from_at, until_at, active) VALUES (?, ?, ?, ?, ?, 1)"
        " ON CONFLICT (pay_cents, terms, from_at) DO UPDATE SET until_at = excluded.until_at, active = 1 RETURNING id",
        (ids.new(), pay_cents, limits.stored(terms), now if from_at is None else from_at, until_at),
    )
    after = {"pay_cents": pay_cents, "bonus_cents": terms.bonus_cents}
    audit.record("topup_rule.set", "topup_rule", rule_id, by=by, now=now, after=after)
    return rule_id


def _for_everyone(terms: TopUpTerms) -> bool:
    plain = TopUpTerms()
    return all(getattr(terms, name) == getattr(plain, name) for name in Limits.__dataclass_fields__)


@db.atomic
def retire(rule_id: int, *, by: Actor, now: Millis) -> None:
    """Take a preset away. Raises: NotAllowed."""
    require(by, "marketing")
    db.run("UPDATE topup_rule SET active = 0 WHERE id = ?", (rule_id,))
    audit.record("topup_rule.retired", "topup_rule", rule_id, by=by, now=now)


# --- doing (inside the caller's transaction) -----------------------------------------------------


def top_up(member_id: int, pay_cents: int, moment: Moment, cause: Cause) -> TopUpRule | None:
    """Add principal and what the fitting rule gives; the rule. Raises: WalletFull."""
    principal = posting.account(member_id, "principal")
    _check_room(member_id, principal.balance, pay_cents, cause.now)
    posting.credit(principal, pay_cents, cause, expires_at=None)
    rule = best(running(now=cause.now), pay_cents, moment)
    if rule is None:
        return None
    terms = rule.terms
    parts = money.shares(terms.bonus_cents, [1] * terms.instalments)
    for month, part in enumerate(parts):
        if part:
            _give_bonus(member_id, part, month, terms, cause)
    if terms.points:
        points.earn(member_id, terms.points, Cause("topup", "topup", cause.ref_id, cause.by, cause.now, cause.store_id))
    if terms.coupon_kind_id is not None:
        coupons.issue(terms.coupon_kind_id, member_id, ref_kind="topup", ref_id=cause.ref_id, now=cause.now)
    if terms.pass_kind_id is not None:
        given = Cause("topup", "topup", cause.ref_id, cause.by, cause.now, cause.store_id)
        passes.issue(terms.pass_kind_id, member_id, paid_cents=0, cause=given)
    return rule


def _check_room(member_id: int, stored_cents: int, pay_cents: int, now: Millis) -> None:
    shop = rules.current(now=now)
    named = db.value(
        "SELECT 1 FROM credential WHERE member_id = ? AND kind = 'phone' AND ended_at IS NULL", (member_id,)
    )
    cap = shop.wallet_cap_cents if named else shop.wallet_cap_unnamed_cents
    if cap and stored_cents + pay_cents > cap:
        room = max(cap - stored_cents, 0)
        raise WalletFull(field="unit_cents", cap_cents=cap, stored_cents=stored_cents, room_cents=room)


def _give_bonus(member_id: int, cents: int, month: int, terms: TopUpTerms, cause: Cause) -> None:
    zone = rules.current(now=cause.now).zone
    starts = cause.now
    if month:
        starts = clock.start_of(clock.add_months(clock.day_of(cause.now, zone), month), zone)
    expires = None if terms.bonus_days is None else Millis(starts + terms.bonus_days * DAY)
    account = posting.account(member_id, "bonus")
    posting.credit(account, cents, cause, expires_at=expires, available_at=Millis(starts))


@dataclass(frozen=True)
class Extras:
    """What a top-up gave beside money: what was used of it in cents at face value, and what is left."""

    used_cents: int
    points_left: int


def extras_of(sale_id: int, member_id: int, *, now: Millis) -> Extras:
    """What reversing a top-up costs for points and coupons already used, and the points left of it."""
    shop = rules.current(now=now)
    found = db.one(
        "SELECT coalesce(CAST(sum(CASE WHEN e.ref_kind = 'merge' THEN 0 ELSE l.original END) AS BIGINT), 0),"
        " coalesce(CAST(sum(CASE WHEN a.member_id = ? THEN l.remaining ELSE 0 END) AS BIGINT), 0)"
        " FROM lot l JOIN entry e ON e.id = l.entry_id JOIN account a ON a.id = l.account_id"
        " WHERE a.asset = 'points' AND l.ref_kind = 'topup' AND l.ref_id = ?",
        (member_id, sale_id),
    ) or (0, 0)
    taken_off = db.value(
        "SELECT coalesce(CAST(sum(d.cents) AS BIGINT), 0) FROM coupon c JOIN coupon_use u ON u.coupon_id = c.id"
        " AND u.returned_at IS NULL JOIN sale_discount d ON d.sale_id = u.sale_id AND d.rule_kind = 'coupon'"
        " AND d.rule_id = c.kind_id WHERE c.ref_kind = 'topup' AND c.ref_id = ?",
        (sale_id,),
    )
    used_points = found[0] - found[1]
    return Extras(points.worth(used_points, points_per_unit=shop.points_per_unit) + int(taken_off), found[1])


def take_extras(sale_id: int, member_id: int, extras: Extras, cause: Cause) -> None:
    """Take back the points, coupons and passes left of what a top-up gave."""
    if extras.points_left:
        account = posting.account(member_id, "points")
        posting.take_back(account, extras.points_left, cause, sale_id=sale_id, ref_kind="topup")
    db.run(
        "UPDATE coupon SET state = 'cancelled' WHERE ref_kind = 'topup' AND ref_id = ? AND state = 'issued'", (sale_id,)
    )
    for pass_id, left in db.rows(
        "SELECT p.id, p.left_uses FROM pass p JOIN pass_entry e ON e.pass_id = p.id AND e.kind = 'issue'"
        " WHERE e.ref_kind = 'topup' AND e.ref_id = ? AND p.ended_at IS NULL",
        (sale_id,),
    ):
        passes.cancel(pass_id, left, cause)


def paid_back(sale_id: int, member_id: int, *, now: Millis) -> tuple[int, Extras]:
    """What reversing a top-up pays: principal left less bonus used, less points and coupons used.

    Raises: TopUpSpent.
    """
    paid, principal_left, _ = wallet.reversal_of(sale_id, member_id)
    extras = extras_of(sale_id, member_id, now=now)
    if extras.used_cents > paid:
        used = principal_left - paid + extras.used_cents
        raise wallet.TopUpSpent(left_cents=principal_left, used_cents=used)
    return paid - extras.used_cents, extras
