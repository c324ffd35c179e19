"""`regulars webhook`: the addresses of online shops that are told of events."""

from dataclasses import asdict
from pathlib import Path

import click

from commands.frame import AS_JSON, STORE, open_shop, owner, say, say_json, store_of, verb
from core.base.i18n import _, written

ID = click.argument("webhook_id", type=int)


@click.group(help=_("Webhooks: online shops that are told of sales, points and members."))
def webhook() -> None:
    """Group."""


@verb(
    webhook,
    "list",
    _("All webhooks, those in use first."),
    click.option("--secrets", is_flag=True, help=_("Show the secrets again.")),
    AS_JSON,
)
def webhook_list(folder: Path, secrets: bool, as_json: bool) -> None:
    """One line an endpoint."""
    open_shop(folder)
    from core.outreach import webhooks

    by = owner()
    found = webhooks.all_webhooks(by=by)
    shown = {one.id: webhooks.secret_of(one.id, by=by) for one in found if secrets and one.ended_at is None}
    if as_json:
        say_json([_plain(asdict(one)) | ({"secret": shown[one.id]} if one.id in shown else {}) for one in found])
        return
    for one in found:
        state = _("ended") if one.ended_at else _("paused") if one.paused_at else _("in use")
        waiting = _("{count} waiting", count=one.waiting) if one.waiting else ""
        say(f"{one.id}  {state}  {one.url}  {' '.join(one.kinds)}  {waiting}".rstrip())
        if one.id in shown:
            say(f"  {shown[one.id]}")


@verb(
    webhook,
    "add",
    _("Tell an address of events; its secret is printed."),
    click.argument("url"),
    click.option("--type", "types", multiple=True, help=_("A type of event; repeat it. All of them if left out.")),
    click.option("--all-stores", is_flag=True, help=_("The sales of all stores.")),
    STORE,
)
def webhook_add(folder: Path, url: str, types: tuple[str, ...], all_stores: bool, store: int | None) -> None:
    """Prints the endpoint's number and secret."""
    open_shop(folder)
    from core.base import clock
    from core.books.events import KINDS
    from core.outreach import webhooks

    of_store = None if all_stores else store_of(store)
    webhook_id, secret = webhooks.add(url, types or KINDS, store_id=of_store, by=owner(), now=clock.now())
    say(f"{webhook_id}  {secret}")


@verb(webhook, "test", _("Queue an event that says nothing; a paused webhook goes on."), ID)
def webhook_test(folder: Path, webhook_id: int) -> None:
    """The scheduler posts it within a second."""
    open_shop(folder)
    from core.base import clock
    from core.outreach import webhooks

    event_id = webhooks.test(webhook_id, by=owner(), now=clock.now())
    say(_("Event {event} is queued. `regulars webhook log {webhook}` shows what came back.",
          event=str(event_id), webhook=str(webhook_id)))  # fmt: skip


@verb(
    webhook,
    "log",
    _("What a webhook was told, the newest event first."),
    ID,
    click.option("--state", type=click.Choice(["queued", "sent", "failed", "dropped"]), help=_("Only these.")),
    click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help=_("So many lines.")),
    AS_JSON,
)
def webhook_log(folder: Path, webhook_id: int, state: str | None, limit: int, as_json: bool) -> None:
    """One line an event."""
    open_shop(folder)
    from core.outreach import webhooks

    found = webhooks.deliveries(webhook_id, by=owner(), state=state, limit=limit)  # type: ignore[arg-type]
    if as_json:
        say_json([_plain(asdict(one)) for one in found])
        return
    for one in found:
        came = str(one.status or one.error or "")
        say(f"{written('at_at', one.at)}  {one.event_id}  {one.kind}  {one.state}  {one.attempts}  {came}".rstrip())
    if not found:
        say(_("Nothing was told yet."))


@verb(webhook, "rotate", _("Make a new secret; for a day the old one signs too."), ID)
def webhook_rotate(folder: Path, webhook_id: int) -> None:
    """Prints the new secret."""
    open_shop(folder)
    from core.base import clock
    from core.outreach import webhooks

    say(webhooks.rotate(webhook_id, by=owner(), now=clock.now()))


@verb(webhook, "end", _("Tell a webhook nothing more."), ID)
def webhook_end(folder: Path, webhook_id: int) -> None:
    """What waits for it is dropped."""
    open_shop(folder)
    from core.base import clock
    from core.outreach import webhooks

    webhooks.end(webhook_id, by=owner(), now=clock.now())
    say(_("Webhook {webhook} is ended.", webhook=str(webhook_id)))


def _plain(row: dict[str, object]) -> dict[str, object]:
    """Ids as strings, as everywhere in JSON."""
    return {name: str(value) if name in ("id", "event_id", "store_id") and value is not None else value
            for name, value in row.items()}  # fmt: skip
