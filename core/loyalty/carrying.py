"""Carrying loyalty: tier, coupons, plans, passes and shared wallets of a member who goes into another, and back."""

from typing import Any

from core.base import db, ids
from core.base.errors import Refused
from core.base.i18n import N_, T, Text
from core.books import merges
from core.books.merges import Merge
from core.loyalty import ranks, tiers
from core.loyalty.ranks import Tier

_TIER = ("tier_id", "since_at", "until_at", "promoted_by", "adviser_id")


class MergeShares(Refused):
    """Shared wallets that would contradict each other."""

    code = "merge_shares"
    text = N_("Both share a wallet in ways that do not go together. End one of the shares in the member's card first.")


def kept_tier(kept_id: int, gone_id: int) -> tuple[Tier, Text]:
    """The tier that stays, and why."""
    mine, other = tiers.of(kept_id), tiers.of(gone_id)
    if other.rank > mine.rank:
        return other, T("{tier} is higher than {other}", tier=other.name, other=mine.name)
    if mine.rank > other.rank:
        return mine, T("{tier} is higher than {other}", tier=mine.name, other=other.name)
    return mine, T("both hold it; it lasts as long as the longer of the two")


def check_shares(kept_id: int, gone_id: int) -> None:
    """Raise if their shared wallets do not go together: nobody who is paid for pays. Raises: MergeShares."""
    sql = "SELECT member_id, payer_id FROM wallet_share WHERE member_id IN (?, ?) OR payer_id IN (?, ?)"
    shares = [(one, payer) for one, payer in db.rows(sql, (kept_id, gone_id) * 2) if {one, payer} != {kept_id, gone_id}]
    pays = any(payer in (kept_id, gone_id) for _, payer in shares)
    paid = [payer for one, payer in shares if one in (kept_id, gone_id)]
    if (pays and paid) or len(paid) > 1:
        raise MergeShares()


def carry(merge: Merge) -> None:
    """Carry everything; inside the caller's transaction, both members locked. Raises: MergeShares."""
    check_shares(merge.kept_id, merge.gone_id)
    _carry_tier(merge)
    _carry_coupons(merge)
    merges.repoint(merge, "pass")
    merges.repoint(merge, "member_plan")
    _carry_shares(merge)


def carry_back(merge: Merge) -> None:
    """Bring it back; inside the caller's transaction, both members locked."""
    _return_tier(merge)
    merges.point_back(merge, "coupon")
    for coupon_id, was in merges.noted(merge, "coupon.ref").items():
        sql = "UPDATE coupon SET ref_kind = ?, ref_id = ? WHERE id = ? AND member_id = ?"
        db.run(sql, (was["ref_kind"], was["ref_id"], coupon_id, merge.gone_id))
    merges.point_back(merge, "pass")
    merges.point_back(merge, "member_plan")
    _return_shares(merge)


# --- tiers -----------------------------------------------------------------------------------------


def _held(member_id: int) -> dict[str, Any]:
    row = db.rows(f"SELECT {', '.join(_TIER)} FROM member_tier WHERE member_id = ?", (member_id,))[0]
    return dict(zip(_TIER, row, strict=True))


def _put_tier(member_id: int, held: dict[str, Any]) -> None:
    parts = ", ".join(f"{name} = ?" for name in _TIER)
    db.run(f"UPDATE member_tier SET {parts} WHERE member_id = ?", (*(held[name] for name in _TIER), member_id))


def _carry_tier(merge: Merge) -> None:
    """The higher tier with its holding period, of two alike the longer one; nobody reviews who is gone."""
    mine, other = _held(merge.kept_id), _held(merge.gone_id)
    for member_id, held in ((merge.kept_id, mine), (merge.gone_id, other)):
        merges.note(merge, "member_tier", member_id, held)
    db.run("UPDATE member_tier SET until_at = NULL WHERE member_id = ?", (merge.gone_id,))
    ranked = [tiers.of(one).rank for one in (merge.kept_id, merge.gone_id)]
    put = dict(mine)
    if ranked[1] > ranked[0]:
        _note_change(merge, merge.gone_id, mine["tier_id"], other)
        put = dict(other)
    elif ranked[1] == ranked[0] and ranks.outlasts(other["until_at"], mine["until_at"]):
        put |= {"since_at": other["since_at"], "until_at": other["until_at"]}
    put["adviser_id"] = mine["adviser_id"] or other["adviser_id"]
    _put_tier(merge.kept_id, put)
    merges.note(merge, "member_tier.put", merge.kept_id, put)


