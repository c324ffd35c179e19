"""Who gets a campaign: who of a segment may not be written to and why, who is held out, who reads which wording.

The hold-out is drawn within strata of risk and spending, so that both groups are alike, by a keyed hash that nobody
can foresee or bend and that gives the same answer each time.
"""

import hmac
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from core.base import clock, db, money, phones
from core.base.clock import DAY, Millis
from core.base.i18n import N_
from core.books import rules
from core.outreach import foresight, heldout, suppressions
from core.outreach.campaigns import plan as plans
from core.outreach.campaigns.plan import Campaign
from core.people import consent

CHUNK = 500
HELD_OUT = "holdout"
RISKS = ("unlikely", "maybe", "likely")
"""Thirds of an audience by how likely they are to come, the least likely first."""
VALUES = ("little", "some", "much")
"""Thirds of an audience by what they spent so far."""
REASONS: dict[str, str] = {
    "no_address": N_("no address for this channel"),
    "suppressed": N_("on the list of those who must not be written to"),
    "no_consent": N_("no consent to offers"),
    "gap": N_("had an offer lately"),
    "gift_near": N_("a greeting with a gift is due soon"),
    "held_out": N_("held out of another campaign or of a win-back"),
    "elsewhere": N_("another campaign writes to them meanwhile"),
}
"""Why somebody of the segment is not in the audience, in the order they are asked."""


@dataclass(frozen=True)
class Candidate:
    """One member of the segment; `reason` '' if they may be written to.

    `last_day` 0 never came; `chance_bp` is the night's chance of a visit, None where it was not judged; `before_cents`
    what they spent in the days before, as many as the effect is watched for.
    """

    member_id: int
    reason: str
    language: str
    country: str
    name: str
    spend_cents: int
    last_day: int
    chance_bp: int | None
    before_cents: int


@dataclass(frozen=True)
class Facts:
    """What decides whether one member may be written to."""

    address: str
    suppressed: bool = False
    agreed: bool = True
    in_gap: bool = False
    gift_near: bool = False
    held_out: bool = False
    elsewhere: bool = False


def reason_of(facts: Facts) -> str:
    """Why a member is left out, the first reason that holds; '' for none."""
    asked = (
        ("no_address", not facts.address),
        ("suppressed", facts.suppressed),
        ("no_consent", not facts.agreed),
        ("gap", facts.in_gap),
        ("gift_near", facts.gift_near),
        ("held_out", facts.held_out),
        ("elsewhere", facts.elsewhere),
    )
    return next((name for name, holds in asked if holds), "")


def candidates(campaign: Campaign, member_ids: Sequence[int], *, now: Millis) -> list[Candidate]:
    """These members of the segment, each with why they are left out."""
    found = []
    for start in range(0, len(member_ids), CHUNK):
        found += _some(campaign, member_ids[start : start + CHUNK], now)
    return found


def _some(campaign: Campaign, member_ids: Sequence[int], now: Millis) -> list[Candidate]:
    plan = campaign.plan
    when = max(now, plan.send_at)
    shop = rules.current(now=when)
    today = clock.day_of(now, shop.zone).toordinal()
    column = "p.email" if plan.channel == "email" else "p.phone"
    marks = ", ".join("?" * len(member_ids))
    people = db.rows(
        f"SELECT m.id, m.language, coalesce({column}, ''), coalesce(p.name, ''),"
        " coalesce(s.net_spend_cents, 0), coalesce(s.last_day, 0), i.chance_bp, coalesce((SELECT CAST(sum(d.net_cents)"
        " AS BIGINT) FROM member_day d WHERE d.member_id = m.id AND d.day >= ? AND d.day < ? AND d.net_cents > 0), 0)"
        " FROM member m LEFT JOIN member_person p ON p.member_id = m.id"
        " LEFT JOIN member_insight i ON i.member_id = m.id"
        f" LEFT JOIN member_stats s ON s.member_id = m.id WHERE m.id IN ({marks}) ORDER BY m.id",
        (today - plan.effect_days, today, *member_ids),
    )
    stopped = suppressed({row[0]: row[2] for row in people if row[2]}, plan.channel)
    wanted = agreed(member_ids, plan.channel)
    gap = _in_gap(member_ids, when - shop.gap_days * DAY) if shop.gap_days else set[int]()
    near = foresight.coming_of(member_ids, shop.gap_days, now=when) if shop.gap_days else set[int]()
    held, elsewhere = _held_out(campaign.id, member_ids, when), _elsewhere(campaign, member_ids, when)

    def why(id: int, address: str) -> str:
        return reason_of(
            Facts(address, id in stopped, id in wanted, id in gap, id in near, id in held, id in elsewhere)
        )

    return [
        Candidate(row[0], why(row[0], row[2]), row[1] or shop.language, _country(row[2]), *row[3:]) for row in people
    ]


def _country(address: str) -> str:
    return phones.region_of(address) if address.startswith("+") else ""


