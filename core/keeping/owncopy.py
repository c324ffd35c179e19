"""A member's own copy 个人数据副本: everything kept about one person, in one file a program and a person can read."""

from typing import Any

from core.base import db
from core.base.clock import Millis, iso
from core.books.merges import OVER_BOTH
from core.giving import redemptions
from core.keeping.erasure import check_own
from core.loyalty import passes, plans, statement
from core.people import cards, ownfields, tags
from core.people.credentials import Proof
from core.people.members import themselves
from core.selling import receipts
from core.service import copying, surveyanswers

PAGE = 500


def of_member(member_id: int, *, proof: Proof, now: Millis) -> dict[str, Any]:
    """Profile, consents, balances, every move and purchase, service, messages; amounts in cents, moments in UTC.

    Needs a fresh code. Raises: FreshProofNeeded, MemberUnknown.
    """
    check_own(member_id, "export", proof=proof, by=themselves(member_id), now=now)
    with db.read():
        return {
            "made_at": iso(now),
            "profile": _profile(member_id, now),
            "consents": _consents(member_id),
            "balances": _balances(member_id, now),
            "moves": [_move(one) for one in _moves(member_id)],
            "purchases": [_purchase(sale_id) for sale_id in _sales(member_id)],
            "redemptions": [
                {"at": iso(one.at), "name": one.name, "points": one.points, "state": one.state}
                for one in redemptions.of_member(member_id, limit=PAGE)
            ],
            "check_ins": [row[0] for row in db.rows(
                f"SELECT day FROM checkin WHERE member_id IN {OVER_BOTH} ORDER BY day", (member_id, member_id))],
            "answers": surveyanswers.of_member(member_id),
            **copying.of_member(member_id),
            "messages": [
                {"at": iso(row[0]), "template": row[1], "channel": row[2], "state": row[3]}
                for row in db.rows("SELECT created_at, template, channel, state FROM outbox WHERE member_id = ?"
                                   " ORDER BY created_at, id", (member_id,))
            ],
        }  # fmt: skip


def _profile(member_id: int, now: Millis) -> dict[str, Any]:
    card = cards.own_card(member_id, now=now)
    birthday = card.birthday
    return {
        "name": card.name,
        "phone": card.phone,
        "card": card.card,
        "language": card.language,
        "joined_at": iso(card.joined_at),
        "birthday": None if birthday is None else vars(birthday).copy(),
        "note": card.note,
        "alert": card.alert,
        "tier": card.standing.tier.name,
        "visits": card.stats.visits,
        "spent_cents": card.stats.net_spend_cents,
        "tags": list(tags.of(member_id)),
        "own_fields": {field.name: value for field, value in ownfields.of(member_id)},
    }


def _consents(member_id: int) -> list[dict[str, Any]]:
    """Every answer that was ever given, with the words it was given to; also by who was merged into the member."""
    found = db.rows(
        "SELECT DISTINCT purpose, granted, wording, language, source, channel, at FROM consent"
        f" WHERE member_id IN {OVER_BOTH} ORDER BY at, purpose",
        (member_id, member_id),
    )
    names = ("purpose", "granted", "wording", "language", "source", "channel", "at")
    return [dict(zip(names, (row[0], bool(row[1]), *row[2:6], iso(row[6])), strict=True)) for row in found]


def _balances(member_id: int, now: Millis) -> dict[str, Any]:
    card = cards.own_card(member_id, now=now)
    return {
        "points": card.points.balance,
        "principal_cents": card.wallet.principal_cents,
        "bonus_cents": card.wallet.bonus_cents,
        "coupons": [{"name": one.kind.name, "until": iso(one.valid_until_at)} for one in card.coupons],
        "passes": [
            {"name": one.kind.name, "left": one.left, "until": iso(one.until_at)}
            for one in passes.held_by(member_id, now=now)
        ],
        "plans": [{"name": one.plan.name, "until": iso(one.until_at)} for one in plans.held_by(member_id, now=now)],
    }


def _moves(member_id: int) -> list[statement.StatementLine]:
    """Every move, the newest first; those of who was merged into the member after their own."""
    found: list[statement.StatementLine] = []
    for (one,) in db.rows(f"{OVER_BOTH[1:-1]} ORDER BY id <> ?, id", (member_id,) * 3):
        lines: list[statement.StatementLine] = []
        while page := statement.of(one, before_id=lines[-1].id if lines else None, limit=PAGE):
            lines += page
        found += lines
    return found


def _move(line: statement.StatementLine) -> dict[str, Any]:
    return {
        "at": iso(line.at),
        "asset": line.asset,
        "kind": line.kind,
        "amount": line.amount,
        "balance_after": line.balance_after,
        "reason": line.reason,
        "store": line.store,
        "receipt": line.sale_number,
    }


def _sales(member_id: int) -> list[int]:
    return [row[0] for row in db.rows("SELECT id FROM sale WHERE member_id = ? ORDER BY day, at, id", (member_id,))]


def _purchase(sale_id: int) -> dict[str, Any]:
    sale = receipts.of(sale_id)
    lines = [
        {"name": line.name, "quantity_milli": line.quantity_milli, "net_cents": line.net_cents} for line in sale.lines
    ]
    return {
        "receipt": sale.number,
        "at": iso(sale.at),
        "store": sale.store,
        "total_cents": sale.total_cents,
        "refunded_cents": sale.refunded_cents,
        "earned_points": sale.earned_points,
        "redeemed_points": sale.redeemed_points,
        "lines": lines,
    }
