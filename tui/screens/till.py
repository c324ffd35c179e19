"""The till 收银: scan or type anything, see the price with its reasons, take the money."""

from collections.abc import Sequence

from rich.text import Text as RichText
from textual import on
from textual.app import ComposeResult

from core.base import clock
from core.base.errors import RegularsError
from core.base.i18n import N_, T, Text, _
from core.base.money import plain, quantity_shown
from core.insight import profiles
from core.keeping import opening
from core.people import lookups, members
from core.people.credentials import Proof
from core.people.members import MemberCard
from core.selling import shifts
from core.selling.pricing.values import LineQuote, Quote
from core.selling.receipts import tender_name
from core.selling.shifts import Shift
from tui import routes
from tui.keymap import Action
from tui.place import TILL
from tui.screens import (
    basket,
    bookedin,
    counting,
    drawer,
    eventtill,
    lines,
    offering,
    parked,
    paying,
    redeeming,
    serving,
)
from tui.screens.basket import Counter, Exchange, Hit
from tui.screens.counterpage import CounterPage
from tui.screens.lists import cents
from tui.screens.members import join_form, join_member
from tui.screens.memberwords import head_line, rhythm_said
from tui.widgets.charts import Drawing
from tui.widgets.columns import Column
from tui.widgets.overlay import Answer, Form
from tui.widgets.pagetable import PageTable, Row, Wanted
from tui.widgets.row import Line, Words, rich
from tui.widgets.searchbox import SearchBox

GOODS = (
    Column("name", N_("product"), 20, min_width=10, important=True),
    Column("count", N_("quantity"), 12, min_width=9, right=True),
    Column("amount", N_("amount"), 9, right=True, min_width=7),
    Column("off", N_("reductions"), 22, min_width=16, right=True, stretch=True),
    Column("net", N_("to pay"), 9, right=True, min_width=8),
)
FOUND = (
    Column("what", N_("found"), 9),
    Column("name", N_("name"), 24, min_width=8, important=True, stretch=True),
    Column("detail", N_("number"), 24),
)


