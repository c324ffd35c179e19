"""`regulars launch-kit` and `regulars till-card`: what is printed for a shop, with the keys of its back-office."""

from pathlib import Path

import click

from commands.frame import STORE, open_shop, owner, say, store_of
from core.base.i18n import _

LANGUAGE = click.option("--language", type=click.Choice(["zh", "en"]), help=_("The shop's language if left out."))


@click.command("launch-kit", help=_("Write counter card, poster, card for the till and first messages into FOLDER."))
@click.argument("out", metavar="FOLDER", type=click.Path(file_okay=False, path_type=Path))
@LANGUAGE
@STORE
@click.pass_obj
def launch_kit(folder: Path, out: Path, language: str | None, store: int | None) -> None:
    """The links it carries are made once; running it again writes the figures of now."""
    open_shop(folder)
    from core.base import clock
    from core.books import rules
    from core.keeping import launchkit
    from tui.screens import tillcard

    now = clock.now()
    chosen = language or rules.current(now=now).language
    kit = launchkit.write(
        out, language=chosen, store_id=store_of(store), keys=tillcard.till_keys(), by=owner(), now=now
    )
    for name in kit.files:
        say(_("{path} is written.", path=str(kit.folder / name)))


@click.command(
    "till-card", help=_("Write the card beside the till as PDF into FILE: its keys, what to say, what to do.")
)
@click.argument("file", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
@LANGUAGE
@STORE
@click.pass_obj
def till_card(folder: Path, file: Path, language: str | None, store: int | None) -> None:
    """One page of A4; what was there by that name is replaced."""
    open_shop(folder)
    from core.base import clock
    from core.books import rules
    from core.keeping import tillcard as card
    from tui.screens import tillcard

    now = clock.now()
    chosen = language or rules.current(now=now).language
    made = card.card(tillcard.till_keys(), card.facts(store_of(store), now=now), language=chosen)
    try:
        file.write_bytes(made)
    except OSError as error:
        raise click.FileError(str(file), error.strerror) from error
    say(_("{path} is written.", path=str(file)))
