"""A member's card: who they are, what they hold, how they come; and what may be changed."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text as RichText
from textual.app import ComposeResult

from core.base import clock, lunar, phones
from core.base.access import Actor
from core.base.i18n import N_, T, Text, _, date_shown, scope, written
from core.base.text import wrap
from core.insight import warnings
from core.insight.warnings import Warning
from core.loyalty import points
from core.loyalty import statement as statements
from core.loyalty.statement import StatementLine
from core.people import birthdays, members
from core.people.members import MemberCard
from core.selling import receipts
from core.selling.receipts import SaleHead
from tui import routes
from tui.keymap import OPEN, Action
from tui.page import Page
from tui.screens.today import cents
from tui.widgets.charts import Drawing
from tui.widgets.columns import Column
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.pagetable import PageTable, Row, Wanted
from tui.widgets.qr import qr_lines
from tui.widgets.row import fitted, rich

VISITS = (
    Column("when", N_("when"), 17, min_width=11, important=True),
    Column("number", N_("receipt"), 14),
    Column("store", N_("store"), 14, min_width=4, stretch=True),
    Column("total", N_("total"), 11, right=True),
    Column("back", N_("returned"), 11, right=True),
)


@dataclass(frozen=True)
class Known:
    """What the page shows, read in one go."""

    card: MemberCard
    warning: Warning | None
    statement: tuple[StatementLine, ...]


def known(member_id: int, by: Actor) -> Known:
    """Read everything the page shows."""
    now = clock.now()
    card = members.card(member_id, by=by, now=now)
    warning = warnings.of_member(member_id, by=by, now=now)
    return Known(card, warning, tuple(statements.of(member_id, "points", limit=3)))


class MemberPage(Page):
    """The card above, visits below."""

    NAME = N_("Member")
    HELP = N_("Everything about one member. Enter on a visit opens its receipt.")
    KEYS = (
        OPEN,
        Action("adjust", ("p",), N_("points"), N_("Add or take points, with a reason."), right="adjust"),
        Action("edit", ("e",), N_("edit"), N_("Change name, birthday, note and alert."), right="member.edit"),
        Action("code", ("c",), N_("card"), N_("Show the member's card as a QR code.")),
        Action("block", ("x",), N_("block"), N_("Block the membership, or open it again."), right="member.edit",
               danger=True),
        Action("refresh", ("r",), N_("refresh"), N_("Read the card again.")),
    )  # fmt: skip

    def __init__(self, member_id: int) -> None:
        super().__init__()
        self._member_id = member_id
        self._known: Known | None = None
        self._code = False

    def body(self) -> ComposeResult:
        """Card and visits."""
        yield Drawing(lambda cells: [], id="card")
        yield PageTable(VISITS, empty=N_("No purchase yet."), id="visits")

    def on_mount(self) -> None:
        """Read the card and the visits."""
        self.query_one(PageTable).focus()
        self.reading(self._read)

    def on_screen_resume(self) -> None:
        """Coming back from a receipt, read again."""
        self.reading(self._read)

    def do_refresh(self) -> None:
        """Read again."""
        self.reading(self._read)

    async def _read(self) -> None:
        self._known = await self.gateway.read(known, self._member_id, self.actor)
        self.crumb = self._known.card.name or T("Member")
        self.select(T("member since {joined_at}", joined_at=self._known.card.joined_at))
        self.query_one("#card", Drawing).draw(self._lines)
        await self.query_one(PageTable).set_source(self._visits)

    async def _visits(self, wanted: Wanted) -> Sequence[Row]:
        before = wanted.after if isinstance(wanted.after, int) else None
        found = await self.gateway.read(
            receipts.recent, member_id=self._member_id, before_id=before, limit=wanted.limit
        )
        return [Row(head.id, _visit(head)) for head in found]

    def on_page_table_row_opened(self, message: PageTable.RowOpened) -> None:
        """Open the receipt of a visit."""
        if isinstance(message.row.key, int):
            self.app.push_screen(routes.receipt(message.row.key))

    # --- what is shown -------------------------------------------------------------------------------

    def _lines(self, width: int) -> list[RichText]:
        if self._known is None:
            return []
        if self._code:
            return [rich(self._known.card.name), *qr_lines(self._known.card.card), rich(self._known.card.card)]
        return card_lines(self._known, width)

    def do_code(self) -> None:
        """Show the QR code of the card, or the card again."""
        self._code = not self._code
        self.query_one("#card", Drawing).draw(self._lines)

    # --- what may be changed -------------------------------------------------------------------------

    async def do_adjust(self) -> None:
        """Ask how many points and why."""
        form = Form(
            id="adjust",
            title=T("Change points by hand"),
            lines=(T("The reason stands in the member's statement."),),
            fields=(
                Field("way", N_("what"), "choice", choices=(("add", T("give")), ("take", T("take away")))),
                Field("points", N_("points"), "number"),
                Field("reason", N_("reason")),
            ),
        )
        await self.ask(form, self._adjust)

    async def _adjust(self, answer: Answer) -> None:
        number = answer.number("points") or 0
        await self.gateway.write(
            points.adjust,
            self._member_id,
            -number if answer.text("way") == "take" else number,
            reason=answer.text("reason"),
            by=self.actor,
            now=clock.now(),
        )
        self.reading(self._read)

    async def do_edit(self) -> None:
        """Ask for name, birthday, note and alert."""
        if self._known is None:
            return
        card = self._known.card
        form = Form(
            id="edit",
            title=T("Edit member"),
            fields=(
                Field("name", N_("name"), value=card.name, required=False),
                Field("birthday", N_("birthday"), value=birthday_typed(card), required=False,
                      hint=N_("08-15, or 农历 08-15")),
                Field("alert", N_("alert at the till"), value=card.alert, required=False),
                Field("note", N_("note"), value=card.note, required=False),
            ),
        )  # fmt: skip
        await self.ask(form, self._edit)

    async def _edit(self, answer: Answer) -> None:
        if self._known is None:
            return
        card, now = self._known.card, clock.now()
        typed = answer.text("birthday")
        birthday = birthdays.read(typed) if typed and typed != birthday_typed(card) else None
        if answer.text("name") != card.name:
            await self.gateway.write(members.rename, self._member_id, answer.text("name"), by=self.actor, now=now)
        if birthday is not None:
            await self.gateway.write(members.set_birthday, self._member_id, birthday, by=self.actor, now=now)
        note, alert = answer.text("note"), answer.text("alert")
        if (note, alert) != (card.note, card.alert):
            await self.gateway.write(members.set_note, self._member_id, note=note, alert=alert, by=self.actor, now=now)
        self.reading(self._read)

    async def do_block(self) -> None:
        """Ask before blocking; opening again needs no question."""
        if self._known is None:
            return
        if self._known.card.state == "blocked":
            await self.gateway.write(members.set_state, self._member_id, "active", by=self.actor, now=clock.now())
            self.reading(self._read)
            return
        lines = (T("Nothing can be collected or spent until it is opened again. Nothing is lost."),)
        await self.ask(Form("block", T("Block this membership?"), lines, done=N_("block"), danger=True), self._block)

    async def _block(self, answer: Answer) -> None:
        await self.gateway.write(members.set_state, self._member_id, "blocked", by=self.actor, now=clock.now())
        self.reading(self._read)


def _visit(head: SaleHead) -> tuple[str, ...]:
    when = clock.local(head.at, scope().zone)
    back = cents(-head.refunded_cents) if head.refunded_cents else ""
    return f"{date_shown(when.date())} {when:%H:%M}", head.number, head.store, cents(head.total_cents), back


def birthday_typed(card: MemberCard) -> str:
    """A birthday as it would be typed."""
    if card.birthday is None:
        return ""
    one = card.birthday
    year = f"{one.year}-" if one.year else ""
    calendar = ("农历闰" if one.leap else "农历 ") if one.calendar == "lunar" else ""
    return f"{calendar}{year}{one.month:02d}-{one.day:02d}"


def birthday_said(card: MemberCard) -> str:
    """A birthday as it is said: '8-15', '农历八月十五'."""
    if card.birthday is None:
        return _("birthday not known")
    one = card.birthday
    if one.calendar == "lunar":
        return _("birthday {day} (lunar)", day=lunar.shown(one.month, one.day, leap=one.leap))
    return _("birthday {day}", day=f"{one.month:02d}-{one.day:02d}")


def head_line(card: MemberCard) -> RichText:
    """The line a till shows of a member: name, tier, phone, points, stored value, coupons."""
    tier = card.standing.tier
    line = RichText(end="", no_wrap=True)
    line.append(card.name or _("without a name"), "bold")
    line.append(f"  {tier.mark} {tier.name}", "accent")
    parts = [phones.national(card.phone) or _("card only"), _("{points} points", points=card.points.usable)]
    if card.wallet.total_cents:
        stored = _("{stored_cents} stored", stored_cents=card.wallet.total_cents)
        if card.wallet.bonus_cents:
            stored += _(" ({bonus_cents} bonus)", bonus_cents=card.wallet.bonus_cents)
        parts.append(stored)
    parts.append(_("{count} coupons", count=len(card.coupons)))
    line.append("  " + " · ".join(parts))
    return line


def card_lines(shown: Known, width: int) -> list[RichText]:
    """The card as lines of at most so many cells."""
    card = shown.card
    lines = [head_line(card), rich("")]
    if card.state == "blocked":
        lines.insert(1, RichText(_("This membership is blocked."), "bad", end=""))
    if card.alert:
        lines.insert(1, RichText(card.alert, "warn", end=""))
    lines += [_pair(_("profile"), f"{birthday_said(card)} · {card.card}"), _pair(_("tier"), tier_said(card))]
    lines.append(_pair(_("points"), _points_said(card)))
    for entry in shown.statement:
        day = date_shown(clock.day_of(entry.at, scope().zone))
        kind = str(Text(statements.WORDS.get(entry.kind, entry.kind)))
        amount = f"+{entry.amount:,}" if entry.amount > 0 else f"−{-entry.amount:,}"
        lines.append(_pair("", f"{day}  {amount}  {kind}" + (f" · {entry.reason}" if entry.reason else "")))
    lines.append(_pair(_("coupons"), _coupons_said(card)))
    said = wrap(_rhythm(card, shown.warning), width - 12)
    lines += [_pair(_("visits") if part is said[0] else "", part) for part in said]
    lines.append(_pair(_("consent"), _consents_said(card)))
    if card.note:
        lines.append(_pair(_("note"), card.note))
    for line in lines:
        line.truncate(width, overflow="ellipsis")
    return [*lines, rich("")]


def _pair(label: str, said: str) -> RichText:
    line = fitted(label, 10)
    line.stylize("quiet")
    line.append(said)
    return line


def tier_said(card: MemberCard) -> str:
    """The tier, until when, and what is missing for the next one."""
    standing = card.standing
    said = f"{standing.tier.mark} {standing.tier.name}"
    if standing.until_at:
        until = clock.day_of(standing.until_at - 1, scope().zone)
        said += " · " + _("until {until}", until=f"{until:%Y-%m-%d}")
    if standing.next and standing.missing_cents:
        said += " · " + _("{missing_cents} to {tier}", missing_cents=standing.missing_cents, tier=standing.next.name)
    return said


def _points_said(card: MemberCard) -> str:
    said = _("{points} usable", points=card.points.usable)
    if card.points.debt:
        said += " · " + _("{debt} owed", debt=card.points.debt)
    if card.points.expiring and card.points.expires_on:
        said += " · " + _("{points} until {day_on}", points=card.points.expiring, day_on=card.points.expires_on)
    return said


def _coupons_said(card: MemberCard) -> str:
    shown = [
        _("{name} until {day_on}", name=one.kind.name, day_on=clock.day_of(one.valid_until_at - 1, scope().zone))
        for one in card.coupons[:4]
    ]
    if len(card.coupons) > 4:
        shown.append(_("{count} more", count=len(card.coupons) - 4))
    return " · ".join(shown) or _("none")


def _rhythm(card: MemberCard, warning: Warning | None) -> str:
    if warning is not None:
        return " ".join(str(part) for part in warnings.sentence(warning))
    if not card.stats.visits or card.stats.last_day is None:
        return _("not yet here")
    spent = written("net_cents", card.stats.net_spend_cents)
    return _("{visits} visits · {spent} in all · last {day_on}", visits=card.stats.visits, spent=spent,
             day_on=card.stats.last_day)  # fmt: skip


def _consents_said(card: MemberCard) -> str:
    names = {
        "membership": _("membership"),
        "service": _("notices"),
        "marketing": _("offers"),
        "profiling": _("suggestions"),
        "abroad": _("sending abroad"),
    }
    return " · ".join(f"{'✓' if one.granted else '✗'} {names[one.purpose]}" for one in card.consents) or _("none")
