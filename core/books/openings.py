"""Openings 期初: the accounts of new members together with what they bring along, many at once.

What `accounts.open_accounts` and `posting.credit` write for one member, in one statement a table: each balance is an
entry of the kind 'opening' and a lot with its own expiry. Only for members who have no account yet.
"""

from collections.abc import Mapping, Sequence

from core.base import db, ids
from core.base.clock import Millis
from core.books import events
from core.books.accounts import ASSETS, Asset, Cause

Had = Mapping[Asset, tuple[int, Millis | None]]
"""What a member had of each asset, above 0, and when it expires (None: never)."""
KIND = "opening"

_ACCOUNT = "INSERT INTO account (id, member_id, asset, balance, version) VALUES (?, ?, ?, ?, ?)"
_ENTRY = (
    "INSERT INTO entry (id, account_id, number, member_id, asset, kind, amount, balance_after, ref_kind, ref_id,"
    " store_id, reason, at, actor) VALUES (?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_LOT = (
    "INSERT INTO lot (id, account_id, entry_id, original, remaining, available_at, expires_at, ref_kind, ref_id,"
    " store_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def open_with(brought: Sequence[tuple[int, Had]], cause: Cause) -> None:
    """Open the accounts of new members with what each brings; inside the caller's transaction."""
    accounts: list[tuple[object, ...]] = []
    entries: list[tuple[object, ...]] = []
    lots: list[tuple[object, ...]] = []
    fresh = iter(ids.several(sum(len(ASSETS) + 2 * len(had) for _, had in brought)))
    tag, now, ref = cause.by.tag, cause.now, (cause.ref_kind, cause.ref_id)
    for member_id, had in brought:
        for asset in ASSETS:
            account_id = next(fresh)
            amount, expires_at = had.get(asset, (0, None))
            accounts.append((account_id, member_id, asset, amount, int(asset in had)))
            if asset not in had:
                continue
            entry_id = next(fresh)
            entries.append(
                (entry_id, account_id, member_id, asset, cause.kind, amount, amount, *ref, cause.store_id,
                 cause.reason, now, tag)
            )  # fmt: skip
            lots.append((next(fresh), account_id, entry_id, amount, amount, now, expires_at, *ref, cause.store_id))
    db.run_many(_ACCOUNT, accounts)
    db.run_many(_ENTRY, entries)
    db.run_many(_LOT, lots)
    for row in entries:
        _tell(row, cause)


def _tell(row: Sequence[object], cause: Cause) -> None:
    entry_id, _account, member_id, asset, kind, amount = row[:6]
    events.tell(
        "points.changed" if asset == "points" else "wallet.changed",
        store_id=cause.store_id,
        member_id=int(str(member_id)),
        now=cause.now,
        entry_id=int(str(entry_id)),
        asset=str(asset),
        kind=str(kind),
        amount=int(str(amount)),
        balance_after=int(str(amount)),
        ref_kind=cause.ref_kind,
        ref_id=cause.ref_id,
    )
