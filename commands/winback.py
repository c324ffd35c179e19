"""`regulars winback`: cases to win members back, and what each strategy brought."""

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import click

from commands.frame import AS_JSON, open_shop, owner, say, say_json, typed_day, verb
from core.base.i18n import T, _


@click.group(help=_("Win-back cases, and what each strategy brought."))
def winback() -> None:
    """Group."""


@verb(
    winback,
    "list",
    _("Cases in work, the newest first."),
    click.option("--over", is_flag=True, help=_("Those that ended instead.")),
    AS_JSON,
)
def winback_list(folder: Path, over: bool, as_json: bool) -> None:
    """Up to 500."""
    open_shop(folder)
    from core.insight.warnings import REASONS
    from core.service import winback as cases
    from core.service.strategies import WORDS

    found = cases.listing(by=owner(), over=over, limit=500)
    if as_json:
        say_json([_as_json(asdict(one)) for one in found])
        return
    for one in found:
        parts = [T(cases.STATES[one.state]), one.name, one.phone, T(REASONS[one.reason]) if one.reason else "",
                 T(WORDS[one.strategy]) if one.strategy else "", one.assigned]  # fmt: skip
        say(f"{one.id:<12} " + " · ".join(str(part) for part in parts if part))


@verb(
    winback,
    "result",
    _("What each strategy brought, by reason, against those held out."),
    click.option("--since", type=typed_day, metavar="DAY", help=_("Cases that began on this day or later.")),
    click.option("--until", type=typed_day, metavar="DAY", help=_("Cases that began on this day or before.")),
    AS_JSON,
)
def winback_result(folder: Path, since: date | None, until: date | None, as_json: bool) -> None:
    """Judged cases only."""
    open_shop(folder)
    from core.insight.warnings import REASONS
    from core.service import verdicts
    from core.service.strategies import WORDS

    found = verdicts.results(since=since, until=until, by=owner())
    if as_json:
        say_json([asdict(one) | {"cost_cents": one.cost_cents} for one in found])
        return
    for one in found:
        reason = T(REASONS[one.reason]) if one.reason else T("not told")
        came = _("{returned} of {cases} came again", returned=one.returned, cases=one.cases)
        spent = _("spent {spent_cents} each, cost {cost_cents}", spent_cents=one.spent_cents, cost_cents=one.cost_cents)
        say(f"{reason} · {T(WORDS[one.strategy])}   {came}   {_against(one)}   {spent}")


def _against(one: Any) -> str:
    """What the hold-out says."""
    if not one.held:
        return _("no proof")
    if one.came_bp is None:
        return _("too few to tell")
    found = one.came_bp
    facts = {"more_bp": found.difference, "low_bp": found.low, "high_bp": found.high}
    return _("{more_bp} more than held out ({low_bp} to {high_bp})", **facts)


def _as_json(one: dict[str, Any]) -> dict[str, Any]:
    """Ids as strings and days as ISO dates, as in all JSON of the shop; phones as the list shows them."""
    for name in ("id", "member_id", "assigned_to", "product_id"):
        one[name] = None if one[name] is None else str(one[name])
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in one.items()}
