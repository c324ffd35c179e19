"""`regulars ssh-keys`: which public key opens the back-office as whom, and the answer OpenSSH asks for."""

import shlex
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from commands.frame import AS_JSON, open_shop, owner, say, say_json, verb
from core.base.i18n import _


@click.group(help=_("SSH keys of staff: each opens the back-office as one account."))
def ssh_keys() -> None:
    """Group."""


@verb(
    ssh_keys,
    "add",
    _("Let a public key open an account: regulars ssh-keys add zhouli id_ed25519.pub"),
    click.argument("login"),
    click.argument("file", type=click.File("r", "utf-8", errors="replace"), default="-"),
)
def ssh_keys_add(folder: Path, login: str, file: Any) -> None:
    """Prints the key's number and fingerprint."""
    line = file.read(65_536)
    open_shop(folder)
    from core.base import clock
    from core.people import sshkeys

    made = sshkeys.add(login, line, by=owner(), now=clock.now())
    say(f"{made.id}  {made.login}  {made.fingerprint}")


@verb(ssh_keys, "list", _("The keys in use, with the accounts they open."), AS_JSON)
def ssh_keys_list(folder: Path, as_json: bool) -> None:
    """One line a key."""
    open_shop(folder)
    from core.base import clock, text
    from core.books import rules
    from core.people import sshkeys

    found = sshkeys.listing(by=owner())
    if as_json:
        say_json([asdict(one) | {"id": str(one.id), "staff_id": str(one.staff_id)} for one in found])
        return
    zone = rules.current(now=clock.now()).zone
    for one in found:
        used = _("never used") if one.used_at is None else f"{clock.local(one.used_at, zone):%Y-%m-%d %H:%M}"
        say(f"{one.id:<10} {text.fit(one.login, 16)} {one.fingerprint}  {text.fit(used, 16)}  {one.label}".rstrip())


@verb(ssh_keys, "remove", _("A key opens nothing any more, from now on."), click.argument("key_id", type=int))
def ssh_keys_remove(folder: Path, key_id: int) -> None:
    """Sessions that are open can write nothing more."""
    open_shop(folder)
    from core.base import clock
    from core.people import sshkeys

    sshkeys.remove(key_id, by=owner(), now=clock.now())
    say(_("Key {key} is removed.", key=str(key_id)))


@verb(
    ssh_keys,
    "lookup",
    _("For sshd: the line of a key that is offered; nothing for a key that opens no account."),
    click.argument("kind"),
    click.argument("body"),
)
def ssh_keys_lookup(folder: Path, kind: str, body: str) -> None:
    """What AuthorizedKeysCommand asks, twice a login."""
    open_shop(folder)
    from core.people import sshkeys

    key_id = sshkeys.offered(kind, body)
    if key_id is not None:
        program = str(Path(sys.executable).with_name("regulars"))
        command = shlex.join([program, "--folder", str(folder), "tui", "--key"])
        say(sshkeys.authorized_line(key_id, kind, body, command))