class TillPage(CounterPage):
    """One customer after the other."""

    NAME = N_("Till")
    HELP = N_(
        "Scan or type a product, a phone number, the last four digits, a name, pinyin, a card, a gift card, a reward "
        "or the number of a receipt; 3*name for three. Enter takes what is found. ↑ ↓ mark a line of the counter."
    )
    KEYS = (
        Action("take", ("enter",), N_("add"), N_("Take what is found for what is typed.")),
        Action("pay", ("ctrl+t",), N_("pay"), N_("Take the money, in one or several ways."), right="sell"),
        Action("line", ("ctrl+e",), N_("line"), N_("Change quantity, price, pass or staff of the marked line."),
               right="sell"),
        Action("served", (), N_("served by"), N_("Say who served a line or the counter, and share it."),
               right="sell"),
        Action("park", ("ctrl+r",), N_("park"), N_("Put this counter aside, or take up one that was put aside."),
               right="sell"),
        Action("member", ("ctrl+o",), N_("member"), N_("Open the member's card."), right="member.find"),
        Action("join", ("ctrl+n",), N_("join"), N_("Make the customer a member."), right="member.join"),
        Action("top_up", ("ctrl+k",), N_("top-up"), N_("Top up stored value."), right="sell"),
        Action("points", ("ctrl+u",), N_("points"), N_("Pay a part with the member's points."), right="sell"),
        Action("prove", ("ctrl+y",), N_("proof"), N_("Prove the member: scan the phone, or send a code by text.")),
        Action("shift", ("ctrl+s",), N_("shift"), N_("Open the till with its float; put in, take out, count, close."),
               right="sell"),
        Action("redeem", ("ctrl+f",), N_("reward"), N_("Give the member a reward for points."), right="sell"),
        Action("booked", ("ctrl+x",), N_("booked"), N_("Put what the member has booked today on the counter."),
               right="sell"),
        Action("event", (), N_("event sign-up"), N_("Sign the member up for an event."), right="service"),
        Action("coupons", (), N_("coupons"), N_("Leave coupons aside for another time, or use them after all."),
               right="sell"),
        Action("send_away", (), N_("without member"), N_("Let the member go; the goods stay on the counter.")),
        Action("day", (), N_("day report"), N_("What was taken today, by way of paying, and what was counted."),
               right="reports"),
        Action("clear", ("ctrl+d",), N_("clear"), N_("Clear the counter for the next customer."), danger=True),
    )  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self.counter = Counter(0)
        self.shift: Shift | None = None
        self.store = ""
        self._hits: list[Hit] = []
        self._rhythm: tuple[int, str] | None = None

    def body(self) -> ComposeResult:
        """Member, goods, total with its reasons, and the box that takes everything."""
        yield Line(id="member")
        yield Line(id="taste")
        yield PageTable(GOODS, empty=N_("Nothing on the counter yet. Scan a product, or type a part of its name."),
                        id="goods")  # fmt: skip
        yield Line(id="total")
        yield Drawing(lambda cells: [], id="hints")
        yield SearchBox(
            hint=N_("scan or type a product, a member, a code"), table="#found", id="entry", beside="#goods"
        )
        yield PageTable(FOUND, empty=N_("Nothing found. Type another part of it."), id="found")

    async def on_mount(self) -> None:
        """Find the till's place and its open shift."""
        self.query_one("#found").display = self.query_one("#taste").display = False
        self.query_one(SearchBox).focus()
        self.reading(self._begin)

    def on_screen_resume(self) -> None:
        """Back at the counter: the box is where one types; a sale made meanwhile left an empty counter."""
        self.query_one(SearchBox).focus()

    def resay(self) -> None:
        """The counter is said again in the language of now."""
        super().resay()
        if self.counter.store_id:
            self.reading(self.show)

    async def _begin(self) -> None:
        stores = await self.gateway.read(opening.stores)
        allowed = [one for one in stores if not self.actor.stores or one[0] in self.actor.stores]
        self.counter = Counter(allowed[0][0])
        self.store = allowed[0][1]
        self.shift = await self.gateway.read(shifts.open_of, self.counter.store_id, TILL)
        await self.show()

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
        rows = [Row(at, (Text(KINDS[hit.kind]), _hit_name(hit), hit.detail)) for at, hit in enumerate(self._hits)]
        return rows[wanted.start : wanted.start + wanted.limit]

    @on(PageTable.RowOpened, "#found")
    def _taken(self, message: PageTable.RowOpened) -> None:
        if isinstance(message.row.key, int) and message.row.key < len(self._hits):
            hit = self._hits[message.row.key]
            self.query_one(SearchBox).value = ""
            self.query_one("#found").display = False
            self.query_one(SearchBox).focus()
            self.writing(self._take, hit)

    @on(PageTable.RowOpened, "#goods")
    async def _opened(self, message: PageTable.RowOpened) -> None:
        message.stop()
        await self.do_line()

    @on(PageTable.CursorMoved, "#goods")
    def _marked(self, message: PageTable.CursorMoved) -> None:
        message.stop()
        self.query_one("#hints", Drawing).draw(self._hints)

    async def _take(self, hit: Hit) -> None:
        if hit.kind == "product":
            self.counter.add(hit.id, hit.quantity)
        elif hit.kind == "member":
            self.stand(await self.gateway.read(members.card, hit.id, by=self.actor, now=clock.now()), None)
        elif hit.kind == "code":
            self.stand(*await self.gateway.write(basket.identify, hit.value, self.actor))
        elif hit.kind == "receipt":
            self.app.push_screen(routes.receipt(hit.id))
            return
        elif hit.kind == "reward":
            await redeeming.hand_over(self, hit.value)
            return
        else:
            await lines.gift_card(self, hit)
            return
        await self.price()

    def stand(self, card: MemberCard, proof: Proof | None) -> None:
        """Someone stands at the counter; what another had proved or paid does not count for them."""
        same = self.counter.card is not None and self.counter.card.id == card.id
        self.counter.card = card
        self.counter.proof = proof or (self.counter.proof if same else None)
        if not same:
            self.writing(self.gateway.write, lookups.opened, by=self.actor, now=clock.now())
            self.counter.points = 0
            self.counter.without = frozenset()
            self.counter.tenders.clear()

    def begin_exchange(self, exchange: Exchange, card: MemberCard | None) -> None:
        """Take lines of a sale back for what comes on an empty counter now."""
        self.counter = Counter(self.counter.store_id, card=card, exchange=exchange)
        self.reading(self.show)

    # --- pricing and showing ---------------------------------------------------------------------------

    async def price(self) -> None:
        """Price what is on the counter and show it."""
        try:
            self.counter.quote = await self.quoted(self.counter)
        except RegularsError:
            if not self.counter.points:
                raise
            self.counter.points = 0  # fewer goods allow fewer points; ask again for how many
            self.counter.quote = await self.quoted(self.counter)
        await self.show()

    async def quoted(self, counter: Counter) -> Quote | None:
        """The price of a counter; an exchange is tried out to know it, which is a write that is not kept."""
        hand_over = self.gateway.read if counter.exchange is None else self.gateway.write
        return await hand_over(basket.price, counter, self.actor)

    async def show(self) -> None:
        """Show the counter as it is."""
        quote = self.counter.quote
        self.select(self._place())
        await self._learn_rhythm()
        self.query_one("#member", Line).say(self._member_line())
        self._show_taste()
        self.query_one("#total", Line).say(self._total(quote))
        goods = self.query_one("#goods", PageTable)
        at = max(len(self.counter.lines) - 1, 0)
        await goods.set_source(self._goods, total=len(self.counter.lines), at=at)
        self.query_one("#hints", Drawing).draw(self._hints)
        self.refresh_keys()

    def _place(self) -> Words:
        if self.shift is None:
            return T("{store} · till {till} · no shift: ctrl+s opens it", store=self.store, till=TILL)
        since = clock.now() - self.shift.opened_at
        hours, minutes = since // clock.HOUR, since % clock.HOUR // clock.MINUTE
        return T("{store} · till {till} · shift {hours} h {minutes} m", store=self.store, till=TILL, hours=hours,
                 minutes=minutes)  # fmt: skip

    def _member_line(self) -> Words:
        card, exchange = self.counter.card, self.counter.exchange
        line = RichText(end="", no_wrap=True)
        if exchange is not None:
            line.append(_("exchange of {number}", number=exchange.number) + "  ", "warn")
        if card is None:
            line.append(_("no member"), "quiet")
            return line
        if card.alert:
            line.append(f"{card.alert}  ", "warn")
        if self.counter.proof is not None:
            line.append("✓ " + _("proved") + "  ", "good")
        line.append_text(head_line(card))
        if self._rhythm is not None and self._rhythm[0] == card.id and self._rhythm[1]:
            line.append(f"  {self._rhythm[1]}", "quiet")
        return line

    async def _learn_rhythm(self) -> None:
        """Read the row of the member at the counter, once while they stand there."""
        card = self.counter.card
        if card is not None and (self._rhythm is None or self._rhythm[0] != card.id):
            profile = await self.gateway.read(profiles.of, card.id, now=clock.now())
            self._rhythm = (card.id, rhythm_said(card, profile))

    def _show_taste(self) -> None:
        said, line = offering.taste_said(*self.counter.taste[1:]), self.query_one("#taste", Line)
        line.display = bool(said) and self.counter.card is not None
        line.say(RichText(said, "quiet", end="", no_wrap=True))

    async def _goods(self, wanted: Wanted) -> Sequence[Row]:
        quoted = self.counter.quote.lines if self.counter.quote else ()
        rows = [Row(at, line_cells(line)) for at, line in enumerate(quoted)]
        return rows[wanted.start : wanted.start + wanted.limit]

    def _total(self, quote: Quote | None) -> Words:
        line = RichText(end="", no_wrap=True)
        if quote is None:
            return line
        line.append(_("to pay {total_cents}", total_cents=self.counter.due_cents), "bold")
        difference = self.counter.exchange.difference if self.counter.exchange else None
        if difference is not None:
            brought = sum(one.cents for one in difference.carried)
            line.append("   " + _("{brought_cents} comes from what is given back", brought_cents=brought), "accent")
            back = sum(part for _kind, part in difference.paid_back)
            if back:
                line.append("   " + _("{back_cents} is paid back", back_cents=back), "warn")
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

    def _hints(self, width: int) -> list[RichText]:
        quote, at = self.counter.quote, self.query_one("#goods", PageTable).cursor
        if quote is None:
            return []
        marked = quote.lines[at] if at < len(quote.lines) else None
        return hints(quote, marked, width, offering.beside_said(self.counter.beside))

    # --- keys ------------------------------------------------------------------------------------------

    def has_goods(self) -> bool:
        """Whether anything is on the counter; says so if not."""
        if not self.counter.lines or self.counter.quote is None:
            self.office.tell(T("Nothing on the counter yet. Scan a product, or type a part of its name."))
            return False
        return True

    def has_member(self) -> bool:
        """Whether a member is at the counter; says so if not."""
        if self.counter.card is None:
            self.office.tell(T("No member is at the counter. Scan a card or type a number."))
        return self.counter.card is not None

    async def do_line(self) -> None:
        """Change the marked line."""
        if self.has_goods():
            await lines.change(self, self.query_one("#goods", PageTable).cursor)

    async def do_served(self) -> None:
        """Ask who served."""
        if self.has_goods():
            await serving.ask(self, self.query_one("#goods", PageTable).cursor)

    async def do_points(self) -> None:
        """Ask how many points pay."""
        if self.has_member() and self.has_goods():
            await lines.points(self)

    async def do_top_up(self) -> None:
        """Ask how much is paid in."""
        if self.has_member():
            await lines.top_up(self)

    async def do_booked(self) -> None:
        """What they have booked."""
        if self.has_member():
            self.reading(bookedin.take, self)

    async def do_coupons(self) -> None:
        """Ask which coupons are used."""
        if self.has_member() and self.has_goods():
            await lines.coupons(self)

    async def do_redeem(self) -> None:
        """Ask for which reward."""
        if self.has_member():
            await redeeming.ask(self)

    async def do_event(self) -> None:
        """Ask for which event."""
        if self.has_member():
            await eventtill.ask(self)

    def do_member(self) -> None:
        """Open the card of the member at the counter."""
        if self.counter.card is not None and self.has_member():
            self.app.push_screen(routes.member(self.counter.card.id))
        else:
            self.has_member()

    async def do_join(self) -> None:
        """Ask for what is needed to join."""

        async def join(answer: Answer) -> None:
            member_id = await self.gateway.write(join_member, answer, self.actor)
            self.stand(await self.gateway.read(members.card, member_id, by=self.actor, now=clock.now()), None)
            await self.price()

        await self.ask(join_form(), join)

    async def do_send_away(self) -> None:
        """Nobody is at the counter any more."""
        self.counter.card = self.counter.proof = None
        self.counter.points, self.counter.without = 0, frozenset()
        self.counter.tenders.clear()
        await self.price()

    async def do_clear(self) -> None:
        """Ask before a counter with something on it is cleared."""
        if not self.counter.lines:
            await self.clear()
            return
        form = Form("clear", T("Clear the counter?"), (T("Nothing was sold yet."),), done=N_("clear"), danger=True)

        async def clear(answer: Answer) -> None:
            await self.clear()

        await self.ask(form, clear)

    async def clear(self) -> None:
        """An empty counter for the next customer."""
        self.counter = Counter(self.counter.store_id)
        await self.show()

    async def do_park(self) -> None:
        """Put the counter aside, or take one up."""
        await parked.ask(self)

    async def do_prove(self) -> None:
        """Ask for a proof of the member."""
        if self.has_member():
            await paying.prove(self)

    async def do_pay(self) -> None:
        """Take the money."""
        if self.has_goods():
            await paying.ask(self)

    async def do_shift(self) -> None:
        """Open, move, count or close the drawer."""
        await drawer.ask(self)

    def do_day(self) -> None:
        """Open the report of today."""
        self.app.push_screen(counting.DayPage(self.counter.store_id, self.store))


