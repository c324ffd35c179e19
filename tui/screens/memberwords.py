"""A member in words: the line at the till, and the card."""

from dataclasses import dataclass

from rich.text import Text as RichText

from core.base import clock, lunar, phones
from core.base.access import Actor
from core.base.i18n import N_, Text, _, date_shown, scope, written
from core.base.text import wrap
from core.giving import punch
from core.giving.punch import Progress
from core.insight import profiles, recommend, warnings
from core.insight.profiles import Profile
from core.insight.recommend import Taste
from core.insight.warnings import Warning
from core.loyalty import benefits, families, passes
from core.loyalty.families import Share
from core.loyalty.passes import Pass
from core.people import members
from core.people.consent import PURPOSE_WORDS
from core.people.members import MemberCard
from core.service import bookinglists, followups, ticketlists, winback
from core.service.bookinglists import Booking
from core.service.followups import WAY_WORDS, Task
from core.service.ticketlists import Ticket
from core.service.ticketrules import KIND_WORDS
from core.service.winback import Case
from tui.screens import offering, ticketwords
from tui.widgets.row import fitted, rich


@dataclass(frozen=True)
class Known:
    """What the page shows, read in one go."""

    card: MemberCard
    warning: Warning | None
    passes: tuple[Pass, ...]
    stamps: tuple[Progress, ...]
    share: Share | None
    adviser: str | None
    case: Case | None
    tasks: tuple[Task, ...]
    taste: Taste | None = None
    profile: Profile | None = None
    tickets: tuple[Ticket, ...] = ()
    bookings: tuple[Booking, ...] = ()


def known(member_id: int, by: Actor) -> Known:
    """Read everything the page shows. Raises: NotAllowed, MemberUnknown."""
    now = clock.now()
    card = members.card(member_id, by=by, now=now)
    warning = warnings.of_member(member_id, by=by, now=now)
    stamps = tuple(punch.progress(member_id))
    held, share = tuple(passes.held_by(member_id, now=now)), families.of(member_id, now=now)
    taste = recommend.of_member(member_id, now=now)
    adviser = benefits.adviser_of(member_id, card.standing.tier)
    case, tasks = winback.of_member(member_id, by=by), tuple(followups.of_member(member_id, by=by, now=now))
    serves = by.may("service")
    lately = tuple(ticketlists.tickets_of(member_id, by=by, now=now, limit=2)) if serves else ()
    booked = tuple(bookinglists.of_member(member_id, by=by, now=now)) if serves else ()
    return Known(
        card, warning, held, stamps, share, adviser, case, tasks, taste, profiles.of(member_id, now=now), lately, booked
    )


def birthday_typed(card: MemberCard) -> str:
    """A birthday as it would be typed."""
    if card.birthday is None:
        return ""
    one = card.birthday
    year = f"{one.year}-" if one.year else ""
    calendar = ("农历闰" if one.leap else "农历 ") if one.calendar == "lunar" else ""
    return f"{calendar}{year}{one.month:02d}-{one.day:02d}"


def birthday_said(card: MemberCard) -> str:
    """A birthday as it is said: '8-15', '农历八月十五'."""
    if card.birthday is None:
        return _("birthday not known")
    one = card.birthday
    if one.calendar == "lunar":
        return _("birthday {day} (lunar)", day=lunar.shown(one.month, one.day, leap=one.leap))
    return _("birthday {day}", day=f"{one.month:02d}-{one.day:02d}")


def head_line(card: MemberCard) -> RichText:
    """The line a till shows of a member: name, tier, phone, points, stored value, coupons."""
    tier = card.standing.tier
    line = RichText(end="", no_wrap=True)
    line.append(card.name or _("without a name"), "bold")
    line.append(f"  {tier.mark} {tier.name}", "accent")
    parts = [phones.national(card.phone) or _("card only"), _("{points} points", points=card.points.usable)]
    if card.wallet.total_cents:
        stored = _("{stored_cents} stored", stored_cents=card.wallet.total_cents)
        if card.wallet.bonus_cents:
            stored += _(" ({bonus_cents} bonus)", bonus_cents=card.wallet.bonus_cents)
        parts.append(stored)
    parts.append(_("{count} coupons", count=len(card.coupons)))
    line.append("  " + " · ".join(parts))
    return line


