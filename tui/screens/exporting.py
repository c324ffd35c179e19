"""Export of a list: to a file on the shop's machine, or to the clipboard of the terminal one sits at."""

from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING

from core.base import clock
from core.base.errors import Refused
from core.base.i18n import N_, T, Text, _, scope
from core.keeping import exports
from core.keeping.exports import Writing
from tui.keymap import Action
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.pagetable import Row, Wanted
from tui.widgets.progress import Steps
from tui.widgets.row import rich

if TYPE_CHECKING:
    from tui.screens.lists import ListPage

EXPORT = Action(
    "export", ("ctrl+x",), N_("export"), N_("Write the list, as it is filtered, to a file or the clipboard.")
)
CHUNK = 500
CLIPBOARD_BYTES = 50_000
"""What terminals take at once from a program, with some room."""


class ClipboardFull(Refused):
    """More than a terminal takes from a program."""

    code = "clipboard_full"
    text = N_("{rows} rows are more than a clipboard takes. Filter the list, or export it to a file.")


def form(page: "ListPage") -> Form:
    """Where to?"""
    choices = (("file", T("a file on the shop's machine")), ("clipboard", T("this terminal's clipboard")))
    lines = (T("Every row of the list as it is filtered now; for any spreadsheet."),)
    return Form("export", T("Export “{name}”", name=Text(page.NAME)), lines,
                (Field("to", N_("to"), "choice", choices=choices),), done=N_("export"))  # fmt: skip


async def export(page: "ListPage", answer: Answer) -> None:
    """Write the list to where the form says."""
    head = tuple(str(Text(column.title)) for column in page.table.columns)
    if answer.text("to") == "clipboard":
        await _to_clipboard(page, head)
    else:
        page.overlay.close()
        await _to_file(page, head)


async def _to_file(page: "ListPage", head: Sequence[str]) -> None:
    name, here, now = _(page.NAME), scope(), clock.now()
    writing = await page.gateway.read(Writing, name, head, symbol=here.symbol, now=now, zone=here.zone)

    async def steps() -> Steps:
        async for rows in _chunks(page):
            await page.gateway.read(writing.add, rows)
            yield writing.rows, 0

    try:
        if await page.work_sheet.show(T("Exporting “{name}”", name=Text(page.NAME)), steps()):
            await _record(page, writing.rows)
            path = await page.gateway.read(writing.finish)
            page.office.tell(T("{count} rows are in {path}.", count=writing.rows, path=str(path)), long=True)
        else:
            page.office.tell(T("Stopped. Nothing was written."))
    finally:
        if not writing.finished:
            writing.give_up()


async def _to_clipboard(page: "ListPage", head: Sequence[str]) -> None:
    symbol, rows = scope().symbol, [tuple(head)]
    async for some in _chunks(page):
        rows += some
        if len(exports.as_table(rows, symbol).encode()) > CLIPBOARD_BYTES:
            raise ClipboardFull(rows=len(rows) - 1)
    await _record(page, len(rows) - 1)
    page.app.copy_to_clipboard(exports.as_table(rows, symbol))
    page.office.tell(T("{count} rows are in the clipboard.", count=len(rows) - 1))


async def _record(page: "ListPage", rows: int) -> None:
    await page.gateway.write(exports.record, page.NAME, rows, personal=page.PERSONAL, by=page.actor, now=clock.now())


async def _chunks(page: "ListPage") -> AsyncIterator[list[tuple[str, ...]]]:
    """All rows of the list, some at a time, as they are shown."""
    fetch, start, after = page.table.source, 0, None
    while fetch is not None:
        rows: Sequence[Row] = await fetch(Wanted(start, CHUNK, after))
        if rows:
            yield [tuple(rich(cell).plain.strip() for cell in row.cells) for row in rows]
        if len(rows) < CHUNK:
            return
        start, after = start + len(rows), rows[-1].key
