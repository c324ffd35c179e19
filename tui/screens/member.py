"""A member's card: who they are, what they hold, how they come; and what may be changed."""

from collections.abc import Sequence

from rich.text import Text as RichText
from textual import on
from textual.app import ComposeResult

from core.base import clock
from core.base.i18n import N_, T, Text, _, date_shown, scope
from core.loyalty import coupons
from core.loyalty import statement as statements
from core.loyalty.coupons import Coupon
from core.loyalty.statement import StatementLine
from core.outreach import deskwork
from core.outreach.deskwork import OutboxRow, Sought
from core.people import consent, lookups, members, ownfields, profile, reissue, tags
from core.people.consent import Purpose
from core.people.ownfields import OwnField
from core.selling import receipts
from core.selling.receipts import SaleHead
from core.service import gatheringguests, ticketlists
from core.service.ticketlists import Served
from tui import routes
from tui.keymap import OPEN, Action
from tui.screens import erasing, memberdeeds, memberforms, mergepage, ticketspage, ticketwords
from tui.screens.bulkforms import NO_KINDS
from tui.screens.eventlines import mine_row
from tui.screens.fates import CATEGORIES, STATES, TEMPLATES, TONES, label
from tui.screens.lists import cents, moment, signed, whole
from tui.screens.membertabs import TABS
from tui.screens.memberwords import Known, card_lines, known
from tui.screens.tabbed import TabbedPage
from tui.widgets.charts import Drawing
from tui.widgets.overlay import Answer, Form
from tui.widgets.pagetable import Fetch, PageTable, Row, Wanted
from tui.widgets.qr import qr_lines
from tui.widgets.row import rich
from tui.widgets.tabs import TabLine


