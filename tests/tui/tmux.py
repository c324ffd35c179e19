"""A program in a pane of tmux, as many sit before it over SSH: what tmux thinks stands where."""

import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.tui.person import KEYS
from tests.tui.terminals import ROOT

NAMES = {
    "Enter": "Enter", "Esc": "Escape", "Tab": "Tab", "shift+Tab": "BTab", "Backspace": "BSpace", "Up": "Up",
    "Down": "Down", "Left": "Left", "Right": "Right", "Home": "Home", "End": "End",
    **{f"F{number}": f"F{number}" for number in range(1, 11)},
    **{f"ctrl+{letter}": f"C-{letter}" for letter in "cdefgklnopqrstuvwxy"},
}  # fmt: skip
_BY_CODE = {KEYS[key].encode(): name for key, name in NAMES.items()}


def found() -> bool:
    """Whether tmux is on this machine."""
    return shutil.which("tmux") is not None


class Pane:
    """A pane of a tmux server of its own."""

    sent = b""

    def __init__(self, socket: Path) -> None:
        self._socket = socket
        self.code = socket.with_suffix(".code")
        self._last = ""

    def tmux(self, *arguments: str, environ: Mapping[str, str] | None = None) -> str:
        """A command of tmux; its answer. The one that starts the server hands on its surroundings."""
        command = ["tmux", "-u", "-S", str(self._socket), "-f", "/dev/null", *arguments]
        done = subprocess.run(command, capture_output=True, check=True, timeout=20, env=environ)
        return done.stdout.decode()

    @property
    def lines(self) -> list[str]:
        """The lines as tmux keeps them, blanks at their ends included."""
        return self.tmux("capture-pane", "-p", "-N").split("\n")[:-1]

    @property
    def grounds(self) -> list[list[str]]:
        """tmux is asked for text only."""
        raise NotImplementedError

    @property
    def sleeps(self) -> bool:
        """Whether what tmux shows has come to rest."""
        before, self._last = self._last, "\n".join(self.lines)
        return before == self._last

    def send(self, keys: bytes) -> None:
        """A key by its name, or a text as it is."""
        name = _BY_CODE.get(keys)
        self.tmux("send-keys", *([name] if name else ["-l", keys.decode()]))

    def paste(self, text: str) -> None:
        """Paste as tmux does, in brackets when the program asked for them."""
        self.tmux("set-buffer", text)
        self.tmux("paste-buffer", "-p")

    def read(self, *, quiet_s: float = 0.4, limit_s: float = 15) -> bytes:
        """tmux reads by itself."""
        time.sleep(max(0.1, min(quiet_s, limit_s)))
        return b""

    def resize(self, columns: int, lines: int) -> None:
        """Pull at the window."""
        self.tmux("resize-window", "-x", str(columns), "-y", str(lines))

    def ended(self, *, limit_s: float = 10) -> int:
        """The exit code of the program, which has to end by itself."""
        end = time.monotonic() + limit_s
        while time.monotonic() < end:
            if self.code.exists() and (code := self.code.read_text().strip()):
                return int(code)
            time.sleep(0.1)
        raise AssertionError("it runs on")


@contextmanager
def pane(command: Sequence[str], environ: Mapping[str, str], folder: Path, *, size: tuple[int, int]) -> Iterator[Pane]:
    """A command in a pane, in a server that ends with the block.

    A shell keeps the exit code: tmux 3.3 at times never tells the status of a pane that ended under load.
    """
    shown = Pane(folder / f"tmux-{size[0]}")
    shown.code.unlink(missing_ok=True)
    command = ["sh", "-c", 'code=$1; shift; "$@"; echo $? > "$code"', "sh", str(shown.code), *command]
    around = {name: value for name, value in environ.items() if name != "TMUX"}
    shown.tmux("new-session", "-d", "-x", str(size[0]), "-y", str(size[1]), "-c", str(ROOT), *command,
               ";", "set", "remain-on-exit", "on", environ=around)  # fmt: skip
    try:
        yield shown
    finally:
        shown.tmux("kill-server")
