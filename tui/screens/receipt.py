"""A receipt 小票 on the screen; from here goods are returned and top-ups reversed."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text as RichText
from textual.app import ComposeResult

from core.base import clock
from core.base.access import Actor
from core.base.errors import Invalid
from core.base.i18n import N_, T, Text, _
from core.base.money import quantity_shown
from core.people import staff
from core.selling import receipts, refunds, reversals, shifts
from core.selling.receipts import SaleReceipt
from core.selling.refunds import How, ReturnLine
from core.selling.returns import RefundPlan, SoldLine
from tui.keymap import Action
from tui.page import Page
from tui.place import TILL
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


def _shown(sale_id: int) -> _Shown:
    receipt = receipts.of(sale_id)
    return _Shown(receipt, tuple(refunds.sold_lines(sale_id)), receipts.as_text(receipt, columns=COLUMNS))


class ReceiptPage(Page):
    """One sale as it was made and what came back of it since."""

    NAME = N_("Receipt")
    HELP = N_("A sale as it was made. Returns go back to where the money came from.")
    KEYS = (
        Action("return", ("r",), N_("return"), N_("Take goods of this sale back."), right="refund"),
        Action("reverse", ("u",), N_("reverse top-up"), N_("Pay a top-up back; its bonus lapses."),
               right="refund", danger=True),
    )  # fmt: skip

    def __init__(self, sale_id: int) -> None:
        super().__init__()
        self._sale_id = sale_id
        self._shown: _Shown | None = None

    def body(self) -> ComposeResult:
        """The receipt; it scrolls."""
        yield Drawing(self._lines, id="receipt", focusable=True)

    def on_mount(self) -> None:
        """Read the sale."""
        self.query_one(Drawing).focus()
        self.reading(self._read)

    def resay(self) -> None:
        """A receipt is said by core, so it is read again in the language of now."""
        super().resay()
        self.reading(self._read)

    async def _read(self) -> None:
        self._shown = await self.gateway.read(_shown, self._sale_id)
        self.crumb = T("Receipt {number}", number=self._shown.receipt.number)
        self.select(self._shown.receipt.member)
        self.query_one(Drawing).draw(self._lines)
        self.refresh_keys()

    def _lines(self, cells: int) -> Sequence[RichText]:
        if self._shown is None:
            return []
        left = " " * max(1, (cells - COLUMNS) // 2)
        return [RichText(left + line, end="", no_wrap=True) for line in self._shown.text.split("\n")]

    def refusal(self, action: Action) -> Text | None:
        """What this sale does not have cannot come back."""
        lines = self._shown.lines if self._shown is not None else ()
        if action.id == "return" and not any(line.left for line in lines):
            return T("Nothing of this sale can come back any more.")
        if action.id == "reverse" and not any(line.reversible for line in lines):
            return T("This sale holds no top-up, or it was reversed already.")
        return super().refusal(action)

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
        if limit is None or amount <= limit:
            return ()
        return (Field("approved_by", N_("manager's name")), Field("password", N_("password"), "secret"))

    async def _approver(self, answer: Answer) -> Actor | None:
        if "approved_by" not in answer.values:
            return None
        name, password = answer.text("approved_by"), answer.text("password")
        return await self.gateway.write(staff.approver, name, password, right="refund", now=clock.now())

    async def _how(self, answer: Answer, reason: str) -> How:
        """Who approved, and the open shift of this till, which pays out wherever the receipt was opened."""
        shift = None
        if self._shown is not None:
            shift = await self.gateway.read(shifts.open_of, self._shown.receipt.store_id, TILL)
        approver = await self._approver(answer)
        return How(reason=reason, approved_by=approver, shift_id=shift.id if shift else None)

    def _done(self, words: Text) -> None:
        self.office.tell(words)
        if self.is_attached:
            self.reading(self._read)

    # --- top-ups -----------------------------------------------------------------------------------

    async def do_reverse(self) -> None:
        """Ask before a top-up is paid back."""
        if self._shown is None:
            return
        paid = sum(line.amount_cents for line in self._shown.lines if line.reversible)

        async def write(answer: Answer) -> None:
            await self.gateway.write(
                reversals.reverse_top_up,
                self._sale_id,
                await self._how(answer, answer.text("reason")),
                by=self.actor,
                now=clock.now(),
                key=answer.key,
            )
            self._done(T("The top-up is reversed."))

        lines = (
            T("{paid_cents} was paid in. Paid back is what is left of it, less the bonus used.", paid_cents=paid),
            T("The rest of the bonus lapses."),
        )
        fields = (Field("reason", N_("reason"), required=False), *await self._approval(paid))
        title = T("Reverse this top-up?")
        await self.ask(Form("reverse", title, lines, fields, N_("reverse"), danger=True), write)


def return_form(lines: Sequence[SoldLine]) -> Form:
    """A field for each line that can come back; a single piece alone is filled in."""
    only = len(lines) == 1 and lines[0].left == 1000
    quantities = [
        Field(
            f"line_{line.id}",
            line.name,
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
