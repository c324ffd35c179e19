"""The back-office over a real OpenSSH, configured by the very files in deploy/sshd."""

import getpass
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.base import db
from tests.tui import terminals
from tests.tui.terminals import ROOT, Terminal

pytestmark = [pytest.mark.slow, pytest.mark.sshd, pytest.mark.timeout(240)]
SSHD = "/usr/sbin/sshd"
DEPLOY = ROOT / "deploy" / "sshd"
REGULARS = Path(sys.executable).with_name("regulars")
ENVIRON = {**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"}


@dataclass(frozen=True)
class Host:
    """A shop behind a running sshd on loopback; `keys` holds the private keys."""

    port: int
    shop: Path
    keys: Path

    def command(self, key: str, *more: str, program: str = "ssh") -> list[str]:
        options = (
            f"Port={self.port}", f"IdentityFile={self.keys / key}", "IdentitiesOnly=yes", "StrictHostKeyChecking=no",
            "UserKnownHostsFile=/dev/null", "LogLevel=ERROR", "BatchMode=yes", "SendEnv=LANG LC_*",
        )  # fmt: skip
        return [program, "-F", "/dev/null", *[part for option in options for part in ("-o", option)], *more]

    @property
    def address(self) -> str:
        return f"{getpass.getuser()}@127.0.0.1"

    @contextmanager
    def session(self, key: str, *asked: str) -> Iterator[Terminal]:
        with terminals.running(self.command(key, "-t", self.address, *asked), ENVIRON) as shown:
            yield shown

    def tried(self, key: str, *more: str, program: str = "ssh") -> subprocess.CompletedProcess[str]:
        command = self.command(key, *more, program=program)
        return subprocess.run(
            command, env=ENVIRON, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60
        )

    def regulars(self, *arguments: str) -> str:
        command = [str(REGULARS), "--folder", str(self.shop), *arguments]
        done = subprocess.run(command, env=ENVIRON, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    if not (Path(SSHD).exists() and shutil.which("ssh") and os.getuid() == 0):
        reason = "OpenSSH is not installed, or this is not root"
        if os.environ.get("REGULARS_NO_SKIPS"):
            pytest.fail(reason)
        pytest.skip(reason)
    # Owned by root with every folder above it, as sshd demands of the program it asks.
    base = Path(tempfile.mkdtemp(prefix="regulars-sshd-", dir="/run"))
    base.chmod(0o755)
    try:
        made = Host(free_port(), base / "shop", base / "keys")
        _open_shop(made)
        with _serving(made, base):
            yield made
    finally:
        shutil.rmtree(base)


def _open_shop(host: Host) -> None:
    host.keys.mkdir(mode=0o700)
    for name in ("owner", "clerk", "stranger"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(host.keys / name)], check=True)
    password = host.keys / "password"
    password.write_text("long enough\n")
    told = ("--language", "en", "--shop", "Tea", "--store", "Main", "--owner", "周丽", "--login", "zhouli")
    host.regulars("init", *told, "--password-file", str(password), "--zone", "Asia/Shanghai", "--region", "CN",
                  "--symbol", "¥", "--product", "tea=18.00")  # fmt: skip
    host.regulars("staff", "add", "mei", "--name", "梅", "--role", "clerk", "--password-file", str(password))
    host.regulars("ssh-keys", "add", "zhouli", str(host.keys / "owner.pub"))
    host.regulars("ssh-keys", "add", "mei", str(host.keys / "clerk.pub"))


@contextmanager
def _serving(host: Host, base: Path) -> Iterator[None]:
    me = getpass.getuser()
    asked = (DEPLOY / "regulars-keys").read_text("utf-8")
    asked = asked.replace("= till", f"= {me}").replace("/opt/regulars/bin/regulars", str(REGULARS))
    (base / "regulars-keys").write_text(asked.replace("/var/lib/regulars", str(host.shop)))
    (base / "regulars-keys").chmod(0o755)
    rules = (DEPLOY / "regulars.conf").read_text("utf-8").replace("User till", f"User {me}")
    rules = rules.replace("/usr/local/sbin/regulars-keys", str(base / "regulars-keys")).replace(
        "User regulars", f"User {me}"
    )
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(base / "host")], check=True)
    top = f"ListenAddress 127.0.0.1:{host.port}\nHostKey {base}/host\nPidFile none\nUsePAM no\nPermitRootLogin yes\n"
    (base / "sshd_config").write_text(f"{top}Subsystem sftp internal-sftp\nLogLevel VERBOSE\n{rules}")
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    with (base / "sshd.log").open("wb") as log:
        server = subprocess.Popen([SSHD, "-D", "-e", "-f", str(base / "sshd_config")], stderr=log)
        try:
            _until_open(host.port, server, base / "sshd.log")
            yield
        finally:
            server.terminate()
            server.wait(10)