STATES = {
    "blocked": N_("This membership is blocked."),
    "merged": N_("This membership went into another one of the same person."),
    "erased": N_("This person asked to be forgotten; the membership has ended."),
}
"""What stands above the card of a membership that is not active."""


def card_lines(shown: Known, width: int) -> list[RichText]:
    """The card as lines of at most so many cells."""
    card = shown.card
    lines = [head_line(card), rich("")]
    if card.state in STATES:
        lines.insert(1, RichText(_(STATES[card.state]), "bad", end=""))
    if card.alert:
        lines.insert(1, RichText(card.alert, "warn", end=""))
    lines += [_pair(_("profile"), f"{birthday_said(card)} · {card.card}"), _pair(_("tier"), tier_said(card))]
    if shown.adviser:
        lines.append(_pair(_("adviser"), shown.adviser))
    lines.append(_pair(_("points"), _points_said(card)))
    lines.append(_pair(_("coupons"), _coupons_said(card)))
    if stored := _stored_said(shown):
        lines.append(_pair(_("stored value"), stored))
    if shown.passes:
        lines.append(_pair(_("passes"), _passes_said(shown.passes)))
    if shown.stamps:
        lines.append(
            _pair(_("stamps"), " · ".join(f"{one.card.name} {one.stamps}/{one.card.every}" for one in shown.stamps))
        )
    said = wrap(_rhythm(card, shown.warning, shown.profile), width - 12)
    lines += [_pair(_("visits") if part is said[0] else "", part) for part in said]
    if shown.profile is not None:
        lines.append(_pair(_("group"), str(profiles.grouped(shown.profile))))
    if worked := _worked_on(shown):
        lines.append(_pair(_("win-back"), worked))
    if shown.bookings:
        lines.append(_pair(_("booked"), _bookings_said(shown.bookings)))
    if shown.tickets:
        lines.append(_pair(_("tickets"), _tickets_said(shown.tickets)))
    if shown.taste is not None:
        lines += _taste_lines(shown.taste)
    lines.append(_pair(_("consent"), _consents_said(card)))
    if card.tags:
        lines.append(_pair(_("tags"), " ".join(f"#{tag}" for tag in card.tags)))
    if card.own:
        lines.append(_pair(_("more"), " · ".join(f"{field.name} {value}" for field, value in card.own)))
    if card.note:
        lines.append(_pair(_("note"), card.note))
    for line in lines:
        line.truncate(width, overflow="ellipsis")
    return [*lines, rich("")]


def _taste_lines(taste: Taste) -> list[RichText]:
    parts = (
        (_("usual"), offering.usual_said(taste)),
        (_("may like"), offering.may_like_said(taste)),
        (_("comes"), offering.times_said(taste)),
    )
    return [_pair(label, said) for label, said in parts if said]


def _pair(label: str, said: str) -> RichText:
    line = fitted(label, 10)
    line.stylize("quiet")
    line.append(said)
    return line


def tier_said(card: MemberCard) -> str:
    """The tier, until when, and what is missing for the next one."""
    standing = card.standing
    said = f"{standing.tier.mark} {standing.tier.name}"
    if standing.until_at:
        until = clock.day_of(standing.until_at - 1, scope().zone)
        said += " · " + _("until {until}", until=f"{until:%Y-%m-%d}")
    if standing.next and standing.missing_cents:
        said += " · " + _("{missing_cents} to {tier}", missing_cents=standing.missing_cents, tier=standing.next.name)
    return said


def _points_said(card: MemberCard) -> str:
    said = _("{points} usable", points=card.points.usable)
    if card.points.debt:
        said += " · " + _("{debt} owed", debt=card.points.debt)
    if card.points.expiring and card.points.expires_on:
        said += " · " + _("{points} until {day_on}", points=card.points.expiring, day_on=card.points.expires_on)
    return said


