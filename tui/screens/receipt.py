"""A receipt 小票 on the screen; from here goods are returned and top-ups reversed."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from rich.text import Text as RichText
from textual.app import ComposeResult

from core.base import clock
from core.base.access import Actor
from core.base.errors import Invalid, RegularsError
from core.base.i18n import N_, T, Text, _
from core.base.money import quantity_shown
from core.people import members, staff
from core.people.members import MemberCard
from core.selling import receipts, refunds, reversals, shifts
from core.selling.receipts import SaleReceipt
from core.selling.refunds import How, ReturnLine
from core.selling.returns import RefundPlan, SoldLine
from tui import printer, routes
from tui.keymap import Action
from tui.page import Page
from tui.place import TILL
from tui.screens import paying, ticketspage
from tui.screens.basket import Exchange
from tui.screens.counterpage import CounterPage
from tui.screens.lists import cents
from tui.widgets.charts import Drawing
from tui.widgets.money import read_quantity
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.row import Words

COLUMNS = 48
SHELF: tuple[tuple[str, Words], ...] = (("yes", T("back on sale")), ("no", T("not for sale")))


class NothingChosen(Invalid):
    """No line of a return has a quantity."""

    code = "nothing_chosen"
    text = N_("Type how much comes back, in at least one line.")


@dataclass(frozen=True)
class _Shown:
    """What the page shows, read in one go."""

    receipt: SaleReceipt
    lines: tuple[SoldLine, ...]
    text: str
    plan_left_cents: int = 0


def _shown(sale_id: int, by: Actor) -> _Shown:
    receipt, lines, left = receipts.of(sale_id), tuple(refunds.sold_lines(sale_id)), 0
    if any(line.kind == "plan" for line in lines):
        with suppress(RegularsError):
            left = reversals.plan_left(sale_id, by=by, now=clock.now())
    return _Shown(receipt, lines, receipts.as_text(receipt, columns=COLUMNS), left)


class ReceiptPage(Page):
    """One sale as it was made and what came back of it since."""

    NAME = N_("Receipt")
    HELP = N_("A sale as it was made. Returns go back to where the money came from.")
    KEYS = (
        Action("next", ("enter",), N_("next customer"), N_("Leave the receipt.")),
        Action("return", ("r",), N_("return"), N_("Take goods of this sale back."), right="refund"),
        Action("exchange", ("x",), N_("exchange"), N_("Take goods back for others that go out at the till."),
               right="refund"),
        Action("print", ("p",), N_("print"), N_("Print the receipt on this installation's printer.")),
        Action("undo", ("v",), N_("undo"), N_("Undo the whole sale on its day."), right="refund", danger=True),
        Action("reverse", ("u",), N_("pay back"), N_("Pay a top-up, a pass or a membership back, less what was used."),
               right="refund", danger=True),
        Action("ticket", ("w",), N_("ticket"), N_("Open a ticket about this sale or a line of it."), right="service"),
        Action("member", ("m",), N_("member"), N_("Open the member's card."), right="member.find"),
    )  # fmt: skip

    def __init__(self, sale_id: int, *, fresh: bool = False, change_cents: int = 0, given_cents: int = 0) -> None:
        """A `fresh` one was sold just now; `change_cents` is given back to the customer, of so much cash."""
        super().__init__()
        self._sale_id = sale_id
        self._change = change_cents, given_cents
        self._fresh = fresh
        self._shown: _Shown | None = None

    def body(self) -> ComposeResult:
        """The change in large, and the receipt; it scrolls."""
        big = Drawing(lambda cells: change_lines(*self._change), id="change")
        big.display = self._change[0] > 0
        yield big
        yield Drawing(self._lines, id="receipt", focusable=True)

    def on_mount(self) -> None:
        """Read the sale."""
        self.query_one("#receipt", Drawing).focus()
        self.reading(self._read)

    def resay(self) -> None:
        """A receipt is said by core, so it is read again in the language of now."""
        super().resay()
        self.reading(self._read)

    async def _read(self) -> None:
        self._shown = await self.gateway.read(_shown, self._sale_id, self.actor)
        self.crumb = T("Receipt {number}", number=self._shown.receipt.number)
        self.select(self._shown.receipt.member)
        self.query_one("#receipt", Drawing).draw(self._lines)
        self.refresh_keys()

    def _lines(self, cells: int) -> Sequence[RichText]:
        if self._shown is None:
            return []
        left = " " * max(1, (cells - COLUMNS) // 2)
        return [RichText(left + line, end="", no_wrap=True) for line in self._shown.text.split("\n")]

    def refusal(self, action: Action) -> Text | None:
        """What this sale does not have cannot come back."""
        lines = self._shown.lines if self._shown is not None else ()
        if action.id in ("return", "exchange") and not any(line.left for line in lines):
            return T("Nothing of this sale can come back any more.")
        if action.id == "reverse" and self._reversal() is None:
            return T("This sale holds no top-up, pass or membership that could be paid back.")
        if action.id == "undo" and self._shown is not None and self._shown.receipt.refunded_cents:
            return T("Part of this sale came back already. Take the rest back line by line.")
        if action.id == "member" and (self._shown is None or self._shown.receipt.member_id is None):
            return T("This sale has no member.")
        return super().refusal(action)

    def do_next(self) -> None:
        """Back to where one came from."""
        self.step_back()

    def do_member(self) -> None:
        """Open the member's card."""
        if self._shown is not None and self._shown.receipt.member_id is not None:
            self.app.push_screen(routes.member(self._shown.receipt.member_id))

    async def do_ticket(self) -> None:
        """Ask what it is about, and about which line."""
        if self._shown is not None:
            sold = [(place, line.name) for place, line in enumerate(self._shown.lines, 1)]
            await ticketspage.ask_new(self, sale_id=self._sale_id, sold=sold)

    def do_print(self) -> None:
        """Print it on this installation's printer; what was sold before prints as a copy."""
        if self._shown is None:
            return
        receipt, fresh = self._shown.receipt, self._fresh
        self.writing(self._print, receipt, fresh)

    async def _print(self, receipt: SaleReceipt, fresh: bool) -> None:
        await self.gateway.write(printer.print_receipt, receipt, copy=not fresh)
        self._fresh = False
        self.office.tell(T("Sent to the printer."))

    # --- returns -----------------------------------------------------------------------------------

    async def do_return(self) -> None:
        """Ask how much of each line comes back."""
        if self._shown is not None:
            lines = [line for line in self._shown.lines if line.left]
            await self.ask(return_form(lines), self._preview)

    async def _preview(self, answer: Answer) -> None:
        """Show what the return would pay and take; only then is it done."""
        back, reason = _back(answer), answer.text("reason")
        plan = await self.gateway.read(refunds.preview, self._sale_id, back, by=self.actor)

        async def write(confirmed: Answer) -> None:
            now = clock.now()
            await self.gateway.write(
                refunds.refund,
                self._sale_id,
                back,
                await self._how(confirmed, reason),
                by=self.actor,
                now=now,
                key=confirmed.key,
            )
            self._done(T("{total_cents} paid back.", total_cents=plan.total_cents))

        fields = await self._approval(plan.total_cents)
        title = T("Pay back {total_cents}?", total_cents=plan.total_cents)
        await self.ask(Form("refund", title, plan_said(plan), fields, N_("pay back"), danger=True), write)

    async def _approval(self, amount: int) -> tuple[Field, ...]:
        """The fields a manager fills in when the amount is above what this person may pay back."""
        limit = await self.gateway.read(staff.refund_limit, self.actor, now=clock.now())
        return paying.approval_fields(limit is not None and amount > limit)

    async def _how(self, answer: Answer, reason: str) -> How:
        """Who approved, and the open shift of this till, which pays out wherever the receipt was opened."""
        shift = None
        if self._shown is not None:
            shift = await self.gateway.read(shifts.open_of, self._shown.receipt.store_id, TILL)
        approver = await self.gateway.write(paying.approver_of, answer, "refund")
        return How(reason=reason, approved_by=approver, shift_id=shift.id if shift else None)

    def _done(self, words: Text) -> None:
        self.office.tell(words)
        if self.is_there:
            self.reading(self._read)

    # --- exchanges -----------------------------------------------------------------------------------

    async def do_exchange(self) -> None:
        """Ask what comes back; what goes out is put on the counter of the till."""
        if self._shown is None:
            return
        lines = [line for line in self._shown.lines if line.left]

        async def chosen(answer: Answer) -> None:
            if self._shown is None:
                return
            back, reason = _back(answer), answer.text("reason")
            plan = await self.gateway.read(refunds.preview, self._sale_id, back, by=self.actor)
            if fields := await self._approval(plan.total_cents):
                title = T("A manager approves the exchange of {total_cents}", total_cents=plan.total_cents)

                async def approved(confirmed: Answer) -> None:
                    approver = await self.gateway.write(paying.approver_of, confirmed, "refund")
                    await self._carry(back, How(reason=reason, approved_by=approver))

                self.call_after_refresh(self.ask, Form("approve", title, fields=fields, done=N_("next")), approved)
                return
            await self._carry(back, How(reason=reason))

        form = return_form(lines)
        await self.ask(replace(form, id="exchange", title=T("What comes back for others?")), chosen)

    async def _carry(self, back: tuple[ReturnLine, ...], how: How) -> None:
        """Take what comes back, and the member, to the counter."""
        if self._shown is None:
            return
        receipt, card = self._shown.receipt, None
        if receipt.member_id is not None:
            card = await self.gateway.read(members.card, receipt.member_id, by=self.actor, now=clock.now())
        self.app.call_later(to_till, self, Exchange(self._sale_id, receipt.number, back, how), card)

    # --- undoing, top-ups, passes, plans ---------------------------------------------------------------

    async def do_undo(self) -> None:
        """Ask before a whole sale is undone."""
        if self._shown is None:
            return
        total = self._shown.receipt.total_cents
        lines = (
            T("{total_cents} goes back to where it came from; points, coupons and stock are as before.",
              total_cents=total),
        )  # fmt: skip
        fields = (Field("reason", N_("reason"), required=False), *await self._approval(total))
        form = Form("undo", T("Undo this whole sale?"), lines, fields, N_("undo"), danger=True)
        await self.ask(form, self._reversing(reversals.void, T("The sale is undone.")))

    def _reversal(self) -> tuple[Text, Text, Callable[..., int]] | None:
        """What could be paid back: a title, a sentence and the verb."""
        lines = self._shown.lines if self._shown is not None else ()
        if any(line.reversible for line in lines):
            paid = sum(line.amount_cents for line in lines if line.reversible)
            said = T("{paid_cents} was paid in. Paid back is what is left of it, less the bonus used. "
                     "The rest of the bonus lapses.", paid_cents=paid)  # fmt: skip
            return T("Reverse this top-up?"), said, reversals.reverse_top_up
        kinds = {line.kind for line in lines}
        if "pass" in kinds:
            said = T("Paid back is what the uses left are worth; the pass ends.")
            return T("End this pass?"), said, reversals.cancel_pass
        if "plan" in kinds:
            left = self._shown.plan_left_cents if self._shown is not None else 0
            said = T("{left_cents} is paid back for the days left; the membership ends.", left_cents=left)
            return T("End this membership?"), said, reversals.cancel_plan
        return None

    async def do_reverse(self) -> None:
        """Ask before a top-up, a pass or a plan is paid back."""
        found = self._reversal()
        if found is None or self._shown is None:
            return
        title, said, verb = found
        paid = sum(line.amount_cents for line in self._shown.lines if line.kind in ("top_up", "pass", "plan"))
        fields = (Field("reason", N_("reason"), required=False), *await self._approval(paid))
        form = Form("reverse", title, (said,), fields, N_("pay back"), danger=True)
        await self.ask(form, self._reversing(verb, T("Paid back.")))

    def _reversing(self, verb: Callable[..., int], done: Text) -> Callable[[Answer], Awaitable[None]]:
        async def write(answer: Answer) -> None:
            how = await self._how(answer, answer.text("reason"))
            await self.gateway.write(verb, self._sale_id, how, by=self.actor, now=clock.now(), key=answer.key)
            self._done(done)

        return write