def _until_open(port: int, server: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(100):
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert server.poll() is None, log.read_text("utf-8")
        time.sleep(0.1)
    raise AssertionError(log.read_text("utf-8"))


# --- who comes in ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("key", "name"), [("owner", "周丽"), ("clerk", "梅")])
def test_a_key_opens_its_own_account(host: Host, key: str, name: str) -> None:
    with host.session(key) as shown:
        shown.until("F3")
        assert name in shown.lines[0]
        shown.press("\x11")
        assert shown.ended() == 0


def test_a_key_nobody_added_is_refused(host: Host) -> None:
    done = host.tried("stranger", "-t", host.address)
    assert (done.returncode, "Permission denied" in done.stderr) == (255, True)


def test_a_removed_key_is_refused_at_once(host: Host) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(host.keys / "former")], check=True)
    number = host.regulars("ssh-keys", "add", "mei", str(host.keys / "former.pub")).split()[0]
    host.regulars("ssh-keys", "remove", number)
    done = host.tried("former", "-t", host.address)
    assert (done.returncode, "Permission denied" in done.stderr) == (255, True)


def test_without_a_terminal_there_is_a_sentence(host: Host) -> None:
    done = host.tried("owner", "-T", host.address)
    assert (done.returncode, "needs a terminal" in done.stderr) == (2, True)


# --- nothing else ----------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", [("/bin/bash",), ("sh", "-c", "echo reached > /run/reached"), ("regulars", "doctor")])
def test_whatever_is_asked_for_the_back_office_starts(host: Host, asked: tuple[str, ...]) -> None:
    with host.session("owner", *asked) as shown:
        shown.until("F3")
        assert "周丽" in shown.lines[0]
        shown.press("\x11")
        assert shown.ended() == 0
    assert not Path("/run/reached").exists()


def test_files_cannot_be_fetched_or_put(host: Host, tmp_path: Path) -> None:
    for program, more in (
        ("scp", (f"{host.address}:/etc/hostname", str(tmp_path / "got"))),
        ("scp", ("-O", f"{host.address}:/etc/hostname", str(tmp_path / "got"))),
        ("sftp", ("-b", "/dev/null", host.address)),
    ):
        assert host.tried("owner", *more, program=program).returncode != 0
    assert not (tmp_path / "got").exists()


def test_nothing_is_forwarded(host: Host) -> None:
    port = free_port()
    done = host.tried("owner", "-W", f"127.0.0.1:{host.port}", host.address)
    assert (done.returncode, "SSH-2.0" in done.stdout) == (255, False)
    with terminals.running(
        host.command("owner", "-t", "-L", f"{port}:127.0.0.1:{host.port}", host.address), ENVIRON
    ) as shown:
        shown.until("F3")
        with socket.create_connection(("127.0.0.1", port), timeout=5) as one:
            one.settimeout(5)
            assert one.recv(100) == b""


# --- how it behaves --------------------------------------------------------------------------------


def test_the_screen_follows_the_window_and_keys_kill_nothing(host: Host) -> None:
    with host.session("owner") as shown:
        shown.until("F3")
        shown.press("\x1bOS")  # F4
        shown.until("/")
        shown.resize(80, 24)
        shown.read(quiet_s=1)
        assert len([line for line in shown.lines if line.strip()]) > 3
        for key in ("\x03", "\x1a", "\x1c", "\x04"):
            shown.press(key)
        shown.press("\x1b[<0;20;10M\x1b[<0;20;10m")
        shown.press("欧阳娜娜")
        shown.until("欧阳娜娜")
        shown.press("\x11")
        assert shown.ended() == 0


def test_a_killed_client_leaves_no_process_and_nothing_half_done(host: Host) -> None:
    with host.session("owner") as shown:
        shown.until("F3")
        (program,) = _sessions(host)
        os.kill(shown.pid, signal.SIGKILL)
        end = time.monotonic() + 3
        while time.monotonic() < end and _sessions(host):
            time.sleep(0.05)
        assert _sessions(host) == [], program
    assert "well" in host.regulars("doctor")


def _sessions(host: Host) -> list[int]:
    """The back-offices of this shop that run."""
    found = []
    for one in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = one.read_bytes().split(b"\0")
        except OSError:
            continue
        if b"tui" in words and str(host.shop).encode() in words and b"--key" in words and b"-c" not in words:
            found.append(int(one.parent.name))
    return found


def test_the_audit_log_says_who_came_in_by_which_key(host: Host) -> None:
    with host.session("clerk") as shown:
        shown.until("F3")
    db.open_database(str(host.shop / "regulars.db"))
    try:
        actor, after = db.rows(
            "SELECT actor, after FROM audit WHERE action = 'staff.came_in' ORDER BY id DESC LIMIT 1"
        )[0]
    finally:
        db.close_database()
    fingerprint = subprocess.run(
        ["ssh-keygen", "-lf", str(host.keys / "clerk.pub")], check=True, capture_output=True, text=True
    ).stdout.split()[1]
    assert fingerprint in after
    assert actor.startswith("staff:")
