"""A PostgreSQL cluster for the tests: its own folder, loopback only, ended with the run."""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

ROOM = 1 << 30
"""Bytes that must be free in memory for a cluster to stand there; it takes a quarter of them."""


def binaries() -> Path | None:
    """The folder of the newest installed server, if there is one."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    if found:
        return found[-1].parent
    here = shutil.which("postgres")
    return Path(here).parent if here else None


def new_folder() -> Path:
    """A folder for a cluster, in memory where there is room: each test copies and drops a few hundred files.

    Not in pytest's own folder: each new run shuts that to other accounts, and root's server is another one.
    """
    memory = Path("/dev/shm")
    has_room = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free >= ROOM
    return Path(tempfile.mkdtemp(prefix="regulars-pg-", dir=memory if has_room else None))


def _demote(user: str) -> dict[str, object]:
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam(user)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


class Cluster:
    """One running server; `url(name)` makes a database of that name from the template."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.bin = folder, binaries()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]

    def start(self) -> None:
        """Make the cluster and wait until it answers."""
        assert self.bin is not None
        self.folder.mkdir(parents=True, exist_ok=True)
        as_user = _demote("postgres")
        if as_user:
            shutil.chown(self.folder, "postgres")
        data = self.folder / "data"
        subprocess.run(
            [self.bin / "initdb", "-D", data, "-U", "regulars", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C"],
            check=True,
            capture_output=True,
            cwd="/",
            **as_user,
        )
        options = [
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            f"port={self.port}",
            "-c",
            "fsync=off",
            "-c",
            "full_page_writes=off",
            "-c",
            f"unix_socket_directories={self.folder}",
            "-c",
            "max_connections=200",
            "-c",
            "min_wal_size=32MB",
            "-c",
            "max_wal_size=64MB",
        ]
        self.process = subprocess.Popen(
            [self.bin / "postgres", "-D", data, *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            **as_user,
        )
        import psycopg

        for _ in range(200):
            with contextlib.suppress(psycopg.OperationalError), psycopg.connect(self.admin):
                return
            time.sleep(0.05)
        raise RuntimeError("PostgreSQL did not start")

    @property
    def admin(self) -> str:
        return f"postgresql://regulars@127.0.0.1:{self.port}/postgres"

    def create(self, name: str, template: str = "template1") -> str:
        """A new database from a template; its address."""
        import psycopg

        with psycopg.connect(self.admin, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        return f"postgresql://regulars@127.0.0.1:{self.port}/{name}"

    def stop(self) -> None:
        """End the server at once; its data is thrown away."""
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
