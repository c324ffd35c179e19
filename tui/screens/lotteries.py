"""Lotteries and punch cards: the forms that make them, and how they are said."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from core.base import clock
from core.base.access import Actor
from core.base.clock import Millis
from core.base.i18n import N_, T, date_shown
from core.giving import lottery, punch
from core.giving.lottery import Lottery, LotteryTerms, PrizeTerms
from core.giving.punch import PunchCard
from core.loyalty import coupons
from core.loyalty.coupons import CouponKind
from tui.screens.lists import YES_NO, ListPage
from tui.widgets.dates import read_day, today
from tui.widgets.money import percent_typed, read_percent
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.pagetable import Row
from tui.widgets.row import Words

ALL = 1_000_000


@dataclass
class _Draft:
    """A lottery while it is being asked for."""

    name: str = ""
    cost_points: int = 0
    tries_day: int = 1
    first: str = ""
    last: str = ""
    prizes: list[PrizeTerms] = field(default_factory=list)

    @property
    def left_ppm(self) -> int:
        """What is left for “no prize”."""
        return ALL - sum(one.odds_ppm for one in self.prizes)


async def ask(page: ListPage) -> None:
    """Ask for a lottery, then for one prize after the other, then whether it is right."""
    draft = _Draft(first=today().isoformat(), last=(today() + timedelta(days=30)).isoformat())

    async def begun(answer: Answer) -> None:
        draft.name, draft.cost_points = answer.text("name"), answer.number("cost_points") or 0
        draft.tries_day = answer.number("tries_day") or 0
        draft.first, draft.last = answer.text("first_on"), answer.text("last_on")
        read_day(draft.first, field="first_on")
        read_day(draft.last, field="last_on")
        await _ask_prize(page, draft)

    fields = (
        Field("name", N_("name")),
        Field("cost_points", N_("costs points"), "number", value=0),
        Field("tries_day", N_("draws a day"), "number", value=1, hint=N_("0: any number")),
        Field("first_on", N_("from"), "day", value=draft.first),
        Field("last_on", N_("last day"), "day", value=draft.last),
    )
    lines = (T("Every draw can be checked by anyone; what is published binds the shop before the first one."),)
    await page.ask(Form("lottery", T("New lottery"), lines, fields, done=N_("next")), begun)


async def _ask_prize(page: ListPage, draft: _Draft) -> None:
    kinds = await page.gateway.read(coupons.kinds)

    async def added(answer: Answer) -> None:
        if answer.text("name"):
            draft.prizes.append(_prize(answer))
        if answer.text("more") == "yes" and draft.left_ppm > 0:
            await _ask_prize(page, draft)
        else:
            await _sure(page, draft)

    gives: tuple[tuple[str, Words], ...] = (
        ("product", T("something handed over")), ("points", T("points")), *((str(one.id), one.name) for one in kinds),
    )  # fmt: skip
    fields = (
        Field("name", N_("prize"), required=not draft.prizes),
        Field("gives", N_("what"), "choice", choices=gives),
        Field("points", N_("points"), "number", required=False, hint=N_("only for points")),
        Field("odds", N_("chance in %"), required=not draft.prizes, hint=N_("0.5 is one in 200")),
        Field("stock", N_("how many"), "number", required=False, hint=N_("empty: any number")),
        Field("more", N_("another prize"), "choice", choices=YES_NO),
    )
    lines = [T("{name} {odds} %", name=one.name, odds=percent_typed(one.odds_ppm, digits=4)) for one in draft.prizes]
    lines.append(T("{odds} % are left for “no prize”.", odds=percent_typed(draft.left_ppm, digits=4)))
    title = T("Prize {number}", number=len(draft.prizes) + 1)
    await page.ask(Form("prize", title, tuple(lines), fields, done=N_("next")), added)


def _prize(answer: Answer) -> PrizeTerms:
    gives = answer.text("gives")
    return PrizeTerms(
        name=answer.text("name"),
        kind="product" if gives == "product" else "points" if gives == "points" else "coupon",
        odds_ppm=read_percent(answer.text("odds") or "0", digits=4, field="odds"),
        stock=answer.number("stock"),
        points=(answer.number("points") or 0) if gives == "points" else 0,
        coupon_kind_id=int(gives) if gives.isdigit() else None,
    )


async def _sure(page: ListPage, draft: _Draft) -> None:
    async def write(answer: Answer) -> None:
        await page.gateway.write(_create, draft, page.actor, clock.now())
        page.changed()

    lines = [T("{name} {odds} %", name=one.name, odds=percent_typed(one.odds_ppm, digits=4)) for one in draft.prizes]
    lines.append(T("No prize {odds} %", odds=percent_typed(draft.left_ppm, digits=4)))
    lines.append(T("Prizes and chances cannot be changed afterwards, only ended."))
    await page.ask(Form("sure", T("Start “{name}”?", name=draft.name), tuple(lines), done=N_("start")), write)


def _create(draft: _Draft, by: Actor, now: Millis) -> int:
    made = LotteryTerms(
        cost_points=draft.cost_points,
        tries_day=draft.tries_day,
        first_on=read_day(draft.first, field="first_on"),
        last_on=read_day(draft.last, field="last_on"),
    )
    return lottery.create(draft.name, made, tuple(draft.prizes), by=by, now=now)


def lottery_row(one: Lottery) -> Row:
    """A lottery as cells; ended ones are quiet."""
    days = f"{date_shown(one.terms.first_on)} – {date_shown(one.terms.last_on)}"
    won = sum(prize.given for prize in one.prizes)
    ended = one.ended_at is not None or one.terms.last_on < today()
    prizes = " · ".join(f"{prize.terms.name} {percent_typed(prize.terms.odds_ppm, digits=4)} %" for prize in one.prizes)
    return Row(one, (one.name, f"{one.terms.cost_points:,}", days, prizes, f"{won:,}"), tone="quiet" if ended else "")


# --- punch cards ---------------------------------------------------------------------------------


def punch_form(kinds: Sequence[CouponKind]) -> Form:
    """Every n-th visit gives what?"""
    gives: tuple[tuple[str, Words], ...] = (("points", T("points")), *((str(one.id), one.name) for one in kinds))
    fields = (
        Field("name", N_("name")),
        Field("every", N_("every n-th visit"), "number", value=10),
        Field("gives", N_("gives"), "choice", choices=gives),
        Field("points", N_("points"), "number", required=False, hint=N_("only for points")),
    )
    return Form(
        "punch", T("New punch card"), (T("A visit is a day with a purchase. Every member has the card."),), fields
    )


def create_punch(answer: Answer, by: Actor, now: Millis) -> int:
    """Add a punch card from a filled-in form. Raises: what `punch.create` raises."""
    gives = answer.text("gives")
    return punch.create(
        answer.text("name"),
        answer.number("every") or 0,
        points=(answer.number("points") or 0) if gives == "points" else 0,
        coupon_kind_id=int(gives) if gives.isdigit() else None,
        by=by,
        now=now,
    )


def punch_row(one: PunchCard, kinds: dict[int, str]) -> Row:
    """A punch card as cells."""
    gives: Words = kinds.get(one.coupon_kind_id or 0, "") or T("{points} points", points=one.points)
    return Row(one, (one.name, f"{one.every}", gives))
