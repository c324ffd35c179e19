"""Carrying what was given: rewards, what waits at the till, and friends of a member who goes into another, and back.

Check-ins, draws, visits by a link and single awards are never changed; their limits are read over both members.
"""

from core.books import merges
from core.books.merges import Merge


def carry(merge: Merge) -> None:
    """Carry everything; inside the caller's transaction, both members locked."""
    merges.repoint(merge, "redemption")
    merges.repoint(merge, "handout")
    # who was brought by the other stays as it is: nobody brings themselves
    merges.repoint(merge, "referral", "referrer_id", key="friend_id", only=f"friend_id <> {merge.kept_id}")


def carry_back(merge: Merge) -> None:
    """Bring it back; inside the caller's transaction, both members locked."""
    merges.point_back(merge, "redemption")
    merges.point_back(merge, "handout")
    merges.point_back(merge, "referral", "referrer_id", key="friend_id")