async def to_till(receipt: Page, exchange: Exchange, card: MemberCard | None) -> None:
    """Go to the till with what comes back; run by the application, for the receipt is left on the way."""
    office = receipt.office
    if office.screen is receipt and len(office.screen_stack) > 1:
        await office.pop_screen()
    await office.open_section("till")
    while not isinstance(office.screen, CounterPage) and len(office.screen_stack) > 1:
        await office.pop_screen()
    till = office.screen
    if not isinstance(till, CounterPage):
        return
    if till.counter.lines:
        office.tell(T("There is something on the counter. Finish it or put it aside, then exchange."))
        return
    till.begin_exchange(exchange, card)


def change_lines(change_cents: int, given_cents: int) -> Sequence[RichText]:
    """The change in large figures, and of how much."""
    if change_cents <= 0:
        return []
    line = RichText("  ", end="", no_wrap=True)
    line.append(str(T("Change: {change_cents}", change_cents=change_cents)), "bold")
    line.append("   " + str(T("of {given_cents}", given_cents=given_cents)), "quiet")
    return [RichText(""), line, RichText("")]


def return_form(lines: Sequence[SoldLine]) -> Form:
    """A field for each line that can come back; a single piece alone is filled in."""
    only = len(lines) == 1 and lines[0].left == 1000
    quantities = [
        Field(
            f"line_{line.id}",
            line.name,
            "quantity",
            value="1" if only else None,
            required=False,
            hint=_("up to {quantity}", quantity=quantity_shown(line.left)),
        )
        for line in lines
    ]
    shelf = Field("shelf", N_("goods"), "choice", choices=SHELF)
    reason = Field("reason", N_("reason"), required=False)
    return Form("return", T("What comes back?"), fields=(*quantities, shelf, reason), done=N_("next"))


