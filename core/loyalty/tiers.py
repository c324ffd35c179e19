"""Tiers 等级: who holds which, promotion at once, review at the end of the holding period.

What a tier asks and gives stands in `ranks`; its terms change in versions with a day from which they
hold. Promotion counts for the sales after the one that earned it; a refund undoes only a promotion
that would not have happened without it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from core.base import clock, db, ids
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Invalid, NotFound
from core.base.i18n import N_, T, Text
from core.books import audit, events, locks, outbox, revisions, rules, stats
from core.books.stats import Totals
from core.loyalty import benefits, ranks
from core.loyalty.ranks import Tier as Tier
from core.loyalty.ranks import held_until, qualified, reviewed

TotalsOf = Callable[[Tier], Totals[int]]
WARN_DAYS = 30
"""So many days before a review a member is told what is missing."""


@dataclass(frozen=True)
class Version:
    """The terms of a tier from a moment on; without `keep_holders` those below them are judged that day."""

    id: int
    tier: Tier
    number: int
    from_at: Millis
    keep_holders: bool
    judged_at: Millis | None


@dataclass(frozen=True)
class Standing:
    """Where a member stands: the tier, until when, and what is missing for the next one."""

    tier: Tier
    since_at: Millis
    until_at: Millis | None
    next: Tier | None
    missing: Totals[int | None]

    @property
    def missing_cents(self) -> int | None:
        """What is still to be spent for the next tier."""
        return self.missing.spend_cents

    @property
    def missing_visits(self) -> int | None:
        """The visits still needed for the next tier."""
        return self.missing.visits


@dataclass(frozen=True)
class Outlook:
    """How a review will end if nothing more is bought: the tier then, and what the one held still needs."""

    held: Tier
    until_at: Millis
    then: Tier
    missing: Totals[int | None]


class TierInvalid(Invalid):
    """A tier's terms contradict each other."""

    code = "tier_invalid"
    text = N_("Tier “{name}”: {field} cannot be {given}. {wanted}")


class TierUnknown(NotFound):
    """No tier has this id."""

    code = "tier_unknown"
    text = N_("There is no tier {what}. Open the list and choose one.")


def _load() -> list[Version]:
    found = db.rows(
        "SELECT v.id, v.number, v.from_at, v.keep_holders, v.judged_at, t.id, t.rank, t.name, t.mark, v.terms"
        " FROM tier t JOIN tier_version v ON v.tier_id = t.id ORDER BY t.rank, v.from_at, v.number"
    )
    return [Version(row[0], ranks.read(*row[5:]), row[1], row[2], bool(row[3]), row[4]) for row in found]


_kept = revisions.Remembered("tiers", _load)


def versions(tier_id: int | None = None) -> list[Version]:
    """The versions of a tier, or of all, by rank and the moment from which they hold."""
    return [one for one in _kept() if tier_id is None or one.tier.id == tier_id]


def all_tiers(*, now: Millis | None = None) -> list[Tier]:
    """All tiers as they are at a moment, lowest rank first."""
    moment, found = clock.now() if now is None else now, dict[int, Tier]()
    for one in _kept():
        if one.from_at <= moment or one.tier.id not in found:
            found[one.tier.id] = one.tier
    return list(found.values())


def get(tier_id: int, *, now: Millis | None = None) -> Tier:
    """One tier as it is at a moment. Raises: TierUnknown."""
    for tier in all_tiers(now=now):
        if tier.id == tier_id:
            return tier
    raise TierUnknown(what=str(tier_id))


# --- setting up ----------------------------------------------------------------------------------


@db.atomic
def create(tier: Tier, *, by: Actor, now: Millis) -> int:
    """Add a tier; its id is given here. Raises: NotAllowed, TierInvalid."""
    require(by, "settings")
    fresh = replace(tier, id=ids.new())
    _check(fresh)
    if any(one.rank == tier.rank for one in all_tiers(now=now)):
        raise TierInvalid(name=tier.name, field="rank", given=tier.rank, wanted=T("Another tier has this rank."))
    db.add("tier", id=fresh.id, rank=fresh.rank, name=fresh.name, mark=fresh.mark)
    _version(fresh, 1, now, keep_holders=True, by=by, now=now)
    audit.record("tier.created", "tier", 0, by=by, now=now, after={"name": tier.name, "rank": tier.rank})
    return fresh.id


