"""What a shop that opens says of its membership: what members get, in its own figures, and its first messages."""

from collections.abc import Mapping
from dataclasses import dataclass

from core.base import sms
from core.base.clock import Millis
from core.base.i18n import N_, _
from core.base.sms import Segments
from core.books import rules
from core.loyalty import benefits, coupons, tiers, topups
from core.loyalty.tiers import Tier
from core.outreach import care

MOST_TIERS = 3


@dataclass(frozen=True)
class Offer:
    """What members get: coupons by name, '' where the shop gives none; the tiers above the lowest, lowest first."""

    shop_name: str
    cents_per_point: int
    points_per_unit: int
    redeem_cap_bp: int
    welcome: str
    birthday: str
    birthday_points: int
    friend_points: int
    tiers: tuple[Tier, ...]
    coupon_names: Mapping[int, str]
    top_ups: tuple[tuple[int, int], ...]
    """Of each preset what is paid and the bonus it brings."""


def offer(*, now: Millis) -> Offer:
    """What the shop gives its members now."""
    shop, birthday = rules.current(now=now), care.rule_of("birthday")
    names = {kind.id: kind.name for kind in coupons.kinds()}
    return Offer(
        shop_name=shop.shop_name,
        cents_per_point=shop.cents_per_point,
        points_per_unit=shop.points_per_unit,
        redeem_cap_bp=shop.redeem_cap_bp,
        welcome=names.get(shop.welcome_coupon_kind_id, ""),
        birthday=names.get(birthday.coupon_kind_id or 0, "") if birthday.active else "",
        birthday_points=shop.birthday_points if birthday.active else 0,
        friend_points=shop.referral_points,
        tiers=tuple(one for one in tiers.all_tiers(now=now) if one.rank > 0),
        coupon_names=names,
        top_ups=tuple((one.pay_cents, one.bonus_cents) for one in topups.running(now=now) if one.bonus_cents),
    )


def gains(given: Offer) -> list[str]:
    """What members get, a line each, in the current language; nothing that the shop does not give."""
    found = [_points(given)]
    if given.welcome:
        found.append(_("for joining: {coupon}", coupon=given.welcome))
    if given.birthday:
        found.append(_("for your birthday: {coupon}", coupon=given.birthday))
    if given.birthday_points:
        found.append(_("for your birthday: {points} points", points=given.birthday_points))
    if given.friend_points:
        found.append(
            _("bring a friend: {points} points for each of you when they first buy", points=given.friend_points)
        )
    for tier in given.tiers[:MOST_TIERS]:
        said = benefits.said(tier, given.coupon_names)
        found.append(_("{tier} ({asked}): {gives}", tier=tier.name, asked=benefits.asked(tier), gives=said))
    return found


def _points(given: Offer) -> str:
    """How points are earned and what they pay."""
    facts = {"each_cents": given.cents_per_point, "points": given.points_per_unit, "worth_cents": 100}
    if not given.redeem_cap_bp:
        return _("1 point for each {each_cents} you spend", each_cents=given.cents_per_point)
    if given.redeem_cap_bp >= 10_000:
        return _("1 point for each {each_cents} you spend; {points} points pay {worth_cents}", **facts)
    return _(
        "1 point for each {each_cents} you spend; {points} points pay {worth_cents}, up to {cap_bp} of a bill",
        **facts, cap_bp=given.redeem_cap_bp,
    )  # fmt: skip


# --- first messages ------------------------------------------------------------------------------

SHORT = (
    N_("[{shop}] Your member card is on your phone now. Open it here: {url} Reply STOP to end these messages."),
    N_("[{shop}] Your member card: {url} Reply STOP to end these."),
    N_("[{shop}] Card: {url} STOP ends"),
)
"""The text message for members who were moved in, the fullest first."""


def text_message(shop_name: str, url: str) -> tuple[str, Segments]:
    """The fullest wording that is one part, and its length; the shortest one where none is."""
    said = [_(template, shop=shop_name, url=url) for template in SHORT]
    counted = [(text, sms.count(text)) for text in said]
    return next((one for one in counted if one[1].parts == 1), counted[-1])


def first_messages(given: Offer, url: str) -> str:
    """Announcement, group message, a line for the window and a text message, in the current language."""
    listed = "\n".join(f"· {one}" for one in gains(given))
    text, length = text_message(given.shop_name, url)
    parts = [
        (
            _("Moments, Facebook, the shop's page"),
            _(
                "{shop} has a membership now. Nothing to install, and no phone number needed: open {url} or scan the"
                " code in the shop.\n\nMembers get:\n{gains}",
                shop=given.shop_name, url=url, gains=listed,
            ),
        ),
        (
            _("Group chat"),
            _("Our membership is open: {url}\n{first}. See you soon.", url=url, first=gains(given)[0]),
        ),
        (_("A line for the window"), _("Become a regular: {first}. Scan inside.", first=gains(given)[0])),
        (
            _("Text message, for members you moved in who agreed to offers"),
            text + "\n" + _(
                "({encoding}, {units} of {room} characters, parts: {parts})",
                encoding=length.encoding, units=length.units, room=sms.ROOM[length.encoding], parts=length.parts,
            ),
        ),
    ]  # fmt: skip
    return "\n\n".join(f"— {title} —\n\n{body}" for title, body in parts)