def suppressed(addresses: Mapping[int, str], channel: str) -> set[int]:
    """Who of these has an address that must not be written to."""
    if not db.value("SELECT 1 FROM suppression LIMIT 1") or not addresses:
        return set()
    hash_of = {member_id: suppressions.address_hash(address) for member_id, address in addresses.items()}
    hashes = set(hash_of.values())
    marks = ", ".join("?" * len(hashes))
    sql = f"SELECT address_hash FROM suppression WHERE channel IN ('', ?) AND address_hash IN ({marks})"
    stopped = {found for (found,) in db.rows(sql, (channel, *sorted(hashes)))}
    return {member_id for member_id, found in hash_of.items() if found in stopped}


def agreed(member_ids: Sequence[int], channel: str) -> set[int]:
    """Whose last word about offers by this channel is yes; a general one to words that do not speak of it is none."""
    marks = ", ".join("?" * len(member_ids))
    narrower = consent.TEXTS_ONLY["marketing"] if channel in consent.BEYOND_TEXTS else ""
    said = db.rows(
        "SELECT member_id, CASE WHEN channel = '' AND wording = ? THEN 0 ELSE granted END FROM consent"
        f" WHERE purpose = 'marketing' AND channel IN ('', ?) AND member_id IN ({marks}) ORDER BY at, id",
        (narrower, channel, *member_ids),
    )
    last: dict[int, int] = dict(said)
    return {member_id for member_id, granted in last.items() if granted}


def _in_gap(member_ids: Sequence[int], since: int) -> set[int]:
    marks = ", ".join("?" * len(member_ids))
    sql = f"SELECT member_id FROM contact_gap WHERE last_at > ? AND member_id IN ({marks})"
    return {found for (found,) in db.rows(sql, (since, *member_ids))}


def _held_out(campaign_id: int, member_ids: Sequence[int], when: Millis) -> set[int]:
    """Who is held out of another campaign, or of a win-back, whose effect is still being watched."""
    others = heldout.of_campaigns(member_ids, when=when, but=campaign_id)
    return others | heldout.of_win_back(member_ids, when=when)


def _elsewhere(campaign: Campaign, member_ids: Sequence[int], when: Millis) -> set[int]:
    """To whom another campaign writes while this one's effect is watched: held out here, they would be written to."""
    marks = ", ".join("?" * len(member_ids))
    sql = (
        "SELECT w.member_id FROM campaign_audience w JOIN campaign k ON k.id = w.campaign_id"
        " WHERE w.arm IN ('A', 'B') AND k.id <> ? AND k.state IN ('approved', 'running', 'paused')"
        f" AND k.until_at > ? AND k.send_at < ? AND w.member_id IN ({marks})"
    )
    watched = plans.watched_until(campaign.plan)
    return {found for (found,) in db.rows(sql, (campaign.id, when, watched, *member_ids))}


# --- drawing lots ----------------------------------------------------------------------------------


def strata(chosen: Sequence[Candidate]) -> dict[int, str]:
    """The stratum of each member: third by risk and third by spending ('unlikely:much'); equal ones are in one third.

    Risk is the night's chance of a visit, who was not judged counting as the least likely; while nobody was judged, it
    is how long ago they came.
    """
    judged = any(one.chance_bp is not None for one in chosen)
    hopes = [(-1 if one.chance_bp is None else one.chance_bp) if judged else one.last_day for one in chosen]
    risks, values = thirds(hopes), thirds([one.spend_cents for one in chosen])
    return {
        one.member_id: f"{RISKS[risk]}:{VALUES[value]}" for one, risk, value in zip(chosen, risks, values, strict=True)
    }


def thirds(figures: Sequence[int]) -> list[int]:
    """In which third each figure lies, 0 to 2."""
    ordered = sorted(figures)
    lines = [ordered[(len(ordered) * third - 1) // 3] for third in (1, 2)] if ordered else []
    return [sum(one > line for line in lines) for one in figures]


def allot(stratum_of: Mapping[int, str], *, held: int, salt: str, two_wordings: bool) -> dict[int, str]:
    """The arm of each member: so many held out, spread over the strata in proportion; the rest A, or A and B."""
    members: dict[str, list[int]] = {}
    for member_id, stratum in stratum_of.items():
        members.setdefault(stratum, []).append(member_id)
    names = sorted(members)
    parts = money.shares(held, [len(members[name]) for name in names]) if held else [0] * len(names)
    arms: dict[int, str] = {}
    written = 0
    for name, part in zip(names, parts, strict=True):
        drawn = sorted(members[name], key=lambda one: lot_of(salt, one))
        for place, member_id in enumerate(drawn):
            if place < part:
                arms[member_id] = HELD_OUT
            else:
                arms[member_id] = "B" if two_wordings and written % 2 else "A"
                written += 1
    return arms


def lot_of(salt: str, member_id: int) -> bytes:
    """What a member draws in one campaign."""
    return hmac.new(salt.encode(), str(member_id).encode(), sha256).digest()


def counted(found: Iterable[str]) -> dict[str, int]:
    """How often each word comes, the most frequent first."""
    return dict(Counter(found).most_common())
