"""Taking the money: ways of paying one after the other, the member's proof, a manager's approval, the sale."""

from dataclasses import replace

from core.base import clock
from core.base.access import Actor
from core.base.errors import RegularsError
from core.base.i18n import N_, T
from core.loyalty import families
from core.people import staff, verification
from core.selling import exchanges, sales
from core.selling.receipts import tender_name
from core.selling.sales import ApprovalNeeded, CouponProofNeeded, ProofNeeded, SaleRequest, Tender
from core.service import bookingends
from tui import routes
from tui.screens import basket
from tui.screens.basket import Counter
from tui.screens.counterpage import CounterPage
from tui.screens.lists import cents
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.row import Words

WAYS = ("cash", "wechat", "alipay", "card", "wallet", "family", "gift_card", "voucher", "other")
OWN_VALUE = frozenset({"wallet", "family"})
"""Ways of paying that need the member's proof."""


async def ask(till: CounterPage) -> None:
    """Take the money: the whole in one way, or a part and then the rest."""
    counter = till.counter
    if counter.left_cents == 0:
        till.writing(post, till)
        return
    stored = counter.card.wallet.total_cents if counter.card else 0
    share = None
    if counter.card is not None:
        share = await till.gateway.read(families.of, counter.card.id, now=clock.now())
    ways = tuple((way, tender_name(way)) for way in WAYS if _usable(way, stored, share is not None))
    said: list[Words] = []
    if stored:
        said.append(T("{stored_cents} is stored", stored_cents=stored))
    said += [T("{way}: {paid_cents} taken", way=tender_name(one.kind), paid_cents=one.cents) for one in counter.tenders]
    fields = (
        Field("amount", N_("amount"), "money", required=False, hint=N_("empty: all of it; cash: what is given")),
        Field("way", N_("how"), "menu", choices=ways),
        Field("reference", N_("reference"), required=False, hint=N_("gift card's code, slip number")),
    )
    title = T("{left_cents} to pay", left_cents=counter.left_cents)
    await till.ask(Form("pay", title, tuple(said), fields, N_("take"), quick=True), lambda answer: take(till, answer))


def _usable(way: str, stored: int, shared: bool) -> bool:
    return not (way == "wallet" and not stored) and not (way == "family" and not shared)


async def take(till: CounterPage, answer: Answer) -> None:
    """Take what the form says; ask for the rest, or post the sale."""
    counter, way = till.counter, answer.text("way")
    amount = answer.number("amount") or counter.left_cents
    if way == "wallet" and answer.number("amount") is None and counter.card is not None:
        amount = min(counter.left_cents, counter.card.wallet.total_cents)
    tender = Tender(way, amount, answer.text("reference") or None)  # type: ignore[arg-type]
    counter.tenders.append(tender)
    if way in OWN_VALUE and counter.proof is None:
        await till.show()
        till.call_after_refresh(prove, till)
        return
    await go_on(till, tender)


async def go_on(till: CounterPage, last: Tender | None = None) -> None:
    """Ask for what is left, or post; a tender that is refused is taken back."""
    if till.counter.left_cents:
        await till.show()
        till.call_after_refresh(ask, till)
        return
    try:
        await post(till)
    except RegularsError:
        if last is not None and last in till.counter.tenders:
            till.counter.tenders.remove(last)
        await till.show()
        raise


async def post(till: CounterPage) -> None:
    """Write the sale. What it lacks (a proof, an approval) is asked for, and then it is written after all."""
    counter = till.counter
    if counter.quote is None:
        return
    request = SaleRequest(
        basket=counter.basket,
        tenders=tuple(counter.tenders),
        expected_cents=counter.quote.total_cents,
        shift_id=till.shift.id if till.shift else None,
        proof=counter.proof,
        approved_by=counter.approved_by,
    )
    change = counter.paid_cents - counter.due_cents
    try:
        sale_id = await _write(till, request)
    except (ProofNeeded, CouponProofNeeded) as error:
        till.office.tell(error.as_text(), tone="warning")
        till.call_after_refresh(prove, till)
        return
    except ApprovalNeeded as error:
        till.office.tell(error.as_text(), tone="warning")
        till.call_after_refresh(approve, till)
        return
    except sales.PriceChanged:
        counter.tenders.clear()
        await till.price()
        raise
    if counter.card is not None:
        await till.gateway.write(bookingends.finish_sold, sale_id, by=till.actor, now=clock.now())
    given = [tender.cents for tender in counter.tenders if tender.kind == "cash"]
    await till.clear()
    till.app.push_screen(routes.receipt(sale_id, fresh=True, change_cents=change, given_cents=sum(given)))