@db.atomic
def change(tier: Tier, *, from_at: Millis, keep_holders: bool, by: Actor, now: Millis) -> int:
    """Give a tier other terms from a moment on; the number of the version. Its rank stays, a new name holds at once.

    With `keep_holders` who holds it keeps it to the end of the holding period; without, who falls short
    on the first day is judged that day. Who reaches it by the new terms gets it that day.
    Raises: NotAllowed, TierUnknown, TierInvalid.
    """
    require(by, "settings")
    known = versions(tier.id)
    if not known:
        raise TierUnknown(what=str(tier.id))
    _check(tier)
    if tier.rank != known[0].tier.rank:
        raise TierInvalid(name=tier.name, field="rank", given=tier.rank, wanted=T("The rank of a tier stays."))
    if from_at < now:
        day = clock.local(from_at, rules.current(now=now).zone).date().isoformat()
        raise TierInvalid(name=tier.name, field="from_at", given=day, wanted=T("Terms change now or later."))
    number = max(one.number for one in known) + 1
    db.run("UPDATE tier SET name = ?, mark = ? WHERE id = ?", (tier.name, tier.mark, tier.id))
    _version(tier, number, from_at, keep_holders=keep_holders, by=by, now=now)
    after = {"name": tier.name, "version": number, "keep_holders": keep_holders}
    audit.record("tier.changed", "tier", tier.id, by=by, now=now, after=after)
    return number


def _check(tier: Tier) -> None:
    found = ranks.wrong(tier) or benefits.wrong(tier) or _wrong_name(tier)
    if found is not None:
        raise TierInvalid(name=tier.name, field=found[0], given=found[1], wanted=found[2])


def _wrong_name(tier: Tier) -> tuple[str, object, Text] | None:
    if not 1 <= len(tier.name) <= 40:
        return "name", tier.name[:20], T("A name has 1 to 40 characters.")
    return None if len(tier.mark) <= 4 else ("mark", tier.mark[:8], T("At most 4 characters."))


def _version(tier: Tier, number: int, from_at: Millis, *, keep_holders: bool, by: Actor, now: Millis) -> None:
    db.add(
        "tier_version",
        id=ids.new(),
        tier_id=tier.id,
        number=number,
        from_at=from_at,
        keep_holders=int(keep_holders),
        terms=ranks.stored(tier),
        judged_at=now if number == 1 else None,
        at=now,
        actor=by.tag,
    )
    revisions.bump("tiers")


# --- reads ---------------------------------------------------------------------------------------


def of(member_id: int, *, now: Millis | None = None) -> Tier:
    """The tier a member holds."""
    tier_id = db.value("SELECT tier_id FROM member_tier WHERE member_id = ?", (member_id,))
    tiers = all_tiers(now=now)
    return next((tier for tier in tiers if tier.id == tier_id), tiers[0])


def standing(member_id: int, *, now: Millis) -> Standing:
    """Tier, holding period and what is missing for the next tier that purchases lead to."""
    found = db.one("SELECT tier_id, since_at, until_at FROM member_tier WHERE member_id = ?", (member_id,))
    return standing_of(member_id, found or (None, None, None), now=now)


def standing_of(member_id: int, held: tuple[int | None, Millis | None, Millis | None], *, now: Millis) -> Standing:
    """The same, with what is held already read: tier, since when, until when; all None for a member without one."""
    tier_id, since_at, until_at = held
    tiers = all_tiers(now=now)
    tier = next((one for one in tiers if one.id == tier_id), tiers[0])
    above = next((one for one in tiers if one.rank > tier.rank and not one.by_hand), None)
    missing: Totals[int | None] = Totals(None, None, None, None)
    if above is not None:
        day = clock.day_of(now, rules.current(now=now).zone)
        missing = above.missing_in(_totals(member_id, day)(above))
    return Standing(tier, now if since_at is None else since_at, until_at, above, missing)


