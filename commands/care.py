"""`regulars care` and `regulars festival`: the rules by which the shop writes to members, and what will go out."""

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.frame import AS_JSON, open_shop, owner, say, say_json, typed_day, verb
from core.base.i18n import _

if TYPE_CHECKING:
    from core.outreach.carerules import CareRule

OCCASION = click.argument("occasion", metavar="OCCASION")


@click.group(help=_("Care rules: for which occasions the shop writes to members, when, and with which gift."))
def care() -> None:
    """Group."""


@click.group(help=_("Festivals the shop may greet, each a date by a rule."))
def festival() -> None:
    """Group."""


# --- rules -----------------------------------------------------------------------------------------


@verb(care, "list", _("Every occasion with its rule."), AS_JSON)
def care_list(folder: Path, as_json: bool) -> None:
    """Single occasions first, then the festivals and categories that have a rule."""
    open_shop(folder)
    from core.outreach import care as verbs

    found = verbs.all_rules()
    if as_json:
        say_json([_as_dict(rule) for rule in found])
        return
    from core.base import text

    for rule in found:
        say(f"{text.fit(_named(rule.occasion), 24)} {_said(rule)}")


def _named(occasion: str) -> str:
    """An occasion with the name of its category instead of the id."""
    from core.goods import catalogue

    name, _colon, of = occasion.partition(":")
    known = {str(id): category for id, category in catalogue.categories()} if name == "followup" else {}
    return f"{name}:{known[of]}" if of in known else occasion


def _occasion(typed: str) -> str:
    """An occasion as it is kept: a category may be typed by its name."""
    from core.goods import catalogue

    name, _colon, of = typed.partition(":")
    known = {category: str(id) for id, category in catalogue.categories()} if name == "followup" else {}
    return f"{name}:{known[of]}" if of in known else typed


def _tier(typed: str) -> int:
    """A tier by its name or id."""
    from core.loyalty import tiers

    found = next((tier.id for tier in tiers.all_tiers() if typed in (tier.name, str(tier.id))), None)
    if found is None:
        known = ", ".join(tier.name for tier in tiers.all_tiers())
        raise click.UsageError(_("There is no tier “{given}”: {known}", given=typed, known=known))
    return found


def _as_dict(rule: "CareRule") -> dict[str, Any]:
    """Ids as strings, as in all JSON of the shop."""
    kind_id = rule.coupon_kind_id
    ids = {"coupon_kind_id": str(kind_id) if kind_id else None, "tier_ids": [str(one) for one in rule.tier_ids]}
    return {**asdict(rule), "days": list(rule.stages), **ids}


def _said(rule: "CareRule") -> str:
    from core.base.i18n import scope
    from core.outreach import gifts

    days = ", ".join(str(one) for one in rule.stages)
    when = {
        "before": _("{days} days before", days=days),
        "after": _("{days} days after", days=days),
        "": "",
    }[rule.kind.when if days else ""]
    gift, near = gifts.of_rule(rule).said(scope().language), ""
    if rule.near_cents:
        near = _("within {near_cents}", near_cents=rule.near_cents)
    return "   ".join(one for one in (_("on") if rule.active else _("off"), when, gift, near) if one)


@verb(
    care,
    "set",
    _("Set the rule of an occasion: regulars care set winback --days 60,90 --coupon 1000042"),
    OCCASION,
    click.option("--off", is_flag=True, help=_("Write no more for this occasion.")),
    click.option("--days", default="", help=_("Days before or after, with commas; as usual if left out.")),
    click.option("--coupon", type=int, help=_("Coupon kind that is given.")),
    click.option("--points", type=int, default=0, help=_("Points that are given.")),
    click.option("--tier", "tiers", multiple=True, help=_("Only members of this tier; repeat it.")),
    click.option("--near-cents", type=int, default=0, help=_("What may be missing to the next tier, in cents.")),
)
def care_set(folder: Path, occasion: str, **given: Any) -> None:
    """The whole rule: what is left out is as usual. A festival is festival:moon, a category followup:茶具."""
    open_shop(folder)
    from core.base import clock
    from core.outreach import care as verbs
    from core.outreach.carerules import CareRule

    occasion, tier_ids = _occasion(occasion), tuple(_tier(one) for one in given["tiers"])
    days = _days(given["days"])
    rule = CareRule(occasion, not given["off"], given["coupon"], given["points"], days, tier_ids, given["near_cents"])
    verbs.save_rule(rule, by=owner(), now=clock.now())
    say(_said(verbs.rule_of(occasion)))


