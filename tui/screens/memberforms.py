"""Forms of a member's card, and the writes behind them."""

from collections.abc import Mapping, Sequence
from typing import get_args

from core.base.access import Actor
from core.base.clock import Millis
from core.base.i18n import N_, T
from core.loyalty import points
from core.loyalty.coupons import CouponKind
from core.people import birthdays
from core.people.consent import PURPOSE_WORDS, Purpose
from core.people.members import MemberCard
from core.people.ownfields import OwnField
from core.people.profile import Changes
from core.people.tags import Tag
from tui.screens.lists import LANGUAGES, NO_YES
from tui.screens.memberwords import birthday_typed
from tui.widgets.overlay import Answer, Field, Form, Kind
from tui.widgets.row import Words

OWN_KINDS: dict[str, Kind] = {"text": "text", "number": "text", "day": "day", "choice": "choice"}


def adjust_form() -> Form:
    """How many points, and why?"""
    ways = (("add", T("give")), ("take", T("take away")))
    fields = (
        Field("way", N_("give or take"), "choice", choices=ways),
        Field("points", N_("points"), "number"),
        Field("reason", N_("reason")),
    )
    return Form("adjust", T("Change points by hand"), (T("The reason stands in the member's statement."),), fields)


def adjust(member_id: int, answer: Answer, by: Actor, now: Millis) -> int:
    """Change points by a filled-in form. Raises: what `points.adjust` raises."""
    number = answer.number("points") or 0
    number = -number if answer.text("way") == "take" else number
    return points.adjust(member_id, number, reason=answer.text("reason"), by=by, now=now, key=answer.key)


def edit_form(card: MemberCard, own: Sequence[OwnField]) -> Form:
    """What may be changed, filled in as it is; then the shop's own fields."""
    values = {field.id: value for field, value in card.own}
    fields = (
        Field("name", N_("name"), value=card.name, required=False),
        Field("phone", N_("phone"), value=card.phone, required=False),
        Field("birthday", N_("birthday"), "birthday", value=birthday_typed(card), required=False,
              hint=N_("08-15, or 农历 08-15")),
        Field("language", N_("language"), "choice", card.language, choices=LANGUAGES),
        Field("alert", N_("alert at the till"), value=card.alert, required=False),
        Field("note", N_("note"), value=card.note, required=False),
        *(_own(field, values.get(field.id, "")) for field in own),
    )  # fmt: skip
    return Form("edit", T("Edit member"), fields=fields)


def _own(field: OwnField, value: str) -> Field:
    choices: tuple[tuple[str, Words], ...] = ()
    if field.kind == "choice":
        choices = (("", T("not known")), *((one, one) for one in field.choices))
    return Field(f"own_{field.id}", field.name, OWN_KINDS[field.kind], value, choices, required=False)


def changes(card: MemberCard, answer: Answer) -> Changes:
    """What was changed in a filled-in form. Raises: BirthdayInvalid."""
    typed = answer.text("birthday")
    birthday = birthdays.read(typed) if typed and typed != birthday_typed(card) else None
    note, alert = answer.text("note"), answer.text("alert")
    noted = (note, alert) != (card.note, card.alert)
    before = {field.id: value for field, value in card.own}
    own = {int(id.removeprefix("own_")): str(value or "") for id, value in answer.values.items() if id[:4] == "own_"}
    return Changes(
        name=_other(answer.text("name"), card.name),
        phone=_other(answer.text("phone"), card.phone),
        birthday=birthday,
        language=_other(answer.text("language"), card.language),
        note=note if noted else None,
        alert=alert if noted else None,
        own={id: value for id, value in own.items() if value != before.get(id, "")},
    )


def _other(given: str, before: str) -> str | None:
    return None if given == before else given


def tags_form(carried: Sequence[str], used: Sequence[Tag]) -> Form:
    """Which tags?"""
    known = " ".join(f"#{one.name}" for one in used[:12])
    lines: tuple[Words, ...] = (T("Several with a space between them; empty takes all off."),)
    if known:
        lines += (T("In use: {tags}", tags=known),)
    return Form("tags", T("Tags"), lines, (Field("tags", N_("tags"), value=" ".join(carried), required=False),))


def give_form(kinds: Sequence[CouponKind]) -> Form:
    """Which coupon?"""
    choices: tuple[tuple[str, Words], ...] = tuple((str(kind.id), kind.name) for kind in kinds)
    return Form("give", T("Give a coupon"), fields=(Field("coupon", N_("coupon"), "menu", choices=choices),))


def reissue_form() -> Form:
    """A new card?"""
    lines = (
        T("The old card and the codes on the phone made from it end at once."),
        T("Phone number, points, stored value and coupons stay as they are."),
    )
    reason = Field("reason", N_("reason"), required=False, hint=N_("lost, worn, stolen …"))
    card = Field("card", N_("printed card"), required=False, hint=N_("scan a blank one, or leave empty"))
    return Form("reissue", T("Give a new card?"), lines, (reason, card), done=N_("new card"), danger=True)


def consent_form(now: Mapping[str, bool]) -> Form:
    """What does the member agree to?"""
    fields = tuple(
        Field(purpose, label, "choice", "yes" if now.get(purpose) else "no", choices=NO_YES)
        for purpose, label in PURPOSE_WORDS.items()
    )
    lines = (T("Only what the member said just now. Each can be taken back at any time."),)
    return Form("consent", T("Consent"), lines, fields)


def consents(answer: Answer) -> dict[Purpose, bool]:
    """The purposes of a filled-in form."""
    return {purpose: answer.text(purpose) == "yes" for purpose in get_args(Purpose)}