def _stored_said(shown: Known) -> str:
    said, wallet = [], shown.card.wallet
    if wallet.total_cents:
        parts = {"principal_cents": wallet.principal_cents, "bonus_cents": wallet.bonus_cents}
        said.append(_("{principal_cents} paid in, {bonus_cents} bonus", **parts))
    if shown.share is not None:
        said.append(_("pays from a shared wallet"))
    return " · ".join(said)


def _passes_said(held: tuple[Pass, ...]) -> str:
    zone = scope().zone
    return " · ".join(
        _("{name} {left}/{uses} until {day_on}", name=one.kind.name, left=one.left, uses=one.uses,
          day_on=clock.day_of(one.until_at - 1, zone))
        for one in held[:3]
    )  # fmt: skip


def _coupons_said(card: MemberCard) -> str:
    shown = [
        _("{name} until {day_on}", name=one.kind.name, day_on=clock.day_of(one.valid_until_at - 1, scope().zone))
        for one in card.coupons[:4]
    ]
    if len(card.coupons) > 4:
        shown.append(_("{count} more", count=len(card.coupons) - 4))
    return " · ".join(shown) or _("none")


def _rhythm(card: MemberCard, warning: Warning | None, profile: Profile | None) -> str:
    if warning is not None:
        return " ".join(str(part) for part in warnings.sentence(warning))
    if not card.stats.visits or card.stats.last_day is None:
        return _("not yet here")
    spent = written("net_cents", card.stats.net_spend_cents)
    counted = _("{visits} visits · {spent} in all · last {day_on}", visits=card.stats.visits, spent=spent,
                day_on=card.stats.last_day)  # fmt: skip
    if profile is None:
        return counted
    said = profiles.sentence(profile, visits=card.stats.visits, silent_days=_silent_days(card))
    return " · ".join([counted, *(str(part) for part in said)])


def _worked_on(shown: Known) -> str:
    """The case in work and the next contact: 'offered · 李娜 · call 05-30 Sat'."""
    said = []
    if shown.case is not None:
        said += [_(winback.STATES[shown.case.state]), shown.case.assigned]
    for one in shown.tasks[:1]:
        said.append(f"{_(WAY_WORDS[one.way])} {date_shown(one.due_on)}")
        said.append("" if shown.case else one.assigned)
    return " · ".join(part for part in said if part)


def _tickets_said(lately: tuple[Ticket, ...]) -> str:
    """The last tickets: 'complaint · to do · The cup leaks'."""
    return " · ".join(f"{_(KIND_WORDS[one.kind])} ({ticketwords.state_said(one)}) {one.subject}" for one in lately)


def _bookings_said(coming: tuple[Booking, ...]) -> str:
    """The next ones: '05-30 Sat 14:30 foot massage · 李娜'."""
    said = [
        f"{bookinglists.moment_shown(one.from_at, one.zone)} {one.service} · {one.staff}"
        + (f" ({_(bookinglists.STATES[one.state])})" if one.state != "booked" else "")
        for one in coming[:2]
    ]
    if len(coming) > 2:
        said.append(_("{count} more", count=len(coming) - 2))
    return " · ".join(said)


def rhythm_said(card: MemberCard, profile: Profile | None) -> str:
    """How often the member comes, for the line at the till; nothing where it is not known."""
    if profile is None or card.stats.last_day is None:
        return ""
    said = profiles.sentence(profile, visits=card.stats.visits, silent_days=_silent_days(card))
    return str(said[0]) if said else ""


def _silent_days(card: MemberCard) -> int:
    last = card.stats.last_day
    return 0 if last is None else (clock.day_of(clock.now(), scope().zone) - last).days


def _consents_said(card: MemberCard) -> str:
    said = (f"{'✓' if one.granted else '✗'} {Text(PURPOSE_WORDS[one.purpose])}" for one in card.consents)
    return " · ".join(said) or _("none")
