"""`regulars campaign`: one message to one segment once, from its draft to its result."""

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.frame import AS_JSON, STORE, columns, open_shop, owner, say, say_json, store_of, typed_day, verb
from core.base.i18n import N_, T, _, written

if TYPE_CHECKING:
    from core.base.clock import Millis
    from core.outreach.campaigns.compared import Compared
    from core.outreach.campaigns.plan import Campaign, Plan, Words
    from core.outreach.campaigns.preview import Preview
    from core.outreach.campaigns.result import Result

ID = click.argument("campaign_id", type=int, metavar="CAMPAIGN")
MEDIUM = click.argument("medium")
LANGUAGE = click.option("--language", type=click.Choice(["zh", "en"]), help=_("The shop's language if left out."))
SHARE = click.IntRange(0, 90)
CHANNELS = ("sms", "whatsapp", "email")
FAILED = N_("could not be sent")
MONEY = ("cost_cents", "return_cents", "return_low_cents", "return_high_cents", "return_bp")


@click.group(help=_("Campaigns: one message to one segment once, with a hold-out that shows what it brought."))
def campaign() -> None:
    """Group."""


# --- drafts ----------------------------------------------------------------------------------------


@verb(
    campaign,
    "draft",
    _("Draft a campaign: regulars campaign draft 夏日 --segment 熟客 --zh '【{shop}】…{stop}'"),
    click.argument("name"),
    click.option("--segment", required=True, help=_("Name of the segment.")),
    click.option("--zh", help=_("In Chinese; fields: {shop} {name} {coupon} {points} {tier} {link} {stop}.")),
    click.option("--en", help=_("In English.")),
    click.option("--zh-b", "zh_b", help=_("A second wording in Chinese, which half of them get.")),
    click.option("--en-b", "en_b", help=_("A second wording in English.")),
    click.option("--subject", default="", help=_("The subject, for e-mail.")),
    click.option("--channel", type=click.Choice(CHANNELS), default="sms", help=_("How it is sent.")),
    click.option("--on", type=typed_day, metavar="DAY", help=_("The day it begins; now if left out.")),
    click.option("--hour", type=click.IntRange(0, 23), default=10, help=_("The hour it begins on that day.")),
    click.option("--days", type=click.IntRange(1, 30), default=2, help=_("Messages leave within so many days.")),
    click.option("--coupon", type=int, help=_("Id of the coupon kind it gives.")),
    click.option("--points", type=int, default=0, help=_("Points it gives.")),
    click.option("--hold-out", "hold_out", type=SHARE, help=_("Percent that get nothing; 0 proves nothing.")),
    click.option("--budget", type=int, default=0, help=_("The most its messages may cost, in whole units of money.")),
    click.option("--per-minute", type=int, default=120, help=_("Messages a minute.")),
    click.option("--link", default="", help=_("Where {link} leads.")),
    click.option("--watch", type=int, default=14, help=_("Its effect is looked at for so many days.")),
)  # fmt: skip
def campaign_draft(folder: Path, name: str, segment: str, **given: Any) -> None:
    """Prints its id."""
    open_shop(folder)
    from core.base import clock
    from core.outreach.campaigns import drafting
    from core.outreach.segments import saved

    by, now = owner(), clock.now()
    found = drafting.draft(name, saved.by_name(segment, by=by).id, _plan(given, now), by=by, now=now)
    say(str(found.id))


def _plan(given: dict[str, Any], now: "Millis") -> "Plan":
    from core.base import clock
    from core.base.clock import DAY, Millis
    from core.books import rules
    from core.outreach.campaigns.plan import Plan

    zone = rules.current(now=now).zone
    day: date | None = given["on"]
    send_at = clock.at_time(day, given["hour"], 0, zone) if day else now
    return Plan(
        _words(given["zh"], given["en"], given["subject"]),
        send_at,
        Millis(send_at + given["days"] * DAY),
        channel=given["channel"],
        words_b=_words(given["zh_b"], given["en_b"], given["subject"]),
        link=given["link"],
        coupon_kind_id=given["coupon"],
        points=given["points"],
        holdout_bp=None if given["hold_out"] is None else given["hold_out"] * 100,
        budget_cents=given["budget"] * 100,
        per_minute=given["per_minute"],
        effect_days=given["watch"],
    )


