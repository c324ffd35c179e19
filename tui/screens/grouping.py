"""The filter of the members' list: a form, what it means, and the group in words."""

from collections.abc import Sequence
from dataclasses import replace

from core.base.i18n import N_, T, Text
from core.loyalty.tiers import Tier
from core.people.groups import Group
from core.people.tags import Tag
from tui.screens.lists import ListPage, days
from tui.widgets.dates import today
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.row import Words

MONTHS: tuple[tuple[str, Words], ...] = (("", T("any")), *((str(month), str(month)) for month in range(1, 13)))
STATES: tuple[tuple[str, Words], ...] = (("", T("all")), ("active", T("active")), ("blocked", T("blocked")))
MOST_TAGS = 9


class GroupPage(ListPage):
    """A list of the members of a group."""

    group: Group


def form(group: Group, tiers: Sequence[Tier], tags: Sequence[Tag]) -> Form:
    """Who is to be shown? Filled in as it is now; everything empty shows all."""
    of_tier: tuple[tuple[str, Words], ...] = (("", T("all")), *((str(one.id), one.name) for one in tiers))
    known = " · ".join(f"{one.name} {one.members:,}" for one in tags[:MOST_TAGS])
    lines: tuple[Words, ...] = (T("What is left empty does not count; what is filled in counts together."),)
    if known:
        lines += (T("Tags in use: {tags}", tags=known),)
    fields = (
        Field("tag", N_("tag"), value=group.tag, required=False),
        Field("tier", N_("tier"), "choice", value=str(group.tier_id or ""), choices=of_tier, required=False),
        Field("unseen", N_("not here for"), "number", value=group.unseen_days, required=False, hint=N_("days")),
        Field("points", N_("points at least"), "number", value=group.least_points, required=False),
        Field("month", N_("birthday in"), "choice", value=str(group.birth_month or ""), choices=MONTHS, required=False),
        Field("state", N_("state"), "choice", value=group.state, choices=STATES, required=False),
    )
    return Form("filter", T("Which members?"), lines, fields, done=N_("show"))


def from_answer(group: Group, answer: Answer) -> Group:
    """The group that a filled-in form asks for; what is typed in the box stays."""
    return replace(
        group,
        tag=answer.text("tag").lstrip("#"),
        tier_id=int(answer.text("tier")) if answer.text("tier") else None,
        unseen_days=answer.number("unseen"),
        least_points=answer.number("points"),
        birth_month=int(answer.text("month")) if answer.text("month") else None,
        state=answer.text("state"),
        on=today(),
    )


def said(group: Group, tiers: dict[int, Tier]) -> list[Words]:
    """The conditions of a group, each in a few words."""
    found: list[Words] = []
    if group.tag:
        found.append(f"#{group.tag}")
    if group.tier_id in tiers:
        found.append(tiers[group.tier_id].name)
    if group.unseen_days is not None:
        found.append(T("not here for {days}", days=days(group.unseen_days)))
    if group.least_points is not None:
        found.append(T("{points} points or more", points=group.least_points))
    if group.birth_month is not None:
        found.append(T("birthday in month {month}", month=group.birth_month))
    if group.state:
        found.append(Text(N_("active") if group.state == "active" else N_("blocked")))
    return found
