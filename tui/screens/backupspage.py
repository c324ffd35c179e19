"""Backups 备份: every copy that is kept, taken now, examined, and tried by restoring it into a place of its own."""

import sys
from collections.abc import Sequence
from contextlib import redirect_stderr
from multiprocessing import resource_tracker

from core.base import clock
from core.base.i18n import N_, T, Text
from core.keeping import backup, drill, verify
from core.keeping.copies.copying import Progress
from core.keeping.copies.manifest import Backup
from core.keeping.drill import Drill
from core.keeping.findings import Finding
from tui.keymap import Action
from tui.screens.lists import ListPage, cents, moment, whole
from tui.widgets.columns import Column
from tui.widgets.pagetable import Fetch, Row
from tui.widgets.progress import followed
from tui.widgets.row import Words

HELD = {"member": N_("members"), "sale": N_("sales"), "entry": N_("moves of value"), "coupon": N_("coupons")}
"""What a backup says of its contents, by table."""


class BackupsPage(ListPage):
    """The copies in the folder of this installation, the newest first."""

    NAME = N_("Backups")
    HELP = N_(
        "Copies of the whole shop. One is made by itself every night at 02:30 and examined; b makes one now, v examines"
        " the selected one, d restores the newest beside the shop and replays its books. To put one in the shop's"
        " place stop back-office, kiosk and scheduler, then: regulars restore FILE."
    )
    RIGHT = "settings"
    EMPTY = N_("No backup yet. The scheduler makes one every night at 02:30; b makes one now.")
    EXPORTED = False
    KEYS = (
        Action("take", ("b",), N_("back up now"), N_("Make a backup while the shop sells, and examine it."),
               right="settings"),
        Action("verify", ("v",), N_("examine"), N_("Examine the selected backup: its bytes and every ledger in it."),
               right="settings"),
        Action("drill", ("d",), N_("drill"), N_("Restore the newest backup into a place of its own, replay its books."),
               right="settings"),
        Action("refresh", ("r",), N_("refresh"), N_("Read the folder again.")),
    )  # fmt: skip
    COLUMNS = (
        Column("made", N_("made"), 16, min_width=16, important=True),
        Column("size", N_("size"), 10, min_width=8, right=True),
        Column("state", N_("state"), 14, min_width=12),
        Column("sealed", N_("sealed"), 10, min_width=6),
        Column("second", N_("second place"), 12, min_width=6),
        Column("file", N_("file"), 34, min_width=12, stretch=True),
    )

    def __init__(self) -> None:
        super().__init__()
        self._busy = False
        self._found: dict[object, Backup] = {}

    def source(self) -> Fetch:
        """The folder; a row knows its backup by the file, for what is in one has no hash."""
        return whole(self._read, _row)

    async def _read(self) -> list[Backup]:
        found = await self.gateway.read(backup.kept, by=self.actor)
        self._found = {one.path: one for one in found}
        return found

    def about(self, row: Row) -> Sequence[Words]:
        """What is in it, and what is wrong with it."""
        return _about(one) if (one := self._found.get(row.key)) is not None else ()

    def refusal(self, action: Action) -> Text | None:
        """One thing at a time; a practice shop keeps none; there must be one to examine."""
        if action.id in ("take", "verify", "drill"):
            if self._busy:
                return T("A backup is being made or examined. It will be done in a moment.")
            if action.id == "take" and not backup.keeps():
                return T("This shop keeps no backups: `backups` in regulars.toml names their folder.")
            if action.id != "take" and not self.table.row_count:
                return T("The list is empty.")
        return super().refusal(action)

    def do_refresh(self) -> None:
        """Read the folder again."""
        self.reading(self.load)

    def do_take(self) -> None:
        """Make one now."""
        self._begin()
        self.writing(self._take)

    async def _take(self) -> None:
        made = list[Backup]()

        async def work(report: Progress) -> None:
            made.append(await self.gateway.write(backup.nightly, by=self.actor, now=clock.now(), progress=report))

        try:
            await self.work_sheet.show(T("Making a backup"), followed(work, lambda _nothing: None))
            if made:  # stopped too late, it is whole as well
                file, size = made[0].path.name, _size(made[0].size)
                self.office.tell(T("{file} was made, {size}, and is good.", file=file, size=size), long=True)
            else:
                self.office.tell(T("Stopped. Nothing was written."))
        finally:
            await self._end()

    def do_verify(self) -> None:
        """Examine the selected one."""
        if (row := self.table.row) is not None and (one := self._found.get(row.key)) is not None:
            self._begin(T("examining {file} …", file=one.path.name))
            self.reading(self._verify, one)

    async def _verify(self, one: Backup) -> None:
        try:
            self._tell(one, await self.gateway.read(verify.verify, one.path), whole=not one.sealed)
        finally:
            await self._end()

    def do_drill(self) -> None:
        """Try the newest one."""
        self._begin(T("restoring the newest backup beside the shop …"))
        self.writing(self._drill)

    async def _drill(self) -> None:
        try:
            done: Drill = await self.gateway.write(drill.drill, by=self.actor, now=clock.now())
            self._tell(done.backup, done.found, whole=done.whole)
        finally:
            await self._end()

    def _tell(self, one: Backup, found: Sequence[Finding], *, whole: bool) -> None:
        file = one.path.name
        if found:
            self.office.tell(T("{file} is not good: {problem}", file=file, problem=found[0].what), tone="warning",
                             long=True)  # fmt: skip
        elif whole:
            self.office.tell(T("{file} is good: it can be restored.", file=file), long=True)
        else:
            self.office.tell(T("{file} is as it was written. It is sealed; with its key the command line looks inside.",
                               file=file), long=True)  # fmt: skip

    def _begin(self, said: Words = "") -> None:
        # A copy is examined in a process of its own; its tracker wants a stderr with a descriptor, Textual's has none.
        with redirect_stderr(sys.__stderr__):
            resource_tracker.ensure_running()
        self._busy = True
        self.select(said)

    async def _end(self) -> None:
        self._busy = False
        if self.is_there:
            self.select("")
            await self.load()


def _size(size: int) -> Text:
    """A size as people say it, rounded up."""
    return T("{kb} KB", kb=-(-size >> 10)) if size < 1 << 20 else T("{mb} MB", mb=-(-size >> 20))


def _row(one: Backup) -> Row:
    state = T("not good") if one.failed else T("good") if one.verified_at is not None else T("not examined")
    cells = (
        moment(one.made_at), _size(one.size), state, T("yes") if one.sealed else T("no"),
        T("yes") if one.copied else T("no"), one.path.name,
    )  # fmt: skip
    return Row(one.path, cells, tone="bad" if one.failed else "")


def _about(one: Backup) -> list[Words]:
    held = [f"{one.contents.rows[table]:,} {Text(name)}" for table, name in HELD.items() if table in one.contents.rows]
    lines: list[Words] = [" · ".join([*held, str(T("takings {amount}", amount=cents(one.contents.taken_cents)))])]
    if one.failed:
        lines.insert(0, T("Not good: {problem} Make another one (b) and look at the doctor.", problem=one.failed))
    if one.contents.last_sale_at is not None:
        lines.append(T("last sale {at}", at=moment(one.contents.last_sale_at)))
    if one.verified_at is not None:
        lines.append(T("found good {at}", at=moment(one.verified_at)))
    return [*lines, T("In the shop's place it comes with: regulars restore {path}", path=str(one.path))]
