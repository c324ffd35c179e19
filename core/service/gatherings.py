"""Events 会员活动: what is planned, where, for how many, who may sign up from when; opened, called off and closed.

Called gatherings in code, for `books.events` are what online shops are told of. Who signs up stands in
`gatheringsignups`, what an event takes in `gatheringkit`, what it brought in `gatheringresult`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from core.base import clock, db, i18n, ids, text
from core.base.access import Actor, require
from core.base.clock import DAY, Millis
from core.base.errors import Invalid, NotFound, Refused
from core.base.i18n import N_, T, Text
from core.books import audit, rules
from core.service.gatheringrules import Opening

State = Literal["draft", "open", "closed", "cancelled", "done"]
STATES: dict[str, str] = {
    "draft": N_("being planned"),
    "open": N_("sign-up open"),
    "closed": N_("sign-up closed"),
    "cancelled": N_("called off"),
    "done": N_("over"),
}
COMING = "('open', 'closed')"
PLANNING = "marketing"
"""The right to plan events; sign-ups and check-ins at the till need the one for service."""
MOST_PLACES = 10_000
MOST_DAYS = 31


@dataclass(frozen=True)
class Plan:
    """What may be changed of an event. One name is enough: the other language shows it too.

    The fee is points a place, or a service product that the till sells, or nothing. Who cancels until
    `cancel_until_at` gets it back; None is until the event begins.
    """

    name_en: str
    name_zh: str
    from_at: Millis
    until_at: Millis
    places: int
    waiting_places: int = 0
    about_en: str = ""
    about_zh: str = ""
    store_id: int | None = None
    venue: str = ""
    link: str = ""
    fee_points: int = 0
    product_id: int | None = None
    budget_cents: int = 0
    cancel_until_at: Millis | None = None
    openings: tuple[Opening, ...] = (Opening(0, Millis(0)),)


@dataclass(frozen=True)
class Gathering:
    """One event with how many places are taken and how many wait; `fee_cents` is the price of its product."""

    id: int
    plan: Plan
    state: State
    store: str
    fee_cents: int
    booked: int
    waiting: int
    came: int
    lessons: str
    opened_at: Millis | None
    ended_at: Millis | None

    @property
    def name(self) -> str:
        """Its name in the reader's language."""
        return _in_language(self.plan.name_en, self.plan.name_zh)

    @property
    def about(self) -> str:
        """What it is, in the reader's language."""
        return _in_language(self.plan.about_en, self.plan.about_zh)

    @property
    def where(self) -> str:
        """The store, or the place, or the address online."""
        return self.plan.venue or self.store or self.plan.link

    @property
    def left(self) -> int:
        """Places nobody has taken."""
        return max(0, self.plan.places - self.booked)

    @property
    def cancel_until_at(self) -> Millis:
        """The last moment in which the fee comes back."""
        return self.plan.from_at if self.plan.cancel_until_at is None else self.plan.cancel_until_at

    @property
    def is_coming(self) -> bool:
        """Whether it was opened and is neither over nor called off."""
        return self.state in ("open", "closed")


class GatheringUnknown(NotFound):
    """No event has this id."""

    code = "gathering_unknown"
    text = N_("There is no event {what}. Open the calendar and choose one.")


class GatheringInvalid(Invalid):
    """The plan of an event contradicts itself."""

    code = "gathering_invalid"
    text = N_("{field}: “{given}” does not fit. {wanted}")


class GatheringOver(Refused):
    """The event is over or was called off."""

    code = "gathering_over"
    text = N_("“{event}” is {state}, so nothing changes any more. Plan another one.")


class GatheringTooSmall(Refused):
    """More places are taken than it is to have."""

    code = "gathering_too_small"
    text = N_("{booked} places of “{event}” are taken, so there cannot be {places}. Cancel sign-ups first.")


class FeeFixed(Refused):
    """Somebody signed up at the fee there is."""

    code = "fee_fixed"
    text = N_("{booked} places of “{event}” are taken at its fee, so the fee stays. Call it off and plan another one.")