def _words(zh: str | None, en: str | None, subject: str) -> dict[str, "Words"]:
    from core.outreach.campaigns.plan import Words

    return {language: Words(body, subject) for language, body in (("zh", zh), ("en", en)) if body}


@verb(campaign, "list", _("Campaigns with their state."), AS_JSON)
def campaign_list(folder: Path, as_json: bool) -> None:
    """The newest first."""
    open_shop(folder)
    from core.base import text
    from core.outreach.campaigns import plan as plans

    found = plans.listing(by=owner())
    if as_json:
        say_json([_as_dict(one) for one in found])
        return
    for one in found:
        state = text.fit(str(T(plans.STATES[one.state])), 10)
        paused = f"   {one.paused_reason}" if one.paused_reason else ""
        say(f"{one.id:<12} {state} {written('send_at', one.plan.send_at)}  {one.name} · {one.segment.name}{paused}")


def _as_dict(one: "Campaign") -> dict[str, Any]:
    from core.base import clock

    return {"id": str(one.id), "name": one.name, "state": one.state, "segment": one.segment.name,
            "version": one.version, "channel": one.plan.channel, "send_at": clock.iso(one.plan.send_at),
            "until_at": clock.iso(one.plan.until_at), "paused_reason": one.paused_reason}  # fmt: skip


@verb(
    campaign,
    "preview",
    _("Whom a campaign reaches, what it costs and what it can prove."),
    ID,
    click.option("--rise", type=click.IntRange(1, 90), default=5, help=_("So many more in a hundred should be seen.")),
    AS_JSON,
)
def campaign_preview(folder: Path, campaign_id: int, rise: int, as_json: bool) -> None:
    """Nothing is written."""
    open_shop(folder)
    from core.base import clock
    from core.outreach.campaigns import preview

    found = preview.preview(campaign_id, by=owner(), now=clock.now())
    if as_json:
        say_json(_preview_as_dict(found) | {"rise_bp": rise * 100, "needed": found.needed(rise * 100)})
        return
    _say_preview(found, rise * 100)


def _preview_as_dict(found: "Preview") -> dict[str, Any]:
    names = ("found", "chosen", "excluded", "languages", "written", "held", "arms", "segments", "micros", "currency",
             "base_bp", "seen_bp")  # fmt: skip
    said = [{"arm": one.arm, "language": one.language, "text": one.look.said, "parts": one.look.counted.parts,
             "findings": [[finding.severity, finding.code, str(finding.said)] for finding in one.look.findings]}
            for one in found.said]  # fmt: skip
    return {"version": found.campaign.version, "said": said} | {name: getattr(found, name) for name in names}


def _say_preview(found: "Preview", rise_bp: int = 500) -> None:
    from core.outreach.campaigns import words
    from core.outreach.campaigns.audience import REASONS

    say(columns(_("in the segment"), f"{found.found:,}"))
    for reason, count in found.excluded.items():
        say(columns("− " + _(REASONS[reason]), f"{count:,}"))
    say(columns(_("get the message"), f"{found.written:,}"))
    say(columns(_("held out"), f"{found.held:,}"))
    for language, count in found.languages.items():
        say(columns(f"  {language}", f"{count:,}"))
    say(columns(_("parts"), f"{found.segments:,}"))
    say(columns(_("cost"), str(words.cost_said(found))))
    for one in found.said:
        say(f"  [{one.arm} {one.language}] {one.look.said}")
        for finding in one.look.findings:
            say(f"      {'✗' if finding.severity == 'error' else '!'} {finding.said}")
    say(f"  {words.proof_said(found)}")
    if size := words.size_said(found, rise_bp):
        say(f"  {size}")
    say("  " + _("version {number}", number=found.campaign.version))


# --- on its way ------------------------------------------------------------------------------------


