"""The audit log 操作日志: who did what, from where, and what it was before."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.base import clock
from core.base.i18n import N_, T, Text, scope
from core.books import audit
from core.books.audit import AuditRow, Sought
from tui.keymap import Action
from tui.screens import auditwords
from tui.screens.lists import ListPage, day, moment
from tui.widgets.columns import Column
from tui.widgets.dates import read_day
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.pagetable import Row, Wanted
from tui.widgets.row import Words

ACTIONS = {
    "backup.taken": N_("backup made"),
    "backup.drilled": N_("backup tried"),
    "backup.restored": N_("backup restored"),
    "booking.arrived": N_("somebody with a booking is here"),
    "booking.cancelled": N_("booking cancelled"),
    "booking.day_cleared": N_("the week's hours hold on a day again"),
    "booking.day_set": N_("hours of one day changed"),
    "booking.done": N_("booking done"),
    "booking.hours_set": N_("working hours changed"),
    "booking.made": N_("booking made"),
    "booking.moved": N_("booking moved"),
    "booking.no_show": N_("nobody came to a booking"),
    "booking.reminded": N_("reminder of a booking written"),
    "booking.service_ended": N_("service is booked no more"),
    "booking.service_set": N_("booking of a service changed"),
    "care.greeted": N_("greeting written"),
    "care.points_notice": N_("notice of points written"),
    "care.written": N_("care message written"),
    "care_rule.set": N_("care rule set"),
    "channel.woken": N_("channel woken"),
    "churn.closed": N_("churn warning closed"),
    "churn.reason": N_("reason for leaving noted"),
    "churn.scanned": N_("churn looked for"),
    "churn.tested": N_("forecast of a month tested"),
    "followup.assigned": N_("task given to somebody"),
    "followup.done": N_("task done"),
    "followup.dropped": N_("task dropped"),
    "followup.planned": N_("task planned"),
    "followrule.changed": N_("rule for tasks changed"),
    "followrule.created": N_("rule for tasks added"),
    "followrule.planned": N_("tasks planned by rule"),
    "followrule.switched": N_("rule for tasks on or off"),
    "survey.answered": N_("survey answered"),
    "survey.changed": N_("survey changed"),
    "survey.drafted": N_("survey drafted"),
    "survey.ended": N_("survey ended"),
    "survey.invited": N_("asked to answer a survey"),
    "survey.started": N_("survey started"),
    "gathering.cancelled": N_("event called off"),
    "gathering.changed": N_("event changed"),
    "gathering.check_in_undone": N_("check-in at an event taken back"),
    "gathering.checked_in": N_("member came to an event"),
    "gathering.closed": N_("sign-up for an event closed"),
    "gathering.cost": N_("cost of an event noted"),
    "gathering.done": N_("event ended"),
    "gathering.drafted": N_("event planned"),
    "gathering.lessons": N_("lessons of an event written down"),
    "gathering.line_dropped": N_("supply or cost of an event struck out"),
    "gathering.moved_up": N_("member moved up in an event"),
    "gathering.open": N_("sign-up for an event opened"),
    "gathering.places": N_("places at an event changed"),
    "gathering.reminded": N_("guests of an event reminded"),
    "gathering.signed_up": N_("member signed up for an event"),
    "gathering.signup_cancelled": N_("sign-up for an event cancelled"),
    "gathering.staff": N_("staff given to an event"),
    "gathering.staff_off": N_("staff taken off an event"),
    "gathering.surveyed": N_("guests of an event asked by survey"),
    "gathering.supply": N_("supply of an event noted"),
    "gathering.supply_ready": N_("supply of an event made ready"),
    "ticket.assigned": N_("ticket given to somebody"),
    "ticket.closed": N_("ticket dealt with"),
    "ticket.noted": N_("note on a ticket"),
    "ticket.opened": N_("ticket opened"),
    "ticket.promised": N_("day promised on a ticket"),
    "ticket.rated": N_("satisfaction noted"),
    "ticket.reopened": N_("ticket opened again"),
    "ticket.replied": N_("answer on a ticket"),
    "ticket.written": N_("customer wrote on a ticket"),
    "winback.assigned": N_("win-back case given to somebody"),
    "winback.batch": N_("offers to win back made"),
    "winback.closed": N_("win-back case ended"),
    "winback.contacted": N_("member of a case spoken to"),
    "winback.judged": N_("win-back cases judged"),
    "winback.offered": N_("offer to win back made"),
    "winback.opened": N_("win-back case opened"),
    "winback.rated": N_("satisfaction noted"),
    "winback.reason": N_("reason for leaving noted"),
    "winback.strategy": N_("win-back strategy changed"),
    "baskets.counted": N_("what is bought together counted"),
    "consent.given": N_("consent given"),
    "consent.withdrawn": N_("consent withdrawn"),
    "coupon_kind.created": N_("coupon kind added"),
    "database.moved": N_("database moved"),
    "device.pairing": N_("pairing code made"),
    "device.revoked": N_("kiosk shut out"),
    "festival.added": N_("festival added"),
    "festival.ended": N_("festival ended"),
    "job.rescheduled": N_("times of a job changed"),
    "job.asked": N_("job run by hand"),
    "job.switched": N_("job switched"),
    "key.created": N_("API key made"),
    "key.rotated": N_("API key replaced"),
    "key.revoked": N_("API key ended"),
    "message.again": N_("message queued again"),
    "message.was_not_sent": N_("message marked as not sent"),
    "message.was_sent": N_("message marked as sent"),
    "message.withdrawn": N_("message taken back"),
    "member.adviser": N_("adviser named"),
    "member.birthday": N_("birthday changed"),
    "member.birthday_cleared": N_("birthday taken out"),
    "member.not_double": N_("two said to be two people"),
    "quality.looked": N_("members looked through"),
    "member.joined": N_("member joined"),
    "member.note": N_("note changed"),
    "list.exported": N_("list exported"),
    "report_mail.added": N_("report by mail switched on"),
    "report_mail.ended": N_("report by mail switched off"),
    "report_mail.sent": N_("report mailed"),
    "commission.created": N_("commission rule added"),
    "commission.changed": N_("commission rule changed"),
    "commission.ended": N_("commission rule ended"),
    "goal.set": N_("goal set"),
    "goal.ended": N_("goal dropped"),
    "member.card": N_("card re-issued"),
    "member.phone": N_("phone number changed"),
    "member.erased": N_("membership deleted"),
    "retention.swept": N_("dropped after its time"),
    "member.merged": N_("memberships merged"),
    "member.unmerged": N_("merge undone"),
    "cards.made": N_("cards made ahead"),
    "cards.void": N_("cards made void"),
    "campaign.drafted": N_("campaign drafted"),
    "campaign.changed": N_("campaign changed"),
    "campaign.approved": N_("campaign approved"),
    "campaign.begun": N_("campaign begun"),
    "campaign.paused": N_("campaign paused"),
    "campaign.resumed": N_("campaign resumed"),
    "campaign.cancelled": N_("campaign cancelled"),
    "campaign.ended": N_("campaign ended"),
    "campaign.tested": N_("campaign tried"),
    "campaign.linked": N_("campaign given a link"),
    "segment.saved": N_("segment saved"),
    "segment.retired": N_("segment retired"),
    "source.created": N_("printed link added"),
    "source.budget": N_("budget of a printed link changed"),
    "source.ended": N_("printed link ended"),
    "member.language": N_("language changed"),
    "member.tagged": N_("tags changed"),
    "members.tagged": N_("tag put on many members"),
    "member.fields": N_("own fields changed"),
    "field.created": N_("own field added"),
    "field.retired": N_("own field retired"),
    "member.renamed": N_("name changed"),
    "points.adjusted": N_("points adjusted"),
    "points.transferred": N_("points passed on"),
    "value.reserved": N_("value set aside"),
    "coupon.reserved": N_("coupon set aside"),
    "coupon.captured": N_("coupon set aside used"),
    "coupon.released": N_("coupon given free"),
    "coupon.lapsed": N_("coupon given free because its time was over"),
    "value.captured": N_("value set aside used"),
    "value.released": N_("value set aside given free"),
    "value.lapsed": N_("value set aside for too long"),
    "value.broken": N_("value set aside taken by a refund"),
    "value.expired": N_("points or bonus expired"),
    "product.created": N_("product added"),
    "product.price": N_("price changed"),
    "product.changed": N_("product changed"),
    "product.retired": N_("product retired"),
    "product.restored": N_("product brought back"),
    "product.opening": N_("day of first sale changed"),
    "promotion.changed": N_("promotion changed"),
    "promotion.created": N_("promotion added"),
    "promotion.ended": N_("promotion ended"),
    "rule.changed": N_("shop rule changed"),
    "basket.parked": N_("basket parked"),
    "basket.recalled": N_("basket taken up"),
    "coupon.given": N_("coupon given"),
    "coupon.transferred": N_("coupon passed on"),
    "coupon_kind.retired": N_("coupon kind retired"),
    "day.counted": N_("takings counted"),
    "plan.created": N_("plan added"),
    "plan.changed": N_("plan changed"),
    "plan.retired": N_("plan no longer sold"),
    "plan.reminded": N_("told of a plan's end"),
    "plan.coupons_given": N_("coupons of a plan given"),
    "sale.claimed": N_("receipt claimed"),
    "sale.voided": N_("sale undone"),
    "sale.posted": N_("sale made"),
    "sale.refunded": N_("sale refunded"),
    "shift.closed": N_("shift closed"),
    "shift.opened": N_("shift opened"),
    "staff.badge_ended": N_("badge ended"),
    "staff.badge_made": N_("badge made"),
    "staff.correction_approved": N_("hours put right"),
    "staff.correction_asked": N_("asked to put hours right"),
    "staff.correction_declined": N_("hours left as they are"),
    "staff.own_card": N_("own member card noted"),
    "staff.punched": N_("came or went"),
    "staff.closed": N_("account closed"),
    "staff.created": N_("account added"),
    "staff.came_in": N_("came in by SSH key"),
    "staff.key_added": N_("SSH key added"),
    "staff.key_removed": N_("SSH key removed"),
    "shift.cash": N_("cash put in or taken out"),
    "staff.changed": N_("account changed"),
    "staff.rights": N_("rights changed"),
    "staff.password": N_("password changed"),
    "staff.reopened": N_("account opened again"),
    "staff.pin": N_("PIN changed"),
    "staff.language": N_("language changed"),
    "stock.in": N_("stock taken in"),
    "stock.out": N_("stock taken out"),
    "stock.counted": N_("stock counted"),
    "stock.delivered": N_("goods delivered"),
    "stock.sent": N_("goods sent to another store"),
    "stock.arrived": N_("goods of a transfer taken in"),
    "stock.placed": N_("shelf and limit of a product set"),
    "count.begun": N_("count begun"),
    "count.noted": N_("product counted on a sheet"),
    "count.waiting": N_("count waits for approval"),
    "count.written": N_("count written"),
    "count.reopened": N_("count gone on with"),
    "count.dropped": N_("count given up"),
    "supplier.changed": N_("supplier changed"),
    "product.batched": N_("batches of a product switched"),
    "product.barcodes": N_("barcodes of a product changed"),
    "product.bundled": N_("set made"),
    "product.variants": N_("variants made"),
    "product.store_price": N_("price of one store set"),
    "store.created": N_("store added"),
    "tier.created": N_("tier added"),
    "tier.changed": N_("tier changed"),
    "tier.reviewed": N_("tier reviewed"),
    "tier.warned": N_("told of a tier's review"),
    "tier.by_hand": N_("tier given by hand"),
    "tier.coupons_given": N_("coupons of a tier given"),
    "gift_card.made": N_("gift cards made"),
    "gift_card.loaded": N_("gift card loaded"),
    "pass_kind.created": N_("kind of pass added"),
    "topup_rule.retired": N_("top-up rule retired"),
    "wallet.shared": N_("wallet shared"),
    "wallet.share_ended": N_("shared wallet ended"),
    "topup_rule.set": N_("top-up rule set"),
    "checkin.made": N_("checked in"),
    "handout.handed_over": N_("reward handed over"),
    "lottery.created": N_("lottery added"),
    "lottery.drawn": N_("lottery drawn"),
    "lottery.ended": N_("lottery ended"),
    "points.awarded": N_("points given once"),
    "punch_card.created": N_("punch card added"),
    "punch_card.filled": N_("punch card filled"),
    "punch_card.retired": N_("punch card retired"),
    "redemption.cancelled": N_("redemption cancelled"),
    "referral.held_back": N_("friend not counted"),
    "referral.rewarded": N_("friend rewarded"),
    "referral.taken_back": N_("friend's reward taken back"),
    "reward.changed": N_("reward changed"),
    "reward.created": N_("reward added"),
    "reward.redeemed": N_("reward redeemed"),
    "reward.retired": N_("reward retired"),
    "share.visited": N_("link visited"),
    "golive.confirmed": N_("step of the first day left as it is"),
    "golive.withdrawn": N_("step of the first day taken up again"),
    "practice.begun": N_("copy to practise on made"),
    "practice.held": N_("practised"),
    "message.trial": N_("message sent on trial"),
    "webhook.added": N_("webhook added"),
    "webhook.ended": N_("webhook ended"),
    "webhook.paused": N_("webhook paused"),
    "webhook.resent": N_("events told again"),
    "webhook.rotated": N_("secret of a webhook changed"),
    "webhook.tested": N_("webhook tried"),
    "import.begun": N_("import begun"),
    "import.done": N_("import done"),
    "import.undoing": N_("import being undone"),
    "import.undone": N_("import undone"),
    "wording.changed": N_("wording changed"),
    "suppression.added": N_("address shut out from messages"),
    "suppression.listed": N_("list of addresses shut out"),
    "suppression.released": N_("address may be written to again"),
    "reply.handled": N_("reply dealt with"),
    "rate.set": N_("rate of messages set"),
    "budget.set": N_("budget of a campaign set"),
}

DOORS = {
    "back-office": N_("back-office"),
    "ssh": N_("SSH"),
    "kiosk": N_("kiosk"),
    "phone": N_("phone"),
    "api": N_("API"),
    "scheduler": N_("scheduler"),
    "command line": N_("command line"),
}


ACTORS = {"kiosk": N_("kiosk"), "member": N_("member"), "key": N_("API key"), "job": N_("scheduler")}
KINDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "till": (N_("at the till"), ("sale", "shift", "basket", "day")),
    "members": (N_("members"), ("member", "members", "consent", "cards", "quality")),
    "value": (N_("points and value"), ("points", "value", "wallet", "gift_card", "topup_rule", "checkin")),
    "goods": (N_("goods"), ("product", "stock", "count", "supplier")),
    "marketing": (
        N_("marketing"),
        ("promotion", "coupon", "coupon_kind", "plan", "tier", "reward", "redemption", "handout", "lottery",
         "punch_card", "referral", "share", "pass_kind", "source", "segment", "campaign"),
    ),
    "care": (
        N_("care and churn"),
        ("care", "care_rule", "festival", "wording", "churn", "suppression", "reply", "rate", "budget", "message",
         "winback", "followup", "baskets", "survey", "booking", "gathering",
         "ticket", "followrule"),
    ),
    "staff": (N_("staff and keys"), ("staff", "key", "device", "commission")),
    "settings": (N_("settings"), ("rule", "store", "job", "field", "list", "webhook", "backup", "golive", "import",
                                   "practice", "database", "retention", "channel", "goal", "report_mail")),
}  # fmt: skip
"""Kinds of actions one looks for, by the first half of their names."""


@dataclass(frozen=True)
class Asked:
    """What the filter is set to; days as they were typed."""

    actor: str = ""
    kind: str = ""
    since: str = ""
    until: str = ""

    def sought(self) -> Sought:
        """The same for core, in the shop's zone. Raises: DayUnreadable."""
        since = clock.start_of(read_day(self.since, field="since"), scope().zone) if self.since else None
        until = clock.end_of(read_day(self.until, field="until"), scope().zone) if self.until else None
        return Sought(self.actor, KINDS[self.kind][1] if self.kind else (), since, until)


