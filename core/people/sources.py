"""Source links: what a poster, an advert, a partner or a staff member carries; long-lived, counted, with a budget.

Whoever opens one may join, as with the code on a screen, but no screen stands beside it: each link has its own
number of codes by text a day, and its own number of joins an hour. Openings are counted once a browser a day.
"""

from contextlib import suppress
from dataclasses import dataclass
from typing import Literal, get_args
from urllib.parse import urlsplit

from core.base import clock, codes, db, ids, limits, text
from core.base.access import Actor, require
from core.base.clock import DAY, HOUR, Millis
from core.base.errors import Invalid, NotFound, Refused
from core.base.i18n import N_, T, Text
from core.base.limits import Limit, TooOften
from core.books import audit, rules

Kind = Literal["poster", "advert", "partner", "staff"]
KINDS: tuple[Kind, ...] = get_args(Kind)
BUDGET, MOST_BUDGET, LONGEST = 30, 1000, 60
ARRIVALS = Limit("arrivals by link", 3000, HOUR)
BY_ADDRESS = Limit("arrivals by address", 120, HOUR)
ONCE = Limit("openings by browser", 1, DAY)


@dataclass(frozen=True)
class SourceTerms:
    """What a link is for: the store its members belong to, who is credited, codes by text a day, from when to when."""

    kind: Kind
    store_id: int
    staff_id: int | None = None
    daily_budget: int = BUDGET
    from_at: Millis | None = None
    until_at: Millis | None = None


@dataclass(frozen=True)
class SourceLink:
    """A link as it is kept."""

    id: int
    code: str
    kind: Kind
    name: str
    store_id: int
    staff_id: int | None
    daily_budget: int
    from_at: Millis
    until_at: Millis | None
    ended_at: Millis | None

    def state(self, now: Millis) -> Literal["coming", "running", "ended"]:
        """Whether it lets anyone join at a moment."""
        if self.ended_at is not None or (self.until_at is not None and self.until_at <= now):
            return "ended"
        return "coming" if self.from_at > now else "running"


@dataclass(frozen=True)
class SourceCounts:
    """What a link brought: `bought` of those who joined have bought something, and spent so much in all."""

    link: SourceLink
    store: str
    staff: str
    opened: int
    codes: int
    joined: int
    bought: int
    spent_cents: int


class SourceInvalid(Invalid):
    """A link cannot be as it was asked for."""

    code = "source_invalid"
    text = N_("Source link “{name}”: {wanted}")


class SourceUnknown(NotFound):
    """No link has this code."""

    code = "source_unknown"
    text = N_("This code is not one of ours. Scan it again, or ask our staff; they make you a member at the till.")


class SourceOver(Refused):
    """The link was ended, or its last day is over."""

    code = "source_over"
    text = N_("This code is no longer in use. Scan the code on the screen in the shop, or ask our staff.")


class SourceEarly(Refused):
    """The link's first day has not come."""

    code = "source_early"
    text = N_("This code opens at {from_at}. Until then our staff can make you a member at the till.")


class SourceSpent(Refused):
    """The link's codes by text of the day are used up."""

    code = "source_spent"
    text = N_("Today's text messages for this code are used up. Take a card without a number, or ask our staff.")


class SourceBusy(Refused):
    """One link lets only so many people join within an hour."""

    code = "source_busy"
    text = N_(
        "{limit} people joined by this code within an hour, which is the limit. Ask our staff, or from {again_at}."
    )


# --- the list ------------------------------------------------------------------------------------


@db.atomic
def create(name: str, terms: SourceTerms, *, by: Actor, now: Millis) -> SourceLink:
    """Make a link with a fresh code. Raises: NotAllowed, SourceInvalid."""
    require(by, "marketing", store_id=terms.store_id)
    name = text.clean(name)
    wrong = _wrong(name, terms)
    if wrong is not None:
        raise SourceInvalid(field="source", name=name[:LONGEST], wanted=wrong)
    link = SourceLink(
        ids.new(), codes.new_source(), terms.kind, name, terms.store_id, terms.staff_id, terms.daily_budget,
        terms.from_at or now, terms.until_at, None,
    )  # fmt: skip
    db.add(
        "source_link",
        id=link.id,
        code=link.code,
        kind=link.kind,
        name=name,
        store_id=link.store_id,
        staff_id=link.staff_id,
        daily_budget=link.daily_budget,
        from_at=link.from_at,
        until_at=link.until_at,
        created_at=now,
        actor=by.tag,
    )
    after = {"name": name, "kind": link.kind, "daily_budget": link.daily_budget}
    audit.record("source.created", "source_link", link.id, by=by, now=now, store_id=link.store_id, after=after)
    return link


