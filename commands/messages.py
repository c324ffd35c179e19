"""`regulars message` and `regulars suppress`: wordings looked over, what messages cost, who gets none."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.frame import AS_JSON, open_shop, owner, say, say_json, typed_day, verb
from core.base.i18n import N_, T, _, written

if TYPE_CHECKING:
    from core.outreach.lint import Finding, Look
    from core.outreach.suppressions import Suppressed

CHANNELS = ("sms", "whatsapp", "email")
LANGUAGE = click.option("--language", type=click.Choice(["zh", "en"]), default="zh", help=_("zh if left out."))
CHANNEL = click.option("--channel", type=click.Choice(CHANNELS), default="sms", help=_("sms if left out."))
BY = click.option("--channel", type=click.Choice(("", *CHANNELS)), default="", help=_("Every channel if left out."))
SCOPE = click.option("--offers-only", is_flag=True, help=_("Notices may still be written."))
SEVERITIES = {"error": N_("error"), "warning": N_("warning")}
SCOPES = {"all": N_("nothing at all"), "marketing": N_("no offers")}


@click.group(help=_("What messages say and cost."))
def message() -> None:
    """Group."""


@click.group(help=_("Addresses that get no messages, whoever they belong to."))
def suppress() -> None:
    """Group."""


# --- wordings --------------------------------------------------------------------------------------


@verb(
    message,
    "preview",
    _("How a message would read, its parts and its cost: regulars message preview winback"),
    click.argument("template"),
    LANGUAGE,
    CHANNEL,
    click.option("--body", help=_("A wording to try; the one in force if left out.")),
    AS_JSON,
)
def message_preview(folder: Path, template: str, **given: Any) -> None:
    """Ends with 1 if there is an error in it."""
    open_shop(folder)
    from core.base import clock
    from core.outreach import lint, templates
    from core.outreach.lint import Draft

    templates.known_fields(template)
    used = templates.wording(template, given["language"], given["channel"])
    body = used.body if given["body"] is None else given["body"]
    category = lint.CATEGORY_OF.get(template, "service")
    draft = Draft(template, given["language"], body, category, given["channel"], used.subject)
    seen = lint.look(draft, now=clock.now())
    if given["as_json"]:
        say_json(_as_dict(seen))
    else:
        _say_look(seen)
    if seen.has_errors:
        raise SystemExit(1)


def _as_dict(seen: "Look") -> dict[str, Any]:
    findings = [{"severity": one.severity, "code": one.code, "said": str(one.said)} for one in seen.findings]
    cost = seen.cost
    return {"said": seen.said, "parts": seen.counted.parts, "units": seen.counted.units, "micros": cost.micros,
            "currency": cost.currency, "findings": findings}  # fmt: skip


def _say_look(seen: "Look") -> None:
    from core.outreach import costs

    say(seen.said)
    say(_("{units} characters · parts: {parts}", units=seen.counted.units, parts=seen.counted.parts))
    if seen.cost.micros is not None:
        say(_("costs {amount} {currency}", amount=costs.shown(seen.cost.micros), currency=seen.cost.currency))
    for one in seen.findings:
        _say_finding(one)


def _say_finding(one: "Finding") -> None:
    say(f"  {T(SEVERITIES[one.severity])}: {one.said}")


@verb(message, "lint", _("Look all wordings in force over; ends with 1 if one has an error."))
def message_lint(folder: Path) -> None:
    """Only those something is to be said about."""
    open_shop(folder)
    from core.base import clock
    from core.outreach import lint

    bad = 0
    for one, seen in lint.all_in_force(now=clock.now()):
        if seen.findings:
            say(f"{one.template} {one.language} {one.channel}")
        for finding in seen.findings:
            _say_finding(finding)
        bad += seen.has_errors
    say(_("Wordings with an error: {count}", count=bad))
    if bad:
        raise SystemExit(1)


@verb(
    message,
    "wordings",
    _("The wordings in force, or all versions of one message."),
    click.argument("template", required=False),
    LANGUAGE,
    CHANNEL,
)
def message_wordings(folder: Path, template: str | None, language: str, channel: str) -> None:
    """The newest version first."""
    open_shop(folder)
    from core.outreach import templates

    found = templates.all_wordings()
    if template is not None:
        templates.known_fields(template)
        found = templates.versions(template, language, channel=channel) or [templates.wording(template, language)]
    for one in found:
        when = written("at", one.at) if one.id else _("as delivered")
        say(f"{one.id:<12} {one.template} {one.language} {one.channel}  {when}  {one.body}")


@verb(message, "back", _("Put an old version of a wording in force again."), click.argument("wording_id", type=int))
def message_back(folder: Path, wording_id: int) -> None:
    """As a new version."""
    open_shop(folder)
    from core.base import clock
    from core.outreach import templates

    templates.go_back(wording_id, by=owner(), now=clock.now())
    say(_("Done."))


# --- costs -----------------------------------------------------------------------------------------


@verb(
    message,
    "rate",
    _("What one part costs: regulars message rate CN sms 0.05 --currency CNY"),
    click.argument("country"),
    click.argument("channel", type=click.Choice(CHANNELS)),
    click.argument("amount"),
    click.option("--currency", default="CNY", help=_("The money of the provider; CNY if left out.")),
)
def message_rate(folder: Path, country: str, channel: str, amount: str, currency: str) -> None:
    """Country '*' is every country without a rate of its own."""
    open_shop(folder)
    from core.base import clock
    from core.outreach import costs

    place = "" if country == "*" else country.upper()
    rate = costs.Rate(place, channel, currency.upper(), costs.micros_of(amount))
    costs.set_rate(rate, by=owner(), now=clock.now())
    say(_("Done."))


@verb(message, "rates", _("The rate card in force."))
def message_rates(folder: Path) -> None:
    """By country and channel."""
    open_shop(folder)
    from core.base import clock
    from core.outreach import costs

    for one in costs.card(now=clock.now()):
        say(f"{one.country or '*':<3} {one.channel:<9} {costs.shown(one.segment_micros)} {one.currency}")


@verb(
    message,
    "costs",
    _("What messages cost, by month, campaign and category."),
    click.option("--from", "first", type=typed_day, required=True, metavar="DAY", help=_("The first day.")),
    click.option("--until", "last", type=typed_day, required=True, metavar="DAY", help=_("The last day.")),
    AS_JSON,
)
def message_costs(folder: Path, first: Any, last: Any, as_json: bool) -> None:
    """What has no price from the provider yet counts as estimated."""
    open_shop(folder)
    from core.base import clock
    from core.books import rules
    from core.outreach import costs

    zone = rules.current(now=clock.now()).zone
    found = costs.sums(since=clock.start_of(first, zone), until=clock.end_of(last, zone), by=owner())
    if as_json:
        say_json([asdict(one) for one in found])
        return
    for one in found:
        counted = _("messages {messages}   parts {parts}", messages=one.messages, parts=one.segments)
        place = f"{one.month}  {one.campaign_id or '-'}  {one.category:<14}"
        say(f"{place} {counted}   {costs.shown(one.micros)} {one.currency}")


# --- who gets none ---------------------------------------------------------------------------------


@verb(suppress, "add", _("Write nothing more to an address."), click.argument("address"), BY, SCOPE)
def suppress_add(folder: Path, address: str, channel: str, offers_only: bool) -> None:
    """A phone number or an e-mail address."""
    open_shop(folder)
    from core.base import clock
    from core.outreach import suppressions

    scope: Any = "marketing" if offers_only else "all"
    new = suppressions.add(address, scope=scope, channel=channel, by=owner(), now=clock.now())
    say(_("Done.") if new else _("It was on the list already."))


@verb(
    suppress,
    "import",
    _("Write nothing more to the addresses of a file, one a line."),
    click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path)),
    BY,
    SCOPE,
)
def suppress_import(folder: Path, path: Path, channel: str, offers_only: bool) -> None:
    """What cannot be read is named by its line."""
    open_shop(folder)
    from core.base import clock
    from core.outreach import suppressions

    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except ValueError as error:
        raise click.FileError(str(path), _("it is no text in UTF-8")) from error
    scope: Any = "marketing" if offers_only else "all"
    done = suppressions.add_list(lines, scope=scope, channel=channel, by=owner(), now=clock.now())
    say(_("new {added}   known {known}", added=done.added, known=done.known))
    if done.unread:
        say(_("Not read, lines: {lines}", lines=", ".join(str(one) for one in done.unread)))


@verb(suppress, "find", _("What stands about an address."), click.argument("address"))
def suppress_find(folder: Path, address: str) -> None:
    """A line a channel."""
    open_shop(folder)
    from core.base import clock
    from core.outreach import suppressions

    found = suppressions.find(address, by=owner(), now=clock.now())
    for one in found:
        _say_suppressed(one)
    if not found:
        say(_("It may be written to."))


@verb(suppress, "list", _("The list, newest first."), click.option("--limit", type=int, default=100))
def suppress_list(folder: Path, limit: int) -> None:
    """Addresses are kept as hashes; find one by its address."""
    open_shop(folder)
    from core.outreach import suppressions

    for one in suppressions.listing(by=owner(), limit=limit):
        _say_suppressed(one)


def _say_suppressed(one: "Suppressed") -> None:
    from core.outreach import suppressions

    why = T(suppressions.WORDS.get(one.reason, one.reason))
    channel = one.channel or _("every channel")
    say(f"{one.address_hash[:12]}  {channel}  {T(SCOPES[one.scope])}  {why}  {written('at', one.at)}")


@verb(
    suppress,
    "release",
    _("Let an address be written to again."),
    click.argument("address"),
    BY,
    click.option("--reason", required=True, help=_("Why; it stands in the audit log.")),
)
def suppress_release(folder: Path, address: str, channel: str, reason: str) -> None:
    """Consent that was withdrawn stays withdrawn."""
    open_shop(folder)
    from core.base import clock
    from core.outreach import suppressions

    now = clock.now()
    hashed = suppressions.address_hash(suppressions.normal(address, now=now))
    suppressions.release(hashed, channel, reason=reason, by=owner(), now=now)
    say(_("Done."))