class AuditPage(ListPage):
    """The log, newest first; what changed stands below."""

    NAME = N_("Audit log")
    HELP = N_(
        "Everything that was written, by whom and from where. Lines are only ever added. f shows one person, one kind"
        " of action, or some days; below stands what changed, before → after."
    )
    RIGHT = "audit"
    PERSONAL = True
    EMPTY = N_("Nothing of that kind was written. f changes the filter.")
    KEYS = (
        Action("filter", ("f",), N_("filter"), N_("Show what one person did, one kind of action, some days.")),
        Action("same", ("w",), N_("this person"), N_("Show only what the person under the cursor did, or all again.")),
    )
    COLUMNS = (
        Column("time", N_("time"), 16, min_width=16),
        Column("who", N_("who"), 16, min_width=8),
        Column("door", N_("from"), 12, min_width=8),
        Column("what", N_("what"), 26, min_width=16, important=True, stretch=True),
    )

    def __init__(self, sought: Sought | None = None) -> None:
        super().__init__()
        self._asked = Asked(actor=sought.actor if sought is not None else "")
        self._sought = sought or Sought()
        self._people: list[tuple[str, str]] = []

    async def load(self) -> None:
        """The newest lines that are asked for."""
        if self.actor.may("audit") and not self._people:
            self._people = await self.gateway.read(audit.people, by=self.actor)
        self.select(" · ".join(map(str, self._said())))
        await super().load()

    def _said(self) -> list[Words]:
        asked, found = self._asked, list[Words]()
        if asked.actor:
            found.append(_who(asked.actor, dict(self._people).get(asked.actor, "")))
        if asked.kind:
            found.append(Text(KINDS[asked.kind][0]))
        if asked.since:
            found.append(T("from {since}", since=day(read_day(asked.since, field="since"))))
        if asked.until:
            found.append(T("to {until}", until=day(read_day(asked.until, field="until"))))
        return found or [T("everything")]

    async def fetch(self, wanted: Wanted) -> Sequence[Row]:
        """Lines of the log."""
        last = wanted.after
        before = last.id if isinstance(last, AuditRow) else None
        found = await self.gateway.read(
            audit.newest, by=self.actor, sought=self._sought, before_id=before, limit=wanted.limit
        )
        return [Row(one, _cells(one)) for one in found]

    def about(self, row: Row) -> Sequence[Words]:
        """What it was about, and before and after."""
        return auditwords.about(row.key) if isinstance(row.key, AuditRow) else ()

    async def do_filter(self) -> None:
        """Ask which lines to show."""

        async def show(answer: Answer) -> None:
            await self._show(Asked(*(answer.text(id) for id in ("actor", "kind", "since", "until"))))

        await self.ask(_form(self._asked, self._people), show)

    async def do_same(self) -> None:
        """One person alone, or everyone again."""
        row = self.table.row
        actor = row.key.actor if row is not None and isinstance(row.key, AuditRow) else ""
        asked = self._asked
        await self._show(Asked("" if asked.actor else actor, asked.kind, asked.since, asked.until))

    async def _show(self, asked: Asked) -> None:
        self._sought, self._asked = asked.sought(), asked
        await self.load()
        self.refresh_keys()


