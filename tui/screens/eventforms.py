"""The form that plans an event, or changes one."""

import re
import unicodedata
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, timedelta

from core.base import clock
from core.base.access import Actor
from core.base.clock import Millis
from core.base.i18n import N_, T, scope
from core.goods import catalogue
from core.loyalty import tiers
from core.service import gatherings
from core.service.gatheringrules import Opening
from core.service.gatherings import Plan
from tui.screens.jobtimes import TimeUnreadable
from tui.screens.lists import ListPage
from tui.widgets.dates import read_day
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.row import Words

_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
EMPTY_PLAN = Plan("", "", Millis(0), Millis(1), 20, 10)


def read_time(typed: str, on: date, *, field: str) -> Millis:
    """A moment of a day from a time of day. Raises: TimeUnreadable."""
    match = _TIME.fullmatch(unicodedata.normalize("NFKC", typed).strip())
    if match is None:
        raise TimeUnreadable(field=field, typed=typed[:12])
    return clock.at_time(on, int(match[1]), int(match[2]), scope().zone)


Named = list[tuple[int, str]]
"""What can be chosen: ids and names."""


def _choices(by: Actor) -> tuple[Named, Named, Named]:
    """Stores, service items and tiers to choose from."""
    services = [(one.id, one.name) for one in catalogue.everything() if one.kind == "service" and one.active]
    return gatherings.stores(), services, [(one.rank, one.name) for one in tiers.all_tiers()]


async def ask_plan(page: ListPage, known: Plan | None, then: Callable[[Plan], Awaitable[None]]) -> None:
    """Ask for a plan, filled in with the one there is."""
    choices = await page.gateway.read(_choices, page.actor)

    async def write(answer: Answer) -> None:
        await then(read_plan(answer))

    fields = plan_fields(known, choices)
    title = T("Plan an event") if known is None else T("Change the event")
    lines = (T("One name is enough; the other language shows it too."),)
    await page.ask(Form("event", title, lines, fields), write)


def plan_fields(known: Plan | None, choices: tuple[Named, Named, Named]) -> tuple[Field, ...]:
    """The fields of a plan, with stores, service items and tiers to choose from; a new one begins with the usual."""
    stores, services, ranks = choices
    return (*_what(known, stores), *_terms(known, services, ranks))


Choices = tuple[tuple[str, Words], ...]


def _what(known: Plan | None, stores: Sequence[tuple[int, str]]) -> tuple[Field, ...]:
    one, zone = known or EMPTY_PLAN, scope().zone
    begins, ends = (clock.local(at, zone) for at in (one.from_at, one.until_at))
    places: Choices = (("", T("elsewhere or online")), *((str(id), name) for id, name in stores))
    return (
        Field("name_zh", N_("Chinese name"), value=one.name_zh, required=False),
        Field("name_en", N_("English name"), value=one.name_en, required=False),
        Field("day", N_("day"), "day", value=f"{begins:%Y-%m-%d}" if known else ""),
        Field("begins", N_("begins"), value=f"{begins:%H:%M}" if known else "14:00"),
        Field("ends", N_("ends"), value=f"{ends:%H:%M}" if known else "16:00"),
        Field("store", N_("store"), "choice", value=str(one.store_id or ""), choices=places, required=False),
        Field("venue", N_("place"), value=one.venue, required=False, hint=N_("if not the store")),
        Field("link", N_("online at"), value=one.link, required=False, hint=N_("begins with https://")),
        Field("about_zh", N_("what, Chinese"), value=one.about_zh, required=False),
        Field("about_en", N_("what, English"), value=one.about_en, required=False),
    )


def _terms(
    known: Plan | None, services: Sequence[tuple[int, str]], ranks: Sequence[tuple[int, str]]
) -> tuple[Field, ...]:
    one = known or EMPTY_PLAN
    fees: Choices = (("", T("nothing, or points")), *((str(id), name) for id, name in services))
    tiers_: Choices = tuple((str(rank), name) for rank, name in ranks)
    cancel_at = None if known is None or known.cancel_until_at == known.from_at else known.cancel_until_at
    opens = max(one.openings, key=lambda opening: opening.rank).rank
    return (
        Field("places", N_("places"), "number", value=one.places),
        Field("waiting", N_("waiting list"), "number", value=one.waiting_places),
        Field("points", N_("points a place"), "number", value=one.fee_points),
        Field("product", N_("fee in money"), "choice", value=str(one.product_id or ""), choices=fees, required=False),
        Field("budget", N_("budget"), "money", value=one.budget_cents),
        Field("cancel_day", N_("cancel until"), "day", required=False, value=_day(cancel_at),
              hint=N_("empty: until it begins")),
        Field("cancel_time", N_("at"), required=False, value=_time(cancel_at)),
        Field("rank", N_("open to"), "choice", value=str(opens), choices=tiers_),
        Field("opens", N_("others from"), "day", required=False, value=_later(known), hint=N_("empty: never")),
    )  # fmt: skip


def _day(at: Millis | None) -> str:
    return "" if at is None else f"{clock.local(at, scope().zone):%Y-%m-%d}"


def _time(at: Millis | None) -> str:
    return "18:00" if at is None else f"{clock.local(at, scope().zone):%H:%M}"


def _later(known: Plan | None) -> str:
    """The day from which the lowest tier may sign up, where a higher one came first."""
    if known is None or len(known.openings) < 2:
        return ""
    return f"{clock.local(max(one.from_at for one in known.openings), scope().zone):%Y-%m-%d}"


def _cancel_until(answer: Answer) -> Millis | None:
    """The last moment in which the fee comes back; None is until it begins, whenever that will be."""
    if not answer.text("cancel_day"):
        return None
    on = read_day(answer.text("cancel_day"), field="cancel_day")
    return read_time(answer.text("cancel_time"), on, field="cancel_time")


def read_plan(answer: Answer) -> Plan:
    """A plan as it was typed. Raises: TimeUnreadable, and what a day raises."""
    on = read_day(answer.text("day"), field="day")
    from_at, until_at = (read_time(answer.text(name), on, field=name) for name in ("begins", "ends"))
    if until_at <= from_at:
        until_at = read_time(answer.text("ends"), on + timedelta(days=1), field="ends")
    rank, opens = int(answer.text("rank")), answer.text("opens")
    openings = [Opening(rank, Millis(0))]
    if opens and rank:
        openings.append(Opening(0, clock.start_of(read_day(opens, field="opens"), scope().zone)))
    return Plan(
        answer.text("name_en"), answer.text("name_zh"), from_at, until_at, answer.number("places") or 0,
        answer.number("waiting") or 0, answer.text("about_en"), answer.text("about_zh"),
        int(answer.text("store")) if answer.text("store") else None, answer.text("venue"), answer.text("link"),
        answer.number("points") or 0, int(answer.text("product")) if answer.text("product") else None,
        answer.number("budget") or 0, _cancel_until(answer), tuple(openings),
    )  # fmt: skip