@verb(
    campaign,
    "approve",
    _("Freeze the audience of a campaign and let it go at its time."),
    ID,
    click.option("--version", type=int, help=_("The version you looked at; the newest if left out.")),
)
def campaign_approve(folder: Path, campaign_id: int, version: int | None) -> None:
    """Prints what it will do."""
    open_shop(folder)
    from core.base import clock
    from core.outreach.campaigns import approving
    from core.outreach.campaigns import plan as plans

    by = owner()
    seen = version or plans.get(campaign_id, by=by).version
    _say_preview(approving.approve(campaign_id, version=seen, by=by, now=clock.now()))


@verb(
    campaign,
    "test",
    _("Send a campaign to one number or address, as members will read it."),
    ID,
    click.argument("to"),
    LANGUAGE,
    click.option("--arm", type=click.Choice(["A", "B"]), default="A", help=_("Which of two wordings.")),
)
def campaign_test(folder: Path, campaign_id: int, to: str, language: str | None, arm: Any) -> None:
    """The scheduler sends it."""
    open_shop(folder)
    from core.base import clock
    from core.outreach.campaigns import steering

    shown = steering.test(campaign_id, to, language=language or "", arm=arm, by=owner(), now=clock.now())
    say(_("A test goes to {to}.", to=shown))


@verb(
    campaign,
    "pause",
    _("Let nothing more of a campaign leave until it is resumed."),
    ID,
    click.option("--reason", default="", help=_("Why, for the colleagues.")),
)
def campaign_pause(folder: Path, campaign_id: int, reason: str) -> None:
    """What waits stays."""
    open_shop(folder)
    from core.base import clock
    from core.outreach.campaigns import steering

    steering.pause(campaign_id, reason=reason, by=owner(), now=clock.now())
    say(_("Done."))


@verb(campaign, "resume", _("Let a paused campaign go on."), ID)
def campaign_resume(folder: Path, campaign_id: int) -> None:
    """At once."""
    open_shop(folder)
    from core.base import clock
    from core.outreach.campaigns import steering

    steering.resume(campaign_id, by=owner(), now=clock.now())
    say(_("Done."))


@verb(campaign, "cancel", _("End a campaign for good; what has left stays."), ID)
def campaign_cancel(folder: Path, campaign_id: int) -> None:
    """Says how many messages were stopped."""
    open_shop(folder)
    from core.base import clock
    from core.outreach.campaigns import steering

    say(_("Messages stopped: {count}", count=steering.cancel(campaign_id, by=owner(), now=clock.now())))


# --- beside the messages ---------------------------------------------------------------------------


@verb(campaign, "link", _("Give a campaign a link for a medium: poster, 朋友圈 …"), ID, MEDIUM, STORE)
def campaign_link(folder: Path, campaign_id: int, medium: str, store: int | None) -> None:
    """Prints the id of the printed link; `regulars source poster` makes its poster."""
    open_shop(folder)
    from core.base import clock
    from core.outreach.campaigns import links

    say(str(links.add(campaign_id, medium, store_id=store_of(store), by=owner(), now=clock.now())))


@verb(campaign, "text", _("The words of a campaign with its link, to paste into a medium."), ID, MEDIUM, LANGUAGE)
def campaign_text(folder: Path, campaign_id: int, medium: str, language: str | None) -> None:
    """Nobody is addressed by name."""
    open_shop(folder)
    from core.base import clock
    from core.outreach.campaigns import links

    say(links.copy_text(campaign_id, medium, language=language or "", by=owner(), now=clock.now()))


# --- its result ------------------------------------------------------------------------------------


@verb(campaign, "result", _("What a campaign brought, against those who got nothing."), ID, AS_JSON)
def campaign_result(folder: Path, campaign_id: int, as_json: bool) -> None:
    """So far, or for good once its days are over."""
    open_shop(folder)
    from core.base import clock
    from core.outreach.campaigns import result

    found = result.result(campaign_id, by=owner(), now=clock.now())
    if as_json:
        say_json(result_as_dict(found))
        return
    _say_result(found)


