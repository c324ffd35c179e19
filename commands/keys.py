"""`regulars key`: what lets tills and online shops in, until when, and which of them still come."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.frame import AS_JSON, STORE, open_shop, owner, say, say_json, store_of, typed_day, verb
from core.base.i18n import _

if TYPE_CHECKING:
    from core.people.devices import ApiKey

_KEY = click.argument("key_id")


@click.group(help=_("API keys."))
def key() -> None:
    """Group."""


@verb(
    key,
    "new",
    _("Make an API key; it is shown once."),
    click.argument("name"),
    click.option(
        "--scope", "scopes", multiple=True, default=("members", "sales"), help=_("What it may do; repeat it.")
    ),
    STORE,
    click.option("--expires", metavar="DAY", help=_("The last day it is good, like 2027-12-31; for ever if left out.")),
    click.option(
        "--address", "addresses", multiple=True, help=_("Good from here only, like 203.0.113.0/24; repeat it.")
    ),
)
def key_new(folder: Path, name: str, store: int | None, expires: str | None, **given: Any) -> None:
    """The whole key, and nothing else, on standard output."""
    open_shop(folder)
    from core.base import clock, i18n
    from core.people import devices

    ends = None if expires is None else clock.end_of(typed_day(expires), i18n.scope().zone)
    scopes, addresses = given["scopes"], given["addresses"]
    say(
        devices.new_key(
            name, store_of(store), scopes, by=owner(), now=clock.now(), expires_at=ends, addresses=addresses
        )
    )


@verb(key, "list", _("All API keys: since when, last used, until when."), AS_JSON)
def key_list(folder: Path, as_json: bool) -> None:
    """Those in use first; the secret half of a key is nowhere."""
    open_shop(folder)
    from core.people import devices

    found = devices.all_keys(by=owner())
    if as_json:
        say_json([asdict(one) for one in found])
        return
    for one in found:
        say(_line(one))
    if not found:
        say(_("No API key yet. `regulars key new NAME` makes one."))


def _line(one: "ApiKey") -> str:
    from core.base import clock, text

    facts = [_("last used {used_at}", used_at=one.last_used_at) if one.last_used_at else _("never used")]
    if one.revoked_at is not None:
        facts.append(_("ended {ended_at}", ended_at=one.revoked_at))
    elif one.expires_at is not None and one.expires_at <= clock.now():
        facts.append(_("ran out {ended_at}", ended_at=one.expires_at))
    elif one.expires_at is not None:
        facts.append(_("good until {ends_at}", ends_at=one.expires_at))
    if one.addresses:
        facts.append(_("from {addresses}", addresses=", ".join(one.addresses)))
    who = f"{one.key_id}  {text.fit(one.name, 20)} {text.fit(one.store, 14)} {' '.join(one.scopes)}"
    return " · ".join([who, *facts])


@verb(
    key,
    "rotate",
    _("Make the key that follows one in use; both are good for some days. It is shown once."),
    _KEY,
    click.option(
        "--days", type=click.IntRange(0, 90), default=7, show_default=True, help=_("How long the old one stays good.")
    ),
)
def key_rotate(folder: Path, key_id: str, days: int) -> None:
    """The whole new key, and nothing else, on standard output."""
    open_shop(folder)
    from core.base import clock
    from core.people import devices

    say(devices.rotate_key(key_id, by=owner(), now=clock.now(), days=days))


@verb(key, "revoke", _("End an API key at once."), _KEY)
def key_revoke(folder: Path, key_id: str) -> None:
    """Whoever sends it is refused from now on."""
    open_shop(folder)
    from core.base import clock
    from core.people import devices

    devices.revoke_key(key_id, by=owner(), now=clock.now())
    say(_("The key {key} lets nobody in any more.", key=key_id))