class GatheringEarly(Refused):
    """An event is closed after it began."""

    code = "gathering_early"
    text = N_("“{event}” begins at {from_at}. Close it afterwards, or call it off.")


# --- reading ---------------------------------------------------------------------------------------

_TAKEN = "coalesce((SELECT CAST(sum(places) AS BIGINT) FROM gathering_signup WHERE gathering_id = g.id AND {}), 0)"
_BOOKED, _WAITING, _CAME = (
    _TAKEN.format(f"state IN ({states})") for states in ("'booked', 'attended', 'absent'", "'waiting'", "'attended'")
)
_SELECT = (
    "SELECT g.id, g.name_en, g.name_zh, g.from_at, g.until_at, g.places, g.waiting_places, g.about_en, g.about_zh,"
    " g.store_id, g.venue, g.link, g.fee_points, g.product_id, g.budget_cents, g.cancel_until_at, g.state,"
    f" coalesce(t.name, ''), coalesce(p.price_cents, 0), {_BOOKED}, {_WAITING}, {_CAME}, g.lessons, g.opened_at,"
    " g.ended_at FROM gathering g LEFT JOIN store t ON t.id = g.store_id LEFT JOIN product p ON p.id = g.product_id"
)
PLANNED = 16
"""Columns of a plan, behind the id."""


def _read(found: Sequence[db.Row]) -> list[Gathering]:
    opened: dict[int, list[Opening]] = {}
    if found:
        marks = ", ".join("?" * len(found))
        sql = f"SELECT gathering_id, rank, from_at FROM gathering_opening WHERE gathering_id IN ({marks}) ORDER BY rank"
        for gathering_id, rank, from_at in db.rows(sql, [row[0] for row in found]):
            opened.setdefault(gathering_id, []).append(Opening(rank, from_at))
    return [_gathering(row, tuple(opened.get(row[0], ()))) for row in found]


def _gathering(row: db.Row, openings: tuple[Opening, ...]) -> Gathering:
    terms: tuple[Any, ...] = (*row[1:PLANNED], openings)
    return Gathering(row[0], Plan(*terms), *row[PLANNED:])


def get(gathering_id: int) -> Gathering:
    """One event. Raises: GatheringUnknown."""
    with db.read():
        found = _read(db.rows(_SELECT + " WHERE g.id = ?", (gathering_id,)))
    if not found:
        raise GatheringUnknown(what=str(gathering_id))
    return found[0]


def calendar(first: Millis, until: Millis, *, limit: int = 200) -> list[Gathering]:
    """Events that begin within a time, drafts and those called off too, the earliest first."""
    sql = _SELECT + " WHERE g.from_at >= ? AND g.from_at < ? ORDER BY g.from_at, g.id LIMIT ?"
    with db.read():
        return _read(db.rows(sql, (first, until, limit)))


def coming(*, now: Millis, limit: int = 50) -> list[Gathering]:
    """Events that were opened and have not ended yet, the next first."""
    sql = _SELECT + f" WHERE g.state IN {COMING} AND g.until_at > ? ORDER BY g.from_at, g.id LIMIT ?"
    with db.read():
        return _read(db.rows(sql, (now, limit)))


def day_of(found: Gathering, *, now: Millis) -> date:
    """The day an event counts for, in the shop's zone."""
    return clock.day_of(found.plan.from_at, rules.current(now=now).zone)


def stores() -> list[tuple[int, str]]:
    """Where an event may be: id and name of each store."""
    return [(id, name) for id, name in db.rows("SELECT id, name FROM store ORDER BY id")]


def hold(gathering_id: int) -> Gathering:
    """Lock an event that is not over, after the members concerned; inside the caller's transaction.

    Raises: GatheringUnknown, GatheringOver.
    """
    lock = "" if db.is_sqlite() else " FOR UPDATE"
    db.run(f"SELECT 1 FROM gathering WHERE id = ?{lock}", (gathering_id,))
    found = get(gathering_id)
    if found.state in ("cancelled", "done"):
        raise GatheringOver(event=found.name, state=Text(STATES[found.state]))
    return found


