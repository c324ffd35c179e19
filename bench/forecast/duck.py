"""DuckDB over the shop's own SQLite file: `python duck.py FILE QUERIES.json` prints seconds a query."""

import json
import sys
import time
from pathlib import Path

import duckdb
import duckdb_extension_sqlite_scanner


def main(path: str, queries: str) -> None:
    """Seconds of all queries of each name, the best of three."""
    connection = duckdb.connect()
    # The reader of SQLite files comes with the environment: DuckDB would fetch it from the network.
    folder = Path(duckdb_extension_sqlite_scanner.__file__).parent
    (reader,) = folder.rglob("sqlite_scanner.duckdb_extension")
    connection.execute(f"LOAD '{reader}'")
    connection.execute(f"ATTACH '{path}' AS shop (TYPE sqlite, READ_ONLY); USE shop")
    found = {}
    for name, great in json.loads(Path(queries).read_text("utf-8")).items():
        taken = []
        for _ in range(3):
            start = time.perf_counter()
            for sql in great:
                connection.execute(sql).fetchall()
            taken.append(time.perf_counter() - start)
        found[name] = min(taken)
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
