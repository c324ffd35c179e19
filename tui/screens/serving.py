"""Who served 服务人员: the people who share what a line, or the whole counter, earns."""

from dataclasses import replace

from core.base.errors import Invalid
from core.base.i18n import N_, T
from core.people import staff
from core.selling import earnings
from core.selling.quotes import BasketLine
from tui.screens.counterpage import CounterPage
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.row import Words

MOST = 3
"""People asked for; the API takes more."""


class SharesDoNotAddUp(Invalid):
    """Shares of those who served are not a hundred per cent, or stand beside nobody."""

    code = "shares_do_not_add_up"
    text = N_("The shares come to {total_bp}, not to 100 %. Leave all of them empty for equal shares.")


async def ask(till: CounterPage, at: int) -> None:
    """Ask who served, and what part is whose; empty shares are equal ones."""
    counter = till.counter
    people = await till.gateway.read(staff.sellers, counter.store_id)
    names: tuple[tuple[str, Words], ...] = (("", T("nobody")), *((str(id), name) for id, name in people))
    line = counter.lines[min(at, len(counter.lines) - 1)]
    known = line.served_by or (((line.staff_id, earnings.WHOLE_BP),) if line.staff_id else ())
    fields = [
        Field(
            "which",
            N_("what they served"),
            "choice",
            "line",
            (("line", T("this line")), ("all", T("the whole counter"))),
        )
    ]
    for place in range(MOST):
        who, share = known[place] if place < len(known) else (0, 0)
        label, part = LABELS[place]
        fields.append(Field(f"who{place}", label, "menu", str(who or ""), names, required=False))
        fields.append(Field(f"share{place}", part, "percent", share or None, required=False))

    async def write(answer: Answer) -> None:
        served = _served(answer)
        before = list(counter.lines)
        which = range(len(before)) if answer.text("which") == "all" else (before.index(line),)
        for number in which:
            counter.lines[number] = with_servers(before[number], served)
        till.overlay.close()
        await till.price()

    lines = (T("Nobody named: it counts for who rings it up. Shares left empty are equal."),)
    await till.ask(Form("serving", T("Who served?"), lines, tuple(fields)), write)


LABELS = ((N_("first"), N_("share")), (N_("second"), N_("their share")), (N_("third"), N_("third's share")))


def with_servers(line: BasketLine, served: tuple[tuple[int, int], ...]) -> BasketLine:
    """A line served by some: one person alone stands on it as its seller."""
    if len(served) == 1:
        return replace(line, staff_id=served[0][0], served_by=())
    return replace(line, staff_id=None, served_by=served)


def _served(answer: Answer) -> tuple[tuple[int, int], ...]:
    """Who, with their shares. Raises: SharesDoNotAddUp."""
    named = [(int(answer.text(f"who{place}")), answer.number(f"share{place}")) for place in range(MOST)
             if answer.text(f"who{place}")]  # fmt: skip
    people = list(dict.fromkeys(who for who, _ in named))
    given = [share for _, share in named if share is not None]
    if not given:
        return earnings.even(people)
    if len(given) < len(named) or sum(given) != earnings.WHOLE_BP or len(people) < len(named):
        raise SharesDoNotAddUp(field="share0", total_bp=sum(given))
    return tuple((who, share) for who, share in named if share is not None)