def _in_language(english: str, chinese: str) -> str:
    return (chinese or english) if i18n.scope().language == "zh" else (english or chinese)


# --- planning --------------------------------------------------------------------------------------


def _misfit(field: str, given: object, wanted: Text) -> GatheringInvalid:
    return GatheringInvalid(field=field, given=str(given)[:40], wanted=wanted)


def checked(plan: Plan) -> dict[str, object]:
    """A plan as its columns. Raises: GatheringInvalid."""
    words = {name: text.clean(getattr(plan, name)) for name in ("name_en", "name_zh", "venue", "link")}
    words |= {name: getattr(plan, name).strip() for name in ("about_en", "about_zh")}
    until_at = plan.from_at if plan.cancel_until_at is None else plan.cancel_until_at
    if not 1 <= len(words["name_en"] or words["name_zh"]) <= 80 or len(words["name_zh"]) > 80:
        raise _misfit("name", words["name_en"], T("A name has 1 to 80 characters."))
    if not plan.from_at < plan.until_at <= plan.from_at + MOST_DAYS * DAY:
        raise _misfit("until", plan.until_at, T("It ends after it begins, within {days} days.", days=MOST_DAYS))
    if not 1 <= plan.places <= MOST_PLACES or not 0 <= plan.waiting_places <= MOST_PLACES:
        raise _misfit("places", plan.places, T("From 1 to {most} places.", most=MOST_PLACES))
    if until_at > plan.until_at:
        raise _misfit("cancel_until", until_at, T("Nobody cancels after it ended."))
    if not plan.openings or len({one.rank for one in plan.openings}) < len(plan.openings):
        raise _misfit("openings", len(plan.openings), T("Name for each tier once from when it may sign up."))
    if not 0 <= plan.budget_cents < 10**9:
        raise _misfit("budget", plan.budget_cents, T("An amount from 0.00 upwards."))
    _check_fee(plan)
    if plan.link and not plan.link.startswith(("https://", "http://")):
        raise _misfit("link", plan.link, T("An address begins with https://."))
    figures = {name: getattr(plan, name) for name in ("from_at", "until_at", "places", "waiting_places", "store_id",
               "fee_points", "product_id", "budget_cents")}  # fmt: skip
    return words | figures | {"cancel_until_at": until_at}


def _check_fee(plan: Plan) -> None:
    if not 0 <= plan.fee_points <= 10**6 or (plan.fee_points and plan.product_id is not None):
        raise _misfit("fee", plan.fee_points, T("The fee is points or a product, not both."))
    if plan.product_id is None:
        return
    kind = db.value("SELECT kind FROM product WHERE id = ? AND active = 1", (plan.product_id,))
    if kind != "service":
        raise _misfit("product", plan.product_id, T("A fee is sold as a service item. Make one under Goods first."))


def _free_product(product_id: int | None, gathering_id: int) -> None:
    """One product is the fee of one event, or a payment could mean another one."""
    sql = "SELECT id FROM gathering WHERE product_id = ? AND id <> ? AND state IN ('draft', 'open', 'closed')"
    if product_id is not None and db.value(sql, (product_id, gathering_id)) is not None:
        raise _misfit("product", product_id, T("It is the fee of another event that is not over."))


def _put_openings(gathering_id: int, openings: Iterable[Opening]) -> None:
    db.run("DELETE FROM gathering_opening WHERE gathering_id = ?", (gathering_id,))
    db.add_many("gathering_opening", [
        {"gathering_id": gathering_id, "rank": one.rank, "from_at": one.from_at} for one in openings
    ])  # fmt: skip


