"""`regulars promotion` and `regulars coupon`: made from JSON or by --set, tried over past sales, measured."""

import sys
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.termui import progressbar

from commands import terms as terms_of
from commands.frame import AS_JSON, columns, open_shop, owner, say, say_json, typed_day, verb
from core.base.i18n import N_, T, _, written

if TYPE_CHECKING:
    from core.selling.promotions import Promotion
    from core.selling.replay import Replayed

FIRST_DAY = click.option("--from", "first", type=typed_day, metavar="DAY", help=_("The first day."))
LAST_DAY = click.option("--until", "last", type=typed_day, metavar="DAY", help=_("The last day."))


@click.group(help=_("Promotions: percent, 满减, second at half price, bundles and more."))
def promotion() -> None:
    """Group."""


@click.group(help=_("Coupon kinds, and giving and passing on coupons."))
def coupon() -> None:
    """Group."""


# --- promotions ------------------------------------------------------------------------------------


def _as_dict(one: "Promotion") -> dict[str, Any]:
    plain = {field.name: field.default for field in fields(one.terms)}
    terms = {name: value for name, value in asdict(one.terms).items() if value != plain[name]}
    return {
        "id": str(one.promotion_id),
        "version": one.number,
        "name": one.name,
        "terms": terms,
        "from_at": one.from_at,
        "until_at": one.until_at,
    }


@verb(promotion, "list", _("All promotions, the newest first."), AS_JSON)
def promotion_list(folder: Path, as_json: bool) -> None:
    """Running, coming and ended."""
    open_shop(folder)
    from core.base import clock, text
    from core.selling import promotions

    found, now = promotions.everything(), clock.now()
    if as_json:
        say_json([_as_dict(one) for one in found])
        return
    for one in found:
        state = N_("running")
        if one.from_at > now:
            state = N_("coming")
        elif one.until_at is not None and one.until_at <= now:
            state = N_("ended")
        shown = text.fit(str(T(state)), 8)
        say(f"{one.promotion_id:<12} v{one.number:<3} {shown} {one.terms.effect:<14} {one.name}")


@verb(promotion, "show", _("One promotion with its terms, as JSON."), click.argument("promotion_id", type=int))
def promotion_show(folder: Path, promotion_id: int) -> None:
    """Its newest version."""
    open_shop(folder)
    from core.selling import promotions

    say_json(_as_dict(promotions.get(promotion_id)))


@verb(
    promotion,
    "add",
    _("Add a promotion: regulars promotion add 第二件半价 --set effect=nth --set every=2 --set off_bp=5000"),
    click.argument("name"),
    terms_of.FILE,
    terms_of.SET,
    FIRST_DAY,
    LAST_DAY,
)
def promotion_add(folder: Path, name: str, terms: Any, sets: tuple[str, ...], first: Any, last: Any) -> None:
    """Terms from a JSON file, `-` for standard input, or by --set."""
    open_shop(folder)
    from core.base import clock
    from core.selling import promotions
    from core.selling.promotions import PromotionTerms

    first_at, last_at = _days(first, last)
    given = terms_of.read(PromotionTerms, terms, sets)
    made = promotions.create(name, given, by=owner(), now=clock.now(), from_at=first_at, until_at=last_at)
    say(str(made))


@verb(
    promotion,
    "change",
    _("Put new terms in force from now."),
    click.argument("promotion_id", type=int),
    terms_of.FILE,
    terms_of.SET,
    LAST_DAY,
)
def promotion_change(folder: Path, promotion_id: int, terms: Any, sets: tuple[str, ...], last: Any) -> None:
    """A new version."""
    open_shop(folder)
    from core.base import clock
    from core.selling import promotions
    from core.selling.promotions import PromotionTerms

    given, (_first, last_at) = terms_of.read(PromotionTerms, terms, sets), _days(None, last)
    promotions.change(promotion_id, given, by=owner(), now=clock.now(), until_at=last_at)
    say(_("Version {number} is in force.", number=promotions.get(promotion_id).number))


@verb(promotion, "end", _("End a promotion now."), click.argument("promotion_id", type=int))
def promotion_end(folder: Path, promotion_id: int) -> None:
    """Sales made stay as they are."""
    open_shop(folder)
    from core.base import clock
    from core.selling import promotions

    promotions.end(promotion_id, by=owner(), now=clock.now())
    say(_("“{name}” has ended.", name=promotions.get(promotion_id).name))


@verb(promotion, "result", _("What a promotion did so far."), click.argument("promotion_id", type=int), AS_JSON)
def promotion_result(folder: Path, promotion_id: int, as_json: bool) -> None:
    """Sales, members, what it took off, what was paid."""
    open_shop(folder)
    from core.selling import promotions

    found = promotions.result(promotion_id, by=owner())
    if as_json:
        say_json(asdict(found))
        return
    say(_("sales: {sales}   members: {members}", sales=found.sales, members=found.members))
    say(_("taken off: {off_cents}   paid: {paid_cents}", off_cents=found.off_cents, paid_cents=found.paid_cents))


