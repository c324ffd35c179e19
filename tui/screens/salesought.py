"""The filter of the sales list: a form, what it asks for, and the same in words."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from core.base.errors import Invalid
from core.base.i18n import N_, T
from core.people.members import MemberHit
from core.reports.sold import Sought
from core.selling.receipts import tender_name
from core.selling.tenders import COUNTED, STORED
from tui.screens.lists import day
from tui.widgets.dates import read_day
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.row import Words

Named = Sequence[tuple[int, str]]
"""Ids with names."""


class DaysReversed(Invalid):
    """The last day lies before the first."""

    code = "days_reversed"
    text = N_("The last day, {until}, lies before the first, {since}.")


class NotOneMember(Invalid):
    """What was typed names nobody, or several."""

    code = "not_one_member"
    text = N_("“{typed}” is {found} members, not one. Type the whole phone number or the card.")


def form(sought: Sought, stores: Named, sellers: Named, member: str, *, every_store: bool) -> Form:
    """Which sales? Filled in as it is now; everything empty shows all."""
    all_of: tuple[tuple[str, Words], ...] = (("", T("all")),)
    here: tuple[tuple[str, Words], ...] = tuple((str(id), name) for id, name in stores)
    known: tuple[tuple[str, Words], ...] = tuple((str(id), name) for id, name in sellers)
    paid: tuple[tuple[str, Words], ...] = tuple(
        (kind, tender_name(kind)) for kind in dict.fromkeys((*COUNTED, *STORED))
    )
    fields = (
        Field("since", N_("from day"), "day", _typed(sought.since), required=False),
        Field("until", N_("to day"), "day", _typed(sought.until), required=False),
        Field("store", N_("store"), "choice", str(sought.store_id or ""),
              choices=(*all_of, *here) if every_store else here, required=False),
        Field("seller", N_("seller"), "choice", str(sought.seller or ""), choices=(*all_of, *known), required=False),
        Field("tender", N_("paid by"), "choice", sought.tender, choices=(*all_of, *paid), required=False),
        Field("member", N_("member"), value=member, required=False, hint=N_("phone, card or name")),
    )  # fmt: skip
    lines = (T("What is left empty does not count. In a day's box ↑ begins with today; both alike show one day."),)
    return Form("filter", T("Which sales?"), lines, fields, done=N_("show"))


def _typed(on: object) -> str:
    return "" if on is None else str(on)


def from_answer(sought: Sought, answer: Answer, member_id: int | None) -> Sought:
    """The sales a filled-in form asks for; what is typed in the box stays. Raises: DayUnreadable, DaysReversed."""
    since = read_day(answer.text("since"), field="since") if answer.text("since") else None
    until = read_day(answer.text("until"), field="until") if answer.text("until") else None
    if since and until and until < since:
        raise DaysReversed(field="until", since=since, until=until)
    store, seller = answer.text("store"), answer.text("seller")
    return replace(
        sought,
        since=since,
        until=until,
        store_id=int(store) if store else None,
        seller=int(seller) if seller else None,
        tender=answer.text("tender"),
        member_id=member_id,
    )


def the_one(typed: str, found: Sequence[MemberHit]) -> MemberHit:
    """The only member found. Raises: NotOneMember."""
    if len(found) != 1:
        raise NotOneMember(field="member", typed=typed[:24], found=len(found))
    return found[0]


def said(sought: Sought, stores: Mapping[int, str], sellers: Mapping[int, str], member: str) -> list[Words]:
    """The conditions of a filter, each in a few words."""
    found: list[Words] = []
    if sought.since and sought.since == sought.until:
        found.append(day(sought.since))
    else:
        found += [T("from {since}", since=day(sought.since))] if sought.since else []
        found += [T("to {until}", until=day(sought.until))] if sought.until else []
    found.append(T("all stores") if sought.store_id is None else stores.get(sought.store_id, ""))
    found += [sellers.get(sought.seller, str(sought.seller))] if sought.seller is not None else []
    found += [tender_name(sought.tender)] if sought.tender else []
    found += [member] if sought.member_id is not None else []
    return found
