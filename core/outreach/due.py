"""A queued message as its judges see it."""

from dataclasses import dataclass

from core.base.clock import EPOCH, Millis

ADDRESS = "coalesce(o.address, CASE WHEN o.channel = 'email' THEN p.email ELSE p.phone END, '')"
"""Where a message goes: the address it was given, else the member's for its channel."""


@dataclass(frozen=True)
class Due:
    """A queued message whose time has come; `address` is where its channel would bring it."""

    id: int
    member_id: int | None
    address: str
    category: str
    template: str
    dedupe_key: str
    expires_at: Millis
    channel: str = "sms"
    campaign_id: int | None = None
    created_at: Millis = EPOCH