def _return_tier(merge: Merge) -> None:
    """Put back what each held, unless the kept member's tier changed since for a reason of its own."""
    before, held = merges.noted(merge, "member_tier"), _held(merge.kept_id)
    mine, put = before[merge.kept_id], merges.noted(merge, "member_tier.put")[merge.kept_id]
    back = dict(held)
    if held["adviser_id"] == put["adviser_id"]:
        back["adviser_id"] = mine["adviser_id"]
    if all(held[name] == put[name] for name in _TIER[:-1]):
        back |= {name: mine[name] for name in _TIER[:-1]}
    if back["tier_id"] != held["tier_id"]:
        _note_change(merge, merge.kept_id, None, mine)
    _put_tier(merge.kept_id, back)
    _put_tier(merge.gone_id, before[merge.gone_id])


def _note_change(merge: Merge, of_id: int, from_id: int | None, held: dict[str, Any]) -> None:
    """Write how the kept member came to a tier as it was written for its first holder, so that a refund can undo it."""
    sql = (
        "SELECT from_tier_id, why, ref_id, at FROM tier_change WHERE member_id = ? AND to_tier_id = ?"
        " ORDER BY id DESC LIMIT 1"
    )
    before, why, ref_id, at = db.one(sql, (of_id, held["tier_id"])) or (None, "staff", 0, held["since_at"])
    db.add(
        "tier_change", id=ids.new(), member_id=merge.kept_id, from_tier_id=before if from_id is None else from_id,
        to_tier_id=held["tier_id"], why=why, ref_id=ref_id, at=at, actor=merge.by.tag,
    )  # fmt: skip


# --- coupons and shares ----------------------------------------------------------------------------


def _carry_coupons(merge: Merge) -> None:
    """Both may hold a coupon of one kind for one occasion: the carried one keeps its worth and loses the occasion."""
    sql = (
        "SELECT c.id, c.ref_kind, c.ref_id FROM coupon c JOIN coupon k ON k.member_id = ? AND k.kind_id = c.kind_id"
        " AND k.ref_kind = c.ref_kind AND k.ref_id = c.ref_id WHERE c.member_id = ? ORDER BY c.id"
    )
    for coupon_id, ref_kind, ref_id in db.rows(sql, (merge.kept_id, merge.gone_id)):
        merges.note(merge, "coupon.ref", coupon_id, {"ref_kind": ref_kind, "ref_id": ref_id})
        db.run("UPDATE coupon SET ref_kind = 'merged', ref_id = id WHERE id = ?", (coupon_id,))
    merges.repoint(merge, "coupon")


_SHARE = ("payer_id", "limit_cents", "month", "spent_cents", "at")


def _carry_shares(merge: Merge) -> None:
    """Who pays for one pays for both; one who paid for the other needs to no more."""
    pair = (merge.kept_id, merge.gone_id)
    sql = f"SELECT member_id, {', '.join(_SHARE)} FROM wallet_share WHERE member_id IN (?, ?) AND payer_id IN (?, ?)"
    for member_id, *share in db.rows(sql, pair * 2):
        merges.note(merge, "wallet_share", member_id, dict(zip(_SHARE, share, strict=True)))
        db.run("DELETE FROM wallet_share WHERE member_id = ?", (member_id,))
    merges.repoint(merge, "wallet_share", "payer_id", key="member_id")
    merges.repoint(merge, "wallet_share", key="member_id")


def _return_shares(merge: Merge) -> None:
    merges.point_back(merge, "wallet_share", "payer_id", key="member_id")
    if merges.noted(merge, "wallet_share.member_id"):
        db.run("UPDATE wallet_share SET member_id = ? WHERE member_id = ?", (merge.gone_id, merge.kept_id))
    for member_id, was in merges.noted(merge, "wallet_share").items():
        db.run(
            f"INSERT INTO wallet_share (member_id, {', '.join(_SHARE)}) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (member_id) DO NOTHING",
            (member_id, *(was[name] for name in _SHARE)),
        )