def _wrong(name: str, terms: SourceTerms) -> Text | None:
    if not 0 < len(name) <= LONGEST:
        return T("a name has 1 to {longest} characters.", longest=LONGEST)
    if terms.kind not in KINDS:
        return T("choose one of {known}.", known=", ".join(KINDS))
    if not 0 <= terms.daily_budget <= MOST_BUDGET:
        return T("codes by text a day are 0 to {most}.", most=MOST_BUDGET)
    if terms.until_at is not None and terms.from_at is not None and terms.until_at <= terms.from_at:
        return T("its end lies after its beginning.")
    if not db.value("SELECT 1 FROM store WHERE id = ? AND closed_at IS NULL", (terms.store_id,)):
        return T("name a store that is open.")
    if (terms.kind == "staff") != (terms.staff_id is not None):
        return T("a link of a staff member names them, and no other does.")
    if terms.staff_id and not db.value("SELECT 1 FROM staff WHERE id = ? AND active = 1", (terms.staff_id,)):
        return T("name a staff member whose account is open.")
    return None


@db.atomic
def set_budget(link_id: int, daily_budget: int, *, by: Actor, now: Millis) -> None:
    """Let a link send other many codes a day, from today. Raises: NotAllowed, SourceUnknown, SourceInvalid."""
    link = get(link_id, by=by)
    if not 0 <= daily_budget <= MOST_BUDGET:
        wanted = T("codes by text a day are 0 to {most}.", most=MOST_BUDGET)
        raise SourceInvalid(field="daily_budget", name=link.name, wanted=wanted)
    db.run("UPDATE source_link SET daily_budget = ? WHERE id = ?", (daily_budget, link_id))
    facts = {"daily_budget": link.daily_budget}, {"daily_budget": daily_budget}
    audit.record("source.budget", "source_link", link_id, by=by, now=now, store_id=link.store_id,
                 before=facts[0], after=facts[1])  # fmt: skip


@db.atomic
def end(link_id: int, *, by: Actor, now: Millis) -> None:
    """End a link for good; who joined by it stays a member. Raises: NotAllowed, SourceUnknown, SourceOver."""
    link = get(link_id, by=by)
    if not db.change("UPDATE source_link SET ended_at = ? WHERE id = ? AND ended_at IS NULL", (now, link_id)):
        raise SourceOver()
    audit.record("source.ended", "source_link", link_id, by=by, now=now, store_id=link.store_id)


_COLUMNS = "l.id, l.code, l.kind, l.name, l.store_id, l.staff_id, l.daily_budget, l.from_at, l.until_at, l.ended_at"


def get(link_id: int, *, by: Actor) -> SourceLink:
    """One link, ended or not. Raises: NotAllowed, SourceUnknown."""
    link = _get(link_id)
    require(by, "marketing", store_id=link.store_id)
    return link


def _get(link_id: int) -> SourceLink:
    row = db.one(f"SELECT {_COLUMNS} FROM source_link l WHERE l.id = ?", (link_id,))
    if row is None:
        raise SourceUnknown(what=str(link_id))
    return SourceLink(*row)


def listing(*, by: Actor) -> list[SourceCounts]:
    """Every link with what it brought, those in use first, then the newest. Raises: NotAllowed."""
    require(by, "marketing")
    found = db.rows(
        f"SELECT {_COLUMNS}, o.name, coalesce(f.name, ''), coalesce(d.opened, 0), coalesce(d.codes, 0),"
        " coalesce(d.joined, 0), coalesce(m.bought, 0), coalesce(m.spent, 0) FROM source_link l"
        " JOIN store o ON o.id = l.store_id LEFT JOIN staff f ON f.id = l.staff_id"
        " LEFT JOIN (SELECT link_id, CAST(sum(opened) AS BIGINT) AS opened, CAST(sum(codes) AS BIGINT) AS codes,"
        "  CAST(sum(joined) AS BIGINT) AS joined FROM source_day GROUP BY link_id) d ON d.link_id = l.id"
        " LEFT JOIN (SELECT n.source_link_id, count(s.first_day) AS bought,"
        "  CAST(sum(s.net_spend_cents) AS BIGINT) AS spent FROM member n JOIN member_stats s ON s.member_id = n.id"
        "  WHERE n.source_link_id IS NOT NULL GROUP BY n.source_link_id) m ON m.source_link_id = l.id"
        " ORDER BY l.ended_at IS NOT NULL, l.created_at DESC, l.id DESC"
    )
    return [SourceCounts(SourceLink(*row[:10]), *row[10:]) for row in found if by.may("marketing", store_id=row[4])]


