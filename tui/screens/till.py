"""The till 收银: scan or type anything, see the price with its reasons, take the money."""

from collections.abc import Sequence
from dataclasses import replace

from rich.text import Text as RichText
from textual import on
from textual.app import ComposeResult

from core.base import clock
from core.base.errors import RegularsError
from core.base.i18n import N_, T, _
from core.base.money import PIECE, Milli, quantity_shown
from core.goods import catalogue
from core.keeping import opening
from core.loyalty import topups
from core.people import members, verification
from core.people.credentials import Proof
from core.people.members import MemberCard
from core.selling import sales, shifts
from core.selling.pricing.values import LineQuote, Quote
from core.selling.receipts import tender_name
from core.selling.sales import ProofNeeded, SaleRequest, Tender
from core.selling.shifts import Shift
from tui.keymap import Action
from tui.page import Page
from tui.place import TILL
from tui.screens import basket
from tui.screens.basket import Counter, Hit
from tui.screens.member import MemberPage, head_line
from tui.screens.members import join_form, join_member
from tui.screens.receipt import ReceiptPage
from tui.screens.today import cents
from tui.widgets.charts import Drawing
from tui.widgets.columns import Column
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.pagetable import PageTable, Row, Wanted
from tui.widgets.row import Line, Words
from tui.widgets.searchbox import SearchBox

GOODS = (
    Column("name", N_("product"), 20, min_width=8, important=True, stretch=True),
    Column("count", N_("quantity"), 14, right=True),
    Column("amount", N_("amount"), 10, right=True),
    Column("off", N_("reductions"), 22, min_width=8, right=True),
    Column("net", N_("to pay"), 10, right=True),
)
FOUND = (
    Column("what", N_("found"), 9),
    Column("name", N_("name"), 24, min_width=8, important=True, stretch=True),
    Column("detail", N_("number"), 16),
)
WAYS = ("cash", "wechat", "alipay", "card", "wallet", "voucher", "other")


