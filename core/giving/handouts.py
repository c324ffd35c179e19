"""Handing over 兑换码: what was redeemed or won waits at the till under a sealed code until it is fetched."""

from dataclasses import dataclass

from core.base import db, ids, seals
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import NotFound, Refused
from core.base.i18n import N_, T
from core.base.money import PIECE
from core.books import audit
from core.books.posting import Cause
from core.goods import catalogue, stock

PREFIX = "H1"


@dataclass(frozen=True)
class Handout:
    """Something that waits for a member, was handed over, or was cancelled; `store_ids` empty means anywhere."""

    id: int
    member_id: int
    name: str
    product_id: int | None
    store_ids: frozenset[int]
    state: str
    at: Millis
    ended_at: Millis | None

    @property
    def code(self) -> str:
        """What the member shows at the till."""
        return code_of(self.id)


class HandoutUnknown(NotFound):
    """No reward waits under this code."""

    code = "handout_unknown"
    text = N_("There is no reward with this code. Scan it again from the member's page.")


class HandoutOver(Refused):
    """The reward was fetched or cancelled before."""

    code = "handout_over"
    text = N_("“{name}” was {what} at {ended_at}. Nothing more is handed over for this code.")


class HandedElsewhere(Refused):
    """The reward waits in other stores."""

    code = "handed_elsewhere"
    text = N_("“{name}” is handed over in other stores: {stores}.")


STATES = {"handed_over": T("handed over"), "cancelled": T("cancelled")}
_SELECT = "SELECT id, member_id, name, product_id, store_ids, state, at, ended_at FROM handout WHERE "


def _handout(row: db.Row) -> Handout:
    handout_id, member_id, name, product_id, stores, state, at, ended_at = row
    store_ids = frozenset(int(one) for one in stores.split())
    return Handout(handout_id, member_id, name, product_id, store_ids, state, at, ended_at)


def code_of(handout_id: int) -> str:
    """The code of what waits: 'H1.<number>.<seal>'."""
    return seals.code_of(PREFIX, handout_id)


def by_code(code: str) -> Handout:
    """What waits under a code. Raises: HandoutUnknown."""
    number = seals.number_of(PREFIX, code)
    row = number and db.one(_SELECT + "id = ?", (number,))
    if not row:
        raise HandoutUnknown(what="reward")
    return _handout(row)


def of(ref_kind: str, ref_id: int) -> Handout | None:
    """What waits or waited for a redemption or a draw."""
    row = db.one(_SELECT + "ref_kind = ? AND ref_id = ?", (ref_kind, ref_id))
    return None if row is None else _handout(row)


def waiting(member_id: int) -> list[Handout]:
    """What a member can still fetch, the oldest first."""
    return [_handout(row) for row in db.rows(_SELECT + "member_id = ? AND state = 'waiting' ORDER BY id", (member_id,))]


# --- doing -----------------------------------------------------------------------------------------


def promise(member_id: int, name: str, product_id: int | None, cause: Cause, *, store_ids: tuple[int, ...] = ()) -> int:
    """Let something wait for a member; inside the caller's transaction. The handout's id."""
    handout_id = ids.new()
    db.add(
        "handout",
        id=handout_id,
        member_id=member_id,
        name=name,
        product_id=product_id,
        store_ids=" ".join(str(one) for one in store_ids),
        state="waiting",
        ref_kind=cause.ref_kind,
        ref_id=cause.ref_id,
        at=cause.now,
    )
    return handout_id


@db.atomic
def hand_over(code: str, *, store_id: int, by: Actor, now: Millis) -> Handout:
    """Give what waits under a code to whoever shows it, once; goods leave the store's stock.

    Raises: NotAllowed, HandoutUnknown, HandedElsewhere, HandoutOver.
    """
    require(by, "sell", store_id=store_id)
    found = by_code(code)
    if found.store_ids and store_id not in found.store_ids:
        raise HandedElsewhere(name=found.name, stores=_names(found.store_ids))
    if not _end(found.id, "handed_over", store_id, now):
        was = by_code(code)
        raise HandoutOver(name=was.name, what=STATES[was.state], ended_at=was.ended_at)
    if found.product_id is not None and catalogue.get(found.product_id).kind == "goods":
        stock.move_many(store_id, [(found.product_id, -PIECE)], "reward", ref_id=found.id, by=by, now=now)
    after = {"name": found.name}
    audit.record("handout.handed_over", "handout", found.id, by=by, now=now, store_id=store_id, after=after)
    return by_code(code)


def cancel(handout: Handout, *, now: Millis) -> bool:
    """Let it wait no longer; False if it was fetched or cancelled before. Inside the caller's transaction."""
    return _end(handout.id, "cancelled", None, now)


def _end(handout_id: int, state: str, store_id: int | None, now: Millis) -> bool:
    sql = "UPDATE handout SET state = ?, ended_at = ?, store_id = ? WHERE id = ? AND state = 'waiting'"
    return db.change(sql, (state, now, store_id, handout_id)) == 1


def _names(store_ids: frozenset[int]) -> str:
    marks = ", ".join("?" * len(store_ids))
    found = db.rows(f"SELECT name FROM store WHERE id IN ({marks}) ORDER BY id", sorted(store_ids))
    return ", ".join(name for (name,) in found)