def _days(typed: str) -> tuple[int, ...]:
    try:
        return tuple(int(one) for one in typed.split(",") if one.strip())
    except ValueError:
        raise click.UsageError(_("Write days like 30,7, not “{given}”.", given=typed)) from None


@verb(
    care,
    "calendar",
    _("What will go out on the days to come, as far as it is known today."),
    click.option("--from", "first", type=typed_day, metavar="DAY", help=_("The first day; today if left out.")),
    click.option("--days", type=int, default=31, help=_("How many days; 31 if left out.")),
    AS_JSON,
)
def care_calendar(folder: Path, first: date | None, days: int, as_json: bool) -> None:
    """A line for each occasion of a day."""
    open_shop(folder)
    from core.base import clock
    from core.base.i18n import date_shown
    from core.books import rules
    from core.outreach import care as verbs

    now = clock.now()
    found = verbs.calendar(first or clock.day_of(now, rules.current(now=now).zone), days, by=owner(), now=now)
    if as_json:
        say_json([{**asdict(one), "day": one.day.isoformat(), "name": str(one.name)} for one in found])
        return
    for one in found:
        names = ", ".join(one.names) + ("…" if one.count > len(one.names) else "")
        say("   ".join(part for part in (date_shown(one.day), str(one.name), str(one.count), one.gift, names) if part))


# --- festivals -------------------------------------------------------------------------------------


@verb(
    festival,
    "list",
    _("All festivals with their rule, the next day each falls on, and whether it is greeted."),
    AS_JSON,
)
def festival_list(folder: Path, as_json: bool) -> None:
    """The known ones first, then the shop's own."""
    open_shop(folder)
    from core.base import clock, text
    from core.base.i18n import scope
    from core.books import rules
    from core.outreach import care as verbs
    from core.outreach import festivals

    now = clock.now()
    today = clock.day_of(now, rules.current(now=now).zone)
    lines = [
        (one, festivals.coming(one.code, after=today), verbs.rule_of(f"festival:{one.code}").active)
        for one in festivals.all_festivals()
    ]
    if as_json:
        say_json([{**asdict(one), "next": on.isoformat() if on else None, "greeted": yes} for one, on, yes in lines])
        return
    for one, on, greeted in lines:
        shown = text.fit(one.code, 12), text.fit(one.rule, 14), text.fit(one.name(scope().language), 20)
        say(" ".join((*shown, on.isoformat() if on else "—" * 10, _("on") if greeted else _("off"))))


@verb(
    festival,
    "add",
    _("Add a festival of your own: regulars festival add shop-day solar:6-18 --name 店庆 --wish 店庆快乐"),
    click.argument("code"),
    click.argument("rule"),
    click.option("--name", required=True, help=_("Its name in Chinese.")),
    click.option("--wish", required=True, help=_("What a greeting says in Chinese.")),
    click.option("--name-en", help=_("Its name in English; the Chinese one if left out.")),
    click.option("--wish-en", help=_("What a greeting says in English; the Chinese one if left out.")),
)
def festival_add(folder: Path, code: str, rule: str, **given: Any) -> None:
    """Rules: solar:12-25, lunar:8-15, lunar:eve, term:清明, nth:5-sun-2. It is greeted once its care rule is on."""
    open_shop(folder)
    from core.base import clock
    from core.outreach import festivals
    from core.outreach.festivals import Festival

    name, wish = given["name"], given["wish"]
    added = Festival(code, rule, name, given["name_en"] or name, wish, given["wish_en"] or wish)
    festivals.add(added, by=owner(), now=clock.now())
    say(_("Done. It is greeted with `regulars care set {occasion}`.", occasion=f"festival:{code}"))


@verb(festival, "end", _("End a festival of your own."), click.argument("code"))
def festival_end(folder: Path, code: str) -> None:
    """What was greeted stays as it is."""
    open_shop(folder)
    from core.base import clock
    from core.outreach import festivals

    festivals.end(code, by=owner(), now=clock.now())
    say(_("Done."))
