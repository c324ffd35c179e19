"""The drawer of a till: opened with a float, cash put in and taken out, counted blind at the end."""

from core.base import clock
from core.base.i18n import N_, T
from core.selling import shifts
from tui.place import TILL
from tui.screens.counterpage import CounterPage
from tui.widgets.overlay import Answer, Field, Form

WHAT = (
    ("close", T("count and close")),
    ("in", T("put cash in")),
    ("out", T("take cash out")),
)


async def ask(till: CounterPage) -> None:
    """Open the till with its float; with an open one, ask what is to be done."""
    if till.shift is None:
        form = Form(
            "shift",
            T("Open till {till}", till=TILL),
            (T("Count the cash in the drawer."),),
            _CASH,
            N_("open the shift"),
        )
        await till.ask(form, lambda answer: _open(till, answer))
        return
    field = Field("what", N_("what"), "choice", choices=WHAT)

    async def chosen(answer: Answer) -> None:
        till.call_after_refresh(_count if answer.text("what") == "close" else _move, till, answer.text("what"))

    await till.ask(Form("drawer", T("Till {till}", till=TILL), fields=(field,), done=N_("next"), quick=True), chosen)


_CASH = (Field("cash", N_("cash"), "money"),)


async def _open(till: CounterPage, answer: Answer) -> None:
    await till.gateway.write(
        shifts.open_shift,
        till.counter.store_id,
        TILL,
        opening_cents=answer.number("cash") or 0,
        by=till.actor,
        now=clock.now(),
    )
    till.shift = await till.gateway.read(shifts.open_of, till.counter.store_id, TILL)
    await till.show()


async def _move(till: CounterPage, way: str) -> None:
    title = T("Put cash into the drawer") if way == "in" else T("Take cash out of the drawer")
    fields = (*_CASH, Field("reason", N_("reason"), hint=N_("change, bank, petty cash …")))

    async def write(answer: Answer) -> None:
        if till.shift is None:
            return
        amount = answer.number("cash") or 0
        await till.gateway.write(
            shifts.move_cash,
            till.shift.id,
            amount if way == "in" else -amount,
            reason=answer.text("reason"),
            by=till.actor,
            now=clock.now(),
            key=answer.key,
        )
        till.office.tell(T("{cash_cents} noted.", cash_cents=amount))

    await till.ask(Form("move_cash", title, fields=fields), write)


async def _count(till: CounterPage, _what: str) -> None:
    lines = (T("Count the cash in the drawer."), T("What should be there is shown after the count."))

    async def write(answer: Answer) -> None:
        if till.shift is None:
            return
        end = await till.gateway.write(
            shifts.close_shift,
            till.shift.id,
            counted_cents=answer.number("cash") or 0,
            by=till.actor,
            now=clock.now(),
        )
        till.shift = None
        await till.show()
        till.call_after_refresh(_result, till, end)

    await till.ask(Form("shift", T("Close till {till}", till=TILL), lines, _CASH, N_("close the shift")), write)


async def _result(till: CounterPage, end: shifts.ShiftEnd) -> None:
    """The figures stay until they are read."""
    lines = (
        T("{expected_cents} should have been there.", expected_cents=end.expected_cents),
        T("{counted_cents} was counted.", counted_cents=end.counted_cents),
        T("Difference: {difference_cents}", difference_cents=end.difference_cents),
    )

    async def read(answer: Answer) -> None:
        return

    await till.ask(Form("shift_end", T("Till {till} is closed", till=TILL), lines, done=N_("done")), read)
