"""`regulars report`: figures for whoever has to answer for them."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.frame import AS_JSON, columns, open_shop, owner, say, say_json, verb
from core.base.i18n import T, _

if TYPE_CHECKING:
    from core.reports.consents import ConsentReport, Part


@click.group(help=_("Figures for whoever has to answer for them."))
def report() -> None:
    """Group."""


@verb(
    report,
    "consents",
    _("Who agreed to what: by purpose, source, store, month and wording."),
    click.option("--csv", "as_csv", is_flag=True, help=_("Every member's last word as a file under exports.")),
    AS_JSON,
)
def report_consents(folder: Path, as_csv: bool, as_json: bool) -> None:
    """Counted are members who are neither merged nor erased."""
    open_shop(folder)
    from core.base import clock
    from core.books import rules
    from core.keeping import consentlist
    from core.reports import consents

    by, now = owner(), clock.now()
    if as_csv:
        made = consentlist.export(by=by, now=now, zone=rules.current(now=now).zone)
        say(_("{path} is written.", path=str(made)))
        return
    found = consents.of(by=by, now=now)
    if as_json:
        say_json(asdict(found))
        return
    _say(found)


def _say(found: "ConsentReport") -> None:
    say(_("members counted: {members}", members=found.members))
    say(columns("", _("yes"), _("no"), _("never asked")))
    for one in found.purposes:
        say(columns(_purpose(one.purpose), *(f"{count:,}" for count in (one.granted, one.withdrawn, one.never_asked))))
    for title, parts in ((_("by source"), found.sources), (_("by store"), found.stores), (_("by month"), found.months)):
        _say_parts(title, parts)
    say("")
    say(_("wording"))
    for use in found.wordings:
        say(columns(_purpose(use.purpose), f"{use.granted:,}") + f"  {use.language or '—'}  {use.wording}")


def _say_parts(title: str, parts: tuple["Part", ...]) -> None:
    say("")
    say(columns(title, _("yes"), _("no")))
    for one in parts:
        say(columns(f"{_purpose(one.purpose)} · {one.part or '—'}", f"{one.granted:,}", f"{one.withdrawn:,}"))


def _purpose(name: str) -> str:
    from core.people.consent import PURPOSE_WORDS

    return str(T(PURPOSE_WORDS[name]))