def url(link: SourceLink, base_url: str) -> str:
    """The address in the link's QR, upper-case where that changes nothing, so that the QR stays small."""
    found = f"{base_url}/Q/{link.code}"
    return found if urlsplit(base_url).path else found.upper()


# --- joining by a link -----------------------------------------------------------------------------


def living(link_id: int, *, now: Millis) -> SourceLink:
    """A link that lets people join now. Raises: SourceUnknown, SourceOver, SourceEarly."""
    return _living(_get(link_id), now)


def _living(link: SourceLink, now: Millis) -> SourceLink:
    state = link.state(now)
    if state == "ended":
        raise SourceOver()
    if state == "coming":
        raise SourceEarly(from_at=link.from_at)
    return link


def opened(typed: str, *, browser: str, address: str, now: Millis) -> SourceLink:
    """Somebody opened a link; a browser counts once a day, whatever it does.

    `browser` is the door's lasting mark, `address` where it comes from or ''. Arrivals have bounds of their own, so
    that a program that forgets its mark raises no count without end.
    Raises: SourceUnknown, SourceOver, SourceEarly, TooOften.
    """
    code = codes.source(typed)
    row = db.one(f"SELECT {_COLUMNS} FROM source_link l WHERE l.code = ?", (code,)) if code else None
    if row is None:
        raise SourceUnknown(what=typed[:24])
    link = _living(SourceLink(*row), now)
    limits.take((ARRIVALS, link.id), *([(BY_ADDRESS, address)] if address else []), now=now)
    with suppress(TooOften):
        limits.take((ONCE, f"{link.id}/{_today(now)}/{browser}"), now=now)
        _count_opening(link.id, now)
    return link


@db.atomic
def _count_opening(link_id: int, now: Millis) -> None:
    _begin_day(link_id, now)
    db.run("UPDATE source_day SET opened = opened + 1 WHERE link_id = ? AND day = ?", (link_id, _today(now)))


def has_room(link_id: int, *, now: Millis) -> bool:
    """Whether a link may send one more code by text today."""
    sql = (
        "SELECT coalesce(d.codes, 0) < l.daily_budget FROM source_link l"
        " LEFT JOIN source_day d ON d.link_id = l.id AND d.day = ? WHERE l.id = ?"
    )
    return bool(db.value(sql, (_today(now), link_id)))


def take_code(link_id: int, *, now: Millis) -> None:
    """Take one code by text from a link's budget of the day; inside the caller's transaction.

    Raises: SourceUnknown, SourceOver, SourceEarly, SourceSpent.
    """
    link = living(link_id, now=now)
    _begin_day(link_id, now)
    sql = "UPDATE source_day SET codes = codes + 1 WHERE link_id = ? AND day = ? AND codes < ?"
    if not db.change(sql, (link_id, _today(now), link.daily_budget)):
        raise SourceSpent(field="phone")


def take_join(link_id: int, *, now: Millis) -> SourceLink:
    """Count somebody who joins by a link; inside the caller's transaction, before the member's row is written.

    Raises: SourceUnknown, SourceOver, SourceEarly, SourceBusy.
    """
    link, limit = living(link_id, now=now), rules.current(now=now).join_per_hour
    _begin_day(link_id, now)  # its row stays locked: the next join waits for this one
    db.run("UPDATE source_day SET joined = joined + 1 WHERE link_id = ? AND day = ?", (link_id, _today(now)))
    sql = "SELECT joined_at FROM member WHERE source_link_id = ? AND joined_at > ? ORDER BY joined_at DESC LIMIT ?"
    lately = db.rows(sql, (link_id, now - HOUR, limit))
    if limit and len(lately) >= limit:
        raise SourceBusy(limit=limit, again_at=Millis(lately[-1][0] + HOUR))
    return link


def _begin_day(link_id: int, now: Millis) -> None:
    sql = "INSERT INTO source_day (link_id, day) VALUES (?, ?) ON CONFLICT (link_id, day) DO NOTHING"
    db.run(sql, (link_id, _today(now)))


def _today(now: Millis) -> int:
    return clock.day_of(now, rules.current(now=now).zone).toordinal()
