"""`regulars promotion` and `regulars coupon`: made from JSON or by --set, tried over past sales, measured."""

import json
import sys
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.termui import progressbar

from commands.frame import open_shop, owner, say, say_json, verb
from core.base.i18n import N_, T, _, written

if TYPE_CHECKING:
    from core.loyalty.limits import Limits
    from core.selling.promotions import Promotion

Terms = TypeVar("Terms", bound="Limits")

TERMS = click.argument("terms", type=click.File("r", "utf-8"), required=False)
SET = click.option("--set", "sets", multiple=True, help=_("One term, like --set off_bp=5000; repeat it."))
AS_JSON = click.option("--json", "as_json", is_flag=True, help=_("For programs."))
FROM_DAY = click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), help=_("The first day."))
LAST_DAY = click.option("--until", "last", type=click.DateTime(["%Y-%m-%d"]), help=_("The last day."))


@click.group(help=_("Promotions: percent, 满减, second at half price, bundles and more."))
def promotion() -> None:
    """Group."""


@click.group(help=_("Coupon kinds, and giving and passing on coupons."))
def coupon() -> None:
    """Group."""


def read_terms(kind: type[Terms], file: Any, sets: tuple[str, ...]) -> Terms:
    """Terms from a JSON file and single settings, the latter stronger. Raises: TermsUnreadable."""
    given: dict[str, Any] = {}
    if file is not None:
        try:
            given = json.load(file)
        except ValueError as error:
            raise click.UsageError(_("This is no JSON: {problem}", problem=str(error))) from None
    for one in sets:
        name, sign, value = one.partition("=")
        if not sign:
            raise click.UsageError(_("Write --set name=value, not “{given}”.", given=one))
        given[name.strip()] = _value(value.strip())
    known = {field.name: field.type for field in fields(kind)}
    for name, value in given.items():
        if name not in known:
            raise click.UsageError(_("There is no term “{name}”. Known: {known}", name=name, known=", ".join(known)))
        many = str(known[name]).startswith("tuple")
        given[name] = _tuples(value if isinstance(value, list) else [value]) if many else value
        if not many and isinstance(value, list):
            raise click.UsageError(_("“{name}” is one value, not several.", name=name))
    if "effect" not in given:
        raise click.UsageError(_("Say what it does: --set effect=percent, nth, reduction …"))
    return kind(**given)


def _value(typed: str) -> Any:
    """A number, true or false, JSON, a list by commas, or the text itself."""
    if "," in typed and not typed.startswith("["):
        return [_value(part.strip()) for part in typed.split(",")]
    try:
        return json.loads(typed)
    except ValueError:
        return typed


def _tuples(value: Any) -> Any:
    return tuple(_tuples(one) for one in value) if isinstance(value, list) else value


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
    from core.base import clock
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
        say(f"{one.promotion_id:<12} v{one.number:<3} {T(state)!s:<8} {one.terms.effect:<14} {one.name}")


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
    TERMS,
    SET,
    FROM_DAY,
    LAST_DAY,
)
def promotion_add(folder: Path, name: str, terms: Any, sets: tuple[str, ...], first: Any, last: Any) -> None:
    """Terms from a JSON file, `-` for standard input, or by --set."""
    open_shop(folder)
    from core.base import clock
    from core.selling import promotions
    from core.selling.promotions import PromotionTerms

    first_at, last_at = _days(first, last)
    given = read_terms(PromotionTerms, terms, sets)
    made = promotions.create(name, given, by=owner(), now=clock.now(), from_at=first_at, until_at=last_at)
    say(str(made))


@verb(
    promotion,
    "change",
    _("Put new terms in force from now."),
    click.argument("promotion_id", type=int),
    TERMS,
    SET,
    LAST_DAY,
)
def promotion_change(folder: Path, promotion_id: int, terms: Any, sets: tuple[str, ...], last: Any) -> None:
    """A new version."""
    open_shop(folder)
    from core.base import clock
    from core.selling import promotions
    from core.selling.promotions import PromotionTerms

    given, (_first, last_at) = read_terms(PromotionTerms, terms, sets), _days(None, last)
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
    TERMS,
    SET,
    click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), required=True, help=_("The first day.")),
    click.option("--until", "last", type=click.DateTime(["%Y-%m-%d"]), required=True, help=_("The last day.")),
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
    given = read_terms(PromotionTerms, terms, sets)
    bar: Any = progressbar(length=1, label=_("playing"), file=sys.stderr)

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


def _say_replay(found: Any) -> None:
    facts = {name: getattr(found, name) for name in ("sales", "used", "cheaper", "dearer")}
    say(_("{sales} sales: the draft applies to {used}; {cheaper} cheaper, {dearer} dearer", **facts))
    say(_("to pay: {before_cents} → {after_cents}", before_cents=found.before_cents, after_cents=found.after_cents))
    say(_("the shop takes {cost_cents} less; points {before} → {after}", cost_cents=found.cost_cents,
          before=found.points_before, after=found.points_after))  # fmt: skip
    counts = {"better": found.members_better, "worse": found.members_worse}
    say(_("members better off: {better}   worse off: {worse}", **counts))
    for title, changes in ((_("most gained"), found.winners), (_("most lost"), found.losers)):
        for one in changes:
            say(f"  {title}  {one.member_id:<12} {written('c_cents', one.cents)}  ({one.sales})")


def _days(first: Any, last: Any) -> tuple[Any, Any]:
    """From the start of one day to the end of another, in the shop's zone."""
    from core.base import clock
    from core.books import rules

    zone = rules.current(now=clock.now()).zone
    return (
        None if first is None else clock.start_of(first.date(), zone),
        None if last is None else clock.end_of(last.date(), zone),
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
    TERMS,
    SET,
    click.option("--days", type=int, default=30, help=_("So many days it is valid.")),
)
def coupon_add(folder: Path, name: str, terms: Any, sets: tuple[str, ...], days: int) -> None:
    """Prints its id."""
    open_shop(folder)
    from core.base import clock
    from core.loyalty import coupons

    given = read_terms(coupons.Terms, terms, sets)
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
