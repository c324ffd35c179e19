"""Offers to win back many at once 批量挽回, with a hold-out drawn before anything is given or sent.

The most expensive warnings come first. Who may not be written to is left out before the draw, so both groups are
alike; the draw is by a keyed hash inside strata of risk and value, as with campaigns. Who is held out gets no offer
from any campaign, nor a word of win-back, until the days of their case are over; the verdict compares with them.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from core.base import clock, db, ids
from core.base.access import Actor, require
from core.base.clock import DAY, Millis
from core.base.errors import Invalid, Refused
from core.base.i18n import N_, Text, _
from core.books import audit, locks, outbox, rules
from core.books.outbox import Letter
from core.insight import effect
from core.loyalty import coupons
from core.outreach import ahead, careletters, carerules, gifts, heldout
from core.outreach.campaigns import audience
from core.outreach.campaigns.audience import HELD_OUT
from core.service import strategies, winback
from core.service.strategies import Offer

GOOD_DAYS = 7
LARGEST = 500


@dataclass(frozen=True)
class Chosen:
    """A warned member who gets the offer or is held out, with their stratum: risk and third of spending."""

    warning_id: int
    member_id: int
    stratum: str


@dataclass(frozen=True)
class Preview:
    """Whom a batch would concern: how many get the offer, how many are held out, how many are left out and why."""

    offered: int
    held: int
    left_out: Mapping[str, int]

    @property
    def is_telling(self) -> bool:
        """Whether both groups are large enough for a verdict of their own."""
        return min(self.offered, self.held) >= effect.FEW


@dataclass(frozen=True)
class Batch:
    """A batch as it was made."""

    id: int
    offered: int
    held: int
    left_out: Mapping[str, int]


class BatchSizeInvalid(Invalid):
    """A batch is too small or too large."""

    code = "batch_size_invalid"
    text = N_("{given} members cannot be offered something at once: give 1 to {most}. For more, make a campaign.")


class BatchEmpty(Refused):
    """Nobody on the list may be written to."""

    code = "batch_empty"
    text = N_("Of those who stay away nobody may be written to now: {left_out}.")


class OfferEmpty(Invalid):
    """A batch needs something to offer."""

    code = "offer_empty"
    text = N_(
        "“{strategy}” brings no coupon and no points, so a message would be empty. Add one, or open cases and call."
    )


class ShareInvalid(Invalid):
    """A hold-out is 0 to 90 %."""

    code = "share_invalid"
    text = N_("{given} cannot be held out: give 0 to 90 %, or nothing for what the size asks for.")


def preview(count: int, *, share_bp: int | None = None, by: Actor, now: Millis) -> Preview:
    """Whom a batch would concern now. Raises: NotAllowed, BatchSizeInvalid, ShareInvalid."""
    require(by, "churn")
    _check_size(count, share_bp)
    with db.read():
        chosen, left_out = _candidates(count, now=now)
    held = effect.holdout_of(len(chosen), share_bp)
    return Preview(len(chosen) - held, held, left_out)


def _check_size(count: int, share_bp: int | None) -> None:
    if not 1 <= count <= LARGEST:
        raise BatchSizeInvalid(field="count", given=count, most=LARGEST)
    if share_bp is not None and not 0 <= share_bp <= 9_000:
        raise ShareInvalid(field="share", given=f"{share_bp // 100} %")


@db.atomic
def offer(count: int, wanted: Offer, *, share_bp: int | None = None, by: Actor, now: Millis) -> Batch:
    """Offer something to the first of the list; cases, gifts and messages in one go.

    Raises: NotAllowed, BatchSizeInvalid, ShareInvalid, StrategyInvalid, OfferEmpty, BatchEmpty.
    """
    require(by, "churn")
    _check_size(count, share_bp)
    strategies.checked(wanted)
    if not (wanted.coupon_kind_id or wanted.points):
        raise OfferEmpty(field="coupon", strategy=Text(strategies.WORDS[wanted.kind]))
    locked = {one.member_id for one in _candidates(count, now=now)[0]}
    locks.hold(beside=locked)
    chosen, left_out = _candidates(count, now=now)  # again: somebody else may have had the lock
    chosen = [one for one in chosen if one.member_id in locked]
    if not chosen:
        said = ", ".join(f"{_(audience.REASONS[why])} {count}" for why, count in left_out.items())
        raise BatchEmpty(left_out=said or "0")
    batch_id, salt = ids.new(), secrets.token_hex(16)
    db.add("winback_batch", id=batch_id, at=now, actor=by.tag, strategy=wanted.kind,
           coupon_kind_id=wanted.coupon_kind_id, points=wanted.points, product_id=wanted.product_id,
           salt=salt)  # fmt: skip
    held = effect.holdout_of(len(chosen), share_bp)
    arms = audience.allot({one.member_id: one.stratum for one in chosen}, held=held, salt=salt, two_wordings=False)
    for one in sorted(chosen, key=lambda one: one.member_id):
        _make(batch_id, one, arms[one.member_id], wanted, by=by, now=now)
    after = {"count": len(chosen) - held, "held_out": held, "strategy": wanted.kind}
    audit.record("winback.batch", "winback_batch", batch_id, by=by, now=now, after=after)
    return Batch(batch_id, len(chosen) - held, held, left_out)


def _make(batch_id: int, one: Chosen, arm: str, wanted: Offer, *, by: Actor, now: Millis) -> None:
    """The case of one member: with the offer and its message, or held out."""
    case_id = winback.put(one.warning_id, by=by, now=now)
    arm = HELD_OUT if arm == HELD_OUT else "offer"
    sql = "UPDATE winback_case SET batch_id = ?, arm = ?, stratum = ? WHERE id = ?"
    db.run(sql, (batch_id, arm, one.stratum, case_id))
    if arm == HELD_OUT:
        winback.note_offer(case_id, wanted)
        first, last = winback.days_from(now)
        sql = "UPDATE winback_case SET state = 'closed', closed_at = ?, started_day = ?, until_day = ? WHERE id = ?"
        db.run(sql, (now, first, last, case_id))
        return
    winback.give(case_id, one.member_id, wanted, by=by, now=now)
    _write(case_id, one.member_id, wanted, now=now)


def _write(case_id: int, member_id: int, wanted: Offer, *, now: Millis) -> None:
    """Queue the message that tells of the gift; it obeys consent, the gap and quiet hours as any offer does."""
    language = outbox.language_of(member_id, now=now)
    said = _said(wanted, language)
    letter = Letter(
        dedupe_key=key_of(case_id),
        template="winback_gift",
        category="marketing",
        language=language,
        variables={**careletters.named(member_id, language, now=now), "coupon": said},
        member_id=member_id,
        expires_at=Millis(now + GOOD_DAYS * DAY),
    )
    outbox.put(letter, now=now)


def _said(wanted: Offer, language: str) -> str:
    kind = next((kind for kind in coupons.kinds() if kind.id == wanted.coupon_kind_id), None)
    return gifts.Gift(kind.id if kind else None, kind.name if kind else "", wanted.points).said(language)


def key_of(case_id: int) -> str:
    """Under which key the message of a case is queued."""
    return f"winback-case:{case_id}"


# --- who is concerned ------------------------------------------------------------------------------


def _candidates(count: int, *, now: Millis) -> tuple[list[Chosen], dict[str, int]]:
    """The first of the list, less those who may not be written to, with why, and their strata."""
    found = db.rows(
        "SELECT w.id, w.member_id, w.kind, coalesce(p.phone, ''), coalesce(s.net_spend_cents, 0) FROM churn_warning w"
        " JOIN member m ON m.id = w.member_id AND m.state = 'active'"
        " LEFT JOIN member_person p ON p.member_id = m.id LEFT JOIN member_stats s ON s.member_id = m.id"
        " WHERE w.state IN ('open', 'contacted') AND NOT EXISTS (SELECT 1 FROM winback_case c"
        f" WHERE c.member_id = m.id AND (c.state IN {winback.OPEN} OR c.until_day >= ?))"
        " ORDER BY w.loss_cents DESC, w.id LIMIT ?",
        (clock.day_of(now, rules.current(now=now).zone).toordinal(), count),
    )
    why = _why_not({row[1]: row[3] for row in found}, now=now)
    fit = [row for row in found if not why[row[1]]]
    values = audience.thirds([row[4] for row in fit])
    chosen = [Chosen(row[0], row[1], f"{row[2]}:{1 + value}") for row, value in zip(fit, values, strict=True)]
    return chosen, audience.counted(reason for reason in why.values() if reason)


def _why_not(address_of: Mapping[int, str], *, now: Millis) -> dict[int, str]:
    """Why each may not be written to, '' for who may; in the words of campaigns."""
    member_ids, gap_days = list(address_of), rules.current(now=now).gap_days
    rank = carerules.KINDS["winback"].rank
    near = ahead.gift_due_within(member_ids, gap_days, now=now, rank=rank) if gap_days else set()
    # Who is held out must get nothing meanwhile, so nobody is drawn for whom something is on its way already.
    busy = ahead.busy(member_ids, now=now) | ahead.promised(member_ids, now=now)
    held = heldout.of_any(member_ids, when=now)
    stopped = audience.suppressed({one: address for one, address in address_of.items() if address}, Letter.channel)
    agreed = audience.agreed(member_ids, Letter.channel) if member_ids else set[int]()
    return {
        one: audience.reason_of(
            audience.Facts(
                address=address,
                suppressed=one in stopped,
                agreed=one in agreed,
                in_gap=one in busy,
                gift_near=one in near,
                held_out=one in held,
            )
        )
        for one, address in address_of.items()
    }
