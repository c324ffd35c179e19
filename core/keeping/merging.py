"""Merging 合并: two members who are one person become one, in two steps, and it can be undone.

`preview` says what moves, with a mark of how things stand; `merge` refuses if anything happened since that mark.
Lots keep their dates, balances and debts add up, the higher tier stays, the later word on each consent holds, and
limits once a person count over both. `undo` brings back what moved; what happened since stays with who was kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from core.base import db
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Invalid, Refused, RegularsError
from core.base.i18n import N_, Text
from core.books import audit, carrying, holds, locks, merges, rules, stats
from core.books.accounts import ASSETS, Asset
from core.books.carrying import Return
from core.books.merges import Merge
from core.giving import carrying as given
from core.insight import warnings
from core.loyalty import carrying as loyalty
from core.loyalty import points, reserves
from core.loyalty.ranks import Tier
from core.outreach import carrying as letters
from core.people import cards
from core.people import carrying as people
from core.people.cards import MemberCard
from core.people.carrying import MergedField
from core.people.consent import ConsentState
from core.selling import carrying as sales
from core.service import carrying as served

MOVING = (
    ("sale", "SELECT count(*) FROM sale WHERE member_id = ?"),
    ("coupon", "SELECT count(*) FROM coupon WHERE state = 'issued' AND member_id = ?"),
    ("pass", "SELECT count(*) FROM pass WHERE left_uses > 0 AND ended_at IS NULL AND member_id = ?"),
    ("member_plan", "SELECT count(*) FROM member_plan WHERE ended_at IS NULL AND member_id = ?"),
    ("redemption", "SELECT count(*) FROM redemption WHERE member_id = ?"),
    ("referral", "SELECT count(*) FROM referral WHERE referrer_id = ?"),
    ("credential", "SELECT count(*) FROM credential WHERE state = 'active' AND member_id = ?"),
    ("tag", "SELECT count(*) FROM member_tag WHERE member_id = ?"),
    ("visit", "SELECT visits FROM member_stats WHERE member_id = ?"),
)
"""What is counted of the member who goes, for the preview."""
KINDS = {
    "sale": N_("sales"),
    "coupon": N_("coupons"),
    "pass": N_("passes"),
    "member_plan": N_("plans"),
    "redemption": N_("rewards redeemed"),
    "referral": N_("friends brought"),
    "credential": N_("numbers and cards"),
    "tag": N_("tags"),
    "visit": N_("visits"),
}
"""What moves, in words."""


@dataclass(frozen=True)
class Sum:
    """The balances of one asset before a merge; debts count below zero."""

    asset: Asset
    kept: int
    gone: int

    @property
    def together(self) -> int:
        """What the kept member has afterwards."""
        return self.kept + self.gone


@dataclass(frozen=True)
class MergePreview:
    """What merging would do; both cards as the asker may see them.

    `moves` counts rows by kind (`KINDS`), `refusals` is what stands in the way, `mark` changes with every change.
    """

    kept: MemberCard
    gone: MemberCard
    sums: tuple[Sum, ...]
    moves: tuple[tuple[str, int], ...]
    tier: Tier
    tier_why: Text
    consents: tuple[ConsentState, ...]
    fields: tuple[MergedField, ...]
    refusals: tuple[RegularsError, ...]
    mark: str


@dataclass(frozen=True)
class UndoPreview:
    """What undoing a merge would do: both members, each asset, how many rows go back, what stands in the way."""

    merge_id: int
    kept_id: int
    gone_id: int
    merged_at: Millis
    returns: tuple[Return, ...]
    moves: tuple[tuple[str, int], ...]
    refusals: tuple[RegularsError, ...]


class MergeWithSelf(Invalid):
    """Both are the same member."""

    code = "merge_with_self"
    text = N_("Both are member {member}. Choose the other membership of this person.")


class MergeHeld(Refused):
    """Something is set aside for the member who would go."""

    code = "merge_held"
    text = N_("{amount} ({asset}) is set aside until {lapses_at} for the membership that would end. End that first.")


class MergeOvertaken(Refused):
    """Something happened between the preview and the answer."""

    code = "merge_overtaken"
    text = N_("Something changed on one of the two in between, so nothing was merged. Look at it again, then decide.")


class MergeNotLast(Refused):
    """A later merge of the same member has to be undone first."""

    code = "merge_not_last"
    text = N_("Merge {merge} came later. Undo that one first: `regulars member unmerge {merge}`.")


# --- merging ---------------------------------------------------------------------------------------


def preview(
    kept_id: int, gone_id: int, *, choices: Mapping[str, str] | None = None, by: Actor, now: Millis
) -> MergePreview:
    """What merging would do; writes nothing. Raises: NotAllowed, MergeWithSelf, FieldChoiceUnknown, MemberUnknown."""
    require(by, "member.merge")
    if kept_id == gone_id:
        raise MergeWithSelf(field="gone", member=str(kept_id))
    chosen = dict(choices or {})
    people.check_choices(chosen)
    with db.read():
        kept, gone = (cards.card(one, by=by, now=now) for one in (kept_id, gone_id))
        tier, why = loyalty.kept_tier(kept_id, gone_id)
        counts = [(kind, int(db.value(sql, (gone_id,)) or 0)) for kind, sql in MOVING]
        return MergePreview(
            kept,
            gone,
            tuple(Sum(asset, _balance(kept_id, asset), _balance(gone_id, asset)) for asset in ASSETS),
            tuple((kind, count) for kind, count in counts if count),
            tier,
            why,
            tuple(people.consents_after(kept_id, gone_id)),
            tuple(people.differing(kept_id, gone_id, chosen, by=by)),
            tuple(_in_the_way(kept_id, gone_id)),
            _mark(kept_id, gone_id),
        )


def _balance(member_id: int, asset: str) -> int:
    return int(db.value("SELECT balance FROM account WHERE member_id = ? AND asset = ?", (member_id, asset)))


def _in_the_way(kept_id: int, gone_id: int) -> list[RegularsError]:
    """Every refusal that is known beforehand."""
    found: list[RegularsError] = []
    for member_id in (kept_id, gone_id):
        try:
            locks.check(member_id)
        except RegularsError as refusal:
            found.append(refusal)
    found += [_held(one) for one in reserves.held_by(gone_id)]
    try:
        loyalty.check_shares(kept_id, gone_id)
    except Refused as refusal:
        found.append(refusal)
    return found


def _held(one: holds.Hold) -> MergeHeld:
    return MergeHeld(amount=one.amount, asset=one.asset, lapses_at=one.lapses_at)


_STATE = (
    "SELECT (SELECT count(*) FROM entry e JOIN account a ON a.id = e.account_id WHERE a.member_id = m.id),"
    " (SELECT CAST(sum(held) AS BIGINT) FROM account WHERE member_id = m.id),"
    " (SELECT CAST(sum(1 + refunds) AS BIGINT) FROM sale WHERE member_id = m.id),"
    " (SELECT CAST(sum(1 + used) AS BIGINT) FROM coupon WHERE member_id = m.id),"
    " (SELECT CAST(sum(1 + left_uses) AS BIGINT) FROM pass WHERE member_id = m.id),"
    " (SELECT count(*) FROM member_plan WHERE member_id = m.id AND ended_at IS NULL),"
    " (SELECT count(*) FROM consent WHERE member_id = m.id), (SELECT max(id) FROM consent WHERE member_id = m.id),"
    " (SELECT CAST(sum(id) AS BIGINT) FROM credential WHERE member_id = m.id AND state = 'active'),"
    " (SELECT count(*) FROM audit WHERE entity = 'member' AND entity_id = m.id), (SELECT count(*) FROM tier_change"
    " WHERE member_id = m.id), (SELECT CAST(sum(tag_id) AS BIGINT) FROM member_tag WHERE member_id = m.id),"
    " m.state, m.version, m.language, p.name, p.phone, p.email, p.birth_month, p.birth_day, p.note, p.alert"
    " FROM member m JOIN member_person p ON p.member_id = m.id WHERE m.id = ?"
)


def _mark(kept_id: int, gone_id: int) -> str:
    found = [db.one(_STATE, (member_id,)) for member_id in (kept_id, gone_id)]
    return sha256("|".join(str(value) for row in found for value in row or ()).encode()).hexdigest()[:16]


@db.atomic
def merge(
    kept_id: int, gone_id: int, *, mark: str, choices: Mapping[str, str] | None = None, by: Actor, now: Millis
) -> int:
    """Let one member go into another; the merge's id. `choices` names fields whose other value stays ('gone').

    Raises: NotAllowed, MergeWithSelf, MergeOvertaken, MergeHeld, MergeShares, FieldChoiceUnknown, MemberUnknown,
    MemberBlocked, MemberMerged, MemberErased.
    """
    require(by, "member.merge")
    if kept_id == gone_id:
        raise MergeWithSelf(field="gone", member=str(kept_id))
    locks.hold(kept_id, gone_id)
    if _mark(kept_id, gone_id) != mark:
        raise MergeOvertaken()
    for one in reserves.held_by(gone_id):
        raise _held(one)
    done = merges.begin(kept_id, gone_id, by=by, now=now)
    loyalty.carry(done)
    carrying.carry(done)
    stats.carry(done)
    given.carry(done)
    sales.carry(done)
    letters.carry(done)
    warnings.carry(done)
    served.carry(done)
    people.carry(done, choices or {})
    for member_id, facts in ((gone_id, {"into": str(kept_id)}), (kept_id, {"from": str(gone_id)})):
        audit.record("member.merged", "member", member_id, by=by, now=now, after={"merge": str(done.id)} | facts)
    return done.id


# --- undoing ---------------------------------------------------------------------------------------


def undo_preview(merge_id: int, *, by: Actor, now: Millis) -> UndoPreview:
    """What undoing would do; writes nothing. Raises: NotAllowed, MergeUnknown, MergeUndone."""
    require(by, "member.merge")
    with db.read():
        done = merges.get(merge_id, by=by, now=now)
        refusals: list[RegularsError] = []
        for check in (_check_last, _check_kept, people.check_free):
            try:
                check(done)
            except RegularsError as refusal:
                refusals.append(refusal)
        moves = tuple(merges.counted(done).items())
        returns = tuple(carrying.returns(done))
        return UndoPreview(merge_id, done.kept_id, done.gone_id, done.at, returns, moves, tuple(refusals))


def _check_last(done: Merge) -> None:
    later = db.value(
        "SELECT max(id) FROM member_merge WHERE undone_at IS NULL AND (kept_id = ? OR gone_id = ?) AND id <> ?"
        " AND (at > ? OR (at = ? AND id > ?))",
        (done.kept_id, done.kept_id, done.id, done.at, done.at, done.id),
    )
    if later is not None:
        raise MergeNotLast(merge=str(later))


def _check_kept(done: Merge) -> None:
    locks.check(done.kept_id)


@db.atomic
def undo(merge_id: int, *, by: Actor, now: Millis) -> tuple[Return, ...]:
    """Let the member who went come back with what moved; what came of each asset.

    Raises: NotAllowed, MergeUnknown, MergeUndone, MergeNotLast, CredentialTaken, MemberBlocked, MemberErased …
    """
    require(by, "member.merge")
    done = merges.get(merge_id, by=by, now=now)
    locks.hold(beside=(done.kept_id, done.gone_id))
    done = merges.get(merge_id, by=by, now=now)
    _check_last(done)
    _check_kept(done)
    returned = sales.returned_since(done)
    moved = carrying.carry_back(done, expires_at=points.expiry_of(now, rules.current(now=now)))
    sales.carry_back(done)
    stats.carry_back(done, returned)
    given.carry_back(done)
    letters.carry_back(done)
    warnings.carry_back(done)
    served.carry_back(done)
    loyalty.carry_back(done)
    people.carry_back(done)
    merges.end(done)
    for member_id in (done.gone_id, done.kept_id):
        audit.record("member.unmerged", "member", member_id, by=by, now=now, after={"merge": str(merge_id)})
    return tuple(moved)


def of_member(member_id: int, *, by: Actor) -> list[tuple[int, int, Millis]]:
    """The merges into a member that stand, the newest first: (merge, who went, when). Raises: NotAllowed."""
    require(by, "member.merge")
    sql = "SELECT id, gone_id, at FROM member_merge WHERE kept_id = ? AND undone_at IS NULL ORDER BY at DESC, id DESC"
    return [(merge_id, gone_id, Millis(at)) for merge_id, gone_id, at in db.rows(sql, (member_id,))]
