"""Spending points on what the shop gives: who may do it, and the proof without which value does not leave."""

from core.base.access import Actor, require, require_own
from core.books.posting import Cause
from core.loyalty import points as points_of
from core.loyalty.points import SpendProofNeeded as SpendProofNeeded


def check_right(by: Actor, member_id: int) -> None:
    """Raise unless this is the member, a kiosk, or someone who may sell. Raises: NotAllowed."""
    if by.kind == "kiosk":
        require(by, "member.find")
    else:
        require_own(by, member_id, "sell")


def spend(member_id: int, points: int, cause: Cause, *, proved: bool) -> int:
    """Take points for something given; the entry's id. Inside the caller's transaction, member locked.

    `proved` is the door's word that a proof of this member allows 'spend' now (`people.credentials.Proof`,
    which this room stands above and cannot see). Raises: SpendProofNeeded, NotEnoughPoints.
    """
    if not proved:
        raise SpendProofNeeded(field="proof", points=points)
    return points_of.spend(member_id, points, cause)


def store_of(by: Actor) -> int | None:
    """The store an actor stands in, if there is just one."""
    return next(iter(by.stores)) if len(by.stores) == 1 else None
