"""Row `tui`: what the back-office costs a slow line and a small machine, with many members.

The whole program runs on a pseudo-terminal of 120 × 40: started, every section opened, rows moved over, a
form opened, left alone for five seconds in each section. Then twenty of them run side by side.
"""

from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench import members
from bench.figures import SEED, Figure, Say, Size
from bench.process import cpu_s, peak_mb, shared_mb
from bench.terminal import Stroke, Terminal

MANAGERS: dict[Size, int] = {"tiny": 2, "small": 20, "full": 20}
START_S, PAINT, ROW, SHEET, ALL_MB = 0.8, 60_000, 2_000, 30_000, 1_500
IDLE_S = 5.0
SECTIONS = {
    "today": "\x1bOQ", "till": "\x1bOR", "members": "\x1bOS", "marketing": "\x1b[15~", "care": "\x1b[17~",
    "churn": "\x1b[18~", "goods": "\x1b[20~", "reports": "\x1b[21~", "settings": "\x07",
}  # fmt: skip
DOWN, JOIN, ESCAPE = "\x1b[B", "\x0e", "\x1b"


@dataclass
class Seen:
    """What was measured in one session."""

    start_s: float = 0.0
    paint: int = 0
    opened: dict[str, Stroke] = field(default_factory=dict)
    rows: list[Stroke] = field(default_factory=list)
    sheet: int = 0
    idle: dict[str, int] = field(default_factory=dict)

    @property
    def met(self) -> bool:
        """Whether every budget of one session is kept."""
        return (
            self.start_s <= START_S
            and max(self.paint, *(stroke.sent for stroke in self.opened.values())) <= PAINT
            and max(stroke.sent for stroke in self.rows) <= ROW
            and self.sheet <= SHEET
            and not any(self.idle.values())
        )


def measure(size: Size, say: Say) -> Figure:
    """Use one session, then open many. Raises: Unmeasurable."""
    file = members.file_of(size, say)
    terminal = Terminal("bench.office", [str(file), "all"])
    try:
        seen = _used(terminal, say)
        used, most = cpu_s(terminal.pid), peak_mb(terminal.pid)
    finally:
        terminal.close()
    say(f"tui: {MANAGERS[size]} managers")
    together = _together(file, MANAGERS[size])
    return _figure(size, seen, together, used, most)


def _used(terminal: Terminal, say: Say) -> Seen:
    seen = Seen()
    seen.paint = terminal.until("F2")
    seen.start_s = cpu_s(terminal.pid)
    for name, key in SECTIONS.items():
        say(f"tui: {name}")
        seen.opened[name] = terminal.press(key)
        seen.idle[name] = terminal.idle(IDLE_S)
    terminal.press(SECTIONS["members"])
    terminal.press(DOWN)  # from the box into the list
    seen.rows = [terminal.press(DOWN) for _ in range(20)]
    seen.sheet = terminal.press(JOIN).sent
    terminal.press(ESCAPE)
    return seen


def _together(file: Path, many: int) -> float:
    """MB that so many sessions take, what they share counted once."""
    sessions: list[Terminal] = []
    try:
        sessions += [Terminal("bench.office", [str(file), "all"]) for _ in range(many)]
        for session in sessions:
            session.until("F2")
            session.press(SECTIONS["members"])
            session.press(SECTIONS["till"])
        return sum(shared_mb(session.pid) for session in sessions)
    finally:
        for session in sessions:
            session.close()


def _figure(size: Size, seen: Seen, together: float, used: float, most: float) -> Figure:
    worst = max(seen.opened, key=lambda name: seen.opened[name].sent)
    rows = [stroke.sent for stroke in seen.rows]
    return Figure(
        row="tui",
        ours=seen.start_s,
        floor=None,
        peer=None,
        ratio=None,
        bar=f"start ≤ {START_S:g} s, paint ≤ {PAINT // 1000} KB, row ≤ {ROW // 1000} KB, sheet ≤ {SHEET // 1000} KB,"
        f" idle 0, {MANAGERS[size]} ≤ {ALL_MB / 1000:g} GB",
        met=seen.met and together <= ALL_MB,
        cpu_s=used,
        peak_mb=most,
        size=size,
        seed=SEED,
        n=len(SECTIONS),
        rounds=1,
        unit="s",
        note=f"{members.COUNTS[size]:,} members: start {seen.start_s:.2f} s CPU, first paint"
        f" {seen.paint / 1000:.1f} KB;"
        f" sections at most {seen.opened[worst].sent / 1000:.1f} KB ({worst}) and"
        f" {max(stroke.cpu_ms for stroke in seen.opened.values()):.0f} ms; row median {median(rows):.0f} B,"
        f" most {max(rows)} B; sheet {seen.sheet / 1000:.1f} KB; {IDLE_S:g} s left alone in each section:"
        f" {sum(seen.idle.values())} B; {MANAGERS[size]} managers {together:,.0f} MB",
    )
