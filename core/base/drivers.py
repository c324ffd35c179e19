"""peewee without the drivers a process does not use; PostgreSQL's comes with the first such database.

peewee imports every driver it finds. psycopg would cost each process of a shop on SQLite 0.2 s of CPU and
24 MB, so it is hidden while peewee is imported, and handed to peewee when it is needed.
"""

import sys
from typing import Any

_found = [name for name in ("psycopg", "psycopg2", "psycopg2cffi", "pymysql", "MySQLdb") if name not in sys.modules]
sys.modules.update(dict.fromkeys(_found))  # type: ignore[arg-type]  # None: "there is no such module"
try:
    import peewee
finally:
    for _name in _found:
        del sys.modules[_name]

__all__ = ["peewee", "postgres"]


def postgres(url: str) -> tuple[peewee.Database, type[Exception]]:
    """A PostgreSQL database by psycopg 3, and the driver's own error."""
    import psycopg
    from psycopg.pq import TransactionStatus
    from psycopg.types.json import Json, Jsonb

    known: Any = peewee  # what peewee sets itself where it finds the driver
    known.psycopg, known.TransactionStatus, known.Json_pg3, known.Jsonb_pg3 = psycopg, TransactionStatus, Json, Jsonb
    adapter = known.Psycopg3Adapter
    adapter.txn_idle, adapter.txn_inerror = TransactionStatus.IDLE, TransactionStatus.INERROR
    adapter.txn_unknown = TransactionStatus.UNKNOWN
    return peewee.PostgresqlDatabase(url, prefer_psycopg3=True, autoconnect=False), psycopg.Error