KINDS = {
    "product": N_("product"), "member": N_("member"), "code": N_("code"), "receipt": N_("receipt"),
    "gift_card": N_("gift card"), "reward": N_("reward"),
}  # fmt: skip
CARD_STATES = {"blank": N_("blank"), "active": N_("active"), "void": N_("void")}


def _hit_name(hit: Hit) -> Words:
    return Text(CARD_STATES[hit.name]) if hit.kind == "gift_card" else hit.name or "—"


def line_cells(line: LineQuote) -> tuple[Words, ...]:
    """A basket line as cells; the reasons of its reductions by name."""
    count = f"{quantity_shown(line.item.quantity)} × {plain(line.item.unit_cents)}"
    return line.item.name, count, plain(line.amount_cents), " ".join(reasons(line)), plain(line.net_cents)


def reasons(line: LineQuote) -> list[str]:
    """What was taken off a line, each with its name: '−3.60 gold'."""
    said = [f"−{plain(off.cents)} " + (off.rule.name or _("rounded off")) for off in line.offs]
    if line.redeemed_cents:
        said.append(f"−{plain(line.redeemed_cents)} " + _("points"))
    if line.item.pass_id:
        said.append(line.item.pass_name)
    return said


def hints(quote: Quote, marked: LineQuote | None, width: int, beside: str = "") -> list[RichText]:
    """All reductions of the marked line where its row may cut them; passes that could pay; what did not apply.

    What goes with the goods comes last.
    """
    shown: list[str] = []
    if marked is not None and len(said := reasons(marked)) > 1:
        shown.append(_("{name}: {why}", name=marked.item.name, why=" · ".join(said)))
    shown += [_("{name} could pay {product}; {left} left: ctrl+e", name=offer.name, left=offer.left,
                product=quote.lines[offer.line - 1].item.name) for offer in quote.offers]  # fmt: skip
    shown += [_("{name}: {why}", name=one.name, why=str(one.reason)) for one in quote.not_used]
    if not quote.exact:
        shown.append(_("Not every combination was tried; this is the best found."))
    shown += [beside] if beside else []
    if len(shown) > 4:
        shown = [*shown[:3], _("{count} more", count=len(shown) - 3)]
    lines_ = [rich(" " + text) for text in shown]
    for line in lines_:
        line.truncate(width, overflow="ellipsis")
        line.stylize("quiet")
    return lines_
