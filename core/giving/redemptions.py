"""Redemptions 兑换: points for a reward; a coupon at once, a product or service to be fetched at the till.

Stock is a guarded count: of many who ask for the last one exactly one gets it. Cancelling gives the points
back to the lots they came from.
"""

from dataclasses import dataclass

from core.base import db, ids
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import NotFound, Refused
from core.base.i18n import N_
from core.books import audit, carrying, locks, requests, rules
from core.books.posting import Cause
from core.giving import handouts, rewards, spending
from core.giving.rewards import Reward
from core.loyalty import coupons


@dataclass(frozen=True)
class Redemption:
    """What a member got: the code of a coupon, or the code under which it waits at the till."""

    id: int
    reward_id: int
    member_id: int
    name: str
    points: int
    state: str
    at: Millis
    coupon_code: str | None
    code: str | None


class RewardGone(Refused):
    """The last one went to somebody else."""

    code = "reward_gone"
    text = N_("All {stock} of “{name}” are gone. No points were taken; choose another reward.")


class RewardNotFor(Refused):
    """The reward is not for this member, or not now."""

    code = "reward_not_for"
    text = N_("“{name}” cannot be had now: {why}. No points were taken; choose another reward.")


class RedemptionUnknown(NotFound):
    """No redemption has this id."""

    code = "redemption_unknown"
    text = N_("There is no redemption {what}. Open it from the member's card.")


class RedemptionOver(Refused):
    """What was redeemed was used, handed over or cancelled before."""

    code = "redemption_over"
    text = N_(
        "“{name}” was used, fetched or cancelled before, so its {points} points stay. "
        "Adjust them by hand if they should not."
    )


@db.atomic
def redeem(
    member_id: int, reward_id: int, *, proved: bool, by: Actor, now: Millis, key: str | None = None
) -> Redemption:
    """Spend a member's points on a reward. The same key gives the same redemption.

    `proved`: the door has a proof of this member that allows 'spend' (at the till and on the phone alike).
    Raises: NotAllowed, SpendProofNeeded, RewardUnknown, RewardNotFor, RewardGone, NotEnoughPoints, KeyReused,
    MemberUnknown, MemberBlocked …
    """
    spending.check_right(by, member_id)
    asked = {"member": member_id, "reward": reward_id}
    redemption_id = requests.once(
        key,
        lambda: _redeem(member_id, reward_id, proved, by, now),
        scope=f"{by.tag}/redeem",
        request=asked,
        now=now,
    )
    return get(redemption_id)


def _redeem(member_id: int, reward_id: int, proved: bool, by: Actor, now: Millis) -> int:
    locks.hold(member_id)
    reward = rewards.get(reward_id)
    if not reward.active:
        raise rewards.RewardUnknown(what=str(reward_id))
    why = rewards.why_not(reward, _had(member_id, reward_id), rewards.moment_of(member_id, now=now))
    if why is not None:
        raise RewardNotFor(name=reward.name, why=why)
    redemption_id, points, store_id = ids.new(), reward.terms.points, spending.store_of(by)
    cause = Cause("reward", "redemption", redemption_id, by, now, store_id)
    entry_id = spending.spend(member_id, points, cause, proved=proved)
    _take_one(reward)
    db.add(
        "redemption",
        id=redemption_id,
        reward_id=reward_id,
        member_id=member_id,
        points=points,
        state="given",
        entry_id=entry_id,
        coupon_id=_give(reward, member_id, cause),
        at=now,
        actor=by.tag,
    )
    after = {"reward": reward.name, "points": points}
    audit.record("reward.redeemed", "member", member_id, by=by, now=now, store_id=store_id, after=after)
    return redemption_id


def _had(member_id: int, reward_id: int) -> int:
    sql = "SELECT count(*) FROM redemption WHERE member_id = ? AND reward_id = ? AND state = 'given'"
    return int(db.value(sql, (member_id, reward_id)))