def _back(answer: Answer) -> tuple[ReturnLine, ...]:
    """The lines that come back, as filled in.

    Raises: QuantityUnreadable, NothingChosen.
    """
    sellable, back = answer.text("shelf") == "yes", []
    for field in answer.form.fields:
        typed = answer.text(field.id) if field.id.startswith("line_") else ""
        if typed and (quantity := read_quantity(typed, field=field.id)):
            back.append(ReturnLine(int(field.id.removeprefix("line_")), quantity, sellable))
    if not back:
        raise NothingChosen(field=answer.form.fields[0].id)
    return tuple(back)


def plan_said(plan: RefundPlan) -> tuple[Words, ...]:
    """What a return pays back and takes, a line each."""
    said: list[Words] = [
        T("{name} × {quantity}: {paid}", name=part.line.name, quantity=quantity_shown(part.quantity),
          paid=cents(part.cents))
        for part in plan.parts
    ]  # fmt: skip
    said.append("")
    said += [
        T("{amount_cents} back to {tender}", amount_cents=amount, tender=receipts.tender_name(kind))
        for _id, kind, amount in plan.tenders
    ]
    if plan.returned_points:
        said.append(T("{points} points given back to the member", points=plan.returned_points))
    if plan.due_points:
        said.append(T("{points} points taken back, less what has expired", points=plan.due_points))
    return tuple(said)
