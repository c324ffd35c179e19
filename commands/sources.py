"""`regulars source` and `regulars cards`: printed links with their posters, and cards made ahead for new members."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.frame import AS_JSON, STORE, open_shop, owner, say, say_json, store_of, typed_day, verb
from core.base.i18n import N_, T, _

if TYPE_CHECKING:
    from core.people.sources import SourceCounts

KINDS = ("poster", "advert", "partner", "staff")
STATES = {"running": N_("running"), "coming": N_("coming"), "ended": N_("ended")}
NAMES = {"poster": N_("poster"), "advert": N_("advert"), "partner": N_("partner"), "staff": N_("staff")}
LINK = click.argument("link_id", type=int, metavar="LINK")
BATCH = click.argument("batch_id", type=int, metavar="BATCH")
OUT = click.option("--out", type=click.Path(path_type=Path), required=True, help=_("The PDF to write."))
LANGUAGE = click.option("--language", type=click.Choice(["zh", "en"]), help=_("The shop's language if left out."))


@click.group(help=_("Printed links: posters, adverts, partners and staff, with what each brought."))
def source() -> None:
    """Group."""


@click.group(help=_("Cards printed ahead, handed out to new members."))
def cards() -> None:
    """Group."""


# --- links -----------------------------------------------------------------------------------------


@verb(
    source,
    "add",
    _("Add a link: regulars source add 窗口海报 --kind poster"),
    click.argument("name"),
    click.option("--kind", type=click.Choice(KINDS), default="poster", help=_("What carries it.")),
    STORE,
    click.option("--staff", help=_("Sign-in name of who is credited, for a link of a staff member.")),
    click.option("--budget", type=int, default=30, help=_("Codes by text a day; 30 if left out.")),
    click.option("--from", "first", type=typed_day, metavar="DAY", help=_("The first day.")),
    click.option("--until", "last", type=typed_day, metavar="DAY", help=_("The last day.")),
)
def source_add(folder: Path, name: str, **given: Any) -> None:
    """Prints its id and its address."""
    loaded = open_shop(folder)
    from core.base import clock
    from core.books import rules
    from core.people import sources
    from core.people import staff as accounts
    from core.people.sources import SourceTerms

    now = clock.now()
    zone = rules.current(now=now).zone
    terms = SourceTerms(
        given["kind"],
        store_of(given["store"]),
        staff_id=accounts.by_login(given["staff"]) if given["staff"] else None,
        daily_budget=given["budget"],
        from_at=clock.start_of(given["first"], zone) if given["first"] else None,
        until_at=clock.end_of(given["last"], zone) if given["last"] else None,
    )
    link = sources.create(name, terms, by=owner(), now=now)
    say(f"{link.id}  {sources.url(link, loaded.base_url)}")


@verb(source, "list", _("All links with what each brought."), AS_JSON)
def source_list(folder: Path, as_json: bool) -> None:
    """Those in use first."""
    open_shop(folder)
    from core.base import clock
    from core.people import sources

    found, now = sources.listing(by=owner()), clock.now()
    if as_json:
        say_json([_as_dict(one) | {"state": one.link.state(now)} for one in found])
        return
    for one in found:
        _say_counts(one, one.link.state(now))


def _as_dict(one: "SourceCounts") -> dict[str, Any]:
    """Flat, its id a string as in all JSON of the shop."""
    found = asdict(one)
    return {**found.pop("link"), **found, "id": str(one.link.id)}


def _say_counts(one: "SourceCounts", state: str) -> None:
    from core.base import text

    shown = text.fit(str(T(STATES[state])), 8), text.fit(str(T(NAMES[one.link.kind])), 8)
    say(f"{one.link.id:<12} {one.link.code}  {shown[0]} {shown[1]} {one.link.name}")
    brought = _(
        "opened {opened}   codes by text {codes}   joined {joined}   bought {bought}   spent {spent_cents}",
        opened=one.opened,
        codes=one.codes,
        joined=one.joined,
        bought=one.bought,
        spent_cents=one.spent_cents,
    )
    say(f"{'':<12} {one.store}{' · ' if one.staff else ''}{one.staff}   {brought}")


@verb(source, "budget", _("Let a link send other many codes by text a day."), LINK, click.argument("codes", type=int))
def source_budget(folder: Path, link_id: int, codes: int) -> None:
    """From today."""
    open_shop(folder)
    from core.base import clock
    from core.people import sources

    sources.set_budget(link_id, codes, by=owner(), now=clock.now())
    say(_("Done."))


@verb(source, "end", _("End a link; whoever joined by it stays a member."), LINK)
def source_end(folder: Path, link_id: int) -> None:
    """For good."""
    open_shop(folder)
    from core.base import clock
    from core.people import sources

    sources.end(link_id, by=owner(), now=clock.now())
    say(_("Done."))


@verb(
    source,
    "poster",
    _("The poster of a link as PDF, A4."),
    LINK,
    OUT,
    LANGUAGE,
    click.option("--headline", default="", help=_("The large line; “Become a regular” if left out.")),
)
def source_poster(folder: Path, link_id: int, out: Path, language: str | None, headline: str) -> None:
    """With the QR of the link and its address in words."""
    open_shop(folder)
    from core.base import clock
    from core.keeping import sheets

    now = clock.now()
    made = sheets.poster(link_id, language=language or _shops(), headline=headline, by=owner(), now=now)
    _write(out, made)


# --- cards -----------------------------------------------------------------------------------------


@verb(cards, "make", _("Make blank cards; prints the batch they are in."), click.argument("count", type=int))
def cards_make(folder: Path, count: int) -> None:
    """1 to 1,000 at once."""
    open_shop(folder)
    from core.base import clock
    from core.people import blanks

    say(str(blanks.make(count, by=owner(), now=clock.now())))


@verb(cards, "list", _("All batches with how many cards are blank, used and void."), AS_JSON)
def cards_list(folder: Path, as_json: bool) -> None:
    """The newest first."""
    open_shop(folder)
    from core.base.i18n import written
    from core.people import blanks

    found = blanks.batches(by=owner())
    if as_json:
        say_json([asdict(one) | {"id": str(one.id)} for one in found])
        return
    for one in found:
        counted = _("blank {blank}   used {used}   void {void}", blank=one.blank, used=one.used, void=one.void)
        say(f"{one.id:<12} {written('made_at', one.made_at)}   {counted}")


@verb(cards, "sheet", _("The blank cards of a batch as PDF, ten on a page of A4."), BATCH, OUT, LANGUAGE)
def cards_sheet(folder: Path, batch_id: int, out: Path, language: str | None) -> None:
    """With marks to cut along."""
    open_shop(folder)
    from core.base import clock
    from core.keeping import sheets

    _write(out, sheets.cards(batch_id, language=language or _shops(), by=owner(), now=clock.now()))


@verb(cards, "void", _("Declare the blank cards of a batch void, for a sheet that was lost."), BATCH)
def cards_void(folder: Path, batch_id: int) -> None:
    """Cards that were handed out stay good."""
    open_shop(folder)
    from core.base import clock
    from core.people import blanks

    say(_("{count} cards are void.", count=blanks.void(batch_id, by=owner(), now=clock.now())))


def _shops() -> str:
    """The language of the shop."""
    from core.base import clock
    from core.books import rules

    return rules.current(now=clock.now()).language


def _write(out: Path, made: bytes) -> None:
    try:
        out.write_bytes(made)
    except OSError as error:
        raise click.FileError(str(out), error.strerror) from error
    say(_("{path} is written.", path=str(out)))