def outlook(member_id: int, *, now: Millis) -> Outlook | None:
    """How the coming review will end by what counts so far; None if none comes or the tier is kept."""
    shop, found = rules.current(now=now), _period(member_id, now)
    if found is None:
        return None
    until_at, *totals = found
    tiers = all_tiers(now=until_at)
    held = of(member_id, now=until_at)
    then = reviewed(tiers, held, qualified(tiers, *totals), shop.tier_demotion)
    missing = held.least_missing(*(one(held) for one in totals))
    return None if then.rank >= held.rank else Outlook(held, until_at, then, missing)


def _period(member_id: int, now: Millis) -> tuple[Millis, TotalsOf, TotalsOf] | None:
    """When a holding period ends, what counts in it so far, and what in the window of a tier that ends with it.

    Either is enough: who would be promoted by the next purchase does not fall the day before.
    """
    zone = rules.current(now=now).zone
    found = db.one("SELECT since_at, until_at FROM member_tier WHERE member_id = ?", (member_id,))
    if found is None or found[1] is None:
        return None
    first, last = clock.day_of(found[0], zone), clock.day_of(found[1], zone) - timedelta(days=1)
    whole = stats.window(member_id, first=first, last=last)
    return found[1], lambda _tier: whole, _totals(member_id, last)


def _totals(member_id: int, last: date) -> TotalsOf:
    """What a member did within the window of a tier that ends on a day; each window is read once."""
    known: dict[date, Totals[int]] = {}

    def of_tier(tier: Tier) -> Totals[int]:
        first = tier.first_day(last)
        if first not in known:
            known[first] = stats.window(member_id, first=first, last=last)
        return known[first]

    return of_tier


def due_for_review(*, now: Millis, limit: int = 500) -> list[int]:
    """Members whose holding period has ended."""
    sql = "SELECT member_id FROM member_tier WHERE until_at <= ? ORDER BY until_at LIMIT ?"
    return [row[0] for row in db.rows(sql, (now, limit))]


def soon_reviewed(*, now: Millis) -> list[int]:
    """Active members whose review comes within 30 days and who were not warned of it yet."""
    zone = rules.current(now=now).zone
    last = clock.start_of(clock.day_of(now, zone) + timedelta(days=WARN_DAYS), zone)
    found = db.rows(
        "SELECT t.member_id FROM member_tier t JOIN member m ON m.id = t.member_id"
        " WHERE t.until_at > ? AND t.until_at <= ? AND m.state = 'active' AND NOT EXISTS (SELECT 1 FROM outbox o"
        " WHERE o.dedupe_key = 'tier-warning:' || t.member_id || ':' || t.until_at) ORDER BY t.until_at, t.member_id",
        (now, last),
    )
    return [row[0] for row in found]


# --- doing (inside the caller's transaction) -----------------------------------------------------


def start(member_id: int, *, by: Actor, now: Millis) -> None:
    """Give a new member the lowest tier."""
    lowest = all_tiers(now=now)[0]
    db.add("member_tier", member_id=member_id, tier_id=lowest.id, since_at=now)
    _note(member_id, None, lowest, "joined", 0, by, now)


def promote(member_id: int, *, sale_id: int, day: date, by: Actor, now: Millis) -> Tier | None:
    """Promote at once if the member now qualifies for more, and tell; the new tier, or None."""
    tiers, held = all_tiers(now=now), of(member_id, now=now)
    if held.rank == tiers[-1].rank:
        return None
    earned = qualified(tiers, _totals(member_id, day))
    if earned.rank <= held.rank:
        return None
    _put(member_id, held, earned, "promoted", sale_id, by, now)
    return earned


