"""Bulk actions: what is done, for whom and what it comes to, shown before; then done with its progress."""

from collections.abc import AsyncIterator, Sequence

from core.base import clock
from core.base.i18n import N_, T, Text
from core.keeping import bulk
from core.keeping.bulk import Deed, Kind, Outcome
from core.loyalty import coupons
from core.loyalty.coupons import CouponKind
from core.people import groups
from tui.screens.grouping import GroupPage
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.progress import Steps
from tui.widgets.row import Words

DEEDS: tuple[tuple[Kind, Text], ...] = (
    ("tag", T("put a tag on")), ("untag", T("take a tag off")), ("coupon", T("give a coupon")),
    ("points", T("give or take points")), ("block", T("block")), ("open", T("open again")),
)  # fmt: skip
MOST_SAID = 3
NO_KINDS = T("No coupon kinds yet. F5, then 2 and n make one.")


async def ask(page: GroupPage) -> None:
    """Ask what is to be done, then its figures, then whether."""

    async def chosen(answer: Answer) -> None:
        kind: Kind = next(kind for kind, _ in DEEDS if kind == answer.text("deed"))
        kinds = await page.gateway.read(coupons.kinds) if kind == "coupon" else []
        if kind == "coupon" and not kinds:
            page.overlay.close()
            page.office.tell(NO_KINDS)
            return
        form = _form(kind, kinds)
        if form is None:
            await _sure(page, Deed(kind))
        else:
            await page.ask(form, _filled)

    async def _filled(answer: Answer) -> None:
        await _sure(page, _deed(answer))

    field = Field("deed", N_("what"), "menu", choices=DEEDS)
    await page.ask(Form("bulk", T("For {whom}", whom=await _whom(page)), fields=(field,), done=N_("next")), chosen)


def _form(kind: Kind, kinds: Sequence[CouponKind]) -> Form | None:
    title = next(words for one, words in DEEDS if one == kind)
    if kind in ("tag", "untag"):
        return Form(kind, title, fields=(Field("tag", N_("tag")),), done=N_("next"))
    if kind == "coupon":
        known: tuple[tuple[str, Words], ...] = tuple((str(one.id), one.name) for one in kinds)
        return Form(kind, title, fields=(Field("coupon", N_("coupon"), "menu", choices=known),), done=N_("next"))
    if kind == "points":
        ways = (("add", T("give")), ("take", T("take away")))
        fields = (
            Field("way", N_("give or take"), "choice", choices=ways),
            Field("points", N_("points each"), "number"),
            Field("reason", N_("reason")),
        )
        return Form(kind, title, (T("The reason stands in each member's statement."),), fields, done=N_("next"))
    return None


def _deed(answer: Answer) -> Deed:
    kind = answer.form.id
    if kind == "points":
        number = answer.number("points") or 0
        return Deed("points", points=-number if answer.text("way") == "take" else number, reason=answer.text("reason"))
    if kind == "coupon":
        return Deed("coupon", coupon_kind_id=int(answer.text("coupon") or 0))
    return Deed("untag" if kind == "untag" else "tag", tag=answer.text("tag"))


async def _count(page: GroupPage) -> int:
    if page.table.marked:
        return len(page.table.marked)
    return await page.gateway.read(groups.count, page.group, limit=2**31)


async def _whom(page: GroupPage) -> Words:
    count = await _count(page)
    if page.table.marked:
        return T("{count} marked members", count=count)
    return T("all {count} members of the list", count=count)


async def _sure(page: GroupPage, deed: Deed) -> None:
    await page.gateway.read(bulk.check, deed, by=page.actor, now=clock.now())
    count = await _count(page)
    lines = await page.gateway.read(bulk.preview, deed, count, now=clock.now())
    title = T("{deed}: {whom}", deed=next(words for one, words in DEEDS if one == deed.kind), whom=await _whom(page))
    again = T("It can be stopped on the way; what is done stays.")

    async def do(answer: Answer) -> None:
        page.overlay.close()
        await _run(page, deed, count, answer.key)

    await page.ask(Form("sure", title, (*lines, again), done=N_("do it"), danger=True), do)


async def _run(page: GroupPage, deed: Deed, count: int, key: str) -> None:
    total = Outcome()

    async def steps() -> Steps:
        nonlocal total
        seen = 0
        async for ids in _chunks(page):
            total += await page.gateway.write(bulk.do, deed, ids, by=page.actor, now=clock.now(), key=key)
            seen += len(ids)
            yield seen, count

    done = await page.work_sheet.show(next(words for one, words in DEEDS if one == deed.kind), steps())
    page.table.unmark()
    page.reading(page.load)
    page.office.tell(_told(total, done=done), tone="warning" if total.refused else "information", long=True)


async def _chunks(page: GroupPage) -> AsyncIterator[list[int]]:
    """The ids of those marked, or of the whole list; who joins meanwhile is not among them."""
    marked = sorted((one for one in page.table.marked if isinstance(one, int)), reverse=True)
    if marked:
        for at in range(0, len(marked), bulk.CHUNK):
            yield marked[at : at + bulk.CHUNK]
        return
    group, before = page.group, groups.END
    while found := await page.gateway.read(groups.next_ids, group, by=page.actor, before_id=before, size=bulk.CHUNK):
        yield found
        before = found[-1]


def _told(total: Outcome, *, done: bool) -> str:
    said = [str(T("Done for {count} members.", count=total.done))]
    if not done:
        said.insert(0, str(T("Stopped.")))
    said += [str(T("{count} not: {why}", count=count, why=str(why))) for why, count in total.refused[:MOST_SAID]]
    return " ".join(said)
