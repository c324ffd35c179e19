"""Short links in messages: a token for each message and page, whose openings are counted; nothing says who opened it.

A link leads to a page of the shop itself or to an address that staff wrote, always by HTTPS.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from core.base import codes, db, limits, settings
from core.base.clock import HOUR, Millis
from core.base.errors import Invalid, NotFound
from core.base.i18n import N_
from core.base.limits import Limit

BY_ADDRESS = Limit("links by address", 300, HOUR)
LONGEST = 500


@dataclass(frozen=True)
class Clicks:
    """What the links of a campaign brought: messages with a link, how many were opened, and how often in all.

    `redeemed` counts coupons given with the campaign that were used.
    """

    links: int
    opened: int
    clicks: int
    redeemed: int


class LinkInvalid(Invalid):
    """A message leads to pages of the shop or to addresses by HTTPS only."""

    code = "link_invalid"
    text = N_("“{url}” cannot stand in a message. Write a whole address that begins with https://, or a page like /me.")


class LinkUnknown(NotFound):
    """No message holds this link."""

    code = "link_unknown"
    text = N_("This link is not one of ours, or it was mistyped. Open it from the message once more.")


def check(url: str) -> str:
    """An address as it may stand in a message, whole. Raises: LinkInvalid."""
    given = url.strip()
    base = settings.current().base_url
    whole = f"{base}{given}" if given.startswith("/") and not given.startswith("//") else given
    parts = urlsplit(whole)
    own = whole == base or whole.startswith(f"{base}/")
    plain = (
        whole.isascii() and whole.isprintable() and " " not in whole and "\\" not in whole and "@" not in parts.netloc
    )
    if not plain or len(whole) > LONGEST or not parts.netloc or not (own or parts.scheme == "https"):
        raise LinkInvalid(field="link", url=given[:60])
    return whole


def short(url: str, outbox_id: int, *, campaign_id: int | None = None, now: Millis) -> str:
    """The short form of an address for one message, the same each time; inside the caller's transaction.

    Without a public address nobody could open it: the address stays as it is. Raises: LinkInvalid.
    """
    whole = check(url)
    if not settings.current().public_url:
        return whole
    token = db.value("SELECT token FROM short_link WHERE outbox_id = ? AND url = ?", (outbox_id, whole))
    if token is None:
        token = codes.new_source()
        db.add("short_link", token=token, outbox_id=outbox_id, campaign_id=campaign_id, url=whole, at=now)
    return f"{settings.current().base_url}/l/{token}"


@db.atomic
def opened(typed: str, *, address: str = "", now: Millis) -> str:
    """Where a link leads; its opening is counted. Raises: LinkUnknown, TooOften."""
    if address:
        limits.take((BY_ADDRESS, address), now=now)
    token = codes.source(typed)
    url = db.value("SELECT url FROM short_link WHERE token = ?", (token,)) if token else None
    if url is None:
        raise LinkUnknown(what=typed[:24])
    sql = "UPDATE short_link SET clicks = clicks + 1, first_at = coalesce(first_at, ?), last_at = ? WHERE token = ?"
    db.run(sql, (now, now, token))
    return check(url)


def clicks_of(campaign_id: int) -> Clicks:
    """What the links and coupons of a campaign brought."""
    links, opened_, clicks = db.one(
        "SELECT count(*), count(first_at), CAST(coalesce(sum(clicks), 0) AS BIGINT) FROM short_link"
        " WHERE campaign_id = ?",
        (campaign_id,),
    ) or (0, 0, 0)
    return Clicks(links, opened_, clicks, redeemed_of("campaign", campaign_id))


def redeemed_of(ref_kind: str, ref_id: int) -> int:
    """How many of the coupons given for something (a campaign, a message) were used at least once."""
    sql = (
        "SELECT count(*) FROM coupon c WHERE c.ref_kind = ? AND c.ref_id = ?"
        " AND EXISTS (SELECT 1 FROM coupon_use u WHERE u.coupon_id = c.id AND u.returned_at IS NULL)"
    )
    return int(db.value(sql, (ref_kind, ref_id)))
