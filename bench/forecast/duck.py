"""DuckDB over the shop's own SQLite file: `python duck.py FILE QUERIES.json` prints seconds a query."""

import json
import sys
import time
from pathlib import Path

import duckdb


def main(path: str, queries: str) -> None:
    """The best of three of each query."""
    connection = duckdb.connect()
    connection.execute("INSTALL sqlite; LOAD sqlite")
    connection.execute(f"ATTACH '{path}' AS shop (TYPE sqlite, READ_ONLY); USE shop")
    found = {}
    for name, sql in json.loads(Path(queries).read_text("utf-8")).items():
        taken = []
        for _ in range(3):
            start = time.perf_counter()
            connection.execute(sql).fetchall()
            taken.append(time.perf_counter() - start)
        found[name] = min(taken)
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