class TillPage(Page):
    """One customer after the other."""

    NAME = N_("Till")
    HELP = N_(
        "Scan or type a product, a phone number, the last four digits, a name, pinyin or a card; 3*name for three. "
        "Enter takes what is found."
    )
    KEYS = (
        Action("take", ("enter",), N_("add"), N_("Take what is found for what is typed.")),
        Action("pay", ("ctrl+t",), N_("pay"), N_("Take the money, in one or several ways."), right="sell"),
        Action("points", ("ctrl+u",), N_("points"), N_("Pay a part with the member's points."), right="sell"),
        Action("top_up", ("ctrl+k",), N_("top-up"), N_("Top up stored value."), right="sell"),
        Action("quantity", ("ctrl+e",), N_("quantity"), N_("Change the quantity of the marked line; 0 takes it off.")),
        Action("prove", ("ctrl+y",), N_("proof"), N_("Prove the member: scan the phone, or send a code by text.")),
        Action("member", ("ctrl+o",), N_("member"), N_("Open the member's card."), right="member.find"),
        Action("join", ("ctrl+n",), N_("join"), N_("Make the customer a member."), right="member.join"),
        Action("clear", ("ctrl+d",), N_("clear"), N_("Clear the counter for the next customer."), danger=True),
        Action("shift", ("ctrl+s",), N_("shift"), N_("Open the till with its float, or close it with a count."),
               right="sell"),
    )  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self.counter = Counter(0)
        self._shift: Shift | None = None
        self._names: dict[int, str] = {}
        self._hits: list[Hit] = []
        self._challenge = 0

    def body(self) -> ComposeResult:
        """Member, goods, total with its reasons, and the box that takes everything."""
        yield Line(id="member")
        yield PageTable(GOODS, empty=N_("Nothing on the counter yet. Scan a product, or type a part of its name."),
                        id="goods")  # fmt: skip
        yield Line(id="total")
        yield Drawing(lambda cells: [], id="hints")
        yield SearchBox(hint=N_("scan or type a product, a member, a code"), table="#found", id="entry")
        yield PageTable(FOUND, empty=N_("Nothing found. Type another part of it."), id="found")

    async def on_mount(self) -> None:
        """Find the till's place and its open shift."""
        self.query_one("#found").display = False
        self.query_one(SearchBox).focus()
        self.reading(self._begin)

    def on_screen_resume(self) -> None:
        """Back at the counter: the box is where one types."""
        self.query_one(SearchBox).focus()

    async def _begin(self) -> None:
        stores = await self.gateway.read(opening.stores)
        allowed = [one for one in stores if not self.actor.stores or one[0] in self.actor.stores]
        self.counter = Counter(allowed[0][0])
        self._store = allowed[0][1]
        self._shift = await self.gateway.read(shifts.open_of, self.counter.store_id, TILL)
        await self._show()

    # --- finding -------------------------------------------------------------------------------------

    def on_search_box_searched(self, message: SearchBox.Searched) -> None:
        """Look up what is typed."""
        self.reading(self._look_up, message.value)

    async def _look_up(self, typed: str) -> None:
        found = self.query_one("#found", PageTable)
        found.display = bool(typed.strip())
        self._hits = await self.gateway.latest("entry", basket.look_up, typed, self.actor)
        await found.set_source(self._found, total=len(self._hits), answers=typed)

    async def _found(self, wanted: Wanted) -> Sequence[Row]:
        names = {"product": T("product"), "member": T("member"), "code": T("code")}
        rows = [Row(at, (names[hit.kind], hit.name or "—", hit.detail)) for at, hit in enumerate(self._hits)]
        return rows[wanted.start : wanted.start + wanted.limit]

    @on(PageTable.RowOpened, "#found")
    def _taken(self, message: PageTable.RowOpened) -> None:
        if isinstance(message.row.key, int) and message.row.key < len(self._hits):
            hit = self._hits[message.row.key]
            self.query_one(SearchBox).value = ""
            self.query_one("#found").display = False
            self.query_one(SearchBox).focus()
            self.writing(self._take, hit)

    async def _take(self, hit: Hit) -> None:
        if hit.kind == "product":
            self.counter.add(hit.id, hit.quantity)
        elif hit.kind == "member":
            card = await self.gateway.read(members.card, hit.id, by=self.actor, now=clock.now())
            self._stand(card, None)
        else:
            card, proof = await self.gateway.write(basket.identify, hit.value, self.actor)
            self._stand(card, proof)
        await self._price()

    def _stand(self, card: MemberCard, proof: Proof | None) -> None:
        """Someone stands at the counter; what another had proved or paid does not count for them."""
        same = self.counter.card is not None and self.counter.card.id == card.id
        self.counter.card = card
        self.counter.proof = proof or (self.counter.proof if same else None)
        if not same:
            self.counter.points = 0
            self.counter.tenders.clear()

    # --- pricing and showing ---------------------------------------------------------------------------

    async def _price(self) -> None:
        try:
            self.counter.quote = await self.gateway.read(basket.price, self.counter, self.actor)
        except RegularsError:
            if not self.counter.points:
                raise
            self.counter.points = 0  # fewer goods allow fewer points; ask again for how many
            self.counter.quote = await self.gateway.read(basket.price, self.counter, self.actor)
        await self._show()

    async def _show(self) -> None:
        quote = self.counter.quote
        self.select(self._place())
        self.query_one("#member", Line).say(self._member_line())
        self.query_one("#total", Line).say(self._total(quote))
        self.query_one("#hints", Drawing).draw(lambda width: hints(quote))
        goods = self.query_one("#goods", PageTable)
        at = max(len(self.counter.lines) - 1, 0)
        await goods.set_source(self._goods, total=len(self.counter.lines), at=at)
        self.refresh_keys()

    def _place(self) -> Words:
        if self._shift is None:
            return T("{store} · till {till} · no shift: ctrl+s opens it", store=self._store, till=TILL)
        since = clock.now() - self._shift.opened_at
        hours, minutes = since // clock.HOUR, since % clock.HOUR // clock.MINUTE
        return T("{store} · till {till} · shift {hours} h {minutes} m", store=self._store, till=TILL, hours=hours,
                 minutes=minutes)  # fmt: skip

    def _member_line(self) -> Words:
        card = self.counter.card
        if card is None:
            return RichText(_("no member"), "quiet", end="")
        line = head_line(card)
        if self.counter.proof is not None:
            line.append("  ✓ " + _("proved"), "good")
        if card.alert:
            line.append("  " + card.alert, "warn")
        return line

    async def _goods(self, wanted: Wanted) -> Sequence[Row]:
        lines = self.counter.quote.lines if self.counter.quote else ()
        return [Row(at, line_cells(line)) for at, line in enumerate(lines)][wanted.start : wanted.start + wanted.limit]

    def _total(self, quote: Quote | None) -> Words:
        line = RichText(end="", no_wrap=True)
        if quote is None:
            return line
        line.append(_("to pay {total_cents}", total_cents=quote.total_cents), "bold")
        if quote.redeemed_points:
            said = _("{points} points = {off_cents}", points=quote.redeemed_points, off_cents=quote.redeemed_cents)
            line.append(f"   {said}", "accent")
        for tender in self.counter.tenders:
            line.append(f"   {tender_name(tender.kind)} {cents(tender.cents)}")
        if self.counter.tenders:
            line.append("   " + _("left {left_cents}", left_cents=self.counter.left_cents), "warn")
        if self.counter.card is not None:
            line.append("   " + _("+{points} points", points=quote.earned_points), "good")
        return line

    # --- keys ------------------------------------------------------------------------------------------

    async def do_quantity(self) -> None:
        """Ask for the quantity of the marked line."""
        row = self.query_one("#goods", PageTable).row
        if row is None or not isinstance(row.key, int) or row.key >= len(self.counter.lines):
            self.office.tell(T("There is no line to change."))
            return
        at = row.key
        now = quantity_shown(self.counter.lines[at].quantity)
        form = Form("quantity", T("How many?"), fields=(Field("quantity", N_("quantity"), value=now),))

        async def change(answer: Answer) -> None:
            self.counter.change(at, basket_quantity(answer.text("quantity")))
            await self._price()

        await self.ask(form, change)

    async def do_points(self) -> None:
        """Ask how many points pay."""
        card, quote = self.counter.card, self.counter.quote
        if card is None or quote is None:
            self.office.tell(T("Points need goods and a member. Scan both first."))
            return
        most = quote.most_points
        lines = (T("{usable} can be used, {most} of them here.", usable=card.points.usable, most=most),)
        form = Form("points", T("Pay with points"), lines, (Field("points", N_("points"), "number", most),), N_("use"))

        async def use(answer: Answer) -> None:
            trial = replace(self.counter, points=answer.number("points") or 0)
            self.counter.quote = await self.gateway.read(basket.price, trial, self.actor)
            self.counter.points = trial.points
            await self._show()

        await self.ask(form, use)

    async def do_top_up(self) -> None:
        """Ask how much is paid in."""
        if self.counter.card is None:
            self.office.tell(T("A top-up needs a member. Find the member first."))
            return
        rules = await self.gateway.read(topups.running, now=clock.now())
        lines = tuple(
            T("pay {pay_cents}, get {bonus_cents} on top", pay_cents=rule.pay_cents, bonus_cents=rule.bonus_cents)
            for rule in rules
        )
        first = rules[0].pay_cents if rules else None
        form = Form("top_up", T("Top up"), lines, (Field("amount", N_("paid in"), "money", first),), N_("add"))

        async def add(answer: Answer) -> None:
            product = await self.gateway.read(catalogue.top_up_product)
            self.counter.add(product.id, PIECE, answer.number("amount") or 0)
            try:
                await self._price()
            except RegularsError:
                self.counter.lines.pop()
                raise

        await self.ask(form, add)

    def do_member(self) -> None:
        """Open the card of the member at the counter."""
        if self.counter.card is None:
            self.office.tell(T("No member is at the counter. Scan a card or type a number."))
        else:
            self.app.push_screen(MemberPage(self.counter.card.id))

    async def do_join(self) -> None:
        """Ask for what is needed to join."""

        async def join(answer: Answer) -> None:
            member_id = await self.gateway.write(join_member, answer, self.actor)
            self._stand(await self.gateway.read(members.card, member_id, by=self.actor, now=clock.now()), None)
            await self._price()

        await self.ask(join_form(), join)

    async def do_clear(self) -> None:
        """Ask before a counter with something on it is cleared."""
        if not self.counter.lines:
            await self._clear()
            return
        form = Form("clear", T("Clear the counter?"), (T("Nothing was sold yet."),), done=N_("clear"), danger=True)

        async def clear(answer: Answer) -> None:
            await self._clear()

        await self.ask(form, clear)

    async def _clear(self) -> None:
        self.counter = Counter(self.counter.store_id)
        await self._show()

    # --- proof -----------------------------------------------------------------------------------------

    async def do_prove(self) -> None:
        """Ask for the code on the member's phone; an empty one sends a code by text."""
        if self.counter.card is None:
            self.office.tell(T("No member is at the counter. Scan a card or type a number."))
            return
        lines = (
            T("Scan the code on the member's phone."),
            T("Left empty, a code is sent to {phone} by text message.", phone=self.counter.card.phone or "—"),
        )
        form = Form("prove", T("Proof of the member"), lines, (Field("scan", N_("code"), required=False),), N_("next"))
        await self.ask(form, self._prove)

    async def _prove(self, answer: Answer) -> None:
        card = self.counter.card
        if card is None:
            return
        if answer.text("scan"):
            shown, proof = await self.gateway.write(basket.identify, answer.text("scan"), self.actor)
            self._stand(shown, proof)
            await self._price()
            return
        self._challenge = await self.gateway.write(verification.send_to_member, card.id, "till", now=clock.now())
        self.call_after_refresh(self._ask_digits)

    async def _ask_digits(self) -> None:
        form = Form("digits", T("The code that was sent"), fields=(Field("digits", N_("code")),), done=N_("check"))

        async def check(answer: Answer) -> None:
            proof = await self.gateway.write(
                verification.proof_by_code, self._challenge, answer.text("digits"), now=clock.now()
            )
            if self.counter.card is not None and proof.member_id == self.counter.card.id:
                self.counter.proof = proof
            await self._show()

        await self.ask(form, check)

    # --- paying ----------------------------------------------------------------------------------------

    async def do_pay(self) -> None:
        """Take the money: the whole in one way, or a part and then the rest."""
        quote = self.counter.quote
        if quote is None or not self.counter.lines:
            self.office.tell(T("Nothing on the counter yet. Scan a product, or type a part of its name."))
            return
        if self.counter.left_cents == 0:
            self.writing(self._post)
            return
        stored = self.counter.card.wallet.total_cents if self.counter.card else 0
        lines: list[Words] = [T("{left_cents} to pay", left_cents=self.counter.left_cents)]
        if stored:
            lines.append(T("{stored_cents} is stored", stored_cents=stored))
        ways = tuple((way, tender_name(way)) for way in WAYS if way != "wallet" or stored)
        fields = (
            Field("way", N_("how"), "choice", choices=ways),
            Field("amount", N_("amount"), "money", required=False, hint=N_("empty: all of it")),
            Field("reference", N_("reference"), required=False),
        )
        await self.ask(Form("pay", T("Pay"), tuple(lines), fields, N_("take")), self._pay)

    async def _pay(self, answer: Answer) -> None:
        way, left = answer.text("way"), self.counter.left_cents
        amount = answer.number("amount") or left
        if way == "wallet" and answer.number("amount") is None and self.counter.card is not None:
            amount = min(left, self.counter.card.wallet.total_cents)
        tender = Tender(way, amount, answer.text("reference") or None)  # type: ignore[arg-type]
        self.counter.tenders.append(tender)
        if self.counter.left_cents:
            await self._show()
            self.call_after_refresh(self.do_pay)
            return
        try:
            await self._post()
        except RegularsError:
            self.counter.tenders.remove(tender)
            raise

    async def _post(self) -> None:
        counter, quote = self.counter, self.counter.quote
        if quote is None:
            return
        request = SaleRequest(
            basket=counter.basket,
            tenders=tuple(counter.tenders),
            expected_cents=quote.total_cents,
            shift_id=self._shift.id if self._shift else None,
            proof=counter.proof,
        )
        change = counter.paid_cents - quote.total_cents
        try:
            sale_id = await self.gateway.write(sales.post, request, by=self.actor, now=clock.now(), key=counter.key)
        except ProofNeeded as error:
            self.office.tell(error.sentence(), tone="warning")
            counter.tenders.clear()
            await self._show()
            self.call_after_refresh(self.do_prove)
            return
        except sales.PriceChanged:
            counter.tenders.clear()
            await self._price()
            raise
        await self._clear()
        self.app.push_screen(ReceiptPage(sale_id))
        if change > 0:
            self.office.tell(T("Change: {change_cents}", change_cents=change))

    # --- shift -----------------------------------------------------------------------------------------

    async def do_shift(self) -> None:
        """Ask for the float of a new shift, or for the blind count of the open one."""
        opened = self._shift
        title = T("Open till {till}", till=TILL) if opened is None else T("Close till {till}", till=TILL)
        line = T("Count the cash in the drawer.")
        form = Form("shift", title, (line,), (Field("cash", N_("cash"), "money"),), N_("save"))
        await self.ask(form, self._open_shift if opened is None else self._close_shift)

    async def _open_shift(self, answer: Answer) -> None:
        await self.gateway.write(
            shifts.open_shift,
            self.counter.store_id,
            TILL,
            opening_cents=answer.number("cash") or 0,
            by=self.actor,
            now=clock.now(),
        )
        self._shift = await self.gateway.read(shifts.open_of, self.counter.store_id, TILL)
        await self._show()

    async def _close_shift(self, answer: Answer) -> None:
        if self._shift is None:
            return
        end = await self.gateway.write(
            shifts.close_shift,
            self._shift.id,
            counted_cents=answer.number("cash") or 0,
            by=self.actor,
            now=clock.now(),
        )
        self._shift = None
        await self._show()
        facts = {"expected_cents": end.expected_cents, "counted_cents": end.counted_cents,
                 "difference_cents": end.difference_cents}  # fmt: skip
        said = T("Expected {expected_cents}, counted {counted_cents}: difference {difference_cents}.", **facts)
        self.office.tell(said, tone="information" if end.difference_cents == 0 else "warning")