def undo_promotion(member_id: int, *, by: Actor, now: Millis) -> Tier | None:
    """After a refund: undo promotions that would not have happened without it, and tell; the tier, if changed.

    What is still earned today is held from now on, if that is more than what was held before.
    """
    zone, tiers, start_tier = rules.current(now=now).zone, all_tiers(now=now), of(member_id, now=now)
    held = start_tier
    while (found := _last_change(member_id, held)) is not None:
        change_id, from_tier_id, why, at, ref_id = found
        before = next((tier for tier in tiers if tier.id == from_tier_id), None)
        if why != "promoted" or before is None or _still_earned(member_id, held, at, now):
            break
        benefits.take_back(member_id, held, change_id)
        undone_id = _write(member_id, held, before, "refund", ref_id, by, now)
        _restore_since(member_id, before, zone)
        held = before
    if held.id == start_tier.id:
        return None
    earned = qualified(tiers, _totals(member_id, clock.day_of(now, zone)))
    if earned.rank > held.rank:
        undone_id = _write(member_id, held, earned, "promoted", 0, by, now)
        benefits.welcome(member_id, earned, undone_id, now=now)
        held = earned
    _tell(member_id, start_tier, held, undone_id, now)
    return held


def _still_earned(member_id: int, held: Tier, at: Millis, now: Millis) -> bool:
    """Whether a tier is earned without what was refunded: on the day it was given, or today."""
    zone = rules.current(now=now).zone
    return any(
        qualified(all_tiers(now=moment), _totals(member_id, clock.day_of(moment, zone))).rank >= held.rank
        for moment in (at, now)
    )


def _last_change(member_id: int, tier: Tier) -> tuple[int, int | None, str, Millis, int] | None:
    """How the member came to a tier: the last row that led to it."""
    found = db.one(
        "SELECT id, from_tier_id, why, at, ref_id FROM tier_change WHERE member_id = ? AND to_tier_id = ?"
        " AND why <> 'refund' ORDER BY at DESC, id DESC LIMIT 1",
        (member_id, tier.id),
    )
    return None if found is None else (found[0], found[1], found[2], found[3], found[4])


def _restore_since(member_id: int, tier: Tier, zone: str) -> None:
    """The earlier tier goes on from the day it was first held, as if the promotion had not been."""
    found = _last_change(member_id, tier)
    if found is not None:
        since = found[3]
        until = held_until(clock.day_of(since, zone), tier, zone)
        db.run("UPDATE member_tier SET since_at = ?, until_at = ? WHERE member_id = ?", (since, until, member_id))


def review(member_id: int, *, by: Actor, now: Millis) -> Tier | None:
    """Judge a holding period that has ended, and tell; the new tier if it changed."""
    locks.hold(beside=[member_id])
    found = _period(member_id, now)
    if found is None or found[0] > now:
        return None
    until_at, *totals = found
    tiers, held = all_tiers(now=until_at), of(member_id, now=until_at)
    result = reviewed(tiers, held, qualified(tiers, *totals), rules.current(now=now).tier_demotion)
    _put(member_id, held, result, "review", 0, by, now, since=until_at)
    return result if result.id != held.id else None


def _put(member_id: int, before: Tier, after: Tier, why: str, ref_id: int, by: Actor, now: Millis,
         since: Millis | None = None) -> None:  # fmt: skip
    """Give a tier from now on, or since a review; tell the member and give what comes with it."""
    change_id = _write(member_id, before, after, why, ref_id, by, now if since is None else since)
    if after.rank > before.rank:
        benefits.welcome(member_id, after, change_id, now=now)
    _tell(member_id, before, after, change_id, now)


def _write(member_id: int, before: Tier, after: Tier, why: str, ref_id: int, by: Actor, at: Millis) -> int:
    """Write who holds what since when; the id of the change."""
    zone = rules.current(now=at).zone
    until = held_until(clock.day_of(at, zone), after, zone)
    db.run(
        "UPDATE member_tier SET tier_id = ?, since_at = ?, until_at = ?, promoted_by = ? WHERE member_id = ?",
        (after.id, at, until, ref_id or None, member_id),
    )
    return _note(member_id, before, after, why, ref_id, by, at)


def _tell(member_id: int, before: Tier, after: Tier, change_id: int, now: Millis) -> None:
    if after.id != before.id:
        events.tell("tier.changed", member_id=member_id, now=now, from_tier_id=before.id, to_tier_id=after.id)
    if after.rank > before.rank:
        facts: dict[str, str | int] = {"tier": after.name}
        with outbox.in_language_of(member_id, now=now):
            facts["gains"] = benefits.said(after)
        outbox.tell(member_id, f"tier:{change_id}", "tier_up", facts, now=now)
    elif after.rank < before.rank:
        outbox.tell(member_id, f"tier:{change_id}", "tier_down", {"tier": after.name}, now=now)


