"""The form of a campaign: what is said to whom, when, how, and with which gift."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.base import clock
from core.base.access import Actor
from core.base.clock import DAY, Millis
from core.base.errors import Invalid
from core.base.i18n import N_, T, Text, scope
from core.loyalty import coupons
from core.outreach.campaigns import plan as plans
from core.outreach.campaigns.plan import Campaign, Plan
from core.outreach.segments import saved
from tui.screens.fates import CHANNELS
from tui.screens.lists import LANGUAGES
from tui.widgets.dates import read_day, today
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.row import Words

LIFE_DAYS, HOUR_OF_DAY = 2, 10
HINT = "【{shop}】{name}，… {stop}"


class HourInvalid(Invalid):
    """An hour the day does not have."""

    code = "hour_invalid"
    text = N_("A day has the hours 0 to 23, not {given}.")


@dataclass(frozen=True)
class Choices:
    """Segments and gifts there are, by id."""

    segments: tuple[tuple[str, Words], ...]
    kinds: tuple[tuple[str, Words], ...]


def choices(by: Actor) -> Choices:
    """What the form offers. Raises: NotAllowed."""
    kinds: Sequence[tuple[str, Words]] = [(str(kind.id), kind.name) for kind in coupons.kinds()]
    segments = tuple((str(one.id), one.name) for one in saved.listing(by=by))
    return Choices(segments, (("", T("no gift")), *kinds))


def form(known: Choices, one: Campaign | None = None) -> Form:
    """A new campaign, or the draft as it is."""
    plan = one.plan if one is not None else None
    begins = clock.local(plan.send_at, scope().zone) if plan else None
    words = {language: plan.words[language].body for language in plan.words} if plan else {}
    fields = (
        Field("name", N_("name"), value=one.name if one else ""),
        Field("segment", N_("segment"), "choice", value=str(one.segment.id) if one else "", choices=known.segments),
        Field("channel", N_("channel"), "choice", value=plan.channel if plan else "sms",
              choices=tuple((id, Text(CHANNELS[id])) for id in plans.CHANNELS)),
        *(Field(f"words_{id}", name, value=words.get(id, ""), required=False, hint=HINT)
          for id, name in LANGUAGES_SAID),
        Field("day", N_("begins on"), "day", value=str(begins.date() if begins else today())),
        Field("hour", N_("at hour"), "number", value=begins.hour if begins else HOUR_OF_DAY),
        Field("holdout_bp", N_("hold-out, %"), "percent", value=plan.holdout_bp if plan else None, required=False),
        Field("coupon_kind_id", N_("gift"), "choice", value=str((plan and plan.coupon_kind_id) or ""),
              choices=known.kinds, required=False),
        Field("points", N_("points"), "number", value=(plan.points or None) if plan else None, required=False),
    )  # fmt: skip
    lines = (T("Fields: {fields}", fields="{shop} {name} {tier} {points} {coupon} {link} {stop}"),)
    return Form("campaign", T("A campaign"), lines, fields)


LANGUAGES_SAID = (("zh", N_("in Chinese")), ("en", N_("in English")))


def plan_of(answer: Answer, before: Plan | None) -> Plan:
    """The plan of a filled-in form; what the form does not ask stays. Raises: DayUnreadable, HourInvalid."""
    hour = answer.number("hour") or 0
    if not 0 <= hour <= 23:
        raise HourInvalid(field="hour", given=hour)
    send_at = clock.at_time(read_day(answer.text("day"), field="day"), hour, 0, scope().zone)
    life = before.until_at - before.send_at if before else LIFE_DAYS * DAY
    gift = answer.text("coupon_kind_id")
    kept = before or Plan({}, send_at, Millis(send_at + life))
    return replace(
        kept,
        words=_words(answer, kept),
        send_at=send_at,
        until_at=Millis(send_at + life),
        channel=answer.text("channel"),
        holdout_bp=answer.number("holdout_bp"),
        coupon_kind_id=int(gift) if gift else None,
        points=answer.number("points") or 0,
    )


def _words(answer: Answer, before: Plan) -> dict[str, plans.Words]:
    """The words by language; an emptied language is left out."""
    typed = {language: answer.text(f"words_{language}") for language, _name in LANGUAGES}
    return {
        language: replace(before.words.get(language, plans.Words("")), body=body)
        for language, body in typed.items()
        if body
    }


# --- what most campaigns leave as it is ------------------------------------------------------------


def details(one: Campaign) -> Form:
    """The second wording, subjects, where the link leads, budget, pace, and how long it goes and is watched."""
    plan = one.plan
    fields = (
        *(Field(f"words_b_{id}", SECOND[id], value=_second(plan, id), required=False, hint=HINT)
          for id, _name in LANGUAGES if id in plan.words),
        *(Field(f"subject_{id}", SUBJECTS[id], value=words.subject, required=False)
          for id, words in plan.words.items() if plan.channel == "email"),
        Field("link", N_("{link} is"), value=plan.link, required=False, hint="https://… · /me"),
        Field("budget", N_("costs at most"), "money", value=plan.budget_cents or None, required=False),
        Field("per_minute", N_("a minute"), "number", value=plan.per_minute, hint=N_("messages")),
        Field("hours", N_("between hours"), value=plan.hours, hint="10-20"),
        Field("until_at", N_("leaves within"), "number", value=life_days(plan), hint=N_("days")),
        Field("effect_days", N_("watched for"), "number", value=plan.effect_days, hint=N_("days")),
    )  # fmt: skip
    lines = (T("With a second wording half of them read one and half the other, and the result tells them apart."),)
    return Form("details", T("Details of “{name}”", name=one.name), lines, fields)


SECOND = {"zh": N_("B, in Chinese"), "en": N_("B, in English")}
SUBJECTS = {"zh": N_("subject, 中文"), "en": N_("subject, EN")}


def _second(plan: Plan, language: str) -> str:
    return plan.words_b[language].body if language in plan.words_b else ""


def life_days(plan: Plan) -> int:
    """Within how many days its messages leave, rounded up."""
    return -(-(plan.until_at - plan.send_at) // DAY)


def detailed(answer: Answer, before: Plan) -> Plan:
    """The plan with its details as they were filled in."""
    words = {id: replace(one, subject=_subject(answer, id, one)) for id, one in before.words.items()}
    second = {id: answer.text(f"words_b_{id}") for id in words}
    days = answer.number("until_at") or 0
    return replace(
        before,
        words=words,
        words_b={id: replace(words[id], body=body) for id, body in second.items() if body},
        link=answer.text("link"),
        budget_cents=answer.number("budget") or 0,
        per_minute=answer.number("per_minute") or 0,
        hours=answer.text("hours"),
        until_at=before.until_at if days == life_days(before) else Millis(before.send_at + days * DAY),
        effect_days=answer.number("effect_days") or 0,
    )


def _subject(answer: Answer, language: str, before: plans.Words) -> str:
    name = f"subject_{language}"
    return answer.text(name) if name in answer.values else before.subject


# --- a test ----------------------------------------------------------------------------------------


def trial(one: Campaign, shop_language: str) -> Form:
    """Where a test goes; which wording and language only where there are two."""
    plan = one.plan
    spoken = tuple((id, name) for id, name in LANGUAGES if id in plan.words)
    fields = [Field("to", N_("number or mail"))]
    if plan.words_b:
        fields.append(Field("arm", N_("wording"), "choice", value="A", choices=(("A", "A"), ("B", "B"))))
    if len(spoken) > 1:
        fields.append(Field("language", N_("language"), "choice", value=shop_language, choices=spoken))
    lines = (T("It counts in no result and takes nobody's pause."),)
    return Form("test", T("Send a test to whom?"), lines, tuple(fields), N_("send"))


def tried(answer: Answer) -> tuple[str, str, plans.Arm]:
    """Where a test goes, in which language and with which wording; '' is the shop's language."""
    language = answer.text("language") if "language" in answer.values else ""
    return answer.text("to"), language, "B" if "arm" in answer.values and answer.text("arm") == "B" else "A"
