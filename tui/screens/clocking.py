"""Coming and going 打卡 from the back-office: one key, wherever one is."""

from core.base import clock
from core.base.i18n import N_, T, Text, scope
from core.keeping import opening
from core.people import attendance, worktime
from core.people.attendance import Stamp
from tui.page import Page
from tui.widgets.overlay import Answer, Field, Form


async def clock_me(page: Page) -> None:
    """Come or go; who works in several stores says where."""
    stores = await page.gateway.read(opening.stores_of, page.actor)
    if not stores:
        page.office.tell(
            T("No store of yours is open. An owner names your stores under Settings, staff."), tone="warning"
        )
        return
    state = await page.gateway.read(attendance.mine, by=page.actor, now=clock.now())
    if len(stores) == 1 or state.way == "in":
        here = await page.gateway.read(_store_of, page.actor.id, stores[0][0])
        stamp = await page.gateway.write(attendance.punch, here, by=page.actor, now=clock.now())
        page.office.tell(said(stamp))
        return

    async def write(answer: Answer) -> None:
        stamp = await page.gateway.write(attendance.punch, int(answer.text("store")), by=page.actor, now=clock.now())
        page.overlay.close()
        page.office.tell(said(stamp))

    field = Field("store", N_("store"), "choice", choices=tuple((str(id), name) for id, name in stores))
    await page.ask(Form("clock", T("In which store do you begin?"), (), (field,), N_("come"), quick=True), write)


def _store_of(staff_id: int, usual: int) -> int:
    """The store one is in; the usual one for who comes."""
    came = attendance.since(staff_id, now=clock.now())
    return came.store_id if came is not None else usual


def said(stamp: Stamp) -> Text:
    """'In since 08:58', 'Out. 7:42 today'."""
    if stamp.way == "in":
        return T("You are in since {time}.", time=f"{clock.local(stamp.at, scope().zone):%H:%M}")
    return T("You are out. Worked {hours} today.", hours=worktime.shown(stamp.minutes))
