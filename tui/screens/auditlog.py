"""The audit log 操作日志: who did what, from where, and what it was before."""

import json
from collections.abc import Sequence

from core.base.i18n import N_, T, Text
from core.books import audit
from core.books.audit import AuditRow
from tui.screens.lists import ListPage, moment
from tui.widgets.columns import Column
from tui.widgets.pagetable import Row, Wanted
from tui.widgets.row import Words

ACTIONS = {
    "care.greeted": N_("birthday greeted"),
    "care.points_notice": N_("notice of points written"),
    "care_rule.set": N_("care rule set"),
    "churn.closed": N_("churn warning closed"),
    "churn.reason": N_("reason for leaving noted"),
    "churn.scanned": N_("churn looked for"),
    "consent.given": N_("consent given"),
    "consent.withdrawn": N_("consent withdrawn"),
    "coupon_kind.created": N_("coupon kind added"),
    "device.pairing": N_("pairing code made"),
    "device.revoked": N_("kiosk shut out"),
    "job.switched": N_("job switched"),
    "key.created": N_("API key made"),
    "key.revoked": N_("API key ended"),
    "member.adviser": N_("adviser named"),
    "member.birthday": N_("birthday changed"),
    "member.joined": N_("member joined"),
    "member.note": N_("note changed"),
    "list.exported": N_("list exported"),
    "member.card": N_("card re-issued"),
    "member.phone": N_("phone number changed"),
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
    "wording.changed": N_("wording changed"),
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


class AuditPage(ListPage):
    """The log, newest first; what changed stands below."""

    NAME = N_("Audit log")
    HELP = N_("Everything that was written, by whom and from where. Lines are only ever added.")
    RIGHT = "audit"
    COLUMNS = (
        Column("time", N_("time"), 16, min_width=16),
        Column("who", N_("who"), 16, min_width=8),
        Column("door", N_("from"), 12, min_width=8),
        Column("what", N_("what"), 26, min_width=16, important=True, stretch=True),
    )

    async def fetch(self, wanted: Wanted) -> Sequence[Row]:
        """Lines of the log."""
        last = wanted.after
        before = last.id if isinstance(last, AuditRow) else None
        found = await self.gateway.read(audit.newest, by=self.actor, before_id=before, limit=wanted.limit)
        return [Row(one, _cells(one)) for one in found]

    def about(self, row: Row) -> Sequence[Words]:
        """What it was about, and before and after."""
        if not isinstance(row.key, AuditRow):
            return ()
        one = row.key
        said: list[Words] = [f"{one.action} · {one.entity} {one.entity_id or ''}".rstrip()]
        if one.before:
            said.append(T("before: {facts}", facts=facts_said(one.before)))
        if one.after:
            said.append(T("after: {facts}", facts=facts_said(one.after)))
        return said


def facts_said(stored: str) -> str:
    """The facts of a line: 'price_cents 1800 · name 珍珠奶茶'."""
    facts = json.loads(stored)
    return " · ".join(f"{name} {value}" for name, value in facts.items())


def who_said(one: AuditRow) -> str:
    """Who acted: staff by name, others by what they are: 'member 1000012'."""
    kind, _colon, id = one.actor.partition(":")
    return one.name or f"{Text(ACTORS.get(kind, kind))} {id if id != '0' else ''}".rstrip()


def _cells(one: AuditRow) -> tuple[Words, ...]:
    return (
        moment(one.at),
        who_said(one),
        Text(DOORS.get(one.door, one.door)),
        Text(ACTIONS.get(one.action, one.action)),
    )