def _note(member_id: int, before: Tier | None, after: Tier, why: str, ref_id: int, by: Actor, now: Millis) -> int:
    change_id = ids.new()
    db.add(
        "tier_change",
        id=change_id,
        member_id=member_id,
        from_tier_id=before.id if before else None,
        to_tier_id=after.id,
        why=why,
        ref_id=ref_id,
        at=now,
        actor=by.tag,
    )
    return change_id


# --- by hand, and when terms change --------------------------------------------------------------


@db.atomic
def put_by_hand(member_id: int, tier_id: int, *, reason: str, by: Actor, now: Millis) -> None:
    """Put a member into a tier, for a full holding period, and tell them.

    Raises: NotAllowed, TierUnknown, TierInvalid (no reason, or the tier they hold), MemberUnknown, MemberBlocked …
    """
    require(by, "adjust")
    locks.hold(member_id)
    tier, held = get(tier_id, now=now), of(member_id, now=now)
    if not reason.strip():
        raise TierInvalid(name=tier.name, field="reason", given="—", wanted=T("Say why."))
    if tier.id == held.id:
        raise TierInvalid(name=tier.name, field="tier_id", given=tier.name, wanted=T("The member holds it already."))
    _put(member_id, held, tier, "staff", 0, by, now)
    after = {"tier": tier.name, "reason": reason.strip()[:200]}
    audit.record("tier.by_hand", "member", member_id, by=by, now=now, before={"tier": held.name}, after=after)


def due_versions(*, now: Millis) -> list[Version]:
    """Versions that have come into force and by which members were not judged yet."""
    return [one for one in _kept() if one.judged_at is None and one.from_at <= now]


def judge(version: Version, *, by: Actor, now: Millis) -> int:
    """Judge all members by a version that has come into force; how many tiers changed.

    Each member in a transaction of their own; broken off, it begins again and changes nobody twice.
    """
    changed, last = 0, 0
    while batch := db.rows(
        "SELECT member_id FROM member_tier WHERE member_id > ? ORDER BY member_id LIMIT 500", (last,)
    ):
        first, last = batch[0][0], batch[-1][0]
        concerned = _concerned(version, first, last, now)
        changed += sum(_judge(member_id, version, by=by, now=now) for member_id in concerned)
    _judged(version, now)
    return changed


def _concerned(version: Version, first: int, last: int, now: Millis) -> list[int]:
    """Of the members between two ids those whom the version may move up, or down."""
    day = clock.day_of(version.from_at, rules.current(now=now).zone)
    tier = version.tier
    done = stats.windows(first, last, first=tier.first_day(day), last=day)
    nothing = Totals(0, 0, 0, 0)
    held = db.rows(
        "SELECT t.member_id, t.tier_id, r.rank FROM member_tier t JOIN tier r ON r.id = t.tier_id"
        " WHERE t.member_id BETWEEN ? AND ? ORDER BY t.member_id",
        (first, last),
    )
    return [
        member_id
        for member_id, tier_id, rank in held
        if ((met := tier.met_by(done.get(member_id, nothing))) and rank < tier.rank)
        or (not met and tier_id == tier.id and not version.keep_holders)
    ]  # fmt: skip


@db.atomic
def _judge(member_id: int, version: Version, *, by: Actor, now: Millis) -> int:
    locks.hold(beside=[member_id])
    shop = rules.current(now=now)
    tiers, held = all_tiers(now=now), of(member_id, now=now)
    earned = qualified(tiers, _totals(member_id, clock.day_of(version.from_at, shop.zone)))
    result = earned
    if earned.rank < held.rank:
        falls = held.id == version.tier.id and not version.keep_holders and not held.by_hand
        result = reviewed(tiers, held, earned, shop.tier_demotion) if falls else held
    if result.id == held.id:
        return 0
    _put(member_id, held, result, "terms", version.id, by, now)
    return 1


@db.atomic
def _judged(version: Version, now: Millis) -> None:
    db.run("UPDATE tier_version SET judged_at = ? WHERE id = ?", (now, version.id))
    revisions.bump("tiers")
