"""`regulars segment`: members chosen by a rule, counted, tried and saved."""

from pathlib import Path
from typing import Any

import click

from commands.frame import AS_JSON, open_shop, owner, say, say_json, verb
from core.base.i18n import _, written

NAME = click.argument("name")


@click.group(help=_("Segments: members chosen by a rule, counted, tried and saved."))
def segment() -> None:
    """Group."""


@verb(segment, "list", _("Segments in use, with their rules in words."), AS_JSON)
def segment_list(folder: Path, as_json: bool) -> None:
    """By name."""
    open_shop(folder)
    from core.outreach.segments import saved, words

    found = saved.listing(by=owner())
    if as_json:
        say_json([_as_dict(one) for one in found])
        return
    for one in found:
        say(f"{one.id:<12} {one.name}   {words.say(one.rule)}")


def _as_dict(one: Any) -> dict[str, Any]:
    from core.base import clock
    from core.outreach.segments import tree, typed

    return {"id": str(one.id), "name": one.name, "version": one.number, "text": typed.write(one.rule),
            "rule": tree.as_json(one.rule), "at": clock.iso(one.at)}  # fmt: skip


@verb(segment, "show", _("A segment with its versions."), NAME, AS_JSON)
def segment_show(folder: Path, name: str, as_json: bool) -> None:
    """The newest first, as text and in words."""
    open_shop(folder)
    from core.outreach.segments import saved, typed, words

    by = owner()
    found = saved.versions(saved.by_name(name, by=by).id, by=by)
    if as_json:
        say_json([_as_dict(one) for one in found])
        return
    for one in found:
        say(f"{_('version {number}', number=one.number)}   {written('at', one.at)}")
        say(f"  {typed.write(one.rule)}")
        say(f"  {words.say(one.rule)}")


@verb(segment, "count", _("How many members a saved segment has now."), NAME)
def segment_count(folder: Path, name: str) -> None:
    """Of active members."""
    open_shop(folder)
    from core.base import clock
    from core.outreach.segments import reading, saved

    by = owner()
    found = reading.count(saved.by_name(name, by=by).rule, by=by, now=clock.now())
    say(_("Members: {count}", count=found))


@verb(
    segment,
    "try",
    _("Try a rule without saving it: what it means and how many it finds."),
    click.argument("rule"),
    AS_JSON,
)
def segment_try(folder: Path, rule: str, as_json: bool) -> None:
    """Nothing is written."""
    open_shop(folder)
    from core.base import clock
    from core.outreach.segments import reading, tree, typed, words

    read = typed.read(rule)
    found = reading.count(read, by=owner(), now=clock.now())
    if as_json:
        say_json({"rule": tree.as_json(read), "words": words.say(read), "members": found})
        return
    say(words.say(read))
    say(_("Members: {count}", count=found))


@verb(
    segment,
    "save",
    _("Save a rule under a name: regulars segment save 熟客 'visits(90) >= 3'"),
    NAME,
    click.argument("rule"),
)
def segment_save(folder: Path, name: str, rule: str) -> None:
    """A name that is there gets another version."""
    open_shop(folder)
    from core.base import clock
    from core.outreach.segments import saved, typed, words

    done = saved.save(name, typed.read(rule), by=owner(), now=clock.now())
    say(words.say(done.rule))
    say(_("“{name}” is saved as version {number}.", name=done.name, number=done.number))


@verb(segment, "retire", _("Take a segment off the list; campaigns that were for it keep it."), NAME)
def segment_retire(folder: Path, name: str) -> None:
    """Its name becomes free."""
    open_shop(folder)
    from core.base import clock
    from core.outreach.segments import saved

    by = owner()
    saved.retire(saved.by_name(name, by=by).id, by=by, now=clock.now())
    say(_("Done."))