def basket_quantity(typed: str) -> Milli:
    """A quantity as typed in thousandths. Raises: QuantityInvalid."""
    from core.goods.stock import QuantityInvalid

    whole, point, rest = typed.strip().partition(".")
    if not whole.isdecimal() or len(whole) > 4 or len(rest) > 3 or (point and not rest.isdecimal()):
        raise QuantityInvalid(field="quantity", given=typed[:12])
    return Milli(int(whole) * 1000 + int((rest or "0").ljust(3, "0")))


def line_cells(line: LineQuote) -> tuple[Words, ...]:
    """A basket line as cells; the reasons of its reductions by name."""
    count = f"{quantity_shown(line.item.quantity)} × {line.item.unit_cents / 100:.2f}"
    offs = " ".join(f"−{off.cents / 100:.2f} " + (off.rule.name or _("rounded off")) for off in line.offs)
    if line.redeemed_cents:
        offs += f" −{line.redeemed_cents / 100:.2f} " + _("points")
    return line.item.name, count, f"{line.amount_cents / 100:.2f}", offs.strip(), f"{line.net_cents / 100:.2f}"


def hints(quote: Quote | None) -> list[RichText]:
    """What did not apply and why, at most three lines."""
    if quote is None:
        return []
    shown = [f" {one.name}: {one.reason}" for one in quote.not_used[:3]]
    if len(quote.not_used) > 3:
        shown[-1] += " · " + _("{count} more", count=len(quote.not_used) - 3)
    if not quote.exact:
        shown.append(" " + _("Not every combination was tried; this is the best found."))
    return [RichText(text, "quiet", end="", no_wrap=True) for text in shown]