def result_as_dict(found: "Result") -> dict[str, Any]:
    """A result for programs and files; nothing personal is in it."""
    arms = [asdict(one) | {"sent": one.sent, "delivered": one.delivered, "came_bp": one.came_bp,
                           "each_cents": one.each_cents, "response_bp": one.response_bp,
                           "redemption_bp": one.redemption_bp} for one in found.arms]  # fmt: skip
    money = asdict(found.money) | {name: getattr(found.money, name) for name in MONEY}
    links = [{"medium": one.medium, "opened": one.counts.opened, "joined": one.counts.joined,
              "bought": one.counts.bought, "spent_cents": one.counts.spent_cents} for one in found.links]  # fmt: skip
    return {
        "campaign": _as_dict(found.campaign),
        "first_day": str(found.first_day) if found.first_day else None,
        "last_day": str(found.last_day) if found.last_day else None,
        "is_over": found.is_over,
        "has_proof": found.has_proof,
        "excluded": dict(found.excluded),
        "arms": arms,
        "effect": _compared_as_dict(found.effect),
        "wordings": _compared_as_dict(found.wordings),
        "money": money,
        "links": links,
    }


def _compared_as_dict(found: "Compared | None") -> dict[str, Any] | None:
    if found is None:
        return None
    differences = {name: getattr(found, name) for name in ("came_bp", "spent_cents", "plain_cents", "gained_cents")}
    return {name: asdict(one) if one else None for name, one in differences.items()} | {
        "explained_bp": found.explained_bp,
        "strata": [asdict(one) for one in found.strata],
    }


def _say_result(found: "Result") -> None:
    from core.base import money
    from core.outreach.campaigns import words

    say(columns("", *(one.arm for one in found.arms)))
    for title, figures in (
        (_("members"), [f"{one.members:,}" for one in found.arms]),
        (_("sent"), [f"{one.sent:,}" for one in found.arms]),
        (_("delivered"), [f"{one.delivered:,}" for one in found.arms]),
        (_(FAILED), [f"{sum(one.failed.values()):,}" for one in found.arms]),
        (_("opened the link"), [f"{one.clicked:,}" for one in found.arms]),
        (_("of those sent"), [written("response_bp", one.response_bp) for one in found.arms]),
        (_("opted out"), [f"{one.opted_out:,}" for one in found.arms]),
        (_("used the gift"), [f"{one.redeemed:,}" for one in found.arms]),
        (_("of those given"), [written("redemption_bp", one.redemption_bp) for one in found.arms]),
        (_("came"), [written("came_bp", one.came_bp) for one in found.arms]),
        (_("spent a member"), [money.plain(one.each_cents) for one in found.arms]),
    ):
        say(columns(title, *figures))
    for line in (*words.effect_said(found.effect), *words.wordings_said(found.wordings),
                 *words.before_said(found.effect), *words.money_said(found.money)):  # fmt: skip
        say(f"  {line}")
    for part in found.effect.strata if found.effect else ():
        say(_("  {stratum}: {came} of {written} came, of those held out {came_held} of {held}",
              stratum=words.stratum_said(part.stratum), came=part.came, written=part.written,
              came_held=part.came_held, held=part.held))  # fmt: skip
    cost = found.money
    say(columns(_("cost"), money.plain(cost.cost_cents)))
    say(
        columns(
            _("left after its cost"), _("not known") if cost.return_cents is None else money.plain(cost.return_cents)
        )
    )
    for one in found.links:
        brought = _("opened {opened}   joined {joined}   bought {bought}   spent {spent_cents}",
                    opened=one.counts.opened, joined=one.counts.joined, bought=one.counts.bought,
                    spent_cents=one.counts.spent_cents)  # fmt: skip
        say(f"  {one.medium}   {brought}")


@verb(campaign, "channels", _("The channels of a campaign beside each other, and those of all campaigns."), ID, AS_JSON)
def campaign_channels(folder: Path, campaign_id: int, as_json: bool) -> None:
    """Of 90 days."""
    open_shop(folder)
    from core.base import clock
    from core.outreach.campaigns import channels

    found = channels.beside(campaign_id, by=owner(), now=clock.now())
    if as_json:
        say_json(asdict(found))
        return
    for title, lines in ((_("this campaign"), found.own), (_("all campaigns in 90 days"), found.all)):
        say(title)
        for one in lines:
            facts = {name: "–" if value is None else value for name, value in asdict(one).items()}
            say(_("  {name}: sent {sent}, arrived {delivered}, opened {opened}, joined {joined}, came {came},"
                  " spent {spent_cents}, cost {cost_cents}", **facts))  # fmt: skip
