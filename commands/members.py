"""`regulars member`: one person with two memberships, and who asked to be forgotten."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.frame import AS_JSON, columns, open_shop, owner, say, say_json, verb
from core.base.i18n import T, _

if TYPE_CHECKING:
    from core.books.carrying import Return
    from core.keeping.merging import MergePreview, UndoPreview

YES = click.option("--yes", is_flag=True, help=_("Without asking."))


@click.group(help=_("Memberships: two of one person merged, and undone again."))
def member() -> None:
    """Group."""


@verb(
    member,
    "merge",
    _("Let one membership go into another of the same person: regulars member merge KEPT GONE"),
    click.argument("kept", type=int),
    click.argument("gone", type=int),
    click.option(
        "--take", multiple=True, metavar=_("FIELD"), help=_("A field whose value of the other membership stays.")
    ),
    YES,
)
def member_merge(folder: Path, kept: int, gone: int, take: tuple[str, ...], yes: bool) -> None:
    """Shows what it does, asks, does it; prints the number of the merge."""
    open_shop(folder)
    from core.base import clock
    from core.keeping import merging

    by, now, choices = owner(), clock.now(), dict.fromkeys(take, "gone")
    seen = merging.preview(kept, gone, choices=choices, by=by, now=now)
    _say_merge(seen)
    if seen.refusals:
        raise seen.refusals[0]
    if not yes and not click.confirm(_("Merge them?")):
        return
    done = merging.merge(kept, gone, mark=seen.mark, choices=choices, by=by, now=now)
    say(_("Merged. To undo it: regulars member unmerge {merge}", merge=str(done)))


def _say_merge(seen: "MergePreview") -> None:
    from core.books.accounts import ASSET_WORDS
    from core.keeping.merging import KINDS
    from core.people.carrying import FIELD_WORDS
    from core.people.consent import PURPOSE_WORDS

    say(columns("", _("stays"), _("goes")))
    say(columns("", str(seen.kept.id), str(seen.gone.id)))
    for one in seen.fields:
        say(columns(str(T(FIELD_WORDS[one.name])), _marked(one.kept, one.stays == "kept"),
                    _marked(one.gone, one.stays == "gone"), cells=24))  # fmt: skip
    say(columns("", _("stays"), _("goes"), _("together")))
    for sum_ in seen.sums:
        amounts = (_amount(sum_.asset, amount) for amount in (sum_.kept, sum_.gone, sum_.together))
        say(columns(str(T(ASSET_WORDS[sum_.asset])), *amounts))
    for kind, count in seen.moves:
        say(columns(str(T(KINDS[kind])), "", str(count)))
    say(_("Tier afterwards: {tier} ({why})", tier=seen.tier.name, why=str(seen.tier_why)))
    agreed = [str(T(PURPOSE_WORDS[one.purpose])) for one in seen.consents if one.granted]
    say(_("Agreed to afterwards: {purposes}", purposes=", ".join(agreed) or "—"))


def _marked(value: str, stays: bool) -> str:
    return f"{value or '—'} ✓" if stays else value or "—"


def _amount(asset: str, amount: int) -> str:
    from core.base.i18n import written

    return f"{amount:,}" if asset == "points" else written("amount_cents", amount)


@verb(member, "unmerge", _("Undo a merge by its number."), click.argument("merge_id", type=int, metavar="MERGE"), YES)
def member_unmerge(folder: Path, merge_id: int, yes: bool) -> None:
    """Shows what goes back and what stays, asks, does it."""
    open_shop(folder)
    from core.base import clock
    from core.keeping import merging

    by, now = owner(), clock.now()
    seen = merging.undo_preview(merge_id, by=by, now=now)
    _say_undo(seen)
    if seen.refusals:
        raise seen.refusals[0]
    if not yes and not click.confirm(_("Undo this merge?")):
        return
    merging.undo(merge_id, by=by, now=now)
    say(_("Undone. Membership {member} is its own again.", member=str(seen.gone_id)))


@verb(
    member,
    "erase",
    _("Delete whatever names a person, for good; sales and books stay, about nobody."),
    click.argument("member_id", type=int, metavar=_("MEMBER")),
    click.option("--give-up", is_flag=True, help=_("They give up the stored value that is left.")),
    YES,
)
def member_erase(folder: Path, member_id: int, give_up: bool, yes: bool) -> None:
    """Shows what is lost, asks, does it."""
    open_shop(folder)
    from core.base import clock
    from core.base.i18n import written
    from core.keeping import erasure
    from core.people import cards

    by, now = owner(), clock.now()
    card, losses = cards.card(member_id, by=by, now=now), erasure.preview(member_id, now=now)
    say(f"{card.id}  {card.name or '—'}  {card.phone or '—'}")
    lost = {
        _("points"): f"{losses.points:,}",
        _("stored value"): written("stored_cents", losses.stored_cents),
        _("coupons"): f"{losses.coupons:,}",
        _("uses of passes"): f"{losses.pass_uses:,}",
    }
    for words, amount in lost.items():
        say(columns(words, amount))
    if not yes and not click.confirm(_("Delete this person for good? Nothing brings them back.")):
        return
    erasure.erase(member_id, mark=losses.mark, give_up=give_up, by=by, now=now)
    say(_("Deleted. Older backups still hold them until they are dropped."))


@verb(member, "inactive", _("Members who have not come for the shop's years: proposed for erasure."), AS_JSON)
def member_inactive(folder: Path, as_json: bool) -> None:
    """The rule is `inactive_years`; nobody is erased by themselves."""
    open_shop(folder)
    from core.base import clock
    from core.base.i18n import written
    from core.keeping import retention

    by, now, last, listed = owner(), clock.now(), 0, []
    while page := retention.inactive(by=by, now=now, after_id=last):
        last = page[-1].id
        listed += page
    if as_json:
        say_json([asdict(one) | {"id": str(one.id)} for one in listed])
        return
    for one in listed:
        stored = written("stored_cents", one.stored_cents)
        figures = written("last_at", one.last_at), f"{one.points:,}", stored
        say(columns(f"{one.id}  {one.name or '—'}", *figures, cells=18))
    say(_("members proposed for erasure: {count}", count=len(listed)))


def _say_undo(seen: "UndoPreview") -> None:
    rows = sum(count for place, count in seen.moves if place.endswith("_id"))
    say(_("Membership {gone} leaves {kept} again with {rows} rows.", gone=str(seen.gone_id), kept=str(seen.kept_id),
          rows=rows))  # fmt: skip
    for one in seen.returns:
        if one.returned or one.stays or one.lapsed or one.debt:
            _say_return(one)


def _say_return(one: "Return") -> None:
    from core.books.accounts import ASSET_WORDS

    name = str(T(ASSET_WORDS[one.asset]))
    said = {
        _("comes back"): one.returned,
        _("of that charged to the one who stays"): one.charged + one.owed,
        _("was spent and stays spent"): one.stays,
        _("lapsed or was taken back by refunds"): one.lapsed,
        _("is owed again"): one.debt,
    }
    for words, amount in said.items():
        if amount:
            say(columns(name, _amount(one.asset, amount)) + "  " + words)