class MemberPage(TabbedPage, memberdeeds.OfMember):
    """The card above, one of seven lists below."""

    NAME = N_("Member")
    HELP = N_(
        "Everything about one member. 1 to 7 change the list below: visits, points, stored value, coupons, messages,"
        " service, events. Enter opens the receipt or ticket behind a line."
    )
    RIGHT = "member.find"
    NOTED = False
    PERSONAL = True
    KEYS = (
        OPEN,
        Action("adjust", ("p",), N_("points"), N_("Add or take points, with a reason."), right="adjust"),
        Action("edit", ("e",), N_("edit"), N_("Change name, phone, birthday, language, note, alert and own fields."),
               right="member.edit"),
        Action("tags", ("t",), N_("tags"), N_("Put tags on the member, or take them off."), right="member.edit"),
        Action("give", ("g",), N_("give a coupon"), N_("Give the member a coupon."), right="marketing"),
        Action("code", ("c",), N_("card"), N_("Show the member's card as a QR code.")),
        Action("reissue", ("n",), N_("new card"), N_("Give a new card; the old one and its codes end at once."),
               right="member.edit", danger=True),
        Action("consent", ("k",), N_("consent"), N_("Note what the member agrees to, or takes back."),
               right="member.join"),
        Action("deeds", ("m",), N_("more"), N_("Pass points on, share stored value, give a tier, name an adviser."),
               right="member.edit"),
        Action("ticket", ("w",), N_("ticket"), N_("Open a ticket for the member."), right="service"),
        Action("call", ("l",), N_("plan a call"), N_("Plan a call or visit, for today or a later day."), right="churn"),
        Action("block", ("x",), N_("block"), N_("Block the membership, or open it again."), right="member.edit",
               danger=True),
        Action("merge", ("u",), N_("merge"), N_("Let another membership of the same person go into this one."),
               right="member.merge", danger=True),
        Action("merges", ("z",), N_("merges"), N_("Show what was merged into this membership, and undo it."),
               right="member.merge"),
        Action("erase", ("d",), N_("erase"), N_("Delete whatever names this person, for good; the books stay."),
               right="member.erase", danger=True),
        Action("refresh", ("r",), N_("refresh"), N_("Read the card again.")),
    )  # fmt: skip
    TABS = TABS

    def __init__(self, member_id: int) -> None:
        super().__init__()
        self.member_id = member_id
        self._known: Known | None = None
        self._fields: list[OwnField] = []
        self._code = False

    def lists(self) -> ComposeResult:
        """The card above the lists."""
        yield Drawing(lambda cells: [], id="card")
        yield from super().lists()

    def do_refresh(self) -> None:
        """Read again."""
        self.reading(self.again)

    async def again(self) -> None:
        """Card and list once more."""
        if self._known is None:  # the first time is being read already
            return
        await self._read()
        await self.table.reload()

    async def _read(self) -> None:
        self._known = await self.gateway.read(known, self.member_id, self.actor)
        self.crumb = self._known.card.name or T("Member")
        self.query_one("#where").refresh()
        self.select(T("member since {joined_at}", joined_at=self._known.card.joined_at))
        self.query_one("#card", Drawing).draw(self._lines)
        self.refresh_keys()

    async def load(self) -> None:
        """Card and list."""
        if self._known is None:
            await self._read()
            await self.gateway.write(lookups.opened, by=self.actor, now=clock.now())
        await super().load()

    # --- the lists -----------------------------------------------------------------------------------

    def source(self) -> Fetch:
        """What the shown list holds."""
        fetches: dict[str, Fetch] = {
            "visits": self._visits, "points": self._moves, "stored": self._moves, "messages": self._messages,
        }  # fmt: skip
        if self.shown == "service":
            return whole(lambda: self.gateway.read(ticketlists.of_member, self.member_id, by=self.actor,
                                                   now=clock.now()), _served)  # fmt: skip
        if self.shown == "vouchers":
            return whole(lambda: self.gateway.read(coupons.held_by, self.member_id, now=clock.now()), _coupon)
        if self.shown == "events":
            return whole(
                lambda: self.gateway.read(gatheringguests.of_member, self.member_id, by=self.actor, now=clock.now()),
                mine_row,
            )
        return fetches[self.shown]

    async def _visits(self, wanted: Wanted) -> Sequence[Row]:
        before = wanted.after.id if isinstance(wanted.after, SaleHead) else None
        found = await self.gateway.read(receipts.recent, member_id=self.member_id, before_id=before, limit=wanted.limit)
        return [Row(head, _visit(head)) for head in found]

    async def _moves(self, wanted: Wanted) -> Sequence[Row]:
        before = wanted.after.id if isinstance(wanted.after, StatementLine) else None
        money = self.shown == "stored"
        found = await self.gateway.read(
            statements.of, self.member_id, None if money else "points", money=money, before_id=before,
            limit=wanted.limit,
        )  # fmt: skip
        return [Row(line, _move(line)) for line in found]

    async def _messages(self, wanted: Wanted) -> Sequence[Row]:
        before = wanted.after.id if isinstance(wanted.after, OutboxRow) else None
        found = await self.gateway.read(
            deskwork.listing,
            Sought(member_id=self.member_id),
            by=self.actor,
            before_id=before,
            limit=wanted.limit,
        )
        return [Row(one, _message(one), tone=TONES.get(one.state, "")) for one in found]

    @on(PageTable.RowOpened)
    def _opened(self, message: PageTable.RowOpened) -> None:
        one = message.row.key
        sale_id = one.id if isinstance(one, SaleHead) else one.sale_id if isinstance(one, StatementLine) else None
        if isinstance(one, Served):
            sale_id = one.id if one.what == "return" else None
            if one.what == "ticket":
                self.app.push_screen(routes.ticket(one.id))
        if sale_id is not None:
            self.app.push_screen(routes.receipt(sale_id))

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
        for hidden in (self.query_one(TabLine), self.table):
            hidden.display = not self._code
        if not self._code:
            self.table.focus()

    # --- what may be changed -------------------------------------------------------------------------

    async def do_adjust(self) -> None:
        """Ask how many points and why."""

        async def write(answer: Answer) -> None:
            await self.gateway.write(memberforms.adjust, self.member_id, answer, self.actor, clock.now())
            await self.again()

        await self.ask(memberforms.adjust_form(), write)

    async def do_edit(self) -> None:
        """Ask for what may be changed."""
        if (shown := self._known) is None:
            return
        self._fields = await self.gateway.read(ownfields.all_fields)

        async def write(answer: Answer) -> None:
            changes = memberforms.changes(shown.card, answer)
            await self.gateway.write(profile.change, self.member_id, changes, by=self.actor, now=clock.now())
            await self.again()

        await self.ask(memberforms.edit_form(shown.card, self._fields), write)

    async def do_tags(self) -> None:
        """Ask for the tags."""
        if (shown := self._known) is None:
            return
        used = await self.gateway.read(tags.all_tags)

        async def write(answer: Answer) -> None:
            await self.gateway.write(
                tags.set_tags, self.member_id, [answer.text("tags")], by=self.actor, now=clock.now()
            )
            await self.again()

        await self.ask(memberforms.tags_form(shown.card.tags, used), write)

    async def do_give(self) -> None:
        """Ask which coupon."""
        kinds = await self.gateway.read(coupons.kinds)
        if not kinds:
            self.office.tell(NO_KINDS)
            return

        async def write(answer: Answer) -> None:
            await self.gateway.write(
                coupons.give, int(answer.text("coupon")), self.member_id, by=self.actor, now=clock.now(), key=answer.key
            )
            await self.again()

        await self.ask(memberforms.give_form(kinds), write)

    async def do_reissue(self) -> None:
        """Ask before the old card ends."""

        async def write(answer: Answer) -> None:
            given = {"reason": answer.text("reason"), "card": answer.text("card")}
            await self.gateway.write(reissue.card, self.member_id, **given, by=self.actor, now=clock.now())
            await self._read()
            self._code = False
            self.do_code()

        await self.ask(memberforms.reissue_form(), write)

    async def do_consent(self) -> None:
        """Ask what the member agrees to."""
        if (shown := self._known) is None:
            return
        now = {one.purpose: one.granted for one in shown.card.consents}

        async def write(answer: Answer) -> None:
            for purpose, wanted in memberforms.consents(answer).items():
                if wanted != now.get(purpose, False):
                    await self._consent(purpose, wanted)
            await self.again()

        await self.ask(memberforms.consent_form(now), write)

    async def _consent(self, purpose: Purpose, wanted: bool) -> None:
        if wanted:
            await self.gateway.write(
                consent.grant, self.member_id, purpose, source="staff", language=scope().language, by=self.actor,
                now=clock.now(),
            )  # fmt: skip
        else:
            await self.gateway.write(
                consent.withdraw, self.member_id, purpose, source="staff", by=self.actor, now=clock.now()
            )

    async def do_deeds(self) -> None:
        """Ask what else is to be done."""
        await memberdeeds.ask(self)

    async def do_ticket(self) -> None:
        """Ask what it is about."""
        await ticketspage.ask_new(self, member_id=self.member_id)

    async def do_call(self) -> None:
        """Ask when and who."""
        await memberdeeds.plan_call(self)

    async def do_merge(self) -> None:
        """Ask for the other membership."""
        await mergepage.ask(self)

    def do_merges(self) -> None:
        """What was merged into this one."""
        self.app.push_screen(mergepage.MergesPage(self.member_id))

    async def do_erase(self) -> None:
        """Show what is lost, then ask."""
        await erasing.ask(self)

    async def do_block(self) -> None:
        """Ask before blocking; opening again needs no question."""
        if self._known is None:
            return
        if self._known.card.state == "blocked":
            await self.gateway.write(members.set_state, self.member_id, "active", by=self.actor, now=clock.now())
            self.reading(self.again)
            return

        async def write(answer: Answer) -> None:
            await self.gateway.write(members.set_state, self.member_id, "blocked", by=self.actor, now=clock.now())
            await self.again()

        lines = (T("Nothing can be collected or spent until it is opened again. Nothing is lost."),)
        await self.ask(Form("block", T("Block this membership?"), lines, done=N_("block"), danger=True), write)