def _take_one(reward: Reward) -> None:
    sql = "UPDATE reward SET given = given + 1 WHERE id = ? AND active = 1 AND (stock IS NULL OR given < stock)"
    if db.change(sql, (reward.id,)):
        return
    now_as = rewards.get(reward.id)
    if now_as.stock is None or not now_as.active:  # taken off the list a moment ago
        raise rewards.RewardUnknown(what=str(reward.id))
    raise RewardGone(name=now_as.name, stock=now_as.stock)


def _give(reward: Reward, member_id: int, cause: Cause) -> int | None:
    """The coupon, or something that waits at the till."""
    terms = reward.terms
    if terms.coupon_kind_id is None:
        handouts.promise(member_id, reward.name, terms.product_id, cause, store_ids=terms.store_ids)
        return None
    issued = coupons.issue(terms.coupon_kind_id, member_id, ref_kind="redemption", ref_id=cause.ref_id, now=cause.now)
    if issued is None:  # its kind was retired meanwhile
        raise rewards.RewardUnknown(what=str(reward.id))
    return issued


@db.atomic
def cancel(redemption_id: int, *, by: Actor, now: Millis, key: str | None = None) -> int:
    """Undo a redemption nothing of which was used; the points given back, to the lots they came from.

    By staff who may refund: undone by members themselves it would renew points that are about to expire.
    Raises: NotAllowed, RedemptionUnknown, RedemptionOver, KeyReused.
    """
    require(by, "refund")
    found = get(redemption_id)
    requests.once(
        key, lambda: _cancel(found, by, now), scope=f"{by.tag}/cancel-redemption", request=redemption_id, now=now
    )
    return found.points


def _cancel(found: Redemption, by: Actor, now: Millis) -> int:
    locks.hold(beside=[found.member_id])
    ended = db.one(
        "UPDATE redemption SET state = 'cancelled', cancelled_at = ? WHERE id = ? AND state = 'given'"
        " RETURNING entry_id, coupon_id",
        (now, found.id),
    )
    if ended is None or (ended[1] is not None and not coupons.cancel(ended[1])):
        raise RedemptionOver(name=found.name, points=found.points)
    promised = handouts.of("redemption", found.id)
    if promised is not None and not handouts.cancel(promised, now=now):
        raise RedemptionOver(name=found.name, points=found.points)
    cause = Cause("reward_back", "redemption", found.id, by, now, spending.store_of(by))
    carrying.give_back(ended[0], found.points, cause, grace_until=rules.grace_until(now))
    db.run("UPDATE reward SET given = given - 1 WHERE id = ?", (found.reward_id,))
    after = {"reward": found.name, "points": found.points}
    audit.record("redemption.cancelled", "member", found.member_id, by=by, now=now, after=after)
    return found.id


# --- reads -----------------------------------------------------------------------------------------

_SELECT = (
    "SELECT r.id, r.reward_id, r.member_id, w.name, r.points, r.state, r.at, c.code, h.id FROM redemption r"
    " JOIN reward w ON w.id = r.reward_id LEFT JOIN coupon c ON c.id = r.coupon_id"
    " LEFT JOIN handout h ON h.ref_kind = 'redemption' AND h.ref_id = r.id WHERE "
)


def _redemption(row: db.Row) -> Redemption:
    redemption_id, reward_id, member_id, name, points, state, at, coupon_code, handout_id = row
    code = handouts.code_of(handout_id) if handout_id else None
    return Redemption(redemption_id, reward_id, member_id, name, points, state, at, coupon_code, code)


def get(redemption_id: int) -> Redemption:
    """One redemption. Raises: RedemptionUnknown."""
    row = db.one(_SELECT + "r.id = ?", (redemption_id,))
    if row is None:
        raise RedemptionUnknown(what=str(redemption_id))
    return _redemption(row)


def of_member(member_id: int, *, limit: int = 50) -> list[Redemption]:
    """What a member redeemed, the newest first."""
    found = db.rows(_SELECT + "r.member_id = ? ORDER BY r.at DESC, r.id DESC LIMIT ?", (member_id, limit))
    return [_redemption(row) for row in found]