def _form(asked: Asked, people: Sequence[tuple[str, str]]) -> Form:
    known = [*people, ("job:0", str(Text(ACTORS["job"])))]
    if asked.actor and asked.actor not in dict(known):
        known.append((asked.actor, _who(asked.actor, "")))
    who: tuple[tuple[str, Words], ...] = (("", T("everyone")), *known)
    kinds: tuple[tuple[str, Words], ...] = (("", T("all")), *((id, Text(label)) for id, (label, _) in KINDS.items()))
    fields = (
        Field("actor", N_("who"), "choice", asked.actor, choices=who, required=False),
        Field("kind", N_("what"), "menu", asked.kind, choices=kinds, required=False),
        Field("since", N_("from day"), "day", asked.since, required=False),
        Field("until", N_("to day"), "day", asked.until, required=False),
    )
    return Form("filter", T("Which lines?"), fields=fields, done=N_("show"))


def _who(actor: str, name: str) -> str:
    """Who acted: staff by name, others by what they are: 'member 1000012'."""
    kind, _colon, id = actor.partition(":")
    return name or f"{Text(ACTORS.get(kind, kind))} {id if id != '0' else ''}".rstrip()


def _cells(one: AuditRow) -> tuple[Words, ...]:
    return (
        moment(one.at),
        _who(one.actor, one.name),
        Text(DOORS.get(one.door, one.door)),
        Text(ACTIONS.get(one.action, one.action)),
    )
