"""The launch kit 开业物料: what a shop prints and says on its first day, with its own links, rules and figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.base import db, i18n
from core.base import files as whole
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Refused
from core.base.i18n import N_, _
from core.books import rules
from core.keeping import kitwords
from core.keeping.tillkeys import TillKey
from core.people import sources
from core.people.sources import Kind, SourceLink, SourceTerms

CARD, POSTER, NEWS = N_("counter card"), N_("door poster"), N_("first messages")
LINKS: tuple[tuple[str, Kind, int], ...] = ((CARD, "poster", 60), (POSTER, "poster", 60), (NEWS, "advert", 200))
"""The links of a kit, with what carries each and how many codes by text it sends a day."""


class KitNotWritten(Refused):
    """The folder for a launch kit cannot be written."""

    code = "kit_not_written"
    text = N_("Nothing can be written into {folder} ({why}). Choose another folder.")


@dataclass(frozen=True)
class Kit:
    """What was written."""

    folder: Path
    files: tuple[str, ...]


@db.atomic
def links(store_id: int, *, by: Actor, now: Millis) -> dict[str, SourceLink]:
    """The links of a store's kit by their msgid, made once: one with such a name that runs is taken again.

    Raises: NotAllowed, SourceInvalid.
    """
    require(by, "marketing", store_id=store_id)
    running = [one.link for one in sources.listing(by=by) if one.link.state(now) == "running"]
    found = {}
    for name, kind, budget in LINKS:
        known = _in_every_language(name)
        before = next((one for one in running if one.store_id == store_id and one.name in known), None)
        found[name] = before or sources.create(
            _named(name, now), SourceTerms(kind, store_id, daily_budget=budget), by=by, now=now
        )
    return found


def _named(name: str, now: Millis) -> str:
    with i18n.use(rules.current(now=now).language):
        return _(name)


def _in_every_language(name: str) -> set[str]:
    said = set()
    for language in i18n.LANGUAGES:
        with i18n.use(language):
            said.add(_(name))
    return said


def write(folder: Path, *, language: str, store_id: int, keys: Sequence[TillKey], by: Actor, now: Millis) -> Kit:
    """Write counter card, poster, card for the till, and first messages; what was there by those names is replaced.

    Cards and poster speak `language`, the messages both; `keys` are those of the back-office. Raises: NotAllowed,
    PosterNowhere, SourceInvalid, KitNotWritten.
    """
    from core.keeping import kitsheets, sheets, tillcard  # reportlab: 0.3 s

    base_url = sheets.address_of_phones()
    made, given = links(store_id, by=by, now=now), kitwords.offer(now=now)
    files = {
        "counter-card.pdf": kitsheets.counter_card(made[CARD], given, language=language),
        "door-poster.pdf": sheets.poster(made[POSTER].id, language=language, by=by, now=now),
        "till-card.pdf": tillcard.card(keys, tillcard.facts(store_id, now=now), language=language),
        "first-messages.txt": _messages(made[NEWS], base_url, given).encode(),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            whole.write_bytes(folder / name, content)
    except OSError as error:
        raise KitNotWritten(folder=str(folder), why=error.strerror or type(error).__name__) from error
    return Kit(folder, tuple(files))


def _messages(link: SourceLink, base_url: str, given: kitwords.Offer) -> str:
    found = []
    for language in i18n.LANGUAGES:
        with i18n.use(language):
            budget = _(
                "The link {url} counts who comes by it, and sends at most {codes} codes by text a day:"
                " `regulars source budget {link} NUMBER` changes that.",
                url=f"{base_url}/q/{link.code}", codes=link.daily_budget, link=str(link.id),
            )  # fmt: skip
            found.append(f"{budget}\n\n{kitwords.first_messages(given, f'{base_url}/q/{link.code}')}")
    return ("\n\n" + "=" * 60 + "\n\n").join(found) + "\n"
