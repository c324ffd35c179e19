"""What an event takes 活动筹备: who of the staff works at it, supplies with their cost, and what else was paid."""

from dataclasses import dataclass

from core.base import db, ids, text
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Invalid, NotFound
from core.base.i18n import N_
from core.books import audit
from core.service import followups, gatherings

LONGEST = 80


@dataclass(frozen=True)
class Supply:
    """Something that must be there on the day; the cost is of all of it."""

    id: int
    what: str
    quantity: int
    cost_cents: int
    ready: bool


@dataclass(frozen=True)
class Cost:
    """Something else that was paid."""

    id: int
    what: str
    cents: int
    at: Millis


@dataclass(frozen=True)
class Hand:
    """Who works at an event, and at what."""

    staff_id: int
    name: str
    task: str


@dataclass(frozen=True)
class Kit:
    """Everything an event takes."""

    staff: tuple[Hand, ...]
    supplies: tuple[Supply, ...]
    costs: tuple[Cost, ...]

    @property
    def cost_cents(self) -> int:
        """Supplies and everything else."""
        return sum(one.cost_cents for one in self.supplies) + sum(one.cents for one in self.costs)


class KitInvalid(Invalid):
    """A supply or cost without a name or amount."""

    code = "kit_invalid"
    text = N_("“{given}” with {count} for {cost_cents} does not fit: a name of up to {longest} characters, a number.")


class KitUnknown(NotFound):
    """The event has no such line."""

    code = "kit_unknown"
    text = N_("This line of the event is gone. Open the event again.")


def of(gathering_id: int) -> Kit:
    """Staff by name, supplies and costs in the order they were written down."""
    with db.read():
        staff = db.rows(
            "SELECT k.staff_id, coalesce(s.name, ''), k.task FROM gathering_staff k"
            " LEFT JOIN staff s ON s.id = k.staff_id WHERE k.gathering_id = ? ORDER BY s.name, k.staff_id",
            (gathering_id,),
        )
        supplies = db.rows(
            "SELECT id, what, quantity, cost_cents, ready FROM gathering_supply WHERE gathering_id = ? ORDER BY id",
            (gathering_id,),
        )
        costs = db.rows("SELECT id, what, cents, at FROM gathering_cost WHERE gathering_id = ? ORDER BY id",
                        (gathering_id,))  # fmt: skip
    things = tuple(Supply(id, what, count, cents, bool(ready)) for id, what, count, cents, ready in supplies)
    return Kit(tuple(Hand(*row) for row in staff), things, tuple(Cost(*row) for row in costs))


def _checked(what: str, count: int, cents: int) -> str:
    name = text.clean(what)
    if not 1 <= len(name) <= LONGEST or not 1 <= count < 10**6 or not 0 <= cents < 10**9:
        raise KitInvalid(field="what", given=name[:LONGEST], count=count, cost_cents=cents, longest=LONGEST)
    return name


def _note(action: str, gathering_id: int, what: str, *, by: Actor, now: Millis) -> None:
    audit.record(f"gathering.{action}", "gathering", gathering_id, by=by, now=now, after={"what": what})


@db.atomic
def add_supply(gathering_id: int, what: str, quantity: int, cost_cents: int, *, by: Actor, now: Millis) -> int:
    """Write down something that must be there; its id. Raises: NotAllowed, GatheringUnknown, KitInvalid."""
    require(by, gatherings.PLANNING)
    gatherings.get(gathering_id)
    name, supply_id = _checked(what, quantity, cost_cents), ids.new()
    db.add("gathering_supply", id=supply_id, gathering_id=gathering_id, what=name, quantity=quantity,
           cost_cents=cost_cents)  # fmt: skip
    _note("supply", gathering_id, name, by=by, now=now)
    return supply_id


@db.atomic
def set_ready(supply_id: int, ready: bool, *, by: Actor, now: Millis) -> None:
    """Note that something is there, or is not after all. Raises: NotAllowed, KitUnknown."""
    require(by, "service")
    row = db.one("UPDATE gathering_supply SET ready = ? WHERE id = ? RETURNING gathering_id, what",
                 (int(ready), supply_id))  # fmt: skip
    if row is None:
        raise KitUnknown()
    _note("supply_ready", row[0], row[1], by=by, now=now)


@db.atomic
def add_cost(gathering_id: int, what: str, cents: int, *, by: Actor, now: Millis) -> int:
    """Write down something that was paid, also after the end; its id. Raises: as add_supply."""
    require(by, gatherings.PLANNING)
    gatherings.get(gathering_id)
    if cents < 1:
        raise KitInvalid(field="cents", given=what[:LONGEST], count=1, cost_cents=cents, longest=LONGEST)
    name, cost_id = _checked(what, 1, cents), ids.new()
    db.add("gathering_cost", id=cost_id, gathering_id=gathering_id, what=name, cents=cents, at=now, actor=by.tag)
    _note("cost", gathering_id, name, by=by, now=now)
    return cost_id


@db.atomic
def drop(line_id: int, *, by: Actor, now: Millis) -> None:
    """Strike out a supply or a cost. Raises: NotAllowed, KitUnknown."""
    require(by, gatherings.PLANNING)
    for table in ("gathering_supply", "gathering_cost"):
        row = db.one(f"DELETE FROM {table} WHERE id = ? RETURNING gathering_id, what", (line_id,))
        if row is not None:
            _note("line_dropped", row[0], row[1], by=by, now=now)
            return
    raise KitUnknown()


@db.atomic
def give_to(gathering_id: int, staff_id: int, task: str, *, by: Actor, now: Millis) -> None:
    """Let somebody work at an event, or change at what. Raises: NotAllowed, GatheringUnknown, AssigneeUnknown."""
    require(by, gatherings.PLANNING)
    gatherings.get(gathering_id)
    followups.check_staff(staff_id)
    db.run(
        "INSERT INTO gathering_staff (gathering_id, staff_id, task) VALUES (?, ?, ?)"
        " ON CONFLICT (gathering_id, staff_id) DO UPDATE SET task = excluded.task",
        (gathering_id, staff_id, text.clean(task)[:LONGEST]),
    )
    audit.record("gathering.staff", "gathering", gathering_id, by=by, now=now, after={"staff": staff_id})


@db.atomic
def free(gathering_id: int, staff_id: int, *, by: Actor, now: Millis) -> None:
    """Let somebody work at it no more. Raises: NotAllowed."""
    require(by, gatherings.PLANNING)
    sql = "DELETE FROM gathering_staff WHERE gathering_id = ? AND staff_id = ?"
    if db.change(sql, (gathering_id, staff_id)):
        audit.record("gathering.staff_off", "gathering", gathering_id, by=by, now=now, after={"staff": staff_id})