@verb(
    promotion,
    "replay",
    _("What past sales would have cost under a draft; writes nothing."),
    terms_of.FILE,
    terms_of.SET,
    click.option("--from", "first", type=typed_day, metavar="DAY", required=True, help=_("The first day.")),
    click.option("--until", "last", type=typed_day, metavar="DAY", required=True, help=_("The last day.")),
    click.option("--instead-of", type=int, help=_("A promotion the draft would replace.")),
    AS_JSON,
)
def promotion_replay(
    folder: Path, terms: Any, sets: tuple[str, ...], first: Any, last: Any, instead_of: int | None, as_json: bool
) -> None:
    """Totals, winners and losers."""
    open_shop(folder)
    from core.selling import replay
    from core.selling.promotions import PromotionTerms

    first_at, until_at = _days(first, last)
    given = terms_of.read(PromotionTerms, terms, sets)
    bar: Any = progressbar(length=1, label=_("playing"), file=sys.stderr, hidden=not sys.stderr.isatty())

    def step(done: int, total: int) -> None:
        bar.length = total
        bar.update(done - bar.pos)

    with bar:
        found = replay.over(
            "draft",
            given,
            first_at=first_at,
            until_at=until_at,
            by=owner(),
            instead_of=instead_of,
            progress=step,
        )
    if as_json:
        say_json(asdict(found) | {"cost_cents": found.cost_cents})
        return
    _say_replay(found)


def _say_replay(found: "Replayed") -> None:
    paid = (written("b_cents", found.before_cents), written("a_cents", found.after_cents))
    say(columns("", _("before"), _("with the draft"), cells=18))
    say(columns(_("to pay"), *paid, cells=18))
    say(columns(_("points earned"), f"{found.points_before:,}", f"{found.points_after:,}", cells=18) + "\n")
    for title, figure in (
        (_("sales"), f"{found.sales:,}"),
        (_("touched by the draft"), f"{found.used:,}"),
        (_("cheaper"), f"{found.cheaper:,}"),
        (_("dearer"), f"{found.dearer:,}"),
        (_("the shop takes less"), written("c_cents", found.cost_cents)),
        (_("members better off"), f"{found.members_better:,}"),
        (_("members worse off"), f"{found.members_worse:,}"),
    ):
        say(columns(title, figure, cells=18))
    for title, changes in ((_("gained most"), found.winners), (_("lost most"), found.losers)):
        if changes:
            say("\n" + columns(title, _("sales"), _("cheaper by"), cells=18))
        for one in changes:
            say(columns(str(one.member_id), f"{one.sales:,}", written("c_cents", one.cents), cells=18))


def _days(first: Any, last: Any) -> tuple[Any, Any]:
    """From the start of one day to the end of another, in the shop's zone."""
    from core.base import clock
    from core.books import rules

    zone = rules.current(now=clock.now()).zone
    return (
        None if first is None else clock.start_of(first, zone),
        None if last is None else clock.end_of(last, zone),
    )


# --- coupons ---------------------------------------------------------------------------------------


@verb(coupon, "list", _("All coupon kinds."), AS_JSON)
def coupon_list(folder: Path, as_json: bool) -> None:
    """Retired ones too."""
    open_shop(folder)
    from core.loyalty import coupons

    found = coupons.kinds(only_active=False)
    if as_json:
        say_json([asdict(one) | {"id": str(one.id)} for one in found])
        return
    for one in found:
        state = _("retired") if not one.active else ""
        say(f"{one.id:<12} {one.terms.effect:<8} {one.valid_days:>4}  {one.name} {state}".rstrip())


@verb(
    coupon,
    "add",
    _("Add a coupon kind; terms as for promotions."),
    click.argument("name"),
    terms_of.FILE,
    terms_of.SET,
    click.option("--days", type=click.IntRange(1, 36_500), default=30, help=_("So many days it is valid.")),
)
def coupon_add(folder: Path, name: str, terms: Any, sets: tuple[str, ...], days: int) -> None:
    """Prints its id."""
    open_shop(folder)
    from core.base import clock
    from core.loyalty import coupons

    given = terms_of.read(coupons.Terms, terms, sets)
    say(str(coupons.create_kind(name, given, valid_days=days, by=owner(), now=clock.now())))


@verb(coupon, "retire", _("Issue no more of a kind; those issued stay good."), click.argument("kind_id", type=int))
def coupon_retire(folder: Path, kind_id: int) -> None:
    """The kind stays on the list."""
    open_shop(folder)
    from core.base import clock
    from core.loyalty import coupons

    coupons.retire_kind(kind_id, by=owner(), now=clock.now())
    say(_("Done."))


@verb(
    coupon,
    "give",
    _("Give a member a coupon."),
    click.argument("kind_id", type=int),
    click.argument("member_id", type=int),
)
def coupon_give(folder: Path, kind_id: int, member_id: int) -> None:
    """Prints its code."""
    open_shop(folder)
    from core.base import clock
    from core.loyalty import coupons

    now = clock.now()
    given = coupons.give(kind_id, member_id, by=owner(), now=now, key=f"command {kind_id} {member_id} {now}")
    say(coupons.many([given])[given].code)


@verb(
    coupon,
    "transfer",
    _("Pass a coupon on to another member."),
    click.argument("code"),
    click.argument("member_id", type=int),
)
def coupon_transfer(folder: Path, code: str, member_id: int) -> None:
    """Where its kind allows it."""
    open_shop(folder)
    from core.base import clock
    from core.loyalty import coupons

    coupons.transfer(code, member_id, by=owner(), now=clock.now())
    say(_("Done."))