async def _write(till: CounterPage, request: SaleRequest) -> int:
    counter, now = till.counter, clock.now()
    if counter.exchange is None:
        return await till.gateway.write(sales.post, request, by=till.actor, now=now, key=counter.key)
    one = counter.exchange
    how = replace(one.how, shift_id=request.shift_id)
    return await till.gateway.write(
        exchanges.exchange, one.sale_id, one.back, request, how, by=till.actor, now=now, key=counter.key
    )


# --- proof ---------------------------------------------------------------------------------------


async def prove(till: CounterPage) -> None:
    """Ask for the code on the member's phone; an empty one sends a code by text."""
    card = till.counter.card
    if card is None:
        return
    said = (
        T("Scan the code on the member's phone."),
        T("Left empty, a code is sent to {phone} by text message.", phone=card.phone or "—"),
    )
    form = Form("prove", T("Proof of the member"), said, (Field("scan", N_("code"), required=False),), N_("next"))

    async def proved(answer: Answer) -> None:
        if answer.text("scan"):
            shown, proof = await till.gateway.write(basket.identify, answer.text("scan"), till.actor)
            till.stand(shown, proof)
            await _proved(till)
            return
        challenge = await till.gateway.write(verification.send_to_member, card.id, "till", now=clock.now())
        till.call_after_refresh(_ask_digits, till, challenge)

    await till.ask(form, proved)


async def _ask_digits(till: CounterPage, challenge: int) -> None:
    form = Form("digits", T("The code that was sent"), fields=(Field("digits", N_("code")),), done=N_("check"))

    async def check(answer: Answer) -> None:
        digits = answer.text("digits")
        proof = await till.gateway.write(verification.proof_by_code, challenge, digits, now=clock.now())
        if till.counter.card is not None and proof.member_id == till.counter.card.id:
            till.counter.proof = proof
        await _proved(till)

    await till.ask(form, check)


async def _proved(till: CounterPage) -> None:
    """Go on with paying where the proof was asked for in the middle of it."""
    await till.price()
    if till.counter.tenders:
        till.call_after_refresh(lambda: till.writing(go_on, till))


# --- approval ------------------------------------------------------------------------------------


def approval_fields(needed: bool) -> tuple[Field, ...]:
    """What a manager fills in at somebody else's till."""
    if not needed:
        return ()
    return (
        Field("approved_by", N_("manager's name")),
        Field("password", N_("PIN"), "secret", hint=N_("or the password")),
    )


def approver_of(answer: Answer, right: str) -> Actor | None:
    """Who approved in a form that asked for it. Raises: SignInFailed, SignInWait, NotAllowed."""
    if "approved_by" not in answer.values:
        return None
    return staff.approver(answer.text("approved_by"), answer.text("password"), right=right, now=clock.now())


async def approve(till: CounterPage) -> None:
    """Let a manager approve what this person may not do alone, then write the sale."""

    async def approved(answer: Answer) -> None:
        till.counter.approved_by = await till.gateway.write(approver_of, answer, "adjust")
        till.call_after_refresh(lambda: till.writing(go_on, till))

    form = Form(
        "approve", T("A manager approves this sale"), typed_prices(till.counter), approval_fields(True), N_("approve")
    )
    await till.ask(form, approved)


def typed_prices(counter: Counter) -> tuple[Words, ...]:
    """The prices that were typed, for whoever approves them."""
    lines = counter.quote.lines if counter.quote else ()
    return tuple(
        T("{name}: {now} instead of {list}", name=line.item.name, now=cents(line.item.unit_cents),
          list=cents(line.item.list_cents))
        for line in lines
        if line.item.list_cents is not None and line.item.list_cents != line.item.unit_cents
    )  # fmt: skip