def _served(one: Served) -> Row:
    return Row(one, ticketwords.served_cells(one))


def _visit(head: SaleHead) -> tuple[str, ...]:
    when = clock.local(head.at, scope().zone)
    back = cents(-head.refunded_cents) if head.refunded_cents else ""
    return f"{date_shown(when.date())} {when:%H:%M}", head.number, head.store, cents(head.total_cents), back


def _move(line: StatementLine) -> tuple[str, ...]:
    what = str(Text(statements.WORDS.get(line.kind, line.kind)))
    if line.asset == "points":
        amounts = signed(line.amount), f"{line.balance_after:,}"
    else:
        amounts = cents(line.amount), cents(line.balance_after)
        what += f" · {Text(PARTS[line.asset])}"
    return moment(line.at), *amounts, what, line.reason or line.sale_number or ""


PARTS = {"principal": N_("paid in"), "bonus": N_("bonus")}


def _coupon(one: Coupon) -> Row:
    until = date_shown(clock.day_of(one.valid_until_at - 1, scope().zone))
    name = one.kind.name
    if one.held_until_at > clock.now():
        name = _("{name} (set aside until {until_at})", name=name, until_at=one.held_until_at)
    return Row(one, (name, one.code, str(one.uses_left), until))


def _message(one: OutboxRow) -> tuple[str, ...]:
    return (
        moment(one.created_at), str(label(TEMPLATES, one.template)), str(label(CATEGORIES, one.category)),
        str(label(STATES, one.state)),
    )  # fmt: skip
