"""What is done with a member more seldom: points passed on, stored value shared, a tier by hand, an adviser named."""

from collections.abc import Awaitable, Callable, Sequence

from core.base import clock
from core.base.i18n import N_, T, Text
from core.keeping import opening
from core.loyalty import benefits, families, points, tiers
from core.people import picking, staff
from core.people.members import MemberHit
from core.service import followups
from core.service.followups import WAY_WORDS, WAYS
from tui.screens.lists import ListPage
from tui.widgets.dates import read_day
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.row import Words

DEEDS = (
    ("transfer", T("pass points on to another member")),
    ("share", T("let another member pay from this one's stored value")),
    ("unshare", T("end paying from another's stored value")),
    ("tier", T("give a tier by hand")),
    ("adviser", T("name an adviser")),
)
WHO_HINT = N_("phone, last four, card, name …")


class OfMember(ListPage):
    """A page about one member."""

    member_id: int


async def ask(page: OfMember) -> None:
    """Ask what is to be done."""
    forms: dict[str, Callable[[OfMember], Awaitable[None]]] = {
        "transfer": _transfer, "share": _share, "unshare": _unshare, "tier": _tier, "adviser": _adviser,
    }  # fmt: skip

    async def chosen(answer: Answer) -> None:
        await forms[answer.text("deed")](page)

    field = Field("deed", N_("what"), "menu", choices=DEEDS)
    await page.ask(Form("deed", T("More"), fields=(field,), done=N_("next")), chosen)


async def _picked(page: OfMember, answer: Answer) -> MemberHit:
    return await page.gateway.read(picking.one, answer.text("to"), field="to", by=page.actor)


async def _seen(page: OfMember, answer: Answer) -> Sequence[Words]:
    """Whom the typed words mean."""
    if not answer.text("to"):
        return ()
    return (T("to {whom}", whom=picking.said(await _picked(page, answer))),)


async def _transfer(page: OfMember) -> None:
    async def write(answer: Answer) -> None:
        to = await _picked(page, answer)
        await page.gateway.write(
            points.transfer, page.member_id, to.id, answer.number("points") or 0, reason=answer.text("reason"),
            by=page.actor, now=clock.now(), key=answer.key,
        )  # fmt: skip
        await page.again()

    fields = (
        Field("to", N_("to whom"), hint=WHO_HINT),
        Field("points", N_("points"), "number"),
        Field("reason", N_("reason")),
    )
    lines = (T("They keep their dates; what the other owes is repaid first."),)
    form = Form("transfer", T("Pass points on"), lines, fields, preview=lambda answer: _seen(page, answer))
    await page.ask(form, write)


async def _share(page: OfMember) -> None:
    async def write(answer: Answer) -> None:
        to = await _picked(page, answer)
        limit = answer.number("limit")
        await page.gateway.write(
            families.share, page.member_id, to.id, limit_cents=limit, by=page.actor, now=clock.now()
        )
        await page.again()

    fields = (
        Field("to", N_("who may pay"), hint=WHO_HINT),
        Field("limit", N_("at most a month"), "money", required=False, hint=N_("empty: any amount")),
    )
    form = Form("share", T("Share stored value"), fields=fields, preview=lambda answer: _seen(page, answer))
    await page.ask(form, write)


async def _unshare(page: OfMember) -> None:
    async def write(answer: Answer) -> None:
        await page.gateway.write(families.end, page.member_id, by=page.actor, now=clock.now())
        await page.again()

    title = T("End paying from another's stored value?")
    await page.ask(Form("unshare", title, done=N_("end"), danger=True), write)


async def _tier(page: OfMember) -> None:
    known = await page.gateway.read(tiers.all_tiers)

    async def write(answer: Answer) -> None:
        await page.gateway.write(
            tiers.put_by_hand, page.member_id, int(answer.text("tier")), reason=answer.text("reason"),
            by=page.actor, now=clock.now(),
        )  # fmt: skip
        await page.again()

    choices: tuple[tuple[str, Words], ...] = tuple((str(one.id), f"{one.mark} {one.name}") for one in known)
    fields = (Field("tier", N_("tier"), "menu", choices=choices), Field("reason", N_("reason")))
    lines = (T("It is held as long as one that was earned, and reviewed then."),)
    await page.ask(Form("tier", T("Give a tier by hand"), lines, fields), write)


async def _adviser(page: OfMember) -> None:
    stores = await page.gateway.read(opening.stores_of, page.actor)
    found = dict([one for id, _ in stores for one in await page.gateway.read(staff.sellers, id)])

    async def write(answer: Answer) -> None:
        chosen = int(answer.text("adviser")) or None
        await page.gateway.write(benefits.set_adviser, page.member_id, chosen, by=page.actor, now=clock.now())
        await page.again()

    choices: tuple[tuple[str, Words], ...] = (("0", T("nobody")), *((str(id), name) for id, name in found.items()))
    field = Field("adviser", N_("adviser"), "menu", choices=choices)
    await page.ask(Form("adviser", T("Name an adviser"), fields=(field,)), write)


async def plan_call(page: OfMember) -> None:
    """Ask for a contact with the member: how, when and who."""
    workers = await page.gateway.read(followups.workers)
    today = await page.gateway.read(followups.today_of, clock.now())

    async def write(answer: Answer) -> None:
        way = next(one for one in WAYS if one == answer.text("way"))
        who = int(answer.text("who")) if answer.text("who") else None
        await page.gateway.write(
            followups.plan, page.member_id, read_day(answer.text("due"), field="due"),
            followups.Plan(way=way, assigned_to=who), by=page.actor, now=clock.now(),
        )  # fmt: skip
        await page.again()

    choices: tuple[tuple[str, Words], ...] = (("", T("nobody")), *((str(id), name) for id, name in workers))
    fields = (
        Field("way", N_("how"), "choice", value="call", choices=tuple((one, Text(WAY_WORDS[one])) for one in WAYS)),
        Field("due", N_("due"), "day", value=f"{today:%Y-%m-%d}"),
        Field("who", N_("given to"), "menu", choices=choices, required=False),
    )
    await page.ask(Form("call", T("Plan a call or visit"), fields=fields), write)