@db.atomic
def draft(plan: Plan, *, by: Actor, now: Millis) -> int:
    """Plan an event nobody sees yet; its id. Raises: NotAllowed, GatheringInvalid."""
    require(by, PLANNING)
    columns, gathering_id = checked(plan), ids.new()
    _free_product(plan.product_id, gathering_id)
    db.add("gathering", id=gathering_id, **columns, state="draft", created_at=now, created_by=by.tag)
    _put_openings(gathering_id, plan.openings)
    after = {"event": plan.name_en or plan.name_zh, "places": plan.places}
    audit.record("gathering.drafted", "gathering", gathering_id, by=by, now=now, store_id=plan.store_id, after=after)
    return gathering_id


def put(found: Gathering, plan: Plan, *, by: Actor, now: Millis) -> None:
    """Change a plan; inside the caller's transaction, the event locked, which has judged what it means for guests."""
    columns = checked(plan)
    _free_product(plan.product_id, found.id)
    taken = found.booked + found.waiting
    if plan.places < found.booked:
        raise GatheringTooSmall(event=found.name, booked=found.booked, places=plan.places)
    if taken and (plan.fee_points, plan.product_id) != (found.plan.fee_points, found.plan.product_id):
        raise FeeFixed(event=found.name, booked=taken)
    sets = ", ".join(f"{column} = ?" for column in columns)
    db.run(f"UPDATE gathering SET {sets} WHERE id = ?", (*columns.values(), found.id))
    _put_openings(found.id, plan.openings)
    was, will = _facts(found.plan), _facts(plan)
    changed = {name: value for name, value in was.items() if value != will[name]}
    audit.record("gathering.changed", "gathering", found.id, by=by, now=now, before=changed,
                 after={name: will[name] for name in changed})  # fmt: skip


def _facts(plan: Plan) -> dict[str, object]:
    return {
        "event": plan.name_en or plan.name_zh, "from_at": plan.from_at, "until_at": plan.until_at,
        "places": plan.places, "waiting": plan.waiting_places, "points": plan.fee_points,
        "budget_cents": plan.budget_cents,
    }  # fmt: skip


def _set_state(found: Gathering, state: State, *, by: Actor, now: Millis) -> None:
    db.run(
        "UPDATE gathering SET state = ?, opened_at = coalesce(opened_at, ?) WHERE id = ?",
        (state, now if state == "open" else None, found.id),
    )
    audit.record(f"gathering.{state}", "gathering", found.id, by=by, now=now, after={"event": found.name})


@db.atomic
def open_signup(gathering_id: int, *, by: Actor, now: Millis) -> None:
    """Let members see an event and sign up, each tier from its time on. Raises: NotAllowed, Gathering…"""
    require(by, PLANNING)
    found = hold(gathering_id)
    if found.plan.until_at <= now:
        raise _misfit("until", found.plan.until_at, T("It has ended already. Change its day first."))
    if found.state != "open":
        _set_state(found, "open", by=by, now=now)


@db.atomic
def close_signup(gathering_id: int, *, by: Actor, now: Millis) -> None:
    """Take no more sign-ups; who cancels makes room for who waits all the same. Raises: NotAllowed, Gathering…"""
    require(by, PLANNING)
    found = hold(gathering_id)
    if found.state == "open":
        _set_state(found, "closed", by=by, now=now)


def end(found: Gathering, state: State, *, by: Actor, now: Millis) -> None:
    """End an event, for good; inside the caller's transaction, the event locked."""
    db.run("UPDATE gathering SET state = ?, ended_at = ? WHERE id = ?", (state, now, found.id))
    after = {"event": found.name, "booked": found.booked, "came": found.came}
    audit.record(f"gathering.{state}", "gathering", found.id, by=by, now=now, after=after)


@db.atomic
def learn(gathering_id: int, lessons: str, *, by: Actor, now: Millis) -> None:
    """Write down what to do better next time, also after the end. Raises: NotAllowed, GatheringUnknown."""
    require(by, PLANNING)
    get(gathering_id)
    db.run("UPDATE gathering SET lessons = ? WHERE id = ?", (lessons.strip()[:2000], gathering_id))
    audit.record("gathering.lessons", "gathering", gathering_id, by=by, now=now)
