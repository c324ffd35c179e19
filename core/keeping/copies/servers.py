"""Putting a backup in the place of a PostgreSQL database: restored beside it, then the two change names."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from core.base.clock import Millis, local
from core.base.errors import Refused
from core.base.i18n import N_, T
from core.base.settings import SettingInvalid
from core.keeping.copies import copying, present
from core.keeping.copies.placing import StillOpen
from core.keeping.copies.present import Present

LONGEST = 63
"""Bytes of a name on PostgreSQL."""


class ServerRefused(Refused):
    """The PostgreSQL server would not do what a restore needs."""

    code = "server_refused"
    text = N_(
        "PostgreSQL refused: {problem}. To restore, the account must own the database and have the right CREATEDB."
    )


def connect(url: str, name: str | None = None) -> Any:
    """A connection of one's own to the database of an address, or to another one on its server."""
    import psycopg
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    parts = conninfo_to_dict(url)
    if name is not None:
        parts["dbname"] = name
    return psycopg.connect(make_conninfo("", **parts), autocommit=True)


def name_of(url: str) -> str:
    """The name of the database in an address."""
    from psycopg.conninfo import conninfo_to_dict

    return str(conninfo_to_dict(url).get("dbname") or "")


def with_name(url: str, name: str) -> str:
    """The address of another database on the same server."""
    from psycopg.conninfo import conninfo_to_dict

    parts = conninfo_to_dict(url) | {"dbname": name}
    return "postgresql://?" + urlencode({key: str(value) for key, value in parts.items()}, quote_via=quote)


def _named(statement: str, *names: str) -> Any:
    """A statement about databases, their names quoted."""
    from psycopg.sql import SQL, Identifier

    return SQL(statement).format(*(Identifier(name) for name in names))


@contextmanager
def _maintaining(url: str) -> Iterator[Any]:
    """A connection to the server's own database, from which others are made and renamed. Raises: ServerRefused."""
    import psycopg

    try:
        try:
            connection = connect(url, "postgres")
        except psycopg.OperationalError:
            connection = connect(url, "template1")
        with connection:
            yield connection
    except psycopg.Error as error:
        raise ServerRefused(problem=str(error).strip().splitlines()[0]) from error


def check_alone(url: str) -> bool:
    """Whether there is such a database, used by nobody. Raises: StillOpen, ServerRefused."""
    with _maintaining(url) as server:
        name = name_of(url)
        if not _exists(server, name):
            return False
        users = server.execute(
            "SELECT coalesce(nullif(application_name, ''), 'psycopg'), pid FROM pg_stat_activity WHERE datname = %s"
            " AND backend_type = 'client backend' ORDER BY pid",
            (name,),
        ).fetchall()
    if users:
        raise StillOpen(who=", ".join(f"{program} (process {pid})" for program, pid in users[:10]))
    return True


def settled(url: str) -> Present | None:
    """What the database says; None if there is none. Raises: StillOpen, ServerRefused."""
    if not check_alone(url):
        return None
    with connect(url) as connection:
        return present.look(lambda sql: connection.execute(sql).fetchall(), sqlite=False)


def stage(url: str, dump: Path) -> str:
    """Restore a dump into a database of its own beside the one of an address; its address.

    Raises: ServerRefused, DumpMissing, DumpFailed.
    """
    name = name_of(url)[: LONGEST - 10] + "_restoring"
    drop(with_name(url, name))
    with _maintaining(url) as server:
        server.execute(_named("CREATE DATABASE {} TEMPLATE template0", name))
    ready = with_name(url, name)
    fill(ready, dump)
    return ready


def drop(ready: str) -> None:
    """Remove a database that was made ready and is not wanted. Raises: ServerRefused."""
    with _maintaining(ready) as server:
        server.execute(_named("DROP DATABASE IF EXISTS {}", name_of(ready)))


def swap(ready: str, url: str, *, now: Millis) -> str | None:
    """Give a finished database the name of another; what the other is called now. Raises: ServerRefused."""
    name, aside = name_of(url), None
    with _maintaining(url) as server:
        if _exists(server, name):
            aside = _free(server, f"{name[: LONGEST - 30]}_before_{local(now, 'UTC'):%Y%m%dt%H%M%Sz}")
            server.execute(_named("ALTER DATABASE {} RENAME TO {}", name, aside))
        try:
            server.execute(_named("ALTER DATABASE {} RENAME TO {}", name_of(ready), name))
        except BaseException:
            if aside is not None:
                server.execute(_named("ALTER DATABASE {} RENAME TO {}", aside, name))
            raise
    return aside


def _exists(server: Any, name: str) -> bool:
    return server.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone() is not None


def _free(server: Any, name: str) -> str:
    number, free = 1, name
    while _exists(server, free):
        number += 1
        free = f"{name}_{number}"
    return free


def refill(scratch: str, dump: Path) -> None:
    """Empty a scratch database and restore a dump into it. Raises: SettingInvalid, ServerRefused, DumpFailed."""
    import psycopg

    if "scratch" not in name_of(scratch):
        problem = T("its name must hold the word scratch, for it is emptied")
        raise SettingInvalid(field="backup_scratch", where="backup_scratch", problem=problem)
    try:
        with connect(scratch) as connection:
            connection.execute("DROP SCHEMA IF EXISTS public CASCADE")
            connection.execute("CREATE SCHEMA public")
    except psycopg.Error as error:
        raise ServerRefused(problem=str(error).strip().splitlines()[0]) from error
    fill(scratch, dump)


def fill(url: str, dump: Path) -> None:
    """Restore a dump into an empty database. Raises: DumpMissing, DumpFailed."""
    program = copying.postgres_program("pg_restore")
    copying.postgres_run([program, "--no-owner", "--no-privileges", "--exit-on-error", str(dump)], url)
